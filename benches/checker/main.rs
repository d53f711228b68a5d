//! What a recorded stream costs to check, beside what it costs to read. For long streams see `benches/README.md`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pod_lifecycle::api::WatchEvent;
use pod_lifecycle::check::Checker;
use pod_lifecycle::conformance::watch::{Document, Reader};
use std::hint::black_box;

/// The watch of a Pod with a sidecar that crashes, as a cluster wrote it.
const RECORDING: &str = include_str!("recording.jsonl");

fn recording(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recording");
    group.throughput(Throughput::Bytes(RECORDING.len() as u64));
    let events = |line: &str| serde_json::from_slice::<WatchEvent>(line.as_bytes()).expect("a watch event a line");
    group.bench_function("serde_json alone", |bencher| bencher.iter(|| RECORDING.lines().for_each(|line| drop(black_box(events(line))))));
    group.bench_function("read", |bencher| {
        bencher.iter(|| Reader::new(RECORDING.as_bytes()).inspect(|item| assert!(black_box(item).is_ok())).count())
    });
    group.bench_function("read and check", |bencher| bencher.iter(read_and_check));
    group.finish();
}

fn read_and_check() -> u64 {
    let mut checker = Checker::new();
    for item in Reader::new(RECORDING.as_bytes()) {
        let item = item.expect("the recording is good");
        let Document::Event(event) = item.document else { continue };
        checker.event(event, item.line, &mut |finding| drop(black_box(finding)));
    }
    checker.finish(&mut |finding| drop(black_box(finding)));
    checker.tally().versions
}

criterion_group!(benches, recording);
criterion_main!(benches);
