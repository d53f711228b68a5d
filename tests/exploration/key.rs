//! When two states are the same.
//!
//! All that the machine knows counts ([`Pod::snapshot`](pod_lifecycle::Pod::snapshot)), and all that the runtime has, and the actions that
//! wait for an answer. Times are seen from now, and numbers that only grow from the newest: see [`walk`](crate::walk). What the checker
//! remembers of the way here does not count.

use crate::moves::Budget;
use crate::server::Server;
use crate::walk::Walk;
use crate::world::World;
use pod_lifecycle::ContainerIndex;
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Attempt};
use serde::Serialize;

/// A number for the state.
pub(crate) fn key(world: &World, server: &Server, left: &Budget, threshold: i64) -> u64 {
    let row = row(world, server, left, threshold);
    row.iter().fold(0, |hash, &number| mixed(hash ^ number as u64))
}

/// The state as a row of numbers.
pub(crate) fn row(world: &World, server: &Server, left: &Budget, threshold: i64) -> Vec<i64> {
    let mut walk = Walk::new(world.now, threshold);
    world.pod.snapshot().serialize(&mut walk).expect("a snapshot is written");
    walk.finish();
    let Walk { mut row, next, sandboxes, .. } = walk;
    row.extend([i64::from(server.gone), i64::from(server.stored)]);
    row.extend(left.numbers());
    let mut jobs: Vec<_> = world.jobs.iter().map(|job| numbers(*job, &next, sandboxes)).collect();
    jobs.sort_unstable();
    row.extend(jobs.into_iter().flatten());
    row.push(i64::MAX);
    for &(attempt, ready) in &world.runtime.sandboxes {
        row.push(2 * (sandboxes - i64::from(attempt)) + i64::from(ready));
    }
    row.push(i64::MAX);
    for container in world.pod.spec().indexes() {
        for instance in world.runtime.instances.iter().filter(|instance| instance.container == container) {
            let state = match instance.state {
                ObservedState::Created => 0,
                ObservedState::Running => 1,
                ObservedState::Exited => 2 + i64::from(instance.exit.code),
                _ => -1,
            };
            let age = next[container.get()].0 - i64::from(instance.attempt.0);
            row.extend([age, state]);
            // A kubelet that finds it does otherwise if it was there long before.
            row.push(instance.started_at.map_or(0, |at| (world.pod.node().kubelet_start - at).secs().clamp(0, 11)));
        }
        row.push(i64::MAX);
    }
    row
}

/// Actions in the order in which states are compared.
pub(crate) fn in_order(jobs: &[Action]) -> Vec<Action> {
    let mut jobs = jobs.to_vec();
    // Without what is newest, the older of two of one kind comes last in all states alike.
    jobs.sort_by_key(|job| numbers(*job, &[(0, 0); 4], 0));
    jobs
}

/// An action as numbers: which, of what, and further which.
pub(crate) fn numbers(action: Action, next: &[(i64, i64)], sandboxes: i64) -> [i64; 4] {
    let age = |container: ContainerIndex, attempt: Attempt| next[container.get()].0 - i64::from(attempt.0);
    let of = |container: ContainerIndex| container.get() as i64;
    match action {
        Action::StoreObject => [0, 0, 0, 0],
        Action::Schedule => [1, 0, 0, 0],
        Action::Bind => [2, 0, 0, 0],
        Action::Admit => [3, 0, 0, 0],
        Action::MountVolumes => [4, 0, 0, 0],
        Action::RunPodSandbox { attempt } => [5, sandboxes - i64::from(attempt), 0, 0],
        Action::StopPodSandbox { attempt } => [6, sandboxes - i64::from(attempt), 0, 0],
        Action::ImageStatus { container } => [7, of(container), 0, 0],
        Action::PullImage { container } => [8, of(container), 0, 0],
        Action::CreateContainer { container, attempt, .. } => [9, of(container), age(container, attempt), 0],
        Action::StartContainer { container, attempt } => [10, of(container), age(container, attempt), 0],
        Action::RunHook { container, attempt, hook } => [11, of(container), age(container, attempt), hook as i64],
        Action::StopContainer { container, attempt, timeout_seconds } => [12, of(container), age(container, attempt), timeout_seconds],
        Action::RemoveContainer { container, attempt } => [13, of(container), age(container, attempt), 0],
        Action::Probe { container, attempt, kind } => [14, of(container), age(container, attempt), kind as i64],
        Action::UnmountVolumes => [15, 0, 0, 0],
        Action::DeleteObject => [16, 0, 0, 0],
        _ => unreachable!("an action that is not explored: {action:?}"),
    }
}

/// All bits depend on all bits.
const fn mixed(word: u64) -> u64 {
    let product = word.wrapping_add(0x9e37_79b9_7f4a_7c15) as u128 * 0xd6e8_feb8_6659_fd93;
    (product >> 64) as u64 ^ product as u64
}
