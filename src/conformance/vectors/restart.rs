//! Vectors of the rules in [`crate::rules::restart`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::observation::{Observation, ObservedPod};
use crate::rules::restart;
use crate::rules::view::{ApiStatuses, Runtime};
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use alloc::string::String;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    container: String,
    runtime_status: Observation,
    exit_code: i32,
}

/// Suite `restart`: all the functions, asked about one container of one Pod.
pub(super) fn restart(case: &Case) -> Result<Value, ReadError> {
    let Input { pod, container, runtime_status, exit_code } = case.input()?;
    let (spec, gates) = (spec_of(&pod), case.gates()?);
    let index = spec.find(&container).ok_or(ReadError::NoContainer(container))?;
    let (runtime, statuses) = (ObservedPod::new(&spec, &runtime_status), ApiStatuses::new(&spec, &pod.status));
    let deleted = pod.metadata.deletion_timestamp.is_some();
    let given = api_container(&spec, index);
    let rule = restart::matching_rule_position(spec.container(index), exit_code).map(|at| &given.restart_policy_rules[at]);
    Ok(json!({
        "allContainersCouldRestart": spec.has_restart_all_rule(),
        "allContainersRestartCleanedUp": restart::restart_all_cleaned_up(&spec, &runtime),
        "containerShouldRestart": restart::should_restart_on_exit(&spec, index, exit_code, &gates),
        "isContainerRestartable": restart::can_restart(&spec, index),
        "isRestartableInitContainer": (ContainerKind::of_init(given) == ContainerKind::Sidecar),
        "ruleMatched": rule.is_some(),
        "ruleAction": rule.map_or("", |rule| rule.action.as_str()),
        "shouldAllContainersRestart": restart::restart_all_triggered(&spec, false, Some(&runtime), &statuses),
        "shouldContainerBeRestarted":
            restart::should_be_restarted(&spec, index, runtime.newest(index).as_ref(), deleted, &gates),
    }))
}

fn api_container(spec: &Spec, index: ContainerIndex) -> &api::Container {
    let api = spec.api();
    let mut all = api.init_containers.iter().chain(&api.containers).chain(&api.ephemeral_containers);
    all.nth(index.get()).expect("the spec was made of these containers, in this order")
}
