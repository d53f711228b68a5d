//! Misuse by the caller, told as a value; the Pod is as it was before.

use super::container::{Attempt, InstanceStage};
use super::sandbox::SandboxState;
use super::stage::Stage;
use crate::api::PodPhase;
use crate::spec::ContainerIndex;

/// An event that contradicts the facts. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// The stage does not allow it.
    #[error("{event} does not fit a Pod that is {stage}")]
    Stage {
        /// The event.
        event: &'static str,
        /// The Pod's stage.
        stage: Stage,
    },
    /// The sandbox does not allow it.
    #[error("{event} of sandbox attempt {attempt} does not fit a sandbox that is {state}")]
    Sandbox {
        /// The event.
        event: &'static str,
        /// The attempt it speaks of.
        attempt: u32,
        /// The state of the newest sandbox.
        state: SandboxState,
    },
    /// The instance does not allow it.
    #[error("{event} does not fit attempt {} of container {} that is {stage}", .attempt.0, .container.get())]
    Instance {
        /// The event.
        event: &'static str,
        /// The container.
        container: ContainerIndex,
        /// The instance.
        attempt: Attempt,
        /// Its state.
        stage: InstanceStage,
    },
    /// The event speaks of something newer than the machine has ever asked for.
    #[error("{event} speaks of attempt {attempt}, which was never asked for")]
    Unasked {
        /// The event.
        event: &'static str,
        /// The attempt.
        attempt: u32,
    },
    /// The event answers an action that is not under way.
    #[error("{event} answers nothing: no such action is under way")]
    NotAsked {
        /// The event.
        event: &'static str,
    },
    /// The spec has no such container, or the container no such probe or hook.
    #[error("{event} speaks of container {}, or of a probe of it, that the spec does not have", .container.get())]
    NoSuchContainer {
        /// The event.
        event: &'static str,
        /// The container.
        container: ContainerIndex,
    },
    /// A new spec differs in more than the API allows.
    #[error("the containers of a Pod cannot change")]
    ContainersChanged,
    /// The phase cannot change in this way: a Pod that has ended stays so.
    #[error("the phase of a Pod cannot change from {from} to {to}")]
    Phase {
        /// The published phase.
        from: PodPhase,
        /// The phase asked for.
        to: PodPhase,
    },
    /// Deletion cannot be undone or put off.
    #[error("a deletion cannot be undone or put off")]
    DeletionUndone,
}
