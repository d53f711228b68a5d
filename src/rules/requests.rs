//! What a Pod asks of its node, resource by resource (API `PodRequests`, kubelet `GetResourceRequest`).

use crate::api::{PodSpec, Quantity, ResourceList, ResourceRequirements, RestartPolicy};
use crate::gates::Gates;
use crate::spec::is_pod_level;

/// The resource that every Pod asks one of.
pub const PODS: &str = "pods";

/// Billionths of a unit in one unit, as [`Quantity::nano_value`] counts.
const NANOS: i128 = 1_000_000_000;

/// How much of a resource a Pod asks for in billionths of its unit; 0 where it asks for none (kubelet `GetResourceRequestQuantity`).
///
/// The containers run together, and the sidecars beside them; a plain init container runs alone with the sidecars in front of
/// it, so the most that is needed at one time counts. A Pod with `resources` of its own (KEP-2837, gate PodLevelResources) asks for what those say and nothing
/// else. A runtime class's overhead comes on top, unless nothing is asked for.
pub fn nanos(spec: &PodSpec, resource: &str, gates: &Gates) -> i128 {
    if resource == PODS {
        return NANOS;
    }
    let pod_level = spec.resources.as_ref().filter(|own| gates.pod_level_resources && has_pod_level(own));
    let asked = match pod_level {
        Some(own) if is_pod_level(resource) => amount(&own.requests, resource),
        Some(_) => 0,
        None => most_at_one_time(spec, |own| amount(&own.requests, resource)),
    };
    if asked == 0 { 0 } else { asked.saturating_add(amount(&spec.overhead, resource)) }
}

/// The same as the scheduler and the kubelet's admission sum it up to see whether a Pod fits: what the Pod as a whole does not ask for
/// its containers do, and the overhead counts in any case.
pub fn nanos_to_fit(spec: &PodSpec, resource: &str, gates: &Gates) -> i128 {
    if resource == PODS {
        return NANOS;
    }
    let own = spec.resources.as_ref().filter(|_| gates.pod_level_resources && is_pod_level(resource));
    let asked = match own.and_then(|own| own.requests.get(resource)) {
        Some(own) => own.nano_value(),
        None => most_at_one_time(spec, |own| amount(&own.requests, resource)),
    };
    asked.saturating_add(amount(&spec.overhead, resource))
}

/// The most of a resource that a Pod may use in billionths of its unit: the limits of the containers that have one; `None` if none has.
pub fn limit_nanos(spec: &PodSpec, resource: &str) -> Option<i128> {
    let limited = spec.containers.iter().chain(&spec.init_containers).any(|container| container.resources.limits.contains_key(resource));
    limited.then(|| most_at_one_time(spec, |own| amount(&own.limits, resource)))
}

/// The same in the unit in which the kubelet reckons, rounded up: millicores for cpu, whole units for the rest.
pub fn request(spec: &PodSpec, resource: &str, gates: &Gates) -> i64 {
    reckoned(nanos(spec, resource, gates), resource)
}

