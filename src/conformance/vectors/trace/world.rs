//! The fake runtime of the suite `trace`: it does what its README says.

use super::{Input, Op, Run, Script};
use crate::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState, ObservedState};
use crate::pod::{Action, Attempt, Event};
use crate::rules::view::{Exit, NetworkNamespace, ProbeResult, TerminatedReason, WaitingReason};
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Exit code of a process that was told to stop.
const STOPPED: i32 = 143;
/// Exit code of a process that was killed with its sandbox.
const KILLED: i32 = 137;
/// The address of every sandbox.
const ADDRESS: &str = "10.0.0.1";

/// Everything outside the machine.
pub(super) struct World<'a> {
    spec: &'a Spec,
    scripts: Vec<Script>,
    /// How often each container was started with success.
    runs: Vec<usize>,
    pull_failures: BTreeMap<String, u32>,
    present: BTreeSet<String>,
    sandbox_dies_at: Option<Time>,
    /// Newest first: attempt, and whether ready.
    sandboxes: Vec<(u32, bool)>,
    /// Newest first.
    instances: Vec<Instance>,
    /// What was done in this sync.
    pub(super) ops: Vec<Op>,
}

struct Instance {
    container: ContainerIndex,
    attempt: Attempt,
    restart_count: i32,
    sandbox: u32,
    created_at: Time,
    started_at: Option<Time>,
    /// What it does by itself, once it runs.
    run: Option<Run>,
    finished: Option<(Time, i32)>,
}

impl Instance {
    const fn is_running(&self) -> bool {
        self.started_at.is_some() && self.finished.is_none()
    }

    fn exit(&mut self, at: Time, code: i32) {
        if self.is_running() {
            self.finished = Some((at, code));
        }
    }
}

impl<'a> World<'a> {
    pub(super) fn new(input: &Input, spec: &'a Spec) -> Self {
        let script = |c| input.containers.get(spec.container(c).name()).cloned().unwrap_or_default();
        Self {
            spec,
            scripts: spec.indexes().map(script).collect(),
            runs: spec.indexes().map(|_| 0).collect(),
            pull_failures: input.pull_failures.clone(),
            present: BTreeSet::new(),
            sandbox_dies_at: input.sandbox_dies_at,
            sandboxes: Vec::new(),
            instances: Vec::new(),
            ops: Vec::new(),
        }
    }

    /// What happens by itself until then.
    pub(super) fn live_until(&mut self, now: Time) {
        let dies_at = self.sandbox_dies_at.filter(|&at| at <= now);
        for instance in &mut self.instances {
            if let (Some(started_at), Some(run)) = (instance.started_at, instance.run)
                && run.seconds >= 0.0
            {
                let at = started_at + Span::from_secs_f64(run.seconds);
                if at <= dies_at.unwrap_or(now) {
                    instance.exit(at, run.exit_code);
                }
            }
            if let Some(at) = dies_at {
                instance.exit(at, KILLED);
            }
        }
        if dies_at.is_some() {
            self.sandbox_dies_at = None;
            if let Some(newest) = self.sandboxes.first_mut() {
                newest.1 = false;
            }
        }
    }

    /// Everything that a re-list finds.
    pub(super) fn observation(&self) -> Observation {
        let newest = self.sandboxes.first();
        let sandboxes = self.sandboxes.iter().map(|&(attempt, ready)| ObservedSandbox {
            id: attempt.to_string(),
            state: if ready { ObservedSandboxState::Ready } else { ObservedSandboxState::NotReady },
            attempt,
            created_at: None,
            network: NetworkNamespace::Pod,
            network_status: true,
            ip: if ready { ADDRESS.into() } else { String::new() },
        });
        let containers = self.instances.iter().map(|instance| {
            let (finished_at, exit_code) = instance.finished.unzip();
            let reason = exit_code.map_or("", |code| Exit::of_code(code).reason.as_str());
            let state = match (instance.started_at, instance.finished) {
                (_, Some(_)) => ObservedState::Exited,
                (Some(_), None) => ObservedState::Running,
                (None, None) => ObservedState::Created,
            };
            let name = self.spec.container(instance.container).name();
            ObservedContainer {
                id: format!("{name}-{}", instance.attempt.0),
                name: name.into(),
                state,
                created_at: Some(instance.created_at),
                started_at: instance.started_at,
                finished_at,
                exit_code: exit_code.unwrap_or_default(),
                reason: reason.into(),
                image: self.spec.container(instance.container).image().into(),
                restart_count: instance.restart_count,
                active: newest == Some(&(instance.sandbox, true)),
                ..ObservedContainer::default()
            }
        });
        let ips = newest.filter(|newest| newest.1).map(|_| ADDRESS.into());
        Observation { ips: ips.into_iter().collect(), sandboxes: sandboxes.collect(), containers: containers.collect() }
    }

