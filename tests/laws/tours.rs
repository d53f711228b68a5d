//! Histories for edges that random ones seldom reach.

use super::world::{Call, Input, START, World};
use pod_lifecycle::api::{ConditionStatus, ObjectMeta, PodCondition, PodPhase, PodStatus};
use pod_lifecycle::cluster::Disruption;
use pod_lifecycle::observation::{Observation, ObservedSandbox, ObservedSandboxState, ObservedState};
use pod_lifecycle::pod::{Action, Attempt, Change, Event, InstanceStage, KubeletCondition, NewPod, NodeConfig, Pacing, Stage};
use pod_lifecycle::rules::probe::RawOutcome;
use pod_lifecycle::spec::{ContainerKind, ProbeKind};
use pod_lifecycle::{ContainerIndex, Pod, Span, Spec, Time};
use std::sync::Arc;

const FIRST: ContainerIndex = ContainerIndex::new(0);
const LOST: Event<'static> = Event::ContainerLost { container: FIRST, attempt: Attempt(0) };
const REMOVED: Event<'static> = Event::ContainerRemoved { container: FIRST, attempt: Attempt(0) };
const REFUSED: Event<'static> = Event::Rejected { reason: "OutOfcpu", message: "" };
const UNFIT: Event<'static> = Event::SandboxStopFailed { attempt: 0 };
const DIED: Event<'static> = Event::SandboxDied { attempt: 0 };

/// So many good answers to a Pod of one container, then these events.
const SHORT: &[(usize, &[Event<'static>])] = &[
    (1, &[Event::ObjectRemoved]),
    (2, &[Event::ObjectRemoved]),
    (3, &[Event::ObjectRemoved]),
    (3, &[REFUSED, Event::ObjectRemoved]),
    // A sandbox that could not be made has left a record.
    (5, &[Event::SandboxFailed { attempt: 0 }, DIED]),
    // One that died cannot be taken down.
    (9, &[DIED, UNFIT]),
    (8, &[REMOVED]),
    (8, &[LOST, REMOVED]),
    (9, &[LOST, REMOVED]),
    (9, &[REMOVED]),
];

const ONE: &str = r#"{"containers": [{"name": "c", "image": "i"}]}"#;
const ONCE: &str = r#"{"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}"#;
const TWO: &str = r#"{"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}"#;
const WITH_INIT: &str = r#"{"containers": [{"name": "c", "image": "i"}], "initContainers": [{"name": "s", "image": "i"}]}"#;
const RESTARTS_ALL: &str = r#"{"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", "restartPolicy": "Never", "restartPolicyRules": [
    {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}]}]}"#;
/// Plays them, and has `look` at every call.
pub(super) fn tours(mut look: impl FnMut(&World, &Call)) {
    for (answers, events) in SHORT {
        let mut tour = Tour::new(ONE, Pacing::IMMEDIATE, &mut look);
        (0..*answers).for_each(|_| tour.answer());
        events.iter().for_each(|event| tour.tell(*event));
    }
    for tour in [sandboxes, unknown_phases, short_lives, begun_anew, disruptions, resizes, refusals, finds, probes, the_end_of_time] {
        tour(&mut look);
    }
}

type Look<'a> = &'a mut dyn FnMut(&World, &Call);

struct Tour<'a> {
    world: World,
    look: Look<'a>,
}

impl<'a> Tour<'a> {
    fn new(spec: &str, pacing: Pacing, look: Look<'a>) -> Self {
        let mut node = NodeConfig::default();
        node.pacing = pacing;
        let spec = Spec::parse(serde_json::from_str(spec).expect("a spec")).expect("a valid spec");
        Self { world: World::with(spec, node, true), look }
    }

    /// One whose containers all run.
    fn running(spec: &str, pacing: Pacing, look: Look<'a>) -> Self {
        let mut tour = Self::new(spec, pacing, look);
        tour.until(|world| world.pod.phase() == PodPhase::Running && world.jobs.is_empty());
        tour
    }

