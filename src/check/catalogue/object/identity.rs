//! `ID`: which Pod it is, and in what order its versions come.

use crate::api::EventType;
use crate::check::catalogue::bases::RUNNING;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::version::{Arrival, Change, Version};
use crate::time::Time;
use core::cmp::Ordering;
use core::fmt::{self, Display};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("ID-01", "name, namespace and creationTimestamp of a UID never change", Check::Change(keeps_identity))
        .source_is("API server ValidateObjectMetaUpdate")
        .silent_on(RUNNING, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[&["metadata.creationTimestamp = 2026-01-01T00:00:01Z"]]),
    Rule::must("ID-02", "the resourceVersion rises from version to version", Check::Change(rises))
        .source_is("API server: etcd revisions; KEP-5504")
        .with_every_version()
        .silent_on(RUNNING, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[&["metadata.resourceVersion = \"95\""]]),
    Rule::must("ID-03", "nothing follows DELETED for the same UID", Check::Status(is_not_deleted))
        .source_is("API server: watch")
        .unless("ADDED behind the DELETED of a Pod that was not being deleted: it had only left a watch for certain labels or fields")
        .silent_on(RUNNING, &[&["type = DELETED"]])
        .fires_on(RUNNING, &[&["type = DELETED"], &["type = MODIFIED"]]),
    Rule::must("ID-05", "spec.nodeName never changes once set", Check::Change(keeps_node))
        .source_is("API server ValidatePodUpdate, pods/binding")
        .silent_on(RUNNING, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[&["spec.nodeName = n2"]]),
    Rule::must("ID-06", "a DELETED object has the status of the last version", Check::Change(is_deleted_as_it_was))
        .source_is("API server: the deletion writes no status")
        .with_every_version()
        .silent_on(RUNNING, &[&["type = DELETED"]])
        .fires_on(RUNNING, &[&["type = DELETED", "status.phase = Failed"]]),
    Rule::must("ID-07", "the first event of a UID is ADDED", Check::Status(begins_with_added))
        .source_is("API server: watch")
        .unless(
            "the Pod was there before the watch began: so it may be, unless another Pod of its name was there until now, \
            or an older Pod was seen coming",
        )
        .silent_on(RUNNING, &[&["type = DELETED"], &["type = ADDED", "metadata.uid = 5e2a"]])
        .fires_on(RUNNING, &[&["metadata.uid = 5e2a"]]),
];

fn keeps_identity(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.meta(), change.new.meta());
    let why = "the API server gives it at the creation, and it stays for as long as the UID";
    if old.name != new.name {
        report.change("metadata.name", &old.name, &new.name, why);
    }
    if old.namespace != new.namespace {
        report.change("metadata.namespace", &old.namespace, &new.namespace, why);
    }
    if old.creation_timestamp != new.creation_timestamp {
        report.change("metadata.creationTimestamp", time(old.creation_timestamp), time(new.creation_timestamp), why);
    }
}

fn rises(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (&change.old.meta().resource_version, &change.new.meta().resource_version);
    if by_number(old, new).is_some_and(Ordering::is_ge) {
        report.change(
            "metadata.resourceVersion",
            old,
            new,
            "each write gets a higher one; versions are delivered in the order of the writes",
        );
    }
}

/// Compares resource versions, which are whole numbers of any length without leading zeros; none if one is not.
fn by_number(old: &str, new: &str) -> Option<Ordering> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    (is_number(old) && is_number(new)).then(|| (old.len(), old).cmp(&(new.len(), new)))
}

fn is_not_deleted(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.arrival == Arrival::AfterDeleted {
        let event = version.event.map_or("an object", EventType::as_str);
        report.add("metadata.uid", event, "this UID was DELETED before: a UID never comes back, a Pod made again gets another");
    }
}

fn keeps_node(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.node_name(), change.new.node_name());
    if !old.is_empty() && old != new && change.old.has_own_spec() && change.new.has_own_spec() {
        report.change("spec.nodeName", old, new, "a Pod is bound once; it never moves to another node");
    }
}

fn is_deleted_as_it_was(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if change.new.event == Some(EventType::Deleted) && change.old.status() != change.new.status() {
        report.add("status", "changed", "DELETED shows the Pod as it was last, and the removal writes no status");
    }
}

fn begins_with_added(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(event @ (EventType::Modified | EventType::Deleted)) = version.event else { return };
    match version.arrival {
        Arrival::First { replaces: true, .. } => {
            report.add("metadata.uid", event, "the Pod of this name had another UID, which was not DELETED, nor was this one ADDED");
        }
        Arrival::First { begun: true, .. } => {
            report.add("metadata.uid", event, "the Pod was created while it was watched for, and yet there was no ADDED");
        }
        _ => {}
    }
}

