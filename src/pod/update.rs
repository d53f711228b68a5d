//! Changes of the API object: its spec, its deletion, conditions of other writers.

use super::error::TransitionError;
use super::output::{Actor, Cause, KubeletCondition, Output, Sink, StateChange, Transition};
use super::published::PodReason;
use super::stage::Stage;
use super::{Action, Deletion, KillRequest, Pod, Slot};
use crate::api::{PodCondition, PodPhase};
use crate::rules::actions::ContainerAction;
use crate::rules::backoff::Backoff;
use crate::rules::conditions::ConditionReason;
use crate::rules::ending::Ending;
use crate::spec::Spec;
use crate::time::Time;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A change of the API object, or a decision of its node.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Another spec: images, resources, deadline, gates, ephemeral containers; or other metadata with the same spec.
    Spec {
        /// The new spec. Images and resources may differ, and ephemeral containers may be added. A sync in progress ends with the old one.
        ///
        /// Other resources are a resize (KEP-1287), which the node is asked about: [`Action::AllocateResources`].
        spec: Arc<Spec>,
        /// `metadata.generation` now.
        generation: i64,
    },
    /// The object is being deleted, or the deletion comes nearer.
    Deletion {
        /// `metadata.deletionTimestamp`.
        at: Time,
        /// `metadata.deletionGracePeriodSeconds`.
        grace_period_seconds: i64,
        /// `metadata.generation` now.
        generation: i64,
    },
    /// Another writer set a condition. One of the kubelet's own stays until the kubelet's next status (a lost node's Ready).
    Condition(PodCondition),
    /// Another writer declared the Pod Failed and, in the same write, perhaps set a condition: the Pod garbage collector, before it deletes
    /// a Pod whose node is gone. A Pod that has ended keeps its phase; a kubelet that has the Pod ends it.
    Failed {
        /// The condition, as with [`Change::Condition`].
        condition: Option<PodCondition>,
    },
    /// Another writer set `status.reason` and `status.message`.
    Message {
        /// `status.reason`.
        reason: String,
        /// `status.message`.
        message: String,
    },
    /// The kubelet itself ends the Pod: eviction, preemption, node shutdown.
    Kill {
        /// Why: this says what its status becomes.
        ending: Ending,
        /// `status.message`.
        message: String,
        /// Grace period in seconds instead of the spec's.
        grace_period_seconds: Option<i64>,
    },
}

