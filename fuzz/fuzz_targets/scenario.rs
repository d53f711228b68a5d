//! Any bytes as a scenario, a replay or a line of vectors: they are refused with the field, or played and judged without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pod_lifecycle::Span;
use pod_lifecycle::conformance::judge::{self, Pass};
use pod_lifecycle::conformance::scenario::Scenario;
use pod_lifecycle::conformance::vectors::Case;

/// Longer plays only take longer.
const LONGEST: Span = Span::from_secs(300);

fuzz_target!(|text: &str| {
    if let Ok(case) = serde_json::from_str::<Case>(text) {
        let _ = case.run();
    }
    match Scenario::read(text) {
        Ok(scenario) if scenario.run_until <= LONGEST => {
            let _ = judge::run(&scenario, Pass::IMMEDIATE);
        }
        Ok(_) => {}
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
});
