//! What the kubelet's last act makes of the containers without a verdict (kubelet `TerminatePod`).

use super::view::{StatusEntry, StatusState, Statuses};
use crate::api::PodPhase;
use crate::spec::{ContainerIndex, Spec};

/// The containers whose state the last status replaces by a termination that nobody has seen (ContainerStatusUnknown,
/// 137; kubelet `TerminatePod`).
///
/// Of regular containers all that are not terminated, if the Pod had got beyond its init containers (`initialized`: [`is_initialized`] of
/// the status that came with the object); of init containers those up to the last that ever left waiting, the first in any case. What
/// was never reached keeps waiting.
pub fn without_verdict<'a>(spec: &'a Spec, statuses: &'a impl Statuses, initialized: bool) -> impl Iterator<Item = ContainerIndex> + 'a {
    let regular = spec.regular().take(if initialized { usize::MAX } else { 0 });
    let reached = spec.init().rev().find(|&c| statuses.entry(c).is_some_and(has_left_waiting)).map_or(1, |last| last.get() + 1);
    spec.init().take(reached).chain(regular).filter(|&c| {
        let entry = statuses.entry(c);
        entry.is_some_and(|entry| !matches!(entry.state, StatusState::Terminated(_)))
    })
}

/// The phase of the last status of all: Failed unless it is terminal already (kubelet `TerminatePod`). That of a static Pod stays as it is.
pub fn last_phase(phase: Option<PodPhase>, is_static: bool) -> Option<PodPhase> {
    if is_static || phase.is_some_and(PodPhase::is_terminal) { phase } else { Some(PodPhase::Failed) }
}

/// Whether the Pod has got beyond its init containers (kubelet `hasPodInitialized`): it has none, some regular container has left
/// waiting, or the last init container that has a status is done: a plain one completed, a sidecar started.
pub fn is_initialized(spec: &Spec, statuses: &impl Statuses) -> bool {
    if !spec.has_init() || spec.regular().any(|c| statuses.entry(c).is_some_and(has_left_waiting)) {
        return true;
    }
    let Some((last, entry)) = spec.init().rev().find_map(|c| Some((c, statuses.entry(c)?))) else {
        return false;
    };
    if spec.container(last).is_sidecar() {
        entry.state == StatusState::Running && entry.started == Some(true)
    } else {
        let completed = |state| matches!(state, StatusState::Terminated(exit) if exit.code == 0);
        completed(entry.state) || entry.last.is_some_and(|exit| exit.code == 0)
    }
}

/// Whether a container has ever been something else than waiting; one without any state counts.
fn has_left_waiting(entry: StatusEntry) -> bool {
    entry.last.is_some() || !matches!(entry.state, StatusState::Waiting(_))
}
