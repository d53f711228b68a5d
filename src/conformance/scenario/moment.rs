//! Moments of a trace: what a step waits for, what a window begins and ends with, what an interval spans.

use super::program::Hook;
use super::reading::{Seconds, one_or_many, part, span, take};
use crate::api;
use crate::spec::ProbeKind;
use crate::time::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// What a published status must show.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// This phase.
    Phase(api::PodPhase),
    /// A condition of this type and status.
    Condition {
        /// Its type.
        type_: api::ConditionType,
        /// Its status.
        status: api::ConditionStatus,
    },
    /// A container that is so.
    Container {
        /// Its name.
        container: String,
        /// Its present state.
        state: Option<StateKind>,
        /// At least so many restarts.
        restart_count: Option<i32>,
        /// `started`.
        started: Option<bool>,
        /// Reason of the present state, one of these; empty: any.
        reasons: Vec<String>,
    },
}

/// The three kinds of a container state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StateKind {
    /// Not started, or to be started again.
    Waiting,
    /// Running.
    Running,
    /// Ended.
    Terminated,
}

impl StateKind {
    /// `waiting`, `running` or `terminated`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Terminated => "terminated",
        }
    }

    /// The kind of a published state and its reason; no state at all is waiting.
    pub fn of(state: &api::ContainerState) -> (Self, &str) {
        match state {
            api::ContainerState { running: Some(_), .. } => (Self::Running, ""),
            api::ContainerState { terminated: Some(terminated), .. } => (Self::Terminated, &terminated.reason),
            api::ContainerState { waiting, .. } => (Self::Waiting, waiting.as_ref().map_or("", |waiting| &waiting.reason)),
        }
    }
}

impl When {
    /// Whether this status shows it.
    pub fn fits(&self, published: &api::PodStatus) -> bool {
        match self {
            Self::Phase(phase) => published.phase == Some(*phase),
            Self::Condition { type_, status } => {
                published.conditions.iter().any(|condition| condition.type_ == *type_ && condition.status == *status)
            }
            Self::Container { container, state, restart_count, started, reasons } => statuses(published).any(|seen| {
                let (kind, reason) = StateKind::of(&seen.state);
                seen.name == *container
                    && state.is_none_or(|state| state == kind)
                    && restart_count.is_none_or(|least| seen.restart_count >= least)
                    && started.is_none_or(|started| seen.started == Some(started))
                    && (reasons.is_empty() || reasons.iter().any(|one| one == reason))
            }),
        }
    }
}

/// The statuses of all containers: init, regular, ephemeral.
pub(crate) fn statuses(status: &api::PodStatus) -> impl Iterator<Item = &api::ContainerStatus> {
    status.init_container_statuses.iter().chain(&status.container_statuses).chain(&status.ephemeral_container_statuses)
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Phase {
            phase: api::PodPhase,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Condition {
            condition: api::ConditionType,
            status: api::ConditionStatus,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Container {
            container: String,
            #[serde(default)]
            state: Option<StateKind>,
            #[serde(default)]
            restart_count: Option<i32>,
            #[serde(default)]
            started: Option<bool>,
            #[serde(default, deserialize_with = "one_or_many")]
            reason: Vec<String>,
        }
        let keys = Map::deserialize(deserializer)?;
        let has = |key| keys.contains_key(key);
        if has("phase") {
            part(Value::Object(keys)).map(|Phase { phase }| Self::Phase(phase))
        } else if has("condition") {
            part(Value::Object(keys)).map(|Condition { condition, status }| Self::Condition { type_: condition, status })
        } else {
            part(Value::Object(keys)).map(|Container { container, state, restart_count, started, reason }| Self::Container {
                container,
                state,
                restart_count,
                started,
                reasons: reason,
            })
        }
    }
}

/// A moment of the trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// What it is counted from.
    pub anchor: Anchor,
    /// So much later (or earlier); with it the moment is a time, not a position.
    pub plus: Option<Span>,
}

