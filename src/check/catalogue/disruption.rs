//! `DI`: the condition DisruptionTarget.

use crate::api::{ConditionStatus, ConditionType, PodCondition, PodPhase};
use crate::check::catalogue::bases::{RUNNING, SUCCEEDED};
use crate::check::computed::would_succeed;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Limit, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Version, condition_path};
use crate::node::{eviction, rejection};
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::deadline;
use crate::rules::ending::Ending;
use crate::time::Span;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::should(
        "DI-01",
        "DisruptionTarget True ⇒ its reason is PreemptionByScheduler, DeletionByTaintManager, DeletionByDeviceTaintManager, EvictionByEvictionAPI, DeletionByPodGC or TerminationByKubelet",
        Check::Status(has_known_reason),
    )
    .source_is("KEP-3329")
    .silent_on(RUNNING, &[&[EVICTED_BY_API]])
    .fires_on(RUNNING, &[&["status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"True\", \"reason\": \"Tired\"}"]]),
    Rule::must(
        "DI-02",
        "the reason TerminationByKubelet appears only in the write that makes the phase terminal",
        Check::Change(kubelet_tells_it_at_the_end),
    )
    .source_is("kubelet mergePodStatus")
    .silent_on(RUNNING, &[&["status.phase = Failed", "status.reason = Evicted", ENDED_BY_KUBELET]])
    .fires_on(RUNNING, &[&[ENDED_BY_KUBELET]]),
    Rule::must("DI-03", "the reason DeletionByPodGC ⇒ phase terminal", Check::Status(collected_is_failed))
        .source_is("PodGC markFailedAndDeletePodWithCondition")
        .silent_on(RUNNING, &[&["status.phase = Failed", COLLECTED]])
        .fires_on(RUNNING, &[&[COLLECTED]]),
    Rule::should(
        "DI-04",
        "DisruptionTarget True in a Pod that is neither ending nor being deleted is False again after 3 minutes",
        Check::Duration(is_stale, stays_stale),
    )
    .source_is("disruption controller, stale disruption conditions after 2 minutes")
    .unless("the controller is down")
    .silent_on(RUNNING, &[
        &[EVICTED_BY_API],
        &["t = 130", "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"False\"}"],
        &["t = 600"],
    ])
    .fires_on(RUNNING, &[&[EVICTED_BY_API], &["t = 600"]]),
    Rule::must("DI-05", "DisruptionTarget False ⇒ it has neither reason nor message", Check::Status(false_needs_no_reason))
        .source_is("disruption controller, syncStalePodDisruption")
        .silent_on(RUNNING, &[&["status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"False\"}"]])
        .fires_on(RUNNING, &[&[
            "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"False\", \"reason\": \"EvictionByEvictionAPI\"}",
        ]]),
    Rule::must(
        "DI-06",
        "evicted for a threshold of the node, or preempted ⇒ DisruptionTarget True; evicted for its own excess, or refused ⇒ none of the kubelet's",
        Check::Status(end_is_a_disruption),
    )
    .asks_for(Facts::TERMINAL)
    .source_is("kubelet eviction manager, CriticalPodAdmissionHandler, rejectPod (KEP-3329)")
    .not(Shapes::COLLECTED)
    .unless("the message does not tell why the Pod was evicted, and it has limits of local storage; the deadline may pass while the kubelet ends the Pod")
    .silent_on(RUNNING, &[&[
        "status.phase = Failed",
        "status.reason = Evicted",
        "status.message = The node was low on resource: memory. ",
        ENDED_BY_KUBELET,
    ]])
    .fires_on(RUNNING, &[&["status.phase = Failed", "status.reason = Evicted", "status.message = The node was low on resource: memory. "]]),
    Rule::must(
        "DI-07",
        "TerminationByKubelet ⇒ Failed has the reason Evicted, Preempting, Terminated or DeadlineExceeded; Succeeded has none",
        Check::Status(kubelet_tells_why),
    )
    .asks_for(Facts::TERMINAL)
    .source_is("kubelet killPodNow, generateAPIPodStatus")
    .not(Shapes::MIRROR)
    .unless(
        "a Pod that had Succeeded when the node was shut down, or when its deadline passed; a restarted kubelet that finds that all containers ended \
         well loses the reason",
    )
    .silent_on(SUCCEEDED, &[&[ENDED_BY_KUBELET]])
    .fires_on(SUCCEEDED, &[&["status.phase = Failed", "status.containerStatuses[job].state.terminated.exitCode = 1", ENDED_BY_KUBELET]]),
    Rule::should(
        "DI-08",
        "PreemptionByScheduler, DeletionByTaintManager, DeletionByDeviceTaintManager or EvictionByEvictionAPI ⇒ deletionTimestamp within 5 s",
        Check::Duration(is_to_be_deleted, stays_undeleted),
    )
    .source_is("scheduler preemption, taint eviction, eviction API")
    .unless("the deletion was refused; the controller died")
    .silent_on(RUNNING, &[
        &[EVICTED_BY_API],
        &["metadata.deletionTimestamp = 2026-01-01T00:00:35Z", "metadata.deletionGracePeriodSeconds = 30"],
        &["t = 60"],
    ])
    .fires_on(RUNNING, &[&[EVICTED_BY_API], &["t = 60"]]),
];

