//! Law of determinism: the same inputs give the same outputs, whatever lies where in memory.

use super::numbers::Numbers;
use super::play::histories;
use super::world::{Op, World};
use core::hint::black_box;
use proptest::prop_assert_eq;
use std::thread;

#[test]
fn determinism() {
    histories("determinism", 400, |world, history| {
        let first = lived(world, history, 0);
        // In another thread, whose hash seeds are others, with a heap that other things have been in.
        let mut twin = World::new(&mut Numbers::new(&world.shape));
        let second = thread::scope(|scope| scope.spawn(move || lived(&mut twin, history, 1)).join()).expect("it lives as the first did");
        for (first, second) in first.iter().zip(&second) {
            prop_assert_eq!(first, second);
        }
        prop_assert_eq!(first.len(), second.len());
        Ok(())
    });
}

/// All that comes of a history, as text: what two machines say can be compared, but not where they are.
fn lived(world: &mut World, history: &[Op], unlike: usize) -> Vec<String> {
    let mut told = Vec::new();
    for (n, &op) in history.iter().enumerate() {
        let other = black_box(vec![0_u8; unlike * (n * 37 % 500)]);
        let call = world.step(op);
        told.push(format!("{:?} {:?} → {:?} {:?} {:?}", call.now, call.input, call.result, call.outputs, world.pod.next_deadline()));
        drop(other);
    }
    told.push(serde_json::to_string(&world.pod.status()).expect("a status is written"));
    told.push(serde_json::to_string(&world.pod.snapshot()).expect("a snapshot is written"));
    told.push(format!("{:?}", world.pod.pending_actions().collect::<Vec<_>>()));
    told.push(format!("{:?}", world.pod));
    told
}
