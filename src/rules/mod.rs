//! What Kubernetes says of one Pod, as pure functions.
//!
//! One file per rule family. Each function reads through cheap views ([`view`]), so that the machine's compact state, an API
//! status and a runtime snapshot can be asked without conversion; the machine, the checker and callers share them.
//!
//! A status of any origin is held against them like this:
//!
//! ```
//! use pod_lifecycle::rules::phase::{PhaseFacts, phase};
//! use pod_lifecycle::rules::view::ApiStatuses;
//! use pod_lifecycle::rules::{conditions, qos};
//! use pod_lifecycle::{Gates, Spec, api};
//!
//! let pod: api::Pod = serde_json::from_str(
//!     r#"{"spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
//!         "status": {"phase": "Running", "qosClass": "BestEffort", "containerStatuses": [
//!             {"name": "web", "ready": true, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}}"#,
//! )?;
//! let (spec, gates) = (Spec::parse(pod.spec.clone())?, Gates::default());
//! let statuses = ApiStatuses::new(&spec, &pod.status);
//!
//! let facts = PhaseFacts { terminal: false, is_static: false, initialized: true };
//! let phase = phase(&spec, &statuses, facts, &gates);
//! assert_eq!(pod.status.phase, Some(phase));
//! assert_eq!(conditions::containers_ready(&spec, Some(&statuses), phase), conditions::Verdict::TRUE);
//! assert_eq!(pod.status.qos_class, Some(qos::qos_class(spec.api(), &gates)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | question | rule |
//! |---|---|
//! | What does a status say? | [`phase`], [`conditions`], [`container_status`], [`qos`], [`resources`]; all of it at once: [`pod_status`] |
//! | What becomes of a status on its way? | [`transition`], [`status_cache`], [`status_merge`], [`completion`] |
//! | What does the kubelet do next? | [`actions`], [`sandbox`], [`restart`], [`backoff`], [`probe`], [`deadline`], [`worker`], [`garbage`] |
//! | How does a Pod end? | [`ending`], [`grace`], [`termination_order`], [`termination_message`] |
//! | What does it weigh on its node? | [`requests`], [`standing`], [`toleration`] |
//! | What does `kubectl get pod` print? | [`summary`] |
//! | Does a Service route to it? | [`endpoint`] |

pub mod actions;
pub mod backoff;
pub mod completion;
pub mod conditions;
pub mod container_status;
pub mod deadline;
pub mod ending;
pub mod endpoint;
pub mod garbage;
pub mod grace;
pub mod phase;
pub mod pod_status;
pub mod probe;
pub mod qos;
pub mod requests;
pub mod resources;
pub mod restart;
pub mod sandbox;
pub mod standing;
pub mod status_cache;
pub mod status_merge;
pub mod summary;
pub mod termination_message;
pub mod termination_order;
pub mod toleration;
pub mod transition;
pub mod view;
pub mod worker;
