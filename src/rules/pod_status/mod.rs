//! The status of a Pod, put together from its parts (kubelet `generateAPIPodStatus`).
//!
//! [`decide`] takes the container statuses as they were derived and says phase and conditions: in which order the parts look at one
//! another stands there and nowhere else. The machine resolves the answer into its compact state, [`view()`] into a status that borrows its texts, [`build`] into an API object.
//!
//! ```
//! use pod_lifecycle::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState, ObservedState};
//! use pod_lifecycle::rules::pod_status::{Build, KubeletPod, build};
//! use pod_lifecycle::{Gates, Spec, Time, api};
//!
//! let spec = Spec::parse(serde_json::from_str(r#"{"containers": [{"name": "web", "image": "nginx:1"}]}"#)?)?;
//! let (meta, status) = (api::ObjectMeta::default(), api::PodStatus::default());
//! let pod = KubeletPod { meta: &meta, spec: &spec, status: &status, mirror: None };
//!
//! let now = Time::from_secs(1_767_225_600);
//! let web = ObservedContainer {
//!     name: "web".into(),
//!     state: ObservedState::Running,
//!     started_at: Some(now),
//!     active: true,
//!     ..ObservedContainer::default()
//! };
//! let sandbox = ObservedSandbox { state: ObservedSandboxState::Ready, ..ObservedSandbox::default() };
//! let seen = Observation { sandboxes: vec![sandbox], containers: vec![web], ..Observation::default() };
//!
//! let with = Build {
//!     last: None,
//!     seen: &seen,
//!     runtime_name: "containerd",
//!     terminal: false,
//!     kubelet_start: now,
//!     host_ips: &[],
//!     resize_conditions: &[],
//! };
//! let built = build(now, pod, &with, &(), &Gates::default());
//! assert_eq!(built.phase, Some(api::PodPhase::Running));
//! assert!(built.container_statuses[0].ready);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod addresses;
mod object;
mod view;

pub use addresses::{IpFamily, canonical_ip, host_network_ips, is_dual_stack, pod_ips};
pub use object::build;
pub(super) use object::{condition, message};
pub use view::{Build, Caches, KubeletPod, PodStatusView, view};

use super::conditions::{self, Conditions, KubeletCondition, Verdict};
use super::phase::{self, PhaseFacts};
use super::view::{Activity, Runtime, StatusEntry, StatusState, Statuses};
use crate::api::{ConditionStatus, PodPhase};
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerKind, Spec};

/// What a status depends on beside the spec, the containers and the runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodFacts {
    /// No container runs any more and none will: what has stopped decides the phase.
    pub terminal: bool,
    /// The Pod comes from a file or URL of the kubelet.
    pub is_static: bool,
    /// Phase of the kubelet's last status.
    pub last_phase: Option<PodPhase>,
    /// Phase that the API server shows: behind the last status while a terminal phase is held back.
    pub api_phase: Option<PodPhase>,
    /// The active deadline is over ([`deadline`](super::deadline)).
    pub past_deadline: bool,
    /// Initialized was True in the last status.
    pub was_initialized: bool,
    /// All containers are being restarted in place ([`restart::should_restart_all`](super::restart::should_restart_all)).
    pub restarting_all: bool,
}

/// `status.message` of a Pod whose active deadline has passed.
pub const DEADLINE_MESSAGE: &str = "Pod was active on the node longer than the specified deadline";

/// Where `status.reason` and `status.message` come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReasonSource {
    /// Nowhere: they are empty.
    #[default]
    None,
    /// The phase stays, and so do they: those of the last status; what is empty there, those of the API object.
    Last,
    /// [`deadline::REASON`](super::deadline::REASON) and [`DEADLINE_MESSAGE`].
    Deadline,
}

/// The verdict on a whole Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PodVerdict {
    /// `status.phase`, in the kubelet's own status: what the API server is told is decided in [`status_merge`](super::status_merge).
    pub phase: PodPhase,
    /// `status.reason` and `status.message`.
    pub reason: ReasonSource,
    /// The kubelet's conditions.
    pub conditions: Conditions,
}

