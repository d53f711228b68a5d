//! Every rule's examples, and the shape of the catalogue.

use crate::check::{Checker, Example, Finding, RULES, rule};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// What the checker finds in an example.
pub(super) fn findings(example: &Example) -> Vec<Finding> {
    let (mut checker, mut found) = (Checker::new(), Vec::new());
    for (n, event) in example.events().unwrap().into_iter().enumerate() {
        checker.event(event, n as u64 + 1, &mut |finding| found.push(finding));
    }
    checker.finish(&mut |finding| found.push(finding));
    found
}

#[test]
fn every_rule_is_silent_and_fires_as_its_examples_say() {
    let mut wrong = Vec::new();
    for rule in &RULES {
        let is_it = |finding: &&Finding| finding.rule == rule;
        if let Some(finding) = findings(rule.silent()).iter().find(is_it) {
            wrong.push(std::format!("{} should be silent: {finding}", rule.id()));
        }
        let fired = findings(rule.fires());
        if !fired.iter().any(|finding| is_it(&finding)) {
            wrong.push(std::format!("{} should fire; found {fired:?}", rule.id()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_base_is_legal() {
    for base in RULES.iter().flat_map(|rule| [rule.silent().base, rule.fires().base]).collect::<BTreeSet<_>>() {
        assert_eq!(findings(&Example { base, steps: &[] }), [], "{base}");
    }
}

#[test]
fn rules_are_well_described() {
    for known in &RULES {
        assert_eq!(rule(known.id()), Some(known), "{} stands twice", known.id());
        assert!(!known.statement().is_empty() && !known.source().is_empty(), "{}", known.id());
        assert!(!known.statement().ends_with('.') && known.id().len() == 5, "{}", known.id());
    }
}
