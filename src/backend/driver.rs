//! Many Pods, one deadline queue.

use super::roster::Roster;
use super::wheel::Wheel;
use super::{ContainerBackend, PodRef};
use crate::api::{ObjectMeta, PodStatus};
use crate::observation::Observation;
use crate::pod::{Action, Change, Event, NewPod, NodeConfig, Output, Pod, RestoreError, Snapshot, Transition, TransitionError};
use crate::rules::view::WaitingReason;
use crate::spec::{ContainerIndex, Spec};
use crate::time::Time;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Runs many Pods on one backend: carries actions to it and events from it, and wakes each Pod at its deadline.
///
/// The driver keeps no clock: the caller says what time it is. What the Pods tell beside actions goes to the caller's function.
///
/// # Many Pods
///
/// What an event costs does not depend on the number of Pods, except that many fit no cache: deadlines are kept in a hierarchical timer wheel, where
/// to set, to move and to drop one takes constant time, and Pods lie side by side. Beside the [`Pod`] a driver takes 36 bytes for each,
/// if metadata are shared ([`add_shared`](Self::add_shared)); each key that was given out takes 4 bytes as long as one of its 256 neighbours lives.
/// An event without text allocates as little as its Pod does: mostly nothing. Pods with deadlines at the same moment are woken in the order of their places in memory.
///
/// Drivers share nothing. Pods that do not depend on each other can be spread over as many drivers as there are threads, each with its
/// backend, its own `Arc<NodeConfig>` and its own specs (a reference count that threads share slows all of them down): each Pod's life is the same.
/// `examples/million_pods` does so.
#[derive(Debug)]
pub struct Driver<B: ContainerBackend<Pod = usize>> {
    backend: B,
    node: Arc<NodeConfig>,
    /// A key is never given out again, so that late news of a Pod cannot reach another one.
    pods: Roster<Entry>,
    next_key: usize,
    /// Deadlines, by the Pods' places.
    deadlines: Wheel,
    outputs: Vec<Output>,
}

#[derive(Debug)]
struct Entry {
    key: usize,
    pod: Pod,
    meta: Arc<ObjectMeta>,
}

/// What a Pod tells the driver's caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something changed.
    Transition(Transition),
    /// The published status is another.
    StatusChanged,
    /// The Pod asked for this; the backend has it already.
    Asked(Action),
    /// A sync did not bring a container up.
    StartFailed {
        /// The container.
        container: ContainerIndex,
        /// Why.
        reason: WaitingReason,
    },
    /// An event of the backend contradicted the facts; nothing came of it.
    Refused(TransitionError),
}

impl<B: ContainerBackend<Pod = usize>> Driver<B> {
    /// A driver without Pods.
    pub const fn new(backend: B, node: Arc<NodeConfig>) -> Self {
        Self { backend, node, pods: Roster::new(), next_key: 0, deadlines: Wheel::new(), outputs: Vec::new() }
    }

    /// The backend.
    pub const fn backend(&self) -> &B {
        &self.backend
    }

    /// The backend, to be told things from outside.
    pub const fn backend_mut(&mut self) -> &mut B {
        &mut self.backend
    }

    /// The backend alone: the Pods are dropped.
    pub fn into_backend(self) -> B {
        self.backend
    }

    /// A Pod.
    pub fn pod(&self, key: usize) -> Option<&Pod> {
        self.pods.get(key).map(|entry| &entry.pod)
    }

    /// Adds a Pod and says its key. Keys are counted from 0 and used once.
    pub fn add(&mut self, new: NewPod<'_>, tell: &mut impl FnMut(usize, Told, &Pod)) -> usize {
        self.add_shared(&Arc::new(new.meta.clone()), new.spec, new.status, tell)
    }

    /// As [`add`](Self::add), but with metadata that Pods share: for a simulation of so many that a name of its own for each takes too much
    /// memory. A Pod gets its own when it is deleted.
    pub fn add_shared(
        &mut self,
        meta: &Arc<ObjectMeta>,
        spec: &Arc<Spec>,
        status: Option<&PodStatus>,
        tell: &mut impl FnMut(usize, Told, &Pod),
    ) -> usize {
        let pod = Pod::new(NewPod { meta, spec, status }, &self.node, &mut self.outputs);
        let (key, place) = self.keep(pod, Arc::clone(meta));
        self.settle(place, tell);
        key
    }

    /// Adds a Pod from a [`Snapshot`] and says its key. Tell it next what the runtime has ([`observe`](Self::observe)), and then let it ask
    /// again for what is pending ([`resume`](Self::resume)).
    ///
    /// # Errors
    /// As [`Pod::restore`].
    pub fn restore(&mut self, meta: &ObjectMeta, snapshot: Snapshot, spec: &Arc<Spec>) -> Result<usize, RestoreError> {
        self.restore_shared(&Arc::new(meta.clone()), snapshot, spec)
    }

    /// As [`restore`](Self::restore), but with metadata that Pods share, as [`add_shared`](Self::add_shared) does.
    ///
    /// # Errors
    /// As [`Pod::restore`].
    pub fn restore_shared(&mut self, meta: &Arc<ObjectMeta>, snapshot: Snapshot, spec: &Arc<Spec>) -> Result<usize, RestoreError> {
        let pod = Pod::restore(snapshot, spec, &self.node)?;
        let deadline = pod.next_deadline();
        let (key, place) = self.keep(pod, Arc::clone(meta));
        self.deadlines.set(place, deadline.map(|deadline| deadline.at));
        Ok(key)
    }

    fn keep(&mut self, pod: Pod, meta: Arc<ObjectMeta>) -> (usize, u32) {
        let key = self.next_key;
        self.next_key += 1;
        (key, self.pods.insert(key, Entry { key, pod, meta }))
    }

