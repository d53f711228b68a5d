//! How far the worker of a Pod is, and what asks for its next sync.

use super::container::Attempt;
use crate::rules::actions::{PodActions, ResizedResource};
use crate::spec::ContainerIndex;
use crate::time::Time;

/// The kubelet's worker for this Pod: the sync in progress, and what asks for the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Work {
    pub(crate) step: Step,
    pub(crate) actions: PodActions,
    /// The attempt after the newest sandbox that was asked for.
    pub(crate) sandboxes_asked: u32,
    /// Of a start: first [`creating`](Self::creating), then [`created`](Self::created).
    pub(super) about: u32,
    /// A trigger came in: the next sync may begin then.
    pub(super) trigger: Option<Time>,
    /// The runtime changed after something had triggered a sync; when that is seen last. If the look that begins the sync sees it, it asks for
    /// one more.
    pub(super) late: Option<Time>,
    /// The next sync waits for this look at the runtime (kubelet `GetNewerThan`).
    pub(super) fresh: Time,
    /// When no sync is in progress: the last one failed, or a resync is due. In a sync: the end of the earliest back-off that has refused.
    until: Option<Time>,
    failed: Failed,
    /// The caller asked for a sync.
    pub(super) asked: bool,
    /// The call ended after publishing; there is more to do. When that was stands as the deadline.
    pub(super) more: bool,
    /// The share of a delay that is added to it, in thousandths.
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
    /// A sync updates the resources of containers; those of this instance now.
    Update(ContainerIndex, Attempt, ResizedResource),
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

/// A [`Failure`] without its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    No,
    BackOff,
    Error,
}

impl Work {
    const IDLE: Self = Self {
        step: Step::Idle,
        actions: PodActions { kill_pod: false, create_sandbox: false, attempt: 0, reset: false, update_pod_resources: false },
        sandboxes_asked: 0,
        about: 0,
        trigger: None,
        late: None,
        fresh: Time::EPOCH,
        until: None,
        failed: Failed::No,
        asked: false,
        more: false,
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

    /// What has failed in the sync in progress.
    pub(super) const fn failure(&self) -> Failure {
        match (self.failed, self.until) {
            (Failed::BackOff, Some(until)) => Failure::BackOff(until),
            (Failed::Error, _) => Failure::Error,
            (Failed::No | Failed::BackOff, _) => Failure::None,
        }
    }

    /// Records a failure: an error outweighs a back-off (kubelet `MinBackoffExpiration`).
    pub(crate) fn fail(&mut self, failure: Failure) {
        match (self.failure(), failure) {
            (Failure::BackOff(a), Failure::BackOff(b)) => self.until = Some(a.min(b)),
            (Failure::None, Failure::BackOff(until)) => (self.failed, self.until) = (Failed::BackOff, Some(until)),
            (_, Failure::Error) => (self.failed, self.until) = (Failed::Error, None),
            (Failure::Error, _) | (_, Failure::None) => {}
        }
    }

    /// When a sync is due although nothing asks for it.
    pub(super) fn retry(&self) -> Option<Time> {
        self.until.filter(|_| self.failed == Failed::No)
    }

    /// A sync is over, or begins: nothing has failed, and the next one is due then.
    pub(super) const fn set_retry(&mut self, at: Option<Time>) {
        (self.failed, self.until) = (Failed::No, at);
    }

    /// A container is created with this hash: the spec may change before the answer is there.
    pub(crate) const fn create(&mut self, container: ContainerIndex, hash: u32) {
        self.step = Step::Start(container, StartStep::Create);
        self.about = hash;
    }

    /// The hash of the container that is being created, as it was asked for.
    pub(crate) const fn creating(&self) -> u32 {
        self.about
    }

    /// An instance was created; it is being started.
    pub(crate) const fn start(&mut self, container: ContainerIndex, attempt: Attempt) {
        self.step = Step::Start(container, StartStep::Run);
        self.about = attempt.0;
    }

    /// The instance that is being started, whether or not its record is still there.
    pub(crate) const fn created(&self) -> Attempt {
        Attempt(self.about)
    }

    /// No instance is being made or started any more.
    pub(super) const fn forget_start(&mut self) {
        self.about = 0;
    }

    /// A sync is due at this moment, or before.
    pub(super) fn trigger(&mut self, at: Time) {
        self.trigger = Some(self.trigger.map_or(at, |known| known.min(at)));
    }

    /// The next sync waits for this look at the runtime, whatever asks for it.
    pub(super) fn wait_for(&mut self, look: Time) {
        self.fresh = look;
        self.trigger = self.trigger.map(|at| at.max(look));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_of_a_pod_is_eight_words() {
        assert_eq!(size_of::<Work>(), 64);
    }

    #[test]
    fn an_error_outweighs_a_back_off_and_the_earliest_counts() {
        let at = Time::from_secs;
        let mut work = Work::idle(0);
        work.set_retry(Some(at(5)));
        assert_eq!((work.retry(), work.failure()), (Some(at(5)), Failure::None));
        work.set_retry(None);
        work.fail(Failure::BackOff(at(9)));
        work.fail(Failure::BackOff(at(7)));
        work.fail(Failure::BackOff(at(8)));
        work.fail(Failure::None);
        assert_eq!((work.retry(), work.failure()), (None, Failure::BackOff(at(7))));
        work.fail(Failure::Error);
        work.fail(Failure::BackOff(at(6)));
        assert_eq!((work.retry(), work.failure()), (None, Failure::Error));
        work.set_retry(Some(at(10)));
        assert_eq!((work.retry(), work.failure()), (Some(at(10)), Failure::None));
    }
}
