//! Sandboxes and what is killed from outside: facts 22, 23 and 46.

use super::case::{Case, exits, serves};
use serde_json::json;

/// **Fact 22.** A sandbox that is killed takes its containers along: they are stopped, a new sandbox has another address, and each counts a restart;
/// Ready holds if they are back soon. Init containers run again, and the phase goes back to Pending while Initialized stays. Under Never there is no new one.
#[test]
fn fact_22_a_killed_sandbox() {
    Case::new("Always")
        .main("a", serves())
        .then(2.9, "killSandbox")
        .play()
        .shows(1.0, &["2.9 >>killSandbox", "3.0 RTS-", "3.2 RTS+", "3.2 a=run<Completed(0)> rc=1 other-ip"]);
    Case::new("Always").init("i1", exits(1.4, 0)).main("a", serves()).then(4.3, "killSandbox").play().shows(
        1.0,
        &[
            "2.0 i1=Completed(0) ready Ini+",
            "2.0 Running a=run READY",
            "4.3 >>killSandbox",
            "5.0 RTS-",
            "5.2 RTS+",
            "5.2 Pending i1=run<Completed(0)> !ready rc=1 a=Completed(0) notReady other-ip",
            "7.0 Running i1=Completed(0)<Completed(0)> ready rc=1",
            "7.0 a=run<Completed(0)> rc=1 READY",
        ],
    );
    Case::new("Never")
        .main("a", serves())
        .then(2.7, "killSandbox")
        .play()
        .shows(1.0, &["2.7 >>killSandbox", "3.0 RTS-", "3.2 a=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)", "5.0 Succeeded"]);
}

/// **Fact 23.** Restarts of containers keep the address. It is first shown with the first state of a container beyond its first wait, not with
/// PodReadyToStartContainers.
#[test]
fn fact_23_the_address_stays() {
    let life = Case::new("Always").main("a", serves()).main("b", serves()).at(2.8, "killProcess", json!({"container": "a"})).play();
    life.shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 a=ContainerCreating b=ContainerCreating RTS- Ini+ notReady",
            "0.0 RTS+",
            "0.0 Running a=run b=run READY ip",
            "2.8 >>killProcess",
            "3.0 a=Error(137) notReady",
            "3.0 a=run<Error(137)> rc=1 READY",
        ],
    );
}

/// **Fact 46.** A sandbox that cannot be made changes nothing in the status, and is tried again after ten seconds and more. One that cannot be taken down
/// keeps a deleted Pod: its container is shown as ended, the phase as before.
#[test]
fn fact_46_a_broken_network() {
    let broken = || Case::new("Always").main("a", serves()).world(json!({"node": {"network": "broken"}}));
    broken().at(20.0, "mendNetwork", json!({"seenAt": 24.0})).play().shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 a=ContainerCreating RTS- Ini+ notReady",
            "20.0 >>mendNetwork",
            "24.0 RTS+",
            "24.0 Running a=run READY ip",
        ],
    );
    broken().delete(6.3).then(20.0, "mendNetwork").play().shows(
        1.0,
        &[
            "6.3 >>delete",
            "6.3 gen 2/1 deletionTimestamp grace=30",
            "6.3 gen 2/2",
            "20.0 >>mendNetwork",
            "21.0 Failed a=ContainerStatusUnknown(137)",
            "21.0 deletionTimestamp grace=0",
            "21.0 DELETED",
        ],
    );
    let running = Case::new("Always").main("a", serves().deaf()).then(1.3, "breakNetwork").delete_within(5.3, 3).then(21.3, "mendNetwork");
    running.play().shows(
        1.0,
        &[
            "1.3 >>breakNetwork",
            "5.3 >>delete",
            "5.3 gen 2/1 deletionTimestamp grace=3",
            "5.3 gen 2/2",
            "9.0 a=Error(137) RTS- notReady",
            "21.3 >>mendNetwork",
            "21.3 Failed notReady(PodFailed)",
            "22.0 deletionTimestamp grace=0",
            "22.0 DELETED",
        ],
    );
}
