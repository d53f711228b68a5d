//! Resources and resize conditions in the status, against the recordings of a real Kubernetes: the replays of the resized Pods are
//! played, and what the watch shows of their resources must come in the same order.
#![allow(clippy::std_instead_of_alloc, reason = "a test has std")]

mod recordings;

use pod_lifecycle::api::Pod;
use pod_lifecycle::conformance::player::{Settings, play};
use pod_lifecycle::conformance::record::What;
use pod_lifecycle::conformance::scenario::Scenario;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a status tells of resources and their changes, amounts in numbers.
fn told(pod: &Pod) -> Value {
    let conditions: Vec<_> = pod.status.conditions.iter().filter(|condition| condition.type_.as_str().contains("Resize")).collect();
    for condition in &conditions {
        assert!(condition.last_probe_time.is_some() && condition.last_transition_time.is_some());
    }
    let conditions: Vec<_> = conditions.iter().map(|c| json!([c.type_.as_str(), c.reason, c.observed_generation])).collect();
    let own = |status: &pod_lifecycle::api::ContainerStatus| json!([status.name, status.allocated_resources, status.resources]);
    let containers: Vec<_> = pod.status.container_statuses.iter().map(own).collect();
    let told = json!([conditions, containers, pod.status.allocated_resources, pod.status.resources]);
    // A share of the kernel is at most 262144: more than 256 CPUs cannot be requested of it.
    serde_json::from_str(&told.to_string().replace(r#"{"cpu":"500","memory":"64Mi"}}"#, r#"{"cpu":"256","memory":"64Mi"}}"#)).unwrap()
}

#[test]
fn resources_are_shown_as_the_kubelet_shows_them() {
    let mut recorded: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, line) in recordings::lines() {
        if let Some(name) = name.strip_suffix(".jsonl").filter(|name| name.starts_with("resize-"))
            && line["type"] != "DELETED"
        {
            let pod: Pod = serde_json::from_value(line["object"].clone()).unwrap();
            recorded.entry(name.into()).or_default().push(told(&pod));
        }
    }
    for (name, text) in recordings::files("replays", ".replay.json") {
        let Some(mut recorded) = name.strip_suffix(".replay.json").and_then(|name| recorded.remove(name)) else { continue };
        let record = play(&Scenario::read(&text).unwrap(), Settings::default(), &mut ()).unwrap();
        let objects = record.entries.iter().filter_map(|entry| if let What::Published(pod) = &entry.what { Some(told(pod)) } else { None });
        let mut shown: Vec<_> = objects.collect();
        shown.dedup();
        recorded.dedup();
        for (n, (shown, recorded)) in shown.iter().zip(&recorded).enumerate() {
            assert_eq!(shown, recorded, "{name}, version {n}");
        }
        assert_eq!(shown.len(), recorded.len(), "{name}: {shown:#?}");
    }
    assert!(recorded.is_empty(), "no replays of {:?}", recorded.keys());
}
