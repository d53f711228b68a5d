//! `CO`, of lastTransitionTime: the time at which a condition's status changed last.

use crate::api::{ConditionType, PodCondition};
use crate::check::catalogue::bases::{RUNNING, STARTING};
use crate::check::clock::{Moment, newest};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Container, Version, condition_path, owned};
use crate::rules::conditions::{KubeletCondition, is_owned, transition_time};
use crate::time::{Span, Time};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CO-29",
        "lastTransitionTime moves exactly when the status changes, to the time of the change: at most 3 s before the write, for Ready that of \
         ContainersReady, and not before the containers that are ready were started",
        Check::Both(is_ready_since_started, moves_with_status),
    )
    .source_is("kubelet status manager, updateLastTransitionTime")
    .unless(
        "a status may change twice between two writes: AllContainersRestarting, where a container was restarted Ready, ContainersReady and \
         PodReadyToStartContainers, and Ready and ContainersReady where one container became ready and another one ceased to be; the whole write may come late; a kubelet that was cut off takes back the node lifecycle controller's mark with its own time",
    )
    .with_every_version()
    .silent_on(STARTING, &[&[SANDBOX_UP, "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:02Z"]])
    .fires_on(STARTING, &[&["t = 30", SANDBOX_UP]]),
    Rule::must("CO-31", "only the conditions about a resize have a lastProbeTime", Check::Status(was_not_probed))
        .source_is("kubelet status/generate.go; API UpdatePodCondition")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.conditions[Ready].lastProbeTime = 2026-01-01T00:00:03Z"]]),
    Rule::should("CO-32", "lastTransitionTime does not go back", Check::Change(goes_on))
        .source_is("kubelet status manager, updateLastTransitionTime; API UpdatePodCondition")
        .unless("clocks that are set, or differ; a kubelet that was cut off takes back the node lifecycle controller's mark with its own time")
        .silent_on(RUNNING, &[&["status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:04Z"]])
        .fires_on(RUNNING, &[&["status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:01Z"]]),
    Rule::must(
        "CO-36",
        "the kubelet's conditions have a lastTransitionTime, not before the creation and not after the write",
        Check::Status(lies_in_lifetime),
    )
    .source_is("kubelet status manager, updateLastTransitionTime")
    .unless("the mirror of a static Pod may be younger than its conditions")
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&["status.conditions[Ready].lastTransitionTime = 2025-12-31T23:00:00Z"]]),
];

const SANDBOX_UP: &str = "status.conditions[PodReadyToStartContainers].status = True";

/// How long before the write a status may have changed.
const PUBLISHING: Span = Span::from_secs(3);

fn moves_with_status(change: &Change<'_>, report: &mut Report<'_, '_>) {
    move_together(change, report);
    for condition in KubeletCondition::ALL {
        let Some((old, new)) = change.condition(condition) else { continue };
        let Some(time) = new.last_transition_time else { continue };
        let known = Some((old.status, old.last_transition_time));
        let written = change.new.at().map(|at| [at.earliest - PUBLISHING, at.latest + Moment::SLACK]);
        // If the status stays, so does the time, whenever that was.
        let [from, to] = written.unwrap_or([Time::EPOCH, Time::MAX]).map(|now| transition_time(known, new.status, now));
        if (from..=to).contains(&Some(time)) || is_excused(change, condition, time) {
            continue;
        }
        let path = condition_path(condition.as_str(), "lastTransitionTime");
        let before = old.last_transition_time.unwrap_or(time);
        let status = new.status;
        if old.status == status {
            report.change(path, before, time, format_args!("the status was {status} before and still is: the time stays"));
        } else if time == before {
            report.change(path, before, time, format_args!("the status has become {status}: the time becomes that of the change"));
        } else {
            report.change(
                path,
                before,
                time,
                format_args!("the status has become {status}, but not at this time: the write came seconds away from it"),
            );
        }
    }
}

/// Without readiness gates Ready and ContainersReady change in one build.
fn move_together(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let flipped = |condition| change.condition(condition).filter(|(old, new)| old.status != new.status).map(|(_, new)| new);
    let (Some(ready), Some(containers)) = (flipped(KubeletCondition::Ready), flipped(KubeletCondition::ContainersReady)) else { return };
    if let (Some(time), Some(other)) = (ready.last_transition_time, containers.last_transition_time)
        && ready.status == containers.status
        && !is_of_one_build(ready, other)
        && !has_gates(change.new)
        && !change.old.is(Shapes::NODE_LOST)
    {
        let path = condition_path(KubeletCondition::Ready.as_str(), "lastTransitionTime");
        report.add(path, time, format_args!("ContainersReady changed at {other}, and without readiness gates Ready changes with it"));
    }
}

/// What was never restarted cannot have been ready before it was started.
fn is_ready_since_started(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for condition in [KubeletCondition::Ready, KubeletCondition::ContainersReady].into_iter().filter(|condition| version.holds(*condition))
    {
        let Some(since) = version.condition(condition).and_then(|condition| condition.last_transition_time) else { continue };
        let started =
            |container: &Container<'_>| container.running().and_then(|running| running.started_at).filter(|started| *started > since);
        let mut first = version.containers().filter(|container| container.serves() && container.status.restart_count == 0);
        if let Some((container, started)) = first.find_map(|container| started(&container).map(|started| (container, started))) {
            let path = condition_path(condition.as_str(), "lastTransitionTime");
            let name = &container.status.name;
            report.add(path, since, format_args!("container {name} was started only at {started}, and never before: nothing was ready"));
        }
    }
}

