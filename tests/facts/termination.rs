//! How Pods end and are deleted: facts 1 to 9.

use super::case::{Case, exits, serves};
use serde_json::json;

/// **Fact 1.** When the last container has ended by itself, conditions tell so at once, and the terminal phase comes with an update of its own, a round
/// of the kubelet later, with the news that the sandbox is down. If that was told before, there is nothing new to write, and the phase comes another round later, with the
/// last status (recordings: 1.0 to 1.2 s, and 1.5 to 2.0 s). A deletion shows both together.
#[test]
fn fact_01_the_terminal_phase_is_a_step_behind() {
    Case::new("Never")
        .main("a", exits(2.4, 0))
        .play()
        .shows(1.0, &["3.0 a=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)", "4.0 Succeeded RTS-"]);
    Case::new("Never")
        .main("a", exits(2.4, 1))
        .main("b", exits(6.4, 0))
        .play()
        .shows(1.0, &["3.0 a=Error(1) notReady", "7.0 b=Completed(0) notReady(PodFailed)", "8.0 Failed RTS-"]);
    Case::new("Never")
        .sidecar("sc", serves())
        .main("m", exits(4.4, 0))
        .play()
        .shows(5.1, &["5.2 sc=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)", "7.0 Succeeded"]);
    Case::new("Always").main("a", serves().on_term(2.0, 0)).delete(2.3).play().shows(
        2.35,
        &["4.3 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)", "5.0 deletionTimestamp grace=0", "5.0 DELETED"],
    );
}

/// **Fact 2.** So it is with an init container that fails for good: first the conditions, then the phase. Initialized stays False, and what never ran goes on
/// waiting in the last status.
#[test]
fn fact_02_a_failed_init_container_is_a_step_ahead_too() {
    let life = Case::new("Never").init("i1", exits(1.4, 0)).init("i2", exits(1.0, 6)).init("i3", exits(1.0, 0)).main("a", serves()).play();
    life.shows(1.0, &["2.0 i1=Completed(0) ready", "2.0 i2=run !ready", "4.0 i2=Error(6) notReady(PodFailed)", "5.0 Failed RTS-"]);
    assert!(
        life.last().status.init_container_statuses[2].state.waiting.as_ref().is_some_and(|waiting| waiting.reason == "PodInitializing")
    );
}

/// **Fact 3.** The phase of a deleted Pod depends on exit codes, not on the restart policy: one of Always that exits 0 has Succeeded, and one code that is
/// not 0 makes it Failed.
#[test]
fn fact_03_exit_codes_decide_how_a_deleted_pod_ends() {
    Case::new("Always").main("a", serves()).delete(2.3).play().shows(
        2.35,
        &["2.5 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)", "3.0 deletionTimestamp grace=0", "3.0 DELETED"],
    );
    Case::new("Always")
        .main("a", serves().deaf())
        .delete_within(2.3, 5)
        .play()
        .shows(2.35, &["7.3 Failed a=Error(137) RTS- notReady(PodFailed)", "8.0 deletionTimestamp grace=0", "8.0 DELETED"]);
    Case::new("Always")
        .main("a", serves())
        .main("b", serves().on_term(0.5, 3))
        .delete(2.3)
        .play()
        .shows(2.35, &["2.8 Failed a=Completed(0) b=Error(3) RTS- notReady(PodFailed)", "3.0 deletionTimestamp grace=0", "3.0 DELETED"]);
}

/// **Fact 4.** Deleted before anything ran, a Pod is Failed, and its container says ContainerStatusUnknown, 137, without times and id. A pull's reason is
/// taken back to ContainerCreating first.
#[test]
fn fact_04_what_never_ran_ends_failed() {
    let volume = json!({"volumes": [{"name": "v", "configMap": {"name": "v"}}]});
    let life = Case::new("Always").main("a", serves()).spec(volume).world(json!({"missingVolumes": ["v"]})).delete(6.3).play();
    life.shows(
        1.0,
        &[
            "6.3 >>delete",
            "6.3 gen 2/1 deletionTimestamp grace=30",
            "7.0 gen 2/2",
            "8.0 Failed a=ContainerStatusUnknown(137)",
            "8.0 deletionTimestamp grace=0",
            "8.0 DELETED",
        ],
    );
    let state = life.last().status.container_statuses[0].state.terminated.clone().unwrap();
    assert_eq!((state.started_at, state.finished_at, state.container_id.as_str()), (None, None, ""));
    Case::new("Always").main("a", serves()).world(json!({"images": {"app:1": "notFound"}})).delete(13.3).play().shows(
        1.0,
        &[
            "1.0 a=ErrImagePull ip",
            "11.0 a=ImagePullBackOff",
            "13.3 >>delete",
            "13.3 gen 2/1 deletionTimestamp grace=30",
            "13.3 gen 2/2 a=ContainerCreating",
            "13.3 RTS-",
            "14.0 Failed a=ContainerStatusUnknown(137)",
            "14.0 deletionTimestamp grace=0",
            "14.0 DELETED",
        ],
    );
}

