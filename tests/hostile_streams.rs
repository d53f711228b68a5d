//! Whatever JSON a stream is made of, the checker neither panics nor takes long: examples of the catalogue, and recordings where they are, with
//! numbers, texts, nulls, copies and gaps in any place.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

#[path = "recordings/mod.rs"]
mod recordings;

use pod_lifecycle::api::{Pod, WatchEvent};
use pod_lifecycle::check::{Checker, RULES};
use pod_lifecycle::conformance::watch::Reader;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How many findings a stream has.
fn findings(stream: &str) -> usize {
    let (mut checker, mut found) = (Checker::new(), 0);
    for item in Reader::new(stream.as_bytes()).flatten() {
        item.check(&mut checker, &mut |finding| found += usize::from(!finding.to_string().is_empty()));
    }
    checker.finish(&mut |_| found += 1);
    found
}

/// The streams that are spoilt.
static STREAMS: LazyLock<Vec<Vec<Value>>> = LazyLock::new(|| {
    let examples = RULES.iter().flat_map(|rule| [rule.silent().documents(), rule.fires().documents()]);
    let read = |text: String| text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    examples.chain(recordings::files("traces", ".jsonl").into_iter().map(|(_, text)| read(text))).collect()
});

/// What is done to one place.
#[derive(Clone, Debug)]
enum Change {
    Set(Value),
    Delete,
    /// Once more, so many times, in a list; elsewhere nothing.
    Repeat(usize),
    /// What stands in another place of the event.
    Like(Index),
}

fn values() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        Just(0),
        Just(-1),
        Just(i64::MAX),
        Just(i64::MIN),
        Just(i64::from(i32::MAX)),
        Just(i64::from(i32::MIN)),
        -3..400i64,
        any::<i64>()
    ];
    const TEXTS: [&str; 14] = [
        "",
        "a",
        "0001-01-01T00:00:00Z",
        "1600-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2262-04-11T23:47:16.854775807Z",
        "2026-01-01T00:00:04.5Z",
        "Failed",
        "Unknown",
        "True",
        "99999999999999999999E",
        "-1",
        "\u{fffd}\u{1f600}",
    ];
    prop_oneof![
        number.prop_map(|number| json!(number)),
        prop::sample::select(&TEXTS[..]).prop_map(|text| json!(text)),
        prop_oneof![Just(1e308), Just(-1e308), Just(-1.0), Just(1e-308), Just(1e18)].prop_map(|number| json!(number)),
        prop_oneof![Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!(true)), Just(json!(false))],
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => values().prop_map(Change::Set),
        2 => Just(Change::Delete),
        1 => prop_oneof![1..4usize, Just(300)].prop_map(Change::Repeat),
        1 => any::<Index>().prop_map(Change::Like),
    ]
}

/// The pointers to all places below a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut add = |key: &str, value: &Value| {
        let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(value, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| add(key, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| add(&n.to_string(), item)),
        _ => {}
    }
}

fn apply(event: &mut Value, place: Index, change: &Change) {
    let mut found = Vec::new();
    places(event, "", &mut found);
    if found.is_empty() {
        return;
    }
    let place: &String = place.get(&found);
    let (parent, key) = place.rsplit_once('/').expect("a pointer begins with a slash");
    match change {
        Change::Set(value) => *event.pointer_mut(place).expect("it is there") = value.clone(),
        Change::Like(other) => {
            let other = event.pointer(other.get::<String>(&found)).cloned();
            *event.pointer_mut(place).expect("it is there") = other.expect("it is there");
        }
        Change::Delete => match event.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.remove(&key.replace("~1", "/").replace("~0", "~"))),
            Some(Value::Array(items)) => drop(items.remove(key.parse().expect("a number"))),
            _ => {}
        },
        Change::Repeat(times) => {
            if let Some(Value::Array(items)) = event.pointer_mut(parent) {
                let item = items[key.parse::<usize>().expect("a number")].clone();
                items.extend(std::iter::repeat_n(item, *times));
            }
        }
    }
}

