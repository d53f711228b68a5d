//! Crash-loop and image-pull back-off (kubelet `doBackOff`, client-go `flowcontrol.Backoff`).
