//! `TE`: how a Pod is deleted, and how its containers are stopped.

pub(in crate::check) mod deletion;
pub(in crate::check) mod stopping;