pub(in crate::check) const EVICTED_BY_API: &str = "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"True\", \"reason\": \"EvictionByEvictionAPI\", \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}";
pub(in crate::check) const ENDED_BY_KUBELET: &str = "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"True\", \"reason\": \"TerminationByKubelet\", \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}";
pub(in crate::check) const COLLECTED: &str = "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"True\", \"reason\": \"DeletionByPodGC\", \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}";

fn disruption<'a>(version: &Version<'a>) -> Option<&'a PodCondition> {
    version.foreign_condition(&ConditionType::DisruptionTarget)
}

/// The condition, if it is True.
fn disrupted<'a>(version: &Version<'a>) -> Option<&'a PodCondition> {
    disruption(version).filter(|condition| condition.status == ConditionStatus::True)
}

fn reason(condition: &PodCondition) -> ConditionReason {
    ConditionReason::from_text(&condition.reason)
}

/// Whether the condition is True for this reason.
fn is_for(version: &Version<'_>, why: ConditionReason) -> bool {
    disrupted(version).is_some_and(|condition| reason(condition) == why)
}

fn path(field: &'static str) -> impl core::fmt::Display {
    condition_path("DisruptionTarget", field)
}

/// Whether it is a reason of those who delete the Pod right after they have set it.
fn deletes(why: ConditionReason) -> bool {
    use ConditionReason::{DeletionByDeviceTaintManager, DeletionByTaintManager, EvictionByEvictionApi, PreemptionByScheduler};
    matches!(why, PreemptionByScheduler | DeletionByTaintManager | DeletionByDeviceTaintManager | EvictionByEvictionApi)
}

fn has_known_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(condition) = disrupted(version) else { return };
    let why = reason(condition);
    if !deletes(why) && !matches!(why, ConditionReason::DeletionByPodGc | ConditionReason::TerminationByKubelet) {
        report.add(path("reason"), &condition.reason, "nothing in Kubernetes disrupts a Pod for this reason");
    }
}

fn kubelet_tells_it_at_the_end(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old, change.new];
    let by_kubelet = ConditionReason::TerminationByKubelet;
    if is_for(new, by_kubelet) && !is_for(old, by_kubelet) && (old.is_terminal() || !new.is_terminal()) {
        let before = disruption(old).map_or("", |condition| &condition.reason);
        let message = if old.is_terminal() {
            "the Pod had ended before, and the kubelet tells of a disruption together with the end or not at all"
        } else {
            "the kubelet tells that it ends a Pod only when all is down, and the phase with it"
        };
        report.change(path("reason"), before, by_kubelet, message);
    }
}

fn collected_is_failed(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.is_terminal() && is_for(version, ConditionReason::DeletionByPodGc) {
        let message = "the Pod garbage collector sets the condition and the phase Failed in one write";
        report.add("status.phase", version.phase().map_or("", PodPhase::as_str), message);
    }
}

fn is_stale(version: &Version<'_>) -> Option<Limit> {
    let condition = disrupted(version)?;
    let of = condition.last_transition_time.map_or(0, |time| time.secs());
    let ends = version.is_terminal() || version.meta().deletion_timestamp.is_some();
    (!ends && reason(condition) != ConditionReason::TerminationByKubelet).then_some(Limit { within: Span::from_secs(180), of })
}

fn stays_stale(_: &Version<'_>, report: &mut Report<'_, '_>) {
    report.add(
        path("status"),
        "True",
        "nobody has deleted the Pod for minutes: the disruption is off, and the disruption controller takes it back",
    );
}

fn false_needs_no_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(condition) = disruption(version).filter(|condition| condition.status == ConditionStatus::False) else { return };
    if !condition.reason.is_empty() || !condition.message.is_empty() {
        let (field, value) = if condition.reason.is_empty() { ("message", &condition.message) } else { ("reason", &condition.reason) };
        report.add(path(field), value, "what takes a disruption back gives no reason");
    }
}

fn end_is_a_disruption(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let why = version.status().reason.as_str();
    if version.phase() != Some(PodPhase::Failed) || why.is_empty() {
        return;
    }
    let is_disruption = match end_of(version) {
        Some(End::Kill(ending)) => ending.is_disruption(),
        Some(End::Refusal) => false,
        None => return,
    };
    match (is_disruption, disrupted(version)) {
        (true, None) => {
            let status = disruption(version).map_or("none", |condition| condition.status.as_str());
            let message = format_args!("the kubelet has ended the Pod ({why}) for the sake of others, and that is a disruption");
            report.add(path("status"), status, message);
        }
        (false, Some(condition)) if reason(condition) == ConditionReason::TerminationByKubelet => {
            let message = format_args!("a Pod that ends like this ({why}) is not disrupted: it was refused, or used too much");
            report.add(path("reason"), &condition.reason, message);
        }
        _ => {}
    }
}

