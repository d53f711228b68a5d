//! Laws of restarts: what a snapshot keeps, and that a Pod goes on from it as if it had never stopped.

use super::numbers::Numbers;
use super::play::{CASES, every_call, histories, is_thorough};
use super::runtime::Deed;
use super::tampered;
use super::world::{Op, TRUE, World};
use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use pod_lifecycle::api::{ObjectMeta, PodStatus};
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, NewPod, Output, Snapshot, Stage};
use pod_lifecycle::rules::conditions::KubeletCondition;
use pod_lifecycle::{Pod, Span, Spec, Time};
use proptest::prop_assert;
use serde_json::Value;
use std::panic::catch_unwind;
use std::sync::Arc;

#[test]
fn snapshots_keep_everything() {
    let calls = Cell::new(0);
    every_call("snapshots", |_, world| {
        if calls.replace(calls.get() + 1) % 7 != 0 {
            return Ok(());
        }
        let snapshot = world.pod.snapshot();
        let (spec, node) = (world.pod.spec(), world.pod.node());
        let text = serde_json::to_string(&snapshot).expect("a snapshot is written");
        let read: Snapshot = serde_json::from_str(&text).expect("and read again");
        prop_assert!(read == snapshot, "read otherwise than written: {text}");
        match Pod::restore(read, spec, node) {
            Ok(restored) => {
                prop_assert!(restored == world.pod, "another Pod: {restored:?}\nnot {:?}", world.pod);
                prop_assert!(restored.next_deadline() == world.pod.next_deadline());
            }
            Err(error) => prop_assert!(false, "{error}: {text}"),
        }
        Ok(())
    });
}

/// Gives the world ids, as every real runtime has them, and a history in which all that is told is true.
pub(super) fn lived(world: &mut World, history: &[Op]) {
    world.texts = true;
    for &[what, rest @ ..] in history {
        let [a, b, c] = rest;
        world.step([what % TRUE, a, b, c]);
        // The kubelet's garbage collection, of which no event tells: what is older than all that events tell of is no part of this.
        world.runtime.collect();
    }
}

#[test]
fn convergence() {
    let restarts = Cell::new(0);
    histories("convergence", 1_200, |world, history| {
        lived(world, history);
        let seed = history.first().map_or(0, |op| op[1]);
        // Whether the sync that begins anew has what is allocated is a matter of luck.
        world.answer_all(|job| matches!(job, Action::AllocateResources { .. }));
        let mut restarted = world.clone();
        let before = restarted.clone();
        let _ = restarted.restart(|n, _| (usize::from(seed) >> (n % 8)) & 1 == 1);
        world.look();
        // As the other one: so both know of older instances.
        restarted.look();
        prop_assert!(world.go_on(seed), "never at rest");
        prop_assert!(restarted.go_on(seed), "never at rest after a restart");
        // A sync that begins anew comes a moment later: what the deadline of the Pod finds is a matter of luck.
        let was_idle = before.jobs.iter().all(|job| matches!(job, Action::Probe { .. }));
        if !was_idle && before.pod.stage() == Stage::Syncing && before.pod.spec().api().active_deadline_seconds.is_some() {
            return Ok(());
        }
        let (went_on, came_back) = (world.outcome(), restarted.outcome());
        let differs = difference(&went_on, &came_back);
        prop_assert!(differs.is_empty(), "{differs}\nrestarted at {}", state(&before));
        restarts.set(restarts.get() + 1);
        Ok(())
    });
    println!("convergence: {} restarts", restarts.get());
    assert!(restarts.get() > 0 || !is_thorough());
}

