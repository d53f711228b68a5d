//! The status of a Pod from API objects to an API object.

use super::{BeforeProbes, DEADLINE_MESSAGE, PodFacts, PodVerdict, ReasonSource, addresses, decide};
use crate::api::{self, ConditionStatus, ConditionType, PodCondition, PodStatus};
use crate::gates::Gates;
use crate::observation::{Observation, ObservedPod};
use crate::rules::conditions::{self, KubeletCondition, Verdict, holds, put, status_in};
use crate::rules::container_status::{self, StartFailure, StatusInput, StatusTexts};
use crate::rules::probe::{self, Probed, SeenState, Standing};
use crate::rules::resources::pod_resources;
use crate::rules::view::ApiStatuses;
use crate::rules::{deadline, qos, restart};
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;

/// A Pod as the kubelet has it from its source: the API object, or a manifest of its own.
#[derive(Clone, Copy, Debug)]
pub struct KubeletPod<'a> {
    /// Its metadata.
    pub meta: &'a api::ObjectMeta,
    /// Its spec.
    pub spec: &'a Spec,
    /// The status that came with it: the API server's, behind the kubelet's own; of a static Pod that of its manifest, next to nothing.
    pub status: &'a PodStatus,
    /// The status of a static Pod's mirror, the API server's read-only copy of it; `None` for other Pods, or if there is no mirror.
    pub mirror: Option<&'a PodStatus>,
}

/// What a status is built from beside the Pod.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The kubelet's own last status ([`StatusCache::status`](crate::rules::status_cache::StatusCache::status)); `None` after its restart:
    /// then the Pod's takes its place.
    pub last: Option<&'a PodStatus>,
    /// What the runtime shows.
    pub seen: &'a Observation,
    /// The runtime's name, before the `://` of a `containerID`.
    pub runtime_name: &'a str,
    /// No container runs any more and none will: the last builds of a Pod that ends.
    pub terminal: bool,
    /// When this kubelet started.
    pub kubelet_start: Time,
    /// The node's addresses, the primary first: one, or one of each family.
    pub host_ips: &'a [String],
    /// PodResizePending and PodResizeInProgress, as far as a resize is under way (KEP-1287); a terminal status does not show them.
    pub resize_conditions: &'a [PodCondition],
}

/// What other parts of a kubelet remember of a Pod's containers.
pub trait Caches {
    /// Why the last start of this container failed, until one succeeds (kubelet `reasonCache`).
    fn start_failure(&self, container: &str) -> Option<StartFailure<'_>>;
    /// How this probe of the container stands, for the instance with this `containerID` (kubelet prober).
    fn standing(&self, container: &str, container_id: &str, kind: ProbeKind) -> Standing;
}

/// Nothing is remembered: no start failed, no probe worker lives.
impl Caches for () {
    fn start_failure(&self, _: &str) -> Option<StartFailure<'_>> {
        None
    }
    fn standing(&self, _: &str, _: &str, _: ProbeKind) -> Standing {
        Standing::default()
    }
}

/// The status of a Pod as the kubelet builds it in a sync (kubelet `generateAPIPodStatus`).
///
/// It has no `observedGeneration`, no `startTime` and no transition times yet: those come with the cache
/// ([`StatusCache::set`](crate::rules::status_cache::StatusCache::set)); what the API server is told of it is decided in
/// [`status_merge`](crate::rules::status_merge).
pub fn build(now: Time, pod: KubeletPod<'_>, build: &Build<'_>, caches: &impl Caches, gates: &Gates) -> PodStatus {
    let (spec, last) = (pod.spec, build.last.unwrap_or(pod.status));
    let runtime = ObservedPod::new(spec, build.seen);
    let already = holds(&last.conditions, &ConditionType::AllContainersRestarting);
    let restarting_all = restart::should_restart_all(spec, already, &runtime, &ApiStatuses::new(spec, pod.status), gates);

    let mut containers = Containers { pod, build, last, caches, gates, restarting_all, sidecars_started: true };
    let mut status = PodStatus {
        init_container_statuses: spec.init().map(|c| containers.status(c)).collect(),
        container_statuses: spec.regular_by_name().iter().map(|&c| containers.status(c)).collect(),
        ephemeral_container_statuses: spec.ephemeral_by_name().iter().map(|&c| containers.status(c)).collect(),
        qos_class: Some(pod.status.qos_class.unwrap_or_else(|| qos::qos_class(spec.api(), gates))),
        ..PodStatus::default()
    };

    let facts = PodFacts {
        terminal: build.terminal,
        is_static: pod.meta.is_static(),
        last_phase: last.phase,
        api_phase: pod.status.phase,
        past_deadline: deadline::has_passed(spec, deadline::start_time(build.last, pod.status), now),
        was_initialized: holds(&last.conditions, &ConditionType::Initialized),
        restarting_all,
    };
    let mut listed = kept_conditions(pod.status, last, build, gates);
    let foreign = |name: &str| status_in(&listed, name);
    let statuses = ApiStatuses::new(spec, &status);
    let derived = BeforeProbes::new(spec, statuses, containers.sidecars_started);
    let verdict = decide(spec, &derived, &statuses, &runtime, facts, foreign, gates);
    for (name, verdict) in verdict.conditions.iter() {
        if let Some(verdict) = verdict {
            let told = condition(name, verdict, pod, &statuses, |gate| status_in(&listed, gate));
            listed.push(told);
        }
    }
    status.conditions = listed;
    write_phase(&mut status, verdict, last, pod.status);
    write_addresses(&mut status, spec, build);
    if let Some(resources) = pod_resources(spec.api(), gates) {
        status.allocated_resources.clone_from(&resources.requests);
        status.resources = Some(resources);
    }
    status
}

