//! What a kubelet decides over all Pods of its node, as pure functions and small machines.

pub mod workers;
