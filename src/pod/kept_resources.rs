//! A resize as a value that can be stored: each spec once, and by its place where it is spoken of.

use super::ledger::{Ledger, ResizeCondition, Resizing};
use super::restored::RestoreError;
use crate::api;
use crate::spec::{ContainerIndex, Spec};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What is kept of a [`Resizing`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptResizing {
    specs: Vec<api::PodSpec>,
    now: KeptLedger,
    shown: KeptLedger,
    changed: bool,
    working: usize,
    first: usize,
    generation: i64,
    awaited: bool,
    updates_begun: bool,
    resume_after: Option<ContainerIndex>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptLedger {
    allocated: usize,
    actuated: Vec<[usize; 2]>,
    pod: [usize; 2],
    pending: Option<ResizeCondition>,
    in_progress: Option<ResizeCondition>,
}

impl From<&Resizing> for KeptResizing {
    fn from(resizing: &Resizing) -> Self {
        // Without `..`: a field more has to be thought of here.
        let Resizing { now, shown, changed, working, first, generation, awaited, updates_begun, resume_after } = resizing;
        let mut specs = Vec::new();
        let [now, shown] = [now, shown].map(|ledger| KeptLedger::of(ledger, &mut specs));
        Self {
            now,
            shown,
            changed: *changed,
            working: place(working, &mut specs),
            first: place(first, &mut specs),
            generation: *generation,
            awaited: *awaited,
            updates_begun: *updates_begun,
            resume_after: *resume_after,
            specs: specs.into_iter().map(|spec| spec.api().clone()).collect(),
        }
    }
}

impl KeptLedger {
    fn of(ledger: &Ledger, specs: &mut Vec<Arc<Spec>>) -> Self {
        let Ledger { allocated, actuated, pod, pending, in_progress } = ledger;
        let mut both = |pair: &[Arc<Spec>; 2]| [place(&pair[0], specs), place(&pair[1], specs)];
        Self {
            actuated: actuated.iter().map(&mut both).collect(),
            pod: both(pod),
            allocated: place(allocated, specs),
            pending: pending.clone(),
            in_progress: in_progress.clone(),
        }
    }

    fn restore(self, specs: &[Arc<Spec>], containers: usize) -> Option<Ledger> {
        let one = |n: usize| specs.get(n).map(Arc::clone);
        let both = |[memory, cpu]: [usize; 2]| Some([one(memory)?, one(cpu)?]);
        Some(Ledger {
            allocated: one(self.allocated)?,
            actuated: (self.actuated.len() == containers).then(|| self.actuated.into_iter().map(both).collect::<Option<_>>())??,
            pod: both(self.pod)?,
            pending: self.pending,
            in_progress: self.in_progress,
        })
    }
}

/// Where a spec is in the list, which it is put into if it is not there.
fn place(spec: &Arc<Spec>, specs: &mut Vec<Arc<Spec>>) -> usize {
    specs.iter().position(|known| Arc::ptr_eq(known, spec) || known == spec).unwrap_or_else(|| {
        specs.push(Arc::clone(spec));
        specs.len() - 1
    })
}

impl KeptResizing {
    /// What was kept, if it is of a Pod with this spec.
    pub(crate) fn restore(self, spec: &Arc<Spec>) -> Result<Box<Resizing>, RestoreError> {
        let given = |api| {
            let other = Spec::as_given(api);
            if other == **spec { Arc::clone(spec) } else { Arc::new(other) }
        };
        let specs: Vec<Arc<Spec>> = self.specs.into_iter().map(given).collect();
        if !specs.iter().all(|other| other.may_become(spec) || spec.may_become(other)) {
            return Err(RestoreError::Contradiction("resources of another Pod"));
        }
        let containers = spec.init_and_regular().len();
        let restored = || {
            Some(Box::new(Resizing {
                now: self.now.restore(&specs, containers)?,
                shown: self.shown.restore(&specs, containers)?,
                changed: self.changed,
                working: Arc::clone(specs.get(self.working)?),
                first: Arc::clone(specs.get(self.first)?),
                generation: self.generation,
                awaited: self.awaited,
                updates_begun: self.updates_begun,
                resume_after: self.resume_after.filter(|container| container.get() < spec.containers().len()),
            }))
        };
        restored().ok_or(RestoreError::Contradiction("resources that are not listed"))
    }
}
