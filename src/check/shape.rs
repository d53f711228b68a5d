//! Shapes of a Pod status that rules make exceptions for, and the scopes they speak in.

use crate::api::{self, ConditionStatus, ConditionType, PodPhase};
use crate::gates::Gates;
use crate::rules::conditions::{ConditionReason, holds, is_owned};

/// Which versions of a Pod a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// All.
    Any,
    /// Those a kubelet has taken note of: `status.startTime` is set.
    Started,
    /// Those a kubelet has built wholly: `status.startTime` is there, and the condition PodReadyToStartContainers or, of writers that do not
    /// know it, Ready.
    Full,
}

/// A set of shapes of a Pod status. Each is an exception that several rules share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shapes(u8);

impl Shapes {
    /// None.
    pub const NONE: Self = Self(0);
    /// Refused by the kubelet's admission: Failed with a reason and a start time, without conditions of the kubelet, container statuses or addresses.
    pub const REJECTED: Self = Self(1);
    /// The same emptiness with the phase of before, without a reason: a Pod that ran is refused when its kubelet comes back.
    pub const HELD_REJECTED: Self = Self(2);
    /// The Pod garbage collector's last word: only the phase turns Failed, without a reason, of a Pod that is being deleted or for
    /// `DeletionByPodGC`, and the Pod is removed within seconds. What rules say of such a version and those behind it counts only if the
    /// removal does not come.
    pub const COLLECTED: Self = Self(4);
    /// The node lifecycle controller's mark on Pods of a lost node: Ready False without a reason, all else as it was.
    pub const NODE_LOST: Self = Self(8);
    /// The API server's copy of a static Pod, which begins anew with each kubelet.
    pub const MIRROR: Self = Self(16);

    /// The last write of the status was another's than the kubelet's, which has written it, too, as managedFields tell.
    pub const FOREIGN: Self = Self(32);

    /// Both kinds of refusal.
    pub const ANY_REJECTED: Self = Self::REJECTED.and(Self::HELD_REJECTED);

    /// These and those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of these are in it.
    pub const fn contains(self, these: Self) -> bool {
        self.0 & these.0 == these.0
    }

    /// Whether some of these are in it.
    pub const fn intersects(self, these: Self) -> bool {
        self.0 & these.0 != 0
    }

    /// Those that can be told at once, from the version itself.
    pub(super) const fn immediate(self) -> Self {
        Self(self.0 & !Self::COLLECTED.0)
    }

    /// A bit for each.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// The shapes in it, each with its name.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [(Shapes, &str); 6] = [
            (Shapes::REJECTED, "rejected by admission"),
            (Shapes::HELD_REJECTED, "rejected by admission while it ran"),
            (Shapes::COLLECTED, "marked Failed by the Pod garbage collector just before the removal"),
            (Shapes::NODE_LOST, "marked unready by the node lifecycle controller"),
            (Shapes::MIRROR, "mirror of a static Pod"),
            (Shapes::FOREIGN, "status last written by another than the kubelet"),
        ];
        NAMES.into_iter().filter(move |(shape, _)| self.contains(*shape)).map(|(_, name)| name)
    }

    /// The shapes of one version by itself.
    pub(super) fn of(pod: &api::Pod, gates: &Gates) -> Self {
        let mut shapes = if pod.metadata.is_mirror() { Self::MIRROR } else { Self::NONE };
        if is_written_by_others(&pod.metadata.managed_fields) {
            shapes = shapes.and(Self::FOREIGN);
        }
        let status = &pod.status;
        if status.start_time.is_none() {
            return shapes;
        }
        if is_stripped(status, gates) {
            shapes = shapes.and(match status.phase {
                Some(PodPhase::Failed) if !status.reason.is_empty() => Self::REJECTED,
                Some(PodPhase::Pending | PodPhase::Running) if status.reason.is_empty() => Self::HELD_REJECTED,
                _ => Self::NONE,
            });
        } else if is_marked_unready(status) {
            shapes = shapes.and(Self::NODE_LOST);
        }
        shapes
    }
}

/// Whether another than the kubelet wrote the status last. Entries of the same second do not tell who was the last.
fn is_written_by_others(entries: &[api::ManagedFieldsEntry]) -> bool {
    let newest = |by_kubelet: bool| {
        let of_status = entries.iter().filter(|entry| entry.subresource == "status");
        of_status.filter(|entry| (entry.manager == "kubelet") == by_kubelet).filter_map(|entry| entry.time).max()
    };
    newest(true).is_some_and(|kubelets| newest(false).is_some_and(|others| others > kubelets))
}

/// No condition of the kubelet, no container status, no address.
fn is_stripped(status: &api::PodStatus, gates: &Gates) -> bool {
    status.container_statuses.is_empty()
        && status.init_container_statuses.is_empty()
        && status.ephemeral_container_statuses.is_empty()
        && status.pod_ip.is_empty()
        && status.host_ip.is_empty()
        && !status.conditions.iter().any(|condition| is_owned(&condition.type_, gates))
}

