//! What is done to the Pod, and when.

use super::moment::When;
use super::reading::{Seconds, maybe_seconds, part, seconds, take};
use crate::api;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One action. It is armed when the one before it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it waits for.
    pub trigger: Trigger,
    /// What passes after the trigger.
    pub after: Span,
    /// What is done.
    pub verb: Verb,
    /// Whether the API must take the change.
    pub result: Option<Answer>,
}

/// What an armed step waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// Nothing.
    None,
    /// A moment.
    At(Span),
    /// The first published status that fits, the current one included.
    When(When),
}

/// Answer of the API to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It took the change.
    Accepted,
    /// It refused it.
    Rejected,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = Map::deserialize(deserializer)?;
        let trigger = match (take(&mut keys, "at")?, take(&mut keys, "when")?) {
            (None, None) => Trigger::None,
            (Some(Seconds(at)), None) => Trigger::At(at),
            (None, Some(when)) => Trigger::When(when),
            (Some(_), Some(_)) => return Err(D::Error::custom("a step has at or when, not both")),
        };
        let Seconds(after) = take(&mut keys, "after")?.unwrap_or_default();
        let result = take(&mut keys, "result")?;
        Ok(Self { trigger, after, result, verb: part(Value::Object(keys))? })
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Verb {
    /// API deletion; 0 removes the object at once.
    Delete {
        /// The grace period asked for; default is the Pod's own.
        #[serde(default)]
        grace_period_seconds: Option<i64>,
    },
    /// Eviction API: writes DisruptionTarget True/EvictionByEvictionAPI, then deletes; rejected if a budget forbids it.
    EvictApi {
        /// The grace period asked for.
        #[serde(default)]
        grace_period_seconds: Option<i64>,
    },
    /// The scheduler writes DisruptionTarget True/PreemptionByScheduler, then deletes.
    SchedulerPreempt {},
    /// Changes an image in the spec.
    UpdateImage {
        /// The container.
        container: String,
        /// Its new image.
        image: String,
    },
    /// Merges into the spec; an empty patch is an update without change.
    UpdateSpec {
        /// The patch.
        patch: Value,
    },
    /// Merges into the metadata; an empty patch is an update without change.
    UpdateMetadata {
        /// The patch.
        patch: Value,
    },
    /// Changes `spec.activeDeadlineSeconds`.
    SetActiveDeadline {
        /// `None` unsets it.
        #[serde(deserialize_with = "Option::deserialize")]
        seconds: Option<i64>,
    },
    /// Another controller writes a condition.
    PatchCondition {
        /// Type of the condition.
        #[serde(rename = "type")]
        type_: api::ConditionType,
        /// Its status.
        status: api::ConditionStatus,
        /// Its reason.
        #[serde(default)]
        reason: String,
    },
    /// Another client writes these status fields.
    PatchStatus {
        /// The fields.
        status: Value,
    },
    /// Adds an ephemeral container.
    AddEphemeralContainer {
        /// It.
        spec: Box<api::Container>,
    },
    /// Removes a finalizer.
    RemoveFinalizer {
        /// It.
        finalizer: String,
    },
    /// Removes a scheduling gate.
    RemoveSchedulingGate {
        /// It.
        gate: String,
    },
    /// The missing volume can be mounted from now on.
    ProvideVolume {
        /// Its name.
        volume: String,
        /// When the kubelet tried next.
        #[serde(default, deserialize_with = "maybe_seconds")]
        seen_at: Option<Span>,
    },
    /// What the configuration of a container lacked exists from now on.
    ProvideConfig {
        /// The container.
        container: String,
        /// When the kubelet tried next.
        #[serde(default, deserialize_with = "maybe_seconds")]
        seen_at: Option<Span>,
    },
    /// The registry has the image from now on.
    ProvideImage {
        /// The image.
        image: String,
        /// When the kubelet tried next.
        #[serde(default, deserialize_with = "maybe_seconds")]
        seen_at: Option<Span>,
    },
    /// The Pod can be placed from now on.
    FitNode {},
    /// No sandbox can be made nor taken down from now on.
    BreakNetwork {},
    /// Sandboxes can be made again.
    MendNetwork {
        /// When the kubelet tried next.
        #[serde(default, deserialize_with = "maybe_seconds")]
        seen_at: Option<Span>,
    },
    /// Containers run on, nobody looks after them, no status is published.
    StopKubelet {},
    /// The kubelet is at work again; all it had in memory is lost.
    StartKubelet {},
    /// Stop and start.
    RestartKubelet {
        /// From the one to the other.
        #[serde(deserialize_with = "seconds")]
        down_for: Span,
    },
    /// The kubelet stops, sandbox and containers are killed (their records stay), the kubelet starts.
    RebootNode {
        /// From the stop to the start.
        #[serde(deserialize_with = "seconds")]
        down_for: Span,
    },
    /// The runtime forgets the finished init containers.
    RemoveExitedContainers {},
    /// A signal is sent to the process from inside the container.
    KillContainer {
        /// The container.
        container: String,
        /// The signal, such as `SIGTERM`.
        signal: String,
    },
    /// SIGKILL from outside: the run ends with 137/Error.
    KillProcess {
        /// The container.
        container: String,
    },
    /// The sandbox dies from outside; its containers run on until the kubelet acts.
    KillSandbox {},
    /// Eviction by the kubelet, without an API deletion.
    Evict {
        /// Reason of the status.
        reason: String,
        /// Grace period of the killing.
        #[serde(default)]
        grace_period_seconds: Option<i64>,
        /// Whether DisruptionTarget is written; not for local storage limits.
        #[serde(default = "yes")]
        disruption_target: bool,
    },
    /// The kubelet ends the Pod to admit a critical one, with the Pod's own grace period.
    Preempt {},
    /// Graceful node shutdown begins.
    ShutdownNode {},
    /// A taint is put on the node; the taint manager acts on NoExecute.
    TaintNode {
        /// Key.
        key: String,
        /// Value.
        #[serde(default)]
        value: String,
        /// Effect.
        effect: String,
    },
    /// The taint is taken away.
    UntaintNode {
        /// Key.
        key: String,
        /// Value.
        #[serde(default)]
        value: String,
        /// Effect.
        effect: String,
    },
    /// The Node object is deleted; the Pod garbage collector acts.
    DeleteNode {},
    /// Replaces the labels of the node.
    SetNodeLabels {
        /// All of them.
        labels: BTreeMap<String, String>,
    },
    /// The node controller, having lost the node, sets Ready of the Pod to False, without reason.
    NodeNotReady {},
    /// The Pod garbage collector removes the Pod.
    #[serde(rename = "podGC")]
    PodGc {
        /// Why.
        why: GcReason,
    },
    /// In-place resize.
    Resize {
        /// Patch of the spec; containers are merged by name.
        patch: Value,
        /// What becomes of it; absent if the API refuses it.
        #[serde(default)]
        outcome: Option<ResizeOutcome>,
    },
    /// The deferred resize is carried out.
    ResizeFits {},
    /// The resize fails.
    ResizeError {},
    /// Only waits for its trigger.
    None {},
}

impl Verb {
    /// The container that it names.
    pub fn container(&self) -> Option<&str> {
        match self {
            Self::UpdateImage { container, .. }
            | Self::ProvideConfig { container, .. }
            | Self::KillContainer { container, .. }
            | Self::KillProcess { container } => Some(container),
            _ => None,
        }
    }
}

/// Why the Pod garbage collector removes a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GcReason {
    /// Its node is gone: first phase Failed and DisruptionTarget True/DeletionByPodGC if it is not finished.
    Orphaned,
    /// Its node is out of service: first phase Failed if it is not finished.
    OutOfService,
    /// There are too many finished Pods: at once.
    Terminated,
}

/// What becomes of a resize.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResizeOutcome {
    /// PodResizeInProgress, then gone, with a restart where the resize policy says so.
    Done,
    /// PodResizePending Deferred until [`Verb::ResizeFits`].
    Deferred,
    /// PodResizePending Infeasible.
    Infeasible,
    /// PodResizeInProgress stays, with reason Error from [`Verb::ResizeError`] on.
    Error,
    /// Back to what it was: the pending condition goes.
    Withdrawn,
}

const fn yes() -> bool {
    true
}
