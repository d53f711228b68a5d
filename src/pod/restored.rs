//! What a snapshot must be for a Pod to be made of it: the invariants that the machine upholds and relies on.

use super::aside::Aside;
use super::container::{Attempt, InstanceFacts, InstanceStage, Slot};
use super::deadline::KeptDeadline;
use super::memo::Memo;
use super::probing::Probing;
use super::sandbox::{SandboxFacts, SandboxState};
use super::snapshot::Kept;
use super::stage::Stage;
use super::work::{StartStep, Step};
use super::{NodeConfig, Pod};
use crate::api::PodPhase;
use crate::rules::grace::StopPhase;
use crate::spec::{ContainerIndex, Spec};
use alloc::sync::Arc;

/// Instances are numbered up to here in a snapshot, so that a restored Pod has numbers left: one restart a second for 34 years.
const MOST_ATTEMPTS: Attempt = Attempt(1 << 30);

/// Why no Pod could be made of a [`Snapshot`](super::Snapshot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is written in another way than this crate knows.
    #[error("the snapshot's version is not known")]
    UnknownVersion,
    /// It was taken of a Pod whose spec had other containers or images.
    #[error("the snapshot is of a Pod with another spec")]
    OtherSpec,
    /// No Pod can have given it: one part of it contradicts another, or is out of range.
    #[error("the snapshot cannot be true: {0}")]
    Contradiction(&'static str),
}

fn holds(true_: bool, what: &'static str) -> Result<(), RestoreError> {
    if true_ { Ok(()) } else { Err(RestoreError::Contradiction(what)) }
}

impl Pod {
    /// Makes a Pod of what was kept, if it fits together.
    pub(crate) fn restore_kept(kept: Kept, spec: &Arc<Spec>, node: &Arc<NodeConfig>) -> Result<Self, RestoreError> {
        let Kept { stage, volumes, object, sandbox, work, published, containers, probes, texts, shown_spec, next_spec, resizing } = kept;
        let known = containers.iter().zip(spec.containers()).all(|(kept, container)| kept.is_of(container));
        if containers.len() != spec.containers().len() || !known {
            return Err(RestoreError::OtherSpec);
        }
        let shown_spec = shown_spec.map(Spec::as_given).filter(|shown| *shown != **spec).map(Arc::new);
        let next_spec = next_spec.map(|(next, generation)| (Arc::new(Spec::as_given(next)), generation));
        holds(
            shown_spec.as_ref().is_none_or(|shown| shown.may_become(spec)),
            "the spec shown before is not one that this spec can come from",
        )?;
        holds(next_spec.as_ref().is_none_or(|(next, _)| spec.may_become(next)), "the next spec is not one that this spec may become")?;
        let mut probing = Probing::of(spec);
        for kept in probes {
            let place = probing.iter_mut().find(|probing| (probing.container, probing.kind) == (kept.container, kept.kind));
            *place.ok_or(RestoreError::Contradiction("a probe that the spec does not have"))? = kept;
        }
        let slots = containers.into_iter().map(|kept| kept.slot).collect();
        let resizing = resizing.map(|kept| kept.restore(spec)).transpose()?;
        let aside = Aside { texts, resizing, next_spec, shown_spec, kill: object.kill, purged: work.purged };
        let mut pod = Self {
            spec: Arc::clone(spec),
            node: Arc::clone(node),
            aside: aside.into(),
            slots,
            probing,
            published,
            object: object.object,
            sandbox,
            work: work.restore(),
            stage,
            volumes,
            spoken: false,
            deadline: work.more.map_or(KeptDeadline::NONE, KeptDeadline::more),
            memo: Memo::default(),
        };
        pod.check()?;
        pod.find_next_probe();
        pod.end_call();
        Ok(pod)
    }

    /// Whether all parts fit together.
    fn check(&self) -> Result<(), RestoreError> {
        self.check_status()?;
        self.slots.iter().try_for_each(check_slot)?;
        for Probing { worker, container, .. } in &self.probing {
            let numbered = |id: crate::rules::probe::InstanceId| Attempt(id.get()) < self.slots[container.get()].next_attempt;
            holds(worker.instance().is_none_or(numbered), "a probe of an attempt that was never made")?;
        }
        holds(self.aside.texts().is_none_or(|texts| texts.fit(&self.slots)), "texts of instances that there cannot be")?;
        holds(self.sandbox.state != SandboxState::Absent || self.sandbox == SandboxFacts::NONE, "facts of a sandbox that is not there")?;
        self.check_step()?;
        self.check_stops()
    }

