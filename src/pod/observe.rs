//! A re-list of the runtime becomes facts, and a Pod that lived before is taken up.

use super::container::{Attempt, InstanceEvent, InstanceFacts, InstanceStage, ShownContainer, ShownContainerState, Termination};
use super::error::TransitionError;
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use super::published::{PodReason, shown_generation};
use super::sandbox::{SandboxEvent, SandboxFacts, SandboxState};
use super::stage::Stage;
use super::sync::{StartStep, Step};
use super::{Action, Pod};
use crate::api::{ContainerState, ContainerStateTerminated, ContainerStatus, PodPhase, PodStatus};
use crate::observation::{Observation, ObservedContainer, ObservedPod, ObservedSandboxState};
use crate::rules::conditions::KubeletCondition;
use crate::rules::qos;
use crate::rules::view::{Exit, InstanceState, Sandbox, TerminatedReason, WaitingReason};
use crate::spec::ContainerIndex;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;

impl Pod {
    /// Takes up a Pod that is stored already, with the status that the API server has.
    pub(crate) fn adopt(&mut self, status: &PodStatus, out: &mut impl Sink) {
        // The API server writes a phase with the object; a status without one is as new.
        self.published.phase = status.phase.or(Some(PodPhase::Pending));
        self.published.reason = PodReason::from_text(&status.reason);
        self.published.start_time = status.start_time;
        self.published.observed_generation = shown_generation(status.observed_generation);
        self.published.qos = status.qos_class.unwrap_or_else(|| qos::qos_class(self.spec.api(), &self.node.gates));
        self.published.has_host_ips = !status.host_ip.is_empty();
        self.published.built = self.source_knows() && !status.container_statuses.is_empty();
        if self.source_knows() && self.published.start_time.is_some() {
            (self.published.local_phase, self.published.local_reason) = (self.published.phase, self.published.reason);
        }
        for condition in &status.conditions {
            match KubeletCondition::from_text(condition.type_.as_str()) {
                Some(own) if own.is_resize() => {}
                Some(own) => self.published.conditions[own as usize] = condition.into(),
                None => self.put_foreign(condition.clone()),
            }
        }
        self.adopt_texts(status);
        self.adopt_resources(status);
        for shown in status.init_container_statuses.iter().chain(&status.container_statuses).chain(&status.ephemeral_container_statuses) {
            if let Some(container) = self.spec.find(&shown.name) {
                self.adopt_container(container, shown);
            }
        }
        self.stage = if self.spec.api().node_name.is_empty() { Stage::Unscheduled } else { Stage::Bound };
        let action = if self.stage == Stage::Bound { Action::Admit } else { Action::Schedule };
        if self.stage == Stage::Bound || !self.is_gated() {
            out.emit(Output::Action(action));
        }
    }

    fn adopt_texts(&mut self, status: &PodStatus) {
        let ips: Vec<&str> = status.pod_ips.iter().map(|ip| ip.ip.as_str()).collect();
        if ips.is_empty() && status.message.is_empty() && self.published.reason != PodReason::Other {
            return;
        }
        let own = if self.spec.host_network() { String::new() } else { ips.join(",") };
        let texts = self.texts.make();
        texts.pod_ips = own;
        texts.message.clone_from(&status.message);
        texts.reason.clone_from(&status.reason);
        texts.nominated_node_name.clone_from(&status.nominated_node_name);
    }

    /// The instance that a status shows is the first this machine knows of; an earlier one, shown as last, comes before it.
    fn adopt_container(&mut self, container: ContainerIndex, status: &ContainerStatus) {
        let has_instance = !status.container_id.is_empty();
        let last = status.last_state.terminated.as_ref();
        let (previous, newest) = (Attempt(0), Attempt(u32::from(last.is_some())));
        let state = adopted_state(&status.state, newest);
        let slot = &mut self.slots[container.get()];
        slot.next_attempt = Attempt(newest.0 + u32::from(has_instance));
        slot.next_restart_count = status.restart_count.saturating_add(i32::from(has_instance));
        slot.shown = Some(ShownContainer {
            state,
            last: last.map(|last| termination(last, previous)),
            attempt: has_instance.then_some(newest),
            restart_count: status.restart_count,
            ready: status.ready,
            started: status.started,
            back_off_millis: 0,
        });
        if has_instance || last.is_some() {
            let ended = status.state.terminated.as_ref();
            let texts = self.texts.make().container_mut(container);
            if let Some(last) = last {
                let entry = texts.entry(previous, [None; 3]);
                (entry.id, entry.message) = (last.container_id.clone(), last.message.clone());
            }
            let entry = texts.entry(newest, [None; 3]);
            (entry.id, entry.image, entry.image_id) = (status.container_id.clone(), status.image.clone(), status.image_id.clone());
            entry.message = ended.map(|ended| ended.message.clone()).unwrap_or_default();
        }
    }

