//! Vectors of the rules in [`crate::rules::container_status`].
