//! The probe workers of a Pod: their tickers, and the probes under way.

use super::Pod;
use super::action::Action;
use super::container::{Attempt, ShownContainer, ShownContainerState};
use super::memo::Remembered;
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use crate::api::PodPhase;
use crate::rules::actions::{Managers, Resize};
use crate::rules::conditions::KubeletCondition;
use crate::rules::probe::{
    self, Change, Context, Effect, InstanceId, Marks, RawOutcome, Seen, SeenInstance, SeenState, Standing, Verdict, Worker,
};
use crate::rules::view::ProbeResult;
use crate::spec::{ContainerIndex, ProbeKind, ProbeSpec, Spec};
use crate::time::{Span, Time};
use alloc::boxed::Box;

/// What is read where the spec has no probe.
const NO_PROBE: ProbeSpec = ProbeSpec {
    initial_delay_seconds: 0,
    timeout: Span::ZERO,
    period: Span::ZERO,
    success_threshold: 0,
    failure_threshold: 0,
    grace_period_seconds: None,
};

/// One probe of a container: its worker and its ticker. Packed: 22 bytes, as it is many.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[repr(Rust, packed(2))]
pub(crate) struct Probing {
    pub(crate) worker: Worker,
    /// The next tick; `None`: there is no worker.
    #[serde(default, skip_serializing_if = "super::left_out::is_default")]
    pub(crate) next: Option<Time>,
    pub(crate) container: ContainerIndex,
    pub(crate) kind: ProbeKind,
}

impl Probing {
    /// One for each probe of the spec, in the order in which the kubelet makes their workers.
    pub(crate) fn of(spec: &Spec) -> Box<[Self]> {
        let new = |(container, kind)| Self { worker: Worker::default(), next: None, container, kind };
        probe::workers(spec).map(new).collect()
    }

    pub(crate) const fn is_alive(&self) -> bool {
        let next = self.next;
        next.is_some()
    }
}

impl Pod {
    /// Makes the workers that are missing, up to the first that is there (kubelet prober `AddPod`). Each ticks at once, then every period.
    pub(crate) fn begin_probing(&mut self, now: Time, out: &mut impl Sink) {
        for n in 0..self.probing.len() {
            if self.probing[n].is_alive() {
                break;
            }
            if self.has_ended(n) {
                continue;
            }
            let Probing { container, kind, .. } = self.probing[n];
            let period = self.probe_spec(container, kind).period;
            let delay = probe::first_tick_delay(period, now, self.node.kubelet_start, f64::from(self.work.jitter.min(500)) / 500.0);
            self.probing[n].worker = Worker::new();
            self.tick_at(n, now + delay);
            self.memo.touch(container);
        }
        self.run_probes(now, out);
    }

    /// Whether the worker ended with the instance that the status still shows: a new one would end at its first tick, and the sync
    /// that this sets off would make the next one.
    fn has_ended(&self, n: usize) -> bool {
        let Probing { worker, container, .. } = self.probing[n];
        let shown = self.seen(container).instance;
        shown.is_some_and(|shown| matches!(shown.state, SeenState::Terminated { .. }) && worker.instance() == Some(shown.id))
    }

    fn probe_spec(&self, container: ContainerIndex, kind: ProbeKind) -> &ProbeSpec {
        // The list was made from the probes of the spec.
        self.spec.container(container).probe(kind).unwrap_or(&NO_PROBE)
    }

    /// Ticks the workers that are due.
    #[inline]
    pub(crate) fn run_probes(&mut self, now: Time, out: &mut impl Sink) {
        if self.memo.next_probe.is_some_and(|next| next <= now) {
            self.tick_probes(now, out);
        }
    }

    #[inline(never)]
    fn tick_probes(&mut self, now: Time, out: &mut impl Sink) {
        let mut next_of_all: Option<Time> = None;
        let mut informed: Option<ContainerIndex> = None;
        for n in 0..self.probing.len() {
            let Some(mut next) = self.probing[n].next else { continue };
            if next <= now {
                // What the workers of a container have learned is looked at once for all of them.
                let container = self.probing[n].container;
                if let Some(other) = informed.filter(|&other| other != container) {
                    self.look_again(other);
                    informed = None;
                }
                if self.tick_probe(now, n, out) {
                    informed = Some(container);
                }
                match self.probing[n].next {
                    Some(later) => next = later,
                    None => continue,
                }
            }
            next_of_all = Some(next_of_all.map_or(next, |known| known.min(next)));
        }
        if let Some(container) = informed {
            self.look_again(container);
        }
        self.memo.next_probe = next_of_all;
    }

