//! Changes of the API object: its spec, its deletion, conditions of other writers.

use super::error::TransitionError;
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use super::published::PodReason;
use super::stage::Stage;
use super::{Action, Deletion, KillRequest, Pod, Slot};
use crate::api::{PodCondition, PodPhase};
use crate::rules::conditions::{self, ConditionReason, KubeletCondition};
use crate::rules::ending::Ending;
use crate::rules::grace;
use crate::rules::phase;
use crate::spec::Spec;
use crate::time::Time;
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
        /// `metadata.generation` now. A spec of an older generation than is known, be it by a deletion, is late news and ignored; 0 stands for
        /// one that is not known.
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
    /// Another writer sets the phase to [`Unknown`](PodPhase::Unknown): its node does not answer. No part of Kubernetes 1.36 does so, only
    /// its documentation; the machine never does by itself. It stays until the kubelet's next status.
    PhaseUnknown,
    /// The kubelet itself ends the Pod: eviction, preemption, node shutdown. What a status shows of an earlier one stays.
    Kill {
        /// Why: this says what its status becomes.
        ending: Ending,
        /// `status.message`.
        message: String,
        /// Grace period in seconds instead of the spec's; it only ever shortens one that is in force already.
        grace_period_seconds: Option<i64>,
    },
}

impl Change {
    const fn name(&self) -> &'static str {
        match self {
            Self::Spec { .. } => "Spec",
            Self::Deletion { .. } => "Deletion",
            Self::Condition(_) => "Condition",
            Self::Failed { .. } => "Failed",
            Self::Message { .. } => "Message",
            Self::PhaseUnknown => "PhaseUnknown",
            Self::Kill { .. } => "Kill",
        }
    }
}

impl Pod {
    /// Takes a change of the API object.
    ///
    /// # Errors
    /// If the change contradicts the facts: containers taken away, a deletion undone, the phase of an ended Pod, anything of a Pod that is
    /// removed. Then nothing has changed.
    pub fn update(&mut self, now: impl Into<Time>, change: &Change, out: &mut impl Sink) -> Result<(), TransitionError> {
        let now = now.into();
        if self.stage == Stage::Removed {
            return Err(TransitionError::Stage { event: change.name(), stage: self.stage });
        }
        self.memo.forget();
        match change {
            Change::Spec { spec, generation } => self.change_spec(now, spec, *generation, out)?,
            Change::Deletion { at, grace_period_seconds, generation } => {
                let deletion = Deletion { at: *at, grace_period_seconds: *grace_period_seconds };
                self.delete(now, deletion, *generation, out)?;
            }
            Change::Condition(condition) => {
                self.change_condition(condition, out);
                self.publish_now(out);
                self.trigger(now);
            }
            Change::Failed { condition } => {
                if let Some(condition) = condition {
                    self.change_condition(condition, out);
                }
                self.declare_failed(out);
                self.publish_now(out);
                self.trigger(now);
            }
            Change::Message { reason, message } => {
                let published = &mut self.published;
                published.reason = PodReason::from_text(reason);
                // The reason of a phase that is held back is the kubelet's own.
                if published.local_phase == published.phase {
                    published.local_reason = published.reason;
                }
                let texts = self.aside.make_texts();
                (texts.reason, texts.message) = (reason.clone(), message.clone());
                self.publish_now(out);
            }
            Change::PhaseUnknown => self.lose_phase(out)?,
            Change::Kill { ending, message, grace_period_seconds } => {
                self.kill(*ending, message, *grace_period_seconds, out);
                self.give_up_volumes(now);
                self.trigger(now);
            }
        }
        self.run(now, out);
        self.end_call();
        Ok(())
    }

