//! The resources of a whole Pod (API `PodRequests`, `PodLimits`).

use crate::api::{PodSpec, Quantity, ResourceRequirements, RestartPolicy};
use crate::gates::Gates;
use alloc::collections::BTreeMap;
use alloc::string::String;

type Resources = BTreeMap<String, Quantity>;

/// What the Pod needs and may use at most: `status.resources`, whose requests are `status.allocatedResources` too (gate
/// InPlacePodLevelResourcesVerticalScaling; `None` without it).
///
/// Of each resource, the larger of what the regular containers and sidecars need together, and what any plain init container needs
/// beside the sidecars before it. What the spec says at Pod level counts instead (gate PodLevelResources).
pub fn pod_resources(spec: &PodSpec, gates: &Gates) -> Option<ResourceRequirements> {
    gates.in_place_pod_level_resources_vertical_scaling.then(|| {
        let own = spec.resources.as_ref().filter(|_| gates.pod_level_resources);
        ResourceRequirements {
            requests: total(spec, |resources| &resources.requests, own),
            limits: total(spec, |resources| &resources.limits, own),
        }
    })
}

fn total(spec: &PodSpec, of: fn(&ResourceRequirements) -> &Resources, own: Option<&ResourceRequirements>) -> Resources {
    let (mut together, mut sidecars, mut peak) = (Resources::new(), Resources::new(), Resources::new());
    for container in &spec.containers {
        add(&mut together, of(&container.resources));
    }
    for container in &spec.init_containers {
        let resources = of(&container.resources);
        if container.restart_policy == Some(RestartPolicy::Always) {
            add(&mut together, resources);
            add(&mut sidecars, resources);
            raise(&mut peak, &sidecars);
        } else {
            let mut beside = sidecars.clone();
            add(&mut beside, resources);
            raise(&mut peak, &beside);
        }
    }
    raise(&mut together, &peak);
    together.extend(own.into_iter().flat_map(of).map(|(name, quantity)| (name.clone(), quantity.clone())));
    together
}

fn add(into: &mut Resources, more: &Resources) {
    for (name, quantity) in more {
        let sum = into.get(name).map_or_else(|| quantity.clone(), |known| known.plus(quantity));
        into.insert(name.clone(), sum);
    }
}

fn raise(into: &mut Resources, at_least: &Resources) {
    for (name, quantity) in at_least {
        if into.get(name).is_none_or(|known| known.nano_value() < quantity.nano_value()) {
            into.insert(name.clone(), quantity.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_containers_need_room_one_at_a_time_and_sidecars_all_the_time() {
        let container =
            |policy: &str, cpu: &str| alloc::format!(r#"{{"name": "x"{policy}, "resources": {{"requests": {{"cpu": "{cpu}"}}}}}}"#);
        let sidecar = r#", "restartPolicy": "Always""#;
        let cpu = |init: &[String], level: &str| {
            let spec = alloc::format!(r#"{{"initContainers": [{}], "containers": [{}]{level}}}"#, init.join(","), container("", "100m"));
            let resources = pod_resources(&serde_json::from_str(&spec).unwrap(), &Gates::default()).unwrap();
            resources.requests["cpu"].milli_value()
        };
        assert_eq!(cpu(&[container("", "50m"), container("", "300m")], ""), 300);
        assert_eq!(cpu(&[container(sidecar, "50m"), container("", "80m")], ""), 150);
        assert_eq!(cpu(&[container(sidecar, "50m"), container("", "120m")], ""), 170);
        assert_eq!(cpu(&[container("", "120m"), container(sidecar, "50m")], ""), 150);
        assert_eq!(cpu(&[], r#", "resources": {"requests": {"cpu": "1"}}"#), 1000);
    }
}
