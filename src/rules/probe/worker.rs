//! One probe worker: what it remembers, when it probes, what an answer changes (kubelet `worker.doProbe`).

use super::verdict::{Answer, Change, Changes, End, Tick, Verdict, Wait};
use super::{InstanceId, ProbeResult, Seen, SeenInstance, SeenState};
use crate::gates::Gates;
use crate::spec::{ProbeKind, ProbeSpec};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One probe worker: for one container of one Pod, and one kind of probe. 11 bytes, packed: each Pod has one for each probe.
///
/// It lives through the restarts of its container. It is told each tick ([`Worker::tick`]) and, if that says
/// [`Verdict::Probe`], the outcome of the probe ([`Worker::outcome`]). After [`Verdict::End`] drop it, and its result with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(Rust, packed)]
pub struct Worker {
    instance: Option<InstanceId>,
    run: u32,
    last: ProbeResult,
    cached: Option<ProbeResult>,
    mode: Mode,
}

/// What a worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Mode {
    /// Waits for its next tick.
    Idle,
    /// Waits for the outcome of a probe.
    Probing,
    /// The same, and a tick has come meanwhile.
    ProbingOwed,
    /// Waits for another instance.
    OnHold,
}

/// What stays the same from tick to tick of a worker.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Kind of the probe.
    pub kind: ProbeKind,
    /// Its numbers.
    pub probe: &'a ProbeSpec,
    /// The container is a sidecar.
    pub sidecar: bool,
    /// The Pod had a deletionTimestamp when the worker was made. A later deletion does not count: the kubelet's worker keeps the
    /// Pod of its creation.
    pub pod_deleted: bool,
    /// When this kubelet started.
    pub kubelet_start: Time,
    /// Feature gates.
    pub gates: &'a Gates,
}

impl Context<'_> {
    /// The Pod is being deleted, and the probe is one that could only disturb that.
    fn ends_with_pod(&self) -> bool {
        self.pod_deleted && self.kind != ProbeKind::Readiness
    }
}

/// How a probe went (kubelet `pkg/probe`), after all its tries ([`MAX_TRIES`](super::MAX_TRIES)).
///
/// | | Success | Warning | Failure | Error |
/// |---|---|---|---|---|
/// | exec | exit code 0 | – | any other; timeout | the runtime could not run it |
/// | httpGet | 200–299 | 300–399 | any other; no answer; timeout; more than 10 redirects | no such port, bad URL, unreadable body |
/// | tcpSocket | connected | – | refused; timeout | no such port |
/// | grpc | SERVING | – | anything else | – |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawOutcome {
    /// It passed.
    Success,
    /// It passed, with a warning event: counts as success.
    Warning,
    /// It failed.
    Failure,
    /// It could not tell: counts as failure.
    Unknown,
    /// It could not be run: counts for nothing.
    Error,
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

impl Worker {
    /// A new worker: it has seen no instance, and counts as if its last result had been a success, none of them yet.
    pub const fn new() -> Self {
        Self { instance: None, run: 0, last: ProbeResult::Success, cached: None, mode: Mode::Idle }
    }

    /// The instance it saw last.
    pub const fn instance(&self) -> Option<InstanceId> {
        self.instance
    }

    /// The result cached for this instance, if it is the one the worker saw last.
    pub fn result(&self, instance: InstanceId) -> Option<ProbeResult> {
        if self.instance() == Some(instance) { self.cached } else { None }
    }

    /// The result cached for the instance it saw last.
    pub const fn cached(&self) -> Option<ProbeResult> {
        self.cached
    }

    /// How its last probe counted: Success or Failure.
    pub const fn last_result(&self) -> ProbeResult {
        self.last
    }

    /// How many probes in a row counted like the last one; 0 at first and after a verdict that put it on hold.
    pub const fn result_run(&self) -> u32 {
        self.run
    }

    /// Whether it has given its verdict and waits for another instance.
    pub const fn is_on_hold(&self) -> bool {
        matches!(self.mode, Mode::OnHold)
    }

    /// Whether a probe was asked for and not answered yet. After a restore, ask for it again.
    pub const fn is_probing(&self) -> bool {
        matches!(self.mode, Mode::Probing | Mode::ProbingOwed)
    }

