//! The API types against the recordings of a real Kubernetes: what is read is written again, to the letter.
#![allow(clippy::std_instead_of_alloc, reason = "a test has std")]

mod recordings;

use pod_lifecycle::api::{Pod, PodStatus, WatchEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the recordings hold and the types leave out, since the lifecycle does not need it. Nothing of the status is here.
const NOT_MODELLED: [&str; 4] =
    ["object.spec.containers[].env", "object.spec.securityContext", "object.spec.volumes[].configMap", "object.spec.volumes[].hostPath"];

#[test]
fn every_recorded_object_survives() {
    let lines = recordings::lines();
    let mut lost = BTreeMap::new();
    for (name, original) in &lines {
        let event: WatchEvent = serde_json::from_value(original.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = serde_json::to_value(&event).unwrap();
        compare(original, &written, "", &mut lost).unwrap_or_else(|path| panic!("{name}: written otherwise than read at {path}"));
        assert_eq!(serde_json::from_value::<WatchEvent>(written).unwrap(), event, "{name}");
    }
    if lines.is_empty() {
        return;
    }
    let lost: Vec<_> = lost.keys().map(String::as_str).collect();
    assert_eq!(lost, NOT_MODELLED, "left out by the types / listed here");
}

/// The vectors' Pods and statuses come from Kubernetes' own types: nothing of them is left out.
#[test]
fn every_object_of_the_vectors_survives() {
    let mut objects = 0;
    for (name, text) in recordings::files("vectors", ".jsonl") {
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            whole_objects(&case, &mut |object, is_pod| {
                objects += 1;
                if is_pod { same_again::<Pod>(object, &name) } else { same_again::<PodStatus>(object, &name) }
            });
        }
    }
    println!("{objects} objects");
}

/// What this cluster had none of: devices, a runtime that tells the user, stop signals.
#[test]
fn a_status_with_devices_survives() {
    let status = json!({
        "phase": "Running",
        "resize": "Infeasible",
        "resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "pod-gpu-x7"}, {"name": "none"}],
        "extendedResourceClaimStatus": {
            "requestMappings": [{"containerName": "a", "resourceName": "example.com/gpu", "requestName": "container-0-request-0"}],
            "resourceClaimName": "pod-extended-resources-q2"
        },
        "nodeAllocatableResourceClaimStatuses": [{"resourceClaimName": "cpus", "containers": ["a"], "resources": {"cpu": "2"}}],
        "containerStatuses": [{
            "name": "a", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "lastState": {}, "ready": true, "restartCount": 0,
            "image": "a", "imageID": "a@sha256:0", "started": true, "stopSignal": "SIGUSR1",
            "user": {"linux": {"uid": 1000, "gid": 0, "supplementalGroups": [0, 4000]}},
            "allocatedResourcesStatus": [{"name": "claim:gpu/one", "resources": [
                {"resourceID": "dra:gpu.example.com/pool/gpu-0", "health": "Unhealthy", "message": "too hot"}, {"resourceID": "b"}]}]
        }]
    });
    same_again::<PodStatus>(&status, "devices");
}

/// Calls with each Pod, and each status outside of a Pod.
fn whole_objects(value: &Value, found: &mut impl FnMut(&Value, bool)) {
    match value {
        Value::Object(fields) if fields.get("spec").is_some_and(|spec| spec.get("containers").is_some()) => found(value, true),
        Value::Object(fields)
            if fields.contains_key("containerStatuses") && fields.contains_key("phase") && !fields.contains_key("pod") =>
        {
            found(value, false);
        }
        Value::Object(fields) => fields.values().for_each(|value| whole_objects(value, found)),
        Value::Array(items) => items.iter().for_each(|value| whole_objects(value, found)),
        _ => {}
    }
}

fn same_again<T: DeserializeOwned + Serialize>(object: &Value, name: &str) {
    let read: T = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{name}: {error}: {object}"));
    assert_eq!(serde_json::to_value(&read).unwrap(), *object, "{name}");
}

/// Everything written must be in the original; what of the original is not written is counted by its path.
fn compare(original: &Value, written: &Value, path: &str, lost: &mut BTreeMap<String, usize>) -> Result<(), String> {
    match (original, written) {
        (Value::Object(original), Value::Object(written)) => {
            if let Some(added) = written.keys().find(|key| !original.contains_key(*key)) {
                return Err(format!("{path}.{added} (added)"));
            }
            for (key, value) in original {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match written.get(key) {
                    Some(written) => compare(value, written, &path, lost)?,
                    None => *lost.entry(path).or_default() += 1,
                }
            }
            Ok(())
        }
        (Value::Array(original), Value::Array(written)) if original.len() == written.len() => {
            let path = format!("{path}[]");
            original.iter().zip(written).try_for_each(|(original, written)| compare(original, written, &path, lost))
        }
        _ if original == written => Ok(()),
        _ => Err(format!("{path}: {original} became {written}")),
    }
}
