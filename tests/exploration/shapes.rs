//! The Pods that are explored.

use crate::walk::LONGEST_WAIT;
use pod_lifecycle::pod::NodeConfig;
use pod_lifecycle::rules::backoff::BackoffConfig;
use pod_lifecycle::{Span, Spec};
use serde_json::{Value, json};

/// A Pod, and how it is called.
pub(crate) struct Shape {
    pub(crate) name: String,
    spec: Value,
    /// The highest of the thresholds of its probes.
    pub(crate) threshold: i64,
}

impl Shape {
    fn new(name: &str, policy: &str, mut spec: Value) -> Self {
        (spec["restartPolicy"], spec["terminationGracePeriodSeconds"]) = (policy.into(), 2.into());
        Self { name: format!("{name}, {policy}"), spec, threshold: 1 }
    }

    /// A node whose back-offs have two lengths, not six: 10 s and 20 s.
    pub(crate) fn node(&self) -> NodeConfig {
        let mut node = NodeConfig::default();
        let forgotten_after = node.crash_loop.forgotten_after();
        let short = BackoffConfig::new(node.crash_loop.initial(), Span::from_secs(LONGEST_WAIT), forgotten_after);
        (node.crash_loop, node.image_pull) = (short, short);
        node
    }

    pub(crate) fn spec(&self) -> Spec {
        Spec::parse(serde_json::from_value(self.spec.clone()).expect("a Pod spec")).expect("a valid one")
    }
}

pub(crate) fn one(policy: &str) -> Shape {
    Shape::new("one regular", policy, json!({"containers": [{"name": "a", "image": "app:1"}]}))
}

pub(crate) fn two(policy: &str) -> Shape {
    Shape::new("two regular", policy, json!({"containers": [{"name": "a", "image": "app:1"}, {"name": "b", "image": "app:1"}]}))
}

/// With a startup, a readiness and a liveness probe that judge at once.
pub(crate) fn probed(policy: &str) -> Shape {
    let probe = json!({"exec": {"command": ["check"]}, "periodSeconds": 5, "failureThreshold": 1});
    let container = json!({"name": "a", "image": "app:1", "startupProbe": probe, "readinessProbe": probe, "livenessProbe": probe});
    Shape::new("one regular with three probes", policy, json!({"containers": [container]}))
}

pub(crate) fn with_init(policy: &str) -> Shape {
    let init = json!({"name": "i", "image": "init:1"});
    Shape::new("init + regular", policy, json!({"initContainers": [init], "containers": [{"name": "a", "image": "app:1"}]}))
}

pub(crate) fn with_sidecar(policy: &str) -> Shape {
    let sidecar = json!({"name": "s", "image": "side:1", "restartPolicy": "Always"});
    Shape::new("sidecar + regular", policy, json!({"initContainers": [sidecar], "containers": [{"name": "a", "image": "app:1"}]}))
}
