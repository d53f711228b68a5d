//! Many Pods, one deadline queue.

use super::{ContainerBackend, PodRef};
use crate::api::ObjectMeta;
use crate::observation::Observation;
use crate::pod::{Action, Change, Event, NewPod, NodeConfig, Output, Pod, Transition, TransitionError};
use crate::rules::view::WaitingReason;
use crate::spec::ContainerIndex;
use crate::time::Time;
use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Runs many Pods on one backend: carries actions to it and events from it, and wakes each Pod at its deadline.
///
/// The driver keeps no clock: the caller says what time it is. What the Pods tell beside actions goes to the caller's function.
#[derive(Debug)]
pub struct Driver<B: ContainerBackend<Pod = usize>> {
    backend: B,
    node: Arc<NodeConfig>,
    /// By key. A key is never given out again, so that late news and old deadlines of a Pod cannot reach another one.
    pods: Vec<Option<Box<Entry>>>,
    /// Deadlines; an entry that is not its Pod's present one is passed over.
    queue: BinaryHeap<Reverse<(Time, usize)>>,
    outputs: Vec<Output>,
}

#[derive(Debug)]
struct Entry {
    pod: Pod,
    meta: ObjectMeta,
    /// The deadline that stands in the queue.
    queued: Option<Time>,
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
        Self { backend, node, pods: Vec::new(), queue: BinaryHeap::new(), outputs: Vec::new() }
    }

    /// The backend.
    pub const fn backend(&self) -> &B {
        &self.backend
    }

    /// The backend, to be told things from outside.
    pub const fn backend_mut(&mut self) -> &mut B {
        &mut self.backend
    }

    /// A Pod.
    pub fn pod(&self, key: usize) -> Option<&Pod> {
        self.pods.get(key)?.as_ref().map(|entry| &entry.pod)
    }

    /// Adds a Pod and says its key. Keys are counted from 0 and used once.
    pub fn add(&mut self, new: NewPod<'_>, tell: &mut impl FnMut(usize, Told, &Pod)) -> usize {
        let pod = Pod::new(new, &self.node, &mut self.outputs);
        let key = self.pods.len();
        self.pods.push(Some(Box::new(Entry { pod, meta: new.meta.clone(), queued: None })));
        self.settle(key, tell);
        key
    }

    /// Takes a Pod out. What the backend still reports of it comes to nothing.
    pub fn remove(&mut self, key: usize) -> Option<Pod> {
        Some(self.pods.get_mut(key)?.take()?.pod)
    }

    /// Tells a Pod something that the backend does not know: what the control plane does by itself, such as the removal of an object.
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
        if let Some(Some(entry)) = self.pods.get_mut(key) {
            entry.pod.handle(now, event, &mut self.outputs)?;
            self.settle(key, tell);
        }
        Ok(())
    }

    /// Tells a Pod what a re-list of the runtime found.
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
        if let Some(Some(entry)) = self.pods.get_mut(key) {
            entry.pod.observe(now, seen, &mut self.outputs)?;
            self.settle(key, tell);
        }
        Ok(())
    }

    /// Changes a Pod's API object.
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
        if let Some(Some(entry)) = self.pods.get_mut(key) {
            entry.pod.update(now, change, &mut self.outputs)?;
            self.settle(key, tell);
        }
        Ok(())
    }

    /// When to call [`advance`](Self::advance) next at the latest, if the backend has no news before.
    pub fn next_deadline(&mut self) -> Option<Time> {
        while let Some(&Reverse((at, key))) = self.queue.peek() {
            if self.pods[key].as_ref().is_some_and(|entry| entry.queued == Some(at)) {
                return Some(at);
            }
            self.queue.pop();
        }
        None
    }

    /// Does all that is due: news of the backend, then deadlines, until there is nothing more at this moment.
    pub fn advance(&mut self, now: Time, tell: &mut impl FnMut(usize, Told, &Pod)) {
        loop {
            if let Some((key, event)) = self.backend.poll() {
                let Some(Some(entry)) = self.pods.get_mut(key) else {
                    continue;
                };
                if let Err(refused) = entry.pod.handle(now, event, &mut self.outputs) {
                    tell(key, Told::Refused(refused), &entry.pod);
                }
                self.settle(key, tell);
            } else if self.next_deadline().is_some_and(|at| at <= now) {
                let Some(Reverse((_, key))) = self.queue.pop() else {
                    continue;
                };
                if let Some(entry) = &mut self.pods[key] {
                    entry.queued = None;
                    // A tick contradicts nothing.
                    let _ = entry.pod.handle(now, Event::Tick, &mut self.outputs);
                }
                self.settle(key, tell);
            } else {
                return;
            }
        }
    }

    /// Carries the outputs of one Pod where they belong, and queues its deadline.
    fn settle(&mut self, key: usize, tell: &mut impl FnMut(usize, Told, &Pod)) {
        let Some(entry) = self.pods[key].as_deref_mut() else {
            return;
        };
        for output in self.outputs.drain(..) {
            match output {
                Output::Action(action) => {
                    tell(key, Told::Asked(action), &entry.pod);
                    self.backend.start(PodRef { key, meta: &entry.meta, pod: &entry.pod }, action);
                }
                Output::StatusChanged => tell(key, Told::StatusChanged, &entry.pod),
                Output::StartFailed { container, reason } => tell(key, Told::StartFailed { container, reason }, &entry.pod),
                Output::Transition(transition) => tell(key, Told::Transition(transition), &entry.pod),
            }
        }
        let deadline = entry.pod.next_deadline().map(|deadline| deadline.at);
        if deadline != entry.queued {
            entry.queued = deadline;
            if let Some(at) = deadline {
                self.queue.push(Reverse((at, key)));
            }
        }
    }
}
