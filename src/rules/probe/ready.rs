//! `started` and `ready` of a container status, from probe results (kubelet prober `UpdatePodStatus`).

use super::{InstanceId, ProbeResult, SeenState, Worker};
use crate::gates::Gates;
use crate::spec::ContainerKind;
use crate::time::Time;

/// How one kind of probe of a container stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Standing {
    /// It has a live worker.
    pub worker: bool,
    /// The result cached for the instance that the status shows.
    pub result: Option<ProbeResult>,
}

impl Standing {
    /// Of this worker, if there is one, in a status that shows this instance (kubelet `UpdatePodStatus`).
    pub fn of(worker: Option<&Worker>, shown: Option<InstanceId>) -> Self {
        let result = worker.zip(shown).and_then(|(worker, shown)| worker.result(shown));
        Self { worker: worker.is_some(), result }
    }

    fn passed(self) -> bool {
        self.result == Some(ProbeResult::Success)
    }
}

/// A container status under construction, and what the probes say of it.
#[derive(Clone, Copy, Debug)]
pub struct Probed {
    /// What the container is for.
    pub kind: ContainerKind,
    /// Its status stands at its place in the list of statuses: always so in lists that the kubelet builds, where
    /// `initContainerStatuses` follows the spec. An init container whose status is elsewhere keeps its `ready`.
    pub in_place: bool,
    /// State.
    pub state: SeenState,
    /// `started` as the status has it before the probes are asked; of a running container that is what the last status said.
    pub started: Option<bool>,
    /// `ready` as the status has it before the probes are asked.
    pub ready: bool,
    /// The startup probe.
    pub startup: Standing,
    /// The readiness probe.
    pub readiness: Standing,
    /// The spec has a readiness probe, whether or not its worker lives.
    pub has_readiness_probe: bool,
    /// The Pod's Ready condition is True in the API.
    pub pod_ready: bool,
    /// When this kubelet started.
    pub kubelet_start: Time,
}

/// What the probes make of a container status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Marks {
    /// `started`.
    pub started: Option<bool>,
    /// `ready`.
    pub ready: bool,
    /// Tick the readiness worker now: the container has started and is not known to be ready. The period counts anew from this
    /// tick. So an unready container is probed at each build of the status.
    pub poke: bool,
}

/// `started` and `ready` of a container status.
///
/// | | started | ready |
/// |---|---|---|
/// | regular, sidecar | [`is_started`] | if started, as the readiness probe says (below); else as it was |
/// | plain init | [`is_started`] | true if it has ended with 0; else as it was |
/// | ephemeral | as it was | as it was |
///
/// Ready is a started container whose readiness result is Success, or that has no readiness worker. A container that outlived
/// the kubelet's restart, and has no Success yet, is ready also if nothing is cached for it, and never ready while it has a
/// readiness probe and its Pod is not Ready (kubelet `setReadyStateOnKubeletRestart`; not with the gate
/// ChangeContainerStatusOnKubeletRestart).
#[inline]
pub fn marks(probed: &Probed, gates: &Gates) -> Marks {
    let as_it_was = Marks { started: probed.started, ready: probed.ready, poke: false };
    if probed.kind == ContainerKind::Ephemeral {
        return as_it_was;
    }
    let started = is_started(probed, gates);
    let as_it_was = Marks { started: Some(started), ..as_it_was };
    match probed.kind {
        ContainerKind::Init | ContainerKind::Sidecar if !probed.in_place => as_it_was,
        ContainerKind::Init if probed.state == (SeenState::Terminated { exit_code: 0 }) => Marks { ready: true, ..as_it_was },
        ContainerKind::Sidecar | ContainerKind::Regular if started => {
            Marks { ready: is_ready(probed, gates), poke: probed.readiness.worker && !probed.readiness.passed(), ..as_it_was }
        }
        _ => as_it_was,
    }
}

/// Whether a container has started (kubelet `isContainerStarted`): it runs, and its startup probe has passed; without a result,
/// it had started before, or no startup worker is there to say otherwise.
///
/// So a container that was still starting when the kubelet restarted is started in the first status that the new kubelet
/// builds, because no worker exists yet; and a started container is not probed for startup any more.
#[inline]
pub fn is_started(probed: &Probed, gates: &Gates) -> bool {
    if !matches!(probed.state, SeenState::Running { .. }) {
        return false;
    }
    if probed.startup.result.is_some() {
        return probed.startup.passed();
    }
    let had_started = probed.started == Some(true) && !gates.change_container_status_on_kubelet_restart;
    had_started || !probed.startup.worker
}

