//! Node-pressure eviction: who has to go when the node runs short, who goes for its own excess, and who is let in meanwhile (kubelet
//! eviction manager).
//!
//! ```
//! use pod_lifecycle::node::eviction::{Starved, Threshold, Usage, evict};
//! use pod_lifecycle::{Gates, api};
//!
//! let pod = |json| serde_json::from_str::<api::Pod>(json);
//! let modest = pod(r#"{"spec": {"containers": [{"resources": {"requests": {"memory": "1Gi"}}}]}}"#)?;
//! let greedy = pod(r#"{"spec": {"containers": [{}]}}"#)?;
//!
//! // Nobody goes for what it has asked for, if somebody else uses more than that.
//! let pods = [Usage { pod: &modest, used: Some(1 << 30) }, Usage { pod: &greedy, used: Some(1 << 20) }];
//! let kill = evict(Starved::Memory, Threshold::Hard, &pods, &Gates::default()).expect("one is not critical");
//! assert_eq!((kill.pod, kill.grace_period_seconds), (1, Some(1)));
//! assert_eq!(kill.message, "The node was low on resource: memory. ");
//! // Its machine is told: `machine.update(now, &kill.into_change(), &mut out)`.
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::Kill;
use crate::api::{Pod, PodSpec, QosClass, Quantity, Taint};
use crate::gates::Gates;
use crate::rules::ending::Ending;
use crate::rules::grace::at_most;
use crate::rules::toleration::is_tolerated;
use crate::rules::{qos, requests, standing};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The grace period in seconds of everybody who is evicted at once: by a hard threshold or for its own excess.
pub const IMMEDIATE_GRACE_SECONDS: i64 = 1;

/// A condition of the node that the eviction manager sets and keeps for a while after the pressure is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodePressure {
    /// `MemoryPressure`.
    Memory,
    /// `DiskPressure`.
    Disk,
    /// `PIDPressure`.
    ProcessIds,
}

impl NodePressure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Memory, Self::Disk, Self::ProcessIds];

    /// Type of the node's condition (API `NodeConditionType`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "MemoryPressure",
            Self::Disk => "DiskPressure",
            Self::ProcessIds => "PIDPressure",
        }
    }

    /// The pressure that a type of the node's conditions tells of (API `NodeConditionType`).
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pressure| pressure.as_str() == text)
    }
}

/// Whether a node under these pressures lets a Pod in (kubelet eviction manager's `Admit`).
///
/// Critical Pods always. If memory is all that is short, everybody but a BestEffort Pod that does not tolerate the taint
/// `node.kubernetes.io/memory-pressure`; under any other pressure nobody, whatever it tolerates.
pub fn admits(pod: &Pod, pressures: &[NodePressure], gates: &Gates) -> bool {
    if pressures.is_empty() || standing::is_critical(pod) {
        return true;
    }
    pressures.iter().all(|pressure| *pressure == NodePressure::Memory)
        && (qos::pod_qos_class(pod, gates) != QosClass::BestEffort || is_tolerated(&pod.spec.tolerations, &memory_pressure()))
}

/// The taint of a node that is short of memory.
fn memory_pressure() -> Taint {
    Taint { key: "node.kubernetes.io/memory-pressure".into(), effect: "NoSchedule".into(), ..Taint::default() }
}

/// What the node runs short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Starved {
    /// Memory: working sets, in bytes.
    Memory,
    /// Disk: writable layers, logs and local volumes, in bytes.
    Disk,
    /// Inodes of the disk.
    Inodes,
    /// Process ids.
    ProcessIds,
}

impl Starved {
    /// The resource as messages and requests name it (kubelet `signalToResource`).
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "ephemeral-storage",
            Self::Inodes => "inodes",
            Self::ProcessIds => "pids",
        }
    }

    /// The condition that the node gets (kubelet `signalToNodeCondition`).
    pub const fn pressure(self) -> NodePressure {
        match self {
            Self::Memory => NodePressure::Memory,
            Self::Disk | Self::Inodes => NodePressure::Disk,
            Self::ProcessIds => NodePressure::ProcessIds,
        }
    }
}

/// The kind of threshold that is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threshold {
    /// Evicts at once.
    Hard,
    /// Has been met for longer than its own grace period; the Pod gets time, too.
    Soft {
        /// `evictionMaxPodGracePeriod`: the most that it gets, in seconds. 0 by default.
        max_pod_grace_period_seconds: i64,
    },
}

