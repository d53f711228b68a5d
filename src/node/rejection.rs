//! Why a kubelet refuses a Pod, and in what words.

use super::eviction::NodePressure;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What every message of a refused Pod begins with (kubelet `rejectPod`).
pub(crate) const INTRODUCTION: &str = "Pod was rejected: ";

/// Whether this is a `status.reason` with which a kubelet refuses Pods and does nothing else: `Evicted` also ends running Pods, and is
/// not among them.
pub(crate) fn is_reason(reason: &str) -> bool {
    const REASONS: &[&str] = &[
        "AppArmor",
        "EmptyPodSharedPoolError",
        "InvalidNodeInfo",
        "NodeAffinity",
        "NodeName",
        "NodePorts",
        "NodeShutdown",
        "PodFeatureUnsupported",
        "PodLevelResourcesNotSupported",
        "PodOSNotSupported",
        "PodOSSelectorNodeLabelDoesNotMatch",
        "SMTAlignmentError",
        "SupplementalGroupsPolicyNotSupported",
        "SysctlForbidden",
        "TaintToleration",
        "TopologyAffinityError",
        "UnexpectedAdmissionError",
        "UnexpectedPredicateFailureType",
        "UnknownReason",
    ];
    REASONS.contains(&reason) || reason.strip_prefix("OutOf").is_some_and(|resource| !resource.is_empty())
}

/// Why a Pod is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The node is short of something (`Evicted`).
    NodePressure(Vec<NodePressure>),
    /// The Pod's own label `kubernetes.io/os` names another system.
    OsLabel,
    /// `spec.os` names another system.
    Os,
    /// There is too little left of a resource (`OutOf…`), in the unit in which the kubelet reckons: millicores for cpu.
    Shortage {
        /// `cpu`, `memory`, `ephemeral-storage`, `pods` or an extended resource.
        resource: String,
        /// What the Pod asks for.
        requested: i64,
        /// What the others on the node ask for.
        used: i64,
        /// What the node has.
        capacity: i64,
    },
    /// `nodeSelector` or the required node affinity do not fit the node.
    NodeAffinity,
    /// `spec.nodeName` is another node.
    NodeName,
    /// A host port is taken.
    NodePorts,
    /// A NoExecute taint is not tolerated.
    TaintToleration,
    /// A critical Pod lacks room, and nobody can make enough (`UnexpectedAdmissionError`).
    NoRoom,
    /// The node shuts down.
    NodeShutdown,
    /// Refused by a part of the kubelet that is not asked here: sysctls, topology, AppArmor, features of the node.
    Other {
        /// `status.reason`.
        reason: String,
        /// Why, without the kubelet's introduction.
        message: String,
    },
}

impl Rejection {
    /// `status.reason` of the refused Pod (kubelet `PodAdmitResult`).
    pub fn reason(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::NodePressure(_) => "Evicted",
            Self::OsLabel => "PodOSSelectorNodeLabelDoesNotMatch",
            Self::Os => "PodOSNotSupported",
            Self::Shortage { resource, .. } => return Cow::Owned(format!("OutOf{resource}")),
            Self::NodeAffinity => "NodeAffinity",
            Self::NodeName => "NodeName",
            Self::NodePorts => "NodePorts",
            Self::TaintToleration => "TaintToleration",
            Self::NoRoom => "UnexpectedAdmissionError",
            Self::NodeShutdown => "NodeShutdown",
            Self::Other { reason, .. } => reason,
        })
    }

    /// `status.message` of the refused Pod (kubelet `PodAdmitResult`).
    pub fn message(&self) -> String {
        let why: Cow<'_, str> = match self {
            Self::NodePressure(pressures) => {
                let names: Vec<_> = pressures.iter().map(|pressure| pressure.as_str()).collect();
                format!("The node had condition: [{}]. ", names.join(" ")).into()
            }
            Self::OsLabel => "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label".into(),
            Self::Os => "Failed to admit pod as the OS field doesn't match node OS".into(),
            Self::Shortage { resource, requested, used, capacity } => {
                format!("Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}").into()
            }
            Self::NodeAffinity => "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector".into(),
            Self::NodeName => "Predicate NodeName failed: node(s) didn't match the requested node name".into(),
            Self::NodePorts => "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports".into(),
            Self::TaintToleration => "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate".into(),
            Self::NoRoom => "Unexpected error while attempting to recover from admission failure: no set of running pods found".into(),
            Self::NodeShutdown => "Pod was rejected as the node is shutting down.".into(),
            Self::Other { message, .. } => message.into(),
        };
        format!("{INTRODUCTION}{why}")
    }

    /// The resource that is lacking and how much of it; `None` if it is not about a resource (kubelet `InsufficientResourceError`).
    pub fn shortage(&self) -> Option<(&str, i64)> {
        match self {
            Self::Shortage { resource, requested, used, capacity } => {
                Some((resource, requested.saturating_sub(capacity.saturating_sub(*used))))
            }
            _ => None,
        }
    }
}
