//! Restart policies and rules (API `ContainerShouldRestart`, kubelet `ShouldContainerBeRestarted`).
