//! Graceful node shutdown: who is ended when, and with how much time (KEP-2000, KEP-2712; kubelet `nodeshutdown`).
//!
//! The Pods are ended in groups by priority, the lowest first. A group has its seconds; as soon as its Pods are ended and their volumes
//! unmounted, or else when the seconds are over, comes the next. Groups without Pods take no time. Meanwhile the node lets nobody in
//! ([`Node::is_shutting_down`](super::admission::Node::is_shutting_down)).
//!
//! ```
//! use pod_lifecycle::node::shutdown::{Shutdown, ShutdownConfig};
//! use pod_lifecycle::{Gates, Span, Time, api};
//!
//! // 30 s in all, 10 of them for critical Pods.
//! let config = ShutdownConfig::new(Span::from_secs(30), Span::from_secs(10), &[], &Gates::default());
//! let ordinary: api::Pod = serde_json::from_str(r#"{"spec": {"terminationGracePeriodSeconds": 5}}"#)?;
//! let critical: api::Pod = serde_json::from_str(r#"{"spec": {"priority": 2000000000, "terminationGracePeriodSeconds": 60}}"#)?;
//!
//! let now = Time::from_secs(1_767_225_600);
//! let mut shutdown = Shutdown::begin(&config, now, &[&critical, &ordinary]);
//! let turn = |shutdown: &Shutdown| (shutdown.kills()[0].pod, shutdown.kills()[0].grace_period_seconds);
//! assert_eq!((turn(&shutdown), shutdown.deadline()), ((1, Some(5)), Some(now + Span::from_secs(20))));
//!
//! // It has ended after 3 s: the critical one need not wait.
//! assert!(shutdown.ended(now + Span::from_secs(3), 1));
//! assert_eq!(turn(&shutdown), (0, Some(10)));
//! assert!(!shutdown.tick(now + Span::from_secs(13)) && shutdown.is_over());
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::Kill;
use crate::api::Pod;
use crate::gates::Gates;
use crate::rules::ending::Ending;
use crate::rules::grace::at_most;
use crate::rules::standing;
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;

/// `status.message` of a Pod that a node shutdown ends.
const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";

/// The time that the Pods from a priority on are given (kubelet configuration `shutdownGracePeriodByPodPriority`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShutdownGrace {
    /// The lowest priority of the group; those below the lowest of all groups belong to that one, too.
    pub priority: i32,
    /// Seconds for the whole group.
    pub seconds: i64,
}

/// What the kubelet's configuration says about shutdowns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// By rising priority.
    groups: Vec<ShutdownGrace>,
}

impl ShutdownConfig {
    /// Reads the configuration: `shutdownGracePeriod`, the part of it that is `shutdownGracePeriodCriticalPods`, and
    /// `shutdownGracePeriodByPodPriority`, which takes the place of the two where it is given (gate
    /// GracefulNodeShutdownBasedOnPodPriority).
    ///
    /// Nothing is left of a configuration that makes no sense, such as more time for critical Pods than for all: then, as with none
    /// at all or with the gate GracefulNodeShutdown off, a shutdown ends no Pod ([`is_enabled`](Self::is_enabled)).
    pub fn new(whole: Span, critical: Span, by_priority: &[ShutdownGrace], gates: &Gates) -> Self {
        let mut groups = if !gates.graceful_node_shutdown {
            Vec::new()
        } else if gates.graceful_node_shutdown_based_on_pod_priority && !by_priority.is_empty() {
            by_priority.to_vec()
        } else {
            two_groups(whole, critical)
        };
        groups.sort_by_key(|group| group.priority);
        Self { groups }
    }

    /// Whether a shutdown is delayed for the sake of Pods.
    pub const fn is_enabled(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The groups, by rising priority (kubelet `shutdownGracePeriodByPodPriority`).
    pub fn groups(&self) -> &[ShutdownGrace] {
        &self.groups
    }

    /// How long the system is asked to wait with the shutdown: all groups one after the other (kubelet `periodRequested`).
    pub fn period_requested(&self) -> Span {
        Span::from_secs(self.groups.iter().map(|group| group.seconds).fold(0, i64::saturating_add))
    }

    /// The group of a Pod: the last whose priority is not above the Pod's, else the first (kubelet `groupByPriority`). `None` without any
    /// groups.
    pub fn group_of(&self, pod: &Pod) -> Option<usize> {
        let priority = standing::priority(pod);
        let above = self.groups.partition_point(|group| group.priority < priority);
        // Of several groups of the Pod's own priority the first counts.
        let own = self.groups.get(above).is_some_and(|group| group.priority == priority);
        let group = if own { above } else { above.saturating_sub(1) };
        (group < self.groups.len()).then_some(group)
    }
}

/// Ordinary and critical Pods (kubelet `migrateConfig`).
fn two_groups(whole: Span, critical: Span) -> Vec<ShutdownGrace> {
    let ordinary = whole - critical;
    if whole == Span::ZERO || ordinary < Span::ZERO || critical < Span::ZERO {
        return Vec::new();
    }
    let group = |priority, span: Span| ShutdownGrace { priority, seconds: span.secs() };
    Vec::from([group(0, ordinary), group(standing::SYSTEM_CRITICAL_PRIORITY, critical)])
}

/// A shutdown that is going on (kubelet `killPods`).
///
/// 1. [`begin`](Self::begin) it; end the Pods of [`kills`](Self::kills).
/// 2. Tell it of each Pod that has [`ended`](Self::ended); call [`tick`](Self::tick) at the [`deadline`](Self::deadline).
/// 3. Each of these calls says whether the next group's turn has come: end the Pods of [`kills`](Self::kills) then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shutdown {
    groups: Vec<Group>,
    /// The group whose turn it is is the first that is left.
    until: Option<Time>,
}

