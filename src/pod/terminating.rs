//! The end: everything is stopped, the last statuses are built, volumes go (kubelet `SyncTerminatingPod`, `SyncTerminatedPod`).

use super::Pod;
use super::action::Action;
use super::output::{Cause, Output, Sink};
use super::sandbox::SandboxState;
use super::stage::{Stage, StageEvent};
use super::work::Step;
use crate::api::PodPhase;
use crate::rules::grace;
use crate::rules::worker::{self, EndFacts};
use crate::time::Time;

impl Pod {
    /// Stops everything: a status first, then all containers, with the grace period the kubelet settled on.
    pub(crate) fn begin_terminating(&mut self, now: Time, out: &mut impl Sink) {
        self.build(now, false, out);
        self.stop_liveness_and_startup();
        self.work.step = Step::EndContainers;
        let seconds = self.effective_grace();
        self.stop_all(now, seconds, out);
        self.all_stopped(now, out);
    }

    /// The grace period in seconds: that of the deletion, of the kill, or of the spec; at least 1 (kubelet `calculateEffectiveGracePeriod`).
    /// `None`: the Pod ended by itself, and has its own period, were it 0.
    pub(crate) fn effective_grace(&self) -> Option<i64> {
        let terminal = self.published.phase.is_some_and(PodPhase::is_terminal);
        worker::end_reason(EndFacts { terminal, ..self.end_facts() })?;
        let settled = self.aside.kill().map_or(0, |kill| kill.grace_period_seconds);
        Some(grace::effective_pod_grace(self.spec.termination_grace_period_seconds(), self.deletion_grace(), settled, None).seconds)
    }

    /// When all containers are down, the sandboxes go, even those that are down.
    pub(crate) fn containers_ended(&mut self, now: Time, out: &mut impl Sink) {
        if self.sandbox.state == SandboxState::Absent {
            self.sandbox_ended(now, out);
        } else {
            self.stop_sandbox(Step::EndSandbox, self.sandbox.attempt, out);
        }
    }

    /// Nothing is left of the Pod in the runtime: its last status is due.
    pub(crate) fn sandbox_ended(&mut self, now: Time, out: &mut impl Sink) {
        if self.stage == Stage::Rejected {
            return self.orphan_ended(now, out);
        }
        self.stop_probing();
        self.work.step = Step::EndStatus;
        if self.may_speak(now) {
            self.end_status(now, out);
        }
    }

    /// The last status of the terminating Pod, or of the terminated one. Whether anything was done: always.
    pub(crate) fn end_status(&mut self, now: Time, out: &mut impl Sink) -> bool {
        self.work.step = Step::Idle;
        if self.stage == Stage::Terminated {
            self.finish(now, out);
            return true;
        }
        self.move_on(StageEvent::ContainersStopped, Cause::Sync, out);
        self.build(now, true, out);
        self.turn_over(now);
        true
    }

    /// Takes the volumes down (kubelet `SyncTerminatedPod`).
    pub(crate) fn begin_terminated(&mut self, now: Time, out: &mut impl Sink) {
        self.build(now, true, out);
        self.work.step = Step::Unmount;
        out.emit(Output::Action(Action::UnmountVolumes));
    }

    /// The kubelet's last act: the final status is made whole and the object of a deleted Pod is deleted (kubelet `TerminatePod`).
    fn finish(&mut self, now: Time, out: &mut impl Sink) {
        self.complete_status(now, out);
        self.move_on(StageEvent::Released, Cause::Finished, out);
        if self.object.gone {
            self.move_on(StageEvent::ObjectRemoved, Cause::Deleted, out);
        } else {
            self.delete_object(out);
        }
    }

    /// Asks for the final deletion of the object: the Pod is deleted, finished, and shows a terminal phase.
    pub(crate) fn delete_object(&mut self, out: &mut impl Sink) {
        if self.wants_deletion() {
            out.emit(Output::Action(Action::DeleteObject));
        }
    }
}
