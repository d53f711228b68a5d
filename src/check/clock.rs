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
/// time being whole seconds, if the next new time agrees: what looks as created may have waited for days. Else each time in an object
/// is a lower bound, and one that is new with a version an upper bound, too: it is not long before the write. Writes that bring no new
/// time may come at any time later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Where `t` is 0, and whether a creation told it.
    beginning: Option<(Moment, bool)>,
    /// The newest time in all versions so far.
    newest: Option<Time>,
    /// A version after the first has brought a new time. Before that, what looks as created may have looked so for days.
    set: bool,
}

/// How far the newest time in an object may lie before its write.
const DELAY: Span = Span::from_secs(2);

impl Clock {
    pub(super) const NEW: Self = Self { beginning: None, newest: None, set: false };

    /// When this version was written; none if nothing tells. `created`: it looks like the version of the Pod's creation.
    ///
    /// `t`, where there is one; else the newest time in managedFields, which is that of the write in whole seconds; else the newest time in
    /// the object, with two seconds of slack.
    pub(super) fn read(&mut self, t: Option<f64>, created: bool, pod: &api::Pod) -> Option<Moment> {
        let managed = pod.metadata.managed_fields.iter().filter_map(|entry| entry.time).max();
        let shown = newest(&pod.metadata, &pod.status).max(managed);
        let newest = shown.max(deletion(pod));
        let is_new = |time: Option<Time>| self.newest.is_some() && time > self.newest;
        let is_news = created || is_new(newest);
        // A deletion is no witness against a creation: what is wrong with it, a rule says by this very clock.
        let doubts = !created && !self.set && is_new(shown);
        self.set |= doubts;
        self.newest = self.newest.max(newest);
        let delay = if created || managed.is_some() { Moment::SLACK } else { DELAY };
        let by_object = newest.map(|earliest| Moment { earliest, latest: if is_news { earliest + delay } else { Time::MAX }, t: None });
        match t.filter(|t| t.is_finite()) {
            Some(t) => self.by_recorder(Span::from_secs_f64(t), created, doubts, by_object),
            None => by_object,
        }
    }

    /// When the recorder says, if the beginning of its clock is known.
    ///
    /// `doubts`: this is the first time that is new; if it lies ahead, what looked like the creation was not.
    fn by_recorder(&mut self, t: Span, created: bool, doubts: bool, by_object: Option<Moment>) -> Option<Moment> {
        let latest = |latest| if latest == Time::MAX { latest } else { latest - t };
        let before = |told: Moment| Moment { earliest: told.earliest - t, latest: latest(told.latest), t: None };
        self.beginning = match (self.beginning, by_object.map(before)) {
            (known, None) => known,
            (None, Some(told)) => Some((told, created)),
            (Some((known, true)), Some(told)) if told.earliest > known.latest && doubts => Some((told, false)),
            // The creation is no longer to be doubted: what does not fit is a wrong time.
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

/// The newest time in an object, but for its deletion.
pub(super) fn newest(meta: &api::ObjectMeta, status: &api::PodStatus) -> Option<Time> {
    let mut newest = meta.creation_timestamp.max(status.start_time);
    for condition in &status.conditions {
        newest = newest.max(condition.last_transition_time);
    }
    for list in [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses] {
        for state in list.iter().flat_map(|container| [&container.state, &container.last_state]) {
            newest = newest.max(state.running.as_ref().and_then(|running| running.started_at));
            newest = newest.max(state.terminated.as_ref().and_then(|end| end.finished_at));
        }
    }
    newest
}

/// When the deletion was asked for: its timestamp lies ahead.
fn deletion(pod: &api::Pod) -> Option<Time> {
    let grace = Span::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or_default());
    pod.metadata.deletion_timestamp.map(|due| due - grace)
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

    /// The bounds in milliseconds after the creation; the later one, if there is one.
    fn bounds(moment: Option<Moment>) -> (i64, Option<i64>) {
        let since = |time: Time| (time - Time::from_secs(CREATED)).nanos() / 1_000_000;
        let moment = moment.unwrap();
        (since(moment.earliest), (moment.latest != Time::MAX).then(|| since(moment.latest)))
    }

    fn millis(moment: Option<Moment>) -> (i64, i64) {
        let (earliest, latest) = bounds(moment);
        (earliest, latest.unwrap())
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
        }
    }

    #[test]
    fn without_a_recorder_the_newest_writer_tells() {
        let entry = |seconds| api::ManagedFieldsEntry { time: Some(Time::from_secs(CREATED + seconds)), ..Default::default() };
        let written = |seconds: [i64; 3]| {
            let mut pod = taken(1);
            pod.metadata.managed_fields = seconds.map(entry).into();
            pod
        };
        let mut clock = Clock::NEW;
        // Behind its last new time, a Pod may be written at any time.
        assert_eq!(bounds(clock.read(None, false, &written([0, 7, 5]))), (7000, None));
        assert_eq!(millis(clock.read(Some(f64::NAN), false, &written([0, 7, 9]))), (9000, 10_000));
        assert_eq!(bounds(clock.read(None, false, &written([0, 7, 9]))), (9000, None));
    }

    #[test]
    fn without_writers_the_newest_time_tells() {
        let at = |seconds: i64| Time::from_secs(CREATED + seconds);
        let mut deleted = pod(&json!({
            "startTime": at(1),
            "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": at(4)}],
            "containerStatuses": [{"name": "a", "lastState": {"terminated": {"startedAt": at(2), "finishedAt": at(6)}},
                "state": {"running": {"startedAt": at(5)}}}],
        }));
        let mut clock = Clock::NEW;
        assert_eq!(bounds(clock.read(None, false, &deleted)), (6000, None));
        // The request came a grace period before.
        deleted.metadata.deletion_timestamp = Some(at(37));
        deleted.metadata.deletion_grace_period_seconds = Some(30);
        assert_eq!(millis(clock.read(None, false, &deleted)), (7000, 9000));
        for t in [None, Some(1.0)] {
            let mut clock = Clock::NEW;
            assert_eq!(clock.read(t, false, &api::Pod::default()), None);
        }
    }
}
