//! Admission: whether the kubelet lets a Pod in (kubelet `canAdmitPod`), and in what words it refuses.
//!
//! A kubelet asks for each Pod that it learns of and that has not ended: for new ones, and after its own start for all, those
//! that run already not excepted. A refused Pod has no worker; its status is told by the Pod's machine
//! ([`Event::Rejected`](crate::pod::Event::Rejected)).
//!
//! ```
//! use pod_lifecycle::node::admission::{Admission, Node, admit};
//! use pod_lifecycle::{Gates, api};
//!
//! let allocatable = serde_json::from_str(r#"{"cpu": "2", "memory": "4Gi", "pods": "10"}"#)?;
//! let node = Node { allocatable: Some(&allocatable), ..Node::open("edge-1") };
//! let pod: api::Pod = serde_json::from_str(r#"{"spec": {"containers": [{"resources": {"requests": {"cpu": "1500m"}}}]}}"#)?;
//!
//! assert_eq!(admit(&pod, &node, &[], &Gates::default()), Admission::Admitted(vec![]));
//! let Admission::Rejected(why) = admit(&pod, &node, &[&pod], &Gates::default()) else { unreachable!() };
//! assert_eq!(why.reason(), "OutOfcpu");
//! assert!(why.message().ends_with("resource: cpu, requested: 1500, used: 1500, capacity: 2000"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod fit;

pub use super::rejection::Rejection;

use super::Kill;
use super::eviction::{self, NodePressure};
use super::preemption::{self, Recovery};
use crate::api::{Pod, PodPhase, ResourceList, Taint};
use crate::gates::Gates;
use crate::rules::toleration::is_tolerated;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// A node as its kubelet sees it when it decides about a Pod.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// Its name.
    pub name: &'a str,
    /// The operating system the kubelet was built for: `linux` or `windows`.
    pub os: &'a str,
    /// Its labels; `None`: they are not known, and what a Pod asks of them counts as met.
    pub labels: Option<&'a BTreeMap<String, String>>,
    /// Its taints. Only NoExecute ones keep a Pod out here; the others are the scheduler's affair.
    pub taints: &'a [Taint],
    /// `status.allocatable`; `None`: there is room for everything.
    pub allocatable: Option<&'a ResourceList>,
    /// What it runs short of.
    pub pressures: &'a [NodePressure],
    /// A graceful shutdown is going on.
    pub is_shutting_down: bool,
}

impl<'a> Node<'a> {
    /// A linux node that lets everybody in who asks for it by name.
    pub const fn open(name: &'a str) -> Self {
        Self { name, os: "linux", labels: None, taints: &[], allocatable: None, pressures: &[], is_shutting_down: false }
    }
}

/// What becomes of a Pod that asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is let in, once these are ended to make room for it: mostly none.
    Admitted(Vec<Kill>),
    /// It is refused.
    Rejected(Rejection),
}

/// Decides whether a Pod is let in. `others` are the Pods that are active on the node; those that are to be ended are named by their
/// place there.
///
/// The parts of the kubelet are asked in turn, and the first that refuses is heard: node pressure; system, resources, affinity, name, ports
/// and taints (where a critical Pod gets room if only resources are lacking); node shutdown.
pub fn admit(pod: &Pod, node: &Node<'_>, others: &[&Pod], gates: &Gates) -> Admission {
    if pod.status.phase.is_some_and(PodPhase::is_terminal) {
        // What has ended asks for nothing; it is let in to be cleaned up.
        return Admission::Admitted(Vec::new());
    }
    if !eviction::admits(pod, node.pressures, gates) {
        return Admission::Rejected(Rejection::NodePressure(node.pressures.to_vec()));
    }
    if let Some(rejection) = wrong_os(pod, node) {
        return Admission::Rejected(rejection);
    }
    let kills = match failures(pod, node, others, gates) {
        none if none.is_empty() => Vec::new(),
        failures => match preemption::recover(pod, &failures, others, gates) {
            Recovery::Preempt(kills) => kills,
            Recovery::None(failures) => return Admission::Rejected(failures.into_iter().next().unwrap_or(Rejection::NoRoom)),
            Recovery::NotEnough => return Admission::Rejected(Rejection::NoRoom),
        },
    };
    if node.is_shutting_down {
        return Admission::Rejected(Rejection::NodeShutdown);
    }
    Admission::Admitted(kills)
}

