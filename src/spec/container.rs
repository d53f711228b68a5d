//! One container of a spec.

use super::defaults::DEFAULT_PERIOD_SECONDS;
use super::{Brief, NameKey};
use crate::api::{self, ImagePullPolicy, RestartPolicy, TerminationMessagePolicy};
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContainerKind {
    /// Plain init container: runs to completion before what is behind it starts.
    Init,
    /// Restartable init container (KEP-753): runs beside the regular ones, started before and stopped after them.
    #[doc(alias = "restartable init container")]
    Sidecar,
    /// Regular container.
    Regular,
    /// Ephemeral container, added to a running Pod; counts for nothing.
    Ephemeral,
}

impl ContainerKind {
    /// The kind of an init container: a sidecar if its own restart policy is Always.
    pub fn of_init(container: &api::Container) -> Self {
        if container.restart_policy == Some(RestartPolicy::Always) { Self::Sidecar } else { Self::Init }
    }
}

/// Which probe of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeKind {
    /// Gates `started`.
    Startup,
    /// Gates `ready`.
    Readiness,
    /// Restarts the container when it fails.
    Liveness,
}

impl ProbeKind {
    /// In the order in which the kubelet makes their workers.
    pub const ALL: [Self; 3] = [Self::Startup, Self::Readiness, Self::Liveness];

    /// Its place in [`ProbeKind::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// `startup`, `readiness` or `liveness`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Readiness => "readiness",
            Self::Liveness => "liveness",
        }
    }
}

/// Numbers of a probe. One that is left out, in a spec without defaults applied, is 0; the period is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeSpec {
    /// `initialDelaySeconds`.
    pub initial_delay_seconds: i32,
    /// `timeoutSeconds`.
    pub timeout: Span,
    /// `periodSeconds`, never below one second. A period that is 0 or left out is the API server's default, 10 seconds.
    pub period: Span,
    /// `successThreshold`.
    pub success_threshold: i32,
    /// `failureThreshold`.
    pub failure_threshold: i32,
    /// `terminationGracePeriodSeconds` of the probe.
    pub grace_period_seconds: Option<i64>,
}

impl From<&api::Probe> for ProbeSpec {
    fn from(probe: &api::Probe) -> Self {
        // Without defaults a prober would probe without end.
        let period = if probe.period_seconds == 0 { DEFAULT_PERIOD_SECONDS } else { probe.period_seconds.max(1) };
        Self {
            initial_delay_seconds: probe.initial_delay_seconds,
            timeout: Span::from_secs(probe.timeout_seconds.into()),
            period: Span::from_secs(period.into()),
            success_threshold: probe.success_threshold,
            failure_threshold: probe.failure_threshold,
            grace_period_seconds: probe.termination_grace_period_seconds,
        }
    }
}

/// What a lifecycle hook does, as far as the lifecycle cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Runs in the container, calls it, or fails at once: the backend knows.
    Handler,
    /// Waits.
    Sleep(Span),
}

impl From<&api::LifecycleHandler> for Hook {
    fn from(handler: &api::LifecycleHandler) -> Self {
        handler.sleep.map_or(Self::Handler, |sleep| Self::Sleep(Span::from_secs(sleep.seconds)))
    }
}

/// What a matching restart rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Restart this container.
    Restart,
    /// Restart all containers in place (KEP-5532).
    RestartAllContainers,
    /// A word this version does not know: the rule matches, and the container's policy decides.
    Unknown,
}

/// One restart rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartRuleSpec {
    action: RuleAction,
    /// `None`: never matches.
    codes: Option<(api::ExitCodeOperator, Box<[i32]>)>,
}

impl RestartRuleSpec {
    /// What it does.
    pub const fn action(&self) -> RuleAction {
        self.action
    }

    /// Whether it matches this exit code (API `FindMatchingContainerRestartRule`).
    pub fn matches(&self, exit_code: i32) -> bool {
        match &self.codes {
            Some((api::ExitCodeOperator::In, values)) => values.contains(&exit_code),
            Some((api::ExitCodeOperator::NotIn, values)) => !values.contains(&exit_code),
            _ => false,
        }
    }
}

impl From<&api::RestartRule> for RestartRuleSpec {
    fn from(rule: &api::RestartRule) -> Self {
        let action = match rule.action {
            api::RestartRuleAction::Restart => RuleAction::Restart,
            api::RestartRuleAction::RestartAllContainers => RuleAction::RestartAllContainers,
            api::RestartRuleAction::Other(_) => RuleAction::Unknown,
        };
        Self { action, codes: rule.exit_codes.as_ref().map(|codes| (codes.operator.clone(), codes.values.clone().into())) }
    }
}

