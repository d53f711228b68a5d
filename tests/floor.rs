//! What passes of the whole conformance data does not sink: `.ci/conformance-floor` says how many cases of each suite must pass.
//!
//! The data is taken from POD_LIFECYCLE_CONFORMANCE; without it, nothing is tested here, and the test says so.

use pod_lifecycle::conformance::verify::verify;
use std::path::{Path, PathBuf};

#[test]
fn nothing_sinks_below_the_floor() {
    let Some(data) = std::env::var_os("POD_LIFECYCLE_CONFORMANCE").map(PathBuf::from) else {
        eprintln!("\n*** THE FLOOR WAS NOT TESTED: set POD_LIFECYCLE_CONFORMANCE ***\n");
        return;
    };
    let floor = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/conformance-floor");
    let floor = std::fs::read_to_string(&floor).expect(".ci/conformance-floor");
    let folders = ["vectors", "scenarios", "replays"].map(|folder| data.join(folder));
    let report = verify(&folders, |_| true).expect("the data can be read");
    let mut sunk = Vec::new();
    for line in floor.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, least) = line.split_once(' ').expect("a suite and a number");
        let (passed, total) = report.suites.iter().find(|suite| suite.suite == name).map_or((0, 0), |suite| (suite.passed, suite.total));
        let least = if least == "all" { total.max(1) } else { least.parse().expect("a number, or all") };
        if passed < least {
            sunk.push(format!("{name}: {passed} of {total} pass, the floor is {least}"));
        }
    }
    assert!(sunk.is_empty(), "{}", sunk.join("\n"));
}
