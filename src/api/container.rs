//! Containers of a Pod spec.

use super::probe::{Lifecycle, Probe};
use super::resource_list::ResourceList;
use super::vocabulary::{words, written_as_str};
use super::{is_default, nullable};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A regular, init or ephemeral container of a Pod spec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// DNS label, unique in the Pod.
    pub name: String,
    /// Image reference.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub image: String,
    /// When to pull; default Always for the tag `latest`, else IfNotPresent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<ImagePullPolicy>,
    /// Entry point.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub command: Vec<String>,
    /// Arguments.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub args: Vec<String>,
    /// Ports, by which probes may name their target.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub ports: Vec<ContainerPort>,
    /// The container's own restart policy; on an init container `Always` makes a sidecar (KEP-753, KEP-5307).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// Rules by exit code, tried in order before `restart_policy` (KEP-5307).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub restart_policy_rules: Vec<RestartRule>,
    /// Whether a resize restarts the container (KEP-1287).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub resize_policy: Vec<ResizePolicy>,
    /// Requests and limits.
    #[serde(deserialize_with = "nullable")]
    pub resources: ResourceRequirements,
    /// Gates started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_probe: Option<Probe>,
    /// Gates ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// Restarts the container when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// Hooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// File in the container whose text becomes the termination message.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub termination_message_path: String,
    /// Whether the end of the log may serve instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_message_policy: Option<TerminationMessagePolicy>,
    /// Volumes mounted.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub volume_mounts: Vec<VolumeMount>,
    /// Of an ephemeral container: the container whose namespaces it joins.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub target_container_name: String,
}

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Name by which probes may call it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub name: String,
    /// Port on the node.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub host_port: i32,
    /// Port in the Pod.
    pub container_port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub protocol: String,
    /// Address of the node to which the host port is bound; empty: all.
    #[serde(rename = "hostIP", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub host_ip: String,
}

/// A mount of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Path in the container.
    pub mount_path: String,
    /// Path in the volume; empty: its root.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub sub_path: String,
    /// Whether it is read-only.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub read_only: bool,
    /// Whether mounts below it are read-only too: `Disabled`, `IfPossible`, `Enabled`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub recursive_read_only: String,
}

/// Requests and limits of a container or Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceRequirements {
    /// The most it may use, by resource name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub limits: ResourceList,
    /// What it is promised, by resource name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub requests: ResourceList,
}

/// What a resize of one resource does to the container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResizePolicy {
    /// `cpu` or `memory`.
    pub resource_name: String,
    /// `NotRequired` or `RestartContainer`.
    pub restart_policy: String,
}

words! {
    /// When a container that ended is started again.
    RestartPolicy, "a restart policy: Always, OnFailure or Never" {
        /// Whatever its exit code.
        Always = "Always",
        /// If its exit code is not 0.
        OnFailure = "OnFailure",
        /// Not at all.
        Never = "Never",
    }
}

words! {
    /// When the image of a container is pulled.
    ImagePullPolicy, "an image pull policy: Always, IfNotPresent or Never" {
        /// Before every start.
        Always = "Always",
        /// If the node does not have it.
        IfNotPresent = "IfNotPresent",
        /// Never: it must be there.
        Never = "Never",
    }
}

words! {
    /// Where a termination message comes from.
    TerminationMessagePolicy, "a termination message policy: File or FallbackToLogsOnError" {
        /// The termination message file.
        File = "File",
        /// The file, or the end of the log if it is empty and the container failed.
        FallbackToLogsOnError = "FallbackToLogsOnError",
    }
}

/// One restart rule of a container (KEP-5307, KEP-5532).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestartRule {
    /// What to do when the rule matches.
    pub action: RestartRuleAction,
    /// The exit codes it matches; a rule without any never matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_codes: Option<RestartRuleExitCodes>,
}

/// The exit codes a restart rule matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RestartRuleExitCodes {
    /// Whether the code must be among the values or not.
    pub operator: ExitCodeOperator,
    /// The codes.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub values: Vec<i32>,
}

/// An open vocabulary of two known words: unknown text is kept.
macro_rules! open_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// Any other word, kept as it is.
            Other(String),
        }

        impl $name {
            /// The word as the API writes it.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)* Self::Other(text) => text }
            }
        }

        /// No word: left out by the client.
        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        written_as_str!($name);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                Ok(match &*text { $($text => Self::$variant,)* other => Self::Other(other.into()) })
            }
        }
    };
}

open_words! {
    /// What a matching restart rule does.
    RestartRuleAction {
        /// Restart this container.
        Restart = "Restart",
        /// Restart every container of the Pod in place (KEP-5532).
        RestartAllContainers = "RestartAllContainers",
    }
}

open_words! {
    /// How a rule compares exit codes.
    ExitCodeOperator {
        /// The code is one of the values.
        In = "In",
        /// The code is none of the values.
        NotIn = "NotIn",
    }
}
