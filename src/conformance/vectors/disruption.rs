//! Vectors of what a kubelet decides over many Pods ([`crate::node`]), and of the Pods it refuses or ends by their deadline.

use super::{Case, ReadError, spec_of};
use crate::api::{Pod, PodStatus};
use crate::node::Kill;
use crate::node::admission::Rejection;
use crate::node::eviction::{self, NodePressure, Starved, Threshold, Usage};
use crate::node::preemption::{self, Recovery};
use crate::node::shutdown::{Shutdown, ShutdownConfig, ShutdownGrace};
use crate::pod::{Event, NewPod, NodeConfig};
use crate::rules::deadline;
use crate::time::{Span, Time};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

/// Suite `disruption_kubelet`: `activeDeadlineHandler` and `rejectPod`.
pub(super) fn kubelet(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(tag = "op", rename_all = "camelCase")]
    enum Input {
        ActiveDeadline { pod: Box<Pod>, status: Option<Box<PodStatus>>, now: Time },
        RejectPod { pod: Box<Pod>, reason: String, now: Time },
    }
    Ok(match case.input()? {
        Input::ActiveDeadline { pod, status, now } => {
            let evict = deadline::has_passed(&spec_of(&pod), deadline::start_time(status.as_deref(), &pod.status), now);
            json!({ "evict": evict, "reason": if evict { deadline::REASON } else { "" } })
        }
        Input::RejectPod { mut pod, reason, now } => {
            // Only a Pod that has a node can be refused there.
            pod.spec.node_name = "n1".into();
            let node = Arc::new(NodeConfig { gates: case.gates()?, ..NodeConfig::default() });
            let new = NewPod { meta: &pod.metadata, spec: &Arc::new(spec_of(&pod)), status: Some(&pod.status) };
            let mut machine = crate::Pod::new(new, &node, &mut ());
            machine.handle(now, Event::Rejected { reason: &reason, message: "" }, &mut ())?;
            json!({ "status": machine.status() })
        }
    })
}

/// Suite `disruption_eviction`: the eviction manager's `synchronize` under memory pressure, and its `Admit`.
pub(super) fn eviction(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
    enum Input {
        EvictMemoryPressure {
            threshold: Kind,
            max_pod_grace_period_seconds: i64,
            pods: Vec<Used>,
            status_before: Box<PodStatus>,
            now: Time,
        },
        EvictionAdmit {
            pod: Box<Pod>,
            node_conditions: Option<Vec<String>>,
        },
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        Hard,
        Soft,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Used {
        pod: Pod,
        memory_working_set_bytes: Option<i64>,
    }
    let gates = case.gates()?;
    Ok(match case.input()? {
        Input::EvictMemoryPressure { threshold, max_pod_grace_period_seconds, pods, status_before, now } => {
            let threshold = match threshold {
                Kind::Hard => Threshold::Hard,
                Kind::Soft => Threshold::Soft { max_pod_grace_period_seconds },
            };
            let usages: Vec<_> = pods.iter().map(|used| Usage { pod: &used.pod, used: used.memory_working_set_bytes }).collect();
            match eviction::evict(Starved::Memory, threshold, &usages, &gates) {
                None => json!({ "evicted": null }),
                Some(kill) => {
                    let pod = &pods[kill.pod].pod;
                    json!({
                        "evicted": pod.metadata.name,
                        "gracePeriodSeconds": kill.grace_period_seconds,
                        "status": ended(&kill, *status_before, pod, now),
                    })
                }
            }
        }
        Input::EvictionAdmit { pod, node_conditions } => {
            let pressures: Vec<_> = node_conditions.iter().flatten().filter_map(|name| NodePressure::from_text(name)).collect();
            let admit = eviction::admits(&pod, &pressures, &gates);
            let rejection = (!admit).then_some(Rejection::NodePressure(pressures));
            json!({ "admit": admit, "reason": rejection.as_ref().map_or("".into(), Rejection::reason) })
        }
    })
}

/// Suite `disruption_preemption`: `HandleAdmissionFailure`.
pub(super) fn preemption(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        admit_pod: Pod,
        pods: Vec<Pod>,
        failure_reasons: Vec<Failure>,
        status_before: PodStatus,
        now: Time,
    }
    #[derive(Deserialize)]
    #[serde(untagged, rename_all_fields = "camelCase")]
    enum Failure {
        Resource { insufficient_resource: String, requested: i64, used: i64, capacity: i64 },
        Predicate { predicate: String },
    }
    let Input { admit_pod, pods, failure_reasons, status_before, now } = case.input()?;
    let failures: Vec<_> = failure_reasons
        .into_iter()
        .map(|failure| match failure {
            Failure::Resource { insufficient_resource: resource, requested, used, capacity } => {
                Rejection::Shortage { resource, requested, used, capacity }
            }
            Failure::Predicate { predicate } => Rejection::Other { reason: predicate, message: String::new() },
        })
        .collect();
    let others: Vec<_> = pods.iter().collect();
    Ok(match preemption::recover(&admit_pod, &failures, &others, &case.gates()?) {
        Recovery::None(left) => {
            let left: Vec<_> = left.iter().map(|failure| failure.reason().into_owned()).collect();
            json!({ "error": false, "remainingReasons": left })
        }
        Recovery::NotEnough => json!({ "error": true }),
        Recovery::Preempt(kills) => {
            let names: Vec<_> = kills.iter().map(|kill| &pods[kill.pod].metadata.name).collect();
            // One status for all: the suite leaves out what differs.
            let status = kills.first().map(|kill| {
                let any = Pod { metadata: crate::api::ObjectMeta::default(), ..pods[kill.pod].clone() };
                ended(kill, status_before, &any, now)
            });
            json!({ "error": false, "preempted": names, "statusOfPreempted": status })
        }
    })
}

