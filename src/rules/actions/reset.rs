//! Which instances are removed, and in which order, to restart all containers in place (kubelet `getContainersToReset`, KEP-5532).

use crate::rules::restart;
use crate::rules::view::{Instance, InstanceState, Runtime};
use crate::spec::{ContainerIndex, RuleAction, Spec};

/// One instance to be removed; its log stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reset {
    /// The container.
    pub container: ContainerIndex,
    /// Number of the instance, counted from the newest.
    pub instance: usize,
    /// It has not exited: kill it first, with no grace and without its preStop hook.
    pub kill: bool,
}

/// The instances to be removed, in order: the victims before those whose exit triggered the restart, so that the trigger is still there
/// if the kubelet dies half-way; among each, regular before init containers. Ephemeral containers are let be.
pub fn resets<'a>(spec: &'a Spec, runtime: &'a impl Runtime) -> impl Iterator<Item = Reset> + 'a {
    [false, true].into_iter().flat_map(move |triggers| {
        spec.regular().chain(spec.init()).flat_map(move |container| {
            let instances = runtime.instances(container).enumerate();
            let chosen = instances.filter(move |(_, instance)| is_trigger(spec, container, instance) == triggers);
            chosen.map(move |(number, instance)| Reset { container, instance: number, kill: instance.state != InstanceState::Exited })
        })
    })
}

fn is_trigger(spec: &Spec, container: ContainerIndex, instance: &Instance) -> bool {
    instance.state == InstanceState::Exited
        && restart::matching_rule(spec.container(container), instance.exit.code) == Some(RuleAction::RestartAllContainers)
}
