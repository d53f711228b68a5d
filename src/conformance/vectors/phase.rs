//! Vectors of the rules in [`crate::rules::phase`].

use super::{Case, ReadError, spec_of};
use crate::api::{self, PodPhase};
use crate::gates::Gates;
use crate::rules::phase::{self, PhaseFacts};
use crate::rules::view::ApiStatuses;
use crate::spec::Spec;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    container_statuses: Option<Vec<api::ContainerStatus>>,
    pod_is_terminal: bool,
    pod_has_initialized: bool,
}

/// A case of the suite `phase`, decoded.
#[derive(Debug)]
pub struct PhaseCase {
    spec: Spec,
    statuses: Vec<api::ContainerStatus>,
    facts: PhaseFacts,
    gates: Gates,
}

impl PhaseCase {
    /// Decodes a case.
    ///
    /// # Errors
    /// If it is not of this suite.
    pub fn read(case: &Case) -> Result<Self, ReadError> {
        let input: Input = case.input()?;
        let (terminal, is_static) = (input.pod_is_terminal, input.pod.metadata.is_static());
        Ok(Self {
            spec: spec_of(&input.pod),
            statuses: input.container_statuses.unwrap_or_default(),
            facts: PhaseFacts { terminal, is_static, initialized: input.pod_has_initialized },
            gates: case.gates()?,
        })
    }

    /// Asks the rule.
    #[inline]
    pub fn phase(&self) -> PodPhase {
        phase::phase(&self.spec, &ApiStatuses::of_list(&self.spec, &self.statuses), self.facts, &self.gates)
    }
}

/// Suite `phase`.
pub(super) fn phase(case: &Case) -> Result<Value, ReadError> {
    Ok(json!({ "phase": PhaseCase::read(case)?.phase() }))
}
