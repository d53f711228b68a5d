//! Events without text never allocate, and a Pod's memory is what the table says.
#![allow(clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

#[allow(dead_code, reason = "other measurements need more")]
#[path = "../benches/machine/life.rs"]
mod life;

use allocation_counter::{AllocationInfo, measure};
use life::Life;
use pod_lifecycle::pod::{Event, NodeConfig, Output};
use pod_lifecycle::{ContainerIndex, Pod};
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

#[test]
fn memory() {
    let life = Life::running(1);
    println!("one-container Pod with three probes, spec and node shared:");
    println!("  size_of::<Pod>()    {:4}", size_of::<Pod>());
    let own = measure(|| drop(life.pod.clone()));
    println!("  heap, {} blocks      {:4}", own.count_total, own.bytes_total);
    println!("  together            {:4}", size_of::<Pod>() as u64 + own.bytes_total);
    println!("size_of::<Output>()   {:4}", size_of::<Output>());
    println!("size_of::<Event>()    {:4}", size_of::<Event<'_>>());
    assert!(size_of::<Output>() <= 32, "an output has grown");
    assert!(size_of::<Pod>() as u64 + own.bytes_total <= 750, "a Pod has grown");
}
