//! Stops of containers: preStop, a sidecar's turn, the stop signal (kubelet `killContainer`, `terminationOrdering`).

use super::action::{Action, HookKind};
use super::output::{Output, Sink};
use super::work::{StartStep, Step};
use super::{Attempt, InstanceStage, Pod};
use crate::rules::grace::{self, Stop, StopBudget, StopPhase};
use crate::rules::termination_order;
use crate::spec::ContainerIndex;
use crate::time::Time;

impl Pod {
    /// Begins to stop every running container of the Pod, in parallel and with the order of sidecars.
    ///
    /// `seconds` is the Pod's effective grace period; without one each container has its own.
    pub(crate) fn stop_all(&mut self, now: Time, seconds: Option<i64>, out: &mut impl Sink) {
        let spec = self.spec.clone();
        // First all are marked, so that each sidecar sees whom it has to wait for.
        for container in spec.indexes() {
            let own = grace::kill_grace_seconds(&spec, container, self.deletion_grace(), None);
            let slot = &mut self.slots[container.get()];
            if slot.is_running() && slot.stopping.is_none() {
                let budget = StopBudget::starting(own, seconds);
                slot.stopping = Some(Stop::begin(now, spec.container(container), budget, true));
            }
        }
        for container in spec.indexes() {
            if let Some(stop) = self.slots[container.get()].stopping {
                let must_wait = self.must_wait(container);
                let stop = Stop::begin(now, spec.container(container), stop.budget(), must_wait);
                self.stop_on(container, stop, out);
            }
        }
    }

    /// Begins to stop one running container; the Pod lives on.
    pub(crate) fn stop(&mut self, now: Time, container: ContainerIndex, seconds: i64, out: &mut impl Sink) {
        let budget = StopBudget::starting(seconds, None);
        self.stop_on(container, Stop::begin(now, self.spec.container(container), budget, false), out);
    }

    /// Stops an instance at once with the shortest grace, without preStop, to be removed (KEP-5532). Whether that has to be waited for: one
    /// that does not run is told to stop and stays as it is.
    pub(crate) fn stop_abruptly(&mut self, now: Time, container: ContainerIndex, nth: usize, out: &mut impl Sink) -> bool {
        let attempt = self.instance(container, nth).attempt;
        let waits = nth == 0 && self.slots[container.get()].may_run();
        if waits {
            self.work.step = Step::Reset(container, attempt);
            self.stop(now, container, 0, out);
        } else {
            let timeout_seconds = StopBudget::starting(0, None).stop_timeout();
            out.emit(Output::Action(Action::StopContainer { container, attempt, timeout_seconds }));
        }
        waits
    }

    /// The stop of a container has come so far: asks for what is next.
    fn stop_on(&mut self, container: ContainerIndex, stop: Stop, out: &mut impl Sink) {
        let slot = &mut self.slots[container.get()];
        slot.stopping = Some(stop);
        let attempt = slot.newest().attempt;
        match stop.phase() {
            StopPhase::PreStop => out.emit(Output::Action(Action::RunHook { container, attempt, hook: HookKind::PreStop })),
            StopPhase::WaitForTurn => {}
            StopPhase::StopContainer => {
                out.emit(Output::Action(Action::StopContainer { container, attempt, timeout_seconds: stop.budget().stop_timeout() }));
            }
        }
    }

    fn must_wait(&self, container: ContainerIndex) -> bool {
        let whole_pod = matches!(self.work.step, Step::StopPod | Step::EndContainers);
        whole_pod && termination_order::must_wait_for(&self.spec, container, |other| self.slots[other.get()].stopping.is_some())
    }

    /// Whether some container is still being stopped.
    pub(crate) fn is_stopping(&self) -> bool {
        self.slots.iter().any(|slot| slot.stopping.is_some())
    }

    /// A preStop hook ended by itself.
    pub(crate) fn pre_stop_done(&mut self, now: Time, container: ContainerIndex, attempt: Attempt, out: &mut impl Sink) {
        let slot = &self.slots[container.get()];
        if let Some(mut stop) = slot.stopping
            && stop.phase() == StopPhase::PreStop
            && slot.newest().attempt == attempt
        {
            stop.pre_stop_ended(now, self.must_wait(container));
            self.stop_or_stopped(now, container, stop, out);
        }
    }

    fn stop_or_stopped(&mut self, now: Time, container: ContainerIndex, stop: Stop, out: &mut impl Sink) {
        if self.slots[container.get()].may_run() {
            self.stop_on(container, stop, out);
        } else {
            self.stopped(now, container, out);
        }
    }

    /// A container is down: whoever waited for it goes on.
    ///
    /// While its preStop hook is still waited for, that wait goes on (kubelet `executePreStopHook`).
    pub(crate) fn exit_seen(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        if let Some(stop) = self.slots[container.get()].stopping
            && stop.phase() != StopPhase::PreStop
        {
            self.stopped(now, container, out);
        }
    }

    pub(crate) fn stopped(&mut self, now: Time, container: ContainerIndex, out: &mut impl Sink) {
        self.slots[container.get()].stopping = None;
        match self.work.step {
            Step::StopPod | Step::EndContainers => {
                self.run_stops(now, out);
                self.all_stopped(now, out);
            }
            Step::StopContainer(stopped) if stopped == container => self.stop_container_on(now, Some(container), out),
            Step::Reset(stopped, attempt) if stopped == container => {
                let newest = self.slots[container.get()].newest();
                if newest.attempt == attempt && newest.stage != InstanceStage::Absent {
                    self.remove_instance(container, 0, out);
                }
                self.reset_on(now, out);
            }
            Step::Start(stopped, StartStep::Undo) if stopped == container => self.undone(now, container, out),
            _ => {}
        }
    }

    /// Goes on if all containers of a Pod that is stopped as a whole are down.
    pub(crate) fn all_stopped(&mut self, now: Time, out: &mut impl Sink) {
        if self.is_stopping() {
            return;
        }
        match self.work.step {
            Step::StopPod => self.pod_stopped(now, out),
            Step::EndContainers => self.containers_ended(now, out),
            _ => {}
        }
    }

    /// Hooks and waits that have used up their budget are given up; sidecars whose turn has come are signalled.
    #[inline]
    pub(crate) fn run_stops(&mut self, now: Time, out: &mut impl Sink) {
        if self.work.step.stops() {
            self.advance_stops(now, out);
        }
    }

    #[cold]
    fn advance_stops(&mut self, now: Time, out: &mut impl Sink) {
        for n in 0..self.slots.len() {
            if let Some(mut stop) = self.slots[n].stopping {
                let container = ContainerIndex::new(n as u16);
                if stop.advance(now, self.must_wait(container)) {
                    self.stop_or_stopped(now, container, stop, out);
                }
            }
        }
    }

    /// When the first budget runs out.
    #[inline]
    pub(crate) fn next_stop(&self) -> Option<Time> {
        if self.work.step.stops() { self.find_next_stop() } else { None }
    }

    #[cold]
    fn find_next_stop(&self) -> Option<Time> {
        self.slots.iter().filter_map(|slot| slot.stopping?.deadline()).min()
    }
}
