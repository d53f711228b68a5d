//! Vectors of the rules in [`crate::rules::status_cache`] and [`crate::rules::status_merge`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::observation::Observation;
use crate::rules::container_status::{ContainerId, StartFailure};
use crate::rules::pod_status::{self, Build, Caches, KubeletPod};
use crate::rules::probe::Standing;
use crate::rules::status_cache::{StatusCache, Stored};
use crate::rules::status_merge;
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use crate::time::Time;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MergeInput {
    pod: api::Pod,
    old_status: api::PodStatus,
    new_status: api::PodStatus,
    could_have_running_containers: bool,
    now: Time,
}

/// Suite `status_merge`.
pub(super) fn merge(case: &Case) -> Result<Value, ReadError> {
    let input: MergeInput = case.input()?;
    let MergeInput { pod, old_status, new_status, could_have_running_containers, now } = &input;
    let gates = case.gates()?;
    let status = status_merge::merge(*now, pod.metadata.generation, old_status, new_status, *could_have_running_containers, &gates);
    Ok(json!({ "status": status }))
}

#[derive(Deserialize)]
struct OpsInput {
    pod: api::Pod,
    ops: Vec<Op>,
}

#[derive(Deserialize)]
struct Op {
    at: Time,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "op")]
enum What {
    Set {
        status: Box<api::PodStatus>,
    },
    Terminate,
    SetReadiness {
        #[serde(rename = "containerID")]
        container_id: String,
        value: bool,
    },
    SetStartup {
        #[serde(rename = "containerID")]
        container_id: String,
        value: bool,
    },
}

/// Suite `status_ops`.
pub(super) fn ops(case: &Case) -> Result<Value, ReadError> {
    let OpsInput { pod, ops } = case.input()?;
    let gates = case.gates()?;
    let spec = spec_of(&pod);
    let mut cache = StatusCache::default();
    let answers = ops.into_iter().map(|Op { at, what }| {
        let pod = kubelet_pod(&pod, &spec);
        let stored = match what {
            What::Set { status } => cache.set(at, pod, *status, &gates),
            What::Terminate => cache.terminate(at, pod, &gates),
            What::SetReadiness { container_id, value } => cache.set_readiness(at, pod, &container_id, value, &gates),
            What::SetStartup { container_id, value } => cache.set_startup(at, pod, &container_id, value, &gates),
        };
        json!({ "updated": stored == Stored::Updated, "status": cache.status() })
    });
    Ok(answers.collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TraceInput {
    pod: api::Pod,
    #[serde(rename = "hostIPs")]
    host_ips: Vec<String>,
    kubelet_start: Time,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    at: Time,
    op: StepOp,
    #[serde(default)]
    runtime_status: Observation,
    #[serde(default)]
    pod_is_terminal: bool,
    #[serde(default)]
    reason_cache: BTreeMap<String, String>,
    #[serde(default)]
    api_synced: bool,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum StepOp {
    Sync,
    TerminatePod,
}

/// What is remembered at a step. The Pods of this suite have no probes.
struct Remembered<'a>(&'a Step, &'a Spec);

impl Caches for Remembered<'_> {
    fn start_failure(&self, container: ContainerIndex) -> Option<StartFailure<'_>> {
        self.0.reason_cache.get(self.1.container(container).name()).map(|reason| StartFailure { reason, message: "" })
    }

    fn standing(&self, _: ContainerIndex, _: ContainerId<'_>, _: ProbeKind) -> Standing {
        Standing::default()
    }
}

/// Suite `status_trace`.
pub(super) fn trace(case: &Case) -> Result<Value, ReadError> {
    let TraceInput { mut pod, host_ips, kubelet_start, steps } = case.input()?;
    let gates = case.gates()?;
    let spec = spec_of(&pod);
    let mut cache = StatusCache::default();
    let mut answers = Vec::new();
    for step in &steps {
        if let Some(stored) = cache.status().filter(|_| step.api_synced) {
            pod.status = stored.clone();
        }
        if step.deleted {
            pod.metadata.deletion_timestamp = Some(step.at);
        }
        let pod = kubelet_pod(&pod, &spec);
        let build = Build {
            last: cache.status(),
            seen: &step.runtime_status,
            runtime_name: "test",
            terminal: step.pod_is_terminal,
            kubelet_start,
            host_ips: &host_ips,
            resize_conditions: &[],
        };
        let _ = match step.op {
            StepOp::Sync => {
                let status = pod_status::build(step.at, pod, &build, &Remembered(step, &spec), &gates);
                cache.set(step.at, pod, status, &gates)
            }
            StepOp::TerminatePod => cache.terminate(step.at, pod, &gates),
        };
        answers.push(json!({ "status": cache.status() }));
    }
    Ok(answers.into())
}

fn kubelet_pod<'a>(pod: &'a api::Pod, spec: &'a Spec) -> KubeletPod<'a> {
    KubeletPod { meta: &pod.metadata, spec, status: &pod.status, mirror: None }
}
