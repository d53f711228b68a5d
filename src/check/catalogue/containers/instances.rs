//! What becomes of an instance of a container, and who may have another one.

use crate::api::ContainerStateTerminated;
use crate::check::catalogue::bases::{RUNNING, SUCCEEDED};
use crate::check::catalogue::containers::window::tells_loss;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Container};
use crate::rules::transition::may_leave_terminated;
use crate::rules::view::TerminatedReason;
use crate::spec::ContainerKind;

const EPHEMERAL_ENDED: &str = "status.ephemeralContainerStatuses[debug] = {\"name\": \"debug\", \"image\": \"busybox:1\", \"imageID\": \"busybox@sha256:2\", \"containerID\": \"containerd://e0\", \"ready\": false, \"restartCount\": 0, \"lastState\": {}, \"state\": {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\", \"containerID\": \"containerd://e0\", \"startedAt\": \"2026-01-01T00:00:04Z\", \"finishedAt\": \"2026-01-01T00:00:05Z\"}}}";
const RESTARTED: &[&str] = &[
    "status.containerStatuses[web].containerID = containerd://a1",
    "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:04Z",
    "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\", \"containerID\": \"containerd://a0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:03Z\"}}",
];

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-13", "only a container that may be started again leaves the state terminated", Check::Change(stays_terminated))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet checkContainerStateTransition; API ValidateContainerStateTransition")
        .unless("the Pod's policy is Always, some container may restart all, it is a sidecar, or policies and rules restart it after that exit code")
        .only(Scope::Started)
        .with_spec()
        .silent_on(SUCCEEDED, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:09Z\"}}"]]),
    Rule::must("CS-14", "an ephemeral container that has terminated stays so", Check::Change(ephemeral_stays_terminated))
        .asks_change_for(Facts::MOVED)
        .source_is("API ValidateContainerStateTransition")
        .only(Scope::Started)
        .silent_on(RUNNING, &[&[EPHEMERAL_ENDED], &["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[
            &[EPHEMERAL_ENDED],
            &[
                "status.ephemeralContainerStatuses[debug].containerID = containerd://e1",
                "status.ephemeralContainerStatuses[debug].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:05Z\"}}",
            ],
        ]),
    Rule::must("CS-15", "restartCount never falls", Check::Change(counts_up))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet toKubeContainerStatus, convertToAPIContainerStatuses (KEP-5532)")
        .unless("the gate RestartAllContainersOnContainerExits is off")
        .only(Scope::Started)
        .not(Shapes::MIRROR)
        .silent_on(RUNNING, &[RESTARTED, &["status.containerStatuses[web].restartCount = 1"]])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].restartCount = 3"], &["status.containerStatuses[web].restartCount = 2"]]),
    Rule::should("CS-16", "another containerID comes with a greater restartCount", Check::Change(counts_instances))
        .asks_change_for(Facts::MOVED)
        .source_is("kubelet startContainer, convertToAPIContainerStatuses")
        .unless("the count rose when the loss of the instance was told; the runtime has lost the instance and its logs")
        .only(Scope::Started)
        .silent_on(RUNNING, &[&[
            "status.containerStatuses[web].containerID = containerd://a1",
            "status.containerStatuses[web].restartCount = 1",
            "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:04Z",
        ]])
        .fires_on(RUNNING, &[RESTARTED]),
    Rule::must("CS-17", "one containerID is started once: startedAt stays, also in its termination, and what has terminated never runs again", Check::Change(is_one_run))
        .source_is("container runtime interface")
        .only(Scope::Started)
        .silent_on(RUNNING, &[RESTARTED])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:03Z"]]),
];

fn stays_terminated(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = change.new.spec() else { return };
    for (old, new) in change.both().filter(leaves_terminated) {
        let (Some(index), Some(end)) = (new.index, old.terminated()) else { continue };
        if new.kind != ContainerKind::Ephemeral && !may_leave_terminated(spec, index, end.exit_code, change.new.gates) {
            let message = format_args!(
                "neither its policy and rules nor the Pod's policy {} start it again after exit code {}",
                spec.restart_policy(),
                end.exit_code
            );
            report.change(new.path("state"), old.state(), new.state(), message);
        }
    }
}

fn ephemeral_stays_terminated(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both().filter(leaves_terminated) {
        if new.kind == ContainerKind::Ephemeral {
            report.change(new.path("state"), old.state(), new.state(), "ephemeral containers are never started again");
        }
    }
}

fn leaves_terminated((old, new): &(Container<'_>, Container<'_>)) -> bool {
    old.terminated().is_some() && new.terminated().is_none()
}

fn counts_up(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if !change.new.gates.restart_all() {
        return;
    }
    for (old, new) in change.both() {
        let (before, after) = (old.status.restart_count, new.status.restart_count);
        if after < before {
            report.change(new.path("restartCount"), before, after, "the kubelet never counts below what it has published");
        }
    }
}

fn counts_instances(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let (before, after) = (&old.status.container_id, &new.status.container_id);
        let uncounted = new.status.restart_count <= old.status.restart_count;
        if uncounted && before != after && !before.is_empty() && !after.is_empty() && !tells_loss(&old) {
            let message = format_args!("another instance was started, and restartCount is {}, as before", new.status.restart_count);
            report.change(new.path("containerID"), before, after, message);
        }
    }
}

fn is_one_run(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        let (before, after) = (&old.status.container_id, &new.status.container_id);
        // Writers that know no ids start nothing new without one either.
        if before == after && old.terminated().is_some() && new.running().is_some() {
            let message = "an instance that has terminated cannot run again; a restart has another containerID";
            report.change(new.path("state"), old.state(), new.state(), message);
        }
        let Some(ran) = old.running().filter(|_| !before.is_empty()) else { continue };
        let since = |end: &ContainerStateTerminated| (!has_lost_start(end) && end.container_id == *before).then_some(end.started_at);
        for (path, started_at) in [
            ("state.running.startedAt", new.running().filter(|_| before == after).map(|running| running.started_at)),
            ("state.terminated.startedAt", new.terminated().and_then(since)),
            ("lastState.terminated.startedAt", new.last().and_then(since)),
        ] {
            if let Some(started_at) = started_at.filter(|started_at| *started_at != ran.started_at) {
                let message = "an instance is started once; a restart has another containerID";
                report.change(new.path(path), time(ran.started_at), time(started_at), message);
            }
        }
    }
}

/// Whether the runtime may not know any more when the instance was started.
fn has_lost_start(end: &ContainerStateTerminated) -> bool {
    end.reason == TerminatedReason::Unknown.as_str() || end.reason == TerminatedReason::StartError.as_str()
}

/// A time, or nothing.
pub(in crate::check) fn time(time: Option<crate::time::Time>) -> impl core::fmt::Display {
    core::fmt::from_fn(move |f| time.map_or(Ok(()), |time| write!(f, "{time}")))
}
