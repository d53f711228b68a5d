//! What becomes of a Pod that the kubelet itself ends to get its resources back: eviction, preemption, node shutdown (KEP-3329).
//!
//! The four differ in their words, in whether they count as a disruption, and in whether success survives them. Who is to be ended,
//! and how much time it gets, is decided over many Pods: see [`node`](crate::node).

use super::conditions::{self, ConditionReason};
use crate::api::{ConditionStatus, ConditionType, PodCondition, PodPhase, PodStatus};
use crate::time::Time;
use alloc::string::String;

/// Why the kubelet itself ends a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Ending {
    /// The node runs short of memory, disk or process ids (kubelet eviction manager, thresholds).
    NodePressure,
    /// The Pod uses more local storage than it may: an emptyDir over its `sizeLimit`, ephemeral storage over the limits. Its own fault, so
    /// no disruption (kubelet eviction manager, `localStorageEviction`).
    StorageLimit,
    /// A critical Pod needs its place (kubelet `CriticalPodAdmissionHandler`).
    Preemption,
    /// The node shuts down gracefully (KEP-2000).
    NodeShutdown,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NodePressure, Self::StorageLimit, Self::Preemption, Self::NodeShutdown];

    /// `status.reason`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NodePressure | Self::StorageLimit => "Evicted",
            Self::Preemption => "Preempting",
            Self::NodeShutdown => "Terminated",
        }
    }

    /// The phase the Pod gets: Failed, whatever it was. Only a node shutdown leaves Succeeded alone.
    pub const fn phase(self, before: PodPhase) -> PodPhase {
        match (self, before) {
            (Self::NodeShutdown, PodPhase::Succeeded) => PodPhase::Succeeded,
            _ => PodPhase::Failed,
        }
    }

    /// Whether the Pod gets the condition DisruptionTarget (KEP-3329).
    pub const fn is_disruption(self) -> bool {
        !matches!(self, Self::StorageLimit)
    }

    /// Whether the kubelet's pod worker takes it for an eviction, so that even the dead containers go at once
    /// (`KillPodOptions.Evict`).
    pub const fn is_eviction(self) -> bool {
        !matches!(self, Self::NodeShutdown)
    }

    /// The condition DisruptionTarget that goes with it, if one does (KEP-3329). The message of the status is its message, too, except that a
    /// preempted Pod is told whom it gives way to.
    pub fn condition(self, generation: i64, message: &str, now: Time) -> Option<PodCondition> {
        let message = if self == Self::Preemption { PREEMPTED } else { message };
        self.is_disruption().then(|| PodCondition {
            type_: ConditionType::DisruptionTarget,
            observed_generation: generation,
            status: ConditionStatus::True,
            last_probe_time: None,
            last_transition_time: Some(now.truncated()),
            reason: ConditionReason::TerminationByKubelet.as_str().into(),
            message: message.into(),
        })
    }

    /// What the kubelet makes of its own status of the Pod before it stops the containers (the status function given to `killPodNow`).
    ///
    /// What the API server shows of it is held back until nothing runs any more. `generation` is `metadata.generation`.
    pub fn apply(self, status: &mut PodStatus, generation: i64, message: &str, now: Time) {
        status.phase = Some(self.phase(status.phase.unwrap_or(PodPhase::Pending)));
        status.reason = self.reason().into();
        status.message = String::from(message);
        if let Some(condition) = self.condition(generation, message, now) {
            conditions::update(&mut status.conditions, condition);
        }
    }
}

/// For the eyes of whoever looks at a preempted Pod.
const PREEMPTED: &str = "Pod was preempted by Kubelet to accommodate a critical pod.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ending_says_what_it_is() {
        use Ending::{NodePressure, NodeShutdown, Preemption, StorageLimit};
        let all = [NodePressure, Preemption, NodeShutdown, StorageLimit];
        assert_eq!(all.map(Ending::is_eviction), [true, true, false, true]);
        assert_eq!(all.map(Ending::is_disruption), [true, true, true, false]);
        assert_eq!(all.map(Ending::reason), ["Evicted", "Preempting", "Terminated", "Evicted"]);
        let mut status = PodStatus::default();
        NodePressure.apply(&mut status, 3, "The node was low on resource: memory.", Time::from_secs(7));
        assert_eq!((&*status.reason, &*status.message), ("Evicted", "The node was low on resource: memory."));
        let [condition] = &status.conditions[..] else { panic!("it is a disruption") };
        assert_eq!((&*condition.reason, &*condition.message), ("TerminationByKubelet", &*status.message));
        assert_eq!((condition.status, condition.observed_generation), (ConditionStatus::True, 3));
        Preemption.apply(&mut status, 3, "Preempted in order to admit critical pod", Time::from_secs(7));
        assert_eq!(status.conditions[0].message, PREEMPTED);
        assert_eq!(status.message, "Preempted in order to admit critical pod");
    }

    #[test]
    fn only_a_shutdown_leaves_success_alone_and_only_a_limit_is_no_disruption() {
        let ended = |ending: Ending| {
            let mut status = PodStatus { phase: Some(PodPhase::Succeeded), ..PodStatus::default() };
            ending.apply(&mut status, 3, "why", Time::from_secs(7));
            (status.phase, status.conditions.len())
        };
        assert_eq!(ended(Ending::NodeShutdown), (Some(PodPhase::Succeeded), 1));
        assert_eq!(ended(Ending::NodePressure), (Some(PodPhase::Failed), 1));
        assert_eq!(ended(Ending::StorageLimit), (Some(PodPhase::Failed), 0));
    }

    #[test]
    fn a_second_disruption_keeps_the_time_of_the_first() {
        let mut status = PodStatus::default();
        Ending::NodePressure.apply(&mut status, 1, "", Time::from_secs(7));
        Ending::Preemption.apply(&mut status, 2, "", Time::from_secs(9));
        assert_eq!(status.conditions[0].last_transition_time, Some(Time::from_secs(7)));
        assert_eq!((status.conditions.len(), status.conditions[0].observed_generation), (1, 2));
    }
}
