//! Containers that are not started again.

use crate::api::{ContainerStateTerminated, RestartPolicy};
use crate::check::catalogue::bases::SUCCEEDED;
use crate::check::catalogue::containers::window::synthetic;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Scope;
use crate::check::version::{Change, Container, Version};
use crate::rules::conditions::KubeletCondition;
use crate::rules::restart::{could_restart_all, effective_policy};
use crate::spec::{ContainerKind, Spec};

pub(in crate::check) const RULES: &[Rule] = &[Rule::must(
    "CS-33",
    "the restartCount of a container with the effective policy Never stays",
    Check::Change(is_not_started_again),
)
.asks_change_for(Facts::MOVED)
.source_is("kubelet computePodActions")
.unless(
    "it has rules, or some container may restart all; its image or resources changed; its instance was lost or never ran; the Pod's policy is not Never and it got a new sandbox",
)
.only(Scope::Started)
.with_spec()
.silent_on(SUCCEEDED, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
.fires_on(SUCCEEDED, &[&[
    "status.containerStatuses[job].containerID = containerd://b1",
    "status.containerStatuses[job].restartCount = 1",
    "status.containerStatuses[job].lastState = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://b0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
    "status.containerStatuses[job].state.terminated.containerID = containerd://b1",
]])];

fn is_not_started_again(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = change.new.spec() else { return };
    if could_restart_all(spec, change.new.gates) || change.new.history.changes.may_restart(spec) || may_hide_changes(change) {
        return;
    }
    let is_never = |container: &Container<'_>| {
        let kept = matches!(container.kind, ContainerKind::Regular | ContainerKind::Init);
        let has_rules = container.spec.is_none_or(|spec| !spec.rules().is_empty());
        let policy = container.index.map(|index| effective_policy(spec, index, change.new.gates));
        kept && !has_rules && policy == Some(RestartPolicy::Never)
    };
    for (old, new) in change.both() {
        let (before, after) = (old.status.restart_count, new.status.restart_count);
        if after > before && is_never(&new) && has_ended(&old, &new).is_some_and(|end| !has_new_sandbox(spec, change.new, end)) {
            let message = "a container with the restart policy Never is not started again";
            report.change(new.path("restartCount"), before, after, message);
        }
    }
}

/// The end of the instance before, where the runtime has seen it: one that was lost, or was created and never ran, is followed by another one
/// whatever the policy.
fn has_ended<'a>(old: &Container<'a>, new: &Container<'a>) -> Option<&'a ContainerStateTerminated> {
    let lost = [old.terminated(), old.last(), new.terminated()].into_iter().flatten().any(|end| synthetic(end).is_some());
    new.last().filter(|end| !lost && synthetic(end).is_none())
}

/// Whether the sandbox may be newer than the end of an instance. A new one shows in the time of the condition, since the kubelet finds the old
/// one gone in the build before; with a new sandbox all containers are started, but not in a Pod whose policy is Never.
fn has_new_sandbox(spec: &Spec, version: &Version<'_>, end: &ContainerStateTerminated) -> bool {
    let since = version.condition(KubeletCondition::PodReadyToStartContainers).and_then(|condition| condition.last_transition_time);
    let newer = since.zip(end.finished_at).is_none_or(|(since, end)| since >= end);
    spec.restart_policy() != RestartPolicy::Never && newer
}

/// Whether a container's image or resources have changed, which may start it again some writes later.
#[derive(Clone, Debug)]
pub(in crate::check) struct Memory {
    image: bool,
    resources: bool,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { image: false, resources: false };

    /// Takes note of a version.
    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        if change.map_or(new.meta().generation > 1, may_hide_changes) {
            *self = Self { image: true, resources: true };
            return;
        }
        let Some((old, new)) = change.and_then(|change| change.old.current_spec().zip(change.new.current_spec())) else { return };
        if core::ptr::eq(old, new) {
            return;
        }
        let both = || {
            old.api().init_containers.iter().zip(&new.api().init_containers).chain(old.api().containers.iter().zip(&new.api().containers))
        };
        self.image |= both().any(|(old, new)| old.image != new.image);
        self.resources |= both().any(|(old, new)| old.resources != new.resources);
    }

    /// Whether a container may have been started again for it; a resize does so only in a Pod whose policy is not Never (API `validateResizePolicy`).
    fn may_restart(&self, spec: &Spec) -> bool {
        self.image || (self.resources && spec.restart_policy() != RestartPolicy::Never)
    }
}

/// Whether changes of the spec may lie between two versions unseen.
fn may_hide_changes(change: &Change<'_>) -> bool {
    change.gap && change.old.meta().generation != change.new.meta().generation
}
