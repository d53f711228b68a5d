//! `TE`, the first half: how an object is deleted.

use crate::api::{EventType, ObjectMeta};
use crate::check::catalogue::bases::{CREATED, DELETING, RUNNING, SUCCEEDED};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Limit, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Version};
use crate::rules::conditions::KubeletCondition;
use crate::time::{Span, Time};
use alloc::string::ToString;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "TE-01",
        "the deletionTimestamp comes with deletionGracePeriodSeconds, neither goes, and the latter never increases",
        Check::Both(has_grace, is_never_undone),
    )
    .asks_for(Facts::DELETED)
    .asks_change_for(Facts::DELETED)
    .source_is("API server BeforeDelete, ValidateObjectMetaUpdate")
    .silent_on(DELETING, &[&["metadata.deletionGracePeriodSeconds = 5", "metadata.deletionTimestamp = 2026-01-01T00:00:09Z"]])
    .fires_on(DELETING, &[&["metadata.deletionGracePeriodSeconds = null", "metadata.deletionTimestamp = null"]]),
    Rule::must(
        "TE-02",
        "a deletionTimestamp moves with its grace period, from D and g to D − g + g′, or to the time of the write if that has passed",
        Check::Change(moves_with_its_grace),
    )
    .asks_change_for(Facts::DELETED)
    .source_is("API server BeforeDelete")
    .with_every_version()
    .unless("1.5 s of rounding")
    .silent_on(DELETING, &[&["metadata.deletionGracePeriodSeconds = 5", "metadata.deletionTimestamp = 2026-01-01T00:00:09Z"]])
    .fires_on(DELETING, &[&["metadata.deletionTimestamp = 2026-01-01T00:02:00Z"]]),
    Rule::must("TE-04", "the kubelet removes an object only from a terminal phase", Check::Change(ends_before_it_goes))
        .source_is("kubelet status manager canBeDeleted")
        .with_every_version()
        .not(Shapes::MIRROR)
        .unless("it is deleted with a grace period of 0, or not bound to a node")
        .silent_on(
            SUCCEEDED,
            &[&["metadata.deletionGracePeriodSeconds = 0", "metadata.deletionTimestamp = 2026-01-01T00:00:10Z"], &["type = DELETED"]],
        )
        .fires_on(DELETING, &[&["type = DELETED"]]),
    Rule::should("TE-05", "the write that sets the deletionTimestamp does not change Ready", Check::Change(deletion_is_no_news))
        .asks_change_for(Facts::DELETED)
        .source_is("API server BeforeDelete: the kubelet learns of it later")
        .with_every_version()
        .silent_on(RUNNING, &[DELETION])
        .fires_on(
            RUNNING,
            &[&[
                "metadata.generation = 2",
                "metadata.deletionGracePeriodSeconds = 30",
                "metadata.deletionTimestamp = 2026-01-01T00:00:34Z",
                "status.conditions[Ready].status = False",
            ]],
        ),
    Rule::must("TE-12", "the deletionTimestamp is the time of the first request and the grace period", Check::Change(is_request_and_grace))
        .asks_change_for(Facts::DELETED)
        .source_is("API server BeforeDelete")
        .with_every_version()
        .with_time()
        .unless("2 s of rounding")
        .silent_on(RUNNING, &[DELETION])
        .fires_on(
            CREATED,
            &[&[
                "t = 5",
                "metadata.generation = 2",
                "metadata.deletionGracePeriodSeconds = 30",
                "metadata.deletionTimestamp = 2026-01-01T00:02:05Z",
            ]],
        ),
    Rule::must("TE-13", "the DELETED object has a deletionGracePeriodSeconds of 0", Check::Change(goes_without_grace))
        .source_is("API server registry store, which stores the last deletion before it removes the object")
        .with_every_version()
        .unless("Pods that were removed without a deletion that was stored")
        .silent_on(
            SUCCEEDED,
            &[&["metadata.deletionGracePeriodSeconds = 0", "metadata.deletionTimestamp = 2026-01-01T00:00:10Z"], &["type = DELETED"]],
        )
        .fires_on(DELETING, &[&["type = DELETED"]]),
    Rule::should("TE-15", "deletionTimestamp and terminal phase ⇒ DELETED within 30 s", Check::Duration(should_go, stays))
        .source_is("kubelet status manager canBeDeleted")
        .unless("finalizers; volumes that cannot be unmounted; the kubelet is down")
        .silent_on(
            SUCCEEDED,
            &[
                &["metadata.deletionGracePeriodSeconds = 0", "metadata.deletionTimestamp = 2026-01-01T00:00:10Z"],
                &["t = 20", "type = DELETED"],
            ],
        )
        .fires_on(
            SUCCEEDED,
            &[
                &["metadata.deletionGracePeriodSeconds = 0", "metadata.deletionTimestamp = 2026-01-01T00:00:10Z"],
                &["t = 50", "type = DELETED"],
            ],
        ),
];

/// A client deletes the Pod of [`RUNNING`] with its own grace period.
const DELETION: &[&str] =
    &["metadata.generation = 2", "metadata.deletionGracePeriodSeconds = 30", "metadata.deletionTimestamp = 2026-01-01T00:00:34Z"];

const ROUNDING: Span = Span::from_millis(1_500);

