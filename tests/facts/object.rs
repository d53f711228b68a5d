//! Generation, readiness gates, ephemeral containers: facts 33, 34 and 37.

use super::case::{Case, exits, serves};
use serde_json::json;

/// **Fact 33.** The generation goes up with a deletion and with each change of the spec, not with metadata or status; the kubelet answers in an update
/// of its own, on each condition that it owns. Before that the binding's PodScheduled has no observedGeneration.
#[test]
fn fact_33_what_raises_the_generation() {
    let case = Case::new("Always").main("a", serves()).at(2.3, "updateMetadata", json!({"patch": {"labels": {"x": "y"}}}));
    let case = case.at(3.3, "updateImage", json!({"container": "a", "image": "app:2"}));
    let life = case.at(5.3, "setActiveDeadline", json!({"seconds": 100})).delete(7.3).play();
    life.shows(
        1.0,
        &[
            "2.3 >>updateMetadata",
            "3.3 >>updateImage",
            "3.3 gen 2/1",
            "3.3 gen 2/2",
            "3.5 a=run<Completed(0)> rc=1",
            "5.3 >>setActiveDeadline",
            "5.3 gen 3/2",
            "5.3 gen 3/3",
            "7.3 >>delete",
            "7.3 gen 4/3 deletionTimestamp grace=30",
            "7.3 gen 4/4",
            "7.5 Succeeded a=Completed(0)<Completed(0)> rc=1 RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "8.0 deletionTimestamp grace=0",
            "8.0 DELETED",
        ],
    );
    let scheduled = |life: &super::life::Life, n: usize| life.objects[n].1.status.conditions[0].observed_generation;
    let gate = json!({"schedulingGates": [{"name": "example.com/g"}]});
    let gated = Case::new("Always").main("a", serves()).spec(gate).at(2.3, "removeSchedulingGate", json!({"gate": "example.com/g"})).play();
    gated.shows(
        0.0,
        &[
            "0.0 Pending Sch-(SchedulingGated)",
            "2.3 >>removeSchedulingGate",
            "2.3 gen 2/0",
            "2.3 Sch+",
            "2.3 gen 2/2 a=ContainerCreating RTS- Ini+ notReady",
            "2.3 RTS+",
            "2.3 Running a=run READY ip",
        ],
    );
    let bound = gated.objects.iter().position(|(_, pod)| !pod.spec.node_name.is_empty()).unwrap();
    assert_eq!(scheduled(&gated, bound), 0);
    let ours = &gated.last().status.conditions;
    assert!(ours.iter().all(|condition| condition.observed_generation == 2), "{ours:?}");
}

/// **Fact 34.** A readiness gate makes two updates: whoever sets it, and then the kubelet's Ready. Unknown is not True. In the kubelet's order of
/// conditions those of others come first.
#[test]
fn fact_34_readiness_gates() {
    let gates = json!({"readinessGates": [{"conditionType": "example.com/a"}]});
    let set = |status: &str| json!({"type": "example.com/a", "status": status});
    let case = Case::new("Always").main("a", serves()).spec(gates).at(2.3, "patchCondition", set("Unknown"));
    let life = case.at(4.3, "patchCondition", set("True")).play();
    life.shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 a=ContainerCreating RTS- Ini+ notReady",
            "0.0 RTS+",
            "0.0 Running a=run Ready-(ReadinessGatesNotReady) CR+ ip",
            "2.3 >>patchCondition",
            "2.3 example.com/a?",
            "4.3 >>patchCondition",
            "4.3 example.com/a+",
            "4.3 Ready+",
        ],
    );
    let order: Vec<_> = life.last().status.conditions.iter().map(|condition| condition.type_.to_string()).collect();
    assert_eq!(order, ["example.com/a", "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]);
}

/// **Fact 37.** An ephemeral container has no `started`, is never ready, and its exit matters to nobody.
#[test]
fn fact_37_ephemeral_containers_do_not_count() {
    let dbg = json!({"spec": {"name": "dbg", "image": "app:1"}});
    let life = Case::new("Always").main("a", serves()).programs("dbg", exits(3.4, 7)).at(2.3, "addEphemeralContainer", dbg).play();
    life.shows(
        1.0,
        &["2.3 >>addEphemeralContainer", "2.3 gen 2/1", "2.3 gen 2/2 dbg=ContainerCreating", "2.3 dbg=run !ready", "6.0 dbg=Error(7)"],
    );
    assert!(
        life.objects.iter().flat_map(|(_, pod)| &pod.status.ephemeral_container_statuses).all(|own| own.started.is_none() && !own.ready)
    );
}
