//! When the next sync comes, and what it looks at.

use super::*;
use crate::rules::probe::RawOutcome;
use crate::rules::view::WaitingReason;
use crate::spec::ProbeKind;

fn shown(life: &Life) -> [ShownState; 2] {
    [C, D].map(|container| life.pod.container(container).state)
}

/// Gate PLEGOnDemandRelist.
#[test]
fn what_a_sync_did_is_seen_at_once_unless_it_failed() {
    let mut life = Life::on(paced(Pacing::KUBELET), two()).up();
    life.start(C, 0);
    life.start(D, 0);
    assert_eq!(shown(&life), [ShownState::Running; 2]);

    let mut life = Life::on(paced(Pacing::KUBELET), two()).up();
    life.start(C, 0);
    life.tell(Event::ImageFailed { container: D, reason: WaitingReason::ErrImagePull, message: "" });
    assert_eq!(shown(&life), [ShownState::Waiting(WaitingReason::ContainerCreating); 2]);
    assert_eq!(life.pod.next_deadline(), Some(Deadline { at: NOW + Span::from_secs(1), reason: DeadlineReason::Sync }));
    life.due();
    assert_eq!(shown(&life), [ShownState::Running, ShownState::Waiting(WaitingReason::ErrImagePull)]);
}

/// Kubelet `GetNewerThan`: no sync begins before a look at the runtime that is newer than the end of the last.
#[test]
fn after_a_sync_that_did_nothing_the_next_waits_for_a_look() {
    let mut life = Life::on(paced(Pacing::KUBELET), one(json!({}))).up();
    life.start(C, 0);
    (0..4).for_each(|_| drop(life.due()));
    let last = life.now;
    life.now = last + Span::from_nanos(100_000_000);
    let condition = serde_json::from_value(json!({"type": "example.com/x", "status": "True"})).unwrap();
    life.change(&Change::Condition(condition));
    assert_eq!(life.pod.next_deadline(), Some(Deadline { at: last + Span::from_secs(1), reason: DeadlineReason::Sync }));
}

#[test]
fn an_unready_container_is_probed_with_each_sync() {
    let probe = json!({"exec": {"command": ["x"]}, "periodSeconds": 3600});
    let mut life = Life::on(paced(Pacing::KUBELET), one(json!({"readinessProbe": probe}))).up();
    life.start(C, 0);
    let asked = [Action::Probe { container: C, attempt: Attempt(0), kind: ProbeKind::Readiness }];
    let answer = |outcome| Event::Probed { container: C, attempt: Attempt(0), kind: ProbeKind::Readiness, outcome };
    for n in 0..8 {
        if life.pending().is_empty() {
            while life.pending().is_empty() && life.now < NOW + Span::from_secs(600) {
                life.due();
            }
            assert_eq!(life.pending(), asked, "the {n}th time, at {}", life.now);
        }
        life.tell(answer(RawOutcome::Failure));
    }
    assert!(life.now > NOW + Span::from_secs(180) && life.now < NOW + Span::from_secs(600), "with each resync: {}", life.now);
    life.tell(answer(RawOutcome::Failure));
    while life.pending().is_empty() {
        life.due();
    }
    life.tell(answer(RawOutcome::Success));
    (0..8).for_each(|_| drop(life.due()));
    assert_eq!(life.pending(), [], "a ready one is not");
}

#[test]
fn the_active_deadline_is_waited_for_until_it_has_passed() {
    let mut pod = one(json!({}));
    pod["activeDeadlineSeconds"] = 60.into();
    let mut life = Life::new(pod).up();
    life.start(C, 0);
    let at = NOW + Span::from_secs(60);
    assert_eq!(life.pod.next_deadline(), Some(Deadline { at, reason: DeadlineReason::ActiveDeadline }));
    life.due();
    assert_eq!((life.now, life.pod.stage()), (at, Stage::Terminating));
    assert!(life.pod.next_deadline().is_none_or(|next| next.reason != DeadlineReason::ActiveDeadline));
}

/// What waits for a time waits as much longer as the clock was set back; what is asked for does not.
#[test]
fn a_clock_that_is_set_back_holds_nothing_back_that_is_asked_for() {
    for pacing in [Pacing::IMMEDIATE, Pacing::KUBELET] {
        let mut life = Life::on(paced(pacing), one(json!({}))).up();
        life.now = life.now + Span::from_secs(3_600);
        life.start(C, 0);
        life.rest(Vec::new());
        life.now = life.now - Span::from_secs(3_000);
        life.delete();
        let due = life.pod.next_deadline().map(|due| due.at);
        assert!(due.is_none_or(|due| due <= life.now + Span::from_secs(2)), "{due:?}");
        life.pass(2);
        assert!(matches!(life.pending()[..], [Action::StopContainer { .. }]), "{:?}", life.pending());
    }
}
