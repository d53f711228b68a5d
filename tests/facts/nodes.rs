//! Lost nodes and restarted kubelets: facts 38 to 42, and 48.

use super::case::{Case, exits, serves};
use serde_json::json;

fn lost(case: Case, back: f64) -> Case {
    let taint = json!({"key": "node.kubernetes.io/unreachable", "value": "", "effect": "NoExecute"});
    let case = case.then(8.4, "stopKubelet").then(22.7, "nodeNotReady").at(22.7, "taintNode", taint);
    case.then(back, "startKubelet").until(back + 20.0)
}

/// **Fact 38.** A lost node takes Ready from a Pod that is ready, without a reason, and nothing else: ContainersReady and the containers stay as they were, and
/// Pods that are finished or unready are left alone. A Pod that is evicted meanwhile is Running until the kubelet is back, then Ready for a moment, and then stopped.
#[test]
fn fact_38_a_lost_node_takes_ready_only() {
    lost(Case::new("Always").main("a", serves()), 59.5)
        .play()
        .shows(5.0, &["8.4 >>stopKubelet", "22.7 >>nodeNotReady", "22.7 Ready-", "22.7 >>taintNode", "59.5 >>startKubelet", "59.5 Ready+"]);
    lost(Case::new("Never").main("a", exits(1.4, 0)), 59.5)
        .play()
        .shows(5.0, &["8.4 >>stopKubelet", "22.7 >>nodeNotReady", "22.7 >>taintNode", "59.5 >>startKubelet", "59.5 ip-gone"]);
    let unready = Case::new("Always").main("a", serves()).probe("a", "readiness", &[(0.0, "failure")]);
    lost(unready, 59.5).play().shows(5.0, &["8.4 >>stopKubelet", "22.7 >>nodeNotReady", "22.7 >>taintNode", "59.5 >>startKubelet"]);
    let toleration = json!({"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0});
    let evicted = Case::new("Always").main("a", serves()).spec(json!({"tolerations": [toleration]}));
    lost(evicted, 59.5).play().shows(
        5.0,
        &[
            "8.4 >>stopKubelet",
            "22.7 >>nodeNotReady",
            "22.7 Ready-",
            "22.7 >>taintNode",
            "22.7 Disr+(DeletionByTaintManager)",
            "22.7 gen 2/1 deletionTimestamp grace=30",
            "59.5 >>startKubelet",
            "59.5 gen 2/2 Ready+",
            "59.7 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "60.5 deletionTimestamp grace=0",
            "60.5 DELETED",
        ],
    );
}

/// **Fact 39.** A kubelet that restarts quickly changes nothing, whatever probes there are. If the node was lost meanwhile, a container with a readiness probe is unready
/// until the next success.
#[test]
fn fact_39_a_kubelet_restart_is_not_seen() {
    let pod = || Case::new("Always").main("a", serves());
    let probed = || pod().probe("a", "readiness", &[(0.0, "success")]);
    let started = || probed().probe("a", "startup", &[(0.0, "success")]);
    for case in [pod(), probed(), started()] {
        let life = case.then(25.3, "stopKubelet").then(40.5, "startKubelet").play();
        life.shows(5.0, &["25.3 >>stopKubelet", "40.5 >>startKubelet"]);
        assert_eq!(life.processes.len(), 2, "{:?}", life.processes);
    }
    lost(probed(), 59.5).play().shows(
        5.0,
        &[
            "8.4 >>stopKubelet",
            "22.7 >>nodeNotReady",
            "22.7 Ready-",
            "22.7 >>taintNode",
            "59.5 >>startKubelet",
            "59.5 a=run !ready notReady",
            "59.5 a=run READY",
        ],
    );
}

/// **Fact 40.** A restarted kubelet takes the address out of the status of a finished Pod. One that ended while the kubelet was down ends in
/// the usual two steps (one recording has them in the other order, a race).
#[test]
fn fact_40_a_restarted_kubelet_forgets_the_address_of_what_is_over() {
    let down = |case: Case| case.then(25.3, "stopKubelet").then(40.5, "startKubelet").play();
    down(Case::new("Never").main("a", exits(1.4, 0))).shows(5.0, &["25.3 >>stopKubelet", "40.5 >>startKubelet", "40.5 ip-gone"]);
    down(Case::new("Never").main("a", exits(28.4, 0))).shows(
        5.0,
        &[
            "25.3 >>stopKubelet",
            "40.5 >>startKubelet",
            "40.5 a=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)",
            "41.5 Succeeded RTS-",
        ],
    );
}

/// **Fact 41.** A Pod that was terminating has its whole grace period again after a restart of the kubelet.
#[test]
fn fact_41_a_restarted_kubelet_grants_the_grace_period_anew() {
    let case = Case::new("Always").main("a", serves().deaf()).delete_within(22.0, 25).then(25.0, "stopKubelet");
    let life = case.then(40.3, "startKubelet").until(80.0).play();
    life.shows(
        30.0,
        &["40.3 >>startKubelet", "65.3 Failed a=Error(137) RTS- notReady(PodFailed)", "66.3 deletionTimestamp grace=0", "66.3 DELETED"],
    );
    life.runs(1.0, &["65.3 a killed", "65.3 a ended"]);
}

/// **Fact 42.** A running Pod that is refused by a kubelet that restarts is shown as Running with no conditions and no containers at all; some seconds later with its
/// ended containers, and two looks after that as Failed. No DisruptionTarget tells of it.
#[test]
fn fact_42_a_running_pod_may_be_refused() {
    let case = Case::new("Always").main("a", serves().deaf()).spec(json!({"nodeName": "n1", "nodeSelector": {"disk": "fast"}}));
    let case = case.world(json!({"node": {"name": "n1", "labels": {"disk": "fast"}}})).then(25.3, "stopKubelet");
    let life = case.at(26.0, "setNodeLabels", json!({"labels": {}})).then(40.3, "startKubelet").play();
    life.shows(
        5.0,
        &[
            "25.3 >>stopKubelet",
            "26.0 >>setNodeLabels",
            "40.3 >>startKubelet",
            "40.3 a gone RTS-gone Ini-gone Ready-gone CR-gone Sch-gone ip-gone",
            "44.3 a=Error(137) RTS- Ini+ notReady(PodFailed) Sch+ ip",
            "46.3 Failed/NodeAffinity",
        ],
    );
    life.runs(5.0, &["43.3 a killed", "43.3 a ended"]);
}

/// **Fact 48.** When a toleration is over the taint manager marks terminating Pods too, in the place of the eviction API's mark, and does not delete them again. A Pod
/// that no kubelet ever saw ends Failed when one comes.
#[test]
fn fact_48_the_taint_manager_marks_what_is_terminating() {
    let taint = json!({"key": "node.kubernetes.io/unreachable", "value": "", "effect": "NoExecute"});
    let case =
        Case::new("Always").main("a", serves()).then(8.4, "stopKubelet").then(22.7, "nodeNotReady").at(22.7, "taintNode", taint.clone());
    case.clone().then(42.4, "evictApi").then(343.9, "startKubelet").until(360.0).play().shows(
        20.0,
        &[
            "22.7 >>nodeNotReady",
            "22.7 Ready-",
            "22.7 >>taintNode",
            "42.4 >>evictApi",
            "42.4 Disr+(EvictionByEvictionAPI)",
            "42.4 gen 2/1 deletionTimestamp grace=30",
            "322.7 Disr+(DeletionByTaintManager)",
            "343.9 >>startKubelet",
            "343.9 gen 2/2 Ready+",
            "344.1 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "344.9 deletionTimestamp grace=0",
            "344.9 DELETED",
        ],
    );
    case.delete_within(42.4, 5).then(343.9, "startKubelet").until(360.0).play().shows(
        40.0,
        &[
            "42.4 >>delete",
            "42.4 gen 2/1 deletionTimestamp grace=5",
            "322.7 Disr+(DeletionByTaintManager)",
            "343.9 >>startKubelet",
            "343.9 gen 2/2 Ready+",
            "344.1 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "344.9 deletionTimestamp grace=0",
            "344.9 DELETED",
        ],
    );
    let unseen = Case::new("Always").main("a", serves()).spec(json!({"nodeName": "n1"})).world(json!({"node": {"kubelet": "stopped"}}));
    unseen.at(0.0, "taintNode", taint).then(301.5, "startKubelet").until(320.0).play().shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 >>taintNode",
            "300.0 Disr+(DeletionByTaintManager)",
            "300.0 gen 2/0 deletionTimestamp grace=30",
            "301.5 >>startKubelet",
            "301.5 gen 2/2 a=ContainerCreating RTS- Ini+ notReady Sch+",
            "302.0 Failed a=ContainerStatusUnknown(137)",
            "302.0 deletionTimestamp grace=0",
            "302.0 DELETED",
        ],
    );
}
