//! News of sandboxes.

use super::*;
use SandboxState::{NotReady, Ready, Stopped};

/// Its second sandbox is being made: the first died, and was taken down.
fn replaced() -> Life {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.tell(Event::SandboxDied { attempt: 0 });
    assert_eq!(life.pod.facts().sandbox(), NotReady);
    life.sync();
    life.exit(C, 0, 137);
    life.tell(Event::SandboxStopped { attempt: 0 });
    assert_eq!(life.pending(), [Action::RunPodSandbox { attempt: 1 }]);
    life
}

#[test]
fn late_news_changes_nothing() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    let before = life.pod.clone();
    assert_eq!(life.tell(Event::SandboxStarted { attempt: 0, ips: "10.0.0.8" }), []);
    assert_eq!(life.pod, before, "it is up already");

    let mut life = replaced();
    let before = life.pod.clone();
    assert_eq!(life.tell(Event::SandboxDied { attempt: 0 }), []);
    assert_eq!((life.pod.facts().sandbox(), &life.pod), (Stopped, &before), "it was taken down");
    life.tell(Event::SandboxStarted { attempt: 1, ips: "10.0.0.8" });
    for event in [Event::SandboxDied { attempt: 0 }, Event::SandboxStopFailed { attempt: 0 }, Event::SandboxFailed { attempt: 0 }] {
        let before = life.pod.clone();
        assert_eq!(life.tell(event), []);
        assert_eq!(life.pod, before, "{event:?} of the one before");
    }
}

#[test]
fn an_answer_that_nobody_waits_for_is_refused() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    let before = life.pod.clone();
    let asked = |event| TransitionError::NotAsked { event };
    for (event, error) in [
        (Event::SandboxStarted { attempt: 1, ips: "" }, asked("SandboxStarted")),
        (Event::SandboxFailed { attempt: 1 }, asked("SandboxFailed")),
        (Event::SandboxStopFailed { attempt: 0 }, asked("SandboxStopFailed")),
        (Event::SandboxDied { attempt: 1 }, TransitionError::Unasked { event: "Died", attempt: 1 }),
    ] {
        assert_eq!(life.try_tell(event), Err(error));
        assert_eq!(life.pod, before, "{event:?}");
    }
}

#[test]
fn a_sandbox_that_dies_is_replaced_at_the_next_sync() {
    let mut life = Life::new(one(json!({}))).up();
    life.start(C, 0);
    let out = life.tell(Event::SandboxDied { attempt: 0 });
    assert_eq!(changes(&out)[0], StateChange::Sandbox { attempt: 0, from: Ready, to: NotReady });
    assert!(matches!(life.pending()[..], [Action::StopContainer { .. }]), "first what ran in it is stopped");
}

/// The newest sandbox is down, the network of the one before it could not be taken down: the next sync begins with the newest again.
#[test]
fn all_sandboxes_are_taken_down_again_if_one_could_not_be() {
    use crate::observation::ObservedSandbox;
    let mut life = replaced();
    life.tell(Event::SandboxStarted { attempt: 1, ips: "10.0.0.8" });
    life.tell(Event::ImageFailed { container: C, reason: crate::rules::view::WaitingReason::ErrImagePull, message: "" });
    let sandboxes = [1, 0].map(|attempt| ObservedSandbox { attempt, ..ObservedSandbox::default() });
    life.see(&Observation { sandboxes: sandboxes.into(), ..Observation::default() });
    life.delete();
    life.sync();
    for attempt in [1, 0] {
        assert_eq!(life.pending(), [Action::StopPodSandbox { attempt }]);
        if attempt == 1 {
            life.tell(Event::SandboxStopped { attempt });
        }
    }
    assert_eq!(life.tell(Event::SandboxStopFailed { attempt: 0 }), []);
    assert_eq!(life.pod.facts().sandbox(), Stopped, "the newest");
    assert_eq!(actions(&life.sync()), [Action::StopPodSandbox { attempt: 1 }]);
}

/// Kubelet PLEG: a sandbox that was ready and is not any more is news, whoever took it down.
#[test]
fn that_a_ready_sandbox_is_down_asks_for_a_sync() {
    let mut pod = one(json!({"imagePullPolicy": "Never"}));
    pod["restartPolicy"] = "Always".into();
    let mut life = Life::on(paced(Pacing::KUBELET), pod);
    life.tell(Event::VolumesMounted);
    // One without an address has to go.
    life.tell(Event::SandboxStarted { attempt: 0, ips: "" });
    life.tell(Event::ImageAbsent { container: C });
    life.due();
    assert_eq!(life.pending(), [Action::StopPodSandbox { attempt: 0 }]);
    life.tell(Event::SandboxStopped { attempt: 0 });
    life.tell(Event::SandboxFailed { attempt: 1 });
    let next = life.pod.next_deadline().unwrap();
    assert_eq!((next.reason, next.at), (DeadlineReason::Sync, life.now + Span::from_secs(1)), "before the retry after 10 s");
}
