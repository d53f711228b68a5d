//! What the kubelet's last act makes of the containers without a verdict (kubelet `TerminatePod`).

use super::view::{StatusEntry, StatusState, Statuses};
use crate::spec::{ContainerIndex, Spec};

/// The containers whose state the last status replaces by a termination that nobody has seen (ContainerStatusUnknown,
/// 137; kubelet `TerminatePod`).
///
/// Of regular containers all that are not terminated, if the Pod had got beyond its init containers; of init containers those up
/// to the last that ever left waiting, the first in any case. What was never reached keeps waiting. `statuses` is what the API shows.
pub fn without_verdict<'a>(spec: &'a Spec, statuses: &'a impl Statuses) -> impl Iterator<Item = ContainerIndex> + 'a {
    let regular = spec.regular().take(if is_initialized(spec, statuses) { usize::MAX } else { 0 });
    let reached = spec.init().rev().find(|&c| statuses.entry(c).is_some_and(has_left_waiting)).map_or(1, |last| last.get() + 1);
    spec.init().take(reached).chain(regular).filter(|&c| {
        let entry = statuses.entry(c);
        entry.is_some_and(|entry| !matches!(entry.state, StatusState::Terminated(_)))
    })
}

/// Whether the Pod has got beyond its init containers (kubelet `hasPodInitialized`): it has none, some regular container has left
/// waiting, or the last init container is done: a plain one completed, a sidecar started.
pub fn is_initialized(spec: &Spec, statuses: &impl Statuses) -> bool {
    let Some(last) = spec.init().next_back() else {
        return true;
    };
    if spec.regular().any(|c| statuses.entry(c).is_some_and(has_left_waiting)) {
        return true;
    }
    let Some(entry) = statuses.entry(last) else {
        return false;
    };
    if spec.container(last).is_sidecar() {
        entry.state == StatusState::Running && entry.started == Some(true)
    } else {
        let completed = |state| matches!(state, StatusState::Terminated(exit) if exit.code == 0);
        completed(entry.state) || entry.last.is_some_and(|exit| exit.code == 0)
    }
}

/// Whether a container has ever been something else than waiting.
fn has_left_waiting(entry: StatusEntry) -> bool {
    entry.last.is_some() || !matches!(entry.state, StatusState::Waiting(_) | StatusState::Empty)
}
