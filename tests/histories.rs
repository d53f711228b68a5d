//! Histories made by hand: what a caller may tell a Pod, and what must not come of it.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

use pod_lifecycle::api::{ConditionStatus, ConditionType, ObjectMeta, PodCondition, PodPhase, PodStatus};
use pod_lifecycle::observation::Observation;
use pod_lifecycle::pod::{Action, Attempt, Change, Event, InstanceStage, NewPod, NodeConfig, Output, Pacing, Stage, StateChange};
use pod_lifecycle::rules::ending::Ending;
use pod_lifecycle::rules::view::{Exit, WaitingReason};
use pod_lifecycle::{ContainerIndex, Pod, Span, Spec, Time};
use serde_json::{Value, json};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);

const FIRST: ContainerIndex = ContainerIndex::new(0);
const SECOND: ContainerIndex = ContainerIndex::new(1);

fn spec(spec: Value) -> Arc<Spec> {
    Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap())
}

fn node(pacing: Pacing) -> Arc<NodeConfig> {
    let mut node = NodeConfig::default();
    node.pacing = pacing;
    Arc::new(node)
}

/// Tells the Pod what happened, and lets it do what is due then.
fn tell(pod: &mut Pod, second: i64, event: Event<'_>) -> Vec<Output> {
    let mut outputs = Vec::new();
    pod.handle(START + Span::from_secs(second), event, &mut outputs).unwrap();
    settle(pod, second, &mut outputs);
    outputs
}

fn change(pod: &mut Pod, second: i64, change: &Change) -> Vec<Output> {
    let mut outputs = Vec::new();
    pod.update(START + Span::from_secs(second), change, &mut outputs).unwrap();
    settle(pod, second, &mut outputs);
    outputs
}

fn settle(pod: &mut Pod, second: i64, outputs: &mut Vec<Output>) {
    let now = START + Span::from_secs(second);
    for _ in 0..100 {
        if pod.next_deadline().is_none_or(|deadline| deadline.at > now) {
            return;
        }
        pod.handle(now, Event::Tick, outputs).unwrap();
    }
    panic!("never at rest: {:?}", pod.next_deadline());
}

/// A Pod whose first sync waits for the volumes.
fn admitted(spec: &Arc<Spec>, pacing: Pacing) -> Pod {
    let meta = ObjectMeta { name: "web".into(), generation: 1, ..ObjectMeta::default() };
    let mut pod = Pod::new(NewPod { meta: &meta, spec, status: None }, &node(pacing), &mut ());
    for event in [Event::Stored, Event::Scheduled, Event::Bound, Event::Admitted] {
        tell(&mut pod, 0, event);
    }
    pod
}

/// A Pod whose first start waits for the image.
fn up(spec: &Arc<Spec>) -> Pod {
    let mut pod = admitted(spec, Pacing::IMMEDIATE);
    tell(&mut pod, 0, Event::VolumesMounted);
    tell(&mut pod, 0, Event::SandboxStarted { attempt: 0, ips: "10.1.0.5" });
    pod
}

fn create(pod: &mut Pod, second: i64, container: ContainerIndex, attempt: Attempt, id: &str) {
    tell(pod, second, Event::ContainerCreated { container, attempt, id, image_id: "" });
    tell(pod, second, Event::ContainerStarted { container, attempt, at: START + Span::from_secs(second) });
}

/// A Pod whose only container runs.
fn running(id: &str) -> Pod {
    let mut pod = up(&one("x:1"));
    tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
    create(&mut pod, 1, FIRST, Attempt(0), id);
    pod
}

fn one(image: &str) -> Arc<Spec> {
    spec(json!({"containers": [{"name": "web", "image": image}]}))
}

#[test]
fn any_status_is_taken_up() {
    let spec = spec(json!({"nodeName": "n", "containers": [{"name": "web", "image": "x"}]}));
    let types = ["Ready", "ContainersReady", "Initialized", "PodScheduled", "PodReadyToStartContainers"];
    for phase in [Value::Null, json!("Unknown"), json!("Running"), json!("Failed")] {
        for held in ["True", "False", "Unknown"] {
            let conditions: Vec<_> = types.iter().map(|kind| json!({"type": kind, "status": held})).collect();
            let running = json!({"name": "web", "state": {"running": {}}, "ready": true, "restartCount": i32::MAX, "image": "x",
                "imageID": "", "containerID": "c://1"});
            let status = json!({"phase": phase, "conditions": conditions, "containerStatuses": [running]});
            let status: PodStatus = serde_json::from_value(status).unwrap();
            let mut pod =
                Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: Some(&status) }, &node(Pacing::IMMEDIATE), &mut ());
            let ended = phase == json!("Failed");
            assert_eq!(pod.clone().handle(START, REFUSED, &mut ()).is_err(), ended);
            tell(&mut pod, 0, Event::Admitted);
            let next = if ended { Action::UnmountVolumes } else { Action::MountVolumes };
            assert!(pod.pending_actions().eq([next]), "{status:?}");
        }
    }
}

