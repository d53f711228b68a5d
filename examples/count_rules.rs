//! The cases of a rule many times over, for counting instructions: see `benches/README.md`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a measurement has the standard library")]

#[path = "../benches/rules/suites.rs"]
mod suites;

use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, passes] = arguments.as_slice() else {
        panic!("usage: count_rules RULE|all PASSES, a RULE being one of {:?}", suites::KUBELET.map(|(name, _)| name));
    };
    let passes: u32 = passes.parse().expect("how often");
    for mut rule in suites::rules() {
        if rule.name != name && name != "all" {
            continue;
        }
        let mut least = Duration::MAX;
        for _ in 0..passes {
            let start = Instant::now();
            rule.pass();
            least = least.min(start.elapsed());
        }
        let nanos = least.as_secs_f64() * 1e9 / rule.cases as f64;
        println!("{}: {} cases; the fastest pass took {nanos:.1} ns a case, the kubelet {} ns", rule.name, rule.cases, rule.kubelet());
    }
}
