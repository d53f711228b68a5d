//! `TE`, the second half: how containers are stopped, and what may come after.

use crate::api::PodPhase;
use crate::check::catalogue::bases::{DELETING, RUNNING, SUCCEEDED};
use crate::check::catalogue::containers::window::{may_be_synthetic, synthetic};
use crate::check::clock::Moment;
use crate::check::computed::{computed, is_past_deadline, may_be_held};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Container, Version};
use crate::rules::deadline;
use crate::rules::view::{TerminatedReason, WaitingReason};
use crate::spec::ContainerKind;
use crate::time::{Span, Time};
use alloc::boxed::Box;
use alloc::vec::Vec;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::should("TE-03", "after the deletionTimestamp no container is started, and no restartCount grows", Check::Change(starts_nothing))
        .asks_change_for(Facts::DELETED)
        .source_is("kubelet pod workers, SyncTerminatingPod")
        .unless("the sync in flight: what was not running may show one new instance until the kubelet has acknowledged the deletion")
        .silent_on(DELETING, &[&["status.observedGeneration = 2"]])
        .fires_on(DELETING, &[
            &["status.observedGeneration = 2"],
            &["status.containerStatuses[web].containerID = containerd://a1", "status.containerStatuses[web].restartCount = 1"],
        ]),
    Rule::should(
        "TE-06",
        "at the end of a Pod sidecars stop after the regular containers, and in the reverse order of the spec",
        Check::Change(stop_in_order),
    )
    .asks_change_for(Facts::MOVED)
    .source_is("kubelet killContainersWithSyncResult, terminationOrdering")
    .unless("the grace period is used up; sidecars that had ended by themselves")
    .only(Scope::Full)
    .with_spec()
    .silent_on(SIDECARS, &[ENDED])
    .fires_on(SIDECARS, &[ENDED_SIDECAR_FIRST]),
    Rule::should(
        "TE-07",
        "deleted before any start ⇒ Failed, and without init containers every regular one ends ContainerStatusUnknown with 137",
        Check::Status(ends_unknown),
    )
    .asks_for(Facts::DELETED)
    .source_is("kubelet TerminatePod")
    .only(Scope::Full)
    .with_spec()
    .silent_on(DELETING, &[])
    .fires_on(DELETING, &[&[
        "status.observedGeneration = 2",
        "status.phase = Failed",
        "status.containerStatuses[web].containerID = null",
        "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}",
    ]]),
    Rule::should(
        "TE-08",
        "a container has ended within the grace period, at least 1 s, and 4 s after the kubelet acknowledged the deletion",
        Check::Change(ends_in_time),
    )
    .asks_change_for(Facts::MOVED)
    .source_is("kubelet killContainer, pod workers")
    .unless("a restarted kubelet gives the whole grace period again, which no stream tells; a smaller grace period of a second request does not shorten a stop in flight")
    .only(Scope::Full)
    .with_spec()
    .silent_on(DELETING, &[
        ACKNOWLEDGEMENT,
        &[
            "t = 40",
            "status.phase = Failed",
            "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 137, \"reason\": \"Error\", \"finishedAt\": \"2026-01-01T00:00:38Z\"}}",
        ],
    ])
    .fires_on(DELETING, &[
        ACKNOWLEDGEMENT,
        &[
            "t = 90",
            "status.phase = Failed",
            "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 137, \"reason\": \"Error\", \"finishedAt\": \"2026-01-01T00:01:28Z\"}}",
        ],
    ]),
    Rule::must("TE-09", "terminal phase ⇒ no state of a container changes any more", Check::Change(is_over))
        .asks_change_for(Facts::TERMINAL)
        .source_is("kubelet pod workers")
        .not(Shapes::MIRROR.and(Shapes::COLLECTED))
        .unless("what has no termination yet may get one of ContainerStatusUnknown; what waits may show what its runtime says, and no longer why it waits: a restarted kubelet has forgotten that; an init container without a record is shown completed and waiting by turns")
        .silent_on(SUCCEEDED, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.exitCode = 3"]]),
    Rule::must("TE-10", "DeadlineExceeded ⇒ the spec has activeDeadlineSeconds, and startTime plus those have passed", Check::Status(deadline_has_passed))
        .source_is("kubelet activeDeadlineHandler")
        .unless("1 s of rounding")
        .with_spec()
        .silent_on(RUNNING, &[&[
            "metadata.generation = 2",
            "spec.activeDeadlineSeconds = 2",
            "status.observedGeneration = 2",
            "status.phase = Failed",
            "status.reason = DeadlineExceeded",
        ]])
        .fires_on(RUNNING, &[&["status.phase = Failed", "status.reason = DeadlineExceeded"]]),
    Rule::must("TE-14", "after the deletionTimestamp a container shows at most one new instance", Check::Change(starts_once))
        .asks_change_for(Facts::DELETED)
        .source_is("kubelet pod workers: only the sync in flight goes on")
        .silent_on(DELETING, &[&["status.containerStatuses[web].containerID = containerd://a1"]])
        .fires_on(DELETING, &[
            &["status.containerStatuses[web].containerID = containerd://a1"],
            &["status.containerStatuses[web].containerID = containerd://a2"],
        ]),
];

