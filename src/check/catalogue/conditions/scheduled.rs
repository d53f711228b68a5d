//! `CO`: PodScheduled.

use crate::api::{ConditionStatus, ConditionType, PodCondition};
use crate::check::catalogue::bases::{CREATED, STARTING};
use crate::check::catalogue::conditions::presence::is_collected_after_refusal;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::{ConditionReason, KubeletCondition, is_owned, permitted};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CO-19", "PodScheduled True never becomes False", Check::Change(stays_scheduled))
        .source_is("API server, binding; kubelet GeneratePodScheduledCondition")
        .not(Shapes::ANY_REJECTED)
        .silent_on(
            GATED,
            &[
                &["spec.schedulingGates = null", "status.conditions[PodScheduled].reason = Unschedulable"],
                &["spec.nodeName = n1", "status.conditions[PodScheduled] = {\"type\": \"PodScheduled\", \"status\": \"True\"}"],
            ],
        )
        .fires_on(
            STARTING,
            &[&["status.conditions[PodScheduled].status = False", "status.conditions[PodScheduled].reason = Unschedulable"]],
        ),
    Rule::must("CO-20", "PodScheduled True ⇔ spec.nodeName is set", Check::Status(scheduled_is_bound))
        .source_is("API server, binding; kubelet GeneratePodScheduledCondition")
        .not(Shapes::ANY_REJECTED)
        .unless("a Pod created with a node has no PodScheduled until its kubelet writes")
        .with_spec()
        .silent_on(CREATED, &[&["spec.nodeName = n1"]])
        .fires_on(CREATED, &[&["status.conditions[PodScheduled] = {\"type\": \"PodScheduled\", \"status\": \"True\"}"]]),
    Rule::must(
        "CO-21",
        "PodScheduled False ⇒ spec.nodeName is empty, and the reason is SchedulingGated, Unschedulable or SchedulerError",
        Check::Status(unscheduled_is_unbound),
    )
    .source_is("API server, pod strategy; scheduler handleSchedulingFailure")
    .unless("the reason, of a Pod that another scheduler than default-scheduler serves")
    .with_spec()
    .silent_on(GATED, &[])
    .fires_on(GATED, &[&["status.conditions[PodScheduled].reason = NoRoom"]]),
    Rule::must(
        "CO-22",
        "spec.schedulingGates ⇒ spec.nodeName is empty, and there are no fields of a kubelet",
        Check::Status(gated_is_untouched),
    )
    .source_is("API validation, binding (KEP-3521)")
    .with_spec()
    .silent_on(GATED, &[])
    .fires_on(GATED, &[&["spec.nodeName = n1"]]),
];

/// A Pod that a scheduling gate holds back.
const GATED: &str = r#"{"type": "ADDED", "t": 0.1, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "9a7e", "resourceVersion": "900", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler", "schedulingGates": [{"name": "example.com/quota"}]},
    "status": {"phase": "Pending", "qosClass": "BestEffort",
        "conditions": [{"type": "PodScheduled", "status": "False", "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z",
            "reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates"}]}}}"#;

fn scheduled<'a>(version: &Version<'a>) -> Option<&'a PodCondition> {
    version.condition(KubeletCondition::PodScheduled)
}

fn stays_scheduled(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let before = scheduled(change.old).map(|condition| condition.status);
    if before != Some(ConditionStatus::True) || is_collected_after_refusal(change.new) {
        return;
    }
    let after = scheduled(change.new).map(|condition| condition.status);
    // Only a refusal takes it away, which versions that are missing may have shown.
    let legal = if after.is_none() { change.gap } else { permitted("PodScheduled", before, after) };
    if !legal {
        let after = after.map_or("none", ConditionStatus::as_str);
        report.change(condition_path("PodScheduled", "status"), "True", after, "a Pod that has its node keeps it");
    }
}