/// An amount in billionths in the unit in which the kubelet reckons.
pub fn reckoned(nanos: i128, resource: &str) -> i64 {
    let unit = if resource == "cpu" { NANOS / 1000 } else { NANOS };
    let up = nanos.div_euclid(unit) + i128::from(nanos.rem_euclid(unit) != 0);
    up.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// The most that the containers need at one time.
fn most_at_one_time(spec: &PodSpec, of: impl Fn(&ResourceRequirements) -> i128) -> i128 {
    let (mut sidecars, mut alone) = (0_i128, 0_i128);
    for container in &spec.init_containers {
        let own = sidecars.saturating_add(of(&container.resources));
        if container.restart_policy == Some(RestartPolicy::Always) {
            sidecars = own;
        }
        alone = alone.max(own);
    }
    spec.containers.iter().map(|container| of(&container.resources)).fold(sidecars, i128::saturating_add).max(alone)
}

/// Whether a Pod asks for something, or is limited, as a whole (API `IsPodLevelResourcesSet`).
fn has_pod_level(own: &ResourceRequirements) -> bool {
    own.requests.keys().chain(own.limits.keys()).any(|resource| is_pod_level(resource))
}

fn amount(list: &ResourceList, resource: &str) -> i128 {
    list.get(resource).map_or(0, Quantity::nano_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(json: &str) -> i64 {
        request(&serde_json::from_str(json).unwrap(), "cpu", &Gates::default())
    }

    #[test]
    fn the_most_that_is_needed_at_one_time() {
        let c = |cpu: &str, more: &str| alloc::format!(r#"{{"resources": {{"requests": {{"cpu": "{cpu}"}}}}{more}}}"#);
        let sidecar = c("100m", r#", "restartPolicy": "Always""#);
        let of = |init: &str, regular: &str| cpu(&alloc::format!(r#"{{"initContainers": [{init}], "containers": [{regular}]}}"#));
        assert_eq!(of("", &alloc::format!("{}, {}", c("1", ""), c("0.0001", ""))), 1001);
        assert_eq!(of(&alloc::format!("{}, {sidecar}", c("1", "")), &c("500m", "")), 1000);
        assert_eq!(of(&alloc::format!("{sidecar}, {}", c("1", "")), &c("500m", "")), 1100);
        assert_eq!(of(&sidecar, &c("1", "")), 1100);
    }

    #[test]
    fn what_fits_is_asked_as_a_whole_only_where_that_counts() {
        let spec = r#"{"containers": [{"resources": {"requests": {"cpu": "1", "example.com/x": "1"}}}],
            "resources": {"requests": {"cpu": "2", "example.com/x": "2"}}}"#;
        let spec: PodSpec = serde_json::from_str(spec).unwrap();
        for (pod_level_resources, cpu) in [(true, 2), (false, 1)] {
            let gates = Gates { pod_level_resources, ..Gates::default() };
            let asked = ["cpu", "example.com/x"].map(|resource| nanos_to_fit(&spec, resource, &gates) / NANOS);
            assert_eq!(asked, [cpu, 1], "an extended resource belongs to containers");
        }
    }

    #[test]
    fn a_pod_that_asks_as_a_whole_and_one_with_overhead() {
        let container = r#""containers": [{"resources": {"requests": {"cpu": "1"}}}]"#;
        assert_eq!(cpu(&alloc::format!(r#"{{{container}, "overhead": {{"cpu": "1m"}}}}"#)), 1001);
        assert_eq!(cpu(&alloc::format!(r#"{{{container}, "resources": {{"requests": {{"cpu": "2"}}}}}}"#)), 2000);
        assert_eq!(cpu(&alloc::format!(r#"{{{container}, "resources": {{"limits": {{"memory": "1"}}}}, "overhead": {{"cpu": "1"}}}}"#)), 0);
    }

    #[test]
    fn a_pod_that_asks_as_a_whole_asks_for_nothing_that_containers_ask_for() {
        let asked = |own: &str, resource: &str| {
            let spec = r#"{"containers": [{"resources": {"requests": {"cpu": "1", "memory": "5", "example.com/x": "1"}}}], "resources": "#;
            let spec: PodSpec = serde_json::from_str(&alloc::format!("{spec}{own}}}")).unwrap();
            request(&spec, resource, &Gates::default())
        };
        let all = |own: &str| ["cpu", "memory", "example.com/x", PODS].map(|resource| asked(own, resource));
        assert_eq!(all(r#"{"requests": {"cpu": "2", "example.com/x": "2"}}"#), [2000, 0, 0, 1]);
        assert_eq!(all(r#"{"limits": {"memory": "9"}}"#), [0, 0, 0, 1]);
        // What is no resource of a Pod as a whole does not make it one that asks as a whole.
        assert_eq!(all(r#"{"requests": {"example.com/x": "2"}}"#), [1000, 5, 1, 1]);
        assert_eq!(all("{}"), [1000, 5, 1, 1]);
    }

    #[test]
    fn amounts_are_rounded_up_in_the_unit_of_the_kubelet() {
        for (nanos, milli_cpu, bytes) in
            [(0, 0, 0), (1, 1, 1), (1_000_000, 1, 1), (1_000_001, 2, 1), (NANOS, 1000, 1), (NANOS + 1, 1001, 2), (-1, 0, 0)]
        {
            assert_eq!((reckoned(nanos, "cpu"), reckoned(nanos, "memory")), (milli_cpu, bytes), "{nanos}");
        }
        assert_eq!((reckoned(i128::MAX, "cpu"), reckoned(i128::MIN, "memory")), (i64::MAX, i64::MIN));
    }

    #[test]
    fn a_pod_is_limited_if_a_container_is() {
        let limit = |spec: &str| limit_nanos(&serde_json::from_str(spec).unwrap(), "cpu").map(|nanos| reckoned(nanos, "cpu"));
        let limited = r#"{"resources": {"limits": {"cpu": "1"}}}"#;
        assert_eq!(limit(r#"{"containers": [{"resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1"}}}]}"#), None);
        assert_eq!(limit(&alloc::format!(r#"{{"containers": [{limited}, {{}}, {limited}]}}"#)), Some(2000));
        assert_eq!(limit(&alloc::format!(r#"{{"containers": [{{}}], "initContainers": [{limited}]}}"#)), Some(1000));
    }
}
