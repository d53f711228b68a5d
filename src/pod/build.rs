//! Builds of the status, and their publication (kubelet `generateAPIPodStatus`, `SetPodStatus`, `mergePodStatus`).

use super::container::{MaybeAttempt, ShownContainer, ShownContainerState, Slot, Termination};
use super::memo::Remembered;
use super::output::{Actor, Cause, Output, ShownState, Sink, StateChange, Transition};
use super::published::{PodReason, Published, Written};
use super::{Pod, Stage};
use crate::api::{ConditionStatus, PodPhase};
use crate::rules::conditions::{self, ConditionReason, KubeletCondition, Verdict};
use crate::rules::container_status::{self, Derived, IdentitySource, Previous, StateSource, StatusInput, Synthetic};
use crate::rules::phase;
use crate::rules::pod_status::{self, BeforeProbes, PodFacts, PodVerdict, Readiness, ReasonSource};
use crate::rules::probe::Marks;
use crate::rules::status_merge::{self, Telling};
use crate::rules::view::{Activity, StatusEntry, Statuses, WaitingReason};
use crate::rules::{completion, deadline, restart, transition};
use crate::spec::ContainerIndex;
use crate::time::{Span, Time};

/// The conditions in the order in which one causes another, which is that of the transitions told.
const IN_ORDER_OF_CAUSE: [KubeletCondition; KubeletCondition::ALL.len()] = [
    KubeletCondition::PodReadyToStartContainers,
    KubeletCondition::Initialized,
    KubeletCondition::PodScheduled,
    KubeletCondition::AllContainersRestarting,
    KubeletCondition::ContainersReady,
    KubeletCondition::Ready,
];

/// The container statuses that the published status shows.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a>(&'a [Slot]);

impl Statuses for Shown<'_> {
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry> {
        self.0.get(container.get())?.shown.as_ref().map(ShownContainer::entry)
    }

    #[inline]
    fn activity(&self, container: ContainerIndex) -> Activity {
        let shown = self.0.get(container.get()).and_then(|slot| slot.shown.as_ref());
        shown.map_or_else(Activity::default, ShownContainer::activity)
    }
}

/// The same as at the last build, to which the messages of the conditions belong: a success of a startup probe since then is not in them.
#[derive(Clone, Copy)]
pub(crate) struct AsBuilt<'a>(&'a [Slot]);

impl Statuses for AsBuilt<'_> {
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry> {
        let shown = self.0.get(container.get())?.shown.as_ref()?;
        let started = if shown.just_started { Some(false) } else { shown.started };
        Some(StatusEntry { started, ..shown.entry() })
    }
}

