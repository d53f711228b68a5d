//! Runs the vector files of every suite that has a reader, where the conformance folder is at hand: the folder that the
//! environment variable `POD_LIFECYCLE_CONFORMANCE` names, or `../shared/conformance`.

use super::{Case, SUITES};
use crate::conformance::report::SuiteReport;
use alloc::format;
use alloc::vec::Vec;
use std::path::PathBuf;
use std::{env, eprintln, fs};

#[test]
fn every_suite_answers_as_the_kubelet_did() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance");
    let named = env::var_os("POD_LIFECYCLE_CONFORMANCE");
    let folder = named.clone().map_or_else(|| PathBuf::from(beside), PathBuf::from).join("vectors");
    if named.is_none() && !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let mut wrong = Vec::new();
    for (suite, _) in SUITES {
        let path = folder.join(format!("{suite}.jsonl"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut report = SuiteReport::new(*suite, "vectors");
        for line in text.lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            report.add(&case.id, case.run());
        }
        eprintln!("{suite}: {} of {} passed", report.passed, report.total);
        assert!(report.total > 0, "{suite} has no cases");
        wrong.extend(report.differences);
    }
    let first: Vec<_> = wrong.iter().take(20).map(|(case, difference)| format!("{case} {difference}")).collect();
    assert!(wrong.is_empty(), "{} differences, the first:\n{}", wrong.len(), first.join("\n"));
}
