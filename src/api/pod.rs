//! Pod and PodSpec.

use super::container::{Container, ResourceRequirements, RestartPolicy};
use super::meta::ObjectMeta;
use super::quantity::Quantity;
use super::resource_list::ResourceList;
use super::status::PodStatus;
use super::vocabulary::words;
use super::{is_default, nullable};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A `v1.Pod`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// `v1`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub api_version: String,
    /// `Pod`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub kind: String,
    /// Metadata.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(deserialize_with = "nullable")]
    pub spec: PodSpec,
    /// What is.
    #[serde(deserialize_with = "nullable")]
    pub status: PodStatus,
}

/// `spec` of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Volumes, made before the sandbox and living as long as the Pod.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub volumes: Vec<Volume>,
    /// Run one after the other before the regular containers; those with `restartPolicy: Always` are sidecars.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub init_containers: Vec<Container>,
    /// Regular containers.
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    /// Ephemeral containers, added to a running Pod.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub ephemeral_containers: Vec<Container>,
    /// Default Always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// Seconds between the stop signal and the kill; default 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
    /// Seconds after `status.startTime` at which the kubelet ends the Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
    /// DNS policy; default ClusterFirst.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub dns_policy: String,
    /// Labels a node must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "nullable")]
    pub node_selector: BTreeMap<String, String>,
    /// What else a node must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// Service account.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub service_account_name: String,
    /// The node; empty until bound.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub node_name: String,
    /// Whether the Pod uses the node's network.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub host_network: bool,
    /// Whether the containers share one process namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_process_namespace: Option<bool>,
    /// Host name.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub hostname: String,
    /// Scheduler; default `default-scheduler`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub scheduler_name: String,
    /// What taints the Pod tolerates.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub tolerations: Vec<Toleration>,
    /// Priority class.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub priority_class_name: String,
    /// Priority; from 2 000 000 000 on the Pod is critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Conditions that must be True beside ContainersReady (KEP-580).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub readiness_gates: Vec<ReadinessGate>,
    /// Runtime class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_class_name: Option<String>,
    /// Whether service variables are put into the environment; default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_service_links: Option<bool>,
    /// Preemption policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preemption_policy: Option<String>,
    /// Operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<PodOs>,
    /// The scheduler waits while there is one (KEP-3521).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub scheduling_gates: Vec<SchedulingGate>,
    /// What running the Pod itself takes, by resource name (runtime class).
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub overhead: ResourceList,
    /// Pod-level requests and limits (KEP-2837).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
}

/// A volume; what it holds is outside the lifecycle, but not how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Name.
    pub name: String,
    /// It is a directory of the Pod's own that begins empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty_dir: Option<EmptyDir>,
}

/// A directory that lives as long as its Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    /// `Memory`, `HugePages` or, by default, the node's disk.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub medium: String,
    /// A Pod that puts more into it is evicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<Quantity>,
}

/// Where a Pod may run, as far as its kubelet asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// Which nodes fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<NodeAffinity>,
}

/// Which nodes fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinity {
    /// What a node must meet.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution", skip_serializing_if = "Option::is_none")]
    pub required: Option<NodeSelector>,
    /// What a node had better meet: only the scheduler minds. May change while there are scheduling gates, and then counts for the generation.
    #[serde(
        rename = "preferredDuringSchedulingIgnoredDuringExecution",
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub preferred: Vec<PreferredSchedulingTerm>,
}

/// What a node had better meet, and how much that is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PreferredSchedulingTerm {
    /// 1 to 100.
    pub weight: i32,
    /// What the node is to meet.
    #[serde(deserialize_with = "nullable")]
    pub preference: NodeSelectorTerm,
}

/// Meets one of the terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    /// The terms.
    #[serde(deserialize_with = "nullable")]
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// Meets all requirements of both lists; without any, nothing meets it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    /// Of the node's labels.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub match_expressions: Vec<NodeSelectorRequirement>,
    /// Of the node's fields; only `metadata.name` is one.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub match_fields: Vec<NodeSelectorRequirement>,
}

/// One requirement of a label or field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorRequirement {
    /// Key of the label, or name of the field.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: String,
    /// What it is compared with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub values: Vec<String>,
}

/// The operating system of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodOs {
    /// `linux` or `windows`.
    pub name: String,
}

/// A condition that must be True for the Pod to be Ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessGate {
    /// Type of the condition.
    pub condition_type: String,
}

/// A reason not to schedule the Pod yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulingGate {
    /// Name.
    pub name: String,
}

words! {
    /// How a toleration compares.
    TolerationOperator, "a toleration operator: Exists, Equal, Lt or Gt" {
        /// Any value.
        Exists = "Exists",
        /// The same value.
        Equal = "Equal",
        /// A smaller number.
        Lt = "Lt",
        /// A greater number.
        Gt = "Gt",
    }
}

/// A taint that the Pod tolerates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    /// Key of the taint; empty: all keys.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub key: String,
    /// Default Equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<TolerationOperator>,
    /// Value of the taint.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`; empty: all.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub effect: String,
    /// For NoExecute: seconds until eviction; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}