    /// What the caches of the prober say at that moment of all that runs.
    pub(super) fn verdicts(&self, now: Time) -> Vec<Event<'static>> {
        let running = self.instances.iter().filter(|instance| instance.is_running());
        let verdicts = running.flat_map(|instance| {
            let &Instance { container, attempt, started_at, .. } = instance;
            let script = &self.scripts[container.get()];
            let age = started_at.map_or(Span::ZERO, |at| now - at);
            let is_over = |after: Option<f64>| after.is_some_and(|after| age >= Span::from_secs_f64(after));
            let startup = if is_over(script.startup_fails_after) {
                ProbeResult::Failure
            } else if is_over(script.startup_succeeds_after) {
                ProbeResult::Success
            } else {
                ProbeResult::Unknown
            };
            let liveness = if is_over(script.liveness_fails_after) { ProbeResult::Failure } else { ProbeResult::Success };
            let has = |kind| self.spec.container(container).probe(kind).is_some();
            let verdicts = [(ProbeKind::Startup, startup), (ProbeKind::Liveness, liveness)].into_iter().filter(move |&(kind, _)| has(kind));
            verdicts.map(move |(kind, verdict)| Event::ProbeVerdict { container, attempt, kind, verdict }).collect::<Vec<_>>()
        });
        verdicts.collect()
    }

    /// Does what is asked for; what it says to that.
    pub(super) fn carry_out(&mut self, now: Time, action: Action) -> Vec<Event<'static>> {
        let answer = match action {
            Action::MountVolumes => Event::VolumesMounted,
            Action::RunPodSandbox { attempt } => {
                self.note("runPodSandbox", "", attempt as i32, None);
                self.sandboxes.insert(0, (attempt, true));
                Event::SandboxStarted { attempt, ips: ADDRESS }
            }
            Action::StopPodSandbox { attempt } => {
                self.note("stopPodSandbox", "", attempt as i32, None);
                self.sandboxes.iter_mut().filter(|sandbox| sandbox.0 == attempt).for_each(|sandbox| sandbox.1 = false);
                Event::SandboxStopped { attempt }
            }
            Action::ImageStatus { container } if self.present.contains(self.spec.container(container).image()) => {
                Event::ImagePresent { container }
            }
            Action::ImageStatus { container } => Event::ImageAbsent { container },
            Action::PullImage { container } => self.pull(container),
            Action::CreateContainer { container, attempt, restart_count } => self.create(now, container, attempt, restart_count),
            Action::StartContainer { container, attempt } => self.start(now, container, attempt),
            Action::StopContainer { container, attempt, timeout_seconds } => {
                let Some(n) = self.find(container, attempt) else { return Vec::new() };
                self.note_container("stopContainer", n, Some(timeout_seconds));
                self.instances[n].exit(now, STOPPED);
                let Some((at, code)) = self.instances[n].finished else { return Vec::new() };
                Event::ContainerExited { container, attempt, exit: Exit::of_code(code), at, message: "", reason: "" }
            }
            Action::RemoveContainer { container, attempt } => {
                let Some(n) = self.find(container, attempt) else { return Vec::new() };
                self.note_container("removeContainer", n, None);
                self.instances.remove(n);
                Event::ContainerRemoved { container, attempt }
            }
            _ => return Vec::new(),
        };
        Vec::from([answer])
    }

    fn pull(&mut self, container: ContainerIndex) -> Event<'static> {
        let image = self.spec.container(container).image();
        match self.pull_failures.get_mut(image).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                self.note("pullImageFailed", image, 0, None);
                Event::ImageFailed { container, reason: WaitingReason::ErrImagePull, message: "" }
            }
            None => {
                self.note("pullImage", image, 0, None);
                self.present.insert(image.into());
                Event::ImagePresent { container }
            }
        }
    }

    fn create(&mut self, now: Time, container: ContainerIndex, attempt: Attempt, restart_count: i32) -> Event<'static> {
        let sandbox = self.sandboxes.first().map_or(0, |newest| newest.0);
        let made = Instance { container, attempt, restart_count, sandbox, created_at: now, started_at: None, run: None, finished: None };
        self.instances.insert(0, made);
        self.note_container("createContainer", 0, None);
        Event::ContainerCreated { container, attempt, id: "", image_id: "" }
    }

    fn start(&mut self, now: Time, container: ContainerIndex, attempt: Attempt) -> Event<'static> {
        let Some(n) = self.find(container, attempt) else { return Event::Tick };
        let script = &mut self.scripts[container.get()];
        if script.start_failures > 0 {
            script.start_failures -= 1;
            self.note_container("startContainerFailed", n, None);
            let exit = Exit { code: 128, reason: TerminatedReason::StartError };
            return Event::ContainerStartFailed { container, attempt, exit, at: now, message: "", reason: "" };
        }
        let nth = &mut self.runs[container.get()];
        self.instances[n].run = script.runs.get(*nth).or(script.runs.last()).copied();
        *nth += 1;
        self.instances[n].started_at = Some(now);
        self.note_container("startContainer", n, None);
        Event::ContainerStarted { container, attempt, at: now }
    }

    fn find(&self, container: ContainerIndex, attempt: Attempt) -> Option<usize> {
        self.instances.iter().position(|instance| (instance.container, instance.attempt) == (container, attempt))
    }

    fn note_container(&mut self, op: &'static str, n: usize, timeout_seconds: Option<i64>) {
        let (container, restart_count) = (self.instances[n].container, self.instances[n].restart_count);
        let name = self.spec.container(container).name();
        self.note(op, name, restart_count, timeout_seconds);
    }

    fn note(&mut self, op: &'static str, name: &str, attempt: i32, timeout_seconds: Option<i64>) {
        self.ops.push(Op { op, name: name.into(), attempt, timeout_seconds });
    }
}
