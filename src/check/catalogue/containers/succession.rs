//! How an instance becomes the last one: what `lastState` shows.

use crate::Gates;
use crate::api::ContainerStateTerminated as Ended;
use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::conditions::sandbox::may_be_another;
use crate::check::catalogue::containers::life::{BACKED_OFF, BACKS_OFF, ENDS, ENDS_AGAIN, RESTARTED, RESTARTS};
use crate::check::catalogue::containers::window::synthetic;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Container, Version};
use crate::rules::conditions::KubeletCondition;
use crate::rules::container_status::Synthetic;
use crate::rules::view::WaitingReason;
use crate::spec::ContainerKind;
use core::cmp::Ordering;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CS-37",
        "lastState is of another instance than a running container, and than state.terminated; of the same one as a waiting container",
        Check::Both(last_is_told_apart, end_is_shown_once),
    )
    .asks_for(Facts::ENDED)
    .asks_change_for(Facts::ENDED)
    .source_is("kubelet convertToAPIContainerStatuses")
    .unless(
        "ends that the kubelet makes up have no id; a container that waited behind its own end is shown terminated once more when its start is \
         no longer tried, or after a restart of the kubelet; the record of the newest is gone, and that of the one before is still there",
    )
    .silent_on(RUNNING, &[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF])
    .fires_on(RUNNING, &[ENDS, &[RESTARTED, "status.containerStatuses[web].lastState.terminated.containerID = containerd://a1"]]),
    Rule::must(
        "CS-39",
        "a new instance with restartCount + 1: lastState is the termination shown before, or that of the instance that ran, or unchanged \
         if it waited",
        Check::Change(succeeds_last),
    )
    .asks_change_for(Facts::MOVED)
    .source_is("kubelet convertToAPIContainerStatuses")
    .unless(
        "the kubelet made up the end of the instance before; that of an init container went with its sandbox, before its end was told: lastState stays",
    )
    .with_every_version()
    .with_gates(Gates::restart_all)
    .not(Shapes::MIRROR)
    .silent_on(RUNNING, &[ENDS, RESTARTS])
    .fires_on(RUNNING, &[ENDS, &[RESTARTED, "status.containerStatuses[web].lastState.terminated.exitCode = 3"]]),
    Rule::must(
        "CS-41",
        "terminated → waiting: lastState is that termination, restartCount and containerID stay",
        Check::Change(waits_behind_end),
    )
    .asks_change_for(Facts::MOVED)
    .source_is("kubelet convertToAPIContainerStatuses")
    .unless(
        "all containers restart; an instance was skipped: restartCount is greater, if it was not counted already when a loss was told, or by a restart of all containers, and is not counted anew in a new sandbox",
    )
    .with_every_version()
    .not(Shapes::MIRROR)
    .silent_on(RUNNING, &[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF])
    .fires_on(
        RUNNING,
        &[ENDS, RESTARTS, ENDS_AGAIN, &["t = 16", BACKED_OFF, "status.containerStatuses[web].lastState.terminated.exitCode = 3"]],
    ),
    Rule::must("CS-46", "while one instance keeps running its lastState does not change", Check::Change(keeps_last))
        .asks_change_for(Facts::ENDED)
        .source_is("kubelet convertToAPIContainerStatuses")
        .unless("the runtime tells later of an end that the kubelet had made up")
        .not(Shapes::MIRROR)
        .silent_on(RUNNING, &[ENDS, RESTARTS, &["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[ENDS, RESTARTS, &["status.containerStatuses[web].lastState.terminated.exitCode = 3"]]),
    Rule::must("CS-49", "lastState.terminated never disappears", Check::Change(remembers_last))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet convertToAPIContainerStatuses")
        .with_gates(Gates::restart_all)
        .not(Shapes::MIRROR)
        .silent_on(RUNNING, &[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF])
        .fires_on(RUNNING, &[ENDS, RESTARTS, ENDS_AGAIN, &[BACKED_OFF, "status.containerStatuses[web].lastState = {}"]]),
];

/// Whether two terminations are the same but for the message, which is read anew each time.
fn is_same(one: &Ended, other: &Ended) -> bool {
    let told = |end: &Ended| (end.exit_code, end.started_at, end.finished_at);
    told(one) == told(other) && one.container_id == other.container_id && one.reason == other.reason
}

fn last_is_told_apart(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let (id, last) = (&container.status.container_id, container.last().map_or("", |last| &last.container_id));
        if id.is_empty() || last.is_empty() {
            continue;
        }
        if container.running().is_some() && last == id {
            report.add(container.path("lastState.terminated.containerID"), last, "this instance runs: it is not the one that ended before");
        } else if container.waiting().is_some() && last != id {
            let message = format_args!("{id} is the newest instance and does not run: the last end is its own");
            report.add(container.path("lastState.terminated.containerID"), last, message);
        }
    }
}

fn end_is_shown_once(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        if let (Some(end), Some(last)) = (new.terminated(), new.last())
            && !end.container_id.is_empty()
            && end.container_id == last.container_id
            && !(old.status.container_id == end.container_id && (old.waiting().is_some() || old.terminated().is_some()))
            && old.last().is_none_or(|before| before.container_id != end.container_id)
        {
            let message = "state tells the end of this instance: lastState is that of the one before";
            report.change(new.path("lastState.terminated.containerID"), old.last_state(), &last.container_id, message);
        }
    }
}

