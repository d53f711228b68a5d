//! Expectations about what is published.

use super::seconds;
use super::window::{Range, State, Trace};
use crate::api::{ConditionStatus, ConditionType, PodPhase, PodStatus};
use crate::conformance::scenario::{Hold, Pattern, StateKind, Subject, statuses};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde_json::Value;

pub(super) fn phase(trace: &Trace<'_>, range: &Range, when: Hold, phases: &[PodPhase]) -> Option<String> {
    let one_of = phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(" or ");
    let published = |state: &&State<'_>| state.pod.status.phase.is_some();
    hold(trace, range, when, published, |state| state.pod.status.phase.is_some_and(|phase| phases.contains(&phase)))
        .map(|seen| format!("phase: expected {when} {one_of}, {seen}"))
}

pub(super) fn fits(trace: &Trace<'_>, range: &Range, subject: Subject, pattern: &Pattern, when: Hold) -> Option<String> {
    let holds = |state: &State<'_>| {
        let object = state.json();
        let part = match subject {
            Subject::Object => object,
            Subject::Status => object.get("status").unwrap_or(&Value::Null),
        };
        pattern.fits(part, when == Hold::Always)
    };
    let name = match subject {
        Subject::Object => "object",
        Subject::Status => "status",
    };
    hold(trace, range, when, |_| true, holds).map(|seen| format!("{name}: expected {when} {pattern}, {seen}"))
}

/// Asks the states that `when` names; on failure says what was seen.
fn hold(
    trace: &Trace<'_>,
    range: &Range,
    when: Hold,
    counts: impl Fn(&&State<'_>) -> bool,
    fits: impl Fn(&State<'_>) -> bool,
) -> Option<String> {
    // Only for `eventually` does the end of the window belong to it.
    let mut states = trace.states(range, when == Hold::Eventually).filter(counts);
    let culprit = match when {
        Hold::Always => return states.find(|state| !fits(state)).map(seen),
        Hold::Never => return states.find(|state| fits(state)).map(seen),
        Hold::Eventually => {
            let mut last = None;
            for state in states {
                if fits(state) {
                    return None;
                }
                last = Some(state);
            }
            last
        }
        Hold::AtEnd => states.last(),
        Hold::At => trace.state_at_beginning(range),
    };
    match culprit {
        None => Some(String::from("nothing is published")),
        Some(state) if when != Hold::Eventually && fits(state) => None,
        Some(state) => Some(seen(state)),
    }
}

pub(super) fn condition_order(trace: &Trace<'_>, range: &Range, conditions: &[ConditionType]) -> Option<String> {
    let mut before = None;
    for condition in conditions {
        let (mut was_true, mut turned) = (false, None);
        for state in trace.states(range, false) {
            let is_true = is_true(&state.pod.status, condition);
            if is_true && !was_true {
                turned = Some(state.at);
            }
            was_true = is_true;
        }
        let Some(turned) = turned else { return Some(format!("conditionOrder: {condition} never becomes True")) };
        if let Some((earlier, at)) = before.filter(|(_, at)| *at > turned) {
            let (at, turned) = (seconds(at), seconds(turned));
            return Some(format!("conditionOrder: {condition} becomes True at {turned}, before {earlier} at {at}"));
        }
        before = Some((condition, turned));
    }
    None
}

fn is_true(status: &PodStatus, type_: &ConditionType) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == *type_ && condition.status == ConditionStatus::True)
}

pub(super) fn monotonic(trace: &Trace<'_>, range: &Range, container: &str) -> Option<String> {
    let mut most = i32::MIN;
    for state in trace.states(range, false) {
        let Some(seen) = statuses(&state.pod.status).find(|seen| seen.name == container) else { continue };
        if seen.restart_count < most {
            let at = seconds(state.at);
            return Some(format!("monotonic: restartCount of `{container}` falls from {most} to {} at {at}", seen.restart_count));
        }
        most = seen.restart_count;
    }
    None
}

pub(super) fn terminal_phase_sticks(trace: &Trace<'_>, range: &Range) -> Option<String> {
    let mut end = None;
    for state in trace.states(range, false) {
        let Some(phase) = state.pod.status.phase else { continue };
        match end {
            Some(end) if end != phase => {
                return Some(format!("terminalPhaseSticks: after {end} the phase is {phase} at {}", seconds(state.at)));
            }
            None if phase.is_terminal() => end = Some(phase),
            _ => {}
        }
    }
    None
}

pub(super) fn terminated_state_sticks(trace: &Trace<'_>, range: &Range, container: &str) -> Option<String> {
    let kinds = trace.states(range, false).filter_map(|state| {
        let status = statuses(&state.pod.status).find(|seen| seen.name == container)?;
        Some((state, StateKind::of(&status.state).0))
    });
    let (state, kind) = kinds.skip_while(|(_, kind)| *kind != StateKind::Terminated).find(|(_, kind)| *kind != StateKind::Terminated)?;
    Some(format!("terminatedStateSticks: `{container}` is {} again at {}", kind.as_str(), seconds(state.at)))
}

/// A published state in one line.
fn seen(state: &State<'_>) -> String {
    let status = &state.pod.status;
    let conditions = status.conditions.iter().map(|condition| format!("{}={} {}", condition.type_, condition.status, condition.reason));
    let containers = statuses(status).map(|container| {
        let (kind, reason) = StateKind::of(&container.state);
        let code = container.state.terminated.as_ref().map(|terminated| terminated.exit_code.to_string()).unwrap_or_default();
        let (ready, started) = (container.ready, container.started);
        format!(
            "{} {} {reason} {code} restarts={} ready={ready} started={started:?}",
            container.name,
            kind.as_str(),
            container.restart_count
        )
    });
    let parts = conditions.chain(containers).map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let phase = status.phase.map_or("no phase", PodPhase::as_str);
    let reason = if status.reason.is_empty() { String::new() } else { format!(" {}", status.reason) };
    format!("seen at {}: {phase}{reason}; {}", seconds(state.at), parts.collect::<Vec<_>>().join("; "))
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eventually => "eventually",
            Self::Always => "always",
            Self::Never => "never",
            Self::AtEnd => "at the end",
            Self::At => "at the beginning of the window",
        })
    }
}
