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
///
/// Any time may be wrong. Once a beginning is sure, times that lie ahead of it are not believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    beginning: Option<Beginning>,
    /// The beginning that a creation told, and that a time which lay ahead put in doubt.
    doubt: Option<Doubt>,
    /// The newest time in all versions so far.
    newest: Option<Time>,
    /// The last version has a start time.
    started: bool,
}

/// Where `t` is 0.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    bounds: Moment,
    /// A creation told it.
    created: bool,
    /// New times of a later version agree.
    sure: bool,
}

#[derive(Clone, Copy, Debug)]
struct Doubt {
    known: Beginning,
    /// The newest time before.
    newest: Option<Time>,
    /// The time that lay ahead.
    ahead: Time,
}

/// How far the newest time in an object may lie before its write.
const DELAY: Span = Span::from_secs(2);

/// So far ahead no clock is: what is told there is wrong, unless what was known was not sure.
const WRONG: Span = Span::from_secs(30);

impl Clock {
    pub(super) const NEW: Self = Self { beginning: None, doubt: None, newest: None, started: false };

    /// When this version was written; none if nothing tells. `created`: it looks like the version of the Pod's creation.
    ///
    /// `t`, where there is one; else the newest time in managedFields, which is that of the write in whole seconds; else the newest time in
    /// the object, with two seconds of slack.
    pub(super) fn read(&mut self, t: Option<f64>, created: bool, pod: &api::Pod) -> Option<Moment> {
        let t = t.filter(|t| t.is_finite()).map(Span::from_secs_f64);
        let starts = pod.status.start_time.filter(|_| !core::mem::replace(&mut self.started, pod.status.start_time.is_some()));
        if let Some(t) = t {
            self.settle(t, starts, pod);
        }
        let managed = pod.metadata.managed_fields.iter().filter_map(|entry| entry.time).max();
        let (mut shown, mut deleted) = (newest(&pod.metadata, &pod.status).max(managed), deletion(pod));
        if let Some((limit, sure)) = t.and_then(|t| self.limit(t)) {
            let agrees = |time: Time| time <= limit && (starts == Some(time) || Some(time) > self.newest);
            // A deletion is no witness against a creation: what is wrong with it, a rule says by this very clock.
            deleted = deleted.filter(|deleted| *deleted <= limit);
            if shown > Some(limit) && (sure || starts.is_some_and(agrees) || times(pod).any(agrees)) {
                shown = times(pod).chain(managed).filter(|time| *time <= limit).max();
            }
        }
        let newest = shown.max(deleted);
        let is_news = created || (self.newest.is_some() && newest > self.newest);
        let delay = if created || managed.is_some() { Moment::SLACK } else { DELAY };
        let by_object = newest.map(|earliest| Moment { earliest, latest: if is_news { earliest + delay } else { Time::MAX }, t: None });
        let before = self.newest;
        self.newest = before.max(newest);
        match t {
            Some(t) => self.by_recorder(t, created, starts.is_some() || (is_news && shown > before), by_object, before),
            None => by_object,
        }
    }

    /// What lies behind this time is wrong, in a version that came at `t`; `true`: for sure, else only if another new time in it says so.
    fn limit(&self, t: Span) -> Option<(Time, bool)> {
        let Beginning { bounds, created, sure } = self.beginning?;
        (created || sure).then(|| (bounds.latest + t + if created { Span::ZERO } else { WRONG }, sure))
    }

    /// Takes back a doubt if a new time fits what was known before, and is too old for what came after it.
    fn settle(&mut self, t: Span, starts: Option<Time>, pod: &api::Pod) {
        let Some(Doubt { known, newest, ahead }) = self.doubt else { return };
        let limit = (known.bounds.latest + t).min(ahead - WRONG);
        let fits = |time: &Time| *time <= limit;
        if starts.is_some_and(|time| fits(&time)) || times(pod).any(|time| fits(&time) && Some(time) > newest) {
            self.beginning = Some(Beginning { sure: true, ..known });
            self.newest = newest;
            self.doubt = None;
        }
    }