    /// Folds a re-list of the runtime into the facts: sandboxes and containers with all attempts that it still knows.
    ///
    /// What the re-list does not have any more is gone. Names that the spec does not have are ignored. Observing the same again changes nothing.
    ///
    /// # Errors
    /// If the Pod is not on a node.
    pub fn observe(&mut self, now: impl Into<Time>, seen: &Observation, out: &mut impl Sink) -> Result<(), TransitionError> {
        let now = now.into();
        if !self.stage.is_bound() || matches!(self.stage, Stage::Removed) {
            return Err(TransitionError::Stage { event: "Observation", stage: self.stage });
        }
        let spec = self.spec.clone();
        let listed = ObservedPod::new(&spec, seen);
        let mut changed = self.observe_sandbox(seen, out);
        for container in spec.indexes() {
            if self.work.step == Step::Start(container, StartStep::Create) {
                // The re-list may be older or newer than the instance that is being made: its answer tells.
                continue;
            }
            let instances: Vec<_> = listed.containers(container).take(2).collect();
            changed |= self.observe_container(container, &instances, seen, out);
        }
        if changed {
            self.relist(now);
            for container in spec.indexes() {
                if !self.slots[container.get()].may_run() {
                    self.exit_seen(now, container, out);
                }
            }
        }
        self.run(now, out);
        self.end_call();
        Ok(())
    }

    fn observe_sandbox(&mut self, seen: &Observation, out: &mut impl Sink) -> bool {
        let Some(newest) = seen.sandboxes.first() else {
            let changed = self.sandbox.state != SandboxState::Absent;
            self.sandbox = SandboxFacts::NONE;
            return changed;
        };
        let Sandbox { ready, attempt, network, has_ip, .. } = newest.into();
        let before = self.sandbox;
        let event = if newest.state == ObservedSandboxState::Ready { SandboxEvent::Started } else { SandboxEvent::Died };
        let is_new = before.state == SandboxState::Absent || before.attempt != attempt;
        if is_new || (ready != (before.state == SandboxState::Ready)) {
            let from = before.state;
            let to = match event {
                SandboxEvent::Started => SandboxState::Ready,
                _ if from == SandboxState::Stopped && !is_new => SandboxState::Stopped,
                _ => SandboxState::NotReady,
            };
            if from != to || is_new {
                let change = StateChange::Sandbox { attempt, from, to };
                out.emit(Output::Transition(Transition { change, by: Actor::Runtime, why: Cause::Reported }));
            }
            self.sandbox = SandboxFacts { state: to, attempt, network, has_ip };
        }
        self.sandbox = SandboxFacts { network, has_ip, ..self.sandbox };
        if is_new && matches!(self.work.step, Step::StopSandbox | Step::EndSandbox) {
            // A newer one than the kubelet is taking down: that one has to go as well.
            out.emit(Output::Action(Action::StopPodSandbox { attempt }));
        }
        // Only a ready sandbox tells its addresses; the last ones told are remembered.
        if !seen.ips.is_empty() {
            self.texts.make().sandbox_ips = seen.ips.join(",");
        }
        self.sandbox != before
    }

    /// The newest two instances of a container as the runtime lists them.
    fn observe_container(
        &mut self,
        container: ContainerIndex,
        listed: &[&ObservedContainer],
        seen: &Observation,
        out: &mut impl Sink,
    ) -> bool {
        let before = self.slots[container.get()].instances;
        let mut facts = [InstanceFacts::NONE; 2];
        // From the older to the newer, so that attempts are numbered in their order.
        for (n, observed) in listed.iter().enumerate().rev() {
            facts[n] = self.observed_instance(container, observed, seen);
        }
        if facts == before {
            return false;
        }
        let slot = &mut self.slots[container.get()];
        slot.instances = facts;
        if let Some(newest) = listed.first() {
            slot.next_restart_count = slot.next_restart_count.max(newest.restart_count.saturating_add(1));
        }
        let (from, to) = (before[0], facts[0]);
        if (from.stage, from.attempt) != (to.stage, to.attempt) {
            let attempt = if to.stage == InstanceStage::Absent { from.attempt } else { to.attempt };
            let was = if from.attempt == attempt { from.stage } else { InstanceStage::Absent };
            let change = StateChange::Instance { container, attempt, from: was, to: to.stage };
            out.emit(Output::Transition(Transition { change, by: Actor::Runtime, why: Cause::Reported }));
        }
        true
    }

