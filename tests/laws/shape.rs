//! Random valid specs and nodes.

use super::numbers::Numbers;
use pod_lifecycle::api::{
    Container, ExecAction, ExitCodeOperator, ImagePullPolicy, Lifecycle, LifecycleHandler, PodSpec, Probe, Quantity, ReadinessGate,
    ResizePolicy, ResourceRequirements, RestartPolicy, RestartRule, RestartRuleAction, RestartRuleExitCodes, SchedulingGate, SleepAction,
};
use pod_lifecycle::pod::{NodeConfig, Pacing};
use pod_lifecycle::rules::backoff::BackoffConfig;
use pod_lifecycle::spec::{ContainerKind, ProbeKind, validate};
use pod_lifecycle::{Gates, Span, Spec, Time};

const POLICIES: [RestartPolicy; 3] = [RestartPolicy::Always, RestartPolicy::OnFailure, RestartPolicy::Never];

/// Exit codes that containers end with; the restart rules speak of some of them.
pub(crate) const CODES: [i32; 5] = [0, 1, 42, 3, 137];

/// A spec as the API server would accept it: with every feature the lifecycle has, more or less likely.
pub(crate) fn spec(numbers: &mut Numbers<'_>) -> Spec {
    let mut spec = PodSpec {
        restart_policy: Some(numbers.pick(&POLICIES)),
        termination_grace_period_seconds: Some(numbers.pick(&[30, 5, 0, 2])),
        active_deadline_seconds: numbers.chance(40).then(|| i64::from(numbers.next()) + 1),
        host_network: numbers.chance(25),
        ..PodSpec::default()
    };
    match numbers.below(8) {
        6 => spec.scheduling_gates = vec![SchedulingGate { name: "example.com/gate".into() }],
        7 => spec.node_name = "node".into(),
        _ => {}
    }
    if numbers.chance(40) {
        spec.readiness_gates = vec![ReadinessGate { condition_type: "example.com/ready".into() }];
    }
    let regular = 1 + numbers.below(3);
    spec.containers = (0..regular).map(|n| container(numbers, format!("c{n}"), ContainerKind::Regular)).collect();
    let init = numbers.pick(&[0, 0, 1, 2, 3]);
    for n in 0..init {
        let kind = numbers.pick(&[ContainerKind::Init, ContainerKind::Sidecar]);
        let container = container(numbers, format!("i{n}"), kind);
        spec.init_containers.push(container);
    }
    resize_policies(numbers, &mut spec);
    Spec::parse(spec).expect("the generator makes valid specs only")
}

fn container(numbers: &mut Numbers<'_>, name: String, kind: ContainerKind) -> Container {
    let mut container = Container {
        name,
        image: numbers.pick(&["app:1", "app:2", "side:1"]).into(),
        image_pull_policy: numbers.pick(&[
            Some(ImagePullPolicy::IfNotPresent),
            Some(ImagePullPolicy::Always),
            Some(ImagePullPolicy::IfNotPresent),
            Some(ImagePullPolicy::Never),
        ]),
        ..Container::default()
    };
    if numbers.chance(80) {
        container.resources = resources(numbers);
    }
    match kind {
        ContainerKind::Sidecar => container.restart_policy = Some(RestartPolicy::Always),
        _ if numbers.chance(50) => container.restart_policy = Some(numbers.pick(&[RestartPolicy::Never, RestartPolicy::OnFailure])),
        _ => {}
    }
    if container.restart_policy.is_some() && numbers.chance(100) {
        container.restart_policy_rules = (0..=numbers.below(2)).map(|_| rule(numbers)).collect();
    }
    if kind != ContainerKind::Init {
        container.startup_probe = numbers.chance(60).then(|| probe(numbers, ProbeKind::Startup));
        container.readiness_probe = numbers.chance(90).then(|| probe(numbers, ProbeKind::Readiness));
        container.liveness_probe = numbers.chance(90).then(|| probe(numbers, ProbeKind::Liveness));
        let (post_start, pre_stop) = (numbers.chance(60), numbers.chance(60));
        if post_start || pre_stop {
            container.lifecycle = Some(Lifecycle {
                post_start: post_start.then(|| hook(numbers)),
                pre_stop: pre_stop.then(|| hook(numbers)),
                stop_signal: None,
            });
        }
    }
    container
}

fn resources(numbers: &mut Numbers<'_>) -> ResourceRequirements {
    let amount = |text: &str| Quantity::parse(text).expect("a quantity");
    let requests = [("cpu", numbers.pick(&["1", "2"])), ("memory", numbers.pick(&["64Mi", "96Mi", "32Mi"]))];
    ResourceRequirements { requests: requests.map(|(name, text)| (name.into(), amount(text))).into(), ..ResourceRequirements::default() }
}

