//! Plays of the control plane that no public file has.

use crate::api::{self, ConditionStatus, ConditionType, EventType};
use crate::conformance::judge::{self, Pass};
use crate::conformance::player;
use crate::conformance::report::Outcome;
use crate::conformance::scenario::Scenario;
use crate::time::Span;
use alloc::string::ToString;
use alloc::vec::Vec;
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
fn a_play_that_breaks_a_rule_fails_but_for_what_a_client_writes() {
    let file = |status: Value, steps: Value| {
        let runs = json!([{"startDelay": 0, "runFor": null, "onTerm": {"after": 1, "exitCode": 0}}]);
        let file = json!({
            "name": "small", "description": "", "gates": {}, "runUntil": 10, "images": {"i": "ok"}, "steps": steps, "expect": [{"k8sEvent": {}}],
            "pod": {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
            "node": {"kubelet": "stopped"}, "initialStatus": status, "programs": {"c": {"runs": runs}},
        });
        judge::run(&Scenario::read(&file.to_string()).unwrap(), Pass::IMMEDIATE).outcome
    };
    let labels = json!([{"at": 5, "do": "updateMetadata", "patch": {"labels": {"seen": "yes"}}}]);
    let Outcome::Failed(why) = file(json!({"phase": "Unknown"}), labels.clone()) else { panic!("Unknown is no phase") };
    assert!(why.iter().any(|why| why.starts_with("version 2 at 5.00 s: MUST PH-01 ")), "{why:?}");
    assert_eq!(file(json!({"phase": "Pending"}), labels), Outcome::Passed);
    let patch = json!([{"at": 5, "do": "patchStatus", "status": {"reason": "Mine"}}]);
    assert_eq!(file(json!({"phase": "Pending"}), patch), Outcome::Passed, "a client's reason is not the machine's");
}

#[test]
fn the_message_of_initialized_is_that_of_the_last_build() {
    struct Messages(Vec<(Option<bool>, alloc::string::String)>);
    impl player::Observer for Messages {
        fn published(&mut self, _: Span, _: EventType, object: &api::Pod) {
            let started = object.status.init_container_statuses.first().and_then(|sidecar| sidecar.started);
            let initialized = object.status.conditions.iter().find(|condition| condition.type_ == ConditionType::Initialized);
            if let Some(condition) = initialized.filter(|condition| condition.status == ConditionStatus::False) {
                self.0.push((started, condition.message.clone()));
            }
        }
    }
    let runs = json!({"runs": [{"startDelay": 0, "runFor": null, "onTerm": {"after": 1, "exitCode": 0}}]});
    let probe = json!({"exec": {"command": ["x"]}, "periodSeconds": 1});
    let file = json!({
        "name": "small", "description": "", "gates": {}, "runUntil": 10, "images": {"i": "ok"}, "steps": [], "expect": [{"k8sEvent": {}}],
        "pod": {"metadata": {"name": "p"}, "spec": {
            "initContainers": [{"name": "s", "image": "i", "restartPolicy": "Always", "startupProbe": probe}],
            "containers": [{"name": "c", "image": "i"}],
        }},
        "probes": {"s": {"startup": [{"from": 0, "result": "success", "run": "each"}]}}, "programs": {"c": runs, "s": runs},
    });
    let mut messages = Messages(Vec::new());
    player::play(&Scenario::read(&file.to_string()).unwrap(), Pass::IMMEDIATE.settings, &mut messages).unwrap();
    assert!(messages.0.iter().any(|(started, _)| *started == Some(true)), "the success is told at once: {:?}", messages.0);
    assert!(messages.0.iter().all(|(_, message)| message == "containers with incomplete status: [s]"), "{:?}", messages.0);
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