/// A container of a [`Spec`](super::Spec).
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerSpec {
    name: String,
    image: String,
    kind: ContainerKind,
    restart_policy: Option<RestartPolicy>,
    rules: Box<[RestartRuleSpec]>,
    probes: [Option<ProbeSpec>; 3],
    post_start: Option<Hook>,
    pre_stop: Option<Hook>,
    image_pull_policy: ImagePullPolicy,
    termination_message_policy: TerminationMessagePolicy,
    hash: u32,
    /// The numbers of its probes' workers among those of the Pod.
    pub(super) workers: [Option<u32>; 3],
}

impl ContainerSpec {
    /// Reads a container.
    pub fn new(container: &api::Container, kind: ContainerKind) -> Self {
        let lifecycle = container.lifecycle.as_ref();
        Self {
            name: container.name.clone(),
            image: container.image.clone(),
            kind,
            restart_policy: container.restart_policy,
            rules: container.restart_policy_rules.iter().map(RestartRuleSpec::from).collect(),
            probes: [&container.startup_probe, &container.readiness_probe, &container.liveness_probe]
                .map(|probe| probe.as_ref().map(ProbeSpec::from)),
            post_start: lifecycle.and_then(|l| l.post_start.as_ref()).map(Hook::from),
            pre_stop: lifecycle.and_then(|l| l.pre_stop.as_ref()).map(Hook::from),
            image_pull_policy: container.image_pull_policy.unwrap_or(ImagePullPolicy::IfNotPresent),
            termination_message_policy: container.termination_message_policy.unwrap_or(TerminationMessagePolicy::File),
            hash: super::hash::container_hash(&container.name, &container.image),
            workers: [None; 3],
        }
    }

    /// Whether that container is this one with another image at most.
    pub(super) fn is_same_but_for_image(&self, other: &Self) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.restart_policy == other.restart_policy
            && self.rules == other.rules
            && self.probes == other.probes
            && self.post_start == other.post_start
            && self.pre_stop == other.pre_stop
    }

    /// What the rules ask first.
    pub(super) fn brief(&self) -> Brief {
        let Self { kind, restart_policy, .. } = *self;
        Brief { key: NameKey::of(&self.name), kind, restart_policy, has_rules: !self.rules.is_empty() }
    }

    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Image reference.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// What it is for.
    pub const fn kind(&self) -> ContainerKind {
        self.kind
    }

    /// Whether it is a sidecar (API `IsRestartableInitContainer`).
    pub const fn is_sidecar(&self) -> bool {
        matches!(self.kind, ContainerKind::Sidecar)
    }

    /// The container's own restart policy.
    pub const fn restart_policy(&self) -> Option<RestartPolicy> {
        self.restart_policy
    }

    /// The container's restart rules.
    pub fn rules(&self) -> &[RestartRuleSpec] {
        &self.rules
    }

    /// One of its probes.
    pub const fn probe(&self, kind: ProbeKind) -> Option<&ProbeSpec> {
        self.probes[kind.index()].as_ref()
    }

    /// The number of the worker of one of its probes among those of the Pod, in the order of [`rules::probe::workers`](crate::rules::probe::workers).
    #[inline]
    pub(crate) const fn worker_number(&self, kind: ProbeKind) -> Option<u32> {
        self.workers[kind.index()]
    }

    /// postStart hook.
    pub const fn post_start(&self) -> Option<Hook> {
        self.post_start
    }

    /// preStop hook.
    pub const fn pre_stop(&self) -> Option<Hook> {
        self.pre_stop
    }

    /// Hash of name and image ([`container_hash`](super::container_hash)).
    pub const fn hash(&self) -> u32 {
        self.hash
    }

    /// When its image is pulled.
    pub const fn image_pull_policy(&self) -> ImagePullPolicy {
        self.image_pull_policy
    }

    /// Where its termination message comes from.
    pub const fn termination_message_policy(&self) -> TerminationMessagePolicy {
        self.termination_message_policy
    }
}

#[cfg(test)]
mod tests {
    use super::{ProbeSpec, api};
    use crate::time::Span;

    /// A prober without a pause would never end a call.
    #[test]
    fn a_prober_has_a_period_even_without_defaults() {
        for (period_seconds, seconds) in [(0, 10), (-3, 1), (1, 1), (7, 7)] {
            let probe = api::Probe { period_seconds, ..api::Probe::default() };
            assert_eq!(ProbeSpec::from(&probe).period, Span::from_secs(seconds), "{period_seconds}");
        }
    }
}
