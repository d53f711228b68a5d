//! A small model of all that is outside the machine: it answers actions truthfully or with failures, in any order, and lets
//! things happen by themselves.

use super::numbers::Numbers;
use super::shape::{self, CODES};
use pod_lifecycle::api::{ConditionStatus, ObjectMeta, PodCondition};
use pod_lifecycle::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState, ObservedState};
use pod_lifecycle::pod::{Action, Attempt, Change, Event, HookKind, InstanceStage, NewPod, Output, SandboxState, Stage, TransitionError};
use pod_lifecycle::rules::ending::Ending;
use pod_lifecycle::rules::probe::RawOutcome;
use pod_lifecycle::rules::view::{Exit, NetworkNamespace, TerminatedReason, WaitingReason};
use pod_lifecycle::spec::ProbeKind;
use pod_lifecycle::{ContainerIndex, Pod, Span, Time};
use std::sync::{Arc, LazyLock};

/// What is put into the machine in one call.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Event(Event<'static>),
    Update(Change),
    Observe(Observation),
    Sync,
}

/// How honest an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It happened.
    True,
    /// It happened, and was told before.
    Again,
    /// It speaks of an instance or a sandbox before the newest.
    Stale,
    /// Anything.
    Nonsense,
}

/// One call of the machine.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) before: Pod,
    pub(crate) now: Time,
    pub(crate) input: Input,
    pub(crate) kind: Kind,
    pub(crate) result: Result<(), TransitionError>,
    pub(crate) outputs: Vec<Output>,
}

/// One step of a history: what, two choices, and how much time passes before.
pub(crate) type Op = [u8; 4];

/// An instance of a container, as the runtime has it.
#[derive(Clone, Debug)]
struct Instance {
    container: ContainerIndex,
    attempt: Attempt,
    sandbox: u32,
    restart_count: i32,
    image: String,
    state: ObservedState,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    exit: Exit,
}

/// The machine and its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) pod: Pod,
    pub(crate) now: Time,
    pub(crate) kind: Kind,
    /// Actions asked for and not answered yet.
    pub(crate) jobs: Vec<Action>,
    /// Instances, newest first.
    instances: Vec<Instance>,
    /// Sandboxes, newest first: attempt, and whether ready.
    sandboxes: Vec<(u32, bool)>,
    last: Event<'static>,
    /// Whether the object is gone, and its status with it.
    pub(crate) gone: bool,
    /// Whether ids, addresses and messages are told.
    texts: bool,
}

/// More outputs than any call needs.
const MOST_OUTPUTS: usize = 500;

const START: Time = Time::from_secs(1_767_225_600);

/// Ids of instances: events of the model live as long as the program.
static IDS: LazyLock<Vec<String>> = LazyLock::new(|| (0..4096).map(|n| format!("model://{n}")).collect());

fn id(container: ContainerIndex, attempt: Attempt) -> &'static str {
    IDS.get(container.get() * 256 + attempt.0 as usize % 256).map_or("model://far", String::as_str)
}

const OUTCOMES: [RawOutcome; 6] =
    [RawOutcome::Success, RawOutcome::Failure, RawOutcome::Success, RawOutcome::Error, RawOutcome::Warning, RawOutcome::Unknown];