impl Pod {
    /// Takes a change of the API object.
    ///
    /// # Errors
    /// If the change contradicts the facts: containers taken away, a deletion undone. Then nothing has changed.
    pub fn update(&mut self, now: impl Into<Time>, change: &Change, out: &mut impl Sink) -> Result<(), TransitionError> {
        let now = now.into();
        match change {
            Change::Spec { spec, generation } => self.change_spec(now, spec, *generation, out)?,
            Change::Deletion { at, grace_period_seconds, generation } => {
                let deletion = Deletion { at: *at, grace_period_seconds: *grace_period_seconds };
                self.delete(now, deletion, *generation, out)?;
            }
            Change::Condition(condition) => {
                self.change_condition(condition, out);
                self.publish_now(out);
                self.work.trigger(now);
            }
            Change::Failed { condition } => {
                if let Some(condition) = condition {
                    self.change_condition(condition, out);
                }
                self.declare_failed(out);
                self.publish_now(out);
                self.work.trigger(now);
            }
            Change::Message { reason, message } => {
                self.published.reason = PodReason::from_text(reason);
                self.published.local_reason = self.published.reason;
                let texts = self.texts.make();
                (texts.reason, texts.message) = (reason.clone(), message.clone());
                self.publish_now(out);
            }
            Change::Kill { ending, message, grace_period_seconds } => {
                self.hold_words(ending.reason(), message);
                self.object.kill = Some(KillRequest { grace_period_seconds: *grace_period_seconds, ending: *ending, shown: false });
                self.give_up_volumes(now);
                let change = StateChange::Kill { ending: *ending };
                out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why: Cause::KilledByKubelet }));
                self.work.trigger(now);
            }
        }
        self.run(now, out);
        self.end_call();
        Ok(())
    }

    fn change_condition(&mut self, condition: &PodCondition, out: &mut impl Sink) {
        match KubeletCondition::from_text(condition.type_.as_str()) {
            Some(own) => self.overwrite(own, condition, out),
            None => {
                let from = self.foreign_condition(condition.type_.as_str());
                self.put_foreign(condition.clone());
                if from != Some(condition.status) {
                    let change = StateChange::OtherCondition { from, to: condition.status };
                    out.emit(Output::Transition(Transition { change, by: Actor::Client, why: Cause::ApiChange }));
                }
            }
        }
    }

    /// The generation is written with the phase. The phase is final for the kubelet, too.
    fn declare_failed(&mut self, out: &mut impl Sink) {
        let published = &mut self.published;
        let from = published.phase;
        if from.is_some_and(|from| !from.is_terminal()) {
            (published.phase, published.local_phase) = (Some(PodPhase::Failed), Some(PodPhase::Failed));
            published.observed_generation = self.object.shown_generation();
            let change = StateChange::Phase { from, to: PodPhase::Failed };
            out.emit(Output::Transition(Transition { change, by: Actor::Client, why: Cause::ApiChange }));
        }
    }

    fn change_spec(&mut self, now: Time, spec: &Arc<Spec>, generation: i64, out: &mut impl Sink) -> Result<(), TransitionError> {
        if !self.desired_spec().may_become(spec) {
            return Err(TransitionError::ContainersChanged);
        }
        if self.object.generation != generation {
            let change = StateChange::Spec { generation };
            out.emit(Output::Transition(Transition { change, by: Actor::ApiServer, why: Cause::ApiChange }));
        }
        let waits = self.desire(spec, generation, out);
        // The kubelet carries a sync out on the Pod it began with.
        self.next_spec = Some((Arc::clone(spec), generation));
        if self.work.is_idle() {
            self.put_next_spec(out);
        }
        if !waits {
            self.work.trigger(now);
        }
        Ok(())
    }

    /// The spec that came last is in force from now on.
    pub(crate) fn put_next_spec(&mut self, out: &mut impl Sink) {
        if let Some((spec, generation)) = self.next_spec.take() {
            self.object.generation = self.object.generation.max(generation);
            self.put_spec(&spec, out);
        }
    }

    fn put_spec(&mut self, spec: &Arc<Spec>, out: &mut impl Sink) {
        let was_gated = self.is_gated();
        for (slot, (old, new)) in self.slots.iter_mut().zip(self.spec.containers().iter().zip(spec.containers())) {
            // The window's key has the image in it: another image, another window.
            if old.hash() != new.hash() {
                slot.backoff = Backoff::default();
            }
        }
        self.texts.forget_other_images(spec);
        let added = spec.containers().len() - self.slots.len();
        if added > 0 {
            grow(&mut self.slots, added, Slot::new);
            grow(&mut self.plan, added, ContainerAction::default);
        }
        self.spec = Arc::clone(spec);
        if was_gated && !self.is_gated() && self.stage == Stage::Unscheduled {
            out.emit(Output::Action(Action::Schedule));
        }
    }

    fn delete(&mut self, now: Time, deletion: Deletion, generation: i64, out: &mut impl Sink) -> Result<(), TransitionError> {
        let longer = self.object.deletion.is_some_and(|old| deletion.grace_period_seconds > old.grace_period_seconds);
        if longer || self.object.gone {
            return Err(TransitionError::DeletionUndone);
        }
        let changed = self.object.deletion.replace(deletion) != Some(deletion);
        self.object.generation = generation;
        if changed {
            let change = StateChange::Deletion { grace_period_seconds: deletion.grace_period_seconds };
            out.emit(Output::Transition(Transition { change, by: Actor::ApiServer, why: Cause::ApiChange }));
        }
        // A sync that only waits for volumes gives way; any other runs to its end.
        self.give_up_volumes(now);
        if deletion.grace_period_seconds > 0 {
            self.delete_object(out);
        }
        self.work.trigger(now);
        Ok(())
    }

    /// Another writer has written over one of the kubelet's own conditions.
    fn overwrite(&mut self, condition: KubeletCondition, by: &PodCondition, out: &mut impl Sink) {
        let from = self.condition(condition).map(|shown| shown.status);
        if condition.is_resize() {
            self.overwrite_resize(condition, by);
        } else {
            self.published.conditions[condition as usize] = by.into();
        }
        let (to, reason) = self.condition(condition).map_or((None, ConditionReason::None), |shown| (Some(shown.status), shown.reason));
        if from != to {
            let change = StateChange::Condition { condition, from, to, reason };
            out.emit(Output::Transition(Transition { change, by: Actor::ApiServer, why: Cause::ApiChange }));
        }
    }

    /// Puts a condition of another writer into the list, in the place of one of its type.
    pub(crate) fn put_foreign(&mut self, condition: PodCondition) {
        let foreign = &mut self.texts.make().foreign;
        match foreign.iter_mut().find(|known| known.type_ == condition.type_) {
            Some(known) => *known = condition,
            None => foreign.push(condition),
        }
    }

    /// Whether the API server should be asked for the final deletion.
    pub(crate) fn wants_deletion(&self) -> bool {
        let is_terminal = self.published.phase.is_some_and(PodPhase::is_terminal);
        self.stage == Stage::Finished && self.object.deletion.is_some() && is_terminal && !self.object.gone
    }
}

fn grow<T>(list: &mut Box<[T]>, added: usize, new: impl Fn() -> T) {
    let mut longer: Vec<T> = core::mem::take(list).into();
    longer.extend((0..added).map(|_| new()));
    *list = longer.into();
}
