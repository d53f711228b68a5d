//! Vectors of the rules in [`crate::rules::pod_status`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::gates::Gates;
use crate::observation::Observation;
use crate::rules::container_status::{ContainerId, StartFailure};
use crate::rules::pod_status::{self, Build, Caches, KubeletPod, PodStatusView};
use crate::rules::probe::Standing;
use crate::rules::view::ProbeResult;
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use crate::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    old_status: Option<api::PodStatus>,
    runtime_status: Observation,
    pod_is_terminal: bool,
    reason_cache: BTreeMap<String, String>,
    readiness_results: BTreeMap<String, ProbeResult>,
    startup_results: BTreeMap<String, ProbeResult>,
    kubelet_start: Time,
    now: Time,
    #[serde(rename = "hostIPs")]
    host_ips: Vec<String>,
}

/// A case of the suite `pod_status`, decoded.
#[derive(Debug)]
pub struct PodStatusCase {
    input: Input,
    spec: Spec,
    remembered: Remembered,
    gates: Gates,
}

/// What the kubelet's caches know: of each container by its index, of each instance by its id.
#[derive(Debug)]
struct Remembered {
    start_failures: Vec<Option<String>>,
    /// Whether there is a worker, of startup and of readiness: a probe in the spec has one.
    workers: Vec<[bool; 2]>,
    results: [BTreeMap<String, ProbeResult>; 2],
}

impl Caches for Remembered {
    fn start_failure(&self, container: ContainerIndex) -> Option<StartFailure<'_>> {
        self.start_failures[container.get()].as_deref().map(|reason| StartFailure { reason, message: "" })
    }

    fn standing(&self, container: ContainerIndex, id: ContainerId<'_>, kind: ProbeKind) -> Standing {
        let of = usize::from(kind == ProbeKind::Readiness);
        Standing { worker: self.workers[container.get()][of], result: self.results[of].get(id.id).copied() }
    }
}

impl PodStatusCase {
    /// Decodes a case.
    ///
    /// # Errors
    /// If it is not of this suite.
    pub fn read(case: &Case) -> Result<Self, ReadError> {
        let input: Input = case.input()?;
        let spec = spec_of(&input.pod);
        let by_id = |results: &BTreeMap<String, ProbeResult>| {
            results.iter().map(|(id, &result)| (ContainerId::parse(id).id.into(), result)).collect()
        };
        let has = |container, kind| spec.container(container).probe(kind).is_some();
        let remembered = Remembered {
            start_failures: spec.containers().iter().map(|container| input.reason_cache.get(container.name()).cloned()).collect(),
            workers: spec.indexes().map(|i| [has(i, ProbeKind::Startup), has(i, ProbeKind::Readiness)]).collect(),
            results: [by_id(&input.startup_results), by_id(&input.readiness_results)],
        };
        Ok(Self { spec, gates: case.gates()?, remembered, input })
    }

    /// The status, decided and not written out.
    #[inline]
    pub fn view(&self) -> PodStatusView<'_> {
        let Self { input, spec, remembered, gates } = self;
        let pod = KubeletPod { meta: &input.pod.metadata, spec, status: &input.pod.status, mirror: None };
        let build = Build {
            last: input.old_status.as_ref(),
            seen: &input.runtime_status,
            runtime_name: "test",
            terminal: input.pod_is_terminal,
            kubelet_start: input.kubelet_start,
            host_ips: &input.host_ips,
            resize_conditions: &[],
        };
        pod_status::view(input.now, pod, &build, remembered, gates)
    }
}

/// Suite `pod_status`.
pub(super) fn pod_status(case: &Case) -> Result<Value, ReadError> {
    Ok(json!({ "status": PodStatusCase::read(case)?.view().to_owned() }))
}
