//! What a cluster published, projected.

use super::moment::StateKind;
use super::reading::{maybe_seconds, seconds, take};
use crate::api::{ConditionStatus, ConditionType, PodPhase};
use crate::time::Span;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One entry of `observed`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedEntry {
    /// When the watch delivered the first object that looks so.
    pub t: Span,
    /// What it looks like.
    pub seen: Seen,
    /// How much earlier than `t` a model may publish it; `None` is the default of the comparison.
    pub tol: Option<Span>,
    /// How its time is compared.
    pub time: TimeRule,
    /// Period of the probe that it follows from.
    pub probe: Option<Span>,
    /// Not required: a run that ended at once was seen running.
    pub brief: bool,
    /// Not required: evidence that the recording shows a state that no rule makes.
    pub artefact: Option<String>,
}

/// How the time of an entry is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimeRule {
    /// It is published at about that time.
    #[default]
    Published,
    /// It is in effect at some moment about that time.
    InEffect,
    /// Whenever; only the order counts.
    Any,
}

/// A published object, or that it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// An object, projected.
    Object(Projection),
    /// The object vanished.
    Removed,
}

/// The fields of a published object that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Projection {
    /// `status.phase`.
    pub phase: PodPhase,
    /// `status.reason`.
    #[serde(default)]
    pub reason: String,
    /// All conditions, whoever owns them: status and reason.
    pub conditions: BTreeMap<ConditionType, (ConditionStatus, String)>,
    /// All containers.
    pub containers: BTreeMap<String, ContainerLine>,
    /// Whether there is an address.
    #[serde(rename = "podIP")]
    pub pod_ip: bool,
    /// Whether there is a deletion timestamp.
    pub deleting: bool,
}

/// The status of one container; in the files a list of eight.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "RawLine")]
pub struct ContainerLine {
    /// In which list of the spec it is.
    pub list: ContainerList,
    /// Its state; no state at all is waiting.
    pub state: StateKind,
    /// Reason of waiting or terminated.
    pub reason: String,
    /// Exit code of terminated.
    pub exit_code: Option<i32>,
    /// `ready`.
    pub ready: bool,
    /// `started`.
    pub started: Option<bool>,
    /// `restartCount`.
    pub restart_count: i32,
    /// Exit code of the last termination.
    pub last_exit_code: Option<i32>,
}

/// The three lists of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContainerList {
    /// `initContainers`.
    Init,
    /// `containers`.
    Regular,
    /// `ephemeralContainers`.
    Ephemeral,
}

type RawLine = (ContainerList, StateKind, String, Option<i32>, bool, Option<bool>, i32, Option<i32>);

impl From<RawLine> for ContainerLine {
    fn from((list, state, reason, exit_code, ready, started, restart_count, last_exit_code): RawLine) -> Self {
        Self { list, state, reason, exit_code, ready, started, restart_count, last_exit_code }
    }
}

impl<'de> Deserialize<'de> for ObservedEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The keys beside those of the projection.
        #[derive(Deserialize)]
        struct Notes {
            #[serde(deserialize_with = "seconds")]
            t: Span,
            #[serde(default, deserialize_with = "maybe_seconds")]
            tol: Option<Span>,
            #[serde(default)]
            time: TimeRule,
            #[serde(default, deserialize_with = "maybe_seconds")]
            probe: Option<Span>,
            #[serde(default)]
            brief: bool,
            #[serde(default)]
            artefact: Option<String>,
        }
        let mut keys = Map::deserialize(deserializer)?;
        let mut notes = Map::new();
        for key in ["t", "tol", "time", "probe", "brief", "artefact"] {
            notes.extend(keys.remove(key).map(|value| (String::from(key), value)));
        }
        let Notes { t, tol, time, probe, brief, artefact } = super::reading::part(Value::Object(notes))?;
        let seen = match take(&mut keys, "removed")? {
            None => Seen::Object(super::reading::part(Value::Object(keys))?),
            Some(true) if keys.is_empty() => Seen::Removed,
            Some(_) => return Err(D::Error::custom("removed is true, and the only field")),
        };
        Ok(Self { t, seen, tol, time, probe, brief, artefact })
    }
}
