//! The control plane's share of a Pod's life, as pure functions: deletion as the API server negotiates it, tolerations.

mod deletion;
mod node_loss;
mod resize;
mod toleration;

pub use deletion::{DeletionRequest, DeletionVerdict, delete, removable};
pub use node_loss::marks_unready;
pub use resize::resize;
pub use toleration::{Tolerated, add_default_tolerations, toleration};
