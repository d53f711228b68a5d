//! `CO` and `RA`, of a restart of all containers in place (KEP-5532).

use crate::api::{ConditionStatus, PodPhase};
use crate::check::catalogue::conditions::readiness::never_came_to_run;
use crate::check::catalogue::containers::window::is_removed_again;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Container, Version, condition_path};
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::restart::could_restart_all;
use crate::rules::view::{TerminatedReason, WaitingReason};
use crate::spec::ContainerKind;
use crate::time::Span;

pub(in crate::check) const CONDITION_RULES: &[Rule] = &[
    Rule::must(
        "CO-25",
        "AllContainersRestarting is there ⇔ some init or regular container has a rule RestartAllContainers",
        Check::Status(is_there_with_rule),
    )
    .source_is("kubelet generateAPIPodStatus, AllContainersCouldRestart (KEP-5532)")
    .only(Scope::Full)
    .with_spec()
    .silent_on(RULED, &[])
    .fires_on(RULED, &[&["status.conditions[AllContainersRestarting] = null"]]),
    Rule::must(
        "CO-26",
        "AllContainersRestarting True ⇒ its reason is RestartAllContainersStarted, and the phase is not terminal",
        Check::Status(restarts_what_lives),
    )
    .source_is("kubelet GenerateAllContainersRestartingCondition")
    .unless("Failed was written over a Pod some containers of which had never run: its conditions stay as they were")
    .not(Shapes::COLLECTED)
    .silent_on(RULED, &[BEGUN])
    .fires_on(RULED, &[BEGUN, &["status.conditions[AllContainersRestarting].reason = Started"]]),
];

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "RA-01",
        "when all containers are restarted, podIP, startTime and ephemeral containers stay; each other one that ran or had ended is put away: \
         restartCount + 1, lastState RestartingAllContainers with 137",
        Check::Change(puts_all_away),
    )
    .source_is("kubelet SyncPod, convertToAPIContainerStatuses (KEP-5532)")
    .unless(
        "why an earlier start failed hides the reason RestartingAllContainers; a kubelet that was restarted in the middle, or could not remove all \
         records at once, puts away the others later: AllContainersRestarting stays True until then; the Pod ends in the middle",
    )
    .with_every_version()
    .only(Scope::Full)
    .silent_on(RULED, &[BEGUN, CLEAN])
    .fires_on(RULED, &[BEGUN, CLEAN_BUT_COUNT]),
    Rule::must(
        "RA-02",
        "while AllContainersRestarting is True, and in the write that makes it False, no new instance runs",
        Check::Change(starts_nothing),
    )
    .source_is("kubelet computePodActions, AllContainersRestartCleanedUp")
    .unless("the write comes late, and tells at once what came one after the other")
    .with_every_version()
    .with_time()
    .only(Scope::Full)
    .silent_on(RULED, &[BEGUN, CLEAN, STARTED])
    .fires_on(RULED, &[BEGUN, STARTED]),
];

const CONDITION: KubeletCondition = KubeletCondition::AllContainersRestarting;

/// How long a write may take to come.
const DELIVERY: Span = Span::from_secs(2);

fn is_there_with_rule(version: &Version<'_>, report: &mut Report<'_, '_>) {
    // With the gate off the condition is anybody's.
    let Some(spec) = version.spec().filter(|_| version.gates.restart_all()) else { return };
    let is_there = version.condition(CONDITION).is_some();
    if is_there == could_restart_all(spec, version.gates) {
        return;
    }
    let (value, why) = if is_there {
        ("present", "no container of the Pod can ask for a restart of all: the condition is written only where one can")
    } else {
        ("missing", "a container of the Pod can ask for a restart of all: every status of the kubelet then has the condition")
    };
    report.add(condition_path(CONDITION.as_str(), ""), value, why);
}

fn restarts_what_lives(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(condition) = version.condition(CONDITION).filter(|_| version.holds(CONDITION)) else { return };
    if condition.reason != ConditionReason::RestartAllContainersStarted.as_str() {
        let path = condition_path(CONDITION.as_str(), "reason");
        report.add(path, &condition.reason, "a restart of all containers has one reason, RestartAllContainersStarted");
    }
    if version.is_terminal() && !was_failed_as_it_was(version) {
        let phase = version.phase().map_or("", PodPhase::as_str);
        report.add(condition_path(CONDITION.as_str(), "status"), "True", format_args!("nothing of a Pod that has {phase} is restarted"));
    }
}

/// Whether the kubelet may have written Failed over a Pod without a look at its conditions (kubelet `TerminatePod`).
fn was_failed_as_it_was(version: &Version<'_>) -> bool {
    version.phase() == Some(PodPhase::Failed) && version.containers().any(|container| never_came_to_run(&container))
}

fn is_put_away(container: &Container<'_>) -> bool {
    container.waiting().is_some_and(|waiting| waiting.reason == WaitingReason::RestartingAllContainers.as_str())
}

