//! Positions and times: the part of a trace that an expectation is about.

use crate::api;
use crate::conformance::record::{Record, What};
use crate::conformance::scenario::{Anchor, Event, Moment, Window};
use crate::time::Span;
use alloc::vec::Vec;
use core::cell::OnceCell;
use serde_json::Value;

/// A record, with the published states picked out.
pub(super) struct Trace<'a> {
    record: &'a Record,
    /// Position at which the object goes.
    pub(super) removed: Option<usize>,
    states: Vec<State<'a>>,
}

/// A published object.
pub(super) struct State<'a> {
    /// Its position in the trace.
    index: usize,
    /// When it was published.
    pub(super) at: Span,
    /// It.
    pub(super) pod: &'a api::Pod,
    json: OnceCell<Value>,
}

impl State<'_> {
    /// It, as JSON.
    pub(super) fn json(&self) -> &Value {
        self.json.get_or_init(|| serde_json::to_value(self.pod).unwrap_or_default())
    }
}

/// A beginning or an end.
#[derive(Clone, Copy)]
enum Bound {
    None,
    /// An entry of the trace.
    Position(usize),
    Time(Span),
}

/// A window, found in a trace.
pub(super) struct Range {
    from: Bound,
    to: Bound,
}

impl<'a> Trace<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        let entries = &record.entries;
        let removed = entries.iter().position(|entry| entry.what == What::Removed);
        // What is published after the removal does not count.
        let counting = &entries[..removed.unwrap_or(entries.len())];
        let states = counting.iter().enumerate().filter_map(|(index, entry)| match &entry.what {
            What::Published(pod) => Some(State { index, at: entry.at, pod, json: OnceCell::new() }),
            _ => None,
        });
        Self { record, removed, states: states.collect() }
    }

    /// When this entry was written.
    pub(super) fn at(&self, index: usize) -> Span {
        self.record.entries[index].at
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.record.entries.len()
    }

    /// The entries with their positions.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, &'a What)> {
        self.record.entries.iter().map(|entry| &entry.what).enumerate()
    }

    /// Positions of an event in the window.
    pub(super) fn events(&self, range: &Range, event: &Event) -> impl Iterator<Item = usize> {
        self.entries().filter(|(index, what)| range.contains(self, *index) && is_event(what, event)).map(|(index, _)| index)
    }

    /// The window; `None` if its beginning never happens.
    pub(super) fn range(&self, window: &Window) -> Option<Range> {
        let from = match &window.from {
            None => Bound::None,
            Some(moment) => self.bound(moment)?,
        };
        // An end that never happens is that of the trace.
        let to = window.to.as_ref().and_then(|moment| self.bound(moment)).unwrap_or(Bound::None);
        Some(Range { from, to })
    }

    /// When the moment is; `None` if it never happens.
    pub(super) fn time(&self, moment: &Moment) -> Option<Span> {
        Some(match self.bound(moment)? {
            Bound::None => return None,
            Bound::Position(index) => self.at(index),
            Bound::Time(at) => at,
        })
    }

    fn bound(&self, moment: &Moment) -> Option<Bound> {
        let plus = moment.plus.unwrap_or_default();
        if let Anchor::At(at) = moment.anchor {
            return Some(Bound::Time(at + plus));
        }
        let index = self.position(&moment.anchor)?;
        Some(if moment.plus.is_some() { Bound::Time(self.at(index) + plus) } else { Bound::Position(index) })
    }

    fn position(&self, anchor: &Anchor) -> Option<usize> {
        match anchor {
            Anchor::At(_) => None,
            Anchor::Step(step) => self.find(|what| matches!(what, What::Step { index } if index == step)),
            Anchor::Event(event) => self.find(|what| is_event(what, event)),
            Anchor::When(when) => self.states.iter().find(|state| when.fits(&state.pod.status)).map(|state| state.index),
            Anchor::Removed => self.removed,
        }
    }

    fn find(&self, fits: impl Fn(&What) -> bool) -> Option<usize> {
        self.record.entries.iter().position(|entry| fits(&entry.what))
    }

    /// The published states of the window, the one in effect at its beginning first; `with_end`: those at its end, too.
    pub(super) fn states(&self, range: &Range, with_end: bool) -> impl Iterator<Item = &State<'a>> {
        let begun = range.begins_before_removal(self);
        let later = self
            .states
            .iter()
            .filter(move |state| range.is_after_beginning(self, state.index) && range.is_up_to(self, state.index, with_end));
        self.states.iter().rfind(|state| begun && !range.is_after_beginning(self, state.index)).into_iter().chain(later)
    }

    /// The published state in effect at the beginning of the window, all entries of that instant included.
    pub(super) fn state_at_beginning(&self, range: &Range) -> Option<&State<'a>> {
        let instant = match range.from {
            Bound::None => Span::ZERO,
            Bound::Position(index) => self.at(index),
            Bound::Time(at) => at,
        };
        let gone = self.removed.is_some_and(|removal| self.at(removal) <= instant);
        self.states.iter().rfind(|state| !gone && state.at <= instant)
    }
}

impl Range {
    /// Whether an entry is in the window, the end excluded.
    pub(super) fn contains(&self, trace: &Trace<'_>, index: usize) -> bool {
        self.is_after_beginning(trace, index) && self.is_up_to(trace, index, false)
    }

    /// Whether an entry is after the beginning of the window; one at the very position or time of it is not.
    pub(super) fn is_after_beginning(&self, trace: &Trace<'_>, index: usize) -> bool {
        match self.from {
            Bound::None => true,
            Bound::Position(from) => index > from,
            Bound::Time(from) => trace.at(index) > from,
        }
    }

    /// Whether an entry is before the end of the window, or with `inclusive` at it.
    pub(super) fn is_up_to(&self, trace: &Trace<'_>, index: usize, inclusive: bool) -> bool {
        match self.to {
            Bound::None => true,
            Bound::Position(to) => index < to || (inclusive && index == to),
            Bound::Time(to) => trace.at(index) < to || (inclusive && trace.at(index) == to),
        }
    }

    /// Whether the object is still there when the window begins: then the state in effect belongs to it.
    fn begins_before_removal(&self, trace: &Trace<'_>) -> bool {
        trace.removed.is_none_or(|removal| self.is_after_beginning(trace, removal))
    }
}

fn is_event(what: &What, event: &Event) -> bool {
    what.event().is_some_and(|(container, run, name)| {
        container == event.container && name == event.event && event.run.is_none_or(|wanted| wanted == run)
    })
}
