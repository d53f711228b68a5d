//! The fold: one event changes the facts, and tells the work in progress that its answer is there.

use super::action::HookKind;
use super::container::{Attempt, InstanceEvent, InstanceFacts, InstanceStage, Slot};
use super::error::TransitionError;
use super::event::Event;
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use super::published::Written;
use super::sandbox::SandboxEvent;
use super::stage::{Stage, StageEvent};
use super::work::{StartStep, Step};
use super::{Action, Pod};
use crate::api::PodPhase;
use crate::rules::conditions::{ConditionReason, KubeletCondition, Verdict};
use crate::rules::probe::RawOutcome;
use crate::rules::qos;
use crate::rules::view::{Exit, TerminatedReason};
use crate::rules::worker::{self, WorkType};
use crate::spec::{ContainerIndex, ProbeKind};
use crate::time::{ApiTime, Time};

impl Pod {
    /// Folds one event. On an error nothing has changed.
    pub(crate) fn fold(&mut self, now: Time, event: Event<'_>, out: &mut impl Sink) -> Result<(), TransitionError> {
        self.memo.unsettle();
        let name = event.name();
        match event {
            // Told apart before: `Pod::handle`.
            Event::Tick | Event::Probed { .. } => {}
            Event::Stored | Event::Scheduled | Event::Unschedulable { .. } | Event::Bound | Event::Admitted | Event::Rejected { .. } => {
                self.fold_control_plane(now, event, out)?;
            }
            // An answer that the Pod's end did not wait for is late news.
            Event::VolumesMounted | Event::VolumesFailed
                if self.work.step != Step::Volumes && worker::end_reason(self.end_facts()).is_some() => {}
            Event::VolumesMounted => {
                self.expects(name, self.work.step == Step::Volumes)?;
                self.volumes = true;
                self.volumes_mounted(now, out);
            }
            Event::VolumesFailed => {
                self.expects(name, self.work.step == Step::Volumes)?;
                self.fail_sync(now);
            }
            Event::VolumesUnmounted => {
                self.expects(name, self.work.step == Step::Unmount)?;
                self.volumes = false;
                self.work.step = Step::EndStatus;
            }
            Event::Aborted if !self.is_abortable() && worker::end_reason(self.end_facts()).is_some() => {}
            Event::Aborted => self.abort(now, name)?,
            Event::ObjectRemoved => self.object_removed(now, name, out)?,
            Event::SandboxStarted { attempt, ips } => self.sandbox_started(now, attempt, ips, out)?,
            Event::SandboxFailed { attempt } if self.is_old_sandbox(attempt) => {}
            Event::SandboxFailed { attempt } => {
                self.expects(name, self.work.step == Step::Sandbox && self.work.actions.attempt == attempt)?;
                self.fail_sync(now);
            }
            Event::SandboxStopped { attempt } => self.sandbox_down(now, SandboxEvent::StopDone, attempt, out)?,
            Event::SandboxStopFailed { attempt } if self.is_old_sandbox(attempt) && !self.is_stopping_sandbox(attempt) => {}
            Event::SandboxStopFailed { attempt } => self.sandbox_stop_failed(now, attempt, out)?,
            Event::SandboxDied { attempt } => self.sandbox_down(now, SandboxEvent::Died, attempt, out)?,
            Event::ImagePresent { container } => {
                self.expects(name, self.is_starting(container, &[StartStep::ImageStatus, StartStep::Pull]))?;
                self.image_present(now, container, out);
            }
            Event::ImageAbsent { container } => {
                self.expects(name, self.is_starting(container, &[StartStep::ImageStatus]))?;
                self.image_absent(now, container, out);
            }
            Event::ImageFailed { container, reason, message } => {
                self.expects(name, self.is_starting(container, &[StartStep::ImageStatus, StartStep::Pull]))?;
                self.image_failed(now, container, reason, message, out);
            }
            Event::ContainerCreated { container, attempt, .. } | Event::ContainerCreateFailed { container, attempt, .. }
                if attempt < self.slot(name, container)?.next_attempt => {}
            Event::ContainerCreated { container, attempt, id, image_id } => {
                self.expects(name, self.is_creating(container, attempt))?;
                self.created(container, attempt, id, image_id, out);
            }
            Event::ContainerCreateFailed { container, attempt, reason, message } => {
                self.expects(name, self.is_creating(container, attempt))?;
                self.start_failed(now, container, reason, message, out);
            }
            Event::ContainerStarted { container, attempt, at } => {
                if self.is_news(name, container, attempt)? {
                    self.container_started(now, container, at, out);
                }
                if self.is_answer(container, attempt, StartStep::Run) {
                    self.started(now, container, out);
                }
            }
            Event::ContainerStartFailed { container, attempt, exit, at, message, reason } => {
                if self.is_news(name, container, attempt)? {
                    self.note_end(container, attempt, message, reason);
                    self.container_start_failed(now, container, exit, at, out);
                }
                if self.is_answer(container, attempt, StartStep::Run) {
                    self.run_failed(now, container, message, out);
                }
            }
            Event::ContainerExited { container, attempt, exit, at, message, reason } => {
                if self.is_news(name, container, attempt)? {
                    self.note_end(container, attempt, message, reason);
                    self.container_exited(now, container, exit, at, out);
                }
            }
            Event::ContainerLost { container, attempt } => {
                if self.is_news(name, container, attempt)? && self.set_instance(container, InstanceEvent::Lost, out) {
                    self.relist(now);
                }
            }
            Event::ContainerRemoved { container, attempt } => self.container_removed(now, container, attempt, out)?,
            Event::HookFinished { container, attempt, hook, ok, message } => {
                self.is_news(name, container, attempt)?;
                match hook {
                    HookKind::PreStop => self.pre_stop_done(now, container, attempt, out),
                    HookKind::PostStart if self.is_answer(container, attempt, StartStep::PostStart) => {
                        self.post_start_done(now, container, ok, message, out);
                    }
                    HookKind::PostStart => {}
                }
            }
            Event::ResizeAllocated { .. }
            | Event::ResizeDeferred { .. }
            | Event::ResizeInfeasible { .. }
            | Event::ContainerUpdated { .. }
            | Event::ContainerUpdateFailed { .. } => self.fold_resize(now, event, out)?,
            Event::ProbeVerdict { container, attempt, kind, verdict } => {
                let n = self.probe_under_way(name, container, kind)?;
                if self.is_news(name, container, attempt)? && self.probing[n].is_alive() {
                    self.probe_verdict(now, n, attempt, verdict, out);
                }
            }
        }
        Ok(())
    }

