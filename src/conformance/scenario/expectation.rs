//! What must hold of a trace.

use super::moment::{Anchor, Event, Moment, Window};
use super::pattern::Pattern;
use super::program::{Hook, ProbeOutcome};
use super::reading::{one_or_many, part, signed_seconds, take};
use crate::api::{ConditionType, PodPhase};
use crate::time::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What must hold.
    pub kind: Kind,
    /// In which part of the trace.
    pub window: Window,
    /// Where it is from, unless the code of the test asserts it.
    pub basis: Option<Basis>,
}

/// Where an expectation is from, if not from the code of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// Only the name of the test says so.
    Title,
    /// The test has the check but never evaluates it.
    Intended,
    /// Added by the transcriber.
    Inferred,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The first happens, and some occurrence of the second comes later than the first of the first.
    Order(Event, Event),
    /// Some activity of the one overlaps some activity of the other.
    Together(Activity, Activity),
    /// There is a `started` of the container.
    Starts(String),
    /// There is an `exiting` of the container.
    Exits(String),
    /// There is no `started` of the container.
    NeverStarts(String),
    /// Number of `starting` after the first one; the container must have started.
    Restarts {
        /// The container.
        container: String,
        /// How many.
        bounds: Bounds,
    },
    /// How a run ended.
    Exit {
        /// The container.
        container: String,
        /// The run, counted from 1; `None`: the last that ended.
        run: Option<u32>,
        /// With this code.
        exit_code: i32,
        /// With this reason.
        reason: Option<String>,
    },
    /// Number of events.
    Count {
        /// Which.
        event: Event,
        /// Of a probe: with this result only.
        result: Option<ProbeOutcome>,
        /// How many.
        bounds: Bounds,
    },
    /// The published phases are among these.
    Phase {
        /// Which of the phases.
        when: Hold,
        /// These.
        phases: Vec<PodPhase>,
    },
    /// The published objects fit.
    Published {
        /// The part of the object that is looked at.
        subject: Subject,
        /// What it must be like.
        pattern: Pattern,
        /// Which of the objects.
        when: Hold,
    },
    /// All become True, at non-decreasing times of their last transition to True.
    ConditionOrder(Vec<ConditionType>),
    /// Seconds from moment to moment.
    Interval {
        /// From here.
        from: Moment,
        /// To here, which may be earlier.
        to: Moment,
        /// At least.
        min: Option<Span>,
        /// At most.
        max: Option<Span>,
    },
    /// `true`: the object is gone by the end of the window and not before its beginning; `false`: it is still there.
    Removed(bool),
    /// Number of Event objects. Passed over, as a library without Events may do.
    K8sEvent,
    /// The published restart count of the container never goes down.
    Monotonic(String),
    /// After Succeeded or Failed no other phase is published.
    TerminalPhaseSticks,
    /// Once the state of the container is terminated it is never another kind.
    TerminatedStateSticks(String),
    /// Number of sandboxes created.
    Sandboxes(Bounds),
}

/// Which of the published objects must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hold {
    /// Some.
    Eventually,
    /// All.
    Always,
    /// None.
    Never,
    /// The last.
    AtEnd,
    /// The one in effect at the beginning of the window, all entries of that instant included.
    At,
}

/// The part of a published object that a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The whole object.
    Object,
    /// Its status; the pattern of a condition is one, too.
    Status,
}

/// Inclusive bounds of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// At least.
    pub min: Option<usize>,
    /// At most.
    pub max: Option<usize>,
}

impl Bounds {
    /// Whether the number is within.
    pub fn hold(self, number: usize) -> bool {
        self.min.is_none_or(|min| min <= number) && self.max.is_none_or(|max| number <= max)
    }
}

/// Something that a container does for a while.
#[derive(Clone, Debug, PartialEq)]
pub enum Activity {
    /// A run, from `started` to `ended`.
    Run(String),
    /// An execution of a hook.
    Hook {
        /// The container.
        container: String,
        /// The hook.
        hook: Hook,
    },
}

