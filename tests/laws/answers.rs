//! Answers to actions: good ones, failures, and again what was answered before.

use super::numbers::Numbers;
use super::runtime::IP;
use super::world::World;
use pod_lifecycle::ContainerIndex;
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Attempt, Event};
use pod_lifecycle::rules::probe::RawOutcome;
use pod_lifecycle::rules::view::{Exit, TerminatedReason, WaitingReason};

const OUTCOMES: [RawOutcome; 6] =
    [RawOutcome::Success, RawOutcome::Failure, RawOutcome::Success, RawOutcome::Error, RawOutcome::Warning, RawOutcome::Unknown];

impl World {
    /// Answers one of the actions asked for; a tick if there is none.
    pub(super) fn answer_some(&mut self, numbers: &mut Numbers<'_>) -> Event<'static> {
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
            // What has ended is not asked about any more.
            Action::Admit if how > 250 && !self.pod.phase().is_terminal() => {
                Event::Rejected { reason: "OutOfcpu", message: "Pod was rejected: no room" }
            }
            Action::Admit => Event::Admitted,
            Action::MountVolumes if how > 245 => Event::Aborted,
            Action::MountVolumes if failed => Event::VolumesFailed,
            Action::MountVolumes => Event::VolumesMounted,
            Action::RunPodSandbox { .. } if how > 245 => Event::Aborted,
            Action::RunPodSandbox { attempt } if failed => Event::SandboxFailed { attempt },
            Action::RunPodSandbox { attempt } if !self.runtime.run_sandbox(attempt) => Event::SandboxFailed { attempt },
            Action::RunPodSandbox { attempt } => {
                Event::SandboxStarted { attempt, ips: if self.pod.spec().host_network() { "" } else { IP } }
            }
            Action::StopPodSandbox { attempt } => {
                self.runtime.sandboxes.iter_mut().filter(|sandbox| sandbox.0 == attempt).for_each(|sandbox| sandbox.1 = false);
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
                let exit = self.runtime.stop(self.now, container, attempt, Exit::of_code(code));
                Event::ContainerExited { container, attempt, exit, at: self.now, message: self.text("bye"), reason: "" }
            }
            Action::RemoveContainer { container, attempt } => {
                self.runtime.remove(container, attempt);
                Event::ContainerRemoved { container, attempt }
            }
            Action::Probe { container, attempt, kind } => {
                let runs = self.runtime.find(container, attempt).is_some_and(|instance| instance.state == ObservedState::Running);
                let outcome = if runs { OUTCOMES[usize::from(how) % OUTCOMES.len()] } else { RawOutcome::Failure };
                Event::Probed { container, attempt, kind, outcome }
            }
            Action::AllocateResources { generation } if how > 235 => Event::ResizeInfeasible { generation, message: self.text("too much") },
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
        let id = self.runtime.create(self.now, self.pod.spec(), container, attempt, restart_count);
        let (id, image_id) = if self.texts { (id, "sha256:0") } else { ("", "") };
        Event::ContainerCreated { container, attempt, id, image_id }
    }

    fn start(&mut self, container: ContainerIndex, attempt: Attempt, how: u8) -> Event<'static> {
        let (at, message) = (self.now, self.text("cannot start"));
        let exit = Exit { code: 128, reason: TerminatedReason::StartError };
        if how > 250 && self.faults {
            return Event::Aborted;
        }
        match self.runtime.start(at, container, attempt, (how > 220).then_some(exit)) {
            Some(at) => Event::ContainerStarted { container, attempt, at },
            None => Event::ContainerStartFailed { container, attempt, exit, at, message, reason: "" },
        }
    }

    pub(super) const fn text(&self, text: &'static str) -> &'static str {
        if self.texts { text } else { "" }
    }
}