/// Phase and conditions of a Pod.
///
/// `derived` are the new container statuses before the probes were asked, `statuses` the same after. The difference counts: for the
/// phase a running sidecar has started if the last status said so, for the conditions if the probes say so now.
///
/// `foreign` gives the status of a condition that other writers own, for the readiness gates. A gate may name
/// PodReadyToStartContainers or Initialized, too; the kubelet's other conditions come after Ready and do not count.
pub fn decide(
    spec: &Spec,
    derived: &impl Statuses,
    statuses: &impl Statuses,
    runtime: &impl Runtime,
    facts: PodFacts,
    foreign: impl Fn(&str) -> Option<ConditionStatus>,
    gates: &Gates,
) -> PodVerdict {
    let (phase, reason) = decide_phase(spec, derived, runtime, facts, gates);
    let sandbox = gates.pod_ready_to_start_containers_condition.then(|| conditions::ready_to_start_containers(spec, runtime));
    let initialized = conditions::initialized(spec, Some(statuses), phase, facts.was_initialized, gates);
    let written = Conditions::default()
        .with(KubeletCondition::PodReadyToStartContainers, sandbox)
        .with(KubeletCondition::Initialized, Some(initialized));
    let gate = |name: &str| match KubeletCondition::from_text(name).and_then(|condition| written.get(condition)) {
        Some(verdict) => Some(verdict.status),
        None => foreign(name),
    };
    let Readiness { ready, containers_ready } = readiness(spec, statuses, phase, gate);
    let restarting = conditions::all_containers_restarting(spec, phase, facts.restarting_all, runtime, gates);
    let conditions = written
        .with(KubeletCondition::Ready, Some(ready))
        .with(KubeletCondition::ContainersReady, Some(containers_ready))
        .with(KubeletCondition::PodScheduled, Some(Verdict::TRUE))
        .with(KubeletCondition::AllContainersRestarting, restarting);
    PodVerdict { phase, reason, conditions }
}

/// Ready and ContainersReady.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Readiness {
    /// Ready.
    pub ready: Verdict,
    /// ContainersReady.
    pub containers_ready: Verdict,
}

/// The two conditions that a probe result changes by itself, without a new build (kubelet `SetContainerReadiness`).
///
/// `gate` gives the status of the condition that a readiness gate names.
pub fn readiness(spec: &Spec, statuses: &impl Statuses, phase: PodPhase, gate: impl Fn(&str) -> Option<ConditionStatus>) -> Readiness {
    let containers_ready = conditions::containers_ready(spec, Some(statuses), phase);
    Readiness { ready: conditions::ready(spec, containers_ready, gate), containers_ready }
}

/// The phase that the containers call for, unless the Pod has ended: a terminal phase stays, be it known to the kubelet or to the API
/// server only; the active deadline overrides everything but the API server's terminal phase, and its reason shows even beside that.
fn decide_phase(spec: &Spec, derived: &impl Statuses, runtime: &impl Runtime, facts: PodFacts, gates: &Gates) -> (PodPhase, ReasonSource) {
    let PodFacts { terminal, is_static, last_phase, api_phase, past_deadline, .. } = facts;
    // Only of a sidecar the phase asks for that.
    let initialized = spec.has_sidecars() && spec.regular().any(|c| runtime.instances(c).any(|instance| instance.active));
    let ended = |phase: Option<PodPhase>| phase.filter(|phase| phase.is_terminal());
    let mut phase = phase::phase(spec, derived, PhaseFacts { terminal, is_static, initialized }, gates);
    if !phase.is_terminal() {
        phase = ended(last_phase).or(ended(api_phase)).unwrap_or(phase);
    }
    let mut reason = if last_phase == Some(phase) { ReasonSource::Last } else { ReasonSource::None };
    if past_deadline {
        (phase, reason) = (PodPhase::Failed, ReasonSource::Deadline);
    }
    (ended(api_phase).unwrap_or(phase), reason)
}

/// Container statuses as they were before the probes were asked, seen through those after.
///
/// Of all that the probes change the phase asks only whether the running sidecars have started, and that only of all together.
#[derive(Clone, Copy, Debug)]
pub struct BeforeProbes<'a, S> {
    spec: &'a Spec,
    statuses: S,
    sidecars_started: bool,
}

impl<'a, S: Statuses> BeforeProbes<'a, S> {
    /// `statuses` are those after the probes were asked; `sidecars_started`: every running sidecar had `started` true before.
    pub const fn new(spec: &'a Spec, statuses: S, sidecars_started: bool) -> Self {
        Self { spec, statuses, sidecars_started }
    }
}