    fn observed_instance(&mut self, container: ContainerIndex, observed: &ObservedContainer, seen: &Observation) -> InstanceFacts {
        let attempt = self.attempt_of(container, observed);
        let sandbox = seen.sandboxes.first().map_or(0, |newest| newest.attempt);
        let hash = self.spec.container(container).hash();
        let shown = self.slots[container.get()].shown_attempts();
        let texts = self.texts.make().container_mut(container).entry(attempt, shown);
        texts.id.clone_from(&observed.id);
        texts.image.clone_from(&observed.image);
        texts.image_id.clone_from(&observed.image_ref);
        let stage = match observed.state.into() {
            InstanceState::Created => InstanceStage::Created,
            InstanceState::Running => InstanceStage::Running,
            InstanceState::Exited => InstanceStage::Exited,
            InstanceState::Unknown => InstanceStage::Unknown,
        };
        InstanceFacts {
            stage,
            attempt,
            // An instance of an older sandbox is not active; which one does not matter.
            sandbox: if observed.active { sandbox } else { u32::MAX },
            restart_count: observed.restart_count,
            hash: if observed.spec_changed { !hash } else { hash },
            exit: Exit { code: observed.exit_code, reason: TerminatedReason::from_text(&observed.reason) },
            started_at: observed.started_at,
            finished_at: observed.finished_at,
        }
    }

    /// The number of an instance: known by its id, or by its restart count if no id was told when it was created; else a new one.
    fn attempt_of(&mut self, container: ContainerIndex, observed: &ObservedContainer) -> Attempt {
        let known = self.texts.container(container).and_then(|texts| texts.instances.iter().find(|texts| texts.id == observed.id));
        if let Some(known) = known {
            return known.attempt;
        }
        let is_named = |attempt| self.texts.container(container).is_some_and(|texts| texts.of(attempt).is_some_and(|of| !of.id.is_empty()));
        let mut unnamed = self.slots[container.get()].instances.iter().filter(|instance| instance.stage != InstanceStage::Absent);
        if let Some(known) = unnamed.find(|known| known.restart_count == observed.restart_count && !is_named(known.attempt)) {
            return known.attempt;
        }
        let slot = &mut self.slots[container.get()];
        let attempt = slot.next_attempt;
        slot.next_attempt = Attempt(attempt.0 + 1);
        attempt
    }

    /// The records of init containers are removed, with their logs, before they run in a new sandbox (kubelet `purgeInitContainers`).
    pub(crate) fn purge_init_containers(&mut self, out: &mut impl Sink) {
        for container in self.spec.clone().init() {
            while self.slots[container.get()].newest().stage != InstanceStage::Absent {
                self.remove_instance(container, 0, out);
            }
            self.slots[container.get()].next_restart_count = 0;
        }
    }

    /// Of init containers only the newest dead instance is kept (kubelet `pruneInitContainersBeforeStart`).
    pub(crate) fn prune_init_containers(&mut self, out: &mut impl Sink) {
        for container in self.spec.clone().init() {
            let [newest, older] = self.slots[container.get()].instances;
            if newest.stage == InstanceStage::Exited && older.stage != InstanceStage::Absent {
                self.remove_instance(container, 1, out);
            }
        }
    }

    /// Removes the record of an instance: asks the runtime, and forgets it at once.
    pub(crate) fn remove_instance(&mut self, container: ContainerIndex, nth: usize, out: &mut impl Sink) {
        let attempt = self.slots[container.get()].instances[nth].attempt;
        out.emit(Output::Action(Action::RemoveContainer { container, attempt }));
        if nth == 0 {
            self.set_instance(container, InstanceEvent::Removed, out);
            self.slots[container.get()].instances.rotate_left(1);
        }
        self.slots[container.get()].instances[1] = InstanceFacts::NONE;
    }
}

fn adopted_state(state: &ContainerState, attempt: Attempt) -> ShownContainerState {
    if let Some(running) = &state.running {
        ShownContainerState::Running { started_at: running.started_at }
    } else if let Some(terminated) = &state.terminated {
        ShownContainerState::Terminated(termination(terminated, attempt))
    } else {
        let reason = state.waiting.as_ref().map_or(WaitingReason::None, |waiting| WaitingReason::from_text(&waiting.reason));
        ShownContainerState::Waiting(reason)
    }
}

fn termination(terminated: &ContainerStateTerminated, attempt: Attempt) -> Termination {
    Termination {
        exit: terminated.into(),
        attempt: (!terminated.container_id.is_empty()).then_some(attempt),
        synthetic: None,
        started_at: terminated.started_at,
        finished_at: terminated.finished_at,
    }
}
