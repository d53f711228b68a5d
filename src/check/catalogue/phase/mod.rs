//! `PH`: the phase.

mod derived;

use crate::api::{PodPhase, RestartPolicy};
use crate::check::catalogue::bases::{RUNNING, STARTING, SUCCEEDED};
use crate::check::computed::{is_past_deadline, was_killed, would_succeed};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version};
use crate::node::rejection;
use crate::rules::ending::Ending;
use crate::rules::view::Exit;
use crate::rules::{deadline, phase, restart};
use crate::spec::ContainerKind;

/// What is said of the phase as it is published; see [`derived`] for what container statuses call for.
pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("PH-01", "the phase is Pending, Running, Succeeded or Failed, never Unknown or empty", Check::Status(is_known))
        .source_is("API PodPhase; kubelet getPhase")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.phase = Unknown"]]),
    Rule::must("PH-02", "Succeeded and Failed never change", Check::Change(stays_terminal))
        .asks_change_for(Facts::TERMINAL)
        .source_is("kubelet generateAPIPodStatus, status manager")
        .not(Shapes::MIRROR)
        .silent_on(SUCCEEDED, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(SUCCEEDED, &[&["status.phase = Failed"]]),
    Rule::should("PH-03", "Running does not go back to Pending", Check::Change(does_not_begin_anew))
        .source_is("kubelet getPhase")
        .not(Shapes::MIRROR)
        .unless("init containers run again in a new sandbox or after a restart of all containers; a container is in a state that its runtime cannot tell, or was created and not started")
        .silent_on(STARTING, &[&["status.phase = Running"]])
        .fires_on(RUNNING, &[&["status.phase = Pending"]]),
    Rule::must("PH-10", "terminal phase ⇒ no container of any kind is running", Check::Status(nothing_runs))
        .asks_for(Facts::TERMINAL)
        .source_is("kubelet status manager, which holds a terminal phase back until all is down")
        .not(Shapes::COLLECTED)
        .silent_on(SUCCEEDED, &[])
        .fires_on(RUNNING, &[&["status.phase = Failed", "status.reason = Evicted"]]),
    Rule::must(
        "PH-11",
        "all regular containers restart always, and nobody deletes the Pod ⇒ it turns Failed only with a reason or by a plain init container that failed for good, and never Succeeded",
        Check::Change(goes_on_for_ever),
    )
    .asks_change_for(Facts::TERMINAL)
    .source_is("kubelet getPhase, killPodOptions.PodStatusFunc, which counts in the first build only")
    .not(Shapes::COLLECTED)
    .unless("Succeeded where the kubelet ended it and all containers exited with 0: DisruptionTarget tells, or nothing does if a limit of local storage was exceeded, or if a restarted kubelet had refused it while it ran, which may leave Failed without a reason, too")
    .only(Scope::Started)
    .with_spec()
    .silent_on(RUNNING, &[&[
        "status.phase = Failed",
        "status.reason = Evicted",
        "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 137, \"reason\": \"Error\", \"containerID\": \"containerd://a0\"}}",
    ]])
    .fires_on(RUNNING, &[&[
        "status.phase = Succeeded",
        "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://a0\"}}",
    ]]),
    Rule::must("PH-12", "reason Evicted, Preempting, DeadlineExceeded or one of admission ⇒ phase Failed", Check::Status(reason_means_failed))
        .source_is("kubelet eviction manager, preemption, rejectPod, active deadline")
        .unless("a Pod that had Succeeded may gain DeadlineExceeded when its status is built again after its deadline")
        .silent_on(SUCCEEDED, &[&["status.reason = DeadlineExceeded"]])
        .fires_on(SUCCEEDED, &[&["status.reason = Evicted"]]),
    Rule::must("PH-13", "phase Pending or Running ⇒ no reason, not even while a terminal phase is held back", Check::Status(no_reason_yet))
        .source_is("kubelet generateAPIPodStatus, status manager")
        .unless("NodeLost, which old node controllers wrote")
        .silent_on(RUNNING, &[&["status.reason = NodeLost"]])
        .fires_on(RUNNING, &[&["status.reason = Evicted"]]),
    Rule::must("PH-14", "between two terminal versions reason and message do not change", Check::Change(keeps_its_reason))
        .asks_change_for(Facts::TERMINAL)
        .source_is("kubelet generateAPIPodStatus, which keeps them with the phase")
        .unless("DeadlineExceeded may replace what was there; a Pod that was killed or refused loses both where a restarted kubelet finds that its containers ended well")
        .silent_on(SUCCEEDED, &[&["status.reason = DeadlineExceeded"]])
        .fires_on(SUCCEEDED, &[&["status.reason = Evicted"]]),
];

