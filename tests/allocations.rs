//! Events without text do not allocate, but for the cases in `benches/README.md`, and a Pod's memory is what the table there says.
#![allow(clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

#[allow(dead_code, reason = "other measurements need more")]
#[path = "../benches/machine/life.rs"]
mod life;

use allocation_counter::{AllocationInfo, measure};
use life::Life;
use pod_lifecycle::pod::{Action, Attempt, Event, NodeConfig, Output, StateChange, Transition};
use pod_lifecycle::rules::backoff::Backoff;
use pod_lifecycle::rules::probe::Worker;
use pod_lifecycle::rules::view::{Exit, WaitingReason};
use pod_lifecycle::{ContainerIndex, Pod, Time};
use std::sync::Arc;

const FIRST: ContainerIndex = ContainerIndex::new(0);

fn allocations(what: &str, life: &mut Life, mut act: impl FnMut(&mut Life)) {
    let before = life.events;
    let AllocationInfo { count_total, bytes_total, .. } = measure(|| act(life));
    println!("{what}, {} events: {count_total} allocations, {bytes_total} bytes", life.events - before);
    assert_eq!(count_total, 0, "{what} allocates {bytes_total} bytes");
}

#[test]
fn events_without_text_never_allocate() {
    for containers in [1, 3, 10] {
        let mut life = Life::new(&life::spec(containers), &Arc::new(NodeConfig::default()));
        allocations("from the store to Ready", &mut life, Life::start);
        allocations("first crash", &mut life, |life| life.crash(FIRST));
        allocations("crash loop", &mut life, |life| (0..10).for_each(|_| life.crash(FIRST)));
        allocations("probes", &mut life, |life| {
            life.reach_next_probe();
            life.no_change_probe_results();
        });
        allocations("early tick", &mut life, Life::early_tick);
        allocations("end", &mut life, Life::end);
    }
}

/// What happens, and what the Pod then asks for.
type News = (&'static str, Event<'static>, fn(Action) -> bool);

/// Lets time pass until the Pod asks for such an action.
fn wait_for(pod: &mut Pod, now: &mut Time, is_it: impl Fn(Action) -> bool) {
    while !pod.pending_actions().any(&is_it) {
        *now = pod.next_deadline().expect("it goes on").at;
        pod.handle(*now, Event::Tick, &mut ()).expect("a tick contradicts nothing");
    }
}

#[test]
fn bad_news_without_text_allocates_for_the_back_off_of_an_image_alone() {
    let Life { mut pod, mut now, .. } = Life::running(1);
    let container = FIRST;
    let exit = Exit::of_code(1);
    let (at, message, reason, id, image_id) = (now, "", "", "", "");
    let is_look = |action| matches!(action, Action::ImageStatus { .. });
    let is_create = |action| matches!(action, Action::CreateContainer { .. });
    let is_start = |action| matches!(action, Action::StartContainer { .. });
    let (refused, no_image) = (WaitingReason::CreateContainerError, WaitingReason::ErrImagePull);
    let present = Event::ImagePresent { container };
    let created = |n| Event::ContainerCreated { container, attempt: Attempt(n), id, image_id };
    let exited = |n| Event::ContainerExited { container, attempt: Attempt(n), exit, at, message, reason };
    let history: [News; 13] = [
        ("it ends", exited(0), is_look),
        ("its image is there", present, is_create),
        ("it cannot be made", Event::ContainerCreateFailed { container, attempt: Attempt(1), reason: refused, message }, is_look),
        ("its image is there", present, is_create),
        ("it is made", created(1), is_start),
        ("it cannot be started", Event::ContainerStartFailed { container, attempt: Attempt(1), exit, at, message, reason }, is_look),
        ("its image is gone", Event::ImageAbsent { container }, |action| matches!(action, Action::PullImage { .. })),
        ("its image is not to be had", Event::ImageFailed { container, reason: no_image, message }, is_look),
        ("its image is there", present, is_create),
        ("it is made", created(2), is_start),
        ("it runs", Event::ContainerStarted { container, attempt: Attempt(2), at }, |action| matches!(action, Action::Probe { .. })),
        ("it is lost", Event::ContainerLost { container, attempt: Attempt(2) }, |action| matches!(action, Action::StopContainer { .. })),
        ("it was stopped", exited(2), is_look),
    ];
    for (what, event, then) in history {
        let AllocationInfo { count_total, .. } = measure(|| {
            pod.handle(now, event, &mut ()).expect("the event fits");
            wait_for(&mut pod, &mut now, then);
        });
        assert_eq!(count_total > 0, what == "its image is not to be had", "{what}: {count_total} allocations");
    }
}

#[test]
fn memory() {
    let life = Life::running(1);
    println!("one-container Pod with three probes, spec and node shared:");
    println!("  size_of::<Pod>()    {:4}", size_of::<Pod>());
    let own = measure(|| drop(life.pod.clone()));
    println!("  heap, {} blocks      {:4}", own.count_total, own.bytes_total);
    println!("  together            {:4}", size_of::<Pod>() as u64 + own.bytes_total);
    assert!(size_of::<Pod>() as u64 + own.bytes_total <= 510, "a Pod has grown");
    assert!(own.count_total <= 2, "a Pod is in more pieces");
}

#[test]
#[cfg(target_pointer_width = "64")]
fn sizes() {
    assert_eq!(size_of::<Pod>(), 264);
    assert_eq!((size_of::<Event<'_>>(), size_of::<Output>()), (56, 32));
    assert_eq!((size_of::<Action>(), size_of::<Transition>(), size_of::<StateChange>()), (16, 32, 24));
    assert_eq!((size_of::<Option<Time>>(), size_of::<Backoff>(), size_of::<Worker>()), (8, 16, 11));
}
