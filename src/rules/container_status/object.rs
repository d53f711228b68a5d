//! A derived status as an API object, with all its texts.

use super::{Derived, IdentitySource, Previous, StateSource, StatusInput, Synthetic, derive};
use crate::api::{self, ResourceRequirements};
use crate::gates::Gates;
use crate::observation::{ObservedContainer, ObservedPod, ObservedResources, ObservedState};
use crate::rules::resources::{self, Told};
use crate::rules::view::WaitingReason;
use crate::spec::{ContainerIndex, Spec};
use alloc::format;
use alloc::string::String;

/// Why the last start of a container failed, as the status tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartFailure<'a> {
    /// `waiting.reason`: a word of [`WaitingReason`] or any other text.
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

/// The new status of one container, from API objects to an API object: [`derive()`], then [`to_api`].
///
/// `input.start_failure` is taken from `texts`.
pub fn build(spec: &Spec, container: ContainerIndex, texts: &StatusTexts<'_>, input: StatusInput, gates: &Gates) -> api::ContainerStatus {
    let newest = texts.seen.containers(container).next();
    let previous = texts.previous.map(|status| Previous {
        entry: status.into(),
        shows_newest: newest.is_some_and(|newest| is_id_of(&status.container_id, texts.runtime_name, newest)),
    });
    let start_failure = texts.start_failure.map(|failure| WaitingReason::from_text(failure.reason));
    let derived = derive(spec, container, previous.as_ref(), &texts.seen, StatusInput { start_failure, ..input }, gates);
    to_api(spec, container, &derived, texts)
}

/// A derived status as the API object. `ready` and `started` are those before the prober's verdict.
pub fn to_api(spec: &Spec, container: ContainerIndex, derived: &Derived, texts: &StatusTexts<'_>) -> api::ContainerStatus {
    let api = spec.api_container(container);
    let previous = texts.previous;
    let carried = match (derived.identity, texts.seen.containers(container).next()) {
        (IdentitySource::Newest, Some(newest)) => api::ContainerStatus {
            image: newest.image.clone(),
            image_id: newest.image_ref.clone(),
            container_id: id_of(texts.runtime_name, newest),
            allocated_resources: api.resources.requests.clone(),
            resources: Some(resources_of(&api.resources, newest, previous, texts.runtime_name)),
            volume_mounts: previous.map_or_else(Default::default, |status| status.volume_mounts.clone()),
            ..api::ContainerStatus::default()
        },
        (IdentitySource::Previous, _) => previous.cloned().unwrap_or_default(),
        _ => api::ContainerStatus { image: api.image.clone(), volume_mounts: api.volume_mounts.clone(), ..api::ContainerStatus::default() },
    };
    api::ContainerStatus {
        name: api.name.clone(),
        state: state(derived.state, container, texts),
        last_state: state(derived.last, container, texts),
        ready: derived.ready,
        restart_count: derived.restart_count,
        started: derived.started,
        ..carried
    }
}

fn state(source: StateSource, container: ContainerIndex, texts: &StatusTexts<'_>) -> api::ContainerState {
    let instance = |number: u8| texts.seen.containers(container).nth(number.into());
    let empty = api::ContainerState::default;
    match source {
        StateSource::None => empty(),
        StateSource::Waiting(reason) => {
            let message = if reason == WaitingReason::RestartingAllContainers { Synthetic::RemovedForRestart.message() } else { "" };
            waiting(reason.as_str(), message)
        }
        StateSource::StartFailure(reason) => {
            texts.start_failure.map_or_else(|| waiting(reason.as_str(), ""), |failure| waiting(failure.reason, failure.message))
        }
        StateSource::Running(number) => instance(number).map_or_else(empty, |seen| api::ContainerState {
            running: Some(api::ContainerStateRunning { started_at: seen.started_at }),
            ..empty()
        }),
        StateSource::Ended(number) => instance(number).map_or_else(empty, |seen| {
            terminated(api::ContainerStateTerminated {
                exit_code: seen.exit_code,
                signal: 0,
                reason: seen.reason.clone(),
                message: seen.message.clone(),
                started_at: seen.started_at,
                finished_at: seen.finished_at,
                container_id: id_of(texts.runtime_name, seen),
            })
        }),
        StateSource::Synthetic(synthetic) => {
            let exit = synthetic.exit();
            terminated(api::ContainerStateTerminated {
                exit_code: exit.code,
                reason: exit.reason.as_str().into(),
                message: synthetic.message().into(),
                ..api::ContainerStateTerminated::default()
            })
        }
        StateSource::Previous => texts.previous.map_or_else(empty, |status| status.state.clone()),
        StateSource::PreviousLast => texts.previous.map_or_else(empty, |status| status.last_state.clone()),
    }
}

fn waiting(reason: &str, message: &str) -> api::ContainerState {
    let waiting = api::ContainerStateWaiting { reason: reason.into(), message: message.into() };
    api::ContainerState { waiting: Some(waiting), ..api::ContainerState::default() }
}

fn terminated(terminated: api::ContainerStateTerminated) -> api::ContainerState {
    api::ContainerState { terminated: Some(terminated), ..api::ContainerState::default() }
}

fn id_of(runtime_name: &str, seen: &ObservedContainer) -> String {
    format!("{runtime_name}://{}", seen.id)
}

fn is_id_of(id: &str, runtime_name: &str, seen: &ObservedContainer) -> bool {
    id.strip_prefix(runtime_name).and_then(|rest| rest.strip_prefix("://")) == Some(&*seen.id)
}

/// Resources in force: those allocated, and while the container runs, what the runtime reports of it, else what the last status of the
/// same running instance had.
fn resources_of(
    allocated: &ResourceRequirements,
    seen: &ObservedContainer,
    previous: Option<&api::ContainerStatus>,
    runtime_name: &str,
) -> ResourceRequirements {
    if seen.state != ObservedState::Running {
        return allocated.clone();
    }
    let kept = previous
        .filter(|status| status.state.running.is_some() && is_id_of(&status.container_id, runtime_name, seen))
        .and_then(|status| status.resources.as_ref());
    resources::in_force(allocated, seen.resources.as_ref().map(Told::from).unwrap_or_default(), kept.map(Told::from).unwrap_or_default())
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
