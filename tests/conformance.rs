//! The conformance data in this repository passes.

use pod_lifecycle::conformance::judge::Pass;
use pod_lifecycle::conformance::report::Report;
use pod_lifecycle::conformance::verify::verify_with;
use std::path::PathBuf;

#[test]
fn the_selection_passes() {
    let report = run(Pass::IMMEDIATE, &["."]);
    let of = |kind: &str| report.suites.iter().filter(|suite| suite.kind == kind).map(|suite| suite.total).sum::<usize>();
    let suites = report.suites.iter().filter(|suite| suite.kind == "vectors").count();
    assert!(suites >= 26 && of("vectors") > 1200 && of("scenarios") > 170 && of("replays") > 170, "the selection has shrunk");
}

#[test]
fn the_order_is_the_same_with_the_kubelets_pacing() {
    run(Pass::KUBELET, &["scenarios", "replays"]);
}

/// Runs folders of the selection; all must pass.
fn run(pass: Pass, folders: &[&str]) -> Report {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let folders: Vec<_> = folders.iter().map(|folder| data.join(folder)).collect();
    let report = verify_with(&folders, pass, |_| true).expect("the selection can be read");
    for suite in report.suites.iter().filter(|suite| suite.passed < suite.total) {
        println!("{}: {} of {} passed, {} not implemented", suite.suite, suite.passed, suite.total, suite.not_implemented);
        for (case, difference) in suite.differences.iter().take(20) {
            println!("    {case}: {difference}");
        }
    }
    assert!(report.all_passed(), "{} of {} cases failed", report.total - report.passed, report.total);
    report
}
