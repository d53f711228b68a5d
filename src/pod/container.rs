//! A container's slot: its newest instances, its back-off, and what the status shows of it.

use super::output::ShownState;
use super::table::table;
use crate::rules::backoff::Backoff;
use crate::rules::container_status::Synthetic;
use crate::rules::grace::Stop;
use crate::rules::probe::SeenState;
use crate::rules::view::{Exit, Instance, InstanceState, StatusEntry, StatusState, WaitingReason};
use crate::time::Time;

/// Which instance of a container: counted from 0 for every one that was ever created in this Pod's life.
///
/// Unlike `restartCount` it never starts anew, so that news of an older instance is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

table! {
    /// State of an instance of a container in the runtime.
    states InstanceStage {
        /// Not there: never created, or removed.
        Absent,
        /// Created, not started.
        Created,
        /// Running.
        Running,
        /// Ended.
        Exited,
        /// The runtime cannot tell.
        Unknown,
    }
    /// What happens to an instance.
    events InstanceEvent {
        /// The runtime made it.
        Made,
        /// Its process runs.
        Started,
        /// The runtime could not start it.
        StartFailed,
        /// Its process ended.
        Ended,
        /// The runtime has lost sight of it.
        Lost,
        /// Its record is gone.
        Removed,
    }
    rows {
        Absent + Made => Created by Runtime;
        Created + Started => Running by Runtime;
        Created + StartFailed => Exited by Runtime;
        Created | Running | Unknown + Ended => Exited by Runtime;
        Running | Created + Lost => Unknown by Runtime;
        Created | Running | Exited | Unknown + Removed => Absent by Runtime;
    }
}

impl InstanceStage {
    /// In the runtime's words; `None` if it is not there.
    pub(crate) const fn state(self) -> Option<InstanceState> {
        match self {
            Self::Absent => None,
            Self::Created => Some(InstanceState::Created),
            Self::Running => Some(InstanceState::Running),
            Self::Exited => Some(InstanceState::Exited),
            Self::Unknown => Some(InstanceState::Unknown),
        }
    }
}

/// What is known of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InstanceFacts {
    pub(crate) stage: InstanceStage,
    pub(crate) attempt: Attempt,
    /// Attempt of the sandbox it lives in.
    pub(crate) sandbox: u32,
    pub(crate) restart_count: i32,
    /// Hash of name and image when it was created.
    pub(crate) hash: u32,
    pub(crate) exit: Exit,
    pub(crate) started_at: Option<Time>,
    pub(crate) finished_at: Option<Time>,
}

impl InstanceFacts {
    pub(crate) const NONE: Self = Self {
        stage: InstanceStage::Absent,
        attempt: Attempt(0),
        sandbox: 0,
        restart_count: 0,
        hash: 0,
        exit: Exit { code: 0, reason: crate::rules::view::TerminatedReason::None },
        started_at: None,
        finished_at: None,
    };

    /// As the rules see it; `None` if it is not there.
    pub(crate) fn view(&self, hash: u32, active_sandbox: Option<u32>) -> Option<Instance> {
        Some(Instance {
            state: self.stage.state()?,
            restart_count: self.restart_count,
            started_at: self.started_at,
            finished_at: self.finished_at,
            exit: self.exit,
            spec_changed: self.hash != hash,
            active: active_sandbox == Some(self.sandbox),
        })
    }
}

/// A termination as a status shows it: of an instance, or made up by the kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Termination {
    pub(crate) exit: Exit,
    /// The instance whose termination it is.
    pub(crate) attempt: Option<Attempt>,
    /// The kubelet made it up.
    pub(crate) synthetic: Option<Synthetic>,
    pub(crate) started_at: Option<Time>,
    pub(crate) finished_at: Option<Time>,
}

impl Termination {
    pub(crate) const fn synthetic(synthetic: Synthetic) -> Self {
        Self { exit: synthetic.exit(), attempt: None, synthetic: Some(synthetic), started_at: None, finished_at: None }
    }
}

impl From<&InstanceFacts> for Termination {
    fn from(instance: &InstanceFacts) -> Self {
        Self {
            exit: instance.exit,
            attempt: Some(instance.attempt),
            synthetic: None,
            started_at: instance.started_at,
            finished_at: instance.finished_at,
        }
    }
}

/// State of a container in the published status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownContainerState {
    Waiting(WaitingReason),
    Running { started_at: Option<Time> },
    Terminated(Termination),
}

