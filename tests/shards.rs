//! Many Pods live the same lives whether one driver runs them or several on threads of their own.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

#[allow(dead_code, reason = "shared with the example")]
#[path = "../examples/million_pods/shard.rs"]
mod shard;

use pod_lifecycle::Span;
use shard::{Plan, Shard, Tally, Workload};
use std::thread;

/// Everything told, and all Pods as they are in the end.
fn run(plan: Plan, shards: usize) -> (Tally, u64) {
    let one = |number| {
        let mut shard = Shard::new(plan, number, shards);
        let tally = shard.run();
        (tally, shard.digest_of_pods())
    };
    let mut sum = (Tally::default(), 0_u64);
    thread::scope(|scope| {
        let running: Vec<_> = (0..shards).map(|number| scope.spawn(move || one(number))).collect();
        for thread in running {
            let (tally, digest) = thread.join().unwrap();
            sum.0.add(&tally);
            sum.1 = sum.1.wrapping_add(digest);
        }
    });
    sum
}

#[test]
fn shards_do_not_matter() {
    for (name, workload) in Workload::ALL {
        let plan = Plan { pods: 120, lasts: Span::from_secs(900), workload };
        let alone = run(plan, 1);
        assert_eq!(alone.0.refused, 0, "{name}");
        assert!(alone.0.events > 1000 && alone.0.transitions > 1000, "{name}: {alone:?}");
        assert_eq!(alone.0.removed > 100, matches!(workload, Workload::Churn | Workload::Mixed), "{name}: {alone:?}");
        for shards in [2, 4] {
            assert_eq!(run(plan, shards), alone, "{name} on {shards} threads");
        }
    }
}

#[test]
fn a_run_can_stop_in_between() {
    let plan = Plan { pods: 50, lasts: Span::from_secs(600), workload: Workload::Mixed };
    let mut shard = Shard::new(plan, 0, 1);
    for secs in (0..600).step_by(7) {
        shard.run_until(Span::from_secs(secs));
    }
    assert_eq!((shard.run(), shard.digest_of_pods()), run(plan, 1));
}
