use super::*;
use crate::api;
use crate::conformance::judge::Compare;
use crate::conformance::scenario::{EventName, Hook, ProbeOutcome, ProcessEvent};
use crate::spec::ProbeKind;
use alloc::boxed::Box;
use alloc::string::ToString;
use serde_json::{Value, json};

/// The expectation on a record, as a file has it.
fn judge(record: &Record, expectation: Value) -> Option<String> {
    difference(&Trace::new(record), &serde_json::from_value(expectation).unwrap())
}

#[track_caller]
fn holds(record: &Record, expectation: Value) {
    assert_eq!(judge(record, expectation), None);
}

#[track_caller]
fn fails(record: &Record, expectation: Value, with: &str) {
    let difference = judge(record, expectation).expect("it does not hold");
    assert!(difference.contains(with), "{difference}");
}

/// A trace by hand: time in seconds and what happened.
struct Hand(Record);

impl Hand {
    fn process(&mut self, at: i64, container: &str, run: u32, event: &str) {
        let event = match serde_json::from_value(json!(event)).unwrap() {
            EventName::Process(event) => event,
            other => panic!("{other:?}"),
        };
        let exit = (event == ProcessEvent::Ended).then(|| (3, "Error".to_string()));
        self.push(at, What::Process { container: container.into(), run, event, exit });
    }

    fn hook(&mut self, at: i64, container: &str, begin: bool) {
        self.push(at, What::Hook { container: container.into(), run: 1, hook: Hook::PreStop, begin });
    }

    fn probe(&mut self, at: i64, container: &str, result: ProbeOutcome) {
        self.push(at, What::Probe { container: container.into(), run: 1, kind: ProbeKind::Readiness, result });
    }

    fn publish(&mut self, at: i64, status: Value) {
        let pod: api::Pod = serde_json::from_value(json!({"metadata": {"generation": 1}, "status": status})).unwrap();
        self.push(at, What::Published(Box::new(pod)));
    }

    fn push(&mut self, at: i64, what: What) {
        self.0.push(Span::from_secs(at), what);
    }
}

/// `a` runs twice, `b` beside its first run; everything is gone at 20 s.
fn life() -> Record {
    let mut hand = Hand(Record::default());
    let container = |state: Value, restarts: i32| json!([{"name": "a", "state": state, "restartCount": restarts, "ready": false}]);
    hand.publish(0, json!({"phase": "Pending"}));
    hand.push(1, What::SandboxStarted);
    hand.process(1, "a", 1, "starting");
    hand.process(2, "a", 1, "started");
    hand.publish(2, json!({"phase": "Running", "containerStatuses": container(json!({"running": {}}), 0)}));
    hand.process(3, "b", 1, "starting");
    hand.process(3, "b", 1, "started");
    hand.probe(4, "a", ProbeOutcome::Failure);
    hand.probe(5, "a", ProbeOutcome::Success);
    hand.process(6, "a", 1, "exiting");
    hand.process(6, "a", 1, "ended");
    hand.publish(
        6,
        json!({"phase": "Running", "containerStatuses": container(json!({"terminated": {"exitCode": 3, "reason": "Error"}}), 0)}),
    );
    hand.process(8, "a", 2, "starting");
    hand.process(8, "a", 2, "started");
    hand.publish(8, json!({"phase": "Running", "containerStatuses": container(json!({"running": {}}), 1), "conditions": [{"type": "Ready", "status": "True"}]}));
    hand.push(10, What::Step { index: 0 });
    hand.hook(10, "b", true);
    hand.process(12, "a", 2, "killed");
    hand.process(12, "a", 2, "ended");
    hand.hook(13, "b", false);
    hand.process(14, "b", 1, "ended");
    hand.publish(
        15,
        json!({"phase": "Failed", "reason": "Evicted", "conditions": [{"type": "Ready", "status": "False", "reason": "PodFailed"}]}),
    );
    hand.push(20, What::Removed);
    hand.0
}

