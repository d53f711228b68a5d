//! Evictions, the deadline, admission: facts 29 to 32, and 47.

use super::case::{Case, exits, serves};
use serde_json::json;

/// **Fact 29.** A Pod that the kubelet evicts has Succeeded if all of it exits 0, without the reason; else it is Failed, Evicted. DisruptionTarget tells of
/// node pressure and preemption, not of a storage limit. One second of grace is two in fact, and Ready holds until the end.
#[test]
fn fact_29_an_evicted_pod_may_have_succeeded() {
    let evict = json!({"reason": "Evicted", "gracePeriodSeconds": 1});
    let storage = json!({"reason": "Evicted", "gracePeriodSeconds": 1, "disruptionTarget": false});
    let pod = |runs| Case::new("Always").main("a", runs);
    pod(serves())
        .at(2.3, "evict", storage.clone())
        .play()
        .shows(1.0, &["2.3 >>evict", "2.5 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)"]);
    pod(serves().on_term(0.2, 1))
        .at(2.3, "evict", storage)
        .play()
        .shows(1.0, &["2.3 >>evict", "2.5 Failed/Evicted a=Error(1) RTS- notReady(PodFailed)"]);
    pod(serves()).at(2.3, "evict", evict.clone()).play().shows(
        1.0,
        &["2.3 >>evict", "2.5 Succeeded a=Completed(0) Disr+(TerminationByKubelet) RTS- Ini+(PodCompleted) notReady(PodCompleted)"],
    );
    pod(serves().deaf())
        .at(2.3, "evict", evict)
        .play()
        .shows(1.0, &["2.3 >>evict", "4.3 Failed/Evicted a=Error(137) Disr+(TerminationByKubelet) RTS- notReady(PodFailed)"]);
    pod(serves()).then(2.3, "preempt").play().shows(
        1.0,
        &["2.3 >>preempt", "2.5 Succeeded a=Completed(0) Disr+(TerminationByKubelet) RTS- Ini+(PodCompleted) notReady(PodCompleted)"],
    );
}

/// **Fact 30.** The deadline is judged at each sync: Failed, even if all exit 0. Ready goes at once, the phase when all are down. It counts from a start time in whole
/// seconds, so up to a second early, and a Pod without a node has none.
#[test]
fn fact_30_the_deadline_is_always_a_failure() {
    let pod = || Case::new("Always").main("a", serves()).spec(json!({"activeDeadlineSeconds": 8}));
    pod().play().shows(1.0, &["8.0 notReady(PodFailed)", "9.2 Failed/DeadlineExceeded a=Completed(0) RTS-"]);
    let gate = json!({"schedulingGates": [{"name": "example.com/g"}]});
    let late = pod().spec(gate).at(2.7, "removeSchedulingGate", json!({"gate": "example.com/g"})).play();
    assert_eq!(late.times("notReady(PodFailed)"), [10.0], "eight seconds after 2.0, not after 2.7");
    pod().world(json!({"node": {"fits": false}})).play().shows(0.0, &["0.0 Pending", "0.0 Sch-(Unschedulable)"]);
}

/// **Fact 31.** The eviction API marks the Pod first, in an update of its own, and then deletes it: also one that is pending, or finished. That condition has
/// no observedGeneration; the taint manager's has. A budget that forbids it leaves no trace.
#[test]
fn fact_31_the_eviction_api_marks_before_it_deletes() {
    let pod = || Case::new("Always").main("a", serves());
    pod()
        .world(json!({"node": {"fits": false}}))
        .then(2.3, "evictApi")
        .play()
        .shows(1.0, &["2.3 >>evictApi", "2.3 Disr+(EvictionByEvictionAPI)", "2.3 gen 2/0 deletionTimestamp grace=0", "2.3 DELETED"]);
    let running = pod().then(2.3, "evictApi").play();
    running.shows(
        1.0,
        &[
            "2.3 >>evictApi",
            "2.3 Disr+(EvictionByEvictionAPI)",
            "2.3 gen 2/1 deletionTimestamp grace=30",
            "2.3 gen 2/2",
            "2.5 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "3.0 deletionTimestamp grace=0",
            "3.0 DELETED",
        ],
    );
    let marked = |life: &super::life::Life| {
        let disruption = life.last().status.conditions.iter().find(|condition| condition.type_.to_string() == "DisruptionTarget").cloned();
        disruption.map(|condition| condition.observed_generation)
    };
    assert_eq!(marked(&running), Some(0));
    Case::new("Never")
        .main("a", exits(1.4, 0))
        .then(6.3, "evictApi")
        .play()
        .shows(5.0, &["6.3 >>evictApi", "6.3 Disr+(EvictionByEvictionAPI)", "6.3 gen 2/1 deletionTimestamp grace=0", "6.3 DELETED"]);
    pod().at(2.3, "evictApi", json!({"result": "rejected"})).play().shows(1.0, &["2.3 >>evictApi"]);
    let taint = json!({"key": "example.com/t", "value": "", "effect": "NoExecute"});
    assert_eq!(marked(&pod().at(2.3, "taintNode", taint).play()), Some(1));
}

/// **Fact 32.** A Pod that the kubelet refuses is Failed with reason, message and start time, and nothing else. One that came with its node has PodScheduled
/// from the kubelet.
#[test]
fn fact_32_a_refused_pod_shows_nothing_else() {
    let pod = || Case::new("Always").main("a", serves()).spec(json!({"nodeName": "n1"}));
    let refused = pod().world(json!({"node": {"admission": "OutOfcpu"}})).play();
    refused.shows(0.0, &["0.0 Pending", "0.0 Failed/OutOfcpu"]);
    let status = &refused.last().status;
    assert!(status.conditions.is_empty() && status.container_statuses.is_empty() && status.host_ip.is_empty());
    assert!(status.start_time.is_some() && !status.message.is_empty());
    pod().play().shows(0.0, &["0.0 Pending", "0.0 a=ContainerCreating RTS- Ini+ notReady Sch+", "0.0 RTS+", "0.0 Running a=run READY ip"]);
}

/// **Fact 47.** The victim of the scheduler's preemption is marked, and then deleted like any other. (What the preemptor shows is the scheduler's own.)
#[test]
fn fact_47_the_schedulers_victim_is_deleted_with_its_grace_period() {
    Case::new("Always").main("a", serves().on_term(2.0, 0)).then(2.3, "schedulerPreempt").play().shows(
        1.0,
        &[
            "2.3 >>schedulerPreempt",
            "2.3 Disr+(PreemptionByScheduler)",
            "2.3 gen 2/1 deletionTimestamp grace=30",
            "2.3 gen 2/2",
            "4.3 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "5.0 deletionTimestamp grace=0",
            "5.0 DELETED",
        ],
    );
}
