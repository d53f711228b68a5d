//! What a driver writes down while it plays a scenario or a replay: one totally ordered trace.

use super::scenario::{EventName, Hook, ProbeOutcome, ProcessEvent};
use crate::api;
use crate::spec::ProbeKind;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The trace. Entries of one moment are in the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The entries, in the order of their times.
    pub entries: Vec<Entry>,
    /// What went wrong in the play itself: events that the machine refused.
    pub problems: Vec<String>,
}

/// One entry of the trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Since time 0, the creation of the Pod.
    pub at: Span,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// To the process of a container.
    Process {
        /// The container.
        container: String,
        /// Its run, counted from 1.
        run: u32,
        /// What.
        event: ProcessEvent,
        /// On `ended`: exit code and reason.
        exit: Option<(i32, String)>,
    },
    /// A hook began or ended.
    Hook {
        /// The container.
        container: String,
        /// Its run, counted from 1.
        run: u32,
        /// Which hook.
        hook: Hook,
        /// Whether it began.
        begin: bool,
    },
    /// An execution of a probe ended.
    Probe {
        /// The container.
        container: String,
        /// Its run, counted from 1.
        run: u32,
        /// Which probe.
        kind: ProbeKind,
        /// How it ended.
        result: ProbeOutcome,
    },
    /// A step begins.
    Step {
        /// Counted from 0.
        index: usize,
    },
    /// The API answered a step.
    StepResult {
        /// Counted from 0.
        index: usize,
        /// Whether it took the change.
        accepted: bool,
    },
    /// The stored object changed; as it is now.
    Published(Box<api::Pod>),
    /// The object is gone.
    Removed,
    /// A sandbox is up.
    SandboxStarted,
    /// The library asked for the start of a run for the first time.
    StartAsked {
        /// The container.
        container: String,
        /// The run, counted from 1.
        run: u32,
    },
    /// At the end: steps that were not reached, and were not skipped because the object was gone.
    StepsLeft(Vec<usize>),
}

impl Record {
    /// Writes an entry.
    pub fn push(&mut self, at: Span, what: What) {
        self.entries.push(Entry { at, what });
    }

    /// The steps, counted from 0, that were not reached though the object was there to be waited for.
    pub fn steps_left(&self) -> impl Iterator<Item = usize> {
        let left = self.entries.iter().filter_map(|entry| if let What::StepsLeft(steps) = &entry.what { Some(steps) } else { None });
        left.flatten().copied()
    }

    /// When the start of each run of each container was first asked for, run after run.
    pub fn starts_asked(&self) -> BTreeMap<String, Vec<Span>> {
        let mut asked = BTreeMap::<String, Vec<Span>>::new();
        for entry in &self.entries {
            if let What::StartAsked { container, .. } = &entry.what {
                asked.entry(container.clone()).or_default().push(entry.at);
            }
        }
        asked
    }
}

impl What {
    /// What an event of a container is called: its container, its run and its name.
    pub fn event(&self) -> Option<(&str, u32, EventName)> {
        Some(match self {
            Self::Process { container, run, event, .. } => (container, *run, EventName::Process(*event)),
            Self::Hook { container, run, hook, begin } => (container, *run, EventName::Hook { hook: *hook, begin: *begin }),
            Self::Probe { container, run, kind, .. } => (container, *run, EventName::Probe(*kind)),
            _ => return None,
        })
    }
}
