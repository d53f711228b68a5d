//! Plays a scenario or a replay: the machine as kubelet, the simulated node as everything else, in virtual time.
//!
//! The player takes no decision of the lifecycle: it carries events and actions to and fro, keeps the API object as an API server does
//! ([`cluster`](crate::cluster)), executes the steps, and writes down what happens.

mod api_server;
mod behaviour;
mod control_plane;
mod kubelet;
mod node;
mod resizing;
mod steps;

use super::record::{Record, What};
use super::scenario;
use super::scenario::{Hook, KubeletState, ProbeOutcome, ResizeOutcome, Scenario};
use crate::api::{self, EventType};
use crate::backend::sim::{Note, ProcessEvent, Sim};
use crate::backend::{ContainerBackend, PodRef};
use crate::node::admission::Rejection;
use crate::node::shutdown::Shutdown;
use crate::observation::Observation;
use crate::pod::{Action, Change, Event, HookKind, NewPod, NodeConfig, Output, Pacing, Pod};
use crate::rules::backoff::BackoffConfig;
use crate::rules::probe::RawOutcome;
use crate::rules::qos;
use crate::spec::{InvalidSpec, Spec};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use behaviour::{Behaviour, World};
use control_plane::Cluster;
use core::cmp::Reverse;
use steps::StepState;

/// 2026-01-01T00:00:00Z: time 0 of a play.
pub const TIME_ZERO: Time = Time::from_secs(1_767_225_600);

/// The one Pod of a play.
const KEY: usize = 0;

/// Sees what happens while it happens.
pub trait Observer {
    /// The machine told something.
    fn output(&mut self, _at: Span, _output: &Output, _pod: &Pod) {}
    /// The API object was published: a watcher's view.
    fn published(&mut self, _at: Span, _event: EventType, _object: &api::Pod) {}
    /// Something was written down.
    fn noted(&mut self, _at: Span, _what: &What) {}
}

impl Observer for () {}

/// Settings of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When syncs happen.
    pub pacing: Pacing,
}

impl Default for Settings {
    fn default() -> Self {
        Self { pacing: Pacing::IMMEDIATE }
    }
}

/// Plays a scenario to its end and says what happened.
///
/// # Errors
/// If the API server would refuse the Pod.
pub fn play(scenario: &Scenario, settings: Settings, observer: &mut impl Observer) -> Result<Record, InvalidSpec> {
    let mut player = Player::new(scenario, settings, observer)?;
    player.create();
    player.run();
    Ok(player.finish())
}

struct Player<'a, O> {
    scenario: &'a Scenario,
    settings: Settings,
    observer: &'a mut O,
    record: Record,
    now: Time,
    /// The API object as it is stored.
    object: api::Pod,
    /// The object is in the store.
    stored: bool,
    /// The object was in the store and is there no more.
    gone: bool,
    spec: Arc<Spec>,
    node: Arc<NodeConfig>,
    /// The kubelet's (and before the binding, the control plane's) view of the Pod; `None` while the kubelet is down.
    machine: Option<Pod>,
    kubelet_up: bool,
    /// The labels of the node, where they are known.
    labels: Option<BTreeMap<String, String>>,
    /// The node shuts down.
    shutdown: Option<Shutdown>,
    sim: Sim<Behaviour>,
    world: Rc<World>,
    /// Control-plane actions that wait.
    waiting: Waiting,
    inputs: VecDeque<Input>,
    timers: BinaryHeap<Reverse<(Time, u64, Timer)>>,
    timer_count: u64,
    cluster: Cluster,
    steps: StepState,
    outputs: Vec<Output>,
    /// The runs whose start has been asked for.
    asked: BTreeSet<(String, u32)>,
}

/// What the control plane and the volume manager have been asked and have not answered.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    schedule: bool,
    admit: bool,
    volumes: bool,
    /// The verdict on the resize of the spec of this generation.
    allocation: Option<i64>,
    /// An update that fails when the script says so.
    update: Option<Event<'static>>,
}

/// What the machine is told next.
enum Input {
    Event(Event<'static>),
    Rejected(Rejection),
    Change(Change),
}

/// What the player does later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    StartKubelet,
    VolumesTimeOut,
    /// What the step of this index provides is seen.
    Provide(usize),
    /// The toleration of a taint is over.
    TaintEviction,
    /// A node has been missing for long enough.
    CollectGarbage,
}

