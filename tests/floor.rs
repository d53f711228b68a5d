//! What passes of the whole conformance data does not sink: `.ci/conformance-floor` says how many cases of each suite must pass, with syncs
//! that happen at once, and with the kubelet's pacing.
//!
//! The data is taken from POD_LIFECYCLE_CONFORMANCE; without it, nothing is tested here, and the test says so.

use pod_lifecycle::conformance::judge::Pass;
use pod_lifecycle::conformance::verify::verify_with;
use std::path::{Path, PathBuf};

#[test]
fn nothing_sinks_below_the_floor() {
    hold(Pass::IMMEDIATE, &["vectors", "scenarios", "replays"]);
}

#[test]
fn nothing_sinks_with_the_kubelets_pacing() {
    hold(Pass::KUBELET, &["scenarios", "replays"]);
}

/// Each suite of these folders passes as far as the floor says; one that it does not name, in full.
fn hold(pass: Pass, folders: &[&str]) {
    let Some(data) = std::env::var_os("POD_LIFECYCLE_CONFORMANCE").map(PathBuf::from) else {
        eprintln!("\n*** THE FLOOR WAS NOT TESTED: set POD_LIFECYCLE_CONFORMANCE ***\n");
        return;
    };
    let floor = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/conformance-floor");
    let floor = std::fs::read_to_string(&floor).expect(".ci/conformance-floor");
    let folders: Vec<_> = folders.iter().map(|folder| data.join(folder)).collect();
    let report = verify_with(&folders, pass, |_| true).expect("the data can be read");
    let mut sunk = Vec::new();
    for suite in &report.suites {
        let (name, passed, total) = (&suite.suite, suite.passed, suite.total);
        let line = floor.lines().find_map(|line| line.strip_prefix(name.as_str())?.strip_prefix(' '));
        let least = match line {
            None | Some("all") => total.max(1),
            Some(number) => number.parse().expect("a number, or all"),
        };
        if passed < least {
            sunk.push(format!("{name}: {passed} of {total} pass, the floor is {least}"));
        }
    }
    let names = floor.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once(' ')?.0));
    if pass == Pass::IMMEDIATE {
        sunk.extend(names.filter(|name| report.suites.iter().all(|suite| suite.suite != *name)).map(|name| format!("{name}: not found")));
    }
    assert!(sunk.is_empty(), "{}", sunk.join("\n"));
}
