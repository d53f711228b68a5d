//! Stages of a Pod: whose turn it is, from the API server to the garbage collector.

use super::table::table;
use crate::rules::worker::WorkType;

table! {
    /// Whose turn it is. From `Syncing` on these are the states of the kubelet's pod worker.
    states Stage {
        /// The API server has validated the Pod; it is not stored yet.
        Accepted,
        /// Stored, without a node: the scheduler's turn (or scheduling gates hold it).
        Unscheduled,
        /// The scheduler has chosen a node; the binding is on its way.
        Scheduled,
        /// Bound to a node whose kubelet has not admitted it yet.
        Bound,
        /// The kubelet's worker syncs it: containers may be started.
        Syncing,
        /// The kubelet refused it; there is no worker. If it ran already, the kubelet's housekeeping stops it.
        Rejected,
        /// The kubelet stops everything; nothing is started any more.
        Terminating,
        /// All containers are stopped; volumes are being taken down.
        Terminated,
        /// The kubelet is done with it.
        Finished,
        /// The object is gone and so is everything on the node.
        Removed,
    }
    /// What moves a Pod from stage to stage.
    events StageEvent {
        /// The store has it.
        Stored,
        /// It was stored with a node already chosen by its maker.
        StoredWithNode,
        /// A node is chosen.
        NodeChosen,
        /// Binding written.
        Bound,
        /// The kubelet admits it.
        Admitted,
        /// The kubelet refuses it, or finds it running without an object.
        Rejected,
        /// Deletion, eviction, deadline, a terminal phase, …: the end begins.
        EndBegins,
        /// A terminal Pod is found without anything running, after a kubelet restart.
        FoundTerminal,
        /// What ran of a refused Pod was stopped; the news of it gives the Pod a worker.
        OrphanStopped,
        /// No container runs any more.
        ContainersStopped,
        /// Volumes and resources are released.
        Released,
        /// The object is gone.
        ObjectRemoved,
    }
    rows {
        Accepted + Stored => Unscheduled by Store;
        Accepted + StoredWithNode => Bound by Store;
        Unscheduled + NodeChosen => Scheduled by Scheduler;
        Scheduled + Bound => Bound by ApiServer;
        Bound + Admitted => Syncing by Kubelet;
        Bound + Rejected => Rejected by Kubelet;
        Bound + FoundTerminal => Terminated by Kubelet;
        Rejected + OrphanStopped => Syncing by Kubelet;
        Syncing + EndBegins => Terminating by Kubelet;
        Terminating + ContainersStopped => Terminated by Kubelet;
        Terminated + Released => Finished by Kubelet;
        Unscheduled | Scheduled | Bound | Rejected | Finished + ObjectRemoved => Removed by ApiServer;
    }
}

impl Stage {
    /// Whether the kubelet's worker is known and not yet terminated: a terminal phase is held back meanwhile
    /// (kubelet `CouldHaveRunningContainers`).
    pub const fn could_have_running_containers(self) -> bool {
        match self.work() {
            Some(work) => work.could_have_running_containers(),
            None => false,
        }
    }

    /// What the kubelet's worker does next for the Pod; `None`: no worker has it (yet, or any more).
    pub const fn work(self) -> Option<WorkType> {
        match self {
            Self::Syncing => Some(WorkType::Sync),
            Self::Terminating => Some(WorkType::Terminating),
            Self::Terminated => Some(WorkType::Terminated),
            _ => None,
        }
    }

    /// Whether the kubelet's worker has it, so that something that asks for a sync is followed by one.
    pub const fn has_worker(self) -> bool {
        self.work().is_some()
    }

    /// Whether the Pod has a node.
    pub const fn is_bound(self) -> bool {
        !matches!(self, Self::Accepted | Self::Unscheduled | Self::Scheduled)
    }
}