impl<'a, O: Observer> Player<'a, O> {
    fn new(scenario: &'a Scenario, settings: Settings, observer: &'a mut O) -> Result<Self, InvalidSpec> {
        let mut object = scenario.pod.clone();
        let spec = Spec::parse_with(object.spec.clone(), &scenario.gates)?;
        object.spec = spec.api().clone();
        let spec = Arc::new(spec);
        let world = Rc::new(World::new(scenario));
        let mut sim = Sim::new(TIME_ZERO);
        sim.take_notes();
        sim.set_network(scenario.node.network == scenario::Network::Broken);
        sim.add(KEY, &spec, Behaviour::new(scenario, &world));
        let node = Arc::new(node_config(scenario, settings, TIME_ZERO - Span::from_secs(3600)));
        Ok(Self {
            scenario,
            settings,
            observer,
            record: Record::default(),
            now: TIME_ZERO,
            object,
            stored: false,
            gone: false,
            spec,
            machine: None,
            kubelet_up: scenario.node.kubelet == KubeletState::Running,
            labels: Some(&scenario.node.labels).filter(|labels| !labels.is_empty()).cloned(),
            shutdown: None,
            sim,
            world,
            waiting: Waiting::default(),
            inputs: VecDeque::new(),
            timers: BinaryHeap::new(),
            timer_count: 0,
            cluster: Cluster::new(scenario, &node.name),
            node,
            steps: StepState::default(),
            outputs: Vec::new(),
            asked: BTreeSet::new(),
        })
    }

    /// A client sends the Pod.
    fn create(&mut self) {
        let meta = &mut self.object.metadata;
        meta.generation = 1;
        meta.creation_timestamp = Some(self.now.truncated());
        if meta.uid.is_empty() {
            meta.uid = alloc::format!("00000000-0000-4000-8000-{:012x}", 1);
        }
        if meta.namespace.is_empty() {
            meta.namespace = "default".into();
        }
        (self.object.api_version, self.object.kind) = ("v1".into(), "Pod".into());
        // Whoever writes the status, the class is the API server's.
        let qos = qos::pod_qos_class(&self.object, &self.scenario.gates);
        let status =
            self.scenario.initial_status.clone().map(|status| api::PodStatus { qos_class: status.qos_class.or(Some(qos)), ..status });
        if let Some(status) = &status {
            self.object.status = status.clone();
            self.stored = true;
        }
        let new = NewPod { meta: &self.object.metadata, spec: &self.spec, status: status.as_ref() };
        self.machine = Some(Pod::new(new, &self.node, &mut self.outputs));
        self.settle();
    }

    fn run(&mut self) {
        let end = TIME_ZERO + self.scenario.run_until;
        loop {
            while self.do_one() {}
            match self.next_time() {
                Some(at) if at <= end => {
                    self.now = self.now.max(at);
                    self.sim.advance_to(self.now);
                }
                _ => return,
            }
        }
    }

    fn next_time(&self) -> Option<Time> {
        let machine = self.machine.as_ref().and_then(Pod::next_deadline).map(|deadline| deadline.at);
        let timer = self.timers.peek().map(|Reverse((at, _, _))| *at);
        [machine, timer, self.sim.next_time(), self.next_step()].into_iter().flatten().min()
    }

    /// Does one thing that is due at this moment. Whether there was one.
    fn do_one(&mut self) -> bool {
        if let Some(input) = self.inputs.pop_front() {
            self.tell(&input);
        } else if self.sim.next_time().is_some_and(|at| at <= self.now) {
            self.poll();
        } else if self.machine.as_ref().and_then(Pod::next_deadline).is_some_and(|deadline| deadline.at <= self.now) {
            self.tell(&Input::Event(Event::Tick));
        } else if self.timers.peek().is_some_and(|Reverse((at, _, _))| *at <= self.now) {
            if let Some(Reverse((_, _, timer))) = self.timers.pop() {
                self.on_timer(timer);
            }
        } else {
            return self.do_step();
        }
        true
    }

    /// Something happens on the node.
    fn poll(&mut self) {
        let polled = self.sim.poll();
        if let (Some((_, event)), Some(machine)) = (polled, &mut self.machine) {
            if event == Event::Bound {
                let name = &self.node.name;
                self.object.spec.node_name.clone_from(name);
            }
            // News that contradicts the facts is a bug of the player or the machine: it must not go unseen.
            if let Err(refused) = machine.handle(self.now, event, &mut self.outputs) {
                self.refused(&refused.to_string());
            }
        }
        self.write_notes();
        self.settle();
    }

    fn tell(&mut self, input: &Input) {
        let Some(machine) = &mut self.machine else { return };
        let told = match input {
            Input::Event(event) => machine.handle(self.now, *event, &mut self.outputs),
            Input::Rejected(rejection) => {
                let (reason, message) = (rejection.reason(), rejection.message());
                machine.handle(self.now, Event::Rejected { reason: &reason, message: &message }, &mut self.outputs)
            }
            Input::Change(change) => machine.update(self.now, change, &mut self.outputs),
        };
        if let Err(refused) = told {
            self.refused(&refused.to_string());
        }
        self.settle();
    }

    /// Carries the machine's outputs where they belong.
    fn settle(&mut self) {
        let at = self.at();
        for output in core::mem::take(&mut self.outputs) {
            if let Some(machine) = &self.machine {
                self.observer.output(at, &output, machine);
            }
            match output {
                Output::StatusChanged => self.publish_status(),
                Output::Action(action) => self.act(action),
                Output::Transition(_) | Output::StartFailed { .. } => {}
            }
        }
        self.write_notes();
    }