#[test]
fn a_delay_without_end_is_never_over() {
    let pacing = Pacing { retry: Span::MAX, jitter_permille: 1500, ..Pacing::IMMEDIATE };
    let mut pod = admitted(&one("x:1"), pacing);
    tell(&mut pod, 0, Event::VolumesFailed);
    assert!(pod.next_deadline().is_none(), "where time ends, nothing is due again");
}

#[test]
fn whatever_ends_a_pod_does_not_wait_for_its_volumes() {
    let kill = Change::Kill { ending: Ending::NodePressure, message: String::new(), grace_period_seconds: Some(1) };
    for killed in [true, false] {
        let mut pod = admitted(&one("x:1"), Pacing::IMMEDIATE);
        if killed {
            change(&mut pod, 1, &kill);
        } else {
            tell(&mut pod, 1, Event::ObjectRemoved);
        }
        assert!(pod.pending_actions().eq([Action::UnmountVolumes]));
        assert_eq!(tell(&mut pod, 2, Event::VolumesMounted), [], "late news");
    }
}

fn kill(ending: Ending, grace_period_seconds: Option<i64>) -> Change {
    Change::Kill { ending, message: String::new(), grace_period_seconds }
}

fn stop(timeout_seconds: i64) -> Action {
    Action::StopContainer { container: FIRST, attempt: Attempt(0), timeout_seconds }
}

#[test]
fn a_later_kill_has_the_word_but_never_more_time() {
    for (first, second, expected) in
        [(Some(20), Some(25), 20), (Some(20), None, 20), (None, Some(25), 25), (None, Some(60), 30), (Some(0), Some(9), 2)]
    {
        let mut pod = up(&one("x:1"));
        // A sync is under way: neither is shown before it ends.
        assert!(!change(&mut pod, 1, &kill(Ending::NodePressure, first)).contains(&Output::StatusChanged));
        change(&mut pod, 1, &kill(Ending::NodeShutdown, second));
        tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
        create(&mut pod, 1, FIRST, Attempt(0), "c://1");
        assert!(pod.pending_actions().eq([stop(expected)]), "{first:?}, {second:?}");
        tell(&mut pod, 2, exited(Attempt(0)));
        tell(&mut pod, 2, Event::SandboxStopped { attempt: 0 });
        assert_eq!(seen_by_all(&pod).1, "Terminated");
    }
}

#[test]
fn a_kill_that_is_shown_keeps_its_word_and_a_later_one_can_shorten_it() {
    let mut pod = running("c://1");
    assert!(change(&mut pod, 2, &kill(Ending::NodeShutdown, Some(20))).contains(&Output::Action(stop(20))));
    let asked = StateChange::Kill { ending: Ending::NodeShutdown };
    let told = |outputs: &[Output]| outputs.iter().filter(|o| matches!(o, Output::Transition(t) if t.change == asked)).count();
    let outputs = change(&mut pod, 3, &kill(Ending::NodePressure, Some(5)));
    assert_eq!((told(&outputs), outputs.len()), (1, 1), "{outputs:?}");
    for no_news in [Some(5), Some(9), None] {
        assert_eq!(change(&mut pod, 3, &kill(Ending::NodePressure, no_news)), [], "{no_news:?}");
    }
    assert!(pod.pending_actions().eq([stop(20)]), "the stop in flight keeps its time");
    tell(&mut pod, 4, exited(Attempt(0)));
    // The worker has to come again, and finds another instance.
    let seen = json!({"sandboxes": [{"state": "notReady", "attempt": 0}], "containers": [
        {"name": "web", "id": "c://2", "state": "running", "restartCount": 1, "active": true}]});
    pod.observe(START + Span::from_secs(5), &serde_json::from_value::<Observation>(seen).unwrap(), &mut ()).unwrap();
    tell(&mut pod, 5, Event::SandboxStopFailed { attempt: 0 });
    let again = Action::StopContainer { container: FIRST, attempt: Attempt(1), timeout_seconds: 5 };
    assert!(pod.pending_actions().eq([again]), "{:?}", pod.pending_actions().collect::<Vec<_>>());
    assert_eq!(seen_by_all(&pod).1, "", "still held");
}

