//! Laws of the machine: properties that hold for every spec and every history.
//!
//! Specs, nodes and histories are made from random numbers; what surrounds the machine is a small [model](world::World). The numbers
//! are the same at every run; `PROPTEST_RNG_SEED` makes others, `PROPTEST_CASES` more of them. Before them every law plays
//! what has once broken one (`regressions.txt`).
//!
//! | law | tests | calls accepted | |
//! |---|---|---|---|
//! | 1 Agreement | `agreement` | 98 % | facts and next statuses |
//! | 2 Idempotence | `idempotence`, `idempotence_of_any_re_list` | 93 % | true re-lists, and any |
//! | 3 Staleness | `staleness` | 93 % | |
//! | 4 Atomicity | `atomicity`, `nothing_panics_and_what_is_refused_changes_nothing`, `no_snapshot_breaks_the_machine` | 93 %, 79 %, 93 % | any input at any time |
//! | 5 Convergence | `convergence`, `snapshots_keep_everything`, `what_is_asked_for_is_pending` | 99 %, 93 %, 93 % | |
//! | 6 Derivation | `derivation` | 93 % | 103 of the 105 edges of stage, sandbox, instance, probe worker, phase and conditions; `UNREACHABLE` says which not |
//! | | `what_is_published_is_legal`, the same across kubelet restarts | 99 %, 99 % | every MUST rule of the checker |
//! | 7 Deadline | `deadline` | 93 % | |
//! | 8 Determinism | `determinism` | 93 % | in two threads, on two heaps |
//! | 9 Liveness | `liveness` | 93 % | |
//! | beside these | `one_publication`, `a_new_kubelet_finds_its_pods`, `a_found_pod_shows_what_is_stored` | 93 %, 99 %, 93 % | |

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]

mod agreement;
mod answers;
mod anything;
mod census;
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
mod state;
mod tampered;
mod tours;
mod world;
