//! The conditions that the kubelet computes, as a set.

use super::{ALL_CONTAINERS_RESTARTING_MESSAGE, ConditionReason, Verdict, containers_ready_message, incomplete, ready_message, written};
use crate::api::{ConditionStatus, ConditionType, PodPhase};
use crate::gates::Gates;
use crate::rules::view::Statuses;
use crate::spec::Spec;
use crate::time::Time;
use alloc::string::String;

/// A condition that every status of the kubelet computes anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
#[non_exhaustive]
pub enum KubeletCondition {
    /// PodReadyToStartContainers.
    PodReadyToStartContainers,
    /// Initialized.
    Initialized,
    /// Ready.
    Ready,
    /// ContainersReady.
    ContainersReady,
    /// PodScheduled.
    PodScheduled,
    /// AllContainersRestarting.
    AllContainersRestarting,
    /// PodResizePending (KEP-1287).
    PodResizePending,
    /// PodResizeInProgress (KEP-1287).
    PodResizeInProgress,
}

impl KubeletCondition {
    /// Those that every status of the kubelet has, in the order in which it writes them.
    pub const ALL: [Self; 6] = [
        Self::PodReadyToStartContainers,
        Self::Initialized,
        Self::Ready,
        Self::ContainersReady,
        Self::PodScheduled,
        Self::AllContainersRestarting,
    ];

    /// Those about a resize (KEP-1287): there only while one is pending or in progress, written before the others.
    pub const RESIZE: [Self; 2] = [Self::PodResizePending, Self::PodResizeInProgress];

    /// Whether it is about a resize.
    pub(crate) const fn is_resize(self) -> bool {
        matches!(self, Self::PodResizePending | Self::PodResizeInProgress)
    }

    /// Its type as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PodReadyToStartContainers => "PodReadyToStartContainers",
            Self::Initialized => "Initialized",
            Self::Ready => "Ready",
            Self::ContainersReady => "ContainersReady",
            Self::PodScheduled => "PodScheduled",
            Self::AllContainersRestarting => "AllContainersRestarting",
            Self::PodResizePending => "PodResizePending",
            Self::PodResizeInProgress => "PodResizeInProgress",
        }
    }

    /// Its type.
    pub const fn type_(self) -> ConditionType {
        match self {
            Self::PodReadyToStartContainers => ConditionType::PodReadyToStartContainers,
            Self::Initialized => ConditionType::Initialized,
            Self::Ready => ConditionType::Ready,
            Self::ContainersReady => ConditionType::ContainersReady,
            Self::PodScheduled => ConditionType::PodScheduled,
            Self::AllContainersRestarting => ConditionType::AllContainersRestarting,
            Self::PodResizePending => ConditionType::PodResizePending,
            Self::PodResizeInProgress => ConditionType::PodResizeInProgress,
        }
    }

    /// The condition of this name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::RESIZE).find(|condition| condition.as_str() == text)
    }

    /// Its `observedGeneration` in an object of this generation: AllContainersRestarting alone carries none.
    pub fn generation<T: Default>(self, generation: T) -> T {
        if self == Self::AllContainersRestarting { T::default() } else { generation }
    }
}

/// A verdict on each of the kubelet's conditions; none where it is not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Conditions([Option<Verdict>; KubeletCondition::ALL.len()]);

impl Conditions {
    /// The verdict on this one.
    pub const fn get(&self, condition: KubeletCondition) -> Option<Verdict> {
        self.0[condition as usize]
    }

    /// These, with another verdict on this one.
    #[must_use]
    pub const fn with(mut self, condition: KubeletCondition, verdict: Option<Verdict>) -> Self {
        self.0[condition as usize] = verdict;
        self
    }

    /// All, in the order in which the kubelet writes them.
    pub fn iter(&self) -> impl Iterator<Item = (KubeletCondition, Option<Verdict>)> + use<> {
        KubeletCondition::ALL.into_iter().zip(self.0)
    }
}

/// Whether the kubelet replaces all conditions of this type with its own in each of its writes (kubelet `PodConditionByKubelet`). The
/// type of a condition whose gate is off is anybody's.
pub fn is_owned(type_: &ConditionType, gates: &Gates) -> bool {
    match type_ {
        ConditionType::PodReadyToStartContainers => gates.pod_ready_to_start_containers_condition,
        ConditionType::AllContainersRestarting => gates.restart_all(),
        other => other.is_kubelet_owned(),
    }
}

/// `lastTransitionTime` of a condition with this status (kubelet `updateLastTransitionTime`): that of the `last` one, status and time,
/// while the status stays; now, in whole seconds, if it is another or there was none.
pub fn transition_time(last: Option<(ConditionStatus, Option<Time>)>, status: ConditionStatus, now: Time) -> Option<Time> {
    match last {
        Some((before, since)) if !is_transition(Some(before), status) => since,
        _ => Some(now.truncated()),
    }
}

/// Whether a condition with this status has another `lastTransitionTime` than before: see [`transition_time`].
pub(crate) fn is_transition(before: Option<ConditionStatus>, status: ConditionStatus) -> bool {
    before != Some(status)
}

/// The message of a condition that was found to hold, or not, for this reason, made of the container statuses of that moment.
///
/// `gate` gives the status of the condition that a readiness gate names.
pub fn message(
    condition: KubeletCondition,
    reason: ConditionReason,
    spec: &Spec,
    statuses: Option<&impl Statuses>,
    gate: impl Fn(&str) -> Option<ConditionStatus>,
) -> String {
    // The reason tells that the phase had no say.
    let phase = PodPhase::Running;
    match (condition, reason) {
        (KubeletCondition::Initialized, ConditionReason::ContainersNotInitialized) => {
            statuses.map_or_else(String::new, |statuses| written(incomplete(spec, statuses)))
        }
        (KubeletCondition::ContainersReady, ConditionReason::ContainersNotReady) => containers_ready_message(spec, statuses, phase),
        (KubeletCondition::Ready, ConditionReason::ContainersNotReady | ConditionReason::ReadinessGatesNotReady) => {
            ready_message(spec, statuses, phase, gate)
        }
        (KubeletCondition::AllContainersRestarting, ConditionReason::RestartAllContainersStarted) => {
            ALL_CONTAINERS_RESTARTING_MESSAGE.into()
        }
        _ => String::new(),
    }
}
