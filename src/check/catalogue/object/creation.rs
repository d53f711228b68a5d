//! `CR` and what creation and binding settle: what the API server, the scheduler and the kubelet write first.

use crate::api::{self, ConditionStatus, ConditionType, EventType, PodPhase, QosClass};
use crate::check::catalogue::bases::{CREATED, RUNNING, STARTING};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::KubeletCondition;
use crate::rules::qos::qos_class;
use crate::rules::status_merge::{same_claims, same_of_kubelet};

/// The write that binds [`CREATED`].
const BOUND: &[&str] = &["spec.nodeName = n1", SCHEDULED];
const SCHEDULED: &str = "status.conditions[PodScheduled] = {\"type\": \"PodScheduled\", \"status\": \"True\", \"lastProbeTime\": null, \"lastTransitionTime\": \"2026-01-01T00:00:01Z\"}";

/// The first status of the kubelet, but for what matters least.
const TAKEN: &str = "status.startTime = 2026-01-01T00:00:01Z";
const NOT_UP: &str = "status.conditions[PodReadyToStartContainers] = {\"type\": \"PodReadyToStartContainers\", \"status\": \"False\", \"lastTransitionTime\": \"2026-01-01T00:00:01Z\"}";

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("ST-09", "qosClass is that of the spec, from the creation on, and never changes", Check::Both(has_qos, keeps_qos))
        .source_is("API server ComputePodQOS, ValidatePodStatusUpdate")
        .silent_on(CREATED, &[BOUND])
        .fires_on(RUNNING, &[&["status.qosClass = Burstable"]]),
    Rule::should("ST-10", "spec.nodeName is set ⇒ status.nominatedNodeName is empty", Check::Status(is_no_longer_nominated))
        .source_is("API server assignPod; gate ClearingNominatedNodeNameAfterBinding")
        .unless("an older API server")
        .with_spec()
        .silent_on(CREATED, &[&["status.nominatedNodeName = n1"], &["status.nominatedNodeName = null"], BOUND])
        .fires_on(RUNNING, &[&["status.nominatedNodeName = n2"]]),
    Rule::must(
        "CR-01",
        "the ADDED of a new Pod has the phase Pending, a qosClass, and with scheduling gates PodScheduled False, no more",
        Check::Status(is_new),
    )
    .source_is("API server podStrategy.PrepareForCreate")
    .unless(
        "the watch began later, or asks for certain labels or fields: what others than the API server may have written before the \
        kubelet came is legal then",
    )
    .silent_on(CREATED, &[])
    .fires_on(CREATED, &[&["type = DELETED"], &["type = ADDED", "metadata.uid = 5e2a", "status.phase = Running"]]),
    Rule::must(
        "CR-02",
        "the binding write changes only spec.nodeName, PodScheduled (True, without observedGeneration) and status.nominatedNodeName",
        Check::Change(only_binds),
    )
    .source_is("API server setPodHostAndAnnotations")
    .with_every_version()
    .silent_on(CREATED, &[BOUND])
    .fires_on(CREATED, &[&["spec.nodeName = n1", SCHEDULED, TAKEN]]),
    Rule::should(
        "CR-03",
        "the first full status of the kubelet is Pending, every container waits, with restartCount 0",
        Check::Change(begins_waiting),
    )
    .source_is("kubelet SyncPod, generateAPIPodStatus")
    .unless("the Pod is being deleted already")
    .not(Shapes::MIRROR)
    .with_every_version()
    .silent_on(
        CREATED,
        &[
            BOUND,
            &[
                TAKEN,
                "status.observedGeneration = 1",
                NOT_UP,
                "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}",
            ],
        ],
    )
    .fires_on(
        CREATED,
        &[
            BOUND,
            &[
                TAKEN,
                "status.observedGeneration = 1",
                NOT_UP,
                "status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:01Z\"}}",
            ],
        ],
    ),
    Rule::must(
        "OW-01",
        "a write that changes what the kubelet computes leaves resourceClaimStatuses and its like as they are",
        Check::Change(leaves_claims),
    )
    .source_is("kubelet mergePodStatus")
    .with_every_version()
    .silent_on(STARTING, &[&["status.resourceClaimStatuses[gpu].resourceClaimName = web-gpu"]])
    .fires_on(
        STARTING,
        &[&[
            "status.resourceClaimStatuses[gpu].resourceClaimName = web-gpu",
            "status.conditions[PodReadyToStartContainers].status = True",
            "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:02Z",
        ]],
    ),
];

fn has_qos(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(class) = version.status().qos_class else {
        return report.add("status.qosClass", "", "the API server gives each Pod its class at the creation");
    };
    // Of a spec that is not the object's own the API server's defaults are not known. A class that has changed is told once.
    if let Some(spec) = version.own_spec().filter(|_| version.is_first()) {
        let due = qos_class(spec.api(), version.gates);
        if class != due {
            report.add("status.qosClass", class, format_args!("the requests and limits of the spec are those of {due}"));
        }
    }
}

