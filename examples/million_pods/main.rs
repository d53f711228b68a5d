//! A million Pods in virtual time: how fast, in how much memory, and that the threads do not matter. See `benches/README.md`.
//!
//! ```console
//! $ cargo run --release --example million_pods -- 1000000 600 1 crash-loops
//! ```
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a measurement has the standard library")]

mod shard;

use pod_lifecycle::Span;
use shard::{Plan, Shard, Tally, Workload};
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((plan, threads, statuses)) = read(&arguments) else {
        eprintln!("usage: million_pods PODS VIRTUAL_SECONDS THREADS crash-loops|probes|churn|mixed [statuses]");
        std::process::exit(2);
    };

    let base = memory("VmRSS:");
    let begin = Instant::now();
    let shards = run(plan, threads);
    let took = begin.elapsed().as_secs_f64();
    let busy = shards.iter().map(|shard| shard.busy).sum::<Option<f64>>();
    let peak = memory("VmHWM:");

    let mut sum = Tally::default();
    shards.iter().for_each(|done| sum.add(&done.tally));
    let rate = |number: u64| number as f64 / took / 1e6;
    println!("{} Pods, {} s of virtual time, {threads} threads: {took:.2} s", plan.pods, plan.lasts.secs());
    if let Some(busy) = busy {
        println!("{busy:.2} s of processors: {:.2} M events a second of one", sum.events as f64 / busy / 1e6);
    }
    println!("{} events ({:.2} M/s), {} transitions ({:.2} M/s)", sum.events, rate(sum.events), sum.transitions, rate(sum.transitions));
    println!("{} statuses, {} Pods removed, {} refused", sum.statuses, sum.removed, sum.refused);
    if let (Some(base), Some(peak)) = (base, peak) {
        println!("peak {:.1} MB, {} bytes a Pod", peak as f64 / 1e6, (peak - base) / plan.pods as u64);
    }
    println!("digest {:016x}", sum.digest);
    if statuses {
        let digest = shards.iter().map(|done| done.shard.digest_of_pods()).fold(0, u64::wrapping_add);
        println!("digest of the Pods {digest:016x}");
    }
}

/// What is to be run, in how many threads, and whether the Pods in the end are told of.
fn read(arguments: &[String]) -> Option<(Plan, usize, bool)> {
    let [pods, seconds, threads, workload, rest @ ..] = arguments else { return None };
    let (_, workload) = *Workload::ALL.iter().find(|(name, _)| name == workload)?;
    let plan = Plan { pods: pods.parse().ok()?, lasts: Span::from_secs(seconds.parse().ok()?), workload };
    let (threads, statuses) = (threads.parse().ok()?, rest == ["statuses"]);
    (plan.pods > 0 && threads > 0 && (statuses || rest.is_empty())).then_some((plan, threads, statuses))
}

/// A shard that has run.
struct Done {
    shard: Shard,
    tally: Tally,
    /// Seconds that its thread had a processor.
    busy: Option<f64>,
}

/// One driver a thread; they share nothing.
fn run(plan: Plan, threads: usize) -> Vec<Done> {
    let one = |number| {
        let before = busy();
        let mut shard = Shard::new(plan, number, threads);
        let tally = shard.run();
        Done { shard, tally, busy: busy().zip(before).map(|(after, before)| after - before) }
    };
    if threads == 1 {
        return vec![one(0)];
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || one(number))).collect();
        running.into_iter().map(|thread| thread.join().expect("a shard")).collect()
    })
}

/// Seconds that this thread has had a processor, where Linux tells.
fn busy() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// A line of `/proc/self/status`, in bytes; `None` where there is none.
fn memory(line: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|text| text.strip_prefix(line))?.trim().trim_end_matches(" kB");
    Some(kilobytes.parse::<u64>().ok()? * 1024)
}
