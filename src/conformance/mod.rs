//! Readers of conformance data, and the report on them.

pub mod report;
pub mod scenario;
pub mod vectors;