    /// The answer to a probe. Whether that leaves something to do: not if it was not awaited, or says what is known.
    #[inline]
    pub(crate) fn fold_probed(
        &mut self,
        now: Time,
        container: ContainerIndex,
        attempt: Attempt,
        kind: ProbeKind,
        outcome: RawOutcome,
        out: &mut impl Sink,
    ) -> Result<bool, TransitionError> {
        let n = self.probe_under_way("Probed", container, kind)?;
        let worker = &self.probing[n].worker;
        let is_awaited = worker.is_probing() && worker.instance().is_some_and(|instance| instance.get() == attempt.0);
        if is_awaited { Ok(self.probed(now, n, outcome, out)) } else { self.probed_unasked(container, attempt) }
    }

    /// An answer that no worker waits for: late, or of an instance that was never made.
    #[cold]
    fn probed_unasked(&self, container: ContainerIndex, attempt: Attempt) -> Result<bool, TransitionError> {
        self.is_news("Probed", container, attempt).map(|_| false)
    }

    pub(crate) const fn expects(&self, event: &'static str, expected: bool) -> Result<(), TransitionError> {
        if expected { Ok(()) } else { Err(TransitionError::NotAsked { event }) }
    }

    fn slot(&self, event: &'static str, container: ContainerIndex) -> Result<&Slot, TransitionError> {
        self.slots.get(container.get()).ok_or(TransitionError::NoSuchContainer { event, container })
    }

