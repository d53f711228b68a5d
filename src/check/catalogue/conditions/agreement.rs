//! `CO`, of Ready and ContainersReady as they hang together.

use crate::api::ConditionStatus;
use crate::check::catalogue::bases::{RUNNING, STARTING};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Version, condition_path};
use crate::rules::conditions::{ConditionReason, KubeletCondition};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CO-33", "Ready True ⇒ startTime is set, and some regular container is running", Check::Status(something_serves))
        .source_is("kubelet GeneratePodReadyCondition, prober UpdatePodStatus")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}"]]),
    Rule::must("CO-37", "ContainersReady False ⇒ Ready is False with the same reason and message", Check::Status(ready_follows))
        .source_is("kubelet GeneratePodReadyCondition")
        .only(Scope::Full)
        .silent_on(STARTING, &[])
        .fires_on(STARTING, &[&["status.conditions[Ready].reason = PodFailed"]]),
    Rule::must("CO-38", "ContainersReady True and Ready False ⇒ the reason is ReadinessGatesNotReady", Check::Status(gates_are_the_reason))
        .source_is("kubelet GeneratePodReadyCondition (KEP-580)")
        .not(Shapes::NODE_LOST)
        .silent_on(RUNNING, &[&["status.conditions[Ready].status = False", "status.conditions[Ready].reason = ReadinessGatesNotReady"]])
        .fires_on(RUNNING, &[&["status.conditions[Ready].status = False", "status.conditions[Ready].reason = ContainersNotReady"]]),
];

fn something_serves(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.holds(KubeletCondition::Ready) {
        return;
    }
    let path = condition_path(KubeletCondition::Ready.as_str(), "status");
    if version.status().start_time.is_none() {
        report.add(path, "True", "no kubelet has taken note of the Pod yet: it cannot be ready");
    } else if !version.status().container_statuses.iter().any(|container| container.state.running.is_some()) {
        report.add(path, "True", "no regular container is running: the Pod cannot be ready");
    }
}

fn ready_follows(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let conditions = [KubeletCondition::ContainersReady, KubeletCondition::Ready].map(|condition| version.condition(condition));
    let [Some(containers), Some(ready)] = conditions else { return };
    if containers.status != ConditionStatus::False {
        return;
    }
    let path = |field| condition_path(KubeletCondition::Ready.as_str(), field);
    if ready.status != ConditionStatus::False {
        report.add(path("status"), ready.status, "ContainersReady is False, so Ready is False as well");
    } else if ready.reason != containers.reason {
        let why = format_args!("ContainersReady is False for {:?}, and Ready takes over its reason", containers.reason);
        report.add(path("reason"), &ready.reason, why);
    } else if ready.message != containers.message {
        let why = format_args!("ContainersReady says {:?}, and Ready takes over its message", containers.message);
        report.add(path("message"), &ready.message, why);
    }
}

fn gates_are_the_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(ready) = version.condition(KubeletCondition::Ready) else { return };
    if ready.status == ConditionStatus::False
        && version.holds(KubeletCondition::ContainersReady)
        && ready.reason != ConditionReason::ReadinessGatesNotReady.as_str()
    {
        let path = condition_path(KubeletCondition::Ready.as_str(), "reason");
        report.add(path, &ready.reason, "all containers are ready, so only a readiness gate can keep the Pod from being ready");
    }
}
