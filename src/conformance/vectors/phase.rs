//! Vectors of the rules in [`crate::rules::phase`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::rules::phase::{self, PhaseFacts};
use crate::rules::view::ApiStatuses;
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

/// Suite `phase`.
pub(super) fn phase(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let (spec, list) = (spec_of(&input.pod), input.container_statuses.unwrap_or_default());
    let facts =
        PhaseFacts { terminal: input.pod_is_terminal, is_static: input.pod.metadata.is_static(), initialized: input.pod_has_initialized };
    Ok(json!({ "phase": phase::phase(&spec, &ApiStatuses::of_list(&spec, &list), facts, &case.gates()?) }))
}
