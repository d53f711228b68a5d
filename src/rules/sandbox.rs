//! Whether the Pod needs a new sandbox (kubelet `PodSandboxChanged`).

use super::view::{NetworkNamespace, Runtime};
use crate::spec::Spec;

/// What [`changed`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxChange {
    /// A new sandbox is needed.
    pub needed: bool,
    /// The attempt of the new sandbox, or of the present one.
    pub attempt: u32,
}

/// Whether the Pod needs a new sandbox, and with which attempt.
///
/// It does when there is none, when more than one is ready, when the newest is not ready, when its network namespace is not
/// the one the spec asks for, or when a Pod with its own network has no address although the runtime reports on the network.
pub fn changed(spec: &Spec, runtime: &impl Runtime) -> SandboxChange {
    let mut sandboxes = runtime.sandboxes();
    let Some(newest) = sandboxes.next() else {
        return SandboxChange { needed: true, attempt: 0 };
    };
    let ready = usize::from(newest.ready) + sandboxes.filter(|sandbox| sandbox.ready).count();
    let wanted = if spec.host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
    let needed =
        ready > 1 || !newest.ready || newest.network != wanted || (!spec.host_network() && newest.has_network_status && !newest.has_ip);
    SandboxChange { needed, attempt: if needed { newest.attempt + 1 } else { newest.attempt } }
}
