//! One sync of the Pod: what begins it, what it plans, in which order it carries that out, how it ends.

use super::action::Action;
use super::container::InstanceStage;
use super::deadline::KeptDeadline;
use super::output::{Cause, Output, Sink};
use super::stage::{Stage, StageEvent};
use super::work::{Failure, Step};
use super::{Pod, sandbox::SandboxState};
use crate::api::PodPhase;
use crate::rules::actions::{self, ActionInput, ContainerAction, PodActions};
use crate::rules::conditions::KubeletCondition;
use crate::rules::worker::{self, EndFacts, EndReason, Requeue};
use crate::rules::{deadline, grace};
use crate::spec::ContainerIndex;
use crate::time::{Span, Time};
use alloc::vec;
use alloc::vec::Vec;

/// A Pod with more containers than these needs a block on the heap while a sync is planned.
const FEW: usize = 32;

/// Room for what a sync does with each container.
struct Plan {
    few: [ContainerAction; FEW],
    many: Vec<ContainerAction>,
    number: usize,
}

impl Plan {
    fn of(number: usize) -> Self {
        let many = if number > FEW { vec![ContainerAction::default(); number] } else { Vec::new() };
        Self { few: [ContainerAction::default(); FEW], many, number }
    }

    fn containers(&mut self) -> &mut [ContainerAction] {
        if self.number > FEW { &mut self.many } else { &mut self.few[..self.number] }
    }
}

/// Whether there is anything in what a sync does beside its containers.
const fn acts(actions: PodActions) -> bool {
    let PodActions { kill_pod, create_sandbox, reset, update_pod_resources, attempt: _ } = actions;
    kill_pod || create_sandbox || reset || update_pod_resources
}

impl Pod {
    /// Does what is due: begins and continues work until it waits for an answer or has published.
    pub(crate) fn run(&mut self, now: Time, out: &mut impl Sink) {
        if self.node.pacing.automatic || !self.work.is_idle() || self.work.asked {
            self.run_asked(now, out);
        } else {
            self.run_probes(now, out);
            self.run_stops(now, out);
        }
    }

    pub(crate) fn run_asked(&mut self, now: Time, out: &mut impl Sink) {
        self.work.more = false;
        self.run_probes(now, out);
        self.run_stops(now, out);
        while self.begin(now, out) {}
    }

    /// Begins the next piece of work if the worker is idle and something asks for it. Whether anything was done.
    fn begin(&mut self, now: Time, out: &mut impl Sink) -> bool {
        if self.work.step == Step::EndStatus {
            return self.may_speak(now) && self.end_status(now, out);
        }
        if !self.work.is_idle() {
            return false;
        }
        if self.stage == Stage::Syncing && self.ends(now, out) {
            return true;
        }
        if !self.is_due(now) || !self.has_work() {
            return false;
        }
        if !self.may_speak(now) {
            return false;
        }
        self.work.asked = false;
        self.work.trigger = self.work.late.take().filter(|late| *late >= now).map(|_| now);
        self.work.set_retry(None);
        match self.stage {
            Stage::Terminating => self.begin_terminating(now, out),
            Stage::Terminated => self.begin_terminated(now, out),
            Stage::Rejected => self.begin_orphan(now, out),
            _ => self.begin_sync(now, out),
        }
        true
    }

    /// Whether a status may be published in this call; if not, there is more to do in the next one.
    pub(crate) const fn may_speak(&mut self, now: Time) -> bool {
        if self.spoken {
            self.work.more = true;
            self.deadline = KeptDeadline::more(now);
        }
        !self.spoken
    }

    /// Whether there is somebody who does what is asked for: a worker, or the housekeeping for a refused Pod.
    pub(super) fn has_work(&self) -> bool {
        self.stage.has_worker() || self.is_left_over()
    }

    fn is_due(&self, now: Time) -> bool {
        let is_over = |at: Option<Time>| at.is_some_and(|at| at <= now);
        self.work.asked
            || (self.node.pacing.automatic && (is_over(self.work.trigger) || is_over(self.work.retry()) || is_over(self.active_deadline())))
    }

