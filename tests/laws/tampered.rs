//! Snapshots that nobody has given: true ones in which something was changed.

use super::numbers::Numbers;
use super::world::World;
use pod_lifecycle::Pod;
use pod_lifecycle::pod::{Event, RestoreError, Snapshot};
use serde_json::{Value, json};

/// A snapshot of this Pod as JSON, changed in some places.
pub(crate) fn tampered(pod: &Pod, numbers: &mut Numbers<'_>) -> Value {
    let mut snapshot = serde_json::to_value(pod.snapshot()).expect("a snapshot is written");
    for _ in 0..=numbers.below(2) {
        let places = count(&snapshot);
        let mut place = (usize::from(numbers.next()) << 8 | usize::from(numbers.next())) % places;
        change(&mut snapshot, &mut place, numbers);
    }
    snapshot
}

/// The Pod that it makes, if any.
pub(crate) fn restored(pod: &Pod, snapshot: &Value) -> Option<Result<Pod, RestoreError>> {
    let snapshot: Snapshot = serde_json::from_value(snapshot.clone()).ok()?;
    Some(Pod::restore(snapshot, pod.spec(), pod.node()))
}

/// What comes out of a restored Pod goes in again, whatever it has lived through.
pub(crate) fn live_on(world: &mut World, history: &[[u8; 4]]) {
    for &op in history {
        world.step(op);
        let _ = world.pod.status().to_owned();
    }
    let now = world.now;
    let _ = world.pod.handle(now, Event::Tick, &mut ());
    world.pod.sync(now, &mut ());
    let again = Pod::restore(world.pod.snapshot(), world.pod.spec(), world.pod.node());
    assert!(again.as_ref() == Ok(&world.pod), "{again:?}\nis not {:?}", world.pod);
}

/// How many places there are to change.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes the place of this number.
fn change(value: &mut Value, place: &mut usize, numbers: &mut Numbers<'_>) {
    if *place == 0 {
        *value = another(value, numbers);
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| change(value, place, numbers)),
        Value::Object(fields) => fields.values_mut().for_each(|value| change(value, place, numbers)),
        _ => {}
    }
}

const WORDS: [&str; 24] = [
    "Idle",
    "Volumes",
    "StopPod",
    "StopSandbox",
    "Sandbox",
    "EndContainers",
    "EndSandbox",
    "EndStatus",
    "Unmount",
    "Syncing",
    "Terminating",
    "Terminated",
    "Finished",
    "Running",
    "Succeeded",
    "Failed",
    "Exited",
    "Created",
    "Unknown",
    "True",
    "False",
    "Ready",
    "OnHold",
    "Probing",
];

const TIMES: [&str; 4] = ["2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z", "1700-01-01T00:00:00Z", "2262-01-01T00:00:00Z"];

/// Another value, often of the same kind.
fn another(value: &Value, numbers: &mut Numbers<'_>) -> Value {
    const NUMBERS: [i64; 10] = [0, 1, 2, -1, 3, 255, i32::MAX as i64, u32::MAX as i64, i64::MAX, i64::MIN];
    match (value, numbers.below(8)) {
        (_, 0) => Value::Null,
        (Value::Bool(is), _) => json!(!is),
        (Value::Number(_), _) => json!(numbers.pick(&NUMBERS)),
        (Value::String(text), 1..7) if text.ends_with('Z') => json!(numbers.pick(&TIMES)),
        (Value::String(_), 1..7) => json!(numbers.pick(&WORDS)),
        (Value::Array(list), 1..4) => list.iter().cloned().rev().collect(),
        (Value::Array(list), 4..7) => list.iter().skip(1).cloned().collect(),
        (Value::Object(_), 1..4) => json!({}),
        (Value::Object(fields), 4..6) => {
            let word = numbers.pick(&["Start", "StopContainer", "Reset"]);
            let inner = if word == "Start" { json!([numbers.below(4), "Run"]) } else { json!(numbers.below(4)) };
            if fields.len() == 1 { json!({ word: inner }) } else { fields.iter().skip(1).map(|(k, v)| (k.clone(), v.clone())).collect() }
        }
        _ => json!(numbers.pick(&WORDS)),
    }
}
