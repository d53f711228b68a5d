//! Where the exceptions of the rules begin and end: streams that are legal though they look illegal, and such that no exception excuses.

mod boundaries;
mod conditions;
mod containers;
mod neighbours;
mod phase;
mod termination;
mod words;

use super::bases::{RUNNING, STARTING};
use crate::check::tests::findings;
use crate::check::{Checker, Example, Step};
use alloc::format;
use alloc::vec::Vec;

/// A stream, and whether a rule finds something in it.
struct Case {
    rule: &'static str,
    finds: bool,
    because: &'static str,
    example: Example,
}

const fn finds(rule: &'static str, because: &'static str, base: &'static str, steps: &'static [Step]) -> Case {
    Case { rule, finds: true, because, example: Example { base, steps } }
}

const fn passes(rule: &'static str, because: &'static str, base: &'static str, steps: &'static [Step]) -> Case {
    Case { finds: false, ..finds(rule, because, base, steps) }
}

/// All cases.
fn all() -> impl Iterator<Item = &'static Case> {
    [boundaries::CASES, conditions::CASES, containers::CASES, phase::CASES, termination::CASES].into_iter().flatten()
}

#[test]
fn exceptions_reach_as_far_as_they_should() {
    let wrong = all().filter_map(|case| {
        let found: Vec<_> = findings(&case.example).into_iter().filter(|finding| finding.rule.id() == case.rule).collect();
        (found.is_empty() == case.finds).then(|| format!("{}: {}; found {found:?}", case.rule, case.because))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_address_of_a_node_that_has_got_another_one_is_missed_once() {
    const SHARED: Step = &["spec.hostNetwork = true", "status.podIP = 192.0.2.2", r#"status.podIPs = [{"ip": "192.0.2.2"}]"#];
    const MOVED: Step = &["status.hostIP = 192.0.2.3", r#"status.hostIPs = [{"ip": "192.0.2.3"}]"#];
    let found = findings(&Example { base: RUNNING, steps: &[SHARED, MOVED, &["t = 6"]] });
    let lines: Vec<_> = found.iter().filter(|finding| finding.rule.id() == "ST-05").map(|finding| finding.line).collect();
    assert_eq!(lines, [3], "from then on a Pod on the node's network may show the old one");
}

#[test]
fn each_condition_whose_time_moves_without_a_restart_is_named() {
    const MOVED: Step = &[
        "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z",
        "status.conditions[ContainersReady].lastTransitionTime = 2026-01-01T00:00:05Z",
        "t = 6",
    ];
    let found = findings(&Example { base: RUNNING, steps: &[MOVED] });
    let paths: Vec<_> = found.iter().filter(|finding| finding.rule.id() == "CO-29").map(|finding| finding.path.clone()).collect();
    assert_eq!(paths, ["Ready", "ContainersReady"].map(|condition| format!("status.conditions[{condition}].lastTransitionTime")));
}

#[test]
fn the_image_is_that_of_the_spec_in_the_first_version_of_a_watch_too() {
    let example = Example { base: STARTING, steps: &[&["status.containerStatuses[web].image = nginx:2"]] };
    let first = example.events().unwrap().pop().unwrap();
    let (mut checker, mut found) = (Checker::new(), Vec::new());
    checker.event(first, 1, &mut |finding| found.push(finding.rule.id()));
    assert_eq!(found, ["CS-45"]);
}

#[test]
fn an_address_that_a_refused_pod_keeps_is_named() {
    const BARE: Step = &["status.conditions = []", "status.containerStatuses = []"];
    const BOTH: Step = &["status.conditions = []", "status.containerStatuses = []", "status.podIP = 10.0.0.7"];
    for (steps, path) in [(&[BARE], "status.hostIP"), (&[BOTH], "status.podIP")] {
        let found = findings(&Example { base: STARTING, steps });
        let paths: Vec<_> = found.iter().filter(|finding| finding.rule.id() == "RJ-01").map(|finding| &*finding.path).collect();
        assert_eq!(paths, [path]);
    }
}