    /// A delay with the jitter of this Pod.
    fn jittered(&self, delay: Span) -> Span {
        delay + Span::from_nanos(delay.nanos() / 1000).saturating_mul(self.work.jitter.into())
    }

    /// Ends the stage of syncs if the Pod is deleted, killed or terminal (kubelet `UpdatePod`). Whether it did.
    fn ends(&mut self, now: Time, out: &mut impl Sink) -> bool {
        let terminal = self.is_terminal();
        let why = match worker::end_reason(EndFacts { terminal, ..self.end_facts() }) {
            Some(EndReason::Orphaned | EndReason::Deleted) => Cause::Deleted,
            Some(EndReason::TerminalPhase) => Cause::TerminalPhase,
            Some(EndReason::Evicted | EndReason::Killed) => Cause::KilledByKubelet,
            None => return false,
        };
        self.end(now, why, out);
        true
    }

    /// Whether the phase that the API server shows is terminal, and that ends the Pod. One that is held back ends it in the next sync.
    pub(super) fn is_terminal(&self) -> bool {
        self.node.pacing.ends && self.source_phase().is_some_and(PodPhase::is_terminal)
    }

    pub(crate) fn end(&mut self, now: Time, why: Cause, out: &mut impl Sink) {
        self.move_on(StageEvent::EndBegins, why, out);
        self.trigger(now);
    }

    /// One sync of the kubelet (kubelet `SyncPod`): the status first.
    fn begin_sync(&mut self, now: Time, out: &mut impl Sink) {
        self.resize_at_sync(now, out);
        self.build(now, false, out);
        // The deadline ends the Pod even if the update that says so was dropped: the kubelet goes by what it has built.
        let past_deadline = self.published.past_deadline || deadline::has_passed(&self.spec, self.published.start_time.get(), now);
        if self.node.pacing.ends && (past_deadline || self.published.local_phase.is_some_and(PodPhase::is_terminal)) {
            let why = if past_deadline { Cause::DeadlineExceeded } else { Cause::TerminalPhase };
            self.move_on(StageEvent::EndBegins, why, out);
            self.turn_over(now);
        } else if self.volumes {
            self.begin_actions(now, out);
        } else {
            self.work.step = Step::Volumes;
            out.emit(Output::Action(Action::MountVolumes));
        }
    }

    /// A sync is planned with the facts of its status. Only a sandbox that died meanwhile would make another plan of it than the kubelet's, one that
    /// acts upon what no status has shown: that is left to the sync that the death has asked for.
    pub(crate) fn volumes_mounted(&mut self, now: Time, out: &mut impl Sink) {
        let has_died = self.sandbox.state == SandboxState::NotReady && self.published.holds(KubeletCondition::PodReadyToStartContainers);
        if has_died && self.work.trigger.is_some() {
            self.begin_probing(now, out);
            self.end_sync(now);
        } else {
            self.begin_actions(now, out);
        }
    }

    /// Plans the sync and begins to carry it out (kubelet `computePodActions`, runtime `SyncPod`).
    pub(crate) fn begin_actions(&mut self, now: Time, out: &mut impl Sink) {
        self.begin_probing(now, out);
        self.aside.note_purged(None);
        for slot in &mut self.slots {
            slot.found = slot.newest().stage;
            if slot.found == InstanceStage::Absent && !self.node.log_files {
                slot.next_restart_count = 0;
            }
        }
        if self.memo.is_idle() {
            debug_assert!(self.would_do_nothing(), "the plan was taken for empty");
            self.end_sync(now);
            return;
        }
        self.plan_sync();
        let acts = self.has_acted();
        let nothing = !acts && self.is_simple();
        self.memo.set_idle(nothing);
        if nothing {
            self.end_sync(now);
        } else if self.work.actions.kill_pod {
            self.work.step = Step::StopPod;
            self.stop_all(now, None, out);
            self.all_stopped(now, out);
        } else {
            self.stop_container_on(now, None, out);
        }
    }