/// deletionTimestamp and grace period, where both are there.
fn deletion(meta: &ObjectMeta) -> Option<(Time, i64)> {
    meta.deletion_timestamp.zip(meta.deletion_grace_period_seconds)
}

fn is_near(a: Time, b: Time, slack: Span) -> bool {
    a <= b + slack && b <= a + slack
}

fn has_grace(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let meta = version.meta();
    if meta.deletion_timestamp.is_some() && meta.deletion_grace_period_seconds.is_none() {
        report.add("metadata.deletionGracePeriodSeconds", "", "a deletion is stored with its grace period, be it 0");
    }
}

fn is_never_undone(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old.meta(), change.new.meta()];
    let Some(before) = old.deletion_timestamp else { return };
    if new.deletion_timestamp.is_none() {
        report.change("metadata.deletionTimestamp", before, "", "a deletion is never taken back");
    }
    if let Some((before, after)) = old.deletion_grace_period_seconds.zip(new.deletion_grace_period_seconds)
        && after > before
    {
        report.change("metadata.deletionGracePeriodSeconds", before, after, "another request can only shorten the grace period");
    }
}

fn moves_with_its_grace(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let Some(((old, old_grace), (new, grace))) = deletion(change.old.meta()).zip(deletion(change.new.meta())) else { return };
    if (old, old_grace) == (new, grace) {
        return;
    }
    let due = old - Span::from_secs(old_grace) + Span::from_secs(grace);
    let is_now = match change.new.at() {
        Some(at) => due < at.latest + ROUNDING && new >= at.earliest - ROUNDING && new <= at.latest + ROUNDING,
        None => new >= due,
    };
    if !is_near(new, due, ROUNDING) && !is_now {
        let message = format_args!("with a grace period of {grace} s instead of {old_grace} s it is {due}, or now if that has passed");
        report.change("metadata.deletionTimestamp", old, new, message);
    }
}

fn is_removal(change: &Change<'_>) -> bool {
    change.new.event == Some(EventType::Deleted)
}

fn ends_before_it_goes(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let old = change.old;
    if !is_removal(change) || old.is_terminal() || old.node_name().is_empty() {
        return;
    }
    // A request with a grace period of 0 removes whatever there is; that of the kubelet has one, too, but comes from a terminal phase.
    let forced = match deletion(old.meta()) {
        Some((_, grace)) => grace == 0 && !is_down(old),
        None => change.new.meta().deletion_grace_period_seconds == Some(0),
    };
    if !forced {
        report.add(
            "status.phase",
            crate::check::catalogue::phase::word(old),
            "the kubelet removes a Pod only when its phase is Succeeded or Failed",
        );
    }
}

/// Whether the kubelet knows of the deletion and has stopped everything: then it tells the end before it asks for the removal.
fn is_down(version: &Version<'_>) -> bool {
    let sandbox = version.condition(KubeletCondition::PodReadyToStartContainers);
    version.status().observed_generation >= version.meta().generation
        && sandbox.is_some_and(|sandbox| sandbox.status == crate::api::ConditionStatus::False)
        && version.containers().all(|container| container.terminated().is_some())
}

fn deletion_is_no_news(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if change.old.meta().deletion_timestamp.is_some() || change.new.meta().deletion_timestamp.is_none() {
        return;
    }
    if let Some((before, after)) = change.condition(KubeletCondition::Ready).filter(|(before, after)| before.status != after.status) {
        report.change("status.conditions[Ready].status", before.status, after.status, "a request to delete does not change the status");
    }
}

fn is_request_and_grace(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let Some((due, grace)) = deletion(change.new.meta()).filter(|_| change.old.meta().deletion_timestamp.is_none()) else { return };
    let Some(at) = change.new.at() else { return };
    let (grace, slack) = (Span::from_secs(grace), Span::from_secs(2));
    if due < at.earliest + grace - slack || due > at.latest + grace + slack {
        let message = format_args!("a request at {} with {} s of grace ends there", at.earliest, grace.secs());
        report.change("metadata.deletionTimestamp", "", due, message);
    }
}

fn goes_without_grace(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !is_removal(change) {
        return;
    }
    let new = change.new.meta();
    let grace = new.deletion_grace_period_seconds;
    if new.deletion_timestamp.is_some() && grace != Some(0) {
        let grace = grace.map(|grace| grace.to_string()).unwrap_or_default();
        report.add("metadata.deletionGracePeriodSeconds", grace, "the last request, which removes the object, has a grace period of 0");
    } else if change.old.meta().deletion_timestamp.is_some() && change.new.meta().deletion_timestamp.is_none() {
        report.add("metadata.deletionTimestamp", "", "the object that goes is the one that was to be deleted");
    }
}

fn should_go(version: &Version<'_>) -> Option<Limit> {
    let meta = version.meta();
    let goes = meta.deletion_timestamp.is_some() && version.is_terminal() && meta.finalizers.is_empty();
    goes.then_some(Limit { within: Span::from_secs(30), of: 0 })
}

fn stays(version: &Version<'_>, report: &mut Report<'_, '_>) {
    report.add(
        "metadata.deletionTimestamp",
        crate::check::catalogue::phase::word(version),
        "the Pod has ended and is to be deleted, and yet it stays",
    );
}
