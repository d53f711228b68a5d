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
    /// The plan names the present sandbox; the event SandboxChanged is sent only then. It does not name one of the wrong network.
    pub named: bool,
}

/// Whether the Pod needs a new sandbox, and with which attempt (kubelet `PodSandboxChanged`).
///
/// It does when there is none, when more than one is ready, when the newest is not ready, when its network namespace is not
/// the one the spec asks for, or when a Pod with its own network has no address although the runtime reports on the network.
pub fn changed(spec: &Spec, runtime: &impl Runtime) -> SandboxChange {
    let mut sandboxes = runtime.sandboxes();
    let Some(newest) = sandboxes.next() else {
        return SandboxChange { needed: true, attempt: 0, named: false };
    };
    let ready = usize::from(newest.ready) + sandboxes.filter(|sandbox| sandbox.ready).count();
    let wanted = if spec.host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
    let dead = ready > 1 || !newest.ready;
    let wrong_network = newest.network != wanted;
    let no_address = !spec.host_network() && newest.has_network_status && !newest.has_ip;
    let needed = dead || wrong_network || no_address;
    let attempt = if needed { newest.attempt.saturating_add(1) } else { newest.attempt };
    SandboxChange { needed, attempt, named: dead || !wrong_network }
}
