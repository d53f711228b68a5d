//! The phase that a version's own container statuses call for, and what may keep it from being shown.

use crate::api::{ConditionStatus, ConditionType, PodPhase};
use crate::check::shape::Shapes;
use crate::check::version::{Container, Version};
use crate::node::eviction;
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::phase::{PhaseFacts, phase};
use crate::rules::view::{StatusEntry, Statuses};
use crate::rules::{deadline, view};
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use core::fmt;

/// The phases that the decision procedure may have come to: a stream does not tell everything it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::check) struct Phases(u8);

impl Phases {
    pub(in crate::check) const fn has(self, phase: PodPhase) -> bool {
        self.0 & (1 << phase as u8) != 0
    }

    pub(in crate::check) const fn has_terminal(self) -> bool {
        self.has(PodPhase::Succeeded) || self.has(PodPhase::Failed)
    }

    const fn with(self, phase: PodPhase) -> Self {
        Self(self.0 | 1 << phase as u8)
    }
}

/// In words: `Pending or Running`.
impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, phase) in PodPhase::ALL.iter().filter(|phase| self.has(**phase)).enumerate() {
            write!(f, "{}{phase}", if n > 0 { " or " } else { "" })?;
        }
        Ok(())
    }
}

/// What the version's container statuses call for, by both readings of whether the Pod is initialized now. None without a spec.
///
/// `old` is the version before, if it is known: where a sidecar's `started` is news, it counts for the phase as it was before the probes were
/// asked. Without it both readings count.
pub(in crate::check) fn computed(version: &Version<'_>, old: Option<&Version<'_>>) -> Option<Phases> {
    let (spec, statuses) = version.statuses()?;
    let was_ended = was_ended(version);
    let mut phases = Phases::default();
    let mut add = |statuses: &dyn Statuses| {
        for (terminal, initialized) in [(false, false), (false, true), (true, false), (true, true)] {
            // Only of sidecars the phase asks whether the Pod is initialized.
            if (!terminal || was_ended) && (!initialized || spec.has_sidecars()) {
                let facts = PhaseFacts { terminal, is_static: version.is(Shapes::MIRROR), initialized };
                phases = phases.with(phase(spec, &statuses, facts, version.gates));
            }
        }
    };
    add(&statuses);
    if new_sidecars(version, old, spec).next().is_some() {
        let is_new = |container| new_sidecars(version, old, spec).any(|new| new == container);
        for started in [Some(true), Some(false)] {
            add(&BeforeProbes { statuses: &statuses, is_new: &is_new, started });
        }
    }
    Some(phases)
}

/// What the version's container statuses call for if the kubelet has stopped the Pod's containers for good, which it need not have told
/// yet: why it ends a Pod is held back with the phase. None without a spec.
pub(in crate::check) fn computed_if_stopped(version: &Version<'_>) -> Option<PodPhase> {
    let (spec, statuses) = version.statuses()?;
    let facts = PhaseFacts { terminal: true, is_static: false, initialized: true };
    Some(phase(spec, &statuses, facts, version.gates))
}

/// Whether a Pod that has Failed would be built as Succeeded, which the API server's Failed forbids: then reason and message go with the phase
/// that is not built any more.
pub(in crate::check) fn would_succeed(version: &Version<'_>) -> bool {
    let ended_well = |container: &Container<'_>| container.terminated().is_some_and(|end| end.exit_code == 0);
    let regular = || version.containers().filter(|container| container.kind == ContainerKind::Regular);
    computed_if_stopped(version).map_or_else(|| regular().all(|container| ended_well(&container)), |phase| phase == PodPhase::Succeeded)
}

/// Whether the kubelet may have stopped the Pod's containers for good, so that what has stopped counts as ended whatever the policy: also of a
/// Pod that ran and that a restarted kubelet has refused.
fn was_ended(version: &Version<'_>) -> bool {
    version.meta().deletion_timestamp.is_some() || is_past_deadline(version) || was_killed(version) || version.history.rejected
}

/// Whether the kubelet itself may have ended the Pod: it says so, or the Pod has a limit of local storage, of which nothing need be left.
pub(in crate::check) fn was_killed(version: &Version<'_>) -> bool {
    !version.status().reason.is_empty() || is_disrupted(version) || (version.is_terminal() && has_storage_limit(version))
}

/// Whether DisruptionTarget tells that the kubelet has ended the Pod.
pub(in crate::check) fn is_disrupted(version: &Version<'_>) -> bool {
    let disrupted = version.foreign_condition(&ConditionType::DisruptionTarget);
    disrupted.is_some_and(|condition| condition.reason == ConditionReason::TerminationByKubelet.as_str())
}

/// Whether the Pod can be evicted for its local storage, of which no condition tells.
pub(in crate::check) fn has_storage_limit(version: &Version<'_>) -> bool {
    version.spec().is_some_and(|spec| eviction::has_storage_limit(spec.api()))
}

/// Whether the active deadline may have passed when the version was written.
pub(in crate::check) fn is_past_deadline(version: &Version<'_>) -> bool {
    let Some(passes) = version.spec().and_then(|spec| deadline::passes_at(spec, version.status().start_time)) else { return false };
    version.has_passed(passes)
}

/// Whether a version that shows a phase that is not terminal may hold a terminal one back: the kubelet tells that the Pod has ended only
/// when its containers and its sandbox are down.
pub(in crate::check) fn may_be_held(version: &Version<'_>, computed: Phases) -> bool {
    !version.is_terminal()
        && (computed.has_terminal() || version.meta().deletion_timestamp.is_some() || is_past_deadline(version) || is_ending(version))
}

/// Whether Ready already says that the Pod has ended.
fn is_ending(version: &Version<'_>) -> bool {
    let ended = [ConditionReason::PodFailed, ConditionReason::PodCompleted];
    version
        .condition(KubeletCondition::Ready)
        .is_some_and(|ready| ready.status == ConditionStatus::False && ended.iter().any(|reason| reason.as_str() == ready.reason))
}

/// The sidecars that run as another instance than in the version before, or may do so, and those of which the probes say something else now: a
/// restarted kubelet asks no startup probe before its first status. Where `started` is not kept over a restart it is not kept from build to build.
fn new_sidecars<'a>(version: &Version<'a>, old: Option<&Version<'a>>, spec: &'a Spec) -> impl Iterator<Item = ContainerIndex> {
    let old = old.copied();
    version.containers().take_while(move |_| spec.has_sidecars()).filter_map(move |container| {
        let index = container.index.filter(|index| spec.container(*index).is_sidecar() && container.running().is_some())?;
        let before = |old: Version<'a>| old.containers().find(|old| old.status.name == container.status.name);
        let same = old.and_then(before).is_some_and(|old| {
            !version.gates.change_container_status_on_kubelet_restart
                && old.running().is_some()
                && old.status.container_id == container.status.container_id
                && old.status.started == container.status.started
        });
        (!same).then_some(index)
    })
}

/// Statuses in which `started` of some sidecars is as it may have been before the probes were asked.
struct BeforeProbes<'a> {
    statuses: &'a view::ApiStatuses<'a>,
    is_new: &'a dyn Fn(ContainerIndex) -> bool,
    started: Option<bool>,
}

impl Statuses for BeforeProbes<'_> {
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry> {
        let entry = self.statuses.entry(container)?;
        Some(if (self.is_new)(container) { StatusEntry { started: self.started, ..entry } } else { entry })
    }
}
