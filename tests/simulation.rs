//! A thousand Pods in virtual time: crash loops, probes, pulls, deletions. The same seed is the same run, and nothing is left over.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

use pod_lifecycle::api::{ObjectMeta, PodPhase};
use pod_lifecycle::backend::sim::{Distribution, Habits, Runs, Seeded, Sim, Steady};
use pod_lifecycle::backend::{ContainerBackend, Driver, PodRef, Told};
use pod_lifecycle::cluster::{self, DeletionRequest};
use pod_lifecycle::observation::Observation;
use pod_lifecycle::pod::{Action, Change, Event, NewPod, NodeConfig, Output, ShownState, Stage, StateChange};
use pod_lifecycle::rules::view::WaitingReason;
use pod_lifecycle::{ContainerIndex, Pod, Span, Spec, Time};
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);

#[test]
fn a_thousand_pods_live_and_go() {
    let run = simulate(7, 1000);
    assert_eq!(run.removed, 1000);
    assert_eq!(run.refused, 0, "the simulated node contradicts nobody");
    for (what, times) in [
        ("restarts", run.restarts),
        ("back-offs", run.back_offs),
        ("probe results", run.probe_results),
        ("kills by liveness probes", run.stops_while_syncing),
    ] {
        assert!(times > 100, "{what}: {times}");
    }
    assert_eq!(run.hash, simulate(7, 1000).hash, "the same run again");
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(simulate(1, 50).hash, simulate(2, 50).hash);
}

/// What a run came to.
#[derive(Default)]
struct Tally {
    /// Of all that was told, and when.
    hash: u64,
    removed: usize,
    refused: usize,
    restarts: usize,
    back_offs: usize,
    probe_results: usize,
    stops_while_syncing: usize,
}

impl Tally {
    fn count(&mut self, told: Told, pod: &Pod) {
        match told {
            Told::Refused(_) => self.refused += 1,
            Told::Asked(Action::CreateContainer { restart_count: 1.., .. }) => self.restarts += 1,
            Told::Asked(Action::StopContainer { .. }) if pod.stage() == Stage::Syncing => self.stops_while_syncing += 1,
            Told::Transition(transition) => match transition.change {
                StateChange::Container { to: ShownState::Waiting(WaitingReason::CrashLoopBackOff), .. } => self.back_offs += 1,
                StateChange::Probe { to: Some(_), .. } => self.probe_results += 1,
                _ => {}
            },
            _ => {}
        }
    }
}

/// The Pods arrive within ten minutes, and each is deleted at its time, twenty seconds to fifty minutes later.
fn simulate(seed: u64, pods: usize) -> Tally {
    let specs = [spec("Always"), spec("OnFailure"), spec("Never")];
    let habits = Arc::new(habits());
    let mut driver = Driver::new(Sim::new(START), Arc::new(NodeConfig::default()));
    let (mut tally, mut hasher) = (Tally::default(), DefaultHasher::new());
    let mut addresses = Addresses::default();
    let mut metas = BTreeMap::new();
    let arrival = |n: usize| START + Span::from_millis(600 * n as i64);
    let mut calls: Vec<_> = (0..pods).map(|n| (arrival(n), Call::Create(n))).collect();
    calls.extend((0..pods).map(|n| (arrival(n) + Span::from_secs(20 + n as i64 * 619 % 2900), Call::Delete(n))));
    calls.sort();
    let mut calls = calls.into_iter().peekable();

    let due = |driver: &mut Driver<Sim<Seeded>>, call: Option<Time>| {
        [driver.next_deadline(), driver.backend().next_time(), call].into_iter().flatten().min()
    };
    while let Some(now) = due(&mut driver, calls.peek().map(|&(at, _)| at)) {
        let mut gone = Vec::new();
        let mut tell = |key: usize, told: Told, pod: &Pod| {
            format!("{now} {key} {told:?}").hash(&mut hasher);
            tally.count(told, pod);
            addresses.see(key, pod);
            if pod.stage() == Stage::Removed {
                gone.push(key);
            }
        };
        driver.backend_mut().advance_to(now);
        while let Some((_, call)) = calls.next_if(|&(at, _)| at <= now) {
            match call {
                Call::Create(n) => {
                    let meta = ObjectMeta { name: format!("pod-{n}"), uid: format!("uid-{n}"), generation: 1, ..ObjectMeta::default() };
                    let spec = &specs[n % specs.len()];
                    let key = driver.add(NewPod { meta: &meta, spec, status: None }, &mut tell);
                    driver.backend_mut().add(key, spec, Seeded::new(seed, &meta.uid, Arc::clone(&habits)));
                    assert!(metas.insert(n, (key, meta)).is_none() && key == n, "keys are used once");
                }
                Call::Delete(n) => {
                    let (key, meta) = &metas[&n];
                    let pod = driver.pod(*key).expect("nobody else removes it");
                    let request = DeletionRequest { meta, spec: pod.spec().api(), phase: Some(pod.phase()), grace_period_seconds: None };
                    let verdict = cluster::delete(now, &request);
                    let (at, grace_period_seconds, generation) = verdict.update.expect("the first deletion");
                    driver.update(now, *key, &Change::Deletion { at, grace_period_seconds, generation }, &mut tell).unwrap();
                    if verdict.remove {
                        driver.handle(now, *key, Event::ObjectRemoved, &mut tell).unwrap();
                    }
                }
            }
        }
        driver.advance(now, &mut tell);
        gone.sort_unstable();
        gone.dedup();
        for key in gone {
            tally.removed += 1;
            addresses.free(key);
            driver.remove(key);
            driver.backend_mut().remove(key);
            assert_eq!((driver.pod(key).is_none(), driver.backend().observation(key)), (true, Observation::default()));
        }
    }
    assert!(addresses.of.is_empty());
    assert!((0..pods).all(|key| driver.pod(key).is_none() && driver.backend().runs(key, ContainerIndex::new(0)) == 0));
    tally.hash = hasher.finish();
    tally
}

