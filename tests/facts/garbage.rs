//! The Pod garbage collector: facts 43 and 44.

use super::case::{Case, exits, seconds, serves};
use pod_lifecycle::api::{Node, Pod};
use pod_lifecycle::cluster::{GarbageReason, PodGc, pod_gc};
use pod_lifecycle::{Span, Time};
use serde_json::json;

/// When the collector removes these Pods after their node is gone, if its rounds come so long (in seconds) after that.
fn removed_after(pods: &[Pod], offset: i64) -> f64 {
    let gone = Time::from_secs(1_767_225_600);
    let (mut gc, nodes) = (PodGc::default(), [] as [Node; 0]);
    let mut now = gone + Span::from_secs(offset);
    loop {
        let missing = gc.look(now, pods, &nodes);
        if gc.collect(pods, &nodes, &missing).iter().any(|garbage| garbage.why == GarbageReason::Orphaned) {
            return seconds(now - gone);
        }
        now = now + pod_gc::CHECK_PERIOD;
    }
}

/// **Fact 43.** A Pod whose node is gone is made Failed in one update, with DisruptionTarget, its containers running and Ready in it; then it is deleted by force, 40 to 60 s
/// after the node. One that has ended is only deleted. Of a node that is out of service the taint manager's mark stays.
#[test]
fn fact_43_the_pods_of_a_node_that_is_gone() {
    let orphan = |case: Case| case.then(7.3, "stopKubelet").then(9.0, "deleteNode");
    let running = orphan(Case::new("Always").main("a", serves())).play();
    running
        .shows(8.0, &["9.0 >>deleteNode", "49.0 Failed Disr+(DeletionByPodGC)", "49.0 gen 2/1 deletionTimestamp grace=0", "49.0 DELETED"]);
    let last = &running.last().status;
    assert!(last.container_statuses[0].state.running.is_some() && last.container_statuses[0].ready);
    orphan(Case::new("Never").main("a", exits(1.4, 0)))
        .play()
        .shows(8.0, &["9.0 >>deleteNode", "49.0 gen 2/1 deletionTimestamp grace=0", "49.0 DELETED"]);
    let mut pod = running.last().clone();
    pod.spec.node_name = "n1".into();
    let waits: Vec<f64> = [1, 7, 20].map(|offset| removed_after(&[pod.clone()], offset)).into();
    assert_eq!(waits, [41.0, 47.0, 60.0]);

    let stays = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute"});
    let tolerations = json!({"tolerations": [stays("node.kubernetes.io/unreachable"), stays("node.kubernetes.io/not-ready")]});
    let taint = |key: &str| json!({"key": key, "value": "", "effect": "NoExecute"});
    let case = Case::new("Always").main("a", serves().deaf()).spec(tolerations).delete_within(2.6, 300).then(3.6, "stopKubelet");
    let case = case.then(16.7, "nodeNotReady").at(16.7, "taintNode", taint("node.kubernetes.io/unreachable"));
    let case = case.at(20.1, "taintNode", taint("example.com/down")).at(22.7, "taintNode", taint(pod_gc::OUT_OF_SERVICE));
    case.play().shows(
        20.0,
        &[
            "20.1 >>taintNode",
            "20.1 Disr+(DeletionByTaintManager)",
            "22.7 >>taintNode",
            "22.7 Failed",
            "22.7 deletionTimestamp grace=0",
            "22.7 DELETED",
        ],
    );
}

/// **Fact 44.** Above the threshold the oldest of the Pods that have ended are deleted with grace period 0, and nothing is written to their status.
#[test]
fn fact_44_the_oldest_of_those_that_have_ended_go_first() {
    let case = || Case::new("Never").main("a", exits(1.4, 0));
    case()
        .at(8.5, "podGC", json!({"why": "terminated"}))
        .play()
        .shows(5.0, &["8.5 >>podGC", "8.5 gen 2/1 deletionTimestamp grace=0", "8.5 DELETED"]);
    let ended = case().play().last().clone();
    let of_age = |(name, second): (&str, i64)| {
        let mut pod = ended.clone();
        pod.metadata.name = name.into();
        pod.metadata.creation_timestamp = Some(Time::from_secs(second));
        pod
    };
    let pods = [("podgc-1", 30), ("podgc-2", 10), ("podgc-3", 20)].map(of_age);
    let garbage = PodGc::new(1).collect(&pods, &[] as &[Node], &[]);
    assert_eq!(garbage.iter().map(|garbage| garbage.pod.metadata.name.as_str()).collect::<Vec<_>>(), ["podgc-2", "podgc-3"]);
    assert!(garbage.iter().all(|garbage| garbage.why == GarbageReason::Terminated && garbage.patch(Time::from_secs(99)).is_none()));
}
