//! The world around the Pod: images, node, kubelet.

use super::reading::{maybe_seconds, part, seconds};
use crate::time::Span;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An image and what pulling it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Whether it is there.
    pub state: ImageState,
    /// How long the first pull takes.
    pub pull: Span,
}

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Pulled {
            state: ImageState,
            #[serde(deserialize_with = "seconds")]
            pull_seconds: Span,
        }
        match Value::deserialize(deserializer)? {
            object @ Value::Object(_) => part(object).map(|Pulled { state, pull_seconds }| Self { state, pull: pull_seconds }),
            word => part(word).map(|state| Self { state, pull: Span::ZERO }),
        }
    }
}

/// Whether an image is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImageState {
    /// On the node, or can be pulled.
    Ok,
    /// The registry does not have it.
    NotFound,
    /// The name is not an image reference.
    InvalidName,
    /// Not on the node, and may not be pulled (policy Never).
    NeverPresent,
}

/// The node of the Pod.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Node {
    /// Name.
    pub name: Option<String>,
    /// Operating system; `linux` unless given.
    pub os: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Whether its kubelet is at work.
    pub kubelet: KubeletState,
    /// Whether the node is Ready.
    pub ready: bool,
    /// Whether the scheduler finds that the Pod fits, before [`Verb::FitNode`](super::Verb::FitNode).
    pub fits: bool,
    /// Whether sandboxes can be made and taken down.
    pub network: Network,
    /// The kubelet refuses the Pod with this reason.
    pub admission: Option<String>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            name: None,
            os: None,
            labels: BTreeMap::new(),
            kubelet: KubeletState::Running,
            ready: true,
            fits: true,
            network: Network::Ok,
            admission: None,
        }
    }
}

/// Whether the kubelet is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KubeletState {
    /// From the beginning.
    Running,
    /// From [`Verb::StartKubelet`](super::Verb::StartKubelet) on.
    Stopped,
    /// Never: only the control plane acts.
    Absent,
}

/// Whether the network plugin works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Network {
    /// It does.
    Ok,
    /// No sandbox can be made, nor taken down, until [`Verb::MendNetwork`](super::Verb::MendNetwork).
    Broken,
}

/// Configuration of the kubelet.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Kubelet {
    /// Crash-loop back-off of the node.
    pub crash_loop_back_off: CrashLoopBackOff,
    /// How long a graceful node shutdown takes.
    #[serde(deserialize_with = "maybe_seconds")]
    pub shutdown_grace_period: Option<Span>,
    /// The part of it that is for critical Pods.
    #[serde(deserialize_with = "maybe_seconds")]
    pub shutdown_grace_period_critical_pods: Option<Span>,
    /// Grace by priority, instead of the two.
    pub shutdown_grace_period_by_pod_priority: Vec<ShutdownGrace>,
}

/// `crashLoopBackOff` of the kubelet configuration (KEP-4603).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CrashLoopBackOff {
    /// The longest delay.
    #[serde(deserialize_with = "maybe_seconds")]
    pub max_container_restart_period: Option<Span>,
}

/// Grace of the Pods from a priority on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShutdownGrace {
    /// The lowest priority of the group.
    pub priority: i32,
    /// Seconds.
    pub shutdown_grace_period_seconds: i64,
}