    /// A tick: the period has passed, or somebody wants a readiness probe now ([`Marks::poke`](super::Marks::poke)); what comes before the handler in
    /// kubelet `doProbe`.
    ///
    /// `seen` is the Pod's cached status, `None` if the kubelet has none. `outlives_exit` is asked, with the exit code, only
    /// about a container that has ended: whether the worker goes on ([`outlives_exit`](super::outlives_exit)).
    #[inline]
    pub fn tick(&mut self, context: &Context<'_>, seen: Option<&Seen>, now: Time, outlives_exit: impl FnOnce(i32) -> bool) -> Tick {
        // The first thing that applies, in the kubelet's order. What can change a result is looked at apart, because it is rare.
        let unchanged = |verdict| Tick { verdict, changes: Changes::since(None) };
        if self.is_probing() {
            self.mode = Mode::ProbingOwed;
            return unchanged(Verdict::Wait(Wait::Busy));
        }
        let Some(seen) = seen else {
            return unchanged(Verdict::Wait(Wait::NoInstance));
        };
        if seen.pod_terminal {
            return unchanged(Verdict::End(End::PodTerminal));
        }
        let Some(instance) = seen.instance else {
            return unchanged(Verdict::Wait(Wait::NoInstance));
        };
        if self.instance() == Some(instance.id) {
            if self.mode == Mode::OnHold {
                return unchanged(Verdict::Wait(Wait::OnHold));
            }
            if let SeenState::Running { since } = instance.state
                && !context.ends_with_pod()
            {
                return unchanged(self.look_at_running(context, since, instance.started == Some(true), now));
            }
        }
        self.look_at_change(context, &instance, now, outlives_exit)
    }

    /// A tick that meets another instance, one that does not run, or a Pod being deleted: what may change a result.
    #[cold]
    fn look_at_change(
        &mut self,
        context: &Context<'_>,
        instance: &SeenInstance,
        now: Time,
        outlives_exit: impl FnOnce(i32) -> bool,
    ) -> Tick {
        let changes = if self.instance() == Some(instance.id) { Changes::since(self.cached) } else { self.meet(context, instance) };
        let (verdict, changes) = match instance.state {
            SeenState::Running { .. } if context.ends_with_pod() => {
                (Verdict::End(End::PodDeleted), self.cache(ProbeResult::Success, changes))
            }
            SeenState::Running { since } => (self.look_at_running(context, since, instance.started == Some(true), now), changes),
            SeenState::Terminated { exit_code } if !outlives_exit(exit_code) => {
                (Verdict::End(End::NotRestarted), self.cache(ProbeResult::Failure, changes))
            }
            SeenState::Terminated { .. } | SeenState::Waiting => {
                (Verdict::Wait(Wait::NotRunning), self.cache(ProbeResult::Failure, changes))
            }
        };
        Tick { verdict, changes }
    }

    /// A container that runs is probed once its initial delay is over: for startup until it has started, otherwise from then on.
    #[inline]
    fn look_at_running(&mut self, context: &Context<'_>, since: Option<Time>, started: bool, now: Time) -> Verdict {
        // An unknown start is long ago.
        if since.is_some_and(|since| super::is_delayed(context.probe, since, now)) {
            return Verdict::Wait(Wait::InitialDelay);
        }
        match (context.kind == ProbeKind::Startup, started) {
            (true, true) => Verdict::Wait(Wait::Started),
            (false, false) => Verdict::Wait(Wait::NotStarted),
            (true, false) | (false, true) => {
                self.mode = Mode::Probing;
                Verdict::Probe
            }
        }
    }

    /// Another instance: its predecessor's result goes, an initial one comes, the hold ends. Run and last result stay.
    fn meet(&mut self, context: &Context<'_>, instance: &SeenInstance) -> Changes {
        self.instance = Some(instance.id);
        self.cached = None;
        self.mode = Mode::Idle;
        let mut changes = Changes::since(None);
        let keeps_standing = !context.gates.change_container_status_on_kubelet_restart;
        if keeps_standing && context.sidecar && context.kind == ProbeKind::Startup && instance.started == Some(true) {
            changes = self.cache(ProbeResult::Success, changes);
        }
        if !(keeps_standing && instance.state.outlived_kubelet(context.kubelet_start)) {
            changes = self.cache(initial_result(context.kind), changes);
        }
        changes
    }

