//! The phase as the container statuses call for it.

use crate::api::{ConditionStatus, PodPhase, RestartPolicy};
use crate::check::catalogue::bases::{RUNNING, STARTING, SUCCEEDED};
use crate::check::catalogue::phase::word;
use crate::check::computed::{Phases, computed, has_storage_limit, is_disrupted, may_be_held};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Limit, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Container, Version, container_path};
use crate::rules::conditions::KubeletCondition;
use crate::rules::container_status::Synthetic;
use crate::rules::ending::Ending;
use crate::rules::phase;
use crate::rules::restart;
use crate::rules::transition;
use crate::rules::view::{Exit, TerminatedReason};
use crate::spec::{ContainerKind, Spec};
use crate::time::Span;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("PH-04", "Succeeded ⇒ every regular container is terminated with exit code 0", Check::Status(succeeded_by_all))
        .asks_for(Facts::TERMINAL)
        .source_is("kubelet getPhase")
        .with_spec()
        .silent_on(SUCCEEDED, &[])
        .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.exitCode = 1"]]),
    Rule::must(
        "PH-05",
        "Failed without a reason ⇒ some init or regular container exited with another code than 0, or the Pod is being deleted",
        Check::Both(something_failed_at_first, something_failed),
    )
    .asks_for(Facts::TERMINAL)
    .asks_change_for(Facts::TERMINAL)
    .source_is("kubelet getPhase, TerminatePod")
    .unless("the reason is lost with a restart of the kubelet, which finds that the containers of a Pod that was killed or refused ended well; what is left of it is DisruptionTarget, or what was told before; or it is lost with an illegal status")
    .not(Shapes::COLLECTED)
    .with_spec()
    .silent_on(SUCCEEDED, &[&["status.phase = Failed", "status.containerStatuses[job].state.terminated.exitCode = 3"]])
    .fires_on(SUCCEEDED, &[&["status.phase = Failed"]]),
    Rule::must(
        "PH-06",
        "Running ⇒ every regular container and every sidecar has been started: it has a status, and does not wait without a last termination",
        Check::Status(all_were_started),
    )
    .source_is("kubelet getPhase")
    .unless("a terminal phase is held back; a Pod that ran and was refused shows nothing else")
    .with_spec()
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&["status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}"]]),
    Rule::must(
        "PH-07",
        "Running ⇒ no plain init container is running for the first time, missing, or waiting without a last termination",
        Check::Status(init_is_over),
    )
    .source_is("kubelet getPhase")
    .unless("a terminal phase is held back: of a Pod that is killed while its init containers run again in a new sandbox, PH-19 tells")
    .only(Scope::Full)
    .with_spec()
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&[
        "metadata.generation = 2",
        "status.observedGeneration = 2",
        "spec.initContainers[setup].image = busybox:1",
        "status.initContainerStatuses[setup].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:02Z\"}}",
    ]]),
    Rule::must("PH-08", "Running ⇒ something runs, or some stopped regular container may restart", Check::Status(something_goes_on))
        .source_is("kubelet getPhase")
        .with_gates(|gates| gates.container_restart_rules)
        .unless("a terminal phase is held back; a container that could not be started counts as stopped")
        .only(Scope::Full)
        .with_spec()
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}"]]),
    Rule::should(
        "PH-09",
        "all regular containers terminated, none restartable, no sidecar running ⇒ the phase is terminal within 10 s",
        Check::Duration(is_done, stays_done),
    )
    .source_is("kubelet getPhase, SyncPod")
    .unless("the kubelet is down; while an ephemeral container runs, 5 s and the grace period of the Pod")
    .only(Scope::Full)
    .with_spec()
    .silent_on(SUCCEEDED, &[&["status.phase = Running"], &["t = 12", "status.phase = Succeeded"]])
    .fires_on(SUCCEEDED, &[&["status.phase = Running"], &["t = 30", "status.phase = Succeeded"]]),
    Rule::must(
        "PH-16",
        "a plain init container terminated with another code than 0 that may not restart ⇒ phase Failed",
        Check::Status(fatal_init_fails),
    )
    .asks_for(Facts::ENDED)
    .source_is("kubelet getPhase")
    .unless("the terminal phase is held back; RestartingAllContainers")
    .only(Scope::Full)
    .with_spec()
    .silent_on(SUCCEEDED, &[])
    .fires_on(SUCCEEDED, &[&[
        "metadata.generation = 2",
        "status.observedGeneration = 2",
        "spec.initContainers[setup].image = busybox:1",
        "status.initContainerStatuses[setup].state = {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\"}}",
    ]]),
    Rule::must(
        "PH-17",
        "the phase is the one that the kubelet's decision gives for the container statuses and the spec of the observed generation",
        Check::Both(is_first_derived, is_derived),
    )
    .source_is("kubelet getPhase, generateAPIPodStatus")
    .not(Shapes::COLLECTED)
    .unless("a phase that stays, of which PH-19 tells; a terminal phase is held back; Failed with a reason; the last status of a Pod that ends turns Failed what is not terminal, without a reason if that was lost with an illegal status")
    .only(Scope::Full)
    .with_spec()
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&["status.phase = Pending"]]),
    Rule::should(
        "PH-18",
        "nothing runs, no regular container may restart, PodReadyToStartContainers is False ⇒ the phase is terminal within 5 s",
        Check::Duration(is_down, stays_down),
    )
    .source_is("kubelet status manager")
    .with_gates(|gates| gates.pod_ready_to_start_containers_condition)
    .unless("the kubelet is down")
    .only(Scope::Full)
    .with_spec()
    .silent_on(SUCCEEDED, &[&["status.phase = Running"], &["t = 12", "status.phase = Succeeded"]])
    .fires_on(SUCCEEDED, &[&["status.phase = Running"], &["t = 30", "status.phase = Succeeded"]]),
    // Never sure: nothing shows at first that the kubelet itself ends the Pod, for which it holds the phase back, nor ever that it was restarted
    // and knows of no end any more.
    Rule::should("PH-19", "a build that leaves the phase as it was had no reason to change it", Check::Change(follows_at_once))
        .source_is("kubelet getPhase, generateAPIPodStatus")
        .unless("the kubelet ends the Pod before it told that its containers run (eviction, preemption, shutdown of the node), even if it is restarted then and the Pod goes on")
        .only(Scope::Full)
        .with_spec()
        .silent_on(STARTING, &[&["status.phase = Running"]])
        .fires_on(STARTING, &[RUNS]),
];

