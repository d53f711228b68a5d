//! Which container statuses there are, in which order, and that each has one state.

use crate::check::catalogue::bases::RUNNING;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Container, Version, container_path};
use crate::spec::{ContainerIndex, ContainerKind};

use crate::check::catalogue::containers::bases::SERVING;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-01", "a container waits, runs or has terminated: exactly one of the three", Check::Status(has_one_state))
        .source_is("API ContainerState; kubelet convertToAPIContainerStatuses")
        .only(Scope::Started)
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state.waiting = {\"reason\": \"CrashLoopBackOff\"}"]]),
    Rule::should("CS-02", "lastState is empty or a termination", Check::Status(has_ended_before))
        .source_is("kubelet convertToAPIContainerStatuses")
        .unless("the runtime's second newest instance is in an odd state")
        .only(Scope::Started)
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].lastState = {\"running\": {\"startedAt\": \"2026-01-01T00:00:02Z\"}}"]]),
    Rule::must("CS-03", "each container of the observed spec has one status in the list of its kind, and nothing else has", Check::Status(is_complete))
        .source_is("kubelet convertToAPIContainerStatuses")
        .unless("an ephemeral container whose generation the status does not tell to have been observed")
        .only(Scope::Full)
        .not(Shapes::ANY_REJECTED)
        .with_spec()
        .silent_on(RUNNING, &[
            &["metadata.generation = 2", "spec.ephemeralContainers = [{\"name\": \"debug\", \"image\": \"busybox:1\"}]"],
            &[
                "status.observedGeneration = 2",
                "status.ephemeralContainerStatuses[debug] = {\"name\": \"debug\", \"image\": \"busybox:1\", \"imageID\": \"\", \"ready\": false, \"restartCount\": 0, \"lastState\": {}, \"state\": {\"waiting\": {\"reason\": \"ContainerCreating\"}}}",
            ],
        ])
        .fires_on(SERVING, &[&["status.containerStatuses[db] = null"]]),
    Rule::must(
        "CS-04",
        "containerStatuses and ephemeralContainerStatuses are sorted by name, initContainerStatuses stand in the order of the spec",
        Check::Status(is_in_order),
    )
    .source_is("kubelet convertToAPIContainerStatuses, SortInitContainerStatuses")
    .only(Scope::Started)
    .with_spec()
    .not(Shapes::FOREIGN)
    .silent_on(SERVING, &[])
    .fires_on(SERVING, &[&["status.containerStatuses[db].name = web", "status.containerStatuses[1].name = db"]]),
];

fn has_one_state(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let state = &container.status.state;
        let states = u8::from(state.waiting.is_some()) + u8::from(state.running.is_some()) + u8::from(state.terminated.is_some());
        if states != 1 {
            let message = format_args!("a container is in one of the states waiting, running and terminated, not in {states} of them");
            report.add(container.path("state"), container.state(), message);
        }
    }
}

fn has_ended_before(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let last = &container.status.last_state;
        if last.waiting.is_some() || last.running.is_some() {
            let message = "what was before the present state is told only once it has ended";
            report.add(container.path("lastState"), container.last_state(), message);
        }
    }
}

fn is_complete(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec() else { return };
    let expected = spec.init().chain(spec.regular_by_name().iter().copied()).chain(spec.ephemeral_by_name().iter().copied());
    if version.containers().map(|container| container.index).eq(expected.map(Some)) {
        return;
    }
    let is_twice = |n, index: ContainerIndex| version.containers().take(n).any(|before| before.index == Some(index));
    for (n, container) in version.containers().enumerate() {
        match container.index {
            None => report.add(container.path(""), &container.status.name, "the observed spec has no container of this name in this place"),
            Some(index) if is_twice(n, index) => {
                report.add(container.path(""), &container.status.name, "a container has one status, not two")
            }
            Some(_) => {}
        }
    }
    for index in spec.indexes().filter(|&index| version.container(index).is_none()) {
        let container = spec.container(index);
        if container.kind() != ContainerKind::Ephemeral || version.status().observed_generation != 0 {
            let message = "the kubelet writes a status for each container of the spec that it has observed";
            report.add(container_path(container.kind(), container.name(), ""), "", message);
        }
    }
}

fn is_in_order(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let mut before: Option<Container<'_>> = None;
    for container in version.containers() {
        if before.is_some_and(|before| is_behind(&before, &container)) {
            let message = if is_init(&container) {
                "the statuses of init containers stand in the order of the spec"
            } else {
                "the statuses of regular and ephemeral containers are sorted by name"
            };
            report.add(container.path("name"), &container.status.name, message);
        }
        before = Some(container);
    }
}

/// Whether the first belongs behind the second, in the same list.
fn is_behind(first: &Container<'_>, second: &Container<'_>) -> bool {
    if is_init(first) {
        is_init(second) && first.index.zip(second.index).is_some_and(|(first, second)| first > second)
    } else {
        first.kind == second.kind && first.status.name > second.status.name
    }
}

const fn is_init(container: &Container<'_>) -> bool {
    matches!(container.kind, ContainerKind::Init | ContainerKind::Sidecar)
}
