//! `CO`: which conditions there are.

use crate::api::ConditionStatus;
use crate::check::catalogue::bases::{CREATED, RUNNING, STARTING};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Version, condition_path};
use crate::rules::conditions::{KubeletCondition, is_owned};
use alloc::collections::BTreeSet;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CO-01", "no two conditions are of one type", Check::Status(are_unique))
        .source_is("API PodStatus.conditions, merged by type")
        .silent_on(RUNNING, &[&["status.conditions[example.com/up] = {\"type\": \"example.com/up\", \"status\": \"False\"}"]])
        .fires_on(RUNNING, &[&["status.conditions[4] = {\"type\": \"Ready\", \"status\": \"False\"}"]]),
    Rule::must("CO-02", "conditions that the kubelet owns are True or False, others may be Unknown", Check::Status(are_known))
        .source_is("kubelet status/generate.go; node lifecycle controller MarkPodsNotReady")
        .silent_on(RUNNING, &[&["status.conditions[example.com/up] = {\"type\": \"example.com/up\", \"status\": \"Unknown\"}"]])
        .fires_on(RUNNING, &[&["status.conditions[Ready].status = Unknown"]]),
    Rule::must(
        "CO-03",
        "once startTime is set, PodScheduled, Initialized, Ready, ContainersReady and PodReadyToStartContainers are all there",
        Check::Status(are_all_there),
    )
    .source_is("kubelet generateAPIPodStatus")
    .not(Shapes::ANY_REJECTED)
    .only(Scope::Started)
    .silent_on(
        CREATED,
        &[&[
            "spec.nodeName = n1",
            "status.phase = Failed",
            "status.reason = OutOfcpu",
            "status.startTime = 2026-01-01T00:00:01Z",
            "status.observedGeneration = 1",
        ]],
    )
    .fires_on(STARTING, &[&["status.conditions[Initialized] = null"]]),
];

fn are_unique(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let list = &version.status().conditions;
    // Few have more than ten; the set is for the monsters.
    let mut seen = BTreeSet::new();
    for (n, condition) in list.iter().enumerate() {
        let known =
            if list.len() > 32 { !seen.insert(&condition.type_) } else { list[..n].iter().any(|known| known.type_ == condition.type_) };
        if known {
            let path = condition_path(condition.type_.as_str(), "");
            report.add(path, condition.status, "there is one condition of each type, and this type stands in the list twice");
        }
    }
}

fn are_known(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for condition in &version.status().conditions {
        if condition.status == ConditionStatus::Unknown && is_owned(&condition.type_, version.gates) {
            let path = condition_path(condition.type_.as_str(), "status");
            report.add(path, condition.status, "the kubelet always knows: its conditions are True or False");
        }
    }
}

fn are_all_there(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if is_collected_after_refusal(version) {
        return;
    }
    let expected = KubeletCondition::ALL.into_iter().filter(|condition| *condition != KubeletCondition::AllContainersRestarting);
    for condition in expected.filter(|condition| version.condition(*condition).is_none()) {
        // One whose gate is off is not the kubelet's.
        if is_owned(&condition.as_str().into(), version.gates) {
            let message = "each status that a kubelet builds has this condition";
            report.add(condition_path(condition.as_str(), ""), "none", message);
        }
    }
}

/// Whether the garbage collector had the last word on a Pod that admission had refused while it ran: its conditions were gone before.
pub(in crate::check) fn is_collected_after_refusal(version: &Version<'_>) -> bool {
    version.is(Shapes::COLLECTED) && version.history.rejected
}
