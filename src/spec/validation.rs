//! What the API server refuses, as far as the lifecycle is concerned (API `ValidatePodSpec`).

use super::problem::InvalidSpec;
use crate::api::PodSpec;

/// Checks a spec whose defaults have been applied.
///
/// # Errors
/// All problems at once.
pub fn validate(_spec: &PodSpec) -> Result<(), InvalidSpec> {
    InvalidSpec::check(alloc::vec::Vec::new())
}
