//! Builds of the status, and their publication (kubelet `generateAPIPodStatus`, `SetPodStatus`, `mergePodStatus`).

use super::container::{ShownContainer, ShownContainerState, Slot, Termination};
use super::output::{Actor, Cause, KubeletCondition, Output, ShownState, Sink, StateChange, Transition};
use super::published::PodReason;
use super::{Pod, Stage};
use crate::api::{ConditionStatus, PodPhase};
use crate::rules::conditions::{self, ConditionReason, Verdict};
use crate::rules::container_status::{self, Derived, IdentitySource, Previous, StateSource, StatusInput, Synthetic};
use crate::rules::phase::{self, PhaseFacts};
use crate::rules::view::{Runtime, StatusEntry, StatusState, Statuses, WaitingReason};
use crate::rules::{completion, deadline, ending, restart, transition};
use crate::spec::ContainerIndex;
use crate::time::Time;
use alloc::sync::Arc;

/// The container statuses that the published status shows.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a>(&'a [Slot]);

impl Statuses for Shown<'_> {
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry> {
        self.0.get(container.get())?.shown.as_ref().map(ShownContainer::entry)
    }
}

impl Pod {
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown(&self.slots)
    }

    /// Builds the status from the facts and the last status, and publishes it if it differs.
    ///
    /// `terminal`: no container runs any more, so what has ended decides the phase.
    pub(crate) fn build(&mut self, now: Time, terminal: bool, out: &mut impl Sink) {
        // Even if the update is dropped below, the sync that it begins goes by the new spec.
        self.put_next_spec(out);
        let restarting_all = self.should_restart_all();
        if self.is_illegal(restarting_all) {
            return;
        }
        if !Arc::ptr_eq(&self.spec, &self.shown_spec) {
            self.shown_spec = Arc::clone(&self.spec);
        }
        let mut changed = self.build_containers(now, restarting_all, out);
        changed |= self.build_phase(now, terminal);
        changed |= self.build_conditions(now, restarting_all, out);
        changed |= self.build_rest(now);
        changed |= self.show_resizing(terminal, out);
        self.publish(now, changed, Cause::Sync, out);
    }

    fn should_restart_all(&self) -> bool {
        let gates = &self.node.gates;
        restart::could_restart_all(&self.spec, gates)
            && restart::should_restart_all(&self.spec, self.published.is_restarting_all(), &self.runtime(), &self.shown(), gates)
    }

    /// Whether some container would come back after it has ended for good: such an update is dropped (kubelet `checkContainerStateTransition`).
    fn is_illegal(&self, restarting_all: bool) -> bool {
        self.spec.init_and_regular().any(|container| {
            let Some(StatusState::Terminated(exit)) = self.shown().entry(container).map(|entry| entry.state) else {
                return false;
            };
            !transition::may_leave_terminated(&self.spec, container, exit.code, &self.node.gates)
                && !self.derive(container, restarting_all).state.is_terminated()
        })
    }

    fn previous(&self, container: ContainerIndex) -> Option<Previous> {
        let slot = &self.slots[container.get()];
        slot.shown.as_ref().map(|shown| Previous { entry: shown.entry(), shows_newest: shown.attempt == Some(slot.newest().attempt) })
    }

    fn derive(&self, container: ContainerIndex, restarting_all: bool) -> Derived {
        let failure = self.slots[container.get()].start_failure;
        let input = StatusInput {
            restarting_all,
            deleted: self.object.deletion.is_some(),
            start_failure: (failure != WaitingReason::None).then_some(failure),
        };
        container_status::derive(&self.spec, container, self.previous(container).as_ref(), &self.runtime(), input, &self.node.gates)
    }

    fn build_containers(&mut self, now: Time, restarting_all: bool, out: &mut impl Sink) -> bool {
        let mut changed = false;
        // Results of a derivation may ask what other containers' statuses were, so all sources are the last status until the end.
        for n in 0..self.slots.len() {
            let container = ContainerIndex::new(n as u16);
            let derived = self.derive(container, restarting_all);
            let mut shown = self.resolve(container, derived);
            self.mark(now, container, &mut shown);
            changed |= self.show(container, shown, Cause::Sync, out);
            changed |= shown.tells_failure() && self.texts.show_failure(container);
        }
        changed
    }

    /// Shows a container: the one setter of container statuses.
    fn show(&mut self, container: ContainerIndex, shown: ShownContainer, why: Cause, out: &mut impl Sink) -> bool {
        let before = self.slots[container.get()].shown.replace(shown);
        if before == Some(shown) {
            return false;
        }
        let (from, to) = (before.as_ref().map_or(ShownState::Absent, ShownContainer::short), shown.short());
        if from != to || before.is_some_and(|before| before.restart_count != shown.restart_count) {
            let change = StateChange::Container { container, from, to };
            out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why }));
        }
        true
    }

    /// The values of a derived status, from where the rule says.
    fn resolve(&self, container: ContainerIndex, derived: Derived) -> ShownContainer {
        let slot = &self.slots[container.get()];
        let old = slot.shown.as_ref();
        let state = match derived.state {
            StateSource::None | StateSource::PreviousLast => ShownContainerState::Waiting(WaitingReason::None),
            StateSource::Waiting(reason) | StateSource::StartFailure(reason) => ShownContainerState::Waiting(reason),
            StateSource::Running(n) => ShownContainerState::Running { started_at: slot.instances[usize::from(n)].started_at },
            StateSource::Ended(n) => ShownContainerState::Terminated((&slot.instances[usize::from(n)]).into()),
            StateSource::Synthetic(synthetic) => ShownContainerState::Terminated(Termination::synthetic(synthetic)),
            StateSource::Previous => old.map_or(ShownContainerState::Waiting(WaitingReason::None), |old| old.state),
        };
        let last = match derived.last {
            StateSource::Ended(n) => Some((&slot.instances[usize::from(n)]).into()),
            StateSource::Synthetic(synthetic) => Some(Termination::synthetic(synthetic)),
            StateSource::Previous => old.and_then(|old| old.state.termination()),
            StateSource::PreviousLast => old.and_then(|old| old.last),
            _ => None,
        };
        let attempt = match derived.identity {
            IdentitySource::Spec => None,
            IdentitySource::Previous => old.and_then(|old| old.attempt),
            IdentitySource::Newest => Some(slot.newest().attempt),
        };
        let crash_loop = state == ShownContainerState::Waiting(WaitingReason::CrashLoopBackOff);
        let back_off_millis = if crash_loop { (slot.backoff.delay().nanos() / 1_000_000) as u32 } else { 0 };
        let Derived { restart_count, ready, started, .. } = derived;
        ShownContainer { state, last, attempt, restart_count, ready, started, back_off_millis }
    }

    /// The phase, in the kubelet's cache (kubelet `getPhase` and what `generateAPIPodStatus` does with it).
    fn build_phase(&mut self, now: Time, terminal: bool) -> bool {
        let initialized = self.spec.regular().any(|c| self.runtime().instances(c).any(|instance| instance.active));
        let facts = PhaseFacts { terminal, is_static: self.object.is_static, initialized };
        let mut phase = phase::phase(&self.spec, &self.shown(), facts, &self.node.gates);
        let published = &mut self.published;
        let terminal_of = |phase: Option<PodPhase>| phase.filter(|phase| phase.is_terminal());
        if !phase.is_terminal() {
            phase = terminal_of(published.local_phase).or(terminal_of(published.phase)).unwrap_or(phase);
        }
        let mut reason = if published.local_phase == Some(phase) { published.local_reason } else { PodReason::None };
        let started = *published.start_time.get_or_insert(now.truncated());
        if deadline::has_passed(&self.spec, Some(started), now) {
            published.past_deadline = true;
            (phase, reason) = (PodPhase::Failed, PodReason::from_text(deadline::REASON));
        }
        phase = terminal_of(published.phase).unwrap_or(phase);
        if let Some(kill) = &mut self.object.kill
            && self.stage == Stage::Terminating
            && !core::mem::replace(&mut kill.shown, true)
        {
            (phase, reason) = (kill.ending.phase(phase), PodReason::from_text(kill.ending.reason()));
        }
        let changed = published.local_phase != Some(phase) || published.local_reason != reason;
        (published.local_phase, published.local_reason) = (Some(phase), reason);
        changed
    }

    fn build_conditions(&mut self, now: Time, restarting_all: bool, out: &mut impl Sink) -> bool {
        let phase = self.published.local_phase.unwrap_or(PodPhase::Pending);
        let gates = &self.node.gates;
        let spec = &self.spec;
        let was_initialized = self.published.holds(KubeletCondition::Initialized);
        let initialized = conditions::initialized(spec, Some(&self.shown()), phase, was_initialized, gates);
        let restarting = conditions::all_containers_restarting(spec, phase, restarting_all, &self.runtime(), gates);
        let sandbox = gates.pod_ready_to_start_containers_condition.then(|| conditions::ready_to_start_containers(spec, &self.runtime()));
        let mut changed = false;
        for (condition, verdict) in [
            (KubeletCondition::PodReadyToStartContainers, sandbox),
            (KubeletCondition::Initialized, Some(initialized)),
            (KubeletCondition::PodScheduled, Some(Verdict::TRUE)),
            (KubeletCondition::AllContainersRestarting, restarting),
        ] {
            changed |= self.set_condition(now, condition, verdict, Cause::Sync, out);
        }
        changed | self.build_readiness(now, Cause::Sync, out)
    }

    /// ContainersReady and Ready.
    pub(crate) fn build_readiness(&mut self, now: Time, why: Cause, out: &mut impl Sink) -> bool {
        let phase = self.published.local_phase.unwrap_or(PodPhase::Pending);
        let containers_ready = conditions::containers_ready(&self.spec, Some(&self.shown()), phase);
        let ready = conditions::ready(&self.spec, containers_ready, |gate| self.foreign_condition(gate));
        let changed = self.set_condition(now, KubeletCondition::ContainersReady, Some(containers_ready), why, out);
        changed | self.set_condition(now, KubeletCondition::Ready, Some(ready), why, out)
    }

    /// Status of a condition that the kubelet does not own.
    pub(crate) fn foreign_condition(&self, type_: &str) -> Option<ConditionStatus> {
        let foreign = &self.texts.get()?.foreign;
        foreign.iter().find(|condition| condition.type_.as_str() == type_).map(|condition| condition.status)
    }

    /// Sets a condition: the one setter of the conditions that the machine keeps.
    pub(crate) fn set_condition(
        &mut self,
        now: Time,
        condition: KubeletCondition,
        verdict: Option<Verdict>,
        why: Cause,
        out: &mut impl Sink,
    ) -> bool {
        let unversioned = condition == KubeletCondition::AllContainersRestarting;
        let generation = if unversioned { 0 } else { self.object.shown_generation() };
        let Some(from) = self.published.write(condition, verdict, generation, now) else {
            return false;
        };
        let (to, reason) = verdict.map_or((None, ConditionReason::None), |verdict| (Some(verdict.status), verdict.reason));
        debug_assert!(conditions::permitted(condition.as_str(), from, to), "{} {from:?} → {to:?}", condition.as_str());
        if from != to {
            let change = StateChange::Condition { condition, from, to, reason };
            out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why }));
        }
        true
    }

    /// Addresses and generation.
    fn build_rest(&mut self, _: Time) -> bool {
        let generation = self.object.shown_generation();
        let published = &mut self.published;
        let changed = !published.built || !published.has_host_ips || published.observed_generation != generation;
        published.built = true;
        published.has_host_ips = true;
        published.observed_generation = generation;
        changed | self.build_pod_ips()
    }

    /// The Pod's addresses are those of the newest sandbox that this kubelet has seen ready.
    fn build_pod_ips(&mut self) -> bool {
        let Some(texts) = self.texts.get() else {
            return false;
        };
        if texts.pod_ips == texts.sandbox_ips {
            return false;
        }
        let texts = self.texts.make();
        texts.pod_ips.clone_from(&texts.sandbox_ips);
        true
    }

    /// Publishes what has changed: a terminal phase is held back while containers could run (kubelet `mergePodStatus`).
    pub(crate) fn publish(&mut self, now: Time, changed: bool, why: Cause, out: &mut impl Sink) {
        let changed = changed_phase(self, now, why, out) | changed;
        if changed && !self.object.gone && !self.spoken {
            self.spoken = true;
            out.emit(Output::StatusChanged);
        }
    }

    /// Makes the last status whole: containers without a verdict get one, and the phase is terminal (kubelet `TerminatePod`).
    pub(crate) fn complete_status(&mut self, now: Time, out: &mut impl Sink) {
        let mut changed = false;
        for n in 0..self.slots.len() {
            let container = ContainerIndex::new(n as u16);
            // Each is judged on the status as it was: a verdict given here is a termination, which cannot make another one due.
            if completion::without_verdict(&self.spec, &self.shown()).any(|c| c == container)
                && let Some(mut shown) = self.slots[n].shown
            {
                shown.state = ShownContainerState::Terminated(Termination::synthetic(Synthetic::Lost));
                changed |= self.show(container, shown, Cause::Finished, out);
            }
        }
        if !self.object.is_static && !self.published.local_phase.is_some_and(PodPhase::is_terminal) {
            self.published.local_phase = Some(PodPhase::Failed);
        }
        self.publish(now, changed, Cause::Finished, out);
    }

    /// The kubelet's own disruption shows with the terminal phase, and only then.
    fn show_disruption(&mut self, now: Time) {
        let message = self.texts.get().map_or("", |texts| &texts.held.2);
        if let Some(kill) = self.object.kill
            && let Some(condition) = kill.ending.condition(self.object.generation, message, now)
        {
            ending::put(&mut self.texts.make().foreign, condition);
        }
    }
}