/// A Pod with a sidecar and a regular container, restart policy Never, both running.
const SIDECARS: &str = r#"{"type": "MODIFIED", "t": 3, "object": {
    "metadata": {"name": "job", "namespace": "default", "uid": "70b2", "resourceVersion": "904", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"initContainers": [{"name": "log", "image": "busybox:1", "restartPolicy": "Always"}], "containers": [{"name": "job", "image": "busybox:1"}],
        "nodeName": "n1", "restartPolicy": "Never", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Running", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:02Z"},
            {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "initContainerStatuses": [
            {"name": "log", "image": "busybox:1", "imageID": "busybox@sha256:2", "containerID": "containerd://c0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}],
        "containerStatuses": [
            {"name": "job", "image": "busybox:1", "imageID": "busybox@sha256:2", "containerID": "containerd://b0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:03Z"}}}]}}}"#;

/// The kubelet knows of the deletion of [`DELETING`], and the container has got unready, which tells when.
const ACKNOWLEDGEMENT: &[&str] = &[
    "status.observedGeneration = 2",
    "status.containerStatuses[web].ready = false",
    "status.conditions[Ready].status = False",
    "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z",
];

const ENDED: &[&str] = &[
    "t = 10",
    "status.phase = Succeeded",
    "status.containerStatuses[job].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
    "status.initContainerStatuses[log].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"finishedAt\": \"2026-01-01T00:00:09Z\"}}",
];

const ENDED_SIDECAR_FIRST: &[&str] = &[
    "t = 10",
    "status.phase = Succeeded",
    "status.containerStatuses[job].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
    "status.initContainerStatuses[log].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"finishedAt\": \"2026-01-01T00:00:05Z\"}}",
];

/// What must be remembered of a deletion.
#[derive(Clone, Debug)]
pub(in crate::check) struct Memory {
    /// `metadata.generation` of the deletion.
    generation: Option<i64>,
    /// When the kubelet first wrote knowing of it; `None` in it if nothing tells when.
    acknowledged: Option<Option<Moment>>,
    /// The longest grace period since.
    grace: i64,
    /// Containers that have shown a new instance since.
    started: Vec<Box<str>>,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { generation: None, acknowledged: None, grace: 0, started: Vec::new() };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        let meta = new.meta();
        if meta.deletion_timestamp.is_none() {
            return;
        }
        let is_first = self.generation.is_none();
        let generation = *self.generation.get_or_insert(meta.generation);
        if self.acknowledged.is_none() && new.status().start_time.is_some() {
            // Who observes no generations acknowledges with the first write after the deletion.
            let seen = new.status().observed_generation;
            if seen >= generation || (seen == 0 && !is_first) {
                self.acknowledged = Some(new.at());
            }
        }
        self.grace = self.grace.max(meta.deletion_grace_period_seconds.unwrap_or_default());
        let Some(change) = change.filter(|change| change.old.meta().deletion_timestamp.is_some()) else { return };
        for (_, new) in change.both().filter(|(old, new)| is_new_instance(old, new)) {
            if !self.has_started(&new.status.name) {
                self.started.push(new.status.name.as_str().into());
            }
        }
    }

    fn has_started(&self, name: &str) -> bool {
        self.started.iter().any(|known| **known == *name)
    }
}

fn is_new_instance(old: &Container<'_>, new: &Container<'_>) -> bool {
    !new.status.container_id.is_empty() && old.status.container_id != new.status.container_id
}

fn is_deleted(change: &Change<'_>) -> bool {
    change.old.meta().deletion_timestamp.is_some()
}

fn starts_nothing(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !is_deleted(change) {
        return;
    }
    let acknowledged = change.new.history.stopping.acknowledged.is_some();
    for (old, new) in change.both() {
        let (is_new, grew) = (is_new_instance(&old, &new), new.status.restart_count > old.status.restart_count);
        let in_flight = !acknowledged && old.running().is_none();
        if is_new && !in_flight {
            let (before, after) = (&old.status.container_id, &new.status.container_id);
            report.change(new.path("containerID"), before, after, "a Pod that is being deleted starts nothing any more");
        } else if grew && !in_flight {
            let (before, after) = (old.status.restart_count, new.status.restart_count);
            report.change(new.path("restartCount"), before, after, "a Pod that is being deleted restarts nothing any more");
        }
    }
}

fn starts_once(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !is_deleted(change) {
        return;
    }
    for (old, new) in change.both().filter(|(old, new)| is_new_instance(old, new)) {
        if change.new.history.stopping.has_started(&new.status.name) {
            let (before, after) = (&old.status.container_id, &new.status.container_id);
            report.change(new.path("containerID"), before, after, "only the sync in flight at the deletion may start it, once");
        }
    }
}