/// The Pods of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    seconds: i64,
    kills: Vec<Kill>,
    /// The Pods that have not ended.
    left: Vec<usize>,
}

impl Shutdown {
    /// The shutdown begins with these active Pods (kubelet `killPods`, `groupByPriority`).
    pub fn begin(config: &ShutdownConfig, now: Time, pods: &[&Pod]) -> Self {
        let mut groups: Vec<_> =
            config.groups.iter().map(|group| Group { seconds: group.seconds, kills: Vec::new(), left: Vec::new() }).collect();
        for (n, pod) in pods.iter().enumerate() {
            if let Some(group) = config.group_of(pod) {
                groups[group].add(n, pod);
            }
        }
        groups.retain(|group| !group.kills.is_empty());
        // Taken from the end: the lowest priority has its turn first.
        groups.reverse();
        let mut shutdown = Self { groups, until: None };
        shutdown.begin_group(now);
        shutdown
    }

    /// The Pods of the group whose turn it is, those included that have ended.
    pub fn kills(&self) -> &[Kill] {
        self.groups.last().map_or(&[], |group| &group.kills)
    }

    /// A Pod has ended and its volumes are unmounted. Whether the next group's turn has come.
    pub fn ended(&mut self, now: Time, pod: usize) -> bool {
        // A Pod of an earlier group, which nobody waits for any more, is in none.
        self.groups.iter_mut().for_each(|group| group.left.retain(|&left| left != pod));
        self.go_on(now)
    }

    /// Time has passed. Whether the next group's turn has come.
    pub fn tick(&mut self, now: Time) -> bool {
        self.go_on(now)
    }

    /// When the seconds of the group whose turn it is are over; `None`: the shutdown is over.
    pub const fn deadline(&self) -> Option<Time> {
        self.until
    }

    /// Whether all groups had their turn: the system may go down.
    pub fn is_over(&self) -> bool {
        self.groups.is_empty()
    }

    fn go_on(&mut self, now: Time) -> bool {
        let is_done = self.groups.last().is_some_and(|group| group.left.is_empty());
        if !is_done && self.until.is_none_or(|until| until > now) {
            return false;
        }
        self.groups.pop();
        self.begin_group(now);
        !self.is_over()
    }

    fn begin_group(&mut self, now: Time) {
        self.until = self.groups.last().map(|group| now + Span::from_secs(group.seconds));
    }
}

impl Group {
    /// A Pod has the time of its group, or its own if that is shorter.
    fn add(&mut self, n: usize, pod: &Pod) {
        let seconds = at_most(pod.spec.termination_grace_period_seconds, self.seconds);
        let message = String::from(MESSAGE);
        self.kills.push(Kill { pod: n, ending: Ending::NodeShutdown, grace_period_seconds: Some(seconds), message });
        self.left.push(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(priority: i32) -> Pod {
        serde_json::from_str(&alloc::format!(r#"{{"spec": {{"priority": {priority}, "terminationGracePeriodSeconds": 5}}}}"#)).unwrap()
    }

    #[test]
    fn a_pod_belongs_to_the_group_below_it() {
        let graces = [(10, 1), (0, 2), (1000, 3)].map(|(priority, seconds)| ShutdownGrace { priority, seconds });
        let config = ShutdownConfig::new(Span::ZERO, Span::ZERO, &graces, &Gates::default());
        let group = |priority| config.group_of(&pod(priority)).unwrap();
        assert_eq!([-5, 0, 9, 10, 999, 1000, i32::MAX].map(group), [0, 0, 0, 1, 1, 2, 2]);
        assert_eq!(config.period_requested(), Span::from_secs(6));
        let off = Gates { graceful_node_shutdown: false, ..Gates::default() };
        assert!(!ShutdownConfig::new(Span::from_secs(9), Span::ZERO, &graces, &off).is_enabled());
        assert!(!ShutdownConfig::new(Span::from_secs(9), Span::from_secs(10), &[], &Gates::default()).is_enabled());
    }

    #[test]
    fn the_next_group_comes_when_all_have_ended_or_when_time_is_up() {
        let config = ShutdownConfig::new(Span::from_secs(30), Span::from_secs(10), &[], &Gates::default());
        let pods = [pod(standing::SYSTEM_CRITICAL_PRIORITY), pod(0), pod(7)];
        let begin = Time::from_secs(100);
        let mut shutdown = Shutdown::begin(&config, begin, &pods.each_ref());
        let turn = |shutdown: &Shutdown| shutdown.kills().iter().map(|kill| kill.pod).collect::<Vec<_>>();
        assert_eq!((turn(&shutdown), shutdown.deadline()), (alloc::vec![1, 2], Some(begin + Span::from_secs(20))));
        assert!(!shutdown.ended(begin, 1) && !shutdown.tick(begin + Span::from_secs(19)));
        assert!(shutdown.ended(begin + Span::from_secs(4), 2));
        assert_eq!((turn(&shutdown), shutdown.deadline()), (alloc::vec![0], Some(begin + Span::from_secs(14))));
        assert!(!shutdown.tick(begin + Span::from_secs(14)) && shutdown.is_over());
    }
}
