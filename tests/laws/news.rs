//! What happens without being asked for: exits, losses, changes of the object; old news, and nonsense.

use super::numbers::Numbers;
use super::runtime::{IP, Instance};
use super::shape::{self, CODES};
use super::world::{Input, Kind, World};
use pod_lifecycle::api::{ConditionStatus, ObjectMeta, PodCondition};
use pod_lifecycle::cluster::Disruption;
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Attempt, Change, Event, HookKind, InstanceStage, SandboxState};
use pod_lifecycle::rules::ending::Ending;
use pod_lifecycle::rules::probe::RawOutcome;
use pod_lifecycle::rules::view::{Exit, ProbeResult, Runtime as _, TerminatedReason, WaitingReason};
use pod_lifecycle::spec::ProbeKind;
use pod_lifecycle::{ContainerIndex, Span, Time};
use std::sync::Arc;

impl World {
    /// Something that happens by itself; a tick if nothing can.
    pub(super) fn happening(&mut self, numbers: &mut Numbers<'_>) -> Event<'static> {
        let (which, how) = (numbers.next(), numbers.next());
        let can_end = |instance: &&Instance| instance.is_alive() && (self.faults || instance.state == ObservedState::Running);
        let alive = self.runtime.instances.iter().filter(can_end);
        let running: Vec<_> = alive.map(|instance| (instance.container, instance.attempt)).collect();
        if how > 252 {
            return Event::ObjectRemoved;
        }
        if how > 244
            && let Some(newest) = self.runtime.sandboxes.first_mut()
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
            220..235 if self.faults => {
                if let Some(instance) = self.runtime.find(container, attempt) {
                    instance.state = ObservedState::Unknown;
                }
                Event::ContainerLost { container, attempt }
            }
            _ if self.faults => {
                self.runtime.remove(container, attempt);
                Event::ContainerRemoved { container, attempt }
            }
            _ => Event::Tick,
        }
    }

