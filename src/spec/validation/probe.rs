//! Probes, hooks, and the handlers that they share.

use super::names;
use super::path::{Path, Problems};
use crate::api::{Container, ExecAction, GrpcAction, HttpGetAction, IntOrString, LifecycleHandler, Probe, TcpSocketAction};
use crate::spec::ProbeKind;
use alloc::format;

/// The probes of a container with their kinds.
pub(super) fn all(container: &Container) -> [(ProbeKind, &Option<Probe>); 3] {
    [
        (ProbeKind::Startup, &container.startup_probe),
        (ProbeKind::Readiness, &container.readiness_probe),
        (ProbeKind::Liveness, &container.liveness_probe),
    ]
}

/// The field of a probe.
pub(super) const fn field(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "startupProbe",
        ProbeKind::Readiness => "readinessProbe",
        ProbeKind::Liveness => "livenessProbe",
    }
}

/// A probe (API `validateProbe` and the checks by kind).
pub(super) fn probe(probe: &Probe, kind: ProbeKind, path: &Path<'_>, found: &mut Problems) {
    let handlers = Handlers { exec: &probe.exec, http_get: &probe.http_get, tcp_socket: &probe.tcp_socket, grpc: &probe.grpc, sleep: None };
    handlers.check(path, found);
    for (name, number) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        found.non_negative(&path.field(name), number.into());
    }
    if kind != ProbeKind::Readiness && probe.success_threshold != 1 {
        found.invalid(&path.field("successThreshold"), "must be 1");
    }
    if let Some(seconds) = probe.termination_grace_period_seconds {
        let path = path.field("terminationGracePeriodSeconds");
        if kind == ProbeKind::Readiness {
            found.invalid(&path, "must not be set for readiness probes");
        } else if seconds <= 0 {
            found.invalid(&path, "must be greater than 0");
        }
    }
}

/// A lifecycle hook (API `validateHandler`).
pub(super) fn hook(hook: &LifecycleHandler, grace_seconds: i64, path: &Path<'_>, found: &mut Problems) {
    let sleep = hook.sleep.map(|sleep| (sleep.seconds, grace_seconds));
    Handlers { exec: &hook.exec, http_get: &hook.http_get, tcp_socket: &hook.tcp_socket, grpc: &None, sleep }.check(path, found);
}

/// A port by its number.
pub(super) fn port_number(port: i32, path: &Path<'_>, found: &mut Problems) {
    if !(1..=65535).contains(&port) {
        found.invalid(path, "must be between 1 and 65535");
    }
}

/// What a probe or hook may do: exactly one of these.
struct Handlers<'a> {
    exec: &'a Option<ExecAction>,
    http_get: &'a Option<HttpGetAction>,
    tcp_socket: &'a Option<TcpSocketAction>,
    grpc: &'a Option<GrpcAction>,
    /// Seconds, and the Pod's grace period.
    sleep: Option<(i64, i64)>,
}

impl Handlers<'_> {
    fn check(&self, path: &Path<'_>, found: &mut Problems) {
        let present = [
            ("exec", self.exec.is_some()),
            ("httpGet", self.http_get.is_some()),
            ("tcpSocket", self.tcp_socket.is_some()),
            ("grpc", self.grpc.is_some()),
            ("sleep", self.sleep.is_some()),
        ];
        let mut present = present.iter().filter(|(_, set)| *set);
        if present.next().is_none() {
            found.add(crate::spec::ProblemKind::Required, path, "must have a handler");
        }
        for (name, _) in present {
            found.forbidden(&path.field(name), "may not be set beside another handler");
        }
        if self.exec.as_ref().is_some_and(|exec| exec.command.is_empty()) {
            found.required(&path.field("exec").field("command"));
        }
        if let Some(get) = self.http_get {
            let path = path.field("httpGet");
            if get.path.is_empty() {
                found.required(&path.field("path"));
            }
            port(&get.port, &path.field("port"), found);
            found.word(&path.field("scheme"), &get.scheme, &["HTTP", "HTTPS"]);
        }
        if let Some(tcp) = self.tcp_socket {
            port(&tcp.port, &path.field("tcpSocket").field("port"), found);
        }
        if let Some(grpc) = self.grpc {
            port_number(grpc.port, &path.field("grpc").field("port"), found);
        }
        if let Some((seconds, grace)) = self.sleep
            && !(0..=grace).contains(&seconds)
        {
            found.invalid(&path.field("sleep").field("seconds"), format!("must be between 0 and terminationGracePeriodSeconds ({grace})"));
        }
    }
}

fn port(port: &IntOrString, path: &Path<'_>, found: &mut Problems) {
    match port {
        IntOrString::Int(number) => port_number(*number, path, found),
        IntOrString::String(name) => found.syntax(path, name, names::port_name),
    }
}
