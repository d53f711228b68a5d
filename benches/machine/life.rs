//! Lives of Pods for measurements: every action is answered well, at once and without text.

use pod_lifecycle::api::{Container, ExecAction, ObjectMeta, PodPhase, PodSpec, Probe};
use pod_lifecycle::pod::{Action, Change, Event, InstanceStage, KubeletCondition, NewPod, NodeConfig, Output, Stage};
use pod_lifecycle::rules::probe::RawOutcome;
use pod_lifecycle::rules::view::Exit;
use pod_lifecycle::{ContainerIndex, Pod, Span, Spec, Time};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);

/// A Pod, and what it has asked for.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) pod: Pod,
    pub(crate) now: Time,
    /// Calls of the machine.
    pub(crate) events: u64,
    asked: Vec<Action>,
}

/// A spec of so many containers with three probes each, under the node's network: no text is ever told.
pub(crate) fn spec(containers: usize) -> Arc<Spec> {
    let probe = Some(Probe { exec: Some(ExecAction { command: vec!["check".into()] }), ..Probe::default() });
    let container = |n| Container {
        name: format!("c{n}"),
        image: "app:1".into(),
        startup_probe: probe.clone(),
        readiness_probe: probe.clone(),
        liveness_probe: probe.clone(),
        ..Container::default()
    };
    let spec = PodSpec { containers: (0..containers).map(container).collect(), host_network: true, ..PodSpec::default() };
    Arc::new(Spec::parse(spec).expect("the spec is valid"))
}

impl Life {
    /// A new Pod.
    pub(crate) fn new(spec: &Arc<Spec>, node: &Arc<NodeConfig>) -> Self {
        let mut asked = Vec::with_capacity(64);
        let mut sink = |output| note(&mut asked, output);
        let pod = Pod::new(NewPod { meta: &ObjectMeta::default(), spec, status: None }, node, &mut sink);
        Self { pod, now: START, events: 0, asked }
    }

    /// A Pod whose containers are ready.
    pub(crate) fn running(containers: usize) -> Self {
        let mut life = Self::new(&spec(containers), &Arc::new(NodeConfig::default()));
        life.start();
        life
    }

    /// Starts what is to be started, and probes until all containers are ready.
    pub(crate) fn start(&mut self) {
        self.answer_all();
        while !self.pod.spec().indexes().all(|c| self.pod.container(c).entry.is_some_and(|entry| entry.ready)) {
            self.reach_next_probe();
            self.answer_all();
        }
    }

    /// One event.
    #[inline(never)] // Instructions are collected here.
    pub(crate) fn event(&mut self, event: Event<'_>) {
        self.events += 1;
        let asked = &mut self.asked;
        self.pod.handle(self.now, event, &mut |output| note(asked, output)).expect("the event fits");
    }

    /// Answers all that is asked, and what that asks, and does what is due now.
    pub(crate) fn answer_all(&mut self) {
        loop {
            if let Some(action) = self.asked.pop() {
                self.event(answer(action, self.now));
            } else if self.pod.next_deadline().is_some_and(|deadline| deadline.at <= self.now) {
                self.event(Event::Tick);
            } else {
                return;
            }
        }
    }

    /// A container fails, waits for its back-off, runs again and becomes ready.
    pub(crate) fn crash(&mut self, container: ContainerIndex) {
        assert_eq!(self.pod.facts().instance(container).1, InstanceStage::Running);
        self.exit_and_restart(container);
        self.start();
    }

    /// Lets time pass until a probe is asked for.
    pub(crate) fn reach_next_probe(&mut self) {
        while self.asked.is_empty() {
            if let Some(deadline) = self.pod.next_deadline() {
                self.now = deadline.at;
            }
            self.event(Event::Tick);
        }
    }

    /// Tells the results of all probes under way: they are as before.
    #[inline(never)]
    pub(crate) fn no_change_probe_results(&mut self) {
        while let Some(action) = self.asked.pop() {
            self.event(answer(action, self.now));
        }
    }

    /// Tells the result of one of the probes under way: it is as before.
    pub(crate) fn no_change_probe_result(&mut self) {
        if let Some(action) = self.asked.pop() {
            self.event(answer(action, self.now));
        }
    }

    /// A container fails and, when its back-off is over, is started again.
    pub(crate) fn exit_and_restart(&mut self, container: ContainerIndex) {
        let (attempt, _) = self.pod.facts().instance(container);
        self.event(Event::ContainerExited { container, attempt, exit: Exit::of_code(1), at: self.now, message: "", reason: "" });
        self.answer_all();
        self.now = self.now + Span::from_secs(400);
        self.event(Event::Tick);
        self.answer_all();
    }

    /// Reads the published status without making an object of it: how much of phase, conditions and containers is as of a Pod that is well.
    pub(crate) fn view(&self) -> usize {
        let conditions = KubeletCondition::ALL.into_iter().filter(|&condition| self.pod.condition(condition).is_some()).count();
        let ready = |&container: &ContainerIndex| self.pod.container(container).entry.is_some_and(|entry| entry.ready);
        let containers = self.pod.spec().indexes().filter(ready).count();
        usize::from(self.pod.phase() == PodPhase::Running) + conditions + containers
    }

    /// A tick before anything is due.
    pub(crate) fn early_tick(&mut self) {
        self.event(Event::Tick);
    }

    /// Deletes the Pod and sees it off.
    pub(crate) fn end(&mut self) {
        self.events += 1;
        let asked = &mut self.asked;
        let deletion = Change::Deletion { at: self.now + Span::from_secs(30), grace_period_seconds: 30, generation: 2 };
        self.pod.update(self.now, &deletion, &mut |output| note(asked, output)).expect("a deletion fits");
        self.answer_all();
        assert_eq!(self.pod.stage(), Stage::Removed);
    }
}

fn note(asked: &mut Vec<Action>, output: Output) {
    if let Output::Action(action) = output {
        asked.push(action);
    }
}

fn answer(action: Action, at: Time) -> Event<'static> {
    match action {
        Action::StoreObject => Event::Stored,
        Action::Schedule => Event::Scheduled,
        Action::Bind => Event::Bound,
        Action::Admit => Event::Admitted,
        Action::MountVolumes => Event::VolumesMounted,
        Action::RunPodSandbox { attempt } => Event::SandboxStarted { attempt, ips: "" },
        Action::StopPodSandbox { attempt } => Event::SandboxStopped { attempt },
        Action::ImageStatus { container } | Action::PullImage { container } => Event::ImagePresent { container },
        Action::CreateContainer { container, attempt, .. } => Event::ContainerCreated { container, attempt, id: "", image_id: "" },
        Action::StartContainer { container, attempt } => Event::ContainerStarted { container, attempt, at },
        Action::RunHook { container, attempt, hook } => Event::HookFinished { container, attempt, hook, ok: true, message: "" },
        Action::StopContainer { container, attempt, .. } => {
            Event::ContainerExited { container, attempt, exit: Exit::of_code(0), at, message: "", reason: "" }
        }
        Action::RemoveContainer { container, attempt } => Event::ContainerRemoved { container, attempt },
        Action::Probe { container, attempt, kind } => Event::Probed { container, attempt, kind, outcome: RawOutcome::Success },
        Action::UnmountVolumes => Event::VolumesUnmounted,
        Action::DeleteObject => Event::ObjectRemoved,
        _ => unreachable!("{action:?} is not known here"),
    }
}
