//! What the control plane does to the Pods of a node it has lost (node-lifecycle controller `MarkPodsNotReady`).

use crate::api::{ConditionStatus, ConditionType, Pod, PodCondition};
use crate::time::Time;

/// The condition Ready that the node-lifecycle controller writes when the node of the Pod is lost; `None` if it writes nothing, because Ready is
/// not True.
///
/// Nothing else is touched: not the phase, not ContainersReady, and no reason is given. The kubelet overwrites it when it is back. What
/// becomes of the Pod is decided by the taint `node.kubernetes.io/unreachable` ([`TaintEviction`](super::TaintEviction)). The
/// documentation has the phase Unknown for such a Pod; who wants that, says so: [`Change::PhaseUnknown`](crate::pod::Change::PhaseUnknown).
pub fn not_ready(now: Time, pod: &Pod) -> Option<PodCondition> {
    let holds = |condition: &&PodCondition| condition.type_ == ConditionType::Ready && condition.status == ConditionStatus::True;
    pod.status.conditions.iter().find(holds).map(|ready| PodCondition {
        status: ConditionStatus::False,
        observed_generation: pod.metadata.generation,
        last_transition_time: Some(now.truncated()),
        ..ready.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::put_condition;

    #[test]
    fn a_ready_pod_is_made_unready_once() {
        let mut pod: Pod = serde_json::from_str(
            r#"{"metadata": {"generation": 2}, "status": {"conditions": [
                {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "True", "observedGeneration": 1}]}}"#,
        )
        .unwrap();
        let condition = not_ready(Time::from_secs(7), &pod).unwrap();
        assert_eq!((condition.observed_generation, condition.last_transition_time), (2, Some(Time::from_secs(7))));
        assert!(put_condition(&mut pod.status, condition));
        assert_eq!(pod.status.conditions[0].status, ConditionStatus::True);
        assert_eq!(not_ready(Time::from_secs(8), &pod), None);
    }
}
