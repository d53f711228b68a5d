//! The checker raises no false alarm, in whatever form and however incomplete a real cluster's stream comes.
#![allow(clippy::std_instead_of_alloc, reason = "a test has std")]

mod recordings;

use pod_lifecycle::Span;
use pod_lifecycle::api::{Pod, WatchEvent};
use pod_lifecycle::check::{Checker, Finding, Options, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A recording: its events as JSON.
type Events = Vec<Value>;

/// All recordings by name.
fn recorded() -> BTreeMap<String, Events> {
    let mut recorded = BTreeMap::<_, Events>::new();
    for (name, line) in recordings::lines() {
        recorded.entry(name).or_default().push(line);
    }
    recorded
}

fn event(value: &Value) -> WatchEvent {
    serde_json::from_value(value.clone()).unwrap()
}

fn check(options: Options, feed: impl FnOnce(&mut Checker, &mut dyn FnMut(Finding))) -> Vec<Finding> {
    let (mut checker, mut found) = (Checker::with(options), Vec::new());
    feed(&mut checker, &mut |finding| found.push(finding));
    checker.finish(&mut |finding| found.push(finding));
    found.retain(|finding| finding.rule.severity() == Severity::Must);
    found
}

fn check_events<'a>(events: impl IntoIterator<Item = &'a Value>) -> Vec<Finding> {
    check(Options::default(), |checker, found| {
        for (n, value) in events.into_iter().enumerate() {
            checker.event(event(value), n as u64 + 1, found);
        }
    })
}

/// Holds each recording, changed in this way, against the rules.
fn none_is_broken(how: &str, judge: impl Fn(&Events) -> Vec<Finding>) {
    let found: Vec<_> =
        recorded().iter().flat_map(|(name, events)| judge(events).into_iter().map(move |finding| format!("{name}: {finding}"))).collect();
    assert!(found.is_empty(), "{how}: {} false alarms, such as {:#?}", found.len(), &found[..found.len().min(12)]);
}

fn without_t(events: &Events) -> Events {
    let mut events = events.clone();
    events.iter_mut().for_each(|event| drop(event.as_object_mut().unwrap().remove("t")));
    events
}

#[test]
fn without_the_recorder_s_time() {
    none_is_broken("no t", |events| check_events(&without_t(events)));
}

#[test]
fn with_the_times_of_managed_fields() {
    none_is_broken("managedFields", |events| {
        let created = |value: &Value| event(value).object.pod().unwrap().metadata.creation_timestamp.unwrap();
        let mut changed = without_t(events);
        for (value, original) in changed.iter_mut().zip(events) {
            // The recorder's second 0 is within the second of the creation.
            let at = created(original) + Span::from_secs_f64(original["t"].as_f64().unwrap() + 0.999);
            let known = event(original);
            let newest = known.object.pod().unwrap().status.conditions.iter().filter_map(|c| c.last_transition_time).max();
            let at = newest.map_or(at, |newest| newest.max(at)).truncated();
            value["object"]["metadata"]["managedFields"] = json!([{"manager": "kubelet", "operation": "Update", "time": at}]);
        }
        check_events(&changed)
    });
}

#[test]
fn as_bare_objects() {
    none_is_broken("bare", |events| {
        check(Options::default(), |checker, found| {
            for (n, value) in events.iter().enumerate() {
                let pod: Pod = serde_json::from_value(value["object"].clone()).unwrap();
                checker.object(pod, n as u64 + 1, found);
            }
        })
    });
}

#[test]
fn with_versions_missing() {
    for (step, offset) in [(2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (5, 2), (7, 3)] {
        none_is_broken("every so manyth version", |events| {
            let every_version = Some(false);
            let mut options = Options::default();
            options.every_version = every_version;
            check(options, |checker, found| {
                for (n, value) in events.iter().enumerate().filter(|(n, _)| n % step == offset) {
                    checker.event(event(value), n as u64 + 1, found);
                }
            })
        });
    }
}

#[test]
fn begun_late() {
    for begin in 1..12 {
        none_is_broken("begun late", |events| check_events(&events[begin.min(events.len())..]));
        none_is_broken("begun late with a list", |events| {
            let mut events = events[begin.min(events.len())..].to_vec();
            if let Some(first) = events.first_mut().filter(|first| first["type"] == "MODIFIED") {
                first["type"] = json!("ADDED");
            }
            check_events(&events)
        });
    }
}

#[test]
fn with_lists_in_between() {
    none_is_broken("re-lists", |events| {
        let mut listed = Vec::new();
        for (n, value) in events.iter().enumerate() {
            listed.push(value.clone());
            if n % 3 == 2 && value["type"] != "DELETED" {
                let mut again = value.clone();
                again["type"] = json!("ADDED");
                listed.push(again);
            }
        }
        check_events(&listed)
    });
}

#[test]
fn with_breaks_of_the_watch() {
    let expired = json!({"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "too old resource version", "reason": "Expired", "code": 410}});
    let bookmark = json!({"type": "BOOKMARK", "object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "12"}, "spec": {"containers": null}, "status": {}}});
    none_is_broken("breaks", |events| {
        let mut broken = Vec::new();
        for (n, value) in events.iter().enumerate() {
            // What comes right behind a break is lost, unless it is the removal.
            if n % 4 == 2 {
                broken.extend([bookmark.clone(), expired.clone()]);
                if value["type"] != "DELETED" {
                    continue;
                }
            }
            broken.push(value.clone());
        }
        check_events(&broken)
    });
}

#[test]
fn a_watch_begun_behind_a_list() {
    // What came between the list and the watch is lost.
    for lost in [0, 1, 3] {
        none_is_broken("list, then watch", |events| {
            check(Options::default(), |checker, found| {
                let Some((listed, watched)) = events.split_first() else { return };
                checker.object(serde_json::from_value(listed["object"].clone()).unwrap(), 1, found);
                for (n, value) in watched.iter().enumerate().skip(lost) {
                    checker.event(event(value), n as u64 + 2, found);
                }
            })
        });
    }
}

#[test]
fn all_at_once() {
    // Each with a clock of its own, as they were recorded: in turn, then as they happened.
    let recorded = recorded();
    let mut all: Vec<_> = recorded.values().flatten().collect();
    assert_eq!(check_events(all.iter().copied()), []);
    let version = |value: &Value| value["object"]["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap();
    all.sort_by_key(|value| version(value));
    assert_eq!(check_events(all), []);
}
