//! Init containers and sidecars of a Pod in its sandbox (kubelet `computeInitContainerActions`).

use super::{Managers, Planner};
use crate::rules::view::{Instance, InstanceState, KillReason, ProbeResult, Runtime, TerminatedReason};
use crate::rules::{resources, restart};
use crate::spec::{ContainerIndex, ProbeKind};

/// How far the init containers are.
pub(super) enum Progress {
    /// All are done: regular containers may be looked at.
    Initialized,
    /// Not yet.
    Initializing,
    /// A plain init container has failed for good.
    Failed,
}

/// What one init container means for those before and behind it.
enum Step {
    /// It is done, or a sidecar that has started: the next may start.
    Done,
    /// It is not.
    Pending,
    /// It has failed for good.
    Failed,
}

impl<R: Runtime, M: Managers> Planner<'_, R, M> {
    /// From the last to the first: records of init containers that are done may be gone, so the last one that has left a trace tells how
    /// far the Pod has come, and all before it are done.
    pub(super) fn init_containers(&mut self) -> Progress {
        let Some(last) = self.spec.init().next_back() else {
            return Progress::Initialized;
        };
        let mut initialized = self.spec.regular().any(|i| self.is_created_or_running(i));
        // Whether this container is known to be over, by what is behind it.
        let mut passed = initialized;
        let mut next = None;
        for container in self.spec.init().rev() {
            let behind = next.replace(container);
            let is_sidecar = self.spec.container(container).is_sidecar();
            let Some(newest) = self.runtime.newest(container) else {
                if passed && is_sidecar {
                    self.start(container);
                }
                continue;
            };
            if passed && !is_sidecar {
                continue;
            }
            match if is_sidecar { self.sidecar(container, &newest) } else { self.plain_init(container, &newest) } {
                Step::Failed => return Progress::Failed,
                Step::Done if container == last => initialized = true,
                Step::Done if !passed => behind.into_iter().for_each(|behind| self.start(behind)),
                Step::Done | Step::Pending => {}
            }
            passed = true;
        }
        if !passed {
            next.into_iter().for_each(|first| self.start(first));
        }
        if initialized { Progress::Initialized } else { Progress::Initializing }
    }

    /// An exited one does not count: it may be of an older sandbox.
    fn is_created_or_running(&self, container: ContainerIndex) -> bool {
        let state = self.runtime.newest(container).map(|newest| newest.state);
        matches!(state, Some(InstanceState::Created | InstanceState::Running))
    }

    fn plain_init(&mut self, container: ContainerIndex, newest: &Instance) -> Step {
        match newest.state {
            InstanceState::Created => self.start(container),
            InstanceState::Running => {
                if resources::is_resizable(self.spec, container, self.gates) {
                    self.resized(container);
                }
            }
            InstanceState::Exited if !has_failed(newest) => return Step::Done,
            InstanceState::Exited if !self.may_retry(container, newest) => return Step::Failed,
            InstanceState::Exited => self.start(container),
            InstanceState::Unknown if !restart::allows_restart(self.spec, container, self.gates) => return Step::Failed,
            InstanceState::Unknown => self.kill_and_start(container, KillReason::Unknown),
        }
        Step::Pending
    }

    /// Whether a failed plain init container gets another try. With restart rules that is the common question, which a deleted Pod
    /// answers with no; without them only Never speaks against it.
    fn may_retry(&self, container: ContainerIndex, failed: &Instance) -> bool {
        if self.gates.container_restart_rules {
            restart::should_be_restarted(self.spec, container, Some(failed), self.input.deleted, self.gates)
        } else {
            restart::allows_restart(self.spec, container, self.gates)
        }
    }

    fn sidecar(&mut self, container: ContainerIndex, newest: &Instance) -> Step {
        match newest.state {
            InstanceState::Created | InstanceState::Exited => self.start(container),
            InstanceState::Unknown => self.kill_and_start(container, KillReason::Unknown),
            InstanceState::Running => return self.running_sidecar(container, newest),
        }
        Step::Pending
    }

    /// Its startup probe holds back what is behind it; its liveness probe and its readiness probe do not.
    fn running_sidecar(&mut self, container: ContainerIndex, running: &Instance) -> Step {
        let spec = self.spec.container(container);
        if spec.probe(ProbeKind::Startup).is_some() {
            match self.managers.startup(container) {
                Some(ProbeResult::Success) => {}
                Some(ProbeResult::Failure) => {
                    self.kill_and_start(container, KillReason::StartupProbe);
                    return Step::Pending;
                }
                Some(ProbeResult::Unknown) | None => return Step::Pending,
            }
        }
        let has_liveness = spec.probe(ProbeKind::Liveness).is_some();
        if running.spec_changed {
            self.kill_and_start(container, KillReason::SpecChanged);
            return Step::Done;
        }
        match self.managers.liveness(container) {
            Some(ProbeResult::Failure) if has_liveness => self.kill_and_start(container, KillReason::LivenessProbe),
            // No verdict yet: wait for it before resizing.
            None if has_liveness => {}
            _ => {
                self.resized(container);
            }
        }
        Step::Done
    }
}

/// Here, unlike in the phase, one whose child was killed for want of memory has failed even with exit code 0 (kubelet
/// `isInitContainerFailed`).
fn has_failed(exited: &Instance) -> bool {
    exited.exit.code != 0 || exited.exit.reason == TerminatedReason::OomKilled
}