    /// The API server has a phase once it has the Pod; the kubelet's is ahead of it only while a terminal one is held back, and behind it where
    /// another writer has made it Unknown.
    fn check_status(&self) -> Result<(), RestoreError> {
        let (phase, local) = (self.published.phase, self.published.local_phase);
        holds(phase.is_some() == (self.stage != Stage::Accepted), "the phase does not fit the stage")?;
        let held_back = local.is_some_and(PodPhase::is_terminal) && !phase.is_some_and(PodPhase::is_terminal);
        let is_lost = phase == Some(PodPhase::Unknown);
        holds(local.is_none() || local == phase || held_back || is_lost, "the kubelet's phase does not fit the published one")
    }

    /// Each step of the work belongs to a stage, and to containers that there are.
    fn check_step(&self) -> Result<(), RestoreError> {
        let fits = match self.work.step {
            Step::Idle => true,
            // What ran of a refused Pod is ended without a worker.
            Step::EndContainers | Step::EndSandbox(_) => matches!(self.stage, Stage::Terminating | Stage::Rejected),
            Step::EndStatus => matches!(self.stage, Stage::Terminating | Stage::Terminated),
            Step::Unmount => self.stage == Stage::Terminated,
            _ => self.stage == Stage::Syncing,
        };
        holds(fits, "the step does not fit the stage")?;
        let (Step::StopContainer(container) | Step::Reset(container, _) | Step::Update(container, ..) | Step::Start(container, _)) =
            self.work.step
        else {
            return Ok(());
        };
        let slot =
            self.slots.get(container.get()).ok_or(RestoreError::Contradiction("a step of a container that the spec does not have"))?;
        let made = self.work.created() < slot.next_attempt;
        match self.work.step {
            Step::Update(_, attempt, _) => holds(
                attempt < slot.next_attempt && self.aside.resizing().is_some(),
                "an update of an attempt that was never made, or without a resize",
            ),
            Step::Start(_, StartStep::Run | StartStep::Undo) => holds(made, "a start of an attempt that was never made"),
            Step::Start(_, StartStep::PostStart) => {
                holds(made && self.spec.container(container).post_start().is_some(), "a postStart hook that there is not")
            }
            _ => Ok(()),
        }
    }

    /// Stops under way belong to a step that waits for them, and such a step has some.
    fn check_stops(&self) -> Result<(), RestoreError> {
        let only = |container: ContainerIndex| {
            let mut others = self.spec.indexes().filter(|&c| c != container);
            self.slots[container.get()].stopping.is_some() && others.all(|c| self.slots[c.get()].stopping.is_none())
        };
        let fits = match self.work.step {
            Step::StopPod | Step::EndContainers => self.is_stopping(),
            Step::StopContainer(container) | Step::Reset(container, _) | Step::Start(container, StartStep::Undo) => only(container),
            _ => !self.is_stopping(),
        };
        holds(fits, "the step does not fit the stops under way")?;
        for (slot, container) in self.slots.iter().zip(self.spec.containers()) {
            if let Some(stop) = slot.stopping {
                let waits = if stop.phase() == StopPhase::PreStop { container.pre_stop().is_some() } else { slot.may_run() };
                holds(waits, "a stop of nothing")?;
            }
        }
        Ok(())
    }
}

/// Instances are numbered upwards, and those shown are among those that were made.
fn check_slot(slot: &Slot) -> Result<(), RestoreError> {
    holds(slot.next_attempt <= MOST_ATTEMPTS, "an attempt that is out of range")?;
    let [newest, older] = &slot.instances;
    let is_absent = |instance: &InstanceFacts| instance.stage == InstanceStage::Absent;
    for instance in [newest, older] {
        let made = instance.attempt < slot.next_attempt && !slot.is_being_removed(instance.attempt);
        let fits = if is_absent(instance) { *instance == InstanceFacts::NONE } else { made };
        holds(fits, "an attempt that was never made")?;
    }
    holds(!is_absent(newest) || is_absent(older), "an older instance without a newer one")?;
    holds(is_absent(older) || newest.attempt != older.attempt, "one attempt twice")?;
    holds(slot.shown_attempts().into_iter().flatten().all(|shown| shown < slot.next_attempt), "a status of an attempt that was never made")
}
