//! The Pod garbage collector: which Pods of a cluster it removes by force, and what it writes before (kube-controller-manager
//! `podgc`).
//!
//! Every [`CHECK_PERIOD`] it looks at all Pods and Nodes it knows of. The caller brings the lists, makes the look-ups that
//! [`PodGc::look`] asks for, writes each [`Garbage::patch`] and deletes each Pod with grace period 0.
//!
//! ```
//! use pod_lifecycle::api::{Node, Pod, PodPhase};
//! use pod_lifecycle::cluster::pod_gc::{GarbageReason, PodGc, QUARANTINE};
//! use pod_lifecycle::Time;
//!
//! let pods: [Pod; 1] = [serde_json::from_str(r#"{"spec": {"nodeName": "lost"}, "status": {"phase": "Running"}}"#)?];
//! let nodes: [Node; 0] = [];
//! let now = Time::from_secs(1_767_225_600);
//!
//! let mut collector = PodGc::default();
//! assert!(collector.look(now, &pods, &nodes).is_empty());
//! assert_eq!(collector.next_look(), Some(now + QUARANTINE));
//!
//! // It is still missing, and the API server does not know it either.
//! let gone = collector.look(now + QUARANTINE, &pods, &nodes);
//! let garbage = collector.collect(&pods, &nodes, &gone);
//! assert_eq!(garbage[0].why, GarbageReason::Orphaned);
//! let status = garbage[0].patch(now + QUARANTINE).expect("it has not ended");
//! assert_eq!(status.phase, Some(PodPhase::Failed));
//! assert_eq!(status.conditions[0].reason, "DeletionByPodGC");
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::disruption::{Disruption, put_condition};
use crate::api::{Node, Pod, PodPhase, PodStatus};
use crate::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::Borrow;

/// How often the collector looks (`gcCheckPeriod`).
pub const CHECK_PERIOD: Span = Span::from_secs(20);

/// How long a node must be missing from the collector's list before the API server is asked for it (`quarantineTime`).
pub const QUARANTINE: Span = Span::from_secs(40);

/// How many ended Pods a cluster keeps unless told otherwise (`--terminated-pod-gc-threshold`).
pub const DEFAULT_TERMINATED_POD_THRESHOLD: i32 = 12_500;

/// The taint by which an administrator declares that a node is down for good.
pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Why a Pod is removed; in the order in which the collector does its four jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GarbageReason {
    /// It has ended, and there are too many such Pods (`gcTerminated`).
    Terminated,
    /// It is being deleted, and its node is neither Ready nor in service ([`OUT_OF_SERVICE`], `gcTerminating`).
    OutOfService,
    /// Its node does not exist any more (`gcOrphaned`).
    Orphaned,
    /// It is being deleted and never had a node (`gcUnscheduledTerminating`).
    UnscheduledTerminating,
}

impl GarbageReason {
    /// The status that is written before a Pod is removed for this reason; `None` if nothing is.
    ///
    /// A Pod that has not ended is made Failed, since no kubelet will do it (`markFailedAndDeletePod`): controllers count on a final
    /// phase. An orphan is shown as disrupted, too. Container statuses and the other conditions stay as they are.
    pub fn patch(self, now: Time, pod: &Pod) -> Option<PodStatus> {
        if pod.status.phase.is_some_and(PodPhase::is_terminal) {
            return None;
        }
        let mut status = pod.status.clone();
        status.phase = Some(PodPhase::Failed);
        status.observed_generation = pod.metadata.generation;
        if self == Self::Orphaned {
            put_condition(&mut status, Disruption::DeletionByPodGc.condition(now, &pod.metadata));
        }
        Some(status)
    }
}

/// A Pod to be removed with grace period 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbage<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// Why.
    pub why: GarbageReason,
}

impl Garbage<'_> {
    /// The status to be written first, if any: see [`GarbageReason::patch`] (`markFailedAndDeletePod`).
    pub fn patch(&self, now: Time) -> Option<PodStatus> {
        self.why.patch(now, self.pod)
    }
}

/// The collector: its threshold, and the nodes it misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodGc {
    terminated_pod_threshold: i32,
    /// Nodes that Pods name and nobody lists, and when their quarantine ends.
    missing: BTreeMap<String, Time>,
}

