//! The control plane's share of a Pod's life, as pure functions: deletion as the API server negotiates it, disruptions, taints, lost nodes,
//! the Pod garbage collector.

mod deletion;
mod disruption;
mod node_loss;
pub mod pod_gc;
mod resize;
mod taint_eviction;
mod toleration;

pub use crate::rules::toleration::tolerates;
pub use deletion::{DeletionRequest, DeletionVerdict, delete, removable};
pub use disruption::{Disruption, STALE_DISRUPTION, evict, ignores_disruption_budget, put_condition, stale_disruption};
pub use node_loss::not_ready;
pub use pod_gc::{Garbage, GarbageReason, PodGc};
pub use resize::resize;
pub use taint_eviction::TaintEviction;
pub use toleration::{Tolerated, add_default_tolerations, toleration};
