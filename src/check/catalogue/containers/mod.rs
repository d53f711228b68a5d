//! `CS`: the statuses of the containers.

pub(in crate::check) mod counting;
pub(in crate::check) mod ended;
pub(in crate::check) mod form;
pub(in crate::check) mod ids;
pub(in crate::check) mod images;
pub(in crate::check) mod init_order;
pub(in crate::check) mod instances;
pub(in crate::check) mod life;
pub(in crate::check) mod lists;
pub(in crate::check) mod readiness;
pub(in crate::check) mod reasons;
pub(in crate::check) mod returning;
pub(in crate::check) mod states;
pub(in crate::check) mod succession;
pub(in crate::check) mod times;
pub(in crate::check) mod window;

pub(in crate::check) mod bases;

#[cfg(test)]
mod tests;
