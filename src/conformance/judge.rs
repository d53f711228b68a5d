//! Whether a play met what its file says.

pub use super::pass::{Compare, Pass};

use super::player;
use super::record::Record;
use super::report::Outcome;
use super::scenario::Scenario;
use super::{expect, replay};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What differs between what happened and what the file says: its expectations, or what the real cluster published.
pub fn judge(scenario: &Scenario, record: &Record, compare: Compare) -> Vec<String> {
    let differences = if scenario.is_replay() { replay::differences } else { expect::differences };
    let mut differences = differences(scenario, record, compare);
    differences.extend(record.problems.iter().cloned());
    differences
}

/// Plays a file and judges it.
pub fn run(scenario: &Scenario, pass: Pass) -> Outcome {
    let differences = match player::play(scenario, pass.settings, &mut ()) {
        Ok(record) => judge(scenario, &record, pass.compare),
        Err(invalid) => alloc::vec![invalid.to_string()],
    };
    if differences.is_empty() { Outcome::Passed } else { Outcome::Failed(differences) }
}
