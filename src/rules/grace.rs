//! How much time a container is given to stop, and how the kubelet spends it (kubelet `setTerminationGracePeriod`, `killContainer`).
//!
//! The grace period of one kill is spent in three phases, one after the other, each within what the last one left
//! (kubelet `killContainer`):
//!
//! 1. the preStop hook runs, if there is one and any grace at all;
//! 2. a sidecar waits for its turn ([`termination_order`](super::termination_order)), if grace is left;
//! 3. the runtime sends the stop signal, and kills what has not ended when the rest is over.
//!
//! Time spent is taken off in whole seconds, rounded down, and the runtime is never given less than
//! [`MIN_STOP_WINDOW_SECONDS`]; so a stop may take longer than its grace period. [`StopBudget`] does the sums, [`Stop`] knows
//! the phases.

use super::view::KillReason;
use crate::spec::{ContainerIndex, ContainerSpec, ProbeKind, Spec};
use crate::time::{Span, Time};

/// The least time in seconds between the stop signal and the kill that the runtime is given, whatever the grace period (kubelet
/// `minimumGracePeriodInSeconds`).
pub const MIN_STOP_WINDOW_SECONDS: i64 = 2;

/// The least grace period in seconds of a Pod that ends (kubelet `calculateEffectiveGracePeriod`).
pub const MIN_POD_GRACE_SECONDS: i64 = 1;

/// The grace period in seconds that a kill of this container starts from (kubelet `setTerminationGracePeriod`).
///
/// `reason` is `None` if the whole Pod is killed. The first that is given counts: the deletion's
/// (`metadata.deletionGracePeriodSeconds`); that of the probe that asks for the kill, which may be longer than the Pod's
/// (KEP-2238); the Pod's. A Pod without a period of its own has none at its probes either: it gets
/// [`MIN_STOP_WINDOW_SECONDS`]. A period that the caller of the kill asks for replaces all this: see [`StopBudget::starting`].
pub fn kill_grace_seconds(
    spec: &Spec,
    container: ContainerIndex,
    deletion_grace_period_seconds: Option<i64>,
    reason: Option<KillReason>,
) -> i64 {
    if let Some(seconds) = deletion_grace_period_seconds {
        return seconds;
    }
    let Some(of_pod) = spec.termination_grace_period_seconds() else {
        return MIN_STOP_WINDOW_SECONDS;
    };
    let probe = match reason {
        Some(KillReason::StartupProbe) => spec.container(container).probe(ProbeKind::Startup),
        Some(KillReason::LivenessProbe) => spec.container(container).probe(ProbeKind::Liveness),
        _ => None,
    };
    probe.and_then(|probe| probe.grace_period_seconds).unwrap_or(of_pod)
}

/// The grace period in seconds of a Pod that the kubelet ends with `most` seconds: the Pod's own if that is shorter (soft eviction, node
/// shutdown).
pub fn at_most(own: Option<i64>, most: i64) -> i64 {
    own.map_or(most, |own| own.min(most))
}

/// The grace period of a Pod that ends. See [`effective_pod_grace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EffectiveGrace {
    /// Seconds, at least [`MIN_POD_GRACE_SECONDS`].
    pub seconds: i64,
    /// Whether it differs from the one in force before: the sync in progress is told to hurry.
    pub shortened: bool,
}

/// The grace period of a Pod that ends, when something new is known (kubelet `calculateEffectiveGracePeriod`).
///
/// `current_seconds` is the one in force, 0 if there is none yet; `spec_seconds` the Pod's own. The deletion's (`metadata.deletionGracePeriodSeconds`) and then
/// the override that the kill asks for (eviction, node shutdown) each replace it if it is 0 or longer; only if neither did, and
/// it is 0, does the Pod's own count. So a forced deletion (0) is not taken for "none given". The answer is at least
/// [`MIN_POD_GRACE_SECONDS`].
pub fn effective_pod_grace(
    spec_seconds: Option<i64>,
    deletion_grace_period_seconds: Option<i64>,
    current_seconds: i64,
    override_seconds: Option<i64>,
) -> EffectiveGrace {
    let replace = |seconds: i64, wanted: Option<i64>| wanted.filter(|&wanted| seconds == 0 || wanted < seconds);
    let deleted = replace(current_seconds, deletion_grace_period_seconds);
    let asked = replace(deleted.unwrap_or(current_seconds), override_seconds);
    let seconds = match asked.or(deleted) {
        Some(seconds) => seconds,
        None if current_seconds == 0 => spec_seconds.unwrap_or(0),
        None => current_seconds,
    };
    let seconds = seconds.max(MIN_POD_GRACE_SECONDS);
    EffectiveGrace { seconds, shortened: current_seconds != 0 && current_seconds != seconds }
}

