//! What the checker says of another implementation's stream.
#![allow(clippy::std_instead_of_alloc, reason = "a test has std")]

use pod_lifecycle::api::WatchEvent;
use pod_lifecycle::check::{Checker, Finding};
use std::collections::BTreeMap;

fn findings(stream: &str) -> Vec<Finding> {
    let (mut checker, mut found) = (Checker::new(), Vec::new());
    for (n, line) in stream.lines().enumerate() {
        let event: WatchEvent = serde_json::from_str(line).unwrap();
        checker.event(event, n as u64 + 1, &mut |finding| found.push(finding));
    }
    checker.finish(&mut |finding| found.push(finding));
    found
}

/// A fake node as they are often written: it marks a Pod Running with all conditions True at once, forgets an init container, ids,
/// `started` and restartCount, and lets a Pod that has Succeeded run again.
const FAKE_NODE: &str = include_str!("streams/fake-node.jsonl");

#[test]
fn a_fake_node_breaks_rules_where_it_goes_wrong() {
    let mut by_line = BTreeMap::<_, Vec<_>>::new();
    for finding in findings(FAKE_NODE) {
        by_line.entry(finding.line).or_default().push(finding.rule.id());
    }
    let breaks = |line: u64, rule: &str| by_line.get(&line).is_some_and(|rules| rules.contains(&rule));

    assert!(!by_line.contains_key(&1) && !by_line.contains_key(&2), "created and bound as the API server does it: {by_line:?}");
    for (line, rule, why) in [
        (3, "PH-07", "Running while an init container runs"),
        (3, "CS-26", "a regular container beside a running init container"),
        (3, "CO-03", "no PodReadyToStartContainers"),
        (3, "CS-19", "running without an id"),
        (3, "CS-31", "a fraction of a second"),
        (3, "PR-01", "ready before its readiness probe was due"),
        (4, "CO-33", "Ready though nothing runs"),
        (4, "CS-35", "a reason that no runtime gives"),
        (5, "CS-17", "runs again as the same instance"),
        (6, "CO-07", "Succeeded and ContainersReady"),
        (7, "PH-02", "Running again after Succeeded"),
    ] {
        assert!(breaks(line, rule), "line {line}, {rule}: {why}; found {:?}", by_line.get(&line));
    }
}

#[test]
fn a_finding_tells_what_where_and_why() {
    let found = findings(FAKE_NODE);
    let again = found.iter().find(|finding| finding.rule.id() == "PH-02").unwrap();
    assert_eq!((again.object.as_str(), again.line), ("batch/report", 7));
    assert_eq!([&*again.path, &*again.before, &*again.after], ["status.phase", "Succeeded", "Running"]);
    assert!(again.to_string().starts_with("MUST PH-02 batch/report status.phase: Succeeded → Running: "), "{again}");
}
