//! In-place resize (KEP-1287, KEP-5419): the spec desires, the node allocates, a sync actuates.
//!
//! All that it needs lives aside, in a store that exists only if a resize ever came.

use super::Pod;
use super::action::Action;
use super::container::{Attempt, InstanceFacts, InstanceStage};
use super::error::TransitionError;
use super::event::Event;
use super::ledger::{Ledger, Resizing};
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use super::stage::Stage;
use super::work::{Failure, Step};
use crate::api::{ConditionStatus, PodCondition, ResourceRequirements};
use crate::rules::actions::{self, Resize, ResizedResource};
use crate::rules::conditions::{self, ConditionReason, KubeletCondition, Verdict};
use crate::rules::resources::{ResizableResources, is_resizable, same_resources};
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use crate::time::Time;
use alloc::borrow::ToOwned;
use alloc::sync::Arc;

impl Pod {
    /// The resources that a backend gives a container when it creates or updates it: those the node has allocated, which are not the
    /// spec's while a resize waits for room (KEP-1287).
    ///
    /// # Panics
    /// If the index is not of this Pod's spec.
    pub fn allocated_resources(&self, container: ContainerIndex) -> &ResourceRequirements {
        let resized = self.aside.resizing().filter(|_| self.spec.container(container).kind() != ContainerKind::Ephemeral);
        &resized.map_or(&self.spec, |resizing| &resizing.working).api_container(container).resources
    }

    /// The spec as the API object has it, in force or not.
    pub(crate) fn desired_spec(&self) -> &Arc<Spec> {
        self.aside.next_spec().map_or(&self.spec, |(next, _)| next)
    }

    /// The API object gets this spec. If it asks for other resources than are allocated, the node is asked. Whether the change was one of
    /// resources, so that the next sync waits for the node's answer (kubelet `HandlePodUpdates`).
    pub(crate) fn desire(&mut self, new: &Arc<Spec>, generation: i64, out: &mut impl Sink) -> bool {
        let changes = !same_resources(self.desired_spec(), new);
        // Before the admission nothing is allocated, so that the spec of that moment counts; static Pods are not resized.
        let is_admitted = self.stage.is_bound() && !matches!(self.stage, Stage::Bound | Stage::Rejected) && !self.object.is_static;
        if self.aside.resizing().is_none() && !(changes && is_admitted) {
            return false;
        }
        let spec = &self.spec;
        let resizing = self.aside.make_resizing(spec);
        let is_asked = resizing.awaited && resizing.generation == generation;
        resizing.generation = generation;
        resizing.awaited = !same_resources(new, &resizing.now.allocated) && self.stage == Stage::Syncing;
        if resizing.awaited && !is_asked {
            out.emit(Output::Action(Action::AllocateResources { generation }));
        } else if same_resources(new, &resizing.now.allocated) {
            resizing.clear_pending();
        }
        resizing.awaited && changes
    }

    /// A kubelet after a restart has the Pod: the conditions of the status are its own again (kubelet `BackfillPodResizeConditions`), and
    /// what was not allocated is asked for again.
    pub(crate) fn take_up_resize(&mut self, now: Time, out: &mut impl Sink) {
        let generation = self.object.generation;
        let Some(resizing) = self.aside.resizing_mut() else { return };
        resizing.back_fill(now);
        if !same_resources(&self.spec, &resizing.now.allocated) {
            (resizing.generation, resizing.awaited) = (generation, true);
            out.emit(Output::Action(Action::AllocateResources { generation }));
        }
    }

    /// The node has not said yet whether the desired resources fit.
    pub(crate) fn pending_allocation(&self) -> Option<Action> {
        let resizing = self.aside.resizing().filter(|resizing| resizing.awaited && self.stage == Stage::Syncing)?;
        Some(Action::AllocateResources { generation: resizing.generation })
    }