fn succeeds_last(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let is_next = old.status.restart_count.checked_add(1) == Some(new.status.restart_count);
        let is_new = !new.status.container_id.is_empty() && new.status.container_id != old.status.container_id;
        if is_next && is_new && new.waiting().is_none() && !follows(&old, &new) && !is_unknown(change.new, &old, &new) {
            let message =
                format_args!("the instance before this one was {} of {}: lastState tells its end", old.state(), old.status.container_id);
            report.change(new.path("lastState"), old.last_state(), new.last_state(), message);
        }
    }
}

/// Whether the last termination of the next instance fits what was shown before.
fn follows(old: &Container<'_>, new: &Container<'_>) -> bool {
    let Some(last) = new.last() else {
        // Without a termination before, and what came in between was no instance: CS-38 tells.
        return old.waiting().is_some() && old.last().is_none();
    };
    let made_up = synthetic(last);
    if old.running().is_some() {
        made_up.is_some() || last.container_id == old.status.container_id
    } else if let Some(before) = old.terminated().or(old.last()) {
        is_same(before, last) || before.container_id.is_empty() || made_up == Some(Synthetic::RemovedForRestart)
    } else {
        true
    }
}

/// Whether its records and logs may have gone with the sandbox, so that the runtime counts from 0 again.
fn counts_anew(version: &Version<'_>, new: &Container<'_>) -> bool {
    matches!(new.kind, ContainerKind::Init | ContainerKind::Sidecar) && may_be_another(version)
}

/// Whether the record of the instance before, which ran, may be gone with its sandbox, and the last state is as it was; or another one came in
/// between, counted from 0.
fn is_unknown(version: &Version<'_>, old: &Container<'_>, new: &Container<'_>) -> bool {
    let comes_between = |last: &Ended| !last.container_id.is_empty() && last.container_id != old.status.container_id;
    counts_anew(version, new)
        && ((old.running().is_some() && old.last() == new.last()) || (old.terminated().is_some() && new.last().is_some_and(comes_between)))
}

/// Whether the count shown may be greater than the runtime's: a restart of all containers removes what it counts by, logs included, and is counted itself.
fn may_be_ahead(version: &Version<'_>) -> bool {
    version.condition(KubeletCondition::AllContainersRestarting).is_some()
}

fn waits_behind_end(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let (Some(end), Some(waiting)) = (old.terminated(), new.waiting()) else { continue };
        let (before, after) = (old.status, new.status);
        // Why an earlier start failed may hide the reason, but not what was made up of the instance that was removed.
        let restarting_all = WaitingReason::from_text(&waiting.reason) == WaitingReason::RestartingAllContainers
            || new.last().and_then(synthetic) == Some(Synthetic::RemovedForRestart);
        let is_counted = match after.restart_count.cmp(&before.restart_count) {
            Ordering::Greater => true,
            Ordering::Equal => old.last().and_then(synthetic).is_some() || counts_anew(change.new, &new) || may_be_ahead(change.new),
            Ordering::Less => counts_anew(change.new, &new),
        };
        if restarting_all || (is_counted && after.container_id != before.container_id) {
            continue;
        }
        if after.container_id != before.container_id {
            let message = "no instance came in between: the one that ended is still the newest";
            report.change(new.path("containerID"), &before.container_id, &after.container_id, message);
        }
        if after.restart_count != before.restart_count {
            let message = "no instance came in between: a failed start counts nothing";
            report.change(new.path("restartCount"), before.restart_count, after.restart_count, message);
        }
        if !end.container_id.is_empty() && !new.last().is_some_and(|last| is_same(end, last)) {
            let message = "a container whose restart fails waits behind the end that it showed: lastState tells it";
            report.change(new.path("lastState"), old.state(), new.last_state(), message);
        }
    }
}

fn keeps_last(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let runs_on = old.running().is_some() && new.running().is_some() && old.status.container_id == new.status.container_id;
        if !runs_on {
            continue;
        }
        let keeps = match (old.last(), new.last()) {
            (Some(before), Some(after)) => is_same(before, after) || (synthetic(before).is_some() && synthetic(after).is_none()),
            (before, after) => before.is_none() && after.is_none(),
        };
        if !keeps {
            report.change(
                new.path("lastState"),
                old.last_state(),
                new.last_state(),
                "the same instance runs: nothing has ended in between",
            );
        }
    }
}

fn remembers_last(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        if old.last().is_some() && new.last().is_none() {
            let message = "what ended before stays known: the kubelet takes it over from status to status";
            report.change(new.path("lastState"), old.last_state(), new.last_state(), message);
        }
    }
}
