//! Readers of conformance data, and the report on them.

pub mod expect;
pub mod judge;
pub mod legality;
mod pass;
pub mod player;
pub mod record;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod vectors;
pub mod verify;
pub mod watch;