/// Only a Pod that is Ready gets the mark, and ContainersReady stays as it was.
fn is_marked_unready(status: &api::PodStatus) -> bool {
    let is_mark = |condition: &api::PodCondition| {
        condition.type_ == ConditionType::Ready && condition.status == ConditionStatus::False && condition.reason.is_empty()
    };
    status.conditions.iter().any(is_mark) && holds(&status.conditions, &ConditionType::ContainersReady)
}

/// Whether a write looks like the Pod garbage collector's: only the phase has turned Failed, without a reason, of a Pod that is being
/// deleted, or with the condition DisruptionTarget; the observed generation may have come with it. `old`: the version before; behind a gap,
/// and where there is none, all else may be what others wrote before.
pub(super) fn is_collection(old: Option<&api::PodStatus>, new: &api::Pod, gap: bool) -> bool {
    let api::Pod { metadata, status, .. } = new;
    status.phase == Some(PodPhase::Failed)
        && status.reason.is_empty()
        && (metadata.deletion_timestamp.is_some() || status.conditions.iter().any(is_mark_of_collector))
        && old.is_none_or(|old| old.phase.is_some_and(|phase| !phase.is_terminal()) && (gap || is_same_but_for_phase(old, status)))
}

fn is_mark_of_collector(condition: &api::PodCondition) -> bool {
    condition.status == ConditionStatus::True && condition.reason == ConditionReason::DeletionByPodGc.as_str()
}

