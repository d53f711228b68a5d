//! How fast a stream is checked, beside how fast `serde_json` alone reads it: see `benches/README.md`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

use pod_lifecycle::api::WatchEvent;
use pod_lifecycle::check::{Checker, RULES};
use pod_lifecycle::conformance::watch::{Document, Reader};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, rounds, what) = match arguments.as_slice() {
        [path] => (path, 3, "all"),
        [path, rounds] => (path, rounds.parse().expect("how often"), "all"),
        [path, rounds, what] => (path, rounds.parse().expect("how often"), what.as_str()),
        _ => panic!("usage: check_throughput FILE [ROUNDS [serde|read|check]], the file of watch events, one a line"),
    };
    let length = std::fs::metadata(path).expect("the file can be read").len() as f64;
    let passes: [(&str, Pass); 3] = [("serde", serde), ("read", read), ("check", check)];
    let mut best = [Duration::MAX; 3];
    for _ in 0..rounds {
        for ((name, pass), best) in passes.iter().zip(&mut best).filter(|((name, _), _)| what == "all" || *name == what) {
            let begun = Instant::now();
            let documents = pass(File::open(path).expect("the file can be read"));
            let took = begun.elapsed();
            *best = took.min(*best);
            println!("{name:5} {documents} documents, {:.2} s, {:.0} MB/s", took.as_secs_f64(), length / took.as_secs_f64() / 1e6);
        }
    }
    let [serde, _, check] = best.map(|best| length / best.as_secs_f64() / 1e6);
    if what == "all" {
        println!("best: serde_json alone {serde:.0} MB/s, all {} rules {check:.0} MB/s: {:.2} of it", RULES.len(), check / serde);
    }
}

/// Goes through a file; gives the number of documents.
type Pass = fn(File) -> u64;

/// What one would write to read the lines and do nothing with them.
fn serde(file: File) -> u64 {
    let (mut input, mut line, mut documents) = (BufReader::with_capacity(256 << 10, file), Vec::new(), 0);
    while input.read_until(b'\n', &mut line).expect("the file can be read") > 0 {
        black_box(serde_json::from_slice::<WatchEvent>(&line).expect("a watch event a line"));
        line.clear();
        documents += 1;
    }
    documents
}

fn read(file: File) -> u64 {
    Reader::new(file).inspect(|item| assert!(black_box(item).is_ok(), "a document")).count() as u64
}

fn check(file: File) -> u64 {
    let mut checker = Checker::new();
    for item in Reader::new(file) {
        let item = item.expect("a document");
        let mut found = |finding| drop(black_box(finding));
        match item.document {
            Document::Event(event) => checker.event(event, item.line, &mut found),
            Document::Object(pod) => checker.object(*pod, item.line, &mut found),
        }
    }
    checker.finish(&mut |_| {});
    checker.tally().events
}
