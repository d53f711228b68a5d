//! What the API server refuses, as far as the lifecycle is concerned (API `ValidatePodSpec` and its relatives).
//!
//! Only the fields of [`crate::api`] are looked at: what those leave out (environment, security contexts, contents of
//! volumes, affinity) is not judged. As in Kubernetes, a probe may name a port that no container has: only the kubelet minds.

mod container;
mod meta;
mod names;
mod path;
mod probe;
mod resize;
mod resources;
mod update;

pub use meta::validate_meta;
pub use resize::validate_resize_update;
pub(crate) use resources::{aggregate_requests, is_overcommittable, is_pod_level, together};
pub use update::{validate_ephemeral_update, validate_update};

use super::problem::{InvalidSpec, Problem};
use crate::Gates;
use crate::api::{PodSpec, Toleration, TolerationOperator};
use path::{Path, Problems};

/// Checks a spec whose defaults have been applied, at any moment of its life (API `ValidatePodSpec`).
///
/// # Errors
/// All problems at once.
pub fn validate(spec: &PodSpec, gates: &Gates) -> Result<(), InvalidSpec> {
    InvalidSpec::check(problems(spec, gates))
}

/// Checks the spec of a Pod to be created, whose defaults have been applied: as [`validate`], and no ephemeral containers,
/// and no node while there are scheduling gates (API `ValidatePodCreate`).
///
/// # Errors
/// All problems at once.
pub fn validate_create(spec: &PodSpec, gates: &Gates) -> Result<(), InvalidSpec> {
    let mut found = Problems(problems(spec, gates));
    let root = Path::root("spec");
    if !spec.ephemeral_containers.is_empty() {
        found.forbidden(&root.field("ephemeralContainers"), "may not be set at creation: they are added to a running Pod");
    }
    if !spec.node_name.is_empty() && !spec.scheduling_gates.is_empty() {
        found.forbidden(&root.field("nodeName"), "may not be set while there are schedulingGates");
    }
    InvalidSpec::check(found.0)
}

fn problems(spec: &PodSpec, gates: &Gates) -> alloc::vec::Vec<Problem> {
    let mut found = Problems::default();
    let root = Path::root("spec");
    volumes(spec, &root, &mut found);
    container::containers(spec, gates, &root, &mut found);
    resources::pod_level(spec, gates, &root, &mut found);
    policies(spec, &root, &mut found);
    references(spec, &root, &mut found);
    tolerations(&spec.tolerations, &root.field("tolerations"), &mut found);
    gate_lists(spec, &root, &mut found);
    os(spec, &root, &mut found);
    found.0
}

fn volumes(spec: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let path = root.field("volumes");
    for (n, volume) in spec.volumes.iter().enumerate() {
        let item = path.index(n);
        found.required_syntax(&item.field("name"), &volume.name, names::dns_label);
        if !volume.name.is_empty() && spec.volumes[..n].iter().any(|other| other.name == volume.name) {
            found.duplicate(&item.field("name"), &volume.name);
        }
    }
}

/// Policies and numbers.
fn policies(spec: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    if spec.restart_policy.is_none() {
        found.required(&root.field("restartPolicy"));
    }
    if spec.termination_grace_period_seconds.is_none() {
        found.required(&root.field("terminationGracePeriodSeconds"));
    }
    if spec.active_deadline_seconds.is_some_and(|seconds| !DEADLINES.contains(&seconds)) {
        found.invalid(&root.field("activeDeadlineSeconds"), "must be between 1 and 2147483647");
    }
    found.word(&root.field("dnsPolicy"), &spec.dns_policy, &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    if let Some(policy) = &spec.preemption_policy {
        found.word(&root.field("preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
}

/// `activeDeadlineSeconds` that are allowed.
const DEADLINES: core::ops::RangeInclusive<i64> = 1..=i32::MAX as i64;

/// Names of other things.
fn references(spec: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let selector = root.field("nodeSelector");
    for (key, value) in &spec.node_selector {
        found.syntax(&selector.key(key), key, names::qualified_name);
        found.syntax(&selector.key(key), value, names::label_value);
    }
    let runtime_class = spec.runtime_class_name.as_deref().unwrap_or_default();
    for (name, value) in [
        ("serviceAccountName", spec.service_account_name.as_str()),
        ("nodeName", &spec.node_name),
        ("priorityClassName", &spec.priority_class_name),
        ("runtimeClassName", runtime_class),
    ] {
        if !value.is_empty() {
            found.syntax(&root.field(name), value, names::dns_subdomain);
        }
    }
    if !spec.hostname.is_empty() {
        found.syntax(&root.field("hostname"), &spec.hostname, names::dns_label);
    }
}

/// Tolerations (API `ValidateTolerations`).
fn tolerations(list: &[Toleration], path: &Path<'_>, found: &mut Problems) {
    for (n, toleration) in list.iter().enumerate() {
        let item = path.index(n);
        let operator = toleration.operator.unwrap_or(TolerationOperator::Equal);
        if !toleration.key.is_empty() {
            found.syntax(&item.field("key"), &toleration.key, names::qualified_name);
        } else if operator != TolerationOperator::Exists {
            found.invalid(&item.field("operator"), "must be Exists when there is no key, which means all keys");
        }
        if toleration.toleration_seconds.is_some() && toleration.effect != "NoExecute" {
            found.invalid(&item.field("effect"), "must be NoExecute when tolerationSeconds is set");
        }
        let value = item.field("value");
        match operator {
            TolerationOperator::Exists if !toleration.value.is_empty() => {
                found.invalid(&value, "must be empty when the operator is Exists")
            }
            TolerationOperator::Exists => {}
            TolerationOperator::Equal => found.syntax(&value, &toleration.value, names::label_value),
            TolerationOperator::Lt | TolerationOperator::Gt => found.syntax(&value, &toleration.value, names::integer),
        }
        if !toleration.effect.is_empty() {
            found.word(&item.field("effect"), &toleration.effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }
}

/// Readiness and scheduling gates.
fn gate_lists(spec: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let path = root.field("readinessGates");
    for (n, gate) in spec.readiness_gates.iter().enumerate() {
        found.required_syntax(&path.index(n).field("conditionType"), &gate.condition_type, names::qualified_name);
    }
    let path = root.field("schedulingGates");
    for (n, gate) in spec.scheduling_gates.iter().enumerate() {
        let item = path.index(n);
        found.required_syntax(&item.field("name"), &gate.name, names::qualified_name);
        if spec.scheduling_gates[..n].contains(gate) {
            found.duplicate(&item.field("name"), &gate.name);
        }
    }
}

fn os(spec: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let Some(os) = &spec.os else { return };
    found.word(&root.field("os").field("name"), &os.name, &["linux", "windows"]);
    if os.name == "windows" && spec.share_process_namespace.is_some() {
        found.forbidden(&root.field("shareProcessNamespace"), "may not be set for a Windows Pod");
    }
}

#[cfg(test)]
mod tests;
