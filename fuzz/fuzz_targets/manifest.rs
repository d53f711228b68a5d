//! Any bytes as a manifest: they are refused with the place and the field, or Pods come out of them that the simulator would take.
#![no_main]
#![allow(dead_code, reason = "the readers serve the whole command line")]

#[path = "../../src/bin/pod-lifecycle/document.rs"]
mod document;
#[path = "../../src/bin/pod-lifecycle/simulate/manifest.rs"]
mod manifest;

use libfuzzer_sys::fuzz_target;
use pod_lifecycle::pod::{NewPod, NodeConfig};
use pod_lifecycle::{Pod, Spec, api};
use std::sync::{Arc, LazyLock};

static NODE: LazyLock<Arc<NodeConfig>> = LazyLock::new(Arc::default);

fuzz_target!(|text: &str| {
    let documents = match document::parse("manifest", text) {
        Ok(documents) => documents,
        Err(refused) => return assert!(refused.to_string().starts_with("manifest: "), "{refused}"),
    };
    for document in &documents {
        match manifest::pods(document, 7) {
            Ok(found) => found.into_iter().for_each(|found| is_taken(found.pod)),
            Err(refused) => assert!(format!("{refused:#}").len() > document.origin.len() + 2, "{refused:#}"),
        }
    }
});

/// What was read is a Pod that lives, and is read again as it is written.
fn is_taken(read: api::Pod) {
    let spec = Arc::new(Spec::parse(read.spec.clone()).expect("it was validated"));
    let pod = Pod::new(NewPod { meta: &read.metadata, spec: &spec, status: None }, &NODE, &mut ());
    assert_eq!(pod.pending_actions().count(), 1);
    let text = serde_json::to_string(&read).expect("a Pod can be written");
    let again: api::Pod = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(again, read);
}
