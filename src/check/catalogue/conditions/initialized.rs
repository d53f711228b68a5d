//! `CO`: Initialized.

use crate::api::{ConditionStatus, PodCondition, PodPhase};
use crate::check::catalogue::bases::{INITIALIZING, RUNNING, STARTING, SUCCEEDED};
use crate::check::computed::computed_if_stopped;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::view::TerminatedReason;
use crate::spec::ContainerKind;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CO-14", "Initialized never goes from True to False", Check::Change(stays_initialized))
        .source_is("kubelet GeneratePodInitializedCondition, which keeps what was (KEP-5532)")
        .not(Shapes::MIRROR.and(Shapes::ANY_REJECTED))
        .unless("the gate RestartAllContainersOnContainerExits is off; the Pod was refused in between, which takes its conditions away")
        .silent_on(INITIALIZING, &[&["status.conditions[Initialized] = {\"type\": \"Initialized\", \"status\": \"True\"}"]])
        .fires_on(RUNNING, &[&["status.conditions[Initialized].status = False"]]),
    Rule::must("CO-15", "a Pod without init containers ⇒ Initialized True", Check::Status(nothing_to_wait_for))
        .source_is("kubelet GeneratePodInitializedCondition")
        .only(Scope::Full)
        .with_spec()
        .silent_on(STARTING, &[])
        .fires_on(STARTING, &[&["status.conditions[Initialized].status = False"]]),
    Rule::must("CO-16", "Initialized False ⇒ no regular container runs or has terminated", Check::Status(regular_come_later))
        .source_is("kubelet GeneratePodInitializedCondition")
        .unless("the last status of a Pod, in which what never ran is terminated as ContainerStatusUnknown")
        .silent_on(
            INITIALIZING,
            &[&[
                "status.phase = Failed",
                "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 137, \"reason\": \"ContainerStatusUnknown\"}}",
            ]],
        )
        .fires_on(INITIALIZING, &[&["status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:03Z\"}}"]]),
    Rule::must(
        "CO-17",
        "Initialized False ⇒ its reason is ContainersNotInitialized or UnknownContainerStatuses, and it has a message",
        Check::Status(tells_what_it_waits_for),
    )
    .source_is("kubelet GeneratePodInitializedCondition")
    .unless("the message, in an object without any")
    .silent_on(INITIALIZING, &[])
    .fires_on(INITIALIZING, &[&["status.conditions[Initialized].reason = Waiting"]]),
    Rule::must(
        "CO-18",
        "Initialized with the reason PodCompleted ⇒ it is True, and the phase Succeeded",
        Check::Status(completed_by_success),
    )
    .source_is("kubelet GeneratePodInitializedCondition")
    .unless("the phase is held back")
    .silent_on(SUCCEEDED, &[&["status.phase = Running"]])
    .fires_on(RUNNING, &[&["status.conditions[Initialized].reason = PodCompleted"]]),
];

fn initialized<'a>(version: &Version<'a>) -> Option<&'a PodCondition> {
    version.condition(KubeletCondition::Initialized)
}

/// The condition, if it is False.
fn uninitialized<'a>(version: &Version<'a>) -> Option<&'a PodCondition> {
    initialized(version).filter(|condition| condition.status == ConditionStatus::False)
}

fn stays_initialized(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old, change.new];
    if !old.holds(KubeletCondition::Initialized) || uninitialized(new).is_none() || !new.gates.restart_all() {
        return;
    }
    if !(change.gap && may_have_been_refused(change)) {
        let message = "a Pod that was initialized stays so, even while its init containers run again";
        report.change(condition_path("Initialized", "status"), "True", "False", message);
    }
}

/// Whether admission may have refused the Pod between two versions, unseen: PodScheduled, which stays True for ever, would be a new one.
fn may_have_been_refused(change: &Change<'_>) -> bool {
    change.condition(KubeletCondition::PodScheduled).is_none_or(|(before, after)| before.last_transition_time != after.last_transition_time)
}

fn nothing_to_wait_for(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.spec().is_some_and(|spec| !spec.has_init()) && !version.holds(KubeletCondition::Initialized) {
        let status = initialized(version).map_or("none", |condition| condition.status.as_str());
        report.add(
            condition_path("Initialized", "status"),
            status,
            "a Pod without init containers is initialized from the first status on",
        );
    }
}

fn regular_come_later(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if uninitialized(version).is_none() {
        return;
    }
    let never_ran = TerminatedReason::ContainerStatusUnknown.as_str();
    for container in version.containers().filter(|container| container.kind == ContainerKind::Regular) {
        if container.running().is_some() || container.terminated().is_some_and(|end| end.reason != never_ran) {
            let message = "regular containers are started when the Pod is initialized, and Initialized is False";
            report.add(container.path("state"), container.state(), message);
        }
    }
}

fn tells_what_it_waits_for(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(condition) = uninitialized(version) else { return };
    let reason = ConditionReason::from_text(&condition.reason);
    if !matches!(reason, ConditionReason::ContainersNotInitialized | ConditionReason::UnknownContainerStatuses) {
        let message = "Initialized is False only because some init container is not done";
        report.add(condition_path("Initialized", "reason"), &condition.reason, message);
    } else if condition.message.is_empty() && version.has_messages() {
        report.add(condition_path("Initialized", "message"), "", "the message names the init containers that are not done");
    }
}

fn completed_by_success(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let completed = ConditionReason::PodCompleted.as_str();
    let Some(condition) = initialized(version).filter(|condition| condition.reason == completed) else { return };
    if condition.status != ConditionStatus::True {
        report.add(condition_path("Initialized", "status"), condition.status, "a Pod that has completed was initialized");
    }
    let may_be_held = || {
        let is_open = !version.is_terminal() || version.is(Shapes::COLLECTED);
        is_open && computed_if_stopped(version).is_none_or(|phase| phase == PodPhase::Succeeded)
    };
    if version.phase() != Some(PodPhase::Succeeded) && !may_be_held() {
        let message = "the Pod has not Succeeded, and its containers cannot have made it so";
        report.add(condition_path("Initialized", "reason"), completed, message);
    }
}
