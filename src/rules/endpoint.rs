//! Whether and how a Service routes to a Pod: the Pod's entry in an EndpointSlice (endpoint slice controller), and what a proxy makes of it.
//!
//! Which Pods a Service selects, and whether their node exists (a Pod of a node that does not has no entry, unless the Service publishes
//! addresses that are not ready), is more than one Pod can tell.

use super::pod_status::IpFamily;
use crate::api::{ConditionStatus, ConditionType, Pod, PodIp, PodPhase};

/// The entry of a Pod in the EndpointSlices of a Service that selects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// `conditions.serving`: the Pod is Ready, whether or not it terminates (KEP-1672).
    pub serving: bool,
    /// `conditions.terminating`: the Pod is being deleted (KEP-1672).
    pub terminating: bool,
    /// `conditions.ready`: serving and not terminating; always where the Service publishes addresses that are not ready.
    pub ready: bool,
    ips: &'a [PodIp],
    /// The address of a Pod that has no list of them.
    lone: &'a str,
}

/// When traffic goes to an endpoint (proxy `CategorizeEndpoints`, KEP-1669).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// With all others that are ready.
    Normal,
    /// While the Service has no endpoint that is ready: it terminates and still serves.
    LastResort,
    /// Not at all.
    None,
}

/// The entry of a Pod in the EndpointSlices of a Service with this `spec.publishNotReadyAddresses`; `None` if it has none
/// (endpoint slice controller `podToEndpoint`).
pub fn endpoint(pod: &Pod, publish_not_ready_addresses: bool) -> Option<Endpoint<'_>> {
    if !is_endpoint(pod, true) {
        return None;
    }
    let is_ready = |condition: &crate::api::PodCondition| condition.type_ == ConditionType::Ready;
    let serving = pod.status.conditions.iter().find(|c| is_ready(c)).is_some_and(|ready| ready.status == ConditionStatus::True);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let ready = publish_not_ready_addresses || serving && !terminating;
    let lone = if pod.status.pod_ips.is_empty() { pod.status.pod_ip.as_str() } else { "" };
    Some(Endpoint { serving, terminating, ready, ips: &pod.status.pod_ips, lone })
}

/// Whether a Pod can be an endpoint at all: it has an address, and has not ended (endpoint slice controller `ShouldPodBeInEndpoints`).
///
/// EndpointSlices have terminating Pods, too; the older Endpoints only those of Services that publish addresses that are not ready.
pub fn is_endpoint(pod: &Pod, with_terminating: bool) -> bool {
    let has_ended = pod.status.phase.is_some_and(PodPhase::is_terminal);
    let has_address = !pod.status.pod_ip.is_empty() || !pod.status.pod_ips.is_empty();
    !has_ended && has_address && (with_terminating || pod.metadata.deletion_timestamp.is_none())
}

impl<'a> Endpoint<'a> {
    /// Its addresses of one family: an EndpointSlice has one only, and lacks a Pod without any (`getEndpointAddresses`, which takes what
    /// it cannot read as IPv4).
    pub fn addresses(&self, family: IpFamily) -> impl Iterator<Item = &'a str> {
        let lone = (!self.lone.is_empty()).then_some(self.lone);
        let all = self.ips.iter().map(|ip| ip.ip.as_str()).chain(lone);
        all.filter(move |ip| IpFamily::of(ip).unwrap_or(IpFamily::V4) == family)
    }

    /// When traffic goes to it.
    pub const fn routing(&self) -> Routing {
        match (self.ready, self.serving && self.terminating) {
            (true, _) => Routing::Normal,
            (false, true) => Routing::LastResort,
            (false, false) => Routing::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use serde_json::{Value, json};

    fn pod(phase: &str, ready: &str, deleted: bool, ips: &[&str]) -> Pod {
        let ips: Vec<Value> = ips.iter().map(|ip| json!({"ip": ip})).collect();
        let mut pod = json!({"status": {"phase": phase, "podIPs": ips, "conditions": [
            {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": ready}]}});
        if deleted {
            pod["metadata"] = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        }
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn each_kind_of_endpoint() {
        // serving, terminating, ready, routing; for a Service that does not publish what is not ready, and for one that does.
        let normal = |serving, terminating| Some((serving, terminating, true, Routing::Normal));
        let none = |terminating| Some((false, terminating, false, Routing::None));
        let last = Some((true, true, false, Routing::LastResort));
        for (phase, ready, deleted, expected, published) in [
            ("Pending", "False", false, none(false), normal(false, false)),
            ("Pending", "True", false, normal(true, false), normal(true, false)),
            ("Running", "True", false, normal(true, false), normal(true, false)),
            ("Running", "False", false, none(false), normal(false, false)),
            ("Running", "Unknown", false, none(false), normal(false, false)),
            ("Running", "True", true, last, normal(true, true)),
            ("Running", "False", true, none(true), normal(false, true)),
            ("Unknown", "True", false, normal(true, false), normal(true, false)),
            ("Succeeded", "True", false, None, None),
            ("Failed", "False", false, None, None),
            ("Failed", "True", true, None, None),
        ] {
            let pod = pod(phase, ready, deleted, &["10.0.0.1"]);
            let seen = |publish| endpoint(&pod, publish).map(|seen| (seen.serving, seen.terminating, seen.ready, seen.routing()));
            assert_eq!(seen(false), expected, "{phase}, Ready={ready}, deleted: {deleted}");
            assert_eq!(seen(true), published, "{phase}, Ready={ready}, deleted: {deleted}, published");
            assert_eq!(is_endpoint(&pod, false), expected.is_some() && !deleted, "{phase}, deleted: {deleted}, Endpoints");
        }
        assert_eq!(endpoint(&Pod::default(), true), None, "no address");
    }

    #[test]
    fn without_a_condition_it_does_not_serve() {
        let pod: Pod = serde_json::from_value(json!({"status": {"phase": "Running", "podIP": "10.0.0.1"}})).unwrap();
        assert!(!endpoint(&pod, false).unwrap().serving);
    }

    #[test]
    fn an_entry_for_each_family() {
        fn addresses(pod: &Pod, family: IpFamily) -> Vec<&str> {
            endpoint(pod, false).unwrap().addresses(family).collect()
        }
        let both = pod("Running", "True", false, &["fd00::1", "10.0.0.1"]);
        assert_eq!((addresses(&both, IpFamily::V4), addresses(&both, IpFamily::V6)), (["10.0.0.1"].into(), ["fd00::1"].into()));
        let unreadable = pod("Running", "True", false, &["somewhere"]);
        assert_eq!(addresses(&unreadable, IpFamily::V4), ["somewhere"]);
        assert!(addresses(&unreadable, IpFamily::V6).is_empty());
        let mut alone = both.clone();
        alone.status.pod_ips.clear();
        assert_eq!(endpoint(&alone, false), None);
        alone.status.pod_ip = "fd00::1".into();
        assert_eq!((addresses(&alone, IpFamily::V4), addresses(&alone, IpFamily::V6)), (Vec::new(), ["fd00::1"].into()));
    }
}
