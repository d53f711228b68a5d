//! In-place resize (KEP-1287, KEP-5419): what the spec desires, what the node has allocated, what is actuated in the runtime.
//!
//! All of it lives aside, in a store that exists only if a resize ever came. Amounts are not copied: whoever has them keeps the spec that
//! has them.

use super::action::Action;
use super::container::Attempt;
use super::error::TransitionError;
use super::event::Event;
use super::output::{Actor, Cause, KubeletCondition, Output, Sink, StateChange, Transition};
use super::stage::Stage;
use super::sync::{Failure, Step};
use super::Pod;
use crate::api::{ConditionStatus, PodCondition, ResourceRequirements};
use crate::rules::actions::{self, ResizableResources, Resize, ResizedResource};
use crate::rules::backoff::Backoff;
use crate::rules::conditions::{self, ConditionReason, Verdict};
use crate::rules::resources::{is_resizable, same_at_pod_level, same_resources};
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use crate::time::Time;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

/// A Pod that was resized, or is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resizing {
    /// The newest news.
    pub(super) now: Ledger,
    /// As the published status has it.
    pub(super) shown: Ledger,
    /// `now` has changed since it was shown.
    changed: bool,
    /// The allocation as the sync in progress knows it.
    working: Arc<Spec>,
    /// The spec before the first resize.
    pub(super) first: Arc<Spec>,
    /// The generation that the node was asked about last.
    generation: i64,
    /// It has not answered yet.
    awaited: bool,
    /// The sync in progress has made its updates, or begun to.
    updates_begun: bool,
    /// The container whose start came before the updates.
    resume_after: Option<ContainerIndex>,
}

/// What is known of a Pod's resources at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ledger {
    /// The spec whose resources the node has allocated (the kubelet's checkpoint).
    pub(super) allocated: Arc<Spec>,
    /// For each init and regular container the specs whose memory and cpu the runtime was given last.
    pub(super) actuated: Box<[ByResource]>,
    /// The same of the Pod's own cgroup.
    pub(super) pod: ByResource,
    pub(super) pending: Option<ResizeCondition>,
    pub(super) in_progress: Option<ResizeCondition>,
}

/// Memory and cpu, by [`ResizedResource`].
pub(super) type ByResource = [Arc<Spec>; 2];

/// A condition about a resize; it is True while it is there (kubelet status manager `podResizeConditions`).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ResizeCondition {
    reason: ConditionReason,
    message: String,
    generation: i64,
    /// When it was set last, in whole seconds.
    probed: Time,
    /// When its reason changed last, in whole seconds.
    since: Time,
}

impl ResizeCondition {
    fn new(reason: ConditionReason, message: &str, generation: i64, now: Time) -> Self {
        Self { reason, message: message.to_owned(), generation, probed: now.truncated(), since: now.truncated() }
    }
}

fn both(spec: &Arc<Spec>) -> ByResource {
    [Arc::clone(spec), Arc::clone(spec)]
}

impl Ledger {
    /// Everything is as in this spec.
    fn settled(spec: &Arc<Spec>) -> Self {
        let actuated = spec.init_and_regular().map(|_| both(spec)).collect();
        Self { allocated: Arc::clone(spec), actuated, pod: both(spec), pending: None, in_progress: None }
    }

    fn put(&mut self, condition: KubeletCondition, put: Option<ResizeCondition>) {
        match condition {
            KubeletCondition::PodResizePending => self.pending = put,
            KubeletCondition::PodResizeInProgress => self.in_progress = put,
            _ => {}
        }
    }

    const fn condition(&self, condition: KubeletCondition) -> Option<&ResizeCondition> {
        match condition {
            KubeletCondition::PodResizePending => self.pending.as_ref(),
            KubeletCondition::PodResizeInProgress => self.in_progress.as_ref(),
            _ => None,
        }
    }
}

impl Resizing {
    pub(super) fn new(spec: &Arc<Spec>) -> Box<Self> {
        let now = Ledger::settled(spec);
        Box::new(Self {
            shown: now.clone(),
            now,
            changed: false,
            working: Arc::clone(spec),
            first: Arc::clone(spec),
            generation: 0,
            awaited: false,
            updates_begun: false,
            resume_after: None,
        })
    }

