//! What a re-list of the runtime says, and what it does not.

use super::*;
use crate::api::ConditionStatus;
use crate::observation::{ObservedContainer, ObservedSandbox, ObservedSandboxState, ObservedState};
use crate::rules::ending::Ending;
use crate::rules::view::{Runtime, WaitingReason};
use alloc::string::ToString;

fn sandbox(attempt: u32, ready: bool) -> ObservedSandbox {
    let (state, ip) = if ready { (ObservedSandboxState::Ready, "10.0.0.7") } else { (ObservedSandboxState::NotReady, "") };
    ObservedSandbox { id: attempt.to_string(), state, attempt, network_status: true, ip: ip.into(), ..ObservedSandbox::default() }
}

/// The first instance of a container, in the newest sandbox.
fn instance(id: &str, state: ObservedState) -> ObservedContainer {
    let name = if id.starts_with("x://setup") { "setup" } else { "c" };
    let image = "i:1".into();
    let started_at = (state != ObservedState::Created).then_some(NOW);
    ObservedContainer { id: id.into(), name: name.into(), state, started_at, image, active: true, ..ObservedContainer::default() }
}

fn dead(id: &str) -> ObservedContainer {
    ObservedContainer { exit_code: 1, reason: "Error".into(), finished_at: Some(NOW), ..instance(id, ObservedState::Exited) }
}

fn seen(sandboxes: &[ObservedSandbox], containers: &[ObservedContainer]) -> Observation {
    let ips = sandboxes.first().filter(|newest| !newest.ip.is_empty()).map(|newest| newest.ip.clone());
    Observation { ips: ips.into_iter().collect(), sandboxes: sandboxes.to_vec(), containers: containers.to_vec() }
}

#[test]
fn what_is_listed_as_it_is_known_is_no_news() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.tell(Event::SandboxDied { attempt: 0 });
    life.sync();
    life.exit(C, 0, 1);
    life.tell(Event::SandboxStopped { attempt: 0 });
    life.tell(Event::SandboxStarted { attempt: 1, ips: "10.0.0.7" });
    life.start(C, 1);
    life.respec(2, one(json!({"image": "i:2"})));

    // One dead in the sandbox before, one that runs in the newest, both of the image before.
    let old = ObservedContainer { active: false, spec_changed: true, ..dead("x://c0") };
    let new = ObservedContainer { spec_changed: true, restart_count: 1, ..instance("x://c1", ObservedState::Running) };
    let known = life.pod.slots[0].instances;
    assert_eq!((known[0].sandbox, known[1].sandbox), (1, 0));
    let listed = seen(&[sandbox(1, true), sandbox(0, false)], &[new.clone(), old.clone()]);
    assert_eq!((life.see(&listed), life.pod.slots[0].instances), (Vec::new(), known));
    let before = life.pod.clone();
    life.see(&listed);
    assert_eq!(life.pod, before, "the same again");

    // They stay in their sandboxes when the newest is down.
    life.tell(Event::SandboxDied { attempt: 1 });
    let new = ObservedContainer { active: false, ..new };
    life.see(&seen(&[sandbox(1, false), sandbox(0, false)], &[new, old]));
    assert_eq!(life.pod.slots[0].instances, known);
}

#[test]
fn the_runtime_is_believed_where_it_contradicts() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    for (spec_changed, active) in [(true, true), (false, true), (false, false), (true, false), (false, true)] {
        let listed = ObservedContainer { spec_changed, active, ..instance("x://c0", ObservedState::Running) };
        life.see(&seen(&[sandbox(0, true)], &[listed]));
        let newest = life.pod.facts().newest(C).unwrap();
        assert_eq!((newest.spec_changed, newest.active, life.pod.facts().instance(C).0), (spec_changed, active, Attempt(0)));
    }
}

