//! The checker finds nothing wrong with recordings of a real cluster, and something with every corrupted one.

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]

mod recordings;

use pod_lifecycle::api::WatchEvent;
use pod_lifecycle::check::{Checker, Finding, RULES, Severity};
use std::collections::{BTreeMap, BTreeSet};

fn findings(text: &str) -> Vec<Finding> {
    let (mut checker, mut found) = (Checker::new(), Vec::new());
    for (n, line) in text.lines().enumerate() {
        let event: WatchEvent = serde_json::from_str(line).unwrap();
        checker.event(event, n as u64 + 1, &mut |finding| found.push(finding));
    }
    checker.finish(&mut |finding| found.push(finding));
    found
}

/// Rules by how often they were broken, loudest first.
fn by_rule(found: &[(String, Finding)]) -> Vec<(usize, &'static str)> {
    let mut counts = BTreeMap::<_, usize>::new();
    found.iter().for_each(|(_, finding)| *counts.entry(finding.rule.id()).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().map(|(id, count)| (count, id)).collect();
    counts.sort_by(|a, b| b.cmp(a));
    counts
}

#[test]
fn a_real_cluster_breaks_no_rule() {
    let found = recordings::files("traces", ".jsonl").into_iter().flat_map(|(name, text)| {
        let named = move |finding| (name.clone(), finding);
        findings(&text).into_iter().map(named)
    });
    let found: Vec<_> = found.collect();
    for (name, finding) in &found {
        println!("{name}:{} {finding}", finding.line);
    }
    println!("{:?}", by_rule(&found));
    assert!(found.iter().all(|(_, finding)| finding.rule.severity() == Severity::Should), "{:?}", by_rule(&found));
}

#[test]
fn every_corrupted_recording_is_found() {
    let originals: BTreeMap<_, _> = recordings::files("traces", ".jsonl").into_iter().collect();
    let known: BTreeSet<_> = RULES.iter().map(|rule| rule.id()).collect();
    let mut missed = Vec::new();
    for (name, text) in recordings::files("mutants", ".jsonl") {
        let (_, original) = name.split_once("--").unwrap();
        let before: BTreeSet<_> = findings(&originals[original]).iter().map(|finding| finding.rule.id()).collect();
        let after: BTreeSet<_> = findings(&text).iter().map(|finding| finding.rule.id()).collect();
        let new: Vec<_> = after.difference(&before).collect();
        println!("{name}: {new:?}");
        if new.is_empty() {
            missed.push(name);
        }
    }
    println!("{} rules", known.len());
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}
