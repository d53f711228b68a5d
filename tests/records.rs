//! Records of instances and sandboxes that the runtime keeps, and what becomes of them.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

use pod_lifecycle::api::ObjectMeta;
use pod_lifecycle::observation::Observation;
use pod_lifecycle::pod::{Action, Attempt, Event, NewPod, NodeConfig, Output, Pacing, Stage};
use pod_lifecycle::rules::termination_message::MAX_POD;
use pod_lifecycle::rules::view::{Exit, ProbeResult, Runtime, WaitingReason};
use pod_lifecycle::spec::ProbeKind;
use pod_lifecycle::{ContainerIndex, Pod, Span, Spec, Time};
use serde_json::{Value, json};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);
const INIT: ContainerIndex = ContainerIndex::new(0);

fn at(second: i64) -> Time {
    START + Span::from_secs(second)
}

/// A Pod on its node whose volumes are mounted and whose sandbox is up: nothing has been asked of the runtime but that.
fn pod(spec: Value, pacing: Pacing) -> Pod {
    let mut spec = spec;
    spec["nodeName"] = json!("n");
    let spec = Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap());
    let mut node = NodeConfig::default();
    node.pacing = pacing;
    let status = serde_json::from_value(json!({"phase": "Pending"})).unwrap();
    let mut pod = Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: Some(&status) }, &Arc::new(node), &mut ());
    tell(&mut pod, 0, Event::Admitted);
    if !pacing.automatic {
        sync(&mut pod, 0);
    }
    tell(&mut pod, 0, Event::VolumesMounted);
    tell(&mut pod, 0, Event::SandboxStarted { attempt: 0, ips: "10.1.0.5" });
    pod
}

fn tell(pod: &mut Pod, second: i64, event: Event<'_>) -> Vec<Output> {
    let mut outputs = Vec::new();
    pod.handle(at(second), event, &mut outputs).unwrap();
    outputs
}

fn see(pod: &mut Pod, second: i64, seen: Value) -> Vec<Output> {
    let mut outputs = Vec::new();
    let seen: Observation = serde_json::from_value(seen).unwrap();
    pod.observe(at(second), &seen, &mut outputs).unwrap();
    outputs
}

fn sync(pod: &mut Pod, second: i64) -> Vec<Action> {
    let mut outputs = Vec::new();
    pod.sync(at(second), &mut outputs);
    actions(&outputs)
}

fn actions(outputs: &[Output]) -> Vec<Action> {
    let action = |output: &Output| if let Output::Action(action) = output { Some(*action) } else { None };
    outputs.iter().filter_map(action).collect()
}

fn start(pod: &mut Pod, second: i64, container: ContainerIndex, attempt: Attempt) {
    tell(pod, second, Event::ImagePresent { container });
    tell(pod, second, Event::ContainerCreated { container, attempt, id: "", image_id: "" });
    tell(pod, second, Event::ContainerStarted { container, attempt, at: at(second) });
}

fn record(name: &str, n: i64, state: &str, active: bool) -> Value {
    let mut record = json!({"id": format!("{name}{n}"), "name": name, "state": state, "restartCount": n, "active": active});
    if state != "created" {
        record["startedAt"] = json!(at(n));
    }
    if state == "exited" {
        record["finishedAt"] = json!(at(n));
        record["exitCode"] = json!(1);
        record["reason"] = json!("Error");
    }
    record
}

fn sandbox(attempt: u32, state: &str) -> Value {
    json!({"id": format!("{attempt}"), "state": state, "attempt": attempt, "networkStatus": true, "ip": "10.1.0.5"})
}

const TWO: &str = r#"{"initContainers": [{"name": "i", "image": "x:1"}], "containers": [{"name": "c", "image": "x"}]}"#;

fn two() -> Value {
    serde_json::from_str(TWO).unwrap()
}

#[test]
fn a_sync_prunes_all_dead_instances_of_an_init_container_but_the_newest() {
    let mut pod = pod(two(), Pacing::MANUAL);
    start(&mut pod, 0, INIT, Attempt(0));
    let containers =
        [record("i", 4, "created", true), record("i", 3, "exited", true), record("i", 2, "exited", true), record("i", 1, "exited", true)];
    see(&mut pod, 5, json!({"sandboxes": [sandbox(0, "ready")], "containers": containers}));
    assert_eq!(pod.facts().instances(INIT).count(), 4, "all that a re-list tells of is known");
    let asked = sync(&mut pod, 5);
    let removed = asked.iter().filter(|action| matches!(action, Action::RemoveContainer { .. })).count();
    assert_eq!(removed, 2, "{asked:?}");
    assert_eq!(pod.facts().instances(INIT).map(|instance| instance.restart_count).collect::<Vec<_>>(), [4, 3]);
}

