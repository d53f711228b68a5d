//! Vectors of the rules in [`crate::rules::container_status`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::gates::Gates;
use crate::observation::{Observation, ObservedPod};
use crate::rules::container_status::{ContainerStatusView, StartFailure, StatusInput, StatusTexts, view};
use crate::rules::view::ApiStatuses;
use crate::spec::{ContainerIndex, Spec};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    previous_status: api::PodStatus,
    runtime_status: Observation,
    pod_restarting: bool,
    reason_cache: BTreeMap<String, String>,
}

/// A case of the suite `container_status`, decoded.
#[derive(Debug)]
pub struct ContainerStatusCase {
    input: Input,
    spec: Spec,
    /// By index.
    start_failures: Vec<Option<String>>,
    gates: Gates,
}

impl ContainerStatusCase {
    /// Decodes a case.
    ///
    /// # Errors
    /// If it is not of this suite.
    pub fn read(case: &Case) -> Result<Self, ReadError> {
        let input: Input = case.input()?;
        let spec = spec_of(&input.pod);
        let start_failures = spec.containers().iter().map(|container| input.reason_cache.get(container.name()).cloned()).collect();
        Ok(Self { spec, start_failures, gates: case.gates()?, input })
    }

    /// The new statuses of the init containers and then of the regular ones, decided and not written out.
    #[inline]
    pub fn views(&self) -> impl Iterator<Item = ContainerStatusView<'_>> {
        self.views_of(self.spec.init().chain(self.spec.regular_by_name().iter().copied()))
    }

    #[inline]
    fn views_of(&self, containers: impl Iterator<Item = ContainerIndex>) -> impl Iterator<Item = ContainerStatusView<'_>> {
        let Self { input, spec, start_failures, gates } = self;
        let seen = ObservedPod::new(spec, &input.runtime_status);
        let previous = ApiStatuses::new(spec, &input.previous_status);
        let deleted = input.pod.metadata.deletion_timestamp.is_some();
        let pod = StatusInput { restarting_all: input.pod_restarting, deleted, start_failure: None };
        containers.map(move |container| {
            let start_failure = start_failures[container.get()].as_deref().map(|reason| StartFailure { reason, message: "" });
            let texts = StatusTexts { seen, runtime_name: "test", previous: previous.find(container), start_failure };
            view(spec, container, &texts, pod, gates)
        })
    }
}

/// Suite `container_status`.
pub(super) fn container_status(case: &Case) -> Result<Value, ReadError> {
    let case = ContainerStatusCase::read(case)?;
    let spec = &case.spec;
    let list =
        |containers: &[ContainerIndex]| -> Vec<_> { case.views_of(containers.iter().copied()).map(|status| status.to_owned()).collect() };
    Ok(json!({
        "initContainerStatuses": list(&spec.init().collect::<Vec<_>>()),
        "containerStatuses": list(spec.regular_by_name()),
        "ephemeralContainerStatuses": list(spec.ephemeral_by_name()),
    }))
}