    /// Takes a Pod out. What the backend still reports of it comes to nothing.
    pub fn remove(&mut self, key: usize) -> Option<Pod> {
        let (place, entry) = self.pods.remove(key)?;
        self.deadlines.set(place, None);
        Some(entry.pod)
    }

    /// Tells a Pod something that the backend does not know: what the control plane does by itself, such as the removal of an object. What is said
    /// to a Pod that was not added, or was taken out, comes to nothing.
    ///
    /// # Errors
    /// As [`Pod::handle`].
    pub fn handle(
        &mut self,
        now: Time,
        key: usize,
        event: Event<'_>,
        tell: &mut impl FnMut(usize, Told, &Pod),
    ) -> Result<(), TransitionError> {
        if let Some((place, entry)) = self.pods.entry(key) {
            entry.pod.handle(now, event, &mut self.outputs)?;
            self.settle(place, tell);
        }
        Ok(())
    }

    /// Tells a Pod what a re-list of the runtime found; one that is not there, nothing.
    ///
    /// # Errors
    /// As [`Pod::observe`].
    pub fn observe(
        &mut self,
        now: Time,
        key: usize,
        seen: &Observation,
        tell: &mut impl FnMut(usize, Told, &Pod),
    ) -> Result<(), TransitionError> {
        if let Some((place, entry)) = self.pods.entry(key) {
            entry.pod.observe(now, seen, &mut self.outputs)?;
            self.settle(place, tell);
        }
        Ok(())
    }

    /// Changes a Pod's API object; that of one that is not there stays unchanged.
    ///
    /// The backend has a clock and a spec of its own: bring a simulated node to the same moment first ([`Sim::advance_to`](super::sim::Sim::advance_to)),
    /// and tell it of another spec ([`Sim::respec`](super::sim::Sim::respec)).
    ///
    /// # Errors
    /// As [`Pod::update`].
    pub fn update(
        &mut self,
        now: Time,
        key: usize,
        change: &Change,
        tell: &mut impl FnMut(usize, Told, &Pod),
    ) -> Result<(), TransitionError> {
        if let Some((place, entry)) = self.pods.entry(key) {
            entry.pod.update(now, change, &mut self.outputs)?;
            match *change {
                Change::Spec { generation, .. } => {
                    let meta = Arc::make_mut(&mut entry.meta);
                    meta.generation = meta.generation.max(generation);
                }
                Change::Deletion { at, grace_period_seconds, generation } => {
                    let meta = Arc::make_mut(&mut entry.meta);
                    meta.generation = meta.generation.max(generation);
                    meta.deletion_timestamp = Some(at);
                    meta.deletion_grace_period_seconds = Some(grace_period_seconds);
                }
                _ => {}
            }
            self.settle(place, tell);
        }
        Ok(())
    }

    /// Runs one sync of a Pod now: how syncs happen under [`Pacing::MANUAL`](crate::pod::Pacing::MANUAL).
    pub fn sync(&mut self, now: Time, key: usize, tell: &mut impl FnMut(usize, Told, &Pod)) {
        if let Some((place, entry)) = self.pods.entry(key) {
            entry.pod.sync(now, &mut self.outputs);
            self.settle(place, tell);
        }
    }

    /// Asks the backend again for all that a Pod waits for ([`Pod::pending_actions`]): after a restore, or when the backend has forgotten it.
    pub fn resume(&mut self, key: usize, tell: &mut impl FnMut(usize, Told, &Pod)) {
        if let Some((place, entry)) = self.pods.entry(key) {
            self.outputs.extend(entry.pod.pending_actions().map(Output::Action));
            self.settle(place, tell);
        }
    }

    /// When to call [`advance`](Self::advance) next at the latest, if the backend has no news before.
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.next().map(|(at, _)| at)
    }

    /// Does all that is due: news of the backend, then deadlines, until there is nothing more at this moment.
    pub fn advance(&mut self, now: Time, tell: &mut impl FnMut(usize, Told, &Pod)) {
        loop {
            if let Some((key, event)) = self.backend.poll() {
                let Some((place, entry)) = self.pods.entry(key) else { continue };
                if let Err(refused) = entry.pod.handle(now, event, &mut self.outputs) {
                    tell(key, Told::Refused(refused), &entry.pod);
                }
                self.settle(place, tell);
            } else if let Some(place) = self.deadlines.wake(now) {
                if let Some(entry) = self.pods.at_mut(place) {
                    // A tick contradicts nothing.
                    let _ = entry.pod.handle(now, Event::Tick, &mut self.outputs);
                }
                self.settle(place, tell);
            } else {
                return;
            }
        }
    }

    /// Carries the outputs of one Pod where they belong, and sets its deadline.
    fn settle(&mut self, place: u32, tell: &mut impl FnMut(usize, Told, &Pod)) {
        let Some(&mut Entry { key, ref pod, ref meta }) = self.pods.at_mut(place) else {
            return;
        };
        for output in self.outputs.drain(..) {
            match output {
                Output::Action(action) => {
                    tell(key, Told::Asked(action), pod);
                    self.backend.start(PodRef { key, meta, pod }, action);
                }
                Output::StatusChanged => tell(key, Told::StatusChanged, pod),
                Output::StartFailed { container, reason } => tell(key, Told::StartFailed { container, reason }, pod),
                Output::Transition(transition) => tell(key, Told::Transition(transition), pod),
            }
        }
        self.deadlines.set(place, pod.next_deadline().map(|deadline| deadline.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_adds_little_to_a_pod() {
        assert_eq!(size_of::<Option<Entry>>(), size_of::<Pod>() + 16);
    }
}
