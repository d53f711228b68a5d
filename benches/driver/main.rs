//! What an event costs when many Pods live at once: see `benches/README.md`.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a measurement has the standard library")]

#[allow(dead_code, reason = "shared with the example")]
#[path = "../../examples/million_pods/shard.rs"]
mod shard;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use pod_lifecycle::Span;
use shard::{Plan, Shard, Workload};
use std::time::{Duration, Instant};

/// After this much virtual time all Pods have come and most back-offs are long.
const WARM: Span = Span::from_secs(300);

fn events(criterion: &mut Criterion) {
    let is_told = |what: &str| std::env::args().any(|argument| argument == what);
    let is_test = is_told("--test") || !is_told("--bench");
    let sizes: &[usize] = if is_test { &[1_000] } else { &[1_000, 100_000, 1_000_000] };
    for (name, workload) in Workload::ALL {
        let mut group = criterion.benchmark_group(format!("many Pods, {name}"));
        group.throughput(Throughput::Elements(1)).sampling_mode(SamplingMode::Flat).sample_size(10);
        for &pods in sizes {
            let mut ready = None;
            group.bench_function(format!("{pods} Pods"), |bencher| {
                let plan = Plan { pods, lasts: WARM, workload };
                let (shard, passed) = ready.get_or_insert_with(|| {
                    let mut shard = Shard::new(plan, 0, 1);
                    shard.run();
                    (shard, WARM)
                });
                bencher.iter_custom(|events| run(shard, passed, events));
            });
        }
        group.finish();
    }
}

/// The time for so many events: some more are run, and their time is shared out.
fn run(shard: &mut Shard, passed: &mut Span, events: u64) -> Duration {
    let (begin, before) = (Instant::now(), shard.run_until(*passed).events);
    loop {
        *passed = *passed + Span::from_millis(100);
        let done = shard.run_until(*passed).events - before;
        if done >= events {
            return begin.elapsed().mul_f64(events as f64 / done as f64);
        }
    }
}

criterion_group!(benches, events);
criterion_main!(benches);