#[test]
fn a_forced_deletion_leaves_a_killed_pod_no_time() {
    let deletion = |grace_period_seconds| Change::Deletion { at: START, grace_period_seconds, generation: 2 };
    for deleted_first in [true, false] {
        let mut pod = up(&one("x:1"));
        let mut changes = [kill(Ending::NodeShutdown, Some(20)), deletion(0)];
        if deleted_first {
            changes.reverse();
        }
        for news in changes {
            change(&mut pod, 1, &news);
        }
        tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
        create(&mut pod, 1, FIRST, Attempt(0), "c://1");
        assert!(pod.pending_actions().eq([stop(2)]), "{:?}", pod.pending_actions().collect::<Vec<_>>());
    }
}

#[test]
fn addresses_are_shown_as_the_kubelet_shows_them() {
    let mut both = NodeConfig::default();
    (both.pacing, both.host_ips) = (Pacing::IMMEDIATE, ["fd00::7", "192.0.2.7", "192.0.2.8"].map(String::from).into());
    let both = Arc::new(both);
    let shown = |host_network: bool, ips: &str| {
        let spec = spec(json!({"hostNetwork": host_network, "containers": [{"name": "web", "image": "x"}]}));
        let mut pod = Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: None }, &both, &mut ());
        for event in [Event::Stored, Event::Scheduled, Event::Bound, Event::Admitted, Event::VolumesMounted] {
            tell(&mut pod, 0, event);
        }
        tell(&mut pod, 0, Event::SandboxStarted { attempt: 0, ips });
        tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
        create(&mut pod, 1, FIRST, Attempt(0), "c://1");
        let status = pod.status().to_owned();
        let ips: Vec<_> = status.pod_ips.into_iter().map(|ip| ip.ip).collect();
        assert!(pod.pod_ips().eq(&ips) && ips.first().is_none_or(|first| *first == status.pod_ip), "{ips:?}");
        ips
    };
    // The first of each family, that of the node's primary address first, in canonical form.
    assert_eq!(shown(false, "none,10.1.0.5,10.1.0.6,FD00:0::1"), ["fd00::1", "10.1.0.5"]);
    assert!(shown(false, "").is_empty());
    // On the node's network: the node's; where the runtime tells one, the node's second if it is of the other family.
    assert_eq!(shown(true, ""), ["fd00::7", "192.0.2.7"]);
    assert_eq!(shown(true, "fd00::7"), ["fd00::7", "192.0.2.7"]);
    assert_eq!(shown(true, "192.0.2.7"), ["192.0.2.7"]);
}

#[test]
fn an_image_that_changes_while_its_container_is_created_is_run() {
    let mut pod = up(&one("x:1"));
    tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
    change(&mut pod, 1, &Change::Spec { spec: one("x:2"), generation: 2 });
    create(&mut pod, 1, FIRST, Attempt(0), "c://1");
    assert_eq!(pod.status().to_owned().container_statuses[0].image, "x:1");
    assert!(pod.pending_actions().eq([stop(30)]), "the instance of the old image makes room");
}

#[test]
fn a_sync_ends_with_the_spec_it_began_with() {
    let mut pod = up(&one("x:1"));
    change(&mut pod, 1, &Change::Spec { spec: one("x:2"), generation: 2 });
    assert_eq!((pod.spec().container(FIRST).image(), pod.generation()), ("x:1", 1), "x:1 is being looked up");
    tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
    create(&mut pod, 1, FIRST, Attempt(0), "c://1");
    assert_eq!((pod.spec().container(FIRST).image(), pod.generation()), ("x:2", 2));
}

#[test]
fn a_pod_keeps_all_of_its_containers_but_their_images() {
    let mut pod = running("c://1");
    let before = pod.clone();
    let probed = json!({"name": "web", "image": "x:1", "livenessProbe": {"tcpSocket": {"port": 80}}});
    for containers in [json!([probed]), json!([{"name": "db", "image": "x:1"}])] {
        let other = Change::Spec { spec: spec(json!({"containers": containers})), generation: 2 };
        assert!(pod.update(START, &other, &mut ()).is_err());
        assert!(pod == before);
    }
}

