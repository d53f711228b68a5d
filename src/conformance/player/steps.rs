//! The steps of a scenario: when they are due, and what they do.

use super::{Input, KEY, Observer, Player, TIME_ZERO, Timer};
use crate::cluster::{self, Disruption, GarbageReason};
use crate::conformance::record::What;
use crate::conformance::scenario::{Answer, GcReason, ImageState, Trigger, Verb};
use crate::pod::Event;
use crate::rules::ending::Ending;
use crate::spec::ContainerKind;
use crate::time::{Span, Time};
use alloc::vec::Vec;

/// How far the steps are.
#[derive(Clone, Debug, Default)]
pub(super) struct StepState {
    /// The armed step.
    next: usize,
    /// When it is due, if its trigger has come.
    due: Option<Time>,
    armed: bool,
    /// Steps that this version cannot carry out.
    unknown: Vec<usize>,
}

impl<O: Observer> Player<'_, O> {
    /// When the next step is due, as far as that is known.
    pub(super) fn next_step(&self) -> Option<Time> {
        self.steps.due
    }

    /// Arms the next step: its trigger may have come already.
    fn arm(&mut self) {
        if self.steps.armed {
            return;
        }
        let Some(step) = self.scenario.steps.get(self.steps.next) else { return };
        self.steps.armed = true;
        match &step.trigger {
            Trigger::None => self.steps.due = Some(self.now + step.after),
            Trigger::At(at) => self.steps.due = Some(TIME_ZERO + *at + step.after),
            Trigger::When(_) => self.status_seen(),
        }
    }

    /// A status was published: it may be what the armed step waits for.
    pub(super) fn status_seen(&mut self) {
        if !self.steps.armed || self.steps.due.is_some() || !self.stored {
            return;
        }
        if let Some(step) = self.scenario.steps.get(self.steps.next)
            && let Trigger::When(when) = &step.trigger
            && when.fits(&self.object.status)
        {
            self.steps.due = Some(self.now + step.after);
        }
    }

    /// What the steps do that are not done yet.
    pub(super) fn steps_ahead(&self) -> impl Iterator<Item = &Verb> {
        self.scenario.steps.iter().skip(self.steps.next).map(|step| &step.verb)
    }

    /// Does the armed step if it is due. Whether it was.
    pub(super) fn do_step(&mut self) -> bool {
        self.arm();
        if self.steps.due.is_none_or(|due| due > self.now) {
            return false;
        }
        let index = self.steps.next;
        self.steps = StepState { next: index + 1, unknown: core::mem::take(&mut self.steps.unknown), ..StepState::default() };
        self.note(What::Step { index });
        let step = &self.scenario.steps[index];
        let accepted = self.carry_out(index, &step.verb, step.result);
        self.note(What::StepResult { index, accepted });
        self.settle();
        self.collect_garbage();
        true
    }

    /// The steps that were not reached, or that this version does not know.
    pub(super) fn steps_left(&self) -> Vec<usize> {
        let waits_for_gone_object =
            !self.stored && matches!(self.scenario.steps.get(self.steps.next).map(|step| &step.trigger), Some(Trigger::When(_)));
        let rest = if waits_for_gone_object { 0..0 } else { self.steps.next..self.scenario.steps.len() };
        self.steps.unknown.iter().copied().chain(rest).collect()
    }

    /// Does what a step says. Whether the API server (where it is asked) takes it.
    fn carry_out(&mut self, index: usize, verb: &Verb, wanted: Option<Answer>) -> bool {
        match verb {
            Verb::None {} => {}
            Verb::Delete { grace_period_seconds } => self.delete(*grace_period_seconds),
            Verb::UpdateImage { container, image } => return self.change_spec(|spec| set_image(spec, container, image)),
            Verb::UpdateSpec { patch } => return self.patch_spec(patch),
            Verb::UpdateMetadata { patch } => return self.change_meta(patch),
            Verb::SetActiveDeadline { seconds } => return self.change_spec(|spec| spec.active_deadline_seconds = *seconds),
            Verb::RemoveSchedulingGate { gate } => {
                return self.change_spec(|spec| spec.scheduling_gates.retain(|known| known.name != *gate));
            }
            Verb::AddEphemeralContainer { spec } => return self.add_ephemeral(spec),
            Verb::RemoveFinalizer { finalizer } => self.remove_finalizer(finalizer),
            Verb::PatchCondition { type_, status, reason } => self.patch_condition(type_.clone(), *status, reason),
            Verb::PatchStatus { status } => return self.patch_status(status),
            Verb::EvictApi { grace_period_seconds } => {
                // Whether a budget forbids it is not the Pod's affair: the script says so.
                let budget_allows = wanted != Some(Answer::Rejected);
                let Some(condition) = cluster::evict(self.now, &self.object, budget_allows) else { return false };
                self.set_condition(condition);
                self.delete_after_inputs(*grace_period_seconds);
            }
            Verb::SchedulerPreempt {} => {
                self.disrupt(Disruption::PreemptionByScheduler);
                self.delete_after_inputs(None);
            }
            Verb::TaintNode { key, value, effect } => self.taint(key, value, effect),
            Verb::UntaintNode { key, effect, .. } => self.untaint(key, effect),
            Verb::NodeNotReady {} => self.node_lost(),
            Verb::DeleteNode {} => self.delete_node(),
            Verb::FitNode {} => {
                self.world.fits.set(true);
                if core::mem::take(&mut self.waiting.schedule) {
                    self.inputs.push_back(Input::Event(Event::Scheduled));
                }
            }
            Verb::ProvideVolume { seen_at, .. }
            | Verb::ProvideConfig { seen_at, .. }
            | Verb::ProvideImage { seen_at, .. }
            | Verb::MendNetwork { seen_at } => {
                let at = seen_at.map_or(self.now, |span| TIME_ZERO + span);
                self.at_time(at, Timer::Provide(index));
            }
            Verb::BreakNetwork {} => self.sim.set_network(true),
            Verb::StopKubelet {} => self.stop_kubelet(),
            Verb::StartKubelet {} => self.start_kubelet(),
            Verb::RestartKubelet { down_for } => self.down(*down_for),
            Verb::RebootNode { down_for } => {
                self.down(*down_for);
                self.sim.kill_sandbox(KEY, true);
            }
            Verb::RemoveExitedContainers {} => {
                let spec = self.spec.clone();
                self.sim.forget_exited(KEY, |container| spec.container(container).kind() == ContainerKind::Init);
            }
            Verb::KillContainer { container, signal } => match (self.spec.find(container), signal.as_str()) {
                (Some(container), "KILL" | "SIGKILL" | "9") => self.sim.kill_process(KEY, container),
                (Some(container), _) => self.sim.term_process(KEY, container),
                _ => {}
            },
            Verb::KillProcess { container } => {
                if let Some(container) = self.spec.find(container) {
                    self.sim.kill_process(KEY, container);
                }
            }
            Verb::KillSandbox {} => self.sim.kill_sandbox(KEY, false),
            Verb::Evict { reason, grace_period_seconds, disruption_target } => {
                if !self.evict(reason, *grace_period_seconds, *disruption_target) {
                    self.steps.unknown.push(index);
                    return false;
                }
            }
            Verb::Preempt {} => self.end(Ending::Preemption, None),
            Verb::ShutdownNode {} => self.shut_down(),
            Verb::SetNodeLabels { labels } => self.labels = Some(labels.clone()),
            Verb::PodGc { why } => self.collect(garbage_reason(*why)),
            Verb::Resize { patch, outcome } => return self.resize(patch, *outcome, wanted),
            Verb::ResizeFits {} => self.resize_fits(),
            Verb::ResizeError {} => {
                self.fail_update();
                self.look_after_inputs();
            }
        }
        true
    }

    fn patch_spec(&mut self, patch: &serde_json::Value) -> bool {
        let Ok(mut value) = serde_json::to_value(&self.object.spec) else { return false };
        super::api_server::merge(&mut value, patch);
        let Ok(wanted) = serde_json::from_value(value) else { return false };
        self.change_spec(|spec| *spec = wanted)
    }

    /// The kubelet stops and comes back later.
    fn down(&mut self, span: Span) {
        self.stop_kubelet();
        self.after(span, Timer::StartKubelet);
    }

    /// What a step provides is there, and seen.
    pub(super) fn provide(&mut self, index: usize) {
        match &self.scenario.steps[index].verb {
            Verb::ProvideVolume { volume, .. } => {
                self.world.missing_volumes.borrow_mut().remove(volume);
                if !self.world.has_missing_volumes() {
                    self.volumes_provided();
                }
            }
            Verb::ProvideConfig { container, .. } => {
                self.world.config_errors.borrow_mut().remove(container);
            }
            Verb::ProvideImage { image, .. } => {
                if let Some(image) = self.world.images.borrow_mut().get_mut(image) {
                    image.state = ImageState::Ok;
                }
            }
            Verb::MendNetwork { .. } => self.sim.set_network(false),
            _ => {}
        }
    }
}

fn set_image(spec: &mut crate::api::PodSpec, container: &str, image: &str) {
    let all = spec.init_containers.iter_mut().chain(&mut spec.containers).chain(&mut spec.ephemeral_containers);
    for own in all.filter(|own| own.name == container) {
        own.image = image.into();
    }
}

/// The words of the files.
const fn garbage_reason(why: GcReason) -> GarbageReason {
    match why {
        GcReason::Orphaned => GarbageReason::Orphaned,
        GcReason::OutOfService => GarbageReason::OutOfService,
        GcReason::Terminated => GarbageReason::Terminated,
    }
}
