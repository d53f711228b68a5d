//! Every vector of the suites that have a reader gives the kubelet's answer.
//!
//! The folder `conformance` is taken from POD_LIFECYCLE_CONFORMANCE, or is `../shared/conformance`.

use pod_lifecycle::conformance::report::{Outcome, SuiteReport};
use pod_lifecycle::conformance::vectors::Case;
use std::path::{Path, PathBuf};

/// Differences shown of each suite.
const SHOWN: usize = 20;

#[test]
fn vectors_give_the_kubelets_answers() {
    let named = std::env::var_os("POD_LIFECYCLE_CONFORMANCE").map(PathBuf::from);
    let folder = named.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance")).join("vectors");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if named.is_some() => panic!("POD_LIFECYCLE_CONFORMANCE: {}: {error}", folder.display()),
        Err(error) => {
            eprintln!("\n*** NOTHING WAS TESTED: {}: {error}. Set POD_LIFECYCLE_CONFORMANCE. ***\n", folder.display());
            return;
        }
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    let reports: Vec<_> = paths.iter().map(|path| run(path)).collect();
    for report in &reports {
        println!(
            "{:24} passed {:5}  failed {:5}  not implemented {:5}  of {:5}",
            report.suite, report.passed, report.failed, report.not_implemented, report.total
        );
        for (case, difference) in report.differences.iter().take(SHOWN) {
            println!("    {case}: {difference}");
        }
    }
    let tried: usize = reports.iter().map(|report| report.passed + report.failed).sum();
    assert!(tried > 0, "no vector in {} belongs to a suite that has a reader", folder.display());
    let failed: Vec<_> = reports.iter().filter(|report| report.failed > 0).map(|report| &report.suite).collect();
    assert!(failed.is_empty(), "suites with differences: {failed:?}");
}

/// Runs the cases of one file, which is one suite.
fn run(path: &Path) -> SuiteReport {
    let mut report = SuiteReport::new(path.file_stem().unwrap_or_default().to_string_lossy(), "vectors");
    let text = std::fs::read_to_string(path).expect("a vector file is text");
    for (number, line) in text.lines().enumerate() {
        let case: Case = serde_json::from_str(line).unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), number + 1));
        report.add(&case.id, case.run());
    }
    report
}

#[test]
fn a_wrong_answer_is_seen() {
    let line = r#"{"suite": "qos", "id": "wrong", "input": {"pod": {"spec": {"containers": []}}}, "expect": {"qosClass": "Guaranteed"}}"#;
    let case: Case = serde_json::from_str(line).expect("a case");
    assert!(matches!(case.run(), Outcome::Failed(differences) if differences.len() == 1));
}
