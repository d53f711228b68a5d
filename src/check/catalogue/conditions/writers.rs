//! `CO`, of who writes: the kubelet's conditions stand in its order, and no write mixes its part with that of others.

use crate::api::{ConditionStatus, ConditionType, PodCondition, PodStatus};
use crate::check::catalogue::bases::RUNNING;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version, condition_path, owned};
use crate::gates::Gates;
use crate::rules::conditions::{KubeletCondition, is_owned};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CO-34", "one write does not change conditions of others and the kubelet's part of the status", Check::Change(keeps_to_its_part))
        .source_is("kubelet status manager, mergePodStatus")
        .with_every_version()
        .silent_on(RUNNING, &[&[GATE]])
        .fires_on(RUNNING, &[&[GATE, "status.podIP = 10.0.0.8"]]),
    Rule::must(
        "CO-35",
        "the kubelet's conditions stand in its order: PodReadyToStartContainers, Initialized, Ready, ContainersReady, PodScheduled, AllContainersRestarting",
        Check::Status(stands_in_order),
    )
    .source_is("kubelet generateAPIPodStatus, mergePodStatus")
    .unless("those of others, and those about a resize, stand anywhere")
    .only(Scope::Started)
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&["status.conditions[Ready] = null"], &[READY]]),
    Rule::must(
        "CO-42",
        "a write that makes Ready False without a reason changes nothing else in the status, and what the kubelet writes next gives a reason",
        Check::Change(is_only_marked),
    )
    .source_is("node lifecycle controller, MarkPodsNotReady")
    .with_every_version()
    .not(Shapes::COLLECTED)
    .silent_on(RUNNING, &[&[MARK]])
    .fires_on(RUNNING, &[&[MARK, "status.conditions[ContainersReady].status = False"]]),
];

const GATE: &str = "status.conditions[example.com/gate] = {\"type\": \"example.com/gate\", \"status\": \"True\", \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}";
const READY: &str = "status.conditions[Ready] = {\"type\": \"Ready\", \"status\": \"True\", \"observedGeneration\": 1, \"lastProbeTime\": null, \
    \"lastTransitionTime\": \"2026-01-01T00:00:03Z\"}";
const MARK: &str = "status.conditions[Ready].status = False";

fn keeps_to_its_part(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old.status(), change.new.status()];
    let gates = change.new.gates;
    let Some(foreign) = foreign_change(&old.conditions, &new.conditions, gates) else { return };
    if !is_same_of_kubelet(old, new, gates) {
        let status =
            |list: &[PodCondition]| list.iter().find(|known| known.type_ == foreign.type_).map_or("", |known| known.status.as_str());
        let path = condition_path(foreign.type_.as_str(), "");
        const WHY: &str =
            "the same write changes the kubelet's part of the status: the kubelet keeps what others wrote, and others leave its part alone";
        report.change(path, status(&old.conditions), status(&new.conditions), WHY);
    }
}

/// A condition that neither the kubelet nor who announces a disruption writes, and that is not the same in both.
fn foreign_change<'a>(old: &'a [PodCondition], new: &'a [PodCondition], gates: &Gates) -> Option<&'a PodCondition> {
    let foreign = |condition: &&PodCondition| condition.type_ != ConditionType::DisruptionTarget && !is_owned(&condition.type_, gates);
    let changed = new.iter().filter(foreign).find(|condition| !old.contains(condition));
    changed.or_else(|| old.iter().filter(foreign).find(|condition| !new.contains(condition)))
}

/// Whether the kubelet's part is the same in both.
fn is_same_of_kubelet(old: &PodStatus, new: &PodStatus, gates: &Gates) -> bool {
    let owned = |condition: &&PodCondition| is_owned(&condition.type_, gates);
    is_same_but_for_conditions(old, new) && old.conditions.iter().filter(owned).eq(new.conditions.iter().filter(owned))
}

/// Whether what the kubelet writes beside conditions is the same in both.
fn is_same_but_for_conditions(old: &PodStatus, new: &PodStatus) -> bool {
    (old.phase, old.observed_generation, old.start_time) == (new.phase, new.observed_generation, new.start_time)
        && (&old.reason, &old.message) == (&new.reason, &new.message)
        && (&old.host_ip, &old.host_ips, &old.pod_ip, &old.pod_ips) == (&new.host_ip, &new.host_ips, &new.pod_ip, &new.pod_ips)
        && old.container_statuses == new.container_statuses
        && old.init_container_statuses == new.init_container_statuses
        && old.ephemeral_container_statuses == new.ephemeral_container_statuses
        && (&old.allocated_resources, &old.resources) == (&new.allocated_resources, &new.resources)
}

fn stands_in_order(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let mut before: Option<KubeletCondition> = None;
    for condition in &version.status().conditions {
        let Some(kind) = owned(&condition.type_).filter(|kind| !KubeletCondition::RESIZE.contains(kind)) else { continue };
        if let Some(before) = before.filter(|before| *before > kind) {
            let why = format_args!("the kubelet writes {kind} before {before}", kind = kind.as_str(), before = before.as_str());
            report.add(condition_path(kind.as_str(), ""), condition.status, why);
            return;
        }
        before = Some(kind);
    }
}

fn is_only_marked(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let Some(ready) = change.new.condition(KubeletCondition::Ready).filter(|ready| is_mark(ready)) else { return };
    let [old, new] = [change.old.status(), change.new.status()];
    let path = condition_path(KubeletCondition::Ready.as_str(), "reason");
    match change.old.condition(KubeletCondition::Ready) {
        Some(before) if is_mark(before) => {
            if !is_same_of_kubelet(old, new, change.new.gates) {
                report.add(path, "\"\"", "Ready is False without a reason only until the kubelet writes its status again");
            }
        }
        Some(before) if before.status != ConditionStatus::False => {
            let is_other = |condition: &&PodCondition| condition.type_ != ConditionType::Ready;
            let others = [old, new].map(|status| status.conditions.iter().filter(is_other));
            let [old_others, new_others] = others;
            if !is_same_but_for_conditions(old, new) || !old_others.eq(new_others) {
                report.add(
                    path,
                    "\"\"",
                    "the node lifecycle controller marks a Pod without a reason, and changes nothing else; the kubelet gives a reason",
                );
            }
        }
        before => {
            let (reason, status) = before.map_or(("", ""), |before| (before.reason.as_str(), before.status.as_str()));
            let why = format_args!("only the node lifecycle controller gives no reason, and it marks only what was True, not {status}");
            report.change(path, reason, ready.reason.as_str(), why);
        }
    }
}

/// Whether this is the mark of the node lifecycle controller: Ready is False, and nothing says why.
fn is_mark(ready: &PodCondition) -> bool {
    ready.status == ConditionStatus::False && ready.reason.is_empty()
}