impl Default for PodGc {
    fn default() -> Self {
        Self::new(DEFAULT_TERMINATED_POD_THRESHOLD)
    }
}

impl PodGc {
    /// A collector that keeps so many ended Pods; 0 or less: all of them (`--terminated-pod-gc-threshold`).
    pub const fn new(terminated_pod_threshold: i32) -> Self {
        Self { terminated_pod_threshold, missing: BTreeMap::new() }
    }

    /// Begins a round: notes which nodes are missing, and names those that have been for [`QUARANTINE`].
    ///
    /// The caller asks the API server for each of these, since the list may be behind, and passes those that are really not there to
    /// [`collect`](Self::collect). A look-up that fails leaves the node missing: its quarantine begins anew.
    pub fn look<P: Borrow<Pod>, N: Borrow<Node>>(&mut self, now: Time, pods: &[P], nodes: &[N]) -> Vec<String> {
        let listed = by_name(nodes);
        let over = |until: &Time| *until <= now;
        let due: Vec<String> = self.missing.iter().filter(|(_, until)| over(until)).map(|(name, _)| name.clone()).collect();
        self.missing.retain(|_, until| !over(until));
        for pod in pods {
            let name = &pod.borrow().spec.node_name;
            if !name.is_empty()
                && !listed.contains_key(name.as_str())
                && let Entry::Vacant(new) = self.missing.entry(name.clone())
            {
                new.insert(now + QUARANTINE);
            }
        }
        due.into_iter().filter(|name| !listed.contains_key(name.as_str())).collect()
    }

    /// When the first quarantine ends: before that, only other news makes a round worth while.
    pub fn next_look(&self) -> Option<Time> {
        self.missing.values().min().copied()
    }

    /// The Pods to be removed in this round, in the order of the four jobs. `gone` are the nodes of [`look`](Self::look) that do not
    /// exist.
    pub fn collect<'a, P: Borrow<Pod>, N: Borrow<Node>>(&self, pods: &'a [P], nodes: &[N], gone: &[String]) -> Vec<Garbage<'a>> {
        let listed = by_name(nodes);
        let of = |why: GarbageReason| move |pod: &'a Pod| Garbage { pod, why };
        let all = || pods.iter().map(Borrow::borrow);
        let mut garbage: Vec<_> =
            too_many_ended(all(), self.terminated_pod_threshold).into_iter().map(of(GarbageReason::Terminated)).collect();
        let lost = all().filter(|pod| listed.get(pod.spec.node_name.as_str()).is_some_and(|node| is_out_of_service(pod, node)));
        garbage.extend(lost.map(of(GarbageReason::OutOfService)));
        garbage.extend(all().filter(|pod| gone.contains(&pod.spec.node_name)).map(of(GarbageReason::Orphaned)));
        garbage.extend(all().filter(|pod| is_unscheduled_terminating(pod)).map(of(GarbageReason::UnscheduledTerminating)));
        garbage
    }
}

/// The ended Pods beyond the threshold (none if that is 0 or less): evicted ones first, then the oldest, then by name (`gcTerminated`,
/// `byEvictionAndCreationTimestamp`).
pub fn too_many_ended<'a>(pods: impl Iterator<Item = &'a Pod>, threshold: i32) -> Vec<&'a Pod> {
    let Some(threshold) = usize::try_from(threshold).ok().filter(|&threshold| threshold > 0) else { return Vec::new() };
    let mut ended: Vec<&Pod> = pods.filter(|pod| has_ended(pod)).collect();
    let excess = ended.len().saturating_sub(threshold);
    if excess > 0 {
        ended.sort_by_key(|pod| (!is_evicted(pod), pod.metadata.creation_timestamp, &pod.metadata.name));
    }
    ended.truncate(excess);
    ended
}

/// Whether the Pod is being deleted on a node that is not Ready and out of service: nobody will ever finish it there (`gcTerminating`).
pub fn is_out_of_service(pod: &Pod, node: &Node) -> bool {
    pod.metadata.deletion_timestamp.is_some() && !node.is_ready() && node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// Whether the Pod is being deleted and no kubelet ever had it (`gcUnscheduledTerminating`).
pub fn is_unscheduled_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some() && pod.spec.node_name.is_empty()
}

