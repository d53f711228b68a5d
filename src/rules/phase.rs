//! The phase of a Pod (kubelet `getPhase`).
//!
//! One walk over the init and regular containers, then a short list of questions. Ephemeral containers never count, and what
//! the Pod's phase was before does not matter here: that a terminal phase stays is decided where the status is assembled.

use super::restart::should_restart_on_exit;
use super::view::{Exit, Statuses, TerminatedReason};
use crate::api::{PodPhase, RestartPolicy};
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerKind, Spec};

/// What the phase depends on beside spec and container statuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PhaseFacts {
    /// The Pod is ending and its containers have been stopped: what has stopped will not come back, whatever the restart policy
    /// (kubelet `podIsTerminal`). It changes the answer only when nothing runs any more, and never for static Pods.
    pub terminal: bool,
    /// The Pod comes from a file or URL of the kubelet ([`ObjectMeta::is_static`](crate::api::ObjectMeta::is_static)).
    pub is_static: bool,
    /// Some regular container, in whatever state, exists in the newest sandbox and that sandbox is ready (kubelet `podHasInitialized`).
    /// From then on a sidecar that has not started yet does not make the Pod Pending again.
    pub initialized: bool,
}

/// A change of the published phase that Kubernetes makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseEdge {
    /// Before; `None`: there was no status.
    pub from: Option<PodPhase>,
    /// After.
    pub to: PodPhase,
    /// When it happens.
    pub when: &'static str,
}

/// The permitted changes. What is not here is a mistake of the writer: above all, nothing follows Succeeded or Failed. (Only a static Pod
/// begins anew with each kubelet, whatever its mirror shows.)
///
/// Nobody in Kubernetes writes [`PodPhase::Unknown`] any more; its rows are what the documentation says of it, for those who choose to
/// ([`Change::PhaseUnknown`](crate::pod::Change::PhaseUnknown)).
pub const EDGES: &[PhaseEdge] = {
    use PodPhase::{Failed, Pending, Running, Succeeded, Unknown};
    const BACK: &str = "documentation only: the node answers again";
    const LOST: &str = "documentation only: the node does not answer";
    const fn row(from: Option<PodPhase>, to: PodPhase, when: &'static str) -> PhaseEdge {
        PhaseEdge { from, to, when }
    }
    &[
        row(None, Pending, "created"),
        row(Some(Pending), Running, "init containers done, every container started once"),
        row(Some(Pending), Succeeded, "all containers exited 0 before a build saw them run"),
        row(Some(Pending), Failed, "refused, an init container failed for good, or ended before a build saw it run"),
        row(Some(Running), Pending, "init containers run again, or a container has no status again"),
        row(Some(Running), Succeeded, "all regular containers exited 0 and none is restarted"),
        row(Some(Running), Failed, "a regular container failed and none is restarted, or the Pod was ended"),
        row(Some(Pending), Unknown, LOST),
        row(Some(Running), Unknown, LOST),
        row(Some(Unknown), Pending, BACK),
        row(Some(Unknown), Running, BACK),
        row(Some(Unknown), Succeeded, BACK),
        row(Some(Unknown), Failed, BACK),
    ]
};

/// Whether the published phase may change in this way; that it stays is always permitted.
pub fn permitted(from: Option<PodPhase>, to: PodPhase) -> bool {
    from == Some(to) || EDGES.iter().any(|edge| edge.from == from && edge.to == to)
}

/// The phase that spec and container statuses call for.
///
/// First match wins: an init container failed for good: Failed; something has never been started, is not known, or is still initializing:
/// Pending; something runs: Running; everything has stopped: Running if something will be restarted, Succeeded if all
/// regular containers exited 0, else Failed. Never [`PodPhase::Unknown`], which the kubelet does not write.
///
/// Surprises: a running sidecar keeps the Pod Running; a terminated one counts for nothing; one container that cannot pull its
/// image keeps a Pod Pending while others run; a waiting container with a last termination counts as stopped, and never as succeeded.
#[inline]
pub fn phase(spec: &Spec, statuses: &impl Statuses, facts: PhaseFacts, gates: &Gates) -> PodPhase {
    let policy = Policy { spec, gates };
    let (mut pending, mut running) = (false, false);
    for index in spec.init() {
        let activity = statuses.activity(index);
        if spec.kind(index) == ContainerKind::Sidecar {
            running |= activity.running;
            pending |= !activity.stopped & !(activity.running & (activity.started | facts.initialized));
        } else {
            pending |= !activity.stopped;
            // Nothing that the other containers do can outweigh it.
            if activity.stopped && policy.ends_initialization(index, activity.exit_code, activity.removed) {
                return PodPhase::Failed;
            }
        }
    }
    if pending { PodPhase::Pending } else { phase_of_regular(spec, statuses, facts, policy, running) }
}

/// Whether a stopped container counts as one that comes back (kubelet `getPhase`): its rules and policies restart it after this exit, or it
/// was removed to restart all containers (KEP-5532), whatever its policy.
pub fn may_restart(spec: &Spec, container: ContainerIndex, exit: Exit, gates: &Gates) -> bool {
    Policy { spec, gates }.may_restart(container, exit.code, is_removed(exit))
}