/// What a moment is counted from. All but `At` are entries of the trace.
#[derive(Clone, Debug, PartialEq)]
pub enum Anchor {
    /// A time.
    At(Span),
    /// The beginning of this step, counted from 0.
    Step(usize),
    /// The first such event.
    Event(Event),
    /// The first published status that fits.
    When(When),
    /// The object is gone.
    Removed,
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = Map::deserialize(deserializer)?;
        let plus = take(&mut keys, "plus")?.map(span);
        let mut keys = keys.into_iter();
        let (Some((key, value)), None) = (keys.next(), keys.next()) else {
            return Err(D::Error::custom("a moment has exactly one of at, step, event, when and removed"));
        };
        let anchor = match key.as_str() {
            "at" => part(value).map(|Seconds(at)| Anchor::At(at)),
            "step" => part(value).map(Anchor::Step),
            "event" => part(value).map(Anchor::Event),
            "when" => part(value).map(Anchor::When),
            "removed" if value == Value::Bool(true) => Ok(Anchor::Removed),
            _ => Err(D::Error::custom(format!("{key}: {value} is no moment"))),
        };
        Ok(Self { anchor: anchor?, plus })
    }
}

/// The part of the trace that an expectation is about.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Window {
    /// Its beginning; absent: that of the trace.
    pub from: Option<Moment>,
    /// Its end; absent: that of the trace.
    pub to: Option<Moment>,
}

/// Events of a container.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The container.
    pub container: String,
    /// What happens.
    pub event: EventName,
    /// In this run only, counted from 1.
    #[serde(default)]
    pub run: Option<u32>,
}

/// What happens to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventName {
    /// To its process.
    Process(ProcessEvent),
    /// A hook begins or ends.
    Hook {
        /// Which.
        hook: Hook,
        /// Whether it begins.
        begin: bool,
    },
    /// One execution of a probe, at its end.
    Probe(ProbeKind),
}

/// What happens to the process of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProcessEvent {
    /// The run begins.
    Starting,
    /// Its program is up.
    Started,
    /// It exits by itself.
    Exiting,
    /// It is ended by force.
    Killed,
    /// It has ended, either way.
    Ended,
}

impl ProcessEvent {
    /// The word of the files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Started => "started",
            Self::Exiting => "exiting",
            Self::Killed => "killed",
            Self::Ended => "ended",
        }
    }
}

impl EventName {
    /// The word of the files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process(event) => event.as_str(),
            Self::Hook { hook: Hook::PostStart, begin: true } => "postStart-begin",
            Self::Hook { hook: Hook::PostStart, begin: false } => "postStart-end",
            Self::Hook { hook: Hook::PreStop, begin: true } => "preStop-begin",
            Self::Hook { hook: Hook::PreStop, begin: false } => "preStop-end",
            Self::Probe(ProbeKind::Readiness) => "probe-readiness",
            Self::Probe(ProbeKind::Liveness) => "probe-liveness",
            Self::Probe(ProbeKind::Startup) => "probe-startup",
        }
    }

    const ALL: [Self; 12] = [
        Self::Process(ProcessEvent::Starting),
        Self::Process(ProcessEvent::Started),
        Self::Process(ProcessEvent::Exiting),
        Self::Process(ProcessEvent::Killed),
        Self::Process(ProcessEvent::Ended),
        Self::Hook { hook: Hook::PostStart, begin: true },
        Self::Hook { hook: Hook::PostStart, begin: false },
        Self::Hook { hook: Hook::PreStop, begin: true },
        Self::Hook { hook: Hook::PreStop, begin: false },
        Self::Probe(ProbeKind::Readiness),
        Self::Probe(ProbeKind::Liveness),
        Self::Probe(ProbeKind::Startup),
    ];
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::ALL
            .into_iter()
            .find(|event| event.as_str() == word)
            .ok_or_else(|| D::Error::custom(format!("`{word}` is no event of a container")))
    }
}
