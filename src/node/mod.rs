//! What a kubelet decides over many Pods, as pure functions and small machines: who is let in, who has to go and with how much time, and
//! whose turn it is to be worked on.
//!
//! | question | answer |
//! |---|---|
//! | May this Pod come in? | [`admission::admit`], which asks [`preemption`] for room if the Pod is critical |
//! | Who goes when the node runs short, or for its own excess? | [`eviction`] |
//! | Who goes when the node shuts down, and when? | [`shutdown::Shutdown`] |
//! | Which sync function runs now for which Pod? | [`workers::PodWorkers`] |
//!
//! They answer with plain data: a [`Rejection`](admission::Rejection) is told to the Pod's machine with
//! [`Event::Rejected`](crate::pod::Event::Rejected), a [`Kill`] with [`Change::Kill`](crate::pod::Change::Kill).
//!
//! A [`Pod`](crate::Pod) is its own worker: it syncs, ends and is released by itself. [`workers`] are for those whose sync functions are
//! their own, and for static Pods that take turns. They may leave to machines what the runtime does:
//! [`Pacing::RUNTIME`](crate::pod::Pacing::RUNTIME), and [`Pod::sync`](crate::Pod::sync) for each
//! [`SyncCall::SyncPod`](workers::SyncCall::SyncPod).
//!
//! `examples/node.rs` is a whole node in virtual time. In short:
//!
//! ```
//! use pod_lifecycle::node::admission::{Admission, Node, admit};
//! use pod_lifecycle::pod::{Action, Event, NewPod, NodeConfig, Output};
//! use pod_lifecycle::{Pod, Spec, Time, api};
//! use std::sync::Arc;
//!
//! let object: api::Pod = serde_json::from_str(
//!     r#"{"spec": {"nodeName": "edge-1", "os": {"name": "windows"}, "containers": [{"name": "web", "image": "nginx:1"}]},
//!         "status": {"phase": "Pending"}}"#,
//! )?;
//! let spec = Arc::new(Spec::parse(object.spec.clone())?);
//! let config = Arc::new(NodeConfig::default());
//! let mut out = Vec::new();
//! let mut machine = Pod::new(NewPod { meta: &object.metadata, spec: &spec, status: Some(&object.status) }, &config, &mut out);
//! assert!(out.contains(&Output::Action(Action::Admit)));
//!
//! let now = Time::from_secs(1_767_225_600);
//! match admit(&object, &Node::open("edge-1"), &[], &config.gates) {
//!     Admission::Admitted(_) => machine.handle(now, Event::Admitted, &mut out)?,
//!     Admission::Rejected(why) => {
//!         machine.handle(now, Event::Rejected { reason: &why.reason(), message: &why.message() }, &mut out)?;
//!     }
//! }
//! assert_eq!((machine.phase(), machine.status().to_owned().reason), (api::PodPhase::Failed, "PodOSNotSupported".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod admission;
pub mod eviction;
mod kill;
pub mod preemption;
pub(crate) mod rejection;
pub mod shutdown;
pub mod workers;

pub use kill::Kill;
