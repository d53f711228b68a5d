//! Pods of one container, for real: processes of this machine under a [`Driver`] with the real clock.
#![cfg(unix)]
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

#[path = "process_backend/processes.rs"]
mod processes;

use pod_lifecycle::api::{ConditionStatus, ObjectMeta};
use pod_lifecycle::backend::{Driver, Told};
use pod_lifecycle::cluster::{self, DeletionRequest};
use pod_lifecycle::pod::{Change, Event, KubeletCondition, NewPod, NodeConfig, Stage};
use pod_lifecycle::rules::view::{Exit, StatusEntry, StatusState};
use pod_lifecycle::{ContainerIndex, Pod, Spec};
use processes::{Processes, now, volume};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn a_crash_is_restarted() {
    let script = "test -e crashed && exit 0; touch crashed; exit 3";
    let mut node = Node::new("crash", json!({"command": ["sh", "-c", script]}), "OnFailure");
    node.run_until(|pod| pod.stage() == Stage::Finished);
    let shown = node.main();
    assert_eq!((shown.state, shown.last, shown.restart_count), (StatusState::Terminated(Exit::of_code(0)), Some(Exit::of_code(3)), 1));
    node.delete();
}

#[test]
fn an_unhealthy_process_that_ignores_term_is_killed() {
    // Its first run is unhealthy until it gets the stop signal. Whatever is probed says too that the signal is trapped by now.
    let command = json!(["sh", "-c", "trap 'touch healthy' TERM; echo run >> runs; while :; do sleep 0.05; done"]);
    let probe =
        |test: &str| json!({"exec": {"command": ["sh", "-c", test]}, "periodSeconds": 1, "timeoutSeconds": 30, "failureThreshold": 1});
    let liveness = probe("test ! -e runs || test -e healthy");
    let readiness = probe("test $(wc -l < runs) = 2");
    let mut node = Node::new("deaf", json!({"command": command, "livenessProbe": liveness, "readinessProbe": readiness}), "Always");
    let is_ready = |pod: &Pod| pod.condition(KubeletCondition::Ready).is_some_and(|ready| ready.status == ConditionStatus::True);
    node.run_until(is_ready);
    let shown = node.main();
    assert_eq!((shown.state, shown.last, shown.restart_count), (StatusState::Running, Some(Exit::of_code(137)), 1));
    node.delete();
    assert_eq!(node.main().state, StatusState::Terminated(Exit::of_code(137)));
}

/// A node with one Pod.
struct Node {
    driver: Driver<Processes>,
    meta: ObjectMeta,
    key: usize,
}

impl Node {
    fn new(name: &str, mut container: Value, restart_policy: &str) -> Self {
        (container["name"], container["image"]) = ("main".into(), "this-machine".into());
        let spec = json!({
            "nodeName": "node", "hostNetwork": true, "restartPolicy": restart_policy, "terminationGracePeriodSeconds": 1,
            "containers": [container],
        });
        let spec = Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap());
        let meta = ObjectMeta { uid: format!("{name}-{}", std::process::id()), generation: 1, ..ObjectMeta::default() };
        let mut driver = Driver::new(Processes::new(), Arc::new(NodeConfig::default()));
        let key = driver.add(NewPod { meta: &meta, spec: &spec, status: None }, &mut no_contradiction);
        Self { driver, meta, key }
    }

    fn pod(&self) -> &Pod {
        self.driver.pod(self.key).unwrap()
    }

    fn main(&self) -> StatusEntry {
        self.pod().container(ContainerIndex::new(0)).entry.unwrap()
    }

    fn run_until(&mut self, done: impl Fn(&Pod) -> bool) {
        let patience = Duration::from_secs(60);
        let give_up = Instant::now() + patience;
        while !done(self.pod()) {
            assert!(Instant::now() < give_up, "{}", serde_json::to_string_pretty(&self.pod().status()).unwrap());
            let until_due = self.driver.next_deadline().map(|at| Duration::from_nanos((at - now()).nanos().max(0) as u64));
            self.driver.backend_mut().wait(until_due.unwrap_or(patience).min(patience));
            self.driver.advance(now(), &mut no_contradiction);
        }
    }

    /// Deletes the Pod and waits until it is gone.
    fn delete(&mut self) {
        let (spec, phase) = (self.pod().spec().clone(), Some(self.pod().phase()));
        let request = DeletionRequest { meta: &self.meta, spec: spec.api(), phase, grace_period_seconds: None };
        let verdict = cluster::delete(now(), &request);
        let (at, grace_period_seconds, generation) = verdict.update.unwrap();
        let change = Change::Deletion { at, grace_period_seconds, generation };
        self.driver.update(now(), self.key, &change, &mut no_contradiction).unwrap();
        if verdict.remove {
            self.driver.handle(now(), self.key, Event::ObjectRemoved, &mut no_contradiction).unwrap();
        }
        self.run_until(|pod| pod.stage() == Stage::Removed);
        assert!(!volume(&self.meta).exists(), "unmounted");
    }
}

fn no_contradiction(_: usize, told: Told, _: &Pod) {
    assert!(!matches!(told, Told::Refused(_)), "{told:?}");
}