pub(in crate::check) use derived::{Memory, RULES as DERIVED_RULES};

fn is_known(version: &Version<'_>, report: &mut Report<'_, '_>) {
    match version.phase() {
        Some(PodPhase::Unknown) => report.add("status.phase", "Unknown", "nothing in Kubernetes writes the phase Unknown"),
        None => report.add("status.phase", "", "every Pod has a phase from its creation on"),
        Some(_) => {}
    }
}

fn stays_terminal(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if let Some(before) = change.old.phase().filter(|before| before.is_terminal())
        && change.new.phase() != Some(before)
    {
        report.change("status.phase", before, word(change.new), format_args!("a Pod that has {before} stays so for ever"));
    }
}

fn does_not_begin_anew(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old.phase(), change.new.phase()];
    if (old, new) != (Some(PodPhase::Running), Some(PodPhase::Pending)) || !change.new.status().init_container_statuses.is_empty() {
        return;
    }
    // A created or unknown instance shows as waiting without a reason, or as lost.
    let is_odd = |waiting: &crate::api::ContainerStateWaiting| waiting.reason.is_empty();
    if !change.new.containers().any(|container| container.waiting().is_some_and(is_odd)) {
        report.change("status.phase", "Running", "Pending", "a Pod without init containers that has run cannot be Pending again");
    }
}

fn nothing_runs(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.is_terminal() {
        return;
    }
    for container in version.containers().filter(|container| container.running().is_some()) {
        let message = format_args!("the Pod has {} while this container still runs", word(version));
        report.add(container.path("state"), container.state(), message);
    }
}

fn goes_on_for_ever(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let new = change.new;
    let Some(spec) = new.spec().filter(|_| new.is_terminal() && !change.old.is_terminal()) else { return };
    let mut regular = spec.regular();
    let always =
        |index| restart::effective_policy(spec, index, new.gates) == RestartPolicy::Always && spec.container(index).rules().is_empty();
    if !regular.all(always) || new.meta().deletion_timestamp.is_some() {
        return;
    }
    let failed_for_good = |container: crate::check::version::Container<'_>| {
        let exit = container.terminated().or(container.last()).map(Exit::from);
        let fatal = |(index, exit)| phase::ends_initialization(spec, index, exit, new.gates);
        container.kind == ContainerKind::Init && container.index.zip(exit).is_some_and(fatal)
    };
    let explained = match new.phase() {
        Some(PodPhase::Failed) => !new.status().reason.is_empty() || new.history.rejected || new.containers().any(failed_for_good),
        // Nothing is left of a refusal, either, where what ran ends well: the last build counts what has stopped as ended.
        _ => was_killed(new) || is_past_deadline(new) || new.history.rejected,
    };
    if !explained {
        let message = "its containers restart always, nobody deleted it, and nothing says that the kubelet ended it";
        report.change("status.phase", word(change.old), word(new), message);
    }
}

fn reason_means_failed(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let (reason, phase) = (version.status().reason.as_str(), version.phase());
    if reason.is_empty() || phase == Some(PodPhase::Failed) {
        return;
    }
    let of_kubelet = [Ending::NodePressure, Ending::Preemption].iter().any(|ending| ending.reason() == reason);
    let late = reason == deadline::REASON && phase == Some(PodPhase::Succeeded);
    if (of_kubelet || rejection::is_reason(reason) || reason == deadline::REASON) && !late {
        report.add("status.phase", word(version), format_args!("a Pod with the reason {reason} has Failed"));
    }
}

fn no_reason_yet(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let reason = version.status().reason.as_str();
    if !version.is_terminal() && !matches!(reason, "" | "NodeLost") {
        report.add("status.reason", reason, format_args!("a Pod that is {} has no reason yet", word(version)));
    }
}

fn keeps_its_reason(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old.status(), change.new.status()];
    if !change.old.is_terminal() || !change.new.is_terminal() || new.reason == deadline::REASON {
        return;
    }
    let was_ended = || change.new.history.rejected || Ending::ALL.iter().any(|ending| ending.reason() == old.reason);
    let are_gone = new.reason.is_empty() && new.message.is_empty() && old.reason != deadline::REASON;
    if are_gone && change.new.phase() == Some(PodPhase::Failed) && was_ended() && would_succeed(change.new) {
        return;
    }
    const WHY: &str = "reason and message of a Pod that has ended belong to its end, and stay";
    if old.reason != new.reason {
        report.change("status.reason", &old.reason, &new.reason, WHY);
    } else if old.message != new.message {
        report.change("status.message", &old.message, &new.message, WHY);
    }
}

/// The phase in a word; empty if there is none.
pub(in crate::check) fn word(version: &Version<'_>) -> &'static str {
    version.phase().map_or("", PodPhase::as_str)
}
