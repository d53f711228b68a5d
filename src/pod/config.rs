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
    /// Whether the log files of containers outlive their records: then `restartCount` goes on where the newest file's name says (kubelet
    /// `calcRestartCountByLogDir`). Without log files a container of which no record is left counts from 0 again.
    pub log_files: bool,
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
            log_files: true,
        }
    }
}

/// When syncs happen, and how late.
///
/// What a kubelet does by itself, with [`KUBELET`](Self::KUBELET)'s numbers:
///
/// | what | when | field |
/// |---|---|---|
/// | the runtime changed | seen at the next look, each second (kubelet `GenericPLEG.Relist`); if a sync waited for that look already, another one follows it | [`relist`](Self::relist) |
/// | a sync that did something without failing | its Pod is looked at right when it ends (gate `PLEGOnDemandRelist`) | |
/// | any sync after another | not before a look that is newer than the end of that one (kubelet `podCache.GetNewerThan`) | [`relist`](Self::relist) |
/// | the API object changed, a probe turned | at once, but for that look (kubelet `HandlePodUpdates`, `handleProbeSync`) | |
/// | a sync failed | 10 s later (kubelet `backOffOnSyncError`) | [`retry`](Self::retry) |
/// | only back-offs held a sync back | when the first ends, at most 60 s later (kubelet `completeWork`) | [`back_off_retry_max`](Self::back_off_retry_max) |
/// | nothing | 60 s after the last sync that went well (kubelet `syncFrequency`) | [`resync`](Self::resync) |
/// | the last three | are taken up when the queue is looked at, each second, as is `activeDeadlineSeconds` and what follows a terminal phase (kubelet `syncLoopIteration`) | [`poll`](Self::poll) |
/// | a worker of a probe is new | its first execution is at once; on a kubelet younger than the period, a random part of it later (kubelet `worker.run`) | [`jitter_permille`](Self::jitter_permille) |
///
/// Looks come in step with [`NodeConfig::kubelet_start`]; news of the very moment of a look is seen by the next one.
///
/// Not here, for one Pod alone does not feel it: the housekeeping every 2 s (orphans; forgotten back-offs are forgotten when it matters), the
/// status manager (it publishes at once; its 10 s are for writes that failed or were held back), the garbage collection of containers every minute, and the retry
/// after 1 s of a sync that found no network plugin (nobody tells of one).
///
/// ```
/// use pod_lifecycle::pod::{Action, DeadlineReason, Event, NewPod, NodeConfig, Output, Pacing};
/// use pod_lifecycle::{Pod, Span, Spec, Time, api};
/// use std::sync::Arc;
///
/// let object: api::Pod = serde_json::from_str(
///     r#"{"spec": {"nodeName": "edge-1", "containers": [{"name": "web", "image": "nginx:1"}]}, "status": {"phase": "Pending"}}"#,
/// )?;
/// let spec = Arc::new(Spec::parse(object.spec.clone())?);
/// let pod = |pacing| {
///     let mut node = NodeConfig::default();
///     node.pacing = pacing;
///     Pod::new(NewPod { meta: &object.metadata, spec: &spec, status: Some(&object.status) }, &Arc::new(node), &mut ())
/// };
/// let now = Time::from_nanos(1_767_225_600_300_000_000);
///
/// // A simulator's Pod tries again after 10 s; a kubelet then looks into its queue, at the full second.
/// for (pacing, seconds) in [(Pacing::IMMEDIATE, 10.0), (Pacing::KUBELET, 10.7)] {
///     let mut pod = pod(pacing);
///     pod.handle(now, Event::Admitted, &mut ())?;
///     pod.handle(now, Event::VolumesFailed, &mut ())?;
///     let next = pod.next_deadline().expect("a failed sync comes again");
///     assert_eq!((next.reason, next.at), (DeadlineReason::Retry, now + Span::from_secs_f64(seconds)));
/// }
///
/// // Or the caller says when.
/// let mut pod = pod(Pacing::MANUAL);
/// let mut out = Vec::new();
/// pod.handle(now, Event::Admitted, &mut out)?;
/// assert!(!out.contains(&Output::Action(Action::MountVolumes)));
/// pod.sync(now, &mut out);
/// assert!(out.contains(&Output::Action(Action::MountVolumes)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// How often the kubelet looks at the runtime; 0: news is seen at once.
    pub relist: Span,
    /// How often the kubelet looks into its work queue and at deadlines; 0: what is due comes at once.
    pub poll: Span,
    /// How long after a successful sync the next one comes without any reason; `None`: never.
    pub resync: Option<Span>,
    /// How long after a failed sync the next one comes (kubelet `backOffOnSyncError`).
    pub retry: Span,
    /// The longest wait for a crash-loop back-off to end before the next sync: that one then shows it (kubelet `completeWork`).
    pub back_off_retry_max: Span,
    /// Jitter added to resync and retries, as a share of the delay in thousandths: 0 to 500 in a kubelet. Given, never drawn; the same draw
    /// tells which part of its period a probe first waits, 500 being all of it. [`Pod::set_jitter`](super::Pod::set_jitter) gives a Pod
    /// its own.
    pub jitter_permille: u16,
    /// Whether syncs happen by themselves; otherwise only when the caller says so.
    pub automatic: bool,
    /// Whether a terminal phase ends the Pod, and stays. Otherwise its containers and sandbox are looked after for as long as there are
    /// syncs, the phase held back follows them, and only a deletion or a kill ends the Pod.
    pub ends: bool,
}