/// A call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    Create(usize),
    Delete(usize),
}

/// The addresses that the living Pods show: no two the same.
#[derive(Default)]
struct Addresses {
    of: BTreeMap<String, usize>,
    by_pod: BTreeMap<usize, String>,
}

impl Addresses {
    fn see(&mut self, key: usize, pod: &Pod) {
        let Some(ip) = pod.pod_ips().next() else { return };
        if self.by_pod.get(&key).is_some_and(|known| known == ip) {
            return;
        }
        self.free(key);
        assert_eq!(self.of.insert(ip.into(), key), None, "{ip} is given twice");
        self.by_pod.insert(key, ip.into());
    }

    fn free(&mut self, key: usize) {
        if let Some(ip) = self.by_pod.remove(&key) {
            self.of.remove(&ip);
        }
    }
}

fn spec(restart_policy: &str) -> Arc<Spec> {
    let probe = |period: i32| json!({"exec": {"command": ["true"]}, "periodSeconds": period, "failureThreshold": 2});
    let spec = json!({
        "nodeName": "node",
        "restartPolicy": restart_policy,
        "terminationGracePeriodSeconds": 5,
        "initContainers": [{"name": "init", "image": "init:1"}],
        "containers": [{
            "name": "main",
            "image": "main:1",
            "readinessProbe": probe(20),
            "livenessProbe": probe(30),
            "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
        }],
    });
    Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap())
}

/// Containers that run for minutes and often crash; one in four does not heed the stop signal; one probe in ten fails.
fn habits() -> Habits {
    let on_term = vec![(1, Distribution::Never), (3, Distribution::Exponential(Span::from_secs(1)))];
    let main = Runs {
        run_for: Distribution::Exponential(Span::from_secs(240)),
        exit_codes: vec![(2, 0), (2, 1), (1, 137)],
        on_term: Distribution::Choice(on_term),
        ..Habits::default().main
    };
    let pull = Distribution::Uniform(Span::from_secs(1), Span::from_secs(8));
    Habits { main, probe_failure_permille: 100, pull, ..Habits::default() }
}

/// Every action is asked for twice, as after a restore: nothing is made twice.
#[test]
fn actions_asked_for_again_double_nothing() {
    let spec = json!({"containers": [{"name": "web", "image": "x", "lifecycle": {"postStart": {"exec": {"command": ["true"]}}}}]});
    let spec = Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap());
    let (meta, mut sim, mut asked) = (ObjectMeta::default(), Sim::new(START), Vec::new());
    let habits = Habits::default();
    sim.add(0, &spec, Seeded::new(1, "web", Arc::new(habits)));
    let mut pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: None }, &Arc::new(NodeConfig::default()), &mut asked);
    for _ in 0..200 {
        for output in std::mem::take(&mut asked) {
            if let Output::Action(action) = output {
                sim.start(PodRef { key: 0, meta: &meta, pod: &pod }, action);
                sim.start(PodRef { key: 0, meta: &meta, pod: &pod }, action);
            }
        }
        let now = sim.now();
        if let Some((_, event)) = sim.poll() {
            // The second answer comes too late or is refused.
            let _ = pod.handle(now, event, &mut asked);
        } else if asked.is_empty() && pod.phase() != PodPhase::Running {
            let next = sim.next_time().into_iter().chain(pod.next_deadline().map(|deadline| deadline.at)).min();
            sim.advance_to(next.unwrap());
            pod.handle(sim.now(), Event::Tick, &mut asked).unwrap();
        }
    }
    assert_eq!(pod.phase(), PodPhase::Running);
    assert_eq!(sim.runs(0, ContainerIndex::new(0)), 1);
    assert_eq!(sim.observation(0).containers.len(), 1);
    assert_eq!(pod.pod_ips().collect::<Vec<_>>(), sim.observation(0).ips);
}