impl Threshold {
    /// The grace period in seconds of a Pod that this threshold evicts; one of 0 or less is raised to 1 when the Pod is stopped (kubelet
    /// `synchronize`).
    pub fn grace_period_seconds(self, pod: &Pod) -> i64 {
        match self {
            Self::Hard => IMMEDIATE_GRACE_SECONDS,
            Self::Soft { max_pod_grace_period_seconds } => at_most(pod.spec.termination_grace_period_seconds, max_pod_grace_period_seconds),
        }
    }
}

/// A running Pod, and how much it uses of what the node runs short of.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    /// It.
    pub pod: &'a Pod,
    /// In the unit of [`Starved`]; `None`: nobody has measured it.
    pub used: Option<i64>,
}

/// Whether `a` is to be evicted before `b` (`Less`), after it, or whether nothing tells (kubelet `rankMemoryPressure`, `rankDiskPressureFunc`,
/// `rankPIDPressure`).
///
/// Those of whom nothing is known go first, then those that use more than they asked for (nobody asks for process ids), then the
/// lower priority, then whoever uses most beyond its request. The QoS class as such does not matter.
pub fn rank(starved: Starved, a: &Usage<'_>, b: &Usage<'_>, gates: &Gates) -> Ordering {
    let excess = |usage: &Usage<'_>| {
        let asked = requests::nanos(&usage.pod.spec, starved.resource(), gates);
        usage.used.map(|used| i128::from(used).saturating_mul(1_000_000_000) - asked)
    };
    let (of_a, of_b) = (excess(a), excess(b));
    let by_excess = match (of_a, of_b) {
        _ if starved == Starved::ProcessIds => Ordering::Equal,
        (Some(a), Some(b)) => (b > 0).cmp(&(a > 0)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    let by_use = match (of_a, of_b) {
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    by_excess.then(standing::priority(a.pod).cmp(&standing::priority(b.pod))).then(by_use)
}

/// Whom a kubelet that has met a threshold evicts in this round: the first in the order of [`rank`] that is not critical, and no more than
/// one. `None`: there is nobody.
pub fn evict(starved: Starved, threshold: Threshold, pods: &[Usage<'_>], gates: &Gates) -> Option<Kill> {
    let mut order: Vec<usize> = (0..pods.len()).collect();
    order.sort_by(|&a, &b| rank(starved, &pods[a], &pods[b], gates));
    let pod = order.into_iter().find(|&n| !standing::is_critical(pods[n].pod))?;
    Some(Kill {
        pod,
        ending: Ending::NodePressure,
        grace_period_seconds: Some(threshold.grace_period_seconds(pods[pod].pod)),
        message: format!("{LOW}{}. ", starved.resource()),
    })
}

/// What every message of an eviction for a threshold begins with (kubelet `nodeLowMessageFmt`).
const LOW: &str = "The node was low on resource: ";

/// Which eviction the `status.message` of an evicted Pod tells of: for a threshold of the node, or for the Pod's own excess. `None`: none that
/// the eviction manager writes; a Pod that was refused as `Evicted`, above all.
pub fn told_by(message: &str) -> Option<Ending> {
    if message.starts_with(LOW) {
        Some(Ending::NodePressure)
    } else if message.contains(" exceeds the ") || message.contains(" exceeded its local ephemeral storage limit ") {
        Some(Ending::StorageLimit)
    } else {
        None
    }
}

/// What a Pod uses of the node's disk, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct StorageUse<'a> {
    /// Its volumes by name.
    pub volumes: &'a [(&'a str, i64)],
    /// All of it: writable layers, logs and local volumes.
    pub total: i64,
    /// Its containers by name: writable layer and logs.
    pub containers: &'a [(&'a str, i64)],
}

/// Whether the Pod has a local storage limit at all: without one, it is never evicted for its own excess (kubelet `localStorageEviction`).
pub fn has_storage_limit(spec: &PodSpec) -> bool {
    limited_volumes(spec).next().is_some() || requests::limit_nanos(spec, Starved::Disk.resource()).is_some()
}

