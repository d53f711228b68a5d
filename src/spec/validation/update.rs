//! What may change of a stored Pod (API `ValidatePodUpdate`, `ValidatePodEphemeralContainersUpdate`).

use super::path::{Path, Problems};
use super::problems;
use crate::Gates;
use crate::api::{Container, NodeSelectorRequirement, NodeSelectorTerm, PodSpec};
use crate::spec::problem::InvalidSpec;

/// Checks an ordinary update of a Pod's spec; defaults have been applied to the new one, too.
///
/// May change: images; `activeDeadlineSeconds`, which may be set and lowered; tolerations, which may be added, and their
/// seconds; `schedulingGates`, which may be removed, and while there are some `nodeSelector`, which may grow; a negative
/// grace period, which may become 1. Everything else needs a subresource (binding, ephemeralcontainers, resize) or a new
/// Pod. The new spec is validated as a whole too; what was already wrong with the old one is not held against it.
///
/// # Errors
/// All problems at once.
pub fn validate_update(old: &PodSpec, new: &PodSpec, gates: &Gates) -> Result<(), InvalidSpec> {
    let (mut found, root) = (news(old, new, gates), Path::root("spec"));
    protected(old, new, &root, &mut found);
    InvalidSpec::check(found.0)
}

/// What an ordinary update may not change.
pub(super) fn protected(old: &PodSpec, new: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    containers(&old.init_containers, &new.init_containers, &root.field("initContainers"), found);
    containers(&old.containers, &new.containers, &root.field("containers"), found);
    deadline(old, new, root, found);
    grace_period(old, new, root, found);
    tolerations(old, new, root, found);
    scheduling(old, new, root, found);
    unchanging(old, new, root, found);
}

/// Checks an update through the subresource `ephemeralcontainers`: they may be added, and nothing else may change. The API
/// server also refuses it for mirror Pods, which a spec cannot tell.
///
/// # Errors
/// All problems at once.
pub fn validate_ephemeral_update(old: &PodSpec, new: &PodSpec, gates: &Gates) -> Result<(), InvalidSpec> {
    let (mut found, root) = (news(old, new, gates), Path::root("spec"));
    let path = root.field("ephemeralContainers");
    for before in &old.ephemeral_containers {
        match new.ephemeral_containers.iter().position(|after| after.name == before.name) {
            None => found.forbidden(&path, alloc::format!("`{}` may not be removed", before.name)),
            Some(n) if new.ephemeral_containers[n] != *before => found.forbidden(&path.index(n), UNCHANGING),
            Some(_) => {}
        }
    }
    let same_but_ephemeral = PodSpec { ephemeral_containers: old.ephemeral_containers.clone(), ..new.clone() };
    if same_but_ephemeral != *old {
        found.forbidden(&root, "only ephemeralContainers may be changed through this subresource");
    }
    InvalidSpec::check(found.0)
}

pub(super) const UNCHANGING: &str = "may not be changed";

/// What is wrong with the new spec and was not with the old one.
pub(super) fn news(old: &PodSpec, new: &PodSpec, gates: &Gates) -> Problems {
    let (before, mut found) = (problems(old, gates), Problems(problems(new, gates)));
    found.0.retain(|problem| !before.contains(problem));
    found
}

fn containers(old: &[Container], new: &[Container], path: &Path<'_>, found: &mut Problems) {
    if old.len() != new.len() {
        return found.forbidden(path, "containers may not be added or removed");
    }
    for (n, (old, new)) in old.iter().zip(new).enumerate() {
        container(old, new, &path.index(n), found);
    }
}

fn deadline(old: &PodSpec, new: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let path = root.field("activeDeadlineSeconds");
    match (old.active_deadline_seconds, new.active_deadline_seconds) {
        (Some(_), None) => found.invalid(&path, "may not be removed"),
        (Some(old), Some(new)) if new > old => found.invalid(&path, alloc::format!("may not be raised (from {old})")),
        _ => {}
    }
}

fn grace_period(old: &PodSpec, new: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let (old, new) = (old.termination_grace_period_seconds, new.termination_grace_period_seconds);
    let relaxed = old.is_some_and(|seconds| seconds < 0) && new == Some(1);
    if old != new && !relaxed {
        found.forbidden(&root.field("terminationGracePeriodSeconds"), UNCHANGING);
    }
}

