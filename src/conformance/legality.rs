//! Holds what is published in a play against the rules of the checker, as a watcher of the API server would.

use super::player::{Observer, TIME_ZERO};
use super::scenario::{CrashLoopBackOff, Scenario, Verb};
use crate::api::{self, EventType, WatchEvent, WatchObject};
use crate::check::{Checker, Finding, Options};
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A watcher from the creation of the Pod on: each version is a watch event, whose `t` is the time of the play.
#[derive(Debug)]
pub struct Watcher {
    checker: Checker,
    findings: Vec<Finding>,
    /// The paths of the fields that clients write themselves: what such a field says is not the machine's.
    foreign: Vec<String>,
    /// How many versions were seen: the line of the next one in a recording.
    versions: u64,
}

/// A finding in words, with the version and the time it was found in.
pub fn tell(finding: &Finding) -> String {
    let at = finding.at.map(|at| alloc::format!(" at {:.2} s", (at - TIME_ZERO).as_secs_f64())).unwrap_or_default();
    alloc::format!("version {}{at}: {finding}", finding.line)
}

impl Watcher {
    /// A watcher of a play of this scenario, with its feature gates.
    pub fn new(scenario: &Scenario) -> Self {
        let mut options = Options { gates: scenario.gates, every_version: Some(true), ..Options::default() };
        // The rules of back-off are about the settings that a kubelet has by itself.
        if scenario.kubelet.crash_loop_back_off != CrashLoopBackOff::default() || scenario.gates.reduce_default_crash_loop_back_off_decay {
            options.ignore.push("BO".into());
        }
        Self { checker: Checker::with(options), findings: Vec::new(), foreign: foreign(scenario).collect(), versions: 0 }
    }

    /// The play is over: all rules that were broken, in the order in which that was seen.
    pub fn finish(mut self) -> Vec<Finding> {
        let Self { checker, findings, foreign, .. } = &mut self;
        checker.finish(&mut |finding| findings.push(finding));
        findings.retain(|finding| !foreign.contains(&finding.path));
        self.findings
    }
}

/// The status fields that clients write in the steps of a scenario. The rules are about what Kubernetes writes, and the catalogue excepts other
/// writers by what `managedFields` tells, which a play does not have.
fn foreign(scenario: &Scenario) -> impl Iterator<Item = String> {
    let patches = scenario.steps.iter().filter_map(|step| match &step.verb {
        Verb::PatchStatus { status } => status.as_object(),
        _ => None,
    });
    patches.flat_map(|patch| patch.keys().map(|field| alloc::format!("status.{field}")))
}

impl Observer for Watcher {
    fn published(&mut self, at: Span, event: EventType, object: &api::Pod) {
        self.versions += 1;
        let event = WatchEvent { type_: event, t: Some(at.as_secs_f64()), object: WatchObject::Pod(Box::new(object.clone())) };
        let Self { checker, findings, versions, .. } = self;
        checker.event(event, *versions, &mut |finding| findings.push(finding));
    }
}