#[test]
fn another_sandbox_takes_the_place_of_the_known_one() {
    use SandboxState::{Absent, NotReady, Ready};
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    let told = |attempt, from, to| Some(StateChange::Sandbox { attempt, from, to });
    for (sandboxes, expected, change) in [
        (alloc::vec![sandbox(0, true)], (Ready, 0), None),
        (alloc::vec![sandbox(0, false)], (NotReady, 0), told(0, Ready, NotReady)),
        (alloc::vec![sandbox(1, true), sandbox(0, false)], (Ready, 1), told(1, Ready, Ready)),
        (alloc::vec![sandbox(3, false), sandbox(0, true)], (NotReady, 3), told(3, Ready, NotReady)),
        (alloc::vec![], (Absent, 0), None),
    ] {
        let mut life = life.clone();
        let out = life.see(&seen(&sandboxes, &[instance("x://c0", ObservedState::Running)]));
        assert_eq!((life.pod.facts().sandbox(), life.pod.sandbox.attempt), expected, "{sandboxes:?}");
        let of_sandbox = changes(&out).into_iter().find(|change| matches!(change, StateChange::Sandbox { .. }));
        assert_eq!(of_sandbox, change, "{sandboxes:?}");
    }
}

#[test]
fn one_that_was_taken_down_is_not_down_by_itself() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.tell(Event::SandboxDied { attempt: 0 });
    life.sync();
    life.exit(C, 0, 1);
    life.tell(Event::SandboxStopped { attempt: 0 });
    life.see(&seen(&[sandbox(0, false)], &[dead("x://c0")]));
    assert_eq!(life.pod.facts().sandbox(), SandboxState::Stopped);
    life.see(&seen(&[sandbox(1, false), sandbox(0, false)], &[dead("x://c0")]));
    assert_eq!(life.pod.facts().sandbox(), SandboxState::NotReady, "but a new one is");
}

#[test]
fn a_sandbox_that_is_listed_as_up_needs_no_answer() {
    let goes_on = [Action::ImageStatus { container: C }];
    let waits = [Action::RunPodSandbox { attempt: 0 }];
    for (listed, expected) in [(sandbox(0, true), goes_on), (sandbox(0, false), waits), (sandbox(5, true), waits)] {
        let mut life = Life::manual(one(json!({})));
        life.see(&seen(core::slice::from_ref(&listed), &[]));
        assert_eq!(life.pending(), expected, "{listed:?}");
    }
}

#[test]
fn a_container_that_is_listed_as_started_needs_no_answer() {
    let goes_on = [Action::ImageStatus { container: D }];
    let waits = [Action::StartContainer { container: C, attempt: Attempt(0) }];
    for (listed, expected) in [
        (instance("x://c0", ObservedState::Running), goes_on),
        (dead("x://c0"), goes_on),
        // What containerd says of one that it could not start.
        (ObservedContainer { started_at: Some(Time::EPOCH), ..dead("x://c0") }, waits),
        (ObservedContainer { started_at: None, ..dead("x://c0") }, waits),
        (instance("x://c0", ObservedState::Created), waits),
    ] {
        let mut life = Life::manual(two()).up();
        life.create(C, 0);
        life.see(&seen(&[sandbox(0, true)], core::slice::from_ref(&listed)));
        assert_eq!(life.pending(), expected, "{listed:?}");
    }
}

#[test]
fn only_the_instance_that_was_asked_for_is_taken_for_the_one_being_made() {
    let restart_count = 0;
    let made = instance("x://c0", ObservedState::Created);
    let waits = [Action::CreateContainer { container: C, attempt: Attempt(0), restart_count }];
    for (listed, expected) in [
        (made.clone(), [Action::StartContainer { container: C, attempt: Attempt(0) }]),
        (ObservedContainer { active: false, ..made.clone() }, waits),
        (ObservedContainer { restart_count: 3, ..made.clone() }, waits),
        (instance("x://c0", ObservedState::Running), waits),
    ] {
        let mut life = Life::manual(one(json!({}))).up();
        life.tell(Event::ImagePresent { container: C });
        life.see(&seen(&[sandbox(0, true)], core::slice::from_ref(&listed)));
        assert_eq!(life.pending(), expected, "{listed:?}");
        assert_eq!(life.pod.instance_id(C, Attempt(0)), (expected != waits).then_some("x://c0"));
    }
}

