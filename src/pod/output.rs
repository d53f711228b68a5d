//! What a call tells its caller: transitions, status changes, actions.

use super::action::Action;
use super::container::{Attempt, InstanceStage};
use super::sandbox::SandboxState;
use super::stage::Stage;
use crate::api::{ConditionStatus, PodPhase};
use crate::rules::conditions::{ConditionReason, KubeletCondition};
use crate::rules::ending::Ending;
use crate::rules::view::{ProbeResult, TerminatedReason, WaitingReason};
use crate::spec::{ContainerIndex, ProbeKind};
use alloc::vec::Vec;

/// One output. Outputs are plain, comparable data, told in the order of their cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Something changed.
    Transition(Transition),
    /// The published status changed: [`Pod::status`](super::Pod::status) is the new version until the next one.
    StatusChanged,
    /// Somebody should do something; see [`Action`].
    Action(Action),
    /// A sync did not bring a container up: a back-off refused, or a step of its start failed (kubelet `PodSyncResult`). The status shows
    /// the reason from its next version on.
    StartFailed {
        /// The container.
        container: ContainerIndex,
        /// Why.
        reason: WaitingReason,
    },
}

/// Takes outputs. `Vec<Output>`, `()` and closures are sinks.
pub trait Sink {
    /// Takes one output.
    fn emit(&mut self, output: Output);
}

impl Sink for Vec<Output> {
    fn emit(&mut self, output: Output) {
        self.push(output);
    }
}

impl Sink for () {
    fn emit(&mut self, _: Output) {}
}

impl<F: FnMut(Output)> Sink for F {
    fn emit(&mut self, output: Output) {
        self(output);
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Actor {
    /// kube-apiserver.
    ApiServer,
    /// etcd behind the API server.
    Store,
    /// kube-scheduler.
    Scheduler,
    /// The kubelet.
    Kubelet,
    /// The container runtime, or a process in it.
    Runtime,
    /// The kubelet's prober.
    Prober,
    /// A lifecycle hook.
    Hook,
    /// The kubelet's container garbage collection.
    GarbageCollector,
    /// Another controller or client of the API.
    Client,
}

impl Actor {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApiServer => "api-server",
            Self::Store => "store",
            Self::Scheduler => "scheduler",
            Self::Kubelet => "kubelet",
            Self::Runtime => "runtime",
            Self::Prober => "prober",
            Self::Hook => "hook",
            Self::GarbageCollector => "garbage-collector",
            Self::Client => "client",
        }
    }
}

/// Something changed: what, from which state to which, who acted, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// What changed.
    pub change: StateChange,
    /// Who acted.
    pub by: Actor,
    /// Why.
    pub why: Cause,
}

/// What changed, from which state to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateChange {
    /// The stage.
    Stage {
        /// Before.
        from: Stage,
        /// After.
        to: Stage,
    },
    /// The newest sandbox.
    Sandbox {
        /// Its attempt, counted from 0.
        attempt: u32,
        /// Before.
        from: SandboxState,
        /// After.
        to: SandboxState,
    },
    /// An instance of a container.
    Instance {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Before.
        from: InstanceStage,
        /// After.
        to: InstanceStage,
    },
    /// A cached probe result of a container's newest instance; `None`: no result.
    Probe {
        /// The container.
        container: ContainerIndex,
        /// Which probe.
        kind: ProbeKind,
        /// Before.
        from: Option<ProbeResult>,
        /// After.
        to: Option<ProbeResult>,
    },
    /// The published phase.
    Phase {
        /// Before; `None` in the first status.
        from: Option<PodPhase>,
        /// After.
        to: PodPhase,
    },
    /// A published condition of the kubelet, the scheduler or the API server.
    Condition {
        /// Its type.
        condition: KubeletCondition,
        /// Before; `None`: not there.
        from: Option<ConditionStatus>,
        /// After; `None`: taken away.
        to: Option<ConditionStatus>,
        /// Its reason now.
        reason: ConditionReason,
    },
    /// The published state of a container.
    Container {
        /// The container.
        container: ContainerIndex,
        /// Before.
        from: ShownState,
        /// After.
        to: ShownState,
    },
    /// A condition that the machine only keeps for another writer: a readiness gate, DisruptionTarget.
    OtherCondition {
        /// Before; `None`: not there.
        from: Option<ConditionStatus>,
        /// After.
        to: ConditionStatus,
    },
    /// The kubelet decided to end the Pod: eviction, preemption, node shutdown.
    Kill {
        /// Why.
        ending: Ending,
    },
    /// The object got a deletion timestamp, or a nearer one.
    Deletion {
        /// The grace period granted, in seconds.
        grace_period_seconds: i64,
    },
    /// The spec is another.
    Spec {
        /// `metadata.generation` now.
        generation: i64,
    },
}

/// The published state of a container, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShownState {
    /// Not in the status.
    Absent,
    /// Waiting.
    Waiting(WaitingReason),
    /// Running.
    Running,
    /// Terminated.
    Terminated(i32, TerminatedReason),
}

/// Why something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// A client made the Pod.
    Created,
    /// An event said so.
    Reported,
    /// The kubelet's sync found it so.
    Sync,
    /// The Pod is being deleted.
    Deleted,
    /// The phase became terminal.
    TerminalPhase,
    /// The active deadline passed.
    DeadlineExceeded,
    /// The kubelet evicts, preempts or shuts down.
    KilledByKubelet,
    /// The kubelet finished its last duties.
    Finished,
    /// A probe said so.
    Probe,
    /// The sandbox came up.
    SandboxStarted,
    /// An API client changed the object.
    ApiChange,
}

impl Cause {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Reported => "reported",
            Self::Sync => "sync",
            Self::Deleted => "deletion",
            Self::TerminalPhase => "phase is terminal",
            Self::DeadlineExceeded => "active deadline exceeded",
            Self::KilledByKubelet => "killed by the kubelet",
            Self::Finished => "last act of the kubelet",
            Self::Probe => "probe result",
            Self::SandboxStarted => "sandbox is up",
            Self::ApiChange => "API change",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Actor;

    #[test]
    fn who_acts_has_a_name() {
        use Actor::{ApiServer, Client, GarbageCollector, Hook, Kubelet, Prober, Runtime, Scheduler, Store};
        let names = [ApiServer, Store, Scheduler, Kubelet, Runtime, Prober, Hook, GarbageCollector, Client].map(Actor::as_str);
        assert_eq!(names, ["api-server", "store", "scheduler", "kubelet", "runtime", "prober", "hook", "garbage-collector", "client"]);
    }
}