/// Suite `disruption_shutdown`: `migrateConfig`, `groupByPriority`, `killPods`.
pub(super) fn shutdown(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        #[serde(default)]
        shutdown_grace_period_by_pod_priority: Vec<Grace>,
        #[serde(default)]
        shutdown_grace_period_seconds: i64,
        #[serde(default)]
        shutdown_grace_period_critical_pods_seconds: i64,
        pods: Vec<Slow>,
        now: Time,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Grace {
        priority: i32,
        shutdown_grace_period_seconds: i64,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Slow {
        pod: Pod,
        kill_takes_seconds: f64,
        status_before: PodStatus,
    }
    let input: Input = case.input()?;
    let by_priority: Vec<_> = input
        .shutdown_grace_period_by_pod_priority
        .iter()
        .map(|grace| ShutdownGrace { priority: grace.priority, seconds: grace.shutdown_grace_period_seconds })
        .collect();
    let critical = Span::from_secs(input.shutdown_grace_period_critical_pods_seconds);
    let whole = Span::from_secs(input.shutdown_grace_period_seconds);
    let config = ShutdownConfig::new(whole, critical, &by_priority, &case.gates()?);
    let pods: Vec<_> = input.pods.iter().map(|slow| &slow.pod).collect();

    // The node of the suite: each kill takes its time.
    let mut now = input.now;
    let since = |now: Time| (now - input.now).as_secs_f64();
    let mut shutdown = Shutdown::begin(&config, now, &pods);
    let mut dying: BTreeMap<usize, Time> = BTreeMap::new();
    let mut told = BTreeMap::new();
    let mut is_new_turn = true;
    while let Some(deadline) = shutdown.deadline() {
        if core::mem::take(&mut is_new_turn) {
            for kill in shutdown.kills() {
                let slow = &input.pods[kill.pod];
                dying.insert(kill.pod, now + Span::from_secs_f64(slow.kill_takes_seconds));
                let answer = json!({
                    "killAtSeconds": since(now),
                    "gracePeriodSeconds": kill.grace_period_seconds,
                    "evict": kill.ending.is_eviction(),
                    "status": ended(kill, slow.status_before.clone(), &slow.pod, now),
                });
                told.insert(slow.pod.metadata.name.clone(), answer);
            }
        }
        let first = dying.iter().min_by_key(|(_, at)| **at).map(|(n, at)| (*n, *at));
        match first.filter(|(_, at)| *at < deadline) {
            Some((pod, at)) => {
                now = now.max(at);
                dying.remove(&pod);
                is_new_turn = shutdown.ended(now, pod);
            }
            None => {
                now = deadline;
                is_new_turn = shutdown.tick(now);
            }
        }
    }
    Ok(json!({ "pods": told, "doneAtSeconds": since(now), "periodRequestedSeconds": config.period_requested().as_secs_f64() }))
}

/// What the kubelet makes of the status of a Pod that it ends.
fn ended(kill: &Kill, mut status: PodStatus, pod: &Pod, now: Time) -> PodStatus {
    kill.ending.apply(&mut status, pod.metadata.generation, &kill.message, now);
    status
}