/// The process ends at some moment and begins again from a snapshot; what the runtime had to tell then is lost. It ends as it would have.
#[test]
fn a_restart_at_any_moment_changes_nothing() {
    let undisturbed = crash_loop(None);
    assert!(undisturbed.2 > 3, "it crashes and comes back");
    for quarter in 0..80 {
        assert_eq!(
            crash_loop(Some(START + Span::from_millis(250 * quarter))),
            undisturbed,
            "restarted after {quarter} quarters of a second"
        );
    }
}

/// What becomes of a Pod that crashes twice and is deleted after two minutes: its last status without times, and how often it ran.
fn crash_loop(restart_at: Option<Time>) -> (PodPhase, Vec<(i32, bool)>, u32) {
    let spec = spec("Always");
    let main = Runs { run_for: Distribution::Fixed(Span::from_millis(1_700)), exit_codes: vec![(1, 1)], ..Habits::default().main };
    let pull = Distribution::Fixed(Span::from_millis(700));
    let habits = Habits { main, pull, ..Habits::default() };
    let meta = ObjectMeta { name: "web".into(), uid: "web".into(), generation: 1, ..ObjectMeta::default() };
    let node = Arc::new(NodeConfig::default());
    let mut driver = Driver::new(Sim::new(START), Arc::clone(&node));
    let tell = &mut |_: usize, _: Told, _: &Pod| {};
    let key = driver.add(NewPod { meta: &meta, spec: &spec, status: None }, tell);
    driver.backend_mut().add(key, &spec, Seeded::new(1, "web", Arc::new(habits)));
    let (mut restart_at, end) = (restart_at, START + Span::from_secs(120));
    loop {
        let due = [driver.next_deadline(), driver.backend().next_time(), restart_at].into_iter().flatten().min();
        let Some(now) = due.filter(|&now| now <= end) else { break };
        driver.backend_mut().advance_to(now);
        if restart_at.is_some_and(|at| at <= now) {
            restart_at = None;
            let stored = serde_json::to_string(&driver.pod(key).expect("it is there").snapshot()).unwrap();
            driver = Driver::new(driver.into_backend(), Arc::clone(&node));
            while driver.backend_mut().poll().is_some() {}
            let restored = driver.restore(&meta, serde_json::from_str(&stored).unwrap(), &spec).unwrap();
            assert_eq!(restored, key);
            let seen = driver.backend().observation(key);
            // Before it is on a node there is nothing to be seen.
            let _ = driver.observe(now, key, &seen, tell);
            driver.resume(key, tell);
        }
        driver.advance(now, tell);
    }
    let pod = driver.pod(key).expect("it is there");
    let containers = pod.status().to_owned().container_statuses;
    let shown = containers.iter().map(|container| (container.restart_count, container.ready)).collect();
    (pod.phase(), shown, driver.backend().runs(key, ContainerIndex::new(1)))
}

/// A debugger is added, and nobody tells the node of it.
#[test]
fn a_container_that_is_added_runs_whoever_tells_the_node() {
    let spec = |spec: serde_json::Value| Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap());
    let plain = spec(json!({"containers": [{"name": "c", "image": "i"}]}));
    let mut debugged = plain.api().clone();
    debugged.ephemeral_containers = serde_json::from_value(json!([{"name": "debugger", "image": "d"}])).unwrap();
    let debugged = Arc::new(Spec::as_given(debugged));
    let mut driver = Driver::new(Sim::new(START), Arc::new(NodeConfig::default()));
    let meta = ObjectMeta { name: "p".into(), uid: "u".into(), generation: 1, ..ObjectMeta::default() };
    let key = driver.add(NewPod { meta: &meta, spec: &plain, status: None }, &mut |_, _, _| {});
    driver.backend_mut().add(key, &plain, Steady::default());
    let mut now = START;
    let mut run = |driver: &mut Driver<Sim<Steady>>, until: Time| {
        driver.advance(now, &mut |_, _, _| {});
        while let Some(next) =
            [driver.next_deadline(), driver.backend().next_time()].into_iter().flatten().min().filter(|&next| next <= until)
        {
            now = now.max(next);
            driver.backend_mut().advance_to(now);
            driver.advance(now, &mut |_, _, _| {});
        }
        now = until;
        driver.backend_mut().advance_to(now);
    };
    run(&mut driver, START + Span::from_secs(30));
    let change = Change::Spec { spec: debugged, generation: 2 };
    driver.update(START + Span::from_secs(30), key, &change, &mut |_, _, _| {}).unwrap();
    run(&mut driver, START + Span::from_secs(60));
    let status = driver.pod(key).unwrap().status().to_owned();
    assert!(status.ephemeral_container_statuses[0].state.running.is_some(), "{status:?}");
}
