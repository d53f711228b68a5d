//! The closed and open vocabularies of the API: phases, condition types and statuses, QoS classes.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use serde::{Deserialize, Deserializer, de};

/// Writes a word, for people and in JSON, as its `as_str` says.
macro_rules! written_as_str {
    ($name:ident) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use written_as_str;

/// A closed vocabulary: a `Copy` enum whose variants are written as the API's words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every word, in the order of the API's documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word as the API writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The word for a text of the API; `None` if it is not of this vocabulary.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        $crate::api::vocabulary::written_as_str!($name);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                Self::from_text(&text).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &$what))
            }
        }
    };
}
pub(crate) use words;

words! {
    /// `status.phase`: where a Pod is in its life (kubelet `getPhase`).
    PodPhase, "a Pod phase: Pending, Running, Succeeded, Failed or Unknown" {
        /// Accepted, but some container has never been started, or an init container is still to be done.
        Pending = "Pending",
        /// Initialized, everything has been started at least once, and something runs or will be restarted.
        Running = "Running",
        /// Every regular container terminated with exit code 0 and none will be restarted.
        Succeeded = "Succeeded",
        /// Everything is stopped for good and something failed; or evicted, past its deadline, refused.
        Failed = "Failed",
        /// The node does not answer, says the documentation; no part of Kubernetes 1.36 writes it.
        Unknown = "Unknown",
    }
}

impl PodPhase {
    /// Succeeded or Failed: no container will ever run again (API `IsPodPhaseTerminal`).
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

words! {
    /// `status` of a condition.
    ConditionStatus, "a condition status: True, False or Unknown" {
        /// It holds.
        True = "True",
        /// It does not hold.
        False = "False",
        /// Its writer cannot tell.
        Unknown = "Unknown",
    }
}

impl From<bool> for ConditionStatus {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

words! {
    /// `status.qosClass` (API server `ComputePodQOS`).
    QosClass, "a QoS class: Guaranteed, Burstable or BestEffort" {
        /// Limits for CPU and memory everywhere, equal to the requests.
        Guaranteed = "Guaranteed",
        /// Some request or limit.
        Burstable = "Burstable",
        /// No request and no limit.
        BestEffort = "BestEffort",
    }
}

/// `type` of a Pod condition: the types Kubernetes writes, and any other (readiness gates, foreign controllers).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConditionType {
    /// Bound to a node; False with a reason before (API server, scheduler, kubelet).
    PodScheduled,
    /// The sandbox is up and has its network.
    #[doc(alias = "PodHasNetwork")]
    PodReadyToStartContainers,
    /// All init containers are done; sticky once True.
    Initialized,
    /// All sidecars and regular containers are ready.
    ContainersReady,
    /// Containers are ready and all readiness gates True: the Pod may get traffic.
    Ready,
    /// A disruption (preemption, eviction, taint, node shutdown) ends the Pod.
    DisruptionTarget,
    /// A resize waits (KEP-1287).
    PodResizePending,
    /// A resize is being carried out (KEP-1287).
    PodResizeInProgress,
    /// A RestartAllContainers rule is being carried out (KEP-5532).
    AllContainersRestarting,
    /// Any other type, kept as it is.
    Other(Box<str>),
}

impl ConditionType {
    /// The type as the API writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PodScheduled => "PodScheduled",
            Self::PodReadyToStartContainers => "PodReadyToStartContainers",
            Self::Initialized => "Initialized",
            Self::ContainersReady => "ContainersReady",
            Self::Ready => "Ready",
            Self::DisruptionTarget => "DisruptionTarget",
            Self::PodResizePending => "PodResizePending",
            Self::PodResizeInProgress => "PodResizeInProgress",
            Self::AllContainersRestarting => "AllContainersRestarting",
            Self::Other(text) => text,
        }
    }

    /// Whether the kubelet replaces conditions of this type wholesale in each of its writes (kubelet `PodConditionByKubelet`).
    pub const fn is_kubelet_owned(&self) -> bool {
        !matches!(self, Self::DisruptionTarget | Self::Other(_))
    }
}

impl From<&str> for ConditionType {
    fn from(text: &str) -> Self {
        match text {
            "PodScheduled" => Self::PodScheduled,
            "PodReadyToStartContainers" => Self::PodReadyToStartContainers,
            "Initialized" => Self::Initialized,
            "ContainersReady" => Self::ContainersReady,
            "Ready" => Self::Ready,
            "DisruptionTarget" => Self::DisruptionTarget,
            "PodResizePending" => Self::PodResizePending,
            "PodResizeInProgress" => Self::PodResizeInProgress,
            "AllContainersRestarting" => Self::AllContainersRestarting,
            other => Self::Other(other.into()),
        }
    }
}

written_as_str!(ConditionType);

impl<'de> Deserialize<'de> for ConditionType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*Cow::<str>::deserialize(deserializer)?))
    }
}
