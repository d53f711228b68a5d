//! Plays of the control plane that no public file has.

use crate::conformance::judge;
use crate::conformance::player::Settings;
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
    assert_eq!(judge::run(&scenario, Settings::default()), Outcome::Passed);
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
