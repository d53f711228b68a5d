//! When a version was written.

use crate::api;
use crate::time::{Span, Time};

/// When a version was written, as far as the stream tells: not before the one, not after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) earliest: Time,
    pub(super) latest: Time,
    /// By the recorder's clock, which has a beginning of its own.
    pub(super) t: Option<Span>,
}

impl Moment {
    /// API times are whole seconds, and clocks differ a little.
    pub(super) const SLACK: Span = Span::from_secs(1);

    /// The moment itself, if it is known exactly.
    pub(super) const fn exactly(at: Time) -> Self {
        Self { earliest: at, latest: at, t: None }
    }

    /// How long ago another moment was, at the least.
    pub(super) fn at_least_since(self, before: Self) -> Span {
        match (before.t, self.t) {
            (Some(before), Some(now)) => now - before,
            _ => self.earliest - before.latest,
        }
    }
}

/// When the versions of one Pod were written, learnt from the stream itself.
///
/// A recording's `t` counts from a beginning that it does not tell. A Pod that was seen coming tells it within a second, its creation
/// time being whole seconds. Else each time in an object is a lower bound, and one that is new with a version an upper bound, too: it is
/// not long before the write. Writes that bring no new time may come at any time later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Where `t` is 0, and whether a creation told it.
    beginning: Option<(Moment, bool)>,
    /// The newest time in all versions so far.
    newest: Option<Time>,
}

/// How far the newest time in an object may lie before its write.
const DELAY: Span = Span::from_secs(2);

impl Clock {
    pub(super) const NEW: Self = Self { beginning: None, newest: None };

    /// When this version was written; none if nothing tells. `created`: it is the version of the Pod's creation.
    ///
    /// `t`, where there is one; else the newest time in managedFields, which is that of the write in whole seconds; else the newest time in
    /// the object, with two seconds of slack.
    pub(super) fn read(&mut self, t: Option<f64>, created: bool, pod: &api::Pod) -> Option<Moment> {
        let managed = pod.metadata.managed_fields.iter().filter_map(|entry| entry.time).max();
        let newest = newest(pod).max(managed);
        let is_news = created || (self.newest.is_some() && newest > self.newest);
        self.newest = self.newest.max(newest);
        let delay = if created || managed.is_some() { Moment::SLACK } else { DELAY };
        let by_object = newest.map(|earliest| Moment { earliest, latest: if is_news { earliest + delay } else { Time::MAX }, t: None });
        match t.filter(|t| t.is_finite()) {
            Some(t) => self.by_recorder(Span::from_secs_f64(t), created, by_object),
            None => by_object,
        }
    }

    /// When the recorder says, if the beginning of its clock is known.
    fn by_recorder(&mut self, t: Span, created: bool, by_object: Option<Moment>) -> Option<Moment> {
        let latest = |latest| if latest == Time::MAX { latest } else { latest - t };
        let before = |told: Moment| Moment { earliest: told.earliest - t, latest: latest(told.latest), t: None };
        self.beginning = match (self.beginning, by_object.map(before)) {
            (known, None) => known,
            (None, Some(told)) => Some((told, created)),
            // A creation is not to be doubted: what does not fit is a wrong time.
            (Some((known, true)), Some(told)) if told.earliest > known.latest => Some((known, true)),
            (Some((known, true)), Some(told)) => Some((Moment { earliest: known.earliest.max(told.earliest), ..known }, true)),
            (Some((known, false)), Some(told)) => {
                let earliest = known.earliest.max(told.earliest);
                Some((Moment { earliest, latest: known.latest.min(told.latest).max(earliest), t: None }, false))
            }
        };
        self.beginning.map(|(beginning, _)| Moment { earliest: beginning.earliest + t, latest: beginning.latest + t, t: Some(t) })
    }
}

/// The newest time in an object. Of a deletion it is that of the request: its timestamp lies ahead.
pub(super) fn newest(pod: &api::Pod) -> Option<Time> {
    let status = &pod.status;
    let states = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses]
        .into_iter()
        .flatten()
        .flat_map(|container| [&container.state, &container.last_state]);
    let times = states.flat_map(|state| {
        let end = state.terminated.as_ref();
        [state.running.as_ref().and_then(|running| running.started_at), end.and_then(|end| end.finished_at)]
    });
    let conditions = status.conditions.iter().map(|condition| condition.last_transition_time);
    let meta = &pod.metadata;
    let grace = Span::from_secs(meta.deletion_grace_period_seconds.unwrap_or_default());
    let deletion = meta.deletion_timestamp.map(|due| due - grace);
    times.chain(conditions).chain([meta.creation_timestamp, status.start_time, deletion]).flatten().max()
}
