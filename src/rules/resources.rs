//! Resources of a Pod while they change (KEP-1287): desired by the spec, allocated by the node, actuated in the runtime.

use super::actions::ResizableResources;
use crate::api::ResourceRequirements;
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerKind, Spec, aggregate_limits, aggregate_requests, is_pod_level};

/// Whether the resources of a container can be changed while it runs (kubelet `IsResizableContainer`): sidecars and regular ones, and with
/// the gate InPlacePodVerticalScalingInitContainers plain init containers.
pub fn is_resizable(spec: &Spec, container: ContainerIndex, gates: &Gates) -> bool {
    match spec.container(container).kind() {
        ContainerKind::Sidecar | ContainerKind::Regular => true,
        ContainerKind::Init => gates.in_place_pod_vertical_scaling_init_containers,
        ContainerKind::Ephemeral => false,
    }
}

/// Whether two versions of one Pod's spec ask for the same cpu and memory, of each container and at Pod level: nothing is to be resized
/// from the one to the other (kubelet `UpdatePodFromAllocation`).
pub fn same_resources(one: &Spec, other: &Spec) -> bool {
    let of = |spec: &Spec, container| ResizableResources::from(&spec.api_container(container).resources);
    same_at_pod_level(one, other) && one.init_and_regular().all(|container| of(one, container) == of(other, container))
}

/// Whether two versions of one Pod's spec ask for the same cpu and memory at Pod level (KEP-5419).
pub fn same_at_pod_level(one: &Spec, other: &Spec) -> bool {
    let of = |spec: &Spec| spec.api().resources.as_ref().map(ResizableResources::from);
    of(one) == of(other)
}

/// Requests and limits of a Pod as a whole (API `PodRequests`, `PodLimits`, without overhead): those of its containers at the worst
/// moment, overruled by those at Pod level if the gate PodLevelResources is on (KEP-2837).
pub fn pod_resources(spec: &Spec, gates: &Gates) -> ResourceRequirements {
    let api = spec.api();
    let mut together = ResourceRequirements { limits: aggregate_limits(api), requests: aggregate_requests(api) };
    if let Some(own) = api.resources.as_ref().filter(|_| gates.pod_level_resources) {
        for (into, from) in [(&mut together.limits, &own.limits), (&mut together.requests, &own.requests)] {
            into.extend(from.iter().filter(|(name, _)| is_pod_level(name)).map(|(name, quantity)| (name.clone(), quantity.clone())));
        }
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(pod: Option<serde_json::Value>) -> Spec {
        let of = |cpu: &str, memory: &str| json!({"requests": {"cpu": cpu}, "limits": {"memory": memory}});
        Spec::as_given(
            serde_json::from_value(json!({
                "initContainers": [{"name": "s", "restartPolicy": "Always", "resources": of("100m", "64Mi")},
                    {"name": "i", "resources": of("3", "1Mi")}],
                "containers": [{"name": "a", "resources": of("1m", "64Mi")}, {"name": "b"}],
                "resources": pod}))
            .unwrap(),
        )
    }

    #[test]
    fn the_worst_moment_counts_unless_the_pod_says_otherwise() {
        let of = |pod| serde_json::to_value(pod_resources(&spec(pod), &Gates::default())).unwrap();
        assert_eq!(of(None), json!({"requests": {"cpu": "3100m"}, "limits": {"memory": "128Mi"}}));
        let pod = json!({"requests": {"cpu": "4"}});
        assert_eq!(of(Some(pod)), json!({"requests": {"cpu": "4"}, "limits": {"memory": "128Mi"}}));
    }

    #[test]
    fn equal_amounts_are_the_same_however_written() {
        let pod = |cpu| spec(Some(json!({"requests": {"cpu": cpu}})));
        assert!(same_resources(&pod("4"), &pod("4000m")));
        assert!(!same_resources(&pod("4"), &pod("4001m")) && !same_resources(&pod("4"), &spec(None)));
    }
}
