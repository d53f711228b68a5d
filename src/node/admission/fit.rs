//! Whether a Pod fits a node: resources, affinity, host ports (scheduler `AdmissionCheck`, which the kubelet asks, too).

use super::{Node, Rejection};
use crate::api::{Container, NodeSelectorRequirement, NodeSelectorTerm, Pod, Quantity, ResourceList, RestartPolicy};
use crate::gates::Gates;
use crate::rules::requests;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The resources of which there is too little, in the order in which the kubelet looks: the place itself, cpu, memory, disk, the rest.
///
/// Extended resources that the node does not have are left to whoever gives them out.
pub(super) fn shortages(pod: &Pod, node: &Node<'_>, others: &[&Pod], gates: &Gates) -> Vec<Rejection> {
    let Some(allocatable) = node.allocatable else {
        return Vec::new();
    };
    let plain = [requests::PODS, "cpu", "memory", "ephemeral-storage"];
    let extended = allocatable.keys().map(String::as_str).filter(|resource| !plain.contains(resource));
    plain.into_iter().chain(extended).filter_map(|resource| shortage(resource, pod, allocatable, others, gates)).collect()
}

fn shortage(resource: &str, pod: &Pod, allocatable: &ResourceList, others: &[&Pod], gates: &Gates) -> Option<Rejection> {
    let asked = |pod: &Pod| requests::nanos_to_fit(&pod.spec, resource, gates);
    let requested = asked(pod);
    let capacity = allocatable.get(resource).map_or(0, Quantity::nano_value);
    let used = others.iter().map(|pod| asked(pod)).fold(0, i128::saturating_add);
    let reckoned = |nanos| requests::reckoned(nanos, resource);
    (requested > 0 && requested > capacity - used).then(|| Rejection::Shortage {
        resource: resource.into(),
        requested: reckoned(requested),
        used: reckoned(used),
        capacity: reckoned(capacity),
    })
}

/// Whether `nodeSelector` and the required node affinity fit the node: the one in full, of the other one term.
pub(super) fn affinity(pod: &Pod, node: &Node<'_>) -> bool {
    let Some(labels) = node.labels else {
        return true;
    };
    let selected = pod.spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()?.required.as_ref());
    selected && affinity.is_none_or(|selector| selector.node_selector_terms.iter().any(|term| meets_term(labels, node.name, term)))
}

fn meets_term(labels: &BTreeMap<String, String>, name: &str, term: &NodeSelectorTerm) -> bool {
    let labels = term.match_expressions.iter().all(|own| meets(own, labels.get(&own.key).map(String::as_str)));
    let fields = term.match_fields.iter().all(|own| meets(own, (own.key == "metadata.name").then_some(name)));
    let is_empty = term.match_expressions.is_empty() && term.match_fields.is_empty();
    !is_empty && labels && fields
}

fn meets(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let listed = value.is_some_and(|value| requirement.values.iter().any(|known| known == value));
    let number = |text: &str| text.parse::<i64>().ok();
    let compared = || Some((number(value?)?, number(requirement.values.first()?)?));
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared().is_some_and(|(own, than)| own > than),
        "Lt" => compared().is_some_and(|(own, than)| own < than),
        _ => false,
    }
}

/// Whether the host ports of a Pod are free.
pub(super) fn ports(pod: &Pod, others: &[&Pod]) -> bool {
    host_ports(pod).all(|own| others.iter().all(|other| host_ports(other).all(|taken| !own.collides(taken))))
}

/// A port of the node that a Pod wants for itself.
#[derive(Clone, Copy)]
struct HostPort<'a> {
    port: i32,
    protocol: &'a str,
    ip: &'a str,
}

impl HostPort<'_> {
    fn collides(self, other: HostPort<'_>) -> bool {
        let any = |ip| ip == "0.0.0.0";
        self.port == other.port && self.protocol == other.protocol && (self.ip == other.ip || any(self.ip) || any(other.ip))
    }
}

/// The host ports of regular containers and sidecars.
fn host_ports(pod: &Pod) -> impl Iterator<Item = HostPort<'_>> {
    let is_sidecar = |container: &&Container| container.restart_policy == Some(RestartPolicy::Always);
    let containers = pod.spec.containers.iter().chain(pod.spec.init_containers.iter().filter(is_sidecar));
    containers.flat_map(|container| &container.ports).filter(|port| port.host_port > 0).map(|port| HostPort {
        port: port.host_port,
        protocol: if port.protocol.is_empty() { "TCP" } else { &port.protocol },
        ip: if port.host_ip.is_empty() { "0.0.0.0" } else { &port.host_ip },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_alternatives_and_an_empty_one_fits_nothing() {
        let labels: BTreeMap<String, String> = serde_json::from_str(r#"{"cores": "8", "zone": "z1"}"#).unwrap();
        let node = Node { labels: Some(&labels), ..Node::open("n1") };
        let fits = |terms: &str| {
            let json = alloc::format!(
                r#"{{"spec": {{"affinity": {{"nodeAffinity": {{
                    "requiredDuringSchedulingIgnoredDuringExecution": {{"nodeSelectorTerms": [{terms}]}}}}}}}}}}"#
            );
            affinity(&serde_json::from_str(&json).unwrap(), &node)
        };
        let term = |key: &str, operator: &str, values: &str| {
            alloc::format!(r#"{{"matchExpressions": [{{"key": "{key}", "operator": "{operator}", "values": [{values}]}}]}}"#)
        };
        assert!(!fits("") && !fits("{}"));
        assert!(fits(&term("cores", "Gt", r#""7""#)) && !fits(&term("cores", "Lt", r#""8""#)));
        assert!(fits(&term("rack", "NotIn", r#""r1""#)) && !fits(&term("rack", "In", r#""r1""#)));
        assert!(fits(&alloc::format!("{}, {}", term("zone", "DoesNotExist", ""), term("zone", "Exists", ""))));
        assert!(fits(r#"{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}"#));
    }

    #[test]
    fn a_port_is_taken_on_its_address_or_on_all() {
        let pod = |ip: &str, protocol: &str| -> Pod {
            let port = alloc::format!(r#"{{"hostPort": 80, "hostIP": "{ip}", "protocol": "{protocol}"}}"#);
            serde_json::from_str(&alloc::format!(r#"{{"spec": {{"containers": [{{"ports": [{port}]}}]}}}}"#)).unwrap()
        };
        let free = |a: &Pod, b: &Pod| ports(a, &[b]);
        assert!(!free(&pod("", ""), &pod("192.0.2.1", "TCP")));
        assert!(free(&pod("192.0.2.2", "TCP"), &pod("192.0.2.1", "TCP")));
        assert!(free(&pod("", "UDP"), &pod("", "TCP")));
    }
}
