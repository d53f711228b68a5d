//! In which order the containers of a Pod get their stop signal (KEP-753).
//!
//! When a whole Pod is killed, all its running containers are killed at the same time, preStop hooks and all; only the stop
//! signal of a sidecar is held back, until those are stopped that may still need it: the regular containers, and the sidecars
//! that were started after it. Plain init and ephemeral containers neither wait nor are waited for. The wait is bounded by the
//! sidecar's grace period ([`grace`](super::grace)). A kill of one container, while the Pod lives on, knows no order.

use crate::spec::{ContainerIndex, Spec};

/// Whether the stop signal of this container has to wait for another one (kubelet `newTerminationOrdering`, `waitForTurn`).
///
/// `is_stopping` tells of a container whether it is in the way: it ran when the kill of the Pod began, and the runtime has not
/// stopped it yet (the kubelet's `StopContainer` has not come back without an error).
///
/// A sidecar waits for every regular container and for the next sidecar behind it in the spec. That one waits for the next in
/// its turn; those further behind do not matter here, even if the next one has given up its wait, or did not run at all: a
/// sidecar that is down when the kill begins breaks the chain.
///
/// # Panics
/// If the index is not of this spec.
pub fn must_wait_for(spec: &Spec, container: ContainerIndex, is_stopping: impl Fn(ContainerIndex) -> bool) -> bool {
    let next_sidecar = || spec.init().skip(container.get() + 1).find(|&i| spec.container(i).is_sidecar());
    spec.container(container).is_sidecar() && (spec.regular().any(&is_stopping) || next_sidecar().is_some_and(&is_stopping))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `i, s1, s2, s3, c, e` have to wait while these are stopping.
    fn waiting(stopping: &[&str]) -> alloc::vec::Vec<alloc::string::String> {
        let spec = r#"{"initContainers": [{"name": "i"}, {"name": "s1", "restartPolicy": "Always"},
            {"name": "s2", "restartPolicy": "Always"}, {"name": "s3", "restartPolicy": "Always"}],
            "containers": [{"name": "c"}], "ephemeralContainers": [{"name": "e"}]}"#;
        let spec = Spec::as_given(serde_json::from_str(spec).unwrap());
        let name = |i: ContainerIndex| spec.container(i).name();
        let waits = |&i: &ContainerIndex| must_wait_for(&spec, i, |i| stopping.contains(&name(i)));
        spec.indexes().filter(waits).map(|i| name(i).into()).collect()
    }

    #[test]
    fn sidecars_wait_for_regular_containers_and_nobody_else_does() {
        assert_eq!(waiting(&["i", "s1", "s2", "s3", "c", "e"]), ["s1", "s2", "s3"]);
        assert_eq!(waiting(&["c"]), ["s1", "s2", "s3"]);
        assert!(waiting(&["i", "e", "s1"]).is_empty());
    }

    #[test]
    fn sidecars_stop_from_the_last_to_the_first() {
        assert_eq!(waiting(&["s1", "s2", "s3"]), ["s1", "s2"]);
        assert_eq!(waiting(&["s1", "s2"]), ["s1"]);
    }

    #[test]
    fn only_the_next_sidecar_of_the_spec_counts() {
        assert_eq!(waiting(&["s1", "s3"]), ["s2"]);
    }
}