    /// A resize is pending. When its reason began to hold stays (kubelet `SetPodResizePendingCondition`). Whether that is news.
    fn pend(&mut self, reason: ConditionReason, message: &str, generation: i64, now: Time) -> bool {
        let old = self.now.pending.take();
        if let Some(old) = old.as_ref().filter(|old| (old.reason, &*old.message, old.generation) == (reason, message, generation)) {
            self.now.pending = Some(old.clone());
            return false;
        }
        let since = old.filter(|old| old.reason == reason).map_or_else(|| now.truncated(), |old| old.since);
        self.now.pending = Some(ResizeCondition { since, ..ResizeCondition::new(reason, message, generation, now) });
        self.changed = true;
        true
    }

    /// A condition as the API object has it: back-filled after a restart of the kubelet, or another writer's, which stays until the
    /// kubelet's next status.
    pub(super) fn put_condition(&mut self, condition: KubeletCondition, by: &PodCondition) {
        let time = |time: Option<Time>| time.unwrap_or(Time::EPOCH);
        let put = (by.status == ConditionStatus::True).then(|| ResizeCondition {
            reason: ConditionReason::from_text(&by.reason),
            message: by.message.clone(),
            generation: by.observed_generation,
            probed: time(by.last_probe_time),
            since: time(by.last_transition_time),
        });
        self.shown.put(condition, put);
        self.changed = true;
    }

    /// The node had allocated this before the kubelet was restarted.
    pub(super) fn take_allocation(&mut self, spec: &Arc<Spec>) {
        self.now.allocated = Arc::clone(spec);
        self.shown.allocated = Arc::clone(spec);
    }

    /// The conditions of the status are the kubelet's own again.
    pub(super) fn back_fill(&mut self) {
        self.now.clone_from(&self.shown);
        self.changed = false;
    }

    fn clear_pending(&mut self) {
        self.changed |= self.now.pending.take().is_some();
    }

    /// A resize is being carried out. An error stays until it is cleared, and so does the generation it was begun with (kubelet
    /// `SetPodResizeInProgressCondition`).
    fn progress(&mut self, error: Option<&str>, generation: i64, now: Time) {
        let at = now.truncated();
        match (&mut self.now.in_progress, error) {
            (Some(known), None) => {
                self.changed |= known.probed != at;
                known.probed = at;
            }
            (Some(known), Some(message)) => {
                if known.reason != ConditionReason::Error {
                    known.since = at;
                }
                self.changed |= known.reason != ConditionReason::Error || known.message != message || known.probed != at;
                (known.reason, known.message, known.probed) = (ConditionReason::Error, message.to_owned(), at);
            }
            (none, error) => {
                let reason = if error.is_some() { ConditionReason::Error } else { ConditionReason::None };
                *none = Some(ResizeCondition::new(reason, error.unwrap_or_default(), generation, now));
                self.changed = true;
            }
        }
    }

    fn clear_progress(&mut self) {
        self.changed |= self.now.in_progress.take().is_some();
    }

    fn actuate(&mut self, container: ContainerIndex, resource: ResizedResource) {
        if let Some(actuated) = self.now.actuated.get_mut(container.get()) {
            set(&mut actuated[resource as usize], &self.working, &mut self.changed);
        }
    }

    fn actuate_pod(&mut self, resource: ResizedResource) {
        set(&mut self.now.pod[resource as usize], &self.working, &mut self.changed);
    }
}

fn set(known: &mut Arc<Spec>, spec: &Arc<Spec>, changed: &mut bool) {
    if !Arc::ptr_eq(known, spec) {
        *known = Arc::clone(spec);
        *changed = true;
    }
}

impl Pod {
    /// The resources that a backend gives a container when it creates or updates it: those the node has allocated, which are not the
    /// spec's while a resize waits for room (KEP-1287).
    ///
    /// # Panics
    /// If the index is not of this Pod's spec.
    pub fn allocated_resources(&self, container: ContainerIndex) -> &ResourceRequirements {
        let resized = self.resizing.as_ref().filter(|_| self.spec.container(container).kind() != ContainerKind::Ephemeral);
        &resized.map_or(&self.spec, |resizing| &resizing.working).api_container(container).resources
    }

    /// The spec as the API object has it, in force or not.
    pub(crate) fn desired_spec(&self) -> &Arc<Spec> {
        self.next_spec.as_ref().map_or(&self.spec, |(next, _)| next)
    }

