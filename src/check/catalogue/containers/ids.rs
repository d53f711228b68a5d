//! When a status shows the id of an instance.

use crate::check::catalogue::bases::{RUNNING, STARTING};
use crate::check::catalogue::containers::life::{BACKED_OFF, BACKS_OFF, ENDS, ENDS_AGAIN, RESTARTS};
use crate::check::catalogue::containers::window::synthetic;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Container, Version};
use crate::rules::conditions::KubeletCondition;
use crate::rules::view::WaitingReason;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-48", "containerID becomes empty only with a loss that lastState tells", Check::Change(loses_id))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet convertToAPIContainerStatuses")
        .unless("lastState was there already: it stays then, and the loss is not told")
        .not(Shapes::MIRROR)
        .silent_on(RUNNING, &[LOST])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].containerID = null"]]),
    Rule::must(
        "CS-51",
        "a container gets its first containerID only after PodReadyToStartContainers was True, or with it",
        Check::Change(waits_for_sandbox),
    )
    .source_is("kubelet SyncPod, generatePodReadyToStartContainersCondition")
    .with_gates(|gates| gates.pod_ready_to_start_containers_condition)
    .unless("the condition was True between two writes; an instance that ended unseen while the kubelet restarted")
    .with_every_version()
    .silent_on(
        STARTING,
        &[
            &["status.conditions[PodReadyToStartContainers].status = True"],
            &["status.containerStatuses[web].containerID = containerd://a0", "status.containerStatuses[web].imageID = nginx@sha256:1"],
        ],
    )
    .fires_on(STARTING, &[&["status.containerStatuses[web].containerID = containerd://a0"]]),
    Rule::must("CS-52", "waiting for ContainerCreating or PodInitializing ⇒ no containerID", Check::Status(has_no_instance))
        .asks_for(Facts::WAITING)
        .source_is("kubelet convertToAPIContainerStatuses")
        .silent_on(RUNNING, &[LOST])
        .fires_on(STARTING, &[&["status.containerStatuses[web].containerID = containerd://a0"]]),
    Rule::must(
        "CS-53",
        "waiting with a containerID, for a reason other than RestartingAllContainers ⇒ lastState is the termination of that instance",
        Check::Status(waits_behind_own_end),
    )
    .asks_for(Facts::WAITING)
    .source_is("kubelet convertToAPIContainerStatuses")
    .unless("the start failed in a hook of the kubelet, which leaves the instance created; the kubelet made up the end")
    .silent_on(RUNNING, &[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF])
    .fires_on(
        RUNNING,
        &[
            ENDS,
            RESTARTS,
            ENDS_AGAIN,
            &["t = 16", BACKED_OFF, "status.containerStatuses[web].lastState.terminated.containerID = containerd://a0"],
        ],
    ),
];

/// The runtime does not know the running container any more.
const LOST: &[&str] = &[
    "status.containerStatuses[web].containerID = null",
    "status.containerStatuses[web].imageID = ",
    "status.containerStatuses[web].ready = false",
    "status.containerStatuses[web].started = false",
    "status.containerStatuses[web].restartCount = 1",
    "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}",
    "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"ContainerStatusUnknown\"}}",
];

fn loses_id(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let loses = !old.status.container_id.is_empty() && new.status.container_id.is_empty();
        if loses && !is_loss_told(&old, &new, change.gap) {
            let message = "the kubelet forgets an instance only if the runtime has lost it, and then lastState tells of that";
            report.change(new.path("containerID"), &old.status.container_id, "", message);
        }
    }
}

/// Whether lastState tells of the loss, or of an end before it: that of an instance before, which stays.
fn is_loss_told(old: &Container<'_>, new: &Container<'_>, gap: bool) -> bool {
    let Some(last) = new.last().filter(|_| new.running().is_none()) else { return false };
    // Instances came and went in between.
    let skipped = gap || new.status.restart_count > old.status.restart_count;
    skipped || synthetic(last).is_some() || old.last() == Some(last) || old.terminated() == Some(last)
}

fn waits_for_sandbox(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if change.new.history.ready_to_start || change.new.holds(KubeletCondition::PodReadyToStartContainers) {
        return;
    }
    let turned = |(old, new): (&crate::api::PodCondition, &crate::api::PodCondition)| old.last_transition_time != new.last_transition_time;
    if change.condition(KubeletCondition::PodReadyToStartContainers).is_some_and(turned) {
        return;
    }
    for (old, new) in change.containers() {
        let had_id = old.is_some_and(|old| !old.status.container_id.is_empty());
        if !had_id && !new.status.container_id.is_empty() && new.terminated().is_none() {
            let message = "a container is created in the Pod's sandbox, and that was never ready";
            report.add(new.path("containerID"), &new.status.container_id, message);
        }
    }
}

fn has_no_instance(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| !container.status.container_id.is_empty()) {
        let Some(waiting) = container.waiting() else { continue };
        let reason = WaitingReason::from_text(&waiting.reason);
        if matches!(reason, WaitingReason::ContainerCreating | WaitingReason::PodInitializing) {
            let message = format_args!("{reason} says that nothing is known of the container yet, and here is an instance");
            report.add(container.path("containerID"), &container.status.container_id, message);
        }
    }
}

fn waits_behind_own_end(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| !container.status.container_id.is_empty()) {
        let Some(waiting) = container.waiting() else { continue };
        let reason = WaitingReason::from_text(&waiting.reason);
        if matches!(reason, WaitingReason::None | WaitingReason::RestartingAllContainers | WaitingReason::PreStartHookError) {
            continue;
        }
        let is_own =
            |last: &crate::api::ContainerStateTerminated| last.container_id == container.status.container_id || synthetic(last).is_some();
        if !container.last().is_some_and(is_own) {
            let message = format_args!("{} has ended before its restart failed: lastState tells how", container.status.container_id);
            report.add(container.path("lastState"), container.last_state(), message);
        }
    }
}
