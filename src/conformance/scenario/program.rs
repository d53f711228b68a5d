//! What the processes do: runs of containers, probes, hooks.

use super::reading::{maybe_seconds, one_or_many, part, seconds};
use crate::spec::ProbeKind;
use crate::time::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// How the runs of one container behave.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Entry k is run k+1; the last one repeats. Not empty.
    pub runs: Vec<Run>,
}

impl Program {
    /// How this run behaves, counted from 1; `None` only if the program has no runs, which [`Scenario::read`] refuses.
    ///
    /// [`Scenario::read`]: super::Scenario::read
    pub fn run(&self, number: u32) -> Option<&Run> {
        nth_or_last(&self.runs, number)
    }
}

/// One run of a container.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// From `starting` to `started`; 0 if nothing is said.
    #[serde(default, deserialize_with = "seconds")]
    pub start_delay: Span,
    /// From `started` to the end; `None` runs for ever.
    #[serde(deserialize_with = "maybe_seconds")]
    pub run_for: Option<Span>,
    /// Exit code of the natural end.
    #[serde(default)]
    pub exit_code: i32,
    /// Reaction to the stop signal, at any moment of the run; if nothing is said, it exits with 0 at once.
    #[serde(default)]
    pub on_term: OnTerm,
    /// Instead of exiting, the run is killed for memory (event `killed`, 137, `OOMKilled`).
    #[serde(default)]
    pub oom_killed: bool,
    /// What it leaves behind.
    #[serde(default)]
    pub termination: Option<Termination>,
    /// Reason of the termination if it is not the usual one for the exit code.
    #[serde(default)]
    pub reason: Option<String>,
    /// The runtime makes the container but cannot start it: the run ends at once.
    #[serde(default)]
    pub start_error: Option<StartError>,
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Exit code.
    pub exit_code: i32,
    /// `reason` of the termination.
    pub reason: String,
    /// By force: event `killed` and not `exiting`.
    pub killed: bool,
}

impl Run {
    /// The end of the run when its time is over.
    pub fn natural_end(&self) -> End {
        if self.oom_killed {
            return End { exit_code: 137, reason: "OOMKilled".into(), killed: true };
        }
        self.exit(self.exit_code)
    }

    /// The end by an exit with this code, at its time or upon the stop signal.
    pub fn exit(&self, exit_code: i32) -> End {
        let usual = || String::from(if exit_code == 0 { "Completed" } else { "Error" });
        End { exit_code, reason: self.reason.clone().unwrap_or_else(usual), killed: false }
    }
}

impl End {
    /// The end of a process that was still there when its time was up.
    pub fn by_force() -> Self {
        Self { exit_code: 137, reason: "Error".into(), killed: true }
    }
}

/// Reaction to the stop signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTerm {
    /// None.
    Ignore,
    /// Exit after a while.
    Exit {
        /// The while.
        after: Span,
        /// With this code.
        exit_code: i32,
    },
}

impl Default for OnTerm {
    fn default() -> Self {
        Self::Exit { after: Span::ZERO, exit_code: 0 }
    }
}

impl<'de> Deserialize<'de> for OnTerm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Exit {
            #[serde(deserialize_with = "seconds")]
            after: Span,
            exit_code: i32,
        }
        match Value::deserialize(deserializer)? {
            Value::String(word) if word == "ignore" => Ok(Self::Ignore),
            exit @ Value::Object(_) => part(exit).map(|Exit { after, exit_code }| Self::Exit { after, exit_code }),
            other => Err(D::Error::custom(format!("expected \"ignore\" or an object with after and exitCode, got {other}"))),
        }
    }
}

/// Text that a run leaves when it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Termination {
    /// In the termination message file.
    pub file: String,
    /// At the end of the log.
    pub log: String,
}

/// Why the runtime cannot start a container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartError {
    /// Exit code that the runtime notes.
    pub exit_code: i32,
    /// Reason that the runtime notes.
    pub reason: String,
}

/// Outcomes of the probes of one container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeScripts {
    /// Of the startup probe.
    pub startup: Vec<ProbeEntry>,
    /// Of the liveness probe.
    pub liveness: Vec<ProbeEntry>,
    /// Of the readiness probe.
    pub readiness: Vec<ProbeEntry>,
}