    /// The API object gets this spec. If it asks for other resources than are allocated, the node is asked. Whether the change was one of
    /// resources, so that the next sync waits for the node's answer (kubelet `HandlePodUpdates`).
    pub(crate) fn desire(&mut self, new: &Arc<Spec>, generation: i64, out: &mut impl Sink) -> bool {
        let changes = !same_resources(self.desired_spec(), new);
        // Before the admission nothing is allocated, so that the spec of that moment counts; static Pods are not resized.
        let is_admitted = self.stage.is_bound() && !matches!(self.stage, Stage::Bound | Stage::Rejected) && !self.object.is_static;
        if self.resizing.is_none() && !(changes && is_admitted) {
            return false;
        }
        let spec = &self.spec;
        let resizing = self.resizing.get_or_insert_with(|| Resizing::new(spec));
        resizing.generation = generation;
        resizing.awaited = !same_resources(new, &resizing.now.allocated) && self.stage == Stage::Syncing;
        if resizing.awaited {
            out.emit(Output::Action(Action::AllocateResources { generation }));
        } else if same_resources(new, &resizing.now.allocated) {
            resizing.clear_pending();
        }
        resizing.awaited && changes
    }

    /// The kubelet has the Pod: what it had not allocated before it was restarted is asked for again.
    pub(crate) fn ask_for_resources(&mut self, out: &mut impl Sink) {
        let generation = self.object.generation;
        if let Some(resizing) = &mut self.resizing
            && !same_resources(&self.spec, &resizing.now.allocated)
        {
            (resizing.generation, resizing.awaited) = (generation, true);
            out.emit(Output::Action(Action::AllocateResources { generation }));
        }
    }

