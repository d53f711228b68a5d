//! Moments in which the status of a container tells of one thing already and not yet of what follows from it, and terminations that nobody has
//! seen: shapes of a container, and of it and what it was, that rules make exceptions for.

use crate::api::ContainerStateTerminated;
use crate::check::version::Container;
use crate::rules::container_status::Synthetic;
use crate::rules::view::TerminatedReason;
use crate::spec::{ContainerKind, ProbeKind};

/// A result of the startup probe shows in `started` at once; `ready`, and the conditions that ask for either, follow with the next build of the
/// status, some ms to a second later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Window {
    /// The probe has passed, and `ready` is still that of before.
    Passed,
    /// The probe begins anew, and `ready` is still true: with an instance that took over `started` and `ready` from the one before, or with a
    /// kubelet that was restarted and took them over from the status.
    BegunAnew,
}

impl Window {
    /// Whether the container may be in it, as far as its status by itself tells.
    pub(in crate::check) fn fits(self, container: &Container<'_>) -> bool {
        let probed = container.spec.is_some_and(|spec| spec.probe(ProbeKind::Startup).is_some());
        let status = container.status;
        probed
            && container.running().is_some()
            && match self {
                Self::Passed => status.started == Some(true) && !status.ready,
                Self::BegunAnew => status.started == Some(false) && status.ready,
            }
    }

    /// Whether a container that [fits](Self::fits) is in it, seeing what it was before: this change took it there, or did not touch it.
    ///
    /// Two writes may have become one: then the instance of before is another one.
    pub(in crate::check) fn follows(self, old: &Container<'_>, new: &Container<'_>) -> bool {
        let same = !new.status.container_id.is_empty() && old.status.container_id == new.status.container_id;
        let had_started = old.running().is_some() && old.status.started == Some(true);
        let untouched = || old.status == new.status;
        match self {
            Self::Passed => !(same && had_started) || untouched(),
            // What has ended may have no probe worker any more: the next instance was taken for started in a status before this one. And its
            // readiness may have been asked for until its startup probe began anew: the kubelet takes the answer as it comes.
            Self::BegunAnew => {
                let is_late_answer = !old.status.ready && new.last().is_some();
                had_started || untouched() || is_late_answer || (!same && (old.terminated().is_some() || new.last().is_some()))
            }
        }
    }
}

/// The termination that the kubelet has made up, if its reason says that it is one; the runtime knows nothing of it.
pub(in crate::check) fn synthetic(end: &ContainerStateTerminated) -> Option<Synthetic> {
    Synthetic::of_reason(TerminatedReason::from_text(&end.reason))
}

/// Whether a termination may be one that the kubelet has made up: by its reason, or as the success of an init container without a trace.
pub(in crate::check) fn may_be_synthetic(kind: ContainerKind, end: &ContainerStateTerminated) -> bool {
    let without_trace = || end.container_id.is_empty() && end.started_at.is_none() && end.finished_at.is_none();
    let is_success = || Synthetic::InitCompleted.exit() == end.into();
    synthetic(end).is_some() || (kind == ContainerKind::Init && is_success() && without_trace())
}

/// Whether it is an init container without a record, shown as completed, while all containers are restarted and a regular one is still there: a
/// kubelet was restarted in the middle, or could not remove the records of all at once.
pub(in crate::check) fn is_removed_again(container: &Container<'_>) -> bool {
    let is_completed = container.terminated().is_some_and(|end| may_be_synthetic(container.kind, end));
    is_completed && container.last().and_then(synthetic) == Some(Synthetic::RemovedForRestart)
}

/// Whether the status tells that the instance was lost, or removed to restart all containers: it waits behind a termination that the kubelet
/// has made up. With the telling, not with the next instance, the count has risen, and the id may have gone.
pub(in crate::check) fn tells_loss(container: &Container<'_>) -> bool {
    container.waiting().is_some() && container.last().is_some_and(|end| synthetic(end).is_some())
}
