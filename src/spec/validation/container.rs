//! Containers: what is common to all kinds, and what only some may have.

use super::names;
use super::path::{Path, Problems};
use super::{probe, resources};
use crate::Gates;
use crate::api::{Container, PodSpec, RestartPolicy, RestartRuleAction};
use crate::spec::ContainerKind;
use alloc::collections::BTreeSet;
use alloc::format;

/// All containers of a spec.
pub(super) fn containers(spec: &PodSpec, gates: &Gates, root: &Path<'_>, found: &mut Problems) {
    let pod = PodView { spec, gates };
    let mut names = BTreeSet::new();
    let mut ports = BTreeSet::new();
    if spec.containers.is_empty() {
        found.required(&root.field("containers"));
    }
    // Regular containers first, as the API server looks: of two equal names the init container's is the wrong one.
    let lists =
        [("containers", &spec.containers), ("initContainers", &spec.init_containers), ("ephemeralContainers", &spec.ephemeral_containers)];
    for (field, list) in lists {
        let path = root.field(field);
        for (n, container) in list.iter().enumerate() {
            let item = path.index(n);
            let kind = match field {
                "initContainers" => ContainerKind::of_init(container),
                "containers" => ContainerKind::Regular,
                _ => ContainerKind::Ephemeral,
            };
            if !names.insert(container.name.as_str()) && !container.name.is_empty() {
                found.duplicate(&item.field("name"), &container.name);
            }
            if kind != ContainerKind::Regular {
                // Init containers run one by one: only the ports of regular ones can be in each other's way.
                ports.clear();
            }
            pod.container(container, kind, &item, found);
            pod.ports(container, &mut ports, &item, found);
        }
    }
}

struct PodView<'a> {
    spec: &'a PodSpec,
    gates: &'a Gates,
}

