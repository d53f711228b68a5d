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
/// time being whole seconds; of another one each time in an object is a lower bound, and the first one that comes new with a version is
/// about that of its write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Where `t` is 0: not before the one, not after the other.
    beginning: Option<Moment>,
    /// The newest time that was in an object.
    newest: Option<Time>,
    /// A version has brought a time that was new. Before that, the Pod may have been as it is for days, even as created.
    set: bool,
}

/// How far behind the newest time in an object its write may be.
const DELAY: Span = Span::from_secs(2);

impl Clock {
    pub(super) const NEW: Self = Self { beginning: None, newest: None, set: false };

    /// When this version was written; none if nothing tells.
    ///
    /// `t`, where there is one; else the newest time in managedFields, which is the time of the write in whole seconds; else the newest time in
    /// the object, with two seconds of slack. `created`: the version may be that of the Pod's creation.
    pub(super) fn read(&mut self, t: Option<f64>, created: bool, pod: &api::Pod) -> Option<Moment> {
        if let Some(t) = t.filter(|t| t.is_finite()) {
            return self.by_recorder(Span::from_secs_f64(t), created, pod);
        }
        if let Some(written) = pod.metadata.managed_fields.iter().filter_map(|entry| entry.time).max() {
            return Some(Moment { earliest: written, latest: written + Moment::SLACK });
        }
        newest(pod).map(|newest| Moment { earliest: newest, latest: newest + DELAY })
    }

    fn by_recorder(&mut self, t: Span, created: bool, pod: &api::Pod) -> Option<Moment> {
        if let Some(newest) = newest(pod) {
            self.learn(t, created, newest);
        }
        self.beginning.map(|beginning| Moment { earliest: beginning.earliest + t, latest: beginning.latest + t })
    }

    fn learn(&mut self, t: Span, created: bool, newest: Time) {
        let earliest = newest - t;
        let from_here = |within| Moment { earliest, latest: earliest + within };
        let Some(known) = self.beginning else {
            // As it is created, the creation is the only time in it.
            self.beginning = Some(from_here(if created { Moment::SLACK } else { DELAY }));
            self.newest = Some(newest);
            return;
        };
        let is_news = self.newest.is_some_and(|before| before < newest);
        if earliest <= known.latest {
            self.beginning = Some(Moment { earliest: known.earliest.max(earliest), ..known });
        } else if is_news && !self.set {
            self.beginning = Some(from_here(DELAY));
        } else {
            // It lies ahead of the write: a wrong time, not a late beginning.
            return;
        }
        self.set |= is_news;
        self.newest = self.newest.max(Some(newest));
    }
}

/// The newest time in an object, but for its deletion timestamp, which lies ahead.
fn newest(pod: &api::Pod) -> Option<Time> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CREATED: i64 = 1_767_225_600;

    fn pod(status: &Value) -> api::Pod {
        let metadata = json!({"creationTimestamp": Time::from_secs(CREATED)});
        serde_json::from_value(json!({"metadata": metadata, "status": status})).unwrap()
    }

    /// A Pod whose kubelet took note of it so many seconds after its creation.
    fn taken(seconds: i64) -> api::Pod {
        pod(&json!({"startTime": Time::from_secs(CREATED + seconds)}))
    }

    /// The bounds in milliseconds after the creation.
    fn millis(moment: Option<Moment>) -> (i64, i64) {
        let since = |time: Time| (time - Time::from_secs(CREATED)).nanos() / 1_000_000;
        moment.map(|moment| (since(moment.earliest), since(moment.latest))).unwrap()
    }

    #[test]
    fn a_creation_tells_the_time_within_a_second() {
        let mut clock = Clock::NEW;
        assert_eq!(millis(clock.read(Some(0.5), true, &pod(&json!({})))), (0, 1000));
        assert_eq!(millis(clock.read(Some(2.5), false, &taken(1))), (2000, 3000));
        // The kubelet's second has begun, so that the first one began later.
        assert_eq!(millis(clock.read(Some(2.75), false, &taken(3))), (3000, 3250));
        assert_eq!(millis(clock.read(Some(3.75), false, &taken(3))), (4000, 4250));
    }

    #[test]
    fn a_time_that_lies_ahead_does_not_move_the_clock() {
        let mut clock = Clock::NEW;
        clock.read(Some(0.0), true, &pod(&json!({})));
        clock.read(Some(1.0), false, &taken(1));
        assert_eq!(millis(clock.read(Some(2.0), false, &taken(3600))), (2000, 3000));
        assert_eq!(millis(clock.read(Some(3.0), false, &taken(3))), (3000, 4000));
    }

    #[test]
    fn a_pod_that_waited_for_days_sets_the_clock_when_something_happens() {
        let days = 10 * 24 * 3600;
        let waiting = [(true, pod(&json!({}))), (false, taken(0))];
        for (created, waiting) in waiting {
            let mut clock = Clock::NEW;
            clock.read(Some(0.5), created, &waiting);
            // Its labels were changed; nothing tells when.
            clock.read(Some(60.0), false, &waiting);
            assert_eq!(millis(clock.read(Some(90.0), false, &taken(days))), (days * 1000, days * 1000 + 2000));
            assert_eq!(millis(clock.read(Some(91.5), false, &taken(days))), (days * 1000 + 1500, days * 1000 + 3500));
            assert_eq!(millis(clock.read(Some(92.0), false, &taken(2 * days))), (days * 1000 + 2000, days * 1000 + 4000));
        }
    }

    #[test]
    fn without_a_recorder_the_newest_writer_tells() {
        let mut written = taken(1);
        let entry = |seconds| api::ManagedFieldsEntry { time: Some(Time::from_secs(CREATED + seconds)), ..Default::default() };
        written.metadata.managed_fields = alloc::vec![entry(0), entry(7), entry(5)];
        assert_eq!(millis(Clock::NEW.read(None, false, &written)), (7000, 8000));
        assert_eq!(millis(Clock::NEW.read(Some(f64::NAN), false, &written)), (7000, 8000));
    }

    #[test]
    fn without_writers_the_newest_time_tells() {
        let at = |seconds: i64| Time::from_secs(CREATED + seconds);
        let status = json!({
            "startTime": at(1),
            "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": at(4)}],
            "containerStatuses": [{"name": "a", "lastState": {"terminated": {"startedAt": at(2), "finishedAt": at(6)}},
                "state": {"running": {"startedAt": at(5)}}}],
        });
        assert_eq!(millis(Clock::NEW.read(None, false, &pod(&status))), (6000, 8000));
        let mut deleted = pod(&json!({}));
        deleted.metadata.deletion_timestamp = Some(at(30));
        assert_eq!(millis(Clock::NEW.read(None, false, &deleted)), (0, 2000));
        assert_eq!(Clock::NEW.read(None, false, &api::Pod::default()), None);
        assert_eq!(Clock::NEW.read(Some(1.0), false, &api::Pod::default()), None);
    }
}
