use super::*;
use crate::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use proptest::prelude::*;

/// What is done to a wheel.
#[derive(Clone, Debug)]
enum Step {
    Set(u32, Time),
    Unset(u32),
    /// So much time passes, and all who are due are woken; those of odd numbers set themselves anew, this much later.
    Pass(Span, Span),
}

/// Spans of every length that there is, the short ones and equal ones often.
fn span() -> impl Strategy<Value = Span> {
    let nanos = prop_oneof![
        Just(0),
        Just(1_000_000_000),
        0..8_i64,
        (0..63_u32, any::<u64>()).prop_map(|(bits, noise)| (noise >> 1 >> bits) as i64)
    ];
    nanos.prop_map(Span::from_nanos)
}

fn step() -> impl Strategy<Value = Step> {
    let owner = || 0..24_u32;
    prop_oneof![
        5 => (owner(), span()).prop_map(|(owner, span)| Step::Set(owner, Time::EPOCH + span)),
        2 => owner().prop_map(Step::Unset),
        4 => (span(), span()).prop_map(|(passed, again)| Step::Pass(passed, again)),
    ]
}

proptest! {
    /// The wheel wakes the same owners in the same order as a sorted set does.
    #[test]
    fn it_is_a_sorted_set(start in prop_oneof![Just(0), Just(i64::MIN), Just(1_767_225_600_000_000_000), any::<i64>()], steps in prop::collection::vec(step(), 1..120)) {
        let (mut wheel, mut set, mut of) = (Wheel::new(), BTreeSet::new(), BTreeMap::new());
        let mut now = Time::from_nanos(start);
        for step in steps {
            let mut put = |wheel: &mut Wheel, set: &mut BTreeSet<_>, owner: u32, at: Option<Time>| {
                if let Some(known) = of.remove(&owner) {
                    set.remove(&(known, owner));
                }
                if let Some(at) = at {
                    of.insert(owner, at);
                    set.insert((at, owner));
                }
                wheel.set(owner, at);
                assert_eq!(wheel.get(owner), at);
            };
            match step {
                // The past is as good as the future.
                Step::Set(owner, at) => put(&mut wheel, &mut set, owner, Some(now + (at - Time::EPOCH) - Span::from_nanos(4))),
                Step::Unset(owner) => put(&mut wheel, &mut set, owner, None),
                Step::Pass(passed, again) => {
                    now = now + passed;
                    for _ in 0..40 {
                        let due = set.first().copied().filter(|(at, _)| *at <= now);
                        prop_assert_eq!(wheel.wake(now), due.map(|(_, owner)| owner));
                        let Some((_, owner)) = due else { break };
                        set.pop_first();
                        let again = (owner % 2 == 1).then(|| now + again);
                        put(&mut wheel, &mut set, owner, again);
                    }
                }
            }
            prop_assert_eq!(wheel.next(), set.first().copied());
        }
        let rest: Vec<u32> = core::iter::from_fn(|| wheel.wake(Time::MAX)).collect();
        prop_assert_eq!(rest, set.into_iter().map(|(_, owner)| owner).collect::<Vec<_>>());
    }
}

#[test]
fn many_timers_of_one_moment_come_in_order_and_leave_nothing() {
    let (mut wheel, at) = (Wheel::new(), Time::from_secs(7));
    wheel.set(0, Some(Time::EPOCH));
    for owner in (0..10_000).rev() {
        wheel.set(owner, Some(at));
        wheel.set(owner, Some(at + Span::from_secs(i64::from(owner))));
        wheel.set(owner, Some(at));
    }
    assert!((0..10_000).all(|owner| wheel.wake(at) == Some(owner)));
    assert_eq!((wheel.wake(Time::MAX), wheel.next()), (None, None));
    assert!(wheel.far.unwrap().taken.as_flattened().iter().all(|word| *word == 0));
}
