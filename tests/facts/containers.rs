//! Hooks, init containers and sidecars: facts 10 to 12 and 24 to 28.

use super::case::{Case, exits, serves};
use serde_json::json;

/// **Fact 10.** A postStart hook keeps the Pod's worker: nothing is written, the container that runs is still shown as waiting, later ones are not started,
/// and a deletion is acted on only when the hook has ended, with its whole grace period from then.
#[test]
fn fact_10_a_post_start_hook_silences_the_pod() {
    let three = Case::new("Always").main("a", serves()).main("b", serves()).main("c", serves()).hook("b", "postStart", 3.0, true).play();
    three.shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 a=ContainerCreating b=ContainerCreating c=ContainerCreating RTS- Ini+ notReady",
            "0.0 RTS+",
            "3.0 Running a=run b=run c=run READY ip",
        ],
    );
    three.runs(
        0.0,
        &[
            "0.0 a starting",
            "0.0 a started",
            "0.0 b starting",
            "0.0 b PostStart begins",
            "0.0 b started",
            "3.0 b PostStart ends",
            "3.0 c starting",
            "3.0 c started",
        ],
    );
    let deleted = Case::new("Always").main("a", serves().deaf()).hook("a", "postStart", 10.0, true).delete_within(3.3, 4).play();
    deleted.shows(
        1.0,
        &[
            "3.3 >>delete",
            "3.3 gen 2/1 deletionTimestamp grace=4",
            "10.0 Running gen 2/2 a=run READY ip",
            "14.0 Failed a=Error(137) RTS- notReady(PodFailed)",
            "15.0 deletionTimestamp grace=0",
            "15.0 DELETED",
        ],
    );
}

/// **Fact 11.** A postStart hook that fails has its container killed, and the code of that exit decides: 0 under Never is success. So it is for a startup probe
/// that never passes. Under OnFailure the first two kills by a probe restart the container whatever it says; the third waits for its back-off,
/// and is then an exit with 0 like any other.
#[test]
fn fact_11_a_kill_that_exits_zero_is_a_success() {
    Case::new("Always").main("a", serves()).hook("a", "postStart", 1.0, false).until(20.0).play().shows(
        1.0,
        &[
            "2.0 Running a=PostStartHookError<Completed(0)> ip",
            "4.0 a=PostStartHookError<Completed(0)> rc=1",
            "5.0 a=CrashLoopBackOff<Completed(0)> rc=1",
            "16.0 a=PostStartHookError<Completed(0)> rc=2",
            "17.0 a=CrashLoopBackOff<Completed(0)> rc=2",
        ],
    );
    Case::new("Never")
        .main("a", serves())
        .hook("a", "postStart", 1.0, false)
        .until(20.0)
        .play()
        .shows(1.0, &["2.0 a=Completed(0) Ini+(PodCompleted) notReady(PodCompleted) ip", "3.0 Succeeded RTS-"]);
    Case::new("Never")
        .main("a", serves())
        .probe("a", "startup", &[(0.0, "failure")])
        .play()
        .shows(1.0, &["2.2 a=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)", "4.0 Succeeded"]);
    let failing = &[(0.0, "success"), (2.0, "failure")];
    Case::new("OnFailure").main("a", serves()).probe("a", "liveness", failing).play().shows(
        1.0,
        &[
            "2.2 a=run<Completed(0)> rc=1",
            "5.2 a=run<Completed(0)> rc=2",
            "9.0 a=Completed(0)<Completed(0)> rc=2 Ini+(PodCompleted) notReady(PodCompleted)",
            "10.0 Succeeded RTS-",
        ],
    );
}

/// **Fact 12.** An init container is `ready` when it is done, not while it runs, and `started` while it runs, not when it is done. In a Pod with
/// init containers whatever waits says PodInitializing, in one without ContainerCreating.
#[test]
fn fact_12_ready_and_started_of_init_containers() {
    let life = Case::new("Always").init("i1", exits(1.4, 0)).main("a", serves()).until(10.0).play();
    life.shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 i1=PodInitializing a=PodInitializing RTS- Ini-(ContainersNotInitialized) notReady",
            "0.0 RTS+",
            "0.0 i1=run !ready ip",
            "2.0 i1=Completed(0) ready Ini+",
            "2.0 Running a=run READY",
        ],
    );
    let i1 = |at: f64| life.objects.iter().rfind(|(t, _)| *t <= at).unwrap().1.status.init_container_statuses[0].clone();
    assert_eq!((i1(1.0).ready, i1(1.0).started), (false, Some(true)));
    assert_eq!((i1(9.0).ready, i1(9.0).started), (true, Some(false)));
}

/// **Fact 24.** Sidecars count for ContainersReady. Initialized is True when the last init step is done, which for a sidecar is its start: the startup probe's
/// success, if it has one.
#[test]
fn fact_24_sidecars_count_for_ready_and_initialized() {
    Case::new("Always").sidecar("sc", exits(4.6, 2)).main("m", serves()).until(15.0).play().shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 sc=PodInitializing m=PodInitializing RTS- Ini-(ContainersNotInitialized) notReady",
            "0.0 RTS+",
            "0.0 sc=run Ini+ ip",
            "0.0 Running m=run READY",
            "5.0 sc=Error(2) notReady",
            "5.0 sc=run<Error(2)> rc=1 READY",
            "10.0 sc=Error(2)<Error(2)> rc=1 notReady",
        ],
    );
    let case = Case::new("Always").sidecar("sc", serves()).init("i", exits(1.4, 0)).main("m", serves());
    let case =
        case.probe("sc", "startup", &[(0.0, "failure"), (6.0, "success")]).has("sc", json!({"startupProbe": {"failureThreshold": 30}}));
    case.until(20.0).play().shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 sc=PodInitializing i=PodInitializing m=PodInitializing RTS- Ini-(ContainersNotInitialized) notReady",
            "0.0 RTS+",
            "0.0 sc=run !started !ready ip",
            "6.0 sc=run !ready",
            "6.0 sc=run",
            "6.0 i=run !ready",
            "8.0 i=Completed(0) ready Ini+",
            "8.0 Running m=run READY",
        ],
    );
}

