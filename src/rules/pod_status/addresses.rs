//! The addresses of a Pod (kubelet `sortPodIPs`, and the host network's share in `generateAPIPodStatus`).

use alloc::string::{String, ToString};
use core::net::IpAddr;

/// One of the two kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpFamily {
    /// IPv4, also where it is written as an IPv6 address.
    V4,
    /// IPv6.
    V6,
}

impl IpFamily {
    /// The family of an address; `None` if it is none.
    pub fn of(address: &str) -> Option<Self> {
        Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        })
    }
}

/// The addresses of a Pod on its own network, out of those that the runtime reports: the first of each family, that of the node's primary
/// address first (kubelet `sortPodIPs`). What is not an address is passed over.
pub fn pod_ips<'a>(reported: impl Iterator<Item = &'a str> + Clone, node_primary: Option<&str>) -> impl Iterator<Item = &'a str> + Clone {
    // One address is in order whatever the node's.
    let v6_first = reported.clone().nth(1).is_some() && node_primary.is_some_and(|ip| IpFamily::of(ip) == Some(IpFamily::V6));
    let order = if v6_first { [IpFamily::V6, IpFamily::V4] } else { [IpFamily::V4, IpFamily::V6] };
    order.into_iter().filter_map(move |wanted| reported.clone().find(|ip| IpFamily::of(ip) == Some(wanted)))
}

/// The addresses that a Pod on the node's network has beside its own, `own` the first of which there are `count`: the node's where it has
/// none; where it has one, the node's second if that is of the other family (kubelet `generateAPIPodStatus`).
pub fn host_network_ips<'a, T: AsRef<str>>(own: Option<&str>, count: usize, node: &'a [T]) -> &'a [T] {
    let node = &node[..node.len().min(2)];
    match (own, node) {
        (None, _) => node,
        (Some(own), [_, second]) if count == 1 && IpFamily::of(own) != IpFamily::of(second.as_ref()) => &node[1..],
        _ => &[],
    }
}

/// Whether two addresses are of different families, as the API asks of the two that a Pod or node may have. What is no address is of none.
pub fn is_dual_stack(first: &str, second: &str) -> bool {
    IpFamily::of(first).zip(IpFamily::of(second)).is_some_and(|(first, second)| first != second)
}

/// An address as the API writes it.
pub fn canonical_ip(text: &str) -> String {
    match text.parse::<IpAddr>() {
        // There is one way only to write an IPv4 address.
        Ok(IpAddr::V4(_)) | Err(_) => text.into(),
        Ok(ip) => ip.to_canonical().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn one_of_each_family_in_the_order_of_the_node() {
        let reported = ["x", "fd00::1", "10.0.0.1", "10.0.0.2"];
        let ips = |primary| pod_ips(reported.into_iter(), primary).collect::<Vec<_>>();
        assert_eq!(ips(None), ["10.0.0.1", "fd00::1"]);
        assert_eq!(ips(Some("::1")), ["fd00::1", "10.0.0.1"]);
        assert_eq!(canonical_ip("FD00:0::1"), "fd00::1");
        assert_eq!(["10.0.0.1", "::ffff:10.0.0.1", "010.0.0.1"].map(canonical_ip), ["10.0.0.1", "10.0.0.1", "010.0.0.1"]);
    }

    #[test]
    fn the_node_completes_what_the_pod_has() {
        let node = ["1.1.1.1", "::1"];
        assert_eq!(host_network_ips(None, 0, &node), node);
        assert_eq!(host_network_ips(Some("1.1.1.1"), 1, &node), ["::1"]);
        assert!(is_dual_stack("1.1.1.1", "::1") && is_dual_stack("::1", "1.1.1.1"));
        assert!(!is_dual_stack("1.1.1.1", "::ffff:1.1.1.2") && !is_dual_stack("1.1.1.1", "node"));
        assert!(host_network_ips(Some("::2"), 1, &node).is_empty());
        assert!(host_network_ips(Some("1.1.1.1"), 2, &node).is_empty());
    }
}
