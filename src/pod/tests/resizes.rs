//! Resizes: answers that come late, conditions, what a new kubelet takes up.

use super::*;
use crate::api::{ConditionStatus, PodCondition};
use crate::pod::ledger::Resizing;
use crate::rules::actions::ResizedResource;
use crate::rules::conditions::ConditionReason;
use alloc::string::ToString;

fn with_cpu(cpu: &str) -> Value {
    one(json!({"resources": {"requests": {"cpu": cpu}}}))
}

fn running() -> Life {
    let mut life = Life::new(with_cpu("1")).up();
    life.start(C, 0);
    life
}

fn allocated(life: &Life) -> alloc::string::String {
    life.pod.allocated_resources(C).requests["cpu"].to_string()
}

#[test]
fn a_resize_waits_for_the_node_and_then_for_the_runtime() {
    let mut life = running();
    life.respec(2, with_cpu("2"));
    assert_eq!((life.pending(), allocated(&life)), (alloc::vec![Action::AllocateResources { generation: 2 }], "1".into()));
    life.tell(Event::ResizeAllocated { generation: 2 });
    let (container, attempt, resource) = (C, Attempt(0), ResizedResource::Cpu);
    assert_eq!(life.pending(), [Action::UpdateContainerResources { container, attempt, resource }]);
    life.tell(Event::ContainerUpdated { container, attempt, resource });
    assert_eq!((life.pending(), allocated(&life)), (alloc::vec![], "2".into()));
}

#[test]
fn an_answer_about_an_older_spec_is_late_news() {
    let mut life = running();
    life.respec(2, with_cpu("2"));
    life.respec(3, with_cpu("3"));
    let before = life.pod.clone();
    for event in [
        Event::ResizeAllocated { generation: 2 },
        Event::ResizeDeferred { generation: 2, message: "no room" },
        Event::ResizeInfeasible { generation: 2, message: "too much" },
    ] {
        assert_eq!((life.tell(event), &life.pod), (alloc::vec![], &before), "{event:?}");
    }
    let asked = life.try_tell(Event::ResizeAllocated { generation: 4 });
    assert_eq!(asked, Err(TransitionError::NotAsked { event: "ResizeAllocated" }), "nobody has asked for that");
    life.tell(Event::ResizeAllocated { generation: 3 });
    assert_eq!(allocated(&life), "3");
}

#[test]
fn a_pod_that_ends_asks_the_node_for_nothing() {
    let mut life = running();
    life.respec(2, with_cpu("2"));
    life.delete();
    assert!(matches!(life.pending()[..], [Action::StopContainer { .. }]), "{:?}", life.pending());
}

/// Kubelet `SetPodResizeInProgressCondition`.
#[test]
fn an_error_stays_until_it_is_cleared_and_keeps_its_time() {
    let at = |seconds| NOW + Span::from_secs(seconds);
    let mut resizing = Resizing::new(&spec(with_cpu("1")));
    for (error, seconds, changed, expected) in [
        (None, 0, true, (ConditionReason::None, "", 0, 0)),
        (None, 0, false, (ConditionReason::None, "", 0, 0)),
        (None, 1, true, (ConditionReason::None, "", 0, 1)),
        (Some("busy"), 2, true, (ConditionReason::Error, "busy", 2, 2)),
        (Some("busy"), 2, false, (ConditionReason::Error, "busy", 2, 2)),
        (Some("busy"), 3, true, (ConditionReason::Error, "busy", 2, 3)),
        (Some("gone"), 3, true, (ConditionReason::Error, "gone", 2, 3)),
        (None, 4, true, (ConditionReason::Error, "gone", 2, 4)),
    ] {
        resizing.changed = false;
        resizing.progress(error, 1, at(seconds));
        let known = resizing.now.in_progress.as_ref().unwrap();
        let (reason, message, since, probed) = expected;
        assert_eq!((resizing.changed, known.reason, &*known.message), (changed, reason, message), "{error:?} at {seconds}");
        assert_eq!((known.since, known.probed), (at(since), at(probed)), "{error:?} at {seconds}");
    }
}

