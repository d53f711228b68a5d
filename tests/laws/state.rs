//! What holds of a Pod in any state, however it came there.

use super::world::World;
use pod_lifecycle::observation::Observation;
use pod_lifecycle::pod::{Event, Output};
use pod_lifecycle::{Pod, Span, Time};
use std::sync::Arc;

/// What the Pod does at this moment by itself.
pub(crate) fn ticked(pod: &Pod, at: Time) -> (Pod, Vec<Output>) {
    let (mut pod, mut outputs) = (pod.clone(), Vec::new());
    pod.handle(at, Event::Tick, &mut outputs).expect("a tick is never refused");
    (pod, outputs)
}

/// Nothing happens before the deadline, and something at it.
pub(crate) fn has_honest_deadline(world: &World) -> Result<(), String> {
    let (now, deadline) = (world.now, world.pod.next_deadline());
    let horizon = deadline.map_or(now + Span::from_secs(100_000), |deadline| deadline.at);
    for early in between(now, horizon) {
        let (pod, outputs) = ticked(&world.pod, early);
        if pod != world.pod || !outputs.is_empty() {
            return Err(format!("before {deadline:?}, at {early} something happens: {outputs:?}"));
        }
    }
    let Some(deadline) = deadline else { return Ok(()) };
    let (pod, outputs) = ticked(&world.pod, deadline.at.max(now));
    let moved = pod.next_deadline() != Some(deadline);
    if moved || !outputs.is_empty() { Ok(()) } else { Err(format!("nothing happens at {deadline:?}")) }
}

/// Moments from the first on, before the second.
fn between(first: Time, end: Time) -> impl Iterator<Item = Time> {
    let half = Span::from_nanos((end - first).nanos() / 2);
    [first, first + half, end - Span::from_nanos(1)].into_iter().filter(move |&at| first <= at && at < end)
}

/// Once the machine has seen a re-list, and has done all that it wants to do at this moment, the same list says nothing more.
pub(crate) fn settles(pod: &mut Pod, now: Time, seen: &Observation) -> Result<(), String> {
    let spec = Arc::clone(pod.spec());
    pod.observe(now, seen, &mut ()).map_err(|error| format!("a re-list is refused: {error}"))?;
    let mut left = 50;
    while pod.next_deadline().is_some_and(|deadline| deadline.at <= now) {
        left -= 1;
        if left == 0 {
            return Err("it does not come to rest".into());
        }
        *pod = ticked(pod, now).0;
    }
    // Of a spec that came into force meanwhile the list says nothing.
    if pod.spec() != &spec {
        return Ok(());
    }
    let (before, mut outputs) = (pod.clone(), Vec::new());
    pod.observe(now, seen, &mut outputs).map_err(|error| format!("the same re-list again is refused: {error}"))?;
    if *pod == before && outputs.is_empty() {
        return Ok(());
    }
    Err(format!("{seen:?} again does something: {outputs:?}\n{}\n{}", kept(&before), kept(pod)))
}

/// What is kept of a Pod, for a human to compare.
pub(crate) fn kept(pod: &Pod) -> String {
    serde_json::to_string(&pod.snapshot()).expect("a snapshot is written")
}
