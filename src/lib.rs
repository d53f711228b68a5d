//! The executable reference of the Kubernetes Pod lifecycle.
//!
//! A pure, sans-I/O library: events go in; typed transitions, CRI-shaped actions and an API-identical status come out. No clock,
//! no threads, no `unsafe`, no async inside. Agents embed it to know what to do next, simulators to run many Pods in virtual time, checkers
//! to hold a recording or another implementation against the rules.
//!
//! ```
//! use pod_lifecycle::pod::{Action, Event, NewPod, NodeConfig, Output};
//! use pod_lifecycle::{Pod, Spec, Time, api};
//! use std::sync::Arc;
//!
//! let spec: api::PodSpec = serde_json::from_str(r#"{"containers": [{"name": "web", "image": "nginx:1"}]}"#)?;
//! let spec = Arc::new(Spec::parse(spec)?);
//! let meta = api::ObjectMeta { name: "web".into(), ..api::ObjectMeta::default() };
//!
//! let mut out = Vec::new();
//! let mut pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: None }, &Arc::new(NodeConfig::default()), &mut out);
//! assert!(out.contains(&Output::Action(Action::StoreObject)));
//!
//! out.clear();
//! pod.handle(Time::from_secs(1_767_225_600), Event::Stored, &mut out)?;
//! assert_eq!(pod.phase(), api::PodPhase::Pending);
//! assert!(out.contains(&Output::StatusChanged) && out.contains(&Output::Action(Action::Schedule)));
//!
//! // What cannot be is an error, and changes nothing.
//! assert!(pod.handle(Time::from_secs(1_767_225_601), Event::VolumesMounted, &mut out).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Run loop
//!
//! 1. Make the machine: [`Pod::new`], from metadata, parsed [`Spec`] and, if the Pod lived before, its status.
//! 2. Carry out each [`Output::Action`](pod::Output::Action); publish [`Pod::status`] at each
//!    [`Output::StatusChanged`](pod::Output::StatusChanged).
//! 3. Report what happened: [`Pod::handle`]. [`Action::table`](pod::Action::table) names the events that answer each action. The node
//!    itself answers two: [`Action::Admit`](pod::Action::Admit), for which [`node::admission`] decides, and
//!    [`Action::AllocateResources`](pod::Action::AllocateResources), when a [resize](pod#resize) asks for other resources.
//! 4. Call [`Pod::handle`] with [`Event::Tick`](pod::Event::Tick) at [`Pod::next_deadline`] at the latest.
//! 5. Pass changes of the API object and decisions of the node to [`Pod::update`], a re-list of the runtime to [`Pod::observe`].
//! 6. Store [`Pod::snapshot`] whenever nothing should be lost; a kubelet stores none, and forgets back-offs and probe counters.
//! 7. After a restart: [`Pod::restore`] from the stored [`pod::Snapshot`], or [`Pod::new`] with the stored status as a kubelet does;
//!    then [`Pod::observe`], then [`Pod::pending_actions`].
//!
//! [`backend::Driver`] does this for many Pods and any [`backend::ContainerBackend`]; [`backend::sim`] is one in virtual time.
//!
//! # Layout
//!
//! | module | what it is | who wants it |
//! |---|---|---|
//! | [`pod`] | the machine of one Pod: events, actions, [pacing](pod::Pacing), [resize](pod#resize), [snapshots](pod::Snapshot) | agents |
//! | [`node`] | what a kubelet decides over all its Pods: [`workers`](node::workers), [`admission`](node::admission), [`preemption`](node::preemption), [`eviction`](node::eviction), [`shutdown`](node::shutdown) | agents with many Pods |
//! | [`cluster`] | the control plane's share: deletion, disruptions, [taints](cluster::TaintEviction), the [Pod garbage collector](cluster::PodGc), resize | simulators, API servers |
//! | [`backend`] | many Pods on one container backend; the [simulator](backend::sim) | simulators, agents |
//! | [`check`] | the conformance checker: [rules](check::RULES) that every stream of a Pod satisfies, and the [`check::Checker`] that holds streams against them | checkers |
//! | [`rules`] | what Kubernetes says, as pure functions over any status: each decision stands there once | checkers |
//! | [`api`], [`mod@spec`], [`observation`], [`gates`], [`mod@time`] | the values: objects as the API has them, the spec parsed, what a runtime shows, feature gates, time | everybody |
//! | [`diagram`], [`surprises`] | the machine's tables, drawn; what one believes of Pods, and what happens | readers |
//! | `conformance` | readers and players of conformance data (feature `conformance`) | checkers |
//!
//! # Scope and authority
//!
//! One Pod: its API object, sandbox, containers and probes, and what the kubelet and the control plane do to it; beside it what a kubelet
//! decides over all Pods of its node ([`node`]). The behaviour is that of Kubernetes **v1.36** with its default feature gates ([`Gates`]),
//! as measured on the real thing first, then as read from it. Where the documentation and the kubelet differ, the kubelet wins;
//! [`surprises`] says where that is not what one thinks. What only the documentation knows (the phase
//! [`Unknown`](api::PodPhase::Unknown)) is reached only if the caller says so ([`Change::PhaseUnknown`](pod::Change::PhaseUnknown)).
//!
//! # Features
//!
//! - `std` (default): the standard library in dependencies. Without it the crate needs `alloc` only.
//! - `conformance`: readers of vectors, scenarios and replays, their player, and the report of `verify`.
//! - `cli`: the command line `pod-lifecycle`.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod api;
pub mod backend;
pub mod check;
pub mod cluster;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod diagram;
pub mod gates;
pub mod node;
pub mod observation;
pub mod pod;
pub mod rules;
pub mod spec;
pub mod surprises;
pub mod time;

pub use gates::Gates;
pub use pod::Pod;
pub use spec::{ContainerIndex, ContainerKind, Spec};
pub use time::{Span, Time};

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
