//! Resources in the published status: `resources` and `allocatedResources` of containers and of the Pod (KEP-1287, KEP-5419).

use super::Pod;
use super::container::{ShownContainer, ShownContainerState};
use super::ledger::{Ledger, Resizing};
use crate::api::{ContainerStatus, PodStatus, ResourceList, ResourceRequirements};
use crate::rules::actions::ResizedResource;
use crate::rules::conditions::KubeletCondition;
use crate::rules::resources::{ResizableResources, Told, in_force, pod_resources};
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use alloc::sync::Arc;

/// Requests that the node has allocated, and what is in force.
pub(crate) type Shown = (ResourceList, Option<ResourceRequirements>);

impl Pod {
    fn shown_ledger(&self) -> Option<&Ledger> {
        self.aside.resizing().map(|resizing| &resizing.shown)
    }

    /// Of a container: nothing before it has an instance; what the runtime was given while it runs, else what is allocated.
    pub(crate) fn shown_resources(&self, container: ContainerIndex, shown: &ShownContainer) -> Shown {
        if shown.attempt.get().is_none() {
            return Shown::default();
        }
        let resized = self.shown_ledger().filter(|_| self.shown_spec().container(container).kind() != ContainerKind::Ephemeral);
        let allocated = &resized.map_or(self.shown_spec(), |ledger| &ledger.allocated).api_container(container).resources;
        let actuated = resized.and_then(|ledger| ledger.actuated.get(container.get()));
        let in_force = match (actuated, shown.state) {
            (Some(given), ShownContainerState::Running { .. }) => {
                let of = |resource: ResizedResource| &given[resource as usize].api_container(container).resources;
                in_force(allocated, merged(of(ResizedResource::Memory), of(ResizedResource::Cpu)), Told::default())
            }
            _ => allocated.clone(),
        };
        (allocated.requests.clone(), Some(in_force))
    }

    /// Of the Pod: what its cgroup was given. A cgroup knows no request for memory, so that the first one told is kept (as measured).
    pub(crate) fn shown_pod_resources(&self) -> Shown {
        let allocated = pod_resources(self.shown_ledger().map_or(self.shown_spec(), |ledger| &ledger.allocated), &self.node.gates);
        let Some(allocated) = allocated.filter(|_| self.published.built) else {
            return Shown::default();
        };
        let in_force = match self.aside.resizing() {
            Some(resizing) => {
                let [memory, cpu] = &resizing.shown.pod;
                let given = merged(memory.together(), cpu.together());
                in_force(allocated, Told { memory_request: None, ..given }, Told::from(resizing.first.together()))
            }
            None => allocated.clone(),
        };
        (allocated.requests.clone(), Some(in_force))
    }

    /// Takes up a resize that a kubelet before this one had not finished: the status tells what it had allocated, and what it had given the
    /// runtime. A kubelet has a checkpoint of its own for that.
    pub(crate) fn adopt_resources(&mut self, status: &PodStatus) {
        let conditions = || {
            let of = |own: KubeletCondition| own.is_resize().then_some(own);
            status.conditions.iter().filter_map(move |by| Some((of(KubeletCondition::from_text(by.type_.as_str())?)?, by)))
        };
        let under_way = conditions().any(|(own, _)| own == KubeletCondition::PodResizeInProgress);
        let in_status = self.spec_of_status(status);
        if self.object.is_static || (in_status.is_none() && conditions().next().is_none()) {
            return;
        }
        let old = in_status.unwrap_or_else(|| Arc::clone(&self.spec));
        let mut resizing = Resizing::new(&old);
        if under_way {
            // What is being carried out is what is desired.
            resizing.take_allocation(&self.spec);
        }
        for (own, by) in conditions() {
            resizing.put_condition(own, by);
        }
        self.aside.make().resizing = Some(resizing);
    }

    /// The spec with the cpu and memory that the status shows, if they are not the spec's.
    fn spec_of_status(&self, status: &PodStatus) -> Option<Arc<Spec>> {
        let mut api = None;
        for container in self.spec.init_and_regular() {
            let own = self.spec.api_container(container);
            let mut lists = status.init_container_statuses.iter().chain(&status.container_statuses);
            let Some(shown) = lists.find(|shown| shown.name == own.name).and_then(told) else { continue };
            if ResizableResources::from(&shown) != ResizableResources::from(&own.resources) {
                let api = api.get_or_insert_with(|| self.spec.api().clone());
                let mut all = api.init_containers.iter_mut().chain(&mut api.containers);
                if let Some(container) = all.nth(container.get()) {
                    container.resources = shown;
                }
            }
        }
        api.map(|api| Arc::new(Spec::as_given(api)))
    }
}

/// Resources as a status tells them: those in force, which were allocated at some time.
fn told(shown: &ContainerStatus) -> Option<ResourceRequirements> {
    shown.resources.clone().filter(|_| !shown.container_id.is_empty())
}

/// Memory of the one and cpu of the other.
fn merged<'a>(memory: &'a ResourceRequirements, cpu: &'a ResourceRequirements) -> Told<'a> {
    let (memory, cpu) = (Told::from(memory), Told::from(cpu));
    Told { memory_request: memory.memory_request, memory_limit: memory.memory_limit, ..cpu }
}
