//! Vectors of the rules in [`crate::rules::actions`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::observation::{Observation, ObservedPod};
use crate::rules::actions::{ActionInput, ContainerAction, Probes, compute, resets};
use crate::rules::sandbox;
use crate::rules::view::ProbeResult;
use crate::spec::{ContainerIndex, Spec};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    runtime_status: Observation,
    liveness_results: BTreeMap<String, ProbeResult>,
    startup_results: BTreeMap<String, ProbeResult>,
    restart_all_containers: bool,
}

struct Results<'a> {
    input: &'a Input,
    seen: ObservedPod<'a>,
}

impl Results<'_> {
    fn of_newest(&self, results: &BTreeMap<String, ProbeResult>, container: ContainerIndex) -> Option<ProbeResult> {
        results.get(&self.seen.containers(container).next()?.id).copied()
    }
}

impl Probes for Results<'_> {
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.of_newest(&self.input.liveness_results, container)
    }
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.of_newest(&self.input.startup_results, container)
    }
}

pub(super) fn actions(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let gates = case.gates()?;
    let spec = spec_of(&input.pod);
    let seen = ObservedPod::new(&spec, &input.runtime_status);
    let mut actions = vec![ContainerAction::default(); spec.containers().len()];
    let asked = ActionInput { restart_all: input.restart_all_containers, deleted: input.pod.metadata.deletion_timestamp.is_some() };
    let pod = compute(&spec, &seen, &Results { input: &input, seen }, asked, &gates, &mut actions);
    let newest_sandbox = input.runtime_status.sandboxes.first().filter(|_| sandbox::changed(&spec, &seen).named);
    Ok(json!({
        "killPod": pod.kill_pod,
        "createSandbox": pod.create_sandbox,
        "attempt": pod.attempt,
        "sandboxID": newest_sandbox.map_or("", |sandbox| &*sandbox.id),
        "initContainersToStart": starts(spec.init(), &actions),
        "containersToStart": starts(spec.regular(), &actions),
        "ephemeralContainersToStart": starts(spec.ephemeral(), &actions),
        "containersToKill": kills(&spec, &seen, &actions),
        "containersToReset": if pod.reset { reset_list(&spec, &seen) } else { Vec::new() },
        "updatePodResources": false,
        "updatePodLevelResources": false,
    }))
}

fn starts(list: impl Iterator<Item = ContainerIndex>, actions: &[ContainerAction]) -> Vec<usize> {
    list.enumerate().filter(|(_, i)| actions[i.get()].start).map(|(n, _)| n).collect()
}

fn kills(spec: &Spec, seen: &ObservedPod<'_>, actions: &[ContainerAction]) -> Vec<Value> {
    let mut kills: Vec<_> = spec
        .indexes()
        .filter_map(|i| Some((seen.containers(i).next()?, actions[i.get()].kill?)))
        .map(|(container, why)| (&*container.id, json!({"id": container.id, "name": container.name, "reason": why.as_str()})))
        .collect();
    kills.sort_by_key(|(id, _)| *id);
    kills.into_iter().map(|(_, kill)| kill).collect()
}

fn reset_list(spec: &Spec, seen: &ObservedPod<'_>) -> Vec<Value> {
    resets(spec, seen)
        .filter_map(|reset| Some((seen.containers(reset.container).nth(reset.instance)?, reset.kill)))
        .map(|(container, kill)| json!({"id": container.id, "name": container.name, "kill": kill}))
        .collect()
}
