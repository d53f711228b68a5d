//! What a node decides for all its Pods.

use crate::gates::Gates;
use crate::rules::backoff::BackoffConfig;
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;

/// Settings shared by all Pods of a node: the defaults, and what is set after.
///
/// ```
/// # use pod_lifecycle::pod::{NodeConfig, Pacing};
/// let mut node = NodeConfig::default();
/// node.name = "edge-1".into();
/// node.host_ips = vec!["192.0.2.7".into()];
/// node.pacing = Pacing::KUBELET;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NodeConfig {
    /// Feature gates.
    pub gates: Gates,
    /// When syncs happen.
    pub pacing: Pacing,
    /// Crash-loop back-off.
    pub crash_loop: BackoffConfig,
    /// Image-pull back-off.
    pub image_pull: BackoffConfig,
    /// Addresses of the node, the primary first.
    pub host_ips: Vec<String>,
    /// Name of the node.
    pub name: String,
    /// When the kubelet was started.
    pub kubelet_start: Time,
}

impl Default for NodeConfig {
    fn default() -> Self {
        let gates = Gates::default();
        Self {
            gates,
            pacing: Pacing::IMMEDIATE,
            crash_loop: BackoffConfig::crash_loop(None, &gates),
            image_pull: BackoffConfig::image_pull(),
            host_ips: Vec::new(),
            name: String::new(),
            kubelet_start: Time::EPOCH,
        }
    }
}

/// When syncs happen, and how late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// How often the kubelet looks at the runtime and at its work queue; 0: news is seen at once.
    pub relist: Span,
    /// How long after a successful sync the next one comes without any reason; `None`: never.
    pub resync: Option<Span>,
    /// How long after a failed sync the next one comes (kubelet `backOffOnSyncError`).
    pub retry: Span,
    /// The longest wait for a crash-loop back-off to end before the next sync: that one then shows it (kubelet `completeWork`).
    pub back_off_retry_max: Span,
    /// Jitter added to resync and retries, as a share of the delay in thousandths: 0 to 500 in a kubelet. Given, never drawn.
    pub jitter_permille: u16,
    /// Whether syncs happen by themselves; otherwise only when the caller says so.
    pub automatic: bool,
}

impl Pacing {
    /// Every trigger syncs at once, retries come when they are due: for simulators. Nothing happens without a reason.
    pub const IMMEDIATE: Self = Self {
        relist: Span::ZERO,
        resync: None,
        retry: Span::from_secs(10),
        // 60 s, and the kubelet's own slowness: up to a second until its queue is looked at, up to another until its cache is fresh.
        back_off_retry_max: Span::from_secs(62),
        jitter_permille: 0,
        automatic: true,
    };

    /// The kubelet's constants: relist and work queue each second, resync after 60 s.
    pub const KUBELET: Self =
        Self { relist: Span::from_secs(1), resync: Some(Span::from_secs(60)), back_off_retry_max: Span::from_secs(60), ..Self::IMMEDIATE };

    /// A sync happens only when the caller says [`Pod::sync`](super::Pod::sync).
    pub const MANUAL: Self = Self { automatic: false, ..Self::IMMEDIATE };

    /// Which part of its period a probe first waits on a kubelet that has just started.
    pub(crate) fn first_probe(&self) -> f64 {
        f64::from(self.jitter_permille) / 1000.0
    }

    /// A delay with the jitter.
    pub(crate) fn jittered(&self, delay: Span) -> Span {
        delay + Span::from_nanos(delay.nanos() / 1000).saturating_mul(self.jitter_permille.into())
    }
}
