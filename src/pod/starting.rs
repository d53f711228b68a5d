//! Starts of containers, one after the other: back-off, image, create, start, postStart (kubelet `startContainer`).

use super::Pod;
use super::action::{Action, HookKind};
use super::container::InstanceStage;
use super::output::{Output, Sink};
use super::work::{Failure, StartStep, Step};
use crate::api::ImagePullPolicy;
use crate::rules::grace;
use crate::rules::view::{KillReason, WaitingReason};
use crate::spec::{ContainerIndex, ContainerKind};
use crate::time::Time;
use alloc::borrow::ToOwned;

impl Pod {
    /// Starts the next listed container: ephemeral ones first, then init, then regular ones.
    pub(crate) fn start_on(&mut self, now: Time, after: Option<ContainerIndex>, out: &mut impl Sink) {
        let mut after = after;
        self.work.forget_start();
        loop {
            let next = self.next_start(after);
            if self.update_first(now, after, next, out) {
                return;
            }
            let Some(container) = next else {
                self.end_sync(now);
                return;
            };
            match self.begin_start(now, container, out) {
                Begun::Waits => return,
                Begun::Refused if self.spec.container(container).kind() == ContainerKind::Init => {
                    self.end_sync(now);
                    return;
                }
                Begun::Refused => after = Some(container),
            }
        }
    }

    /// The kubelet's order of starts.
    fn next_start(&self, after: Option<ContainerIndex>) -> Option<ContainerIndex> {
        let starts = |container: &ContainerIndex| self.slots[container.get()].plan.start;
        let first = self.spec.init_and_regular().len();
        let (ephemeral, others) = match after {
            None => (0, 0),
            Some(done) if done.get() >= first => (done.get() + 1 - first, 0),
            Some(done) => (usize::MAX, done.get() + 1),
        };
        self.spec.ephemeral().skip(ephemeral).find(starts).or_else(|| self.spec.init_and_regular().skip(others).find(starts))
    }

    /// The back-off check, then the image.
    fn begin_start(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) -> Begun {
        let finished_at = self.finished_before_sync(container);
        let config = self.node.crash_loop;
        self.memo.touch(container);
        // Housekeeping forgets old entries every other second; here that is done when it matters.
        self.slots[container.get()].backoff.collect_garbage(&config, now);
        if let Err(refusal) = self.slots[container.get()].backoff.try_restart(&config, now, finished_at) {
            self.refuse(container, WaitingReason::CrashLoopBackOff, Failure::BackOff(refusal.until), "", out);
            return Begun::Refused;
        }
        if self.spec.container(container).image_pull_policy() == ImagePullPolicy::Always {
            return self.pull(now, container, out);
        }
        self.work.step = Step::Start(container, StartStep::ImageStatus);
        out.emit(Output::Action(Action::ImageStatus { container }));
        Begun::Waits
    }

    /// When the newest exited instance had ended, as the sync found it when it began: one that the sync itself stopped does not count,
    /// one that it purged does.
    pub(crate) fn finished_before_sync(&self, container: ContainerIndex) -> Option<Time> {
        let slot = &self.slots[container.get()];
        let newest = slot.newest();
        if (slot.found, newest.stage) == (InstanceStage::Exited, InstanceStage::Exited)
            && let Some(at) = newest.finished_at.get()
        {
            return Some(at);
        }
        let own = usize::from(self.slots[container.get()].found != InstanceStage::Exited);
        let mut instances = self.instances(container).skip(own);
        let finished_at =
            instances.find(|instance| instance.stage == InstanceStage::Exited).and_then(|instance| instance.finished_at.get());
        finished_at.or_else(|| self.aside.purged().filter(|_| self.spec.init().any(|init| init == container)))
    }

    /// Pulls the image unless the image back-off refuses (kubelet `EnsureImageExists`).
    pub(crate) fn pull(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) -> Begun {
        let config = self.node.image_pull;
        let backoff = self.aside.image_backoff(&self.spec, container);
        if backoff.is_some_and(|backoff| backoff.image_pull_allowed(&config, now).is_err()) {
            let error = self.aside.pull_error(self.spec.container(container).image()).to_owned();
            self.refuse(container, WaitingReason::ImagePullBackOff, Failure::Error, &error, out);
            return Begun::Refused;
        }
        self.aside.put_pull_error(self.spec.container(container).image(), WaitingReason::None, "");
        self.work.step = Step::Start(container, StartStep::Pull);
        out.emit(Output::Action(Action::PullImage { container }));
        Begun::Waits
    }

