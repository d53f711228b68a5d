//! PodStatus, ContainerStatus, PodCondition.

use super::claim_status::{ExtendedResourceClaimStatus, NodeAllocatableResourceClaimStatus, ResourceClaimStatus, ResourceStatus};
use super::container::{ResourceRequirements, VolumeMount};
use super::resource_list::ResourceList;
use super::vocabulary::{ConditionStatus, ConditionType, PodPhase, QosClass};
use super::{is_default, nullable};
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `status` of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `metadata.generation` of the Pod that the kubelet saw when it built this status. 0 is written as absent.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub observed_generation: i64,
    /// Phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<PodPhase>,
    /// Conditions, one of each type.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub conditions: Vec<PodCondition>,
    /// For humans.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
    /// Why the phase is what it is: `Evicted`, `DeadlineExceeded`, `OutOfcpu`, …
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub reason: String,
    /// Node on which preemption made room.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub nominated_node_name: String,
    /// Primary address of the node.
    #[serde(rename = "hostIP", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub host_ip: String,
    /// Addresses of the node.
    #[serde(rename = "hostIPs", skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub host_ips: Vec<HostIp>,
    /// Primary address of the Pod, given by its sandbox.
    #[serde(rename = "podIP", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub pod_ip: String,
    /// Addresses of the Pod, at most one of each family.
    #[serde(rename = "podIPs", skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub pod_ips: Vec<PodIp>,
    /// When the kubelet first took note of the Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// Init containers, in the order of the spec.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus>,
    /// Regular containers, by name.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus>,
    /// QoS class, set by the API server at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qos_class: Option<QosClass>,
    /// Ephemeral containers, by name.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub ephemeral_container_statuses: Vec<ContainerStatus>,
    /// Deprecated state of a resize; nobody writes it since 1.33, when conditions took its place.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub resize: String,
    /// Claims made for the Pod. The kubelet hands on what it read, here and in the next two.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub resource_claim_statuses: Vec<ResourceClaimStatus>,
    /// The claim that serves extended resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_resource_claim_status: Option<ExtendedResourceClaimStatus>,
    /// What claims take of the node's allocatable resources.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub node_allocatable_resource_claim_statuses: Vec<NodeAllocatableResourceClaimStatus>,
    /// Pod-level requests the kubelet has admitted.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub allocated_resources: ResourceList,
    /// Pod-level resources in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
}

/// An address of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostIp {
    /// The address.
    pub ip: String,
}

/// An address of the Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodIp {
    /// The address.
    pub ip: String,
}

/// A condition of a Pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodCondition {
    /// Type.
    #[serde(rename = "type")]
    pub type_: ConditionType,
    /// `metadata.generation` seen by the writer. 0 is written as absent.
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub observed_generation: i64,
    /// Status.
    pub status: ConditionStatus,
    /// Set by the resize conditions only.
    #[serde(default)]
    pub last_probe_time: Option<Time>,
    /// When the status last changed.
    #[serde(default)]
    pub last_transition_time: Option<Time>,
    /// Why, in one word.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub reason: String,
    /// For humans.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
}

/// Status of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Name in the spec.
    pub name: String,
    /// Present state; no state at all means waiting.
    #[serde(deserialize_with = "nullable")]
    pub state: ContainerState,
    /// The termination before the present state.
    #[serde(deserialize_with = "nullable")]
    pub last_state: ContainerState,
    /// Ready for traffic; of a plain init container: completed.
    #[serde(deserialize_with = "nullable")]
    pub ready: bool,
    /// How often it was started again.
    #[serde(deserialize_with = "nullable")]
    pub restart_count: i32,
    /// Image, as the spec or the runtime names it.
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    /// The runtime's reference of the image.
    #[serde(rename = "imageID", deserialize_with = "nullable")]
    pub image_id: String,
    /// `<runtime>://<id>` of the instance.
    #[serde(rename = "containerID", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub container_id: String,
    /// Started: running, postStart done and startup probe passed; absent for ephemeral containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<bool>,
    /// Requests the kubelet has admitted.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub allocated_resources: ResourceList,
    /// Requests and limits in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
    /// Mounts.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub volume_mounts: Vec<VolumeMount>,
    /// Who the first process began as, where the runtime says it (KEP-3619).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<ContainerUser>,
    /// Health of the devices given to the container (KEP-4680).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub allocated_resources_status: Vec<ResourceStatus>,
    /// The signal that asks it to stop, `SIGTERM` or another; only with the gate ContainerStopSignals (KEP-4960).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
}

/// Who the first process of a container began as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerUser {
    /// On Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linux: Option<LinuxContainerUser>,
}

/// User and groups of a process on Linux.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LinuxContainerUser {
    /// User.
    pub uid: i64,
    /// Primary group.
    pub gid: i64,
    /// Other groups.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub supplemental_groups: Vec<i64>,
}

/// State of a container: exactly one of the three, or none (waiting).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Not started, or to be started again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<ContainerStateWaiting>,
    /// Running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<ContainerStateRunning>,
    /// Ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<ContainerStateTerminated>,
}

/// Why a container waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerStateWaiting {
    /// `ContainerCreating`, `PodInitializing`, `CrashLoopBackOff`, `ImagePullBackOff`, …
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub reason: String,
    /// For humans.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
}

/// Since when a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateRunning {
    /// Start of the instance.
    pub started_at: Option<Time>,
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateTerminated {
    /// Exit code.
    #[serde(deserialize_with = "nullable")]
    pub exit_code: i32,
    /// Signal; never filled by the kubelet.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub signal: i32,
    /// `Completed`, `Error`, `OOMKilled`, `ContainerStatusUnknown`, …
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub reason: String,
    /// Termination message.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
    /// Start of the instance.
    pub started_at: Option<Time>,
    /// End of the instance.
    pub finished_at: Option<Time>,
    /// `<runtime>://<id>` of the instance.
    #[serde(rename = "containerID", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub container_id: String,
}