impl PodView<'_> {
    fn container(&self, container: &Container, kind: ContainerKind, path: &Path<'_>, found: &mut Problems) {
        found.required_syntax(&path.field("name"), &container.name, names::dns_label);
        if container.image.is_empty() {
            found.required(&path.field("image"));
        } else if container.image.trim() != container.image {
            found.invalid(&path.field("image"), "must not have blanks around it");
        }
        if container.image_pull_policy.is_none() {
            found.required(&path.field("imagePullPolicy"));
        }
        if container.termination_message_policy.is_none() {
            found.required(&path.field("terminationMessagePolicy"));
        }
        self.volume_mounts(container, kind, path, found);
        match kind {
            ContainerKind::Ephemeral => self.ephemeral(container, path, found),
            ContainerKind::Init => self.plain_init(container, path, found),
            ContainerKind::Sidecar | ContainerKind::Regular => {
                self.lifecycle(container, path, found);
                self.probes(container, path, found);
            }
        }
        if kind != ContainerKind::Ephemeral {
            resources::requirements(&container.resources, &path.field("resources"), resources::Level::Container, found);
            self.restart_policy(container, kind, path, found);
            self.resize_policy(container, kind, path, found);
            if !container.target_container_name.is_empty() {
                found.forbidden(&path.field("targetContainerName"), "may only be set for ephemeral containers");
            }
        }
    }

    /// The container's own restart policy and its rules (API `validateContainerRestartPolicy`).
    fn restart_policy(&self, container: &Container, kind: ContainerKind, path: &Path<'_>, found: &mut Problems) {
        const MOST_RULES: usize = 20;
        const MOST_CODES: usize = 255;
        let (policy, rules) = (path.field("restartPolicy"), path.field("restartPolicyRules"));
        if !self.gates.container_restart_rules {
            match (kind, container.restart_policy) {
                (_, None) | (ContainerKind::Sidecar, _) => {}
                (ContainerKind::Init, Some(given)) => found.word(&policy, given.as_str(), &[RestartPolicy::Always.as_str()]),
                _ => found.forbidden(&policy, "may not be set for regular containers (feature gate ContainerRestartRules is off)"),
            }
            if !container.restart_policy_rules.is_empty() {
                found.forbidden(&rules, "may not be set (feature gate ContainerRestartRules is off)");
            }
            return;
        }
        if container.restart_policy_rules.is_empty() {
            return;
        }
        if container.restart_policy.is_none() {
            found.required(&policy);
        }
        if kind == ContainerKind::Sidecar && !self.gates.restart_all_containers_on_container_exits {
            found.forbidden(&rules, "may not be set for sidecars (feature gate RestartAllContainersOnContainerExits is off)");
        }
        if container.restart_policy_rules.len() > MOST_RULES {
            found.too_long(&rules, MOST_RULES, "rules");
        }
        let restart_all = self.gates.restart_all_containers_on_container_exits;
        let actions = [RestartRuleAction::Restart, RestartRuleAction::RestartAllContainers];
        let actions = [actions[0].as_str(), actions[1].as_str()];
        for (n, rule) in container.restart_policy_rules.iter().enumerate() {
            let item = rules.index(n);
            found.word(&item.field("action"), rule.action.as_str(), if restart_all { &actions } else { &actions[..1] });
            let codes_path = item.field("exitCodes");
            let Some(codes) = &rule.exit_codes else {
                found.required(&codes_path);
                continue;
            };
            found.word(&codes_path.field("operator"), codes.operator.as_str(), &["In", "NotIn"]);
            if codes.values.len() > MOST_CODES {
                found.too_long(&codes_path.field("values"), MOST_CODES, "codes");
            }
        }
    }

    fn lifecycle(&self, container: &Container, path: &Path<'_>, found: &mut Problems) {
        let Some(lifecycle) = &container.lifecycle else { return };
        let path = path.field("lifecycle");
        let grace = self.spec.termination_grace_period_seconds.unwrap_or(0);
        for (name, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
            if let Some(hook) = hook {
                probe::hook(hook, grace, &path.field(name), found);
            }
        }
        if let Some(signal) = &lifecycle.stop_signal {
            let path = path.field("stopSignal");
            if !self.gates.container_stop_signals {
                found.forbidden(&path, "may not be set (feature gate ContainerStopSignals is off)");
            } else {
                match self.spec.os.as_ref().map(|os| os.name.as_str()) {
                    Some("windows") => found.word(&path, signal, &["SIGTERM", "SIGKILL"]),
                    Some(_) if !is_linux_signal(signal) => found.invalid(&path, format!("`{signal}` is not a signal")),
                    Some(_) => {}
                    None => found.forbidden(&path, "may only be set if os.name is"),
                }
            }
        }
    }

    fn probes(&self, container: &Container, path: &Path<'_>, found: &mut Problems) {
        for (kind, probe) in probe::all(container) {
            if let Some(probe) = probe {
                probe::probe(probe, kind, &path.field(probe::field(kind)), found);
            }
        }
    }

    /// What only regular containers and sidecars may have.
    fn plain_init(&self, container: &Container, path: &Path<'_>, found: &mut Problems) {
        const WHY: &str = "may not be set for init containers without restartPolicy Always";
        if container.lifecycle.is_some() {
            found.forbidden(&path.field("lifecycle"), WHY);
        }
        for (kind, probe) in probe::all(container) {
            if probe.is_some() {
                found.forbidden(&path.field(probe::field(kind)), WHY);
            }
        }
    }

    /// Ephemeral containers have an allow-list (API `validateEphemeralContainers`).
    fn ephemeral(&self, container: &Container, path: &Path<'_>, found: &mut Problems) {
        let target = &container.target_container_name;
        let mut targets = self.spec.init_containers.iter().chain(&self.spec.containers);
        if !target.is_empty() && !targets.any(|c| c.name == *target) {
            found.not_found(&path.field("targetContainerName"), "init or regular container", target);
        }
        for (name, set) in [
            ("ports", !container.ports.is_empty()),
            ("restartPolicy", container.restart_policy.is_some()),
            ("restartPolicyRules", !container.restart_policy_rules.is_empty()),
            ("resizePolicy", !container.resize_policy.is_empty()),
            ("resources", container.resources != Default::default()),
            ("startupProbe", container.startup_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("lifecycle", container.lifecycle.is_some()),
        ] {
            if set {
                found.forbidden(&path.field(name), "may not be set for ephemeral containers");
            }
        }
    }

    /// What a resize does (API `validateResizePolicy`).
    fn resize_policy(&self, container: &Container, kind: ContainerKind, path: &Path<'_>, found: &mut Problems) {
        let path = path.field("resizePolicy");
        if kind == ContainerKind::Init && !container.resize_policy.is_empty() && !self.gates.in_place_pod_vertical_scaling_init_containers {
            found.forbidden(&path, "may not be set for init containers without restartPolicy Always");
            return;
        }
        for (n, policy) in container.resize_policy.iter().enumerate() {
            let item = path.index(n);
            found.word(&item.field("resourceName"), &policy.resource_name, &["cpu", "memory"]);
            if container.resize_policy[..n].iter().any(|earlier| earlier.resource_name == policy.resource_name) {
                found.duplicate(&item.field("resourceName"), &policy.resource_name);
            }
            let what = item.field("restartPolicy");
            found.word(&what, &policy.restart_policy, &["NotRequired", "RestartContainer"]);
            if policy.restart_policy == "RestartContainer" {
                if self.spec.restart_policy == Some(RestartPolicy::Never) {
                    found.invalid(&what, "must be NotRequired when the Pod's restartPolicy is Never");
                }
                if kind == ContainerKind::Init {
                    found.invalid(&what, "must be NotRequired for init containers without restartPolicy Always");
                }
            }
        }
    }

    fn volume_mounts(&self, container: &Container, kind: ContainerKind, path: &Path<'_>, found: &mut Problems) {
        let path = path.field("volumeMounts");
        for (n, mount) in container.volume_mounts.iter().enumerate() {
            let item = path.index(n);
            if mount.name.is_empty() {
                found.required(&item.field("name"));
            } else if !self.spec.volumes.iter().any(|volume| volume.name == mount.name) {
                found.not_found(&item.field("name"), "volume", &mount.name);
            }
            if mount.mount_path.is_empty() {
                found.required(&item.field("mountPath"));
            } else if container.volume_mounts[..n].iter().any(|earlier| earlier.mount_path == mount.mount_path) {
                found.invalid(&item.field("mountPath"), "must be unique");
            }
            if kind == ContainerKind::Ephemeral && !mount.sub_path.is_empty() {
                found.forbidden(&item.field("subPath"), "may not be set for ephemeral containers");
            }
        }
    }

    fn ports<'c>(&self, container: &'c Container, taken: &mut BTreeSet<(&'c str, &'c str, i32)>, path: &Path<'_>, found: &mut Problems) {
        let path = path.field("ports");
        for (n, port) in container.ports.iter().enumerate() {
            let item = path.index(n);
            if !port.name.is_empty() {
                found.syntax(&item.field("name"), &port.name, names::port_name);
                if container.ports[..n].iter().any(|earlier| earlier.name == port.name) {
                    found.duplicate(&item.field("name"), &port.name);
                }
            }
            if port.container_port == 0 {
                found.required(&item.field("containerPort"));
            } else {
                probe::port_number(port.container_port, &item.field("containerPort"), found);
            }
            let host = item.field("hostPort");
            if port.host_port != 0 {
                probe::port_number(port.host_port, &host, found);
                if !taken.insert((&port.protocol, &port.host_ip, port.host_port)) {
                    found.duplicate(&host, &format!("{}/{}/{}", port.protocol, port.host_ip, port.host_port));
                }
            }
            if self.spec.host_network && port.host_port != port.container_port {
                found.invalid(&host, "must be the containerPort when hostNetwork is true");
            }
            found.word(&item.field("protocol"), &port.protocol, &["TCP", "UDP", "SCTP"]);
        }
    }
}