    /// The last kill to come before a status shows one has the word; its grace period can only shorten the one in force (kubelet
    /// `calculateEffectiveGracePeriod`), and a stop in flight keeps the one it began with.
    fn kill(&mut self, ending: Ending, message: &str, wanted_seconds: Option<i64>, out: &mut impl Sink) {
        let before = self.aside.kill();
        let (own, in_force) = (self.spec.termination_grace_period_seconds(), self.effective_grace().unwrap_or(0));
        let settled = grace::effective_pod_grace(own, None, in_force, wanted_seconds);
        let (ending, shown) = match before {
            // What the status says already stays its word.
            Some(KillRequest { ending, shown: true, .. }) => (ending, true),
            _ => {
                self.hold_words(ending.reason(), message);
                (ending, false)
            }
        };
        let kill = Some(KillRequest { grace_period_seconds: settled.seconds, ending, shown });
        if before != kill {
            self.aside.make().kill = kill;
            let change = StateChange::Kill { ending };
            out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why: Cause::KilledByKubelet }));
        }
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
        let newest = self.aside.next_spec().map_or(self.object.generation, |(_, next)| self.object.generation.max(*next));
        // Who does not count them passes 0.
        if generation != 0 && generation < newest {
            return Ok(());
        }
        if !self.desired_spec().may_become(spec) {
            return Err(TransitionError::ContainersChanged);
        }
        if self.object.generation != generation {
            let change = StateChange::Spec { generation };
            out.emit(Output::Transition(Transition { change, by: Actor::ApiServer, why: Cause::ApiChange }));
        }
        let waits = self.desire(spec, generation, out);
        // The kubelet carries a sync out on the Pod it began with.
        self.aside.make().next_spec = Some((Arc::clone(spec), generation));
        if self.work.is_idle() {
            self.put_next_spec(now, out);
        }
        if !waits {
            self.trigger(now);
        }
        Ok(())
    }

    /// The spec that came last is in force from now on.
    #[inline]
    pub(crate) fn put_next_spec(&mut self, now: Time, out: &mut impl Sink) {
        if self.aside.next_spec().is_some() {
            self.take_next_spec(now, out);
        }
    }

    #[cold]
    fn take_next_spec(&mut self, now: Time, out: &mut impl Sink) {
        if let Some((spec, generation)) = self.aside.take_next_spec() {
            self.object.generation = self.object.generation.max(generation);
            self.put_spec(now, &spec, out);
        }
    }

    fn put_spec(&mut self, now: Time, spec: &Arc<Spec>, out: &mut impl Sink) {
        self.memo.forget();
        let was_gated = self.is_gated();
        self.change_windows(now, spec);
        let added = spec.containers().len() - self.slots.len();
        if added > 0 {
            let mut slots: Vec<Slot> = core::mem::take(&mut self.slots).into();
            slots.extend((0..added).map(|_| Slot::new()));
            self.slots = slots.into();
        }
        // Until the next build the status speaks of the spec that it was built with.
        let shown = Arc::clone(self.shown_spec());
        self.aside.show_spec((*shown != **spec).then_some(shown));
        self.spec = Arc::clone(spec);
        if was_gated && !self.is_gated() && self.stage == Stage::Unscheduled {
            out.emit(Output::Action(Action::Schedule));
        }
    }

    fn delete(&mut self, now: Time, deletion: Deletion, generation: i64, out: &mut impl Sink) -> Result<(), TransitionError> {
        let old = self.object.deletion;
        let longer = old.get().is_some_and(|old| deletion.grace_period_seconds > old.grace_period_seconds);
        if longer || self.object.gone {
            return Err(TransitionError::DeletionUndone);
        }
        self.object.deletion = Some(deletion).into();
        let changed = self.object.deletion != old;
        self.object.generation = self.object.generation.max(generation);
        if changed {
            let change = StateChange::Deletion { grace_period_seconds: deletion.grace_period_seconds };
            out.emit(Output::Transition(Transition { change, by: Actor::ApiServer, why: Cause::ApiChange }));
        }
        // A sync that only waits for volumes gives way; any other runs to its end.
        self.give_up_volumes(now);
        if deletion.grace_period_seconds > 0 {
            self.delete_object(out);
        }
        self.trigger(now);
        Ok(())
    }

    /// The phase that only the caller can choose.
    fn lose_phase(&mut self, out: &mut impl Sink) -> Result<(), TransitionError> {
        let (from, to) = (self.phase(), PodPhase::Unknown);
        if !self.stage.is_bound() || self.published.phase.is_none() {
            return Err(TransitionError::Stage { event: Change::PhaseUnknown.name(), stage: self.stage });
        }
        if !phase::permitted(Some(from), to) {
            return Err(TransitionError::Phase { from, to });
        }
        if from != to {
            self.published.phase = Some(to);
            let change = StateChange::Phase { from: Some(from), to };
            out.emit(Output::Transition(Transition { change, by: Actor::Client, why: Cause::ApiChange }));
            self.publish_now(out);
        }
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
        conditions::put(&mut self.aside.make_texts().foreign, condition);
    }

    /// Whether the API server should be asked for the final deletion.
    pub(crate) fn wants_deletion(&self) -> bool {
        let is_terminal = self.published.phase.is_some_and(PodPhase::is_terminal);
        // A mirror goes with its static Pod, and that is not the API server's to remove.
        !self.object.is_static && self.stage == Stage::Finished && self.object.deletion.is_some() && is_terminal && !self.object.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{self, ObjectMeta};
    use crate::pod::{NewPod, NodeConfig};

    fn stored(phase: &str) -> Pod {
        let spec = r#"{"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}"#;
        let spec = Arc::new(Spec::parse(serde_json::from_str(spec).unwrap()).unwrap());
        let status = alloc::format!(r#"{{"phase": "{phase}", "startTime": "2026-01-01T00:00:00Z"}}"#);
        let status: api::PodStatus = serde_json::from_str(&status).unwrap();
        let meta = ObjectMeta { name: "p".into(), ..ObjectMeta::default() };
        Pod::new(NewPod { meta: &meta, spec: &spec, status: Some(&status) }, &Arc::new(NodeConfig::default()), &mut ())
    }

    #[test]
    fn only_the_caller_makes_a_phase_unknown_and_the_kubelet_undoes_it() {
        let now = Time::from_secs(1_767_225_700);
        let mut lost = stored("Running");
        let mut out = Vec::new();
        lost.update(now, &Change::PhaseUnknown, &mut out).unwrap();
        let change = StateChange::Phase { from: Some(PodPhase::Running), to: PodPhase::Unknown };
        let told = Output::Transition(Transition { change, by: Actor::Client, why: Cause::ApiChange });
        assert_eq!(out, [told, Output::StatusChanged]);
        assert_eq!((lost.phase(), lost.status().to_owned().phase), (PodPhase::Unknown, Some(PodPhase::Unknown)));
        out.clear();
        lost.update(now, &Change::PhaseUnknown, &mut out).unwrap();
        assert_eq!(out, [], "a second time is no news");

        lost.handle(now, crate::pod::Event::Admitted, &mut ()).unwrap();
        lost.sync(now, &mut ());
        assert_eq!(lost.phase(), PodPhase::Pending, "the kubelet finds nothing of it");
    }

    #[test]
    fn what_has_ended_or_has_no_node_is_never_unknown() {
        let mut ended = stored("Succeeded");
        let error = ended.update(Time::EPOCH, &Change::PhaseUnknown, &mut ()).unwrap_err();
        assert_eq!(error, TransitionError::Phase { from: PodPhase::Succeeded, to: PodPhase::Unknown });
        assert_eq!(ended.phase(), PodPhase::Succeeded);
        let new = stored("Pending");
        let spec = Arc::new(Spec::as_given(api::PodSpec { node_name: String::new(), ..new.spec().api().clone() }));
        let mut new = Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: None }, &Arc::clone(new.node()), &mut ());
        assert!(matches!(new.update(Time::EPOCH, &Change::PhaseUnknown, &mut ()), Err(TransitionError::Stage { .. })));
    }
}
