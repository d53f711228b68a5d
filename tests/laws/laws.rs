//! The laws themselves.

use super::numbers::Numbers;
use super::play::{CASES, every_call, histories, is_thorough, kept};
use super::world::{Call, Kind};
use core::cell::Cell;
use pod_lifecycle::pod::{Action, Event, Output, Stage};
use pod_lifecycle::{Pod, Span, Time};
use proptest::{prop_assert, prop_assert_eq};

/// What the Pod would have done at this moment without the event.
fn ticked(call: &Call) -> (Pod, Vec<Output>) {
    let (mut pod, mut outputs) = (call.before.clone(), Vec::new());
    pod.handle(call.now, Event::Tick, &mut outputs).expect("a tick is never refused");
    (pod, outputs)
}

#[test]
fn atomicity() {
    every_call("atomicity", |call, world| {
        if call.result.is_err() {
            prop_assert!(call.outputs.is_empty(), "refused, but emitted {:?}", call.outputs);
            prop_assert!(call.before == world.pod, "{:?} is refused, but changed the Pod", call.input);
        }
        Ok(())
    });
}

#[test]
fn staleness() {
    let stale = Cell::new(0);
    every_call("staleness", |call, world| {
        if call.kind == Kind::Stale {
            stale.set(stale.get() + 1);
            let (pod, outputs) = ticked(call);
            prop_assert_eq!(call.result, Ok(()));
            prop_assert_eq!(&call.outputs, &outputs, "news of an older attempt did something: {:?}", call.input);
            prop_assert!(world.pod == pod, "{:?} is old news, but changed the Pod", call.input);
        }
        Ok(())
    });
    println!("staleness: {} stale events", stale.get());
    assert!(stale.get() > 0 || !is_thorough());
}

#[test]
fn deadline() {
    every_call("deadline", |call, world| {
        let now = call.now;
        let deadline = world.pod.next_deadline();
        let horizon = deadline.map_or(now + Span::from_secs(100_000), |deadline| deadline.at);
        for early in between(now, horizon) {
            let (mut pod, mut outputs) = (world.pod.clone(), Vec::new());
            prop_assert_eq!(pod.handle(early, Event::Tick, &mut outputs), Ok(()));
            prop_assert!(outputs.is_empty(), "before {deadline:?}, at {early}: {outputs:?}");
            prop_assert!(pod == world.pod, "before {deadline:?}, at {early} the Pod changed");
        }
        if let Some(deadline) = deadline {
            let (mut pod, mut outputs) = (world.pod.clone(), Vec::new());
            prop_assert_eq!(pod.handle(deadline.at.max(now), Event::Tick, &mut outputs), Ok(()));
            let moved = pod.next_deadline() != Some(deadline);
            prop_assert!(moved || !outputs.is_empty(), "nothing happens at {deadline:?}");
        }
        Ok(())
    });
}

/// Moments from the first on, before the second.
fn between(first: Time, end: Time) -> impl Iterator<Item = Time> {
    let half = Span::from_nanos((end - first).nanos() / 2);
    [first, first + half, end - Span::from_nanos(1)].into_iter().filter(move |&at| first <= at && at < end)
}

#[test]
fn one_publication() {
    every_call("one publication", |call, world| {
        let spoken = call.outputs.iter().filter(|output| matches!(output, Output::StatusChanged)).count();
        prop_assert!(spoken <= 1, "{spoken} statuses in one call");
        if spoken == 0 && !world.gone {
            let (before, after) = (call.before.status().to_owned(), world.pod.status().to_owned());
            prop_assert_eq!(before, after, "the status changed silently with {:?}", call.input);
        }
        Ok(())
    });
}

#[test]
fn what_is_asked_for_is_pending() {
    every_call("pending", |call, world| {
        if call.kind == Kind::True {
            for action in world.pod.pending_actions() {
                // A deletion without grace is the API server's own: nobody needs to ask for it.
                let own = action == Action::DeleteObject && world.pod.deletion().is_some_and(|(grace, _)| grace == 0);
                let known = own || world.jobs.contains(&action);
                prop_assert!(known, "{action:?} is pending after {:?}, but was not asked for or was answered", call.input);
            }
        }
        Ok(())
    });
}

#[test]
fn liveness() {
    const MOST: usize = 600;
    let longest = Cell::new(0);
    histories("liveness", CASES, |world, history| {
        for &op in history {
            world.step(op);
        }
        let numbers: Vec<u8> = history.iter().flatten().copied().collect();
        let took = world.wind_down(MOST, &mut Numbers::new(&numbers));
        prop_assert!(
            took.is_some(),
            "not removed after {MOST} calls: {}, jobs {:?}, pending {:?}",
            world.pod.stage(),
            world.jobs,
            world.pod.pending_actions().collect::<Vec<_>>()
        );
        longest.set(longest.get().max(took.unwrap_or(0)));
        Ok(())
    });
    println!("liveness: removed after at most {} calls", longest.get());
}

#[test]
fn idempotence() {
    let looks = Cell::new(0_u32);
    every_call("idempotence", |_, world| {
        if !world.pod.stage().is_bound() || world.pod.stage() == Stage::Removed || !world.texts {
            return Ok(());
        }
        let (mut pod, seen) = (world.pod.clone(), world.list());
        prop_assert_eq!(pod.observe(world.now, &seen, &mut ()), Ok(()));
        let mut left = 50;
        while pod.next_deadline().is_some_and(|deadline| deadline.at <= world.now) && left > 0 {
            prop_assert_eq!(pod.handle(world.now, Event::Tick, &mut ()), Ok(()));
            left -= 1;
        }
        prop_assert!(left > 0, "it does not come to rest");
        let (before, mut outputs) = (pod.clone(), Vec::new());
        prop_assert_eq!(pod.observe(world.now, &seen, &mut outputs), Ok(()));
        prop_assert!(outputs.is_empty(), "the same re-list again: {outputs:?}");
        prop_assert!(pod == before, "the same re-list again changed the Pod\n{}\n{}", kept(&before), kept(&pod));
        looks.set(looks.get() + 1);
        Ok(())
    });
    println!("idempotence: {} re-lists", looks.get());
    assert!(looks.get() > 1_000 || !is_thorough());
}
