//! Whether a play met what its file says.

pub use super::pass::{Compare, Pass};

use super::legality::{self, Watcher};
use super::player;
use super::record::Record;
use super::report::Outcome;
use super::scenario::Scenario;
use super::{expect, replay};
use crate::check::{Finding, Severity};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What differs between what happened and what the file says: its expectations, or what the real cluster published.
pub fn judge(scenario: &Scenario, record: &Record, compare: Compare) -> Vec<String> {
    let differences = if scenario.is_replay() { replay::differences } else { expect::differences };
    let mut differences = differences(scenario, record, compare);
    differences.extend(record.problems.iter().cloned());
    differences
}

/// What became of a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the play met its file, and what was published broke no MUST rule of the [checker](crate::check).
    pub outcome: Outcome,
    /// What is only normally true, and was not in this play.
    pub remarks: Vec<Finding>,
}

/// Plays a file, judges it, and holds what was published against the rules of the checker.
pub fn run(scenario: &Scenario, pass: Pass) -> Judgement {
    let mut watcher = Watcher::new(scenario);
    let mut differences = match player::play(scenario, pass.settings, &mut watcher) {
        Ok(record) => judge(scenario, &record, pass.compare),
        Err(invalid) => alloc::vec![invalid.to_string()],
    };
    let (broken, remarks): (Vec<_>, Vec<_>) = watcher.finish().into_iter().partition(|finding| finding.rule.severity() == Severity::Must);
    differences.extend(broken.iter().map(legality::tell));
    let outcome = if differences.is_empty() { Outcome::Passed } else { Outcome::Failed(differences) };
    Judgement { outcome, remarks }
}