/// What the API server shows of the phase after this write.
fn changed_phase(pod: &mut Pod, now: Time, why: Cause, out: &mut impl Sink) -> bool {
    let Some(local) = pod.published.local_phase else {
        return false;
    };
    let was_terminal = pod.published.phase.is_some_and(PodPhase::is_terminal);
    if local.is_terminal() && !was_terminal {
        if pod.could_have_running_containers() {
            return false;
        }
        pod.show_disruption(now);
        pod.show_words();
    }
    let published = &mut pod.published;
    let (from, reason) = (published.phase, published.reason);
    (published.phase, published.reason) = (Some(local), published.local_reason);
    debug_assert!(phase::permitted(from, local), "phase {from:?} → {local}");
    if from != Some(local) {
        let change = StateChange::Phase { from, to: local };
        out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why }));
    }
    let mut changed = from != Some(local) || reason != published.local_reason;
    if local.is_terminal() {
        let reason = if local == PodPhase::Succeeded { ConditionReason::PodCompleted } else { ConditionReason::PodFailed };
        for condition in [KubeletCondition::Ready, KubeletCondition::ContainersReady] {
            if pod.published.holds(condition) {
                changed |= pod.set_condition(now, condition, Some(Verdict::because(reason)), why, out);
            }
        }
    }
    changed
}
