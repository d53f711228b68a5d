//! What other parts of a kubelet ask the workers (kubelet `PodWorkers`).

use super::{PodWorkers, WorkType};

/// What a worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerState {
    /// What it does next.
    pub work_type: WorkType,
    /// A function of the Pod runs.
    pub working: bool,
    /// The Pod was allowed to start: a static Pod waits for its turn.
    pub started: bool,
    /// The Pod is to end.
    pub termination_requested: bool,
    /// The function that ends it has been begun.
    pub termination_started: bool,
    /// Nothing of it runs any more.
    pub terminated: bool,
    /// The worker is done.
    pub finished: bool,
    /// It ends because its object is deleted or gone.
    pub deleted: bool,
    /// It ends because it was evicted.
    pub evicted: bool,
    /// A new Pod with its UID is wanted.
    pub restart_requested: bool,
    /// The grace period settled on, in seconds; 0 if there is none yet.
    pub grace_period_seconds: i64,
}

impl<K: Ord + Clone, P> PodWorkers<K, P> {
    /// What the worker of a Pod is at; `None` if the workers do not know the Pod (kubelet `podSyncStatus`).
    pub fn state(&self, uid: &K) -> Option<WorkerState> {
        self.workers.get(uid).map(|worker| WorkerState {
            work_type: worker.work,
            working: worker.running.is_some(),
            started: worker.started,
            termination_requested: worker.work != WorkType::Sync,
            termination_started: worker.started_terminating,
            terminated: worker.work == WorkType::Terminated,
            finished: worker.finished,
            deleted: worker.deleted,
            evicted: worker.evicted,
            restart_requested: worker.restart_requested,
            grace_period_seconds: worker.grace,
        })
    }

    /// The UIDs that the workers know, in order.
    pub fn uids(&self) -> impl Iterator<Item = &K> {
        self.workers.keys()
    }

    /// Whether all containers of the Pod are known to be stopped (kubelet `IsPodKnownTerminated`). A Pod that the workers do not know is not.
    pub fn is_pod_known_terminated(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.terminated).unwrap_or(false)
    }

    /// Whether containers of the Pod may run: a terminal phase is held back meanwhile (kubelet `CouldHaveRunningContainers`). Before the first
    /// housekeeping, those of a Pod that the workers do not know may.
    pub fn could_have_running_containers(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.work_type.could_have_running_containers()).unwrap_or(!self.synced)
    }

    /// Whether the workers are done with the Pod, so that its object may go (kubelet `ShouldPodBeFinished`). A Pod that they do not know is done
    /// with after the first housekeeping; so it is in the following questions.
    pub fn should_pod_be_finished(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.finished).unwrap_or(self.synced)
    }

    /// Whether the Pod is to end; it may still be starting (kubelet `IsPodTerminationRequested`). A Pod that the workers do not know is not.
    pub fn is_pod_termination_requested(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.termination_requested).unwrap_or(false)
    }

    /// Whether nothing of the Pod will be started any more, so that its containers may be stopped by others, too (kubelet
    /// `ShouldPodContainersBeTerminating`).
    pub fn should_pod_containers_be_terminating(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.termination_started).unwrap_or(self.synced)
    }

    /// Whether what the runtime has of the Pod (sandbox, cgroup) may be removed (kubelet `ShouldPodRuntimeBeRemoved`).
    pub fn should_pod_runtime_be_removed(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.terminated).unwrap_or(self.synced)
    }

    /// Whether what the Pod left on the node (directories, dead containers) may be removed (kubelet `ShouldPodContentBeRemoved`).
    pub fn should_pod_content_be_removed(&self, uid: &K) -> bool {
        self.ask(uid, |state| state.evicted || (state.deleted && state.terminated)).unwrap_or(self.synced)
    }

    /// Whether a static Pod of this full name is ending, so that its mirror is left alone (kubelet
    /// `IsPodForMirrorPodTerminatingByFullName`).
    pub fn is_pod_for_mirror_pod_terminating(&self, full_name: &str) -> bool {
        let state = self.statics.started(full_name).and_then(|uid| self.state(uid));
        state.is_some_and(|state| state.work_type == WorkType::Terminating)
    }

    fn ask(&self, uid: &K, question: impl Fn(WorkerState) -> bool) -> Option<bool> {
        self.state(uid).map(question)
    }
}
