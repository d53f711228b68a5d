//! Expectations about what the containers do.

use super::seconds;
use super::window::{Range, Trace};
use crate::conformance::record::What;
use crate::conformance::scenario::{Activity, Bounds, Event, EventName, Hook, ProbeOutcome, ProcessEvent};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(super) fn order(trace: &Trace<'_>, range: &Range, first: &Event, then: &Event) -> Option<String> {
    let Some(begin) = trace.events(range, first).next() else {
        return Some(format!("order: {first} never happens"));
    };
    if trace.events(range, then).any(|index| index > begin) {
        return None;
    }
    let at = seconds(trace.at(begin));
    Some(match trace.events(range, then).last() {
        None => format!("order: {then} never happens; {first} is at {at}"),
        Some(last) => format!("order: {then} is last at {}, not later than {first} at {at}", seconds(trace.at(last))),
    })
}

pub(super) fn together(trace: &Trace<'_>, range: &Range, one: &Activity, other: &Activity) -> Option<String> {
    let (ones, others) = (activities(trace, one), activities(trace, other));
    let overlap = |(one, other): (&(usize, usize), &(usize, usize))| {
        let (begin, end) = (one.0.max(other.0), one.1.min(other.1));
        begin < end && range.is_up_to(trace, begin, false) && (end == trace.len() || range.is_after_beginning(trace, end))
    };
    let met = ones.iter().any(|one| others.iter().any(|other| overlap((one, other))));
    let times = |all: &[(usize, usize)]| all.iter().map(|(begin, _)| seconds(trace.at(*begin))).collect::<Vec<_>>().join(", ");
    (!met).then(|| format!("together: {one} (from {}) and {other} (from {}) never overlap", times(&ones), times(&others)))
}

/// The positions of begin and end of each activity; one without end goes on to the end of the trace.
fn activities(trace: &Trace<'_>, activity: &Activity) -> Vec<(usize, usize)> {
    let (container, begins, ends) = match activity {
        Activity::Run(container) => (container, EventName::Process(ProcessEvent::Started), EventName::Process(ProcessEvent::Ended)),
        Activity::Hook { container, hook } => {
            (container, EventName::Hook { hook: *hook, begin: true }, EventName::Hook { hook: *hook, begin: false })
        }
    };
    let mut found = Vec::new();
    let mut begun = None;
    for (index, what) in trace.entries() {
        match what.event() {
            Some((of, _, event)) if of == container && event == begins => begun = Some(index),
            Some((of, _, event)) if of == container && event == ends => found.extend(begun.take().map(|begin| (begin, index))),
            _ => {}
        }
    }
    found.extend(begun.map(|begin| (begin, trace.len())));
    found
}

pub(super) fn starts(trace: &Trace<'_>, range: &Range, container: &str) -> Option<String> {
    let started = process(container, ProcessEvent::Started);
    trace.events(range, &started).next().is_none().then(|| format!("starts: {started} never happens"))
}

pub(super) fn exits(trace: &Trace<'_>, range: &Range, container: &str) -> Option<String> {
    let exiting = process(container, ProcessEvent::Exiting);
    trace.events(range, &exiting).next().is_none().then(|| format!("exits: {exiting} never happens"))
}

pub(super) fn never_starts(trace: &Trace<'_>, range: &Range, container: &str) -> Option<String> {
    let started = process(container, ProcessEvent::Started);
    let index = trace.events(range, &started).next()?;
    Some(format!("neverStarts: {started} happens at {}", seconds(trace.at(index))))
}

pub(super) fn restarts(trace: &Trace<'_>, range: &Range, container: &str, bounds: Bounds) -> Option<String> {
    let happened = |event| trace.entries().filter(move |(_, what)| is_process(what, container, event));
    if happened(ProcessEvent::Started).next().is_none() {
        return Some(format!("restarts: `{container}` never started"));
    }
    let number = happened(ProcessEvent::Starting).skip(1).filter(|(index, _)| range.contains(trace, *index)).count();
    (!bounds.hold(number)).then(|| format!("restarts: expected {bounds} restarts of `{container}`, seen {number}"))
}

pub(super) fn exit(
    trace: &Trace<'_>,
    range: &Range,
    container: &str,
    run: Option<u32>,
    (code, reason): (i32, Option<&str>),
) -> Option<String> {
    let ended = Event { run, ..process(container, ProcessEvent::Ended) };
    let Some(last) = trace.events(range, &ended).last() else {
        return Some(format!("exit: {ended} never happens"));
    };
    let seen = trace.entries().nth(last).and_then(|(_, what)| match what {
        What::Process { exit: Some((code, reason)), .. } => Some((*code, reason.as_str())),
        _ => None,
    });
    let holds = seen.is_some_and(|seen| seen.0 == code && reason.is_none_or(|reason| reason == seen.1));
    (!holds).then(|| {
        let seen = seen.map_or_else(|| String::from("an end without exit code"), |(code, reason)| format!("{code} {reason}"));
        format!("exit: expected {ended} with {code} {}, seen {seen} at {}", reason.unwrap_or_default(), seconds(trace.at(last)))
    })
}

pub(super) fn count(trace: &Trace<'_>, range: &Range, event: &Event, result: Option<ProbeOutcome>, bounds: Bounds) -> Option<String> {
    let fits = |index: &usize| {
        let Some(wanted) = result else { return true };
        trace.entries().nth(*index).is_some_and(|(_, what)| matches!(what, What::Probe { result, .. } if *result == wanted))
    };
    let number = trace.events(range, event).filter(fits).count();
    let result = result.map_or("", ProbeOutcome::as_str);
    (!bounds.hold(number)).then(|| format!("count: expected {bounds} times {event} {result}, seen {number}"))
}

pub(super) fn sandboxes(trace: &Trace<'_>, range: &Range, bounds: Bounds) -> Option<String> {
    let number = trace.entries().filter(|(index, what)| **what == What::SandboxStarted && range.contains(trace, *index)).count();
    (!bounds.hold(number)).then(|| format!("sandboxes: expected {bounds}, seen {number}"))
}

fn process(container: &str, event: ProcessEvent) -> Event {
    Event { container: container.into(), event: EventName::Process(event), run: None }
}

fn is_process(what: &What, container: &str, event: ProcessEvent) -> bool {
    what.event().is_some_and(|(of, _, name)| of == container && name == EventName::Process(event))
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.container, self.event.as_str())?;
        self.run.map_or(Ok(()), |run| write!(f, " of run {run}"))
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(container) => write!(f, "`{container}`"),
            Self::Hook { container, hook } => write!(f, "{} of `{container}`", Hook::as_str(*hook)),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => write!(f, "{min}"),
            (Some(min), Some(max)) => write!(f, "{min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("any number of"),
        }
    }
}