#[test]
fn another_containers_image_leaves_a_pulls_window_alone() {
    let of = |image: &str| spec(json!({"containers": [{"name": "a", "image": image}, {"name": "b", "image": "bad:1"}]}));
    let mut pod = up(&of("x:1"));
    tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
    create(&mut pod, 1, FIRST, Attempt(0), "c://1");
    tell(&mut pod, 1, Event::ImageAbsent { container: SECOND });
    tell(&mut pod, 1, Event::ImageFailed { container: SECOND, reason: WaitingReason::ErrImagePull, message: "no" });
    change(&mut pod, 2, &Change::Spec { spec: of("x:2"), generation: 2 });
    let asked = tell(&mut pod, 3, Event::ImageAbsent { container: SECOND });
    assert!(!asked.contains(&Output::Action(Action::PullImage { container: SECOND })), "{asked:?}");
}

fn exited(attempt: Attempt) -> Event<'static> {
    Event::ContainerExited { container: FIRST, attempt, exit: Exit::of_code(137), at: START, message: "", reason: "" }
}

#[test]
fn a_container_out_of_sight_is_stopped_before_it_is_started_anew() {
    let mut pod = running("c://1");
    tell(&mut pod, 5, Event::ContainerLost { container: FIRST, attempt: Attempt(0) });
    let stop = Action::StopContainer { container: FIRST, attempt: Attempt(0), timeout_seconds: 30 };
    assert!(pod.pending_actions().eq([stop]));
    tell(&mut pod, 6, exited(Attempt(0)));
    assert!(pod.pending_actions().eq([Action::ImageStatus { container: FIRST }]));
}

#[test]
fn answers_for_older_attempts_are_late_news() {
    let mut pod = running("c://1");
    tell(&mut pod, 2, Event::SandboxDied { attempt: 0 });
    tell(&mut pod, 2, exited(Attempt(0)));
    tell(&mut pod, 3, Event::SandboxStopped { attempt: 0 });
    tell(&mut pod, 3, Event::SandboxStarted { attempt: 1, ips: "10.1.0.6" });
    let before = pod.clone();
    let late = [
        Event::SandboxStarted { attempt: 0, ips: "10.1.0.5" },
        Event::SandboxFailed { attempt: 0 },
        Event::SandboxStopFailed { attempt: 0 },
        Event::ContainerCreated { container: FIRST, attempt: Attempt(0), id: "", image_id: "" },
    ];
    for event in late {
        assert_eq!(tell(&mut pod, 3, event), [], "{event:?}");
    }
    assert_eq!(pod, before);
}

#[test]
fn an_instance_whose_id_a_relist_tells_first_is_no_other_one() {
    let mut pod = running("");
    let seen = json!({"sandboxes": [{"state": "ready", "attempt": 0, "networkStatus": true, "ip": "10.1.0.5"}],
        "containers": [{"name": "web", "id": "c://9", "state": "running", "restartCount": 0}]});
    let seen: Observation = serde_json::from_value(seen).unwrap();
    pod.observe(START + Span::from_secs(2), &seen, &mut ()).unwrap();
    tell(&mut pod, 3, exited(Attempt(0)));
    assert_eq!(pod.facts().instance(FIRST), (Attempt(0), InstanceStage::Exited));
}

#[test]
fn a_condition_of_the_kubelet_that_another_writes_over_is_there_once_until_it_is_back() {
    let mut pod = running("c://1");
    let lost = serde_json::from_value(json!({"type": "Ready", "status": "False"})).unwrap();
    pod.update(START + Span::from_secs(2), &Change::Condition(lost), &mut ()).unwrap();
    let shown = |pod: &Pod| -> Vec<_> {
        let ready = |condition: &PodCondition| condition.type_ == ConditionType::Ready;
        pod.status().to_owned().conditions.into_iter().filter(ready).map(|condition| condition.status).collect()
    };
    assert_eq!(shown(&pod), [ConditionStatus::False]);
    settle(&mut pod, 2, &mut Vec::new());
    assert_eq!(shown(&pod), [ConditionStatus::True]);
}

