//! The conformance checker: is this stream of a Pod legal?
//!
//! A [`Checker`] reads what `kubectl get pod -w -o json --output-watch-events` prints, or what another implementation publishes, and tells each
//! [`Rule`] of the catalogue, [`RULES`], that is broken: where, by what, and why it is a rule. [`Checker::event`] takes a stream as it comes,
//! [`Checker::check`] one that is there as a whole. The rules were found in recordings of a real cluster of
//! Kubernetes 1.36 and in the kubelet's code; they ask the same functions ([`rules`](crate::rules)) as the machine.
//!
//! # Streams
//!
//! - One checker serves many Pods, told apart by UID; each must come in the order in which its versions were stored.
//! - A watch delivers every version. Where some may be missing (a re-list, a watch that was broken off, bare objects), what some legal path between
//!   two versions allows is legal, and rules that [need every version](Rule::needs_every_version) are silent.
//! - When a version was written is told by the event's `t`, else by the newest time in managedFields, else by the newest time in the object, with two seconds
//!   of slack; where nothing tells, rules that [need it](Rule::needs_time) are silent. [`Tally`] counts what was silent.
//! - Times come from two clocks, the API server's and the node's: if they differ by more than a second or so, rules that compare them fire.
//! - A Pod that leaves a watch with a label or field selector comes as DELETED, as if it were removed: TE-04 fires if it has not ended.
//! - Others than the kubelet write statuses, too: the scheduler, controllers, clients. Their writes are known by their [shapes](Shapes), or by managedFields.
//! - A status speaks of the spec of its `observedGeneration`: the checker keeps the spec of each generation that may be meant.

mod catalogue;
mod checker;
mod clock;
mod computed;
mod example;
mod facts;
mod finding;
mod foreign;
mod history;
mod names;
mod pods;
mod report;
mod rule;
mod shape;
mod stream;
mod version;
mod wanted;
mod whole;

pub use catalogue::{FAMILIES, RULES, rule};
pub use checker::{Checker, Options, Tally};
pub use example::{Example, Step};
pub use finding::Finding;
pub use foreign::ForeignWord;
pub use rule::{Kind, Rule, Severity};
pub use shape::{Scope, Shapes};

#[cfg(test)]
mod tests;