/// A new kubelet finds a Pod that was being resized: what runs has other resources than the spec.
#[test]
fn a_new_kubelet_takes_up_what_is_pending() {
    let mut life = running();
    life.respec(2, with_cpu("2"));
    life.tell(Event::ResizeDeferred { generation: 2, message: "no room" });
    let (found, kubelet) = (life.status(), paced(Pacing::IMMEDIATE));
    let meta = json!({"name": "p", "generation": 2});
    let verdict = |life: &Life| life.pod.condition(KubeletCondition::PodResizePending).map(|pending| (pending.status, pending.reason));
    let mut life = Life::with(meta.clone(), kubelet.clone(), with_cpu("2"), Some(&found));
    assert_eq!((verdict(&life), allocated(&life)), (Some((ConditionStatus::True, ConditionReason::Deferred)), "1".into()));
    life.tell(Event::Admitted);
    assert!(life.pending().contains(&Action::AllocateResources { generation: 2 }));

    // Nothing else than in the spec: nothing to be asked.
    let mut settled = Life::with(
        meta,
        kubelet,
        with_cpu("2"),
        Some(&{
            let mut life = Life::new(with_cpu("2")).up();
            life.start(C, 0);
            life.status()
        }),
    );
    settled.tell(Event::Admitted);
    assert!(
        settled.pod.aside.resizing().is_none()
            && !settled.pending().iter().any(|action| matches!(action, Action::AllocateResources { .. }))
    );
}

#[test]
fn another_writers_word_about_a_resize_stands_until_the_next_status() {
    let mut life = Life::manual(with_cpu("1")).up();
    life.start(C, 0);
    let condition = KubeletCondition::PodResizeInProgress;
    let written: PodCondition = serde_json::from_value(json!({"type": condition.as_str(), "status": "True"})).unwrap();
    life.change(&Change::Condition(written));
    assert!(life.pod.condition(condition).is_some());
    life.sync();
    assert_eq!(life.pod.condition(condition), None);
}

#[test]
fn a_resized_pod_may_get_a_debugger_and_is_restored() {
    let mut life = running();
    life.respec(2, with_cpu("2"));
    life.tell(Event::ResizeDeferred { generation: 2, message: "no room" });
    let debugger = json!({"name": "debug", "image": "i:1"});
    let mut api = life.pod.spec().api().clone();
    api.ephemeral_containers = alloc::vec![serde_json::from_value(debugger).unwrap()];
    life.change(&Change::Spec { spec: Arc::new(Spec::as_given(api)), generation: 3 });
    assert_eq!(life.pod.spec().containers().len(), 2);
    let Life { pod, .. } = &life;
    assert_eq!(Pod::restore(pod.snapshot(), pod.spec(), pod.node()).as_ref(), Ok(pod));
}

/// Kubelet `UpdatePod`: the worker looks at the phase before it begins a sync.
#[test]
fn a_pod_that_others_made_fail_is_resized_no_more() {
    let mut life = Life::manual(with_cpu("1")).up();
    life.start(C, 0);
    life.sync();
    life.respec(2, with_cpu("2"));
    life.change(&Change::Failed { condition: None });
    let asked = actions(&life.sync());
    assert!(matches!(asked[..], [Action::StopContainer { .. }]), "{asked:?}");
}

#[test]
fn an_update_waits_for_its_answer_though_the_record_of_its_instance_is_gone() {
    let mut life = running();
    life.respec(2, with_cpu("2"));
    life.tell(Event::ResizeAllocated { generation: 2 });
    let (container, attempt, resource) = (C, Attempt(0), ResizedResource::Cpu);
    let update = Action::UpdateContainerResources { container, attempt, resource };
    life.tell(Event::ContainerRemoved { container, attempt });
    assert_eq!(life.pending(), [update]);
    let out = life.tell(Event::ContainerUpdateFailed { container, attempt, resource, message: "not found" });
    assert!(!life.pending().contains(&update), "{out:?}");
    life.pass(10);
    assert_eq!(life.pending(), [Action::ImageStatus { container }], "the sync was not the last");
}

#[test]
fn an_update_is_made_of_the_instance_that_the_sync_is_about_or_of_none() {
    let both = |cpu: &str, memory: &str| one(json!({"resources": {"requests": {"cpu": cpu, "memory": memory}}}));
    let mut life = Life::new(both("1", "1Gi")).up();
    life.start(C, 0);
    life.exit(C, 0, 1);
    life.pass(10);
    life.start(C, 1);
    life.respec(2, both("2", "2Gi"));
    life.tell(Event::ResizeAllocated { generation: 2 });
    let (container, attempt, resource) = (C, Attempt(1), ResizedResource::Memory);
    assert_eq!(life.pending(), [Action::UpdateContainerResources { container, attempt, resource }]);
    life.tell(Event::ContainerRemoved { container, attempt });
    let out = life.tell(Event::ContainerUpdated { container, attempt, resource });
    assert!(!actions(&out).iter().any(|action| matches!(action, Action::UpdateContainerResources { .. })), "{out:?}");
}
