//! The defaults that the API server applies at creation (API `SetDefaults_Pod` and relatives).

use super::image::is_latest;
use super::validation::{aggregate_requests, is_overcommittable, is_pod_level};
use crate::Gates;
use crate::api::{
    Container, HttpGetAction, ImagePullPolicy, LifecycleHandler, PodSpec, Probe, Quantity, ResourceList, ResourceRequirements,
    RestartPolicy, TerminationMessagePolicy,
};
use alloc::string::{String, ToString};

/// Fills in what a client left out, as the API server does before it stores a Pod: applied again it changes nothing.
///
/// A negative grace period becomes 1, as the API server reads it from a Pod (not from a template), and quantities are
/// written as it writes them (`0.5` becomes `500m`). What admission plugins add (tolerations, priority, service account)
/// is not part of it.
pub fn apply_defaults(spec: &mut PodSpec) {
    for container in &mut spec.init_containers {
        init_or_regular(container, spec.host_network);
    }
    for container in &mut spec.containers {
        init_or_regular(container, spec.host_network);
    }
    spec.ephemeral_containers.iter_mut().for_each(every_container);
    spec.restart_policy.get_or_insert(RestartPolicy::Always);
    let grace = spec.termination_grace_period_seconds.get_or_insert(30);
    if *grace < 0 {
        *grace = 1;
    }
    default_text(&mut spec.dns_policy, "ClusterFirst");
    default_text(&mut spec.scheduler_name, "default-scheduler");
    spec.enable_service_links.get_or_insert(true);
    pod_resources(spec);
}

/// Removes the fields whose feature gate is off, as the API server does silently before it validates (API
/// `DropDisabledPodFields`): restart policies and rules of containers, stop signals, Pod-level resources.
pub fn drop_disabled_fields(spec: &mut PodSpec, gates: &Gates) {
    if !gates.container_restart_rules {
        for container in &mut spec.containers {
            container.restart_policy = None;
        }
    }
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        if !gates.container_restart_rules {
            container.restart_policy_rules.clear();
        }
        if let Some(lifecycle) = &mut container.lifecycle
            && !gates.container_stop_signals
        {
            lifecycle.stop_signal = None;
        }
    }
    if !gates.pod_level_resources {
        spec.resources = None;
    }
}

fn init_or_regular(container: &mut Container, host_network: bool) {
    every_container(container);
    request_limits(&mut container.resources);
    if host_network {
        for port in container.ports.iter_mut().filter(|port| port.host_port == 0) {
            port.host_port = port.container_port;
        }
    }
}

fn every_container(container: &mut Container) {
    container
        .image_pull_policy
        .get_or_insert_with(|| if is_latest(&container.image) { ImagePullPolicy::Always } else { ImagePullPolicy::IfNotPresent });
    default_text(&mut container.termination_message_path, "/dev/termination-log");
    container.termination_message_policy.get_or_insert(TerminationMessagePolicy::File);
    container.ports.iter_mut().for_each(|port| default_text(&mut port.protocol, "TCP"));
    as_stored(&mut container.resources);
    for probe in [&mut container.startup_probe, &mut container.readiness_probe, &mut container.liveness_probe] {
        probe.iter_mut().for_each(default_probe);
    }
    if let Some(lifecycle) = &mut container.lifecycle {
        lifecycle.post_start.iter_mut().chain(&mut lifecycle.pre_stop).for_each(default_hook);
    }
}

/// `periodSeconds` of a probe that is 0 or left out.
pub(super) const DEFAULT_PERIOD_SECONDS: i32 = 10;