/// A time, or nothing.
pub(in crate::check) fn time(time: Option<Time>) -> impl Display {
    fmt::from_fn(move |f| time.map_or(Ok(()), |time| time.fmt(f)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Checker, Finding};
    use alloc::vec::Vec;
    use serde_json::{Value, json};

    /// The rules of this family that these events break: the kind, the UID, the name and the seconds of the creation.
    fn broken(events: &[(&str, &str, &str, u32)]) -> Vec<&'static str> {
        judged(events.iter().map(|(kind, uid, name, created)| event(kind, uid, name, *created)))
    }

    fn event(kind: &str, uid: &str, name: &str, created: u32) -> Value {
        let created = alloc::format!("2026-01-01T00:00:{created:02}Z");
        let metadata = json!({"name": name, "namespace": "default", "uid": uid, "generation": 1, "creationTimestamp": created});
        let spec = json!({"containers": [{"name": "web", "image": "nginx:1"}]});
        json!({"type": kind, "object": {"metadata": metadata, "spec": spec, "status": {"phase": "Pending", "qosClass": "BestEffort"}}})
    }

    fn judged(events: impl Iterator<Item = Value>) -> Vec<&'static str> {
        let (mut checker, mut found) = (Checker::new(), Vec::<Finding>::new());
        for (n, event) in events.enumerate() {
            checker.event(serde_json::from_value(event).unwrap(), n as u64 + 1, &mut |finding| found.push(finding));
        }
        found.iter().map(|finding| finding.rule.id()).filter(|id| id.starts_with("ID-")).collect()
    }

    #[test]
    fn a_watch_may_begin_with_anything() {
        for kind in ["ADDED", "MODIFIED", "DELETED"] {
            assert!(broken(&[(kind, "1", "a", 0)]).is_empty(), "{kind}");
        }
    }

    #[test]
    fn a_uid_does_not_replace_another_in_silence() {
        assert_eq!(broken(&[("ADDED", "1", "a", 0), ("MODIFIED", "2", "a", 0)]), ["ID-07"]);
        assert_eq!(broken(&[("ADDED", "1", "a", 0), ("MODIFIED", "2", "a", 0), ("MODIFIED", "1", "a", 0)]), ["ID-07", "ID-07"]);
        assert!(broken(&[("ADDED", "1", "a", 0), ("DELETED", "1", "a", 0), ("ADDED", "2", "a", 0)]).is_empty());
        assert!(broken(&[("ADDED", "1", "a", 0), ("MODIFIED", "2", "b", 0)]).is_empty());
        // The watch was broken off, and the DELETED with it.
        let error = json!({"type": "ERROR", "object": {"kind": "Status", "code": 410}});
        assert!(judged([event("ADDED", "1", "a", 0), error, event("MODIFIED", "2", "a", 0)].into_iter()).is_empty());
    }

    #[test]
    fn a_pod_that_is_younger_than_the_watch_is_added() {
        let began = [("MODIFIED", "1", "a", 0), ("ADDED", "2", "b", 20)];
        let with = |last| broken(&[began[0], began[1], last]);
        assert_eq!(with(("MODIFIED", "3", "c", 40)), ["ID-07"]);
        // The clocks of several API servers may differ by five seconds.
        assert!(with(("MODIFIED", "3", "c", 25)).is_empty());
        assert_eq!(with(("MODIFIED", "3", "c", 26)), ["ID-07"]);
        assert!(with(("ADDED", "3", "c", 40)).is_empty());
        // Without a change before it, the ADDED may be of the list that the watch begins with.
        assert!(broken(&[began[1], ("MODIFIED", "3", "c", 40)]).is_empty());
    }

    #[test]
    fn what_is_gone_stays_gone() {
        let removed = |kind: &str| {
            let mut event = event(kind, "1", "a", 0);
            event["object"]["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:10Z");
            event
        };
        assert_eq!(judged([removed("ADDED"), removed("DELETED"), removed("ADDED")].into_iter()), ["ID-03"]);
        let mut renamed = removed("DELETED");
        renamed["object"]["metadata"]["name"] = json!("b");
        assert_eq!(judged([removed("ADDED"), renamed, removed("MODIFIED")].into_iter()), ["ID-01", "ID-03"]);
        // It had left the watch, which is for some labels only.
        assert!(broken(&[("ADDED", "1", "a", 0), ("DELETED", "1", "a", 0), ("ADDED", "1", "a", 0)]).is_empty());
        assert_eq!(broken(&[("ADDED", "1", "a", 0), ("DELETED", "1", "a", 0), ("MODIFIED", "1", "a", 0)]), ["ID-03"]);
        // Without a UID, it is another one.
        assert!(broken(&[("ADDED", "", "a", 0), ("DELETED", "", "a", 0), ("ADDED", "", "a", 5)]).is_empty());
    }

    #[test]
    fn resource_versions_are_numbers_of_any_length() {
        assert_eq!(by_number("99", "100"), Some(Ordering::Less));
        assert_eq!(by_number("100", "100"), Some(Ordering::Equal));
        assert_eq!(by_number("123456789012345678901234567891", "123456789012345678901234567890"), Some(Ordering::Greater));
        assert_eq!((by_number("", "1"), by_number("1", "v2")), (None, None));
    }
}