/// **Fact 25.** After the last regular container of a Pod that is not to go on, the sidecars are stopped, whatever their codes; only then
/// Ready says PodCompleted, and two rounds later the phase follows. (After one in a recording: there the round of the status manager, each 10 s, came first.)
#[test]
fn fact_25_sidecars_end_with_the_work() {
    let case =
        Case::new("OnFailure").sidecar("sc", serves().deaf()).main("m", exits(4.4, 0)).spec(json!({"terminationGracePeriodSeconds": 5}));
    case.play().shows(
        1.0,
        &["5.0 m=Completed(0) notReady", "10.0 sc=Error(137) RTS- Ini+(PodCompleted) notReady(PodCompleted)", "12.0 Succeeded"],
    );
    Case::new("Never")
        .sidecar("sc", serves())
        .main("m", exits(4.4, 3))
        .play()
        .shows(1.0, &["5.0 m=Error(3) notReady", "5.2 sc=Completed(0) RTS- notReady(PodFailed)", "7.0 Failed"]);
}

/// **Fact 26.** A container that is in its back-off when the Pod ends is shown as waiting with the terminal phase, and terminated, ContainerStatusUnknown,
/// by one more update; a deletion meets one whose exit is still shown, and leaves it.
#[test]
fn fact_26_a_back_off_at_the_end_becomes_an_unknown_exit() {
    Case::new("Never").sidecar("sc", exits(1.6, 1)).main("m", exits(9.4, 0)).play().shows(
        3.0,
        &[
            "4.0 sc=Error(1)<Error(1)> rc=1 notReady",
            "10.0 sc=CrashLoopBackOff<Error(1)> rc=1 m=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)",
            "11.0 Succeeded RTS-",
            "12.0 sc=ContainerStatusUnknown(137)<Error(1)> rc=1",
        ],
    );
    Case::new("Always").main("a", exits(1.4, 1)).spec(json!({"activeDeadlineSeconds": 8})).play().shows(
        3.0,
        &[
            "4.0 a=Error(1)<Error(1)> rc=1 notReady",
            "8.0 a=CrashLoopBackOff<Error(1)> rc=1 notReady(PodFailed)",
            "9.0 Failed/DeadlineExceeded RTS-",
            "10.0 a=ContainerStatusUnknown(137)<Error(1)> rc=1",
        ],
    );
    Case::new("Always").main("a", exits(1.4, 1)).delete(17.5).play().shows(
        15.0,
        &[
            "16.0 a=Error(1)<Error(1)> rc=2 notReady",
            "17.5 >>delete",
            "17.5 gen 2/1 deletionTimestamp grace=30",
            "17.5 gen 2/2",
            "17.5 Failed RTS- notReady(PodFailed)",
            "18.0 deletionTimestamp grace=0",
            "18.0 DELETED",
        ],
    );
}

/// **Fact 27.** A deleted Pod's regular containers are stopped first, then its sidecars, the last one first, all within one grace period. When it is used
/// up the sidecars are killed together, after the least of two seconds. Nothing is written meanwhile.
#[test]
fn fact_27_sidecars_are_stopped_last_and_backwards() {
    let two = |runs: fn() -> super::case::Runs| Case::new("Always").sidecar("s1", runs()).sidecar("s2", runs()).main("m", runs());
    let polite = two(|| serves().on_term(2.0, 0)).delete(2.4).play();
    polite.shows(
        2.45,
        &[
            "8.4 Succeeded s1=Completed(0) s2=Completed(0) m=Completed(0) RTS- Ini+(PodCompleted) notReady(PodCompleted)",
            "9.0 deletionTimestamp grace=0",
            "9.0 DELETED",
        ],
    );
    polite.runs(1.0, &["4.4 m exiting", "4.4 m ended", "6.4 s2 exiting", "6.4 s2 ended", "8.4 s1 exiting", "8.4 s1 ended"]);
    let deaf = two(|| serves().deaf()).delete_within(2.8, 6).play();
    deaf.shows(
        2.85,
        &[
            "10.8 Failed s1=Error(137) s2=Error(137) m=Error(137) RTS- notReady(PodFailed)",
            "11.0 deletionTimestamp grace=0",
            "11.0 DELETED",
        ],
    );
    deaf.runs(1.0, &["8.8 m killed", "8.8 m ended", "10.8 s1 killed", "10.8 s1 ended", "10.8 s2 killed", "10.8 s2 ended"]);
}

/// **Fact 28.** A Pod that ends before its init steps are done has failed, even if everything that ran exited 0.
#[test]
fn fact_28_an_unfinished_beginning_is_a_failure() {
    let case = Case::new("Always").sidecar("s1", serves()).sidecar("s2", serves().on_term(1.5, 0)).main("m", serves());
    let case = case.probe("s2", "startup", &[(0.0, "failure")]).has("s2", json!({"startupProbe": {"failureThreshold": 30}}));
    case.delete(3.6).play().shows(
        1.0,
        &[
            "3.6 >>delete",
            "3.6 gen 2/1 deletionTimestamp grace=30",
            "3.6 gen 2/2",
            "5.3 s1=Completed(0) s2=Completed(0) RTS-",
            "6.0 Failed",
            "6.0 deletionTimestamp grace=0",
            "6.0 DELETED",
        ],
    );
}
