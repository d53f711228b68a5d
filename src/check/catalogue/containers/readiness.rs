//! `started` and `ready`.

use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::window::Window;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Scope;
use crate::check::version::{Change, Container, Version};
use crate::rules::container_status::Synthetic;
use crate::rules::view::{TerminatedReason, WaitingReason};
use crate::spec::{ContainerKind, ProbeKind};

const PROBE_PASSES: &[&str] = &["status.containerStatuses[web].started = true"];
const NOT_YET_STARTED: &[&str] = &["status.containerStatuses[web].started = false", "status.containerStatuses[web].ready = false"];
const KILLED_AND_STARTED: &[&str] = &[
    "status.containerStatuses[web].containerID = containerd://w1",
    "status.containerStatuses[web].restartCount = 1",
    "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:08Z",
    "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 137, \"reason\": \"Error\", \"containerID\": \"containerd://w0\", \"startedAt\": \"2026-01-01T00:00:06Z\", \"finishedAt\": \"2026-01-01T00:00:08Z\"}}",
];
const PROBE_BEGINS_ANEW: &[&str] = &["status.containerStatuses[web].started = false"];

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CS-05",
        "a regular container or sidecar that is ready runs and has started",
        Check::Both(|version, report| READY_STARTED.alone(version, report), |change, report| READY_STARTED.changed(change, report)),
    )
    .asks_change_for(Facts::STARTUP_PROBE)
    .source_is("kubelet prober UpdatePodStatus")
    .unless(BEGUN_ANEW)
    .only(Scope::Started)
    .with_spec()
    .silent_on(SERVING, &[KILLED_AND_STARTED, PROBE_BEGINS_ANEW])
    .fires_on(RUNNING, &[&["status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}"]]),
    Rule::must("CS-06", "a container that has started runs", Check::Status(started_runs))
        .source_is("kubelet prober UpdatePodStatus")
        .unless("an end that the kubelet makes up when the Pod has ended leaves `started` as it was (kubelet TerminatePod)")
        .only(Scope::Started)
        .with_spec()
        .silent_on(SERVING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}"]]),
    Rule::must("CS-07", "a plain init container is ready ⇔ it has terminated with exit code 0", Check::Status(init_is_ready_when_done))
        .source_is("kubelet prober UpdatePodStatus")
        .unless("one that had completed waits for the restart of all containers, or could not be started again in a new sandbox, or got an end that the kubelet makes up when the Pod has ended: it stays ready")
        .only(Scope::Started)
        .with_spec()
        .silent_on(SERVING, &[])
        .fires_on(SERVING, &[&["status.initContainerStatuses[setup].ready = false"]]),
    Rule::must("CS-08", "the statuses of regular and init containers say whether they have started", Check::Status(tells_started))
        .source_is("kubelet prober UpdatePodStatus")
        .only(Scope::Started)
        .silent_on(SERVING, &[])
        .fires_on(SERVING, &[&["status.initContainerStatuses[setup].started = null"]]),
    Rule::must(
        "CS-09",
        "an ephemeral container is never ready, and its status does not say whether it has started",
        Check::Status(ephemeral_is_unready),
    )
    .source_is("kubelet prober UpdatePodStatus")
    .only(Scope::Started)
    .silent_on(RUNNING, &[&[EPHEMERAL]])
    .fires_on(RUNNING, &[&[EPHEMERAL, "status.ephemeralContainerStatuses[debug].started = true"]]),
    Rule::must("CS-10", "a running container without a startup probe has started", Check::Status(runs_started))
        .source_is("kubelet prober isContainerStarted")
        .only(Scope::Started)
        .with_spec()
        .silent_on(SERVING, &[NOT_YET_STARTED])
        .fires_on(RUNNING, &[NOT_YET_STARTED]),
    Rule::must(
        "CS-11",
        "a regular container or sidecar that has started and has no readiness probe is ready",
        Check::Both(|version, report| STARTED_READY.alone(version, report), |change, report| STARTED_READY.changed(change, report)),
    )
    .asks_change_for(Facts::STARTUP_PROBE)
    .source_is("kubelet prober UpdatePodStatus")
    .unless("the startup probe has just passed: ready follows in the next write")
    .only(Scope::Started)
    .with_spec()
    .silent_on(SERVING, &[NOT_YET_STARTED, PROBE_PASSES])
    .fires_on(SERVING, &[&["status.containerStatuses[web].ready = false"]]),
    Rule::must(
        "CS-12",
        "a regular container or sidecar that has not started is not ready",
        Check::Both(|version, report| UNSTARTED_UNREADY.alone(version, report), |change, report| UNSTARTED_UNREADY.changed(change, report)),
    )
    .asks_change_for(Facts::STARTUP_PROBE)
    .source_is("kubelet prober UpdatePodStatus")
    .unless(BEGUN_ANEW)
    .only(Scope::Started)
    .with_spec()
    .silent_on(SERVING, &[KILLED_AND_STARTED, PROBE_BEGINS_ANEW])
    .fires_on(SERVING, &[NOT_YET_STARTED, &["status.containerStatuses[web].ready = true"]]),
];

const BEGUN_ANEW: &str = "the startup probe has just begun, of a new instance that had taken over `started` or with a restarted kubelet: ready follows in the next write, and an answer about readiness that was asked for before may come later; an end that the kubelet makes up when the Pod has ended leaves ready as it was (kubelet TerminatePod)";
const EPHEMERAL: &str = "status.ephemeralContainerStatuses[debug] = {\"name\": \"debug\", \"image\": \"busybox:1\", \"imageID\": \"\", \"ready\": false, \"restartCount\": 0, \"lastState\": {}, \"state\": {\"waiting\": {\"reason\": \"ContainerCreating\"}}}";

