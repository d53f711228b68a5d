//! Whether a play met what its file says.

use super::player::{self, Settings};
use super::record::Record;
use super::report::Outcome;
use super::scenario::Scenario;
use super::{expect, replay};
use crate::pod::Pacing;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What of a play is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Everything, times and windows too.
    #[default]
    Times,
    /// What comes in which order, and how often; not when. This is what must be the same with every [`Pacing`].
    Order,
}

/// How files are played, and what is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// How they are played.
    pub settings: Settings,
    /// What is compared.
    pub compare: Compare,
}

impl Pass {
    /// Syncs happen at once; everything is compared. The default.
    pub const IMMEDIATE: Self = Self { settings: Settings { pacing: Pacing::IMMEDIATE }, compare: Compare::Times };

    /// Syncs happen as in a kubelet; the order is compared.
    pub const KUBELET: Self = Self { settings: Settings { pacing: Pacing::KUBELET }, compare: Compare::Order };
}

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