impl World {
    /// A new Pod in a quiet world.
    pub(crate) fn new(numbers: &mut Numbers<'_>) -> Self {
        let spec = Arc::new(shape::spec(numbers));
        let node = Arc::new(shape::node(numbers, START));
        let mut outputs = Vec::new();
        let meta = ObjectMeta::default();
        let pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: None }, &node, &mut outputs);
        let mut world = Self {
            pod,
            now: START,
            kind: Kind::True,
            jobs: Vec::new(),
            instances: Vec::new(),
            sandboxes: Vec::new(),
            last: Event::Tick,
            gone: false,
            texts: numbers.chance(128),
        };
        world.note(&outputs);
        world
    }

    /// Carries out one step.
    pub(crate) fn step(&mut self, op: Op) -> Call {
        let mut numbers = Numbers::new(&op[1..]);
        let delay = self.delay(op[3]);
        self.now = self.now + delay;
        self.kind = Kind::True;
        let input = self.input(op[0], &mut numbers);
        self.call(input)
    }

    /// How much time passes: mostly none or little, sometimes until the machine's deadline.
    fn delay(&self, number: u8) -> Span {
        const MILLIS: [i64; 12] = [0, 1, 0, 400, 0, 1_000, 0, 3_000, 10_000, 0, 61_000, 700_000];
        let deadline = || self.pod.next_deadline().map_or(Span::ZERO, |deadline| deadline.at - self.now);
        match MILLIS.get(usize::from(number % 20)) {
            Some(&millis) => Span::from_millis(millis),
            None => deadline().max(Span::ZERO),
        }
    }

    fn input(&mut self, what: u8, numbers: &mut Numbers<'_>) -> Input {
        match what {
            0..150 => Input::Event(self.answer_some(numbers)),
            150..190 => Input::Event(self.happening(numbers)),
            190..200 => Input::Event(Event::Tick),
            200..210 => self.change(numbers),
            210..220 => Input::Sync,
            220..226 if self.texts => Input::Observe(self.snapshot()),
            220..234 => {
                self.kind = Kind::Again;
                Input::Event(self.last)
            }
            234..242 => Input::Event(self.stale(numbers)),
            _ => {
                self.kind = Kind::Nonsense;
                Input::Event(nonsense(numbers, self.now))
            }
        }
    }

    /// Makes one call, and takes note of what is asked for.
    pub(crate) fn call(&mut self, input: Input) -> Call {
        let before = self.pod.clone();
        let mut outputs = Vec::new();
        let mut sink = |output| {
            assert!(outputs.len() < MOST_OUTPUTS, "a call without an end: {:?}", &outputs[MOST_OUTPUTS - 20..]);
            outputs.push(output);
        };
        let result = match &input {
            Input::Event(event) => self.pod.handle(self.now, *event, &mut sink),
            Input::Update(change) => self.pod.update(self.now, change, &mut sink),
            Input::Observe(seen) => self.pod.observe(self.now, seen, &mut sink),
            Input::Sync => {
                self.pod.sync(self.now, &mut sink);
                Ok(())
            }
        };
        if let Input::Event(event) = input {
            self.last = event;
            self.gone |= event == Event::ObjectRemoved && result.is_ok();
        }
        self.note(&outputs);
        Call { before, now: self.now, input, kind: self.kind, result, outputs }
    }

    fn note(&mut self, outputs: &[Output]) {
        for output in outputs {
            if let Output::Action(action) = output
                && !self.jobs.contains(action)
            {
                self.jobs.push(*action);
            }
        }
    }

    /// Answers one of the actions asked for; a tick if there is none.
    fn answer_some(&mut self, numbers: &mut Numbers<'_>) -> Event<'static> {
        let (which, how) = (numbers.next(), numbers.next());
        if self.jobs.is_empty() {
            return Event::Tick;
        }
        let action = self.jobs.remove(usize::from(which) % self.jobs.len());
        self.answer(action, how)
    }

    /// The answer to an action: a good one for most values of `how`.
    pub(crate) fn answer(&mut self, action: Action, how: u8) -> Event<'static> {
        let failed = how > 220;
        match action {
            Action::StoreObject => Event::Stored,
            Action::Schedule if failed => {
                self.jobs.push(action);
                Event::Unschedulable { scheduler_error: how.is_multiple_of(2) }
            }
            Action::Schedule => Event::Scheduled,
            Action::Bind => Event::Bound,
            Action::Admit if how > 250 => Event::Rejected { reason: "OutOfcpu", message: "no room" },
            Action::Admit => Event::Admitted,
            Action::MountVolumes if how > 245 => Event::Aborted,
            Action::MountVolumes if failed => Event::VolumesFailed,
            Action::MountVolumes => Event::VolumesMounted,
            Action::RunPodSandbox { .. } if how > 245 => Event::Aborted,
            Action::RunPodSandbox { attempt } if failed => Event::SandboxFailed { attempt },
            Action::RunPodSandbox { attempt } => {
                self.sandboxes.insert(0, (attempt, true));
                Event::SandboxStarted { attempt, ips: if self.pod.spec().host_network() { "" } else { "10.0.0.7" } }
            }
            Action::StopPodSandbox { attempt } => {
                self.sandboxes.iter_mut().filter(|sandbox| sandbox.0 == attempt).for_each(|sandbox| sandbox.1 = false);
                if failed { Event::SandboxStopFailed { attempt } } else { Event::SandboxStopped { attempt } }
            }
            Action::ImageStatus { .. } | Action::PullImage { .. } if how > 250 => Event::Aborted,
            Action::ImageStatus { container } if failed => {
                Event::ImageFailed { container, reason: WaitingReason::ImageInspectError, message: self.text("cannot look") }
            }
            Action::ImageStatus { container } if how > 170 => Event::ImageAbsent { container },
            Action::PullImage { container } if failed => {
                Event::ImageFailed { container, reason: WaitingReason::ErrImagePull, message: self.text("no such image") }
            }
            Action::ImageStatus { container } | Action::PullImage { container } => Event::ImagePresent { container },
            Action::CreateContainer { container, attempt, restart_count } => self.create(container, attempt, restart_count, how),
            Action::StartContainer { container, attempt } => self.start(container, attempt, how),
            Action::RunHook { container, attempt, hook } => {
                Event::HookFinished { container, attempt, hook, ok: !failed, message: if failed { self.text("hook failed") } else { "" } }
            }
            Action::StopContainer { container, attempt, .. } => {
                let code = if failed { 137 } else { 0 };
                self.exit(container, attempt, code)
            }
            Action::RemoveContainer { container, attempt } => {
                self.instances.retain(|instance| (instance.container, instance.attempt) != (container, attempt));
                Event::ContainerRemoved { container, attempt }
            }
            Action::Probe { container, attempt, kind } => {
                Event::Probed { container, attempt, kind, outcome: OUTCOMES[usize::from(how) % OUTCOMES.len()] }
            }
            Action::AllocateResources { generation } if how > 200 => Event::ResizeDeferred { generation, message: self.text("no room") },
            Action::AllocateResources { generation } => Event::ResizeAllocated { generation },
            Action::UpdateContainerResources { container, attempt, resource } if failed => {
                Event::ContainerUpdateFailed { container, attempt, resource, message: self.text("cannot update") }
            }
            Action::UpdateContainerResources { container, attempt, resource } => Event::ContainerUpdated { container, attempt, resource },
            Action::UnmountVolumes => Event::VolumesUnmounted,
            Action::DeleteObject => Event::ObjectRemoved,
            _ => unreachable!("an action that the model does not know: {action:?}"),
        }
    }

    fn create(&mut self, container: ContainerIndex, attempt: Attempt, restart_count: i32, how: u8) -> Event<'static> {
        if how > 250 {
            return Event::Aborted;
        }
        if how > 220 {
            let message = self.text("cannot create");
            return Event::ContainerCreateFailed { container, attempt, reason: WaitingReason::CreateContainerError, message };
        }
        let sandbox = self.sandboxes.first().map_or(0, |newest| newest.0);
        let (state, exit) = (ObservedState::Created, Exit::default());
        let image = self.pod.spec().container(container).image().into();
        let instance = Instance { container, attempt, sandbox, restart_count, image, state, started_at: None, finished_at: None, exit };
        self.instances.insert(0, instance);
        let (id, image_id) = if self.texts { (id(container, attempt), "sha256:0") } else { ("", "") };
        Event::ContainerCreated { container, attempt, id, image_id }
    }

    fn start(&mut self, container: ContainerIndex, attempt: Attempt, how: u8) -> Event<'static> {
        let (at, failed, message) = (self.now, how > 220, self.text("cannot start"));
        let exit = Exit { code: 128, reason: TerminatedReason::StartError };
        if how > 250 {
            return Event::Aborted;
        }
        if let Some(instance) = self.find(container, attempt)
            && instance.state == ObservedState::Created
        {
            instance.started_at = Some(at);
            instance.state = ObservedState::Running;
            if failed {
                (instance.state, instance.exit, instance.finished_at) = (ObservedState::Exited, exit, Some(at));
            }
        }
        if failed {
            Event::ContainerStartFailed { container, attempt, exit, at, message, reason: "" }
        } else {
            Event::ContainerStarted { container, attempt, at }
        }
    }

    fn exit(&mut self, container: ContainerIndex, attempt: Attempt, code: i32) -> Event<'static> {
        let (at, message) = (self.now, self.text("bye"));
        let mut exit = Exit::of_code(code);
        if let Some(instance) = self.find(container, attempt) {
            if instance.state == ObservedState::Exited {
                exit = instance.exit;
            } else {
                (instance.state, instance.exit, instance.finished_at) = (ObservedState::Exited, exit, Some(at));
            }
        }
        Event::ContainerExited { container, attempt, exit, at, message, reason: "" }
    }

    fn find(&mut self, container: ContainerIndex, attempt: Attempt) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| (instance.container, instance.attempt) == (container, attempt))
    }

    const fn text(&self, text: &'static str) -> &'static str {
        if self.texts { text } else { "" }
    }

    /// Something that happens by itself; a tick if nothing can.
    fn happening(&mut self, numbers: &mut Numbers<'_>) -> Event<'static> {
        let (which, how) = (numbers.next(), numbers.next());
        let alive =
            |instance: &&Instance| matches!(instance.state, ObservedState::Running | ObservedState::Created | ObservedState::Unknown);
        let running: Vec<_> = self.instances.iter().filter(alive).map(|instance| (instance.container, instance.attempt)).collect();
        if how > 252 {
            return Event::ObjectRemoved;
        }
        if how > 244
            && let Some(newest) = self.sandboxes.first_mut()
        {
            newest.1 = false;
            return Event::SandboxDied { attempt: newest.0 };
        }
        if running.is_empty() {
            return Event::Tick;
        }
        let (container, attempt) = running[usize::from(which) % running.len()];
        match how {
            0..220 => self.exit(container, attempt, CODES[usize::from(how) % CODES.len()]),
            220..235 => {
                if let Some(instance) = self.find(container, attempt) {
                    instance.state = ObservedState::Unknown;
                }
                Event::ContainerLost { container, attempt }
            }
            _ => {
                self.instances.retain(|instance| (instance.container, instance.attempt) != (container, attempt));
                Event::ContainerRemoved { container, attempt }
            }
        }
    }

    /// News of an instance or sandbox before the newest; a tick if there was none.
    fn stale(&mut self, numbers: &mut Numbers<'_>) -> Event<'static> {
        let spec = self.pod.spec().clone();
        let newest = |container| self.pod.facts().instance(container);
        let old: Vec<_> = spec.indexes().filter(|&c| newest(c).1 != InstanceStage::Absent && newest(c).0 > Attempt(0)).collect();
        let (how, which) = (numbers.next(), numbers.next());
        let sandbox = self.sandboxes.first().map_or(0, |newest| newest.0);
        if how % 6 == 5 && sandbox > 0 && self.pod.facts().sandbox() != SandboxState::Absent {
            self.kind = Kind::Stale;
            return if how % 4 < 2 { Event::SandboxDied { attempt: sandbox - 1 } } else { Event::SandboxStopped { attempt: sandbox - 1 } };
        }
        if old.is_empty() {
            return Event::Tick;
        }
        self.kind = Kind::Stale;
        let container = old[usize::from(which) % old.len()];
        let attempt = Attempt(newest(container).0.0 - 1);
        let (exit, at, message) = (Exit::of_code(1), self.now, "late");
        match how % 5 {
            0 => Event::ContainerExited { container, attempt, exit, at, message, reason: "" },
            1 => Event::ContainerStarted { container, attempt, at },
            2 => Event::ContainerLost { container, attempt },
            3 => Event::ContainerStartFailed { container, attempt, exit, at, message, reason: "" },
            _ => Event::HookFinished { container, attempt, hook: HookKind::PreStop, ok: true, message },
        }
    }

    /// Somebody changes the object, or the kubelet ends the Pod.
    fn change(&mut self, numbers: &mut Numbers<'_>) -> Input {
        let how = numbers.next();
        let generation = self.pod.generation() + 1;
        Input::Update(match how % 10 {
            0..3 => {
                let spec = Arc::new(shape::changed(self.pod.spec(), numbers));
                Change::Spec { spec, generation }
            }
            3..5 => {
                let grace = [30, 3, 0][usize::from(numbers.below(3))];
                self.deletion(grace)
            }
            5..7 => Change::Condition(PodCondition {
                type_: "example.com/ready".into(),
                observed_generation: 0,
                status: if numbers.chance(100) { ConditionStatus::False } else { ConditionStatus::True },
                last_probe_time: None,
                last_transition_time: None,
                reason: String::new(),
                message: String::new(),
            }),
            7 => Change::Message { reason: "NodeLost".into(), message: "the node is away".into() },
            8 => {
                let ending = numbers.pick(&Ending::ALL);
                Change::Kill { ending, message: "no room".into(), grace_period_seconds: Some(0) }
            }
            _ => self.pod.spec().api().scheduling_gates.first().map_or_else(
                || self.deletion(30),
                |_| {
                    let mut api = self.pod.spec().api().clone();
                    api.scheduling_gates.clear();
                    Change::Spec { spec: Arc::new(pod_lifecycle::Spec::as_given(api)), generation }
                },
            ),
        })
    }

    fn deletion(&self, grace_period_seconds: i64) -> Change {
        let generation = self.pod.generation() + 1;
        Change::Deletion { at: self.now + Span::from_secs(grace_period_seconds), grace_period_seconds, generation }
    }

    /// The runtime's re-list.
    pub(crate) fn snapshot(&self) -> Observation {
        let network = if self.pod.spec().host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
        let ip = || if network == NetworkNamespace::Pod { String::from("10.0.0.7") } else { String::new() };
        let sandboxes = self.sandboxes.iter().map(|&(attempt, ready)| ObservedSandbox {
            id: format!("sandbox-{attempt}"),
            state: if ready { ObservedSandboxState::Ready } else { ObservedSandboxState::NotReady },
            attempt,
            network,
            network_status: true,
            ip: if ready { ip() } else { String::new() },
            ..ObservedSandbox::default()
        });
        let newest = self.sandboxes.first();
        let containers = self.instances.iter().map(|instance| ObservedContainer {
            id: id(instance.container, instance.attempt).into(),
            name: self.pod.spec().container(instance.container).name().into(),
            state: instance.state,
            started_at: instance.started_at,
            finished_at: instance.finished_at,
            exit_code: instance.exit.code,
            reason: instance.exit.reason.as_str().into(),
            restart_count: instance.restart_count,
            image: instance.image.clone(),
            image_ref: "sha256:0".into(),
            active: newest.is_some_and(|newest| newest.1 && newest.0 == instance.sandbox),
            ..ObservedContainer::default()
        });
        let ips = newest.filter(|newest| newest.1).map(|_| ip()).into_iter().filter(|ip| !ip.is_empty()).collect();
        Observation { ips, sandboxes: sandboxes.collect(), containers: containers.collect() }
    }

    /// Deletes the Pod if that has not happened, then answers whatever is asked and lets time pass, until the Pod is removed.
    ///
    /// Failures become rarer. Says how many calls it took, `None` if more than `most`.
    pub(crate) fn wind_down(&mut self, most: usize, numbers: &mut Numbers<'_>) -> Option<usize> {
        self.kind = Kind::True;
        if self.pod.deletion().is_none() {
            let deletion = self.deletion(3);
            let _ = self.call(Input::Update(deletion));
        }
        let mut synced = false;
        for calls in 0..most {
            if self.pod.stage() == Stage::Removed {
                return Some(calls);
            }
            let input = if let Some(action) = self.next_job(numbers) {
                let how = if matches!(action, Action::Probe { .. }) { 0 } else { numbers.next() };
                Input::Event(self.answer(action, how))
            } else if !self.pod.node().pacing.automatic && !core::mem::replace(&mut synced, true) {
                Input::Sync
            } else if let Some(deadline) = self.pod.next_deadline() {
                synced = false;
                self.now = self.now.max(deadline.at);
                Input::Event(Event::Tick)
            } else {
                Input::Sync
            };
            // A Pod that no kubelet has is deleted by the API server itself, and so is one without grace.
            let unbound = matches!(self.pod.stage(), Stage::Unscheduled | Stage::Scheduled | Stage::Rejected);
            let forced = self.pod.stage() == Stage::Finished && self.pod.deletion().is_some_and(|(grace, _)| grace == 0);
            let _ = self.call(if unbound || forced { Input::Event(Event::ObjectRemoved) } else { input });
        }
        None
    }

    fn next_job(&mut self, numbers: &mut Numbers<'_>) -> Option<Action> {
        if self.jobs.is_empty() { None } else { Some(self.jobs.remove(usize::from(numbers.next()) % self.jobs.len())) }
    }
}

/// Any event about anything.
pub(crate) fn nonsense(numbers: &mut Numbers<'_>, now: Time) -> Event<'static> {
    let what = numbers.next();
    let which = numbers.next();
    let container = ContainerIndex::new(u16::from(which % 8));
    let attempt = Attempt(u32::from(which / 8 % 5));
    let (exit, at, message) = (Exit { code: i32::from(which), reason: TerminatedReason::Other }, now - Span::from_secs(5), "nonsense");
    match what % 29 {
        0 => Event::Stored,
        1 => Event::Scheduled,
        2 => Event::Unschedulable { scheduler_error: true },
        3 => Event::Bound,
        4 => Event::Admitted,
        5 => Event::Rejected { reason: "", message },
        6 => Event::VolumesMounted,
        7 => Event::VolumesFailed,
        8 => Event::SandboxStarted { attempt: attempt.0, ips: "" },
        9 => Event::SandboxFailed { attempt: attempt.0 },
        10 => Event::SandboxStopped { attempt: attempt.0 },
        11 => Event::SandboxStopFailed { attempt: attempt.0 },
        12 => Event::SandboxDied { attempt: attempt.0 },
        13 => Event::ImagePresent { container },
        14 => Event::ImageAbsent { container },
        15 => Event::ImageFailed { container, reason: WaitingReason::None, message },
        16 => Event::ContainerCreated { container, attempt, id: "x", image_id: "" },
        17 => Event::ContainerCreateFailed { container, attempt, reason: WaitingReason::Other, message },
        18 => Event::ContainerStarted { container, attempt, at },
        19 => Event::ContainerStartFailed { container, attempt, exit, at, message, reason: "" },
        20 => Event::ContainerExited { container, attempt, exit, at, message, reason: "" },
        21 => Event::ContainerLost { container, attempt },
        22 => Event::ContainerRemoved { container, attempt },
        23 => Event::HookFinished { container, attempt, hook: HookKind::PostStart, ok: false, message },
        24 => Event::HookFinished { container, attempt, hook: HookKind::PreStop, ok: true, message: "" },
        25 => Event::Probed { container, attempt, kind: ProbeKind::ALL[usize::from(which) % 3], outcome: RawOutcome::Failure },
        26 => Event::VolumesUnmounted,
        27 => Event::Aborted,
        _ => Event::ObjectRemoved,
    }
}
