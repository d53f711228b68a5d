//! Starts of containers: late answers, refusals, words.

use super::*;
use crate::rules::view::WaitingReason;

fn message(life: &Life) -> alloc::string::String {
    life.status().container_statuses[0].state.waiting.as_ref().unwrap().message.clone()
}

#[test]
fn a_start_that_is_told_twice_runs_no_hook_twice() {
    let mut life = Life::new(one(json!({"lifecycle": {"postStart": {"exec": {"command": ["x"]}}}}))).up();
    let hook = Action::RunHook { container: C, attempt: Attempt(0), hook: HookKind::PostStart };
    assert!(actions(&life.start(C, 0)).contains(&hook));
    let done = Event::HookFinished { container: C, attempt: Attempt(0), hook: HookKind::PostStart, ok: true, message: "" };
    life.tell(done);
    let started = Event::ContainerStarted { container: C, attempt: Attempt(0), at: NOW };
    for late in [started, done] {
        assert_eq!(life.tell(late), [], "{late:?}");
        assert_eq!(life.pending(), []);
    }

    // Neither does one of the instance before answer for the one that is being started.
    life.exit(C, 0, 1);
    life.create(C, 1);
    let waits = [Action::StartContainer { container: C, attempt: Attempt(1) }];
    assert_eq!((life.tell(started), life.pending()), (alloc::vec![], waits.into()));
}

#[test]
fn an_answer_to_a_step_that_the_end_broke_off_is_late_news() {
    for event in [Event::Aborted, Event::VolumesMounted, Event::VolumesFailed] {
        let mut life = Life::manual(one(json!({}))).up();
        life.start(C, 0);
        let error = life.try_tell(event).unwrap_err();
        assert!(matches!(error, TransitionError::NotAsked { .. }), "nothing is under way: {error}");

        let mut life = Life::new(one(json!({})));
        assert_eq!(life.pending(), [Action::MountVolumes]);
        life.delete();
        let before = life.pod.clone();
        assert_eq!((life.tell(event), &life.pod), (alloc::vec![], &before), "{event:?}");
    }
}

#[test]
fn the_scheduler_that_finds_the_same_again_writes_nothing() {
    let mut pod = one(json!({}));
    pod["nodeName"] = "".into();
    let mut life = Life::with(json!({}), paced(Pacing::IMMEDIATE), pod.clone(), None);
    life.tell(Event::Stored);
    let unschedulable = Event::Unschedulable { scheduler_error: false };
    assert!(life.tell(unschedulable).contains(&Output::StatusChanged));
    pod["tolerations"] = json!([{"operator": "Exists"}]);
    life.respec(2, pod);
    let before = life.status();
    assert_eq!((life.tell(unschedulable), life.status()), (alloc::vec![], before), "not even the generation");
    assert!(life.tell(Event::Unschedulable { scheduler_error: true }).contains(&Output::StatusChanged));
    let scheduled = |life: &Life| {
        let shown = life.pod.condition(KubeletCondition::PodScheduled).unwrap();
        (shown.status, shown.reason.as_str())
    };
    assert_eq!(scheduled(&life), (api::ConditionStatus::False, "SchedulerError"));
    assert!(life.tell(unschedulable).contains(&Output::StatusChanged));
    assert_eq!(scheduled(&life), (api::ConditionStatus::False, "Unschedulable"));
}

