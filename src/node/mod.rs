//! What a kubelet decides over many Pods, as pure functions and small machines: who is let in, who has to go and with how much time, and
//! whose turn it is to be worked on.
//!
//! They answer with plain data: a [`Rejection`](admission::Rejection) is told to the Pod's machine with
//! [`Event::Rejected`](crate::pod::Event::Rejected), a [`Kill`] with [`Change::Kill`](crate::pod::Change::Kill).

pub mod admission;
pub mod eviction;
mod kill;
pub mod preemption;
pub mod shutdown;
pub mod workers;

pub use kill::Kill;
