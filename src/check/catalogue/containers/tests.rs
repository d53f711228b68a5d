//! Streams that are legal though they look illegal, and the other way round.

use crate::check::catalogue::bases::{RUNNING, SUCCEEDED};
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::tests::findings;
use crate::check::{Example, Step};
use alloc::format;
use alloc::vec::Vec;

/// Whether a rule finds something in the stream.
fn finds(id: &str, base: &'static str, steps: &'static [Step]) -> bool {
    findings(&Example { base, steps }).iter().any(|finding| finding.rule.id() == id)
}

const NEXT_WEB: Step = &[
    "status.containerStatuses[web].containerID = containerd://w1",
    "status.containerStatuses[web].restartCount = 1",
    "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:08Z",
    "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"Error\", \"containerID\": \"containerd://w0\", \"startedAt\": \"2026-01-01T00:00:06Z\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
];
const UNSTARTED: Step = &["status.containerStatuses[web].started = false"];
const UNREADY: Step = &["status.containerStatuses[web].ready = false"];
const STARTED: Step = &["status.containerStatuses[web].started = true"];
const LABELLED: Step = &["metadata.labels = {\"seen\": \"yes\"}"];
const RESIZED: Step = &["status.containerStatuses[web].allocatedResources = {\"cpu\": \"1\"}"];

#[test]
fn a_startup_window_is_short() {
    const BEGUN: &[Step] = &[NEXT_WEB, UNSTARTED, LABELLED];
    assert!(!finds("CS-12", SERVING, BEGUN), "another writer may come between");
    assert!(finds("CS-12", SERVING, &[NEXT_WEB, UNSTARTED, RESIZED]), "the kubelet's next build closes it");
    const READY: Step = &["status.containerStatuses[web].ready = true"];
    assert!(!finds("CS-12", SERVING, &[NEXT_WEB, UNSTARTED, UNREADY, READY]), "the answer to a probe that began before");
    assert!(finds("CS-12", SERVING, &[UNSTARTED, UNREADY, READY]), "there was none before");
    assert!(!finds("CS-11", SERVING, &[NEXT_WEB, UNSTARTED, UNREADY, STARTED, LABELLED]));
    assert!(finds("CS-11", SERVING, &[NEXT_WEB, UNSTARTED, UNREADY, STARTED, RESIZED]));
    assert!(finds("CS-11", SERVING, &[UNREADY]), "it had started before");
    const IN_ONE: &[&str] = &[
        "status.containerStatuses[web].containerID = containerd://w1",
        "status.containerStatuses[web].restartCount = 1",
        "status.containerStatuses[web].started = false",
    ];
    assert!(!finds("CS-05", SERVING, &[IN_ONE]), "the kubelet may write two builds as one");
}

#[test]
fn an_end_is_remembered_beyond_the_version_that_tells_it() {
    const FALLEN: Step =
        &["status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"RestartingAllContainers\"}}"];
    const TOLD_AGAIN: Step = &[
        "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\", \"containerID\": \"containerd://w0\", \"startedAt\": \"2026-01-01T00:00:06Z\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
    ];
    assert!(finds("CS-18", SERVING, &[NEXT_WEB, FALLEN, TOLD_AGAIN]));
    assert!(!finds("CS-18", SERVING, &[NEXT_WEB, FALLEN, NEXT_WEB]));
}

#[test]
fn a_loss_counts_when_it_is_told() {
    const LOST: Step = &[
        "status.containerStatuses[web].restartCount = 1",
        "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"RestartingAllContainers\"}}",
        "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"RestartingAllContainers\"}}",
    ];
    const RUNS: Step = &[
        "status.containerStatuses[web].containerID = containerd://a1",
        "status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:05Z\"}}",
    ];
    assert!(!finds("CS-16", RUNNING, &[LOST, RUNS]));
    assert!(finds("CS-16", RUNNING, &[RUNS]));
}

const STARTED_AGAIN: Step = &[
    "status.containerStatuses[job].containerID = containerd://b1",
    "status.containerStatuses[job].restartCount = 1",
    "status.containerStatuses[job].lastState = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://b0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
    "status.containerStatuses[job].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:10Z\"}}",
];

#[test]
fn another_image_starts_even_what_is_never_restarted() {
    const OTHER_IMAGE: Step = &["metadata.generation = 2", "spec.containers[job].image = busybox:2"];
    const MORE_CPU: Step =
        &["metadata.generation = 2", "spec.containers[job].resources = {\"requests\": {\"cpu\": \"1\"}}", "status.observedGeneration = 2"];
    assert!(!finds("CS-33", SUCCEEDED, &[OTHER_IMAGE, LABELLED, STARTED_AGAIN]));
    assert!(finds("CS-33", SUCCEEDED, &[MORE_CPU, STARTED_AGAIN]), "a resize does not, in a Pod with the policy Never");
    // Behind a watch that was begun anew, the change may have been missed.
    const RELISTED: Step = &["type = ADDED", "metadata.generation = 3", "status.observedGeneration = 3"];
    assert!(!finds("CS-33", SUCCEEDED, &[RELISTED, STARTED_AGAIN]));
}

#[test]
fn a_container_that_is_never_restarted_is_started_in_a_new_sandbox_unless_the_pod_is_not() {
    const OWN_POLICY: Step = &["spec.restartPolicy = Always", "spec.containers[job].restartPolicy = Never"];
    const OLD_SANDBOX: Step = &["status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:02Z"];
    const NEW_SANDBOX: Step = &["status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:09Z"];
    assert!(finds("CS-33", SUCCEEDED, &[OWN_POLICY, OLD_SANDBOX, STARTED_AGAIN]));
    assert!(!finds("CS-33", SUCCEEDED, &[OWN_POLICY, NEW_SANDBOX, STARTED_AGAIN]));
    assert!(finds("CS-33", SUCCEEDED, &[NEW_SANDBOX, STARTED_AGAIN]));
}

#[test]
fn each_wrong_status_in_a_list_is_named() {
    const TWICE: Step = &[
        "status.containerStatuses[2] = {\"name\": \"web\", \"state\": {\"waiting\": {}}}",
        "status.initContainerStatuses[web] = {\"name\": \"web\", \"state\": {\"waiting\": {}}}",
        "status.initContainerStatuses[setup] = null",
    ];
    let found = findings(&Example { base: SERVING, steps: &[TWICE] });
    let paths: Vec<_> = found.iter().filter(|finding| finding.rule.id() == "CS-03").map(|finding| &*finding.path).collect();
    let list = |list: &str, name: &str| format!("status.{list}[{name}]");
    assert_eq!(
        paths,
        [list("initContainerStatuses", "web"), list("containerStatuses", "web"), list("initContainerStatuses", "setup")],
        "no init container web; web twice; setup has none"
    );
}

#[test]
fn what_is_no_text_counts_as_the_bytes_that_the_kubelet_cut() {
    assert_eq!(crate::check::catalogue::containers::form::stored_length("aé\u{fffd}"), 4);
}
