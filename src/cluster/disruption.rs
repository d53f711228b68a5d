//! Who ends a Pod that would have lived on: the condition DisruptionTarget (KEP-3329), and what the API server and the disruption
//! controller do with it.

use crate::api::{ConditionStatus, ConditionType, ObjectMeta, Pod, PodCondition, PodPhase, PodStatus};
use crate::rules::conditions::{self, ConditionReason};
use crate::time::{Span, Time};
use alloc::string::String;

/// How long DisruptionTarget may stand before the disruption controller takes it for left over (`stalePodDisruptionTimeout`).
pub const STALE_DISRUPTION: Span = Span::from_secs(120);

/// A disruption by the control plane. The kubelet's own (`TerminationByKubelet`) belong to its decisions in [`node`](crate::node).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Disruption {
    /// The scheduler makes room for a Pod of higher priority, and then deletes this one.
    PreemptionByScheduler,
    /// The eviction API, and then deletes with the caller's options.
    EvictionByEvictionApi,
    /// The taint-eviction controller: the Pod does not tolerate a NoExecute taint of its node (any longer). Then deletes.
    DeletionByTaintManager,
    /// The Pod garbage collector: the node is gone. Then deletes with grace period 0.
    DeletionByPodGc,
}

impl Disruption {
    /// `reason` of the condition.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::PreemptionByScheduler => "PreemptionByScheduler",
            Self::EvictionByEvictionApi => "EvictionByEvictionAPI",
            Self::DeletionByTaintManager => "DeletionByTaintManager",
            Self::DeletionByPodGc => "DeletionByPodGC",
        }
    }

    /// `message` of the condition, with the default scheduler's name.
    pub const fn message(self) -> &'static str {
        match self {
            Self::PreemptionByScheduler => "default-scheduler: preempting to accommodate a higher priority pod",
            Self::EvictionByEvictionApi => "Eviction API: evicting",
            Self::DeletionByTaintManager => "Taint manager: deleting due to NoExecute taint",
            Self::DeletionByPodGc => "PodGC: node no longer exists",
        }
    }

    /// The condition to be written before the Pod is deleted; [`put_condition`] puts it into a status.
    ///
    /// All but the eviction API write the generation of the object that they saw.
    pub fn condition(self, now: Time, meta: &ObjectMeta) -> PodCondition {
        let observed_generation = if self == Self::EvictionByEvictionApi { 0 } else { meta.generation };
        PodCondition {
            type_: ConditionType::DisruptionTarget,
            observed_generation,
            status: ConditionStatus::True,
            last_probe_time: None,
            last_transition_time: Some(now.truncated()),
            reason: self.reason().into(),
            message: self.message().into(),
        }
    }
}

/// Puts a condition into a status, in the place of one of its type; one of the same status keeps its transition time (API
/// `UpdatePodCondition`). Says whether anything changed: if not, the writer need not write.
pub fn put_condition(status: &mut PodStatus, condition: PodCondition) -> bool {
    conditions::update(&mut status.conditions, condition)
}

/// The eviction API is asked to evict a Pod (API server `EvictionREST`): the condition to be written before the Pod is deleted with the options
/// of the request, or `None` if the request is refused (429).
///
/// `budget_allows`: whether all disruption budgets that cover the Pod have room for it; some Pods need none
/// ([`ignores_disruption_budget`]).
pub fn evict(now: Time, pod: &Pod, budget_allows: bool) -> Option<PodCondition> {
    (budget_allows || ignores_disruption_budget(pod)).then(|| Disruption::EvictionByEvictionApi.condition(now, &pod.metadata))
}

/// Whether the eviction API asks no disruption budget for this Pod: it does not run yet, has ended, or is being deleted (API server
/// `canIgnorePDB`). For any other the budgets decide, which is not the Pod's affair.
pub fn ignores_disruption_budget(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
        || matches!(pod.status.phase, Some(PodPhase::Pending | PodPhase::Succeeded | PodPhase::Failed))
}

/// The condition that takes a left-over DisruptionTarget back: it has been True for [`STALE_DISRUPTION`], and the Pod lives on (disruption
/// controller `nonTerminatingPodHasStaleDisruptionCondition`). `None`: there is nothing to take back, yet.
pub fn stale_disruption(now: Time, pod: &Pod) -> Option<PodCondition> {
    let lives = pod.metadata.deletion_timestamp.is_none() && !pod.status.phase.is_some_and(PodPhase::is_terminal);
    let target = pod.status.conditions.iter().find(|condition| condition.type_ == ConditionType::DisruptionTarget)?;
    // The kubelet's own disruptions are final and never stale.
    let standing = target.status == ConditionStatus::True && target.reason != ConditionReason::TerminationByKubelet.as_str();
    let over = target.last_transition_time.is_none_or(|since| since + STALE_DISRUPTION <= now);
    (lives && standing && over).then(|| PodCondition {
        type_: ConditionType::DisruptionTarget,
        observed_generation: pod.metadata.generation,
        status: ConditionStatus::False,
        last_probe_time: None,
        last_transition_time: Some(now.truncated()),
        reason: String::new(),
        message: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Pod {
        let meta = ObjectMeta { generation: 3, ..ObjectMeta::default() };
        let mut pod = Pod { metadata: meta, ..Pod::default() };
        pod.status.phase = Some(PodPhase::Running);
        pod
    }

    #[test]
    fn a_second_disruption_keeps_the_time_of_the_first() {
        let mut pod = pod();
        let first = Disruption::EvictionByEvictionApi.condition(Time::from_secs(10), &pod.metadata);
        let second = Disruption::DeletionByTaintManager.condition(Time::from_secs(20), &pod.metadata);
        assert_eq!((first.observed_generation, second.observed_generation), (0, 3));
        assert!(put_condition(&mut pod.status, first));
        assert!(put_condition(&mut pod.status, second.clone()));
        assert!(!put_condition(&mut pod.status, second));
        assert_eq!(pod.status.conditions.len(), 1);
        assert_eq!(pod.status.conditions[0].reason, "DeletionByTaintManager");
        assert_eq!(pod.status.conditions[0].last_transition_time, Some(Time::from_secs(10)));
    }

    #[test]
    fn a_budget_protects_what_runs() {
        let mut pod = pod();
        assert_eq!(evict(Time::EPOCH, &pod, false), None);
        assert!(evict(Time::EPOCH, &pod, true).is_some());
        pod.metadata.deletion_timestamp = Some(Time::EPOCH);
        assert!(evict(Time::EPOCH, &pod, false).is_some());
    }

    #[test]
    fn what_is_left_over_is_taken_back_after_two_minutes() {
        let mut pod = pod();
        let condition = Disruption::PreemptionByScheduler.condition(Time::from_secs(100), &pod.metadata);
        put_condition(&mut pod.status, condition);
        assert_eq!(stale_disruption(Time::from_secs(219), &pod), None);
        assert_eq!(stale_disruption(Time::from_secs(220), &pod).map(|c| c.status), Some(ConditionStatus::False));
        pod.status.conditions[0].reason = ConditionReason::TerminationByKubelet.as_str().into();
        assert_eq!(stale_disruption(Time::from_secs(220), &pod), None);
    }
}