impl Pod {
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown(&self.slots)
    }

    pub(crate) fn shown_as_built(&self) -> AsBuilt<'_> {
        AsBuilt(&self.slots)
    }

    /// Builds the status from the facts and the last status, and publishes it if it differs from the last that the kubelet built.
    ///
    /// `terminal`: no container runs any more, so what has ended decides the phase.
    pub(crate) fn build(&mut self, now: Time, terminal: bool, out: &mut impl Sink) {
        // Even if the update is dropped below, the sync that it begins goes by the new spec.
        self.put_next_spec(now, out);
        if !terminal && self.memo.is_settled(self.slots.len()) {
            self.poke_again(now);
            debug_assert!(self.would_be_built_so(now), "the status was taken for settled");
            return;
        }
        let restarting_all = self.should_restart_all();
        if self.is_illegal(restarting_all) {
            return;
        }
        self.aside.show_spec(None);
        let told = self.aside.tell_observed();
        let Built { mut changed, sidecars_started } = self.build_containers(now, restarting_all, out);
        changed |= told;
        let verdict = self.decide(now, terminal, restarting_all, sidecars_started);
        changed |= self.show_phase(verdict);
        for condition in IN_ORDER_OF_CAUSE {
            changed |= self.set_condition(now, condition, verdict.conditions.get(condition), Cause::Sync, out);
        }
        changed |= self.build_rest(now);
        changed |= self.show_resizing(terminal, out);
        if !terminal {
            self.note_kill();
        }
        // The same status as before is not written, even if the phase in it need not be held back any more: the last one is (kubelet
        // `updateStatusInternal`, `TerminatePod`).
        if changed {
            if verdict.reason == ReasonSource::None {
                self.drop_words();
            }
            self.publish(now, true, Cause::Sync, out);
        }
        if !terminal && self.is_lasting(changed) {
            self.memo.settle();
        }
    }

    /// Whether a build that changed something, or did not, would now say the same again.
    fn is_lasting(&self, changed: bool) -> bool {
        // Reasons of the status outlast the phase they belong to by a build.
        let Published { reason, local_phase, local_reason, .. } = &self.published;
        let is_plain = (reason, local_reason) == (&PodReason::None, &PodReason::None) && !local_phase.is_some_and(PodPhase::is_terminal);
        self.is_simple() && (is_plain || !changed)
    }

    /// What else a build does that changes nothing: it asks for probes of readiness.
    fn poke_again(&mut self, now: Time) {
        if self.memo.pokes() {
            for container in self.spec.indexes() {
                if self.memo.of(container) == Remembered::Poking {
                    self.poke(now, container);
                }
            }
        }
    }

    /// Whether the status says that all containers restart. Where none has a rule for it, somebody else has said so, and the kubelet does not listen.
    pub(super) fn is_restarting_all(&self) -> bool {
        self.published.holds(KubeletCondition::AllContainersRestarting) && restart::could_restart_all(&self.spec, &self.node.gates)
    }

    fn should_restart_all(&self) -> bool {
        let gates = &self.node.gates;
        let already = self.has_last() && self.published.holds(KubeletCondition::AllContainersRestarting);
        restart::could_restart_all(&self.spec, gates)
            && restart::should_restart_all(&self.spec, already, &self.runtime(), &self.shown(), gates)
    }

    /// Whether some container would come back after it has ended for good: such an update is dropped (kubelet `checkContainerStateTransition`).
    fn is_illegal(&self, restarting_all: bool) -> bool {
        let ends = |container| Some(self.derive(container, restarting_all).state.is_terminated());
        !transition::judge(&self.spec, &self.shown(), ends, &self.node.gates).is_legal()
    }

    fn previous(&self, container: ContainerIndex) -> Option<Previous> {
        if !self.has_last() {
            return None;
        }
        let slot = &self.slots[container.get()];
        slot.shown.as_ref().map(|shown| Previous { entry: shown.entry(), shows_newest: shown.attempt.get() == Some(slot.newest().attempt) })
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

    fn build_containers(&mut self, now: Time, restarting_all: bool, out: &mut impl Sink) -> Built {
        let mut built = Built { changed: false, sidecars_started: true };
        let simple = self.is_simple();
        // Results of a derivation may ask what other containers' statuses were, so all sources are the last status until the end.
        for n in 0..self.slots.len() {
            let container = ContainerIndex::new(n as u16);
            let remembered = self.memo.of(container);
            if remembered != Remembered::Nothing {
                debug_assert!(self.would_be_shown_so(container, remembered), "a container was taken for built");
                if remembered == Remembered::Poking {
                    self.poke(now, container);
                }
                continue;
            }
            let (shown, before, poke) = self.compose(container, restarting_all);
            if self.spec.container(container).is_sidecar() && matches!(shown.state, ShownContainerState::Running { .. }) {
                built.sidecars_started &= before == Some(true);
            }
            if poke {
                self.poke(now, container);
            }
            let mut changed = self.show(container, &shown, Cause::Sync, out);
            changed |= shown.failure_told().is_some_and(|reason| self.aside.show_failure(container, reason));
            built.changed |= changed;
            if simple && self.would_be_built_again(container, &shown, changed) {
                self.memo.remember(container, poke);
            }
        }
        built
    }

    /// The new status of a container; `started` before the probes were asked; whether it asks for a probe of readiness.
    #[inline]
    fn compose(&self, container: ContainerIndex, restarting_all: bool) -> (ShownContainer, Option<bool>, bool) {
        let mut shown = self.resolve(container, self.derive(container, restarting_all));
        let before = shown.started;
        let Marks { started, ready, poke } = self.marks(container, &shown, before, shown.ready);
        (shown.started, shown.ready) = (started, ready);
        (shown, before, poke)
    }

    /// Whether a container would be built as it is shown, and as is remembered.
    pub(super) fn would_be_shown_so(&self, container: ContainerIndex, remembered: Remembered) -> bool {
        let (shown, _, poke) = self.compose(container, false);
        self.slots[container.get()].shown == Some(shown) && poke == (remembered == Remembered::Poking)
    }

    /// Whether a container that was built like this would be built like this again.
    fn would_be_built_again(&self, container: ContainerIndex, shown: &ShownContainer, changed: bool) -> bool {
        let slot = &self.slots[container.get()];
        // What outlived the kubelet goes by the Pod's readiness.
        (!changed || slot.speaks_for_itself()) && !shown.state.seen().outlived_kubelet(self.node.kubelet_start)
    }

    /// Shows a container: the one setter of container statuses.
    fn show(&mut self, container: ContainerIndex, shown: &ShownContainer, why: Cause, out: &mut impl Sink) -> bool {
        let known = &mut self.slots[container.get()].shown;
        let before = known.as_ref();
        if before == Some(shown) {
            return false;
        }
        let (from, to) = (before.map_or(ShownState::Absent, ShownContainer::short), shown.short());
        let restarted = before.is_some_and(|before| before.restart_count != shown.restart_count);
        *known = Some(*shown);
        if from != to || restarted {
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
            IdentitySource::Spec => MaybeAttempt::NONE,
            IdentitySource::Previous => old.map_or(MaybeAttempt::NONE, |old| old.attempt),
            IdentitySource::Newest => slot.newest().attempt.into(),
        };
        let crash_loop = state == ShownContainerState::Waiting(WaitingReason::CrashLoopBackOff);
        // Of a wait that began with another image the window is out of the way until the next start.
        let back_off_millis = match old {
            _ if !crash_loop => 0,
            Some(old) if slot.backoff.is_none() => old.back_off_millis,
            _ => shown_millis(slot.backoff.delay()),
        };
        let Derived { restart_count, ready, started, .. } = derived;
        ShownContainer { state, last, attempt, restart_count, ready, started, just_started: false, back_off_millis }
    }

    /// Phase and conditions, by the container statuses that have just been built.
    pub(super) fn decide(&self, now: Time, terminal: bool, restarting_all: bool, sidecars_started: bool) -> PodVerdict {
        let (published, statuses) = (&self.published, self.shown());
        let facts = PodFacts {
            terminal,
            is_static: self.object.is_static,
            // A terminal phase stays because the one before it was terminal.
            last_phase: published.local_phase.filter(|phase| self.node.pacing.ends || !phase.is_terminal()),
            api_phase: self.source_phase(),
            past_deadline: self.has_last() && deadline::has_passed(&self.spec, published.start_time.get(), now),
            was_initialized: self.has_last() && published.holds(KubeletCondition::Initialized),
            restarting_all,
        };
        let derived = BeforeProbes::new(&self.spec, statuses, sidecars_started);
        let foreign = |gate: &str| if self.source_knows() { self.foreign_condition(gate) } else { None };
        pod_status::decide(&self.spec, &derived, &statuses, &self.runtime(), facts, foreign, &self.node.gates)
    }

    /// Where the reason of a phase comes from.
    pub(super) fn shown_reason(&self, verdict: &PodVerdict) -> PodReason {
        let published = &self.published;
        match verdict.reason {
            ReasonSource::None => PodReason::None,
            ReasonSource::Last if published.local_reason == PodReason::None => published.reason,
            ReasonSource::Last => published.local_reason,
            ReasonSource::Deadline => PodReason::DeadlineExceeded,
        }
    }

    /// Takes the phase over, in the kubelet's cache.
    fn show_phase(&mut self, verdict: PodVerdict) -> bool {
        let reason = self.shown_reason(&verdict);
        let published = &mut self.published;
        published.past_deadline |= verdict.reason == ReasonSource::Deadline;
        let changed = published.local_phase != Some(verdict.phase) || published.local_reason != reason;
        (published.local_phase, published.local_reason) = (Some(verdict.phase), reason);
        changed
    }

    /// Reason and message belong to a phase, and go with it (kubelet `generateAPIPodStatus`). While the phase is held back the API server keeps them,
    /// and the next status takes them from there.
    fn drop_words(&mut self) {
        let Published { phase, local_phase, .. } = self.published;
        if status_merge::tell(phase, local_phase, self.could_have_running_containers()) != Telling::Held
            && let Some(texts) = self.aside.for_text("")
        {
            texts.reason.clear();
            texts.message.clear();
        }
    }

    /// The kubelet's own kill makes the phase Failed, once, in its cache alone: the conditions do not know of it, so the Pod stays ready while
    /// it is stopped (kubelet `SyncTerminatingPod`, its status function). One that comes while everything is stopped already comes too late.
    fn note_kill(&mut self) {
        if let Some(kill) = self.aside.kill_mut()
            && self.stage == Stage::Terminating
            && !core::mem::replace(&mut kill.shown, true)
        {
            // What the API server shows as ended has ended.
            if self.published.phase.is_some_and(PodPhase::is_terminal) && !self.object.is_static {
                return;
            }
            let phase = self.published.local_phase.unwrap_or(PodPhase::Pending);
            self.published.local_phase = Some(kill.ending.phase(phase));
            self.published.local_reason = PodReason::from_text(kill.ending.reason());
        }
    }

    /// ContainersReady and Ready, as a probe result changes them between two builds.
    pub(crate) fn build_readiness(&mut self, now: Time, why: Cause, out: &mut impl Sink) {
        let phase = self.published.local_phase.unwrap_or(PodPhase::Pending);
        let Readiness { ready, containers_ready } =
            pod_status::readiness(&self.spec, &self.shown(), phase, |gate| self.condition_status(gate));
        self.set_condition(now, KubeletCondition::ContainersReady, Some(containers_ready), why, out);
        self.set_condition(now, KubeletCondition::Ready, Some(ready), why, out);
    }

    /// Status of any condition that the published status shows.
    pub(crate) fn condition_status(&self, type_: &str) -> Option<ConditionStatus> {
        match KubeletCondition::from_text(type_) {
            Some(own) => self.published.condition(own).status,
            None => self.foreign_condition(type_),
        }
    }

    /// Status of a condition that the kubelet does not own.
    pub(crate) fn foreign_condition(&self, type_: &str) -> Option<ConditionStatus> {
        let foreign = &self.aside.texts()?.foreign;
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
        let generation = condition.generation(self.object.shown_generation());
        let from = match self.published.write(condition, verdict, generation, now) {
            Written::Nothing => return false,
            Written::Generation => return true,
            Written::Value(from) => from,
        };
        let (to, reason) = verdict.map_or((None, ConditionReason::None), |verdict| (Some(verdict.status), verdict.reason));
        debug_assert!(conditions::permitted(condition.as_str(), from, to), "{} {from:?} → {to:?}", condition.as_str());
        if from != to {
            let change = StateChange::Condition { condition, from, to, reason };
            out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why }));
        }
        true
    }

    /// Addresses, generation, start time.
    fn build_rest(&mut self, now: Time) -> bool {
        let generation = self.object.shown_generation();
        let published = &mut self.published;
        published.start_time.or_insert(now);
        let changed = !published.built || !published.has_host_ips || published.observed_generation != generation;
        published.built = true;
        published.has_host_ips = true;
        published.observed_generation = generation;
        changed | self.build_pod_ips()
    }

    /// The Pod's addresses are those of the newest sandbox that this kubelet has seen ready.
    fn build_pod_ips(&mut self) -> bool {
        let Some(texts) = self.aside.texts() else {
            return false;
        };
        if texts.pod_ips == texts.sandbox_ips {
            return false;
        }
        let texts = self.aside.make_texts();
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
        let initialized = completion::is_initialized(&self.spec, &self.shown());
        for n in 0..self.slots.len() {
            let container = ContainerIndex::new(n as u16);
            // Each is judged on the status as it was: a verdict given here is a termination, which cannot make another one due.
            if completion::without_verdict(&self.spec, &self.shown(), initialized).any(|c| c == container)
                && let Some(mut shown) = self.slots[n].shown
            {
                shown.state = ShownContainerState::Terminated(Termination::synthetic(Synthetic::Lost));
                self.memo.touch(container);
                changed |= self.show(container, &shown, Cause::Finished, out);
            }
        }
        if self.published.local_phase.is_none() && self.source_knows() {
            // A kubelet that has built no status goes by the API server's (kubelet `TerminatePod`).
            (self.published.local_phase, self.published.local_reason) = (self.published.phase, self.published.reason);
        }
        self.published.local_phase = completion::last_phase(self.published.local_phase, self.object.is_static);
        self.publish(now, changed, Cause::Finished, out);
    }

    /// The kubelet's own disruption shows with the terminal phase, and only then.
    fn show_disruption(&mut self, now: Time) {
        let message = self.aside.texts().map_or("", |texts| &texts.held.2);
        if let Some(kill) = self.aside.kill().filter(|kill| kill.shown)
            && let Some(condition) = kill.ending.condition(self.object.generation, message, now)
        {
            conditions::update(&mut self.aside.make_texts().foreign, condition);
        }
    }
}

