//! The Pod's sandbox: its network and the room its containers share.

use super::table::table;
use crate::rules::view::{NetworkNamespace, Sandbox};

table! {
    /// State of the newest sandbox.
    states SandboxState {
        /// There has been none.
        Absent,
        /// Up, with its network.
        Ready,
        /// Down by itself or from outside; not taken down by the kubelet yet.
        NotReady,
        /// Taken down by the kubelet.
        Stopped,
    }
    /// What happens to a sandbox.
    events SandboxEvent {
        /// The runtime made a new one.
        Started,
        /// It died, or could not be made and left a record.
        Died,
        /// The runtime took it down as asked.
        StopDone,
    }
    rows {
        Absent | NotReady | Stopped + Started => Ready by Runtime;
        Absent | Ready | NotReady | Stopped + Died => NotReady by Runtime;
        Ready | NotReady | Stopped + StopDone => Stopped by Runtime;
    }
}

/// What is known of the newest sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SandboxFacts {
    pub(crate) state: SandboxState,
    pub(crate) attempt: u32,
    pub(crate) network: NetworkNamespace,
    pub(crate) has_ip: bool,
}

impl Default for SandboxFacts {
    fn default() -> Self {
        Self::NONE
    }
}

impl SandboxFacts {
    pub(crate) const NONE: Self = Self { state: SandboxState::Absent, attempt: 0, network: NetworkNamespace::Pod, has_ip: false };

    pub(crate) fn view(self) -> Option<Sandbox> {
        (self.state != SandboxState::Absent).then_some(Sandbox {
            ready: self.state == SandboxState::Ready,
            attempt: self.attempt,
            network: self.network,
            has_network_status: true,
            has_ip: self.has_ip,
        })
    }
}