fn keeps_qos(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.status().qos_class, change.new.status().qos_class);
    if let (Some(old), Some(new)) = (old, new)
        && old != new
    {
        report.change(
            "status.qosClass",
            QosClass::as_str(old),
            QosClass::as_str(new),
            "even a resize is refused that would change the class",
        );
    }
}

fn is_no_longer_nominated(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let nominated = &version.status().nominated_node_name;
    if !nominated.is_empty() && version.has_own_spec() && !version.node_name().is_empty() {
        report.add("status.nominatedNodeName", nominated, "the binding takes it away: the Pod has a node");
    }
}

fn is_new(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    // What has a start time was seen by a kubelet before the watch began.
    if version.event != Some(EventType::Added) || !version.is_first() || status.start_time.is_some() {
        return;
    }
    // The garbage collector ends Pods that no kubelet has seen, and is the only one to do so.
    let is_collected = status.phase == Some(PodPhase::Failed) && status.reason.is_empty();
    if !is_collected {
        if status.phase != Some(PodPhase::Pending) {
            let phase = status.phase.map_or("", PodPhase::as_str);
            report.add(
                "status.phase",
                phase,
                "a Pod is created Pending, whatever its creator asks for, and stays so until a kubelet takes it",
            );
        }
        if !same_of_kubelet(&api::PodStatus::default(), status, version.gates) || !status.reason.is_empty() {
            report.add("status", "set", "a Pod is created without what only its kubelet can know, and the kubelet sets startTime with it");
        }
    }
    let scheduled = version.condition(KubeletCondition::PodScheduled).is_some_and(|condition| condition.status == ConditionStatus::True);
    let never_bound = version.is(Shapes::MIRROR) || version.own_spec().is_some_and(|spec| spec.api().node_name.is_empty());
    if scheduled && never_bound {
        report.add(
            condition_path("PodScheduled", "status"),
            "True",
            "it turns True with the binding or with the first status of the kubelet",
        );
    }
}

fn only_binds(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old, change.new);
    let Some(keeps_spec) = change.keeps_spec() else { return };
    if !old.node_name().is_empty() || new.node_name().is_empty() {
        return;
    }
    let why = "the API server binds a Pod in a write of its own; all else is written by others, before or afterwards";
    if !keeps_spec {
        report.add("spec", "changed", why);
    }
    let scheduled = new.condition(KubeletCondition::PodScheduled);
    match scheduled {
        Some(condition) if condition.status == ConditionStatus::True => {
            if condition.observed_generation != 0 {
                let path = condition_path("PodScheduled", "observedGeneration");
                report.add(path, condition.observed_generation, "the binding writes the condition anew, without observedGeneration");
            }
        }
        _ => {
            let status = scheduled.map_or("", |condition| condition.status.as_str());
            report.add(condition_path("PodScheduled", "status"), status, "the binding makes it True in the same write");
        }
    }
    if !says_the_same_of_the_rest(old, new) {
        report.add("status", "changed", why);
    }
}

/// Whether two statuses differ in nothing but the condition PodScheduled and the nominated node.
fn says_the_same_of_the_rest(old: &Version<'_>, new: &Version<'_>) -> bool {
    let others = |condition: &&api::PodCondition| condition.type_ != ConditionType::PodScheduled;
    let (before, after) = (old.status(), new.status());
    same_of_kubelet(before, after, new.gates)
        && same_claims(before, after)
        && before.conditions.iter().filter(others).eq(after.conditions.iter().filter(others))
        && (before.phase, &before.reason, &before.message) == (after.phase, &after.reason, &after.message)
        && (before.qos_class, &before.resize) == (after.qos_class, &after.resize)
}

fn begins_waiting(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old, change.new);
    if old.is_in(Scope::Started) || !new.is_full() || new.meta().deletion_timestamp.is_some() {
        return;
    }
    if new.phase() != Some(PodPhase::Pending) {
        let phase = new.phase().map_or("", PodPhase::as_str);
        report.add("status.phase", phase, "the kubelet writes a first status before it starts anything");
    }
    for container in new.containers() {
        if container.running().is_some() || container.terminated().is_some() {
            report.add(container.path("state"), container.state(), "the kubelet writes a first status before it starts any container");
        }
        if container.status.restart_count != 0 {
            report.add(container.path("restartCount"), container.status.restart_count, "nothing has been started yet, let alone again");
        }
    }
}

fn leaves_claims(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.status(), change.new.status());
    if !same_claims(old, new) && !same_of_kubelet(old, new, change.new.gates) {
        report.add(
            "status.resourceClaimStatuses",
            "changed",
            "the kubelet hands on what the API server has; the claim controller and the scheduler write no more than this",
        );
    }
}
