//! Defaulting, validation and the kubectl summary against the recordings of a real Kubernetes.
#![allow(clippy::std_instead_of_alloc, reason = "a test has std")]

mod recordings;

use pod_lifecycle::api::{EventType, Pod, PodSpec, WatchEvent};
use pod_lifecycle::rules::summary::summary;
use pod_lifecycle::spec::{apply_defaults, validate, validate_create, validate_meta, validate_update};
use pod_lifecycle::{Gates, Spec};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the API server answered to a creation is what it had stored: defaulted, and valid.
#[test]
fn created_pods_are_defaulted_and_valid() {
    for (name, text) in recordings::files("traces", ".meta.json") {
        let meta: Value = serde_json::from_str(&text).unwrap();
        let Ok(pod) = serde_json::from_value::<Pod>(meta["manifest"].clone()) else { continue };
        let mut again = pod.spec.clone();
        apply_defaults(&mut again);
        assert_eq!(again, pod.spec, "{name}: defaulted by the API server");
        assert_eq!(validate_create(&pod.spec, &Gates::default()), Ok(()), "{name}");
        assert_eq!(validate_meta(&pod.metadata), [], "{name}");
    }
}

/// The manifests of the scenarios come from tests that Kubernetes accepts.
#[test]
fn manifests_of_the_scenarios_are_valid() {
    for (name, text) in recordings::files("scenarios", ".json") {
        let scenario: Value = serde_json::from_str(&text).unwrap();
        let pod: Pod = serde_json::from_value(scenario["pod"].clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut gates = Gates::default();
        for (gate, on) in scenario["gates"].as_object().into_iter().flatten() {
            gates.set(gate, on == true).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        Spec::parse_with(pod.spec, &gates).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(validate_meta(&pod.metadata), [], "{name}");
    }
}

/// Without what defaulting fills in, the stored spec comes out of it again.
#[test]
fn defaulting_restores_what_is_stripped() {
    for (name, text) in recordings::files("traces", ".meta.json") {
        let mut meta: Value = serde_json::from_str(&text).unwrap();
        let stored: PodSpec = serde_json::from_value(meta["manifest"]["spec"].clone()).unwrap();
        let spec = &mut meta["manifest"]["spec"];
        remove(spec, "restartPolicy", |value| value == "Always");
        remove(spec, "terminationGracePeriodSeconds", |value| value == 30);
        remove(spec, "enableServiceLinks", |value| value == true);
        remove(spec, "dnsPolicy", |_| true);
        remove(spec, "schedulerName", |value| value == "default-scheduler");
        let lists = ["initContainers", "containers"];
        for container in lists.iter().flat_map(|list| spec[list].as_array().cloned().unwrap_or_default()) {
            assert!(container["imagePullPolicy"].is_string() && container["terminationMessagePath"].is_string(), "{name}");
        }
        for list in lists {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                remove(container, "imagePullPolicy", |value| value == "IfNotPresent");
                remove(container, "terminationMessagePath", |_| true);
                remove(container, "terminationMessagePolicy", |value| value == "File");
                for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
                    if container[probe].is_object() {
                        remove(&mut container[probe], "timeoutSeconds", |value| value == 1);
                        remove(&mut container[probe], "periodSeconds", |value| value == 10);
                        remove(&mut container[probe], "successThreshold", |value| value == 1);
                        remove(&mut container[probe], "failureThreshold", |value| value == 3);
                    }
                }
            }
        }
        let mut spec: PodSpec = serde_json::from_value(spec.clone()).unwrap();
        assert_ne!(spec, stored, "{name}: nothing was stripped");
        apply_defaults(&mut spec);
        assert_eq!(spec, stored, "{name}");
    }
}

fn remove(object: &mut Value, key: &str, is_default: fn(&Value) -> bool) {
    if let Some(object) = object.as_object_mut()
        && object.get(key).is_some_and(is_default)
    {
        object.remove(key);
    }
}

/// Each recorded change of a spec was accepted by the API server: an ordinary update, or binding, resize, ephemeral containers.
#[test]
fn recorded_updates_are_allowed() {
    let mut before: BTreeMap<String, PodSpec> = BTreeMap::new();
    let mut changed = BTreeSet::new();
    for (name, event) in events() {
        let Some(Pod { spec: new, .. }) = event.object.into_pod() else { continue };
        assert_eq!(validate(&new, &Gates::default()), Ok(()), "{name}");
        let Some(old) = before.insert(name.clone(), new.clone()) else { continue };
        if event.type_ == EventType::Added || old == new {
            continue;
        }
        // Put aside what has a subresource of its own.
        let mut ordinary = PodSpec { node_name: old.node_name.clone(), ephemeral_containers: old.ephemeral_containers.clone(), ..new };
        for (container, old) in ordinary.containers.iter_mut().zip(&old.containers) {
            container.resources = old.resources.clone();
        }
        assert_eq!(validate_update(&old, &ordinary, &Gates::default()), Ok(()), "{name}");
        if ordinary != old {
            changed.insert(name);
        }
    }
    assert!(before.is_empty() || changed.len() >= 5, "only {changed:?} changed their specs");
}

/// Each recorded object has a word for STATUS that fits its phase, and its counts are in bounds.
#[test]
fn recorded_pods_have_a_summary() {
    let mut words = BTreeSet::new();
    for (name, event) in events() {
        let Some(pod) = event.object.pod() else { continue };
        let seen = summary(pod);
        let (ready, total) = seen.ready;
        assert!(ready <= total && total >= pod.spec.containers.len(), "{name}: {seen:?}");
        let word = seen.status.as_str();
        let deleted = pod.metadata.deletion_timestamp.is_some();
        let terminal = pod.status.phase.is_some_and(|phase| phase.is_terminal());
        assert!(!word.is_empty() && !word.ends_with(':'), "{name}");
        assert_eq!(word == "Terminating", deleted && !terminal, "{name}: {word}");
        assert!(!(word == "Running" && terminal), "{name}: {word}");
        assert!(!word.starts_with("Init:") || !pod.status.init_container_statuses.is_empty(), "{name}: {word}");
        words.insert(word.to_owned());
    }
    for word in ["Pending", "Running", "Completed", "Error", "CrashLoopBackOff", "SchedulingGated", "Terminating", "Init:0/2", "OOMKilled"]
    {
        assert!(words.is_empty() || words.contains(word), "`{word}` is not among {words:?}");
    }
    println!("{words:?}");
}

fn events() -> impl Iterator<Item = (String, WatchEvent)> {
    recordings::lines().into_iter().map(|(name, line)| {
        let event = serde_json::from_value(line).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, event)
    })
}