/// Even one with some hundred containers takes a fraction of it; tests run beside others, without optimization.
const LONG: Duration = Duration::from_secs(20);

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoilt_stream_is_checked(
        stream in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), changes()), 1..6),
        stays in any::<bool>(),
    ) {
        let mut events = stream.get(&STREAMS).clone();
        for (at, place, change) in &changes {
            let at = at.index(events.len());
            let end = if stays { events.len() } else { at + 1 };
            events[at..end].iter_mut().for_each(|event| apply(event, *place, change));
        }
        let text: String = events.iter().map(|event| format!("{event}\n")).collect();
        let begun = Instant::now();
        findings(&text);
        prop_assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    }
}

/// A Pod as one of the examples has it.
fn pod() -> Value {
    let mut pod = RULES[0].silent().documents()[0]["object"].take();
    pod["metadata"]["uid"] = json!("1");
    pod
}

/// The stream of a Pod whose versions are these.
fn stream(versions: impl IntoIterator<Item = Value>) -> String {
    let event =
        |(n, object): (usize, Value)| format!("{}\n", json!({"type": if n == 0 { "ADDED" } else { "MODIFIED" }, "t": n, "object": object}));
    versions.into_iter().enumerate().map(event).collect()
}

#[test]
fn large_pods_are_checked_in_time() {
    let containers = |names: &[String]| -> [Value; 2] {
        let status = |name: &String| {
            let mut status = pod()["status"]["containerStatuses"][0].clone();
            status["name"] = json!(name);
            status["containerID"] = json!(format!("containerd://{name}"));
            status
        };
        [names.iter().map(|name| json!({"name": name, "image": "a:1"})).collect(), names.iter().map(status).collect()]
    };
    let names: Vec<_> = (0..500).map(|n| format!("c{n:03}")).collect();
    let reversed: Vec<_> = names.iter().rev().cloned().collect();
    let others: Vec<_> = names.iter().map(|name| format!("x{name}")).collect();
    let same = vec![String::new(); 500];
    let with_containers = |shown: &[String]| {
        let mut pod = pod();
        pod["spec"]["containers"] = containers(&names)[0].clone();
        pod["status"]["containerStatuses"] = containers(shown)[1].clone();
        pod
    };
    let with_conditions = |type_: fn(usize) -> String| {
        let mut pod = pod();
        let condition = |n| json!({"type": type_(n), "status": "True", "lastTransitionTime": "2026-01-01T00:00:01Z"});
        pod["status"]["conditions"] = (0..10_000).map(condition).collect();
        pod
    };
    let versions = [&names, &reversed, &others, &same, &names].map(|shown| with_containers(shown));
    let conditions = [|n| format!("t{n}"), |n: usize| format!("t{}", 10_000 - n), |_| "Ready".to_owned(), |n: usize| format!("t{n}")];
    let conditions = (conditions as [fn(usize) -> String; 4]).map(with_conditions);
    for (what, stream) in [("containers", stream(versions)), ("conditions", stream(conditions))] {
        let begun = Instant::now();
        findings(&stream);
        println!("{what}: {:?}", begun.elapsed());
        assert!(begun.elapsed() < LONG, "{what}: {:?}", begun.elapsed());
    }
}

#[test]
fn many_pods_come_and_go_in_time() {
    let begun = Instant::now();
    let (mut checker, mut found) = (Checker::new(), 0);
    let mut pod: Pod = serde_json::from_value(pod()).expect("a Pod");
    for n in 0..5_000 {
        pod.metadata.uid = if n % 2 == 0 { format!("{n}") } else { String::new() };
        pod.metadata.namespace = format!("n{n}");
        for type_ in ["ADDED", "DELETED"] {
            let event = json!({"type": type_, "t": 1e308, "object": {}});
            let mut event: WatchEvent = serde_json::from_value(event).expect("an event");
            event.t = [Some(f64::NAN), Some(f64::INFINITY), Some(-1e308), Some(1e308), None][n % 5];
            event.object = pod.clone().into();
            checker.event(event, n as u64, &mut |_| found += 1);
        }
    }
    checker.finish(&mut |_| found += 1);
    assert_eq!(checker.tally().pods, 5_000);
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
}
