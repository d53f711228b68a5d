//! `RJ`: Pods that the kubelet's admission refuses.

use crate::api::PodPhase;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Version, condition_path};
use crate::node::rejection::{INTRODUCTION, is_reason};
use crate::rules::conditions::is_owned;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "RJ-01",
        "a refused Pod is Failed with admission's reason, and has none of the kubelet's conditions, no container statuses and no addresses; its message \
         begins with \"Pod was rejected: \"",
        Check::Status(is_bare),
    )
    .source_is("kubelet rejectPod")
    .unless("a Pod that was refused while it ran keeps its phase at first, without a reason; its status is whole again when its containers are down")
    .not(Shapes::COLLECTED)
    .silent_on(REFUSED, &[])
    .fires_on(REFUSED, &[&["status.message = No room."]]),
];

/// What must be remembered of the versions before.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) struct Memory {
    /// Every version since the creation has been seen: that the Pod was not refused before is known.
    is_whole: bool,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { is_whole: false };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        self.is_whole = match change {
            None => new.status().start_time.is_none(),
            Some(change) => self.is_whole && !change.gap,
        };
    }
}

fn is_bare(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    if status.start_time.is_none() {
        return;
    }
    if version.is(Shapes::REJECTED) {
        if !status.message.is_empty() && !status.message.starts_with(INTRODUCTION) {
            report.add("status.message", &status.message, format_args!("the message of a refused Pod begins with {INTRODUCTION:?}"));
        }
    } else if version.is(Shapes::HELD_REJECTED) {
        // Its reason and message come with the phase.
    } else if is_without_containers(version) && !status.conditions.iter().any(|condition| is_owned(&condition.type_, version.gates)) {
        tell_half_refused(version, report);
    } else if version.phase() == Some(PodPhase::Failed) && (was_refused(version) || is_without_containers(version)) {
        tell_what_is_left(version, report);
    }
}

/// Whether admission has refused the Pod, and had not done so before: the eviction manager, too, says Evicted.
fn was_refused(version: &Version<'_>) -> bool {
    let Version { history, .. } = version;
    let says_so = is_reason(&version.status().reason) || version.status().message.starts_with(INTRODUCTION);
    says_so && history.rejection.is_whole && !history.rejected
}

fn is_without_containers(version: &Version<'_>) -> bool {
    version.containers().next().is_none()
}

/// Conditions and container statuses are gone, but it is not the status of a refused Pod.
fn tell_half_refused(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    let phase = version.phase().map_or("", PodPhase::as_str);
    const WHY: &str = "a kubelet's status without conditions and container statuses is that of a refused Pod, which";
    if !status.pod_ip.is_empty() || !status.host_ip.is_empty() {
        let (path, value) = if status.pod_ip.is_empty() { ("status.hostIP", &status.host_ip) } else { ("status.podIP", &status.pod_ip) };
        report.add(path, value, format_args!("{WHY} has no addresses"));
    } else if version.phase() == Some(PodPhase::Failed) {
        report.add("status.reason", &status.reason, format_args!("{WHY} has a reason when it has Failed"));
    } else if version.is_terminal() || version.phase().is_none_or(|phase| phase == PodPhase::Unknown) {
        report.add("status.phase", phase, format_args!("{WHY} keeps its phase at first and then turns Failed"));
    } else {
        report.add("status.reason", &status.reason, format_args!("{WHY} gets its reason only with the phase Failed"));
    }
}

/// It is refused, but something of it is left.
fn tell_what_is_left(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    let why = "admission has refused the Pod: its status is bare";
    let left = status.conditions.iter().filter(|condition| is_owned(&condition.type_, version.gates));
    left.for_each(|condition| report.add(condition_path(condition.type_.as_str(), ""), condition.status, why));
    version.containers().for_each(|container| report.add(container.path(""), container.state(), why));
    for (path, value) in [("status.podIP", &status.pod_ip), ("status.hostIP", &status.host_ip)] {
        if !value.is_empty() {
            report.add(path, value, why);
        }
    }
}

/// A Pod whose node has not enough cpu.
pub(in crate::check) const REFUSED: &str = r#"{"type": "MODIFIED", "t": 1.2, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "5e1f", "resourceVersion": "902", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "nodeName": "n1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Failed", "reason": "OutOfcpu", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "message": "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000, used: 1000, capacity: 2000"}}}"#;