impl<S: Statuses> Statuses for BeforeProbes<'_, S> {
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry> {
        let entry = self.statuses.entry(container)?;
        let told = entry.state == StatusState::Running && self.spec.container(container).is_sidecar();
        Some(if told { StatusEntry { started: Some(self.sidecars_started), ..entry } } else { entry })
    }

    #[inline]
    fn activity(&self, container: ContainerIndex) -> Activity {
        let activity = self.statuses.activity(container);
        let told = activity.running && self.spec.kind(container) == ContainerKind::Sidecar;
        if told { Activity { started: self.sidecars_started, ..activity } } else { activity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PodStatus;
    use crate::observation::{Observation, ObservedPod};
    use crate::rules::view::ApiStatuses;

    fn phase_of(spec: &str, status: &str, facts: PodFacts, sidecars_started: bool) -> (PodPhase, ReasonSource) {
        let spec = Spec::as_given(serde_json::from_str(spec).unwrap());
        let status: PodStatus = serde_json::from_str(status).unwrap();
        let (statuses, seen) = (ApiStatuses::new(&spec, &status), Observation::default());
        let derived = BeforeProbes::new(&spec, statuses, sidecars_started);
        let verdict = decide(&spec, &derived, &statuses, &ObservedPod::new(&spec, &seen), facts, |_| None, &Gates::default());
        (verdict.phase, verdict.reason)
    }

    #[test]
    fn a_terminal_phase_stays_and_the_api_servers_has_the_last_word() {
        use PodPhase::{Failed, Running, Succeeded};
        let of = |last_phase, api_phase, past_deadline| {
            let status = r#"{"containerStatuses": [{"name": "c", "state": {"running": {}}}]}"#;
            let facts = PodFacts { last_phase: Some(last_phase), api_phase: Some(api_phase), past_deadline, ..PodFacts::default() };
            phase_of(r#"{"containers": [{"name": "c"}]}"#, status, facts, true)
        };
        assert_eq!(of(Running, Running, false), (Running, ReasonSource::Last));
        assert_eq!(of(Succeeded, Running, false), (Succeeded, ReasonSource::Last));
        assert_eq!(of(Running, Failed, false), (Failed, ReasonSource::None));
        assert_eq!(of(Succeeded, Running, true), (Failed, ReasonSource::Deadline));
        assert_eq!(of(Succeeded, Succeeded, true), (Succeeded, ReasonSource::Deadline), "Succeeded, and past its deadline");
    }

    #[test]
    fn the_phase_learns_of_a_started_sidecar_one_status_later() {
        let spec = r#"{"initContainers": [{"name": "s", "restartPolicy": "Always"}], "containers": [{"name": "c"}]}"#;
        let status = r#"{"initContainerStatuses": [{"name": "s", "started": true, "state": {"running": {}}}],
            "containerStatuses": [{"name": "c", "state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": 1}}}]}"#;
        let phase = |before| phase_of(spec, status, PodFacts::default(), before).0;
        assert_eq!((phase(false), phase(true)), (PodPhase::Pending, PodPhase::Running));
    }
    #[test]
    fn before_the_probes_are_asked_running_sidecars_are_as_they_were() {
        let spec = r#"{"initContainers": [{"name": "s", "restartPolicy": "Always"}, {"name": "t", "restartPolicy": "Always"}], "containers": [{"name": "c"}]}"#;
        let status = r#"{"initContainerStatuses": [{"name": "s", "started": true, "state": {"running": {}}}, {"name": "t", "started": true, "state": {"waiting": {}}}],
            "containerStatuses": [{"name": "c", "started": true, "state": {"running": {}}}]}"#;
        let spec = Spec::as_given(serde_json::from_str(spec).unwrap());
        let status: PodStatus = serde_json::from_str(status).unwrap();
        let statuses = ApiStatuses::new(&spec, &status);
        for before in [false, true] {
            let derived = BeforeProbes::new(&spec, statuses, before);
            let started = |name| derived.entry(spec.find(name).unwrap()).and_then(|entry| entry.started);
            assert_eq!(["s", "t", "c"].map(started), [Some(before), Some(true), Some(true)]);
            let is_up = |name| derived.activity(spec.find(name).unwrap()).started;
            assert_eq!(is_up("s"), before);
        }
    }
}
