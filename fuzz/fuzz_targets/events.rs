//! Any operations on any Pod: nothing panics, and what is refused changes nothing.
//!
//! Specs, operations and the world around the machine are those of the property tests.
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
#[path = "../../tests/laws/world.rs"]
mod world;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use numbers::Numbers;
use pod_lifecycle::pod::Output;
use world::{Op, World};

#[derive(Arbitrary, Debug)]
struct Life {
    shape: Vec<u8>,
    history: Vec<Op>,
}

fuzz_target!(|life: Life| {
    let mut world = World::new(&mut Numbers::new(&life.shape));
    for op in life.history {
        let call = world.step(op);
        let spoken = call.outputs.iter().filter(|output| **output == Output::StatusChanged).count();
        assert!(spoken <= 1, "{spoken} statuses in one call");
        if let Err(error) = call.result {
            assert!(call.outputs.is_empty(), "{error}, but emitted {:?}", call.outputs);
            assert!(call.before == world.pod, "{error}, but changed the Pod");
        }
    }
    let _ = world.pod.status().to_owned();
});