fn tolerations(old: &PodSpec, new: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    for old in &old.tolerations {
        let kept = new
            .tolerations
            .iter()
            .any(|new| (&new.key, new.operator, &new.value, &new.effect) == (&old.key, old.operator, &old.value, &old.effect));
        if !kept {
            let message = alloc::format!("the toleration of `{}` may not be removed or changed, except for its tolerationSeconds", old.key);
            found.forbidden(&root.field("tolerations"), message);
        }
    }
}

fn scheduling(old: &PodSpec, new: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let path = root.field("schedulingGates");
    for (n, gate) in new.scheduling_gates.iter().enumerate() {
        if !old.scheduling_gates.contains(gate) {
            found.forbidden(&path.index(n), alloc::format!("gates may only be removed, `{}` is new", gate.name));
        }
    }
    let path = root.field("nodeSelector");
    if old.scheduling_gates.is_empty() {
        if old.node_selector != new.node_selector {
            found.forbidden(&path, UNCHANGING);
        }
    } else if old.node_selector.iter().any(|(key, value)| new.node_selector.get(key) != Some(value)) {
        found.invalid(&path, "may only grow while there are schedulingGates");
    }
    if old.affinity != new.affinity && (old.scheduling_gates.is_empty() || !is_narrower(old, new)) {
        found.forbidden(&root.field("affinity"), "may only be narrowed, and only while there are schedulingGates");
    }
}

/// Whether every node that fits the new affinity fits the old one (API `validateNodeAffinityMutation`): no term goes or comes, and a term
/// only gets more requirements.
fn is_narrower(old: &PodSpec, new: &PodSpec) -> bool {
    let terms = |spec: &PodSpec| Some(spec.affinity.clone()?.node_affinity?.required?.node_selector_terms);
    let holds = |new: &[NodeSelectorRequirement], old: &[NodeSelectorRequirement]| old.iter().all(|own| new.contains(own));
    match (terms(old), terms(new)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(old), Some(new)) => {
            let term = |(old, new): (&NodeSelectorTerm, &NodeSelectorTerm)| {
                holds(&new.match_expressions, &old.match_expressions) && holds(&new.match_fields, &old.match_fields)
            };
            old.len() == new.len() && old.iter().zip(&new).all(term)
        }
    }
}

/// Compares the fields that may not change. A field of the type must be named here or among the others, or this does not compile.
macro_rules! unchanging {
    ($type:ident, $old:ident, $new:ident, $path:ident, $found:ident, { $($field:ident = $name:literal,)* } but { $($other:ident,)* }) => {
        let $type { $($field: _,)* $($other: _,)* } = $new;
        $(if $old.$field != $new.$field {
            $found.forbidden(&$path.field($name), UNCHANGING);
        })*
    };
}

fn unchanging(old: &PodSpec, new: &PodSpec, path: &Path<'_>, found: &mut Problems) {
    unchanging!(PodSpec, old, new, path, found, {
        volumes = "volumes",
        ephemeral_containers = "ephemeralContainers",
        restart_policy = "restartPolicy",
        dns_policy = "dnsPolicy",
        service_account_name = "serviceAccountName",
        node_name = "nodeName",
        host_network = "hostNetwork",
        share_process_namespace = "shareProcessNamespace",
        hostname = "hostname",
        scheduler_name = "schedulerName",
        priority_class_name = "priorityClassName",
        priority = "priority",
        readiness_gates = "readinessGates",
        runtime_class_name = "runtimeClassName",
        enable_service_links = "enableServiceLinks",
        preemption_policy = "preemptionPolicy",
        os = "os",
        overhead = "overhead",
        resources = "resources",
    } but {
        affinity,
        init_containers,
        containers,
        termination_grace_period_seconds,
        active_deadline_seconds,
        node_selector,
        tolerations,
        scheduling_gates,
    });
}

fn container(old: &Container, new: &Container, path: &Path<'_>, found: &mut Problems) {
    unchanging!(Container, old, new, path, found, {
        name = "name",
        image_pull_policy = "imagePullPolicy",
        command = "command",
        args = "args",
        ports = "ports",
        restart_policy = "restartPolicy",
        restart_policy_rules = "restartPolicyRules",
        resize_policy = "resizePolicy",
        resources = "resources",
        startup_probe = "startupProbe",
        readiness_probe = "readinessProbe",
        liveness_probe = "livenessProbe",
        lifecycle = "lifecycle",
        termination_message_path = "terminationMessagePath",
        termination_message_policy = "terminationMessagePolicy",
        volume_mounts = "volumeMounts",
        target_container_name = "targetContainerName",
    } but {
        image,
    });
}
