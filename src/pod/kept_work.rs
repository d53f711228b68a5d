//! The work of a Pod as a value that can be stored.

use super::container::Attempt;
use super::left_out::is_default;
use super::work::{Failure, StartStep, Step, Work};
use crate::rules::actions::PodActions;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What is kept of a [`Work`], every field on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KeptWork {
    step: Step,
    #[serde(skip_serializing_if = "is_default")]
    actions: PodActions,
    sandboxes_asked: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) purged: Option<Time>,
    creating: u32,
    #[serde(skip_serializing_if = "is_default")]
    created: Attempt,
    #[serde(skip_serializing_if = "is_default")]
    failure: Failure,
    #[serde(skip_serializing_if = "is_default")]
    trigger: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    late: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    fresh: Time,
    #[serde(skip_serializing_if = "is_default")]
    retry: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    asked: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) more: Option<Time>,
    #[serde(skip_serializing_if = "is_default")]
    jitter: u16,
}

impl Default for KeptWork {
    fn default() -> Self {
        Self::of(&Work::idle(0), None, None)
    }
}

impl KeptWork {
    /// `more` is when the call ended that left more to do.
    pub(crate) fn of(work: &Work, purged: Option<Time>, more: Option<Time>) -> Self {
        let about = work.about;
        let is_creating = matches!(work.step, Step::Start(_, StartStep::Create));
        let (creating, created) = if is_creating { (about, 0) } else { (0, about) };
        Self {
            step: work.step,
            actions: work.actions,
            sandboxes_asked: work.sandboxes_asked,
            purged,
            creating,
            created: Attempt(created),
            failure: work.failure(),
            trigger: work.trigger,
            late: work.late,
            fresh: work.fresh,
            retry: work.retry(),
            asked: work.asked,
            more,
            jitter: work.jitter,
        }
    }

    pub(crate) fn restore(&self) -> Work {
        let mut work = Work::idle(self.jitter);
        (work.step, work.actions, work.sandboxes_asked) = (self.step, self.actions, self.sandboxes_asked);
        let is_creating = matches!(self.step, Step::Start(_, StartStep::Create));
        work.about = if is_creating { self.creating } else { self.created.0 };
        (work.trigger, work.late, work.fresh) = (self.trigger, self.late, self.fresh);
        (work.asked, work.more) = (self.asked, self.more.is_some());
        work.set_retry(self.retry);
        work.fail(self.failure);
        work
    }
}
