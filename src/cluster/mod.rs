//! The control plane's share of a Pod's life, as pure functions: deletion as the API server negotiates it, tolerations.

mod deletion;
mod toleration;

pub use deletion::{DeletionRequest, DeletionVerdict, delete, removable};
pub use toleration::{Tolerated, toleration};
