//! `CO`, of the conditions about a resize in place (KEP-1287): they are there only while there is something to tell.

use crate::api::{ConditionStatus, PodPhase};
use crate::check::catalogue::bases::{RUNNING, SUCCEEDED};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::{ConditionReason, KubeletCondition};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CO-27",
        "PodResizePending and PodResizeInProgress are True while they are there; the one is Deferred or Infeasible, the other has no reason, or Error",
        Check::Status(tells_of_resize),
    )
    .source_is("kubelet status manager, SetPodResizePendingCondition, SetPodResizeInProgressCondition")
    .silent_on(RUNNING, &[&[DEFERRED]])
    .fires_on(RUNNING, &[&[DEFERRED, "status.conditions[PodResizePending].status = False"]]),
    Rule::must("CO-28", "terminal phase ⇒ no condition about a resize", Check::Status(is_of_no_use))
        .asks_for(Facts::TERMINAL)
        .source_is("kubelet generateAPIPodStatus, status manager")
        .not(Shapes::ANY_REJECTED.and(Shapes::COLLECTED))
        .silent_on(RUNNING, &[&[DEFERRED]])
        .fires_on(SUCCEEDED, &[&[DEFERRED]]),
    Rule::must(
        "CO-30",
        "lastTransitionTime of a condition about a resize moves only when its reason changes, or when the condition was made anew",
        Check::Change(moves_with_reason),
    )
    .source_is("kubelet status manager, updatedPodResizeCondition")
    .unless("a restarted kubelet makes them anew: the time then lies between the lastProbeTimes")
    .with_every_version()
    .silent_on(RUNNING, &[&[DEFERRED], &["status.conditions[PodResizePending].lastProbeTime = 2026-01-01T00:00:09Z"]])
    .fires_on(RUNNING, &[&[DEFERRED], &["status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:09Z"]]),
];

pub(in crate::check) const DEFERRED: &str = "status.conditions[PodResizePending] = {\"type\": \"PodResizePending\", \"status\": \"True\", \"observedGeneration\": 1, \
    \"reason\": \"Deferred\", \"lastProbeTime\": \"2026-01-01T00:00:04Z\", \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}";

fn tells_of_resize(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for kind in KubeletCondition::RESIZE {
        let Some(condition) = version.condition(kind) else { continue };
        if condition.status != ConditionStatus::True {
            let path = condition_path(kind.as_str(), "status");
            report.add(path, condition.status, "a condition about a resize is True, and goes when there is nothing more to tell");
        }
        let (reasons, why) = match kind {
            KubeletCondition::PodResizePending => {
                ([ConditionReason::Deferred, ConditionReason::Infeasible], "a resize is pending because it is Deferred, or Infeasible")
            }
            _ => ([ConditionReason::None, ConditionReason::Error], "a resize in progress has no reason unless there was an Error"),
        };
        if !reasons.iter().any(|reason| reason.as_str() == condition.reason) {
            report.add(condition_path(kind.as_str(), "reason"), &condition.reason, why);
        }
    }
}

fn is_of_no_use(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.is_terminal() {
        return;
    }
    for kind in KubeletCondition::RESIZE {
        if let Some(condition) = version.condition(kind) {
            let phase = version.phase().map_or("", PodPhase::as_str);
            report.add(condition_path(kind.as_str(), ""), condition.status, format_args!("nothing of a Pod that has {phase} is resized"));
        }
    }
}

fn moves_with_reason(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for kind in KubeletCondition::RESIZE {
        let Some((old, new)) = change.condition(kind) else { continue };
        let (Some(before), Some(after)) = (old.last_transition_time, new.last_transition_time) else { continue };
        // A condition made anew begins when it is set, behind the last time at which the one before was set.
        let is_anew = old.last_probe_time <= Some(after) && new.last_probe_time >= Some(after);
        if before != after && (old.reason == new.reason && !is_anew || after < before) {
            let path = condition_path(kind.as_str(), "lastTransitionTime");
            report.change(path, before, after, format_args!("the reason is {:?} as before: the time stays", new.reason));
        }
    }
}