    /// Whether an event speaks of the newest instance; news of an older one is ignored.
    fn is_news(&self, event: &'static str, container: ContainerIndex, attempt: Attempt) -> Result<bool, TransitionError> {
        let slot = self.slot(event, container)?;
        if attempt >= slot.next_attempt {
            return Err(TransitionError::Unasked { event, attempt: attempt.0 });
        }
        Ok(slot.newest().stage != InstanceStage::Absent && slot.newest().attempt == attempt)
    }

    fn is_starting(&self, container: ContainerIndex, steps: &[StartStep]) -> bool {
        matches!(self.work.step, Step::Start(c, step) if c == container && steps.contains(&step))
    }

    /// Whether the sync waits for this step of this instance's start, whatever has become of the instance since: a short-lived one
    /// may have ended, or be gone, before the answer is there.
    fn is_answer(&self, container: ContainerIndex, attempt: Attempt, step: StartStep) -> bool {
        self.is_starting(container, &[step]) && self.work.created() == attempt
    }

    fn is_creating(&self, container: ContainerIndex, attempt: Attempt) -> bool {
        self.is_starting(container, &[StartStep::Create]) && self.slots[container.get()].next_attempt == attempt
    }

    #[inline]
    fn probe_under_way(&self, event: &'static str, container: ContainerIndex, kind: ProbeKind) -> Result<usize, TransitionError> {
        let known = container.get() < self.slots.len();
        known.then(|| self.find_probing(container, kind)).flatten().ok_or(TransitionError::NoSuchContainer { event, container })
    }

    /// From the API server to the kubelet.
    fn fold_control_plane(&mut self, now: Time, event: Event<'_>, out: &mut impl Sink) -> Result<(), TransitionError> {
        let stage_event = match event {
            Event::Stored if self.spec.api().node_name.is_empty() => StageEvent::Stored,
            Event::Stored => StageEvent::StoredWithNode,
            Event::Scheduled => StageEvent::NodeChosen,
            Event::Unschedulable { scheduler_error } => return self.unschedulable(now, scheduler_error, out),
            Event::Bound => StageEvent::Bound,
            Event::Rejected { .. } => StageEvent::Rejected,
            // A restarted kubelet does not begin anew what has ended (kubelet `UpdatePod`).
            _ if self.is_over() => StageEvent::FoundTerminal,
            _ => StageEvent::Admitted,
        };
        let gated = stage_event == StageEvent::NodeChosen && self.is_gated();
        // What has ended is not asked about any more (kubelet `HandlePodAdditions`).
        let ended = stage_event == StageEvent::Rejected && self.published.phase.is_some_and(PodPhase::is_terminal);
        if self.stage.next(stage_event).is_none() || gated || ended {
            return Err(TransitionError::Stage { event: event.name(), stage: self.stage });
        }
        self.move_on(stage_event, Cause::Reported, out);
        match event {
            Event::Stored => self.stored(now, out),
            Event::Scheduled => out.emit(Output::Action(Action::Bind)),
            Event::Bound => self.bound(now, out),
            Event::Rejected { reason, message } => self.rejected(now, reason, message, out),
            _ => {
                self.take_up_resize(now, out);
                self.trigger(now);
            }
        }
        Ok(())
    }

    /// Whether the Pod has ended and nothing of it runs.
    fn is_over(&self) -> bool {
        self.stage == Stage::Bound
            && worker::first_work(self.is_terminal(), worker::runs_nothing(&self.spec, &self.runtime())) == WorkType::Terminated
    }

    /// Whether scheduling gates hold the Pod back (KEP-3521).
    pub(crate) fn is_gated(&self) -> bool {
        !self.spec.api().scheduling_gates.is_empty()
    }

    /// The first status: the API server's.
    fn stored(&mut self, now: Time, out: &mut impl Sink) {
        self.published.qos = qos::qos_class(self.spec.api(), &self.node.gates);
        self.published.phase = Some(PodPhase::Pending);
        let change = StateChange::Phase { from: None, to: PodPhase::Pending };
        out.emit(Output::Transition(Transition { change, by: Actor::ApiServer, why: Cause::Created }));
        if self.is_gated() {
            self.set_scheduled(now, Verdict::because(ConditionReason::SchedulingGated), Actor::ApiServer, out);
        }
        self.publish_now(out);
        if self.stage == Stage::Bound {
            out.emit(Output::Action(Action::Admit));
        } else if !self.is_gated() {
            out.emit(Output::Action(Action::Schedule));
        }
    }

