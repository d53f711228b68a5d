//! Vectors of a Pod's syncs, one after the other: the machine, under [`Pacing::RUNTIME`], against a scripted runtime.

mod world;

use super::{Case, ReadError, spec_of};
use crate::api;
use crate::pod::{Event, NewPod, NodeConfig, Output, Pacing};
use crate::rules::backoff::BackoffConfig;
use crate::time::{Span, Time};
use crate::{Pod, Spec};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use world::World;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: api::Pod,
    containers: BTreeMap<String, Script>,
    #[serde(default)]
    pull_failures: BTreeMap<String, u32>,
    sandbox_dies_at: Option<Time>,
    syncs: Syncs,
    backoff_initial_seconds: f64,
    backoff_max_seconds: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Syncs {
    start: Time,
    interval_seconds: f64,
    count: usize,
}

/// What becomes of one container.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Script {
    runs: Vec<Run>,
    startup_succeeds_after: Option<f64>,
    startup_fails_after: Option<f64>,
    liveness_fails_after: Option<f64>,
    start_failures: u32,
}

/// One run of a container: when it exits, and how. Negative seconds: not by itself.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    seconds: f64,
    exit_code: i32,
}

/// What was done to the runtime.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Op {
    op: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    attempt: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<i64>,
}

/// Suite `trace`: kuberuntime's `SyncPod`, many times.
pub(super) fn trace(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let spec = Arc::new(spec_of(&input.pod));
    let [initial, max] = [input.backoff_initial_seconds, input.backoff_max_seconds].map(Span::from_secs_f64);
    let mut node = NodeConfig { gates: case.gates()?, pacing: Pacing::RUNTIME, log_files: false, ..NodeConfig::default() };
    node.crash_loop = BackoffConfig::new(initial, max, node.crash_loop.forgotten_after());
    let mut player = Player::new(&input, &spec, &Arc::new(node));
    let syncs = (0..input.syncs.count as u32).map(|n| {
        let at = input.syncs.start + Span::from_secs_f64(input.syncs.interval_seconds * f64::from(n));
        player.sync(at)
    });
    Ok(syncs.flatten().collect())
}

/// The machine and its world.
struct Player<'a> {
    spec: &'a Arc<Spec>,
    pod: Pod,
    world: World<'a>,
    outputs: Vec<Output>,
    failures: Vec<Value>,
}

impl<'a> Player<'a> {
    /// A Pod that the kubelet has just admitted.
    fn new(input: &'a Input, spec: &'a Arc<Spec>, node: &Arc<NodeConfig>) -> Self {
        let now = input.syncs.start;
        let mut outputs = Vec::new();
        let meta = &input.pod.metadata;
        let bound = Arc::new(Spec::as_given(api::PodSpec { node_name: "node".to_owned(), ..input.pod.spec.clone() }));
        let pod = Pod::new(NewPod { meta, spec: &bound, status: Some(&input.pod.status) }, node, &mut outputs);
        let mut player = Self { spec, pod, world: World::new(input, spec), outputs: Vec::new(), failures: Vec::new() };
        player.tell(now, Event::Admitted);
        player
    }

    /// One sync: first the kubelet's cache is filled, then all that is asked for is done. `None` if nothing happens.
    fn sync(&mut self, now: Time) -> Option<Value> {
        self.world.live_until(now);
        // A re-list that the machine refuses would be a failure of the case: the syncs go wrong.
        let _ = self.pod.observe(now, &self.world.observation(), &mut self.outputs);
        for verdict in self.world.verdicts(now) {
            self.tell(now, verdict);
        }
        self.pod.sync(now, &mut self.outputs);
        self.carry_out(now);
        let (ops, failures) = (core::mem::take(&mut self.world.ops), core::mem::take(&mut self.failures));
        let happened = !ops.is_empty() || !failures.is_empty();
        happened.then(|| json!({ "at": now, "ops": sorted(ops), "failures": failures }))
    }

    fn tell(&mut self, now: Time, event: Event<'_>) {
        // An answer out of place is passed over: the operations differ then.
        let _ = self.pod.handle(now, event, &mut self.outputs);
    }

    fn carry_out(&mut self, now: Time) {
        while !self.outputs.is_empty() {
            for output in core::mem::take(&mut self.outputs) {
                match output {
                    Output::Action(action) => {
                        for event in self.world.carry_out(now, action) {
                            self.tell(now, event);
                        }
                    }
                    Output::StartFailed { container, reason } => {
                        let target = self.spec.container(container).name();
                        self.failures.push(json!({ "action": "StartContainer", "target": target, "error": reason.as_str() }));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Runs of stops or removals come in any order from the kubelet; the suite sorts them by name.
fn sorted(mut ops: Vec<Op>) -> Vec<Op> {
    for run in ops.chunk_by_mut(|a, b| a.op == b.op && matches!(a.op, "stopContainer" | "removeContainer" | "stopPodSandbox")) {
        run.sort_by(|a, b| if a.op == "stopPodSandbox" { Ordering::Equal } else { (&a.name, a.attempt).cmp(&(&b.name, b.attempt)) });
    }
    ops
}
