//! The conditions that the kubelet computes (kubelet `status/generate.go`).

use super::view::reasons;
use crate::api::ConditionStatus;

reasons! {
    /// `reason` of a Pod condition.
    ConditionReason {
        /// Some sidecar or regular container is not ready.
        ContainersNotReady = "ContainersNotReady",
        /// Some init container is not done.
        ContainersNotInitialized = "ContainersNotInitialized",
        /// The statuses are not known at all.
        UnknownContainerStatuses = "UnknownContainerStatuses",
        /// The Pod Succeeded.
        PodCompleted = "PodCompleted",
        /// The Pod Failed.
        PodFailed = "PodFailed",
        /// A readiness gate is not True.
        ReadinessGatesNotReady = "ReadinessGatesNotReady",
        /// A RestartAllContainers rule matched.
        RestartAllContainersStarted = "RestartAllContainersStarted",
        /// Scheduling gates hold the Pod back.
        SchedulingGated = "SchedulingGated",
        /// No node fits.
        Unschedulable = "Unschedulable",
        /// The scheduler failed.
        SchedulerError = "SchedulerError",
        /// Eviction API.
        EvictionByEvictionApi = "EvictionByEvictionAPI",
        /// Scheduler preemption.
        PreemptionByScheduler = "PreemptionByScheduler",
        /// NoExecute taint.
        DeletionByTaintManager = "DeletionByTaintManager",
        /// Pod garbage collector: the node is gone.
        DeletionByPodGc = "DeletionByPodGC",
        /// The kubelet: node pressure, critical Pod, node shutdown.
        TerminationByKubelet = "TerminationByKubelet",
        /// The resize waits for room.
        Deferred = "Deferred",
        /// The resize can never be.
        Infeasible = "Infeasible",
        /// The resize failed.
        Error = "Error",
    }
}

/// Status and reason of a computed condition. The message, for humans, is made on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Status.
    pub status: ConditionStatus,
    /// Reason.
    pub reason: ConditionReason,
}
