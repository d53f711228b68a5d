//! In-place resize of a running container (kubelet `computePodResizeAction`, KEP-1287).

use super::ContainerAction;
use crate::api::{self, ResizePolicy};
use crate::rules::resources::ResizableResources;
use crate::spec::{ContainerIndex, Spec};

/// How a resource changes. Downward updates are applied first, to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Direction {
    /// Less.
    Down,
    /// More.
    Up,
}

/// What a resize asks of a container while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resize {
    /// Update it in place.
    Update {
        /// CPU: how the limit changes, or else the request.
        cpu: Option<Direction>,
        /// Memory: how the limit changes, or else the request.
        memory: Option<Direction>,
    },
    /// Kill and start it: the resize policy of a changed resource is RestartContainer.
    Restart,
}

impl Default for Resize {
    fn default() -> Self {
        Self::Update { cpu: None, memory: None }
    }
}

/// Which resource an update is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ResizedResource {
    /// `memory`.
    Memory,
    /// `cpu`.
    Cpu,
}

impl ResizedResource {
    /// `memory` or `cpu`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
        }
    }
}

/// What it takes to bring a running container from the resources last applied to the allocated ones of the spec.
///
/// `actuated` is what the kubelet last gave the runtime; all 0 if it has no record. A resource without a resize policy is updated in place.
pub fn resize(container: &api::Container, actuated: ResizableResources) -> Resize {
    resize_to(&container.resize_policy, (&container.resources).into(), actuated)
}

/// The same, where the allocated resources are not those of the spec that has the policies: while a resize waits for room (kubelet
/// `computePodResizeAction`).
pub fn resize_to(policies: &[ResizePolicy], allocated: ResizableResources, actuated: ResizableResources) -> Resize {
    let cpu = direction((allocated.cpu_limit, actuated.cpu_limit), (allocated.cpu_request, actuated.cpu_request));
    let memory = direction((allocated.memory_limit, actuated.memory_limit), (allocated.memory_request, actuated.memory_request));
    let restarts = |name| {
        let policy = policies.iter().find(|policy| policy.resource_name == name);
        policy.is_some_and(|policy| policy.restart_policy == "RestartContainer")
    };
    if (cpu.is_some() && restarts("cpu")) || (memory.is_some() && restarts("memory")) {
        return Resize::Restart;
    }
    Resize::Update { cpu, memory }
}

/// The containers whose resource is updated in place, in the order of the updates: what goes down before what goes up
/// (kubelet `doPodResizeAction`, KEP-1287).
///
/// `plan` is what [`compute`](super::compute) has planned for each container.
pub fn updates(
    spec: &Spec,
    plan: impl Fn(ContainerIndex) -> ContainerAction + Copy,
    resource: ResizedResource,
) -> impl Iterator<Item = ContainerIndex> {
    let goes = move |wanted| {
        move |&container: &ContainerIndex| {
            let ContainerAction { cpu, memory, .. } = plan(container);
            let direction = match resource {
                ResizedResource::Memory => memory,
                ResizedResource::Cpu => cpu,
            };
            direction == Some(wanted)
        }
    };
    // The kubelet plans init containers from the last to the first, then regular ones; what goes down is put before all planned so far.
    let down = spec.regular().rev().chain(spec.init()).filter(goes(Direction::Down));
    let up = spec.init().rev().chain(spec.regular()).filter(goes(Direction::Up));
    down.chain(up)
}

/// Each pair is desired and actuated.
fn direction(limit: (i64, i64), request: (i64, i64)) -> Option<Direction> {
    let (desired, actuated) = if limit.0 == limit.1 { request } else { limit };
    match desired.cmp(&actuated) {
        core::cmp::Ordering::Less => Some(Direction::Down),
        core::cmp::Ordering::Equal => None,
        core::cmp::Ordering::Greater => Some(Direction::Up),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// The resources as `[cpu limit, cpu request, memory limit, memory request]`.
    fn resources([cpu_limit, cpu_request, memory_limit, memory_request]: [i64; 4]) -> ResizableResources {
        ResizableResources { cpu_limit, cpu_request, memory_limit, memory_request }
    }

    #[test]
    fn a_limit_that_changes_tells_the_direction_and_else_the_request_does() {
        use Direction::{Down, Up};
        for (allocated, actuated, cpu, memory) in [
            ([0, 0, 0, 0], [0, 0, 0, 0], None, None),
            ([2, 1, 8, 4], [2, 1, 8, 4], None, None),
            ([3, 1, 8, 4], [2, 1, 8, 4], Some(Up), None),
            ([1, 2, 8, 4], [2, 1, 8, 4], Some(Down), None),
            ([2, 2, 8, 4], [2, 1, 8, 4], Some(Up), None),
            ([2, 0, 8, 4], [2, 1, 8, 4], Some(Down), None),
            ([2, 1, 9, 3], [2, 1, 8, 4], None, Some(Up)),
            ([2, 1, 8, 3], [2, 1, 8, 4], None, Some(Down)),
            ([1, 1, 9, 4], [2, 1, 8, 4], Some(Down), Some(Up)),
        ] {
            assert_eq!(resize_to(&[], resources(allocated), resources(actuated)), Resize::Update { cpu, memory }, "{allocated:?}");
        }
    }

    #[test]
    fn the_policy_of_a_resource_that_changes_restarts_the_container() {
        let policy = |name: &str, policy: &str| ResizePolicy { resource_name: name.into(), restart_policy: policy.into() };
        let restarts = |policies: &[ResizePolicy]| {
            [[3, 1, 8, 4], [2, 1, 9, 4], [3, 1, 9, 4], [2, 1, 8, 4]]
                .map(|allocated| resize_to(policies, resources(allocated), resources([2, 1, 8, 4])) == Resize::Restart)
        };
        let (cpu, memory) = (policy("cpu", "RestartContainer"), policy("memory", "RestartContainer"));
        assert_eq!(restarts(&[policy("cpu", "NotRequired"), policy("memory", "NotRequired")]), [false; 4]);
        assert_eq!(restarts(&[cpu.clone(), policy("memory", "NotRequired")]), [true, false, true, false]);
        assert_eq!(restarts(core::slice::from_ref(&memory)), [false, true, true, false]);
        assert_eq!(restarts(&[cpu, memory]), [true, true, true, false]);
    }

    #[test]
    fn what_goes_down_makes_room_for_what_goes_up() {
        let spec = r#"{"initContainers": [{"name": "s"}, {"name": "t"}], "containers": [{"name": "a"}, {"name": "b"}]}"#;
        let spec = Spec::as_given(serde_json::from_str(spec).unwrap());
        let order = |resource, plan: fn(&str) -> ContainerAction| {
            let names = updates(&spec, |container| plan(spec.container(container).name()), resource);
            names.map(|container| spec.container(container).name()).collect::<Vec<_>>()
        };
        let some_go_down = |name: &str| {
            let direction = if matches!(name, "a" | "s") { Direction::Down } else { Direction::Up };
            ContainerAction { cpu: Some(direction), ..ContainerAction::default() }
        };
        assert_eq!(order(ResizedResource::Cpu, some_go_down), ["a", "s", "t", "b"]);
        assert_eq!(order(ResizedResource::Memory, some_go_down), [""; 0]);
        assert_eq!(
            order(ResizedResource::Memory, |_| ContainerAction { memory: Some(Direction::Down), ..ContainerAction::default() }),
            ["b", "a", "s", "t"]
        );
        assert_eq!(
            order(ResizedResource::Memory, |_| ContainerAction { memory: Some(Direction::Up), ..ContainerAction::default() }),
            ["t", "s", "a", "b"]
        );
    }
}
