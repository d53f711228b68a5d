//! `ST-01`, `ST-02`, `ST-11`: when the kubelet first took note of the Pod.

use crate::api::PodPhase;
use crate::check::catalogue::bases::{RUNNING, STARTING};
use crate::check::catalogue::object::identity::time;
use crate::check::clock::Moment;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Version};
use crate::node::rejection;
use crate::rules::conditions::KubeletCondition;
use crate::rules::deadline;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("ST-01", "startTime never changes once set", Check::Change(keeps_start))
        .source_is("kubelet status manager updateStatusInternal")
        .not(Shapes::MIRROR)
        .silent_on(STARTING, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[&["status.startTime = 2026-01-01T00:00:02Z"]]),
    Rule::must(
        "ST-02",
        "a status with something of the kubelet's (observedGeneration, container statuses, Initialized, a reason) has a startTime, which never goes away",
        Check::Both(has_start, loses_no_start),
    )
    .source_is("kubelet status manager updateStatusInternal")
    .unless("the garbage collector gives an observedGeneration to a Pod that no kubelet has seen and that it marks Failed")
    .silent_on(STARTING, &[])
    .fires_on(RUNNING, &[&["status.startTime = null"]]),
    Rule::must("ST-11", "creationTimestamp ≤ startTime ≤ time of the write", Check::Status(starts_in_time))
        .source_is("kubelet status manager updateStatusInternal")
        .unless("a second, for clocks differ")
        .not(Shapes::MIRROR)
        .silent_on(STARTING, &[])
        .fires_on(RUNNING, &[&["status.startTime = 2025-12-31T23:59:00Z"]]),
];

fn keeps_start(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.status().start_time, change.new.status().start_time);
    if old.is_some() && new.is_some() && old != new {
        report.change(
            "status.startTime",
            time(old),
            time(new),
            "it is when the kubelet first took note of the Pod; even after a restart it keeps it",
        );
    }
}

fn has_start(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    if status.start_time.is_some() {
        return;
    }
    let is_collected = status.phase == Some(PodPhase::Failed) && status.reason.is_empty();
    let what = if status.observed_generation != 0 && !is_collected {
        "an observedGeneration"
    } else if version.containers().next().is_some() {
        "container statuses"
    } else if version.condition(KubeletCondition::Initialized).is_some() {
        "the condition Initialized"
    } else if rejection::is_reason(&status.reason) || status.reason == deadline::REASON {
        "a reason of the kubelet's"
    } else {
        return;
    };
    report.add("status.startTime", "", format_args!("there is {what}, which only a kubelet writes, and its first write sets startTime"));
}

fn loses_no_start(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.status().start_time, change.new.status().start_time);
    if old.is_some() && new.is_none() {
        report.change("status.startTime", time(old), "", "each write of the kubelet has it");
    }
}

fn starts_in_time(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(start) = version.status().start_time else { return };
    if let Some(created) = version.meta().creation_timestamp
        && start + Moment::SLACK < created
    {
        report.add("status.startTime", start, format_args!("the Pod was created only at {created}"));
    }
    if !version.has_passed(start) {
        report.add("status.startTime", start, "it lies after the time of the write");
    }
}
