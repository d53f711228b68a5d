//! What an event costs, in time. Instructions are counted otherwise: see `benches/README.md`.
#![allow(clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

mod life;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use life::Life;
use pod_lifecycle::ContainerIndex;

const FIRST: ContainerIndex = ContainerIndex::new(0);

fn events(criterion: &mut Criterion) {
    for containers in [1, 3, 10] {
        let mut group = criterion.benchmark_group(format!("{containers} containers"));
        let mut life = Life::running(containers);
        (0..8).for_each(|_| life.crash(FIRST));

        let mut asked = life.clone();
        asked.reach_next_probe();
        let mut told = asked.clone();
        told.no_change_probe_results();
        group.throughput(Throughput::Elements(told.events - asked.events));
        group.bench_function("no-change probe results", |bencher| {
            bencher.iter_batched_ref(|| asked.clone(), Life::no_change_probe_results, BatchSize::SmallInput);
        });

        group.throughput(Throughput::Elements(1));
        group.bench_function("early tick", |bencher| bencher.iter(|| life.early_tick()));

        group.bench_function("no-change probe result", |bencher| {
            bencher.iter_batched_ref(|| asked.clone(), Life::no_change_probe_result, BatchSize::SmallInput);
        });

        let mut restarted = life.clone();
        restarted.exit_and_restart(FIRST);
        group.throughput(Throughput::Elements(restarted.events - life.events));
        group.bench_function("exit and restart", |bencher| {
            bencher.iter_batched_ref(|| life.clone(), |life| life.exit_and_restart(FIRST), BatchSize::SmallInput);
        });

        let mut cycle = life.clone();
        cycle.crash(FIRST);
        group.throughput(Throughput::Elements(cycle.events - life.events));
        group.bench_function("crash-loop cycle", |bencher| bencher.iter(|| life.crash(FIRST)));

        let (spec, node) = (life.pod.spec().clone(), life.pod.node().clone());
        let whole = || {
            let mut life = Life::new(&spec, &node);
            life.start();
            life.end();
            life.events
        };
        group.throughput(Throughput::Elements(whole()));
        group.bench_function("whole life", |bencher| bencher.iter(whole));

        group.throughput(Throughput::Elements(1));
        group.bench_function("status view", |bencher| bencher.iter(|| life.view()));
        group.bench_function("status to_owned", |bencher| bencher.iter(|| life.pod.status().to_owned()));
        group.finish();
    }
}

criterion_group!(benches, events);
criterion_main!(benches);
