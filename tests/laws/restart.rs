//! Laws of restarts: what a snapshot keeps, and that a Pod goes on from it as if it had never stopped.

use super::play::every_call;
use pod_lifecycle::Pod;
use pod_lifecycle::pod::Snapshot;
use proptest::prop_assert;

#[test]
fn snapshots_keep_everything() {
    every_call("snapshots", |_, world| {
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
