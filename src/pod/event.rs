//! News for the machine: what the control plane, the CRI, the prober and the volume manager report.

use super::action::HookKind;
use super::container::Attempt;
use crate::rules::actions::ResizedResource;
use crate::rules::probe::RawOutcome;
use crate::rules::view::{Exit, ProbeResult, WaitingReason};
use crate::spec::{ContainerIndex, ProbeKind};
use crate::time::Time;

/// One piece of news. It is `Copy` and may borrow text, which the Pod copies only if there is some.
///
/// An event names the attempt it speaks of; news of an older one is ignored. Failures of the world are events.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The store has the object.
    Stored,
    /// The scheduler has chosen a node.
    Scheduled,
    /// No node fits (`Unschedulable`) or the scheduler failed (`SchedulerError`); it will try again by itself.
    Unschedulable {
        /// The scheduler itself failed.
        scheduler_error: bool,
    },
    /// The binding is written.
    Bound,
    /// The kubelet admits the Pod.
    Admitted,
    /// The kubelet refuses the Pod.
    Rejected {
        /// `status.reason`, such as `OutOfcpu`.
        reason: &'a str,
        /// `status.message`.
        message: &'a str,
    },
    /// All volumes are mounted.
    VolumesMounted,
    /// Volumes could not be mounted in time; the sync fails and comes again.
    VolumesFailed,
    /// A sandbox is up.
    SandboxStarted {
        /// Its attempt.
        attempt: u32,
        /// Its addresses, the primary first, joined by commas; empty under the node's network.
        ips: &'a str,
    },
    /// A sandbox could not be made; the sync fails and comes again.
    SandboxFailed {
        /// Its attempt.
        attempt: u32,
    },
    /// A sandbox is taken down as asked.
    SandboxStopped {
        /// Its attempt.
        attempt: u32,
    },
    /// A sandbox is down, but its network could not be taken down; the kubelet tries again.
    SandboxStopFailed {
        /// Its attempt.
        attempt: u32,
    },
    /// A sandbox died by itself or from outside.
    SandboxDied {
        /// Its attempt.
        attempt: u32,
    },
    /// The image of a container is on the node: found, or pulled.
    ImagePresent {
        /// The container.
        container: ContainerIndex,
    },
    /// The image is not on the node.
    ImageAbsent {
        /// The container.
        container: ContainerIndex,
    },
    /// The image could not be looked up or pulled.
    ImageFailed {
        /// The container.
        container: ContainerIndex,
        /// ErrImagePull, ImageInspectError, InvalidImageName, RegistryUnavailable or SignatureValidationFailed.
        reason: WaitingReason,
        /// For humans.
        message: &'a str,
    },
    /// An instance is created.
    ContainerCreated {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// `<runtime>://<id>`; may be empty.
        id: &'a str,
        /// The runtime's image reference; may be empty.
        image_id: &'a str,
    },
    /// An instance could not be created.
    ContainerCreateFailed {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// CreateContainerConfigError, PreCreateHookError or CreateContainerError.
        reason: WaitingReason,
        /// For humans.
        message: &'a str,
    },
    /// An instance runs.
    ContainerStarted {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Since when.
        at: Time,
    },
    /// An instance could not be started; it is exited now.
    ContainerStartFailed {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// How the runtime records it: 128 StartError with containerd.
        exit: Exit,
        /// When.
        at: Time,
        /// For humans.
        message: &'a str,
        /// The reason where it is [`TerminatedReason::Other`](crate::rules::view::TerminatedReason::Other); else empty.
        reason: &'a str,
    },
    /// The process of an instance ended, by itself or because it was stopped.
    ContainerExited {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// How.
        exit: Exit,
        /// When.
        at: Time,
        /// Termination message; may be empty.
        message: &'a str,
        /// The reason where it is [`TerminatedReason::Other`](crate::rules::view::TerminatedReason::Other); else empty.
        reason: &'a str,
    },
    /// The runtime has lost sight of an instance: its state is unknown.
    ContainerLost {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
    },
    /// The record of an instance is gone from the runtime.
    ContainerRemoved {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
    },
    /// A lifecycle hook ended.
    HookFinished {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Which hook.
        hook: HookKind,
        /// Whether it succeeded.
        ok: bool,
        /// For humans.
        message: &'a str,
    },
    /// A probe was executed.
    Probed {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Which probe.
        kind: ProbeKind,
        /// Its outcome.
        outcome: RawOutcome,
    },
    /// The node has allocated the desired resources; a resize that was deferred may come to that later (KEP-1287).
    ResizeAllocated {
        /// `metadata.generation` of the spec that desires them; news of an older one is ignored.
        generation: i64,
    },
    /// The desired resources do not fit the node now.
    ResizeDeferred {
        /// `metadata.generation` of the spec that desires them.
        generation: i64,
        /// For humans.
        message: &'a str,
    },
    /// The desired resources can never be given to this Pod on this node.
    ResizeInfeasible {
        /// `metadata.generation` of the spec that desires them.
        generation: i64,
        /// For humans.
        message: &'a str,
    },
    /// One resource of an instance is as allocated.
    ContainerUpdated {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// The resource.
        resource: ResizedResource,
    },
    /// A resource of an instance could not be changed, or may not be: the sync fails and comes again.
    ContainerUpdateFailed {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// The resource.
        resource: ResizedResource,
        /// For humans.
        message: &'a str,
    },
    /// A prober outside the machine has this verdict on an instance (kubelet `results.Manager.Set`).
    ///
    /// It takes the place of what the machine's own worker has cached. A caller whose prober counts by itself leaves
    /// [`Action::Probe`](super::Action::Probe) unanswered.
    ProbeVerdict {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Which probe.
        kind: ProbeKind,
        /// The verdict.
        verdict: ProbeResult,
    },
    /// All volumes are unmounted.
    VolumesUnmounted,
    /// The action in progress was not carried out, because the backend was told to give way to a deletion or is shutting
    /// down: no failure is recorded, the sync ends and comes again.
    Aborted,
    /// The object is gone from the API server.
    ObjectRemoved,
    /// Time has passed. Early and repeated ticks do nothing.
    Tick,
}

/// Writes the look-up of the names.
macro_rules! names {
    ($($name:ident)*) => {
        impl Event<'_> {
            /// Its name, as [`Action::table`](super::Action::table) has it.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name)),* }
            }
        }
    };
}

names! {
    Stored Scheduled Unschedulable Bound Admitted Rejected
    VolumesMounted VolumesFailed SandboxStarted SandboxFailed SandboxStopped SandboxStopFailed
    SandboxDied ImagePresent ImageAbsent ImageFailed ContainerCreated ContainerCreateFailed
    ContainerStarted ContainerStartFailed ContainerExited ContainerLost ContainerRemoved HookFinished
    ResizeAllocated ResizeDeferred ResizeInfeasible ContainerUpdated ContainerUpdateFailed
    Probed ProbeVerdict VolumesUnmounted Aborted ObjectRemoved Tick
}
