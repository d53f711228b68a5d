//! Plays of the control plane that no public file has.

use crate::conformance::judge::{self, Pass};
use crate::conformance::report::Outcome;
use crate::conformance::scenario::Scenario;
use alloc::string::ToString;
use serde_json::{Value, json};

/// One container on a node, and a finalizer that keeps the object in sight.
fn play(change: impl FnOnce(&mut Value)) {
    let mut file = json!({
        "name": "small", "description": "", "gates": {}, "runUntil": 100, "images": {"i": "ok"}, "steps": [], "node": {"name": "n"},
        "pod": {"metadata": {"name": "p", "finalizers": ["example.com/f"]}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}},
        "programs": {"c": {"runs": [{"startDelay": 0, "runFor": null, "onTerm": {"after": 1, "exitCode": 0}}]}},
    });
    change(&mut file);
    let scenario = Scenario::read(&file.to_string()).unwrap();
    assert_eq!(judge::run(&scenario, Pass::IMMEDIATE).outcome, Outcome::Passed);
}

#[test]
fn an_orphan_with_a_kubelet_is_declared_failed_and_ends_so() {
    play(|file| {
        file["steps"] = json!([{"at": 5, "do": "deleteNode"}]);
        file["expect"] = json!([
            {"phase": {"always": ["Pending", "Running"]}, "window": {"to": {"at": 45}}},
            {"object": {"metadata": {"deletionGracePeriodSeconds": 0}, "status": {"phase": "Failed"}}, "when": "atEnd"},
            {"condition": {"type": "DisruptionTarget", "reason": "DeletionByPodGC", "observedGeneration": 1}, "when": "atEnd"},
            {"exits": "c"}, {"terminalPhaseSticks": true},
        ]);
    });
}

#[test]
fn a_taint_that_goes_in_time_evicts_nobody() {
    let taint = |at, verb| json!({"at": at, "do": verb, "key": "k", "value": "v", "effect": "NoExecute"});
    let tolerations = json!([{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 20}]);
    play(|file| {
        file["pod"]["spec"]["tolerations"] = tolerations.clone();
        file["steps"] = json!([taint(5, "taintNode"), taint(10, "untaintNode")]);
        file["expect"] = json!([{"phase": {"atEnd": "Running"}}, {"condition": {"type": "DisruptionTarget"}, "when": "never"}]);
    });
    play(|file| {
        file["pod"]["spec"]["tolerations"] = tolerations.clone();
        file["steps"] = json!([taint(5, "taintNode"), taint(26, "untaintNode")]);
        file["expect"] =
            json!([{"condition": {"type": "DisruptionTarget", "reason": "DeletionByTaintManager"}, "when": "atEnd"}, {"exits": "c"}]);
    });
}

#[test]
fn a_deleted_pod_without_a_node_is_declared_failed() {
    play(|file| {
        file["pod"]["spec"] = json!({"containers": [{"name": "c", "image": "i"}], "schedulingGates": [{"name": "example.com/g"}]});
        file["steps"] = json!([{"at": 5, "do": "delete"}]);
        file["expect"] = json!([{"phase": {"atEnd": "Failed"}}, {"condition": {"type": "DisruptionTarget"}, "when": "never"}]);
    });
}

/// Ignores the stop signal; nothing holds the object.
fn stubborn(file: &mut Value) {
    file["pod"]["metadata"]["finalizers"] = json!([]);
    file["pod"]["spec"]["terminationGracePeriodSeconds"] = json!(10);
    file["programs"]["c"]["runs"][0]["onTerm"] = json!("ignore");
}

#[test]
fn an_eviction_during_a_deletion_comes_too_late_to_be_told() {
    play(|file| {
        stubborn(file);
        file["steps"] = json!([{"at": 5, "do": "delete"}, {"at": 7, "do": "evict", "reason": "Evicted", "gracePeriodSeconds": 1}]);
        file["expect"] = json!([
            {"status": {"phase": "Failed", "reason": ""}, "when": "atEnd"}, {"condition": {"type": "DisruptionTarget"}, "when": "never"},
            {"removed": true, "window": {"from": {"at": 14.9}}},
        ]);
    });
    play(|file| {
        stubborn(file);
        file["steps"] = json!([{"at": 5, "do": "evict", "reason": "Evicted", "gracePeriodSeconds": 8}, {"at": 7, "do": "preempt"}]);
        file["expect"] = json!([
            {"status": {"phase": "Failed", "reason": "Evicted"}, "when": "atEnd"},
            {"condition": {"type": "DisruptionTarget", "reason": "TerminationByKubelet"}, "when": "atEnd"},
        ]);
    });
}

#[test]
fn what_was_removed_while_the_kubelet_was_down_is_stopped_as_an_orphan() {
    play(|file| {
        stubborn(file);
        file["steps"] =
            json!([{"at": 3, "do": "stopKubelet"}, {"at": 5, "do": "delete", "gracePeriodSeconds": 0}, {"at": 9, "do": "startKubelet"}]);
        file["expect"] = json!([
            {"removed": true, "window": {"to": {"at": 6}}},
            {"count": {"container": "c", "event": "killed", "min": 1}, "window": {"from": {"at": 10}, "to": {"at": 13}}},
        ]);
    });
}

#[test]
fn clients_write_without_a_kubelet_too() {
    play(|file| {
        file["steps"] = json!([{"at": 3, "do": "stopKubelet"}, {"at": 5, "do": "patchStatus", "status": {"reason": "E2E",
            "conditions": [{"type": "example.com/g", "status": "True"}]}}]);
        file["expect"] = json!([
            {"status": {"phase": "Running", "reason": "E2E", "conditions": [{"type": "example.com/g", "status": "True"}]}, "when": "atEnd"},
        ]);
    });
    play(|file| {
        file["steps"] = json!([{"at": 5, "do": "delete"}, {"at": 20, "do": "updateMetadata", "patch": {"finalizers": null}}]);
        file["expect"] = json!([{"removed": true, "window": {"from": {"at": 19.9}}}]);
    });
}

#[test]
fn a_pod_that_learns_to_tolerate_a_taint_stays() {
    let tolerations =
        |seconds: Option<u32>| json!([{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}]);
    play(|file| {
        file["pod"]["spec"]["tolerations"] = tolerations(Some(20));
        file["steps"] = json!([{"at": 5, "do": "taintNode", "key": "k", "value": "v", "effect": "NoExecute"},
            {"at": 8, "do": "updateSpec", "patch": {"tolerations": tolerations(None)}, "result": "accepted"}]);
        file["expect"] = json!([{"phase": {"atEnd": "Running"}}, {"condition": {"type": "DisruptionTarget"}, "when": "never"}]);
    });
}
