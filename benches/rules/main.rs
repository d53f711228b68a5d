//! What a rule costs, beside what the kubelet takes for the same cases. See `benches/README.md`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

mod suites;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::cell::Cell;
use std::time::{Duration, Instant};

fn rules(criterion: &mut Criterion) {
    let mut table = Vec::new();
    let mut group = criterion.benchmark_group("rules");
    for mut rule in suites::rules() {
        let (least, rounds) = (Cell::new(Duration::MAX), Cell::new(0));
        group.throughput(Throughput::Elements(rule.cases as u64));
        group.bench_function(format!("{} (kubelet: {} ns a case)", rule.name, rule.kubelet()), |bencher| {
            bencher.iter_custom(|passes| {
                let pass = |_| {
                    let start = Instant::now();
                    rule.pass();
                    let took = start.elapsed();
                    least.set(least.get().min(took));
                    took
                };
                rounds.set(rounds.get() + passes);
                (0..passes).map(pass).sum()
            });
        });
        // None if a filter left it out; a single one, as with `--test`, measures nothing.
        if rounds.get() < 2 {
            continue;
        }
        let nanos = least.get().as_secs_f64() * 1e9 / rule.cases as f64;
        table.push(format!(
            "{:<26} {:>5} {:>9.0} ns {:>9.1} ns {:>6.1} x",
            rule.name,
            rule.cases,
            rule.kubelet(),
            nanos,
            rule.kubelet() / nanos
        ));
    }
    group.finish();
    if table.is_empty() {
        return;
    }
    println!("{:<26} {:>5} {:>12} {:>12} {:>8}", "a case of", "cases", "kubelet", "least", "ratio");
    table.iter().for_each(|row| println!("{row}"));
}

criterion_group!(benches, rules);
criterion_main!(benches);
