//! Which states a container may leave in the status (kubelet `checkContainerStateTransition`).

use super::restart;
use crate::api::RestartPolicy;
use crate::gates::Gates;
use crate::spec::{ContainerIndex, Spec};

/// Whether a status may show this container as not terminated after it showed it terminated with this exit code.
///
/// It may if the Pod's policy is Always or some container may restart all containers; for a sidecar; after a failure under OnFailure;
/// and where the container's own rules and policy restart it after that code. Otherwise the kubelet drops the whole update, for a
/// container that has ended for good cannot come back. Ephemeral containers are not looked at.
pub fn may_leave_terminated(spec: &Spec, container: ContainerIndex, exit_code: i32, gates: &Gates) -> bool {
    let policy = spec.restart_policy();
    policy == RestartPolicy::Always
        || restart::could_restart_all(spec, gates)
        || spec.container(container).is_sidecar()
        || (exit_code != 0 && policy == RestartPolicy::OnFailure)
        || (gates.container_restart_rules && restart::should_restart_on_exit(spec, container, exit_code, gates))
}
