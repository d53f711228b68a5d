//! Exhaustive exploration of small Pods: every order in which actions are answered, well or badly, containers end, probes turn, sandboxes
//! die, deadlines come, and the Pod is deleted, within a budget of each.
//!
//! What surrounds the machine, and the watcher that holds every published version against the rules of the checker, are those of the
//! [laws](../laws/main.rs). A state is the facts of the machine with all times seen from now, the runtime, and what is left of the budget; how that is
//! made a number, and what it leaves out, says [`key`]. `EXPLORE_MORE=1` gives larger budgets; that takes minutes in a release build.

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]
#![allow(dead_code, reason = "the world is that of the laws, too")]

#[path = "../laws/answers.rs"]
mod answers;
mod graph;
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
mod walk;
#[path = "../laws/world.rs"]
mod world;

use moves::{ALL, ALWAYS, Budget, NODE, UP};
use search::explore;
use shapes::Shape;

/// Explores a Pod, and compares the number of states, which changes with the behaviour of the machine only. Larger budgets are only told of.
fn holds(shape: &Shape, budget: Budget, states: usize) {
    let more = std::env::var_os("EXPLORE_MORE").is_some();
    let found = explore(shape, if more { budget.more() } else { budget });
    println!("{found}");
    assert!(more || found.states == states, "{} states, not {states}: has the machine changed, or what is explored?", found.states);
}

#[test]
fn one_container_on_a_bad_node() {
    let budget = Budget { failing: NODE, codes: &[0], ..Budget::new(ALWAYS, ALWAYS, ALWAYS) };
    holds(&shapes::one("Always"), budget, 0);
}

#[test]
fn one_container_and_one_failure() {
    holds(&shapes::one("Always"), Budget { codes: &[0], forced: true, ..Budget::new(ALWAYS, 1, ALWAYS) }, 0);
}

#[test]
fn one_container_that_never_restarts() {
    holds(&shapes::one("Never"), Budget { forced: true, ..Budget::new(ALWAYS, 2, ALWAYS) }, 0);
}

#[test]
fn one_container_with_probes() {
    holds(&shapes::probed("OnFailure"), Budget { failing: ALL, ..Budget::new(0, 0, 0) }, 0);
}

#[test]
fn an_init_container_and_a_regular_one() {
    holds(&shapes::with_init("OnFailure"), Budget { forced: true, ..Budget::new(2, 0, 0) }, 0);
}

#[test]
fn an_init_container_and_one_failure() {
    holds(&shapes::with_init("OnFailure"), Budget { failing: UP, ..Budget::new(1, 1, 0) }, 0);
}

#[test]
fn a_sidecar_and_a_regular_container() {
    holds(&shapes::with_sidecar("Always"), Budget { failing: UP, ..Budget::new(1, 1, 0) }, 0);
}

#[test]
fn a_sidecar_and_a_regular_container_that_ends() {
    holds(&shapes::with_sidecar("Never"), Budget { failing: UP, ..Budget::new(1, 1, 0) }, 0);
}

#[test]
fn two_regular_containers() {
    holds(&shapes::two("OnFailure"), Budget::new(1, 1, 0), 0);
}
