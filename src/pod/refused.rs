//! A Pod that the kubelet refuses, and what ran of it already (kubelet `rejectPod`, `HandlePodCleanups`).
//!
//! A restarted kubelet asks anew whether each Pod may be there. If it refuses one that runs, the status is emptied while the
//! phase is held back; what runs has no worker any more and is stopped as an orphan by the next housekeeping, without a
//! status. The news of that gives the Pod a worker at last, which finds it Failed, shows it whole once more, and ends it.

use super::output::{Actor, Cause, Output, ShownState, Sink, StateChange, Transition};
use super::published::PodReason;
use super::sandbox::SandboxState;
use super::stage::{Stage, StageEvent};
use super::work::Step;
use super::{Pod, Slot};
use crate::api::PodPhase;
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::grace::MIN_POD_GRACE_SECONDS;
use crate::spec::ContainerIndex;
use crate::time::Time;

impl Pod {
    /// The kubelet refused the Pod: nothing of a status but the phase, the reason and the start time (kubelet `rejectPod`).
    pub(crate) fn rejected(&mut self, now: Time, reason: &str, message: &str, out: &mut impl Sink) {
        self.hide_containers(out);
        self.show_resizing(true, out);
        self.hide_conditions(out);
        let published = &mut self.published;
        (published.built, published.has_host_ips) = (false, false);
        published.start_time.or_insert(now);
        published.observed_generation = self.object.shown_generation();
        (published.local_phase, published.local_reason) = (Some(PodPhase::Failed), PodReason::from_text(reason));
        if let Some(texts) = self.aside.for_text("") {
            texts.pod_ips.clear();
        }
        self.hold_words(reason, message);
        self.publish(now, true, Cause::Reported, out);
        if self.is_left_over() {
            self.trigger(now + self.node.pacing.relist.saturating_mul(2));
        }
    }

    /// Whether the kubelet has to clean up after a Pod that it refused: something of it ran, or its deletion is to be finished.
    pub(crate) fn is_left_over(&self) -> bool {
        self.stage == Stage::Rejected
            && (self.object.deletion.is_some()
                || !self.published.phase.is_some_and(PodPhase::is_terminal)
                || self.could_have_running_containers())
    }

    /// Whether something that ran of the refused Pod is still to be stopped.
    pub(crate) fn is_orphan(&self) -> bool {
        self.stage == Stage::Rejected && (!self.work.is_idle() || self.could_have_running_containers())
    }

    /// Whether something of the Pod could still run, as far as the kubelet knows: a terminal phase is held back meanwhile.
    pub(crate) fn could_have_running_containers(&self) -> bool {
        self.stage.could_have_running_containers() || (self.stage == Stage::Rejected && self.runs())
    }

    /// As the kubelet lists what runs (`GetPods`): an instance of unknown state is not among it, and nobody stops it.
    fn runs(&self) -> bool {
        self.sandbox.state == SandboxState::Ready || self.slots.iter().any(Slot::is_running)
    }

    /// A kubelet finds in its runtime what has no object any more: no worker gets it, it is an orphan like what ran of a refused Pod.
    pub(crate) fn orphan(&mut self, out: &mut impl Sink) {
        if self.stage == Stage::Bound && self.runs() {
            self.move_on(StageEvent::Rejected, Cause::Deleted, out);
        }
    }

    /// Housekeeping stops what runs of the refused Pod, with the shortest grace; nobody tells the API server. When nothing runs any
    /// more, the news of that gives the Pod a worker.
    pub(crate) fn begin_orphan(&mut self, now: Time, out: &mut impl Sink) {
        if self.could_have_running_containers() {
            self.work.step = Step::EndContainers;
            self.stop_all(now, Some(MIN_POD_GRACE_SECONDS), out);
            self.all_stopped(now, out);
        } else {
            self.move_on(StageEvent::OrphanStopped, Cause::Reported, out);
            self.trigger(now);
        }
    }

    /// What ran of the refused Pod is stopped, and the next relist tells; of a Pod that is gone nothing is left.
    pub(crate) fn orphan_ended(&mut self, now: Time, out: &mut impl Sink) {
        self.work.step = Step::Idle;
        if self.object.gone {
            self.move_on(StageEvent::ObjectRemoved, Cause::Deleted, out);
        } else {
            self.relist(now);
        }
    }

    /// The status shows no conditions of the kubelet any more.
    fn hide_conditions(&mut self, out: &mut impl Sink) {
        for condition in KubeletCondition::ALL {
            if let from @ Some(_) = self.published.condition(condition).status {
                let change = StateChange::Condition { condition, from, to: None, reason: ConditionReason::None };
                out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why: Cause::Reported }));
            }
        }
        self.published.drop_conditions();
    }

    /// The status shows no containers any more.
    fn hide_containers(&mut self, out: &mut impl Sink) {
        self.memo.forget();
        for n in 0..self.slots.len() {
            if let Some(shown) = self.slots[n].shown.take() {
                let container = ContainerIndex::new(n as u16);
                let change = StateChange::Container { container, from: shown.short(), to: ShownState::Absent };
                out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why: Cause::Reported }));
            }
        }
    }

    /// Keeps reason and message of a terminal phase until it shows.
    pub(crate) fn hold_words(&mut self, reason: &str, message: &str) {
        let word = PodReason::from_text(reason);
        // A word of the kubelet's own needs no text.
        let text = if word == PodReason::Other { reason } else { message };
        if let Some(texts) = self.aside.for_text(text) {
            texts.held = (word, reason.into(), message.into());
        }
    }

    /// The terminal phase shows: so do the words that belong to it.
    pub(crate) fn show_words(&mut self) {
        let reason = self.published.local_reason;
        if let Some(texts) = self.aside.for_text("")
            && texts.held.0 == reason
            && reason != PodReason::None
        {
            (_, texts.reason, texts.message) = core::mem::take(&mut texts.held);
        }
    }
}
