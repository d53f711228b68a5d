//! The executable reference of the Kubernetes Pod lifecycle.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod api;
pub mod backend;
pub mod cluster;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod diagram;
pub mod gates;
pub mod observation;
pub mod pod;
pub mod rules;
pub mod spec;
pub mod time;

pub use gates::Gates;
pub use pod::Pod;
pub use spec::{ContainerIndex, ContainerKind, Spec};
pub use time::{Span, Time};
