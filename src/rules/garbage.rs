//! What the kubelet removes of that which has ended: records of containers and sandboxes.
//!
//! Three hands do it, and none of them touches what runs:
//!
//! | who | when | what |
//! |---|---|---|
//! | a sync | before it starts anything | of each init container every dead instance but the newest: [`surplus_init`] |
//! | the kubelet's main loop | when an instance has ended | of its container every exited one but the newest: [`surplus_exited`] |
//! | the collection | every minute | dead containers over all Pods by a [`GarbagePolicy`]: [`containers`]; then [`sandboxes`] |
//!
//! A status outlives what is removed: what it shows of a terminated container stays (see [`container_status`](super::container_status)).
//! Logs are removed with their records, except by a restart of all containers in place.

use super::view::{InstanceState, Runtime};
use crate::spec::{ContainerIndex, Spec};
use crate::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// The first instance of an init container that a sync removes before it starts anything, counted from the newest (kubelet
/// `pruneInitContainersBeforeStart`): of the dead ones, exited or of unknown state, only the newest stays.
///
/// `states`: of its instances as the sync found them when it began, newest first.
pub fn surplus_init(states: impl IntoIterator<Item = InstanceState>) -> Option<usize> {
    let dead = states.into_iter().enumerate().filter(|(_, state)| matches!(state, InstanceState::Exited | InstanceState::Unknown));
    dead.map(|(nth, _)| nth).nth(1)
}

/// The instances of a container that the kubelet removes as soon as one of them has ended, counted from the newest (kubelet
/// `podContainerDeletor`): of the exited ones all but the newest `keep`.
///
/// A kubelet keeps as many as its [`GarbagePolicy::max_per_container`] says but at least 1, and none once the Pod's content may go
/// ([`Leftovers::Content`]); in that case those of all its containers go.
///
/// `states`: of its instances, newest first.
pub fn surplus_exited(states: impl IntoIterator<Item = InstanceState>, keep: usize) -> impl Iterator<Item = usize> {
    let exited = states.into_iter().enumerate().filter(|(_, state)| *state == InstanceState::Exited);
    exited.map(|(nth, _)| nth).skip(keep)
}

/// The instances of init containers that are removed with their logs before the Pod begins anew in another sandbox (kubelet
/// `purgeInitContainers`): all. Each is named by its container and its number, counted from the newest.
pub fn purged<'a>(spec: &'a Spec, runtime: &'a impl Runtime) -> impl Iterator<Item = (ContainerIndex, usize)> + 'a {
    spec.init().flat_map(|container| runtime.instances(container).enumerate().map(move |(nth, _)| (container, nth)))
}

/// Settings of the collection of dead containers (the kubelet's flags). The default is the kubelet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GarbagePolicy {
    /// How long after its creation a container is spared (`--minimum-container-ttl-duration`, 0).
    pub min_age: Span,
    /// How many dead instances of one container of one Pod are kept (`--maximum-dead-containers-per-container`, 1); `None`: any number.
    pub max_per_container: Option<usize>,
    /// How many dead instances are kept on the node (`--maximum-dead-containers`); `None`, the default: any number.
    pub max_total: Option<usize>,
}

impl Default for GarbagePolicy {
    fn default() -> Self {
        Self { min_age: Span::ZERO, max_per_container: Some(1), max_total: None }
    }
}

/// How much of what a Pod has left behind may go, as the kubelet's Pod workers say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leftovers {
    /// The Pod may still run: its newest dead records are kept.
    #[default]
    None,
    /// It has terminated but is still there: its records go only when the node is short of disk (kubelet `ShouldPodRuntimeBeRemoved`).
    Runtime,
    /// It is deleted and has terminated, was evicted, or is not known at all: everything goes (kubelet `ShouldPodContentBeRemoved`).
    Content,
}

impl Leftovers {
    /// Whether everything of the Pod goes. `short_of_disk`: the eviction manager asks for it (kubelet `DeleteAllUnusedContainers`).
    pub const fn all_go(self, short_of_disk: bool) -> bool {
        match self {
            Self::None => false,
            Self::Runtime => short_of_disk,
            Self::Content => true,
        }
    }
}

