//! Container statuses from what the runtime knows and from the last status (kubelet `convertToAPIContainerStatuses`).