impl Expectation {
    /// The steps that it names.
    pub fn steps(&self) -> impl Iterator<Item = usize> {
        let ends = match &self.kind {
            Kind::Interval { from, to, .. } => [Some(from), Some(to)],
            _ => [None, None],
        };
        let moments = ends.into_iter().chain([self.window.from.as_ref(), self.window.to.as_ref()]).flatten();
        moments.filter_map(|moment| match moment.anchor {
            Anchor::Step(step) => Some(step),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = Map::deserialize(deserializer)?;
        let window = take(&mut keys, "window")?.unwrap_or_default();
        let basis = take(&mut keys, "basis")?;
        let when = take(&mut keys, "when")?;
        let mut keys = keys.into_iter();
        let (Some((key, value)), None) = (keys.next(), keys.next()) else {
            return Err(D::Error::custom("an expectation has exactly one kind"));
        };
        let kind = kind(&key, value, when).map_err(|error| D::Error::custom(format!("{key}: {error}")))?;
        Ok(Self { kind, window, basis })
    }
}

fn kind(key: &str, value: Value, when: Option<Hold>) -> Result<Kind, serde_json::Error> {
    let published = matches!(key, "condition" | "status" | "object");
    if when.is_some() != published {
        return Err(Error::custom("when is for condition, status and object, and needed there"));
    }
    if let Some(when) = when {
        let (subject, value) = match key {
            "object" => (Subject::Object, value),
            "status" => (Subject::Status, value),
            _ => (Subject::Status, condition_in_status(value)),
        };
        return Ok(Kind::Published { subject, pattern: part(value)?, when });
    }
    Ok(match key {
        "order" => part(value).map(|(first, then)| Kind::Order(first, then))?,
        "together" => part(value).map(|(one, other)| Kind::Together(one, other))?,
        "starts" => Kind::Starts(part(value)?),
        "exits" => Kind::Exits(part(value)?),
        "neverStarts" => Kind::NeverStarts(part(value)?),
        "restarts" => part(value).map(|Restarts { container, min, max }| Kind::Restarts { container, bounds: Bounds { min, max } })?,
        "exit" => part(value).map(|Exit { container, run, exit_code, reason }| Kind::Exit { container, run, exit_code, reason })?,
        "count" => part(value).map(|Count { container, event, run, result, min, max }| {
            let event = Event { container, event, run };
            Kind::Count { event, result, bounds: Bounds { min, max } }
        })?,
        "phase" => phase(value)?,
        "conditionOrder" => Kind::ConditionOrder(part(value)?),
        "interval" => part(value).map(|Interval { from, to, min, max }| Kind::Interval { from, to, min, max })?,
        "removed" => Kind::Removed(part(value)?),
        "k8sEvent" => Kind::K8sEvent,
        "monotonic" => part(value).map(|Monotonic { container, field: MonotonicField::RestartCount }| Kind::Monotonic(container))?,
        "terminalPhaseSticks" if value == Value::Bool(true) => Kind::TerminalPhaseSticks,
        "terminatedStateSticks" => Kind::TerminatedStateSticks(part(value)?),
        "sandboxes" => part(value).map(|Range { min, max }| Kind::Sandboxes(Bounds { min, max }))?,
        _ => return Err(Error::custom(format!("{value} is no expectation"))),
    })
}

/// A condition as a pattern of the status that has it.
fn condition_in_status(condition: Value) -> Value {
    Value::Object([("conditions".into(), Value::Array(Vec::from([condition])))].into_iter().collect())
}

fn phase(value: Value) -> Result<Kind, serde_json::Error> {
    #[derive(Deserialize)]
    struct Phases(#[serde(deserialize_with = "one_or_many")] Vec<PodPhase>);
    let mut keys = Map::deserialize(value)?.into_iter();
    let (Some((key, value)), None) = (keys.next(), keys.next()) else {
        return Err(Error::custom("exactly one of eventually, atEnd, always and never is needed"));
    };
    let Phases(phases) = part(value)?;
    Ok(Kind::Phase { when: part(Value::String(key))?, phases })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default)]
    min: Option<usize>,
    #[serde(default)]
    max: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restarts {
    container: String,
    #[serde(default)]
    min: Option<usize>,
    #[serde(default)]
    max: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Exit {
    container: String,
    #[serde(default)]
    run: Option<u32>,
    exit_code: i32,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    container: String,
    event: super::EventName,
    #[serde(default)]
    run: Option<u32>,
    #[serde(default)]
    result: Option<ProbeOutcome>,
    #[serde(default)]
    min: Option<usize>,
    #[serde(default)]
    max: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interval {
    from: Moment,
    to: Moment,
    #[serde(default, deserialize_with = "signed_seconds")]
    min: Option<Span>,
    #[serde(default, deserialize_with = "signed_seconds")]
    max: Option<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Monotonic {
    container: String,
    field: MonotonicField,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum MonotonicField {
    RestartCount,
}

impl<'de> Deserialize<'de> for Activity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct OfHook {
            container: String,
            hook: Hook,
        }
        match Value::deserialize(deserializer)? {
            Value::String(container) => Ok(Self::Run(container)),
            object => part(object).map(|OfHook { container, hook }| Self::Hook { container, hook }),
        }
    }
}
