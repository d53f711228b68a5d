//! Vectors of the rules in [`crate::rules::actions`].

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::gates::Gates;
use crate::observation::{Observation, ObservedContainer, ObservedPod};
use crate::rules::actions::{
    ActionInput, ContainerAction, Managers, PodActions, Resize, ResizedResource, compute, resets, resize, updates,
};
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

/// A case of the suite `actions`, decoded.
#[derive(Debug)]
pub struct ActionsCase {
    spec: Spec,
    seen: Observation,
    asked: ActionInput,
    known: Known,
    gates: Gates,
}

/// What the managers know of each container, by its index.
#[derive(Debug)]
struct Known {
    liveness: Vec<Option<ProbeResult>>,
    startup: Vec<Option<ProbeResult>>,
    actuated: Vec<ResizableResources>,
}

impl Managers for ActionsCase {
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.known.liveness[container.get()]
    }
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.known.startup[container.get()]
    }
    fn resize(&self, container: ContainerIndex) -> Resize {
        resize(self.spec.api_container(container), self.known.actuated[container.get()])
    }
}

impl ActionsCase {
    /// Decodes a case.
    ///
    /// # Errors
    /// If it is not of this suite.
    pub fn read(case: &Case) -> Result<Self, ReadError> {
        let input: Input = case.input()?;
        let spec = spec_of(&input.pod);
        let seen = ObservedPod::new(&spec, &input.runtime_status);
        let of_newest = |results: &BTreeMap<String, ProbeResult>| {
            let result = |container| results.get(&seen.containers(container).next()?.id).copied();
            spec.indexes().map(result).collect()
        };
        let actuated = |container| input.actuated_resources.get(spec.container(container).name());
        let known = Known {
            liveness: of_newest(&input.liveness_results),
            startup: of_newest(&input.startup_results),
            actuated: spec.indexes().map(|i| actuated(i).map_or_else(Default::default, ResizableResources::from)).collect(),
        };
        let asked = ActionInput { restart_all: input.restart_all_containers, deleted: input.pod.metadata.deletion_timestamp.is_some() };
        Ok(Self { known, asked, gates: case.gates()?, seen: input.runtime_status, spec })
    }

    /// How many containers there are to plan for.
    pub fn containers(&self) -> usize {
        self.spec.containers().len()
    }

    /// Asks for the plan; `actions` has room for each container.
    #[inline]
    pub fn plan(&self, actions: &mut [ContainerAction]) -> PodActions {
        let Self { spec, seen, asked, gates, .. } = self;
        compute(spec, &ObservedPod::new(spec, seen), self, *asked, gates, actions)
    }

    /// Resource -> list of updates, for resources that have any.
    fn updates(&self, actions: &[ContainerAction]) -> BTreeMap<&'static str, Vec<Value>> {
        let seen = ObservedPod::new(&self.spec, &self.seen);
        let list = |resource| -> Vec<Value> {
            let containers = updates(&self.spec, |container| actions[container.get()], resource);
            containers.filter_map(|i| Some(self.update(seen.containers(i).next()?, i))).collect()
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
            "current": numbers(self.known.actuated[container.get()]),
        })
    }
}

/// Suite `actions`.
pub(super) fn actions(case: &Case) -> Result<Value, ReadError> {
    let case = ActionsCase::read(case)?;
    let mut actions = vec![ContainerAction::default(); case.containers()];
    let pod = case.plan(&mut actions);
    let spec = &case.spec;
    let seen = ObservedPod::new(spec, &case.seen);
    let newest_sandbox = case.seen.sandboxes.first().filter(|_| sandbox::changed(spec, &seen).named);
    Ok(json!({
        "killPod": pod.kill_pod,
        "createSandbox": pod.create_sandbox,
        "attempt": pod.attempt,
        "sandboxID": newest_sandbox.map_or("", |sandbox| &*sandbox.id),
        "initContainersToStart": starts(spec.init(), &actions),
        "containersToStart": starts(spec.regular(), &actions),
        "ephemeralContainersToStart": starts(spec.ephemeral(), &actions),
        "containersToKill": kills(spec, &seen, &actions),
        "containersToReset": if pod.reset { reset_list(spec, &seen) } else { Vec::new() },
        "containersToUpdate": case.updates(&actions),
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