/// The container of [`STARTING`] runs.
const RUNS: &[&str] = &[
    "t = 3",
    "status.containerStatuses[web].containerID = containerd://a0",
    "status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:02Z\"}}",
    "status.containerStatuses[web].started = true",
];

fn succeeded_by_all(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.phase() != Some(PodPhase::Succeeded) {
        return;
    }
    const WHY: &str = "a Pod has Succeeded only if all its regular containers exited with 0";
    for container in version.containers().filter(|container| container.kind == ContainerKind::Regular) {
        if container.terminated().is_none_or(|end| end.exit_code != 0) {
            report.add(container.path("state"), container.state(), WHY);
        }
    }
    let Some(spec) = version.spec() else { return };
    for name in spec.regular().filter(|index| version.container(*index).is_none()).map(|index| spec.container(index).name()) {
        report.add(container_path(ContainerKind::Regular, name, "state"), "", WHY);
    }
}

fn something_failed_at_first(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.is_first() && version.phase() == Some(PodPhase::Failed) {
        something_has_failed(version, report);
    }
}

fn something_failed(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if change.new.phase() == Some(PodPhase::Failed) && !may_have_lost_reason(change.new, Some(change)) {
        something_has_failed(change.new, report);
    }
}

fn something_has_failed(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    // Of an eviction for local storage nothing but the reason tells.
    let may_have_lost_reason = || version.history.phase.had_reason || (version.is_first() && has_storage_limit(version));
    let is_explained = || is_disrupted(version) || version.history.rejected || may_have_lost_reason();
    if !version.is_in(Scope::Full) || !status.reason.is_empty() || version.meta().deletion_timestamp.is_some() || is_explained() {
        return;
    }
    let counts = |container: &Container<'_>| container.kind != ContainerKind::Ephemeral;
    let mut ends = version.containers().filter(counts).flat_map(|container| [container.terminated(), container.last()]).flatten();
    if !ends.any(|end| end.exit_code != 0) {
        report.add("status.phase", "Failed", "no container has failed, nobody deletes the Pod, and there is no other reason");
    }
}

/// The phases the version calls for, if it shows Running and does not hold a terminal phase back.
fn running(version: &Version<'_>) -> Option<Phases> {
    let computed = (version.phase() == Some(PodPhase::Running)).then(|| computed(version, None)).flatten()?;
    (!may_be_held(version, computed)).then_some(computed)
}

/// Whether nothing is known of a container, or it waits and has never ended.
fn is_unstarted(container: Option<&Container<'_>>) -> bool {
    container.is_none_or(|container| container.running().is_none() && container.terminated().is_none() && container.last().is_none())
}

