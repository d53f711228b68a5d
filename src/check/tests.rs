//! Every rule's examples, and the shape of the catalogue.

use crate::Gates;
use crate::api;
use crate::check::catalogue::bases::{CREATED, RUNNING};
use crate::check::history::History;
use crate::check::version::{Arrival, Change, Derived, Specs, Version};
use crate::check::{Checker, Example, Finding, ForeignWord, Options, RULES, Step, rule};
use crate::spec::Spec;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The last two versions of an example as the rules read them, each with its own spec, and nothing known of those before.
pub(super) fn with_change<T>(example: &Example, ask: impl FnOnce(&Change<'_>) -> T) -> T {
    fn version<'a>(pod: &'a api::Pod, spec: &'a Spec, derived: &'a Derived, (history, gates): (&'a History, &'a Gates)) -> Version<'a> {
        let (specs, arrival) = (Specs { observed: Some(spec), current: Some(spec) }, Arrival::Next);
        Version { event: None, arrival, meta: &pod.metadata, status: &pod.status, specs, at: None, derived, history, gates }
    }
    let pods: Vec<api::Pod> =
        example.documents().into_iter().map(|event| serde_json::from_value(event["object"].clone()).unwrap()).collect();
    let [old, new] = &pods[pods.len() - 2..] else { unreachable!("an example with a step has two versions") };
    let (gates, history, mut derived) = (Gates::default(), History::NEW, [Derived::NEW, Derived::NEW]);
    let specs = [old, new].map(|pod| Spec::as_given(pod.spec.clone()));
    let [before, after] = &mut derived;
    before.read(old, Some(&specs[0]), None, &gates);
    let old = version(old, &specs[0], before, (&history, &gates));
    after.read(new, Some(&specs[1]), Some(&old), &gates);
    let new = version(new, &specs[1], after, (&history, &gates));
    ask(&Change { old: &old, new: &new, gap: false })
}

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

#[test]
fn what_a_foreign_word_did_not_leave_behind_is_told_as_it_is() {
    const WRONG: Step = &["type = ADDED", "status.phase = null", "status.conditions[Ready].status = Unknown"];
    let event = (Example { base: RUNNING, steps: &[WRONG] }).events().unwrap().pop().unwrap();
    let words = [ForeignWord::phase("Completed"), ForeignWord::condition("ContainersReady", "Yes"), ForeignWord::qos_class("Best")];
    let (mut checker, mut told) = (Checker::new(), Vec::new());
    checker.event_with(event, &words, 1, &mut |finding| told.push(finding));
    let of = |id| told.iter().filter(move |finding| finding.rule.id() == id).map(|finding| (&*finding.path, &*finding.after));
    assert!(of("PH-01").eq([("status.phase", "Completed")]));
    assert!(of("CO-02").eq([("status.conditions[Ready].status", "Unknown"), ("status.conditions[ContainersReady].status", "Yes")]));
    assert!(of("ST-09").eq([("status.qosClass", "Best")]));
    let in_no_vocabulary = told.iter().filter(|finding| finding.message.ends_with("` is not in the API's vocabulary"));
    assert_eq!(in_no_vocabulary.count(), 3);
}

#[test]
fn each_kind_of_input_is_counted_for_itself() {
    let of = |json: serde_json::Value| serde_json::from_value::<api::WatchEvent>(json).unwrap();
    let events = Example { base: RUNNING, steps: &[&["t = 4"], &["spec.containers = []", "t = 5"]] }.events().unwrap();
    let mut checker = Checker::new();
    let mut take = |event| checker.event(event, 1, &mut |_| {});
    take(events[0].clone());
    take(of(serde_json::json!({"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "950"}}})));
    take(events[1].clone());
    for _ in 0..2 {
        take(of(serde_json::json!({"type": "ERROR", "object": {"kind": "Status", "code": 410}})));
    }
    take(events[2].clone());
    let bare = |name: &str| serde_json::from_value(serde_json::json!({"metadata": {"name": name, "uid": name}})).unwrap();
    for name in ["a", "b", "c", "c"] {
        checker.object(bare(name), 1, &mut |_| {});
    }
    let tally = checker.tally();
    assert_eq!((tally.events, tally.bookmarks, tally.errors, tally.pods, tally.versions), (10, 1, 2, 4, 7));
    // Behind the errors, and the second look at `c`; of what came without a spec, or with no time at all.
    assert_eq!((tally.after_gap, tally.without_spec, tally.without_time, tally.forgotten), (2, 5, 4, 0));
}

#[test]
fn so_many_pods_are_kept_and_the_others_forgotten() {
    let mut checker = Checker::with(Options { pods: Some(4), ..Options::default() });
    let mut take = |name: &str, kind: &str| {
        let mut event = (Example { base: CREATED, steps: &[] }).documents().pop().unwrap();
        event["type"] = kind.into();
        event["object"]["metadata"]["name"] = name.into();
        event["object"]["metadata"]["uid"] = name.into();
        checker.event(serde_json::from_value(event).unwrap(), 1, &mut |_| {});
        (checker.tally().pods, checker.tally().forgotten)
    };
    // Two generations of two: the older one goes as a whole, but for what was seen since.
    assert_eq!(["a", "b", "c", "d"].map(|name| take(name, "ADDED")), [(1, 0), (2, 0), (3, 0), (4, 0)]);
    assert_eq!(take("b", "MODIFIED"), (4, 0));
    assert_eq!(take("e", "ADDED"), (5, 1), "only `a` was not seen since");
    assert_eq!(take("b", "MODIFIED"), (5, 1));
    assert_eq!(take("a", "MODIFIED"), (6, 3), "it comes as if it were the first of its UID, in the place of `c` and `d`");
}

#[test]
fn only_what_the_rules_ask_is_kept_of_a_version() {
    const WORDY: Step = &[
        r#"metadata.labels = {"app": "web"}"#,
        r#"metadata.annotations = {"note": "long"}"#,
        "metadata.generateName = web-",
        r#"metadata.ownerReferences = [{"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "1"}]"#,
        r#"metadata.managedFields = [{"manager": "kubelet", "operation": "Update", "subresource": "status"}]"#,
    ];
    let event = (Example { base: RUNNING, steps: &[WORDY] }).events().unwrap().pop().unwrap();
    let mut checker = Checker::new();
    checker.event(event, 1, &mut |_| {});
    let kept = checker.last_of("5e1f").expect("the Pod is known");
    assert!(kept.labels.is_empty() && kept.annotations.is_empty() && kept.generate_name.is_empty());
    assert!(kept.owner_references.is_empty() && kept.managed_fields.is_empty());
    assert_eq!((&*kept.name, &*kept.namespace, kept.generation), ("web", "default", 1));
}
