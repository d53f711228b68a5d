//! A decision to end a Pod.

use crate::pod::Change;
use crate::rules::ending::Ending;
use alloc::string::String;

/// The kubelet has decided to end a Pod (kubelet `killPodNow`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// Which, by its place in the list that was asked about.
    pub pod: usize,
    /// Why; this says what the status becomes.
    pub ending: Ending,
    /// Grace period in seconds instead of the spec's; `None`: the spec's.
    pub grace_period_seconds: Option<i64>,
    /// `status.message`.
    pub message: String,
}

impl Kill {
    /// The decision as the Pod's machine takes it (kubelet `killPodNow`).
    pub fn into_change(self) -> Change {
        Change::Kill { ending: self.ending, message: self.message, grace_period_seconds: self.grace_period_seconds }
    }
}