    /// The node's answers, and the runtime's.
    pub(crate) fn fold_resize(&mut self, now: Time, event: Event<'_>, out: &mut impl Sink) -> Result<(), TransitionError> {
        let name = event.name();
        match event {
            Event::ResizeAllocated { generation } if self.is_judgement(name, generation)? => self.allocate(now, generation),
            Event::ResizeDeferred { generation, message } if self.is_judgement(name, generation)? => {
                self.put_off(now, ConditionReason::Deferred, generation, message);
            }
            Event::ResizeInfeasible { generation, message } if self.is_judgement(name, generation)? => {
                self.put_off(now, ConditionReason::Infeasible, generation, message);
            }
            Event::ContainerUpdated { container, attempt, resource } if self.is_update(name, container, attempt, resource)? => {
                if let Some(resizing) = self.aside.resizing_mut() {
                    resizing.actuate(container, resource);
                    resizing.actuate_pod(resource);
                }
                self.relist(now);
                self.update_on(now, Some((resource, container)), out);
            }
            Event::ContainerUpdateFailed { container, attempt, resource, message }
                if self.is_update(name, container, attempt, resource)? =>
            {
                let generation = self.object.generation;
                if let Some(resizing) = self.aside.resizing_mut() {
                    resizing.progress(Some(message), generation, now);
                }
                self.work.fail(Failure::Error);
                self.updates_over(now, out);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether this is an answer about what is desired now; one about an older spec, or about what is allocated already, is late news.
    fn is_judgement(&self, event: &'static str, generation: i64) -> Result<bool, TransitionError> {
        let resizing = self.aside.resizing().ok_or(TransitionError::NotAsked { event })?;
        if generation > resizing.generation {
            return Err(TransitionError::NotAsked { event });
        }
        let is_open = !same_resources(self.desired_spec(), &resizing.now.allocated);
        Ok(is_open && generation == resizing.generation && self.stage == Stage::Syncing)
    }

    fn is_update(
        &self,
        event: &'static str,
        container: ContainerIndex,
        attempt: Attempt,
        resource: ResizedResource,
    ) -> Result<bool, TransitionError> {
        let slot = self.slots.get(container.get()).ok_or(TransitionError::NoSuchContainer { event, container })?;
        // Even if its record is gone meanwhile, the sync waits for its answer.
        if self.work.step == Step::Update(container, attempt, resource) {
            return Ok(true);
        }
        let is_newest = slot.newest().stage != InstanceStage::Absent && slot.newest().attempt == attempt;
        let is_late = !is_newest && attempt < slot.next_attempt;
        if is_late { Ok(false) } else { Err(TransitionError::NotAsked { event }) }
    }

    /// It fits: the next sync works with it (kubelet `handlePodResourcesResize`).
    fn allocate(&mut self, now: Time, generation: i64) {
        let desired = Arc::clone(self.desired_spec());
        if let Some(resizing) = self.aside.resizing_mut() {
            resizing.awaited = false;
            resizing.now.allocated = desired;
            resizing.clear_pending();
            // What became of an earlier resize is forgotten.
            resizing.now.in_progress = None;
            resizing.progress(None, generation, now);
        }
        self.trigger(now);
    }

    /// It does not fit now, or never.
    fn put_off(&mut self, now: Time, reason: ConditionReason, generation: i64, message: &str) {
        if let Some(resizing) = self.aside.resizing_mut()
            && (resizing.pend(reason, message, generation, now) | core::mem::take(&mut resizing.awaited))
        {
            self.trigger(now);
        }
    }

    /// A sync begins: it works with what is allocated now, and PodResizeInProgress holds while that is not what the running containers have
    /// (kubelet `SyncPod`).
    pub(crate) fn resize_at_sync(&mut self, now: Time, out: &mut impl Sink) {
        if self.aside.resizing().is_none() {
            return;
        }
        self.memo.forget();
        self.put_next_spec(now, out);
        if let Some(resizing) = self.aside.resizing_mut() {
            resizing.updates_begun = false;
            let working = Arc::clone(&resizing.now.allocated);
            let before = core::mem::replace(&mut resizing.working, Arc::clone(&working));
            for container in self.spec.init_and_regular() {
                let of = |spec: &Spec| ResizableResources::from(&spec.api_container(container).resources);
                // The window's key has the resources in it.
                if of(&before) != of(&working) {
                    self.reset_windows(container);
                }
            }
        }
        let is_under_way = self.is_resize_under_way();
        let generation = self.object.generation;
        if let Some(resizing) = self.aside.resizing_mut() {
            if is_under_way { resizing.progress(None, generation, now) } else { resizing.clear_progress() }
        }
    }

    /// Whether a running container, or the Pod itself, has other resources than are allocated (kubelet `IsPodResizeInProgress`).
    fn is_resize_under_way(&self) -> bool {
        if self.aside.resizing().is_some_and(|resizing| resizing.differs_at_pod_level()) {
            return true;
        }
        let differs = |container: ContainerIndex| self.wanted_resize(container) != Resize::default();
        let may =
            |&container: &ContainerIndex| self.slots[container.get()].is_running() && is_resizable(&self.spec, container, &self.node.gates);
        self.spec.init_and_regular().filter(may).any(differs)
    }

    /// What it takes to bring a running container to the allocated resources.
    #[inline]
    pub(crate) fn wanted_resize(&self, container: ContainerIndex) -> Resize {
        self.aside.resizing().map_or_else(Resize::default, |resizing| self.resize_to_working(resizing, container))
    }

    #[cold]
    fn resize_to_working(&self, resizing: &Resizing, container: ContainerIndex) -> Resize {
        let Some(actuated) = resizing.now.actuated.get(container.get()) else {
            return Resize::default();
        };
        if actuated.iter().all(|spec| Arc::ptr_eq(spec, &resizing.working)) {
            return Resize::default();
        }
        let policies = &self.spec.api_container(container).resize_policy;
        let of = |spec: &Spec| ResizableResources::from(&spec.api_container(container).resources);
        let [memory, cpu] = [of(&actuated[0]), of(&actuated[1])];
        actions::resize_to(
            policies,
            of(&resizing.working),
            ResizableResources { cpu_limit: cpu.cpu_limit, cpu_request: cpu.cpu_request, ..memory },
        )
    }

    /// A new instance is made with what is allocated.
    pub(crate) fn actuate_new(&mut self, container: ContainerIndex) {
        if let Some(resizing) = self.aside.resizing_mut() {
            resizing.actuate(container, ResizedResource::Memory);
            resizing.actuate(container, ResizedResource::Cpu);
        }
    }

    /// Makes the updates of the sync, once, after the starts of init containers and before those of regular ones (kubelet
    /// `doPodResizeAction`). Whether it did, and goes on with the starts by itself.
    pub(crate) fn update_first(
        &mut self,
        now: Time,
        after: Option<ContainerIndex>,
        next: Option<ContainerIndex>,
        out: &mut impl Sink,
    ) -> bool {
        let Some(resizing) = self.aside.resizing_mut() else { return false };
        let is_turn = next.is_none_or(|next| self.spec.container(next).kind() == ContainerKind::Regular);
        if !is_turn || core::mem::replace(&mut resizing.updates_begun, true) {
            return false;
        }
        resizing.resume_after = after;
        let differs = resizing.differs_at_pod_level();
        // The Pod's own cgroup is no affair of the runtime.
        if differs || self.work.actions.update_pod_resources {
            resizing.actuate_pod(ResizedResource::Memory);
            resizing.actuate_pod(ResizedResource::Cpu);
        }
        if differs {
            self.relist(now);
        }
        self.update_on(now, None, out);
        true
    }

    /// Asks for the next update; after the last the starts go on.
    fn update_on(&mut self, now: Time, after: Option<(ResizedResource, ContainerIndex)>, out: &mut impl Sink) {
        let Some((resource, container)) = self.next_update(after) else {
            self.updates_over(now, out);
            return;
        };
        let InstanceFacts { stage, attempt, .. } = *self.slots[container.get()].newest();
        // The instance that the sync is about is gone: so it fails, as the runtime would say.
        if stage != InstanceStage::Running {
            self.work.fail(Failure::Error);
            self.updates_over(now, out);
            return;
        }
        self.work.step = Step::Update(container, attempt, resource);
        out.emit(Output::Action(Action::UpdateContainerResources { container, attempt, resource }));
    }

    /// Memory first; of each resource, what goes down before what goes up.
    fn next_update(&self, after: Option<(ResizedResource, ContainerIndex)>) -> Option<(ResizedResource, ContainerIndex)> {
        let of = |resource| {
            actions::updates(&self.spec, |container| self.slots[container.get()].plan, resource).map(move |container| (resource, container))
        };
        let all = of(ResizedResource::Memory).chain(of(ResizedResource::Cpu));
        let mut rest = all.skip_while(|&update| after.is_some_and(|done| done != update)).skip(usize::from(after.is_some()));
        rest.next()
    }

    fn updates_over(&mut self, now: Time, out: &mut impl Sink) {
        let after = self.aside.resizing().and_then(|resizing| resizing.resume_after);
        self.start_on(now, after, out);
    }

    /// Shows in the status what is known now; no resize is told of a Pod that is over. Whether anything changed.
    pub(crate) fn show_resizing(&mut self, terminal: bool, out: &mut impl Sink) -> bool {
        let Some(resizing) = self.aside.resizing_mut() else { return false };
        if terminal {
            resizing.clear_pending();
            resizing.clear_progress();
        }
        if !core::mem::take(&mut resizing.changed) {
            return false;
        }
        for condition in KubeletCondition::RESIZE {
            let status = |ledger: &Ledger| ledger.condition(condition).map(|_| ConditionStatus::True);
            let (from, to) = (status(&resizing.shown), status(&resizing.now));
            debug_assert!(conditions::permitted(condition.as_str(), from, to), "{} {from:?} → {to:?}", condition.as_str());
            if from != to {
                let reason = resizing.now.condition(condition).map_or(ConditionReason::None, |now| now.reason);
                let change = StateChange::Condition { condition, from, to, reason };
                out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why: Cause::Sync }));
            }
        }
        resizing.shown = resizing.now.clone();
        true
    }

    /// Another writer has written over one of the conditions about a resize.
    pub(crate) fn overwrite_resize(&mut self, condition: KubeletCondition, by: &PodCondition) {
        let spec = &self.spec;
        self.aside.make_resizing(spec).put_condition(condition, by);
    }

    /// A published condition about a resize, as the rules have it.
    pub(crate) fn resize_verdict(&self, condition: KubeletCondition) -> Option<Verdict> {
        let shown = self.aside.resizing()?.shown.condition(condition)?;
        Some(Verdict { status: ConditionStatus::True, reason: shown.reason })
    }

    /// A published condition about a resize, as the API has it.
    pub(crate) fn resize_condition(&self, condition: KubeletCondition) -> Option<PodCondition> {
        let shown = self.aside.resizing()?.shown.condition(condition)?;
        Some(PodCondition {
            type_: condition.as_str().into(),
            observed_generation: shown.generation,
            status: ConditionStatus::True,
            last_probe_time: Some(shown.probed),
            last_transition_time: Some(shown.since),
            reason: shown.reason.as_str().to_owned(),
            message: shown.message.clone(),
        })
    }
}
