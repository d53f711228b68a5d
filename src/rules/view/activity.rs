//! What a container does, as the phase of its Pod sees it.

use super::{Exit, StatusEntry, StatusState, TerminatedReason};
use crate::api;

/// What a container does: a container status without what the phase does not ask for. The default is that of one without a status.
///
/// Marks and not an enum, so that a rule can combine those of all containers without a branch at each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Activity {
    /// It runs.
    pub running: bool,
    /// It runs, and `started` is true.
    pub started: bool,
    /// It is terminated, or was so before and now waits. One that neither runs nor stopped has never started, as far as is known: it has no status,
    /// no state, or waits without a last termination.
    pub stopped: bool,
    /// It stopped, and waits.
    pub waits: bool,
    /// Exit code of one that stopped, else 0.
    pub exit_code: i32,
    /// It stopped because it was removed to restart all containers (KEP-5532).
    pub removed: bool,
}

/// The end of a container: exit code, and whether it was removed.
pub(crate) type End = (i32, bool);

impl Activity {
    /// From `state`, of whose parts the first that is there counts, `lastState.terminated` and `started`.
    #[inline(always)]
    pub(crate) fn of(running: bool, terminated: Option<End>, waiting: bool, last: Option<End>, started: bool) -> Self {
        let waits = !running && terminated.is_none() && waiting && last.is_some();
        let end = if running { None } else { terminated.or(if waits { last } else { None }) };
        let (exit_code, removed) = end.unwrap_or_default();
        Self { running, started: running && started, stopped: end.is_some(), waits, exit_code, removed }
    }
}

impl From<StatusEntry> for Activity {
    #[inline]
    fn from(entry: StatusEntry) -> Self {
        let end = |exit: Exit| (exit.code, exit.reason == TerminatedReason::RestartingAllContainers);
        let terminated = if let StatusState::Terminated(exit) = entry.state { Some(end(exit)) } else { None };
        let (running, waiting) = (entry.state == StatusState::Running, matches!(entry.state, StatusState::Waiting(_)));
        Self::of(running, terminated, waiting, entry.last.map(end), entry.started == Some(true))
    }
}

impl From<&api::ContainerStatus> for Activity {
    #[inline(always)]
    fn from(status: &api::ContainerStatus) -> Self {
        let end =
            |ended: &api::ContainerStateTerminated| (ended.exit_code, ended.reason == TerminatedReason::RestartingAllContainers.as_str());
        let api::ContainerState { waiting, running, terminated } = &status.state;
        let last = status.last_state.terminated.as_ref().map(end);
        Self::of(running.is_some(), terminated.as_ref().map(end), waiting.is_some(), last, status.started == Some(true))
    }
}
