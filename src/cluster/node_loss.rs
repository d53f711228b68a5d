//! What the control plane does to the Pods of a node it has lost (node-lifecycle controller `MarkPodsNotReady`).

use crate::api::{ConditionStatus, ConditionType, PodStatus};

/// Whether the Pod's condition Ready is set to False because its node is lost: only where it is True.
///
/// Nothing else is touched: not the phase, not ContainersReady, no reason is given. The kubelet overwrites it when it is back. (The
/// documentation has the phase Unknown for such a Pod; who wants that, says so: [`Change::PhaseUnknown`](crate::pod::Change::PhaseUnknown).)
pub fn marks_unready(status: &PodStatus) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == ConditionType::Ready && condition.status == ConditionStatus::True)
}
