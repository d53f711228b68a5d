//! Restarts and their back-off: facts 13 to 18 and 36.

use super::case::{Case, broken, exits, serves};
use pod_lifecycle::pod::Pacing;
use serde_json::{Value, json};

/// **Fact 13.** During its back-off a container is shown as terminated. CrashLoopBackOff is written by the sync that comes when the back-off is over, right
/// before the restart; with a back-off of more than a minute, by the one that comes after a minute. Any other sync writes it earlier.
#[test]
fn fact_13_crash_loop_back_off_is_hardly_seen() {
    Case::new("Always").main("a", exits(2.4, 1)).until(25.0).play().shows(
        1.0,
        &[
            "3.0 a=Error(1) notReady",
            "3.0 a=run<Error(1)> rc=1 READY",
            "6.0 a=Error(1)<Error(1)> rc=1 notReady",
            "16.0 a=CrashLoopBackOff<Error(1)> rc=1",
            "16.0 a=run<Error(1)> rc=2 READY",
            "19.0 a=Error(1)<Error(1)> rc=2 notReady",
        ],
    );
    Case::new("Always").main("a", exits(0.4, 1)).until(330.0).play().shows(
        70.0,
        &[
            "74.0 a=CrashLoopBackOff<Error(1)> rc=3",
            "74.0 a=run<Error(1)> rc=4 READY",
            "75.0 a=Error(1)<Error(1)> rc=4 notReady",
            "135.0 a=CrashLoopBackOff<Error(1)> rc=4",
            "155.0 a=run<Error(1)> rc=5 READY",
            "156.0 a=Error(1)<Error(1)> rc=5 notReady",
            "216.0 a=CrashLoopBackOff<Error(1)> rc=5",
            "316.0 a=run<Error(1)> rc=6 READY",
            "317.0 a=Error(1)<Error(1)> rc=6 notReady",
        ],
    );
    let patched = Case::new("Always").main("a", exits(2.4, 1)).at(9.3, "setActiveDeadline", json!({"seconds": 500})).until(12.0).play();
    patched.shows(
        5.0,
        &[
            "6.0 a=Error(1)<Error(1)> rc=1 notReady",
            "9.3 >>setActiveDeadline",
            "9.3 gen 2/1",
            "9.3 gen 2/2 a=CrashLoopBackOff<Error(1)> rc=1",
        ],
    );
}

/// **Fact 14.** The first restart is at once; then 10, 20, 40, 80, 160, 300, 300 s since the end of the last run, and up to half of that of jitter. Exits with 0 are
/// no different. A run of more than ten minutes, and a new kubelet, begin afresh.
#[test]
fn fact_14_the_delays_of_a_crash_loop() {
    let starts = |code: i32, pacing: Pacing| {
        let life = Case::new("Always").main("a", exits(0.4, code)).until(2100.0).play_with(pacing);
        let at = |event: &str| life.processes.iter().filter(|line| line.ends_with(event)).map(|line| number(line)).collect::<Vec<_>>();
        at("starting").iter().skip(1).zip(at("ended")).map(|(start, end)| (start - end).round()).collect::<Vec<_>>()
    };
    let plain = [1.0, 11.0, 21.0, 41.0, 81.0, 161.0, 301.0, 301.0];
    assert_eq!(starts(1, Pacing::KUBELET)[..8], plain);
    assert_eq!(starts(0, Pacing::KUBELET)[..8], plain);
    let jittered = starts(1, Pacing { jitter_permille: 500, ..Pacing::KUBELET });
    let late = jittered.iter().zip(plain).all(|(jittered, plain)| (plain..=plain * 1.5 + 2.0).contains(jittered));
    assert!(late, "{jittered:?}");

    let long = Case::new("Always").main("a", exits(1.0, 1).then(exits(1.0, 1)).then(exits(630.0, 1)).then(exits(1.0, 1)));
    long.until(670.0).play().shows(
        600.0,
        &[
            "644.0 a=Error(1)<Error(1)> rc=2 notReady",
            "644.0 a=run<Error(1)> rc=3 READY",
            "646.0 a=Error(1)<Error(1)> rc=3 notReady",
            "655.0 a=CrashLoopBackOff<Error(1)> rc=3",
            "655.0 a=run<Error(1)> rc=4 READY",
            "657.0 a=Error(1)<Error(1)> rc=4 notReady",
        ],
    );
    let restarted = Case::new("Always").main("a", exits(1.4, 1)).then(25.3, "stopKubelet").then(40.5, "startKubelet").until(60.0);
    restarted.play().shows(
        20.0,
        &[
            "25.3 >>stopKubelet",
            "40.5 >>startKubelet",
            "40.5 a=run<Error(1)> rc=3 READY",
            "42.5 a=Error(1)<Error(1)> rc=3 notReady",
            "52.5 a=CrashLoopBackOff<Error(1)> rc=3",
            "52.5 a=run<Error(1)> rc=4 READY",
            "54.5 a=Error(1)<Error(1)> rc=4 notReady",
        ],
    );
}

/// **Fact 15.** A container that the kubelet itself stops, for a probe or a new image, is never shown as terminated: it runs, and then it runs once more.
/// From the third kill in a row the back-off counts, and then CrashLoopBackOff is shown for all of it.
#[test]
fn fact_15_a_kill_by_the_kubelet_shows_no_end() {
    let failing = &[(0.0, "success"), (4.0, "failure")];
    Case::new("Always").main("a", serves()).probe("a", "liveness", failing).until(40.0).play().shows(
        1.0,
        &[
            "4.2 a=run<Completed(0)> rc=1",
            "9.2 a=run<Completed(0)> rc=2",
            "15.0 a=CrashLoopBackOff<Completed(0)> rc=2 notReady",
            "25.0 a=run<Completed(0)> rc=3 READY",
            "30.0 a=CrashLoopBackOff<Completed(0)> rc=3 notReady",
        ],
    );
    let image = json!({"container": "a", "image": "app:2"});
    Case::new("Always")
        .main("a", serves())
        .at(4.1, "updateImage", image)
        .play()
        .shows(1.0, &["4.1 >>updateImage", "4.1 gen 2/1", "4.1 gen 2/2", "4.3 a=run<Completed(0)> rc=1"]);
}

