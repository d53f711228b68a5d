//! The resources of a Pod that was resized: what the node has allocated, what the runtime was given, and the conditions that tell of it.
//!
//! Amounts are not copied: whoever has them keeps the spec that has them.

use crate::api::{ConditionStatus, PodCondition};
use crate::rules::actions::ResizedResource;
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::resources::same_at_pod_level;
use crate::spec::{ContainerIndex, Spec};
use crate::time::Time;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

/// A Pod that was resized, or is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resizing {
    /// The newest news.
    pub(crate) now: Ledger,
    /// As the published status has it.
    pub(crate) shown: Ledger,
    /// `now` has changed since it was shown.
    pub(crate) changed: bool,
    /// The allocation as the sync in progress knows it.
    pub(crate) working: Arc<Spec>,
    /// The spec before the first resize.
    pub(crate) first: Arc<Spec>,
    /// The generation that the node was asked about last.
    pub(crate) generation: i64,
    /// It has not answered yet.
    pub(crate) awaited: bool,
    /// The sync in progress has made its updates, or begun to.
    pub(crate) updates_begun: bool,
    /// The container whose start came before the updates.
    pub(crate) resume_after: Option<ContainerIndex>,
}

/// What is known of a Pod's resources at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ledger {
    /// The spec whose resources the node has allocated (the kubelet's checkpoint).
    pub(crate) allocated: Arc<Spec>,
    /// For each init and regular container the specs whose memory and cpu the runtime was given last.
    pub(crate) actuated: Box<[ByResource]>,
    /// The same of the Pod's own cgroup.
    pub(crate) pod: ByResource,
    pub(crate) pending: Option<ResizeCondition>,
    pub(crate) in_progress: Option<ResizeCondition>,
}

/// Memory and cpu, by [`ResizedResource`].
pub(crate) type ByResource = [Arc<Spec>; 2];

/// A condition about a resize; it is True while it is there (kubelet status manager `podResizeConditions`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct ResizeCondition {
    pub(crate) reason: ConditionReason,
    pub(crate) message: String,
    pub(crate) generation: i64,
    /// When it was set last, in whole seconds.
    pub(crate) probed: Time,
    /// When its reason changed last, in whole seconds.
    pub(crate) since: Time,
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

    pub(crate) const fn condition(&self, condition: KubeletCondition) -> Option<&ResizeCondition> {
        match condition {
            KubeletCondition::PodResizePending => self.pending.as_ref(),
            KubeletCondition::PodResizeInProgress => self.in_progress.as_ref(),
            _ => None,
        }
    }
}

impl Resizing {
    pub(crate) fn new(spec: &Arc<Spec>) -> Box<Self> {
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
    pub(crate) fn pend(&mut self, reason: ConditionReason, message: &str, generation: i64, now: Time) -> bool {
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
    pub(crate) fn put_condition(&mut self, condition: KubeletCondition, by: &PodCondition) {
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
    pub(crate) fn take_allocation(&mut self, spec: &Arc<Spec>) {
        self.now.allocated = Arc::clone(spec);
        self.shown.allocated = Arc::clone(spec);
    }

    /// The conditions of the status are the kubelet's own again, with fresh times.
    pub(crate) fn back_fill(&mut self, now: Time) {
        let fresh = |condition: &ResizeCondition| ResizeCondition { probed: now.truncated(), since: now.truncated(), ..condition.clone() };
        self.now.pending = self.shown.pending.as_ref().map(fresh);
        self.now.in_progress = self.shown.in_progress.as_ref().map(fresh);
        self.changed = true;
    }

    /// Whether the Pod's own cgroup was given something else than is allocated at Pod level.
    pub(crate) fn differs_at_pod_level(&self) -> bool {
        self.now.pod.iter().any(|given| !same_at_pod_level(given, &self.working))
    }

    pub(crate) fn clear_pending(&mut self) {
        self.changed |= self.now.pending.take().is_some();
    }

    /// A resize is being carried out. An error stays until it is cleared, and so does the generation it was begun with (kubelet
    /// `SetPodResizeInProgressCondition`).
    pub(crate) fn progress(&mut self, error: Option<&str>, generation: i64, now: Time) {
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

    pub(crate) fn clear_progress(&mut self) {
        self.changed |= self.now.in_progress.take().is_some();
    }

    pub(crate) fn actuate(&mut self, container: ContainerIndex, resource: ResizedResource) {
        if let Some(actuated) = self.now.actuated.get_mut(container.get()) {
            set(&mut actuated[resource as usize], &self.working, &mut self.changed);
        }
    }

    pub(crate) fn actuate_pod(&mut self, resource: ResizedResource) {
        set(&mut self.now.pod[resource as usize], &self.working, &mut self.changed);
    }
}

fn set(known: &mut Arc<Spec>, spec: &Arc<Spec>, changed: &mut bool) {
    if !Arc::ptr_eq(known, spec) {
        *known = Arc::clone(spec);
        *changed = true;
    }
}
