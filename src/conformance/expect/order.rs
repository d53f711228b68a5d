//! What an expectation says of order and counts alone.

use crate::conformance::scenario::{Anchor, Bounds, Expectation, Hold, Kind, Moment, Window};
use crate::time::Span;

/// The part of an expectation that does not depend on how long anything takes; `None` if there is none.
///
/// A limit that is a time is no limit: what happens somewhere in a window happens in a longer one, too. What must hold in all of a window,
/// or at most so often, cannot be said of a longer one.
pub(super) fn of(expectation: &Expectation) -> Option<Expectation> {
    let Expectation { kind, window, basis } = expectation;
    let timed = [&window.from, &window.to].into_iter().flatten().any(is_time);
    let kind = match kind {
        Kind::Interval { from, to, min, max } if !is_at(from) && !is_at(to) => {
            Kind::Interval { from: from.clone(), to: to.clone(), min: min.and_then(not_before), max: max.and_then(not_after) }
        }
        Kind::Interval { .. } => return None,
        _ if !timed => return Some(expectation.clone()),
        Kind::Restarts { container, bounds } => Kind::Restarts { container: container.clone(), bounds: at_least(*bounds)? },
        Kind::Count { event, result, bounds } => Kind::Count { event: event.clone(), result: *result, bounds: at_least(*bounds)? },
        Kind::Sandboxes(bounds) => Kind::Sandboxes(at_least(*bounds)?),
        Kind::Phase { when: Hold::Eventually, .. } | Kind::Published { when: Hold::Eventually, .. } => kind.clone(),
        Kind::Order(..) | Kind::Together(..) | Kind::Starts(_) | Kind::Exits(_) | Kind::Exit { run: Some(_), .. } | Kind::Removed(true) => {
            kind.clone()
        }
        _ => return None,
    };
    let without_time = |limit: &Option<Moment>| limit.clone().filter(|moment| !is_time(moment));
    let window = Window { from: without_time(&window.from), to: without_time(&window.to) };
    Some(Expectation { kind, window, basis: *basis })
}

/// Whether the moment is a time, not an entry of the trace.
const fn is_time(moment: &Moment) -> bool {
    moment.plus.is_some() || is_at(moment)
}

const fn is_at(moment: &Moment) -> bool {
    matches!(moment.anchor, Anchor::At(_))
}

/// A least length says that the end is not before the beginning.
fn not_before(min: Span) -> Option<Span> {
    (min >= Span::ZERO).then_some(Span::ZERO)
}

/// A negative greatest length says that the end is not after the beginning.
fn not_after(max: Span) -> Option<Span> {
    (max <= Span::ZERO).then_some(Span::ZERO)
}

/// The lower bound, if there is one.
fn at_least(bounds: Bounds) -> Option<Bounds> {
    bounds.min.map(|min| Bounds { min: Some(min), max: None })
}
