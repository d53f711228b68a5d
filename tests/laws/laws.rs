//! The laws themselves.

use super::numbers::Numbers;
use super::play::{CASES, every_call, histories, is_thorough};
use super::state::{has_honest_deadline, settles, ticked};
use super::world::{Input, Kind};
use core::cell::Cell;
use pod_lifecycle::Span;
use pod_lifecycle::pod::{Action, Event, Output, Stage};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};

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
            // What the Pod would have done at this moment without it.
            let (pod, outputs) = ticked(&call.before, call.now);
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
    every_call("deadline", |_, world| has_honest_deadline(world).map_err(TestCaseError::fail));
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
    let (longest, held) = (Cell::new(0), Cell::new(0));
    histories("liveness", CASES, |world, history| {
        for &op in history {
            world.step(op);
        }
        let numbers: Vec<u8> = history.iter().flatten().copied().collect();
        let is_held = numbers.first().is_some_and(|number| number % 4 == 3);
        let took = world.wind_down(MOST, is_held, &mut Numbers::new(&numbers));
        prop_assert!(
            took.is_some(),
            "not removed after {MOST} calls: {}, jobs {:?}, pending {:?}",
            world.pod.stage(),
            world.jobs,
            world.pod.pending_actions().collect::<Vec<_>>()
        );
        longest.set(longest.get().max(took.unwrap_or(0)));
        if world.pod.stage() == Stage::Finished {
            held.set(held.get() + 1);
            let rest = ticked(&world.pod, world.now + Span::from_secs(100_000));
            prop_assert!(rest == (world.pod.clone(), Vec::new()), "a Pod that only a finalizer keeps does something: {:?}", rest.1);
            world.call(Input::Event(Event::ObjectRemoved));
            prop_assert_eq!(world.pod.stage(), Stage::Removed, "when the finalizer has gone");
        }
        Ok(())
    });
    assert!(held.get() > 50 || !is_thorough(), "finalizers kept {} Pods", held.get());
    println!("liveness: removed after at most {} calls", longest.get());
}

#[test]
fn idempotence() {
    let looks = Cell::new(0_u32);
    every_call("idempotence", |_, world| {
        if !world.pod.stage().is_bound() || world.pod.stage() == Stage::Removed || !world.texts {
            return Ok(());
        }
        settles(&mut world.pod.clone(), world.now, &world.list()).map_err(TestCaseError::fail)?;
        looks.set(looks.get() + 1);
        Ok(())
    });
    println!("idempotence: {} re-lists", looks.get());
    assert!(looks.get() > 1_000 || !is_thorough());
}
