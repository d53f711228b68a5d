//! The Pod phase (kubelet `getPhase`).