/// The Pod is made for another system than the kubelet's.
fn wrong_os(pod: &Pod, node: &Node<'_>) -> Option<Rejection> {
    if pod.metadata.labels.get("kubernetes.io/os").is_some_and(|os| os != node.os) {
        return Some(Rejection::OsLabel);
    }
    pod.spec.os.as_ref().is_some_and(|os| os.name != node.os).then_some(Rejection::Os)
}

/// All that speaks against a Pod on this node (kubelet `generalFilter`), in the order in which the kubelet finds it.
pub fn failures(pod: &Pod, node: &Node<'_>, others: &[&Pod], gates: &Gates) -> Vec<Rejection> {
    let mut found = fit::shortages(pod, node, others, gates);
    if !fit::affinity(pod, node) {
        found.push(Rejection::NodeAffinity);
    }
    if !pod.spec.node_name.is_empty() && pod.spec.node_name != node.name {
        found.push(Rejection::NodeName);
    }
    if !fit::ports(pod, others) {
        found.push(Rejection::NodePorts);
    }
    let untolerated = |taint: &Taint| taint.is_no_execute() && !is_tolerated(&pod.spec.tolerations, taint);
    if !pod.metadata.is_static() && node.taints.iter().any(untolerated) {
        found.push(Rejection::TaintToleration);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: &str) -> Pod {
        serde_json::from_str(&alloc::format!(r#"{{"spec": {spec}}}"#)).unwrap()
    }

    fn reason(pod: &Pod, others: &[&Pod], node: Node<'_>) -> Option<String> {
        match admit(pod, &node, others, &Gates::default()) {
            Admission::Admitted(_) => None,
            Admission::Rejected(rejection) => Some(rejection.reason().into_owned()),
        }
    }

    fn amounts(json: &str) -> ResourceList {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_first_that_refuses_is_heard() {
        let (labels, amounts) = (BTreeMap::new(), amounts(r#"{"cpu": "2", "memory": "1Gi", "pods": "3"}"#));
        let node = Node { labels: Some(&labels), allocatable: Some(&amounts), ..Node::open("n1") };
        let picky = pod(r#"{"nodeSelector": {"zone": "z2"}, "containers": [{"resources": {"requests": {"cpu": "1500m"}}}]}"#);
        let shutting_down = Node { is_shutting_down: true, ..node };
        assert_eq!(reason(&picky, &[], node).unwrap(), "NodeAffinity");
        assert_eq!(reason(&picky, &[&picky], node).unwrap(), "OutOfcpu");
        assert_eq!(reason(&picky, &[], shutting_down).unwrap(), "NodeAffinity");
        assert_eq!(reason(&picky, &[], Node { labels: None, ..shutting_down }).unwrap(), "NodeShutdown");
        assert_eq!(reason(&picky, &[], Node { pressures: &[NodePressure::Disk], ..node }).unwrap(), "Evicted");
        let ended = Pod { status: serde_json::from_str(r#"{"phase": "Failed"}"#).unwrap(), ..picky };
        assert_eq!(reason(&ended, &[], node), None);
    }

    #[test]
    fn a_critical_pod_gets_room_but_not_past_a_shutdown() {
        let amounts = amounts(r#"{"cpu": "2", "pods": "3"}"#);
        let node = Node { allocatable: Some(&amounts), ..Node::open("n1") };
        let critical = pod(r#"{"priority": 2000000000, "containers": [{"resources": {"requests": {"cpu": "1500m"}}}]}"#);
        let small = pod(r#"{"containers": [{"resources": {"requests": {"cpu": "1"}}}]}"#);
        assert_eq!(reason(&critical, &[&small], node), None);
        assert_eq!(reason(&critical, &[&critical], node).unwrap(), "UnexpectedAdmissionError");
        assert_eq!(reason(&critical, &[], Node { is_shutting_down: true, ..node }).unwrap(), "NodeShutdown");
    }

    #[test]
    fn only_taints_that_evict_keep_out() {
        let any = pod(r#"{"containers": [{}]}"#);
        let with = |effect: &str| {
            reason(&any, &[], Node { taints: &[Taint { key: "k".into(), effect: effect.into(), ..Taint::default() }], ..Node::open("n1") })
        };
        assert_eq!(with("NoSchedule"), None);
        assert_eq!(with("NoExecute").unwrap(), "TaintToleration");
    }
}
