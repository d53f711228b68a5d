//! The files of scenarios and replays, typed: one Pod with scripted containers, what is done to it and when, and what must
//! hold (a scenario) or what a real cluster published (a replay).
//!
//! All times are seconds since the creation of the Pod in the files, and [`Span`]s here. An unknown key is an error: a script
//! that is only half understood proves nothing.

mod expectation;
mod moment;
mod observed;
mod pattern;
mod program;
mod reading;
mod step;
mod world;

pub use expectation::{Activity, Basis, Bounds, Expectation, Hold, Kind, Subject};
pub(crate) use moment::statuses;
pub use moment::{Anchor, Event, EventName, Moment, ProcessEvent, StateKind, When, Window};
pub use observed::{ContainerLine, ContainerList, ObservedEntry, Projection, Seen, TimeRule};
pub use pattern::{KeyedPattern, Matcher, Pattern};
pub use program::{
    Clock, End, Hook, HookRun, HookScripts, OnTerm, ProbeEntry, ProbeOutcome, ProbeScripts, Program, Run, RunNumber, StartError,
    Termination,
};
pub use reading::FormatError;
pub use step::{Answer, GcReason, ResizeOutcome, Step, Trigger, Verb};
pub use world::{CrashLoopBackOff, Image, ImageState, Kubelet, KubeletState, Network, Node, ShutdownGrace};

use crate::api;
use crate::gates::Gates;
use crate::time::Span;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;

/// One file. A scenario has [`expect`](Self::expect), a replay [`recorded`](Self::recorded) and [`observed`](Self::observed).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// Name; that of the file.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Of a scenario: Go file and line of the test.
    #[serde(default)]
    pub source: Option<String>,
    /// Of a replay: version of the cluster.
    #[serde(default)]
    pub recorded: Option<String>,
    /// Remarks of the transcriber.
    #[serde(default)]
    pub notes: Option<String>,
    /// Feature gates; the file lists those that differ from the defaults of 1.36.
    #[serde(deserialize_with = "reading::gates")]
    pub gates: Gates,
    /// The manifest.
    pub pod: api::Pod,
    /// How the runs of each container behave, ephemeral ones too.
    pub programs: BTreeMap<String, Program>,
    /// Outcomes of the probes of each container.
    #[serde(default)]
    pub probes: BTreeMap<String, ProbeScripts>,
    /// Hooks of each container.
    #[serde(default)]
    pub hooks: BTreeMap<String, HookScripts>,
    /// The image registry.
    pub images: BTreeMap<String, Image>,
    /// The node.
    #[serde(default)]
    pub node: Node,
    /// Configuration of the kubelet.
    #[serde(default)]
    pub kubelet: Kubelet,
    /// Volumes that cannot be mounted until [`Verb::ProvideVolume`].
    #[serde(default)]
    pub missing_volumes: Vec<String>,
    /// Containers that cannot be made (CreateContainerConfigError) until [`Verb::ProvideConfig`].
    #[serde(default)]
    pub config_errors: Vec<String>,
    /// The status the Pod starts with, written by the test itself.
    #[serde(default)]
    pub initial_status: Option<api::PodStatus>,
    /// What is done.
    pub steps: Vec<Step>,
    /// End of the observation.
    #[serde(deserialize_with = "reading::seconds")]
    pub run_until: Span,
    /// Of a scenario: what must hold.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// Of a replay: the runs that were recorded, by container.
    #[serde(default)]
    pub starts: BTreeMap<String, Vec<Start>>,
    /// Of a replay: when the sandboxes of the Pod were up, in order.
    #[serde(default, deserialize_with = "reading::seconds_list")]
    pub sandbox_starts: Vec<Span>,
    /// Of a replay: containers whose start was tried but never got as far as the runtime.
    #[serde(default)]
    pub never_started: Vec<String>,
    /// Of a replay: the recording ends on the way; its last entry need not be the end.
    #[serde(default)]
    pub open: bool,
    /// Of a replay: what was published.
    #[serde(default)]
    pub observed: Vec<ObservedEntry>,
    /// Of a replay: `metadata.generation` and `status.observedGeneration` of the last object; not compared.
    #[serde(default)]
    pub generation_at_end: Option<(Option<i64>, Option<i64>)>,
}

/// A recorded run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// When it really started, or its start failed.
    #[serde(deserialize_with = "reading::seconds")]
    pub at: Span,
    /// From the second run on: the earliest moment that the restart rules allow.
    #[serde(default, deserialize_with = "reading::maybe_seconds")]
    pub due: Option<Span>,
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// If the text is not JSON or does not have the format; the error names the path of the field.
    pub fn read(json: &str) -> Result<Self, FormatError> {
        let scenario: Self = reading::read(json)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Whether the file is a replay of a recorded Pod.
    pub const fn is_replay(&self) -> bool {
        self.recorded.is_some()
    }

    /// Names of all containers, those that a step adds included.
    pub fn containers(&self) -> impl Iterator<Item = &str> {
        let spec = &self.pod.spec;
        let added = self.steps.iter().filter_map(|step| match &step.verb {
            Verb::AddEphemeralContainer { spec } => Some(&**spec),
            _ => None,
        });
        spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers).chain(added).map(|c| c.name.as_str())
    }

    /// What one part of the file says of another: names that must exist, and the order of times.
    fn check(&self) -> Result<(), FormatError> {
        if self.is_replay() == self.observed.is_empty() || self.is_replay() != self.expect.is_empty() {
            return Err(FormatError::new("expect", "a scenario has `expect`, a replay has `recorded` and `observed`"));
        }
        for name in self.containers() {
            if self.programs.get(name).is_none_or(|program| program.runs.is_empty()) {
                return Err(FormatError::new(alloc::format!("programs.{name}"), "the container has no runs"));
            }
        }
        let known = |path: String, name: &str| match self.containers().any(|container| container == name) {
            true => Ok(()),
            false => Err(FormatError::new(path, alloc::format!("the pod has no container `{name}`"))),
        };
        for name in self.programs.keys() {
            known(alloc::format!("programs.{name}"), name)?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            if let Some(name) = step.verb.container() {
                known(alloc::format!("steps[{index}].container"), name)?;
            }
        }
        for (index, expectation) in self.expect.iter().enumerate() {
            if let Some(step) = expectation.steps().find(|step| *step >= self.steps.len()) {
                return Err(FormatError::new(alloc::format!("expect[{index}]"), alloc::format!("there is no step {step}")));
            }
        }
        if let Some(index) = self.observed.windows(2).position(|two| two[0].t > two[1].t) {
            return Err(FormatError::new(alloc::format!("observed[{}].t", index + 1), "entries are in the order of their times"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
