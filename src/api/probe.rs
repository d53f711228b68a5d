//! Probes and lifecycle hooks.

use super::{is_default, nullable};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A startup, readiness or liveness probe of a container. Numbers that are 0 or absent get the API server's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// Run a command in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecAction>,
    /// GET a URL of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<HttpGetAction>,
    /// Open a TCP connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<TcpSocketAction>,
    /// Ask the gRPC health service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<GrpcAction>,
    /// Seconds after the start of the container before the first probe.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub initial_delay_seconds: i32,
    /// Seconds after which an attempt has failed; default 1.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub timeout_seconds: i32,
    /// Seconds between probes; default 10.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub period_seconds: i32,
    /// Consecutive successes that count as success; default 1.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub success_threshold: i32,
    /// Consecutive failures that count as failure; default 3.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub failure_threshold: i32,
    /// Grace period in seconds of a kill by this probe, instead of the Pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
}

/// postStart and preStop, and the stop signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    /// Run right after the start of the container; the kubelet waits for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_start: Option<LifecycleHandler>,
    /// Run before the stop signal, within the grace period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_stop: Option<LifecycleHandler>,
    /// The signal that asks the container to stop (gate ContainerStopSignals).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
}

/// What a lifecycle hook does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleHandler {
    /// Run a command in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecAction>,
    /// GET a URL; any answer is success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<HttpGetAction>,
    /// Accepted by the API for compatibility; always fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<TcpSocketAction>,
    /// Wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep: Option<SleepAction>,
}

/// A command to run in the container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecAction {
    /// The command and its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub command: Vec<String>,
}

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpGetAction {
    /// Path; default `/`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub path: String,
    /// Port number or name.
    pub port: IntOrString,
    /// Host; default the Pod's IP.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub host: String,
    /// `HTTP` (the default) or `HTTPS`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub scheme: String,
}

/// A TCP connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TcpSocketAction {
    /// Port number or name.
    pub port: IntOrString,
    /// Host; default the Pod's IP.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub host: String,
}

/// A gRPC health check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcAction {
    /// Port number.
    pub port: i32,
    /// Service to ask for; empty: the whole server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// A wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SleepAction {
    /// Length in seconds.
    pub seconds: i64,
}

/// A number or a name, as ports are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A name.
    String(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}
