//! What the Pod shows: its facts to the rules, its published status to the caller.

use super::aside::MaybeAside;
use super::container::{Attempt, InstanceFacts, InstanceStage, Slot};
use super::output::ShownState;
use super::sandbox::{SandboxFacts, SandboxState};
use super::{Action, HookKind, Pod};
use crate::api::{ConditionStatus, PodPhase};
use crate::rules::conditions::{KubeletCondition, Verdict};
use crate::rules::grace::StopPhase;
use crate::rules::pod_status;
use crate::rules::view::{Instance, Runtime, Sandbox, StatusEntry};
use crate::spec::{ContainerIndex, Spec};
use crate::time::Time;
use alloc::string::String;

/// The newest news: what is known of the runtime, ahead of what is published.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    spec: &'a Spec,
    slots: &'a [Slot],
    aside: &'a MaybeAside,
    sandbox: SandboxFacts,
}

impl Facts<'_> {
    /// State of the newest sandbox.
    pub const fn sandbox(&self) -> SandboxState {
        self.sandbox.state
    }

    /// Attempt and state of the newest instance of a container.
    ///
    /// # Panics
    /// If the index is not of this Pod's spec.
    pub fn instance(&self, container: ContainerIndex) -> (Attempt, InstanceStage) {
        let newest = self.slots[container.get()].newest();
        (newest.attempt, newest.stage)
    }
}

impl Runtime for Facts<'_> {
    fn sandboxes(&self) -> impl Iterator<Item = Sandbox> {
        self.sandbox.view()
    }

    #[inline]
    fn newest_two(&self, container: ContainerIndex) -> [Option<Instance>; 2] {
        let active = (self.sandbox.state == SandboxState::Ready).then_some(self.sandbox.attempt);
        let hash = self.spec.container(container).hash();
        self.slots[container.get()].instances.each_ref().map(|instance| instance.view(hash, active))
    }

    #[inline]
    fn newest(&self, container: ContainerIndex) -> Option<Instance> {
        let active = (self.sandbox.state == SandboxState::Ready).then_some(self.sandbox.attempt);
        self.slots[container.get()].newest().view(self.spec.container(container).hash(), active)
    }

    fn instances(&self, container: ContainerIndex) -> impl Iterator<Item = Instance> {
        let active = (self.sandbox.state == SandboxState::Ready).then_some(self.sandbox.attempt);
        let hash = self.spec.container(container).hash();
        let older = self.aside.older(container);
        let older = older.iter().map(|older| &older.facts);
        self.slots[container.get()].instances.iter().chain(older).filter_map(move |instance| instance.view(hash, active))
    }
}

/// One container in the published status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Its state.
    pub state: ShownState,
    /// The whole entry, as the rules read it; `None` before the first status of a kubelet.
    pub entry: Option<StatusEntry>,
    /// The instance shown.
    pub attempt: Option<Attempt>,
}

impl Pod {
    /// The published phase; Pending before the Pod is stored.
    pub fn phase(&self) -> PodPhase {
        self.published.phase.unwrap_or(PodPhase::Pending)
    }

    /// A published condition that the machine keeps.
    pub fn condition(&self, condition: KubeletCondition) -> Option<Verdict> {
        if condition.is_resize() {
            return self.resize_verdict(condition);
        }
        let shown = self.published.condition(condition);
        shown.status.map(|status| Verdict { status, reason: shown.reason })
    }

    /// A published condition of any other type.
    pub fn other_condition(&self, type_: &str) -> Option<ConditionStatus> {
        self.foreign_condition(type_)
    }

    /// A container in the published status.
    ///
    /// # Panics
    /// If the index is not of this Pod's spec.
    pub fn container(&self, container: ContainerIndex) -> ContainerView {
        let shown = self.slots[container.get()].shown.as_ref();
        ContainerView {
            state: shown.map_or(ShownState::Absent, super::container::ShownContainer::short),
            entry: shown.map(super::container::ShownContainer::entry),
            attempt: shown.and_then(|shown| shown.attempt.get()),
        }
    }

    /// The runtime's id of an instance, as it was told when the instance was created or by a re-list; `None` if it was not, or is not kept
    /// any more: of instances that no re-list has and no status shows only the newest few are.
    pub fn instance_id(&self, container: ContainerIndex, attempt: Attempt) -> Option<&str> {
        self.aside.container(container)?.id_of(attempt)
    }

