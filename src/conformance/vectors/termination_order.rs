//! Vectors of the rules in [`crate::rules::termination_order`].
