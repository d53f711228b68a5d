//! Statuses, and whose word they are built on.

use super::*;
use crate::rules::view::{TerminatedReason, WaitingReason};

#[test]
fn a_change_of_the_generation_alone_is_published() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.sync();
    assert_eq!(life.sync(), [], "nothing new");
    let mut tolerant = one(json!({}));
    tolerant["tolerations"] = json!([{"operator": "Exists"}]);
    life.respec(2, tolerant);
    assert_eq!(life.status().observed_generation, 1);
    assert_eq!((life.sync(), life.status().observed_generation), (alloc::vec![Output::StatusChanged], 2));
}

/// What an earlier kubelet wrote says all but the addresses of the node.
#[test]
fn the_nodes_addresses_alone_are_news() {
    let mut host = one(json!({}));
    host["hostNetwork"] = true.into();
    let mut life = Life::manual(host.clone());
    life.tell(Event::SandboxStarted { attempt: 0, ips: "" });
    life.start(C, 0);
    life.sync();
    let written = life.status();
    assert_eq!(&*written.host_ip, "192.0.2.1");
    for (found, news) in [(written.clone(), false), (api::PodStatus { host_ip: "".into(), host_ips: [].into(), ..written }, true)] {
        let mut life = Life::with(json!({"name": "p", "generation": 1}), paced(Pacing::MANUAL), host.clone(), Some(&found));
        life.tell(Event::Admitted);
        let sandbox = json!({"state": "ready", "network": "node", "networkStatus": true});
        let running = json!({"id": "x://c0", "name": "c", "state": "running", "startedAt": NOW, "image": "i:1", "active": true});
        let seen = json!({"sandboxes": [sandbox], "containers": [running]});
        life.see(&serde_json::from_value(seen).unwrap());
        assert_eq!(life.sync().contains(&Output::StatusChanged), news, "{found:?}");
        assert_eq!(&*life.status().host_ip, "192.0.2.1");
    }
}

#[test]
fn a_pod_starts_when_the_kubelet_takes_note_of_it() {
    let mut life = Life::on(paced(Pacing::MANUAL), one(json!({})));
    assert_eq!((life.pod.start_time(), life.status().start_time), (None, None));
    life.sync();
    assert_eq!((life.pod.start_time(), life.status().start_time), (Some(NOW), Some(NOW)));
}

#[test]
fn a_kubelet_builds_on_its_own_statuses_whatever_the_source() {
    for source in ["api", "file"] {
        let meta = json!({"name": "p", "annotations": {"kubernetes.io/config.source": source}});
        let mut life = Life::with(meta, paced(Pacing::MANUAL), one(json!({})), None);
        life.tell(Event::Stored);
        life.tell(Event::Admitted);
        life.sync();
        let mut life = life.up();
        life.start(C, 0);
        life.sync();
        life.tell(Event::ContainerRemoved { container: C, attempt: Attempt(0) });
        life.sync();
        let vanished = life.status().container_statuses[0].last_state.terminated.clone().unwrap();
        assert_eq!((vanished.exit_code, &*vanished.reason), (137, "ContainerStatusUnknown"), "{source}");
    }
}

/// A new kubelet finds a container of which the runtime can tell nothing. That it was lost follows from the status that it ran, so that
/// it is said once.
#[test]
fn that_a_container_is_lost_is_said_in_one_status() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.sync();
    let meta = json!({"name": "p", "generation": 1});
    let mut life = Life::with(meta, paced(Pacing::MANUAL), one(json!({})), Some(&life.status()));
    life.tell(Event::Admitted);
    let sandbox = json!({"state": "ready", "networkStatus": true, "ip": "10.0.0.7"});
    let lost = json!({"id": "x://c0", "name": "c", "state": "unknown", "image": "i:1", "active": true});
    life.see(&serde_json::from_value(json!({"sandboxes": [sandbox], "containers": [lost]})).unwrap());
    let mut shown = || {
        life.sync();
        life.tell(Event::VolumesFailed);
        life.pod.container(C).state
    };
    assert_eq!(shown(), ShownState::Terminated(137, TerminatedReason::ContainerStatusUnknown));
    assert_eq!([shown(), shown()], [ShownState::Waiting(WaitingReason::None); 2]);
}

#[test]
fn nothing_is_left_of_a_refused_pod_that_never_ran() {
    let mut life = Life::with(json!({"name": "p"}), paced(Pacing::IMMEDIATE), one(json!({})), None);
    life.tell(Event::Stored);
    life.tell(Event::Rejected { reason: "OutOfcpu", message: "" });
    assert_eq!((life.pod.stage(), life.pod.phase()), (Stage::Rejected, api::PodPhase::Failed));
    life.tell(Event::ObjectRemoved);
    assert_eq!(life.pod.stage(), Stage::Removed);
}

#[test]
fn nobody_changes_what_is_removed() {
    let mut life = Life::with(json!({"name": "p"}), paced(Pacing::IMMEDIATE), one(json!({})), None);
    life.tell(Event::Stored);
    life.tell(Event::Rejected { reason: "OutOfcpu", message: "" });
    life.tell(Event::ObjectRemoved);
    for (change, event) in [
        (Change::Failed { condition: None }, "Failed"),
        (Change::Message { reason: "Why".into(), message: "words".into() }, "Message"),
        (Change::PhaseUnknown, "PhaseUnknown"),
        (Change::Spec { spec: spec(one(json!({"image": "i:2"}))), generation: 2 }, "Spec"),
    ] {
        let (before, mut out) = (life.pod.clone(), Vec::new());
        let refused = life.pod.update(life.now, &change, &mut out);
        assert_eq!(refused, Err(TransitionError::Stage { event, stage: Stage::Removed }));
        assert_eq!((&life.pod, out), (&before, [].into()));
    }
}

