//! Kubernetes API objects as their JSON writes them: the part of `v1.Pod` that the lifecycle needs.
//!
//! Names, shapes and nulls are the API server's own. Unknown fields are ignored on reading; unknown reasons and condition
//! types are kept. The types are our own and not `k8s-openapi`'s, whose version feature is the final binary's choice.

mod claim_status;
mod container;
mod meta;
mod node;
mod pod;
mod probe;
mod quantity;
mod resource_list;
mod status;
pub(crate) mod vocabulary;
mod watch;

pub use claim_status::{
    ExtendedResourceClaimStatus, ExtendedResourceRequest, NodeAllocatableResourceClaimStatus, ResourceClaimStatus, ResourceHealth,
    ResourceStatus,
};
pub use container::{
    Container, ContainerPort, ExitCodeOperator, ImagePullPolicy, ResizePolicy, ResourceRequirements, RestartPolicy, RestartRule,
    RestartRuleAction, RestartRuleExitCodes, TerminationMessagePolicy, VolumeMount,
};
pub use meta::{ManagedFieldsEntry, ObjectMeta, OwnerReference};
pub use node::{Node, NodeCondition, NodeSpec, NodeStatus, Taint};
pub use pod::{
    Affinity, EmptyDir, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodOs, PodSpec,
    PreferredSchedulingTerm, ReadinessGate, SchedulingGate, Toleration, TolerationOperator, Volume,
};
pub use probe::{ExecAction, GrpcAction, HttpGetAction, IntOrString, Lifecycle, LifecycleHandler, Probe, SleepAction, TcpSocketAction};
pub use quantity::{Quantity, QuantityError};
pub use resource_list::ResourceList;
pub use status::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, ContainerUser, HostIp,
    LinuxContainerUser, PodCondition, PodIp, PodStatus,
};
pub use vocabulary::{ConditionStatus, ConditionType, PodPhase, QosClass};
pub use watch::{EventType, ListMeta, Status, WatchEvent, WatchObject};

use serde::{Deserialize, Deserializer};

/// Reads JSON `null` as the default, as Go's decoder does for lists, maps, strings and objects.
fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Whether a value is what Go's `omitempty` leaves out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