    /// Whether the worker has learned something that a status may show.
    fn tick_probe(&mut self, now: Time, n: usize, out: &mut impl Sink) -> bool {
        let Probing { container, kind, mut worker, .. } = self.probing[n];
        let before = (worker.instance(), worker.cached());
        let seen = self.seen(container);
        let context = self.probe_context(container, kind);
        let period = context.probe.period;
        let tick = worker.tick(&context, Some(&seen), now, |exit_code| {
            let restarting_all = self.is_restarting_all();
            probe::outlives_exit(&self.spec, container, exit_code, restarting_all, &self.shown(), &self.node.gates)
        });
        let probing = &mut self.probing[n];
        probing.worker = worker;
        probing.next = probing.next.map(|last| next_tick(last, period, now));
        match tick.verdict {
            Verdict::Probe => {
                let attempt = worker.instance().map_or(Attempt(0), |instance| Attempt(instance.get()));
                out.emit(Output::Action(Action::Probe { container, attempt, kind }));
            }
            Verdict::Wait(_) => {}
            Verdict::End(_) => probing.next = None,
        }
        let ended = matches!(tick.verdict, Verdict::End(_));
        for change in tick.changes.iter() {
            self.result_changed(now, container, kind, change, out);
        }
        ended || before != (worker.instance(), worker.cached())
    }

    fn probe_context(&self, container: ContainerIndex, kind: ProbeKind) -> Context<'_> {
        let sidecar = self.spec.container(container).is_sidecar();
        // Workers are made in a sync, and a deleted Pod has none.
        Context {
            kind,
            probe: self.probe_spec(container, kind),
            sidecar,
            pod_deleted: false,
            kubelet_start: self.node.kubelet_start,
            gates: &self.node.gates,
        }
    }

    /// What the published status says of the container (kubelet `doProbe` reads the status manager's cache).
    fn seen(&self, container: ContainerIndex) -> Seen {
        let shown = self.slots[container.get()].shown.as_ref();
        let instance = shown.and_then(|shown| {
            let state = shown.state.seen();
            Some(SeenInstance { id: InstanceId::new(shown.attempt.get()?.0), state, started: shown.started })
        });
        let pod_terminal = self.node.pacing.ends && self.published.local_phase.is_some_and(PodPhase::is_terminal);
        Seen { pod_terminal, instance }
    }

    /// A probe was executed. Whether that leaves something to do.
    pub(crate) fn probed(&mut self, now: Time, n: usize, outcome: RawOutcome, out: &mut impl Sink) -> bool {
        let Probing { container, kind, mut worker, .. } = self.probing[n];
        let answer = worker.outcome(&self.probe_context(container, kind), outcome);
        self.probing[n].worker = worker;
        if answer.owed && self.probing[n].is_alive() {
            self.tick_at(n, now);
        }
        if let Some(change) = answer.change {
            self.result_changed(now, container, kind, change, out);
            self.look_again(container);
        }
        answer.owed || answer.change.is_some()
    }

    /// Another prober has a verdict on the newest instance.
    pub(crate) fn probe_verdict(&mut self, now: Time, n: usize, attempt: Attempt, verdict: ProbeResult, out: &mut impl Sink) {
        let Probing { container, kind, .. } = self.probing[n];
        if let Some(change) = self.probing[n].worker.put(InstanceId::new(attempt.0), verdict) {
            self.result_changed(now, container, kind, change, out);
        }
        self.memo.touch(container);
    }

    /// A cached result changed: what it sets off (kubelet `syncLoopIteration`).
    fn result_changed(&mut self, now: Time, container: ContainerIndex, kind: ProbeKind, change: Change, out: &mut impl Sink) {
        let (from, to) = (change.from, Some(change.to));
        let state_change = StateChange::Probe { container, kind, from, to };
        out.emit(Output::Transition(Transition { change: state_change, by: Actor::Prober, why: Cause::Probe }));
        if change.to == ProbeResult::Failure && kind != ProbeKind::Readiness {
            self.memo.expect_kill();
        }
        let effect = probe::effect(kind, change.to);
        if effect == Effect::None {
            return;
        }
        let initializes = self.spec.container(container).is_sidecar() && !self.published.holds(KubeletCondition::Initialized);
        if let Some(shown) = &mut self.slots[container.get()].shown {
            let changed = match effect {
                Effect::Ready(ready) => core::mem::replace(&mut shown.ready, ready) != ready,
                Effect::Started(started) => {
                    shown.just_started |= initializes && started && shown.started != Some(true);
                    shown.started.replace(started) != Some(started)
                }
                Effect::Sync | Effect::None => false,
            };
            if changed {
                if let Effect::Ready(_) = effect {
                    self.build_readiness(now, Cause::Probe, out);
                }
                self.publish(now, true, Cause::Probe, out);
            }
        }
        self.trigger(now);
    }

    /// `started` and `ready` of a status under construction, and whether it pokes the readiness worker (kubelet `UpdatePodStatus`).
    /// `started` and `ready` as derived.
    pub(crate) fn marks(&self, container: ContainerIndex, shown: &ShownContainer, started: Option<bool>, ready: bool) -> Marks {
        let spec = self.spec.container(container);
        let instance = shown.attempt.get().map(|attempt| InstanceId::new(attempt.0));
        let standing = |kind| {
            let probing = spec.worker_number(kind).map(|n| &self.probing[n as usize]);
            Standing::of(probing.filter(|probing| probing.is_alive()).map(|probing| &probing.worker), instance)
        };
        let probed = probe::Probed {
            kind: spec.kind(),
            in_place: true,
            state: shown.state.seen(),
            started,
            ready,
            startup: standing(ProbeKind::Startup),
            readiness: standing(ProbeKind::Readiness),
            has_readiness_probe: spec.probe(ProbeKind::Readiness).is_some(),
            pod_ready: self.source_knows() && self.published.holds(KubeletCondition::Ready),
            kubelet_start: self.node.kubelet_start,
        };
        probe::marks(&probed, &self.node.gates)
    }

    /// Asks for a probe of the readiness now.
    pub(crate) fn poke(&mut self, now: Time, container: ContainerIndex) {
        if let Some(n) = self.find_probing(container, ProbeKind::Readiness) {
            self.tick_at(n, now);
        }
    }

    /// A worker of a container knows something new, and what that sets in the status by itself is set: if a build would still build the
    /// container as it is shown, that is remembered.
    fn look_again(&mut self, container: ContainerIndex) {
        let remembered = self.memo.of(container) != Remembered::Nothing;
        let looked = self.slots[container.get()].shown.as_ref().filter(|_| remembered).and_then(|shown| {
            // As it would be derived from an instance, and from what is shown.
            let keeps = matches!(shown.state, ShownContainerState::Running { .. });
            let started = shown.started.filter(|_| keeps && !self.node.gates.change_container_status_on_kubelet_restart);
            let marks = self.marks(container, shown, started, false);
            ((marks.started, marks.ready) == (shown.started, shown.ready)).then_some(marks.poke)
        });
        match looked {
            Some(pokes) => self.memo.remember(container, pokes),
            None => self.memo.touch(container),
        }
    }

    /// The place of this probe in the list.
    #[inline]
    pub(crate) fn find_probing(&self, container: ContainerIndex, kind: ProbeKind) -> Option<usize> {
        self.spec.container(container).worker_number(kind).map(|n| n as usize)
    }

    /// The one setter of a tick that is to come.
    fn tick_at(&mut self, n: usize, at: Time) {
        self.probing[n].next = Some(at);
        match self.memo.next_probe {
            // It may have been this one.
            Some(known) if known < at => self.find_next_probe(),
            _ => self.memo.next_probe = Some(at),
        }
    }

    pub(crate) fn find_next_probe(&mut self) {
        self.memo.next_probe = self.probing.iter().filter_map(|probing| probing.next).min();
    }

    fn worker(&self, container: ContainerIndex, kind: ProbeKind) -> Option<&Worker> {
        let probing = &self.probing[self.find_probing(container, kind)?];
        probing.is_alive().then_some(&probing.worker)
    }

    /// Cached results of the newest instances, as the plan of a sync asks.
    pub(crate) const fn probes(&self) -> CachedResults<'_> {
        CachedResults(self)
    }

    /// Termination begins: some probes end (kubelet `StopLivenessAndStartup`).
    pub(crate) fn stop_liveness_and_startup(&mut self) {
        for probing in &mut self.probing {
            if probe::stops_at_termination(probing.kind) {
                probing.next = None;
            }
        }
        self.memo.forget();
        self.find_next_probe();
    }

    /// All containers are down: all probes end.
    pub(crate) fn stop_probing(&mut self) {
        for probing in &mut self.probing {
            probing.next = None;
        }
        self.memo.forget();
        self.memo.next_probe = None;
    }

    /// When the next worker ticks.
    pub(crate) const fn next_probe(&self) -> Option<Time> {
        self.memo.next_probe
    }
}