/// What the API server shows of the phase after this write.
fn changed_phase(pod: &mut Pod, now: Time, why: Cause, out: &mut impl Sink) -> bool {
    let Some(local) = pod.published.local_phase else {
        return false;
    };
    match status_merge::tell(pod.published.phase, Some(local), pod.could_have_running_containers()) {
        Telling::Held => return false,
        Telling::Told => {}
        Telling::Ended => {
            pod.show_disruption(now);
            pod.show_words();
        }
    }
    let published = &mut pod.published;
    let (from, reason) = (published.phase, published.reason);
    (published.phase, published.reason) = (Some(local), published.local_reason);
    debug_assert!(phase::permitted(from, local) || pod.object.is_static, "phase {from:?} → {local}");
    if from != Some(local) {
        let change = StateChange::Phase { from, to: local };
        out.emit(Output::Transition(Transition { change, by: Actor::Kubelet, why }));
    }
    let mut changed = from != Some(local) || reason != published.local_reason;
    let ready = [KubeletCondition::Ready, KubeletCondition::ContainersReady];
    let some_ready = ready.iter().any(|&condition| pod.published.holds(condition));
    if let Some(verdict) = status_merge::readiness_of(Some(local), some_ready) {
        for condition in ready {
            changed |= pod.set_condition(now, condition, Some(verdict), why, out);
        }
    }
    changed
}

/// The length of a back-off as the compact status keeps it: from a millisecond to 49 days.
fn shown_millis(delay: Span) -> u32 {
    (delay.nanos() / 1_000_000).clamp(1, u32::MAX.into()) as u32
}

/// What came of a build of the container statuses.
struct Built {
    changed: bool,
    /// Every running sidecar had started before the probes were asked.
    sidecars_started: bool,
}
