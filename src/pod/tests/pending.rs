//! What is asked for again after a restore.

use super::*;

/// Also of the Pod as a snapshot has it.
fn pending(life: &Life) -> Vec<Action> {
    let Life { pod, .. } = life;
    let restored = Pod::restore(pod.snapshot(), pod.spec(), pod.node()).unwrap();
    assert_eq!(restored.pending_actions().collect::<Vec<_>>(), life.pending());
    life.pending()
}

#[test]
fn each_step_of_a_life_waits_for_what_it_asked_for() {
    let (container, attempt) = (C, Attempt(0));
    let hook = |hook| Event::HookFinished { container, attempt, hook, ok: true, message: "" };
    let exec = json!({"exec": {"command": ["x"]}});
    let mut pod = one(json!({"lifecycle": {"postStart": exec, "preStop": exec}}));
    pod["nodeName"] = "".into();
    let mut life = Life::with(json!({}), paced(Pacing::IMMEDIATE), pod, None);
    assert_eq!(pending(&life), [Action::StoreObject]);
    for (event, expected) in [
        (Event::Stored, Action::Schedule),
        (Event::Scheduled, Action::Bind),
        (Event::Bound, Action::Admit),
        (Event::Admitted, Action::MountVolumes),
        (Event::VolumesMounted, Action::RunPodSandbox { attempt: 0 }),
        (Event::SandboxStarted { attempt: 0, ips: "10.0.0.7" }, Action::ImageStatus { container }),
        (Event::ImageAbsent { container }, Action::PullImage { container }),
        (Event::ImagePresent { container }, Action::CreateContainer { container, attempt, restart_count: 0 }),
        (Event::ContainerCreated { container, attempt, id: "", image_id: "" }, Action::StartContainer { container, attempt }),
        (Event::ContainerStarted { container, attempt, at: NOW }, Action::RunHook { container, attempt, hook: HookKind::PostStart }),
    ] {
        life.tell(event);
        assert_eq!(pending(&life), [expected], "{event:?}");
    }
    life.tell(hook(HookKind::PostStart));
    assert_eq!(pending(&life), []);
    life.delete();
    assert_eq!(pending(&life), [Action::RunHook { container, attempt, hook: HookKind::PreStop }]);
    life.now = NOW + Span::from_secs(10);
    for (event, expected) in [
        (hook(HookKind::PreStop), Action::StopContainer { container, attempt, timeout_seconds: 20 }),
        (exited(container, 0, Exit::of_code(143), NOW), Action::StopPodSandbox { attempt: 0 }),
        (Event::SandboxStopped { attempt: 0 }, Action::UnmountVolumes),
        (Event::VolumesUnmounted, Action::DeleteObject),
    ] {
        life.tell(event);
        assert_eq!(pending(&life), [expected], "{event:?}");
    }
    life.tell(Event::ObjectRemoved);
    assert_eq!(pending(&life), []);
}

#[test]
fn nothing_is_asked_for_that_has_to_wait() {
    let mut gated = one(json!({}));
    gated["nodeName"] = "".into();
    gated["schedulingGates"] = json!([{"name": "quota"}]);
    let mut life = Life::with(json!({}), paced(Pacing::IMMEDIATE), gated, None);
    life.tell(Event::Stored);
    assert_eq!((life.pod.stage(), pending(&life)), (Stage::Unscheduled, alloc::vec![]), "gates hold it back");

    let mut job = one(json!({}));
    job["restartPolicy"] = "Never".into();
    let mut life = Life::new(job).up();
    life.start(C, 0);
    life.exit(C, 0, 0);
    life.tell(Event::SandboxStopped { attempt: 0 });
    life.tell(Event::VolumesUnmounted);
    assert_eq!((life.pod.stage(), pending(&life)), (Stage::Finished, alloc::vec![]), "nobody has deleted it");
    life.delete();
    assert_eq!(pending(&life), [Action::DeleteObject]);
}

#[test]
fn records_to_be_removed_are_remembered_by_their_instance() {
    use crate::pod::container::Slot;
    let mut slot = Slot::new();
    assert!(!slot.has(Attempt(0)), "there is none yet");
    for n in 0..4 {
        assert_eq!(slot.number(), Attempt(n));
    }
    slot.ask_removal(Attempt(3));
    slot.ask_removal(Attempt(1));
    let being_removed = |slot: &Slot| slot.being_removed().collect::<Vec<_>>();
    assert_eq!(being_removed(&slot), [Attempt(1), Attempt(3)]);
    slot.number();
    assert_eq!(being_removed(&slot), [Attempt(1), Attempt(3)], "a new one is made meanwhile");
    slot.removed(Attempt(1));
    assert_eq!(being_removed(&slot), [Attempt(3)]);
}
