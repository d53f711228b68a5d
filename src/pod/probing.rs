//! The probe workers of a Pod: their tickers, and the probes under way.

use super::Pod;
use super::action::Action;
use super::container::{Attempt, ShownContainer};
use super::output::{Actor, Cause, Output, Sink, StateChange, Transition};
use crate::api::PodPhase;
use crate::gates::Gates;
use crate::rules::actions::{Managers, Resize};
use crate::rules::conditions::KubeletCondition;
use crate::rules::probe::{
    self, Change, Context, Effect, InstanceId, RawOutcome, Seen, SeenInstance, SeenState, Standing, Verdict, Worker,
};
use crate::rules::view::ProbeResult;
use crate::spec::{ContainerIndex, ProbeKind, ProbeSpec, Spec};
use crate::time::{Span, Time};
use alloc::boxed::Box;

/// One probe of a container: its worker and its ticker. Packed: 22 bytes, as it is many.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[repr(packed(2))]
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
            let spec = self.probe_spec(n);
            let delay = probe::first_tick_delay(spec.period, now, self.node.kubelet_start, f64::from(self.work.jitter.min(500)) / 500.0);
            self.probing[n].worker = Worker::new();
            self.probing[n].next = Some(now + delay);
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

    fn probe_spec(&self, n: usize) -> ProbeSpec {
        let Probing { container, kind, .. } = self.probing[n];
        // The list was made from the probes of the spec.
        self.spec.container(container).probe(kind).copied().unwrap_or_default()
    }

    /// Ticks the workers that are due.
    pub(crate) fn run_probes(&mut self, now: Time, out: &mut impl Sink) {
        for n in 0..self.probing.len() {
            if self.probing[n].next.is_some_and(|next| next <= now) {
                self.tick_probe(now, n, out);
            }
        }
    }

    fn tick_probe(&mut self, now: Time, n: usize, out: &mut impl Sink) {
        let spec = self.probe_spec(n);
        let Probing { container, kind, .. } = self.probing[n];
        let seen = self.seen(container);
        let gates = self.node.gates;
        let context = self.probe_context(container, kind, &spec, &gates);
        let mut worker = self.probing[n].worker;
        let tick = worker.tick(&context, Some(&seen), now, |exit_code| {
            let restarting_all = self.published.is_restarting_all();
            probe::outlives_exit(&self.spec, container, exit_code, restarting_all, &self.shown(), &gates)
        });
        let probing = &mut self.probing[n];
        probing.worker = worker;
        probing.next = probing.next.map(|last| next_tick(last, spec.period, now));
        match tick.verdict {
            Verdict::Probe => {
                let attempt = worker.instance().map_or(Attempt(0), |instance| Attempt(instance.get()));
                out.emit(Output::Action(Action::Probe { container, attempt, kind }));
            }
            Verdict::Wait(_) => {}
            Verdict::End(_) => probing.next = None,
        }
        for change in tick.changes.iter() {
            self.result_changed(now, container, kind, change, out);
        }
    }

    fn probe_context<'a>(&self, container: ContainerIndex, kind: ProbeKind, probe: &'a ProbeSpec, gates: &'a Gates) -> Context<'a> {
        let sidecar = self.spec.container(container).is_sidecar();
        // Workers are made in a sync, and a deleted Pod has none.
        Context { kind, probe, sidecar, pod_deleted: false, kubelet_start: self.node.kubelet_start, gates }
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
        let spec = self.probe_spec(n);
        let Probing { container, kind, .. } = self.probing[n];
        let gates = self.node.gates;
        let context = self.probe_context(container, kind, &spec, &gates);
        let mut worker = self.probing[n].worker;
        let answer = worker.outcome(&context, outcome);
        self.probing[n].worker = worker;
        if answer.owed && self.probing[n].is_alive() {
            self.probing[n].next = Some(now);
        }
        if let Some(change) = answer.change {
            self.result_changed(now, container, kind, change, out);
        }
        answer.owed || answer.change.is_some()
    }

    /// Another prober has a verdict on the newest instance.
    pub(crate) fn probe_verdict(&mut self, now: Time, n: usize, attempt: Attempt, verdict: ProbeResult, out: &mut impl Sink) {
        let Probing { container, kind, .. } = self.probing[n];
        if let Some(change) = self.probing[n].worker.put(InstanceId::new(attempt.0), verdict) {
            self.result_changed(now, container, kind, change, out);
        }
    }

    /// A cached result changed: what it sets off (kubelet `syncLoopIteration`).
    fn result_changed(&mut self, now: Time, container: ContainerIndex, kind: ProbeKind, change: Change, out: &mut impl Sink) {
        let (from, to) = (change.from, Some(change.to));
        let state_change = StateChange::Probe { container, kind, from, to };
        out.emit(Output::Transition(Transition { change: state_change, by: Actor::Prober, why: Cause::Probe }));
        let effect = probe::effect(kind, change.to);
        if effect == Effect::None {
            return;
        }
        let initializes = self.spec.container(container).is_sidecar() && !self.published.holds(KubeletCondition::Initialized);
        if let Some(shown) = &mut self.slots[container.get()].shown {
            let before = *shown;
            match effect {
                Effect::Ready(ready) => shown.ready = ready,
                Effect::Started(started) => {
                    shown.just_started |= initializes && started && shown.started != Some(true);
                    shown.started = Some(started);
                }
                Effect::Sync | Effect::None => {}
            }
            if *shown != before {
                if let Effect::Ready(_) = effect {
                    self.build_readiness(now, Cause::Probe, out);
                }
                self.publish(now, true, Cause::Probe, out);
            }
        }
        self.work.trigger(now);
    }

    /// Fills in `started` and `ready` of a status under construction, and pokes the readiness worker if need be (kubelet `UpdatePodStatus`).
    pub(crate) fn mark(&mut self, now: Time, container: ContainerIndex, shown: &mut ShownContainer) {
        let spec = self.spec.container(container);
        let instance = shown.attempt.get().map(|attempt| InstanceId::new(attempt.0));
        let standing = |kind| Standing::of(self.worker(container, kind), instance);
        let probed = probe::Probed {
            kind: spec.kind(),
            in_place: true,
            state: shown.state.seen(),
            started: shown.started,
            ready: shown.ready,
            startup: standing(ProbeKind::Startup),
            readiness: standing(ProbeKind::Readiness),
            has_readiness_probe: spec.probe(ProbeKind::Readiness).is_some(),
            pod_ready: self.source_knows() && self.published.holds(KubeletCondition::Ready),
            kubelet_start: self.node.kubelet_start,
        };
        let marks = probe::marks(&probed, &self.node.gates);
        (shown.started, shown.ready) = (marks.started, marks.ready);
        if marks.poke
            && let Some(n) = self.find_probing(container, ProbeKind::Readiness)
        {
            self.probing[n].next = Some(now);
        }
    }

    /// The place of this probe in the list.
    pub(crate) fn find_probing(&self, container: ContainerIndex, kind: ProbeKind) -> Option<usize> {
        self.spec.container(container).probe(kind)?;
        self.probing.iter().position(|probing| probing.container == container && probing.kind == kind)
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
    }

    /// All containers are down: all probes end.
    pub(crate) fn stop_probing(&mut self) {
        for probing in &mut self.probing {
            probing.next = None;
        }
    }

    /// When the next worker ticks.
    pub(crate) fn next_probe(&self) -> Option<Time> {
        self.probing.iter().filter_map(|probing| probing.next).min()
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
    fn result(&self, container: ContainerIndex, kind: ProbeKind) -> Option<ProbeResult> {
        let newest = self.0.slots[container.get()].newest();
        self.0.worker(container, kind)?.result(InstanceId::new(newest.attempt.0))
    }
}

impl Managers for CachedResults<'_> {
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.result(container, ProbeKind::Liveness)
    }

    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        self.result(container, ProbeKind::Startup)
    }

    fn resize(&self, container: ContainerIndex) -> Resize {
        self.0.wanted_resize(container)
    }
}
