//! `CS`: the statuses of the containers.

pub(super) mod ended;
pub(super) mod form;
pub(super) mod init_order;
pub(super) mod instances;
pub(super) mod lists;
pub(super) mod readiness;
pub(super) mod returning;
pub(super) mod states;
pub(super) mod window;

mod bases;

#[cfg(test)]
mod tests;
