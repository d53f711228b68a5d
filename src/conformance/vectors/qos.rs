//! Vectors of the rules in [`crate::rules::qos`].
