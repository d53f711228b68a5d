//! Vectors of the rules in [`crate::rules::transition`].

use super::{Case, ReadError};
use crate::api;
use crate::rules::transition::{self, Transition};
use crate::spec::Spec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod_spec: api::PodSpec,
    old_status: api::PodStatus,
    new_status: api::PodStatus,
}

/// Suite `transition`.
pub(super) fn transition(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let verdict = transition::between(&Spec::as_given(input.pod_spec), &input.old_status, &input.new_status, &case.gates()?);
    let kind = match verdict {
        Transition::Legal => "ok",
        Transition::Illegal(_) => "illegal",
        Transition::IllegalInit(_) => "illegalInit",
        Transition::SpecMismatch(_) => "specMismatch",
    };
    Ok(json!({ "ok": verdict.is_legal(), "kind": kind }))
}
