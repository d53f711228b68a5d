//! The QoS class of a Pod (API server `ComputePodQOS`).
//!
//! Given by the API server when the Pod is created and never changed; a resize that would change it is refused.

use crate::api::{Pod, PodSpec, QosClass, Quantity, ResourceList, ResourceRequirements};
use crate::gates::Gates;

/// The QoS class of a Pod: the one in its status, or, where there is none yet, the one its spec calls for (`GetPodQOS`).
pub fn pod_qos_class(pod: &Pod, gates: &Gates) -> QosClass {
    pod.status.qos_class.unwrap_or_else(|| qos_class(&pod.spec, gates))
}

/// The QoS class that a Pod spec calls for (`ComputePodQOS`).
///
/// Only cpu and memory count, and only amounts above zero. If the spec has `resources` at Pod level, be they empty, and the gate
/// PodLevelResources is on (KEP-2837), those alone are judged, else those of the regular and init containers, sidecars included:
///
/// - nothing asked for and nothing limited: BestEffort;
/// - every one of them limited in both cpu and memory, and over all of them as much requested as limited: Guaranteed;
/// - anything else: Burstable.
///
/// Takes the spec after defaulting: a limit without a request counts as a request only because defaulting has made it one.
pub fn qos_class(spec: &PodSpec, gates: &Gates) -> QosClass {
    let mut total = Total { all_limited: true, ..Total::default() };
    match &spec.resources {
        Some(resources) if gates.pod_level_resources => total.add(resources),
        _ => spec.containers.iter().chain(&spec.init_containers).for_each(|container| total.add(&container.resources)),
    }
    total.class()
}

/// The resources that decide about the class.
const JUDGED: [&str; 2] = ["cpu", "memory"];

/// Requests and limits over all containers, in nano units, in the order of [`JUDGED`]; `None`: nowhere above zero.
#[derive(Default)]
struct Total {
    requests: [Option<i128>; 2],
    limits: [Option<i128>; 2],
    all_limited: bool,
}

impl Total {
    fn add(&mut self, resources: &ResourceRequirements) {
        add_amounts(&mut self.requests, &resources.requests);
        self.all_limited &= add_amounts(&mut self.limits, &resources.limits);
    }

    fn class(&self) -> QosClass {
        if self.requests == [None; 2] && self.limits == [None; 2] {
            QosClass::BestEffort
        } else if self.all_limited && self.requests == self.limits {
            QosClass::Guaranteed
        } else {
            QosClass::Burstable
        }
    }
}

/// Adds what is above zero; whether all the judged resources are.
fn add_amounts(totals: &mut [Option<i128>; 2], amounts: &ResourceList) -> bool {
    let mut all = true;
    for (total, name) in totals.iter_mut().zip(JUDGED) {
        match amounts.get(name).map(Quantity::nano_value) {
            Some(nanos) if nanos > 0 => *total = Some(total.unwrap_or(0).saturating_add(nanos)),
            _ => all = false,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(json: &str) -> QosClass {
        qos_class(&serde_json::from_str(json).unwrap(), &Gates::default())
    }

    #[test]
    fn every_container_counts_and_amounts_are_compared_as_numbers() {
        let full = "{\"requests\": {\"cpu\": \"1\", \"memory\": \"1Gi\"}, \"limits\": {\"cpu\": \"1000m\", \"memory\": \"1024Mi\"}}";
        let of = |init: &str| class(&alloc::format!("{{\"containers\": [{{\"resources\": {full}}}], \"initContainers\": [{init}]}}"));
        assert_eq!(of(""), QosClass::Guaranteed);
        assert_eq!(of(&alloc::format!("{{\"resources\": {full}}}")), QosClass::Guaranteed);
        assert_eq!(of("{}"), QosClass::Burstable);
        assert_eq!(
            class("{\"containers\": [{\"resources\": {\"limits\": {\"cpu\": \"0\", \"example.com/gpu\": \"1\"}}}]}"),
            QosClass::BestEffort
        );
    }

    #[test]
    fn pod_level_resources_alone_are_judged() {
        let spec = "{\"resources\": {\"limits\": {\"example.com/gpu\": \"1\"}, \"requests\": {\"cpu\": \"0\"}},
            \"containers\": [{\"resources\": {\"requests\": {\"cpu\": \"1\"}}}]}";
        assert_eq!(class(spec), QosClass::BestEffort);
        assert_eq!(class(&spec.replace("resources\": {\"lim", "other\": {\"lim")), QosClass::Burstable);
        let full = "{\"requests\": {\"cpu\": \"1\", \"memory\": \"1\"}, \"limits\": {\"cpu\": \"1\", \"memory\": \"1\"}}";
        assert_eq!(class(&alloc::format!("{{\"resources\": {full}, \"containers\": [{{}}]}}")), QosClass::Guaranteed);
    }
}