#[test]
fn a_record_that_is_not_listed_any_more_need_not_be_removed() {
    let setup = json!([{"name": "setup", "image": "i:1"}]);
    let pod = json!({"nodeName": "n", "initContainers": setup, "containers": [{"name": "c", "image": "i:1"}]});
    let mut life = Life::manual(pod).up();
    life.start(C, 0);
    life.exit(C, 0, 0);
    life.tell(Event::SandboxDied { attempt: 0 });
    life.sync();
    life.tell(Event::SandboxStopped { attempt: 0 });
    let run = Action::RunPodSandbox { attempt: 1 };
    let asked = [run, Action::RemoveContainer { container: C, attempt: Attempt(0) }];
    assert_eq!(life.pending(), asked);
    life.see(&seen(&[sandbox(0, false)], &[dead("x://setup0")]));
    assert_eq!(life.pending(), asked, "still there");
    life.see(&seen(&[sandbox(0, false)], &[]));
    assert_eq!(life.pending(), [run]);
}

#[test]
fn an_instance_is_known_by_its_id_or_without_one_by_its_restart_count() {
    for (told, listed, restart_count, expected) in
        [("", "x://a", 0, 0), ("", "x://a", 1, 1), ("x://a", "x://a", 7, 0), ("x://a", "x://b", 0, 1)]
    {
        let mut life = Life::manual(one(json!({}))).up();
        life.tell(Event::ImagePresent { container: C });
        life.tell(Event::ContainerCreated { container: C, attempt: Attempt(0), id: told, image_id: "" });
        life.tell(Event::ContainerStarted { container: C, attempt: Attempt(0), at: NOW });
        let listed = ObservedContainer { restart_count, ..instance(listed, ObservedState::Running) };
        life.see(&seen(&[sandbox(0, true)], core::slice::from_ref(&listed)));
        assert_eq!(life.pod.facts().instance(C), (Attempt(expected), InstanceStage::Running), "{told:?} {listed:?}");
        assert_eq!(life.pod.instance_id(C, Attempt(expected)), Some(&*listed.id));
    }
}

/// Kubelet PLEG: ContainerRemoved asks for no sync, ContainerDied does.
#[test]
fn that_a_dead_record_is_gone_asks_for_no_sync() {
    let mut life = Life::on(paced(Pacing::KUBELET), one(json!({}))).up();
    life.start(C, 0);
    life.pass(5);
    life.exit(C, 0, 1);
    life.due();
    life.start(C, 1);
    (0..4).for_each(|_| drop(life.due()));
    let started_at = life.pod.slots[0].instances[0].started_at.get();
    let finished_at = life.pod.slots[0].instances[1].finished_at.get();
    let running = ObservedContainer { restart_count: 1, started_at, ..instance("x://c1", ObservedState::Running) };
    let dead = ObservedContainer { finished_at, ..dead("x://c0") };
    for (listed, reason) in [
        (alloc::vec![running.clone(), dead.clone()], DeadlineReason::Retry),
        (alloc::vec![running], DeadlineReason::Retry),
        (alloc::vec![dead], DeadlineReason::Sync),
        (alloc::vec![], DeadlineReason::Sync),
    ] {
        let mut life = life.clone();
        life.see(&seen(&[sandbox(0, true)], &listed));
        assert_eq!(life.pod.next_deadline().unwrap().reason, reason, "{listed:?}");
    }
}

/// A restarted kubelet waits for the volumes of a Pod that it found, and its sandbox dies meanwhile: no restart comes of what no status has shown.
#[test]
fn what_comes_while_volumes_are_mounted_is_shown_before_it_is_acted_upon() {
    let mut before = Life::new(one(json!({}))).up();
    before.start(C, 0);
    let status = before.status();
    let mut life = Life::with(json!({"name": "p"}), paced(Pacing::IMMEDIATE), one(json!({})), Some(&status));
    life.see(&seen(&[sandbox(0, true)], &[instance("x://c0", ObservedState::Running)]));
    life.tell(Event::Admitted);
    assert_eq!(life.pending(), [Action::MountVolumes]);
    let is_up = |life: &Life| life.pod.condition(KubeletCondition::PodReadyToStartContainers).unwrap().status;
    life.tell(Event::SandboxDied { attempt: 0 });
    assert_eq!(is_up(&life), ConditionStatus::True, "the sync goes on");
    let mut unasked = life.clone();
    life.tell(Event::VolumesMounted);
    assert_eq!(is_up(&life), ConditionStatus::False);
    assert!(matches!(life.pending()[..], [Action::StopContainer { container: C, .. }]), "{:?}", life.pending());
    // Who asks for each sync gets the status and the plan with the next one.
    unasked.pod.node = Arc::new(paced(Pacing::MANUAL));
    assert_eq!(actions(&unasked.tell(Event::VolumesMounted)), []);
    assert_eq!((is_up(&unasked), unasked.pending()), (ConditionStatus::True, Vec::new()));
    unasked.sync();
    assert_eq!(is_up(&unasked), ConditionStatus::False);
}