    fn unschedulable(&mut self, now: Time, scheduler_error: bool, out: &mut impl Sink) -> Result<(), TransitionError> {
        if self.stage != Stage::Unscheduled || self.is_gated() {
            return Err(TransitionError::Stage { event: "Unschedulable", stage: self.stage });
        }
        let reason = if scheduler_error { ConditionReason::SchedulerError } else { ConditionReason::Unschedulable };
        if self.set_scheduled(now, Verdict::because(reason), Actor::Scheduler, out) {
            self.publish_now(out);
        }
        Ok(())
    }

    fn bound(&mut self, now: Time, out: &mut impl Sink) {
        if let Some(texts) = self.aside.for_text("") {
            texts.nominated_node_name.clear();
        }
        self.set_scheduled(now, Verdict::TRUE, Actor::ApiServer, out);
        self.publish_now(out);
        out.emit(Output::Action(Action::Admit));
    }

    /// PodScheduled before the kubelet takes over; it carries the generation only if the scheduler wrote it.
    fn set_scheduled(&mut self, now: Time, verdict: Verdict, by: Actor, out: &mut impl Sink) -> bool {
        let shown = self.published.condition(KubeletCondition::PodScheduled);
        if shown.status == Some(verdict.status) && shown.reason == verdict.reason {
            return false;
        }
        let generation = if by == Actor::Scheduler { self.object.shown_generation() } else { 0 };
        let Written::Value(from) = self.published.write(KubeletCondition::PodScheduled, Some(verdict), generation, now) else {
            return false;
        };
        let condition = KubeletCondition::PodScheduled;
        let change = StateChange::Condition { condition, from, to: Some(verdict.status), reason: verdict.reason };
        out.emit(Output::Transition(Transition { change, by, why: Cause::Reported }));
        true
    }

    pub(crate) fn publish_now(&mut self, out: &mut impl Sink) {
        if !self.spoken {
            self.spoken = true;
            out.emit(Output::StatusChanged);
        }
    }

    /// Whether the work in progress is of a kind that may be broken off.
    fn is_abortable(&self) -> bool {
        matches!(self.work.step, Step::Volumes | Step::Sandbox)
            || matches!(self.work.step, Step::Start(_, step) if step < StartStep::PostStart)
    }

    fn abort(&mut self, now: Time, event: &'static str) -> Result<(), TransitionError> {
        self.expects(event, self.is_abortable())?;
        self.fail_sync(now);
        Ok(())
    }

    fn object_removed(&mut self, now: Time, event: &'static str, out: &mut impl Sink) -> Result<(), TransitionError> {
        if self.object.gone || matches!(self.stage, Stage::Accepted | Stage::Removed) {
            return Err(TransitionError::Stage { event, stage: self.stage });
        }
        self.object.gone = true;
        self.orphan(out);
        if self.stage.next(StageEvent::ObjectRemoved).is_some() && !self.is_orphan() {
            self.move_on(StageEvent::ObjectRemoved, Cause::Deleted, out);
        } else {
            self.give_up_volumes(now);
            self.trigger(now);
        }
        Ok(())
    }

    /// The runtime made the instance that was asked for: it is started next.
    pub(crate) fn created(&mut self, container: ContainerIndex, attempt: Attempt, id: &str, image_id: &str, out: &mut impl Sink) {
        let hash = self.work.creating();
        let sandbox = self.sandbox.attempt;
        let slot = &mut self.slots[container.get()];
        let made = InstanceFacts { attempt, sandbox, restart_count: slot.next_restart_count, hash, ..InstanceFacts::NONE };
        slot.number();
        slot.next_restart_count = slot.next_restart_count.saturating_add(1);
        if slot.newest().stage != InstanceStage::Absent {
            let is_full = slot.instances[1].stage != InstanceStage::Absent;
            slot.instances[1] = slot.instances[0];
            if is_full && !self.aside.older(container).is_empty() {
                // Older than one that is out of sight now: only a re-list tells what is left of them.
                self.aside.make_texts().container_mut(container).older.clear();
            }
        }
        self.slots[container.get()].instances[0] = made;
        self.set_instance(container, InstanceEvent::Made, out);
        self.actuate_new(container);
        self.note_identity(container, attempt, hash, id, image_id);
        self.work.start(container, attempt);
        out.emit(Output::Action(Action::StartContainer { container, attempt }));
    }