/// Numbers that are 0 or left out (API `SetDefaults_Probe`).
fn default_probe(probe: &mut Probe) {
    for (number, default) in [
        (&mut probe.timeout_seconds, 1),
        (&mut probe.period_seconds, DEFAULT_PERIOD_SECONDS),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ] {
        if *number == 0 {
            *number = default;
        }
    }
    probe.http_get.iter_mut().for_each(default_get);
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn default_hook(hook: &mut LifecycleHandler) {
    hook.http_get.iter_mut().for_each(default_get);
}

fn default_get(get: &mut HttpGetAction) {
    default_text(&mut get.path, "/");
    default_text(&mut get.scheme, "HTTP");
}

fn default_text(text: &mut String, default: &str) {
    if text.is_empty() {
        *text = default.to_string();
    }
}

/// A resource that has a limit only is requested up to the limit.
fn request_limits(resources: &mut ResourceRequirements) {
    for (name, limit) in &resources.limits {
        if !resources.requests.contains_key(name) {
            resources.requests.insert(name.clone(), limit.clone());
        }
    }
}

/// Quantities as they are stored: rounded to thousandths, in canonical form.
fn as_stored(resources: &mut ResourceRequirements) {
    for quantity in resources.limits.values_mut().chain(resources.requests.values_mut()) {
        *quantity = quantity.rounded_to_milli().canonical();
    }
}

/// Pod-level requests, once the Pod has limits: what the containers request together, or else the limit (API
/// `defaultPodRequests`). Huge pages that containers limit are limits of the Pod too.
fn pod_resources(spec: &mut PodSpec) {
    let Some(mut resources) = spec.resources.take() else { return };
    as_stored(&mut resources);
    let together = aggregate_requests(spec);
    for (name, quantity) in together.iter().filter(|(name, _)| is_pod_level(name) && !is_overcommittable(name)) {
        insert_new(&mut resources.limits, name, quantity);
    }
    if !resources.limits.is_empty() {
        for (name, quantity) in together.iter().filter(|(name, _)| is_pod_level(name) && is_overcommittable(name)) {
            insert_new(&mut resources.requests, name, quantity);
        }
    }
    for (name, limit) in resources.limits.iter().filter(|(name, _)| is_pod_level(name)) {
        insert_new(&mut resources.requests, name, limit);
    }
    spec.resources = Some(resources);
}

fn insert_new(list: &mut ResourceList, name: &str, quantity: &Quantity) {
    if !list.contains_key(name) {
        list.insert(name.to_string(), quantity.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn defaulted(spec: serde_json::Value) -> PodSpec {
        let mut spec: PodSpec = serde_json::from_value(spec).unwrap();
        apply_defaults(&mut spec);
        let mut again = spec.clone();
        apply_defaults(&mut again);
        assert_eq!(again, spec, "defaulting twice");
        spec
    }

    #[test]
    fn everything_left_out_is_filled_in() {
        let spec = defaulted(json!({
            "hostNetwork": true,
            "initContainers": [{"name": "i", "image": "busybox", "resources": {"limits": {"cpu": "0.5"}}}],
            "containers": [{
                "name": "a", "image": "busybox:1",
                "ports": [{"containerPort": 80}],
                "livenessProbe": {"httpGet": {"port": 80}},
                "startupProbe": {"grpc": {"port": 1}, "failureThreshold": 30},
                "lifecycle": {"preStop": {"httpGet": {"port": "http"}}}
            }]
        }));
        assert_eq!(
            serde_json::to_value(&spec).unwrap(),
            json!({
                "hostNetwork": true,
                "initContainers": [{
                    "name": "i", "image": "busybox", "imagePullPolicy": "Always",
                    "resources": {"limits": {"cpu": "500m"}, "requests": {"cpu": "500m"}},
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"
                }],
                "containers": [{
                    "name": "a", "image": "busybox:1", "imagePullPolicy": "IfNotPresent", "resources": {},
                    "ports": [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}],
                    "livenessProbe": {
                        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                        "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3
                    },
                    "startupProbe": {
                        "grpc": {"port": 1, "service": ""},
                        "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 30
                    },
                    "lifecycle": {"preStop": {"httpGet": {"port": "http", "path": "/", "scheme": "HTTP"}}},
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"
                }],
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
                "schedulerName": "default-scheduler", "enableServiceLinks": true
            })
        );
    }

    #[test]
    fn what_is_given_stays() {
        let spec = defaulted(json!({
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "enableServiceLinks": false,
            "containers": [{"name": "a", "image": "a", "imagePullPolicy": "Never",
                "resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}}]
        }));
        assert_eq!((spec.restart_policy, spec.termination_grace_period_seconds), (Some(RestartPolicy::Never), Some(0)));
        assert_eq!(spec.containers[0].image_pull_policy, Some(ImagePullPolicy::Never));
        assert_eq!(spec.containers[0].resources.requests["cpu"].as_str(), "1");
        assert_eq!(defaulted(json!({"terminationGracePeriodSeconds": -7})).termination_grace_period_seconds, Some(1));
    }

    #[test]
    fn pod_level_requests_come_from_containers_then_limits() {
        let spec = defaulted(json!({
            "resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
            "initContainers": [
                {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}},
                {"name": "i", "resources": {"requests": {"cpu": "900m"}}}
            ],
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "300m"}}}]
        }));
        let requests = spec.resources.unwrap().requests;
        assert_eq!([requests["cpu"].as_str(), requests["memory"].as_str()], ["1", "1Gi"]);
        assert!(defaulted(json!({"resources": {}})).resources.unwrap().requests.is_empty());
    }

    #[test]
    fn fields_of_disabled_gates_are_dropped() {
        let mut spec: PodSpec = serde_json::from_value(json!({
            "resources": {"limits": {"cpu": "1"}},
            "initContainers": [{"name": "s", "restartPolicy": "Always"}],
            "containers": [{"name": "a", "restartPolicy": "Never", "restartPolicyRules": [{"action": "Restart"}],
                "lifecycle": {"stopSignal": "SIGINT"}}]
        }))
        .unwrap();
        let before = spec.clone();
        let mut gates = Gates { container_stop_signals: true, ..Gates::default() };
        drop_disabled_fields(&mut spec, &gates);
        assert_eq!(spec, before);
        gates = Gates { container_restart_rules: false, pod_level_resources: false, ..Gates::default() };
        drop_disabled_fields(&mut spec, &gates);
        assert_eq!((spec.resources, spec.containers[0].restart_policy), (None, None));
        assert!(spec.containers[0].restart_policy_rules.is_empty());
        assert_eq!(spec.containers[0].lifecycle.as_ref().unwrap().stop_signal, None);
        assert_eq!(spec.init_containers[0].restart_policy, Some(RestartPolicy::Always));
    }
}
