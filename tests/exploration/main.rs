//! Exhaustive exploration of small Pods: every order in which actions are answered, well or badly, containers end, sandboxes die,
//! deadlines come, and the Pod is deleted, by force too; and a restart in any state, of the process with the machine in it or of the kubelet.
//!
//! What surrounds the machine, and the watcher that holds every published version against the rules of the checker, are those of the
//! [laws](../laws/main.rs). The search is breadth-first, so that a way to a fault is a shortest one. It is our own and not a model checker's
//! (`stateright`): a state here is a whole Pod with its surroundings, compared by an abstraction, and what has to be checked at each
//! move, the checker's history of the way here, is no part of it; of a checker only the queue would be left.
//!
//! What must hold:
//!
//! - at each move: what is true is accepted; no version breaks a MUST rule (held against the versions of one way to the state before); no
//!   debug assertion, no panic;
//! - in each state: nothing is asked for twice; what is pending was asked for; something may happen, unless the Pod is gone; and when it is
//!   gone nothing runs, no sandbox is up, and no change of the runtime is awaited; nothing happens before the next deadline, and something
//!   at it; what is refused changes nothing; a re-list is understood at once; out of its snapshot comes the same Pod;
//! - of all states together: from each a way leads to the end of the Pod. And if the Pod is deleted and all that is asked for is
//!   done, in whatever order, it *does* end, after so many calls at most.
//!
//! # When two states are the same
//!
//! [`key`] and [`walk`] say it. Left out or seen from now is what only grows, and what is shown only: numbers of instances and sandboxes, restart counts,
//! times. So the space is finite without a budget, where it says ∞. That the abstraction is sound is tried: one in sixteen of the states
//! that are found once more is looked at once more, and must lead to the same states as the one it is taken for. A node's back-offs have two
//! lengths here, 10 s and 20 s, instead of six.
//!
//! # What there is
//!
//! | Pod | exits | failures | long pauses | states | moves | versions | calls to the end |
//! |---|---|---|---|---|---|---|---|
//! | one regular, Always, a restart | 1 | 0 | 0 | 386 | 749 | 337 | 9 |
//! | one regular, Never, force, a restart | 1 | 1 | 0 | 7,169 | 14,874 | 8,519 | 10 |
//! | init + regular, OnFailure, a restart | 1 | 0 | 0 | 562 | 1,100 | 528 | 9 |
//! | one regular with three probes, OnFailure | 0 | 1, of probes | 0 | 16,046 | 39,026 | 11,146 | 12 |
//! | one regular, Always | ∞ | ∞, of the node | ∞ | 9,254 | 17,795 | 9,643 | 11 |
//! | one regular, Always, force | ∞ | 1 | ∞ | 14,174 | 21,543 | 13,710 | 11 |
//! | one regular, Never, force | ∞ | 2 | ∞ | 8,208 | 15,189 | 9,612 | 10 |
//! | one regular with three probes, OnFailure | 0 | 0 | 0 | 2,089 | 4,604 | 1,297 | 9 |
//! | init + regular, OnFailure, force | 2 | 0 | 0 | 760 | 1,193 | 815 | 9 |
//! | init + regular, OnFailure, force | 1 | 1 | 0 | 4,795 | 7,993 | 5,127 | 12 |
//! | sidecar + regular, Always, force | 1 | 1 | 0 | 28,838 | 50,637 | 26,145 | 13 |
//! | sidecar + regular, Never, force | 1 | 1 | 0 | 14,854 | 24,241 | 13,511 | 10 |
//! | two regular, OnFailure, force | 1 | 1 | 0 | 17,741 | 28,903 | 17,653 | 16 |
//!
//! `EXPLORE_MORE=1 cargo test --release --test exploration -- --nocapture` explores one exit and one failure more, for much longer, and takes gigabytes
//! of memory for Pods with a sidecar.

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]
#![allow(dead_code, reason = "the world is that of the laws, too")]

