//! `PR`: what probes cannot have found out yet; and CS-50, of the first moment of a container that has a startup probe.

use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::containers::life::{ENDS, RESTARTED};
use crate::check::clock::Moment;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::version::{Change, Container, Version};
use crate::rules::probe::is_delayed;
use crate::spec::ProbeKind;
use crate::time::Span;

pub(in crate::check) const STARTED: &[Rule] = &[Rule::should(
    "CS-50",
    "a container with a startup probe that runs after it was waiting or terminated has not started yet",
    Check::Change(starts_unproved),
)
.asks_change_for(Facts::STARTUP_PROBE)
.source_is("kubelet prober UpdatePodStatus")
.unless("the write came late enough for the probe to have passed, as when another container's image is pulled meanwhile")
.with_spec()
.with_every_version()
.silent_on(
    RUNNING,
    &[
        &["spec.containers[web].startupProbe = {\"exec\": {}, \"periodSeconds\": 1}"],
        ENDS,
        &[RESTARTED, "status.containerStatuses[web].started = false", "status.containerStatuses[web].ready = false"],
    ],
)
.fires_on(RUNNING, &[&["spec.containers[web].startupProbe = {\"exec\": {}, \"periodSeconds\": 1}"], ENDS, &[RESTARTED]])];

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::should(
        "PR-01",
        "ready, with a readiness probe and restartCount 0 ⇒ written not before startedAt + initialDelaySeconds − 1 s",
        Check::Status(is_not_ready_too_early),
    )
    .asks_for(Facts::READINESS_PROBE)
    .source_is("kubelet prober doProbe")
    .unless("the kubelet restarted")
    .with_spec()
    .with_time()
    .silent_on(RUNNING, &[&["t = 13", READY_AT_13, "spec.containers[web].readinessProbe = {\"exec\": {}, \"initialDelaySeconds\": 10}"]])
    .fires_on(RUNNING, &[&["t = 5", READY_AT_5, "spec.containers[web].readinessProbe = {\"exec\": {}, \"initialDelaySeconds\": 10}"]]),
    Rule::should(
        "PR-02",
        "started, with a startup probe and restartCount 0 ⇒ written not before startedAt + initialDelaySeconds − 1 s",
        Check::Status(is_not_started_too_early),
    )
    .asks_for(Facts::STARTUP_PROBE)
    .source_is("kubelet prober doProbe")
    .unless("the kubelet restarted")
    .with_spec()
    .with_time()
    .silent_on(RUNNING, &[&["t = 13", READY_AT_13, "spec.containers[web].startupProbe = {\"exec\": {}, \"initialDelaySeconds\": 10}"]])
    .fires_on(RUNNING, &[&["t = 5", READY_AT_5, "spec.containers[web].startupProbe = {\"exec\": {}, \"initialDelaySeconds\": 10}"]]),
];

const READY_AT_5: &str = "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z";
const READY_AT_13: &str = "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:13Z";

/// A container is seen running within this time, unless something holds the kubelet up.
const SEEN: Span = Span::from_secs(3);

fn starts_unproved(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let begins = old.running().is_none() && new.running().is_some();
        let probed = new.spec.is_some_and(|spec| spec.probe(ProbeKind::Startup).is_some());
        if begins && probed && new.status.started == Some(true) && !may_have_passed(&new, change.new) {
            let message = "a container that has a startup probe has started when that passes, and it has just begun to run";
            report.change(new.path("started"), old.state(), "true", message);
        }
    }
}

/// Whether the startup probe may have passed before the container was first seen running.
fn may_have_passed(container: &Container<'_>, version: &Version<'_>) -> bool {
    let since = container.running().and_then(|running| running.started_at);
    let late = since.zip(version.at()).is_some_and(|(since, at)| at.earliest > since + SEEN);
    late && !is_too_young(container, version, ProbeKind::Startup)
}

fn is_not_ready_too_early(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| container.status.ready) {
        if container.status.restart_count == 0 && is_too_young(&container, version, ProbeKind::Readiness) {
            report.add(container.path("ready"), true, "its readiness probe is not run so soon after its start");
        }
    }
}

fn is_not_started_too_early(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| container.status.started == Some(true)) {
        if container.status.restart_count == 0 && is_too_young(&container, version, ProbeKind::Startup) {
            report.add(container.path("started"), true, "its startup probe is not run so soon after its start");
        }
    }
}

/// Whether the container has such a probe, and the version was written before that was run for the first time.
fn is_too_young(container: &Container<'_>, version: &Version<'_>, kind: ProbeKind) -> bool {
    let probe = container.spec.and_then(|spec| spec.probe(kind));
    let since = container.running().and_then(|running| running.started_at);
    let (Some(probe), Some(since), Some(at)) = (probe, since, version.at()) else { return false };
    // An upper bound may be missing, and the kubelet's seconds end.
    let latest = (at.latest + Moment::SLACK).min(since + Span::from_secs(i64::from(i32::MAX)));
    is_delayed(probe, since, latest)
}