/// A running Pod as a kubelet finds it after its start.
fn found_running(meta: &ObjectMeta) -> Pod {
    let spec = spec(json!({"nodeName": "n", "terminationGracePeriodSeconds": 600, "containers": [{"name": "web", "image": "x"}]}));
    let running = json!({"name": "web", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "ready": true, "started": true,
        "restartCount": 2, "image": "x", "imageID": "", "containerID": "c://1"});
    let ready = json!({"type": "Ready", "status": "True"});
    let status = json!({"phase": "Running", "startTime": "2026-01-01T00:00:00Z", "podIP": "10.1.0.5", "podIPs": [{"ip": "10.1.0.5"}],
        "conditions": [ready], "containerStatuses": [running]});
    let status: PodStatus = serde_json::from_value(status).unwrap();
    let mut pod = Pod::new(NewPod { meta, spec: &spec, status: Some(&status) }, &node(Pacing::KUBELET), &mut ());
    let seen = json!({"ips": ["10.1.0.5"], "sandboxes": [{"state": "ready", "attempt": 0, "networkStatus": true, "ip": "10.1.0.5"}],
        "containers": [{"name": "web", "id": "c://1", "state": "running", "restartCount": 2, "active": true}]});
    let seen: Observation = serde_json::from_value(seen).unwrap();
    pod.observe(START + Span::from_secs(10), &seen, &mut ()).unwrap();
    pod
}

const REFUSED: Event<'static> = Event::Rejected { reason: "NodeAffinity", message: "Pod was rejected: no" };

/// Phase, reason and message, and how many conditions and containers the status has.
fn seen_by_all(pod: &Pod) -> (Option<PodPhase>, String, String, [usize; 2]) {
    let PodStatus { phase, reason, message, conditions, container_statuses, .. } = pod.status().to_owned();
    (phase, reason, message, [conditions.len(), container_statuses.len()])
}

#[test]
fn a_running_pod_that_is_refused_is_stopped_as_an_orphan_and_ends_in_full() {
    let mut pod = found_running(&ObjectMeta::default());
    let outputs = tell(&mut pod, 10, REFUSED);
    assert!(outputs.contains(&Output::StatusChanged));
    let stripped = (Some(PodPhase::Running), String::new(), String::new(), [0, 0]);
    assert_eq!(seen_by_all(&pod), stripped);
    assert_eq!(pod.pending_actions().count(), 0, "until the next housekeeping");
    let outputs = tell(&mut pod, 12, Event::Tick);
    assert_eq!(outputs, [Output::Action(Action::StopContainer { container: FIRST, attempt: Attempt(0), timeout_seconds: 2 })]);
    tell(&mut pod, 14, exited(Attempt(0)));
    tell(&mut pod, 14, Event::SandboxStopped { attempt: 0 });
    assert_eq!(seen_by_all(&pod), stripped, "nobody tells the API server");
    let mut seen = Vec::new();
    let news = [
        (15, Event::Tick),
        (16, Event::Tick),
        (16, Event::SandboxStopped { attempt: 0 }),
        (17, Event::Tick),
        (17, Event::VolumesUnmounted),
    ];
    for (second, event) in news {
        // Its worker shows it, takes down once more what is listed, which is nothing new, and ends with a status in any case.
        let mut outputs = Vec::new();
        pod.handle(START + Span::from_secs(second), event, &mut outputs).unwrap();
        if outputs.contains(&Output::StatusChanged) {
            seen.push((second, seen_by_all(&pod)));
        }
    }
    let ended = (Some(PodPhase::Failed), "NodeAffinity".to_owned(), "Pod was rejected: no".to_owned(), [5, 1]);
    assert_eq!(seen, [(15, (Some(PodPhase::Running), String::new(), String::new(), [5, 1])), (17, ended)]);
    assert_eq!(pod.status().to_owned().container_statuses[0].restart_count, 2);
}

#[test]
fn a_refused_pod_that_is_removed_meanwhile_is_stopped_all_the_same() {
    let mut pod = found_running(&ObjectMeta::default());
    tell(&mut pod, 10, REFUSED);
    tell(&mut pod, 11, Event::ObjectRemoved);
    assert_eq!(pod.stage(), Stage::Rejected);
    tell(&mut pod, 12, Event::Tick);
    tell(&mut pod, 13, exited(Attempt(0)));
    tell(&mut pod, 13, Event::SandboxStopped { attempt: 0 });
    assert_eq!(pod.stage(), Stage::Removed);
}

