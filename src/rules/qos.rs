//! The QoS class (API `ComputePodQOS`).