fn all_were_started(version: &Version<'_>, report: &mut Report<'_, '_>) {
    // What no kubelet has taken note of does not run; what one has noted, but not built wholly, is a Pod that was refused.
    if version.is_in(Scope::Started) && !version.is_full() {
        return;
    }
    let Some(spec) = version.spec().filter(|_| running(version).is_some()) else { return };
    for index in spec.init_and_regular().filter(|index| spec.container(*index).kind() != ContainerKind::Init) {
        if is_unstarted(version.container(index).as_ref()) {
            let name = spec.container(index).name();
            report.add("status.phase", "Running", format_args!("container {name} has never been started, so the Pod is Pending"));
        }
    }
}

fn init_is_over(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec().filter(|spec| spec.has_init() && running(version).is_some()) else { return };
    for index in spec.init().filter(|index| spec.container(*index).kind() == ContainerKind::Init) {
        let container = version.container(index);
        let runs_first =
            |container: &Container<'_>| container.running().is_some() && container.last().is_none() && container.status.restart_count == 0;
        if is_unstarted(container.as_ref()) || container.as_ref().is_some_and(runs_first) {
            let name = spec.container(index).name();
            report.add("status.phase", "Running", format_args!("init container {name} is still to be done, so the Pod is Pending"));
        }
    }
}

fn something_goes_on(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec().filter(|_| running(version).is_some()) else { return };
    let goes_on = |container: Container<'_>| match container.kind {
        ContainerKind::Ephemeral => false,
        _ if container.running().is_some() => true,
        ContainerKind::Regular => may_restart(version, spec, container),
        _ => false,
    };
    if !version.containers().any(goes_on) {
        report.add("status.phase", "Running", "nothing runs, and nothing that has stopped may restart");
    }
}

/// Whether a stopped container may restart.
fn may_restart(version: &Version<'_>, spec: &Spec, container: Container<'_>) -> bool {
    let exit = container.terminated().or(container.last()).map(Exit::from);
    container.index.zip(exit).is_some_and(|(index, exit)| phase::may_restart(spec, index, exit, version.gates))
}

fn is_done(version: &Version<'_>) -> Option<Limit> {
    let spec = version.spec().filter(|_| !version.is_terminal())?;
    let mut within = Span::from_secs(10);
    for container in version.containers() {
        let runs = container.running().is_some();
        match container.kind {
            ContainerKind::Regular if container.terminated().is_none() || may_restart(version, spec, container) => return None,
            ContainerKind::Sidecar if runs => return None,
            ContainerKind::Ephemeral if runs => within = Span::from_secs(5 + spec.termination_grace_period_seconds().unwrap_or(30)),
            _ => {}
        }
    }
    Some(Limit { within, of: 0 })
}

fn stays_done(version: &Version<'_>, report: &mut Report<'_, '_>) {
    report.add("status.phase", word(version), "all regular containers have ended for good, and yet the phase does not turn terminal");
}

fn is_down(version: &Version<'_>) -> Option<Limit> {
    let spec = version.spec().filter(|_| !version.is_terminal() && !version.holds(KubeletCondition::PodReadyToStartContainers))?;
    let regular = |container: &Container<'_>| container.kind == ContainerKind::Regular;
    let mut regular = version.containers().filter(regular);
    let down = !version.containers().any(|container| container.running().is_some());
    let ended = regular.all(|container| !is_unstarted(Some(&container)) && !may_restart(version, spec, container));
    (down && ended).then_some(Limit { within: Span::from_secs(5), of: 0 })
}

fn stays_down(version: &Version<'_>, report: &mut Report<'_, '_>) {
    report.add("status.phase", word(version), "containers and sandbox are down for good, and yet the phase does not turn terminal");
}

fn fatal_init_fails(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(spec) = version.spec().filter(|spec| spec.has_init() && version.phase() != Some(PodPhase::Failed)) else { return };
    for container in version.containers().filter(|container| container.kind == ContainerKind::Init) {
        let Some((index, end)) = container.index.zip(container.terminated()) else { continue };
        let exit = Exit::from(end);
        let fatal =
            exit.reason != TerminatedReason::RestartingAllContainers && phase::ends_initialization(spec, index, exit, version.gates);
        if fatal && computed(version, None).is_none_or(|computed| !may_be_held(version, computed)) {
            report.add("status.phase", word(version), format_args!("init container {} has failed for good", container.status.name));
        }
    }
}

/// The first version of a Pod: nothing tells what it was before.
fn is_first_derived(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.is_first() {
        judge(version, None, None, report);
    }
}

