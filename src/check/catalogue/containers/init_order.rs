//! One init container after the other, and the regular ones behind them.

use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::readiness::is_done;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Scope;
use crate::check::version::{Container, Version};
use crate::spec::ContainerKind;

const SETUP_RUNS: &str = "status.initContainerStatuses[setup].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:02Z\"}}";

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-26", "while a regular container runs, every plain init container is terminated with exit code 0", Check::Status(is_behind_init))
        .source_is("kubelet computeInitContainerActions")
        .unless("the record of the init container is lost: it waits with a last termination")
        .only(Scope::Started)
        .with_spec()
        .silent_on(SERVING, &[])
        .fires_on(SERVING, &[&[SETUP_RUNS]]),
    Rule::must("CS-27", "one plain init container runs at a time", Check::Status(is_alone))
        .source_is("kubelet computeInitContainerActions")
        .only(Scope::Started)
        .with_spec()
        .silent_on(SERVING, &[&[SETUP_RUNS]])
        .fires_on(SERVING, &[&[
            SETUP_RUNS,
            "spec.initContainers[proxy].restartPolicy = null",
            "status.initContainerStatuses[proxy].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:02Z\"}}",
        ]]),
    Rule::should(
        "CS-28",
        "behind an init container that runs for the first time, each plain one is terminated with exit code 0, each sidecar has been started",
        Check::Status(is_in_turn),
    )
    .source_is("kubelet computeInitContainerActions")
    .only(Scope::Started)
    .with_spec()
    .silent_on(SERVING, &[])
    .fires_on(SERVING, &[&[SETUP_RUNS]]),
];

fn is_behind_init(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let regular_runs = |container: Container<'_>| container.kind == ContainerKind::Regular && container.running().is_some();
    if !version.spec().is_some_and(|spec| spec.has_init()) || !version.containers().any(regular_runs) {
        return;
    }
    for container in version.containers().filter(|container| container.kind == ContainerKind::Init && !is_done(container)) {
        if container.waiting().is_none() || container.last().is_none() {
            let message = "regular containers start after all init containers have completed, and one of them runs";
            report.add(container.path("state"), container.state(), message);
        }
    }
}

fn is_alone(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let runs = |container: &Container<'_>| container.kind == ContainerKind::Init && container.running().is_some();
    for container in version.containers().filter(runs).skip(1) {
        report.add(container.path("state"), container.state(), "a plain init container starts after the one before it has completed");
    }
}

fn is_in_turn(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec().filter(|spec| spec.has_init()) else { return };
    let is_init = |container: &Container<'_>| matches!(container.kind, ContainerKind::Init | ContainerKind::Sidecar);
    let begun = |container: &Container<'_>| is_init(container) && container.running().is_some() && container.status.restart_count == 0;
    let Some(last) = version.containers().filter(begun).filter_map(|container| container.index).max() else { return };
    for container in version.containers().filter(is_init).filter(|container| container.index.is_some_and(|index| index < last)) {
        let passed = if container.kind == ContainerKind::Init { is_done(&container) } else { has_had_instance(&container) };
        if !passed {
            let name = spec.container(last).name();
            let message = format_args!("{name} comes behind it in the spec and has been started");
            report.add(container.path("state"), container.state(), message);
        }
    }
}

fn has_had_instance(container: &Container<'_>) -> bool {
    container.running().is_some()
        || container.terminated().is_some()
        || container.last().is_some()
        || !container.status.container_id.is_empty()
}