/// Builds the container statuses one after the other.
struct Containers<'a, C> {
    pod: KubeletPod<'a>,
    build: &'a Build<'a>,
    last: &'a PodStatus,
    caches: &'a C,
    gates: &'a Gates,
    restarting_all: bool,
    /// Every running sidecar had started before the probes were asked.
    sidecars_started: bool,
}

impl<C: Caches> Containers<'_, C> {
    fn status(&mut self, container: ContainerIndex) -> api::ContainerStatus {
        let (spec, name) = (self.pod.spec, self.pod.spec.container(container).name());
        let texts = StatusTexts {
            seen: ObservedPod::new(spec, self.build.seen),
            runtime_name: self.build.runtime_name,
            previous: ApiStatuses::new(spec, self.last).find(container),
            start_failure: self.caches.start_failure(name),
        };
        let deleted = self.pod.meta.deletion_timestamp.is_some();
        let input = StatusInput { restarting_all: self.restarting_all, deleted, start_failure: None };
        let mut status = container_status::build(spec, container, &texts, input, self.gates);
        if spec.container(container).is_sidecar() && status.state.running.is_some() {
            self.sidecars_started &= status.started == Some(true);
        }
        self.mark(container, &mut status);
        status
    }

    /// `started` and `ready`, as the probes say.
    fn mark(&self, container: ContainerIndex, status: &mut api::ContainerStatus) {
        let spec = self.pod.spec.container(container);
        let standing = |kind| self.caches.standing(spec.name(), &status.container_id, kind);
        let probed = Probed {
            kind: spec.kind(),
            in_place: true,
            state: SeenState::from(&status.state),
            started: status.started,
            ready: status.ready,
            startup: standing(ProbeKind::Startup),
            readiness: standing(ProbeKind::Readiness),
            has_readiness_probe: spec.probe(ProbeKind::Readiness).is_some(),
            pod_ready: holds(&self.pod.status.conditions, &ConditionType::Ready),
            kubelet_start: self.build.kubelet_start,
        };
        let marks = probe::marks(&probed, self.gates);
        (status.started, status.ready) = (marks.started, marks.ready);
    }
}

/// The conditions that are not computed here: those of other writers in the API server, those of a resize, and the kubelet's own
/// DisruptionTarget, which waits in its last status until it may show.
fn kept_conditions(api: &PodStatus, last: &PodStatus, build: &Build<'_>, gates: &Gates) -> Vec<PodCondition> {
    let mut list: Vec<_> = api.conditions.iter().filter(|condition| !conditions::is_owned(&condition.type_, gates)).cloned().collect();
    if !build.terminal {
        list.extend_from_slice(build.resize_conditions);
    }
    if let Some(disruption) = last.conditions.iter().find(|condition| condition.type_ == ConditionType::DisruptionTarget) {
        put(&mut list, disruption.clone());
    }
    list
}

/// A verdict as the API's condition, without its time.
pub(in crate::rules) fn condition(
    condition: KubeletCondition,
    verdict: Verdict,
    pod: KubeletPod<'_>,
    statuses: &ApiStatuses<'_>,
    gate: impl Fn(&str) -> Option<ConditionStatus>,
) -> PodCondition {
    PodCondition {
        type_: condition.as_str().into(),
        observed_generation: condition.generation(pod.meta.generation),
        status: verdict.status,
        last_probe_time: None,
        last_transition_time: None,
        reason: verdict.reason.as_str().into(),
        message: conditions::message(condition, verdict.reason, pod.spec, Some(statuses), gate),
    }
}

fn write_phase(status: &mut PodStatus, verdict: PodVerdict, last: &PodStatus, api: &PodStatus) {
    let first = |own: &String, other: &String| if own.is_empty() { other.clone() } else { own.clone() };
    status.phase = Some(verdict.phase);
    (status.reason, status.message) = match verdict.reason {
        ReasonSource::None => (String::new(), String::new()),
        ReasonSource::Last => (first(&last.reason, &api.reason), first(&last.message, &api.message)),
        ReasonSource::Deadline => (deadline::REASON.into(), DEADLINE_MESSAGE.into()),
    };
}

fn write_addresses(status: &mut PodStatus, spec: &Spec, build: &Build<'_>) {
    let node = build.host_ips;
    let reported = build.seen.ips.iter().map(String::as_str);
    let mut ips: Vec<String> = addresses::pod_ips(reported, node.first().map(String::as_str)).map(addresses::canonical_ip).collect();
    if spec.host_network() {
        ips.extend_from_slice(addresses::host_network_ips(ips.first().map(String::as_str), ips.len(), node));
    }
    status.host_ip = node.first().cloned().unwrap_or_default();
    status.host_ips = node.iter().map(|ip| api::HostIp { ip: ip.clone() }).collect();
    status.pod_ip = ips.first().cloned().unwrap_or_default();
    status.pod_ips = ips.into_iter().map(|ip| api::PodIp { ip }).collect();
}