    /// When the recorder says, if the beginning of its clock is known. `news`: a time is new that is not that of a deletion; `newest`: the newest
    /// time in the versions before.
    fn by_recorder(&mut self, t: Span, created: bool, news: bool, by_object: Option<Moment>, newest: Option<Time>) -> Option<Moment> {
        let latest = |latest| if latest == Time::MAX { latest } else { latest - t };
        let before = |told: Moment| Moment { earliest: told.earliest - t, latest: latest(told.latest), t: None };
        self.beginning = match (self.beginning, by_object.map(before)) {
            (known, None) => known,
            (None, Some(bounds)) => Some(Beginning { bounds, created, sure: false }),
            (Some(known @ Beginning { created: true, .. }), Some(told)) if told.earliest > known.bounds.latest => {
                self.doubt = Some(Doubt { known, newest, ahead: told.earliest + t });
                Some(Beginning { bounds: told, created: false, sure: false })
            }
            (Some(Beginning { bounds, created: true, sure }), Some(told)) => {
                let earliest = bounds.earliest.max(told.earliest);
                Some(Beginning { bounds: Moment { earliest, ..bounds }, created: true, sure: sure || news })
            }
            (Some(Beginning { bounds, sure, .. }), Some(told)) => {
                let earliest = bounds.earliest.max(told.earliest);
                // What is older was written late.
                let latest = if told.latest < bounds.earliest { bounds.latest } else { bounds.latest.min(told.latest) };
                let agrees = news && bounds.latest != Time::MAX && told.earliest <= bounds.latest && told.latest >= bounds.earliest;
                let bounds = Moment { earliest, latest: latest.max(earliest), t: None };
                Some(Beginning { bounds, created: false, sure: sure || agrees })
            }
        };
        self.doubt = self.doubt.filter(|_| !self.beginning.is_some_and(|beginning| beginning.sure));
        self.beginning.map(|Beginning { bounds, .. }| Moment { earliest: bounds.earliest + t, latest: bounds.latest + t, t: Some(t) })
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

/// The times in an object, but for its deletion.
fn times(pod: &api::Pod) -> impl Iterator<Item = Time> {
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
    times.chain(conditions).chain([pod.metadata.creation_timestamp, status.start_time]).flatten()
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
    fn a_time_that_just_fits_the_creation_is_no_doubt() {
        let mut clock = Clock::NEW;
        clock.read(Some(0.5), true, &pod(&json!({})));
        assert_eq!(millis(clock.read(Some(2.5), false, &taken(3))), (3000, 3000));
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
    fn the_first_new_time_is_doubted_if_another_one_fits_the_creation() {
        let at = |seconds: i64| Time::from_secs(CREATED + seconds);
        let scheduled = |seconds| json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": at(seconds)}]);
        // At once, be the second of the kubelet that of the creation.
        let mut clock = Clock::NEW;
        clock.read(Some(0.0), true, &pod(&json!({})));
        let both = pod(&json!({"startTime": at(0), "conditions": scheduled(3600)}));
        assert_eq!(millis(clock.read(Some(0.5), false, &both)), (500, 1500));
        // Or with a later version: the first one had nothing else that was new.
        for last in [1, 3600] {
            let mut clock = Clock::NEW;
            clock.read(Some(0.0), true, &pod(&json!({})));
            assert_eq!(millis(clock.read(Some(0.5), false, &pod(&json!({"conditions": scheduled(3600)})))), (3_600_000, 3_602_000));
            let taken = pod(&json!({"startTime": at(1), "conditions": scheduled(last)}));
            assert_eq!(millis(clock.read(Some(1.5), false, &taken)), (1500, 2500));
        }
    }

    #[test]
    fn what_two_new_times_tell_is_not_moved_by_a_wrong_one() {
        let at = |seconds: i64| Time::from_secs(CREATED + seconds);
        let ready = |seconds| {
            pod(&json!({"startTime": at(0), "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(seconds)}]}))
        };
        let mut clock = Clock::NEW;
        clock.read(Some(0.0), false, &ready(100));
        assert_eq!(millis(clock.read(Some(10.0), false, &ready(200))), (200_000, 202_000));
        assert_eq!(millis(clock.read(Some(20.5), false, &ready(211))), (211_000, 212_500));
        assert_eq!(millis(clock.read(Some(30.5), false, &ready(3600))), (221_000, 222_500));
        let mut deleted = ready(211);
        deleted.metadata.deletion_timestamp = Some(at(291));
        assert_eq!(millis(clock.read(Some(31.5), false, &deleted)), (222_000, 223_500));
        // What was written late says nothing about now.
        assert_eq!(millis(clock.read(Some(40.5), false, &ready(216))), (231_000, 232_500));
    }

    /// Whether a time that lies an hour ahead moves the clock tells whether it was sure: that of two new times, and of a third one.
    #[test]
    fn a_clock_is_sure_when_another_new_time_agrees() {
        let ready = |seconds| {
            let since = Time::from_secs(CREATED + seconds);
            pod(
                &json!({"startTime": Time::from_secs(CREATED), "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}]}),
            )
        };
        let two = || {
            let mut clock = Clock::NEW;
            clock.read(Some(0.0), false, &ready(100));
            assert_eq!(millis(clock.read(Some(10.0), false, &ready(200))), (200_000, 202_000));
            clock
        };
        // The second time, be it new, is the first that has an end.
        assert_eq!(millis(two().read(Some(30.0), false, &ready(3600))).0, 3_600_000);
        // Where `t` is 0 lies between 190 and 192; a write is between its newest time and two seconds later.
        for (third, agrees, bounds) in [
            (207, false, (210, 212)),
            (208, true, (210, 210)),
            (210, true, (210, 212)),
            (212, true, (212, 212)),
            (213, false, (213, 213)),
            (200, false, (210, 212)),
        ] {
            let mut clock = two();
            let (earliest, latest) = millis(clock.read(Some(20.0), false, &ready(third)));
            assert_eq!((earliest / 1000, latest / 1000), bounds, "{third}");
            let moved = millis(clock.read(Some(30.0), false, &ready(3600))).0 == 3_600_000;
            assert_eq!(moved, !agrees, "{third}");
        }
        // What is sure is not moved by what lies more than half a minute ahead.
        for (ahead, earliest) in [(252, 252_000), (253, 222_000)] {
            let mut clock = two();
            clock.read(Some(20.0), false, &ready(212));
            assert_eq!(millis(clock.read(Some(30.0), false, &ready(ahead))).0, earliest, "{ahead}");
        }
    }

    /// The creation was at 0 s at the earliest and at 1 s at the latest, and the third version comes 1.5 s later.
    #[test]
    fn a_doubt_ends_with_a_time_that_fits_the_creation_and_not_what_came_ahead() {
        let at = |seconds: i64| Time::from_secs(CREATED + seconds);
        let with = |conditions: &[(&str, i64)], start: Option<i64>| {
            let conditions: alloc::vec::Vec<_> = conditions
                .iter()
                .map(|(type_, since)| json!({"type": type_, "status": "True", "lastTransitionTime": at(*since)}))
                .collect();
            let start = start.map_or(Value::Null, |start| json!(at(start)));
            pod(&json!({"startTime": start, "conditions": conditions}))
        };
        for (ahead, third, settled) in [(3600, 2, true), (3600, 3, false), (32, 2, true), (31, 2, false), (31, 1, true)] {
            for starts in [true, false] {
                let mut clock = Clock::NEW;
                clock.read(Some(0.0), true, &pod(&json!({})));
                clock.read(Some(0.5), false, &with(&[("PodScheduled", ahead)], None));
                let third_version = match starts {
                    true => with(&[("PodScheduled", ahead)], Some(third)),
                    false => with(&[("PodScheduled", ahead), ("Ready", third)], None),
                };
                let earliest = millis(clock.read(Some(1.5), false, &third_version)).0;
                assert_eq!(earliest < ahead * 1000, settled, "{ahead}, {third}, {starts}");
            }
        }
    }

    #[test]
    fn every_time_of_an_object_counts_but_that_of_its_deletion() {
        let at = Time::from_secs(CREATED + 100);
        let lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
        let mut statuses =
            alloc::vec![json!({"startTime": at}), json!({"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}]})];
        for list in lists {
            for state in [json!({"running": {"startedAt": at}}), json!({"terminated": {"exitCode": 0, "finishedAt": at}})] {
                statuses.push(json!({list: [{"name": "a", "state": state}]}));
                statuses.push(json!({list: [{"name": "a"}, {"name": "b", "lastState": state}]}));
            }
        }
        for status in &statuses {
            let pod = pod(status);
            assert_eq!((newest(&pod.metadata, &pod.status), times(&pod).max()), (Some(at), Some(at)), "{status}");
        }
        let mut deleted = pod(&json!({}));
        deleted.metadata.deletion_timestamp = Some(at);
        assert_eq!(newest(&deleted.metadata, &deleted.status), Some(Time::from_secs(CREATED)));
        deleted.metadata.deletion_grace_period_seconds = Some(30);
        assert_eq!(deletion(&deleted), Some(Time::from_secs(CREATED + 70)));
    }

    #[test]
    fn how_long_ago_is_told_by_the_recorder_or_between_the_bounds() {
        let moment = |earliest, latest, t: Option<i64>| Moment {
            earliest: Time::from_secs(CREATED + earliest),
            latest: Time::from_secs(CREATED + latest),
            t: t.map(Span::from_secs),
        };
        let (before, after) = (moment(10, 12, Some(3)), moment(20, 22, Some(14)));
        assert_eq!(after.at_least_since(before), Span::from_secs(11));
        assert_eq!(after.at_least_since(Moment { t: None, ..before }), Span::from_secs(8));
        assert_eq!(Moment { t: None, ..after }.at_least_since(before), Span::from_secs(8));
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
