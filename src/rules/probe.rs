//! Probe workers, and what their results mean for `started` and `ready` (kubelet `prober`).
//!
//! A [`Worker`] probes one container with one kind of probe. Whether a tick probes ([`Worker::tick`]) and what the answer
//! changes ([`Worker::outcome`]) are two decisions, because somebody else runs the probe and answers later. [`marks`] then reads
//! the results into a container status, and [`effect`] says what a changed result sets off.
//!
//! What surprises, and is so in the kubelet:
//!
//! - Runs of equal results are counted across container restarts: two failures before a crash and one after it make three. Only a
//!   verdict that puts the worker on hold starts the count anew.
//! - The initial delay counts from the container's start, the period from the worker's; the worker is usually the older.
//! - A container that does not run has failed all its probes, startup and liveness too, at the next tick and without threshold.
//! - A startup probe that was reported passed, in a sidecar whose instance the worker sees for the first time, is cached as
//!   Success and at once as Unknown, unless the instance is older than the kubelet.
//! - A worker keeps the Pod as it was when the worker was made: a later deletion does not reach it.

mod edges;
mod ready;
mod seen;
mod verdict;
mod worker;

pub use edges::{EDGES, ProbeEdge};
pub use ready::{Marks, Probed, Standing, is_started, marks};
pub use seen::{InstanceId, Seen, SeenInstance};
pub use verdict::{Answer, Change, Changes, End, Tick, Verdict, Wait};
pub use worker::{Context, RawOutcome, Worker};

use super::container_status::{ContainerStatusView, StateView};
use super::restart;
use super::view::{Instance, ProbeResult, Runtime, Sandbox, Statuses};
use crate::api::{self, RestartPolicy};
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ProbeKind, ProbeSpec, Spec};
use crate::time::{Span, Time};

/// How often a probe is run in one tick while its outcome is [`RawOutcome::Error`] (kubelet `maxProbeRetries`).
///
/// Whoever runs the probe repeats it, at once and without telling; only the last outcome is an outcome.
pub const MAX_TRIES: u32 = 3;

/// A container that started longer than this before the kubelet outlived the kubelet's restart.
const RESTART_GRACE: Span = Span::from_secs(10);

/// State of a container in the kubelet's cached status, as far as probes ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SeenState {
    /// Waiting, or no state at all.
    #[default]
    Waiting,
    /// Running.
    Running {
        /// `startedAt`, in whole seconds as statuses have it; `None` if the runtime does not know.
        since: Option<Time>,
    },
    /// Terminated.
    Terminated {
        /// `exitCode`.
        exit_code: i32,
    },
}

impl From<&api::ContainerState> for SeenState {
    fn from(state: &api::ContainerState) -> Self {
        match (&state.running, &state.terminated) {
            (Some(running), _) => Self::Running { since: running.started_at },
            (None, Some(terminated)) => Self::Terminated { exit_code: terminated.exit_code },
            (None, None) => Self::Waiting,
        }
    }
}

impl SeenState {
    /// Of a status that borrows its texts.
    #[inline]
    pub fn of(status: &ContainerStatusView<'_>) -> Self {
        match status.state() {
            StateView::Running { started_at } => Self::Running { since: started_at },
            StateView::Terminated(ended) => Self::Terminated { exit_code: ended.exit_code },
            StateView::Kept(state) => state.into(),
            StateView::Empty | StateView::Waiting { .. } => Self::Waiting,
        }
    }

    /// Whether it runs and did so more than 10 s before this kubelet started (kubelet `kubeletRestartGracePeriod`).
    ///
    /// Unless the gate ChangeContainerStatusOnKubeletRestart is on, such a container keeps its standing: no initial result is
    /// cached for it, and its readiness is that of its Pod until a probe says otherwise.
    pub fn outlived_kubelet(self, kubelet_start: Time) -> bool {
        matches!(self, Self::Running { since: Some(since) } if since < kubelet_start - RESTART_GRACE)
    }
}

/// The workers a Pod needs, in the order in which the kubelet makes them (kubelet prober `AddPod`): regular containers, then
/// sidecars; of each startup, readiness, liveness.
///
/// The kubelet makes them before it first acts on the Pod, so before the container exists, and stops making them at the first
/// one that is there already. Plain init and ephemeral containers have no probes.
pub fn workers(spec: &Spec) -> impl Iterator<Item = (ContainerIndex, ProbeKind)> + '_ {
    let sidecars = spec.init().filter(|&container| spec.container(container).is_sidecar());
    spec.regular().chain(sidecars).flat_map(move |container| {
        let probed = move |kind: &ProbeKind| spec.container(container).probe(*kind).is_some();
        ProbeKind::ALL.into_iter().filter(probed).map(move |kind| (container, kind))
    })
}

/// How long a new worker waits before its first tick: not at all, or, in the first period of a kubelet's life, a random share
/// of the period, so that a restarted kubelet does not run all probes at once (kubelet `worker.run`). Later ticks come every
/// period; those missed while a probe runs become one ([`Answer::owed`]).
///
/// `jitter` is that share, 0..1, drawn by the caller.
pub fn first_tick_delay(period: Span, now: Time, kubelet_start: Time, jitter: f64) -> Span {
    if period > now - kubelet_start { Span::from_secs_f64(period.as_secs_f64() * jitter) } else { Span::ZERO }
}

/// Whether a container that was started at `since` is too young for this probe: within its `initialDelaySeconds` (kubelet prober `doProbe`).
pub fn is_delayed(probe: &ProbeSpec, since: Time, now: Time) -> bool {
    // In 32 bits, as the kubelet compares.
    ((now - since).secs() as i32) < probe.initial_delay_seconds
}