    /// Whether status and plan go by the facts alone that [`Memo`](super::memo::Memo) watches: the spec is plain, nothing was ever resized, and the
    /// kubelet does not want to end the Pod.
    pub(super) fn is_simple(&self) -> bool {
        self.spec.is_plain() && self.aside.resizing().is_none() && self.aside.kill().is_none()
    }

    /// The plan is made aside and then put into the slots, which are what it is made of.
    pub(super) fn plan_sync(&mut self) {
        let mut plan = Plan::of(self.slots.len());
        self.work.actions = self.plan(plan.containers());
        for (slot, planned) in self.slots.iter_mut().zip(plan.containers()) {
            slot.plan = *planned;
        }
    }

    fn plan(&self, containers: &mut [ContainerAction]) -> PodActions {
        let input = ActionInput { restart_all: self.is_restarting_all(), deleted: self.object.deletion.is_some() };
        actions::compute(&self.spec, &self.runtime(), &self.probes(), input, &self.node.gates, containers)
    }

    /// Whether a plan made now has nothing in it, like the last one.
    pub(super) fn would_do_nothing(&self) -> bool {
        let mut plan = Plan::of(self.slots.len());
        let actions = self.plan(plan.containers());
        actions == self.work.actions && !acts(actions) && plan.containers().iter().all(|planned| *planned == ContainerAction::default())
    }

    /// The whole Pod is being stopped in a sync: when the containers are down, all sandboxes go, even those that are down.
    pub(crate) fn pod_stopped(&mut self, now: Time, out: &mut impl Sink) {
        if self.sandbox.state == SandboxState::Absent {
            self.sandbox_stopped(now, out);
        } else {
            self.stop_sandbox(Step::StopSandbox, self.sandbox.attempt, out);
        }
    }

    /// Asks for one sandbox to be taken down; `step` waits for it.
    pub(crate) fn stop_sandbox(&mut self, step: impl FnOnce(u32) -> Step, attempt: u32, out: &mut impl Sink) {
        self.work.step = step(attempt);
        out.emit(Output::Action(Action::StopPodSandbox { attempt }));
    }

    /// One sandbox is down: the one before it, or what comes after all.
    pub(crate) fn sandbox_down_on(&mut self, now: Time, out: &mut impl Sink) {
        match self.work.step {
            Step::StopSandbox(attempt) => match self.sandbox_before(attempt) {
                Some(older) => self.stop_sandbox(Step::StopSandbox, older, out),
                None => self.sandbox_stopped(now, out),
            },
            Step::EndSandbox(attempt) => match self.sandbox_before(attempt) {
                Some(older) => self.stop_sandbox(Step::EndSandbox, older, out),
                None => self.sandbox_ended(now, out),
            },
            _ => {}
        }
    }

    /// The old sandboxes are down: make the new one, or be done.
    fn sandbox_stopped(&mut self, now: Time, out: &mut impl Sink) {
        self.sandbox.older_ready = false;
        self.memo.unsettle();
        if self.work.actions.create_sandbox {
            self.purge_init_containers(out);
            self.create_sandbox(out);
        } else {
            self.prune_init_containers(out);
            self.end_sync(now);
        }
    }

    fn create_sandbox(&mut self, out: &mut impl Sink) {
        self.work.step = Step::Sandbox;
        self.work.sandboxes_asked = self.work.actions.attempt.saturating_add(1);
        out.emit(Output::Action(Action::RunPodSandbox { attempt: self.work.actions.attempt }));
    }

    /// Stops the listed containers one after the other; then resets, then starts.
    pub(crate) fn stop_container_on(&mut self, now: Time, after: Option<ContainerIndex>, out: &mut impl Sink) {
        let next = self.spec.indexes().filter(|&c| after.is_none_or(|done| c > done)).find(|&c| self.slots[c.get()].plan.kill.is_some());
        let Some(container) = next else {
            self.reset_on(now, out);
            return;
        };
        self.work.step = Step::StopContainer(container);
        let reason = self.slots[container.get()].plan.kill;
        if self.slots[container.get()].may_run() {
            let seconds = grace::kill_grace_seconds(&self.spec, container, self.deletion_grace(), reason);
            self.stop(now, container, seconds, out);
        } else {
            self.stop_container_on(now, Some(container), out);
        }
    }

