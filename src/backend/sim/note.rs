//! What the simulated node writes down of its processes.

use super::script::End;
use crate::pod::HookKind;
use crate::rules::probe::RawOutcome;
use crate::spec::{ContainerIndex, ProbeKind};

/// Something that happened on the node, seen from outside the Pod machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// Something happened to a process.
    Process {
        /// The Pod.
        pod: usize,
        /// The container.
        container: ContainerIndex,
        /// Number of the run, from 1.
        run: u32,
        /// What.
        event: ProcessEvent,
        /// With [`ProcessEvent::Ended`]: how.
        end: Option<End>,
    },
    /// A hook began or ended.
    Hook {
        /// The Pod.
        pod: usize,
        /// The container.
        container: ContainerIndex,
        /// Number of the run.
        run: u32,
        /// Which hook.
        hook: HookKind,
        /// Whether it began.
        begin: bool,
    },
    /// A probe was executed.
    Probe {
        /// The Pod.
        pod: usize,
        /// The container.
        container: ContainerIndex,
        /// Number of the run.
        run: u32,
        /// Which probe.
        kind: ProbeKind,
        /// Its outcome.
        outcome: RawOutcome,
    },
    /// A sandbox came up.
    SandboxStarted {
        /// The Pod.
        pod: usize,
    },
}

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessEvent {
    /// It begins.
    Starting,
    /// It has started up.
    Started,
    /// It is about to end by itself.
    Exiting,
    /// It was ended by force.
    Killed,
    /// It has ended, either way.
    Ended,
}
