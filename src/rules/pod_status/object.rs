//! A status as an API object.

use super::view::{Build, Caches, KubeletPod, PodStatusView, view};
use super::{DEADLINE_MESSAGE, ReasonSource, addresses};
use crate::api::{self, ConditionStatus, ConditionType, PodCondition, PodStatus};
use crate::gates::Gates;
use crate::rules::conditions::{self, ConditionReason, KubeletCondition, Verdict, status_in};
use crate::rules::deadline;
use crate::rules::resources::pod_resources;
use crate::rules::view::Statuses;
use crate::spec::ContainerIndex;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;

/// The status of a Pod as the kubelet builds it in a sync (kubelet `generateAPIPodStatus`).
///
/// It has no `observedGeneration`, no `startTime` and no transition times yet: those come with the cache
/// ([`StatusCache::set`](crate::rules::status_cache::StatusCache::set)); what the API server is told of it is decided in
/// [`status_merge`](crate::rules::status_merge).
pub fn build(now: Time, pod: KubeletPod<'_>, build: &Build<'_>, caches: &impl Caches, gates: &Gates) -> PodStatus {
    view(now, pod, build, caches, gates).to_owned()
}

impl PodStatusView<'_> {
    /// The status as the API object.
    pub fn to_owned(&self) -> PodStatus {
        let (spec, node) = (self.pod.spec, self.build.host_ips);
        let container = |container: ContainerIndex| self.container(container).to_owned();
        let (own_ips, node_ips) = self.own_and_node_ips();
        let pod_ips: Vec<_> = own_ips.map(addresses::canonical_ip).chain(node_ips.iter().cloned()).map(|ip| api::PodIp { ip }).collect();
        let resources = pod_resources(spec, self.gates);
        let (reason, message) = self.reason();
        PodStatus {
            phase: Some(self.verdict.phase),
            conditions: self.conditions(),
            message,
            reason,
            host_ip: node.first().cloned().unwrap_or_default(),
            host_ips: node.iter().map(|ip| api::HostIp { ip: ip.clone() }).collect(),
            pod_ip: pod_ips.first().map(|first| first.ip.clone()).unwrap_or_default(),
            pod_ips,
            init_container_statuses: spec.init().map(container).collect(),
            container_statuses: spec.regular_by_name().iter().copied().map(container).collect(),
            qos_class: Some(self.qos_class()),
            ephemeral_container_statuses: spec.ephemeral_by_name().iter().copied().map(container).collect(),
            allocated_resources: resources.map(|resources| resources.requests.clone()).unwrap_or_default(),
            resources: resources.cloned(),
            ..PodStatus::default()
        }
    }

    fn reason(&self) -> (String, String) {
        let (last, api) = (self.build.last.unwrap_or(self.pod.status), self.pod.status);
        let first = |own: &String, other: &String| if own.is_empty() { other.clone() } else { own.clone() };
        match self.verdict.reason {
            ReasonSource::None => (String::new(), String::new()),
            ReasonSource::Last => (first(&last.reason, &api.reason), first(&last.message, &api.message)),
            ReasonSource::Deadline => (deadline::REASON.into(), DEADLINE_MESSAGE.into()),
        }
    }

    fn conditions(&self) -> Vec<PodCondition> {
        // No more than there will be: large blocks are dear.
        let mut list = Vec::with_capacity(KubeletCondition::ALL.len() + self.kept_conditions().count());
        list.extend(self.kept_conditions().cloned());
        for (name, verdict) in self.verdict.conditions.iter() {
            if let Some(verdict) = verdict {
                // Both say the same of the containers, and saying it is the dearest part of a status.
                let same = list.last().filter(|ready: &&PodCondition| {
                    name == KubeletCondition::ContainersReady
                        && ready.type_ == ConditionType::Ready
                        && verdict.reason == ConditionReason::ContainersNotReady
                });
                let message = match same {
                    Some(ready) => ready.message.clone(),
                    None => message(name, verdict, self.pod, &self.containers, |gate| status_in(&list, gate)),
                };
                list.push(condition(name, verdict, self.pod, message));
            }
        }
        list
    }
}

/// The message of a verdict.
pub(in crate::rules) fn message(
    condition: KubeletCondition,
    verdict: Verdict,
    pod: KubeletPod<'_>,
    statuses: &impl Statuses,
    gate: impl Fn(&str) -> Option<ConditionStatus>,
) -> String {
    conditions::message(condition, verdict.reason, pod.spec, Some(statuses), gate)
}

/// A verdict as the API's condition, without its time.
pub(in crate::rules) fn condition(condition: KubeletCondition, verdict: Verdict, pod: KubeletPod<'_>, message: String) -> PodCondition {
    PodCondition {
        type_: condition.type_(),
        observed_generation: condition.generation(pod.meta.generation),
        status: verdict.status,
        last_probe_time: None,
        last_transition_time: None,
        reason: verdict.reason.as_str().into(),
        message,
    }
}