    /// Carries out an action, or lets the right one do it.
    fn act(&mut self, action: Action) {
        match action {
            Action::Schedule if !self.world.fits.get() => {
                self.waiting.schedule = true;
                self.inputs.push_back(Input::Event(Event::Unschedulable { scheduler_error: false }));
            }
            Action::Admit => self.admit(),
            Action::MountVolumes if self.world.has_missing_volumes() => {
                self.waiting.volumes = true;
                self.after(kubelet::VOLUME_TIME_OUT, Timer::VolumesTimeOut);
            }
            Action::AllocateResources { generation } => self.judge_resize(generation),
            Action::UpdateContainerResources { container, attempt, resource } if self.world.resize.get() == Some(ResizeOutcome::Error) => {
                self.hold_update(container, attempt, resource);
            }
            Action::DeleteObject => self.delete(Some(0)),
            _ => {
                if let Action::CreateContainer { container, attempt: _, .. } = action {
                    let run = self.sim.runs(KEY, container) + 1;
                    let container: String = self.spec.container(container).name().into();
                    // A start that failed before the run began is asked for again; that is still the same run.
                    if self.asked.insert((container.clone(), run)) {
                        self.note(What::StartAsked { container, run });
                    }
                }
                if let Some(machine) = &self.machine {
                    self.sim.start(PodRef { key: KEY, meta: &self.object.metadata, pod: machine }, action);
                }
                // A deletion has come already: what would never be started gives way.
                if self.object.metadata.deletion_timestamp.is_some() {
                    self.sim.abort(KEY);
                }
            }
        }
    }

    fn after(&mut self, span: Span, timer: Timer) {
        self.at_time(self.now + span, timer);
    }

    fn at_time(&mut self, at: Time, timer: Timer) {
        self.timer_count += 1;
        self.timers.push(Reverse((at, self.timer_count, timer)));
    }

    /// The present moment, from time 0.
    fn at(&self) -> Span {
        self.now - TIME_ZERO
    }

    fn note(&mut self, what: What) {
        let at = self.at();
        self.observer.noted(at, &what);
        self.record.push(at, what);
    }

    fn refused(&mut self, why: &str) {
        let at = self.at();
        self.record.problems.push(alloc::format!("at {:.2} s: the machine refused an event: {why}", at.as_secs_f64()));
    }

    fn write_notes(&mut self) {
        let notes: Vec<Note> = self.sim.notes().collect();
        for note in notes {
            let name = |container| String::from(self.spec.container(container).name());
            let what = match note {
                Note::Process { container, run, event, end, .. } => {
                    let exit = end.map(|end| (end.exit.code, if end.reason.is_empty() { end.exit.reason.to_string() } else { end.reason }));
                    What::Process { container: name(container), run, event: process_event(event), exit }
                }
                Note::Hook { container, run, hook, begin, .. } => {
                    What::Hook { container: name(container), run, hook: hook_name(hook), begin }
                }
                Note::Probe { container, run, kind, outcome, .. } => {
                    What::Probe { container: name(container), run, kind, result: outcome_name(outcome) }
                }
                Note::SandboxStarted { .. } => What::SandboxStarted,
            };
            self.note(what);
        }
    }

    fn finish(mut self) -> Record {
        let left = self.steps_left();
        if !left.is_empty() {
            self.note(What::StepsLeft(left));
        }
        self.record
    }

    fn observation(&self) -> Observation {
        self.sim.observation(KEY)
    }
}

fn node_config(scenario: &Scenario, settings: Settings, kubelet_start: Time) -> NodeConfig {
    NodeConfig {
        gates: scenario.gates,
        pacing: settings.pacing,
        crash_loop: BackoffConfig::crash_loop(scenario.kubelet.crash_loop_back_off.max_container_restart_period, &scenario.gates),
        host_ips: alloc::vec!["192.0.2.2".into()],
        name: scenario.node.name.clone().unwrap_or_else(|| "n1".into()),
        kubelet_start,
        ..NodeConfig::default()
    }
}

const fn process_event(event: ProcessEvent) -> scenario::ProcessEvent {
    match event {
        ProcessEvent::Starting => scenario::ProcessEvent::Starting,
        ProcessEvent::Started => scenario::ProcessEvent::Started,
        ProcessEvent::Exiting => scenario::ProcessEvent::Exiting,
        ProcessEvent::Killed => scenario::ProcessEvent::Killed,
        ProcessEvent::Ended => scenario::ProcessEvent::Ended,
    }
}

const fn hook_name(hook: HookKind) -> Hook {
    match hook {
        HookKind::PostStart => Hook::PostStart,
        HookKind::PreStop => Hook::PreStop,
    }
}

const fn outcome_name(outcome: RawOutcome) -> ProbeOutcome {
    match outcome {
        RawOutcome::Success => ProbeOutcome::Success,
        RawOutcome::Warning => ProbeOutcome::Warning,
        RawOutcome::Failure => ProbeOutcome::Failure,
        RawOutcome::Unknown | RawOutcome::Error => ProbeOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests;
