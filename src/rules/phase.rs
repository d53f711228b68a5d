//! The phase of a Pod (kubelet `getPhase`).
//!
//! One walk over the init and regular containers, then a short list of questions. Ephemeral containers never count, and what
//! the Pod's phase was before does not matter here: that a terminal phase stays is decided where the status is assembled.

use super::restart::should_restart_on_exit;
use super::view::{Exit, StatusEntry, StatusState, Statuses, TerminatedReason};
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

/// The phase that spec and container statuses call for.
///
/// First match wins: an init container failed for good: Failed; something has never been started or is still initializing:
/// Pending; something runs and everything is known: Running; everything has stopped: Running if something will be restarted, Succeeded if all
/// regular containers exited 0, else Failed; anything unknown: Pending. Never [`PodPhase::Unknown`], which the kubelet
/// does not write.
///
/// Surprises: a running sidecar keeps the Pod Running; a terminated one counts for nothing; one container that cannot pull its image keeps a
/// Pod Pending while others run; a waiting container with a last termination counts as stopped, and never as succeeded.
pub fn phase(spec: &Spec, statuses: &impl Statuses, facts: PhaseFacts, gates: &Gates) -> PodPhase {
    let policy = Policy { spec, gates };
    let mut tally = Tally::default();
    for index in spec.init_and_regular() {
        let entry = statuses.entry(index);
        match spec.container(index).kind() {
            ContainerKind::Init => match init_outcome(entry) {
                InitOutcome::Done => {}
                InitOutcome::Pending => tally.pending = true,
                // Nothing that the others do can outweigh it.
                InitOutcome::Failed(exit) if policy.is_fatal_to_initialization(index, exit) => return PodPhase::Failed,
                InitOutcome::Failed(_) => {}
            },
            ContainerKind::Sidecar => tally.count_sidecar(entry),
            _ => tally.count_regular(entry, |exit| policy.may_restart(index, exit)),
        }
    }
    tally.verdict(facts, policy)
}

/// What the containers are doing, all in all.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// A plain init container is to be done, or some other container has never been started.
    pending: bool,
    /// A sidecar is still to start.
    pending_sidecar: bool,
    running: bool,
    unknown: bool,
    /// A regular container has stopped.
    stopped: bool,
    /// A stopped regular container will be started again.
    restarting: bool,
    /// A stopped regular container did not end with 0, or has already been waiting again.
    unsuccessful: bool,
}

impl Tally {
    fn count_sidecar(&mut self, entry: Option<StatusEntry>) {
        let Some(entry) = entry else {
            self.unknown = true;
            return;
        };
        match entry.state {
            StatusState::Running => {
                self.running = true;
                self.pending_sidecar |= entry.started != Some(true);
            }
            StatusState::Terminated(_) => {}
            StatusState::Waiting(_) => self.pending |= entry.last.is_none(),
            StatusState::Empty => {
                self.pending_sidecar = true;
                self.unknown = true;
            }
        }
    }

    fn count_regular(&mut self, entry: Option<StatusEntry>, may_restart: impl FnOnce(Exit) -> bool) {
        let Some(entry) = entry else {
            self.unknown = true;
            return;
        };
        match (entry.state, entry.last) {
            (StatusState::Running, _) => self.running = true,
            (StatusState::Terminated(exit), _) => self.count_stopped(exit.code == 0, may_restart(exit)),
            (StatusState::Waiting(_), Some(last)) => self.count_stopped(false, may_restart(last)),
            (StatusState::Waiting(_), None) => self.pending = true,
            (StatusState::Empty, _) => self.unknown = true,
        }
    }

    const fn count_stopped(&mut self, succeeded: bool, restarting: bool) {
        self.stopped = true;
        self.restarting |= restarting;
        self.unsuccessful |= !succeeded;
    }

    fn verdict(self, facts: PhaseFacts, policy: Policy<'_>) -> PodPhase {
        let initializing = self.pending || (self.pending_sidecar && !facts.initialized);
        let ended = facts.terminal && !facts.is_static;
        if initializing || self.unknown || !(self.running || self.stopped) {
            PodPhase::Pending
        } else if self.running || (!ended && policy.goes_on(self)) {
            PodPhase::Running
        } else if self.unsuccessful {
            PodPhase::Failed
        } else {
            PodPhase::Succeeded
        }
    }
}

enum InitOutcome {
    Done,
    Pending,
    Failed(Exit),
}

/// What a plain init container means for the phase.
const fn init_outcome(entry: Option<StatusEntry>) -> InitOutcome {
    let Some(entry) = entry else { return InitOutcome::Pending };
    match (entry.state, entry.last) {
        (StatusState::Terminated(exit), _) | (StatusState::Waiting(_), Some(exit)) => {
            if exit.code == 0 {
                InitOutcome::Done
            } else {
                InitOutcome::Failed(exit)
            }
        }
        _ => InitOutcome::Pending,
    }
}

/// Who comes back: by rules and policies of the containers, or, with the gate ContainerRestartRules off, by the Pod's policy alone.
#[derive(Clone, Copy)]
struct Policy<'a> {
    spec: &'a Spec,
    gates: &'a Gates,
}

impl Policy<'_> {
    /// Containers removed to restart them all come back whatever their policy (KEP-5532).
    fn may_restart(self, index: ContainerIndex, exit: Exit) -> bool {
        let removed = exit.reason == TerminatedReason::RestartingAllContainers && self.gates.restart_all();
        removed || should_restart_on_exit(self.spec, index, exit.code, self.gates)
    }

    fn is_fatal_to_initialization(self, index: ContainerIndex, exit: Exit) -> bool {
        if self.gates.container_restart_rules { !self.may_restart(index, exit) } else { self.spec.restart_policy() == RestartPolicy::Never }
    }

    /// Whether a Pod whose containers have all stopped goes on.
    fn goes_on(self, tally: Tally) -> bool {
        if self.gates.container_restart_rules {
            return tally.restarting;
        }
        match self.spec.restart_policy() {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => tally.unsuccessful,
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
