//! What Kubernetes says of one Pod, as pure functions.
//!
//! One file per rule family. Each function reads through cheap views ([`view`]), so that the machine's compact state, an API
//! status and a runtime snapshot can be asked without conversion; the machine, the checker and callers share them.

pub mod actions;
pub mod backoff;
pub mod completion;
pub mod conditions;
pub mod container_status;
pub mod deadline;
pub mod ending;
pub mod grace;
pub mod phase;
pub mod pod_status;
pub mod probe;
pub mod qos;
pub mod requests;
pub mod resources;
pub mod restart;
pub mod sandbox;
pub mod standing;
pub mod status_cache;
pub mod status_merge;
pub mod summary;
pub mod termination_order;
pub mod toleration;
pub mod transition;
pub mod view;
pub mod worker;
