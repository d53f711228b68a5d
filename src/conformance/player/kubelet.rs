//! The kubelet of a play, up and down: volumes, restarts.

use super::{Input, KEY, Observer, Player, Timer, node_config};
use crate::pod::{Event, NewPod, Output, Pod, Stage};
use crate::spec::Spec;
use crate::time::Span;
use alloc::sync::Arc;

/// How long the kubelet waits for volumes in one sync.
pub(super) const VOLUME_TIME_OUT: Span = Span::from_secs(123);

impl<O: Observer> Player<'_, O> {
    /// All volumes are there.
    pub(super) fn volumes_provided(&mut self) {
        if core::mem::take(&mut self.waiting.volumes) {
            self.inputs.push_back(Input::Event(Event::VolumesMounted));
        }
    }

    pub(super) fn on_timer(&mut self, timer: Timer) {
        match timer {
            Timer::StartKubelet => self.start_kubelet(),
            Timer::VolumesTimeOut => {
                if core::mem::take(&mut self.waiting.volumes) {
                    self.inputs.push_back(Input::Event(Event::VolumesFailed));
                }
            }
            Timer::Provide(step) => {
                self.provide(step);
                self.look_again();
            }
            Timer::TaintEviction => {
                self.taint_eviction();
                self.collect_garbage();
            }
            Timer::CollectGarbage => self.collect_garbage(),
        }
    }

    /// The kubelet looks again, as its retry timer would have it do at about this time.
    pub(super) fn look_again(&mut self) {
        if let Some(machine) = &mut self.machine
            && machine.stage().has_worker()
        {
            machine.sync(self.now, &mut self.outputs);
            self.settle();
        }
    }

    /// The kubelet goes away with all it kept in memory; the containers stay.
    pub(super) fn stop_kubelet(&mut self) {
        self.kubelet_up = false;
        self.sim.abandon_stops(KEY);
        if self.machine.as_ref().is_some_and(|machine| machine.stage().is_bound() && machine.stage() != Stage::Bound) {
            self.machine = None;
            (self.waiting.volumes, self.waiting.update) = (false, None);
        }
    }

    /// A new kubelet finds the Pod in the API server and in the runtime.
    pub(super) fn start_kubelet(&mut self) {
        if core::mem::replace(&mut self.kubelet_up, true) {
            return;
        }
        self.node = Arc::new(node_config(self.scenario, self.settings, self.now));
        // What it knew of a shutdown is gone.
        self.shutdown = None;
        if self.waiting.admit {
            self.admit();
        }
        if self.machine.is_none() {
            self.spec = Arc::new(Spec::as_given(self.object.spec.clone()));
            let new = NewPod { meta: &self.object.metadata, spec: &self.spec, status: Some(&self.object.status) };
            let mut taken_up = alloc::vec::Vec::<Output>::new();
            let mut machine = Pod::new(new, &self.node, &mut taken_up);
            // What the runtime has is known before anything is done.
            if let Err(refused) = machine.observe(self.now, &self.observation(), &mut taken_up) {
                self.refused(&alloc::format!("{refused}"));
            }
            // The object may have gone meanwhile.
            if !self.stored
                && let Err(refused) = machine.handle(self.now, Event::ObjectRemoved, &mut taken_up)
            {
                self.refused(&alloc::format!("{refused}"));
            }
            self.sim.rebind(KEY, &machine);
            self.machine = Some(machine);
            self.outputs.extend(taken_up);
            self.settle();
        }
    }
}
