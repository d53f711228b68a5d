//! `CO`: the conditions.

pub(in crate::check) mod agreement;
pub(in crate::check) mod init_progress;
pub(in crate::check) mod initialized;
pub(in crate::check) mod messages;
pub(in crate::check) mod presence;
pub(in crate::check) mod readiness;
pub(in crate::check) mod resize;
pub(in crate::check) mod sandbox;
pub(in crate::check) mod scheduled;
pub(in crate::check) mod transition_times;
pub(in crate::check) mod writers;