#[test]
fn a_new_sandbox_begins_when_all_older_ones_are_down() {
    let mut pod = pod(two(), Pacing::MANUAL);
    start(&mut pod, 0, INIT, Attempt(0));
    let sandboxes = [sandbox(u32::MAX - 1, "notReady"), sandbox(7, "notReady"), sandbox(2, "notReady")];
    see(&mut pod, 5, json!({"sandboxes": sandboxes, "containers": [record("i", 7, "exited", false)]}));
    assert_eq!(sync(&mut pod, 5), [Action::StopPodSandbox { attempt: u32::MAX - 1 }]);
    for (attempt, before) in [(u32::MAX - 1, 7), (7, 2)] {
        let next = actions(&tell(&mut pod, 6, Event::SandboxStopped { attempt }));
        assert_eq!(next, [Action::StopPodSandbox { attempt: before }]);
        assert!(pod.pending_actions().eq(next), "what is asked for is pending");
    }
    let asked = actions(&tell(&mut pod, 6, Event::SandboxStopped { attempt: 2 }));
    assert!(matches!(asked[..], [Action::RemoveContainer { .. }, Action::RunPodSandbox { attempt: u32::MAX }]), "{asked:?}");
    // The purged container goes on counting: the sync had found its record when it began.
    tell(&mut pod, 7, Event::SandboxStarted { attempt: u32::MAX, ips: "10.1.0.6" });
    let asked = actions(&tell(&mut pod, 7, Event::ImagePresent { container: INIT }));
    assert!(matches!(asked[..], [Action::CreateContainer { restart_count: 8, .. }]), "{asked:?}");
}

#[test]
fn two_ready_sandboxes_give_way_to_a_third() {
    let mut pod = pod(two(), Pacing::MANUAL);
    start(&mut pod, 0, INIT, Attempt(0));
    see(&mut pod, 5, json!({"sandboxes": [sandbox(1, "ready"), sandbox(0, "ready")], "containers": [record("i", 0, "running", true)]}));
    let stop = |timeout_seconds| Action::StopContainer { container: INIT, attempt: Attempt(0), timeout_seconds };
    assert_eq!(sync(&mut pod, 5), [stop(30)]);
}

#[test]
fn collected_records_change_no_status_and_ask_for_no_sync() {
    let mut pod = pod(two(), Pacing::IMMEDIATE);
    start(&mut pod, 0, INIT, Attempt(0));
    tell(
        &mut pod,
        1,
        Event::ContainerExited { container: INIT, attempt: Attempt(0), exit: Exit::of_code(1), at: at(1), message: "", reason: "" },
    );
    start(&mut pod, 1, INIT, Attempt(1));
    let seen = |containers: &[Value]| json!({"ips": ["10.1.0.5"], "sandboxes": [sandbox(0, "ready")], "containers": containers});
    see(&mut pod, 2, seen(&[record("i", 1, "running", true), record("i", 0, "exited", true)]));
    while pod.next_deadline().is_some_and(|deadline| deadline.at <= at(2)) {
        tell(&mut pod, 2, Event::Tick);
    }
    let before = pod.status().to_owned();
    assert_eq!(before.init_container_statuses[0].last_state.terminated.as_ref().map(|last| last.exit_code), Some(1));
    assert!(see(&mut pod, 3, seen(&[record("i", 1, "running", true)])).is_empty());
    assert!(pod.next_deadline().is_none(), "{:?}", pod.next_deadline());
    pod.sync(at(3), &mut ());
    assert_eq!(pod.status().to_owned(), before, "the status outlives the record");
}

#[test]
fn refused_and_failed_starts_are_told() {
    let mut pod = pod(two(), Pacing::MANUAL);
    tell(&mut pod, 0, Event::ImageAbsent { container: INIT });
    let failed = |reason| Output::StartFailed { container: INIT, reason };
    let told = tell(&mut pod, 0, Event::ImageFailed { container: INIT, reason: WaitingReason::ErrImagePull, message: "" });
    assert!(told.contains(&failed(WaitingReason::ErrImagePull)), "{told:?}");
    sync(&mut pod, 1);
    assert!(tell(&mut pod, 1, Event::ImageAbsent { container: INIT }).contains(&failed(WaitingReason::ImagePullBackOff)));
}

