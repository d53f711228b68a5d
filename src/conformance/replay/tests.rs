use super::*;
use crate::conformance::judge::Compare;
use crate::conformance::scenario::{ContainerLine, Projection, Seen, StateKind};
use alloc::borrow::ToOwned;
use std::{env, fs, println};

/// All replays of the conformance data; none, and loudly so, if they are not there.
fn replays() -> Vec<Scenario> {
    let Ok(root) = env::var("POD_LIFECYCLE_CONFORMANCE") else {
        println!("SKIPPED: set POD_LIFECYCLE_CONFORMANCE to the folder of the conformance data");
        return Vec::new();
    };
    let files = fs::read_dir(std::path::Path::new(&root).join("replays")).unwrap().map(|entry| entry.unwrap().path());
    let replays = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    replays.map(|path| Scenario::read(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

/// A model that shows and asks for exactly what was recorded.
fn as_recorded(replay: &Scenario) -> (Vec<Shown>, BTreeMap<String, Vec<Span>>) {
    let shown = replay.observed.iter().map(|entry| Shown { at: entry.t, seen: entry.seen.clone() }).collect();
    let asked = replay.starts.iter().map(|(name, starts)| (name.clone(), starts.iter().map(|start| start.at).collect()));
    (shown, asked.collect())
}

#[test]
fn the_recording_itself_passes() {
    for replay in replays() {
        let (shown, asked) = as_recorded(&replay);
        assert_eq!(compare(&replay, &shown, &asked, Compare::Times), Vec::<String>::new(), "{}", replay.name);
    }
}

#[test]
fn every_required_entry_is_missed_when_it_is_changed() {
    for replay in replays() {
        let (shown, asked) = as_recorded(&replay);
        for (index, _) in replay.observed.iter().enumerate().filter(|(_, entry)| is_required(entry)) {
            let mut changed = shown.clone();
            changed[index].seen = match &shown[index].seen {
                Seen::Removed => shown[index - 1].seen.clone(),
                Seen::Object(seen) => Seen::Object(Projection { deleting: !seen.deleting, ..seen.clone() }),
            };
            assert!(!compare(&replay, &changed, &asked, Compare::Times).is_empty(), "{} {index}", replay.name);
        }
    }
}

#[test]
fn every_recorded_run_must_be_asked_for() {
    for replay in replays() {
        let (shown, asked) = as_recorded(&replay);
        for container in replay.starts.keys() {
            let mut fewer = asked.clone();
            let last = fewer.get_mut(container).unwrap().pop();
            assert_eq!(compare(&replay, &shown, &fewer, Compare::Times).len(), usize::from(last.is_some()), "{}", replay.name);
        }
    }
}

const REPLAY: &str = r#"{"name": "small", "description": "", "recorded": "v1.36.2", "gates": {}, "runUntil": 60, "images": {"i": "ok"}, "steps": [],
  "pod": {"spec": {"containers": [{"name": "a", "image": "i"}]}}, "programs": {"a": {"runs": [{"startDelay": 0, "runFor": null, "onTerm": "ignore"}]}},
  "starts": {"a": [{"at": 1}, {"at": 25, "due": 20}]}, "generationAtEnd": [1, 1], "observed": [
  {"t": 0, "phase": "Pending", "conditions": {}, "containers": {}, "podIP": false, "deleting": false},
  {"t": 10, "phase": "Running", "conditions": {}, "containers": {"a": ["regular", "terminated", "Error", 1, false, false, 0, null]}, "podIP": true, "deleting": false},
  {"t": 26, "phase": "Running", "conditions": {"Ready": ["True", ""]}, "containers": {"a": ["regular", "running", "", null, true, true, 1, 1]}, "podIP": true, "deleting": false}]}"#;

/// Differences of a model that does as recorded but for a change.
fn with(change: impl FnOnce(&mut Scenario, &mut Vec<Shown>, &mut Vec<Span>)) -> Vec<String> {
    let mut replay = Scenario::read(REPLAY).unwrap();
    let (mut shown, mut asked) = as_recorded(&replay);
    change(&mut replay, &mut shown, asked.get_mut("a").unwrap());
    compare(&replay, &shown, &asked, Compare::Times)
}

fn container(seen: &mut Seen) -> &mut ContainerLine {
    match seen {
        Seen::Object(seen) => seen.containers.get_mut("a").unwrap(),
        Seen::Removed => panic!("removed"),
    }
}

#[test]
fn a_state_may_be_early_by_its_tolerance_and_late_by_one_and_a_half() {
    for (at, passes) in [(8500, true), (8400, false), (11500, true), (11600, false)] {
        assert_eq!(with(|_, shown, _| shown[1].at = Span::from_millis(at)).is_empty(), passes, "{at}");
    }
    let early = |replay: &mut Scenario, shown: &mut Vec<Shown>, _: &mut _| {
        replay.observed[1].tol = Some(Span::from_secs(4));
        shown[1].at = Span::from_secs(6);
    };
    assert!(with(early).is_empty());
    for (rule, passes) in [(TimeRule::Published, false), (TimeRule::InEffect, true), (TimeRule::Any, true)] {
        let earlier = with(|replay, shown, _| {
            replay.observed[1].time = rule;
            shown[1].at = Span::from_secs(2);
        });
        assert_eq!(earlier.is_empty(), passes, "{rule:?}");
    }
}

#[test]
fn a_probe_shifts_states_and_starts_by_its_period() {
    let late = |replay: &mut Scenario, shown: &mut Vec<Shown>, asked: &mut Vec<Span>| {
        replay.observed[2].probe = Some(Span::from_secs(3));
        shown[2].at = Span::from_secs(30);
        asked[1] = Span::from_secs(29);
    };
    assert!(with(late).is_empty());
    let later = with(|replay, shown, asked| {
        late(replay, shown, asked);
        shown[2].at = Span::from_secs(31);
    });
    assert_eq!(later.len(), 1);
}

#[test]
fn the_back_off_may_be_ahead() {
    let back_off = |shown: &mut Vec<Shown>, code| {
        let line = container(&mut shown[1].seen);
        (line.state, line.reason, line.exit_code) = (StateKind::Waiting, "CrashLoopBackOff".to_owned(), None);
        line.last_exit_code = Some(code);
    };
    assert!(with(|_, shown, _| back_off(shown, 1)).is_empty());
    let other = with(|_, shown, _| back_off(shown, 2));
    assert!(
        other[0].contains("`a` waiting CrashLoopBackOff (ready false, started Some(false), restarts 0, last 2) instead of"),
        "{other:?}"
    );
}

#[test]
fn the_end_must_fit_and_stay() {
    let left = with(|_, shown, _| {
        let (before, end) = (shown[1].seen.clone(), shown[2].seen.clone());
        shown.push(Shown { at: Span::from_secs(40), seen: before });
        shown.push(Shown { at: Span::from_secs(41), seen: end });
    });
    assert!(left[0].contains("left and entered again before 60.00 s"), "{left:?}");
    let elsewhere = |replay: &mut Scenario, shown: &mut Vec<Shown>, _: &mut _| {
        replay.open = true;
        let before = shown[1].seen.clone();
        shown.push(Shown { at: Span::from_secs(40), seen: before });
    };
    assert!(with(elsewhere).is_empty());
    let closed = with(|replay, shown, asked| {
        elsewhere(replay, shown, asked);
        replay.open = false;
    });
    assert!(closed[0].contains("the model ends in another state"), "{closed:?}");
}

#[test]
fn starts_are_asked_for_between_due_and_when_they_happened() {
    for (at, passes) in [(19, true), (18, false), (26, true), (27, false)] {
        assert_eq!(with(|_, _, asked| asked[1] = Span::from_secs(at)).is_empty(), passes, "{at}");
    }
    assert_eq!(with(|_, _, asked| asked.push(Span::from_secs(50))).len(), 1);
    assert!(with(|_, _, asked| asked.push(Span::from_millis(59_500))).is_empty());
    let never_started = |replay: &mut Scenario, _: &mut _, asked: &mut Vec<Span>| {
        replay.never_started.push("a".to_owned());
        asked.push(Span::from_secs(50));
    };
    assert!(with(never_started).is_empty());
}

#[test]
fn a_published_object_is_projected() {
    let pod = serde_json::json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {
        "phase": "Running", "podIP": "10.0.0.1", "reason": "", "message": "passed over", "conditions": [{"type": "Ready", "status": "False", "reason": "PodFailed"}],
        "initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}, "ready": true, "started": false, "restartCount": 0}],
        "containerStatuses": [{"name": "a", "state": {}, "lastState": {"terminated": {"exitCode": 3}}, "ready": false, "restartCount": 2}]}});
    let expected = r#"{"t": 1, "phase": "Running", "podIP": true, "deleting": true, "conditions": {"Ready": ["False", "PodFailed"]}, "containers": {
        "i": ["init", "terminated", "Completed", 0, true, false, 0, null], "a": ["regular", "waiting", "", null, false, null, 2, 3]}}"#;
    let expected: ObservedEntry = serde_json::from_str(expected).unwrap();
    let mut record = Record::default();
    let publish = || crate::conformance::record::What::Published(serde_json::from_value(pod.clone()).unwrap());
    record.push(Span::from_secs(1), publish());
    record.push(Span::from_secs(2), publish());
    record.push(Span::from_secs(3), crate::conformance::record::What::Removed);
    let removed = Shown { at: Span::from_secs(3), seen: Seen::Removed };
    assert_eq!(published(&record), [Shown { at: Span::from_secs(1), seen: expected.seen }, removed]);
}

#[test]
fn the_order_alone_knows_no_times() {
    let by_order = |change: fn(&mut Vec<Shown>, &mut Vec<Span>)| {
        let replay = Scenario::read(REPLAY).unwrap();
        let (mut shown, mut asked) = as_recorded(&replay);
        change(&mut shown, asked.get_mut("a").unwrap());
        compare(&replay, &shown, &asked, Compare::Order)
    };
    let late = |shown: &mut Vec<Shown>, asked: &mut Vec<Span>| {
        shown.iter_mut().for_each(|state| state.at = state.at + Span::from_secs(300));
        asked.iter_mut().for_each(|at| *at = *at + Span::from_secs(300));
        asked.push(Span::from_secs(400));
    };
    assert!(by_order(late).is_empty());
    assert_eq!(by_order(|shown, _| shown.swap(0, 1)).len(), 1);
    assert_eq!(by_order(|_, asked| asked.truncate(1)), ["starts.a: 1 runs are asked for; 2 were made in reality"]);
    assert_eq!(by_order(|_, asked| asked.extend([Span::from_secs(40); 2])).len(), 1);
}
