//! Probe workers, and what their results mean for `started` and `ready` (kubelet `prober`).
