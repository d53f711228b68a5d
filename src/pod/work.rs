//! How far the worker of a Pod is, and what asks for its next sync.

use super::container::Attempt;
use super::left_out::is_default;
use crate::rules::actions::{PodActions, ResizedResource};
use crate::spec::ContainerIndex;
use crate::time::Time;

/// The kubelet's worker for this Pod: the sync in progress, and what asks for the next one.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Work {
    pub(crate) step: Step,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) actions: PodActions,
    /// The attempt after the newest sandbox that was asked for.
    pub(crate) sandboxes_asked: u32,
    /// When the init container that begins anew in a new sandbox had ended last: the sync has removed its records.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) purged: Option<Time>,
    /// Hash of the container that is being created, as it was asked for: the spec may change before the answer is there.
    pub(crate) creating: u32,
    /// The instance created last, whether or not its record is still there.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) created: Attempt,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) failure: Failure,
    /// A trigger came in: the next sync may begin then.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) trigger: Option<Time>,
    /// The runtime changed after something had triggered a sync; when that is seen last. If the look that begins the sync sees it, it asks for
    /// one more.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) late: Option<Time>,
    /// The next sync waits for this look at the runtime (kubelet `GetNewerThan`).
    #[serde(skip_serializing_if = "is_default")]
    pub(super) fresh: Time,
    /// The last sync failed, or a resync is due.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) retry: Option<Time>,
    /// The caller asked for a sync.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) asked: bool,
    /// The call ended after publishing at this moment; there is more to do.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) more: Option<Time>,
    /// The share of a delay that is added to it, in thousandths.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) jitter: u16,
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Step {
    /// Nothing in progress.
    Idle,
    /// A sync waits for the volumes.
    Volumes,
    /// A sync stops the whole Pod, to make a new sandbox or for good.
    StopPod,
    /// A sync takes down the sandboxes, the newest first; this one now.
    StopSandbox(u32),
    /// A sync updates the resources of containers; this one now.
    Update(ContainerIndex, ResizedResource),
    /// A sync stops one container after the other; this one now.
    StopContainer(ContainerIndex),
    /// A sync resets all containers in place (KEP-5532); this instance is being stopped.
    Reset(ContainerIndex, Attempt),
    /// A sync waits for the new sandbox.
    Sandbox,
    /// A sync starts containers; this one now.
    Start(ContainerIndex, StartStep),
    /// The Pod is stopped for good.
    EndContainers,
    /// Its sandboxes are taken down for good, the newest first; this one now.
    EndSandbox(u32),
    /// Its last statuses are due.
    EndStatus,
    /// Its volumes are taken down.
    Unmount,
}

impl Step {
    /// Whether containers may be being stopped: no other step waits for that.
    pub(crate) const fn stops(self) -> bool {
        matches!(self, Self::StopPod | Self::StopContainer(_) | Self::Reset(..) | Self::EndContainers | Self::Start(_, StartStep::Undo))
    }
}

/// How far the start of one container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) enum StartStep {
    /// The image is looked up.
    ImageStatus,
    /// The image is pulled.
    Pull,
    /// The instance is made.
    Create,
    /// The instance is started.
    Run,
    /// Its postStart hook runs.
    PostStart,
    /// Its postStart hook failed; it is stopped.
    Undo,
}

/// What failed in a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Failure {
    #[default]
    None,
    /// Only back-offs refused; the earliest ends then.
    BackOff(Time),
    /// Something else.
    Error,
}

impl Default for Work {
    fn default() -> Self {
        Self::IDLE
    }
}

impl Work {
    const IDLE: Self = Self {
        step: Step::Idle,
        actions: PodActions { kill_pod: false, create_sandbox: false, attempt: 0, reset: false, update_pod_resources: false },
        purged: None,
        creating: 0,
        created: Attempt(0),
        failure: Failure::None,
        sandboxes_asked: 0,
        trigger: None,
        late: None,
        fresh: Time::EPOCH,
        retry: None,
        asked: false,
        more: None,
        jitter: 0,
    };

    /// No work yet, with the jitter of the Pod's delays.
    pub(crate) const fn idle(jitter: u16) -> Self {
        Self { jitter, ..Self::IDLE }
    }

    pub(crate) const fn ask(&mut self) {
        self.asked = true;
    }

    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self.step, Step::Idle)
    }

    /// Records a failure: an error outweighs a back-off (kubelet `MinBackoffExpiration`).
    pub(crate) fn fail(&mut self, failure: Failure) {
        self.failure = match (self.failure, failure) {
            (Failure::BackOff(a), Failure::BackOff(b)) => Failure::BackOff(a.min(b)),
            (Failure::Error, _) | (_, Failure::Error) => Failure::Error,
            (Failure::None, other) | (other, Failure::None) => other,
        };
    }

    /// Something asks for a sync: at once, or with the next look at the runtime.
    pub(crate) fn trigger(&mut self, at: Time) {
        let at = at.max(self.fresh);
        self.trigger = Some(self.trigger.map_or(at, |known| known.min(at)));
    }

    /// The next sync waits for this look at the runtime, whatever asks for it.
    pub(super) fn wait_for(&mut self, look: Time) {
        self.fresh = look;
        self.trigger = self.trigger.map(|at| at.max(look));
    }

    /// There is more to do in the next call.
    pub(crate) const fn more(&mut self, now: Time) {
        self.more = Some(now);
    }
}
