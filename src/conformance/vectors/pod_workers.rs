//! Vectors of the workers in [`crate::node::workers`]: the suite's world is a clock that jumps, and sync functions that follow a
//! script.

use super::{Case, ReadError};
use crate::api::Pod;
use crate::node::workers::{KillRequest, KillTicket, PodUpdate, PodWorkers, Requeue, SyncCall, SyncResult, UpdateType, WorkerOutput};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    scripts: BTreeMap<String, Script>,
    steps: Vec<Step>,
    end_at: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Script {
    runtime_has_running: bool,
    sync_pod: Vec<Behaviour>,
    sync_terminating_pod: Vec<Behaviour>,
    sync_terminated_pod: Vec<Behaviour>,
}

#[derive(Clone, Copy, Deserialize)]
struct Behaviour {
    seconds: f64,
    result: ScriptedResult,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ScriptedResult {
    Ok,
    Terminal,
    Error,
    Canceled,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    at: Time,
    op: Op,
    pod: Option<Arc<Pod>>,
    uid: Option<String>,
    #[serde(default)]
    evict: bool,
    grace_period_override: Option<i64>,
    #[serde(default)]
    notify: bool,
    #[serde(default)]
    desired: BTreeSet<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Op {
    Create,
    Update,
    Sync,
    Kill,
    RuntimeKill,
    SyncKnownPods,
}

/// A function that runs.
struct Running {
    call: SyncCall,
    begin: Time,
    end: Time,
    result: ScriptedResult,
}

/// The world of a case.
struct World<'a> {
    scripts: &'a BTreeMap<String, Script>,
    now: Time,
    workers: PodWorkers<String, Arc<Pod>>,
    running: BTreeMap<String, Running>,
    /// How often each function of each Pod was called.
    calls: BTreeMap<(String, &'static str), usize>,
    ended: Vec<Value>,
    notified: BTreeSet<u64>,
    requeues: Vec<String>,
}

/// Suite `pod_workers`: `UpdatePod`, `SyncKnownPods` and the worker loop.
pub(super) fn pod_workers(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let mut world = World {
        scripts: &input.scripts,
        now: Time::EPOCH,
        workers: PodWorkers::new(),
        running: BTreeMap::new(),
        calls: BTreeMap::new(),
        ended: Vec::new(),
        notified: BTreeSet::new(),
        requeues: Vec::new(),
    };
    let mut steps = Vec::new();
    for (index, step) in input.steps.iter().enumerate() {
        let known = world.step(index, step);
        let until = input.steps.get(index + 1).map_or(input.end_at, |next| next.at);
        world.run(until);
        let mut seen = world.observed();
        if let Some(known) = known {
            seen["known"] = known;
        }
        steps.push(seen);
    }
    // The file lists the calls by the text of their begin.
    world.ended.sort_by_cached_key(|call| (call["at"].as_str().map(String::from), call["uid"].to_string()));
    Ok(json!({ "calls": world.ended, "steps": steps }))
}

impl World<'_> {
    fn step(&mut self, index: usize, step: &Step) -> Option<Value> {
        self.now = step.at;
        let mut out = Vec::new();
        let ticket = step.notify.then_some(KillTicket(index as u64));
        let request = KillRequest { evict: step.evict, grace_period_seconds: step.grace_period_override, ticket };
        let known = match (step.op, step.pod.clone()) {
            (Op::SyncKnownPods, _) => {
                let known = self.workers.sync_known_pods(|uid| step.desired.contains(uid), &mut out);
                Some(known.into_iter().map(|(uid, known)| (uid, json!(known))).collect())
            }
            (op, pod) => {
                let uid = pod.as_ref().map(|pod| pod.metadata.uid.clone()).or_else(|| step.uid.clone()).unwrap_or_default();
                let update = match (op, pod) {
                    (Op::Create, Some(pod)) => PodUpdate::Create(pod),
                    (Op::Update, Some(pod)) => PodUpdate::Update(pod),
                    (Op::Kill, Some(pod)) => PodUpdate::Kill(pod, request),
                    (_, Some(pod)) => PodUpdate::Sync(pod),
                    (_, None) => PodUpdate::KillRuntimePod(request),
                };
                let runs = self.scripts.get(&uid).is_some_and(|script| script.runtime_has_running);
                self.workers.update(&uid, update, !runs, &mut out);
                None
            }
        };
        self.carry_out(out);
        known
    }

    /// Lets functions end until then.
    fn run(&mut self, until: Time) {
        let next = |running: &BTreeMap<String, Running>| running.iter().map(|(uid, call)| (call.end, uid.clone())).min();
        while let Some((end, uid)) = next(&self.running).filter(|(end, _)| *end <= until) {
            self.now = end;
            let Some(running) = self.running.remove(&uid) else { break };
            self.ended.push(ended(&uid, &running));
            let mut out = Vec::new();
            if self.workers.finished(&uid, running.result.into(), &mut out).is_err() {
                self.ended.push("reported as not running".into());
            }
            self.carry_out(out);
        }
        self.now = until;
    }

    fn carry_out(&mut self, out: Vec<WorkerOutput<String>>) {
        for output in out {
            match output {
                WorkerOutput::Start { uid, call } => self.begin(uid, call),
                WorkerOutput::Cancel { uid } => {
                    if let Some(running) = self.running.get_mut(&uid) {
                        (running.end, running.result) = (self.now, ScriptedResult::Canceled);
                    }
                }
                WorkerOutput::Requeue { uid, when } => self.requeues.push(format!("{uid}:{}", word(when))),
                WorkerOutput::Killed { ticket, .. } => {
                    self.notified.insert(ticket.0);
                }
            }
        }
    }

    fn begin(&mut self, uid: String, call: SyncCall) {
        let Some(script) = self.scripts.get(&uid) else { return };
        let (name, behaviours) = match call {
            SyncCall::SyncPod { .. } => ("sync", &script.sync_pod),
            SyncCall::SyncTerminatingPod { .. } => ("terminating", &script.sync_terminating_pod),
            SyncCall::SyncTerminatingRuntimePod => ("terminatingRuntime", &script.sync_terminating_pod),
            SyncCall::SyncTerminatedPod => ("terminated", &script.sync_terminated_pod),
        };
        let count = self.calls.entry((uid.clone(), name)).or_default();
        let behaviour = behaviours.get(*count).or(behaviours.last());
        *count += 1;
        if let Some(Behaviour { seconds, result }) = behaviour.copied() {
            let end = self.now + Span::from_secs_f64(seconds);
            self.running.insert(uid, Running { call, begin: self.now, end, result });
        }
    }

    fn observed(&mut self) -> Value {
        let mut requeues = core::mem::take(&mut self.requeues);
        // The file lists them as they came if there is one Pod, and by their text if there are more.
        if self.scripts.len() > 1 {
            requeues.sort();
        }
        let known = self.workers.uids().map(|uid| (uid.clone(), json!(self.workers.state(uid))));
        let queries = self.scripts.keys().map(|uid| (uid.clone(), self.queries(uid)));
        json!({
            "observedAt": self.now,
            "workers": known.collect::<serde_json::Map<_, _>>(),
            "queries": queries.collect::<serde_json::Map<_, _>>(),
            "notified": self.notified.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "requeues": requeues,
        })
    }

    fn queries(&self, uid: &String) -> Value {
        let workers = &self.workers;
        json!({
            "couldHaveRunningContainers": workers.could_have_running_containers(uid),
            "isPodKnownTerminated": workers.is_pod_known_terminated(uid),
            "shouldPodBeFinished": workers.should_pod_be_finished(uid),
            "shouldPodContainersBeTerminating": workers.should_pod_containers_be_terminating(uid),
            "shouldPodContentBeRemoved": workers.should_pod_content_be_removed(uid),
            "shouldPodRuntimeBeRemoved": workers.should_pod_runtime_be_removed(uid),
        })
    }
}

fn ended(uid: &str, running: &Running) -> Value {
    let (function, update_type, grace) = match running.call {
        SyncCall::SyncPod { update_type } => ("SyncPod", Some(update_type), None),
        SyncCall::SyncTerminatingPod { grace_period_seconds, .. } => ("SyncTerminatingPod", None, grace_period_seconds),
        SyncCall::SyncTerminatingRuntimePod => ("SyncTerminatingRuntimePod", None, None),
        SyncCall::SyncTerminatedPod => ("SyncTerminatedPod", None, None),
    };
    let update_type: Option<UpdateType> = update_type;
    let result = match running.result {
        ScriptedResult::Ok => "ok",
        ScriptedResult::Terminal => "terminal",
        ScriptedResult::Error => "error",
        ScriptedResult::Canceled => "canceled",
    };
    json!({
        "at": text(running.begin), "end": running.end, "uid": uid, "fn": function, "updateType": update_type,
        "gracePeriodSeconds": grace, "result": result,
    })
}

/// A moment with no more digits than it needs.
fn text(moment: Time) -> String {
    let text = json!(moment).as_str().unwrap_or_default().trim_end_matches('Z').to_string();
    let text = if text.contains('.') { text.trim_end_matches('0') } else { &text };
    format!("{text}Z")
}

impl From<ScriptedResult> for SyncResult {
    fn from(result: ScriptedResult) -> Self {
        match result {
            ScriptedResult::Ok => Self::Done,
            ScriptedResult::Terminal => Self::Terminal,
            ScriptedResult::Error => Self::Failed,
            ScriptedResult::Canceled => Self::Canceled,
        }
    }
}

const fn word(when: Requeue) -> &'static str {
    match when {
        Requeue::Immediate => "immediate",
        Requeue::Resync => "resync",
        Requeue::Backoff => "backoff",
        Requeue::NetworkNotReady => "networkNotReady",
        Requeue::Until(_) => "until",
    }
}