/// One container record of the node's runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerRecord<K> {
    /// Whose: Pod and container name, or anything that tells containers apart.
    pub container: K,
    /// Its state.
    pub state: InstanceState,
    /// When it was created.
    pub created_at: Time,
    /// What may go of its Pod.
    pub leftovers: Leftovers,
}

/// A container record to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collected {
    /// Its place in the list of records.
    pub record: usize,
    /// The runtime cannot tell its state: it is stopped first, and kept if that fails.
    pub stop: bool,
}

/// The container records that a collection removes, in order; of one container the oldest first (kubelet `containerGC.evictContainers`).
///
/// What runs is let be, and so is what was created less than `min_age` ago. Of Pods whose leftovers may go everything goes, if all
/// sources of Pods have been heard (`sources_ready`). Of any other container the newest `max_per_container` stay. If more than
/// `max_total` are left then, each container keeps an equal share of at least one, and after that the oldest on the node go.
pub fn containers<K: Ord>(
    records: &[ContainerRecord<K>],
    policy: &GarbagePolicy,
    now: Time,
    sources_ready: bool,
    short_of_disk: bool,
) -> Vec<Collected> {
    let mut units = BTreeMap::<&K, Vec<usize>>::new();
    for (n, record) in records.iter().enumerate() {
        if record.state != InstanceState::Running && record.created_at <= now - policy.min_age {
            units.entry(&record.container).or_default().push(n);
        }
    }
    let mut gone = Vec::new();
    for unit in units.values_mut() {
        newest_first(records, unit);
        let all = sources_ready && unit.iter().any(|&n| records[n].leftovers.all_go(short_of_disk));
        let keep = if all { Some(0) } else { policy.max_per_container };
        drop_oldest(unit, keep.unwrap_or(usize::MAX), &mut gone);
    }
    units.retain(|_, unit| !unit.is_empty());
    let left = |units: &BTreeMap<_, Vec<usize>>| units.values().map(Vec::len).sum::<usize>();
    if let Some(max) = policy.max_total
        && left(&units) > max
    {
        let share = (max / units.len()).max(1);
        units.values_mut().for_each(|unit| drop_oldest(unit, share, &mut gone));
        let mut rest: Vec<_> = units.into_values().flatten().collect();
        newest_first(records, &mut rest);
        drop_oldest(&mut rest, max, &mut gone);
    }
    gone.into_iter().map(|n| Collected { record: n, stop: records[n].state == InstanceState::Unknown }).collect()
}

fn newest_first<K>(records: &[ContainerRecord<K>], list: &mut [usize]) {
    list.sort_by_key(|&n| Reverse(records[n].created_at));
}

/// Of a list with the newest first, all but the first few go, the oldest first.
fn drop_oldest(list: &mut Vec<usize>, keep: usize, gone: &mut Vec<usize>) {
    gone.extend(list.drain(keep.min(list.len())..).rev());
}

/// One sandbox record of one Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxRecord {
    /// READY as opposed to NOTREADY.
    pub ready: bool,
    /// Records of containers in it are left.
    pub has_containers: bool,
    /// When it was created.
    pub created_at: Time,
}

