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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Observation;
    use crate::rules::container_status::{ContainerId, StartFailure};
    use crate::rules::probe::Standing;
    use crate::rules::view::ProbeResult;
    use crate::spec::{ProbeKind, Spec};
    use alloc::format;
    use serde_json::{Value, json};

    /// What a kubelet remembers beside the status: that the image of `web` cannot be pulled, or that its probes have passed.
    enum Remembered {
        Nothing,
        FailedPull,
        Passed,
    }

    impl Caches for Remembered {
        fn start_failure(&self, container: ContainerIndex) -> Option<StartFailure<'_>> {
            let failure = StartFailure { reason: "ErrImagePull", message: "not found" };
            (matches!(self, Self::FailedPull) && container == ContainerIndex::new(0)).then_some(failure)
        }
        fn standing(&self, _: ContainerIndex, id: ContainerId<'_>, _: ProbeKind) -> Standing {
            let passed = matches!(self, Self::Passed) && !id.is_none();
            Standing { result: passed.then_some(ProbeResult::Success), ..Standing::default() }
        }
    }

    /// A Pod with everything: two containers out of order, one of them probed, behind an init container and a sidecar, and a debugger.
    fn pod() -> Value {
        json!({
            "initContainers": [{"name": "setup", "image": "busybox:1"}, {"name": "proxy", "image": "envoy:1", "restartPolicy": "Always"}],
            "containers": [
                {"name": "web", "image": "nginx:1", "readinessProbe": {"exec": {}}, "resources": {"requests": {"cpu": "1"}},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
                {"name": "db", "image": "redis:1"}],
            "ephemeralContainers": [{"name": "debug", "image": "busybox:2"}],
            "readinessGates": [{"conditionType": "example.com/up"}],
            "resources": {"requests": {"cpu": "2"}}, "activeDeadlineSeconds": 60
        })
    }

    fn seen(name: &str, state: &str, count: i32) -> Value {
        json!({"id": format!("{name}{count}"), "name": name, "state": state, "restartCount": count, "exitCode": if count == 0 { 0 } else { 3 },
            "reason": if count == 0 { "Completed" } else { "Error" }, "message": format!("{name} says"), "image": format!("{name}:seen"),
            "imageRef": format!("{name}@sha256:1"), "active": true, "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"})
    }

    fn observed(containers: &[Value]) -> Value {
        json!({"ips": ["10.0.0.7", "fd00::07"], "containers": containers,
            "sandboxes": [{"id": "s0", "state": "ready", "networkStatus": true, "ip": "10.0.0.7"}]})
    }

    struct Scene {
        says: &'static str,
        spec: Value,
        /// The status that the API server has, and the kubelet's own last one; null: it has been restarted.
        statuses: [Value; 2],
        seen: Value,
        remembered: Remembered,
        terminal: bool,
        seconds: i64,
    }

    impl Scene {
        fn new(says: &'static str, spec: Value, statuses: [Value; 2], seen: Value) -> Self {
            Self { says, spec, statuses, seen, remembered: Remembered::Nothing, terminal: false, seconds: 10 }
        }

        fn built(&self) -> PodStatus {
            let spec = Spec::as_given(serde_json::from_value(self.spec.clone()).unwrap());
            let [api, last]: [Option<PodStatus>; 2] = self.statuses.clone().map(|status| serde_json::from_value(status).unwrap());
            let meta = api::ObjectMeta { name: "app".into(), generation: 4, ..api::ObjectMeta::default() };
            let seen: Observation = serde_json::from_value(self.seen.clone()).unwrap();
            let start = Time::from_secs(1_767_225_600);
            let resize = condition(
                KubeletCondition::PodResizePending,
                Verdict { status: ConditionStatus::True, reason: ConditionReason::Deferred },
                KubeletPod { meta: &meta, spec: &spec, status: &PodStatus::default(), mirror: None },
                "Node didn't have enough resource: cpu".into(),
            );
            let build_of = Build {
                last: last.as_ref(),
                seen: &seen,
                runtime_name: "containerd",
                terminal: self.terminal,
                kubelet_start: start,
                host_ips: &["192.0.2.2".into(), "2001:db8::2".into()],
                resize_conditions: &[resize],
            };
            let pod = KubeletPod { meta: &meta, spec: &spec, status: api.as_ref().unwrap(), mirror: None };
            let now = start + crate::time::Span::from_secs(self.seconds);
            build(now, pod, &build_of, &self.remembered, &Gates::default())
        }
    }

    /// A status whose containers ran when it was built, with what others than the kubelet wrote into it.
    fn running() -> Value {
        let container = |name: &str, started: bool| {
            json!({"name": name, "image": format!("{name}:old"), "imageID": format!("{name}@sha256:0"), "containerID": format!("containerd://{name}0"),
                "ready": true, "started": started, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}},
                "allocatedResources": {"cpu": "1"}, "resources": {"requests": {"cpu": "1"}}, "stopSignal": "SIGQUIT",
                "user": {"linux": {"uid": 1000, "gid": 1000}}, "volumeMounts": [{"name": "old", "mountPath": "/old"}],
                "allocatedResourcesStatus": [{"name": "example.com/gpu", "resources": [{"resourceID": "gpu0", "health": "Healthy"}]}]})
        };
        json!({"phase": "Running", "startTime": "2026-01-01T00:00:00Z", "qosClass": "Burstable",
            "conditions": [
                {"type": "example.com/up", "status": "True", "message": "of another writer"},
                {"type": "DisruptionTarget", "status": "False"},
                {"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}],
            "initContainerStatuses": [
                {"name": "setup", "image": "setup:old", "containerID": "containerd://setup0", "ready": true, "restartCount": 0,
                    "state": {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://setup0"}}},
                container("proxy", true)],
            "containerStatuses": [container("db", true), container("web", true)]})
    }

    fn scenes() -> Vec<Scene> {
        let fresh = || [json!({}), json!({})];
        let up = || [running(), running()];
        let all_up = || {
            let init = [seen("setup", "exited", 0), seen("proxy", "running", 0)];
            let regular = [seen("web", "running", 0), seen("db", "running", 0), seen("debug", "running", 0)];
            observed(&[&init[..], &regular[..]].concat())
        };
        let ended = || observed(&["setup", "proxy", "web", "db"].map(|name| seen(name, "exited", if name == "db" { 1 } else { 0 })));
        let failed = |mut status: Value| {
            status["phase"] = json!("Failed");
            status["reason"] = json!("Evicted");
            status["message"] = json!("The node was low on resource: memory.");
            status
        };
        let disrupted = |mut status: Value| {
            status["conditions"][1] = json!({"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"});
            status
        };
        let without = |mut spec: Value, field: &str| {
            spec.as_object_mut().unwrap().remove(field);
            spec
        };
        let with = |mut spec: Value, field: &str, value: Value| {
            spec[field] = value;
            spec
        };
        let nothing = || json!({});
        let mut restarted = all_up();
        restarted["containers"].as_array_mut().unwrap().insert(0, seen("web", "running", 1));
        restarted["containers"][0]["resources"] = json!({"cpuRequest": "500m", "cpuLimit": "1", "memoryRequest": "5", "memoryLimit": "6"});
        Vec::from([
            Scene::new("nothing is there yet", pod(), fresh(), nothing()),
            Scene { remembered: Remembered::FailedPull, ..Scene::new("an image cannot be pulled", pod(), fresh(), all_up()) },
            Scene {
                remembered: Remembered::FailedPull,
                ..Scene::new("nothing has begun, an image cannot be pulled", without(pod(), "initContainers"), fresh(), nothing())
            },
            Scene { remembered: Remembered::Passed, ..Scene::new("all is up", pod(), up(), all_up()) },
            Scene { remembered: Remembered::Passed, ..Scene::new("a container runs again", pod(), up(), restarted) },
            Scene::new(
                "a container was created",
                without(pod(), "initContainers"),
                fresh(),
                observed(&[seen("web", "created", 0), seen("db", "unknown", 0)]),
            ),
            Scene::new("the runtime has forgotten all", pod(), up(), nothing()),
            Scene::new(
                "a container waits behind its end",
                pod(),
                up(),
                observed(&[seen("web", "exited", 1), seen("proxy", "running", 0), seen("setup", "exited", 0)]),
            ),
            Scene { terminal: true, ..Scene::new("all have ended for good", with(pod(), "restartPolicy", json!("Never")), up(), ended()) },
            Scene { terminal: true, ..Scene::new("the kubelet has ended it", pod(), [running(), failed(disrupted(running()))], ended()) },
            Scene::new("the API server knows the end", pod(), [failed(running()), running()], ended()),
            Scene { seconds: 60, ..Scene::new("its deadline has passed", pod(), up(), all_up()) },
            Scene::new("the kubelet was restarted", pod(), [disrupted(running()), Value::Null], all_up()),
            Scene::new("on the node's network", with(pod(), "hostNetwork", json!(true)), up(), json!({})),
            Scene::new("without resources of its own", without(without(pod(), "resources"), "readinessGates"), up(), all_up()),
        ])
    }

    /// A change of the kubelet's way to build a status changes the text with it.
    #[test]
    fn a_status_is_built_field_by_field() {
        let told = |(field, value): (&String, &Value)| match value {
            Value::Array(list) => list.iter().map(|item| format!("  {field}: {item}\n")).collect(),
            value => format!("  {field}: {value}\n"),
        };
        let scenes = scenes().into_iter().map(|scene| {
            let built = serde_json::to_value(scene.built()).unwrap();
            format!("{}\n{}", scene.says, built.as_object().unwrap().iter().map(told).collect::<String>())
        });
        insta::assert_snapshot!(scenes.collect::<String>());
    }
}
