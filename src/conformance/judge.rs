//! Whether a play met what its file says.

use super::player::{self, Settings};
use super::record::Record;
use super::report::Outcome;
use super::scenario::Scenario;
use super::{expect, replay};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What differs between what happened and what the file says: its expectations, or what the real cluster published.
pub fn judge(scenario: &Scenario, record: &Record) -> Vec<String> {
    let mut differences = if scenario.is_replay() { replay::differences(scenario, record) } else { expect::differences(scenario, record) };
    differences.extend(record.problems.iter().cloned());
    differences
}

/// Plays a file and judges it.
pub fn run(scenario: &Scenario, settings: Settings) -> Outcome {
    let differences = match player::play(scenario, settings, &mut ()) {
        Ok(record) => judge(scenario, &record),
        Err(invalid) => alloc::vec![invalid.to_string()],
    };
    if differences.is_empty() { Outcome::Passed } else { Outcome::Failed(differences) }
}
