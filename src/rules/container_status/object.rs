//! A status as an API object, with all its texts.

use super::view::id_of;
use super::{ContainerId, ContainerStatusView, IdentitySource, StateView, StatusInput, TerminatedView, view};
use crate::api::{self, ResourceRequirements};
use crate::gates::Gates;
use crate::observation::{ObservedContainer, ObservedPod, ObservedResources, ObservedState};
use crate::rules::resources::{self, Told};
use crate::spec::{ContainerIndex, Spec};
use alloc::string::String;

/// Why the last start of a container failed, as the status tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartFailure<'a> {
    /// `waiting.reason`: a word of [`WaitingReason`](crate::rules::view::WaitingReason) or any other text.
    pub reason: &'a str,
    /// `waiting.message`.
    pub message: &'a str,
}

/// What the texts of one container status are taken from.
#[derive(Clone, Copy, Debug)]
pub struct StatusTexts<'a> {
    /// What the runtime shows.
    pub seen: ObservedPod<'a>,
    /// The runtime's name, before the `://` of a `containerID`.
    pub runtime_name: &'a str,
    /// The last status of this container.
    pub previous: Option<&'a api::ContainerStatus>,
    /// Why its last start failed, until one succeeds.
    pub start_failure: Option<StartFailure<'a>>,
}

/// The new status of one container, from API objects to an API object: [`view()`], then [`to_owned`](ContainerStatusView::to_owned).
///
/// `input.start_failure` is taken from `texts`.
pub fn build(spec: &Spec, container: ContainerIndex, texts: &StatusTexts<'_>, input: StatusInput, gates: &Gates) -> api::ContainerStatus {
    view(spec, container, texts, input, gates).to_owned()
}

impl ContainerStatusView<'_> {
    /// The status as the API object.
    pub fn to_owned(&self) -> api::ContainerStatus {
        let (api, previous) = (self.container, self.texts.previous);
        let with_identity = match (self.derived.identity, self.instances[0], previous) {
            (IdentitySource::Newest, Some(newest), _) => api::ContainerStatus {
                image: newest.image.clone(),
                image_id: newest.image_ref.clone(),
                container_id: id_of(&self.texts, newest).to_text(),
                allocated_resources: api.resources.requests.clone(),
                resources: Some(self.resources(newest)),
                volume_mounts: previous.map_or_else(Default::default, |status| status.volume_mounts.clone()),
                ..api::ContainerStatus::default()
            },
            (IdentitySource::Previous, _, Some(previous)) => api::ContainerStatus {
                image: previous.image.clone(),
                image_id: previous.image_id.clone(),
                container_id: previous.container_id.clone(),
                allocated_resources: previous.allocated_resources.clone(),
                resources: previous.resources.clone(),
                volume_mounts: previous.volume_mounts.clone(),
                user: previous.user.clone(),
                allocated_resources_status: previous.allocated_resources_status.clone(),
                stop_signal: previous.stop_signal.clone(),
                ..api::ContainerStatus::default()
            },
            _ => api::ContainerStatus {
                image: api.image.clone(),
                volume_mounts: api.volume_mounts.clone(),
                ..api::ContainerStatus::default()
            },
        };
        api::ContainerStatus {
            name: api.name.clone(),
            state: self.state().to_owned(),
            last_state: self.last_state().to_owned(),
            ready: self.derived.ready,
            restart_count: self.derived.restart_count,
            started: self.derived.started,
            ..with_identity
        }
    }

    /// Resources in force: those allocated, and while the container runs, what the runtime reports of it, else what the last status of the
    /// same running instance had.
    fn resources(&self, newest: &ObservedContainer) -> ResourceRequirements {
        let allocated = &self.container.resources;
        if newest.state != ObservedState::Running {
            return allocated.clone();
        }
        let kept = self
            .texts
            .previous
            .filter(|status| status.state.running.is_some() && id_of(&self.texts, newest).is(&status.container_id))
            .and_then(|status| status.resources.as_ref());
        resources::in_force(
            allocated,
            newest.resources.as_ref().map(Told::from).unwrap_or_default(),
            kept.map(Told::from).unwrap_or_default(),
        )
    }
}

impl StateView<'_> {
    /// The state as the API object.
    pub fn to_owned(&self) -> api::ContainerState {
        match *self {
            Self::Empty => api::ContainerState::default(),
            Self::Waiting { reason, message } => api::ContainerState {
                waiting: Some(api::ContainerStateWaiting { reason: reason.into(), message: message.into() }),
                ..api::ContainerState::default()
            },
            Self::Running { started_at } => {
                api::ContainerState { running: Some(api::ContainerStateRunning { started_at }), ..api::ContainerState::default() }
            }
            Self::Terminated(ended) => api::ContainerState { terminated: Some(ended.to_owned()), ..api::ContainerState::default() },
            Self::Kept(state) => state.clone(),
        }
    }
}

impl TerminatedView<'_> {
    fn to_owned(self) -> api::ContainerStateTerminated {
        api::ContainerStateTerminated {
            exit_code: self.exit_code,
            signal: 0,
            reason: self.reason.into(),
            message: self.message.into(),
            started_at: self.started_at,
            finished_at: self.finished_at,
            container_id: self.container_id.to_text(),
        }
    }
}

impl ContainerId<'_> {
    /// As [`to_string`](alloc::string::ToString) writes it, without the machinery of formatting.
    fn to_text(self) -> String {
        if self.is_none() {
            return String::new();
        }
        let mut text = String::with_capacity(self.runtime.len() + 3 + self.id.len());
        [self.runtime, "://", self.id].into_iter().for_each(|part| text.push_str(part));
        text
    }
}

impl<'a> From<&'a ObservedResources> for Told<'a> {
    fn from(seen: &'a ObservedResources) -> Self {
        Self {
            cpu_request: seen.cpu_request.as_ref(),
            cpu_limit: seen.cpu_limit.as_ref(),
            memory_request: seen.memory_request.as_ref(),
            memory_limit: seen.memory_limit.as_ref(),
        }
    }
}