    /// The process of an instance ends.
    pub(crate) fn exit(&mut self, container: ContainerIndex, attempt: Attempt, code: i32) -> Event<'static> {
        let (at, message) = (self.now, self.text("bye"));
        let mut exit = Exit::of_code(code);
        if let Some(instance) = self.runtime.find(container, attempt) {
            instance.end(at, exit);
            exit = instance.exit;
        }
        Event::ContainerExited { container, attempt, exit, at, message, reason: "" }
    }

    /// News of an instance or sandbox before the newest; a tick if there was none.
    pub(super) fn stale(&mut self, numbers: &mut Numbers<'_>) -> Event<'static> {
        let spec = self.pod.spec().clone();
        let newest = |container| self.pod.facts().instance(container);
        let old: Vec<_> = spec.indexes().filter(|&c| newest(c).1 != InstanceStage::Absent && newest(c).0 > Attempt(0)).collect();
        let (how, which) = (numbers.next(), numbers.next());
        let sandbox = self.runtime.sandboxes.first().map_or(0, |newest| newest.0);
        let known = self.pod.facts().sandboxes().next().map_or(0, |newest| newest.attempt);
        if how % 6 == 5 && sandbox > 0 && self.pod.facts().sandbox() != SandboxState::Absent {
            let attempt = sandbox - 1;
            // One that the machine does not know, since it was broken off, makes no news old.
            if known != sandbox || self.jobs.contains(&Action::StopPodSandbox { attempt }) {
                return Event::Tick;
            }
            self.kind = Kind::Stale;
            return match which % 5 {
                0 => Event::SandboxDied { attempt },
                1 => Event::SandboxStopped { attempt },
                2 => Event::SandboxFailed { attempt },
                3 => Event::SandboxStopFailed { attempt },
                _ => Event::SandboxStarted { attempt, ips: IP },
            };
        }
        if old.is_empty() {
            return Event::Tick;
        }
        self.kind = Kind::Stale;
        let container = old[usize::from(which) % old.len()];
        let attempt = Attempt(newest(container).0.0 - 1);
        let (exit, at, message) = (Exit::of_code(1), self.now, "late");
        match how % 8 {
            0 => Event::ContainerExited { container, attempt, exit, at, message, reason: "" },
            1 => Event::ContainerStarted { container, attempt, at },
            2 => Event::ContainerLost { container, attempt },
            3 => Event::ContainerStartFailed { container, attempt, exit, at, message, reason: "" },
            4 => match ProbeKind::ALL.into_iter().find(|&kind| spec.container(container).probe(kind).is_some()) {
                // A worker goes by what the status shows, which may be the instance before the newest.
                Some(kind) if !self.jobs.contains(&Action::Probe { container, attempt, kind }) => {
                    Event::Probed { container, attempt, kind, outcome: RawOutcome::Failure }
                }
                _ => Event::ContainerLost { container, attempt },
            },
            5 => Event::ContainerCreateFailed { container, attempt, reason: WaitingReason::CreateContainerError, message },
            6 => Event::HookFinished { container, attempt, hook: HookKind::PostStart, ok: false, message },
            _ => Event::HookFinished { container, attempt, hook: HookKind::PreStop, ok: true, message },
        }
    }

    /// Somebody changes the object, or the kubelet ends the Pod.
    pub(super) fn change(&mut self, numbers: &mut Numbers<'_>) -> Input {
        let how = numbers.next();
        let generation = self.pod.generation().saturating_add(1);
        Input::Update(match how % 10 {
            0..3 => {
                let spec = Arc::new(shape::changed(self.pod.spec(), numbers));
                Change::Spec { spec, generation }
            }
            3..5 => {
                let grace = [30, 3, 0][usize::from(numbers.below(3))];
                self.deletion(grace)
            }
            5..7 => Change::Condition(self.condition(numbers)),
            7 => match numbers.below(4) {
                0 | 1 => Change::Message { reason: "NodeLost".into(), message: "the node is away".into() },
                2 => Change::PhaseUnknown,
                _ => Change::Failed { condition: Some(Disruption::DeletionByPodGc.condition(self.now, &ObjectMeta::default())) },
            },
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

    /// Another writer's condition: a readiness gate, a disruption or that nothing has come of one, that the node is lost.
    fn condition(&self, numbers: &mut Numbers<'_>) -> PodCondition {
        let status = if numbers.chance(100) { ConditionStatus::False } else { ConditionStatus::True };
        let condition = |type_: &str, status| PodCondition {
            type_: type_.into(),
            observed_generation: 0,
            status,
            last_probe_time: None,
            last_transition_time: None,
            reason: String::new(),
            message: String::new(),
        };
        match (numbers.below(8), status) {
            (0..6, _) => condition("example.com/ready", status),
            (6, ConditionStatus::True) => Disruption::DeletionByTaintManager.condition(self.now, &ObjectMeta::default()),
            (6, _) if self.pod.other_condition("DisruptionTarget").is_some() => condition("DisruptionTarget", status),
            _ => condition("Ready", ConditionStatus::False),
        }
    }

    pub(crate) fn deletion(&self, grace_period_seconds: i64) -> Change {
        let generation = self.pod.generation().saturating_add(1);
        Change::Deletion { at: self.now + Span::from_secs(grace_period_seconds), grace_period_seconds, generation }
    }
}

/// Any event about anything.
pub(crate) fn nonsense(numbers: &mut Numbers<'_>, now: Time) -> Event<'static> {
    let what = numbers.next();
    let which = numbers.next();
    let container = ContainerIndex::new(u16::from(which % 8));
    let attempt = Attempt(u32::from(which / 8 % 5));
    let (exit, at, message) = (Exit { code: i32::from(which), reason: TerminatedReason::Other }, now - Span::from_secs(5), "nonsense");
    match what % 30 {
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
        28 => Event::ProbeVerdict { container, attempt, kind: ProbeKind::ALL[usize::from(which) % 3], verdict: ProbeResult::Failure },
        _ => Event::ObjectRemoved,
    }
}