const READY_STARTED: Mark = Mark {
    is_wrong: |container| container.status.ready && (container.running().is_none() || !has_started(container)),
    window: Window::BegunAnew,
    message: "only a container that runs and has started is ready",
};

const STARTED_READY: Mark = Mark {
    is_wrong: |container| {
        let probed = |kind| container.spec.is_none_or(|spec| spec.probe(kind).is_some());
        !container.status.ready && container.running().is_some() && has_started(container) && !probed(ProbeKind::Readiness)
    },
    window: Window::Passed,
    message: "without a readiness probe a container is ready as soon as it has started",
};

const UNSTARTED_UNREADY: Mark = Mark {
    is_wrong: |container| container.status.ready && !has_started(container),
    window: Window::BegunAnew,
    message: "a container is not ready before it has started",
};

/// Whether a startup probe has begun anew of an instance that had started: a restarted kubelet asks it again. Readiness may have been asked for until
/// then, and the kubelet takes the answer as it comes.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) struct Memory {
    begun_anew: bool,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { begun_anew: false };

    pub(in crate::check) fn learn(&mut self, change: Option<&Change<'_>>) {
        let begins_anew = |(old, new): (Container<'_>, Container<'_>)| {
            let runs_on = new.running().is_some() && new.status.container_id == old.status.container_id;
            runs_on && has_started(&old) && !has_started(&new)
        };
        self.begun_anew |= change.is_some_and(|change| change.both().any(begins_anew));
    }
}

/// What `ready` must not be, but in a window that the startup probe opens.
struct Mark {
    is_wrong: fn(&Container<'_>) -> bool,
    window: Window,
    message: &'static str,
}

impl Mark {
    /// What no window can explain.
    fn alone(&self, version: &Version<'_>, report: &mut Report<'_, '_>) {
        for container in version.containers() {
            let is_wrong = container.serves() && (self.is_wrong)(&container) && !was_lost_at_the_end(version, &container);
            if is_wrong && !self.window.fits(&container) {
                report.add(container.path("ready"), container.status.ready, self.message);
            }
        }
    }

    /// What looks like the window, and is not where it could be. A missing version may have been before it.
    fn changed(&self, change: &Change<'_>, report: &mut Report<'_, '_>) {
        if change.gap {
            return;
        }
        let begun_anew = self.window == Window::BegunAnew && change.new.history.startups.begun_anew;
        for (old, new) in change.both() {
            let is_asked = || new.spec.is_some_and(|spec| spec.probe(ProbeKind::Readiness).is_some());
            if begun_anew && !old.status.ready && is_asked() {
                continue;
            }
            if new.serves() && (self.is_wrong)(&new) && self.window.fits(&new) && !self.window.follows(&old, &new) {
                report.change(new.path("ready"), old.status.ready, new.status.ready, self.message);
            }
        }
    }
}

/// Whether its end was made up when the Pod had ended: that leaves its marks as they were, if no build could tell of its own end before.
fn was_lost_at_the_end(version: &Version<'_>, container: &Container<'_>) -> bool {
    version.is_terminal() && container.terminated().and_then(Synthetic::of_status).is_some_and(Synthetic::is_lost)
}

fn has_started(container: &Container<'_>) -> bool {
    container.status.started == Some(true)
}

fn started_runs(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        if has_started(&container) && container.running().is_none() && !was_lost_at_the_end(version, &container) {
            report.add(container.path("started"), true, format_args!("it does not run: it is {}", container.state()));
        }
    }
}

fn init_is_ready_when_done(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| container.kind == ContainerKind::Init) {
        let ready = container.status.ready;
        let is_excused = ready && (stays_ready(&container) || was_lost_at_the_end(version, &container));
        if ready != is_done(&container) && !is_excused {
            let message = format_args!("a plain init container is ready when it has completed, and only then; it is {}", container.state());
            report.add(container.path("ready"), ready, message);
        }
    }
}

/// Whether an init container that had completed waits for its restart: the kubelet puts the waiting in the place of the end and leaves it ready.
fn stays_ready(container: &Container<'_>) -> bool {
    let Some(waiting) = container.waiting() else { return false };
    match WaitingReason::from_text(&waiting.reason) {
        WaitingReason::RestartingAllContainers => true,
        WaitingReason::None | WaitingReason::ContainerCreating | WaitingReason::PodInitializing => false,
        // To restart all containers, its end is overwritten.
        _ => container
            .last()
            .is_some_and(|end| end.exit_code == 0 || TerminatedReason::from_text(&end.reason) == TerminatedReason::RestartingAllContainers),
    }
}

/// Whether the container has terminated with exit code 0.
pub(in crate::check) fn is_done(container: &Container<'_>) -> bool {
    container.terminated().is_some_and(|end| end.exit_code == 0)
}

fn tells_started(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        if container.kind != ContainerKind::Ephemeral && container.status.started.is_none() {
            report.add(container.path("started"), "", "the kubelet writes true or false for every regular and init container");
        }
    }
}

fn ephemeral_is_unready(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| container.kind == ContainerKind::Ephemeral) {
        if container.status.ready {
            report.add(container.path("ready"), true, "ephemeral containers do not serve and have no probes");
        }
        if let Some(started) = container.status.started {
            report.add(container.path("started"), started, "of ephemeral containers the kubelet does not tell whether they have started");
        }
    }
}

fn runs_started(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let unprobed = container.spec.is_some_and(|spec| spec.probe(ProbeKind::Startup).is_none());
        if container.kind != ContainerKind::Ephemeral && container.running().is_some() && !has_started(&container) && unprobed {
            report.add(container.path("started"), false, "without a startup probe a container has started as soon as it runs");
        }
    }
}