    fn call(&mut self, input: Input) {
        let call = self.world.call(input);
        (self.look)(&self.world, &call);
    }

    fn tell(&mut self, event: Event<'static>) {
        // The answer to what was asked for, if it was.
        self.world.jobs.retain(|job| !Action::table().iter().any(|row| row.action == job.name() && row.answers.contains(&event.name())));
        self.call(Input::Event(event));
    }

    fn update(&mut self, change: Change) {
        self.call(Input::Update(change));
    }

    /// Answers the action that was asked for first.
    fn answer(&mut self) {
        let job = self.world.jobs.remove(0);
        let event = self.world.answer(job, 0);
        self.call(Input::Event(event));
    }

    /// Answers well, or lets the time pass, until it has come so far.
    fn until(&mut self, is_there: impl Fn(&World) -> bool) {
        for _ in 0..100 {
            if is_there(&self.world) {
                return;
            } else if !self.world.jobs.is_empty() {
                self.answer();
            } else if let Some(init) = self.running_init() {
                self.exit(init, 0);
            } else if !self.world.pod.node().pacing.automatic && self.world.pod.next_deadline().is_none() {
                self.call(Input::Sync);
            } else {
                self.pass();
            }
        }
        panic!("it does not come so far: {:?}", self.world.pod);
    }

    /// A plain init container that runs.
    fn running_init(&self) -> Option<ContainerIndex> {
        let spec = self.world.pod.spec();
        let mut init = spec.init().filter(|&init| spec.container(init).kind() == ContainerKind::Init);
        init.find(|&init| self.world.pod.facts().instance(init).1 == InstanceStage::Running)
    }

    fn pass(&mut self) {
        self.world.now = self.world.pod.next_deadline().map_or(self.world.now + Span::from_secs(1), |next| next.at.max(self.world.now));
        self.tell(Event::Tick);
    }

    fn exit(&mut self, container: ContainerIndex, code: i32) {
        let attempt = self.world.pod.facts().instance(container).0;
        let event = self.world.exit(container, attempt, code);
        self.call(Input::Event(event));
    }

    /// Lets the time pass until a probe is asked for.
    fn until_probed(&mut self) {
        while !asked("Probe")(&self.world) {
            self.pass();
        }
    }

    fn restart(&mut self) {
        self.world.restart_kubelet(|_| true);
    }
}

fn asked(action: &'static str) -> impl Fn(&World) -> bool {
    move |world| world.jobs.iter().any(|job| job.name() == action)
}

fn sandboxes(look: Look<'_>) {
    for event in [UNFIT, Event::SandboxStopped { attempt: 0 }] {
        let mut tour = Tour::running(ONE, Pacing::IMMEDIATE, look);
        tour.tell(DIED);
        tour.until(asked("RunPodSandbox"));
        tour.tell(Event::SandboxFailed { attempt: 1 });
        tour.update(tour.world.deletion(30));
        // The one before it is down already.
        tour.until(asked("StopPodSandbox"));
        tour.tell(event);
    }
    // A re-list sees a sandbox that is not up yet.
    let mut tour = Tour::new(ONE, Pacing::IMMEDIATE, look);
    tour.until(asked("RunPodSandbox"));
    let sandbox = ObservedSandbox { state: ObservedSandboxState::NotReady, ..ObservedSandbox::default() };
    tour.call(Input::Observe(Observation { sandboxes: vec![sandbox], ..Observation::default() }));
    tour.tell(Event::SandboxStarted { attempt: 0, ips: "10.0.0.7" });
}