/// What the resize of a running container may do to it: restart it only if the Pod's policy lets.
fn resize_policies(numbers: &mut Numbers<'_>, spec: &mut PodSpec) {
    for container in spec.containers.iter_mut().filter(|_| spec.restart_policy != Some(RestartPolicy::Never)) {
        if numbers.chance(60) {
            let resource_name = numbers.pick(&["cpu", "memory"]).into();
            container.resize_policy = vec![ResizePolicy { resource_name, restart_policy: "RestartContainer".into() }];
        }
    }
}

fn rule(numbers: &mut Numbers<'_>) -> RestartRule {
    let operator = numbers.pick(&[ExitCodeOperator::In, ExitCodeOperator::In, ExitCodeOperator::NotIn]);
    RestartRule {
        action: numbers.pick(&[RestartRuleAction::Restart, RestartRuleAction::RestartAllContainers]),
        exit_codes: Some(RestartRuleExitCodes { operator, values: vec![numbers.pick(&CODES)] }),
    }
}

fn probe(numbers: &mut Numbers<'_>, kind: ProbeKind) -> Probe {
    Probe {
        exec: Some(ExecAction { command: vec!["check".into()] }),
        initial_delay_seconds: numbers.pick(&[0, 0, 3]),
        period_seconds: numbers.pick(&[10, 1, 3]),
        success_threshold: if kind == ProbeKind::Readiness { numbers.pick(&[1, 2]) } else { 1 },
        failure_threshold: numbers.pick(&[1, 3]),
        termination_grace_period_seconds: (kind != ProbeKind::Readiness && numbers.chance(60)).then_some(4),
        ..Probe::default()
    }
}

fn hook(numbers: &mut Numbers<'_>) -> LifecycleHandler {
    if numbers.chance(60) {
        LifecycleHandler { sleep: Some(SleepAction { seconds: 0 }), ..LifecycleHandler::default() }
    } else {
        LifecycleHandler { exec: Some(ExecAction { command: vec!["hook".into()] }), ..LifecycleHandler::default() }
    }
}

/// A node: its pacing, and how long its kubelet is up.
pub(crate) fn node(numbers: &mut Numbers<'_>, now: Time) -> NodeConfig {
    let mut node = NodeConfig::default();
    node.pacing = numbers.pick(&[Pacing::IMMEDIATE, Pacing::KUBELET, Pacing::IMMEDIATE, Pacing::MANUAL, Pacing::KUBELET]);
    node.pacing.jitter_permille = numbers.pick(&[0, 250]);
    node.kubelet_start = numbers.pick(&[Time::EPOCH, now]);
    node.host_ips = vec!["192.0.2.1".into()];
    node
}

/// Other settings than the usual: feature gates switched, other rhythms.
pub(crate) fn another_kubelet(numbers: &mut Numbers<'_>, node: &mut NodeConfig) {
    for _ in 0..numbers.below(6) {
        let gate = numbers.pick(Gates::NAMES);
        let is_on = node.gates.get(gate).expect("a gate of the list");
        node.gates.set(gate, !is_on).expect("only what can be switched is in the list");
    }
    node.crash_loop = BackoffConfig::crash_loop(None, &node.gates);
    node.log_files = !numbers.chance(60);
    node.pacing.jitter_permille = numbers.pick(&[node.pacing.jitter_permille, 0, 1, 500, 499, 1_000]);
    match numbers.below(6) {
        3 => node.pacing = Pacing::RUNTIME,
        4 => node.pacing.relist = Span::from_millis(300),
        5 => (node.pacing.retry, node.pacing.resync) = (Span::from_secs(1), Some(Span::from_secs(7))),
        _ => {}
    }
}

/// The same Pod with another image or other resources in one container, or without its scheduling gates, or with an ephemeral container more.
pub(crate) fn changed(spec: &Spec, numbers: &mut Numbers<'_>) -> Spec {
    let mut api = spec.api().clone();
    match numbers.below(6) {
        0 => api.scheduling_gates.clear(),
        1 => {
            let name = format!("e{}", api.ephemeral_containers.len());
            api.ephemeral_containers.push(Container { name, image: "debug:1".into(), ..Container::default() });
            pod_lifecycle::spec::apply_defaults(&mut api);
        }
        2 => {
            let n = usize::from(numbers.next()) % api.containers.len();
            api.containers[n].image = numbers.pick(&["app:2", "app:1", "side:1"]).into();
        }
        3 | 4 => {
            let n = usize::from(numbers.next()) % (api.containers.len() + api.init_containers.len());
            let container = api.init_containers.iter_mut().chain(&mut api.containers).nth(n).expect("counted");
            if !container.resources.requests.is_empty() {
                container.resources = resources(numbers);
            }
        }
        _ => api.active_deadline_seconds = Some(api.active_deadline_seconds.unwrap_or(300).min(300)),
    }
    // A spec that came with a tampered snapshot need not be valid; the API server would refuse the change.
    if validate(&api, &Gates::default()).is_ok() { Spec::as_given(api) } else { spec.clone() }
}
