//! Resources of a Pod while they change (KEP-1287): desired by the spec, allocated by the node, actuated in the runtime.

use crate::api::{Quantity, ResourceList, ResourceRequirements};
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use alloc::borrow::ToOwned;

/// The resources that can be resized in place; what is absent is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResizableResources {
    /// CPU limit in millicores.
    pub cpu_limit: i64,
    /// CPU request in millicores.
    pub cpu_request: i64,
    /// Memory limit in bytes.
    pub memory_limit: i64,
    /// Memory request in bytes.
    pub memory_request: i64,
}

impl From<&ResourceRequirements> for ResizableResources {
    fn from(resources: &ResourceRequirements) -> Self {
        let milli = |quantity: Option<&Quantity>| quantity.map_or(0, Quantity::milli_value);
        let whole = |quantity: Option<&Quantity>| quantity.map_or(0, Quantity::value);
        let ResourceRequirements { limits, requests } = resources;
        Self {
            cpu_limit: milli(limits.get(CPU)),
            cpu_request: milli(requests.get(CPU)),
            memory_limit: whole(limits.get(MEMORY)),
            memory_request: whole(requests.get(MEMORY)),
        }
    }
}

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

/// What the Pod as a whole needs and may use at most (API `PodRequests`, `PodLimits`): its `status.resources`, whose requests are
/// `status.allocatedResources` too; `None` without the gates PodLevelResources and InPlacePodLevelResourcesVerticalScaling (KEP-5419).
///
/// What its containers need together at the worst moment; what the spec says at Pod level counts instead (KEP-2837).
pub fn pod_resources<'a>(spec: &'a Spec, gates: &Gates) -> Option<&'a ResourceRequirements> {
    (gates.pod_level_resources && gates.in_place_pod_level_resources_vertical_scaling).then_some(spec.together())
}

/// Amounts that somebody tells of; `None`: nothing is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told<'a> {
    /// CPU as a request.
    pub cpu_request: Option<&'a Quantity>,
    /// CPU as a limit.
    pub cpu_limit: Option<&'a Quantity>,
    /// Memory as a request.
    pub memory_request: Option<&'a Quantity>,
    /// Memory as a limit.
    pub memory_limit: Option<&'a Quantity>,
}

impl<'a> From<&'a ResourceRequirements> for Told<'a> {
    fn from(resources: &'a ResourceRequirements) -> Self {
        let ResourceRequirements { limits, requests } = resources;
        Self {
            cpu_request: requests.get(CPU),
            cpu_limit: limits.get(CPU),
            memory_request: requests.get(MEMORY),
            memory_limit: limits.get(MEMORY),
        }
    }
}

/// Resources in force where something runs (kubelet `convertContainerStatusResources`): the `allocated` ones, and over them what
/// the runtime was given or `reported`, else what was `kept` of the last status. What was allocated in no amount at all is not told.
pub fn in_force(allocated: &ResourceRequirements, reported: Told<'_>, kept: Told<'_>) -> ResourceRequirements {
    let mut resources = allocated.clone();
    if !resources.limits.is_empty() {
        overlay(&mut resources.limits, CPU, reported.cpu_limit, kept.cpu_limit, MIN_CPU_LIMIT);
        overlay(&mut resources.limits, MEMORY, reported.memory_limit, kept.memory_limit, i64::MIN);
    }
    if !resources.requests.is_empty() {
        overlay(&mut resources.requests, CPU, reported.cpu_request, kept.cpu_request, MIN_CPU_REQUEST);
        overlay(&mut resources.requests, MEMORY, reported.memory_request, kept.memory_request, i64::MIN);
    }
    resources
}

const CPU: &str = "cpu";
const MEMORY: &str = "memory";
/// Millicores of the smallest CPU quota that the kernel can enforce (kubelet `MinMilliCPULimit`).
const MIN_CPU_LIMIT: i64 = 10;
/// Millicores of the smallest CPU share (kubelet `MinShares`).
const MIN_CPU_REQUEST: i64 = 2;

/// Sets one resource to the reported value, else to the kept one. What is at or below the floor, reported and allocated alike, stays
/// as it was allocated: the kernel cannot tell such values apart.
fn overlay(into: &mut ResourceList, name: &str, reported: Option<&Quantity>, kept: Option<&Quantity>, floor_milli: i64) {
    let value = match reported {
        Some(reported) => {
            let allocated = into.get(name).map_or(0, Quantity::milli_value);
            (reported.milli_value() > floor_milli || allocated > floor_milli).then_some(reported)
        }
        None => kept,
    };
    // What stays as it was allocated stays shared with the spec.
    if let Some(value) = value
        && into.get(name) != Some(value)
    {
        into.insert(name.to_owned(), value.clone());
    }
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
