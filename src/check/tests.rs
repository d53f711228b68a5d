//! Every rule's examples, and the shape of the catalogue.

use crate::check::catalogue::bases::RUNNING;
use crate::check::{Checker, Example, Finding, ForeignWord, RULES, Step, rule};
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

#[test]
fn a_rule_is_told_in_one_line() {
    let told = |id| std::format!("{}", rule(id).unwrap());
    assert!(told("PH-04").starts_with("PH-04 MUST   Succeeded"), "{}", told("PH-04"));
    assert!(told("TE-15").starts_with("TE-15 SHOULD deletionTimestamp"), "{}", told("TE-15"));
}

#[test]
fn a_pod_looks_as_created_until_a_scheduler_has_found_a_node() {
    let looks_so = |conditions: serde_json::Value| {
        let pod = serde_json::json!({"metadata": {"name": "web"}, "status": {"phase": "Pending", "conditions": conditions}});
        super::stream::is_as_created(&serde_json::from_value(pod).unwrap())
    };
    let scheduled = |status: &str, reason: &str| serde_json::json!([{"type": "PodScheduled", "status": status, "reason": reason}]);
    assert!(looks_so(serde_json::json!([])) && looks_so(scheduled("False", "SchedulingGated")));
    assert!(!looks_so(scheduled("True", "")) && !looks_so(scheduled("False", "Unschedulable")));
}

#[test]
fn what_has_been_seen_is_counted() {
    let mut events = rule("TE-04").unwrap().fires().events().unwrap();
    events.push(events[0].clone());
    let (mut checker, mut found) = (Checker::new(), 0);
    for event in events {
        checker.event(event, 1, &mut |_| found += 1);
    }
    checker.finish(&mut |_| found += 1);
    let tally = checker.tally();
    assert_eq!((tally.events, tally.versions, tally.findings.values().sum()), (3, 3, found));
    assert!(tally.pods >= 1 && tally.findings.contains_key("TE-04"));
}

#[test]
fn a_rule_says_what_it_looks_at() {
    let kinds = ["PH-04", "CO-30", "PH-17", "CO-24"].map(|id| rule(id).unwrap().kind().as_str());
    assert_eq!(kinds, ["single status", "change", "single status and change", "duration"]);
}

#[test]
fn a_foreign_word_is_told_once_whatever_it_left_behind() {
    // Without a phase its rule is broken anyway; a condition that is Unknown breaks none.
    for (word, steps) in [
        (ForeignWord::phase("Completed"), &[&["type = ADDED", "status.phase = null"] as Step] as &[Step]),
        (ForeignWord::condition("Ready", "Yes"), &[&["type = ADDED", "status.conditions[Ready].status = Unknown"]]),
    ] {
        let event = (Example { base: RUNNING, steps }).events().unwrap().pop().unwrap();
        let (mut checker, mut told) = (Checker::new(), Vec::new());
        for line in 1..=2 {
            let words = core::slice::from_ref(&word);
            checker.event_with(event.clone(), words, line, &mut |finding| {
                if finding.after == word.word() {
                    told.push((finding.path, finding.line));
                }
            });
        }
        assert_eq!(told, [(word.path().into(), 1)]);
    }
}

#[test]
fn rules_stand_by_family_and_number() {
    let mut places: Vec<(&str, &str)> = RULES.iter().map(|rule| rule.id().split_once('-').expect("a family and a number")).collect();
    assert!(places.windows(2).all(|two| two[0].0 != two[1].0 || two[0].1 < two[1].1), "{places:?}");
    // Each family stands in one place.
    places.dedup_by_key(|(family, _)| *family);
    let families: BTreeSet<_> = places.iter().map(|(family, _)| *family).collect();
    assert_eq!(families.len(), places.len());
}
