//! Any bytes as a stream of watch events: what can be read is checked without a panic, and findings can be told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pod_lifecycle::check::Checker;
use pod_lifecycle::conformance::watch::Reader;

fuzz_target!(|bytes: &[u8]| {
    let (mut checker, mut found) = (Checker::new(), 0_u64);
    let mut tell = |finding: pod_lifecycle::check::Finding| {
        found += 1;
        assert!(!finding.to_string().is_empty());
    };
    for item in Reader::new(bytes) {
        match item {
            Ok(item) => item.check(&mut checker, &mut tell),
            Err(bad) => assert!(bad.line >= 1 && bad.column >= 1, "{bad}"),
        }
    }
    checker.finish(&mut tell);
    let told: u64 = checker.tally().findings.values().sum();
    assert_eq!(told, found);
});
