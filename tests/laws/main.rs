//! Laws of the machine: properties that hold for every spec and every history.
//!
//! Specs and histories are made from random numbers; what surrounds the machine is a small [model](world::World). The numbers
//! are the same at every run; `PROPTEST_RNG_SEED` makes others, `PROPTEST_CASES` more of them.

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]

mod agreement;
mod answers;
mod anything;
mod derivation;
mod determinism;
mod going_on;
mod laws;
mod legality;
mod news;
mod numbers;
mod play;
mod restart;
mod runtime;
mod server;
mod shape;
mod tampered;
mod tours;
mod world;
