//! What a state of a container says beside its name.

use crate::api::{ConditionStatus, ContainerState, ContainerStateTerminated};
use crate::check::catalogue::bases::{RUNNING, STARTING, SUCCEEDED};
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::window::{may_be_synthetic, synthetic};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Scope;
use crate::check::version::{Container, Version};
use crate::rules::conditions::KubeletCondition;
use crate::rules::container_status::default_waiting;
use crate::rules::restart::{could_restart_all, should_restart_on_exit};
use crate::rules::view::{TerminatedReason, WaitingReason};
use crate::spec::ContainerKind;
use core::fmt;

const LOST: &str = "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"ContainerStatusUnknown\", \"startedAt\": null, \"finishedAt\": null}}";
const CRASHED: &str = "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\", \"containerID\": \"containerd://a0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:03Z\"}}";
const BACK_OFF: &str = "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"CrashLoopBackOff\"}}";

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-19", "a running container has a containerID, and running has startedAt", Check::Status(runs_since))
        .source_is("kubelet toKubeContainerStatus")
        .only(Scope::Started)
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].containerID = null"]]),
    Rule::should("CS-20", "a termination has the containerID of its status and both times, startedAt ≤ finishedAt", Check::Status(ends_as_itself))
        .asks_for(Facts::ENDED)
        .source_is("kubelet toKubeContainerStatus")
        .unless("the kubelet has made the termination up; the container could not be started")
        .only(Scope::Started)
        .silent_on(SUCCEEDED, &[])
        .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.finishedAt = 2026-01-01T00:00:01Z"]]),
    Rule::must(
        "CS-21",
        "a termination ContainerStatusUnknown or RestartingAllContainers has exit code 137, no times and no containerID",
        Check::Status(is_made_up_as_a_whole),
    )
    .asks_for(Facts::ENDED)
    .source_is("kubelet convertToAPIContainerStatuses, TerminatePod")
    .only(Scope::Started)
    .silent_on(STARTING, &[&[LOST]])
    .fires_on(STARTING, &[&[LOST, "status.containerStatuses[web].lastState.terminated.exitCode = 1"]]),
    Rule::must(
        "CS-22",
        "RestartingAllContainers stands only in a Pod with a container that may restart all containers",
        Check::Status(may_restart_all),
    )
    .source_is("kubelet convertToAPIContainerStatuses (KEP-5532)")
    .only(Scope::Started)
    .with_spec()
    .silent_on(STARTING, &[])
    .fires_on(STARTING, &[&["status.containerStatuses[web].state.waiting.reason = RestartingAllContainers"]]),
    Rule::must(
        "CS-23",
        "what has not begun waits with PodInitializing in a Pod with init containers, with ContainerCreating in one without",
        Check::Status(waits_by_default),
    )
    .asks_for(Facts::WAITING)
    .source_is("kubelet convertToAPIContainerStatuses")
    .only(Scope::Started)
    .with_spec()
    .silent_on(STARTING, &[])
    .fires_on(STARTING, &[&["status.containerStatuses[web].state.waiting.reason = PodInitializing"]]),
    Rule::must("CS-24", "a container in CrashLoopBackOff has a last termination", Check::Status(has_crashed))
        .asks_for(Facts::WAITING)
        .source_is("kubelet convertToAPIContainerStatuses, doBackOff")
        .only(Scope::Started)
        .silent_on(RUNNING, &[&[BACK_OFF, CRASHED]])
        .fires_on(RUNNING, &[&[BACK_OFF]]),
    Rule::must("CS-25", "a container in CrashLoopBackOff may be started again after the exit code of its last termination", Check::Status(comes_back))
        .asks_for(Facts::WAITING)
        .source_is("kubelet ShouldContainerBeRestarted")
        .with_gates(|gates| gates.container_restart_rules)
        .unless("the newest instance never ran, so that its exit code does not count; an init container that has completed runs again in a new sandbox, and waits for its back-off like any other")
        .only(Scope::Started)
        .with_spec()
        .silent_on(RUNNING, &[&[BACK_OFF, CRASHED]])
        .fires_on(SERVING, &[&[
            "status.containerStatuses[db].state = {\"waiting\": {\"reason\": \"CrashLoopBackOff\"}}",
            "status.containerStatuses[db].lastState = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://d0\", \"startedAt\": \"2026-01-01T00:00:06Z\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
        ]]),
];

fn runs_since(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let Some(running) = container.running() else { continue };
        if container.status.container_id.is_empty() {
            report.add(container.path("containerID"), "", "what runs is an instance in the runtime, which has an id");
        }
        if running.started_at.is_none() {
            report.add(container.path("state.running.startedAt"), "", "the runtime tells since when an instance runs");
        }
    }
}