/// Kubelet `SyncPod`: the resizes come after the init containers, which end the sync where one does not start.
#[test]
fn an_init_container_in_back_off_ends_the_sync() {
    let pod = |cpu: &str| {
        let sidecar = json!({"name": "proxy", "image": "i:1", "restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}});
        let setup = json!({"name": "setup", "image": "i:1"});
        json!({"nodeName": "n", "initContainers": [sidecar, setup], "containers": [{"name": "c", "image": "i:1"}]})
    };
    let mut life = Life::new(pod("1")).up();
    life.start(C, 0);
    for attempt in [0, 1] {
        life.start(D, attempt);
        life.exit(D, attempt, 1);
    }
    let generation = 2;
    life.respec(generation, pod("2"));
    let asked = |life: &Life| {
        let pending = life.pending().into_iter();
        pending.filter(|action| !matches!(action, Action::RemoveContainer { .. })).collect::<Vec<_>>()
    };
    assert_eq!(asked(&life), [Action::AllocateResources { generation }]);
    life.tell(Event::ResizeAllocated { generation });
    assert_eq!(asked(&life), [], "the sidecar has to wait");
    life.pass(10);
    life.start(D, 2);
    let resource = crate::rules::actions::ResizedResource::Cpu;
    assert_eq!(asked(&life), [Action::UpdateContainerResources { container: C, attempt: Attempt(0), resource }]);
}

#[test]
fn a_waiting_container_says_why() {
    let failed = |reason| Event::ImageFailed { container: C, reason, message: "no such host" };
    for (policy, event, reason, words) in [
        ("Always", failed(WaitingReason::ErrImagePull), "ErrImagePull", "no such host"),
        ("IfNotPresent", failed(WaitingReason::ImageInspectError), "ImageInspectError", "no such host"),
        (
            "Never",
            Event::ImageAbsent { container: C },
            "ErrImageNeverPull",
            r#"Container image "i:1" is not present with pull policy of Never"#,
        ),
    ] {
        let mut life = Life::manual(one(json!({"imagePullPolicy": policy}))).up();
        assert_eq!(message(&life), "", "ContainerCreating");
        life.tell(event);
        life.sync();
        let waiting = life.status().container_statuses[0].state.waiting.clone().unwrap();
        assert_eq!((&*waiting.reason, &*waiting.message), (reason, words));
    }
}

/// Kubelet `prevPullErrMsg`: containers of one image share the window, and the words.
#[test]
fn a_refused_pull_says_why_the_last_one_failed() {
    let pod = json!({"nodeName": "n", "containers": [{"name": "c", "image": "i:latest"}, {"name": "d", "image": "i:latest"}]});
    for (reason, words) in [
        (WaitingReason::ErrImagePull, "ErrImagePull: no such host"),
        (WaitingReason::RegistryUnavailable, "RegistryUnavailable: no such host"),
    ] {
        let mut life = Life::manual(pod.clone()).up();
        let failed = Event::ImageFailed { container: C, reason, message: "no such host" };
        life.tell(failed);
        let expected = alloc::format!("Back-off pulling image \"i:latest\": {words}");
        let waiting = |life: &Life| {
            let statuses = life.status().container_statuses;
            [0, 1].map(|n| statuses[n].state.waiting.clone().map(|waiting| (waiting.reason, waiting.message)).unwrap())
        };
        for _ in 0..2 {
            life.sync();
        }
        let refused = (alloc::string::String::from("ImagePullBackOff"), expected);
        assert_eq!(waiting(&life), [refused.clone(), refused.clone()]);
        let mut next = Life::with(json!({}), paced(Pacing::MANUAL), pod.clone(), Some(&life.status()));
        assert_eq!(waiting(&next), [refused.clone(), refused], "as a new kubelet finds it");
        next.tell(Event::Admitted);

        // Another pull, another error.
        life.pass(10);
        life.sync();
        life.tell(Event::ImageFailed { container: C, reason: WaitingReason::ErrImagePull, message: "denied" });
        (0..2).for_each(|_| drop(life.sync()));
        assert!(waiting(&life).iter().all(|(_, message)| message.ends_with(": ErrImagePull: denied")), "{:?}", waiting(&life));
    }
}

#[test]
fn what_was_said_of_a_failed_start_is_not_said_of_the_next_wait() {
    let mut life = Life::manual(one(json!({}))).up();
    life.tell(Event::ImageFailed { container: C, reason: WaitingReason::ImageInspectError, message: "disk" });
    life.sync();
    assert_eq!(message(&life), "disk");
    life.start(C, 0);
    life.sync();
    life.tell(Event::ContainerRemoved { container: C, attempt: Attempt(0) });
    life.sync();
    let waiting = life.status().container_statuses[0].state.waiting.clone().unwrap();
    assert_eq!((&*waiting.reason, &*waiting.message), ("ContainerCreating", ""));
}

#[test]
fn a_crash_loop_says_how_long_it_waits() {
    let mut life = Life::new(one(json!({}))).up();
    life.start(C, 0);
    life.exit(C, 0, 1);
    for (attempt, seconds) in [(1, 10), (2, 20), (3, 40)] {
        life.start(C, attempt);
        life.exit(C, attempt, 1);
        life.pass(1);
        life.sync();
        assert!(message(&life).starts_with(&alloc::format!("back-off {seconds}s restarting failed container=c")), "{}", message(&life));
        life.pass(seconds);
    }
}

#[test]
fn until_the_next_status_the_image_is_that_of_the_spec_before() {
    let image = |life: &Life| life.status().container_statuses[0].image.clone();
    let mut life = Life::on(paced(Pacing::MANUAL), one(json!({})));
    life.sync();
    life.tell(Event::VolumesFailed);
    life.respec(2, one(json!({"image": "i:2"})));
    assert_eq!((image(&life), life.pod.spec().container(C).image()), ("i:1".into(), "i:2"));
    life.sync();
    assert_eq!(image(&life), "i:2");
}

/// Kubelet `reasonCache`: the words are those of the last try.
#[test]
fn a_wait_speaks_of_the_image_that_was_tried() {
    let absent = Event::ImageAbsent { container: C };
    let failed = Event::ImageFailed { container: C, reason: WaitingReason::ErrImagePull, message: "denied" };
    for (policy, event) in [("Never", absent), ("Always", failed)] {
        let of = |image: &str| one(json!({"imagePullPolicy": policy, "image": image}));
        let shown = |life: &Life| life.status().container_statuses[0].image.clone();
        let found = |life: &Life, image| Life::with(json!({}), paced(Pacing::MANUAL), of(image), Some(&life.status()));
        // The window refuses the second pull; a policy of Never has no window.
        let try_again = |life: &mut Life| if policy == "Never" { life.tell(event) } else { life.sync() };
        let mut life = Life::manual(of("i:1")).up();
        life.tell(event);
        life.sync();
        try_again(&mut life);
        assert!(policy == "Always" || message(&life).contains("\"i:1\""), "{}", message(&life));
        life.respec(2, of("i:2"));
        let outputs = life.sync();
        assert!(outputs.contains(&Output::StatusChanged));
        assert_eq!(shown(&life), "i:2");
        let words = message(&life);
        assert!(words.contains("\"i:1\""), "{words}");
        for image in ["i:1", "i:2"] {
            assert_eq!(
                (shown(&found(&life, image)), message(&found(&life, image))),
                ("i:2".into(), words.clone()),
                "as a new kubelet finds it"
            );
        }
        // Others that were not tried either; back to the first one, it is what it would say by itself.
        life.respec(3, of("i:3"));
        for (generation, image) in [(4, "i:1"), (5, "i:2")] {
            if policy == "Always" {
                life.respec(generation, of(image));
                assert_eq!(message(&life), words, "{image}");
            }
        }
        life.respec(6, of("i:2"));
        life.tell(event);
        life.sync();
        try_again(&mut life);
        life.sync();
        assert_eq!(message(&life), words.replace("i:1", "i:2"));
    }
}

/// Back-offs are remembered by image: a container that gets another one and then its own again waits as long as before.
#[test]
fn an_image_that_comes_back_finds_its_crash_loop() {
    let mut life = Life::new(one(json!({}))).up();
    life.start(C, 0);
    life.exit(C, 0, 1);
    life.start(C, 1);
    life.exit(C, 1, 1);
    let in_crash_loop = life.pod.slots[0].backoff;
    assert_eq!(in_crash_loop.delay(), Span::from_secs(10));
    life.respec(2, one(json!({"image": "i:2"})));
    assert!(matches!(life.pending()[..], [Action::ImageStatus { .. }]), "another image does not wait: {:?}", life.pending());
    life.start(C, 2);
    life.exit(C, 2, 1);
    let other = life.pod.slots[0].backoff;
    life.respec(3, one(json!({})));
    assert_eq!(life.pod.slots[0].backoff, in_crash_loop);
    let restored = Pod::restore(life.pod.snapshot(), life.pod.spec(), life.pod.node()).unwrap();
    assert_eq!(restored, life.pod, "the window that waits aside is in the snapshot");
    life.respec(4, one(json!({"image": "i:2"})));
    assert_eq!(life.pod.slots[0].backoff, other);
    // Housekeeping forgets what is older than ten minutes.
    life.pass(601);
    life.start(C, 3);
    life.respec(5, one(json!({"image": "i:3"})));
    let kept = &life.pod.aside.container(C).unwrap().other_backoffs;
    assert_eq!(kept.iter().map(|(_, window)| window.last_update()).collect::<Vec<_>>(), [Some(life.now)]);
}

#[test]
fn an_image_that_comes_back_cannot_be_pulled_at_once() {
    let of = |image: &str| one(json!({"image": image, "imagePullPolicy": "Always"}));
    let mut life = Life::new(of("i:1")).up();
    let failed = |container| Event::ImageFailed { container, reason: WaitingReason::ErrImagePull, message: "no such image" };
    life.tell(failed(C));
    life.respec(2, of("i:2"));
    assert_eq!(life.pending(), [Action::PullImage { container: C }], "another image is another pull");
    life.tell(failed(C));
    life.respec(3, of("i:1"));
    assert_eq!(life.pending(), [], "{:?}", life.status().container_statuses[0].state);
    life.pass(10);
    life.sync();
    assert_eq!(life.pending(), [Action::PullImage { container: C }]);
    life.tell(failed(C));
    // What was not asked for any more is forgotten when another image fails.
    life.respec(4, of("i:3"));
    life.pass(601);
    life.tell(failed(C));
    let texts = life.pod.aside.texts().unwrap();
    assert_eq!((texts.image_backoffs.len(), texts.pull_errors.len()), (1, 1));
}

#[test]
fn hooks_have_the_names_of_the_spec() {
    assert_eq!([HookKind::PostStart, HookKind::PreStop].map(HookKind::as_str), ["postStart", "preStop"]);
}
