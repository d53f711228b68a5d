//! In-place resize as the API server takes it (subresource `resize`).

use crate::Gates;
use crate::api::PodSpec;
use crate::rules::qos::qos_class;
use crate::spec::{InvalidSpec, Problem, ProblemKind, validate_resize_update};
use alloc::vec::Vec;

/// Whether the API server takes an update through the subresource `resize` (API `ValidatePodResize`): what
/// [`validate_resize_update`] lets through, if the QoS class stays. Defaults have been applied to the new spec, too.
///
/// Admission plugins have their say beside this: in 1.36 a request above what the node can ever allocate is refused (403).
///
/// # Errors
/// All problems at once, each with its field path.
pub fn resize(old: &PodSpec, new: &PodSpec, gates: &Gates) -> Result<(), InvalidSpec> {
    let mut problems = validate_resize_update(old, new, gates).map_or_else(|found| found.problems().to_vec(), |()| Vec::new());
    let (before, after) = (qos_class(old, gates), qos_class(new, gates));
    if before != after {
        let message = alloc::format!("the QoS class of a Pod may not change from {before} to {after}");
        problems.push(Problem { kind: ProblemKind::Invalid, path: "spec".into(), message });
    }
    InvalidSpec::check(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec() -> Value {
        json!({
            "restartPolicy": "Always",
            "initContainers": [{"name": "i", "image": "x", "resources": {"requests": {"cpu": "1"}}}],
            "containers": [{"name": "c", "image": "x", "resources": {
                "requests": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "1Gi"}, "limits": {"memory": "64Mi"}}}]})
    }

    /// The paths refused when this value is put at this place; null takes it away.
    fn refused(pointer: &str, value: &Value, gates: &Gates) -> Vec<alloc::string::String> {
        let mut changed = spec();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            parent.remove(field)
        } else {
            parent.insert(field.into(), value.clone())
        };
        let read = |value| {
            let mut spec: PodSpec = serde_json::from_value(value).unwrap();
            crate::spec::apply_defaults(&mut spec);
            spec
        };
        let verdict = resize(&read(spec()), &read(changed), gates);
        verdict.map_or_else(|found| found.problems().iter().map(|problem| problem.path.clone()).collect(), |()| Vec::new())
    }

    #[test]
    fn only_cpu_memory_and_their_policies_change() {
        let gates = Gates::default();
        let resources = "/containers/0/resources";
        for (pointer, value, path) in [
            (alloc::format!("{resources}/requests/cpu"), json!("2"), ""),
            (alloc::format!("{resources}/limits/memory"), json!("65Mi"), ""),
            (alloc::format!("{resources}/limits/cpu"), json!("1"), ""),
            ("/containers/0/resizePolicy".into(), json!([{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]), ""),
            ("/initContainers/0/resources/requests/cpu".into(), json!("2"), ""),
            ("/resources".into(), json!({"requests": {"cpu": "2", "memory": "64Mi"}}), ""),
            (alloc::format!("{resources}/requests/cpu"), Value::Null, "spec.containers[0].resources.requests[cpu]"),
            (alloc::format!("{resources}/limits/memory"), Value::Null, "spec.containers[0].resources.limits[memory]"),
            (
                alloc::format!("{resources}/requests/ephemeral-storage"),
                json!("2Gi"),
                "spec.containers[0].resources.requests[ephemeral-storage]",
            ),
            (alloc::format!("{resources}/limits/memory"), json!("63Mi"), "spec.containers[0].resources.requests[memory]"),
            ("/containers/0/image".into(), json!("y"), "spec.containers[0].image"),
            ("/containers/0/command".into(), json!(["y"]), "spec.containers[0].command"),
            ("/activeDeadlineSeconds".into(), json!(5), "spec"),
        ] {
            let wanted: &[&str] = if path.is_empty() { &[] } else { &[path] };
            assert_eq!(refused(&pointer, &value, &gates), wanted, "{pointer} {value}");
        }
        let guaranteed = json!({"requests": {"cpu": "2", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "64Mi"}});
        assert_eq!(refused("/resources", &guaranteed, &gates), ["spec"], "another QoS class");
    }

    #[test]
    fn gates_bar_init_containers_and_the_pod_level() {
        let gates = Gates {
            in_place_pod_vertical_scaling_init_containers: false,
            in_place_pod_level_resources_vertical_scaling: false,
            ..Gates::default()
        };
        assert_eq!(refused("/initContainers/0/resources/requests/cpu", &json!("2"), &gates), ["spec.initContainers[0].resources"]);
        assert_eq!(refused("/resources", &json!({"requests": {"cpu": "2", "memory": "64Mi"}}), &gates), ["spec.resources"]);
    }
}