#[test]
fn order() {
    let event = |container: &str, event: &str| json!({"container": container, "event": event});
    holds(&life(), json!({"order": [event("a", "starting"), event("b", "started")]}));
    holds(&life(), json!({"order": [event("b", "started"), event("a", "starting")]}));
    holds(&life(), json!({"order": [event("a", "started"), event("a", "started")]}));
    fails(&life(), json!({"order": [event("b", "started"), event("b", "started")]}), "`b` started is last at 3.00 s, not later");
    let first_run = json!({"container": "a", "event": "starting", "run": 1});
    fails(&life(), json!({"order": [event("b", "started"), first_run]}), "`a` starting of run 1 is last at 1.00 s");
    fails(&life(), json!({"order": [event("c", "started"), event("a", "started")]}), "`c` started never happens");
}

#[test]
fn together() {
    let hook = json!({"container": "b", "hook": "preStop"});
    holds(&life(), json!({"together": ["a", "b"]}));
    holds(&life(), json!({"together": ["a", hook]}));
    fails(&life(), json!({"together": ["a", hook], "window": {"to": {"step": 0}}}), "never overlap");
    fails(&life(), json!({"together": ["a", "c"]}), "`a` (from 2.00 s, 8.00 s) and `c` (from ) never overlap");
}

#[test]
fn starts_exits_and_restarts() {
    holds(&life(), json!({"starts": "a"}));
    fails(&life(), json!({"starts": "c"}), "`c` started never happens");
    holds(&life(), json!({"exits": "a"}));
    fails(&life(), json!({"exits": "b"}), "`b` exiting never happens");
    holds(&life(), json!({"neverStarts": "c"}));
    holds(&life(), json!({"neverStarts": "b", "window": {"to": {"at": 3}}}));
    fails(&life(), json!({"neverStarts": "b"}), "`b` started happens at 3.00 s");
    holds(&life(), json!({"restarts": {"container": "a", "min": 1, "max": 1}}));
    fails(&life(), json!({"restarts": {"container": "a", "min": 2}}), "expected at least 2 restarts of `a`, seen 1");
    fails(&life(), json!({"restarts": {"container": "c", "max": 2}}), "`c` never started");
}

#[test]
fn exit_and_count() {
    holds(&life(), json!({"exit": {"container": "a", "run": 1, "exitCode": 3, "reason": "Error"}}));
    fails(&life(), json!({"exit": {"container": "a", "exitCode": 0}}), "seen 3 Error at 12.00 s");
    fails(&life(), json!({"exit": {"container": "c", "exitCode": 0}}), "`c` ended never happens");
    let probes = |result: Value, bounds: Value| {
        let mut count = json!({"container": "a", "event": "probe-readiness"});
        count.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
        count.as_object_mut().unwrap().extend(bounds.as_object().unwrap().clone());
        json!({"count": count})
    };
    holds(&life(), probes(json!({}), json!({"min": 2, "max": 2})));
    holds(&life(), probes(json!({"result": "failure"}), json!({"min": 1, "max": 1})));
    fails(&life(), probes(json!({"result": "success"}), json!({"max": 0})), "expected at most 0 times `a` probe-readiness success, seen 1");
    holds(&life(), json!({"sandboxes": {"max": 1}}));
    fails(&life(), json!({"sandboxes": {"max": 0}}), "seen 1");
}

#[test]
fn phase() {
    holds(&life(), json!({"phase": {"eventually": "Failed"}}));
    fails(
        &life(),
        json!({"phase": {"eventually": "Succeeded"}}),
        "expected eventually Succeeded, seen at 15.00 s: Failed Evicted; Ready=False PodFailed",
    );
    holds(&life(), json!({"phase": {"atEnd": ["Succeeded", "Failed"]}}));
    fails(&life(), json!({"phase": {"atEnd": "Running"}}), "expected at the end Running, seen at 15.00 s");
    holds(&life(), json!({"phase": {"never": "Succeeded"}}));
    fails(&life(), json!({"phase": {"never": "Pending"}}), "seen at 0.00 s: Pending");
    holds(&life(), json!({"phase": {"always": ["Pending", "Running", "Failed"]}}));
    fails(&life(), json!({"phase": {"always": ["Pending", "Running"]}}), "seen at 15.00 s");
}

