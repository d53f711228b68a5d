//! What a sync does: sandbox, kills, starts, resets (kubelet `computePodActions`).
