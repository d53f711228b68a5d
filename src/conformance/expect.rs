//! Judge of scenarios: what a trace lacks of what the scenario expects.

mod events;
mod order;
mod published;
mod window;

use super::pass::Compare;
use super::record::{Record, What};
use super::scenario::{Answer, Basis, Expectation, Kind, Scenario};
use crate::time::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use window::{Range, Trace};

/// The differences between what must hold and what the record shows, for humans; empty if all holds.
///
/// All expectations count, whatever their basis, except those about Event objects, which a library need not make.
pub fn differences(scenario: &Scenario, record: &Record, compare: Compare) -> Vec<String> {
    let trace = Trace::new(record);
    let expectations = scenario.expect.iter().enumerate().filter_map(|(index, expectation)| {
        let difference = match compare {
            Compare::Times => difference(&trace, expectation)?,
            Compare::Order => difference(&trace, &order::of(expectation)?)?,
        };
        let basis = match expectation.basis {
            None => "",
            Some(Basis::Title) => " (title)",
            Some(Basis::Intended) => " (intended)",
            Some(Basis::Inferred) => " (inferred)",
        };
        Some(format!("expect[{index}]{basis}: {difference}"))
    });
    unreached(record).chain(answers(scenario, record)).chain(expectations).collect()
}

/// Steps that were not reached.
pub(super) fn unreached(record: &Record) -> impl Iterator<Item = String> {
    record.steps_left().map(|step| format!("steps[{step}]: not reached"))
}

/// Steps to which the API answered otherwise than it must.
fn answers(scenario: &Scenario, record: &Record) -> impl Iterator<Item = String> {
    record.entries.iter().filter_map(|entry| match entry.what {
        What::StepResult { index, accepted } => {
            let expected = scenario.steps.get(index)?.result? == Answer::Accepted;
            let word = |accepted| if accepted { "accepted" } else { "rejected" };
            (expected != accepted).then(|| format!("steps[{index}]: expected to be {}, was {}", word(expected), word(accepted)))
        }
        _ => None,
    })
}

/// What an expectation lacks; `None` if it holds.
fn difference(trace: &Trace<'_>, expectation: &Expectation) -> Option<String> {
    let Some(range) = trace.range(&expectation.window) else {
        return Some(String::from("the beginning of its window never happens"));
    };
    match &expectation.kind {
        Kind::Order(first, then) => events::order(trace, &range, first, then),
        Kind::Together(one, other) => events::together(trace, &range, one, other),
        Kind::Starts(container) => events::starts(trace, &range, container),
        Kind::Exits(container) => events::exits(trace, &range, container),
        Kind::NeverStarts(container) => events::never_starts(trace, &range, container),
        Kind::Restarts { container, bounds } => events::restarts(trace, &range, container, *bounds),
        Kind::Exit { container, run, exit_code, reason } => events::exit(trace, &range, container, *run, (*exit_code, reason.as_deref())),
        Kind::Count { event, result, bounds } => events::count(trace, &range, event, *result, *bounds),
        Kind::Sandboxes(bounds) => events::sandboxes(trace, &range, *bounds),
        Kind::Phase { when, phases } => published::phase(trace, &range, *when, phases),
        Kind::Published { subject, pattern, when } => published::fits(trace, &range, *subject, pattern, *when),
        Kind::ConditionOrder(conditions) => published::condition_order(trace, &range, conditions),
        Kind::Monotonic(container) => published::monotonic(trace, &range, container),
        Kind::TerminalPhaseSticks => published::terminal_phase_sticks(trace, &range),
        Kind::TerminatedStateSticks(container) => published::terminated_state_sticks(trace, &range, container),
        Kind::Interval { from, to, min, max } => interval(trace.time(from), trace.time(to), *min, *max),
        Kind::Removed(gone) => removed(trace, &range, *gone),
        Kind::K8sEvent => None,
    }
}

fn interval(from: Option<Span>, to: Option<Span>, min: Option<Span>, max: Option<Span>) -> Option<String> {
    let (Some(from), Some(to)) = (from, to) else {
        return Some(format!("interval: its {} never happens", if from.is_none() { "beginning" } else { "end" }));
    };
    let length = to - from;
    let holds = min.is_none_or(|min| min <= length) && max.is_none_or(|max| length <= max);
    let bound = |bound: Option<Span>| bound.map_or_else(|| String::from("any"), seconds);
    (!holds).then(|| {
        let (min, max) = (bound(min), bound(max));
        format!("interval: expected {min} to {max}, was {} (from {} to {})", seconds(length), seconds(from), seconds(to))
    })
}

fn removed(trace: &Trace<'_>, range: &Range, gone: bool) -> Option<String> {
    let Some(removal) = trace.removed else {
        return gone.then(|| String::from("removed: the object is still there at the end"));
    };
    let at = seconds(trace.at(removal));
    let in_time = range.is_up_to(trace, removal, true);
    match gone {
        true if !in_time => Some(format!("removed: the object is gone only at {at}, after the window")),
        true if !range.is_after_beginning(trace, removal) => {
            Some(format!("removed: the object is gone at {at} already, before the window"))
        }
        false if in_time => Some(format!("removed: expected to be still there, gone at {at}")),
        _ => None,
    }
}

fn seconds(span: Span) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests;