/// What a kubelet does to a Pod that Fails with a reason.
enum End {
    Refusal,
    Kill(Ending),
}

/// What the status tells of it: `Evicted` may be three things. None if it does not tell, or is another one.
fn end_of(version: &Version<'_>) -> Option<End> {
    let status = version.status();
    let (reason, message) = (status.reason.as_str(), status.message.as_str());
    if version.is(Shapes::REJECTED) || message.starts_with(rejection::INTRODUCTION) || rejection::is_reason(reason) {
        Some(End::Refusal)
    } else if reason == Ending::Preemption.reason() {
        Some(End::Kill(Ending::Preemption))
    } else if reason != Ending::NodePressure.reason() {
        None
    } else if message.is_empty() {
        // What was not refused, and has no limit to exceed, was evicted for a threshold.
        let has_limit = version.spec().is_none_or(|spec| eviction::has_storage_limit(spec.api()));
        (!has_limit && was_never_refused(version)).then_some(End::Kill(Ending::NodePressure))
    } else {
        eviction::told_by(message).map(End::Kill)
    }
}

/// Whether PodScheduled is as old as the Pod's start: a refusal takes it away, and what comes after is new.
fn was_never_refused(version: &Version<'_>) -> bool {
    let scheduled = version.condition(KubeletCondition::PodScheduled).and_then(|condition| condition.last_transition_time);
    scheduled.zip(version.status().start_time).is_some_and(|(scheduled, started)| scheduled <= started + Span::from_secs(1))
}

fn kubelet_tells_why(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.is_terminal() || !is_for(version, ConditionReason::TerminationByKubelet) {
        return;
    }
    let known = version.status().reason.as_str();
    let is_disruption = |ending: &Ending| ending.is_disruption() && ending.reason() == known;
    let (legal, message) = match version.phase() {
        Some(PodPhase::Succeeded) => (
            matches!(known, "" | deadline::REASON) || known == Ending::NodeShutdown.reason(),
            "a Pod whose containers all exited with 0 Succeeds, and the reason for which the kubelet ended it goes",
        ),
        _ => (
            known == deadline::REASON || Ending::ALL.iter().any(is_disruption) || (known.is_empty() && would_succeed(version)),
            "a Pod that the kubelet ended has Failed for one of its reasons",
        ),
    };
    if !legal {
        report.add("status.reason", known, message);
    }
}

fn is_to_be_deleted(version: &Version<'_>) -> Option<Limit> {
    let why = reason(disrupted(version)?);
    let is_open = deletes(why) && version.meta().deletion_timestamp.is_none();
    is_open.then_some(Limit { within: Span::from_secs(5), of: why as i64 })
}

fn stays_undeleted(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let why = disrupted(version).map_or("", |condition| &condition.reason);
    report.add(path("reason"), why, "who sets this deletes the Pod next, and nobody has");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Checker, Example, Options};
    use alloc::vec::Vec;

    fn found(steps: &'static [&'static [&'static str]], every_version: bool) -> Vec<&'static str> {
        let options = Options { every_version: Some(every_version), rules: ["DI", "CO-07"].map(Into::into).into(), ..Options::default() };
        let (mut checker, mut found) = (Checker::with(options), Vec::new());
        for event in (Example { base: RUNNING, steps }).events().unwrap() {
            checker.event(event, 1, &mut |finding| found.push(finding.rule.id()));
        }
        checker.finish(&mut |finding| found.push(finding.rule.id()));
        found
    }

    #[test]
    fn behind_a_gap_a_state_has_lasted_only_if_it_is_still_there() {
        const OVER: &[&[&str]] = &[&[EVICTED_BY_API], &["t = 60", "metadata.deletionTimestamp = 2026-01-01T00:00:35Z"]];
        assert_eq!((found(OVER, true), found(OVER, false)), (["DI-08"].into(), [].into()));
        const THERE: &[&[&str]] = &[&[EVICTED_BY_API], &["t = 60"]];
        assert_eq!((found(THERE, true), found(THERE, false)), (["DI-08"].into(), ["DI-08"].into()));
    }

    #[test]
    fn behind_a_gap_the_last_word_of_the_garbage_collector_may_come_with_other_news() {
        const REMOVED: &[&[&str]] =
            &[&["status.phase = Failed", "status.containerStatuses[web].restartCount = 1", COLLECTED], &["type = DELETED"]];
        assert_eq!((found(REMOVED, true).contains(&"CO-07"), found(REMOVED, false)), (true, [].into()));
        const THERE: &[&[&str]] = &[&["status.phase = Failed", COLLECTED], &["t = 60"]];
        assert!(found(THERE, true).contains(&"CO-07") && found(THERE, false).contains(&"CO-07"));
    }
}