/// The 65 signals that the API knows for Linux.
fn is_linux_signal(name: &str) -> bool {
    const NAMED: [&str; 35] = [
        "SIGABRT",
        "SIGALRM",
        "SIGBUS",
        "SIGCHLD",
        "SIGCLD",
        "SIGCONT",
        "SIGFPE",
        "SIGHUP",
        "SIGILL",
        "SIGINT",
        "SIGIO",
        "SIGIOT",
        "SIGKILL",
        "SIGPIPE",
        "SIGPOLL",
        "SIGPROF",
        "SIGPWR",
        "SIGQUIT",
        "SIGSEGV",
        "SIGSTKFLT",
        "SIGSTOP",
        "SIGSYS",
        "SIGTERM",
        "SIGTRAP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGUSR1",
        "SIGUSR2",
        "SIGVTALRM",
        "SIGWINCH",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGRTMIN",
    ];
    let numbered = |prefix: &str, most: u8| {
        let number = name.strip_prefix(prefix).filter(|digits| !digits.starts_with(['0', '+']));
        number.and_then(|digits| digits.parse().ok()).is_some_and(|n: u8| (1..=most).contains(&n))
    };
    NAMED.contains(&name) || name == "SIGRTMAX" || numbered("SIGRTMIN+", 15) || numbered("SIGRTMAX-", 14)
}
