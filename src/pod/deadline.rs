//! When the machine wants to be called again.

use super::Pod;
use super::stage::Stage;
use crate::api::PodPhase;
use crate::rules::deadline;
use crate::time::Time;

/// When the machine wants to be called again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Time,
    /// Why.
    pub reason: DeadlineReason,
}

/// Why there is a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadlineReason {
    /// The last call stopped after publishing once; more is due now.
    More,
    /// A sync was triggered and comes with the next look at the runtime.
    Sync,
    /// A sync failed and comes again: after an error, or when a back-off ends.
    Retry,
    /// A probe is due.
    Probe,
    /// `activeDeadlineSeconds` runs out.
    ActiveDeadline,
    /// A preStop hook has used up its budget, or a sidecar has waited its turn for too long.
    Stop,
}

/// A [`Deadline`] or none, in nine bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(Rust, packed)]
pub(crate) struct KeptDeadline {
    at: Option<Time>,
    reason: DeadlineReason,
}

impl KeptDeadline {
    pub(crate) const NONE: Self = Self { at: None, reason: DeadlineReason::More };

    pub(crate) const fn get(self) -> Option<Deadline> {
        match self.at {
            Some(at) => Some(Deadline { at, reason: self.reason }),
            None => None,
        }
    }

    pub(crate) const fn at(self) -> Option<Time> {
        self.at
    }

    pub(crate) const fn more(now: Time) -> Self {
        Self { at: Some(now), reason: DeadlineReason::More }
    }
}

impl From<Option<Deadline>> for KeptDeadline {
    fn from(deadline: Option<Deadline>) -> Self {
        deadline.map_or(Self::NONE, |Deadline { at, reason }| Self { at: Some(at), reason })
    }
}

impl Pod {
    /// The earliest of all that is due at a certain time.
    pub(crate) fn find_deadline(&self) -> Option<Deadline> {
        if self.work.more {
            // Nothing comes before it.
            return self.deadline.get();
        }
        let mut next: Option<Deadline> = None;
        let mut consider = |at: Option<Time>, reason| {
            if let Some(at) = at
                && next.is_none_or(|known| at < known.at)
            {
                next = Some(Deadline { at, reason });
            }
        };
        if self.work.is_idle() && self.node.pacing.automatic && self.has_work() {
            consider(self.work.trigger, DeadlineReason::Sync);
            consider(self.work.retry(), DeadlineReason::Retry);
            consider(self.active_deadline(), DeadlineReason::ActiveDeadline);
        }
        consider(self.next_probe(), DeadlineReason::Probe);
        consider(self.next_stop(), DeadlineReason::Stop);
        next
    }

    /// When the active deadline passes, if the phase does not show it yet (kubelet `activeDeadlineHandler`).
    pub(super) fn active_deadline(&self) -> Option<Time> {
        self.spec.active_deadline()?;
        let counts = self.stage == Stage::Syncing && !self.published.local_phase.is_some_and(PodPhase::is_terminal);
        if !counts {
            return None;
        }
        Some(self.node.next_poll(deadline::passes_at(&self.spec, self.published.start_time.get())?).max(self.work.fresh))
    }
}
