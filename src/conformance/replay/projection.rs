//! Published objects, projected to what is compared.

use crate::api;
use crate::conformance::record::{Record, What};
use crate::conformance::scenario::{ContainerLine, ContainerList, Projection, Seen, StateKind};
use crate::time::Span;
use alloc::vec::Vec;

/// What a model showed from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When it was published first.
    pub at: Span,
    /// It, projected.
    pub seen: Seen,
}

/// What a record published, projected; equal neighbours are one. Nothing follows the removal of the object.
pub fn published(record: &Record) -> Vec<Shown> {
    let mut shown = Vec::<Shown>::new();
    for entry in &record.entries {
        let seen = match &entry.what {
            What::Published(pod) => Seen::Object(Projection::of(pod)),
            What::Removed => Seen::Removed,
            _ => continue,
        };
        let is_removed = seen == Seen::Removed;
        if shown.last().is_none_or(|last| last.seen != seen) {
            shown.push(Shown { at: entry.at, seen });
        }
        if is_removed {
            break;
        }
    }
    shown
}

impl Projection {
    /// The fields of an object that are compared. A status without phase is Pending, as the API server stores it.
    pub fn of(pod: &api::Pod) -> Self {
        let status = &pod.status;
        let conditions = status.conditions.iter();
        let lists = [
            (ContainerList::Init, &status.init_container_statuses),
            (ContainerList::Regular, &status.container_statuses),
            (ContainerList::Ephemeral, &status.ephemeral_container_statuses),
        ];
        let containers = lists.into_iter().flat_map(|(list, statuses)| statuses.iter().map(move |status| (list, status)));
        Self {
            phase: status.phase.unwrap_or(api::PodPhase::Pending),
            reason: status.reason.clone(),
            conditions: conditions.map(|condition| (condition.type_.clone(), (condition.status, condition.reason.clone()))).collect(),
            containers: containers.map(|(list, status)| (status.name.clone(), ContainerLine::of(list, status))).collect(),
            pod_ip: !status.pod_ip.is_empty(),
            deleting: pod.metadata.deletion_timestamp.is_some(),
        }
    }
}

impl ContainerLine {
    fn of(list: ContainerList, status: &api::ContainerStatus) -> Self {
        let (state, reason) = StateKind::of(&status.state);
        let exit_code = |state: &api::ContainerState| state.terminated.as_ref().map(|terminated| terminated.exit_code);
        Self {
            list,
            state,
            reason: reason.into(),
            exit_code: exit_code(&status.state),
            ready: status.ready,
            started: status.started,
            restart_count: status.restart_count,
            last_exit_code: exit_code(&status.last_state),
        }
    }
}
