//! Vectors of the rules in [`crate::rules::container_status`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::observation::{Observation, ObservedPod};
use crate::rules::container_status::{StartFailure, StatusInput, StatusTexts, build};
use crate::rules::view::ApiStatuses;
use crate::spec::ContainerIndex;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    previous_status: api::PodStatus,
    runtime_status: Observation,
    pod_restarting: bool,
    reason_cache: BTreeMap<String, String>,
}

pub(super) fn container_status(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let gates = case.gates()?;
    let spec = spec_of(&input.pod);
    let seen = ObservedPod::new(&spec, &input.runtime_status);
    let previous = ApiStatuses::new(&spec, &input.previous_status);
    let pod =
        StatusInput { restarting_all: input.pod_restarting, deleted: input.pod.metadata.deletion_timestamp.is_some(), start_failure: None };
    let status = |container: ContainerIndex| {
        let reason = input.reason_cache.get(spec.container(container).name());
        let start_failure = reason.map(|reason| StartFailure { reason, message: "" });
        let texts = StatusTexts { seen, runtime_name: "test", previous: previous.find(container), start_failure };
        build(&spec, container, &texts, pod, &gates)
    };
    Ok(json!({
        "initContainerStatuses": spec.init().map(status).collect::<Vec<_>>(),
        "containerStatuses": spec.regular_by_name().iter().copied().map(status).collect::<Vec<_>>(),
        "ephemeralContainerStatuses": spec.ephemeral_by_name().iter().copied().map(status).collect::<Vec<_>>(),
    }))
}
