//! What a sync does to a Pod: sandbox, kills, starts, resets (kubelet `computePodActions`).
//!
//! [`compute`] is the kubelet's plan: it writes one small [`ContainerAction`] for each container and returns what concerns the Pod. It
//! asks only the runtime, the probe results and the spec; crash-loop delays are applied when a start is tried.

mod init;
mod regular;
mod reset;

pub use reset::{Reset, resets};

use super::view::{InstanceState, KillReason, ProbeResult, Runtime};
use super::{container_status, restart, sandbox};
use crate::api::RestartPolicy;
use crate::gates::Gates;
use crate::spec::{ContainerIndex, Spec};

/// What a sync does to one container. The default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ContainerAction {
    /// Start it: pull, create and start an instance, if its back-off lets it.
    pub start: bool,
    /// Kill its newest instance first, for this reason. Where the whole Pod is killed, that is done instead.
    pub kill: Option<KillReason>,
}

/// What a sync does to the Pod as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodActions {
    /// Kill every container and stop every sandbox first.
    ///
    /// With [`create_sandbox`](Self::create_sandbox), the instances of init containers are then purged with their logs.
    pub kill_pod: bool,
    /// Create a sandbox.
    pub create_sandbox: bool,
    /// Attempt of the sandbox: of the new one if there is to be one, else of the present one.
    pub attempt: u32,
    /// All containers are to be restarted in place: carry out [`resets`], unless the Pod is killed in this same sync.
    pub reset: bool,
}

/// What [`compute`] is told beside the runtime and the probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActionInput {
    /// The status says AllContainersRestarting=True (KEP-5532).
    pub restart_all: bool,
    /// The Pod has a `deletionTimestamp`: regular containers and failed plain init containers are not started again.
    pub deleted: bool,
}

/// The cached probe results of the newest instance of each container; `None`: no result yet.
pub trait Probes {
    /// Result of the liveness probe.
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult>;
    /// Result of the startup probe.
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult>;
}

impl<T: Probes + ?Sized> Probes for &T {
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        (**self).liveness(container)
    }
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        (**self).startup(container)
    }
}

/// What a plan is made from.
struct Planner<'a, R, P> {
    spec: &'a Spec,
    runtime: &'a R,
    probes: &'a P,
    input: ActionInput,
    gates: &'a Gates,
    actions: &'a mut [ContainerAction],
}

/// Plans a sync (kubelet `computePodActions`).
///
/// `actions` has one element for each container of the spec; what it held before is forgotten. Starts are carried out in the order of
/// the [spec's indexes](ContainerIndex), but ephemeral containers first.
///
/// # Panics
/// If `actions` is shorter than the list of containers.
pub fn compute(
    spec: &Spec,
    runtime: &impl Runtime,
    probes: &impl Probes,
    input: ActionInput,
    gates: &Gates,
    actions: &mut [ContainerAction],
) -> PodActions {
    actions.fill(ContainerAction::default());
    let sandbox = sandbox::changed(spec, runtime);
    let pod = PodActions { kill_pod: sandbox.needed, create_sandbox: sandbox.needed, attempt: sandbox.attempt, reset: false };
    if input.restart_all && gates.restart_all() {
        return PodActions { reset: true, ..pod };
    }
    let mut planner = Planner { spec, runtime, probes, input, gates, actions };
    if sandbox.needed { planner.with_new_sandbox(pod) } else { planner.with_present_sandbox(pod) }
}

impl<R: Runtime, P: Probes> Planner<'_, R, P> {
    /// The Pod begins anew, unless nothing in it would ever start again.
    fn with_new_sandbox(&mut self, pod: PodActions) -> PodActions {
        let no_sandbox = PodActions { create_sandbox: false, ..pod };
        let spec = self.spec;
        // Only the Pod's own policy counts here, whatever its containers say.
        let never = spec.restart_policy() == RestartPolicy::Never;
        if never && pod.attempt != 0 && spec.indexes().any(|i| self.runtime.newest(i).is_some()) {
            return no_sandbox;
        }
        if !spec.regular().any(|i| self.is_due(i)) && container_status::any_regular_created(spec, self.runtime) {
            return no_sandbox;
        }
        if let Some(first) = spec.init().next() {
            self.start(first);
            return pod;
        }
        for container in spec.regular() {
            self.actions[container.get()].start = self.is_due(container);
        }
        pod
    }

    fn with_present_sandbox(&mut self, mut pod: PodActions) -> PodActions {
        for container in self.spec.ephemeral() {
            if self.runtime.newest(container).is_none() {
                self.start(container);
            }
        }
        match self.init_containers() {
            init::Progress::Initialized => pod.kill_pod = self.regular_containers() == regular::Outcome::NothingLeft,
            init::Progress::Initializing => {}
            init::Progress::Failed => pod.kill_pod = true,
        }
        if pod.kill_pod {
            // Sidecars must not keep a Pod alive that is done.
            self.clear_init_starts();
        }
        pod
    }

    /// Whether a regular container is started in a new sandbox: all are, but those that have succeeded under OnFailure.
    fn is_due(&self, container: ContainerIndex) -> bool {
        let succeeded = |i| self.runtime.newest(i).is_some_and(|i| i.state == InstanceState::Exited && i.exit.code == 0);
        restart::effective_policy(self.spec, container, self.gates) != RestartPolicy::OnFailure || !succeeded(container)
    }

    fn start(&mut self, container: ContainerIndex) {
        self.actions[container.get()].start = true;
    }

    fn kill(&mut self, container: ContainerIndex, why: KillReason) {
        self.actions[container.get()].kill = Some(why);
    }

    fn kill_and_start(&mut self, container: ContainerIndex, why: KillReason) {
        self.kill(container, why);
        self.start(container);
    }

    fn clear_init_starts(&mut self) {
        for container in self.spec.init() {
            self.actions[container.get()].start = false;
        }
    }
}