    /// The node has not said yet whether the desired resources fit.
    pub(crate) fn pending_allocation(&self) -> Option<Action> {
        let resizing = self.resizing.as_ref().filter(|resizing| resizing.awaited && self.stage == Stage::Syncing)?;
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
                if let Some(resizing) = &mut self.resizing {
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
                if let Some(resizing) = &mut self.resizing {
                    resizing.progress(Some(message), generation, now);
                }
                self.work.fail(Failure::Error);
                self.updates_over(now, out);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether this is an answer about the spec that is desired now; one about an older one is ignored.
    fn is_judgement(&self, event: &'static str, generation: i64) -> Result<bool, TransitionError> {
        let resizing = self.resizing.as_ref().ok_or(TransitionError::NotAsked { event })?;
        if generation < resizing.generation || self.stage != Stage::Syncing {
            return Ok(false);
        }
        let is_open = !same_resources(self.desired_spec(), &resizing.now.allocated);
        if is_open && generation == resizing.generation { Ok(true) } else { Err(TransitionError::NotAsked { event }) }
    }

    fn is_update(
        &self,
        event: &'static str,
        container: ContainerIndex,
        attempt: Attempt,
        resource: ResizedResource,
    ) -> Result<bool, TransitionError> {
        let slot = self.slots.get(container.get()).ok_or(TransitionError::NoSuchContainer { event, container })?;
        if attempt < slot.latest_attempt() {
            return Ok(false);
        }
        let awaited = self.work.step == Step::Update(container, resource) && attempt == slot.latest_attempt();
        if awaited { Ok(true) } else { Err(TransitionError::NotAsked { event }) }
    }

    /// It fits: the next sync works with it (kubelet `handlePodResourcesResize`).
    fn allocate(&mut self, now: Time, generation: i64) {
        let desired = Arc::clone(self.desired_spec());
        if let Some(resizing) = &mut self.resizing {
            resizing.awaited = false;
            resizing.now.allocated = desired;
            resizing.clear_pending();
            // What became of an earlier resize is forgotten.
            resizing.now.in_progress = None;
            resizing.progress(None, generation, now);
        }
        self.work.trigger(now);
    }

    /// It does not fit now, or never.
    fn put_off(&mut self, now: Time, reason: ConditionReason, generation: i64, message: &str) {
        if let Some(resizing) = &mut self.resizing
            && (resizing.pend(reason, message, generation, now) | core::mem::take(&mut resizing.awaited))
        {
            self.work.trigger(now);
        }
    }

    /// A sync begins: it works with what is allocated now, and PodResizeInProgress holds while that is not what the running containers have
    /// (kubelet `SyncPod`).
    pub(crate) fn resize_at_sync(&mut self, now: Time, out: &mut impl Sink) {
        if self.resizing.is_none() {
            return;
        }
        self.put_next_spec(out);
        if let Some(resizing) = &mut self.resizing {
            resizing.updates_begun = false;
            let before = core::mem::replace(&mut resizing.working, Arc::clone(&resizing.now.allocated));
            for container in self.spec.init_and_regular() {
                let of = |spec: &Spec| ResizableResources::from(&spec.api_container(container).resources);
                // The window's key has the resources in it.
                if of(&before) != of(&resizing.working) {
                    self.slots[container.get()].backoff = Backoff::default();
                }
            }
        }
        let is_under_way = self.is_resize_under_way();
        let generation = self.object.generation;
        if let Some(resizing) = &mut self.resizing {
            if is_under_way { resizing.progress(None, generation, now) } else { resizing.clear_progress() }
        }
    }

    /// Whether a running container has other resources than are allocated (kubelet `IsPodResizeInProgress`).
    fn is_resize_under_way(&self) -> bool {
        let differs = |container: ContainerIndex| self.wanted_resize(container) != Resize::default();
        let may = |&container: &ContainerIndex| {
            self.slots[container.get()].is_running() && is_resizable(&self.spec, container, &self.node.gates)
        };
        self.spec.init_and_regular().filter(may).any(differs)
    }

    /// What it takes to bring a running container to the allocated resources.
    pub(crate) fn wanted_resize(&self, container: ContainerIndex) -> Resize {
        let Some((resizing, actuated)) =
            self.resizing.as_ref().and_then(|resizing| Some((resizing, resizing.now.actuated.get(container.get())?)))
        else {
            return Resize::default();
        };
        if actuated.iter().all(|spec| Arc::ptr_eq(spec, &resizing.working)) {
            return Resize::default();
        }
        let policies = &self.spec.api_container(container).resize_policy;
        let of = |spec: &Spec| ResizableResources::from(&spec.api_container(container).resources);
        let [memory, cpu] = [of(&actuated[0]), of(&actuated[1])];
        actions::resize_to(policies, of(&resizing.working), ResizableResources { cpu_limit: cpu.cpu_limit, cpu_request: cpu.cpu_request, ..memory })
    }

    /// A new instance is made with what is allocated.
    pub(crate) fn actuate_new(&mut self, container: ContainerIndex) {
        if let Some(resizing) = &mut self.resizing {
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
        let Some(resizing) = &mut self.resizing else { return false };
        let is_turn = next.is_none_or(|next| self.spec.container(next).kind() == ContainerKind::Regular);
        if !is_turn || core::mem::replace(&mut resizing.updates_begun, true) {
            return false;
        }
        resizing.resume_after = after;
        if self.work.actions.update_pod_resources || !same_at_pod_level(&resizing.now.pod[0], &resizing.working) {
            resizing.actuate_pod(ResizedResource::Memory);
            resizing.actuate_pod(ResizedResource::Cpu);
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
        self.work.step = Step::Update(container, resource);
        let attempt = self.slots[container.get()].latest_attempt();
        out.emit(Output::Action(Action::UpdateContainerResources { container, attempt, resource }));
    }

    /// Memory first; of each resource, what goes down before what goes up.
    fn next_update(&self, after: Option<(ResizedResource, ContainerIndex)>) -> Option<(ResizedResource, ContainerIndex)> {
        let of = |resource| actions::updates(&self.spec, &self.plan, resource).map(move |container| (resource, container));
        let all = of(ResizedResource::Memory).chain(of(ResizedResource::Cpu));
        let mut rest = all.skip_while(|&update| after.is_some_and(|done| done != update)).skip(usize::from(after.is_some()));
        rest.next()
    }

    fn updates_over(&mut self, now: Time, out: &mut impl Sink) {
        let after = self.resizing.as_ref().and_then(|resizing| resizing.resume_after);
        self.start_on(now, after, out);
    }

    /// Shows in the status what is known now; no resize is told of a Pod that is over. Whether anything changed.
    pub(crate) fn show_resizing(&mut self, terminal: bool, out: &mut impl Sink) -> bool {
        let Some(resizing) = &mut self.resizing else { return false };
        if terminal {
            resizing.clear_pending();
            resizing.clear_progress();
        }
        if !core::mem::take(&mut resizing.changed) {
            return false;
        }
        for condition in [KubeletCondition::PodResizePending, KubeletCondition::PodResizeInProgress] {
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

    /// A published condition about a resize, as the rules have it.
    pub(crate) fn resize_verdict(&self, condition: KubeletCondition) -> Option<Verdict> {
        let shown = self.resizing.as_ref()?.shown.condition(condition)?;
        Some(Verdict { status: ConditionStatus::True, reason: shown.reason })
    }

    /// A published condition about a resize, as the API has it.
    pub(crate) fn resize_condition(&self, condition: KubeletCondition) -> Option<PodCondition> {
        let shown = self.resizing.as_ref()?.shown.condition(condition)?;
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