impl ProbeScripts {
    /// The entries of one probe. The last one that applies at the time of an execution gives its result.
    pub fn of(&self, kind: ProbeKind) -> &[ProbeEntry] {
        match kind {
            ProbeKind::Startup => &self.startup,
            ProbeKind::Readiness => &self.readiness,
            ProbeKind::Liveness => &self.liveness,
        }
    }
}

/// From when on a probe has which result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawProbeEntry")]
pub struct ProbeEntry {
    /// From which moment on.
    pub since: Clock,
    /// Of which run; `None`: whatever the run.
    pub run: Option<RunNumber>,
    /// The result.
    pub result: ProbeOutcome,
    /// How long an execution takes; longer than the timeout of the probe is a failure at the timeout.
    pub takes: Span,
}

/// A moment, counted from what the entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// From time 0, or with a run from the event `starting` of that run.
    From(Span),
    /// From the stop signal.
    AfterTerm(Span),
    /// From the begin of the preStop hook.
    AfterPreStop(Span),
}

/// Which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunNumber {
    /// Every run.
    Each,
    /// This run, counted from 1.
    Number(u32),
}

impl<'de> Deserialize<'de> for RunNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(word) if word == "each" => Ok(Self::Each),
            number => part(number).map(Self::Number),
        }
    }
}

/// Outcome of one execution of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeOutcome {
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// The check itself broke: no result.
    Unknown,
    /// It passed, with an Event.
    Warning,
}

impl ProbeOutcome {
    /// The word of the files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawProbeEntry {
    #[serde(default, deserialize_with = "maybe_seconds")]
    from: Option<Span>,
    #[serde(default, deserialize_with = "maybe_seconds")]
    after_term: Option<Span>,
    #[serde(default, deserialize_with = "maybe_seconds")]
    after_pre_stop: Option<Span>,
    #[serde(default)]
    run: Option<RunNumber>,
    result: ProbeOutcome,
    #[serde(default, deserialize_with = "seconds")]
    takes: Span,
}

impl TryFrom<RawProbeEntry> for ProbeEntry {
    type Error = &'static str;

    fn try_from(raw: RawProbeEntry) -> Result<Self, &'static str> {
        let since = match (raw.from, raw.after_term, raw.after_pre_stop) {
            (Some(span), None, None) => Clock::From(span),
            (None, Some(span), None) => Clock::AfterTerm(span),
            (None, None, Some(span)) => Clock::AfterPreStop(span),
            _ => return Err("exactly one of from, afterTerm and afterPreStop is needed"),
        };
        Ok(Self { since, run: raw.run, result: raw.result, takes: raw.takes })
    }
}

/// Which lifecycle hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hook {
    /// Right after the start.
    PostStart,
    /// Before the stop signal.
    PreStop,
}

impl Hook {
    /// `postStart` or `preStop`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostStart => "postStart",
            Self::PreStop => "preStop",
        }
    }
}

/// Hooks of one container. In the file one object stands for all runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct HookScripts {
    /// Entry k is run k+1, the last repeats; empty if there is no such hook.
    #[serde(deserialize_with = "one_or_many")]
    pub post_start: Vec<HookRun>,
    /// Entry k is run k+1, the last repeats; empty if there is no such hook.
    #[serde(deserialize_with = "one_or_many")]
    pub pre_stop: Vec<HookRun>,
}

impl HookScripts {
    /// How this hook behaves in this run, counted from 1.
    pub fn run(&self, hook: Hook, number: u32) -> Option<&HookRun> {
        match hook {
            Hook::PostStart => nth_or_last(&self.post_start, number),
            Hook::PreStop => nth_or_last(&self.pre_stop, number),
        }
    }
}

/// One execution of a hook; it ends after its time, or with its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookRun {
    /// How long it takes; `None` never ends by itself.
    #[serde(deserialize_with = "maybe_seconds")]
    pub takes: Option<Span>,
    /// Whether it succeeds.
    pub ok: bool,
}

fn nth_or_last<T>(runs: &[T], number: u32) -> Option<&T> {
    runs.get(usize::try_from(number).ok()?.saturating_sub(1)).or(runs.last())
}
