//! What `kubectl get pod` prints of a Pod.
