//! What the kubelet's worker does for a Pod: which of its sync functions is next, when syncing ends, when the worker looks again.
//!
//! The machine of one Pod ([`pod`](crate::pod)) and the workers of a node ([`node::workers`](crate::node::workers)) decide by these.

use crate::rules::view::{InstanceState, Runtime};
use crate::spec::Spec;
use crate::time::Time;

/// Which sync function a worker runs next (kubelet `PodWorkerState`). A Pod only ever moves on, never back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkType {
    /// `SyncPod`: containers may be started.
    #[default]
    Sync,
    /// `SyncTerminatingPod`: nothing is started any more, everything is stopped.
    Terminating,
    /// `SyncTerminatedPod`: nothing runs any more, what the Pod held is released.
    Terminated,
}

impl WorkType {
    /// Whether containers may still run: a terminal phase is held back meanwhile (kubelet `CouldHaveRunningContainers`).
    pub const fn could_have_running_containers(self) -> bool {
        !matches!(self, Self::Terminated)
    }
}

/// Why a worker that syncs a Pod begins to end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndReason {
    /// The runtime has it, and no source of configuration.
    Orphaned,
    /// Its object is being deleted, or is gone.
    Deleted,
    /// Its phase is Succeeded or Failed.
    TerminalPhase,
    /// The kubelet evicts it: node pressure, local storage limits, preemption.
    Evicted,
    /// The kubelet ends it for another reason: node shutdown, removal from a manifest.
    Killed,
}

/// What [`end_reason`] looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndFacts {
    /// Only the runtime knows it.
    pub orphaned: bool,
    /// Its object is being deleted, or is gone.
    pub deleted: bool,
    /// Its phase is terminal.
    pub terminal: bool,
    /// The kubelet was asked to kill it; whether by eviction.
    pub kill: Option<bool>,
}

/// Whether and why a Pod has to end; the first reason that holds counts (kubelet `UpdatePod`).
pub const fn end_reason(facts: EndFacts) -> Option<EndReason> {
    match facts {
        EndFacts { orphaned: true, .. } => Some(EndReason::Orphaned),
        EndFacts { deleted: true, .. } => Some(EndReason::Deleted),
        EndFacts { terminal: true, .. } => Some(EndReason::TerminalPhase),
        EndFacts { kill: Some(true), .. } => Some(EndReason::Evicted),
        EndFacts { kill: Some(false), .. } => Some(EndReason::Killed),
        EndFacts { kill: None, .. } => None,
    }
}

/// The work that a worker begins with when it first sees a Pod: one that has ended and of which nothing runs was ended by a kubelet before
/// this one, and is only tidied up (kubelet `UpdatePod`).
pub const fn first_work(terminal_phase: bool, runs_nothing: bool) -> WorkType {
    if terminal_phase && runs_nothing { WorkType::Terminated } else { WorkType::Sync }
}

/// Whether nothing of the Pod runs: no container, no ready sandbox (kubelet `isPodStatusCacheTerminal`).
pub fn runs_nothing(spec: &Spec, runtime: &impl Runtime) -> bool {
    let runs = |container| runtime.instances(container).any(|instance| instance.state == InstanceState::Running);
    !spec.indexes().any(runs) && !runtime.sandboxes().any(|sandbox| sandbox.ready)
}

/// When a worker that has finished a sync looks at its Pod again without news (kubelet `completeWork`).
/// [`Pacing::wait`](crate::pod::Pacing::wait) says how long that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requeue {
    /// At once: the Pod has moved on to the next kind of work.
    Immediate,
    /// The sync succeeded: at the regular interval.
    Resync,
    /// The sync failed, or was cancelled, or may not begin yet.
    Backoff,
    /// The sync failed because the node has no network yet, which may be over soon.
    NetworkNotReady,
    /// The sync failed only because of back-offs of containers or images: when the first of them ends.
    Until(Time),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_counts() {
        let facts = EndFacts { orphaned: true, deleted: true, terminal: true, kill: Some(true) };
        assert_eq!(end_reason(facts), Some(EndReason::Orphaned));
        assert_eq!(end_reason(EndFacts { orphaned: false, ..facts }), Some(EndReason::Deleted));
        assert_eq!(end_reason(EndFacts { orphaned: false, deleted: false, ..facts }), Some(EndReason::TerminalPhase));
        assert_eq!(end_reason(EndFacts { kill: Some(false), ..EndFacts::default() }), Some(EndReason::Killed));
        assert_eq!(end_reason(EndFacts::default()), None);
    }
}
