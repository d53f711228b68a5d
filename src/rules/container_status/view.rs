//! A derived status with the texts it is told with, all of them borrowed.

use super::{Derived, IdentitySource, Previous, StateSource, StatusInput, StatusTexts, Synthetic, any_regular_created, derive_from};
use crate::api;
use crate::gates::Gates;
use crate::observation::ObservedContainer;
use crate::rules::view::{Exit, StatusEntry, StatusState, TerminatedReason, WaitingReason};
use crate::spec::{ContainerIndex, Spec};
use crate::time::Time;
use core::fmt;

/// The status of one container, borrowed from what it was made of: nothing is copied before [`to_owned`](Self::to_owned).
#[derive(Clone, Copy, Debug)]
pub struct ContainerStatusView<'a> {
    /// The container as the spec has it.
    pub(super) container: &'a api::Container,
    pub(super) derived: Derived,
    pub(super) texts: StatusTexts<'a>,
    /// The newest instance and the one before.
    pub(super) instances: [Option<&'a ObservedContainer>; 2],
}

/// A `state` or `lastState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateView<'a> {
    /// None of the three.
    Empty,
    /// Waiting.
    Waiting {
        /// `reason`.
        reason: &'a str,
        /// `message`.
        message: &'a str,
    },
    /// Running.
    Running {
        /// `startedAt`.
        started_at: Option<Time>,
    },
    /// Terminated.
    Terminated(TerminatedView<'a>),
    /// Whatever the last status had here, to the letter.
    Kept(&'a api::ContainerState),
}

/// `terminated` of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminatedView<'a> {
    /// `exitCode`.
    pub exit_code: i32,
    /// `reason`.
    pub reason: &'a str,
    /// `message`.
    pub message: &'a str,
    /// `startedAt`.
    pub started_at: Option<Time>,
    /// `finishedAt`.
    pub finished_at: Option<Time>,
    /// `containerID`.
    pub container_id: ContainerId<'a>,
}

/// A `containerID`, written `<runtime>://<id>` (kubelet `ContainerID`). The default is none: an empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerId<'a> {
    /// The runtime's name.
    pub runtime: &'a str,
    /// The runtime's id of the instance.
    pub id: &'a str,
}

impl<'a> ContainerId<'a> {
    /// Reads a `containerID` (kubelet `ParseContainerID`); what is not of that form is none.
    pub fn parse(text: &'a str) -> Self {
        text.split_once("://").map_or_else(Self::default, |(runtime, id)| Self { runtime, id })
    }

    /// Whether there is none.
    pub const fn is_none(self) -> bool {
        self.runtime.is_empty() && self.id.is_empty()
    }

    /// Whether this text is it.
    #[inline]
    pub fn is(self, text: &str) -> bool {
        text.strip_prefix(self.runtime).and_then(|rest| rest.strip_prefix("://")) == Some(self.id)
    }
}

impl fmt::Display for ContainerId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() { Ok(()) } else { write!(f, "{}://{}", self.runtime, self.id) }
    }
}

/// The new status of one container: [`derive()`](super::derive()), with its texts at hand.
///
/// `input.start_failure` is taken from `texts`.
#[inline]
pub fn view<'a>(
    spec: &'a Spec,
    container: ContainerIndex,
    texts: &StatusTexts<'a>,
    input: StatusInput,
    gates: &Gates,
) -> ContainerStatusView<'a> {
    let mut seen = texts.seen.containers(container);
    let newest = seen.next();
    let second = if newest.is_some() { seen.next() } else { None };
    let previous = texts.previous.map(|status| Previous {
        entry: status.into(),
        shows_newest: newest.is_some_and(|newest| id_of(texts, newest).is(&status.container_id)),
    });
    let start_failure = texts.start_failure.map(|failure| WaitingReason::from_text(failure.reason));
    let derived = derive_from(
        spec,
        container,
        previous.as_ref(),
        [newest.map(Into::into), second.map(Into::into)],
        || any_regular_created(spec, &texts.seen),
        StatusInput { start_failure, ..input },
        gates,
    );
    ContainerStatusView { container: spec.api_container(container), derived, texts: *texts, instances: [newest, second] }
}

