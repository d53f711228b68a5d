//! Vectors of the rules in [`crate::rules::conditions`].

use super::{Case, ReadError, spec_of};
use crate::api::{self, ConditionType, PodCondition, PodPhase};
use crate::observation::{Observation, ObservedPod};
use crate::rules::conditions::{self, Verdict, holds, status_in};
use crate::rules::restart;
use crate::rules::view::ApiStatuses;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    old_conditions: Option<Vec<PodCondition>>,
    conditions: Option<Vec<PodCondition>>,
    container_statuses: Option<Vec<api::ContainerStatus>>,
    phase: PodPhase,
    runtime_status: Observation,
}

/// Suite `conditions`: all that the kubelet computes, of one moment.
pub(super) fn conditions(case: &Case) -> Result<Value, ReadError> {
    let Input { pod, old_conditions, conditions, container_statuses, phase, runtime_status } = case.input()?;
    let (spec, gates) = (spec_of(&pod), case.gates()?);
    let (old, current) = (old_conditions.unwrap_or_default(), conditions.unwrap_or_default());
    let was = |type_: ConditionType| holds(&old, &type_);
    let statuses = container_statuses.as_deref().map(|list| ApiStatuses::of_list(&spec, list));
    let runtime = ObservedPod::new(&spec, &runtime_status);

    let containers_ready = conditions::containers_ready(&spec, statuses.as_ref(), phase);
    let ready = conditions::ready(&spec, containers_ready, |name| status_in(&current, name));
    let was_initialized = was(ConditionType::Initialized);
    let initialized = conditions::initialized(&spec, statuses.as_ref(), phase, was_initialized, &gates);
    let ready_to_start = conditions::ready_to_start_containers(&spec, &runtime);
    let already = was(ConditionType::AllContainersRestarting);
    let restart_all = restart::should_restart_all(&spec, already, &runtime, &ApiStatuses::new(&spec, &pod.status), &gates);
    let restarting = conditions::all_containers_restarting(&spec, phase, restart_all, &runtime, &gates);

    let generation = pod.metadata.generation;
    Ok(json!({
        "containersReady": condition(ConditionType::ContainersReady, containers_ready, generation),
        "ready": condition(ConditionType::Ready, ready, generation),
        "initialized": condition(ConditionType::Initialized, initialized, generation),
        "podReadyToStartContainers": condition(ConditionType::PodReadyToStartContainers, ready_to_start, generation),
        "allContainersRestarting": restarting.map(|verdict| condition(ConditionType::AllContainersRestarting, verdict, 0)),
    }))
}

fn condition(type_: ConditionType, verdict: Verdict, observed_generation: i64) -> PodCondition {
    PodCondition {
        type_,
        observed_generation,
        status: verdict.status,
        last_probe_time: None,
        last_transition_time: None,
        reason: verdict.reason.as_str().into(),
        message: Default::default(),
    }
}
