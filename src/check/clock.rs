//! When a version was written.

use crate::api;
use crate::time::{Span, Time};

/// When a version was written, as far as the stream tells: not before the one, not after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) earliest: Time,
    pub(super) latest: Time,
}

impl Moment {
    /// API times are whole seconds, and clocks differ a little.
    pub(super) const SLACK: Span = Span::from_secs(1);

    /// How long ago another moment was, at the least.
    pub(super) fn at_least_since(self, before: Self) -> Span {
        self.earliest - before.latest
    }
}

/// The clock of the recorder of one Pod's stream, learnt from the stream itself.
///
/// A recording's `t` counts from a beginning that it does not tell. A Pod that was seen coming tells it within a second, its creation
/// time being whole seconds; of another one each time in an object is a lower bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Where `t` is 0: not before the one, not after the other.
    beginning: Option<Moment>,
}

/// How far behind the newest time in an object its write may be.
const DELAY: Span = Span::from_secs(2);

impl Clock {
    pub(super) const NEW: Self = Self { beginning: None };

    /// When this version was written; none if nothing tells.
    ///
    /// `t`, where there is one; else the newest time in managedFields, which is the time of the write in whole seconds; else the newest time in
    /// the object, with two seconds of slack.
    pub(super) fn read(&mut self, t: Option<f64>, created: bool, pod: &api::Pod) -> Option<Moment> {
        if let Some(t) = t.filter(|t| t.is_finite()) {
            return self.by_recorder(Span::from_secs_f64(t), created, pod);
        }
        if let Some(written) = pod.metadata.managed_fields.iter().filter_map(|entry| entry.time).max() {
            return Some(Moment { earliest: written, latest: written + Moment::SLACK });
        }
        newest(pod).map(|newest| Moment { earliest: newest, latest: newest + DELAY })
    }

    /// `created`: the version is that of the Pod's creation.
    fn by_recorder(&mut self, t: Span, created: bool, pod: &api::Pod) -> Option<Moment> {
        if created && let Some(creation) = pod.metadata.creation_timestamp {
            self.beginning = Some(Moment { earliest: creation - t, latest: creation + Moment::SLACK - t });
        } else if let Some(newest) = newest(pod) {
            let earliest = newest - t;
            self.beginning = Some(match self.beginning {
                // What lies behind the latest is a wrong time, not a late beginning.
                Some(known) if earliest > known.latest => known,
                Some(known) => Moment { earliest: known.earliest.max(earliest), ..known },
                None => Moment { earliest, latest: earliest + DELAY },
            });
        }
        self.beginning.map(|beginning| Moment { earliest: beginning.earliest + t, latest: beginning.latest + t })
    }
}

/// The newest time in an object, but for its deletion timestamp, which lies ahead.
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
    times.chain(conditions).chain([pod.metadata.creation_timestamp, status.start_time]).flatten().max()
}