#[test]
fn a_new_kubelet_finds_its_pods() {
    let (restarts, compared) = (Cell::new(0), Cell::new(0_usize));
    histories("kubelet restarts", CASES, |world, history| {
        lived(world, history);
        let seed = history.first().map_or(0, |op| op[1]);
        // A kill that no status shows yet is known to the kubelet alone.
        let kept_before = kept(world);
        let is_killed = kept_before["object"].get("kill").is_some();
        // Nor is it looked at what a caller of the runtime manager alone does when a Pod has ended.
        if !world.pod.stage().has_worker() || is_killed || world.gone || !world.pod.node().pacing.ends {
            return Ok(());
        }
        // What was made and has left no trace counts for the old kubelet alone.
        let counted = |world: &World| {
            kept(world)["containers"].as_array().expect("a list").iter().map(|kept| kept["nextRestartCount"].clone()).collect::<Vec<_>>()
        };
        let mut restarted = world.clone();
        let before = restarted.clone();
        restarted.restart_kubelet(|n| (usize::from(seed) >> (n % 8)) & 1 == 1);
        let counts = counted(&restarted);
        world.look();
        let ran: Vec<_> = running(world).into_iter().filter(|id| running(&restarted).contains(id)).collect();
        prop_assert!(world.go_on(seed), "never at rest");
        prop_assert!(restarted.go_on(seed), "never at rest after a restart");
        let (went_on, came_back) = (running(world), running(&restarted));
        // A sync in progress is lost, with what it had planned, and so are the back-offs and the wait after a sync that failed: what is made
        // instead, or earlier, lives otherwise, and takes others with it when it ends. A phase that was held back is lost, too, where it came of an instance of which the runtime
        // cannot tell: the status that the API server has speaks against it, so that every update is dropped.
        let was_idle = before.jobs.iter().all(|job| matches!(job, Action::Probe { .. }));
        let containers = kept_before["containers"].as_array().expect("a list");
        let backs_off = containers.iter().any(|kept| kept.get("backoff").is_some()) || kept_before["texts"].get("imageBackoffs").is_some();
        let retry = serde_json::from_value::<Time>(kept_before["work"]["retry"].clone());
        // Later is the resync.
        let retries = retry.is_ok_and(|at| at - before.now <= Span::from_secs(15));
        let is_unsure = before.runtime.instances.iter().any(|instance| instance.state == ObservedState::Unknown)
            || containers.iter().any(|kept| kept["found"] == "Unknown");
        // Why a container is killed is forgotten with the result of the probe, so that it may be done where it would have been restarted; a resize that was
        // put off is looked at again.
        let fails = |kept: &Value| kept["kind"] != "readiness" && kept["worker"]["cached"] == "failure";
        // So it is where it was killed already, and its next instance is on the way.
        let replaces = before.jobs.iter().any(|job| {
            use Action::{CreateContainer, ImageStatus, PullImage, StopContainer};
            matches!(job, StopContainer { .. } | ImageStatus { .. } | PullImage { .. } | CreateContainer { .. })
        });
        let asks_for_kill = replaces || kept_before["probes"].as_array().is_some_and(|probes| probes.iter().any(fails));
        let resizes = before.pod.condition(KubeletCondition::PodResizePending).is_some();
        let forgets = !was_idle || backs_off || retries || is_unsure || asks_for_kill || resizes || counted(&before) != counts;
        let is_new = |id| before.runtime.instances.iter().all(|known| known.id != id);
        // Of what ended the record may be gone, too.
        let made = |world: &World| world.runtime.deeds.iter().filter(|deed| matches!(deed, Deed::Created { .. })).count();
        let alive = restarted.runtime.instances.iter().filter(|made| is_new(made.id) && made.is_alive()).count();
        // One that ends otherwise may take all others with it.
        let restarts_all = !was_idle && world.pod.spec().has_restart_all_rule();
        let lives_otherwise =
            forgets && (is_unsure || asks_for_kill || resizes || restarts_all || made(&restarted) - made(&before) > alive);
        for id in ran {
            let goes_on = !went_on.contains(&id) || came_back.contains(&id);
            prop_assert!(goes_on || lives_otherwise, "{id} was stopped by the restart\nat {}", state(&before));
        }
        // Where every update is dropped, the API server goes on to say Unknown, and the new kubelet has no other phase.
        let stays_unknown = kubelets_phase(&restarted) == "Unknown";
        let phase = |world: &World| (!stays_unknown).then(|| kubelets_phase(world));
        let ends = |world: &World| (world.pod.stage(), phase(world), running(world).len());
        prop_assert!(forgets || ends(world) == ends(&restarted), "{:?}, but {:?}\nat {}", ends(world), ends(&restarted), state(&before));
        restarts.set(restarts.get() + 1);
        compared.set(compared.get() + usize::from(!forgets));
        Ok(())
    });
    println!("kubelet restarts: {}, {} of them without loss", restarts.get(), compared.get());
    assert!((restarts.get() > 200 && compared.get() > 30) || !is_thorough());
}

