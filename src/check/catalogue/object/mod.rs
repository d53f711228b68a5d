//! `ST`, `GN`, `ID`, `CR`, `OW`: start time and addresses, generations, identity and order, creation and binding, and what belongs to whom.

pub(in crate::check) mod addresses;
pub(in crate::check) mod creation;
pub(in crate::check) mod generation;
pub(in crate::check) mod identity;
pub(in crate::check) mod start_time;
