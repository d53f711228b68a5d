//! In which order the containers of a Pod are stopped (kubelet `terminationOrdering`).