/// A Pod that never restarts and has ended, though its sync still looks at it: the caller ends Pods himself.
#[test]
fn a_sandbox_that_is_down_already_is_taken_down_without_more_ado() {
    let never = spec(json!({"containers": [{"name": "web", "image": "x:1"}], "restartPolicy": "Never"}));
    let pacing = Pacing { ends: false, relist: Span::from_secs(1), ..Pacing::IMMEDIATE };
    let mut pod = admitted(&never, pacing);
    tell(&mut pod, 0, Event::VolumesMounted);
    tell(&mut pod, 0, Event::SandboxStarted { attempt: 0, ips: "10.1.0.5" });
    tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
    create(&mut pod, 1, FIRST, Attempt(0), "c://1");
    let mut asked = tell(&mut pod, 2, exited(Attempt(0)));
    let mut stops = 0;
    for second in 3..60 {
        asked.extend(tell(&mut pod, second, Event::Tick));
        while asked.contains(&Output::Action(Action::StopPodSandbox { attempt: 0 })) {
            stops += 1;
            assert!(stops < 10, "the runtime is looked at again though nothing changes");
            asked = tell(&mut pod, second, Event::SandboxStopped { attempt: 0 });
        }
    }
    assert!(stops > 0);
}

#[test]
fn an_instance_that_is_lost_before_it_ran_is_missed() {
    let mut pod = up(&one("x:1"));
    tell(&mut pod, 1, Event::ImagePresent { container: FIRST });
    tell(&mut pod, 1, Event::ContainerCreated { container: FIRST, attempt: Attempt(0), id: "c://1", image_id: "" });
    tell(&mut pod, 1, Event::ContainerRemoved { container: FIRST, attempt: Attempt(0) });
    tell(&mut pod, 2, Event::ContainerStarted { container: FIRST, attempt: Attempt(0), at: START });
    assert!(pod.pending_actions().eq([Action::ImageStatus { container: FIRST }]));
}

/// Until the runtime has removed a record, a re-list that still has it says nothing new: were it the oldest of many.
#[test]
fn a_record_that_is_being_removed_is_no_new_one() {
    let init = json!({"initContainers": [{"name": "init", "image": "x:1"}], "containers": [{"name": "web", "image": "x:1"}]});
    let mut pod = up(&spec(init));
    let record = |nth: i32| {
        json!({"name": "init", "id": format!("c://{nth}"), "state": "exited", "exitCode": 1, "restartCount": nth,
            "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:00Z", "active": true})
    };
    let sandboxes = json!([{"state": "ready", "attempt": 0, "networkStatus": true, "ip": "10.1.0.5"}]);
    let seen = json!({"sandboxes": sandboxes, "containers": (0..6).rev().map(record).collect::<Vec<_>>()});
    let seen: Observation = serde_json::from_value(seen).unwrap();
    let mut outputs = Vec::new();
    pod.observe(START + Span::from_secs(1), &seen, &mut outputs).unwrap();
    tell(&mut pod, 2, Event::ImageFailed { container: FIRST, reason: WaitingReason::ImageInspectError, message: "" });
    settle(&mut pod, 20, &mut outputs);
    let removals = |pod: &Pod| pod.pending_actions().filter(|action| matches!(action, Action::RemoveContainer { .. })).count();
    assert_eq!(removals(&pod), 5);
    let before = pod.clone();
    pod.observe(START + Span::from_secs(20), &seen, &mut outputs).unwrap();
    assert_eq!(pod, before);
    let left = json!({"sandboxes": sandboxes, "containers": [record(5)]});
    pod.observe(START + Span::from_secs(21), &serde_json::from_value(left).unwrap(), &mut outputs).unwrap();
    assert_eq!(removals(&pod), 0);
}

#[test]
fn a_crash_loop_says_how_long_it_waits_and_a_pod_since_when_it_is_known() {
    let mut pod = running("c://0");
    let message = |pod: &Pod| {
        let status = serde_json::to_value(pod.status()).unwrap();
        status["containerStatuses"][0]["state"]["waiting"]["message"].as_str().map(str::to_owned)
    };
    for (nth, delay) in [(0, None), (1, Some("10s")), (2, Some("20s"))] {
        let ends = 100 * i64::from(nth) + 2;
        let at = START + Span::from_secs(ends);
        tell(
            &mut pod,
            ends,
            Event::ContainerExited { container: FIRST, attempt: Attempt(nth), exit: Exit::of_code(1), at, message: "", reason: "" },
        );
        // It is told just before the restart that ends it.
        tell(&mut pod, ends + 90, Event::Tick);
        assert_eq!(message(&pod), delay.map(|delay| format!("back-off {delay} restarting failed container=web")));
        tell(&mut pod, ends + 90, Event::ImagePresent { container: FIRST });
        create(&mut pod, ends + 90, FIRST, Attempt(nth + 1), "c://n");
    }
    assert_eq!(pod.start_time(), Some(START));
}
