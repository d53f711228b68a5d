//! When instances start and end.

use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::containers::life::{ENDS, RESTARTED, RESTARTS};
use crate::check::clock::Moment;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::Version;
use crate::time::Time;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-40", "running.startedAt ≥ lastState.terminated.finishedAt", Check::Status(starts_after_last))
        .asks_for(Facts::ENDED)
        .source_is("kubelet computePodActions")
        .unless("an end that the kubelet makes up has no time")
        .silent_on(RUNNING, &[ENDS, RESTARTS])
        .fires_on(RUNNING, &[ENDS, &[RESTARTED, "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:03Z"]]),
    Rule::must(
        "CS-43",
        "startTime − 1 s ≤ running.startedAt, terminated.finishedAt ≤ time of the write + 1 s",
        Check::Status(happens_in_lifetime),
    )
    .source_is("kubelet SyncPod")
    .unless("a mirror Pod is younger than its containers; ends of which the runtime knows no time")
    .only(Scope::Started)
    .silent_on(RUNNING, &[ENDS, RESTARTS])
    .fires_on(RUNNING, &[&["status.containerStatuses[web].state.running.startedAt = 2025-12-31T23:59:00Z"]]),
];

fn starts_after_last(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let started = container.running().and_then(|running| running.started_at);
        let finished = container.last().and_then(|last| last.finished_at);
        if let (Some(started), Some(finished)) = (started, finished)
            && started < finished
        {
            let message = format_args!("the instance before it ended at {finished}: a container has one instance at a time");
            report.add(container.path("state.running.startedAt"), started, message);
        }
    }
}

fn happens_in_lifetime(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(start) = version.status().start_time else { return };
    for container in version.containers() {
        // What ended before the kubelet could look is as old as the epoch.
        let finished = container.terminated().and_then(|end| end.finished_at).filter(|finished| *finished != Time::EPOCH);
        let started = container.running().and_then(|running| running.started_at);
        for (field, time) in [("state.running.startedAt", started), ("state.terminated.finishedAt", finished)] {
            let Some(time) = time else { continue };
            if !version.has_passed(time) {
                report.add(container.path(field), time, "this is later than the write that tells it");
            } else if time + Moment::SLACK < start && !version.is(Shapes::MIRROR) {
                report.add(
                    container.path(field),
                    time,
                    format_args!("the kubelet took note of the Pod at {start}, before it ran anything"),
                );
            }
        }
    }
}
