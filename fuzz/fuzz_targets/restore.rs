//! Any bytes as a snapshot: they are refused, or make a Pod that lives on without a panic and whose own snapshot is taken again.
//!
//! Input that begins as JSON does is read as it is, for a Pod of one container `c0`; any other makes a world, a history and a tampered snapshot of it.
#![no_main]
#![allow(dead_code, reason = "the world is that of the property tests, too")]

#[path = "../../tests/laws/answers.rs"]
mod answers;
#[path = "../../tests/laws/news.rs"]
mod news;
#[path = "../../tests/laws/numbers.rs"]
mod numbers;
#[path = "../../tests/laws/runtime.rs"]
mod runtime;
#[path = "../../tests/laws/shape.rs"]
mod shape;
#[path = "../../tests/laws/tampered.rs"]
mod tampered;
#[path = "../../tests/laws/world.rs"]
mod world;

use libfuzzer_sys::fuzz_target;
use numbers::Numbers;
use world::World;

fuzz_target!(|bytes: &[u8]| {
    let given = if bytes.first() == Some(&b'{') {
        let Ok(given) = serde_json::from_slice(bytes) else { return };
        Some(given)
    } else {
        None
    };
    let shape = if given.is_some() { &[] } else { &bytes[..bytes.len() / 4] };
    let mut world = World::new(&mut Numbers::new(shape));
    let history: Vec<[u8; 4]> = bytes[shape.len()..].as_chunks().0.to_vec();
    let snapshot = given.unwrap_or_else(|| {
        history[..history.len() / 2].iter().for_each(|&op| drop(world.step(op)));
        tampered::tampered(&world.pod, &mut Numbers::new(bytes))
    });
    if let Some(Ok(restored)) = tampered::restored(&world.pod, &snapshot) {
        world.pod = restored;
        tampered::live_on(&mut world, &history[history.len() / 2..]);
    }
});