    /// Resets all containers in place: stops what runs with the shortest grace and removes every record (KEP-5532).
    pub(crate) fn reset_on(&mut self, now: Time, out: &mut impl Sink) {
        while self.work.actions.reset {
            let Some(reset) = actions::resets(&self.spec, &self.runtime()).next() else {
                break;
            };
            if reset.kill && self.stop_abruptly(now, reset.container, reset.instance, out) {
                return;
            }
            self.remove_instance(reset.container, reset.instance, out);
        }
        self.prune_init_containers(out);
        self.start_on(now, None, out);
    }

    /// The sync is over: comes again if something failed (kubelet `completeWork`).
    pub(crate) fn end_sync(&mut self, now: Time) {
        let pacing = &self.node.pacing;
        let failure = self.work.failure();
        let requeue = match failure {
            Failure::None => Requeue::Resync,
            Failure::Error => Requeue::Backoff,
            Failure::BackOff(until) => Requeue::Until(until),
        };
        let due = pacing.wait(now, requeue).map(|wait| now + self.jittered(wait));
        let failed = failure != Failure::None;
        self.work.step = Step::Idle;
        self.work.forget_start();
        let seen = !failed && self.node.gates.pleg_on_demand_relist && self.has_acted();
        if seen {
            // What came during the sync is seen right away.
            self.work.trigger = self.work.trigger.map(|_| now);
            self.work.fresh = now;
        } else {
            self.work.wait_for(self.node.next_look(now));
        }
        // Later than now, however short the delays are, or a call would not end. Where time ends nothing is due again.
        let later = now + Span::from_nanos(1);
        let due = due.map(|at| self.node.next_poll(at).max(self.work.fresh).max(later)).filter(|&at| at < Time::MAX);
        self.work.set_retry(due);
        if self.work.actions.reset && !failed {
            self.trigger(now);
        }
    }

    /// Whether the plan of the sync had anything in it.
    pub(super) fn has_acted(&self) -> bool {
        acts(self.work.actions) || self.slots.iter().any(|slot| slot.plan != ContainerAction::default())
    }

    /// The Pod goes on to the next handler, which comes through the queue (kubelet `completeWork`, after a phase transition).
    pub(crate) fn turn_over(&mut self, now: Time) {
        self.work.wait_for(self.node.next_look(now));
        self.trigger(self.node.next_poll(now));
    }

    /// A sync that waits for volumes gives way to the Pod's end (kubelet `WaitForAttachAndMount` minds its context).
    pub(crate) fn give_up_volumes(&mut self, now: Time) {
        if self.work.step == Step::Volumes {
            self.fail_sync(now);
        }
    }

    /// The sync failed as a whole.
    pub(crate) fn fail_sync(&mut self, now: Time) {
        self.work.fail(Failure::Error);
        self.end_sync(now);
    }

    /// Something asks for a sync: at once, or with the look at the runtime that the next sync waits for.
    pub(crate) fn trigger(&mut self, at: Time) {
        // Where a clock was set back, that look is the next one by the clock as it goes now.
        let look = self.work.fresh.min(self.node.next_look(at));
        self.work.trigger(at.max(look));
    }

    /// News from the runtime asks for a sync: with the next relist (kubelet PLEG).
    pub(crate) fn relist(&mut self, now: Time) {
        let at = self.node.next_look(now);
        if self.work.trigger.is_some_and(|known| known < at) {
            self.work.late = Some(at);
        }
        self.work.trigger(at);
    }

    /// The grace period of the deletion, in seconds.
    pub(crate) fn deletion_grace(&self) -> Option<i64> {
        self.object.deletion.get().map(|deletion| deletion.grace_period_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_room_for_each_container() {
        for number in [0, 1, FEW - 1, FEW, FEW + 1, 2 * FEW] {
            assert_eq!(Plan::of(number).containers().len(), number);
        }
        assert!(Plan::of(FEW).many.is_empty(), "few containers need nothing on the heap");
    }
}