fn unknown_phases(look: Look<'_>) {
    let mut tour = Tour::new(ONE, Pacing::MANUAL, look);
    tour.until(asked("MountVolumes"));
    tour.update(Change::PhaseUnknown);
    tour.until(|world| world.pod.phase() == PodPhase::Running);
    for pass in 0..2 {
        let mut tour = Tour::new(if pass == 0 { ONE } else { WITH_INIT }, Pacing::MANUAL, look);
        tour.until(asked("RunPodSandbox"));
        tour.update(Change::PhaseUnknown);
        tour.tell(Event::SandboxFailed { attempt: 0 });
        tour.call(Input::Sync);
    }
    let mut tour = Tour::running(TWO, Pacing::IMMEDIATE, look);
    tour.update(Change::PhaseUnknown);
    tour.exit(FIRST, 0);
    assert_eq!(tour.world.pod.phase(), PodPhase::Running, "the other goes on");
    for code in [0, 1] {
        let mut tour = Tour::running(ONCE, Pacing::IMMEDIATE, look);
        tour.update(Change::PhaseUnknown);
        tour.call(Input::Sync);
        tour.update(Change::PhaseUnknown);
        tour.exit(FIRST, code);
        tour.until(|world| world.pod.phase().is_terminal());
    }
}

/// What has ended before a status could tell that it ran.
fn short_lives(look: Look<'_>) {
    for code in [0, 1] {
        let mut tour = Tour::new(ONCE, Pacing::MANUAL, look);
        tour.until(asked("StartContainer"));
        tour.answer();
        tour.exit(FIRST, code);
        tour.until(|world| world.pod.phase().is_terminal());
    }
    // A kubelet that finds what has ended for good has nothing more to do than to take the volumes down.
    let mut tour = Tour::running(ONCE, Pacing::IMMEDIATE, look);
    tour.exit(FIRST, 0);
    tour.until(|world| world.pod.stage() == Stage::Terminated);
    tour.restart();
    tour.tell(Event::Admitted);
}

/// What runs once more, in a new sandbox or in the old one.
fn begun_anew(look: Look<'_>) {
    let mut tour = Tour::running(WITH_INIT, Pacing::IMMEDIATE, look);
    tour.tell(DIED);
    tour.until(|world| world.pod.phase() == PodPhase::Pending);
    let mut tour = Tour::running(RESTARTS_ALL, Pacing::IMMEDIATE, look);
    tour.exit(FIRST, 42);
    tour.until(|world| world.pod.phase() == PodPhase::Running && world.jobs.is_empty());
}

fn disruptions(look: Look<'_>) {
    let mut tour = Tour::running(ONE, Pacing::IMMEDIATE, look);
    let disrupted = Disruption::DeletionByTaintManager.condition(START, &ObjectMeta::default());
    let stale = PodCondition { status: ConditionStatus::False, reason: String::new(), ..disrupted.clone() };
    for condition in [disrupted.clone(), stale, disrupted] {
        tour.update(Change::Condition(condition));
    }
}