/// **Fact 16.** RestartAllContainers knows no back-off.
#[test]
fn fact_16_restarting_all_has_no_back_off() {
    let life = Case::new("Never").main("a", serves()).main("b", exits(2.4, 88)).has("b", rule()).until(60.0).play();
    let starts: Vec<f64> = life.processes.iter().filter(|line| line.ends_with("b starting")).map(|line| number(line)).collect();
    assert!(starts.windows(2).all(|two| two[1] - two[0] < 4.0) && starts.len() > 15, "{starts:?}");
    assert!(life.times("b=CrashLoopBackOff").is_empty());
}

/// **Fact 17.** Each container has a back-off of its own and holds up no other one; but what happens to the others makes its CrashLoopBackOff seen.
#[test]
fn fact_17_a_back_off_is_one_containers_own() {
    let life = Case::new("Always").main("a", exits(1.4, 1)).main("b", exits(6.4, 0)).until(12.0).play();
    life.shows(
        3.0,
        &["4.0 a=Error(1)<Error(1)> rc=1 notReady", "7.0 a=CrashLoopBackOff<Error(1)> rc=1 b=Completed(0)", "8.0 b=run<Completed(0)> rc=1"],
    );
}

/// **Fact 18.** What cannot be executed makes the phase Running although nothing ever ran: RunContainerError, the last state StartError 128 begun in 1970, and
/// the first failure is not counted. Under Never it is terminated, and the Pod Failed.
#[test]
fn fact_18_a_command_that_cannot_be_executed() {
    let life = Case::new("Always").main("a", broken()).until(40.0).play();
    life.shows(
        1.0,
        &[
            "1.0 Running a=RunContainerError<StartError(128)> ip",
            "2.0 a=RunContainerError<StartError(128)> rc=1",
            "11.0 a=CrashLoopBackOff<StartError(128)> rc=1",
            "12.0 a=RunContainerError<StartError(128)> rc=2",
            "31.0 a=CrashLoopBackOff<StartError(128)> rc=2",
            "32.0 a=RunContainerError<StartError(128)> rc=3",
        ],
    );
    let last = life.last().status.container_statuses[0].last_state.terminated.clone().unwrap();
    assert_eq!(last.started_at.map(pod_lifecycle::Time::secs), Some(0));
    Case::new("Never").main("a", broken()).play().shows(1.0, &["1.0 a=StartError(128) notReady(PodFailed) ip", "2.0 Failed RTS-"]);
}

/// **Fact 36.** A Pod that may restart all its containers has the condition AllContainersRestarting from the start, and it is True for one update. Then
/// each container that had been started, the finished ones too, waits with a last state of 137 whatever its code was and one restart more; the phase is Pending while init
/// containers run again, and once more when a sidecar behind them has started. Sandbox and address stay, and no preStop hook is run: two seconds after SIGTERM it is over.
#[test]
fn fact_36_restarting_all_containers() {
    let case = Case::new("Always").init("i1", exits(1.8, 0)).sidecar("sc", serves()).main("a", serves());
    let case = case.main("b", exits(5.4, 88).then(serves())).has("b", rule());
    let life = case.until(30.0).play();
    assert_eq!(life.times("All-"), [0.0, 8.4]);
    life.shows(
        3.0,
        &[
            "8.0 b=Error(88) notReady All+(RestartAllContainersStarted)",
            "8.4 i1=RestartingAllContainers<RestartingAllContainers(137)> ready rc=1 \
             sc=RestartingAllContainers<RestartingAllContainers(137)> rc=1 a=RestartingAllContainers<RestartingAllContainers(137)> rc=1 \
             b=RestartingAllContainers<RestartingAllContainers(137)> rc=1 All-",
            "8.4 Pending i1=run<RestartingAllContainers(137)> !ready rc=1 sc=PodInitializing<RestartingAllContainers(137)> rc=1 \
             a=PodInitializing<RestartingAllContainers(137)> rc=1 b=PodInitializing<RestartingAllContainers(137)> rc=1",
            "11.0 Running i1=Completed(0)<RestartingAllContainers(137)> ready rc=1",
            "11.0 Pending sc=run<RestartingAllContainers(137)> rc=1",
            "11.0 Running a=run<RestartingAllContainers(137)> rc=1 b=run<RestartingAllContainers(137)> rc=1 READY",
        ],
    );
    let case = Case::new("Never").main("a", serves().on_term(5.0, 0)).hook("a", "preStop", 3.0, true);
    let hooked = case.main("b", exits(2.4, 88).then(serves())).has("b", rule()).until(12.0).play();
    hooked.runs(
        1.0,
        &[
            "2.4 b exiting",
            "2.4 b ended",
            "5.0 a killed",
            "5.0 a ended",
            "5.0 a starting",
            "5.0 a started",
            "5.0 b starting",
            "5.0 b started",
        ],
    );
}

fn rule() -> Value {
    let codes = json!({"operator": "In", "values": [88]});
    json!({"restartPolicy": "Never", "restartPolicyRules": [{"action": "RestartAllContainers", "exitCodes": codes}]})
}

/// The time at the beginning of a line.
fn number(line: &str) -> f64 {
    line.split(' ').next().unwrap().parse().unwrap()
}
