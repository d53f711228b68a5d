//! Vectors of the rules in [`crate::rules::qos`].

use super::{Case, ReadError};
use crate::api;
use crate::rules::qos::pod_qos_class;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Input {
    pod: api::Pod,
}

/// Suite `qos`.
pub(super) fn qos(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    Ok(json!({ "qosClass": pod_qos_class(&input.pod, &case.gates()?) }))
}