#[test]
fn another_probers_verdict_is_the_sync_s() {
    let spec = json!({"containers": [{"name": "c", "image": "x", "livenessProbe": {"tcpSocket": {"port": 80}, "terminationGracePeriodSeconds": 7}}]});
    let mut pod = pod(spec, Pacing::MANUAL);
    start(&mut pod, 0, INIT, Attempt(0));
    assert_eq!(sync(&mut pod, 1), []);
    let verdict = Event::ProbeVerdict { container: INIT, attempt: Attempt(0), kind: ProbeKind::Liveness, verdict: ProbeResult::Failure };
    tell(&mut pod, 2, verdict);
    let stop = Action::StopContainer { container: INIT, attempt: Attempt(0), timeout_seconds: 7 };
    assert_eq!(sync(&mut pod, 2), [stop]);
    assert!(tell(&mut pod, 3, verdict).is_empty(), "told twice, nothing changes");
}

#[test]
fn the_runtime_s_share_goes_on_where_the_phase_has_ended() {
    let mut pod = pod(json!({"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}), Pacing::RUNTIME);
    start(&mut pod, 0, INIT, Attempt(0));
    let end = Event::ContainerExited { container: INIT, attempt: Attempt(0), exit: Exit::of_code(0), at: at(1), message: "", reason: "" };
    tell(&mut pod, 1, end);
    for second in 1..4 {
        assert_eq!(sync(&mut pod, second), [Action::StopPodSandbox { attempt: 0 }], "it is taken down again and again");
        tell(&mut pod, second, Event::SandboxStopped { attempt: 0 });
        assert_eq!(pod.stage(), Stage::Syncing);
    }
}

#[test]
fn a_found_pod_that_has_ended_is_over_unless_the_caller_decides_that() {
    let spec = json!({"nodeName": "n", "restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]});
    let spec = Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap());
    let status = serde_json::from_value(json!({"phase": "Succeeded"})).unwrap();
    for (pacing, stage) in [(Pacing::IMMEDIATE, Stage::Terminated), (Pacing::MANUAL, Stage::Terminated), (Pacing::RUNTIME, Stage::Syncing)]
    {
        let mut node = NodeConfig::default();
        node.pacing = pacing;
        let mut pod = Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: Some(&status) }, &Arc::new(node), &mut ());
        tell(&mut pod, 0, Event::Admitted);
        assert_eq!(pod.stage(), stage, "{pacing:?}");
    }
}

#[test]
fn a_message_is_cut_to_its_container_s_share() {
    let mut pod = pod(two(), Pacing::IMMEDIATE);
    start(&mut pod, 0, INIT, Attempt(0));
    let message = "m".repeat(2 * MAX_POD);
    let end =
        Event::ContainerExited { container: INIT, attempt: Attempt(0), exit: Exit::of_code(1), at: at(1), message: &message, reason: "" };
    tell(&mut pod, 1, end);
    pod.sync(at(1), &mut ());
    let status = pod.status().to_owned();
    let status = &status.init_container_statuses[0];
    let terminated = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref()).unwrap();
    assert_eq!(terminated.message.len(), MAX_POD / 2);
}

#[test]
fn another_probers_verdict_on_an_instance_before_is_late_news() {
    let spec = json!({"containers": [{"name": "c", "image": "x", "livenessProbe": {"tcpSocket": {"port": 80}}}]});
    let mut pod = pod(spec, Pacing::MANUAL);
    start(&mut pod, 0, INIT, Attempt(0));
    let end = Event::ContainerExited { container: INIT, attempt: Attempt(0), exit: Exit::of_code(1), at: at(1), message: "", reason: "" };
    tell(&mut pod, 1, end);
    sync(&mut pod, 1);
    start(&mut pod, 1, INIT, Attempt(1));
    sync(&mut pod, 2);
    let verdict = |attempt| Event::ProbeVerdict {
        container: INIT,
        attempt: Attempt(attempt),
        kind: ProbeKind::Liveness,
        verdict: ProbeResult::Failure,
    };
    assert!(tell(&mut pod, 3, verdict(0)).is_empty());
    assert_eq!(sync(&mut pod, 3), [], "nothing is killed for it");
    tell(&mut pod, 4, verdict(1));
    assert!(matches!(sync(&mut pod, 4)[..], [Action::StopContainer { attempt: Attempt(1), .. }]));
}