/// Whether a plain init container that stopped in this way has failed for good, and the Pod with it (kubelet `getPhase`).
pub fn ends_initialization(spec: &Spec, container: ContainerIndex, exit: Exit, gates: &Gates) -> bool {
    Policy { spec, gates }.ends_initialization(container, exit.code, is_removed(exit))
}

/// The phase of a Pod whose init containers do not stand in the way; `running`: a sidecar runs.
#[inline]
fn phase_of_regular(spec: &Spec, statuses: &impl Statuses, facts: PhaseFacts, policy: Policy<'_>, mut running: bool) -> PodPhase {
    let ended = facts.terminal && !facts.is_static;
    let (mut stopped, mut succeeded, mut restarting) = (false, true, false);
    for index in spec.regular() {
        let activity = statuses.activity(index);
        if !activity.running && !activity.stopped {
            return PodPhase::Pending;
        }
        running |= activity.running;
        stopped |= activity.stopped;
        // Of one that runs the exit code is 0.
        succeeded &= !activity.waits & (activity.exit_code == 0);
        restarting |= activity.stopped & policy.may_restart(index, activity.exit_code, activity.removed);
    }
    if running {
        PodPhase::Running
    } else if !stopped {
        PodPhase::Pending
    } else if !ended && policy.goes_on(restarting, succeeded) {
        PodPhase::Running
    } else if succeeded {
        PodPhase::Succeeded
    } else {
        PodPhase::Failed
    }
}

/// Whether a container was removed to restart all containers (KEP-5532).
fn is_removed(exit: Exit) -> bool {
    exit.reason == TerminatedReason::RestartingAllContainers
}

/// Who comes back: by rules and policies of the containers, or, with the gate ContainerRestartRules off, by the Pod's policy alone.
#[derive(Clone, Copy)]
struct Policy<'a> {
    spec: &'a Spec,
    gates: &'a Gates,
}

impl Policy<'_> {
    /// Containers removed to restart them all come back whatever their policy (KEP-5532).
    #[inline(always)]
    fn may_restart(self, index: ContainerIndex, code: i32, removed: bool) -> bool {
        should_restart_on_exit(self.spec, index, code, self.gates) || (removed && self.gates.restart_all())
    }

    /// Whether a plain init container that stopped in this way has failed for good, and the Pod with it.
    #[inline(always)]
    fn ends_initialization(self, index: ContainerIndex, code: i32, removed: bool) -> bool {
        code != 0
            && if self.gates.container_restart_rules {
                !self.may_restart(index, code, removed)
            } else {
                self.spec.restart_policy() == RestartPolicy::Never
            }
    }

    /// Whether a Pod whose regular containers have all stopped goes on: one of them comes back (`restarting`), or the Pod's policy
    /// says so.
    fn goes_on(self, restarting: bool, succeeded: bool) -> bool {
        if self.gates.container_restart_rules {
            return restarting;
        }
        match self.spec.restart_policy() {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => !succeeded,
            RestartPolicy::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::view::ApiStatuses;

    fn phase_of(policy: &str, containers: &str, statuses: &str, facts: PhaseFacts, gates: &Gates) -> PodPhase {
        let spec = alloc::format!("{{\"restartPolicy\": \"{policy}\", {containers}}}");
        let spec = Spec::as_given(serde_json::from_str(&spec).unwrap());
        let list: alloc::vec::Vec<_> = serde_json::from_str(statuses).unwrap();
        phase(&spec, &ApiStatuses::of_list(&spec, &list), facts, gates)
    }

    #[test]
    fn a_sidecar_outlives_the_regular_containers_but_does_not_outweigh_them() {
        let containers = "\"initContainers\": [{\"name\": \"s\", \"restartPolicy\": \"Always\"}], \"containers\": [{\"name\": \"c\"}]";
        let ended = |sidecar: &str, code| {
            let statuses = alloc::format!(
                "[{{\"name\": \"s\", \"started\": true, \"state\": {{\"{sidecar}\": {{\"exitCode\": 1}}}}}},
                {{\"name\": \"c\", \"state\": {{\"terminated\": {{\"exitCode\": {code}}}}}}}]"
            );
            phase_of("OnFailure", containers, &statuses, PhaseFacts::default(), &Gates::default())
        };
        assert_eq!(ended("running", 0), PodPhase::Running);
        assert_eq!(ended("terminated", 0), PodPhase::Succeeded);
        assert_eq!(ended("terminated", 1), PodPhase::Running);
    }

    #[test]
    fn what_waits_again_has_stopped_but_never_succeeded() {
        let containers = "\"containers\": [{\"name\": \"c\"}]";
        let statuses = "[{\"name\": \"c\", \"state\": {\"waiting\": {}}, \"lastState\": {\"terminated\": {\"exitCode\": 0}}}]";
        let of = |facts, gates| phase_of("OnFailure", containers, statuses, facts, gates);
        let on = Gates::default();
        assert_eq!(of(PhaseFacts::default(), &on), PodPhase::Failed);
        let old = Gates { container_restart_rules: false, ..Gates::default() };
        assert_eq!(of(PhaseFacts::default(), &old), PodPhase::Running);
        let terminal = PhaseFacts { terminal: true, ..PhaseFacts::default() };
        assert_eq!(of(terminal, &old), PodPhase::Failed);
        assert_eq!(of(PhaseFacts { is_static: true, ..terminal }, &old), PodPhase::Running);
    }
}
