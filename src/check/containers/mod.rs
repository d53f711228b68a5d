//! `CS`: the statuses of the containers.

pub(super) mod counting;
pub(super) mod ended;
pub(super) mod form;
pub(super) mod ids;
pub(super) mod images;
pub(super) mod init_order;
pub(super) mod instances;
pub(super) mod life;
pub(super) mod lists;
pub(super) mod readiness;
pub(super) mod reasons;
pub(super) mod returning;
pub(super) mod states;
pub(super) mod succession;
pub(super) mod times;
pub(super) mod window;

mod bases;

#[cfg(test)]
mod tests;
