//! What the machine asks of others: the control plane, the CRI, the prober, the volume manager.

use super::container::Attempt;
use super::output::Actor;
use crate::rules::actions::ResizedResource;
use crate::spec::{ContainerIndex, ProbeKind};

/// Which lifecycle hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookKind {
    /// postStart.
    PostStart,
    /// preStop.
    PreStop,
}

impl HookKind {
    /// `postStart` or `preStop`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostStart => "postStart",
            Self::PreStop => "preStop",
        }
    }
}

/// A request to somebody outside the machine. Each is answered by one of the events that its row in [`Action::table`] names. Where the row has no
/// event that says it failed, whoever carries the action out tries again until it succeeds: the machine waits.
///
/// The container ones bear the verbs of the CRI. They carry numbers only: names, images and commands are read from the spec, the runtime's
/// id of an instance is [`Pod::instance_id`](super::Pod::instance_id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// The store should keep the accepted object.
    StoreObject,
    /// The scheduler should choose a node.
    Schedule,
    /// The API server should write the binding.
    Bind,
    /// The kubelet's admission should decide.
    Admit,
    /// The volume manager should attach and mount the Pod's volumes.
    MountVolumes,
    /// CRI `RunPodSandbox`.
    RunPodSandbox {
        /// Attempt of the new sandbox, counted from 0.
        attempt: u32,
    },
    /// CRI `StopPodSandbox`.
    StopPodSandbox {
        /// Attempt of the sandbox.
        attempt: u32,
    },
    /// CRI `ImageStatus`.
    ImageStatus {
        /// The container whose image it is.
        container: ContainerIndex,
    },
    /// CRI `PullImage`.
    PullImage {
        /// The container whose image it is.
        container: ContainerIndex,
    },
    /// CRI `CreateContainer`, with [`Pod::allocated_resources`](super::Pod::allocated_resources).
    CreateContainer {
        /// The container.
        container: ContainerIndex,
        /// The new instance.
        attempt: Attempt,
        /// Its `restartCount`, kept by the runtime as annotation and CRI attempt.
        restart_count: i32,
    },
    /// CRI `StartContainer`.
    StartContainer {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
    },
    /// Run a lifecycle hook. A preStop hook is not waited for longer than its budget.
    RunHook {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Which hook.
        hook: HookKind,
    },
    /// CRI `StopContainer`: the stop signal now, the kill when the time is over.
    StopContainer {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Seconds between the two.
        timeout_seconds: i64,
    },
    /// The allocation manager should decide whether the desired resources fit the node (KEP-1287). While they do not, it tries again by
    /// itself, and says so when they do.
    AllocateResources {
        /// `metadata.generation` of the spec that desires them.
        generation: i64,
    },
    /// CRI `UpdateContainerResources`: to [`Pod::allocated_resources`](super::Pod::allocated_resources), of which one resource changes.
    ///
    /// A memory limit that is not above what the container uses is refused before the runtime is asked (kubelet `doPodResizeAction`).
    UpdateContainerResources {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// The resource.
        resource: ResizedResource,
    },
    /// CRI `RemoveContainer`.
    RemoveContainer {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
    },
    /// Execute a probe once (three times if it breaks), within its timeout.
    Probe {
        /// The container.
        container: ContainerIndex,
        /// Which instance.
        attempt: Attempt,
        /// Which probe.
        kind: ProbeKind,
    },
    /// The volume manager should unmount the Pod's volumes.
    UnmountVolumes,
    /// The API server should delete the object with grace period 0: the kubelet's last word.
    DeleteObject,
}

/// One row of [`Action::table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionRow {
    /// Name of the action.
    pub action: &'static str,
    /// Who is asked.
    pub of: Actor,
    /// The method of [`ContainerBackend`](crate::backend) implementations' vocabulary (the CRI's where it has one).
    pub method: &'static str,
    /// The events that may answer.
    pub answers: &'static [&'static str],
}

/// Writes the rows and the name look-up from one list.
macro_rules! actions {
    ($($name:ident => $of:ident, $method:literal, [$($answer:literal),*];)*) => {
        const ROWS: &[ActionRow] = &[$(ActionRow {
            action: stringify!($name), of: Actor::$of, method: $method, answers: &[$($answer),*],
        }),*];

        impl Action {
            /// Its name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name)),* }
            }
        }
    };
}

actions! {
    StoreObject => Store, "store_object", ["Stored"];
    Schedule => Scheduler, "schedule", ["Scheduled", "Unschedulable"];
    Bind => ApiServer, "bind", ["Bound"];
    Admit => Kubelet, "admit", ["Admitted", "Rejected"];
    MountVolumes => Kubelet, "mount_volumes", ["VolumesMounted", "VolumesFailed", "Aborted"];
    RunPodSandbox => Runtime, "run_pod_sandbox", ["SandboxStarted", "SandboxFailed", "Aborted"];
    StopPodSandbox => Runtime, "stop_pod_sandbox", ["SandboxStopped", "SandboxStopFailed"];
    ImageStatus => Runtime, "image_status", ["ImagePresent", "ImageAbsent", "ImageFailed", "Aborted"];
    PullImage => Runtime, "pull_image", ["ImagePresent", "ImageFailed", "Aborted"];
    CreateContainer => Runtime, "create_container", ["ContainerCreated", "ContainerCreateFailed", "Aborted"];
    StartContainer => Runtime, "start_container", ["ContainerStarted", "ContainerStartFailed", "Aborted"];
    RunHook => Hook, "run_hook", ["HookFinished"];
    StopContainer => Runtime, "stop_container", ["ContainerExited"];
    AllocateResources => Kubelet, "allocate_resources", ["ResizeAllocated", "ResizeDeferred", "ResizeInfeasible"];
    UpdateContainerResources => Runtime, "update_container_resources", ["ContainerUpdated", "ContainerUpdateFailed"];
    RemoveContainer => Runtime, "remove_container", ["ContainerRemoved"];
    Probe => Prober, "probe", ["Probed"];
    UnmountVolumes => Kubelet, "unmount_volumes", ["VolumesUnmounted"];
    DeleteObject => ApiServer, "delete_object", ["ObjectRemoved"];
}

impl Action {
    /// For each action: who is asked, by which method, and the events that may answer.
    pub const fn table() -> &'static [ActionRow] {
        ROWS
    }

    /// Who is asked.
    pub fn of(&self) -> Actor {
        let name = self.name();
        ROWS.iter().find(|row| row.action == name).map_or(Actor::Kubelet, |row| row.of)
    }
}