/// Whether a started container is ready.
#[inline]
fn is_ready(probed: &Probed, gates: &Gates) -> bool {
    if probed.readiness.passed() {
        return true;
    }
    let unprobed = !probed.readiness.worker;
    if gates.change_container_status_on_kubelet_restart || !probed.state.outlived_kubelet(probed.kubelet_start) {
        return unprobed;
    }
    (unprobed || probed.readiness.result.is_none()) && (probed.pod_ready || !probed.has_readiness_probe)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A regular container that runs since a second, of a Ready Pod, with both probes and their workers; the kubelet started at 100 s.
    fn probed(since: i64) -> Probed {
        let standing = Standing { worker: true, result: None };
        Probed {
            kind: ContainerKind::Regular,
            in_place: true,
            state: SeenState::Running { since: Some(Time::from_secs(since)) },
            started: Some(false),
            ready: false,
            startup: standing,
            readiness: standing,
            has_readiness_probe: true,
            pod_ready: true,
            kubelet_start: Time::from_secs(100),
        }
    }

    fn of(probed: Probed) -> (bool, bool, bool) {
        let Marks { started, ready, poke } = marks(&probed, &Gates::default());
        (started.unwrap(), ready, poke)
    }

    fn with(result: ProbeResult) -> Standing {
        Standing { worker: true, result: Some(result) }
    }

    #[test]
    fn a_started_container_that_is_not_ready_is_poked() {
        let passed = Probed { startup: with(ProbeResult::Success), ..probed(200) };
        assert_eq!(of(probed(200)), (false, false, false));
        assert_eq!(of(passed), (true, false, true));
        assert_eq!(of(Probed { readiness: with(ProbeResult::Success), ..passed }), (true, true, false));
        assert_eq!(of(Probed { readiness: Standing::default(), ..passed }), (true, true, false), "no worker: ready");
        assert_eq!(of(Probed { state: SeenState::Waiting, ..passed }), (false, false, false));
    }

    #[test]
    fn a_kubelet_restart_keeps_the_standing_of_the_pod() {
        let old = Probed { started: Some(true), ..probed(50) };
        assert_eq!(of(old), (true, true, true), "nothing cached: ready, and probed at once");
        assert_eq!(of(Probed { pod_ready: false, ..old }), (true, false, true));
        assert_eq!(of(Probed { readiness: with(ProbeResult::Failure), ..old }), (true, false, true));
        let unprobed = Probed { readiness: Standing::default(), pod_ready: false, ..old };
        assert_eq!(of(unprobed), (true, false, false), "the worker is not there yet, the probe is in the spec");
        assert_eq!(of(Probed { has_readiness_probe: false, ..unprobed }), (true, true, false));
        let gates = Gates { change_container_status_on_kubelet_restart: true, ..Gates::default() };
        assert_eq!(marks(&old, &gates), Marks { started: Some(false), ready: false, poke: false });
    }

    #[test]
    fn a_container_still_starting_is_started_for_a_restarted_kubelet_without_workers() {
        let first = Probed { startup: Standing::default(), readiness: Standing::default(), ..probed(50) };
        assert_eq!(of(first), (true, true, false));
    }

    #[test]
    fn init_containers_are_ready_when_completed_and_ephemeral_ones_are_left_alone() {
        let completed = Probed { kind: ContainerKind::Init, state: SeenState::Terminated { exit_code: 0 }, ..probed(200) };
        assert_eq!(of(completed), (false, true, false));
        assert_eq!(of(Probed { in_place: false, ..completed }), (false, false, false));
        assert_eq!(of(Probed { state: SeenState::Terminated { exit_code: 1 }, ..completed }), (false, false, false));
        let ephemeral = Probed { kind: ContainerKind::Ephemeral, started: None, ..completed };
        assert_eq!(marks(&ephemeral, &Gates::default()), Marks { started: None, ready: false, poke: false });
    }
}
