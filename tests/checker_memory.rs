//! What the checker allocates: for a version that keeps the rules nothing, and for a Pod what it keeps of it.
#![allow(clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

use allocation_counter::{AllocationInfo, measure};
use pod_lifecycle::api::WatchEvent;
use pod_lifecycle::check::{Checker, Finding, Options};

/// A Pod of a real cluster, of the kind that the tests have: its readiness comes and goes.
const STREAM: &str = include_str!("streams/readiness.jsonl");

/// The events of the stream, of the Pod of this number.
fn events(number: usize) -> Vec<WatchEvent> {
    let stream = STREAM.replace("0001", &format!("{number:04}"));
    stream.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn silent(finding: Finding) {
    panic!("{finding}");
}

#[test]
fn a_version_that_keeps_the_rules_allocates_nothing() {
    let mut checker = Checker::new();
    let mut line = 0;
    // What is kept comes with the event. The spec is new twice: with the creation and with the binding; the container's places, the
    // lasting states, … have their memory by the second status with containers.
    let (settling, rest) = (4, events(1).len() - 4);
    assert!(rest >= 4, "the stream is long enough");
    for (n, event) in events(1).into_iter().enumerate() {
        line += 1;
        let AllocationInfo { count_total, bytes_total, .. } = measure(|| checker.event(event, line, &mut silent));
        println!("version {n}: {count_total} allocations, {bytes_total} bytes");
        assert!(n < settling || count_total == 0, "version {n}: {count_total} allocations, {bytes_total} bytes");
    }
    assert_eq!(checker.tally().versions, line);
}

#[test]
fn so_many_pods_as_are_kept_by_default_have_room() {
    const PODS: usize = 200;
    let mut checker = Checker::new();
    let AllocationInfo { bytes_current, .. } = measure(|| {
        for number in 1..=PODS {
            events(number).into_iter().for_each(|event| checker.event(event, 1, &mut silent));
        }
    });
    let each = bytes_current / PODS as i64;
    println!("{each} bytes a Pod");
    assert_eq!(checker.tally().pods, PODS as u64);
    assert!(each * (Options::PODS as i64) < 400_000_000, "{each} bytes a Pod");
}

#[test]
fn sizes() {
    use pod_lifecycle::api;
    println!(
        "pod {} meta {} spec {} status {} container {} cstatus {} condition {} probe {} specs {} cspec {} res {}",
        size_of::<api::Pod>(),
        size_of::<api::ObjectMeta>(),
        size_of::<api::PodSpec>(),
        size_of::<api::PodStatus>(),
        size_of::<api::Container>(),
        size_of::<api::ContainerStatus>(),
        size_of::<api::PodCondition>(),
        size_of::<api::Probe>(),
        size_of::<pod_lifecycle::spec::Spec>(),
        size_of::<pod_lifecycle::spec::ContainerSpec>(),
        size_of::<api::ResourceRequirements>()
    );
}
