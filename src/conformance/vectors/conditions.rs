//! Vectors of the rules in [`crate::rules::conditions`].

use super::{Case, ReadError, spec_of};
use crate::api::{self, ConditionType, PodCondition, PodPhase};
use crate::gates::Gates;
use crate::observation::{Observation, ObservedPod};
use crate::rules::conditions::{self, Verdict, holds, status_in};
use crate::rules::restart;
use crate::rules::view::ApiStatuses;
use crate::spec::Spec;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    old_conditions: Option<Vec<PodCondition>>,
    conditions: Option<Vec<PodCondition>>,
    container_statuses: Option<Vec<api::ContainerStatus>>,
    phase: PodPhase,
    runtime_status: Observation,
}

/// A case of the suite `conditions`, decoded.
#[derive(Debug)]
pub struct ConditionsCase {
    input: Input,
    spec: Spec,
    gates: Gates,
}

/// What the kubelet's four condition generators say of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FourConditions {
    /// ContainersReady.
    pub containers_ready: Verdict,
    /// Ready.
    pub ready: Verdict,
    /// Initialized.
    pub initialized: Verdict,
    /// PodReadyToStartContainers.
    pub ready_to_start: Verdict,
}

impl ConditionsCase {
    /// Decodes a case.
    ///
    /// # Errors
    /// If it is not of this suite.
    pub fn read(case: &Case) -> Result<Self, ReadError> {
        let input: Input = case.input()?;
        Ok(Self { spec: spec_of(&input.pod), gates: case.gates()?, input })
    }

    /// Asks the rules of four conditions, one after the other.
    #[inline]
    pub fn four(&self) -> FourConditions {
        let Self { input: Input { old_conditions, conditions, container_statuses, phase, runtime_status, .. }, spec, gates } = self;
        let statuses = container_statuses.as_deref().map(|list| ApiStatuses::of_list(spec, list));
        let runtime = ObservedPod::new(spec, runtime_status);
        let containers_ready = conditions::containers_ready(spec, statuses.as_ref(), *phase);
        let ready = conditions::ready(spec, containers_ready, |name| status_in(conditions.as_deref().unwrap_or_default(), name));
        let was_initialized = holds(old_conditions.as_deref().unwrap_or_default(), &ConditionType::Initialized);
        let initialized = conditions::initialized(spec, statuses.as_ref(), *phase, was_initialized, gates);
        let ready_to_start = conditions::ready_to_start_containers(spec, &runtime);
        FourConditions { containers_ready, ready, initialized, ready_to_start }
    }

    fn all_containers_restarting(&self) -> Option<Verdict> {
        let Self { input, spec, gates } = self;
        let runtime = ObservedPod::new(spec, &input.runtime_status);
        let already = holds(input.old_conditions.as_deref().unwrap_or_default(), &ConditionType::AllContainersRestarting);
        let last = ApiStatuses::new(spec, &input.pod.status);
        let restart_all = restart::should_restart_all(spec, already, &runtime, &last, gates);
        conditions::all_containers_restarting(spec, input.phase, restart_all, &runtime, gates)
    }
}

/// Suite `conditions`: all that the kubelet computes, of one moment.
pub(super) fn conditions(case: &Case) -> Result<Value, ReadError> {
    let case = ConditionsCase::read(case)?;
    let FourConditions { containers_ready, ready, initialized, ready_to_start } = case.four();
    let generation = case.input.pod.metadata.generation;
    Ok(json!({
        "containersReady": condition(ConditionType::ContainersReady, containers_ready, generation),
        "ready": condition(ConditionType::Ready, ready, generation),
        "initialized": condition(ConditionType::Initialized, initialized, generation),
        "podReadyToStartContainers": condition(ConditionType::PodReadyToStartContainers, ready_to_start, generation),
        "allContainersRestarting":
            case.all_containers_restarting().map(|verdict| condition(ConditionType::AllContainersRestarting, verdict, 0)),
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
