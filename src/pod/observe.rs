//! A re-list of the runtime becomes facts, and a Pod that lived before is taken up.

use super::container::{Attempt, InstanceFacts, InstanceStage, ShownContainer, ShownContainerState, Termination};
use super::error::TransitionError;
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use super::published::{PodReason, shown_generation};
use super::sandbox::{SandboxFacts, SandboxState};
use super::stage::Stage;
use super::texts::shown_image;
use super::work::{StartStep, Step};
use super::{Action, Pod};
use crate::api::{ContainerState, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, PodCondition, PodPhase, PodStatus};
use crate::observation::{Observation, ObservedContainer, ObservedPod, ObservedSandboxState, ObservedState};
use crate::rules::conditions::{KubeletCondition, names};
use crate::rules::container_status::Synthetic;
use crate::rules::view::{Exit, Sandbox, TerminatedReason, WaitingReason};
use crate::rules::{backoff, qos, termination_message};
use crate::spec::{ContainerIndex, Spec};
use crate::time::Time;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Pod {
    /// Takes up a Pod that is stored already, with the status that the API server has.
    pub(crate) fn adopt(&mut self, status: &PodStatus, out: &mut impl Sink) {
        // The API server writes a phase with the object; a status without one is as new.
        self.published.phase = status.phase.or(Some(PodPhase::Pending));
        self.published.reason = PodReason::from_text(&status.reason);
        self.published.start_time = status.start_time.into();
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
        self.adopt_images(status);
        for shown in status.init_container_statuses.iter().chain(&status.container_statuses).chain(&status.ephemeral_container_statuses) {
            if let Some(container) = self.spec.find(&shown.name) {
                self.adopt_container(container, shown);
            }
        }
        self.adopt_startups(status);
        self.stage = if self.spec.api().node_name.is_empty() { Stage::Unscheduled } else { Stage::Bound };
        let action = if self.stage == Stage::Bound { Action::Admit } else { Action::Schedule };
        if self.stage == Stage::Bound || !self.is_gated() {
            out.emit(Output::Action(action));
        }
    }

    /// Sidecars that have started, and are still called incomplete: their startup probes passed after the build that the message belongs to.
    fn adopt_startups(&mut self, status: &PodStatus) {
        let is_initialized =
            |condition: &&PodCondition| KubeletCondition::from_text(condition.type_.as_str()) == Some(KubeletCondition::Initialized);
        let Some(initialized) = status.conditions.iter().find(is_initialized).filter(|initialized| !initialized.message.is_empty()) else {
            return;
        };
        let spec = Arc::clone(&self.spec);
        for container in spec.init().filter(|&container| spec.container(container).is_sidecar()) {
            let is_named = names(&initialized.message, spec.container(container).name());
            if let Some(shown) = &mut self.slots[container.get()].shown {
                shown.just_started = is_named && shown.started == Some(true) && matches!(shown.state, ShownContainerState::Running { .. });
            }
        }
    }

    fn adopt_texts(&mut self, status: &PodStatus) {
        let ips: Vec<&str> = status.pod_ips.iter().map(|ip| ip.ip.as_str()).collect();
        if ips.is_empty() && status.message.is_empty() && self.published.reason != PodReason::Other {
            return;
        }
        let own = if self.spec.host_network() { String::new() } else { ips.join(",") };
        let texts = self.aside.make_texts();
        texts.pod_ips = own;
        texts.message.clone_from(&status.message);
        texts.reason.clone_from(&status.reason);
        texts.nominated_node_name.clone_from(&status.nominated_node_name);
    }

    /// Without an instance a status shows the image of the spec that it was built with, which may be an earlier one.
    fn adopt_images(&mut self, status: &PodStatus) {
        let is_other =
            |shown: &&ContainerStatus, image: &str| shown.container_id.is_empty() && !shown.image.is_empty() && shown.image != image;
        let statuses =
            || status.init_container_statuses.iter().chain(&status.container_statuses).chain(&status.ephemeral_container_statuses);
        let differs =
            |shown: &&ContainerStatus| self.spec.find(&shown.name).is_some_and(|of| is_other(shown, self.spec.container(of).image()));
        if !statuses().any(|shown| differs(&shown)) {
            return;
        }
        let mut api = self.spec.api().clone();
        for container in api.init_containers.iter_mut().chain(&mut api.containers).chain(&mut api.ephemeral_containers) {
            if let Some(shown) = statuses().find(|shown| shown.name == container.name && is_other(shown, &container.image)) {
                container.image.clone_from(&shown.image);
            }
        }
        self.aside.show_spec(Some(Arc::new(Spec::as_given(api))));
    }

    /// Why a container waits, in words that no rule makes anew.
    fn adopt_waiting(&mut self, container: ContainerIndex, waiting: &ContainerStateWaiting) {
        let reason = WaitingReason::from_text(&waiting.reason);
        let shown_spec = Arc::clone(self.shown_spec());
        let image = shown_spec.container(container).image();
        let failed_image = backoff::image_in_message(&waiting.message).filter(|_| reason.names_image()).unwrap_or(image);
        let message = match reason {
            WaitingReason::ImagePullBackOff => {
                let plain = backoff::image_pull_message(failed_image, None);
                waiting.message.strip_prefix(&plain).and_then(|rest| rest.strip_prefix(": ")).unwrap_or_default()
            }
            WaitingReason::ErrImageNeverPull => "",
            _ => &waiting.message,
        };
        if failed_image != image {
            failed_image.clone_into(&mut self.aside.make_texts().container_mut(container).shown_failed_image);
        }
        if !message.is_empty() {
            message.clone_into(&mut self.aside.make_texts().container_mut(container).shown_failure);
        }
    }

    /// The instance that a status shows is the first this machine knows of; an earlier one, shown as last, comes before it.
    fn adopt_container(&mut self, container: ContainerIndex, status: &ContainerStatus) {
        let ended_id = status.state.terminated.as_ref().map_or("", |ended| &ended.container_id);
        let has_instance = !status.container_id.is_empty() || !ended_id.is_empty();
        let last = status.last_state.terminated.as_ref();
        // While a container waits, or where its end was made up, the instance shown and the last one are one.
        let is_one = last.is_some_and(|last| !last.container_id.is_empty() && last.container_id == status.container_id);
        let (previous, newest) = (Attempt(0), Attempt(u32::from(last.is_some() && !is_one)));
        let state = adopted_state(&status.state, newest);
        let slot = &mut self.slots[container.get()];
        slot.next_attempt = Attempt(newest.0 + u32::from(has_instance));
        slot.next_restart_count = status.restart_count.saturating_add(i32::from(has_instance));
        slot.shown = Some(ShownContainer {
            state,
            last: last.map(|last| termination(last, previous)),
            attempt: has_instance.then_some(newest).into(),
            restart_count: status.restart_count,
            ready: status.ready,
            started: status.started,
            just_started: false,
            back_off_millis: 0,
        });
        if let Some(waiting) = &status.state.waiting {
            self.adopt_waiting(container, waiting);
        }
        let slot = &self.slots[container.get()];
        if has_instance || last.is_some() {
            // A made-up end tells nothing of the instance.
            let ended = if is_one && *ended_id != status.container_id { last } else { status.state.terminated.as_ref() };
            let texts = self.aside.make_texts().container_mut(container);
            if let Some(last) = last {
                let entry = texts.entry(previous, slot);
                (entry.id, entry.message, entry.reason) = (last.container_id.clone(), last.message.clone(), last.reason.clone());
            }
            let entry = texts.entry(newest, slot);
            (entry.id, entry.image, entry.image_id) = (status.container_id.clone(), status.image.clone(), status.image_id.clone());
            (entry.message, entry.reason) = ended.map(|ended| (ended.message.clone(), ended.reason.clone())).unwrap_or_default();
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
        self.memo.forget();
        let spec = self.spec.clone();
        let listed = ObservedPod::new(&spec, seen);
        let mut changed = self.observe_sandbox(seen, out);
        for container in spec.indexes() {
            changed |= self.observe_container(container, &listed, seen, out);
        }
        if changed {
            self.relist(now);
            self.observe_answers(now, out);
        }
        self.run(now, out);
        self.end_call();
        Ok(())
    }

    /// What the work waits for and the re-list shows needs no answer any more: it may never come if the re-list follows a restart.
    fn observe_answers(&mut self, now: Time, out: &mut impl Sink) {
        match self.work.step {
            Step::Sandbox if self.sandbox.state == SandboxState::Ready && self.sandbox.attempt == self.work.actions.attempt => {
                self.sandbox_up(now, out);
            }
            Step::Start(container, StartStep::Run) => {
                let slot = &self.slots[container.get()];
                let newest = *slot.newest();
                // One that could not be started has ended, too; a runtime has no start to tell of then, or says the epoch.
                let was_up = newest.stage == InstanceStage::Exited && newest.started_at.get().is_some_and(|at| at > Time::EPOCH);
                if newest.attempt == self.work.created() && (newest.stage == InstanceStage::Running || was_up) {
                    self.started(now, container, out);
                }
            }
            _ => {}
        }
        for container in self.spec.clone().indexes() {
            let slot = &self.slots[container.get()];
            if slot.newest().stage == InstanceStage::Absent && slot.stopping.is_some() {
                // Nothing is left to be stopped, not even by its preStop hook.
                self.stopped(now, container, out);
            } else if !slot.may_run() {
                self.exit_seen(now, container, out);
            }
        }
    }

    fn observe_sandbox(&mut self, seen: &Observation, out: &mut impl Sink) -> bool {
        self.put_older_sandboxes(seen.sandboxes.iter().skip(1).map(|older| older.attempt));
        let Some(newest) = seen.sandboxes.first() else {
            let changed = self.sandbox.state != SandboxState::Absent;
            self.sandbox = SandboxFacts::NONE;
            return changed;
        };
        let Sandbox { ready, attempt, network, has_ip, .. } = newest.into();
        let before = self.sandbox;
        let is_new = before.state == SandboxState::Absent || before.attempt != attempt;
        // One that is down has no address to tell; what was known of it counts for nothing any more.
        let has_ip = if ready || is_new { has_ip } else { before.has_ip };
        if is_new || (ready != (before.state == SandboxState::Ready)) {
            let from = before.state;
            let to = if ready { SandboxState::Ready } else { SandboxState::NotReady };
            if from != to || is_new {
                let change = StateChange::Sandbox { attempt, from, to };
                out.emit(Output::Transition(Transition { change, by: Actor::Runtime, why: Cause::Reported }));
            }
            self.sandbox = SandboxFacts { state: to, attempt, ..self.sandbox };
        }
        let older_ready = seen.sandboxes[1..].iter().any(|older| older.state == ObservedSandboxState::Ready);
        self.sandbox = SandboxFacts { network, has_ip, older_ready, ..self.sandbox };
        // A newer one than the kubelet is taking down: that one has to go as well.
        match self.work.step {
            Step::StopSandbox(_) if is_new => self.stop_sandbox(Step::StopSandbox, attempt, out),
            Step::EndSandbox(_) if is_new => self.stop_sandbox(Step::EndSandbox, attempt, out),
            _ => {}
        }
        // Only a ready sandbox tells its addresses; the last ones told are remembered.
        if !seen.ips.is_empty() {
            self.put_sandbox_ips(seen.ips.iter().map(String::as_str));
        }
        self.sandbox != before
    }

    /// The instances of a container as the runtime lists them; those that it was asked to remove are none any more. Whether that asks for a
    /// sync: not if all that has changed is that dead ones are gone (kubelet PLEG: ContainerRemoved).
    fn observe_container(&mut self, container: ContainerIndex, listed: &ObservedPod<'_>, seen: &Observation, out: &mut impl Sink) -> bool {
        let creating = self.work.step == Step::Start(container, StartStep::Create);
        let made = creating && self.observe_creation(container, listed, out);
        self.observe_removals(container, listed);
        let before = self.slots[container.get()].instances;
        // While one is being made, an unknown one may be the one: its answer tells.
        let counts = |observed: &&ObservedContainer| match self.known_attempt(container, observed) {
            Some(attempt) => !self.slots[container.get()].is_being_removed(attempt),
            None => !creating || made,
        };
        let mut listed: Vec<_> = listed.containers(container).filter(counts).collect();
        // One listed twice is one.
        let mut ids = Vec::with_capacity(listed.len());
        listed.retain(|listed| {
            let is_known = !listed.id.is_empty() && ids.contains(&&listed.id);
            ids.push(&listed.id);
            !is_known
        });
        let (newest, older) = listed.split_at(listed.len().min(2));
        self.observe_older(container, older);
        let mut facts = [InstanceFacts::NONE; 2];
        // From the older to the newer, so that attempts are numbered in their order.
        for (n, observed) in newest.iter().enumerate().rev() {
            let older: Vec<_> = self.aside.older(container).iter().map(|older| older.facts.attempt).collect();
            let is_other = |other: &InstanceFacts, attempt| other.stage != InstanceStage::Absent && other.attempt == attempt;
            let is_taken = |attempt| facts.iter().any(|other| is_other(other, attempt)) || older.contains(&attempt);
            let attempt = self.attempt_of(container, observed, is_taken);
            facts[n] = self.observed_instance(container, observed, attempt, seen);
        }
        self.slots[container.get()].instances = facts;
        // Only now: the texts of what is not listed any more are those that give way.
        for (observed, facts) in newest.iter().zip(&facts).rev() {
            self.note_observed(container, facts.attempt, observed);
        }
        if facts == before {
            return made;
        }
        // What is being made keeps the count it was asked for with.
        if let Some(newest) = listed.first().filter(|_| !creating || made) {
            let slot = &mut self.slots[container.get()];
            slot.next_restart_count = slot.next_restart_count.max(newest.restart_count.saturating_add(1));
        }
        let (from, to) = (before[0], facts[0]);
        if (from.stage, from.attempt) != (to.stage, to.attempt) {
            let attempt = if to.stage == InstanceStage::Absent { from.attempt } else { to.attempt };
            let was = if from.attempt == attempt { from.stage } else { InstanceStage::Absent };
            let change = StateChange::Instance { container, attempt, from: was, to: to.stage };
            out.emit(Output::Transition(Transition { change, by: Actor::Runtime, why: Cause::Reported }));
        }
        let is_new = |listed: &InstanceFacts| listed.stage != InstanceStage::Absent && !before.contains(listed);
        let is_lost = |known: &InstanceFacts| {
            let is_it = |listed: &InstanceFacts| listed.stage != InstanceStage::Absent && listed.attempt == known.attempt;
            !matches!(known.stage, InstanceStage::Exited | InstanceStage::Absent) && !facts.iter().any(is_it)
        };
        facts.iter().any(is_new) || before.iter().any(is_lost)
    }

    /// The texts of an instance as the runtime has them: an event may have told less. What the status shows of it changes with the next build.
    fn note_observed(&mut self, container: ContainerIndex, attempt: Attempt, observed: &ObservedContainer) {
        let (containers, shown_spec) = (self.spec.containers().len(), Arc::clone(self.shown_spec()));
        // What was added since the last build, no status shows.
        let spec_image = shown_spec.containers().get(container.get()).map_or("", |container| container.image());
        let slot = &self.slots[container.get()];
        let [shown, ended @ ..] = slot.shown_attempts();
        let (shows_names, shows_end) = (shown == Some(attempt), ended.contains(&Some(attempt)));
        let all_texts = self.aside.make_texts();
        // The same again: an id, for one, is known at once and shown later.
        let mut is_shown_otherwise = all_texts.has_observed(container, attempt);
        let known = all_texts.container_mut(container).entry(attempt, slot);
        is_shown_otherwise |= (shows_names || shows_end) && known.id != observed.id;
        known.id.clone_from(&observed.id);
        let is_other_image = shown_image(&known.image, spec_image) != shown_image(&observed.image, spec_image);
        is_shown_otherwise |= shows_names && (is_other_image || known.image_id != observed.image_ref);
        let tells_end = observed.state == ObservedState::Exited && known.message.is_empty() && known.reason.is_empty();
        let has_other_reason = TerminatedReason::from_text(&observed.reason) == TerminatedReason::Other;
        is_shown_otherwise |= tells_end && slot.shows_words_of(attempt, !observed.message.is_empty(), has_other_reason);

        let mut later = is_shown_otherwise.then(|| known.clone());
        let told = later.as_mut().unwrap_or(known);
        told.image.clone_from(&observed.image);
        told.image_id.clone_from(&observed.image_ref);
        if tells_end {
            termination_message::shown(&observed.message, containers).clone_into(&mut told.message);
            if has_other_reason {
                told.reason.clone_from(&observed.reason);
            }
        }
        all_texts.put_observed(container, attempt, later);
    }

    /// What is known already and not contradicted stays as it is.
    fn observed_instance(
        &self,
        container: ContainerIndex,
        observed: &ObservedContainer,
        attempt: Attempt,
        seen: &Observation,
    ) -> InstanceFacts {
        let sandbox = seen.sandboxes.first().map_or(0, |newest| newest.attempt);
        let hash = self.spec.container(container).hash();
        let fresh = InstanceFacts::observed(observed, attempt, sandbox, hash);
        let known = self.instances(container).find(|known| known.attempt == attempt);
        let is_ready = self.sandbox.state == SandboxState::Ready;
        let known_sandbox = known.map(|known| known.sandbox).filter(|&known| observed.active == (is_ready && known == sandbox));
        let known_hash = known.map(|known| known.hash).filter(|&known| observed.spec_changed == (known != hash));
        InstanceFacts { sandbox: known_sandbox.unwrap_or(fresh.sandbox), hash: known_hash.unwrap_or(fresh.hash), ..fresh }
    }

    /// The number of an instance: that by which it is known, unless another one of the same list has it, else a new one.
    pub(crate) fn attempt_of(
        &mut self,
        container: ContainerIndex,
        observed: &ObservedContainer,
        is_taken: impl Fn(Attempt) -> bool,
    ) -> Attempt {
        let known = self.known_attempt(container, observed).filter(|&known| !is_taken(known));
        known.unwrap_or_else(|| self.slots[container.get()].number())
    }

    /// The instance that is being made, if the re-list has it: it fits what was asked for, and is not known yet.
    fn observe_creation(&mut self, container: ContainerIndex, listed: &ObservedPod<'_>, out: &mut impl Sink) -> bool {
        let Some(newest) = listed.containers(container).next() else {
            return false;
        };
        let slot = &self.slots[container.get()];
        let is_asked_for = newest.active && newest.state == ObservedState::Created && newest.restart_count == slot.next_restart_count;
        if !is_asked_for || self.known_attempt(container, newest).is_some() {
            return false;
        }
        let attempt = slot.next_attempt;
        self.created(container, attempt, &newest.id, &newest.image_ref, out);
        true
    }

    /// Records that were to be removed and are not listed any more are gone.
    fn observe_removals(&mut self, container: ContainerIndex, listed: &ObservedPod<'_>) {
        for attempt in self.slots[container.get()].being_removed() {
            let texts = self.aside.container(container).and_then(|texts| texts.of(attempt));
            if texts.is_some_and(|texts| !texts.id.is_empty() && listed.containers(container).all(|listed| listed.id != texts.id)) {
                self.slots[container.get()].removed(attempt);
            }
        }
    }

    /// The number of an instance: known by its id, or by its restart count if no id was told when it was created.
    fn known_attempt(&self, container: ContainerIndex, observed: &ObservedContainer) -> Option<Attempt> {
        let texts = self.aside.container(container);
        if let Some(known) = texts.and_then(|texts| texts.attempt_of(&observed.id)) {
            return Some(known);
        }
        let is_named = |attempt| texts.is_some_and(|texts| texts.of(attempt).is_some_and(|of| !of.id.is_empty()));
        let mut unnamed = self.slots[container.get()].instances.iter().filter(|instance| instance.stage != InstanceStage::Absent);
        let known = unnamed.find(|known| known.restart_count == observed.restart_count && !is_named(known.attempt));
        known.map(|known| known.attempt)
    }
}

fn adopted_state(state: &ContainerState, attempt: Attempt) -> ShownContainerState {
    if let Some(running) = &state.running {
        ShownContainerState::Running { started_at: running.started_at.into() }
    } else if let Some(terminated) = &state.terminated {
        ShownContainerState::Terminated(termination(terminated, attempt))
    } else {
        let reason = |waiting: &ContainerStateWaiting| match WaitingReason::from_text(&waiting.reason) {
            // Words for a reason that has none.
            WaitingReason::None if !waiting.message.is_empty() => WaitingReason::Other,
            reason => reason,
        };
        ShownContainerState::Waiting(state.waiting.as_ref().map_or(WaitingReason::None, reason))
    }
}

fn termination(terminated: &ContainerStateTerminated, attempt: Attempt) -> Termination {
    Termination {
        exit: Exit::from(terminated).into(),
        attempt: (!terminated.container_id.is_empty()).then_some(attempt).into(),
        synthetic: Synthetic::of_status(terminated),
        started_at: terminated.started_at.into(),
        finished_at: terminated.finished_at.into(),
    }
}