fn resizes(look: Look<'_>) {
    let spec = |cpu: u32| format!(r#"{{"containers": [{{"name": "c", "image": "i", "resources": {{"requests": {{"cpu": "{cpu}"}}}}}}]}}"#);
    let mut tour = Tour::running(&spec(1), Pacing::IMMEDIATE, look);
    let wanted = Spec::parse(serde_json::from_str(&spec(2)).expect("a spec")).expect("a valid spec");
    tour.update(Change::Spec { spec: Arc::new(wanted), generation: 2 });
    tour.tell(Event::ResizeDeferred { generation: 2, message: "no room" });
    tour.tell(Event::ResizeAllocated { generation: 2 });
    tour.until(|world| world.jobs.is_empty());
}

/// What a kubelet refuses after its start.
fn refusals(look: Look<'_>) {
    for spec in [ONE, RESTARTS_ALL, WITH_INIT] {
        // As it runs, and before anything does.
        let mut tour = Tour::running(spec, Pacing::IMMEDIATE, look);
        tour.restart();
        tour.tell(REFUSED);
        tour.until(|world| world.pod.stage() == Stage::Finished);
        let mut tour = Tour::new(spec, Pacing::IMMEDIATE, look);
        tour.until(asked("RunPodSandbox"));
        tour.restart();
        tour.tell(REFUSED);
    }
    // What the runtime cannot tell the state of, without a sandbox, is not stopped over and over.
    let mut tour = Tour::running(ONE, Pacing::IMMEDIATE, look);
    tour.world.runtime.sandboxes.clear();
    tour.world.runtime.instances[0].state = ObservedState::Unknown;
    tour.restart();
    tour.tell(REFUSED);
    assert_eq!((tour.world.pod.phase(), tour.world.pod.next_deadline()), (PodPhase::Failed, None));
    let mut tour = Tour::running(RESTARTS_ALL, Pacing::IMMEDIATE, look);
    tour.exit(FIRST, 42);
    tour.until(|world| world.pod.condition(KubeletCondition::AllContainersRestarting).is_some_and(|shown| shown.holds()));
    tour.restart();
    tour.tell(REFUSED);
}

/// The last moment there is: a sync then has no later one to be repeated at.
fn the_end_of_time(look: Look<'_>) {
    let mut tour = Tour::running(ONE, Pacing::KUBELET, look);
    tour.world.now = Time::MAX;
    tour.call(Input::Sync);
    assert_eq!(tour.world.pod.next_deadline(), None);
}

/// What a kubelet finds in its runtime after a start, when the one before had not told of it yet.
fn finds(look: Look<'_>) {
    for code in [None, Some(42)] {
        let mut tour = Tour::running(RESTARTS_ALL, Pacing::IMMEDIATE, look);
        if let Some(code) = code {
            tour.exit(FIRST, code);
        }
        let mut api = tour.world.pod.spec().api().clone();
        api.node_name = "node".into();
        let (spec, status) = (Arc::new(Spec::as_given(api)), PodStatus { phase: Some(PodPhase::Pending), ..PodStatus::default() });
        let seen = tour.world.list();
        tour.world.pod =
            Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: Some(&status) }, tour.world.pod.node(), &mut ());
        tour.world.jobs = vec![Action::Admit];
        tour.call(Input::Observe(seen));
        tour.tell(Event::Admitted);
        tour.answer();
    }
}

/// A container with such a probe, beside one that runs on.
fn probed(policy: &str, probe: &str) -> String {
    format!(r#"{{"restartPolicy": "{policy}", "containers": [{{"name": "c", "image": "i", {probe}}}, {{"name": "d", "image": "i"}}]}}"#)
}

const STARTUP: &str = r#""startupProbe": {"exec": {"command": ["x"]}, "periodSeconds": 100}"#;
const SLOW_STARTUP: &str = r#""startupProbe": {"exec": {"command": ["x"]}, "periodSeconds": 100, "initialDelaySeconds": 3}"#;
const LIVENESS: &str = r#""livenessProbe": {"exec": {"command": ["x"]}, "periodSeconds": 1, "failureThreshold": 1}"#;

fn probes(look: Look<'_>) {
    // A startup probe has passed, and waits for the next instance: it is probed, is too young for it, or has ended for good already.
    for (probe, code) in [(STARTUP, None), (SLOW_STARTUP, None), (STARTUP, Some(0))] {
        let mut tour = Tour::running(&probed("OnFailure", probe), Pacing::IMMEDIATE, look);
        tour.until_probed();
        tour.answer();
        tour.exit(FIRST, 1);
        tour.until(|world| world.pod.facts().instance(FIRST) == (Attempt(1), InstanceStage::Running) && world.jobs.is_empty());
        if let Some(code) = code {
            tour.exit(FIRST, code);
        }
        (0..3).for_each(|_| tour.pass());
        tour.world.jobs.clear();
    }
    // A liveness probe has failed, in the time of two, and waits while the Pod ends.
    for answer in [RawOutcome::Failure, RawOutcome::Success] {
        let mut tour = Tour::running(&probed("Never", LIVENESS), Pacing::KUBELET, look);
        tour.until_probed();
        (0..3).for_each(|_| tour.pass());
        tour.tell(Event::Probed { container: FIRST, attempt: Attempt(0), kind: ProbeKind::Liveness, outcome: answer });
        tour.exit(ContainerIndex::new(1), 0);
        tour.exit(FIRST, 0);
        tour.world.jobs.clear();
        (0..10).for_each(|_| tour.pass());
    }
}