/// The tick after this one; those that were missed are one.
fn next_tick(last: Time, period: Span, now: Time) -> Time {
    let period = period.max(Span::from_nanos(1));
    let next = last + period;
    if next > now { next } else { now + period }
}

/// The cached probe results of the newest instances.
pub(crate) struct CachedResults<'a>(&'a Pod);

impl CachedResults<'_> {
    #[inline]
    fn result(&self, container: ContainerIndex, kind: ProbeKind) -> Option<ProbeResult> {
        let newest = self.0.slots[container.get()].newest();
        self.0.worker(container, kind)?.result(InstanceId::new(newest.attempt.0))
    }
}

impl Managers for CachedResults<'_> {
    #[inline]
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.result(container, ProbeKind::Liveness)
    }

    #[inline]
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.result(container, ProbeKind::Startup)
    }

    #[inline]
    fn resize(&self, container: ContainerIndex) -> Resize {
        self.0.wanted_resize(container)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_that_were_missed_are_one() {
        let at = Time::from_secs;
        for (last, period, now, next) in [(0, 10, 0, 10), (0, 10, 9, 10), (0, 10, 10, 20), (0, 10, 25, 35), (7, 3, 8, 10)] {
            assert_eq!(next_tick(at(last), Span::from_secs(period), at(now)), at(next), "{last} {period} {now}");
        }
        assert!(next_tick(at(5), Span::ZERO, at(5)) > at(5), "time goes on whatever the period");
    }
}