/// What must be remembered of the versions before.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) struct Memory {
    /// The phase has stayed while the container statuses called for another one.
    is_behind: bool,
    /// The Pod has ended, and a reason was told; or it may have been, before the first version.
    had_reason: bool,
    /// A container that had ended for good may have run once more, and nothing has been built since: a status in which it ran was illegal.
    may_run_again: bool,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { is_behind: false, had_reason: false, may_run_again: false };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        self.had_reason |= new.is_terminal() && (!new.status().reason.is_empty() || (change.is_none() && has_storage_limit(new)));
        if let Some(change) = change {
            self.may_run_again = ran_again(change) || runs_anew(change) || (self.may_run_again && !is_built_anew(change));
        }
        let stays = change.filter(|change| stays(change) && new.is_in(Scope::Full));
        let Some(change) = stays else { return self.is_behind = false };
        let Some(called_for) = computed(new, Some(change.old)) else { return };
        self.is_behind = stays_behind(change, called_for) || (self.is_behind && !new.phase().is_some_and(|phase| called_for.has(phase)));
    }
}

/// Whether a build leaves the phase as it was, though the container statuses call for another one. What they called for before was judged when they
/// came to be so.
fn stays_behind(change: &Change<'_>, called_for: Phases) -> bool {
    !change.new.phase().is_some_and(|phase| called_for.has(phase)) && !may_be_held(change.new, called_for) && is_built_anew(change)
}

fn follows_at_once(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let new = change.new;
    if !stays(change) || new.history.phase.is_behind {
        return;
    }
    let Some(called_for) = computed(new, Some(change.old)).filter(|called_for| stays_behind(change, *called_for)) else { return };
    report.change("status.phase", word(change.old), word(new), format_args!("the container statuses call for {called_for}"));
}

/// Whether the kubelet may have built this status: others leave the containers as they are, and results of probes change `started` and `ready` alone.
fn is_built_anew(change: &Change<'_>) -> bool {
    let is_same = |(old, new): (Container<'_>, Container<'_>)| {
        let (old, new) = (old.status, new.status);
        (&old.state, &old.last_state, old.restart_count) == (&new.state, &new.last_state, new.restart_count)
            && old.container_id == new.container_id
    };
    change.old.status().observed_generation != change.new.status().observed_generation || !change.both().all(is_same)
}

/// Whether the phase stays, and is not terminal.
fn stays(change: &Change<'_>) -> bool {
    change.old.phase() == change.new.phase() && !change.new.is_terminal()
}

fn is_derived(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let before = change.old.phase();
    if before != change.new.phase() {
        judge(change.new, Some(change), before.filter(|_| !change.gap), report);
    }
}

/// Whether each init and regular container has exited with 0: then the last status of a Pod has nothing to turn Failed.
fn all_exited_well(version: &Version<'_>) -> bool {
    let Some(spec) = version.spec() else { return false };
    let exited_well = |index| version.container(index).and_then(|container| container.terminated()).is_some_and(|end| end.exit_code == 0);
    spec.init_and_regular().filter(|index| !spec.container(*index).is_sidecar()).all(exited_well)
}

/// Whether it may be the last status of a Pod whose kubelet ended it and could not say so: why is lost with a status in which a container that had ended
/// for good runs once more, for that is an illegal one (kubelet `checkContainerStateTransition`, `TerminatePod`).
fn may_have_lost_reason(new: &Version<'_>, change: Option<&Change<'_>>) -> bool {
    let is_lost = |container: &Container<'_>| container.terminated().and_then(Synthetic::of_status).is_some_and(Synthetic::is_lost);
    let may_have_run_again = new.history.phase.may_run_again || change.is_some_and(ran_again);
    let counted = || new.containers().filter(|container| container.kind != ContainerKind::Ephemeral);
    !all_exited_well(new)
        && counted().all(|container| container.running().is_none())
        && (may_have_run_again || counted().any(|container| is_lost(&container)))
}

/// Whether a container that had ended for good is another instance now.
fn ran_again(change: &Change<'_>) -> bool {
    let is_other = |(old, new): (Container<'_>, Container<'_>)| old.status.container_id != new.status.container_id;
    change.both().any(|both| is_other(both) && has_ended_for_good(change.old, both.0))
}

