//! `CO`, of Initialized: the progress of the init containers.

use crate::api::{ConditionStatus, ContainerStatus, PodPhase};
use crate::check::catalogue::bases::INITIALIZING;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::{self, ConditionReason, KubeletCondition};
use crate::spec::ProbeKind;

pub(in crate::check) const RULES: &[Rule] = &[Rule::must(
    "CO-41",
    "Initialized becomes True only when the init containers are done, a regular one has begun, or the Pod has Succeeded; it stays False only while some \
     init container is not done",
    Check::Change(keeps_pace),
)
.source_is("kubelet GeneratePodInitializedCondition")
.unless("a sidecar that has just passed its startup probe: the condition follows in the next write that a probe has not asked for; behind a gap, containers may have begun anew")
.with_spec()
.silent_on(INITIALIZING, &[&[DONE, READY, INITIALIZED]])
.fires_on(INITIALIZING, &[&[INITIALIZED]])];

const CONDITION: KubeletCondition = KubeletCondition::Initialized;

fn keeps_pace(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let Change { old, new, gap } = *change;
    let Some(condition) = new.condition(CONDITION).filter(|_| new.is_full()) else { return };
    let path = condition_path(CONDITION.as_str(), "status");
    if condition.status != ConditionStatus::True {
        if condition.status == ConditionStatus::False && is_overdue(old, new) {
            report.add(path, condition.status, "every init container is done: the Pod is initialized");
        }
    } else if !gap && !old.holds(CONDITION) && !is_due(new, &condition.reason) {
        let before = old.condition(CONDITION).map_or("", |condition| condition.status.as_str());
        report.change(path, before, condition.status, "some init container is not done, and no regular container has begun");
    }
}

/// Whether the container statuses make the Pod initialized, whatever it was before.
fn is_due(version: &Version<'_>, reason: &str) -> bool {
    let (Some((spec, statuses)), Some(phase)) = (version.statuses(), version.phase()) else { return true };
    // The phase the condition was made with may be held back; the reason tells.
    let phase = if reason == ConditionReason::PodCompleted.as_str() { PodPhase::Succeeded } else { phase };
    conditions::initialized(spec, Some(&statuses), phase, false, version.gates).holds()
}

/// Whether the init containers are done by statuses that a build of the kubelet, and no probe alone, has just brought.
fn is_overdue(old: &Version<'_>, new: &Version<'_>) -> bool {
    let Some((spec, statuses)) = new.statuses() else { return false };
    let lists = [old, new].map(|version| &version.status().init_container_statuses);
    // A probe writes these two, and the condition waits for the next build.
    let but_for_probes = |status: &ContainerStatus| ContainerStatus { ready: false, started: None, ..status.clone() };
    if lists[0].iter().map(but_for_probes).eq(lists[1].iter().map(but_for_probes)) || !conditions::init_done(spec, &statuses) {
        return false;
    }
    let was_started = |name: &str| lists[0].iter().any(|status| status.name == name && status.started == Some(true));
    let has_just_passed = |index| {
        let sidecar = spec.container(index);
        sidecar.is_sidecar() && sidecar.probe(ProbeKind::Startup).is_some() && !was_started(sidecar.name())
    };
    !spec.init().any(has_just_passed)
}

const INITIALIZED: &str = "status.conditions[Initialized] = {\"type\": \"Initialized\", \"status\": \"True\", \"observedGeneration\": 1, \
    \"lastProbeTime\": null, \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}";
const DONE: &str = "status.initContainerStatuses[setup].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \
    \"containerID\": \"containerd://c0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:04Z\"}}";
const READY: &str = "status.initContainerStatuses[setup].ready = true";