fn is_excused(change: &Change<'_>, condition: KubeletCondition, time: Time) -> bool {
    let Some((old, new)) = change.condition(condition) else { return false };
    if old.status != new.status {
        return (condition == KubeletCondition::Ready && is_unmarked(change, old, time)) || came_late(change, old, time);
    }
    old.last_transition_time < Some(time) && lies_between(change, time) && may_flip_twice(change, condition, time)
}

/// Whether a kubelet that was cut off takes back the node lifecycle controller's mark, with its own time: that of the mark is none, unless
/// the containers became ready just then.
fn is_unmarked(change: &Change<'_>, old: &PodCondition, time: Time) -> bool {
    let own = || change.new.condition(KubeletCondition::ContainersReady).is_some_and(|containers| is_of_one_build(containers, time));
    change.old.is(Shapes::NODE_LOST) && (old.last_transition_time != Some(time) || own())
}

/// Whether the status of this condition may have become another one and then, at this time, what it was: a restart of a container does so, and one that
/// becomes ready before another one ceases to be.
fn may_flip_twice(change: &Change<'_>, condition: KubeletCondition, time: Time) -> bool {
    let moved = |condition| change.new.condition(condition).is_some_and(|other| is_of_one_build(other, time));
    match condition {
        KubeletCondition::AllContainersRestarting => has_restarted(change),
        KubeletCondition::Ready => may_have_been_ready(change) && moved(KubeletCondition::ContainersReady),
        KubeletCondition::ContainersReady => may_have_been_ready(change) && (has_gates(change.new) || moved(KubeletCondition::Ready)),
        // Nothing outlives its sandbox.
        KubeletCondition::PodReadyToStartContainers => {
            has_restarted(change) && !change.both().any(|(old, new)| is_same_instance(&old, &new))
        }
        _ => false,
    }
}

/// Whether Ready may be False while ContainersReady is True; without a spec it may.
fn has_gates(version: &Version<'_>) -> bool {
    version.spec().is_none_or(|spec| spec.readiness_gates().next().is_some())
}

/// Whether a condition may have got its time from the same build that another one got this time from: each looks at the clock by itself.
fn is_of_one_build(condition: &PodCondition, time: Time) -> bool {
    condition.last_transition_time.is_some_and(|other| other.max(time) - other.min(time) <= Moment::SLACK)
}

/// Whether the kubelet could not write for a while: the status has changed since the version before, and nothing in the new one is much newer.
fn came_late(change: &Change<'_>, old: &PodCondition, time: Time) -> bool {
    old.last_transition_time < Some(time)
        && lies_between(change, time)
        && newest(change.new.meta(), change.new.status()).is_none_or(|newest| newest - time <= PUBLISHING)
}

/// Whether a time may lie between the writes of both versions.
fn lies_between(change: &Change<'_>, time: Time) -> bool {
    let after = change.old.at().is_none_or(|old| old.earliest <= time + Moment::SLACK + Moment::SLACK);
    after && change.new.has_passed(time)
}

/// Whether the containers may have been ready, or unready, for a moment between the two versions.
fn may_have_been_ready(change: &Change<'_>) -> bool {
    let turned = |ready: bool| change.both().any(|(old, new)| new.status.ready == ready && old.status.ready != ready);
    has_restarted(change) || (turned(true) && turned(false))
}

/// Whether some container has become another instance.
fn has_restarted(change: &Change<'_>) -> bool {
    change.both().any(|(old, new)| {
        let [before, after] = [&old.status.container_id, &new.status.container_id];
        new.status.restart_count > old.status.restart_count || (!before.is_empty() && !after.is_empty() && before != after)
    })
}

fn is_same_instance(old: &Container<'_>, new: &Container<'_>) -> bool {
    old.running().is_some() && new.running().is_some() && old.status.container_id == new.status.container_id
}

fn was_not_probed(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for condition in &version.status().conditions {
        if let Some(time) = condition.last_probe_time
            && is_owned(&condition.type_, version.gates)
            && !owned(&condition.type_).is_some_and(|kind| KubeletCondition::RESIZE.contains(&kind))
        {
            report.add(
                condition_path(condition.type_.as_str(), "lastProbeTime"),
                time,
                "nothing probes this condition: it has no such time",
            );
        }
    }
}

fn goes_on(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let conditions = &change.new.status().conditions;
    let old = change.old.status().conditions.iter().enumerate();
    for (n, old) in old.filter(|(_, old)| !matches!(old.type_, ConditionType::Other(_))) {
        let same = |new: &&PodCondition| new.type_ == old.type_;
        let elsewhere = || match owned(&old.type_) {
            Some(kubelets) => change.new.condition(kubelets),
            None => conditions.iter().find(same),
        };
        let Some(new) = conditions.get(n).filter(same).or_else(elsewhere) else { continue };
        let (Some(before), Some(after)) = (old.last_transition_time, new.last_transition_time) else { continue };
        let is_unmarked = old.type_ == ConditionType::Ready && change.old.is(Shapes::NODE_LOST);
        if after < before && !is_unmarked {
            let path = condition_path(new.type_.as_str(), "lastTransitionTime");
            report.change(path, before, after, "a status changes later than it did before");
        }
    }
}

fn lies_in_lifetime(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let born = version.meta().creation_timestamp.filter(|_| !version.is(Shapes::MIRROR));
    for condition in version.status().conditions.iter().filter(|condition| is_owned(&condition.type_, version.gates)) {
        let path = condition_path(condition.type_.as_str(), "lastTransitionTime");
        let Some(time) = condition.last_transition_time else {
            report.add(path, "", "every condition says when its status changed last");
            continue;
        };
        if born.is_some_and(|born| time + Moment::SLACK < born) {
            report.add(path, time, "the status cannot have changed before the Pod was created");
        } else if !version.has_passed(time) {
            report.add(path, time, "the status cannot have changed after the write that tells it");
        }
    }
}