    /// The image is not on the node: pull it, if the policy lets.
    pub(crate) fn image_absent(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        if self.spec.container(container).image_pull_policy() == ImagePullPolicy::Never {
            self.start_failed(now, container, WaitingReason::ErrImageNeverPull, "", out);
        } else if self.pull(now, container, out).is_refused() {
            self.start_refused(now, container, out);
        }
    }

    /// The image could not be had.
    pub(crate) fn image_failed(&mut self, now: Time, container: ContainerIndex, reason: WaitingReason, message: &str, out: &mut impl Sink) {
        if self.work.step == Step::Start(container, StartStep::Pull) {
            let config = self.node.image_pull;
            self.aside.image_pull_failed(&self.spec, container, &config, now);
            self.aside.put_pull_error(self.spec.container(container).image(), reason, message);
        }
        self.start_failed(now, container, reason, message, out);
    }

    /// The image is there: create the instance.
    pub(crate) fn image_present(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        if self.work.step == Step::Start(container, StartStep::Pull) {
            let config = self.node.image_pull;
            if let Some(backoff) = self.aside.image_backoff(&self.spec, container) {
                backoff.image_pull_succeeded(&config, now);
            }
        }
        self.work.create(container, self.spec.container(container).hash());
        let slot = &self.slots[container.get()];
        out.emit(Output::Action(Action::CreateContainer { container, attempt: slot.next_attempt, restart_count: slot.next_restart_count }));
    }

    /// The instance runs: its postStart hook, if it has one.
    pub(crate) fn started(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        self.slots[container.get()].start_failure = WaitingReason::None;
        self.memo.touch(container);
        if self.spec.container(container).post_start().is_some() {
            self.work.step = Step::Start(container, StartStep::PostStart);
            let attempt = self.work.created();
            out.emit(Output::Action(Action::RunHook { container, attempt, hook: HookKind::PostStart }));
        } else {
            self.start_on(now, Some(container), out);
        }
    }

    /// The postStart hook is over; if it failed, the container is stopped.
    pub(crate) fn post_start_done(&mut self, now: Time, container: ContainerIndex, ok: bool, message: &str, out: &mut impl Sink) {
        if ok {
            self.start_on(now, Some(container), out);
            return;
        }
        self.note_failure(container, WaitingReason::PostStartHookError, message, out);
        self.work.step = Step::Start(container, StartStep::Undo);
        if self.slots[container.get()].is_running() {
            let reason = Some(KillReason::FailedPostStartHook);
            let seconds = grace::kill_grace_seconds(&self.spec, container, self.deletion_grace(), reason);
            self.stop(now, container, seconds, out);
        } else {
            self.undone(now, container, out);
        }
    }

    /// The container whose postStart hook failed is down.
    pub(crate) fn undone(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        self.work.fail(Failure::Error);
        self.start_refused(now, container, out);
    }

    /// The runtime could not start the instance.
    pub(crate) fn run_failed(&mut self, now: Time, container: ContainerIndex, message: &str, out: &mut impl Sink) {
        self.start_failed(now, container, WaitingReason::RunContainerError, message, out);
    }

    /// A start failed: its reason shows from the next status on, until a start succeeds.
    pub(crate) fn start_failed(&mut self, now: Time, container: ContainerIndex, reason: WaitingReason, message: &str, out: &mut impl Sink) {
        self.refuse(container, reason, Failure::Error, message, out);
        self.start_refused(now, container, out);
    }

    fn refuse(&mut self, container: ContainerIndex, reason: WaitingReason, failure: Failure, message: &str, out: &mut impl Sink) {
        self.work.fail(failure);
        self.note_failure(container, reason, message, out);
    }

    fn note_failure(&mut self, container: ContainerIndex, reason: WaitingReason, message: &str, out: &mut impl Sink) {
        out.emit(Output::StartFailed { container, reason });
        self.slots[container.get()].start_failure = reason;
        self.memo.touch(container);
        if let Some(texts) = self.aside.for_text(message) {
            texts.container_mut(container).put_failure(message);
        }
    }

    /// A failed plain init container ends the sync; after any other the next start is tried.
    fn start_refused(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        if self.spec.container(container).kind() == ContainerKind::Init {
            self.end_sync(now);
        } else {
            self.start_on(now, Some(container), out);
        }
    }
}

/// What became of the beginning of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It waits for an answer.
    Waits,
    /// A back-off refused it.
    Refused,
}

impl Begun {
    /// Whether a back-off refused.
    const fn is_refused(self) -> bool {
        matches!(self, Self::Refused)
    }
}