/// The kubelet carries a sync out on the Pod it began with, however long the volumes take.
#[test]
fn a_spec_that_comes_while_volumes_are_mounted_waits_for_the_next_sync() {
    let mut life = Life::new(one(json!({})));
    life.respec(2, one(json!({"image": "i:2"})));
    life.tell(Event::VolumesMounted);
    assert_eq!(life.pod.spec().container(C).image(), "i:1");
    let mut life = life.up();
    life.start(C, 0);
    assert_eq!(life.pod.spec().container(C).image(), "i:2");
    assert!(matches!(life.pending()[..], [Action::StopContainer { container: C, .. }]), "{:?}", life.pending());
}

/// A kubelet that is killing what still runs of a Pod that has Succeeded for the API server, and has no start time, does not make it Failed.
#[test]
fn what_has_ended_stays_ended_when_it_is_killed() {
    let status = serde_json::from_value(json!({"phase": "Succeeded"})).unwrap();
    let mut life = Life::with(json!({"name": "p"}), paced(Pacing::IMMEDIATE), one(json!({})), Some(&status));
    life.see(&seen(&[sandbox(0, true)], &[instance("x://c0", ObservedState::Running)]));
    life.change(&Change::Kill { ending: Ending::NodePressure, message: "no room".into(), grace_period_seconds: Some(0) });
    life.tell(Event::Admitted);
    life.exit(C, 0, 137);
    life.tell(Event::SandboxStopped { attempt: 0 });
    assert_eq!(life.pod.phase(), api::PodPhase::Succeeded);
}

#[test]
fn a_container_that_is_being_stopped_is_down_when_it_is_listed_so() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.delete();
    life.sync();
    let stops = life.pending();
    assert!(matches!(stops[..], [Action::StopContainer { .. }]), "{stops:?}");
    let runs = ObservedContainer { spec_changed: true, ..instance("x://c0", ObservedState::Running) };
    life.see(&seen(&[sandbox(0, true)], &[runs]));
    assert_eq!(life.pending(), stops, "there is news, but it runs");
    life.see(&seen(&[sandbox(0, true)], &[dead("x://c0")]));
    assert!(!life.pending().contains(&stops[0]), "{:?}", life.pending());
}

#[test]
fn several_instances_without_a_known_id_are_not_one() {
    let mut life = Life::manual(one(json!({}))).up();
    life.tell(Event::ImagePresent { container: C });
    life.tell(Event::ContainerCreated { container: C, attempt: Attempt(0), id: "", image_id: "" });
    life.tell(Event::ContainerStarted { container: C, attempt: Attempt(0), at: NOW });
    // One of them is the one without an id, the others have the same count.
    let listed = ["x://c3", "x://c2", "x://c1", "x://c0"].map(|id| instance(id, ObservedState::Running));
    life.see(&seen(&[sandbox(0, true)], &listed));
    let attempts: Vec<_> = life.pod.instances(C).map(|instance| instance.attempt.0).collect();
    assert_eq!(attempts, [3, 2, 1, 0]);
    let before = life.pod.clone();
    assert_eq!((life.see(&seen(&[sandbox(0, true)], &listed)), &life.pod), (Vec::new(), &before));
}

#[test]
fn what_is_being_made_keeps_its_restart_count() {
    let mut life = Life::manual(one(json!({}))).up();
    life.tell(Event::ImagePresent { container: C });
    let create = Action::CreateContainer { container: C, attempt: Attempt(0), restart_count: 0 };
    assert_eq!(life.pending(), [create]);
    let known = ObservedContainer { restart_count: 7, ..dead("x://c7") };
    life.see(&seen(&[sandbox(0, true)], &[known]));
    assert_eq!(life.pending(), [create], "asked for already");
}