#[test]
fn windows() {
    // The state in effect at the beginning belongs to the window, an entry at its end only for `eventually`.
    let running = |window: Value| json!({"phase": {"always": "Running"}, "window": window});
    holds(&life(), running(json!({"from": {"at": 2}, "to": {"at": 15}})));
    fails(&life(), running(json!({"from": {"at": 1}, "to": {"at": 15}})), "seen at 0.00 s");
    fails(&life(), running(json!({"from": {"at": 2}, "to": {"at": 15.1}})), "seen at 15.00 s");
    let failed = |window: Value| json!({"phase": {"eventually": "Failed"}, "window": window});
    holds(&life(), failed(json!({"to": {"step": 0, "plus": 5}})));
    fails(&life(), failed(json!({"to": {"step": 0, "plus": 4.9}})), "expected eventually Failed");
    holds(&life(), failed(json!({"to": {"when": {"phase": "Failed"}}})));
    fails(&life(), failed(json!({"from": {"removed": true}})), "nothing is published");
    // An entry at the position or time of the beginning is before the window.
    let started = |from: Value| json!({"starts": "b", "window": {"from": from}});
    holds(&life(), started(json!({"event": {"container": "b", "event": "starting"}})));
    fails(&life(), started(json!({"event": {"container": "b", "event": "started"}})), "never happens");
    fails(&life(), started(json!({"event": {"container": "b", "event": "starting"}, "plus": 0})), "never happens");
    // A beginning that never happens fails, an end that never happens is that of the trace.
    fails(&life(), json!({"neverStarts": "c", "window": {"from": {"step": 7}}}), "never happens");
    fails(&life(), json!({"neverStarts": "a", "window": {"to": {"step": 7}}}), "happens at 2.00 s");
}

#[test]
fn published_objects() {
    holds(&life(), json!({"condition": {"type": "Ready", "status": "True"}, "when": "eventually"}));
    fails(&life(), json!({"condition": {"type": "Ready", "reason": "PodFailed"}, "when": "never"}), "seen at 15.00 s");
    // With `always` a condition that is not published yet is passed over.
    fails(&life(), json!({"condition": {"type": "Ready", "status": "True"}, "when": "always"}), "seen at 15.00 s");
    holds(&life(), json!({"condition": {"type": "Ready", "status": "True"}, "when": "always", "window": {"to": {"at": 15}}}));
    holds(&life(), json!({"status": {"reason": ""}, "when": "at", "window": {"from": {"at": 8}}}));
    holds(
        &life(),
        json!({"status": {"containerStatuses": [{"name": "a", "restartCount": 1}]}, "when": "at", "window": {"from": {"step": 0}}}),
    );
    let restarted = json!({"containerStatuses": [{"name": "a", "restartCount": {"$min": 1}}]});
    fails(&life(), json!({"status": restarted, "when": "at", "window": {"from": {"at": 7}}}), "a terminated Error 3 restarts=0");
    holds(&life(), json!({"object": {"metadata": {"generation": 1}}, "when": "atEnd"}));
    fails(&life(), json!({"object": {"metadata": {"generation": 2}}, "when": "atEnd"}), "expected at the end {metadata: {generation: 2}}");
}

#[test]
fn condition_order() {
    let mut hand = Hand(Record::default());
    let conditions = |at: i64, hand: &mut Hand, ready: &str, initialized: &str| {
        hand.publish(at, json!({"conditions": [{"type": "Ready", "status": ready}, {"type": "Initialized", "status": initialized}]}));
    };
    conditions(1, &mut hand, "True", "False");
    conditions(2, &mut hand, "True", "True");
    fails(&hand.0, json!({"conditionOrder": ["Initialized", "Ready"]}), "Ready becomes True at 1.00 s, before Initialized at 2.00 s");
    conditions(3, &mut hand, "False", "True");
    fails(&hand.0, json!({"conditionOrder": ["Initialized", "ContainersReady"]}), "ContainersReady never becomes True");
    conditions(4, &mut hand, "True", "True");
    // The last transition counts.
    holds(&hand.0, json!({"conditionOrder": ["Initialized", "Ready"]}));
}

