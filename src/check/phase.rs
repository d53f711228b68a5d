//! `PH`: the phase.

use super::bases::{RUNNING, SUCCEEDED};
use super::report::Report;
use super::rule::{Check, Limit, Rule};
use super::shape::{Scope, Shapes};
use super::version::{Change, Version};
use crate::api::PodPhase;
use crate::rules::restart;
use crate::spec::ContainerKind;
use crate::time::Span;

pub(super) const RULES: &[Rule] = &[
    Rule::must("PH-01", "the phase is Pending, Running, Succeeded or Failed, never Unknown or empty", Check::Status(is_known))
        .source_is("API PodPhase; kubelet getPhase")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.phase = Unknown"]]),
    Rule::must("PH-02", "Succeeded and Failed never change", Check::Change(stays_terminal))
        .source_is("kubelet generateAPIPodStatus, status manager")
        .not(Shapes::MIRROR)
        .silent_on(SUCCEEDED, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(SUCCEEDED, &[&["status.phase = Failed"]]),
    Rule::must("PH-04", "Succeeded ⇒ every regular container is terminated with exit code 0", Check::Status(succeeded_by_all))
        .source_is("kubelet getPhase")
        .with_spec()
        .silent_on(SUCCEEDED, &[])
        .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.exitCode = 1"]]),
    Rule::should(
        "PH-09",
        "all regular containers terminated, none restartable, no sidecar running ⇒ the phase is terminal within 10 s",
        Check::Duration(is_done, stays_done),
    )
    .source_is("kubelet getPhase, SyncPod")
    .unless("the kubelet is down; while an ephemeral container runs, 5 s and the grace period of the Pod")
    .only(Scope::Full)
    .with_spec()
    .silent_on(SUCCEEDED, &[&["status.phase = Running"], &["t = 12", "status.phase = Succeeded"]])
    .fires_on(SUCCEEDED, &[&["status.phase = Running"], &["t = 30", "status.phase = Succeeded"]]),
];

fn is_known(version: &Version<'_>, report: &mut Report<'_, '_>) {
    match version.phase() {
        Some(PodPhase::Unknown) => report.add("status.phase", "Unknown", "nothing in Kubernetes writes the phase Unknown"),
        None => report.add("status.phase", "", "every Pod has a phase from its creation on"),
        Some(_) => {}
    }
}

fn stays_terminal(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if let (Some(before), after) = (change.old.phase(), change.new.phase())
        && before.is_terminal()
        && after != Some(before)
    {
        let after = after.map_or("", PodPhase::as_str);
        report.change("status.phase", before, after, format_args!("a Pod that has {before} stays so for ever"));
    }
}

fn succeeded_by_all(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.phase() != Some(PodPhase::Succeeded) {
        return;
    }
    for container in version.containers().filter(|container| container.kind == ContainerKind::Regular) {
        if container.terminated().is_none_or(|end| end.exit_code != 0) {
            report.add(container.path("state"), container.state(), "a Pod has Succeeded only if all its regular containers exited with 0");
        }
    }
}

fn is_done(version: &Version<'_>) -> Option<Limit> {
    let spec = version.spec()?;
    let mut within = Span::from_secs(10);
    for container in version.containers() {
        match (container.kind, container.terminated()) {
            (ContainerKind::Regular, Some(end)) => {
                if restart::should_restart_on_exit(spec, container.index?, end.exit_code, version.gates) {
                    return None;
                }
            }
            (ContainerKind::Sidecar, _) if container.running().is_some() => return None,
            (ContainerKind::Regular, None) => return None,
            (ContainerKind::Ephemeral, _) if container.running().is_some() => {
                within = Span::from_secs(5 + spec.termination_grace_period_seconds().unwrap_or(30));
            }
            _ => {}
        }
    }
    (!version.is_terminal()).then_some(Limit { within, of: 0 })
}

fn stays_done(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let phase = version.phase().map_or("", PodPhase::as_str);
    report.add("status.phase", phase, "all regular containers have ended for good, and yet the phase does not turn terminal");
}
