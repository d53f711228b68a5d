//! Judge of replays: whether a model publishes what a real cluster did, in the same order and at about the same time, and asks
//! for the starts that the cluster made.

mod fit;
mod projection;

pub use projection::{Shown, published};

use super::expect;
use super::pass::Compare;
use super::record::Record;
use super::scenario::{ObservedEntry, Scenario, TimeRule};
use crate::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How much earlier than observed a state may be published, unless the entry says so.
const EARLY: Span = Span::from_millis(1500);
/// How much later than observed a state may be published, and than it was made a start asked for.
const LATE: Span = Span::from_millis(1500);
/// How long before the observation an entry that only must be in effect may have been left.
const EFFECT: Span = Span::from_secs(3);
/// How much before it is due a restart may be asked for; and so long before the end it is passed over.
const DUE: Span = Span::from_secs(1);
/// Times of the files are decimal.
const ROUNDING: Span = Span::from_nanos(1_000);

/// The differences between the recording and the record of a model, for humans; empty if the model does the same.
///
/// The model is taken to have its own probe phase: what follows from a probe may come a period earlier or later.
pub fn differences(replay: &Scenario, record: &Record, what: Compare) -> Vec<String> {
    let mut differences: Vec<String> = expect::unreached(record).collect();
    differences.extend(compare(replay, &published(record), &record.starts_asked(), what));
    differences
}

/// Compares what a model showed, neighbours being different, and when it first asked for the start of each run.
pub fn compare(replay: &Scenario, shown: &[Shown], asked: &BTreeMap<String, Vec<Span>>, what: Compare) -> Vec<String> {
    let mut differences = states(replay, shown, what);
    differences.extend(ending(replay, shown));
    let containers: BTreeSet<&String> = asked.keys().chain(replay.starts.keys()).collect();
    for container in containers {
        let asked = asked.get(container).map_or(&[][..], Vec::as_slice);
        match what {
            Compare::Times => starts(replay, container, asked, &mut differences),
            Compare::Order => differences.extend(number_of_starts(replay, container, asked.len())),
        }
    }
    differences
}

/// The required entries, found in what the model showed in the same order.
fn states(replay: &Scenario, shown: &[Shown], what: Compare) -> Vec<String> {
    let mut differences = Vec::new();
    let mut next = 0;
    for (index, entry) in replay.observed.iter().enumerate().filter(|(_, entry)| is_required(entry)) {
        let is_end = index + 1 == replay.observed.len() && !replay.open;
        match find(replay, (entry, is_end), shown, next, what) {
            Ok(found) => next = found + 1,
            Err(why) => {
                let nearest = fit::nearest(entry, &shown[next..]);
                differences.push(format!("observed[{index}] at {}: {why}: {}{nearest}", seconds(entry.t), fit::line(&entry.seen)));
            }
        }
    }
    differences
}

/// Where the model shows this entry, which may be the end, at its time, from `next` on; else why not.
fn find(replay: &Scenario, (entry, is_end): (&ObservedEntry, bool), shown: &[Shown], next: usize, what: Compare) -> Result<usize, String> {
    let window = Window::of(entry);
    let rule = if what == Compare::Order { TimeRule::Any } else { entry.time };
    let mut why = None;
    for (index, state) in shown.iter().enumerate().skip(next).filter(|(_, state)| fit::equal(&state.seen, &entry.seen)) {
        let left = shown.get(index + 1).map_or(Span::MAX, |following| following.at);
        if !window.admits(rule, state.at, left) {
            why.get_or_insert_with(|| format!("published at {}", seconds(state.at)));
            continue;
        }
        let (later, equal) = (&shown[index + 1..], |state: &Shown| fit::equal(&state.seen, &entry.seen));
        if is_end && later.last().is_some_and(equal) && !later.iter().all(equal) {
            why.get_or_insert_with(|| format!("left and entered again before {}", seconds(replay.run_until)));
            continue;
        }
        return Ok(index);
    }
    Err(why.unwrap_or_else(|| String::from("never published in this order")))
}

/// When an entry may be published.
struct Window {
    from: Span,
    to: Span,
}

impl Window {
    fn of(entry: &ObservedEntry) -> Self {
        let phase = entry.probe.unwrap_or_default();
        let tol = entry.tol.unwrap_or(EARLY);
        let early = if entry.time == TimeRule::InEffect { tol.max(EFFECT) } else { tol };
        Self { from: entry.t - early - phase, to: entry.t + LATE + phase }
    }

    fn admits(&self, rule: TimeRule, entered: Span, left: Span) -> bool {
        match rule {
            TimeRule::Any => true,
            TimeRule::InEffect => entered <= self.to && left >= self.from,
            TimeRule::Published => self.from - ROUNDING <= entered && entered <= self.to + ROUNDING,
        }
    }
}

fn is_required(entry: &ObservedEntry) -> bool {
    entry.artefact.is_none() && !entry.brief
}

/// The last entry is what the model shows at the end, but for why exactly a container is down.
fn ending(replay: &Scenario, shown: &[Shown]) -> Option<String> {
    let end = replay.observed.last().filter(|entry| is_required(entry) && !replay.open)?;
    let Some(last) = shown.last() else { return Some(format!("observed[{}]: the model shows nothing", replay.observed.len() - 1)) };
    if fit::equal(&last.seen, &end.seen) || fit::settled(&last.seen, &end.seen) {
        return None;
    }
    let index = replay.observed.len() - 1;
    let (expected, nearest) = (fit::line(&end.seen), fit::nearest(end, core::slice::from_ref(last)));
    Some(format!("observed[{index}]: the model ends in another state: {expected}{nearest}"))
}

/// The starts asked for, against those that the cluster made and the earliest times that the restart rules allow.
fn starts(replay: &Scenario, container: &String, asked: &[Span], differences: &mut Vec<String>) {
    let phase = replay.observed.iter().filter_map(|entry| entry.probe).max().unwrap_or_default();
    let made = replay.starts.get(container).map_or(&[][..], Vec::as_slice);
    for (index, start) in made.iter().enumerate() {
        let run = index + 1;
        let why = match asked.get(index) {
            None => format!("never asked for; it started at {}", seconds(start.at)),
            Some(at) if *at < start.due.unwrap_or_default() - DUE - phase => {
                format!("asked for too early, at {}; it is due at {}", seconds(*at), seconds(start.due.unwrap_or_default()))
            }
            Some(at) if *at > start.at + LATE + phase => {
                format!("asked for too late, at {}; it started at {}", seconds(*at), seconds(start.at))
            }
            Some(_) => continue,
        };
        differences.push(format!("starts.{container}: run {run} is {why}"));
    }
    if replay.never_started.contains(container) {
        return;
    }
    for (index, at) in asked.iter().enumerate().skip(made.len()).filter(|(_, at)| **at < replay.run_until - DUE) {
        let (run, at) = (index + 1, seconds(*at));
        differences.push(format!("starts.{container}: run {run} is asked for at {at}; it was never started in reality"));
    }
}

/// The runs whose start was asked for, against those that the cluster made: one more may wait for its turn at the end.
fn number_of_starts(replay: &Scenario, container: &String, asked: usize) -> Option<String> {
    let made = replay.starts.get(container).map_or(0, Vec::len);
    let most = if replay.never_started.contains(container) { usize::MAX } else { made + 1 };
    let holds = made <= asked && asked <= most;
    (!holds).then(|| format!("starts.{container}: {asked} runs are asked for; {made} were made in reality"))
}

fn seconds(span: Span) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests;
