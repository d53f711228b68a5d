//! What `restartCount` counts.

use crate::Gates;
use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::conditions::sandbox::may_be_another;
use crate::check::catalogue::containers::life::{BACKS_OFF, ENDED, ENDS, RESTARTED, RESTARTS};
use crate::check::catalogue::containers::window::{is_removed_again, synthetic, tells_loss};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Container, Version};
use crate::spec::ContainerKind;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CS-38",
        "running or terminated: restartCount ≥ 1 ⇔ lastState.terminated is there; waiting: restartCount ≥ 1 ⇒ it is there",
        Check::Both(counted_has_last, tells_and_counts),
    )
    .asks_change_for(Facts::MOVED)
    .source_is("kubelet convertToAPIContainerStatuses")
    .with_gates(Gates::restart_all)
    .unless(
        "an end that the kubelet makes up says nothing of the count; an instance that was created and could not be started counts with \
         the next start; nothing counts one whose record was removed while it waited behind its end; a restarted \
         kubelet that has lost both may know the count of a static Pod and not its last end; one that has refused a Pod has dropped how it ended before; the record of an init container goes with its \
         sandbox, perhaps before its end was told, and its count with it",
    )
    .silent_on(RUNNING, &[ENDS, RESTARTS])
    .fires_on(RUNNING, &[ENDS, &[RESTARTED, "status.containerStatuses[web].lastState = {}"]]),
    Rule::must("CS-42", "an instance keeps its restartCount: same containerID ⇒ same count", Check::Change(keeps_count))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet convertToAPIContainerStatuses")
        .unless(
            "the write that tells of a loss counts it: lastState or state turns to RestartingAllContainers or ContainerStatusUnknown; each build counts \
             an init container again that is gone while other containers are still to be put away; a static Pod falls back to the runtime's count when the kubelet restarts",
        )
        .silent_on(RUNNING, &[ENDS, RESTARTS])
        .fires_on(RUNNING, &[&[ENDED, "status.containerStatuses[web].restartCount = 1"]]),
    Rule::should("CS-47", "restartCount rises by at most 1 per write", Check::Change(rises_by_one))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet convertToAPIContainerStatuses")
        .unless("several instances came and went between two writes")
        .with_every_version()
        .silent_on(RUNNING, &[ENDS, RESTARTS])
        .fires_on(RUNNING, &[ENDS, &[RESTARTED, "status.containerStatuses[web].restartCount = 2"], BACKS_OFF]),
];

fn counted_has_last(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.is(Shapes::MIRROR) {
        let judged = |container: &Container<'_>| !is_of_init(container) && !may_have_dropped_last(version, container);
        version.containers().filter(judged).for_each(|container| has_last(&container, report));
    }
}

fn tells_and_counts(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !change.gap
        && !change.new.is(Shapes::MIRROR)
        && change.new.containers().any(|container| lacks_last(&container))
        && !may_be_another(change.new)
    {
        // What was so before was told, or excused, when it came to be so.
        let is_news =
            |old: &Container<'_>, new: &Container<'_>| old.last().is_some() || old.status.restart_count != new.status.restart_count;
        let judged =
            |(old, new): &(Container<'_>, Container<'_>)| is_of_init(new) && is_news(old, new) && !may_have_dropped_last(change.new, new);
        change.both().filter(judged).for_each(|(_, container)| has_last(&container, report));
    }
    last_is_counted(change, report);
}

/// Whether a kubelet that refused the Pod has dropped how it ended before. Nothing is started there any more.
fn may_have_dropped_last(version: &Version<'_>, container: &Container<'_>) -> bool {
    version.history.rejected && container.running().is_none()
}

const fn is_of_init(container: &Container<'_>) -> bool {
    matches!(container.kind, ContainerKind::Init | ContainerKind::Sidecar)
}

/// Whether it was restarted and does not tell how it ended before. Behind an instance that was created only, the last state is that of a
/// waiting container.
fn lacks_last(container: &Container<'_>) -> bool {
    let status = container.status;
    status.restart_count >= 1 && container.last().is_none() && status.last_state.waiting.is_none()
}

fn has_last(container: &Container<'_>, report: &mut Report<'_, '_>) {
    if lacks_last(container) {
        let count = container.status.restart_count;
        let message = format_args!("it has been restarted {count} times, so an instance ended before: lastState tells how");
        report.add(container.path("lastState"), container.last_state(), message);
    }
}

fn last_is_counted(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let may_count_anew = || is_of_init(&new) && may_be_another(change.new);
        if is_counted_wrong(&new)
            && !is_counted_wrong(&old)
            && !is_back_from_waiting(&old, &new)
            && !has_lost_count(&old)
            && !may_count_anew()
        {
            report.add(new.path("restartCount"), new.status.restart_count, "an instance ended before this one, so this one is a restart");
        }
    }
}

/// Whether there was an instance before this one that is not counted.
fn is_counted_wrong(container: &Container<'_>) -> bool {
    let told_by_runtime = container.running().is_some() || container.terminated().is_some_and(|end| !end.container_id.is_empty());
    container.status.restart_count == 0 && told_by_runtime && container.last().is_some()
}

/// Whether it is shown terminated once more that waited behind its own end: its start is no longer tried, or a restarted kubelet has forgotten
/// why it failed.
fn is_back_from_waiting(old: &Container<'_>, new: &Container<'_>) -> bool {
    old.waiting().is_some() && new.terminated().is_some() && old.status.container_id == new.status.container_id
}

/// Whether the record of its first instance was removed while it waited behind the end of that: as all containers were restarted. Then nothing is
/// counted, and the next one is the first for the runtime.
fn has_lost_count(old: &Container<'_>) -> bool {
    old.waiting().is_some() && old.status.container_id.is_empty() && old.last().is_some()
}

fn keeps_count(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let (before, after) = (old.status.restart_count, new.status.restart_count);
        let same = !new.status.container_id.is_empty() && old.status.container_id == new.status.container_id;
        let falls_back = change.new.is(Shapes::MIRROR) && after < before;
        if same
            && before != after
            && !falls_back
            && !(before.checked_add(1) == Some(after) && tells_of_loss(&old, &new))
            && !(before < after && is_removed_again(&new))
        {
            let message = "a container's instance is counted when it starts, and keeps its number";
            report.change(new.path("restartCount"), before, after, message);
        }
    }
}

/// Whether this change tells that the instance was lost, or removed to restart all containers.
fn tells_of_loss(old: &Container<'_>, new: &Container<'_>) -> bool {
    let is_lost = |container: &Container<'_>| tells_loss(container) || container.terminated().and_then(synthetic).is_some();
    is_lost(new) && !is_lost(old)
}

fn rises_by_one(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let (before, after) = (old.status.restart_count, new.status.restart_count);
        if after.saturating_sub(before) > 1 {
            report.change(new.path("restartCount"), before, after, "every instance is counted, and each is seen");
        }
    }
}