    /// The newest news, ahead of what is published.
    pub fn facts(&self) -> Facts<'_> {
        Facts { spec: &self.spec, slots: &self.slots, aside: &self.aside, sandbox: self.sandbox }
    }

    pub(crate) fn runtime(&self) -> Facts<'_> {
        self.facts()
    }

    /// `status.startTime`: when the kubelet first took note of the Pod, in whole seconds.
    pub const fn start_time(&self) -> Option<Time> {
        self.published.start_time.get()
    }

    /// The addresses of the Pod in the published status, the primary first.
    pub fn pod_ips(&self) -> impl Iterator<Item = &str> {
        let own = self.aside.texts().map_or("", |texts| texts.pod_ips.as_str()).split(',').filter(|ip| !ip.is_empty());
        let has_nodes = self.spec.host_network() && self.published.has_host_ips;
        let node = if has_nodes { self.node.host_ips.as_slice() } else { &[] };
        let nodes = pod_status::host_network_ips(own.clone().next(), own.clone().count(), node);
        own.chain(nodes.iter().map(String::as_str))
    }

    /// The actions that were asked for and are not answered yet: to be asked for again after a restore, or when one was lost.
    pub fn pending_actions(&self) -> impl Iterator<Item = Action> {
        let work = self.pending_work();
        let stops = self.spec.indexes().filter_map(|container| self.pending_stop(container));
        let probing = self.probing.iter().filter(|probing| probing.worker.is_probing());
        let probes = probing.map(|probing| Action::Probe {
            container: probing.container,
            attempt: probing.worker.instance().map_or(Attempt(0), |instance| Attempt(instance.get())),
            kind: probing.kind,
        });
        let removals = self.spec.indexes().flat_map(|container| {
            let attempts = self.slots[container.get()].being_removed();
            attempts.map(move |attempt| Action::RemoveContainer { container, attempt })
        });
        work.into_iter().chain(self.pending_allocation()).chain(stops).chain(probes).chain(removals)
    }

    fn pending_stop(&self, container: ContainerIndex) -> Option<Action> {
        let slot = &self.slots[container.get()];
        let stop = slot.stopping?;
        let InstanceFacts { attempt, .. } = *slot.newest();
        match stop.phase() {
            StopPhase::PreStop => Some(Action::RunHook { container, attempt, hook: HookKind::PreStop }),
            StopPhase::WaitForTurn => None,
            StopPhase::StopContainer => Some(Action::StopContainer { container, attempt, timeout_seconds: stop.budget().stop_timeout() }),
        }
    }

    fn pending_work(&self) -> Option<Action> {
        use super::work::{StartStep, Step};
        use super::{Stage, Stage::Finished};
        Some(match self.work.step {
            Step::Volumes => Action::MountVolumes,
            Step::Sandbox => Action::RunPodSandbox { attempt: self.work.actions.attempt },
            Step::StopSandbox(attempt) | Step::EndSandbox(attempt) => Action::StopPodSandbox { attempt },
            Step::Unmount => Action::UnmountVolumes,
            Step::Start(container, step) => {
                let slot = &self.slots[container.get()];
                let newest = self.work.created();
                match step {
                    StartStep::ImageStatus => Action::ImageStatus { container },
                    StartStep::Pull => Action::PullImage { container },
                    StartStep::Create => {
                        Action::CreateContainer { container, attempt: slot.next_attempt, restart_count: slot.next_restart_count }
                    }
                    StartStep::Run => Action::StartContainer { container, attempt: newest },
                    StartStep::PostStart => Action::RunHook { container, attempt: newest, hook: HookKind::PostStart },
                    StartStep::Undo => return None,
                }
            }
            Step::Update(container, attempt, resource) => Action::UpdateContainerResources { container, attempt, resource },
            Step::StopPod | Step::StopContainer(_) | Step::Reset(..) | Step::EndContainers | Step::EndStatus => return None,
            Step::Idle => match self.stage {
                Stage::Accepted => Action::StoreObject,
                Stage::Unscheduled if !self.is_gated() => Action::Schedule,
                Stage::Scheduled => Action::Bind,
                Stage::Bound => Action::Admit,
                Finished if self.wants_deletion() => Action::DeleteObject,
                _ => return None,
            },
        })
    }
}