/// Anything but Pending, Running and Unknown counts as ended here, no phase at all too (`isPodTerminated`).
fn has_ended(pod: &Pod) -> bool {
    !matches!(pod.status.phase, Some(PodPhase::Pending | PodPhase::Running | PodPhase::Unknown))
}

fn is_evicted(pod: &Pod) -> bool {
    pod.status.phase == Some(PodPhase::Failed) && pod.status.reason == "Evicted"
}

fn by_name<N: Borrow<Node>>(nodes: &[N]) -> BTreeMap<&str, &Node> {
    nodes.iter().map(Borrow::borrow).map(|node: &Node| (node.metadata.name.as_str(), node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, node: &str, phase: PodPhase) -> Pod {
        let mut pod = Pod::default();
        pod.metadata.name = name.into();
        pod.spec.node_name = node.into();
        pod.status.phase = Some(phase);
        pod
    }

    fn node(name: &str) -> Node {
        let mut node = Node::default();
        node.metadata.name = name.into();
        node
    }

    const fn at(secs: i64) -> Time {
        Time::from_secs(secs)
    }

    #[test]
    fn an_orphan_waits_for_the_quarantine_and_the_look_up() {
        let mut gc = PodGc::default();
        let pods = [pod("p", "n1", PodPhase::Running), pod("q", "n2", PodPhase::Running)];
        let nodes = [node("n2")];
        assert!(gc.look(at(0), &pods, &nodes).is_empty());
        assert_eq!(gc.next_look(), Some(at(40)));
        assert!(gc.look(at(39), &pods, &nodes).is_empty());
        let asked = gc.look(at(40), &pods, &nodes);
        assert_eq!(asked, ["n1"]);
        assert!(gc.collect(&pods, &nodes, &[]).is_empty());
        let garbage = gc.collect(&pods, &nodes, &asked);
        assert_eq!((garbage.len(), garbage[0].why), (1, GarbageReason::Orphaned));
        let patch = garbage[0].patch(at(40)).unwrap();
        assert_eq!((patch.phase, patch.conditions.len()), (Some(PodPhase::Failed), 1));
        // Asked again after another quarantine, as long as a Pod names it; then forgotten.
        assert!(gc.look(at(79), &pods[1..], &nodes).is_empty());
        assert_eq!(gc.look(at(80), &pods[1..], &nodes), ["n1"]);
        assert_eq!(gc.next_look(), None);
    }

    #[test]
    fn evicted_pods_go_before_older_ones() {
        let mut pods = [pod("a", "n", PodPhase::Failed), pod("b", "n", PodPhase::Succeeded), pod("c", "n", PodPhase::Failed)];
        for (pod, age) in pods.iter_mut().zip([2, 1, 3]) {
            pod.metadata.creation_timestamp = Some(at(age));
        }
        pods[2].status.reason = "Evicted".into();
        let names = |threshold| too_many_ended(pods.iter(), threshold).iter().map(|pod| pod.metadata.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(1), ["c", "b"]);
        assert!(names(3).is_empty() && names(0).is_empty());
    }

    #[test]
    fn out_of_service_takes_a_deleted_pod_a_taint_and_an_unready_node() {
        let mut pods = [pod("p", "n", PodPhase::Running)];
        let mut nodes = [node("n")];
        let why = |pods: &[Pod], nodes: &[Node]| PodGc::default().collect(pods, nodes, &[]).first().map(|garbage| garbage.why);
        nodes[0].spec.taints.push(crate::api::Taint { key: OUT_OF_SERVICE.into(), ..Default::default() });
        assert_eq!(why(&pods, &nodes), None);
        pods[0].metadata.deletion_timestamp = Some(at(9));
        assert_eq!(why(&pods, &nodes), Some(GarbageReason::OutOfService));
        assert!(GarbageReason::OutOfService.patch(at(10), &pods[0]).is_some_and(|status| status.conditions.is_empty()));
        nodes[0].spec.taints.clear();
        assert_eq!(why(&pods, &nodes), None);
    }
}
