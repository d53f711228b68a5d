//! Regular containers of an initialized Pod in its sandbox (kubelet `computePodActions`).

use super::{Managers, Planner};
use crate::rules::restart;
use crate::rules::view::{Instance, InstanceState, KillReason, ProbeResult, Runtime};
use crate::spec::ContainerIndex;

/// What the regular containers mean for the Pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Some container is kept or started.
    Alive,
    /// None is: the Pod is done.
    NothingLeft,
}

impl<R: Runtime, M: Managers> Planner<'_, R, M> {
    pub(super) fn regular_containers(&mut self) -> Outcome {
        let mut outcome = Outcome::NothingLeft;
        for container in self.spec.regular() {
            let kept = match self.runtime.newest(container) {
                Some(running) if running.state == InstanceState::Running => self.running(container, &running),
                newest => {
                    self.stopped(container, newest.as_ref());
                    false
                }
            };
            if kept || self.actions[container.get()].start {
                outcome = Outcome::Alive;
            }
        }
        outcome
    }

    fn stopped(&mut self, container: ContainerIndex, newest: Option<&Instance>) {
        if !restart::should_be_restarted(self.spec, container, newest, self.input.deleted, self.gates) {
            return;
        }
        self.start(container);
        // It may run after all.
        if newest.is_some_and(|newest| newest.state == InstanceState::Unknown) {
            self.kill(container, KillReason::Unknown);
        }
    }

    /// Whether it is kept.
    fn running(&mut self, container: ContainerIndex, running: &Instance) -> bool {
        let why = if running.spec_changed {
            // A new image is a new container: it is started whatever the policy.
            self.kill_and_start(container, KillReason::SpecChanged);
            return false;
        } else if self.managers.liveness(container) == Some(ProbeResult::Failure) {
            KillReason::LivenessProbe
        } else if self.managers.startup(container) == Some(ProbeResult::Failure) {
            KillReason::StartupProbe
        } else {
            return self.resized(container);
        };
        self.kill(container, why);
        self.actions[container.get()].start = restart::allows_restart(self.spec, container, self.gates);
        false
    }
}