    fn cache(&mut self, result: ProbeResult, changes: Changes) -> Changes {
        if self.cached.replace(result) == Some(result) { changes } else { changes.then(result) }
    }

    /// The outcome of the probe that [`Verdict::Probe`] asked for, ignored if none was asked for; what comes after the handler in kubelet `doProbe`.
    ///
    /// A result is cached once it has come as often in a row as its threshold asks (API `successThreshold`, `failureThreshold`).
    /// Then a startup probe has given its verdict, and so has a failed liveness probe: the worker is on hold until it sees
    /// another instance. Readiness goes on for ever.
    #[inline]
    pub fn outcome(&mut self, context: &Context<'_>, raw: RawOutcome) -> Answer {
        let owed = match self.mode {
            Mode::Probing => false,
            Mode::ProbingOwed => true,
            Mode::Idle | Mode::OnHold => return Answer::default(),
        };
        self.mode = Mode::Idle;
        Answer { change: counted(raw).and_then(|result| self.count(context, result)), owed }
    }

    /// Takes the verdict of another prober on an instance for its own; none of its own is awaited any more. What that changes.
    pub fn put(&mut self, instance: InstanceId, verdict: ProbeResult) -> Option<Change> {
        let from = self.result(instance);
        (self.instance, self.cached, self.mode, self.run) = (Some(instance), Some(verdict), Mode::Idle, 0);
        (from != Some(verdict)).then_some(Change { from, to: verdict })
    }

    #[inline]
    fn count(&mut self, context: &Context<'_>, result: ProbeResult) -> Option<Change> {
        self.run = if self.last == result { self.run.saturating_add(1) } else { 1 };
        self.last = result;
        let failed = result == ProbeResult::Failure;
        let threshold = if failed { context.probe.failure_threshold } else { context.probe.success_threshold };
        if i64::from(self.run) < i64::from(threshold) {
            return None;
        }
        if context.kind == ProbeKind::Startup || (failed && context.kind == ProbeKind::Liveness) {
            self.mode = Mode::OnHold;
            self.run = 0;
        }
        let from = self.cached.replace(result);
        (from != Some(result)).then_some(Change { from, to: result })
    }
}

/// What is cached for an instance before its first probe: alive, not ready, not known whether started (kubelet `newWorker`).
const fn initial_result(kind: ProbeKind) -> ProbeResult {
    match kind {
        ProbeKind::Startup => ProbeResult::Unknown,
        ProbeKind::Readiness => ProbeResult::Failure,
        ProbeKind::Liveness => ProbeResult::Success,
    }
}

