//! How much a Pod matters to its node: priority, and what is critical (kubelet `IsCriticalPod`, `Preemptable`).

use crate::api::Pod;

/// The priority from which a Pod is critical (scheduling `SystemCriticalPriority`): the highest a user can define, twice.
pub const SYSTEM_CRITICAL_PRIORITY: i32 = 2_000_000_000;

/// `spec.priority`; 0 where there is none (scheduling `PodPriority`).
pub fn priority(pod: &Pod) -> i32 {
    pod.spec.priority.unwrap_or(0)
}

/// Whether the node is to do without anything else first: static Pods, their mirrors, and Pods from
/// [`SYSTEM_CRITICAL_PRIORITY`] on (kubelet `IsCriticalPod`). They are never evicted for node pressure, and admitted under it.
pub fn is_critical(pod: &Pod) -> bool {
    pod.metadata.is_static() || pod.metadata.is_mirror() || pod.spec.priority.is_some_and(|priority| priority >= SYSTEM_CRITICAL_PRIORITY)
}

/// Whether the second Pod may be ended to make room for the first: it is not critical and the first is; or both have a priority, and the
/// first's is higher (kubelet `Preemptable`).
pub fn may_preempt(preemptor: &Pod, pod: &Pod) -> bool {
    (is_critical(preemptor) && !is_critical(pod))
        || matches!((preemptor.spec.priority, pod.spec.priority), (Some(higher), Some(lower)) if higher > lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(json: &str) -> Pod {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn critical_goes_before_priority_and_no_priority_is_not_the_lowest() {
        let of = |priority: i32| pod(&alloc::format!(r#"{{"spec": {{"priority": {priority}}}}}"#));
        let none = Pod::default();
        let static_pod = pod(r#"{"metadata": {"annotations": {"kubernetes.io/config.source": "file"}}, "spec": {"priority": 1}}"#);
        assert!(may_preempt(&static_pod, &of(5)) && !may_preempt(&of(5), &none));
        assert!(may_preempt(&of(5), &of(4)) && !may_preempt(&of(5), &of(5)));
        // A priority beats even what is critical for another reason.
        assert!(may_preempt(&of(5), &static_pod) && is_critical(&static_pod));
    }
}
