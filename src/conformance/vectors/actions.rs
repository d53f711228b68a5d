//! Vectors of the rules in [`crate::rules::actions`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::observation::{Observation, ObservedContainer, ObservedPod};
use crate::rules::actions::{ActionInput, ContainerAction, Managers, Resize, ResizedResource, compute, resets, resize, updates};
use crate::rules::resources::ResizableResources;
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
    #[serde(default)]
    actuated_resources: BTreeMap<String, api::ResourceRequirements>,
}

struct Results<'a> {
    input: &'a Input,
    spec: &'a Spec,
    seen: ObservedPod<'a>,
}

impl Results<'_> {
    fn of_newest(&self, results: &BTreeMap<String, ProbeResult>, container: ContainerIndex) -> Option<ProbeResult> {
        results.get(&self.seen.containers(container).next()?.id).copied()
    }

    fn actuated(&self, container: ContainerIndex) -> ResizableResources {
        let actuated = self.input.actuated_resources.get(self.spec.container(container).name());
        actuated.map_or_else(ResizableResources::default, ResizableResources::from)
    }

    /// Resource -> list of updates, for resources that have any.
    fn updates(&self, actions: &[ContainerAction]) -> BTreeMap<&'static str, Vec<Value>> {
        let list = |resource| -> Vec<Value> {
            let containers = updates(self.spec, move |container| actions[container.get()], resource);
            containers.filter_map(|i| Some(self.update(self.seen.containers(i).next()?, i))).collect()
        };
        let lists = [("cpu", list(ResizedResource::Cpu)), ("memory", list(ResizedResource::Memory))];
        lists.into_iter().filter(|(_, list)| !list.is_empty()).collect()
    }

    fn update(&self, seen: &ObservedContainer, container: ContainerIndex) -> Value {
        let desired = &self.spec.api_container(container).resources;
        json!({
            "id": seen.id,
            "name": seen.name,
            "desired": numbers(desired.into()),
            "current": numbers(self.actuated(container)),
        })
    }
}

impl Managers for Results<'_> {
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.of_newest(&self.input.liveness_results, container)
    }
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.of_newest(&self.input.startup_results, container)
    }
    fn resize(&self, container: ContainerIndex) -> Resize {
        resize(self.spec.api_container(container), self.actuated(container))
    }
}

pub(super) fn actions(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let gates = case.gates()?;
    let spec = spec_of(&input.pod);
    let seen = ObservedPod::new(&spec, &input.runtime_status);
    let mut actions = vec![ContainerAction::default(); spec.containers().len()];
    let asked = ActionInput { restart_all: input.restart_all_containers, deleted: input.pod.metadata.deletion_timestamp.is_some() };
    let results = Results { input: &input, spec: &spec, seen };
    let pod = compute(&spec, &seen, &results, asked, &gates, &mut actions);
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
        "containersToUpdate": results.updates(&actions),
        "updatePodResources": pod.update_pod_resources,
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

fn numbers(resources: ResizableResources) -> Value {
    json!({
        "cpuLimitMilli": resources.cpu_limit,
        "cpuRequestMilli": resources.cpu_request,
        "memoryLimit": resources.memory_limit,
        "memoryRequest": resources.memory_request,
    })
}