fn scheduled_is_bound(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.has_own_spec() {
        return;
    }
    let (condition, node) = (scheduled(version), version.node_name());
    let path = condition_path("PodScheduled", "status");
    match condition.map(|condition| condition.status) {
        Some(ConditionStatus::True) if node.is_empty() => report.add(path, "True", "no node is named in spec.nodeName"),
        Some(ConditionStatus::False) if !node.is_empty() => report.add(path, "False", format_args!("the Pod is bound to node {node}")),
        None if !node.is_empty() && version.is_in(Scope::Started) && !is_collected_after_refusal(version) => {
            report.add(path, "none", format_args!("the Pod is bound to node {node}, and its kubelet has written a status"));
        }
        _ => {}
    }
}

fn unscheduled_is_unbound(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(condition) = scheduled(version).filter(|condition| condition.status == ConditionStatus::False) else { return };
    let node = version.node_name();
    if !node.is_empty() {
        report.add("spec.nodeName", node, "a Pod that has a node is scheduled, and PodScheduled is False");
    }
    let scheduler = version.current_spec().map_or("", |spec| spec.api().scheduler_name.as_str());
    let reason = ConditionReason::from_text(&condition.reason);
    if matches!(scheduler, "" | "default-scheduler")
        && !matches!(reason, ConditionReason::SchedulingGated | ConditionReason::Unschedulable | ConditionReason::SchedulerError)
    {
        let message = "neither the API server nor the scheduler has such a reason";
        report.add(condition_path("PodScheduled", "reason"), &condition.reason, message);
    }
}

fn gated_is_untouched(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.has_own_spec() || version.current_spec().is_none_or(|spec| spec.api().scheduling_gates.is_empty()) {
        return;
    }
    let node = version.node_name();
    if !node.is_empty() {
        report.add("spec.nodeName", node, "a Pod with scheduling gates is not bound to a node");
    }
    if let Some(field) = field_of_kubelet(version) {
        report.add(field, "set", "a Pod with scheduling gates has no node, and so no kubelet that would write this");
    }
}

/// The first field that a kubelet writes. The garbage collector may set the phase and the observed generation of a Pod without a node.
fn field_of_kubelet(version: &Version<'_>) -> Option<&'static str> {
    let status = version.status();
    let is_kubelets =
        |condition: &PodCondition| condition.type_ != ConditionType::PodScheduled && is_owned(&condition.type_, version.gates);
    let fields = [
        ("status.startTime", status.start_time.is_some()),
        ("status.hostIP", !status.host_ip.is_empty()),
        ("status.podIP", !status.pod_ip.is_empty()),
        ("status.conditions", status.conditions.iter().any(is_kubelets)),
        ("status.initContainerStatuses", !status.init_container_statuses.is_empty()),
        ("status.containerStatuses", !status.container_statuses.is_empty()),
        ("status.ephemeralContainerStatuses", !status.ephemeral_container_statuses.is_empty()),
    ];
    fields.into_iter().find_map(|(field, is_set)| is_set.then_some(field))
}

#[cfg(test)]
mod tests {
    use crate::api::{Pod, PodSpec};
    use crate::check::catalogue::bases::STARTING;
    use crate::check::{Checker, Options};
    use alloc::vec::Vec;

    #[test]
    fn a_spec_that_is_given_for_all_pods_names_no_node() {
        let object = &serde_json::from_str::<serde_json::Value>(STARTING).unwrap()["object"];
        let mut pod: Pod = serde_json::from_value(object.clone()).unwrap();
        pod.spec.node_name.clear();
        let found = |pod: &Pod, spec: Option<PodSpec>| {
            let (mut checker, mut found) = (Checker::with(Options { spec, ..Options::default() }), Vec::new());
            checker.object(pod.clone(), 1, &mut |finding| found.push(finding.rule.id()));
            found.contains(&"CO-20")
        };
        assert!(found(&pod, None));
        let spec = core::mem::take(&mut pod.spec);
        assert!(!found(&pod, Some(spec)));
    }
}
