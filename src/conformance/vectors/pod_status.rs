//! Vectors of the rules in [`crate::rules::pod_status`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::observation::Observation;
use crate::rules::container_status::StartFailure;
use crate::rules::pod_status::{self, Build, Caches, KubeletPod};
use crate::rules::probe::Standing;
use crate::rules::view::ProbeResult;
use crate::spec::{ProbeKind, Spec};
use crate::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
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

struct Remembered<'a> {
    input: &'a Input,
    spec: &'a Spec,
}

impl Caches for Remembered<'_> {
    fn start_failure(&self, container: &str) -> Option<StartFailure<'_>> {
        self.input.reason_cache.get(container).map(|reason| StartFailure { reason, message: "" })
    }

    /// A probe in the spec has a worker.
    fn standing(&self, container: &str, container_id: &str, kind: ProbeKind) -> Standing {
        let results = match kind {
            ProbeKind::Readiness => &self.input.readiness_results,
            _ => &self.input.startup_results,
        };
        let worker = self.spec.find(container).is_some_and(|found| self.spec.container(found).probe(kind).is_some());
        Standing { worker, result: results.get(container_id).copied() }
    }
}

/// Suite `pod_status`.
pub(super) fn pod_status(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let spec = spec_of(&input.pod);
    let pod = KubeletPod { meta: &input.pod.metadata, spec: &spec, status: &input.pod.status, mirror: None };
    let build = Build {
        last: input.old_status.as_ref(),
        seen: &input.runtime_status,
        runtime_name: "test",
        terminal: input.pod_is_terminal,
        kubelet_start: input.kubelet_start,
        host_ips: &input.host_ips,
        resize_conditions: &[],
    };
    let caches = Remembered { input: &input, spec: &spec };
    Ok(json!({ "status": pod_status::build(input.now, pod, &build, &caches, &case.gates()?) }))
}