impl Pacing {
    /// Every trigger syncs at once, retries come when they are due: for simulators. Nothing happens without a reason.
    pub const IMMEDIATE: Self = Self {
        relist: Span::ZERO,
        poll: Span::ZERO,
        resync: None,
        retry: Span::from_secs(10),
        // 60 s, and the kubelet's own slowness: up to a second until its queue is looked at, up to another until its cache is fresh.
        back_off_retry_max: Span::from_secs(62),
        jitter_permille: 0,
        automatic: true,
        ends: true,
    };

    /// The kubelet's constants: it looks at runtime and work queue each second, retries after 10 s, resyncs after 60 s.
    pub const KUBELET: Self = Self {
        relist: Span::from_secs(1),
        poll: Span::from_secs(1),
        resync: Some(Span::from_secs(60)),
        back_off_retry_max: Span::from_secs(60),
        ..Self::IMMEDIATE
    };

    /// A sync happens only when the caller says [`Pod::sync`](super::Pod::sync).
    pub const MANUAL: Self = Self { automatic: false, ..Self::IMMEDIATE };

    /// The share of the kubelet's runtime manager alone (kuberuntime `SyncPod`): a sync happens only when the caller says
    /// [`Pod::sync`](super::Pod::sync), and the caller, who has Pod workers of its own, decides when the Pod has ended.
    pub const RUNTIME: Self = Self { ends: false, ..Self::MANUAL };
}

impl NodeConfig {
    /// When the kubelet next looks at the runtime, after this moment.
    pub(crate) fn next_look(&self, now: Time) -> Time {
        // Events from the runtime need no look (KEP-3386).
        let at_once = self.gates.evented_pleg || self.pacing.relist <= Span::ZERO;
        if at_once { now } else { self.tick_from(now + Span::from_nanos(1), self.pacing.relist) }
    }

    /// When the kubelet next looks into its queue, at this moment or after it.
    pub(crate) fn next_poll(&self, due: Time) -> Time {
        self.tick_from(due, self.pacing.poll)
    }

    /// The first of the ticks since the kubelet's start that is not before this moment.
    fn tick_from(&self, at: Time, period: Span) -> Time {
        if period <= Span::ZERO {
            return at;
        }
        let over = (at - self.kubelet_start).nanos().rem_euclid(period.nanos());
        if over == 0 { at } else { at + Span::from_nanos(period.nanos() - over) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_in_step_with_the_kubelets_start() {
        let mut node = NodeConfig { pacing: Pacing::KUBELET, kubelet_start: Time::from_nanos(300_000_000), ..NodeConfig::default() };
        let at = |millis: i64| Time::from_nanos(millis * 1_000_000);
        assert_eq!((node.next_look(at(1200)), node.next_look(at(1300)), node.next_poll(at(1300))), (at(1300), at(2300), at(1300)));
        assert_eq!(node.next_look(at(0)), at(300), "before its start, too");
        node.pacing = Pacing::IMMEDIATE;
        assert_eq!((node.next_look(at(1200)), node.next_poll(at(1200))), (at(1200), at(1200)));
    }
}