/// What is left of the grace period of one kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct StopBudget {
    remaining_seconds: i64,
}

impl StopBudget {
    /// The whole of it: what the caller of the kill asks for, else that of [`kill_grace_seconds`] (kubelet `killContainer`).
    pub fn starting(kill_grace_seconds: i64, override_seconds: Option<i64>) -> Self {
        Self { remaining_seconds: override_seconds.unwrap_or(kill_grace_seconds) }
    }

    /// What is left in seconds; 0 or less if nothing is.
    pub const fn remaining_seconds(self) -> i64 {
        self.remaining_seconds
    }

    /// Whether anything is left: else the hook is not run and no turn is awaited.
    pub const fn is_left(self) -> bool {
        self.remaining_seconds > 0
    }

    /// What is left after some time. Only whole seconds count.
    #[must_use]
    pub fn after(self, elapsed: Span) -> Self {
        Self { remaining_seconds: self.remaining_seconds.saturating_sub(elapsed.secs().max(0)) }
    }

    /// When it is used up if it starts to run now.
    pub fn end(self, now: Time) -> Time {
        now + Span::from_secs(self.remaining_seconds.max(0))
    }

    /// The seconds the runtime gets between the stop signal and the kill (CRI `StopContainerRequest.timeout`).
    pub fn stop_timeout(self) -> i64 {
        self.remaining_seconds.max(MIN_STOP_WINDOW_SECONDS)
    }
}

/// How far the kill of one container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum StopPhase {
    /// The preStop hook runs.
    PreStop,
    /// A sidecar waits for those that stop before it (KEP-753).
    WaitForTurn,
    /// The runtime has been asked to stop it: the stop signal is out.
    StopContainer,
}

/// The kill of one running container (kubelet `killContainer`): preStop hook, turn, stop.
///
/// Whoever keeps it tells it what happened, and asks the runtime to stop the container once the phase is
/// [`StopContainer`](StopPhase::StopContainer). `must_wait` is always the answer of
/// [`must_wait_for`](super::termination_order::must_wait_for) at that moment; `false` if one container is killed and the Pod lives on.
///
/// Packed: 17 bytes without alignment, in each container of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(Rust, packed)]
pub struct Stop {
    phase: StopPhase,
    since: Time,
    budget: StopBudget,
}

impl Stop {
    /// The kill begins (kubelet `killContainer`).
    pub fn begin(now: Time, container: &ContainerSpec, budget: StopBudget, must_wait: bool) -> Self {
        if container.pre_stop().is_some() && budget.is_left() {
            Self { phase: StopPhase::PreStop, since: now, budget }
        } else {
            Self::without_hook(now, budget, must_wait)
        }
    }

    /// The preStop hook succeeded or failed, which is the same to the kill (kubelet `executePreStopHook`). News of a hook that was
    /// given up is passed over.
    pub fn pre_stop_ended(&mut self, now: Time, must_wait: bool) {
        if self.phase == StopPhase::PreStop {
            *self = Self::without_hook(now, self.budget.after(now - self.since), must_wait);
        }
    }

    /// Time passed, or another container stopped: goes on if it is due. Says whether it did.
    ///
    /// A hook that has used up the budget is left alone (it may run on), a wait that has used it up is given up (kubelet
    /// `waitForTurn`).
    pub fn advance(&mut self, now: Time, must_wait: bool) -> bool {
        let over = self.deadline().is_some_and(|deadline| deadline <= now);
        match self.phase {
            StopPhase::PreStop if over => self.pre_stop_ended(now, must_wait),
            StopPhase::WaitForTurn if over || !must_wait => {
                *self = Self { phase: StopPhase::StopContainer, since: now, budget: self.budget.after(now - self.since) };
            }
            _ => return false,
        }
        true
    }

    /// How far it is.
    pub const fn phase(self) -> StopPhase {
        self.phase
    }

    /// Since when it is in that phase.
    pub const fn since(self) -> Time {
        self.since
    }

    /// When hook or wait are given up; `None` once the runtime was asked, for then the kubelet waits for the runtime.
    pub fn deadline(self) -> Option<Time> {
        (self.phase != StopPhase::StopContainer).then(|| self.budget.end(self.since))
    }

    /// What is left of the grace period, as of [`since`](Self::since).
    pub const fn budget(self) -> StopBudget {
        self.budget
    }

