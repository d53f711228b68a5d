//! Two ways to learn the same facts: told one by one, and all at once by a re-list.

use super::play::{CASES, histories, is_thorough};
use super::restart::lived;
use super::world::{Input, World};
use core::cell::Cell;
use pod_lifecycle::api::ObjectMeta;
use pod_lifecycle::pod::{Action, Event, NewPod, SandboxState, ShownState, Stage};
use pod_lifecycle::rules::view::{Exit, Instance, InstanceState, Runtime, StatusState};
use pod_lifecycle::{ContainerIndex, Pod};
use proptest::prop_assert_eq;

#[test]
fn agreement() {
    let (looks, built) = (Cell::new(0_u32), Cell::new(0_u32));
    histories("agreement", CASES, |world, history| {
        lived(world, history);
        // What is being removed is in the list still, and only the machine that asked for it knows.
        while let Some(n) = world.jobs.iter().position(|job| matches!(job, Action::RemoveContainer { .. })) {
            let job = world.jobs.remove(n);
            let event = world.answer(job, 0);
            world.call(Input::Event(event));
        }
        let has_node = world.pod.stage().has_worker();
        if !has_node {
            return Ok(());
        }
        let mut found = from_scratch(world);
        // Where the newest record was removed from outside, an older one counts again of which no event has told since.
        let known: Vec<_> = world.pod.spec().indexes().filter(|&container| world.runtime.has_latest(container)).collect();
        for &container in &known {
            let (told, seen) = (facts(&world.pod, container), facts(&found, container));
            prop_assert_eq!(told[0], seen[0], "the newest of {:?}", container);
            // Of an instance that is not the newest no event tells: only a re-list knows what has become of it since.
            let ended = |of: &Option<Instance>| of.is_some_and(|of| of.state == InstanceState::Exited);
            if ended(&told[1]) && ended(&seen[1]) {
                prop_assert_eq!(told[1], seen[1], "the one before the newest of {:?}", container);
            }
        }
        prop_assert_eq!(sandbox(&world.pod), sandbox(&found));
        looks.set(looks.get() + 1);

        // And so are the statuses that both build next, if none is being built.
        let mut told = world.pod.clone();
        let is_idle = told.stage() == Stage::Syncing && told.pending_actions().all(|action| matches!(action, Action::Probe { .. }));
        let mut spoken = 0;
        found.handle(world.now, Event::Admitted, &mut ()).expect("it is on a node");
        // Of a Pod that is being deleted no status is built before it is down.
        if !is_idle || found.stage() != Stage::Syncing || world.pod.deletion().is_some() || remembers_failure(&told) {
            return Ok(());
        }
        for pod in [&mut told, &mut found] {
            pod.sync(world.now, &mut |_| spoken += 1);
        }
        for &container in &known {
            // One that goes on to remove records to restart all containers has built another status since.
            if facts(&told, container) == facts(&found, container) {
                prop_assert_eq!(shown(&told, container), shown(&found, container), "the status of {:?}", container);
            }
        }
        built.set(built.get() + 1);
        Ok(())
    });
    println!("agreement: {} re-lists, {} statuses", looks.get(), built.get());
    assert!((looks.get() > 100 && built.get() > 20) || !is_thorough());
}

/// The Pod as a kubelet finds it that knows nothing but the API object and the runtime.
fn from_scratch(world: &World) -> Pod {
    let mut api = world.pod.spec().api().clone();
    api.node_name = "node".into();
    let (spec, status) = (pod_lifecycle::Spec::as_given(api).into(), world.pod.status().to_owned());
    let (deletion_timestamp, deletion_grace_period_seconds) = world.pod.deletion().map(|(grace, at)| (at, grace)).unzip();
    let meta = ObjectMeta { deletion_timestamp, deletion_grace_period_seconds, ..ObjectMeta::default() };
    let new = NewPod { meta: &meta, spec: &spec, status: Some(&status) };
    let mut pod = Pod::new(new, world.pod.node(), &mut ());
    pod.observe(world.now, &world.list(), &mut ()).expect("it is on a node");
    pod
}

/// The newest two instances as the rules see them; how one ended only if it did.
fn facts(pod: &Pod, container: ContainerIndex) -> [Option<Instance>; 2] {
    let facts = pod.facts();
    let mut instances = facts.instances(container).map(|instance| match instance.state {
        InstanceState::Exited => instance,
        _ => Instance { exit: Exit::default(), ..instance },
    });
    [instances.next(), instances.next()]
}

/// The newest sandbox; whether it went by itself or was taken down, the runtime does not say, nor of one that is down its address.
fn sandbox(pod: &Pod) -> (bool, Option<(u32, bool)>) {
    let facts = pod.facts();
    let newest = facts.sandboxes().next().map(|newest| (newest.attempt, newest.ready && newest.has_ip));
    (facts.sandbox() == SandboxState::Ready, newest)
}

/// Why the last start failed is kept in memory only; it shows, and may make the kubelet drop the update of a whole status.
fn remembers_failure(pod: &Pod) -> bool {
    let snapshot = serde_json::to_value(pod.snapshot()).expect("a snapshot is written");
    snapshot["containers"].as_array().is_some_and(|containers| containers.iter().any(|container| container.get("startFailure").is_some()))
}

/// What a status shows of a container, without why it waits and what probes have said.
fn shown(pod: &Pod, container: ContainerIndex) -> (Option<ShownState>, Option<Exit>, i32) {
    let view = pod.container(container);
    let entry = view.entry.unwrap_or_default();
    let state = (!matches!(entry.state, StatusState::Waiting(_) | StatusState::Empty)).then_some(view.state);
    (state, entry.last, entry.restart_count)
}