fn is_same_but_for_phase(old: &api::PodStatus, new: &api::PodStatus) -> bool {
    let foreign = |condition: &&api::PodCondition| condition.type_ != ConditionType::DisruptionTarget;
    old.conditions.iter().filter(foreign).eq(new.conditions.iter().filter(foreign))
        && old.start_time == new.start_time
        && (&old.pod_ip, &old.pod_ips, &old.host_ip, &old.host_ips) == (&new.pod_ip, &new.pod_ips, &new.host_ip, &new.host_ips)
        && old.init_container_statuses == new.init_container_statuses
        && old.container_statuses == new.container_statuses
        && old.ephemeral_container_statuses == new.ephemeral_container_statuses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue::bases::{DELETING, RUNNING, STARTING};
    use crate::check::tests::with_change;
    use crate::check::{Example, Step};

    fn written(entries: &[(&str, i64)]) -> bool {
        let entry = |(manager, at): &(&str, i64)| api::ManagedFieldsEntry {
            manager: (*manager).into(),
            subresource: "status".into(),
            time: Some(crate::time::Time::from_secs(*at)),
            ..api::ManagedFieldsEntry::default()
        };
        is_written_by_others(&entries.iter().map(entry).collect::<alloc::vec::Vec<_>>())
    }

    fn shapes(base: &'static str, steps: &'static [Step]) -> Shapes {
        with_change(&Example { base, steps }, |change| change.new.shapes())
    }

    #[test]
    fn a_refused_pod_has_nothing_of_the_kubelet_but_its_start() {
        const LISTS: &[&str] =
            &["status.conditions = []", "status.containerStatuses = []", "status.hostIP = null", "status.hostIPs = null"];
        const FAILED: Step = &["status.phase = Failed", "status.reason = Evicted"];
        assert_eq!(shapes(STARTING, &[LISTS, FAILED]), Shapes::REJECTED);
        assert_eq!(shapes(STARTING, &[LISTS, &["t = 60"]]), Shapes::HELD_REJECTED);
        assert_eq!(shapes(RUNNING, &[LISTS, &["status.podIP = null"]]), Shapes::HELD_REJECTED);
        let not_quite: [Step; 9] = [
            &["status.startTime = null"],
            &["status.podIP = 10.0.0.7"],
            &["status.hostIP = 192.0.2.2"],
            &["status.conditions[Ready].status = False"],
            &["status.containerStatuses[web].ready = false"],
            &["status.initContainerStatuses[web].ready = false"],
            &["status.ephemeralContainerStatuses[web].ready = false"],
            &["status.reason = Evicted"],
            &["status.phase = Succeeded"],
        ];
        for left in not_quite {
            let steps = alloc::vec![LISTS, left].leak();
            assert_eq!(shapes(STARTING, steps), Shapes::NONE, "{left:?}");
        }
        assert_eq!(shapes(STARTING, &[LISTS, &["status.phase = Failed"]]), Shapes::NONE, "a refusal has a reason");
        assert_eq!(shapes(STARTING, &[LISTS, &["status.conditions[example.com/up].status = True"]]), Shapes::HELD_REJECTED);
    }

    #[test]
    fn a_lost_node_marks_a_ready_pod_and_says_nothing_else() {
        const MARK: &str = "status.conditions[Ready].status = False";
        assert_eq!(shapes(RUNNING, &[&[MARK]]), Shapes::NODE_LOST);
        assert_eq!(shapes(RUNNING, &[&[MARK, "status.conditions[Ready].reason = ContainersNotReady"]]), Shapes::NONE);
        assert_eq!(shapes(RUNNING, &[&[MARK, "status.conditions[ContainersReady].status = False"]]), Shapes::NONE);
        assert_eq!(shapes(RUNNING, &[&[MARK, "status.startTime = null"]]), Shapes::NONE);
        assert_eq!(shapes(RUNNING, &[&["status.conditions[Initialized].status = False"]]), Shapes::NONE);
    }

    #[test]
    fn the_garbage_collector_changes_the_phase_and_no_more() {
        fn collects(base: &'static str, steps: &'static [Step], gap: bool) -> bool {
            let pods: alloc::vec::Vec<api::Pod> = (Example { base, steps })
                .documents()
                .into_iter()
                .map(|event| serde_json::from_value(event["object"].clone()).unwrap())
                .collect();
            let [old, new] = &pods[pods.len() - 2..] else { unreachable!("a step makes two") };
            is_collection(Some(&old.status), new, gap)
        }
        const MARK: &str =
            r#"status.conditions[DisruptionTarget] = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}"#;
        const FAILS: &str = "status.phase = Failed";
        assert!(collects(DELETING, &[&[FAILS]], false) && collects(RUNNING, &[&[FAILS, MARK]], false));
        assert!(collects(RUNNING, &[&[MARK], &[FAILS]], false) && collects(DELETING, &[&[FAILS, "status.observedGeneration = 2"]], false));
        assert!(!collects(RUNNING, &[&[FAILS]], false), "nobody deletes it");
        assert!(!collects(RUNNING, &[&[FAILS, MARK, "status.conditions[DisruptionTarget].status = False"]], false));
        assert!(!collects(RUNNING, &[&[FAILS, MARK, "status.conditions[DisruptionTarget].reason = PreemptionByScheduler"]], false));
        assert!(!collects(DELETING, &[&["status.phase = Succeeded"]], false));
        assert!(!collects(DELETING, &[&[FAILS, "status.reason = Evicted"]], false));
        for gap in [false, true] {
            assert!(!collects(DELETING, &[&["status.phase = Succeeded"], &[FAILS]], gap), "it had ended");
        }
        let with: [Step; 8] = [
            &["status.startTime = 2026-01-01T00:00:02Z"],
            &["status.podIP = 10.0.0.8"],
            &["status.podIPs = []"],
            &["status.hostIP = 192.0.2.3"],
            &["status.hostIPs = []"],
            &["status.conditions[Ready].status = False"],
            &["status.containerStatuses[web].ready = false"],
            &["status.initContainerStatuses[web].ready = false"],
        ];
        for other in with {
            let step: Step = alloc::vec![FAILS, other[0]].leak();
            let steps = alloc::vec![step].leak();
            assert!(!collects(DELETING, steps, false) && collects(DELETING, steps, true), "{other:?}");
        }
        assert!(!collects(DELETING, &[&[FAILS, "status.ephemeralContainerStatuses[debug].ready = false"]], false));
    }

    #[test]
    fn each_shape_has_a_name() {
        let all = [Shapes::REJECTED, Shapes::HELD_REJECTED, Shapes::COLLECTED, Shapes::NODE_LOST, Shapes::MIRROR, Shapes::FOREIGN];
        for (n, shape) in all.into_iter().enumerate() {
            assert_eq!((shape.bits(), shape.names().count()), (1 << n, 1));
            assert_eq!(shape.immediate() == shape, shape != Shapes::COLLECTED);
        }
        let two = Shapes::MIRROR.and(Shapes::FOREIGN);
        assert_eq!((two.and(Shapes::MIRROR), two.bits()), (two, 48));
        assert!(two.names().eq(["mirror of a static Pod", "status last written by another than the kubelet"]));
        assert!(two.contains(Shapes::MIRROR) && two.intersects(Shapes::MIRROR) && !Shapes::MIRROR.contains(two));
        assert!(Shapes::MIRROR.intersects(two) && !two.intersects(Shapes::COLLECTED) && Shapes::NONE.names().next().is_none());
    }

    #[test]
    fn a_writer_is_foreign_only_beside_a_kubelet() {
        assert!(written(&[("kubelet", 1), ("kubectl-edit", 2)]));
        assert!(!written(&[("kubelet", 2), ("kubectl-edit", 1)]) && !written(&[("kubelet", 2), ("kubectl-edit", 2)]));
        assert!(!written(&[("virtual-kubelet", 2)]), "what writes in the kubelet's place is held against the rules");
    }
}