#[test]
fn of_a_sandbox_that_is_down_the_number_does_not_matter() {
    let found = [0, 1].map(|attempt| {
        let mut life = Life::manual(one(json!({})));
        life.see(&seen(&[ObservedSandbox { ip: "10.0.0.7".into(), ..sandbox(attempt, false) }], &[]));
        life.pod.sandbox.has_ip
    });
    assert_eq!(found, [true, true]);
}

/// An event may have told less than the runtime knows, or an image by another name.
#[test]
fn what_a_status_shows_otherwise_comes_with_the_next() {
    let up = || {
        let mut life = Life::manual(one(json!({}))).up();
        life.start(C, 0);
        life.sync();
        life
    };
    let running = instance("x://c0", ObservedState::Running);
    for (listed, is_news) in [
        (running.clone(), false),
        (ObservedContainer { image: "docker.io/library/i:1".into(), ..running.clone() }, true),
        (ObservedContainer { image_ref: "sha256:0".into(), ..running.clone() }, true),
        (ObservedContainer { image: "".into(), ..running.clone() }, false),
        (ObservedContainer { message: "no end, no word of it".into(), ..running }, false),
    ] {
        let mut life = up();
        let before = life.status();
        assert_eq!((life.see(&seen(&[sandbox(0, true)], core::slice::from_ref(&listed))), life.status()), (Vec::new(), before.clone()));
        let outputs = life.sync();
        assert_eq!((outputs.contains(&Output::StatusChanged), life.status() != before), (is_news, is_news), "{listed:?}");
    }
    let two =
        json!({"nodeName": "n", "restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "i:1"}]});
    let other = ObservedContainer { name: "d".into(), ..instance("x://d0", ObservedState::Running) };
    let dead = dead("x://c0");
    for (listed, is_news) in [
        (dead.clone(), false),
        (ObservedContainer { message: "disk full".into(), ..dead.clone() }, true),
        (ObservedContainer { reason: "Evaporated".into(), ..dead.clone() }, true),
    ] {
        let mut life = Life::manual(two.clone()).up();
        life.start(C, 0);
        life.start(D, 0);
        life.sync();
        life.exit(C, 0, 1);
        let (before, listed) = (life.status(), seen(&[sandbox(0, true)], &[listed, other.clone()]));
        life.see(&listed);
        assert_eq!(life.status(), before, "while its end is not shown, its words are not");

        let mut life = Life::manual(two.clone()).up();
        life.start(C, 0);
        life.start(D, 0);
        life.exit(C, 0, 1);
        life.sync();
        assert!(matches!(life.pod.container(C).state, ShownState::Terminated(..)));
        let before = life.status();
        assert_eq!((life.see(&listed), life.status()), (Vec::new(), before.clone()));
        let kept = Pod::restore(life.pod.snapshot(), life.pod.spec(), life.pod.node());
        assert_eq!(kept.as_ref(), Ok(&life.pod), "what is to be told is kept");
        let outputs = life.sync();
        assert_eq!((outputs.contains(&Output::StatusChanged), life.status() != before), (is_news, is_news), "{listed:?}");
        assert!(!life.sync().contains(&Output::StatusChanged), "once");
    }
}

/// A status that waits shows one instance twice: as its own, and as the last one.
#[test]
fn a_found_pod_that_waits_has_one_instance() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.exit(C, 0, 1);
    life.sync();
    life.tell(Event::ImageFailed { container: C, reason: WaitingReason::ImageInspectError, message: "disk" });
    life.sync();
    let written = life.status();
    let shown = &written.container_statuses[0];
    let last = shown.last_state.terminated.as_ref().unwrap();
    assert_eq!((&*shown.container_id, &*last.container_id), ("x://c0", "x://c0"));
    let mut found = Life::with(json!({"name": "p"}), paced(Pacing::MANUAL), one(json!({})), Some(&written));
    assert_eq!(found.status(), written);
    let ids = |found: &Life| [0, 1].map(|attempt| found.pod.instance_id(C, Attempt(attempt)).map(ToString::to_string));
    assert_eq!(ids(&found), [Some("x://c0".into()), None]);
    found.see(&seen(&[sandbox(0, true)], &[dead("x://c0")]));
    assert_eq!((ids(&found), found.pod.slots[0].newest().attempt), ([Some("x://c0".into()), None], Attempt(0)));
}