/// The garbage collector writes a phase and the generation of the status, not those of the conditions.
#[test]
fn conditions_that_are_brought_up_to_date_are_published() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.sync();
    life.respec(2, one(json!({"image": "i:2"})));
    life.change(&Change::Failed { condition: None });
    let generations = |life: &Life| {
        let status = life.status();
        let ready = status.conditions.iter().find(|condition| condition.type_.as_str() == "Ready").unwrap();
        (status.observed_generation, ready.observed_generation)
    };
    assert_eq!(generations(&life), (2, 1));
    let out = life.sync();
    assert_eq!((generations(&life), out.contains(&Output::StatusChanged)), ((2, 2), true));
}

/// Without an instance a status shows the image that it was built with.
#[test]
fn a_new_kubelet_shows_of_each_container_the_image_that_it_finds() {
    let waits =
        |name, image| json!({"name": name, "image": image, "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {}}});
    for images in [["i:0", "i:1"], ["i:1", "i:0"], ["i:1", "i:1"]] {
        let statuses = [waits("c", images[0]), waits("d", images[1])];
        let found = serde_json::from_value(json!({"phase": "Pending", "containerStatuses": statuses})).unwrap();
        let life = Life::with(json!({"name": "p", "generation": 2}), paced(Pacing::MANUAL), two(), Some(&found));
        let shown: Vec<_> = life.status().container_statuses.into_iter().map(|status| status.image).collect();
        assert_eq!(shown, images);
    }
}

/// What others than the kubelet write is a transition when it is news, and none when it comes again.
#[test]
fn what_others_write_is_told_once() {
    let mut life = Life::manual(one(json!({}))).up();
    let up = |status: &str| Change::Condition(serde_json::from_value(json!({"type": "example.com/up", "status": status})).unwrap());
    use api::ConditionStatus::{False, True};
    let told = |from, to| alloc::vec![StateChange::OtherCondition { from, to }];
    assert_eq!(changes(&life.change(&up("True"))), told(None, True));
    assert_eq!(changes(&life.change(&up("True"))), []);
    assert_eq!(changes(&life.change(&up("False"))), told(Some(True), False));

    let deletion = |grace_period_seconds| StateChange::Deletion { grace_period_seconds };
    assert!(changes(&life.delete()).contains(&deletion(30)));
    assert!(!changes(&life.delete()).contains(&deletion(30)), "the same request comes again");
    let sooner = Change::Deletion { at: life.now + Span::from_secs(5), grace_period_seconds: 5, generation: 3 };
    assert!(changes(&life.change(&sooner)).contains(&deletion(5)));
    let later = Change::Deletion { at: life.now + Span::from_secs(9), grace_period_seconds: 9, generation: 4 };
    assert_eq!(life.pod.update(life.now, &later, &mut ()), Err(TransitionError::DeletionUndone));
}

/// Built anew, the phase would be Succeeded, which the API server's Failed forbids: reason and message were of the phase that is not built any more.
#[test]
fn words_go_with_the_phase_they_belong_to() {
    let mut never = one(json!({}));
    never["restartPolicy"] = "Never".into();
    let end = json!({"exitCode": 0, "reason": "Completed", "containerID": "x://c0", "startedAt": NOW, "finishedAt": NOW});
    let container = json!({"name": "c", "image": "i:1", "containerID": "x://c0", "state": {"terminated": end}});
    let status = json!({"phase": "Failed", "reason": "Preempting", "message": "no room", "containerStatuses": [container]});
    let status = serde_json::from_value(status).unwrap();
    let mut life = Life::with(json!({"name": "p", "generation": 1}), paced(Pacing::MANUAL), never, Some(&status));
    let ended =
        json!({"id": "x://c0", "name": "c", "state": "exited", "startedAt": NOW, "finishedAt": NOW, "image": "i:1", "reason": "Completed"});
    life.see(&serde_json::from_value(json!({"sandboxes": [], "containers": [ended]})).unwrap());
    assert_eq!((&*life.status().reason, &*life.status().message), ("Preempting", "no room"));
    life.tell(Event::Admitted);
    life.sync();
    let status = life.status();
    assert_eq!((status.phase, &*status.reason, &*status.message), (Some(api::PodPhase::Failed), "", ""));
}

#[test]
fn a_spec_of_an_older_generation_is_late_news() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.respec(5, one(json!({"image": "i:5"})));
    let before = life.pod.clone();
    assert_eq!((life.respec(4, one(json!({"image": "i:4"}))), &life.pod), (alloc::vec![], &before));
    assert_eq!(life.pod.spec().container(C).image(), "i:5");
    let deletion = Change::Deletion { at: life.now + Span::from_secs(5), grace_period_seconds: 5, generation: 3 };
    life.change(&deletion);
    assert_eq!(life.pod.generation(), 5, "it rises only");
}

/// While Succeeded is held back the API server keeps the words of another writer, and the next status takes them from there.
#[test]
fn words_of_others_outlast_a_phase_that_is_held_back() {
    let mut never = one(json!({}));
    never["restartPolicy"] = "Never".into();
    let mut life = Life::new(never).up();
    life.start(C, 0);
    life.change(&Change::Message { reason: "".into(), message: "note".into() });
    life.exit(C, 0, 0);
    assert_eq!((life.status().phase, &*life.status().message), (Some(api::PodPhase::Running), "note"));
    life.tell(Event::SandboxStopped { attempt: 0 });
    life.rest(Vec::new());
    assert_eq!((life.status().phase, &*life.status().message), (Some(api::PodPhase::Succeeded), "note"));
}
