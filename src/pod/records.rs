//! The records of instances in the runtime: those before the newest two, and which ones a sync removes.

use super::Pod;
use super::action::Action;
use super::container::{Attempt, InstanceEvent, InstanceFacts, InstanceStage};
use super::output::{Output, Sink};
use crate::observation::ObservedContainer;
use crate::rules::garbage;
use crate::rules::view::{Exit, InstanceState, TerminatedReason};
use crate::spec::ContainerIndex;
use alloc::string::String;
use alloc::vec::Vec;

/// An instance before the newest two, with its id: only a re-list tells of it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OlderInstance {
    pub(crate) facts: InstanceFacts,
    pub(crate) id: String,
}

impl InstanceFacts {
    /// As a re-list has it. `sandbox` is the attempt of the newest sandbox, `hash` the spec's.
    pub(crate) fn observed(observed: &ObservedContainer, attempt: Attempt, sandbox: u32, hash: u32) -> Self {
        let stage = match observed.state.into() {
            InstanceState::Created => InstanceStage::Created,
            InstanceState::Running => InstanceStage::Running,
            InstanceState::Exited => InstanceStage::Exited,
            InstanceState::Unknown => InstanceStage::Unknown,
        };
        let exit = Exit { code: observed.exit_code, reason: TerminatedReason::from_text(&observed.reason) };
        Self {
            stage,
            attempt,
            // An instance of an older sandbox is not active; which one does not matter.
            sandbox: if observed.active { sandbox } else { u32::MAX },
            restart_count: observed.restart_count,
            hash: if observed.spec_changed { !hash } else { hash },
            exit: if stage == InstanceStage::Exited { exit } else { Exit::default() }.into(),
            started_at: observed.started_at.into(),
            finished_at: observed.finished_at.into(),
        }
    }
}

impl Pod {
    /// What the machine knows of the instances of a container, newest first.
    pub(crate) fn instances(&self, container: ContainerIndex) -> impl Iterator<Item = &InstanceFacts> {
        let newest = self.slots[container.get()].instances.iter().filter(|instance| instance.stage != InstanceStage::Absent);
        newest.chain(self.aside.older(container).iter().map(|older| &older.facts))
    }

    /// One of them, counted from the newest; nothing is known of one that is not there.
    pub(crate) fn instance(&self, container: ContainerIndex, nth: usize) -> InstanceFacts {
        self.instances(container).nth(nth).copied().unwrap_or(InstanceFacts::NONE)
    }

    /// The instances before the newest two, as a re-list has them. Events tell of the newest only: between two re-lists the older ones
    /// count as collected, as the kubelet does when an instance ends.
    pub(crate) fn observe_older(&mut self, container: ContainerIndex, listed: &[&ObservedContainer]) {
        let hash = self.spec.container(container).hash();
        let sandbox = self.sandbox.attempt;
        let mut older = Vec::<OlderInstance>::with_capacity(listed.len());
        // From the older to the newer, so that attempts are numbered in their order.
        for observed in listed.iter().rev() {
            let is_taken = |attempt| older.iter().any(|other| other.facts.attempt == attempt);
            let attempt = self.attempt_of(container, observed, is_taken);
            older.push(OlderInstance { facts: InstanceFacts::observed(observed, attempt, sandbox, hash), id: observed.id.clone() });
        }
        older.reverse();
        if !older.is_empty() || !self.aside.older(container).is_empty() {
            self.aside.make_texts().container_mut(container).older = older;
        }
    }

    /// The newest two are the newest of all again, after one of them has gone.
    pub(crate) fn fill_instances(&mut self, container: ContainerIndex) {
        while self.slots[container.get()].instances[1].stage == InstanceStage::Absent && !self.aside.older(container).is_empty() {
            let slot = &mut self.slots[container.get()];
            let facts = self.aside.make_texts().container_mut(container).take_older(0, slot);
            slot.instances[usize::from(slot.newest().stage != InstanceStage::Absent)] = facts;
        }
    }

    /// The records of init containers are removed, with their logs, before they run in a new sandbox (kubelet `purgeInitContainers`).
    ///
    /// The one that is started at once goes on counting from what the sync has found, the others from 0.
    pub(crate) fn purge_init_containers(&mut self, out: &mut impl Sink) {
        let spec = self.spec.clone();
        for container in spec.init() {
            if self.slots[container.get()].plan.start {
                self.aside.note_purged(self.finished_before_sync(container));
            } else {
                self.slots[container.get()].next_restart_count = 0;
            }
        }
        loop {
            let next = garbage::purged(&spec, &self.runtime()).next();
            let Some((container, nth)) = next else { break };
            self.remove_instance(container, nth, out);
        }
    }

    /// Of init containers only the newest dead instance is kept (kubelet `pruneInitContainersBeforeStart`).
    ///
    /// What the sync itself has stopped was not dead when it began.
    pub(crate) fn prune_init_containers(&mut self, out: &mut impl Sink) {
        for container in self.spec.clone().init() {
            while let Some(nth) = garbage::surplus_init(self.found_states(container)) {
                self.remove_instance(container, nth, out);
            }
        }
    }

    /// The states of the instances of a container, newest first, as the sync in progress found them.
    fn found_states(&self, container: ContainerIndex) -> impl Iterator<Item = InstanceState> {
        let found = self.slots[container.get()].found.state();
        let states = self.instances(container).filter_map(|instance| instance.stage.state());
        states.enumerate().map(move |(nth, state)| found.filter(|_| nth == 0).unwrap_or(state))
    }

    /// Removes the record of an instance: asks the runtime, and forgets it at once.
    pub(crate) fn remove_instance(&mut self, container: ContainerIndex, nth: usize, out: &mut impl Sink) {
        let attempt = self.instance(container, nth).attempt;
        self.memo.touch(container);
        self.slots[container.get()].ask_removal(attempt);
        out.emit(Output::Action(Action::RemoveContainer { container, attempt }));
        match nth {
            0 => {
                self.set_instance(container, InstanceEvent::Removed, out);
                self.slots[container.get()].instances.rotate_left(1);
                self.slots[container.get()].instances[1] = InstanceFacts::NONE;
            }
            1 => self.slots[container.get()].instances[1] = InstanceFacts::NONE,
            _ => self.aside.make_texts().container_mut(container).drop_older(attempt, &self.slots[container.get()]),
        }
        self.fill_instances(container);
    }
}