/// How an outcome counts; `None` if it does not (kubelet `prober.probe`).
const fn counted(raw: RawOutcome) -> Option<ProbeResult> {
    match raw {
        RawOutcome::Success | RawOutcome::Warning => Some(ProbeResult::Success),
        RawOutcome::Failure | RawOutcome::Unknown => Some(ProbeResult::Failure),
        RawOutcome::Error => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use ProbeResult::{Failure, Success, Unknown};
    use alloc::vec::Vec;

    const PROBE: ProbeSpec = ProbeSpec {
        initial_delay_seconds: 0,
        timeout: Span::from_secs(1),
        period: Span::from_secs(5),
        success_threshold: 1,
        failure_threshold: 3,
        grace_period_seconds: None,
    };

    /// A worker of a kubelet that started 9 s before the epoch, and what it has told so far.
    struct Told {
        worker: Worker,
        kind: ProbeKind,
        probe: ProbeSpec,
        sidecar: bool,
        pod_deleted: bool,
        gates: Gates,
        told: Vec<ProbeResult>,
    }

    impl Told {
        fn new(kind: ProbeKind) -> Self {
            let gates = Gates::default();
            Self { worker: Worker::new(), kind, probe: PROBE, sidecar: false, pod_deleted: false, gates, told: Vec::new() }
        }

        /// One tick at a millisecond, and the probe if there is one; no container is restarted.
        fn tick(&mut self, millis: i64, seen: Option<SeenInstance>, raw: RawOutcome) -> Verdict {
            let Self { kind, ref probe, sidecar, pod_deleted, ref gates, .. } = *self;
            let context = Context { kind, probe, sidecar, pod_deleted, kubelet_start: Time::from_secs(-9), gates };
            let seen = Seen { pod_terminal: false, instance: seen };
            let Tick { verdict, changes } = self.worker.tick(&context, Some(&seen), at(millis), |_| false);
            self.told.extend(changes.iter().map(|change| change.to));
            if verdict == Verdict::Probe {
                self.told.extend(self.worker.outcome(&context, raw).change.map(|change| change.to));
            }
            verdict
        }
    }

    fn at(millis: i64) -> Time {
        Time::EPOCH + Span::from_millis(millis)
    }

    fn running(id: u32, since_secs: i64, started: bool) -> Option<SeenInstance> {
        let state = SeenState::Running { since: Some(Time::from_secs(since_secs)) };
        Some(SeenInstance { id: InstanceId::new(id), state, started: Some(started) })
    }

    fn ended(id: u32) -> Option<SeenInstance> {
        Some(SeenInstance { id: InstanceId::new(id), state: SeenState::Terminated { exit_code: 1 }, started: Some(false) })
    }

    fn waiting(id: u32) -> Option<SeenInstance> {
        Some(SeenInstance { id: InstanceId::new(id), state: SeenState::Waiting, started: Some(false) })
    }

    #[test]
    fn is_eleven_bytes() {
        assert_eq!(size_of::<Worker>(), 11);
    }

    #[test]
    fn liveness_that_fails_from_the_beginning_is_told_at_the_third_tick_with_the_container() {
        let mut liveness = Told::new(ProbeKind::Liveness);
        assert_eq!(liveness.tick(-4_000, None, RawOutcome::Failure), Verdict::Wait(Wait::NoInstance));
        for millis in [1_000, 6_000] {
            assert_eq!(liveness.tick(millis, running(0, 0, true), RawOutcome::Failure), Verdict::Probe);
            assert_eq!(liveness.told, [Success], "alive until the threshold");
        }
        let _ = liveness.tick(11_000, running(0, 0, true), RawOutcome::Failure);
        assert_eq!(liveness.told, [Success, Failure]);
        assert_eq!((liveness.worker.is_on_hold(), liveness.worker.result_run()), (true, 0));
        assert_eq!(liveness.tick(16_000, running(0, 0, true), RawOutcome::Success), Verdict::Wait(Wait::OnHold));
        assert_eq!(liveness.tick(21_000, running(1, 20, true), RawOutcome::Success), Verdict::Probe, "another instance ends the hold");
        assert_eq!(liveness.told, [Success, Failure, Success]);
    }

    #[test]
    fn readiness_waits_until_the_container_has_started() {
        let mut readiness = Told::new(ProbeKind::Readiness);
        assert_eq!(readiness.tick(600, running(0, 0, false), RawOutcome::Success), Verdict::Wait(Wait::NotStarted));
        assert_eq!(readiness.tick(1_000, running(0, 0, true), RawOutcome::Success), Verdict::Probe);
        assert_eq!(readiness.told, [Failure, Success]);
    }

    #[test]
    fn runs_are_counted_across_restarts_of_the_container() {
        let mut liveness = Told::new(ProbeKind::Liveness);
        for millis in [0, 5_000] {
            let _ = liveness.tick(millis, running(0, 0, true), RawOutcome::Failure);
        }
        let _ = liveness.tick(10_000, waiting(0), RawOutcome::Failure);
        assert_eq!(liveness.worker.result_run(), 2);
        let _ = liveness.tick(15_000, running(1, 14, true), RawOutcome::Unknown);
        assert_eq!(liveness.told, [Success, Failure, Success, Failure]);
        assert_eq!(liveness.worker.result(InstanceId::new(0)), None, "an older instance has no result");
    }

    #[test]
    fn a_container_that_does_not_run_fails_at_once() {
        let mut startup = Told::new(ProbeKind::Startup);
        assert_eq!(startup.tick(0, waiting(0), RawOutcome::Success), Verdict::Wait(Wait::NotRunning));
        assert_eq!(startup.tick(5_000, ended(0), RawOutcome::Success), Verdict::End(End::NotRestarted));
        assert_eq!(startup.told, [Unknown, Failure]);
    }

    #[test]
    fn a_startup_probe_holds_after_success_and_stops_when_started() {
        let mut startup = Told::new(ProbeKind::Startup);
        assert_eq!(startup.tick(0, running(0, 0, false), RawOutcome::Warning), Verdict::Probe);
        assert_eq!(startup.tick(5_000, running(0, 0, true), RawOutcome::Failure), Verdict::Wait(Wait::OnHold));
        assert_eq!(startup.tick(9_000, running(1, 8, true), RawOutcome::Failure), Verdict::Wait(Wait::Started));
        assert_eq!(startup.told, [Unknown, Success, Unknown]);
    }

    #[test]
    fn a_started_sidecar_passes_and_is_doubted_at_once_unless_it_outlived_the_kubelet() {
        let told = |since, gate| {
            let gates = Gates { change_container_status_on_kubelet_restart: gate, ..Gates::default() };
            let mut startup = Told { sidecar: true, gates, ..Told::new(ProbeKind::Startup) };
            let _ = startup.tick(0, running(0, since, true), RawOutcome::Success);
            startup.told
        };
        assert_eq!(told(-19, false), [Success, Unknown]);
        assert_eq!(told(-20, false), [Success]);
        assert_eq!(told(-20, true), [Unknown]);
    }

    #[test]
    fn errors_count_for_nothing_and_delays_end_with_whole_seconds() {
        let mut readiness = Told::new(ProbeKind::Readiness);
        readiness.probe.initial_delay_seconds = 3;
        assert_eq!(readiness.tick(2_999, running(0, 0, true), RawOutcome::Success), Verdict::Wait(Wait::InitialDelay));
        assert_eq!(readiness.tick(3_000, running(0, 0, true), RawOutcome::Error), Verdict::Probe);
        assert_eq!((readiness.told, readiness.worker.result_run()), (Vec::from([Failure]), 0));
    }

    #[test]
    fn a_pod_that_was_being_deleted_is_probed_for_readiness_only() {
        for kind in ProbeKind::ALL {
            let mut worker = Told { pod_deleted: true, ..Told::new(kind) };
            let verdict = worker.tick(0, running(0, 0, kind != ProbeKind::Startup), RawOutcome::Failure);
            let expected = if kind == ProbeKind::Readiness { Verdict::Probe } else { Verdict::End(End::PodDeleted) };
            assert_eq!((verdict, worker.worker.cached()), (expected, Some(if verdict == Verdict::Probe { Failure } else { Success })));
        }
    }

    #[test]
    fn ticks_during_a_probe_become_one() {
        let gates = Gates::default();
        let kind = ProbeKind::Readiness;
        let context = Context { kind, probe: &PROBE, sidecar: false, pod_deleted: false, kubelet_start: at(0), gates: &gates };
        let seen = Seen { pod_terminal: false, instance: running(0, 0, true) };
        let terminal = Seen { pod_terminal: true, ..seen };
        let mut worker = Worker::new();
        assert_eq!(worker.outcome(&context, RawOutcome::Success), Answer::default(), "nobody asked");
        assert_eq!(worker.tick(&context, Some(&seen), at(0), |_| false).verdict, Verdict::Probe);
        for _ in 0..2 {
            assert_eq!(worker.tick(&context, Some(&terminal), at(0), |_| false).verdict, Verdict::Wait(Wait::Busy));
        }
        let change = Some(Change { from: Some(Failure), to: Success });
        assert_eq!(worker.outcome(&context, RawOutcome::Success), Answer { change, owed: true });
        assert_eq!(worker.outcome(&context, RawOutcome::Success), Answer::default(), "an answer counts once");
        assert_eq!(worker.tick(&context, Some(&terminal), at(0), |_| false).verdict, Verdict::End(End::PodTerminal));
    }
}
