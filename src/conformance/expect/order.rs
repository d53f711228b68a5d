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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// What is left of an expectation.
    fn left(expectation: Value) -> Option<Expectation> {
        of(&serde_json::from_value(expectation).unwrap())
    }

    #[test]
    fn what_must_happen_may_happen_later() {
        let entry = json!({"from": {"step": 0}, "to": {"step": 1, "plus": 5}});
        let eventually = left(json!({"phase": {"eventually": "Failed"}, "window": entry})).unwrap();
        assert!(eventually.window.from.is_some() && eventually.window.to.is_none());
        let restarts = left(json!({"restarts": {"container": "a", "min": 2, "max": 3}, "window": {"to": {"at": 30}}})).unwrap();
        assert_eq!(restarts.kind, Kind::Restarts { container: "a".into(), bounds: Bounds { min: Some(2), max: None } });
    }

    #[test]
    fn what_must_hold_for_a_time_cannot_be_asked() {
        let limit = json!({"to": {"at": 30}});
        assert_eq!(left(json!({"phase": {"always": "Running"}, "window": limit})), None);
        assert_eq!(left(json!({"restarts": {"container": "a", "max": 3}, "window": limit})), None);
        assert_eq!(left(json!({"neverStarts": "a", "window": limit})), None);
        assert_eq!(left(json!({"interval": {"from": {"at": 1}, "to": {"step": 0}, "max": 3}})), None);
        let between = json!({"neverStarts": "a", "window": {"from": {"step": 0}, "to": {"removed": true}}});
        assert_eq!(left(between.clone()), Some(serde_json::from_value(between).unwrap()), "entries are no times");
    }

    #[test]
    fn of_an_interval_its_direction_is_left() {
        let interval = |min: i64, max: i64| json!({"interval": {"from": {"step": 0}, "to": {"step": 1}, "min": min, "max": max}});
        let bounds = |expectation: Value| match left(expectation).unwrap().kind {
            Kind::Interval { min, max, .. } => (min, max),
            other => panic!("{other:?}"),
        };
        assert_eq!(bounds(interval(3, 5)), (Some(Span::ZERO), None));
        assert_eq!(bounds(interval(-3, -1)), (None, Some(Span::ZERO)));
    }
}