/// A container that ran before and has ended now, and when.
fn ended<'a>(change: &Change<'a>) -> impl Iterator<Item = (Container<'a>, Time)> + use<'a> {
    change.both().filter_map(|(old, new)| {
        let end = new.terminated().filter(|_| old.running().is_some())?;
        Some((new, end.finished_at?))
    })
}

fn stop_in_order(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let new = change.new;
    if !new.spec().is_some_and(crate::spec::Spec::has_sidecars) || change.old.is_terminal() {
        return;
    }
    if !new.is_terminal() && !computed(new, Some(change.old)).is_some_and(|computed| may_be_held(new, computed)) {
        return;
    }
    // What the kill at the end of the grace period finds is ended all at once.
    let killed = |container: Container<'_>| container.terminated().is_some_and(|end| end.exit_code == 137);
    let used_up = match new.meta().deletion_timestamp {
        Some(due) => due - Moment::SLACK,
        None if new.containers().any(killed) => return,
        None => Time::MAX,
    };
    let regular = |container: &Container<'_>| container.kind == ContainerKind::Regular;
    let Some(regular) = new.containers().filter(regular).filter_map(|container| container.terminated()?.finished_at).max() else { return };
    for (sidecar, at) in ended(change).filter(|(container, _)| container.kind == ContainerKind::Sidecar) {
        let later = ended(change).filter(|(other, _)| other.kind == ContainerKind::Sidecar && other.index > sidecar.index);
        let due = later.map(|(_, at)| at).chain([regular]).max().unwrap_or(regular).min(used_up);
        if at < due {
            let message = format_args!("it stops when the regular containers and the sidecars behind it have stopped, at {due}");
            report.add(sidecar.path("state.terminated.finishedAt"), at, message);
        }
    }
}

fn ends_unknown(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let has_run = |container: Container<'_>| !container.status.container_id.is_empty() || container.last().is_some();
    if version.meta().deletion_timestamp.is_none() || !version.is_terminal() || version.containers().any(has_run) {
        return;
    }
    if version.phase() != Some(PodPhase::Failed) {
        report.add(
            "status.phase",
            crate::check::catalogue::phase::word(version),
            "a Pod that is deleted before anything was started has Failed",
        );
    }
    if version.spec().is_some_and(crate::spec::Spec::has_init) {
        return;
    }
    for container in version.containers().filter(|container| container.kind == ContainerKind::Regular) {
        let unknown = TerminatedReason::ContainerStatusUnknown.as_str();
        if container.terminated().is_none_or(|end| end.reason != unknown || end.exit_code != 137) {
            report.add(container.path("state"), container.state(), "what was never started ends ContainerStatusUnknown with 137");
        }
    }
}

fn ends_in_time(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let memory = &change.new.history.stopping;
    let Some(acknowledged) = memory.acknowledged.flatten() else { return };
    let latest = acknowledged.latest + Span::from_secs(memory.grace.max(1)) + Span::from_secs(4);
    for (container, at) in ended(change).filter(|(_, at)| *at > latest) {
        let message =
            format_args!("the kubelet knew of the deletion by {}, and the grace period is {} s", acknowledged.latest, memory.grace);
        report.add(container.path("state.terminated.finishedAt"), at, message);
    }
}

fn is_over(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !change.old.is_terminal() {
        return;
    }
    for (old, new) in change.both().filter(|(old, new)| old.status.state != new.status.state) {
        let unknown = |container: &Container<'_>| {
            container.terminated().is_some_and(|end| end.reason == TerminatedReason::ContainerStatusUnknown.as_str())
        };
        let is_over = old.terminated().is_some() || !(unknown(&new) || is_rebuilt(&old, &new));
        if is_over && !takes_turns(&old, &new) && !takes_turns(&new, &old) {
            report.change(new.path("state"), old.state(), new.state(), "the Pod has ended, and so have its containers");
        }
    }
}

/// Whether a container that waits shows what a kubelet finds that has forgotten why: how its instance ended, or nothing but its waiting.
fn is_rebuilt(old: &Container<'_>, new: &Container<'_>) -> bool {
    let plain = [WaitingReason::None, WaitingReason::ContainerCreating, WaitingReason::PodInitializing].map(WaitingReason::as_str);
    let same = !new.status.container_id.is_empty() && new.status.container_id == old.status.container_id;
    old.waiting().is_some()
        && (new.waiting().is_some_and(|waiting| plain.contains(&waiting.reason.as_str())) || (new.terminated().is_some() && same))
}

/// Whether an init container without a record is shown as completed in one build, and in the other as waiting, for an earlier start that failed:
/// the kubelet does so by turns.
fn takes_turns(completed: &Container<'_>, waiting: &Container<'_>) -> bool {
    let is_completed = completed.terminated().is_some_and(|end| may_be_synthetic(completed.kind, end) && synthetic(end).is_none());
    is_completed && waiting.waiting().is_some() && completed.status.container_id == waiting.status.container_id
}

fn deadline_has_passed(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.status().reason != deadline::REASON {
        return;
    }
    let has_deadline = version.spec().and_then(crate::spec::Spec::active_deadline);
    match has_deadline {
        None => report.add("status.reason", deadline::REASON, "the spec has no activeDeadlineSeconds"),
        Some(_) if !is_past_deadline(version) => {
            let message = "the active deadline, counted from status.startTime, has not passed yet";
            report.add("status.reason", deadline::REASON, message);
        }
        Some(_) => {}
    }
}