    /// Moves the newest instance to another state: the one setter of instances. Whether the table has such a row.
    pub(crate) fn set_instance(&mut self, container: ContainerIndex, event: InstanceEvent, out: &mut impl Sink) -> bool {
        let newest = &mut self.slots[container.get()].instances[0];
        let from = newest.stage;
        let Some((to, by)) = from.next(event) else {
            return false;
        };
        self.memo.touch(container);
        newest.stage = to;
        let change = StateChange::Instance { container, attempt: newest.attempt, from, to };
        out.emit(Output::Transition(Transition { change, by, why: Cause::Reported }));
        true
    }

    fn container_started(&mut self, now: Time, container: ContainerIndex, at: Time, out: &mut impl Sink) {
        if !self.set_instance(container, InstanceEvent::Started, out) {
            return;
        }
        self.slots[container.get()].instances[0].started_at = ApiTime::of(at);
        self.relist(now);
    }

    fn container_start_failed(&mut self, now: Time, container: ContainerIndex, exit: Exit, at: Time, out: &mut impl Sink) {
        if !self.set_instance(container, InstanceEvent::StartFailed, out) {
            return;
        }
        let newest = &mut self.slots[container.get()].instances[0];
        newest.exit = exit.into();
        // A runtime has no start to tell of, and says the epoch (containerd).
        newest.started_at = ApiTime::of(Time::EPOCH);
        newest.finished_at = at.into();
        self.relist(now);
    }

    fn container_exited(&mut self, now: Time, container: ContainerIndex, exit: Exit, at: Time, out: &mut impl Sink) {
        if !self.set_instance(container, InstanceEvent::Ended, out) {
            return;
        }
        let newest = &mut self.slots[container.get()].instances[0];
        newest.exit = exit.into();
        newest.finished_at = at.into();
        self.relist(now);
        self.exit_seen(now, container, out);
    }

    fn container_removed(
        &mut self,
        now: Time,
        container: ContainerIndex,
        attempt: Attempt,
        out: &mut impl Sink,
    ) -> Result<(), TransitionError> {
        let news = self.is_news("ContainerRemoved", container, attempt)?;
        let slot = &mut self.slots[container.get()];
        slot.removed(attempt);
        // One that had not ended has died with its record; that an ended one is gone asks for nothing (kubelet PLEG).
        let lost = |instance: InstanceFacts| instance.stage != InstanceStage::Exited;
        if slot.instances[1].attempt == attempt && slot.instances[1].stage != InstanceStage::Absent {
            let lost = lost(slot.instances[1]);
            slot.instances[1] = InstanceFacts::NONE;
            self.memo.touch(container);
            self.fill_instances(container);
            if lost {
                self.relist(now);
            }
        } else if news {
            let (lost, stopping) = (lost(*slot.newest()), slot.stopping.is_some());
            self.forget_newest(container, out);
            if lost || stopping {
                self.relist(now);
            }
            if stopping {
                // Nothing is left to be stopped, not even by its preStop hook.
                self.stopped(now, container, out);
            }
        }
        Ok(())
    }

    /// The newest instance is gone; the one before it is the newest now.
    pub(crate) fn forget_newest(&mut self, container: ContainerIndex, out: &mut impl Sink) {
        self.set_instance(container, InstanceEvent::Removed, out);
        let slot = &mut self.slots[container.get()];
        slot.instances = [slot.instances[1], InstanceFacts::NONE];
        self.fill_instances(container);
    }
}

impl Exit {
    /// The usual reason of an exit code: Completed for 0, else Error.
    pub const fn of_code(code: i32) -> Self {
        Self { code, reason: if code == 0 { TerminatedReason::Completed } else { TerminatedReason::Error } }
    }
}