#[test]
fn interval_and_removal() {
    let interval = |min: f64, max: f64| json!({"interval": {"from": {"step": 0}, "to": {"removed": true}, "min": min, "max": max}});
    holds(&life(), interval(10.0, 10.0));
    fails(&life(), interval(0.0, 9.9), "expected 0.00 s to 9.90 s, was 10.00 s (from 10.00 s to 20.00 s)");
    holds(&life(), json!({"interval": {"from": {"removed": true}, "to": {"step": 0}, "max": -10}}));
    fails(&life(), json!({"interval": {"from": {"step": 0}, "to": {"step": 1}, "max": 1}}), "its end never happens");
    holds(&life(), json!({"removed": true, "window": {"from": {"step": 0}, "to": {"at": 20}}}));
    fails(&life(), json!({"removed": true, "window": {"to": {"at": 19}}}), "gone only at 20.00 s");
    fails(&life(), json!({"removed": true, "window": {"from": {"at": 21}}}), "gone at 20.00 s already");
    holds(&life(), json!({"removed": false, "window": {"to": {"at": 19}}}));
    fails(&life(), json!({"removed": false}), "gone at 20.00 s");
    fails(&Record::default(), json!({"removed": true}), "still there");
}

#[test]
fn what_sticks() {
    holds(&life(), json!({"monotonic": {"container": "a", "field": "restartCount"}}));
    holds(&life(), json!({"terminalPhaseSticks": true}));
    fails(&life(), json!({"terminatedStateSticks": "a"}), "`a` is running again at 8.00 s");
    holds(&life(), json!({"terminatedStateSticks": "a", "window": {"from": {"at": 7.9}, "to": {"at": 8}}}));
    let mut hand = Hand(Record::default());
    let status = |phase: &str, restarts: i32| json!({"phase": phase, "containerStatuses": [{"name": "a", "restartCount": restarts}]});
    hand.publish(1, status("Failed", 2));
    hand.publish(2, status("Running", 1));
    fails(&hand.0, json!({"monotonic": {"container": "a", "field": "restartCount"}}), "falls from 2 to 1 at 2.00 s");
    fails(&hand.0, json!({"terminalPhaseSticks": true}), "after Failed the phase is Running at 2.00 s");
}

#[test]
fn events_about_objects_are_passed_over() {
    holds(&Record::default(), json!({"k8sEvent": {"reason": "Evicted", "min": 1}}));
}

#[test]
fn steps_must_be_reached_and_answered() {
    let scenario = json!({"name": "small", "description": "", "gates": {}, "runUntil": 60, "images": {"i": "ok"}, "pod": {"spec": {"containers": [{"name": "a", "image": "i"}]}},
        "programs": {"a": {"runs": [{"startDelay": 0, "runFor": null, "onTerm": "ignore"}]}}, "expect": [{"neverStarts": "a", "basis": "title"}],
        "steps": [{"at": 1, "do": "setActiveDeadline", "seconds": null, "result": "rejected"}, {"do": "preempt"}]});
    let scenario = Scenario::read(&scenario.to_string()).unwrap();
    let mut hand = Hand(Record::default());
    hand.push(1, What::StepResult { index: 0, accepted: false });
    assert!(differences(&scenario, &hand.0, Compare::Times).is_empty());
    let mut hand = Hand(Record::default());
    hand.push(1, What::StepResult { index: 0, accepted: true });
    hand.process(2, "a", 1, "started");
    hand.push(60, What::StepsLeft(Vec::from([1])));
    let expected = [
        "steps[1]: not reached",
        "steps[0]: expected to be rejected, was accepted",
        "expect[0] (title): neverStarts: `a` started happens at 2.00 s",
    ];
    assert_eq!(differences(&scenario, &hand.0, Compare::Times), expected);
}
