//! `CS`: the statuses of the containers.

pub(super) mod counting;
pub(super) mod ids;
pub(super) mod images;
pub(super) mod life;
pub(super) mod reasons;
pub(super) mod succession;
pub(super) mod times;
pub(super) mod window;
