//! `CS`: the statuses of the containers.

pub(super) mod window;