/// Whether a Pod has to go because it uses more local storage than it may (kubelet `localStorageEviction`), and why: an emptyDir over its
/// `sizeLimit`, all of it over the sum of the limits, or one container over its own. Critical Pods may.
///
/// Several Pods can go in one round for this; if any does, no threshold is looked at in that round.
pub fn evict_for_excess(pods: &[(&Pod, StorageUse<'_>)]) -> Vec<Kill> {
    let candidates = pods.iter().enumerate().filter(|(_, (pod, _))| !standing::is_critical(pod));
    candidates
        .filter_map(|(n, (pod, used))| {
            let message = excess(pod, used)?;
            Some(Kill { pod: n, ending: Ending::StorageLimit, grace_period_seconds: Some(IMMEDIATE_GRACE_SECONDS), message })
        })
        .collect()
}

/// Which limit is exceeded, in the words of the status.
fn excess(pod: &Pod, used: &StorageUse<'_>) -> Option<String> {
    let disk = Starved::Disk.resource();
    let of = |list: &[(&str, i64)], name: &str| list.iter().find(|(known, _)| *known == name).map_or(0, |(_, bytes)| *bytes);
    let beyond = |bytes: i64, nanos: i128| i128::from(bytes).saturating_mul(1_000_000_000) > nanos;
    let volume = limited_volumes(&pod.spec).find(|(name, limit)| beyond(of(used.volumes, name), limit.nano_value()));
    if let Some((name, limit)) = volume {
        return Some(format!("Usage of EmptyDir volume \"{name}\" exceeds the limit \"{}\". ", limit.as_str()));
    }
    if let Some(limit) = requests::limit_nanos(&pod.spec, disk)
        && beyond(used.total, limit)
    {
        let bytes = requests::reckoned(limit, disk);
        return Some(format!("Pod ephemeral local storage usage exceeds the total limit of containers {bytes}. "));
    }
    let container = pod.spec.containers.iter().find_map(|container| {
        let limit = container.resources.limits.get(disk)?;
        beyond(of(used.containers, &container.name), limit.nano_value()).then_some((&container.name, limit))
    });
    container.map(|(name, limit)| format!("Container {name} exceeded its local ephemeral storage limit \"{}\". ", limit.as_str()))
}

/// The emptyDirs with a limit above 0.
fn limited_volumes(spec: &PodSpec) -> impl Iterator<Item = (&str, &Quantity)> {
    spec.volumes.iter().filter_map(|volume| {
        let limit = volume.empty_dir.as_ref()?.size_limit.as_ref()?;
        (limit.nano_value() > 0).then_some((volume.name.as_str(), limit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: &str) -> Pod {
        serde_json::from_str(&format!(r#"{{"spec": {spec}}}"#)).unwrap()
    }

    #[test]
    fn a_modest_pod_of_low_priority_outlives_one_that_takes_more_than_it_asked_for() {
        let modest = pod(r#"{"priority": -5, "containers": [{"resources": {"requests": {"memory": "1Gi"}}}]}"#);
        let greedy = pod(r#"{"priority": 1000, "containers": [{"resources": {"requests": {"memory": "1Mi"}}}]}"#);
        let of = |used| [Usage { pod: &modest, used: Some(1 << 30) }, Usage { pod: &greedy, used }];
        let chosen = |starved, used| evict(starved, Threshold::Hard, &of(used), &Gates::default()).unwrap().pod;
        assert_eq!(chosen(Starved::Memory, Some(2 << 20)), 1);
        assert_eq!(chosen(Starved::Memory, Some(1 << 20)), 0);
        assert_eq!(chosen(Starved::Memory, None), 1);
        assert_eq!(chosen(Starved::ProcessIds, Some(2 << 40)), 0);
    }

    #[test]
    fn limits_are_looked_at_from_the_volume_to_the_container() {
        let pod = pod(r#"{"volumes": [{"name": "d", "emptyDir": {"sizeLimit": "1Ki"}}, {"name": "e", "emptyDir": {}}],
            "containers": [{"name": "a", "resources": {"limits": {"ephemeral-storage": "1Mi"}}},
                {"name": "b", "resources": {"limits": {"ephemeral-storage": "1Gi"}}}]}"#);
        assert!(has_storage_limit(&pod.spec) && !has_storage_limit(&PodSpec::default()));
        let message = |volume, total, container| {
            let used = StorageUse { volumes: &[("d", volume), ("e", 1 << 40)], total, containers: &[("a", container)] };
            evict_for_excess(&[(&pod, used)]).pop().map(|kill| kill.message)
        };
        assert_eq!(message(1024, 1 << 30, 1 << 20), None);
        assert!(message(1025, 1 << 40, 1 << 40).unwrap().starts_with("Usage of EmptyDir volume \"d\""));
        assert!(message(0, 1 << 40, 1 << 40).unwrap().starts_with("Pod ephemeral"));
        assert!(message(0, 0, (1 << 20) + 1).unwrap().starts_with("Container a exceeded"));
        for told in [message(1025, 0, 0), message(0, 1 << 40, 0), message(0, 0, 1 << 30)] {
            assert_eq!(told_by(&told.unwrap()), Some(Ending::StorageLimit));
        }
        assert_eq!(told_by("Pod was rejected: The node had condition: [MemoryPressure]. "), None);
    }
}