fn puts_all_away(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !change.new.containers().any(|container| is_put_away(&container))
        || !change.both().any(|(old, new)| is_put_away(&new) && !is_put_away(&old))
    {
        return;
    }
    let [old, new] = [change.old.status(), change.new.status()];
    if old.pod_ip != new.pod_ip && !old.pod_ip.is_empty() && !has_another_sandbox(change) {
        report.change("status.podIP", &old.pod_ip, &new.pod_ip, "a restart of all containers keeps the sandbox and its address");
    }
    if let (Some(before), Some(after)) = (old.start_time, new.start_time)
        && before != after
    {
        report.change("status.startTime", before, after, "a restart of all containers does not begin the Pod anew");
    }
    // It goes on, or the Pod has ended in between, of which the condition tells.
    let is_over =
        change.new.condition(CONDITION).is_some_and(|condition| condition.status == ConditionStatus::False && condition.reason.is_empty());
    for (old, new) in change.both() {
        if old.kind == ContainerKind::Ephemeral {
            if old.status.container_id != new.status.container_id || old.status.restart_count != new.status.restart_count {
                let (before, after) = (&old.status.container_id, &new.status.container_id);
                report.change(new.path("containerID"), before, after, "ephemeral containers are left out of a restart of all containers");
            }
        } else if is_over && (old.running().is_some() || old.terminated().is_some()) && !has_been_put_away(&old, &new) {
            const WHY: &str = "all containers are restarted: each is put away, its restartCount rises, and its lastState says so with 137";
            report.change(new.path("state"), old.state(), new.state(), WHY);
        }
    }
}

/// Whether the sandbox has been replaced, too, since the restart of all containers began, or was down: a restarted kubelet knows no address of it.
fn has_another_sandbox(change: &Change<'_>) -> bool {
    let Some((old, new)) = change.condition(KubeletCondition::PodReadyToStartContainers) else { return true };
    let begun =
        change.old.condition(CONDITION).filter(|_| change.old.holds(CONDITION)).and_then(|condition| condition.last_transition_time);
    !change.old.holds(KubeletCondition::PodReadyToStartContainers)
        || new.last_transition_time != old.last_transition_time
        || begun.is_some_and(|begun| new.last_transition_time >= Some(begun))
}

/// Whether a container has been put away; it may have come back since, if several changes are told at once.
fn has_been_put_away(old: &Container<'_>, new: &Container<'_>) -> bool {
    new.status.restart_count > old.status.restart_count
        && new.last().is_some_and(|last| last.reason == TerminatedReason::RestartingAllContainers.as_str() && last.exit_code == 137)
        && (new.waiting().is_some() || is_removed_again(new) || new.status.container_id != old.status.container_id)
}

fn starts_nothing(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (Some((old, new)), Some(at)) = (change.condition(CONDITION), change.new.at()) else { return };
    if !change.old.holds(CONDITION) {
        return;
    }
    let since = new.last_transition_time;
    // A restart that was over, and another one that has begun.
    let is_another = change.new.holds(CONDITION) && old.last_transition_time != since;
    let is_late = !change.new.holds(CONDITION) && since.is_some_and(|since| at.earliest - since > DELIVERY);
    if is_another || is_late {
        return;
    }
    for (before, container) in change.containers() {
        let is_new = before.is_none_or(|before| before.status.container_id != container.status.container_id);
        if is_new && container.running().is_some() && container.kind != ContainerKind::Ephemeral {
            let id = before.map_or("", |before| &before.status.container_id);
            const WHY: &str = "while all containers are being restarted none is started, until the last old one is gone";
            report.change(container.path("containerID"), id, &container.status.container_id, WHY);
        }
    }
}

/// The container ends with 88, for which it has the rule.
pub(in crate::check) const BEGUN: &[&str] = &[
    "status.conditions[AllContainersRestarting].status = True",
    "status.conditions[AllContainersRestarting].reason = RestartAllContainersStarted",
    "status.conditions[AllContainersRestarting].message = container exited with restart policy rule",
    "status.conditions[AllContainersRestarting].lastTransitionTime = 2026-01-01T00:00:04Z",
    "status.conditions[Ready].status = False",
    "status.conditions[Ready].reason = ContainersNotReady",
    "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:04Z",
    "status.conditions[ContainersReady].status = False",
    "status.conditions[ContainersReady].reason = ContainersNotReady",
    "status.conditions[ContainersReady].lastTransitionTime = 2026-01-01T00:00:04Z",
    "status.containerStatuses[web].ready = false",
    "status.containerStatuses[web].started = false",
    "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 88, \"reason\": \"Error\", \"containerID\": \"containerd://a0\", \
     \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:04Z\"}}",
];

pub(in crate::check) const OVER: &str = "status.conditions[AllContainersRestarting] = {\"type\": \"AllContainersRestarting\", \"status\": \"False\", \
    \"lastProbeTime\": null, \"lastTransitionTime\": \"2026-01-01T00:00:05Z\"}";
pub(in crate::check) const PUT_AWAY: &str =
    "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"RestartingAllContainers\"}}";
pub(in crate::check) const LAST: &str = "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"RestartingAllContainers\", \
    \"startedAt\": null, \"finishedAt\": null}}";

/// The runtime knows it no more.
pub(in crate::check) const CLEAN: &[&str] = &[OVER, PUT_AWAY, LAST, "status.containerStatuses[web].restartCount = 1"];

pub(in crate::check) const CLEAN_BUT_COUNT: &[&str] = &[OVER, PUT_AWAY, LAST];

/// It runs again.
const STARTED: &[&str] = &[
    OVER,
    LAST,
    "status.containerStatuses[web].restartCount = 1",
    "status.containerStatuses[web].containerID = containerd://a1",
    "status.containerStatuses[web].started = true",
    "status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:05Z\"}}",
];

/// A running Pod whose container asks for a restart of all when it ends with 88.
pub(in crate::check) const RULED: &str = r#"{"type": "MODIFIED", "t": 3, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "5e1f", "resourceVersion": "904", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "web", "image": "nginx:1", "restartPolicy": "Never", "restartPolicyRules": [
        {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [88]}}]}],
        "nodeName": "n1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Running", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:02Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"},
            {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"},
            {"type": "AllContainersRestarting", "status": "False", "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"}],
        "containerStatuses": [
            {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}]}}}"#;
