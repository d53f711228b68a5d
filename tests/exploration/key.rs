//! When two states are the same.
//!
//! All that the machine knows counts ([`Pod::snapshot`](pod_lifecycle::Pod::snapshot)), and all that the runtime has, and the actions that wait for an answer. Times are
//! seen from now: those to come by their distance, those that have passed by how long ago they were, roughly (back-offs and grace periods are
//! what asks for that). What the checker remembers of the way here does not count.

use crate::moves::Budget;
use crate::server::Server;
use crate::world::World;
use pod_lifecycle::Time;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A number for the state.
pub(crate) fn key(world: &World, server: &Server, left: Budget) -> u64 {
    let mut hasher = DefaultHasher::new();
    (left, server.gone, server.stored).hash(&mut hasher);
    let snapshot = serde_json::to_value(world.pod.snapshot()).expect("a snapshot is written");
    hash(&snapshot, world.now, &mut hasher);
    let mut jobs = world.jobs.clone();
    jobs.sort_by_key(|job| format!("{job:?}"));
    jobs.hash(&mut hasher);
    world.runtime.sandboxes.hash(&mut hasher);
    for instance in &world.runtime.instances {
        (instance.container, instance.attempt, instance.sandbox, instance.exit.code, format!("{:?}", instance.state)).hash(&mut hasher);
    }
    hasher.finish()
}

fn hash(value: &Value, now: Time, hasher: &mut DefaultHasher) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            name.hash(hasher);
            hash(value, now, hasher);
        }),
        Value::Array(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| hash(item, now, hasher));
        }
        Value::String(text) => match serde_json::from_value::<Time>(value.clone()) {
            Ok(time) => seen_from(now, time).hash(hasher),
            Err(_) => text.hash(hasher),
        },
        other => other.hash(hasher),
    }
}

/// Seconds until then, or roughly how long ago it was.
fn seen_from(now: Time, time: Time) -> i64 {
    match (time - now).secs() {
        ahead @ 1.. => ahead,
        0 => i64::from(time > now),
        -9..=-1 => -1,
        -599..=-10 => -2,
        _ => -3,
    }
}