#[path = "../laws/answers.rs"]
mod answers;
#[path = "../laws/going_on.rs"]
mod going_on;
mod graph;
mod invariants;
mod key;
mod moves;
#[path = "../laws/news.rs"]
mod news;
#[path = "../laws/numbers.rs"]
mod numbers;
#[path = "../laws/runtime.rs"]
mod runtime;
mod search;
#[path = "../laws/server.rs"]
mod server;
#[path = "../laws/shape.rs"]
mod shape;
mod shapes;
#[path = "../laws/state.rs"]
mod state;
mod walk;
#[path = "../laws/world.rs"]
mod world;

use moves::{ALWAYS, Budget, NODE};
use search::explore;
use shapes::Shape;

/// Explores a Pod, and compares the numbers of states and moves, which change with the behaviour of the machine only. Larger budgets are only told of.
fn holds(shape: &Shape, budget: Budget, expected: (usize, usize)) {
    let more = std::env::var_os("EXPLORE_MORE").is_some();
    let found = explore(shape, if more { budget.more() } else { budget });
    println!("{found}");
    let counted = (found.states, found.moves);
    assert!(more || counted == expected, "{counted:?}, not {expected:?}: has the machine changed, or what is explored?");
}

#[test]
fn one_container_on_a_bad_node() {
    let budget = Budget { failing: NODE, codes: &[1], ..Budget::new(ALWAYS, ALWAYS, ALWAYS) };
    holds(&shapes::one("Always"), budget, (9_254, 17_795));
}

#[test]
fn one_container_and_one_failure() {
    holds(&shapes::one("Always"), Budget { codes: &[1], forced: true, ..Budget::new(ALWAYS, 1, ALWAYS) }, (14_174, 21_543));
}

#[test]
fn one_container_that_never_restarts() {
    holds(&shapes::one("Never"), Budget { forced: true, ..Budget::new(ALWAYS, 2, ALWAYS) }, (8_208, 15_189));
}

#[test]
fn one_container_with_probes() {
    holds(&shapes::probed("OnFailure"), Budget::new(0, 0, 0), (2_089, 4_604));
}

#[test]
fn one_container_with_probes_that_fail() {
    holds(&shapes::probed("OnFailure"), Budget { failing: &["Probe"], ..Budget::new(0, 1, 0) }, (16_046, 39_026));
}

#[test]
fn one_container_and_a_restart() {
    holds(&shapes::one("Always"), Budget { restarts: 1, codes: &[1], ..Budget::new(1, 0, 0) }, (386, 749));
}

#[test]
fn one_container_that_never_restarts_and_a_restart() {
    holds(&shapes::one("Never"), Budget { restarts: 1, forced: true, ..Budget::new(1, 1, 0) }, (7_169, 14_874));
}

#[test]
fn an_init_container_and_a_restart() {
    holds(&shapes::with_init("OnFailure"), Budget { restarts: 1, ..Budget::new(1, 0, 0) }, (562, 1_100));
}

#[test]
fn an_init_container_and_a_regular_one() {
    holds(&shapes::with_init("OnFailure"), Budget { forced: true, ..Budget::new(2, 0, 0) }, (760, 1_193));
}

#[test]
fn an_init_container_and_one_failure() {
    holds(&shapes::with_init("OnFailure"), Budget { forced: true, ..Budget::new(1, 1, 0) }, (4_795, 7_993));
}

#[test]
fn a_sidecar_and_a_regular_container() {
    holds(&shapes::with_sidecar("Always"), Budget { forced: true, ..Budget::new(1, 1, 0) }, (28_838, 50_637));
}

#[test]
fn a_sidecar_and_a_regular_container_that_ends() {
    holds(&shapes::with_sidecar("Never"), Budget { forced: true, ..Budget::new(1, 1, 0) }, (14_854, 24_241));
}

#[test]
fn two_regular_containers() {
    holds(&shapes::two("OnFailure"), Budget { forced: true, ..Budget::new(1, 1, 0) }, (17_741, 28_903));
}
