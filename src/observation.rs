//! A re-list: everything the container runtime knows of one Pod at one moment.
//!
//! This is the vocabulary of the CRI's `ListPodSandbox` and `ListContainers`: sandboxes and containers newest first, several
//! attempts of one container, unknown states. Names that the spec does not have are tolerated and ignored.

use crate::api::Quantity;
use crate::rules::view::{Exit, Instance, InstanceState, NetworkNamespace, Runtime, Sandbox, TerminatedReason};
use crate::spec::{ContainerIndex, NameKey, Spec};
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What the runtime knows of one Pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Observation {
    /// Addresses of the newest ready sandbox.
    pub ips: Vec<String>,
    /// Sandboxes, newest first.
    pub sandboxes: Vec<ObservedSandbox>,
    /// Containers of all sandboxes, newest first.
    pub containers: Vec<ObservedContainer>,
}

/// One sandbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObservedSandbox {
    /// The runtime's id.
    pub id: String,
    /// READY or NOTREADY.
    pub state: ObservedSandboxState,
    /// Attempt, counted from 0.
    pub attempt: u32,
    /// When it was created.
    pub created_at: Option<Time>,
    /// Its network namespace.
    pub network: NetworkNamespace,
    /// Whether the runtime reported a network block at all.
    pub network_status: bool,
    /// Its primary address; empty if it has none.
    pub ip: String,
}

/// State of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ObservedSandboxState {
    /// SANDBOX_READY.
    Ready,
    /// SANDBOX_NOTREADY.
    #[default]
    NotReady,
}

/// One container instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObservedContainer {
    /// The runtime's id.
    pub id: String,
    /// Name of the container in the spec.
    pub name: String,
    /// State.
    pub state: ObservedState,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// Exit code; meaningless before the end.
    pub exit_code: i32,
    /// Reason of the end.
    pub reason: String,
    /// Termination message: the runtime's, and what the container left in its file or at the end of its log.
    pub message: String,
    /// Image name.
    pub image: String,
    /// Image reference.
    pub image_ref: String,
    /// The attempt, counted from 0.
    pub restart_count: i32,
    /// Resources as the runtime reports them.
    pub resources: Option<ObservedResources>,
    /// The hash of name and image it carries differs from the spec's.
    pub spec_changed: bool,
    /// It belongs to the newest sandbox, and that is ready.
    pub active: bool,
}

/// Resources of a container instance as the runtime reports them; what it does not report is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObservedResources {
    /// CPU shares, as a request.
    pub cpu_request: Option<Quantity>,
    /// CPU quota, as a limit.
    pub cpu_limit: Option<Quantity>,
    /// Protected memory, as a request.
    pub memory_request: Option<Quantity>,
    /// Memory limit.
    pub memory_limit: Option<Quantity>,
}

/// State of a container instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ObservedState {
    /// CONTAINER_CREATED.
    Created,
    /// CONTAINER_RUNNING.
    Running,
    /// CONTAINER_EXITED.
    Exited,
    /// CONTAINER_UNKNOWN, and any state that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl From<ObservedState> for InstanceState {
    fn from(state: ObservedState) -> Self {
        match state {
            ObservedState::Created => Self::Created,
            ObservedState::Running => Self::Running,
            ObservedState::Exited => Self::Exited,
            ObservedState::Unknown => Self::Unknown,
        }
    }
}

impl From<InstanceState> for ObservedState {
    fn from(state: InstanceState) -> Self {
        match state {
            InstanceState::Created => Self::Created,
            InstanceState::Running => Self::Running,
            InstanceState::Exited => Self::Exited,
            InstanceState::Unknown => Self::Unknown,
        }
    }
}

/// Inlined, so that a rule that asks for no reason reads none.
impl From<&ObservedContainer> for Instance {
    #[inline]
    fn from(container: &ObservedContainer) -> Self {
        Self {
            state: container.state.into(),
            restart_count: container.restart_count,
            started_at: container.started_at,
            finished_at: container.finished_at,
            exit: Exit { code: container.exit_code, reason: TerminatedReason::from_text(&container.reason) },
            spec_changed: container.spec_changed,
            active: container.active,
        }
    }
}

impl From<&ObservedSandbox> for Sandbox {
    fn from(sandbox: &ObservedSandbox) -> Self {
        Self {
            ready: sandbox.state == ObservedSandboxState::Ready,
            attempt: sandbox.attempt,
            network: sandbox.network,
            has_network_status: sandbox.network_status,
            has_ip: !sandbox.ip.is_empty(),
        }
    }
}

/// An observation read against a spec: the [`Runtime`] that the rules ask.
#[derive(Clone, Copy, Debug)]
pub struct ObservedPod<'a> {
    spec: &'a Spec,
    seen: &'a Observation,
}

impl<'a> ObservedPod<'a> {
    /// Reads `seen` against `spec`.
    pub const fn new(spec: &'a Spec, seen: &'a Observation) -> Self {
        Self { spec, seen }
    }

    /// The instances of this container, newest first, with their texts.
    #[inline]
    pub fn containers(&self, container: ContainerIndex) -> impl Iterator<Item = &'a ObservedContainer> + use<'a> {
        let (spec, key) = (self.spec, self.spec.brief(container).key);
        self.seen
            .containers
            .iter()
            .filter(move |seen| key == NameKey::of(&seen.name) && (key.is_whole() || seen.name == spec.container(container).name()))
    }
}

impl Runtime for ObservedPod<'_> {
    fn sandboxes(&self) -> impl Iterator<Item = Sandbox> {
        self.seen.sandboxes.iter().map(Sandbox::from)
    }

    fn instances(&self, container: ContainerIndex) -> impl Iterator<Item = Instance> {
        self.containers(container).map(Instance::from)
    }
}