pub(super) fn id_of<'a>(texts: &StatusTexts<'a>, seen: &'a ObservedContainer) -> ContainerId<'a> {
    ContainerId { runtime: texts.runtime_name, id: &seen.id }
}

impl<'a> ContainerStatusView<'a> {
    /// The decisions, each by where its value comes from.
    pub const fn derived(&self) -> &Derived {
        &self.derived
    }

    /// With other marks: what the probes say of `started` and `ready`.
    #[must_use]
    pub const fn marked(mut self, started: Option<bool>, ready: bool) -> Self {
        self.derived.started = started;
        self.derived.ready = ready;
        self
    }

    /// `name`.
    pub fn name(&self) -> &'a str {
        &self.container.name
    }

    /// `containerID`.
    #[inline]
    pub fn container_id(&self) -> ContainerId<'a> {
        match (self.derived.identity, self.instances[0], self.texts.previous) {
            (IdentitySource::Newest, Some(newest), _) => id_of(&self.texts, newest),
            (IdentitySource::Previous, _, Some(previous)) => ContainerId::parse(&previous.container_id),
            _ => ContainerId::default(),
        }
    }

    /// `state`.
    #[inline]
    pub fn state(&self) -> StateView<'a> {
        self.resolve(self.derived.state)
    }

    /// `lastState`.
    #[inline]
    pub fn last_state(&self) -> StateView<'a> {
        self.resolve(self.derived.last)
    }

    /// The status as the rules read it.
    #[inline]
    pub fn entry(&self) -> StatusEntry {
        let Derived { restart_count, started, ready, .. } = self.derived;
        let last = match self.last_state().short() {
            StatusState::Terminated(exit) => Some(exit),
            _ => None,
        };
        StatusEntry { state: self.state().short(), last, ready, started, restart_count }
    }

    #[inline]
    fn resolve(&self, source: StateSource) -> StateView<'a> {
        let instance = |number: u8| self.instances.get(usize::from(number)).copied().flatten();
        match source {
            StateSource::None => StateView::Empty,
            StateSource::Waiting(reason) => {
                let message = if reason == WaitingReason::RestartingAllContainers { Synthetic::RemovedForRestart.message() } else { "" };
                StateView::Waiting { reason: reason.as_str(), message }
            }
            StateSource::StartFailure(reason) => match self.texts.start_failure {
                Some(failure) => StateView::Waiting { reason: failure.reason, message: failure.message },
                None => StateView::Waiting { reason: reason.as_str(), message: "" },
            },
            StateSource::Running(number) => {
                instance(number).map_or(StateView::Empty, |seen| StateView::Running { started_at: seen.started_at })
            }
            StateSource::Ended(number) => instance(number).map_or(StateView::Empty, |seen| {
                StateView::Terminated(TerminatedView {
                    exit_code: seen.exit_code,
                    reason: &seen.reason,
                    message: &seen.message,
                    started_at: seen.started_at,
                    finished_at: seen.finished_at,
                    container_id: id_of(&self.texts, seen),
                })
            }),
            StateSource::Synthetic(synthetic) => {
                let exit = synthetic.exit();
                let message = synthetic.message();
                StateView::Terminated(TerminatedView { exit_code: exit.code, reason: exit.reason.as_str(), message, ..Default::default() })
            }
            StateSource::Previous => self.texts.previous.map_or(StateView::Empty, |status| StateView::Kept(&status.state)),
            StateSource::PreviousLast => self.texts.previous.map_or(StateView::Empty, |status| StateView::Kept(&status.last_state)),
        }
    }
}

impl StateView<'_> {
    /// As the rules read it. Inlined, so that a rule that asks for no reason reads none.
    #[inline]
    fn short(&self) -> StatusState {
        match self {
            Self::Empty => StatusState::Empty,
            Self::Waiting { reason, .. } => StatusState::Waiting(WaitingReason::from_text(reason)),
            Self::Running { .. } => StatusState::Running,
            Self::Terminated(ended) => {
                StatusState::Terminated(Exit { code: ended.exit_code, reason: TerminatedReason::from_text(ended.reason) })
            }
            Self::Kept(state) => (*state).into(),
        }
    }
}