impl ShownContainerState {
    /// As the prober sees it.
    pub(crate) fn seen(&self) -> SeenState {
        match self {
            Self::Waiting(_) => SeenState::Waiting,
            Self::Running { started_at } => SeenState::Running { since: started_at.map(Time::truncated) },
            Self::Terminated(termination) => SeenState::Terminated { exit_code: termination.exit.code },
        }
    }

    pub(crate) const fn termination(&self) -> Option<Termination> {
        if let Self::Terminated(termination) = self { Some(*termination) } else { None }
    }
}

/// What the published status shows of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShownContainer {
    pub(crate) state: ShownContainerState,
    pub(crate) last: Option<Termination>,
    /// The instance whose id and image are shown.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) restart_count: i32,
    pub(crate) ready: bool,
    pub(crate) started: Option<bool>,
    /// Length of the back-off that CrashLoopBackOff tells of, in milliseconds; else 0.
    pub(crate) back_off_millis: u32,
}

impl ShownContainer {
    /// Its state, in short.
    pub(crate) const fn short(&self) -> ShownState {
        match self.state {
            ShownContainerState::Waiting(reason) => ShownState::Waiting(reason),
            ShownContainerState::Running { .. } => ShownState::Running,
            ShownContainerState::Terminated(Termination { exit, .. }) => ShownState::Terminated(exit.code, exit.reason),
        }
    }

    /// Whether it waits for a reason that has words of its own.
    pub(crate) const fn tells_failure(&self) -> bool {
        !matches!(
            self.state,
            ShownContainerState::Running { .. }
                | ShownContainerState::Terminated(_)
                | ShownContainerState::Waiting(
                    WaitingReason::None
                        | WaitingReason::ContainerCreating
                        | WaitingReason::PodInitializing
                        | WaitingReason::RestartingAllContainers
                        | WaitingReason::CrashLoopBackOff
                        | WaitingReason::ErrImageNeverPull
                )
        )
    }

    pub(crate) fn entry(&self) -> StatusEntry {
        let state = match self.state {
            ShownContainerState::Waiting(reason) => StatusState::Waiting(reason),
            ShownContainerState::Running { .. } => StatusState::Running,
            ShownContainerState::Terminated(termination) => StatusState::Terminated(termination.exit),
        };
        let last = self.last.map(|termination| termination.exit);
        StatusEntry { state, last, ready: self.ready, started: self.started, restart_count: self.restart_count }
    }
}

/// One container of a Pod.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// The newest instance, and the one before it if its record is kept.
    pub(crate) instances: [InstanceFacts; 2],
    /// In the published status; `None` before the first build.
    pub(crate) shown: Option<ShownContainer>,
    pub(crate) backoff: Backoff,
    /// The stop under way.
    pub(crate) stopping: Option<Stop>,
    /// Why the last start failed; shown until one succeeds (the kubelet's reason cache).
    pub(crate) start_failure: WaitingReason,
    /// State of the newest instance as the sync in progress found it.
    pub(crate) found: InstanceStage,
    /// The next instance's number.
    pub(crate) next_attempt: Attempt,
    /// The next instance's `restartCount`: the newest known one's plus 1, or as the log files tell.
    pub(crate) next_restart_count: i32,
}

impl Slot {
    /// Of a container that nothing is known of.
    pub(crate) fn new() -> Self {
        Self {
            instances: [InstanceFacts::NONE; 2],
            shown: None,
            backoff: Backoff::default(),
            stopping: None,
            start_failure: WaitingReason::None,
            found: InstanceStage::Absent,
            next_attempt: Attempt(0),
            next_restart_count: 0,
        }
    }

    /// The instances whose texts the published status shows.
    pub(crate) fn shown_attempts(&self) -> [Option<Attempt>; 3] {
        let shown = self.shown.as_ref();
        let state = shown.and_then(|shown| shown.state.termination()?.attempt);
        let last = shown.and_then(|shown| shown.last?.attempt);
        [shown.and_then(|shown| shown.attempt), state, last]
    }

    pub(crate) const fn newest(&self) -> &InstanceFacts {
        &self.instances[0]
    }

    pub(crate) fn is_running(&self) -> bool {
        self.instances[0].stage == InstanceStage::Running
    }

    /// Whether it runs, or may run for all that the runtime can tell: such an instance is stopped before another one is made.
    pub(crate) const fn may_run(&self) -> bool {
        matches!(self.instances[0].stage, InstanceStage::Running | InstanceStage::Unknown)
    }
}