    fn without_hook(now: Time, budget: StopBudget, must_wait: bool) -> Self {
        let phase = if must_wait && budget.is_left() { StopPhase::WaitForTurn } else { StopPhase::StopContainer };
        Self { phase, since: now, budget }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubelet_gives_a_pod_no_more_than_it_asks_for() {
        assert_eq!([at_most(None, 10), at_most(Some(5), 10), at_most(Some(15), 10), at_most(Some(0), 10)], [10, 5, 10, 0]);
    }

    fn spec(json: &str) -> Spec {
        Spec::as_given(serde_json::from_str(json).unwrap())
    }

    const FIRST: ContainerIndex = ContainerIndex::new(0);

    #[test]
    fn the_probe_that_kills_brings_its_own_period() {
        let spec = spec(
            r#"{"terminationGracePeriodSeconds": 30, "containers": [{"name": "c",
                "livenessProbe": {"terminationGracePeriodSeconds": 60}, "startupProbe": {"terminationGracePeriodSeconds": 5}}]}"#,
        );
        let seconds = |deletion, reason| kill_grace_seconds(&spec, FIRST, deletion, reason);
        assert_eq!(seconds(None, Some(KillReason::LivenessProbe)), 60);
        assert_eq!(seconds(None, Some(KillReason::StartupProbe)), 5);
        assert_eq!(seconds(None, Some(KillReason::FailedPostStartHook)), 30);
        assert_eq!(seconds(None, None), 30);
        assert_eq!(seconds(Some(7), Some(KillReason::LivenessProbe)), 7);
    }

    #[test]
    fn a_period_only_shrinks_and_is_never_below_a_second() {
        let grace = |deletion, current, wanted| effective_pod_grace(Some(30), deletion, current, wanted);
        assert_eq!(grace(None, 0, None), EffectiveGrace { seconds: 30, shortened: false });
        assert_eq!(grace(Some(10), 30, None), EffectiveGrace { seconds: 10, shortened: true });
        assert_eq!(grace(Some(60), 30, Some(40)), EffectiveGrace { seconds: 30, shortened: false });
        assert_eq!(grace(None, 0, Some(0)), EffectiveGrace { seconds: 1, shortened: false });
        assert_eq!(grace(Some(0), 30, None), EffectiveGrace { seconds: 1, shortened: true });
    }

    #[test]
    fn hook_and_wait_eat_whole_seconds_of_the_grace() {
        let spec = spec(
            r#"{"containers": [], "initContainers": [{"name": "s", "restartPolicy": "Always",
                "lifecycle": {"preStop": {"sleep": {"seconds": 3}}}}]}"#,
        );
        let (start, at) = (Time::from_secs(100), |millis| Time::from_secs(100) + Span::from_millis(millis));
        let mut stop = Stop::begin(start, spec.container(FIRST), StopBudget::starting(10, None), true);
        assert_eq!((stop.phase(), stop.deadline()), (StopPhase::PreStop, Some(at(10_000))));
        assert!(!stop.advance(at(9_999), true));
        stop.pre_stop_ended(at(3_900), true);
        assert_eq!((stop.phase(), stop.deadline()), (StopPhase::WaitForTurn, Some(at(10_900))));
        assert!(!stop.advance(at(10_899), true));
        assert!(stop.advance(at(6_000), false));
        assert_eq!((stop.phase(), stop.since(), stop.deadline()), (StopPhase::StopContainer, at(6_000), None));
        assert_eq!(stop.budget().stop_timeout(), 5);
        stop.pre_stop_ended(at(7_000), true);
        assert_eq!(stop.phase(), StopPhase::StopContainer);
    }

    #[test]
    fn a_hook_that_takes_it_all_leaves_two_seconds_and_no_wait() {
        let spec = spec(r#"{"containers": [{"name": "c", "lifecycle": {"preStop": {"exec": {"command": ["x"]}}}}]}"#);
        let mut stop = Stop::begin(Time::EPOCH, spec.container(FIRST), StopBudget::starting(30, Some(4)), true);
        assert!(stop.advance(Time::from_secs(4), true));
        assert_eq!((stop.phase(), stop.budget().stop_timeout()), (StopPhase::StopContainer, MIN_STOP_WINDOW_SECONDS));
        let at_once = Stop::begin(Time::EPOCH, spec.container(FIRST), StopBudget::starting(30, Some(0)), true);
        assert_eq!((at_once.phase(), at_once.budget().stop_timeout()), (StopPhase::StopContainer, MIN_STOP_WINDOW_SECONDS));
    }

    #[test]
    fn extreme_periods_do_not_panic() {
        let budget = StopBudget::starting(i64::MIN, None).after(Span::MAX);
        assert_eq!(budget.end(Time::MAX), Time::MAX);
        assert_eq!(StopBudget::starting(i64::MAX, None).after(Span::from_secs(-5)).stop_timeout(), i64::MAX);
    }
}