/// The terminations in a status, each with the path of what holds it.
fn ends<'a>(container: &Container<'a>) -> impl Iterator<Item = (&'static str, &'a ContainerStateTerminated)> + use<'a> {
    let end = |(path, state): (&'static str, &'a ContainerState)| state.terminated.as_ref().map(|end| (path, end));
    let states = [("state.terminated", &container.status.state), ("lastState.terminated", &container.status.last_state)];
    states.into_iter().filter_map(end)
}

fn told(end: &ContainerStateTerminated) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "terminated({}, {})", end.reason, end.exit_code))
}

fn ends_as_itself(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        for (path, end) in ends(&container).filter(|(_, end)| !may_be_synthetic(container.kind, end)) {
            let could_not_start = end.reason == TerminatedReason::StartError.as_str();
            if !could_not_start && end.started_at.zip(end.finished_at).is_some_and(|(start, end)| start > end) {
                report.add(container.path(path), told(end), "an instance ends after it has started");
            }
            if end.started_at.is_none() || end.finished_at.is_none() {
                report.add(container.path(path), told(end), "the runtime tells when an instance has started and ended, be it 1970");
            }
        }
        let own = container.terminated().filter(|end| !may_be_synthetic(container.kind, end));
        if let Some(end) = own.filter(|end| end.container_id != container.status.container_id) {
            let message = "while a container is terminated, the instance that has ended is the one the status speaks of";
            report.add(container.path("state.terminated.containerID"), &end.container_id, message);
        }
    }
}

fn is_made_up_as_a_whole(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        for (path, end) in ends(&container) {
            let Some(made_up) = synthetic(end) else { continue };
            let code = made_up.exit().code;
            let has_trace = end.started_at.is_some() || end.finished_at.is_some() || !end.container_id.is_empty();
            if end.exit_code != code || has_trace {
                let message = format_args!(
                    "{} is the kubelet's word for an end that it has not seen: exit code {code}, no times, no containerID",
                    end.reason
                );
                report.add(container.path(path), told(end), message);
            }
        }
    }
}

fn may_restart_all(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.spec().is_none_or(|spec| could_restart_all(spec, version.gates)) {
        return;
    }
    let message = "no container of the Pod has a rule that restarts all containers";
    for container in version.containers() {
        if container.waiting().is_some_and(|waiting| waiting.reason == WaitingReason::RestartingAllContainers.as_str()) {
            report.add(container.path("state.waiting.reason"), container.state(), message);
        }
        for (path, end) in ends(&container) {
            if end.reason == TerminatedReason::RestartingAllContainers.as_str() {
                report.add(container.path(path), told(end), message);
            }
        }
    }
}

fn waits_by_default(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec() else { return };
    let other = match default_waiting(spec) {
        WaitingReason::PodInitializing => WaitingReason::ContainerCreating,
        _ => WaitingReason::PodInitializing,
    };
    for container in version.containers() {
        if container.waiting().is_some_and(|waiting| waiting.reason == other.as_str()) {
            let message = if spec.has_init() { "the Pod has init containers" } else { "the Pod has no init containers" };
            report.add(container.path("state.waiting.reason"), other, message);
        }
    }
}

fn is_in_back_off(container: &Container<'_>) -> bool {
    container.waiting().is_some_and(|waiting| waiting.reason == WaitingReason::CrashLoopBackOff.as_str())
}

fn has_crashed(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        if is_in_back_off(&container) && container.last().is_none() {
            report.add(container.path("lastState"), "", "the back-off is counted from the end of an instance");
        }
    }
}

fn comes_back(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec() else { return };
    for container in version.containers().filter(is_in_back_off) {
        let (Some(index), Some(last)) = (container.index, container.last()) else { continue };
        if !is_of_older(&container, last)
            && !may_run_in_new_sandbox(version, &container, last)
            && !should_restart_on_exit(spec, index, last.exit_code, version.gates)
        {
            let message = format_args!("it is not started again after exit code {}, so nothing is held back", last.exit_code);
            report.add(container.path("state.waiting.reason"), container.state(), message);
        }
    }
}

/// Whether an init container that has completed may have to run once more, as there is a sandbox that came up after its end.
fn may_run_in_new_sandbox(version: &Version<'_>, container: &Container<'_>, last: &ContainerStateTerminated) -> bool {
    let is_up = version.condition(KubeletCondition::PodReadyToStartContainers);
    let came_up_later = is_up.is_none_or(|is_up| is_up.status == ConditionStatus::True && is_up.last_transition_time >= last.finished_at);
    container.kind == ContainerKind::Init && last.exit_code == 0 && came_up_later
}

/// Whether the newest instance, or one that was lost, is not that of the last termination.
fn is_of_older(container: &Container<'_>, last: &ContainerStateTerminated) -> bool {
    let (newest, ended) = (&container.status.container_id, &last.container_id);
    synthetic(last).is_some() || (!newest.is_empty() && !ended.is_empty() && newest != ended)
}
