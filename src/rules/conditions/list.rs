//! Conditions in the list of a status, where each type stands once.

use crate::api::{ConditionStatus, ConditionType, PodCondition};
use alloc::vec::Vec;

/// The status of the condition with this type; `None` if the list has none.
pub fn status_in(list: &[PodCondition], type_: &str) -> Option<ConditionStatus> {
    list.iter().find(|condition| condition.type_.as_str() == type_).map(|condition| condition.status)
}

/// Whether a condition is there and True.
pub fn holds(list: &[PodCondition], type_: &ConditionType) -> bool {
    list.iter().find(|condition| condition.type_ == *type_).is_some_and(|condition| condition.status == ConditionStatus::True)
}

/// Puts a condition as it is in the place of the one of its type, or at the end.
pub fn put(list: &mut Vec<PodCondition>, condition: PodCondition) {
    match list.iter_mut().find(|known| known.type_ == condition.type_) {
        Some(known) => *known = condition,
        None => list.push(condition),
    }
}

/// Puts a condition in the place of the one of its type, or at the end; the transition time moves only if the status does (API
/// `UpdatePodCondition`). Says whether anything changed: if not, the writer need not write.
pub fn update(list: &mut Vec<PodCondition>, mut condition: PodCondition) -> bool {
    let Some(known) = list.iter_mut().find(|known| known.type_ == condition.type_) else {
        list.push(condition);
        return true;
    };
    if known.status == condition.status {
        condition.last_transition_time = known.last_transition_time;
    }
    let changed = *known != condition;
    *known = condition;
    changed
}