/// **Fact 5.** A deletion leaves Ready alone. Readiness is probed on and can turn it; liveness is no longer acted on.
#[test]
fn fact_05_a_terminating_pod_is_ready_while_its_probe_says_so() {
    let case = Case::new("Always").main("a", serves().on_term(8.0, 0)).delete(4.3);
    let case = case.probe("a", "readiness", &[(0.0, "success"), (7.5, "failure")]);
    let life = case.probe("a", "liveness", &[(0.0, "success"), (6.0, "failure")]).play();
    life.shows(
        1.0,
        &[
            "4.3 >>delete",
            "4.3 gen 2/1 deletionTimestamp grace=30",
            "4.3 gen 2/2",
            "8.0 a=run !ready notReady",
            "12.3 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "13.0 deletionTimestamp grace=0",
            "13.0 DELETED",
        ],
    );
    life.runs(1.0, &["12.3 a exiting", "12.3 a ended"]);
}

/// **Fact 6.** The writes of a deletion: the API server's, the kubelet's new observedGeneration, the final status, the kubelet's deletion without grace,
/// the removal. A foreign finalizer holds back only the last.
#[test]
fn fact_06_the_writes_of_a_deletion_have_an_order() {
    let held = json!({"pod": {"metadata": {"finalizers": ["example.com/hold"]}}});
    let case = Case::new("Always").main("a", serves()).world(held).delete(2.3);
    let life = case.at(12.4, "removeFinalizer", json!({"finalizer": "example.com/hold"})).play();
    life.shows(
        1.0,
        &[
            "2.3 >>delete",
            "2.3 gen 2/1 deletionTimestamp grace=30",
            "2.3 gen 2/2",
            "2.5 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "3.0 deletionTimestamp grace=0",
            "12.4 >>removeFinalizer",
            "12.4 DELETED",
        ],
    );
    let conditions = &life.last().status.conditions;
    assert!(conditions.iter().all(|condition| condition.observed_generation == 2), "{conditions:?}");
}

/// **Fact 7.** Where nothing has to be stopped, the API server makes the grace period 0 itself, and the object is gone at once: unscheduled, gated, finished.
/// A forced deletion looks the same to a watcher; on the node the container is still given two seconds.
#[test]
fn fact_07_without_a_kubelet_to_wait_for_the_object_goes_at_once() {
    let pod = || Case::new("Always").main("a", serves().deaf());
    pod()
        .world(json!({"node": {"fits": false}}))
        .delete(2.3)
        .play()
        .shows(1.0, &["2.3 >>delete", "2.3 gen 2/0 deletionTimestamp grace=0", "2.3 DELETED"]);
    pod()
        .spec(json!({"schedulingGates": [{"name": "example.com/g"}]}))
        .delete(2.3)
        .play()
        .shows(1.0, &["2.3 >>delete", "2.3 gen 2/0 deletionTimestamp grace=0", "2.3 DELETED"]);
    Case::new("Never")
        .main("a", exits(1.4, 0))
        .delete(6.3)
        .play()
        .shows(5.0, &["6.3 >>delete", "6.3 gen 2/1 deletionTimestamp grace=0", "6.3 DELETED"]);
    let forced = pod().delete_within(2.3, 0).play();
    forced.shows(1.0, &["2.3 >>delete", "2.3 gen 2/1 deletionTimestamp grace=0", "2.3 DELETED"]);
    forced.runs(1.0, &["4.3 a killed", "4.3 a ended"]);
}

/// **Fact 8.** A shorter second deletion does not hasten a stop that is under way. The API server counts it from the first request, down to 1 s, and that is all.
#[test]
fn fact_08_a_stop_under_way_keeps_its_grace_period() {
    let pod = || Case::new("Always").main("a", serves().deaf()).delete_within(1.2, 60).until(90.0);
    pod().delete_within(6.3, 3).play().shows(
        1.0,
        &[
            "1.2 >>delete",
            "1.2 gen 2/1 deletionTimestamp grace=60",
            "1.2 gen 2/2",
            "6.3 >>delete",
            "6.3 deletionTimestamp grace=1",
            "61.2 Failed a=Error(137) RTS- notReady(PodFailed)",
            "62.0 deletionTimestamp grace=0",
            "62.0 DELETED",
        ],
    );
    pod().delete_within(6.3, 0).play().shows(6.0, &["6.3 >>delete", "6.3 deletionTimestamp grace=0", "6.3 DELETED"]);
}

/// **Fact 9.** No container gets less than two seconds: with a grace period of one, and after a preStop hook that used it all up. That a hook fails
/// changes nothing.
#[test]
fn fact_09_two_seconds_are_the_least() {
    let pod = || Case::new("Always").main("a", serves().deaf());
    pod()
        .delete_within(2.3, 1)
        .play()
        .shows(2.35, &["4.3 Failed a=Error(137) RTS- notReady(PodFailed)", "5.0 deletionTimestamp grace=0", "5.0 DELETED"]);
    let long = pod().hook("a", "preStop", 20.0, true).delete_within(2.3, 4).play();
    long.shows(2.35, &["8.3 Failed a=Error(137) RTS- notReady(PodFailed)", "9.0 deletionTimestamp grace=0", "9.0 DELETED"]);
    long.runs(1.0, &["2.3 a PreStop begins", "8.3 a PreStop ends", "8.3 a killed", "8.3 a ended"]);
    let fails = Case::new("Always").main("a", serves()).hook("a", "preStop", 1.0, false).delete(2.3).play();
    fails.shows(
        2.35,
        &["3.5 Succeeded a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)", "4.0 deletionTimestamp grace=0", "4.0 DELETED"],
    );
}