/// Whether the sandbox is gone, or a new one is there, in which what has ended for good begins anew: init containers, and regular ones that the kubelet
/// starts by the policy of the Pod (kubelet `computePodActions`). A Pod of the policy Never that has run gets no other sandbox.
fn runs_anew(change: &Change<'_>) -> bool {
    let is_down = |version: &Version<'_>| {
        let ready = version.condition(KubeletCondition::PodReadyToStartContainers);
        ready.is_some_and(|ready| ready.status == ConditionStatus::False)
    };
    let begins_anew = |container: Container<'_>, spec: &Spec| match container.kind {
        ContainerKind::Init => true,
        ContainerKind::Regular => {
            container.index.is_some_and(|index| restart::effective_policy(spec, index, change.new.gates) != RestartPolicy::OnFailure)
        }
        ContainerKind::Sidecar | ContainerKind::Ephemeral => false,
    };
    let Some(spec) = change.new.spec().filter(|spec| spec.restart_policy() != RestartPolicy::Never) else { return false };
    (is_down(change.old) || is_down(change.new))
        && change.new.containers().any(|container| begins_anew(container, spec) && has_ended_for_good(change.new, container))
}

/// Whether it has ended, and the status may show nothing else of it.
fn has_ended_for_good(version: &Version<'_>, container: Container<'_>) -> bool {
    let may_leave = |(spec, (index, exit_code))| transition::may_leave_terminated(spec, index, exit_code, version.gates);
    let ended = container.index.zip(container.terminated().map(|end| end.exit_code));
    version.spec().zip(ended).is_some_and(|ended| !may_leave(ended))
}

/// `held` is the phase that may be held: none if any may.
fn judge(new: &Version<'_>, change: Option<&Change<'_>>, held: Option<PodPhase>, report: &mut Report<'_, '_>) {
    let old = change.map(|change| change.old);
    let Some((phase, computed)) = new.phase().zip(computed(new, old)) else { return };
    // The deadline is told of a Pod that had Succeeded before, and a shutdown of the node of one that Succeeds; no other Succeeded one has a reason.
    let reason = &new.status().reason;
    let has_reason = phase == PodPhase::Succeeded
        && old.is_some_and(|old| old.phase() != Some(phase))
        && !reason.is_empty()
        && reason != Ending::NodeShutdown.reason();
    let legal = (computed.has(phase) && !has_reason)
        || match phase {
            PodPhase::Failed => {
                !new.status().reason.is_empty()
                    || new.history.rejected
                    || (new.meta().deletion_timestamp.is_some() && !all_exited_well(new))
                    || may_have_lost_reason(new, change)
            }
            PodPhase::Succeeded => false,
            _ => may_be_held(new, computed) && held.is_none_or(|held| held == phase),
        };
    if !legal {
        let before = old.map_or("", word);
        report.change("status.phase", before, phase, format_args!("the container statuses call for {computed}"));
    }
}

#[cfg(test)]
mod tests {
    use super::RUNS;
    use crate::check::catalogue::bases::{CREATED, STARTING};
    use crate::check::example::{Example, Step};
    use crate::check::{Checker, Options};
    use alloc::vec::Vec;

    /// Of these rules those that a stream breaks, with the lines.
    fn broken(base: &'static str, steps: &'static [Step]) -> Vec<(&'static str, u64)> {
        let rules = ["PH-04".into(), "PH-06".into(), "PH-17".into(), "PH-19".into()].into();
        let options = Options { rules, ..Options::default() };
        let (mut checker, mut found) = (Checker::with(options), Vec::new());
        for (line, event) in (1..).zip(Example { base, steps }.events().unwrap()) {
            checker.event(event, line, &mut |finding| found.push((finding.rule.id(), finding.line)));
        }
        checker.finish(&mut |finding| found.push((finding.rule.id(), finding.line)));
        found
    }

    #[test]
    fn what_no_kubelet_knows_has_neither_run_nor_succeeded() {
        assert_eq!(broken(CREATED, &[&["status.phase = Running"]]), [("PH-06", 2)]);
        assert_eq!(broken(CREATED, &[&["status.phase = Succeeded"]]), [("PH-04", 2)]);
    }

    #[test]
    fn a_phase_that_stays_behind_is_told_once_and_may_catch_up() {
        assert_eq!(broken(STARTING, &[RUNS, &["t = 50"], &["t = 60", "status.phase = Running"]]), [("PH-19", 2)]);
    }

    #[test]
    fn a_pod_that_the_kubelet_ended_has_a_reason() {
        const FAILED: &[&str] = &[
            "t = 9",
            "status.phase = Failed",
            "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 137, \"reason\": \"Error\", \"containerID\": \"containerd://a0\"}}",
        ];
        assert_eq!(broken(STARTING, &[RUNS, FAILED]), [("PH-19", 2), ("PH-17", 3)]);
        assert_eq!(broken(STARTING, &[RUNS, &["status.reason = Evicted"], FAILED]), [("PH-19", 2)]);
    }
}
