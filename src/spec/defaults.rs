//! The defaults that the API server applies at creation (API `SetDefaults_Pod` and relatives).

use crate::api::PodSpec;

/// Fills in what a client left out, as the API server does before it stores a Pod.
pub fn apply_defaults(_spec: &mut PodSpec) {}