/// The sandbox records of one Pod that a collection removes, by their places in the list, the oldest first (kubelet
/// `containerGC.evictSandboxes`).
///
/// One that is ready, or in which a container record is left, stays. So does the newest, unless the Pod's leftovers may go.
pub fn sandboxes(records: &[SandboxRecord], leftovers: Leftovers, short_of_disk: bool) -> Vec<usize> {
    let mut list: Vec<_> = (0..records.len()).collect();
    list.sort_by_key(|&n| Reverse(records[n].created_at));
    let keep = usize::from(!leftovers.all_go(short_of_disk));
    let gone = list.into_iter().skip(keep).rev();
    gone.filter(|&n| !records[n].ready && !records[n].has_containers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use InstanceState::{Created, Exited, Running, Unknown};

    fn record(container: &'static str, state: InstanceState, second: i64, leftovers: Leftovers) -> ContainerRecord<&'static str> {
        ContainerRecord { container, state, created_at: Time::from_secs(second), leftovers }
    }

    fn collected(records: &[ContainerRecord<&str>], policy: &GarbagePolicy) -> Vec<usize> {
        containers(records, policy, Time::from_secs(100), true, false).into_iter().map(|collected| collected.record).collect()
    }

    #[test]
    fn a_sync_keeps_the_newest_dead_instance_of_an_init_container() {
        assert_eq!(surplus_init([Running, Exited, Created, Unknown, Exited]), Some(3));
        assert_eq!(surplus_init([Running, Created, Exited]), None);
        assert_eq!(surplus_exited([Exited, Unknown, Exited, Created, Exited], 1).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(surplus_exited([Exited], 0).next(), Some(0));
    }

    #[test]
    fn of_each_container_the_newest_dead_one_stays_and_what_runs_is_not_counted() {
        let records = [
            record("a", Running, 40, Leftovers::None),
            record("a", Exited, 30, Leftovers::None),
            record("a", Created, 10, Leftovers::None),
            record("a", Unknown, 20, Leftovers::None),
            record("b", Exited, 5, Leftovers::None),
        ];
        assert_eq!(collected(&records, &GarbagePolicy::default()), [2, 3]);
        let unknown = containers(&records, &GarbagePolicy::default(), Time::from_secs(100), true, false)[1];
        assert_eq!(unknown, Collected { record: 3, stop: true });
        let patient = GarbagePolicy { min_age: Span::from_secs(75), ..GarbagePolicy::default() };
        assert_eq!(collected(&records, &patient), [2], "the others are too young, so that it counts only the two oldest of a");
        assert!(collected(&records, &GarbagePolicy { max_per_container: None, ..GarbagePolicy::default() }).is_empty());
    }

    #[test]
    fn what_a_finished_pod_has_left_goes_once_all_sources_are_known() {
        let records = [record("a", Exited, 1, Leftovers::Content), record("b", Exited, 2, Leftovers::Runtime)];
        let gone = |ready, short_of_disk| {
            let gone = containers(&records, &GarbagePolicy::default(), Time::from_secs(100), ready, short_of_disk);
            gone.into_iter().map(|collected| collected.record).collect::<Vec<_>>()
        };
        assert_eq!(gone(true, false), [0]);
        assert_eq!(gone(true, true), [0, 1]);
        assert!(gone(false, true).is_empty());
    }

    #[test]
    fn a_total_is_shared_equally_and_then_the_oldest_go() {
        let of = |container, second| record(container, Exited, second, Leftovers::None);
        let records = [of("a", 1), of("a", 2), of("a", 3), of("a", 4), of("b", 5), of("c", 6)];
        let policy = |max| GarbagePolicy { max_per_container: None, max_total: Some(max), ..GarbagePolicy::default() };
        assert!(collected(&records, &policy(6)).is_empty());
        assert_eq!(collected(&records, &policy(5)), [0, 1, 2], "a share is 5 / 3 = 1");
        assert_eq!(collected(&records, &policy(2)), [0, 1, 2, 3]);
        assert_eq!(collected(&records, &policy(0)).len(), 6);
    }

    #[test]
    fn of_a_pods_sandboxes_the_newest_stays_and_those_in_use() {
        let of = |second, ready, has_containers| SandboxRecord { ready, has_containers, created_at: Time::from_secs(second) };
        let records = [of(1, false, false), of(4, false, false), of(2, false, true), of(3, false, false), of(0, true, false)];
        assert_eq!(sandboxes(&records, Leftovers::None, false), [0, 3]);
        assert_eq!(sandboxes(&records, Leftovers::Runtime, false), [0, 3]);
        assert_eq!(sandboxes(&records, Leftovers::Runtime, true), [0, 3, 1]);
        assert!(sandboxes(&[of(1, false, false)], Leftovers::None, false).is_empty());
    }
}