/// Whether the worker is stopped when the kubelet begins to terminate the Pod (kubelet `StopLivenessAndStartup`): liveness and
/// startup are, of regular containers and of sidecars. Readiness goes on until all containers have stopped.
pub const fn stops_at_termination(probe: ProbeKind) -> bool {
    !matches!(probe, ProbeKind::Readiness)
}

/// Whether a worker goes on although its container has ended (kubelet `doProbe`).
///
/// It does if the container will be restarted, or if a restart of all containers is under way: `restarting_all` is whether the
/// condition AllContainersRestarting of the cached status is True, `statuses` are the container statuses there; the runtime is not
/// asked. Without the gate ContainerRestartRules the exit code does not matter: under OnFailure the worker of a completed
/// container goes on for nothing.
pub fn outlives_exit(
    spec: &Spec,
    container: ContainerIndex,
    exit_code: i32,
    restarting_all: bool,
    statuses: &impl Statuses,
    gates: &Gates,
) -> bool {
    if !gates.container_restart_rules {
        return spec.restart_policy() != RestartPolicy::Never || spec.container(container).is_sidecar();
    }
    restart::should_restart_on_exit(spec, container, exit_code, gates)
        || (gates.restart_all() && restart::restart_all_triggered(spec, restarting_all, None::<&NotAsked>, statuses))
}

/// The runtime that a worker does not ask.
enum NotAsked {}

impl Runtime for NotAsked {
    fn sandboxes(&self) -> impl Iterator<Item = Sandbox> {
        core::iter::empty()
    }

    fn instances(&self, _: ContainerIndex) -> impl Iterator<Item = Instance> {
        core::iter::empty()
    }
}

/// What a changed result sets off (kubelet `syncLoopIteration`). Each but [`Effect::None`] is followed by a sync of the Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: a liveness result that is not a failure.
    None,
    /// A sync, which kills the container: a liveness failure.
    Sync,
    /// The cached status gets this `ready`, with the conditions that hang on it (kubelet `SetContainerReadiness`); then a sync.
    Ready(bool),
    /// The cached status gets this `started` (kubelet `SetContainerStartup`); then a sync.
    Started(bool),
}

/// What this new result of a probe sets off (kubelet `syncLoopIteration`, `handleProbeSync`). Results that are dropped with their instance or worker set off nothing.
pub const fn effect(kind: ProbeKind, result: ProbeResult) -> Effect {
    let passed = matches!(result, ProbeResult::Success);
    match (kind, result) {
        (ProbeKind::Readiness, _) => Effect::Ready(passed),
        (ProbeKind::Startup, _) => Effect::Started(passed),
        (ProbeKind::Liveness, ProbeResult::Failure) => Effect::Sync,
        (ProbeKind::Liveness, ProbeResult::Success | ProbeResult::Unknown) => Effect::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::view::ApiStatuses;
    use alloc::vec::Vec;

    fn spec(json: &str) -> Spec {
        Spec::as_given(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn workers_are_made_for_regular_containers_first() {
        let spec = spec(
            r#"{"initContainers":[{"name":"i","livenessProbe":{}},{"name":"s","restartPolicy":"Always","startupProbe":{}}],
                "containers":[{"name":"c","livenessProbe":{},"readinessProbe":{}}],"ephemeralContainers":[{"name":"e","readinessProbe":{}}]}"#,
        );
        let made: Vec<_> = workers(&spec).map(|(c, kind)| (spec.container(c).name(), kind)).collect();
        assert_eq!(made, [("c", ProbeKind::Readiness), ("c", ProbeKind::Liveness), ("s", ProbeKind::Startup)]);
    }

    #[test]
    fn only_a_young_kubelet_spreads_the_first_ticks() {
        let (start, period) = (Time::from_secs(100), Span::from_secs(10));
        assert_eq!(first_tick_delay(period, start + Span::from_secs(9), start, 0.5), Span::from_secs(5));
        assert_eq!(first_tick_delay(period, start + period, start, 0.5), Span::ZERO);
    }

    #[test]
    fn outliving_the_kubelet_takes_more_than_ten_seconds() {
        let kubelet_start = Time::from_secs(100);
        let running = |secs| SeenState::Running { since: Some(Time::from_secs(secs)) };
        assert!(running(89).outlived_kubelet(kubelet_start) && !running(90).outlived_kubelet(kubelet_start));
        assert!(!SeenState::Running { since: None }.outlived_kubelet(kubelet_start));
        assert!(!SeenState::Terminated { exit_code: 0 }.outlived_kubelet(kubelet_start));
    }

    #[test]
    fn without_rules_the_exit_code_does_not_end_a_worker() {
        let off = Gates { container_restart_rules: false, ..Gates::default() };
        let spec = spec(
            r#"{"restartPolicy":"OnFailure","containers":[{"name":"c"},{"name":"d","restartPolicyRules":[
                {"action":"RestartAllContainers","exitCodes":{"operator":"In","values":[42]}}]}]}"#,
        );
        let c = spec.find("c").unwrap();
        let completed = |gates: &Gates, d: &str| {
            let status: api::ContainerStatus = serde_json::from_str(d).unwrap();
            outlives_exit(&spec, c, 0, false, &ApiStatuses::of_list(&spec, &[status]), gates)
        };
        let running = r#"{"name":"d","state":{"running":{}}}"#;
        assert!(completed(&off, running) && !completed(&Gates::default(), running));
        let triggers = r#"{"name":"d","state":{"terminated":{"exitCode":42}}}"#;
        assert!(completed(&Gates::default(), triggers), "a restart of all containers is due");
    }

    #[test]
    fn readiness_is_not_stopped_by_termination() {
        assert_eq!(ProbeKind::ALL.map(stops_at_termination), [true, false, true]);
    }
}
