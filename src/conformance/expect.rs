//! Judge of scenarios.