#[test]
fn a_found_pod_shows_what_is_stored() {
    every_call("found Pods", |call, world| {
        let stored = world.pod.status().to_owned();
        // What the API server has not stored yet has no phase.
        if !world.texts || !call.outputs.contains(&Output::StatusChanged) || stored.phase.is_none() {
            return Ok(());
        }
        let mut api = world.pod.spec().api().clone();
        api.node_name = "node".into();
        let spec = Arc::new(Spec::as_given(api));
        let found = Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: Some(&stored) }, world.pod.node(), &mut ());
        let (mut stored, mut shown) = (stored, found.status().to_owned());
        let kept = kept(world);
        // What a resize has given the containers and the Pod, the kubelet reads from its checkpoint and from cgroups: the status tells in part.
        if kept["resizing"].is_object() {
            [&mut stored, &mut shown].into_iter().for_each(forget_resources);
        }
        // The words of a condition are those of the last build. Which containers have started since, nothing else tells.
        let mut containers = kept["containers"].as_array().into_iter().flatten();
        if containers.any(|container| container["status"]["justStarted"] == true) {
            let words = |status: &mut PodStatus| status.conditions.iter_mut().for_each(|condition| condition.message.clear());
            [&mut stored, &mut shown].into_iter().for_each(words);
        }
        prop_assert!(shown == stored, "{}\nis stored, but shown is\n{}", json(&stored), json(&shown));
        Ok(())
    });
}

fn forget_resources(status: &mut PodStatus) {
    (status.resources, status.allocated_resources) = Default::default();
    for container in status.init_container_statuses.iter_mut().chain(&mut status.container_statuses) {
        (container.resources, container.allocated_resources) = Default::default();
    }
}

fn json(status: &PodStatus) -> String {
    serde_json::to_string(status).expect("a status is written")
}

/// The phase as the kubelet has it: Unknown is what its caller alone has said, and stays until the next status, which a new kubelet writes earlier.
fn kubelets_phase(world: &World) -> Value {
    let status = &kept(world)["status"];
    (if status["phase"] == "Unknown" { &status["localPhase"] } else { &status["phase"] }).clone()
}

fn kept(world: &World) -> Value {
    serde_json::to_value(world.pod.snapshot()).expect("a snapshot is written")
}

fn running(world: &World) -> Vec<&'static str> {
    let running = world.runtime.instances.iter().filter(|instance| instance.state == ObservedState::Running);
    running.map(|instance| instance.id).collect()
}

#[test]
fn no_snapshot_breaks_the_machine() {
    let (refused, taken) = (Cell::new(0), Cell::new(0));
    histories("tampered snapshots", 1_500, |world, history| {
        let (before, after) = history.split_at(history.len() / 2);
        before.iter().for_each(|&op| drop(world.step(op)));
        let numbers: Vec<u8> = history.iter().flatten().rev().copied().collect();
        let snapshot = tampered::tampered(&world.pod, &mut Numbers::new(&numbers));
        match tampered::restored(&world.pod, &snapshot) {
            Some(Ok(restored)) => {
                taken.set(taken.get() + 1);
                world.pod = restored;
                let survived = catch_unwind(AssertUnwindSafe(|| tampered::live_on(world, after)));
                prop_assert!(survived.is_ok(), "{snapshot}");
            }
            _ => refused.set(refused.get() + 1),
        }
        Ok(())
    });
    println!("tampered snapshots: {} refused, {} lived on", refused.get(), taken.get());
    assert!((refused.get() > 100 && taken.get() > 100) || !is_thorough());
}

/// The lines in which two outcomes differ.
fn difference(went_on: &str, came_back: &str) -> String {
    // A container whose end had to be made up was waiting when the Pod ended: a sync earlier or later the end of its last instance would have been shown.
    let is_made_up = |line: &str| line.contains("shown Terminated(137, ContainerStatusUnknown)");
    let is_luck = |a: &str, b: &str| {
        is_made_up(a) != is_made_up(b)
            && [a, b].iter().all(|line| line.contains("shown Terminated("))
            && a.split(", shown ").next() == b.split(", shown ").next()
    };
    let lines = went_on.lines().zip(came_back.lines()).filter(|(a, b)| a != b && !is_luck(a, b));
    lines.map(|(a, b)| format!("went on   {a}\ncame back {b}\n")).collect()
}

fn state(world: &World) -> String {
    let snapshot = serde_json::to_string(&world.pod.snapshot()).unwrap_or_default();
    format!("{}: {snapshot}\n{:?}\njobs {:?}", world.now, world.runtime, world.jobs)
}
