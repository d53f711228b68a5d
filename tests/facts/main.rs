//! The facts that recordings of a real cluster taught, each under the kubelet's pacing.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

mod case;
mod containers;
mod evictions;
mod images;
mod life;
mod nodes;
mod object;
mod pacing;
mod restarts;
mod sandboxes;
mod static_pods;
mod termination;
