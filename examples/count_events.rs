//! The same event many times, for counting instructions: see `benches/README.md`.
#![allow(clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

#[allow(dead_code, reason = "other measurements need more")]
#[path = "../benches/machine/life.rs"]
mod life;

use life::Life;
use pod_lifecycle::ContainerIndex;

/// What is done again and again.
const WHAT: [&str; 6] = ["probe-result", "early-tick", "crash-loop", "life", "view", "status"];

fn usage() -> ! {
    eprintln!("usage: count_events {} CONTAINERS TIMES, with 1 to 100 containers", WHAT.join("|"));
    std::process::exit(2)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, containers, times] = arguments.as_slice() else { usage() };
    let (Ok(containers), Ok(times)) = (containers.parse(), times.parse::<u64>()) else { usage() };
    if !(1..=100).contains(&containers) || !WHAT.contains(&what.as_str()) {
        usage()
    }
    let mut life = Life::running(containers);
    // The back-off reaches its longest delay, so that all cycles are alike.
    (0..8).for_each(|_| life.crash(ContainerIndex::new(0)));
    let before = life.events;
    let mut bytes = 0;
    for _ in 0..times {
        match what.as_str() {
            "probe-result" => {
                life.reach_next_probe();
                life.no_change_probe_results();
            }
            "early-tick" => life.early_tick(),
            "crash-loop" => life.crash(ContainerIndex::new(0)),
            "life" => {
                let mut other = Life::new(life.pod.spec(), life.pod.node());
                other.start();
                other.end();
                life.events += other.events;
            }
            "view" => bytes += life.view(),
            "status" => bytes += life.pod.status().to_owned().container_statuses.len(),
            _ => usage(),
        }
    }
    println!("{} events, {bytes} statuses", life.events - before);
}
