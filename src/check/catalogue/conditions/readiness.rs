//! `CO`: Ready and ContainersReady.

use crate::api::{ConditionStatus, PodCondition, PodPhase};
use crate::check::catalogue::bases::{RUNNING, STARTING, SUCCEEDED};
use crate::check::computed::{computed_if_stopped, is_past_deadline};
use crate::check::report::Report;
use crate::check::rule::{Check, Limit, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Container, Version, condition_path};
use crate::rules::conditions::{self, ConditionReason, KubeletCondition, Verdict, is_owned, status_in};
use crate::rules::status_merge::readiness_of;
use crate::rules::view::TerminatedReason;
use crate::spec::{ContainerKind, Spec};
use crate::time::Span;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CO-04", "Ready True ⇒ ContainersReady True", Check::Status(ready_needs_containers))
        .source_is("kubelet GeneratePodReadyCondition")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.conditions[ContainersReady].status = False"]]),
    Rule::should("CO-05", "Ready True ⇒ every readiness gate is True, or was up to 2.5 s ago", Check::Duration(is_ready_beside_gate, stays_ready))
        .source_is("kubelet GeneratePodReadyCondition, NeedToReconcilePodReadiness (KEP-580)")
        .with_spec()
        .silent_on(RUNNING, &[
            &["spec.readinessGates = [{\"conditionType\": \"example.com/up\"}]"],
            &["status.conditions[example.com/up] = {\"type\": \"example.com/up\", \"status\": \"True\"}"],
            &["t = 30"],
        ])
        .fires_on(RUNNING, &[
            &[
                "spec.readinessGates = [{\"conditionType\": \"example.com/up\"}]",
                "status.conditions[example.com/up] = {\"type\": \"example.com/up\", \"status\": \"False\"}",
            ],
            &["t = 30"],
        ]),
    Rule::must(
        "CO-06",
        "ContainersReady True ⇔ phase not terminal, and every sidecar and regular container has ready true",
        Check::Status(containers_ready_is_derived),
    )
    .source_is("kubelet GenerateContainersReadyCondition")
    .not(Shapes::COLLECTED)
    .unless("False for PodFailed while a terminal phase is held back")
    .only(Scope::Full)
    .with_spec()
    .silent_on(RUNNING, &[&[
        "status.conditions[ContainersReady].status = False",
        "status.conditions[ContainersReady].reason = PodFailed",
        "status.conditions[Ready].status = False",
        "status.conditions[Ready].reason = PodFailed",
    ]])
    .fires_on(RUNNING, &[&["status.containerStatuses[web].ready = false"]]),
    Rule::must("CO-07", "terminal phase ⇒ neither Ready nor ContainersReady is True", Check::Status(ended_is_not_ready))
        .source_is("kubelet mergePodStatus")
        .not(Shapes::COLLECTED)
        .silent_on(SUCCEEDED, &[])
        .fires_on(SUCCEEDED, &[&["status.conditions[Ready].status = True"]]),
    Rule::should("CO-08", "Failed ⇒ Ready has the reason PodFailed; Succeeded ⇒ PodCompleted", Check::Status(reason_tells_the_end))
        .source_is("kubelet GenerateContainersReadyCondition; TerminatePod, which turns a Pod Failed and leaves its conditions")
        .not(Shapes::COLLECTED)
        .unless("ContainersNotReady in a Pod that ended before it ran: some init or regular container still waits and never ended, or ended as ContainerStatusUnknown")
        .only(Scope::Full)
        .silent_on(STARTING, &[&[
            "status.phase = Failed",
            "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 137, \"reason\": \"ContainerStatusUnknown\"}}",
        ]])
        .fires_on(SUCCEEDED, &[&["status.conditions[Ready].reason = ContainersNotReady"]]),
    Rule::should("CO-09", "Ready with the reason PodFailed or PodCompleted ⇒ phase terminal", Check::Both(end_is_reached, end_stays))
        .source_is("kubelet GenerateContainersReadyCondition, status manager")
        .unless("the terminal phase is held back: the deadline has passed, an init container failed for good, the kubelet ends the Pod, or all regular containers have ended and the sandbox has not; then Ready keeps such a reason")
        .with_spec()
        .silent_on(SUCCEEDED, &[&["status.phase = Running"], &["status.phase = Succeeded"]])
        .fires_on(RUNNING, &[&["status.conditions[Ready].status = False", "status.conditions[Ready].reason = PodCompleted"]]),
    Rule::must(
        "CO-10",
        "Ready False ⇒ its reason is ContainersNotReady, ReadinessGatesNotReady, PodFailed, PodCompleted or UnknownContainerStatuses",
        Check::Status(ready_has_its_reason),
    )
    .source_is("kubelet GeneratePodReadyCondition")
    .not(Shapes::NODE_LOST)
    .only(Scope::Full)
    .silent_on(RUNNING, &[&["status.conditions[Ready].status = False"]])
    .fires_on(STARTING, &[&["status.conditions[Ready].reason = NotYet"]]),
    Rule::must(
        "CO-11",
        "ContainersReady False ⇒ its reason is ContainersNotReady, PodFailed, PodCompleted or UnknownContainerStatuses",
        Check::Status(containers_ready_has_its_reason),
    )
    .source_is("kubelet GenerateContainersReadyCondition")
    .only(Scope::Full)
    .silent_on(STARTING, &[])
    .fires_on(STARTING, &[&["status.conditions[ContainersReady].reason = ReadinessGatesNotReady"]]),
    Rule::must(
        "CO-12",
        "Ready with the reason ReadinessGatesNotReady ⇒ ContainersReady True, and the spec has readiness gates",
        Check::Status(gates_come_last),
    )
    .source_is("kubelet GeneratePodReadyCondition (KEP-580)")
    .silent_on(RUNNING, &[&[
        "spec.readinessGates = [{\"conditionType\": \"example.com/up\"}]",
        "status.conditions[Ready].status = False",
        "status.conditions[Ready].reason = ReadinessGatesNotReady",
    ]])
    .fires_on(RUNNING, &[&["status.conditions[Ready].status = False", "status.conditions[Ready].reason = ReadinessGatesNotReady"]]),
    Rule::must(
        "CO-13",
        "Ready, ContainersReady, PodScheduled or PodReadyToStartContainers True ⇒ it has neither reason nor message",
        Check::Status(true_needs_no_reason),
    )
    .source_is("kubelet status/generate.go; API server, binding")
    .not(Shapes::FOREIGN)
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&["status.conditions[Ready].reason = ContainersNotReady"]]),
];

const READY: KubeletCondition = KubeletCondition::Ready;
const CONTAINERS_READY: KubeletCondition = KubeletCondition::ContainersReady;

fn ready_needs_containers(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.holds(READY) && !version.holds(CONTAINERS_READY) {
        report.add(condition_path("Ready", "status"), "True", "a Pod is Ready only if its containers are, and ContainersReady is not True");
    }
}

fn is_ready_beside_gate(version: &Version<'_>) -> Option<Limit> {
    let spec = version.spec().filter(|_| version.holds(READY))?;
    let told = conditions::ready(spec, Verdict::TRUE, gates_of(version));
    (!told.holds()).then_some(Limit { within: Span::from_millis(2_500), of: 0 })
}

fn stays_ready(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some((spec, statuses)) = version.statuses() else { return };
    let why = conditions::ready_message(spec, Some(&statuses), PodPhase::Running, gates_of(version));
    report.add(
        condition_path("Ready", "status"),
        "True",
        format_args!("the kubelet looks at readiness gates again when one changes: {why}"),
    );
}

/// The conditions that readiness gates name.
fn gates_of<'a>(version: &Version<'a>) -> impl Fn(&str) -> Option<ConditionStatus> + use<'a> {
    let list = &version.status().conditions;
    move |name| status_in(list, name)
}

fn containers_ready_is_derived(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some(((spec, statuses), (phase, told))) = version.statuses().zip(version.phase().zip(version.condition(CONTAINERS_READY))) else {
        return;
    };
    let derived = conditions::containers_ready(spec, Some(&statuses), phase);
    let path = condition_path("ContainersReady", "status");
    match told.status {
        ConditionStatus::True if phase.is_terminal() => {
            report.add(path, "True", format_args!("nothing is ready in a Pod that has {phase}"))
        }
        ConditionStatus::True if !derived.holds() => {
            let why = conditions::containers_ready_message(spec, Some(&statuses), phase);
            report.add(path, "True", format_args!("not all sidecars and regular containers are ready: {why}"));
        }
        // What has failed is not ready, be it told or not yet.
        ConditionStatus::False if derived.holds() && reason(told) != ConditionReason::PodFailed => {
            report.add(path, "False", "all sidecars and regular containers are ready, and the Pod has not ended");
        }
        _ => {}
    }
}

fn ended_is_not_ready(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for condition in [READY, CONTAINERS_READY] {
        if let Some(phase) = version.phase()
            && let Some(verdict) = readiness_of(Some(phase), version.holds(condition))
        {
            let message = format_args!("a Pod that has {phase} is not ready: False for {}", verdict.reason);
            report.add(condition_path(condition.as_str(), "status"), "True", message);
        }
    }
}

fn reason_tells_the_end(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some((verdict, ready)) = readiness_of(version.phase(), true).zip(version.condition(READY)) else { return };
    let told = reason(ready);
    let forced = version.phase() == Some(PodPhase::Failed) && told == ConditionReason::ContainersNotReady;
    if told != verdict.reason && !(forced && version.containers().any(|container| never_came_to_run(&container))) {
        let message = format_args!("Ready of a Pod that has ended like this has the reason {}", verdict.reason);
        report.add(condition_path("Ready", "reason"), &ready.reason, message);
    }
}

/// Whether it is an init or regular container that waits and has never ended, or one that the kubelet gave an end it does not know.
pub(in crate::check) fn never_came_to_run(container: &Container<'_>) -> bool {
    let unknown = TerminatedReason::ContainerStatusUnknown.as_str();
    let (now, last) = (container.terminated(), container.last());
    container.kind != ContainerKind::Ephemeral
        && ((now.is_none() && container.running().is_none() && last.is_none())
            || now.into_iter().chain(last).any(|end| end.reason == unknown))
}

/// Whether Ready is False because the Pod has ended.
fn is_ended_by_ready(version: &Version<'_>) -> Option<ConditionReason> {
    let ready = version.condition(READY).filter(|ready| ready.status == ConditionStatus::False)?;
    Some(reason(ready)).filter(|reason| matches!(reason, ConditionReason::PodFailed | ConditionReason::PodCompleted))
}

/// Success is seen in the containers. Why a Pod fails may be known to the kubelet only; but then it stops the containers before it looks at
/// the conditions again.
fn end_is_reached(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let Some((why, (spec, statuses))) = is_ended_by_ready(version).filter(|_| !version.is_terminal()).zip(version.statuses()) else {
        return;
    };
    let all_are_ready = || conditions::containers_ready(spec, Some(&statuses), PodPhase::Running).holds();
    let message = match why {
        ConditionReason::PodCompleted if computed_if_stopped(version) != Some(PodPhase::Succeeded) => {
            "the Pod has not Succeeded, and its containers cannot have made it so"
        }
        ConditionReason::PodFailed if all_are_ready() && !is_past_deadline(version) => {
            "the Pod has not Failed: all its containers are ready, and no deadline has passed"
        }
        _ => return,
    };
    report.add(condition_path("Ready", "reason"), why, message);
}

/// What the kubelet holds back it does not forget while it lives, and it would find the Pod's containers in the same state again.
fn end_stays(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let [old, new] = [change.old, change.new];
    let Some(before) = is_ended_by_ready(old).filter(|_| !old.is_terminal()) else { return };
    if let Some(ready) = new.condition(READY)
        && !new.is_terminal()
        && is_ended_by_ready(new).is_none()
        && !new.is(Shapes::MIRROR)
        && !is_past_deadline(old)
    {
        let after = if ready.reason.is_empty() { ready.status.as_str() } else { &ready.reason };
        report.change(condition_path("Ready", "reason"), before, after, "Ready told the end of the Pod, and now the Pod goes on");
    }
}

fn ready_has_its_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    has_its_reason(version, READY, |told| told == ConditionReason::ReadinessGatesNotReady, report);
}

fn containers_ready_has_its_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    has_its_reason(version, CONTAINERS_READY, |_| false, report);
}

fn has_its_reason(version: &Version<'_>, condition: KubeletCondition, also: impl Fn(ConditionReason) -> bool, report: &mut Report<'_, '_>) {
    use ConditionReason::{ContainersNotReady, PodCompleted, PodFailed, UnknownContainerStatuses};
    let Some(told) = version.condition(condition).filter(|told| told.status == ConditionStatus::False) else { return };
    let known = reason(told);
    if !matches!(known, ContainersNotReady | PodCompleted | PodFailed | UnknownContainerStatuses) && !also(known) {
        report.add(condition_path(condition.as_str(), "reason"), &told.reason, "the kubelet has no such reason for it to be False");
    }
}

fn gates_come_last(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let gates = ConditionReason::ReadinessGatesNotReady;
    let Some(ready) = version.condition(READY).filter(|ready| reason(ready) == gates) else { return };
    let path = || condition_path("Ready", "reason");
    if !version.holds(CONTAINERS_READY) {
        report.add(path(), &ready.reason, "readiness gates are looked at only when ContainersReady is True, and it is not");
    }
    // They never change, so that any spec will do.
    let has_none = |spec: &Spec| spec.readiness_gates().next().is_none();
    if version.spec().or(version.current_spec()).is_some_and(has_none) {
        report.add(path(), &ready.reason, "the spec has no readiness gates");
    }
}

fn true_needs_no_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    use KubeletCondition::{PodReadyToStartContainers, PodScheduled};
    for condition in [PodReadyToStartContainers, READY, CONTAINERS_READY, PodScheduled] {
        let Some(told) = version.condition(condition).filter(|told| told.status == ConditionStatus::True) else { continue };
        if (!told.reason.is_empty() || !told.message.is_empty()) && is_owned(&told.type_, version.gates) {
            let (field, value) = if told.reason.is_empty() { ("message", &told.message) } else { ("reason", &told.reason) };
            report.add(
                condition_path(condition.as_str(), field),
                value,
                "a condition that is True needs no reason; only False is explained",
            );
        }
    }
}

fn reason(condition: &PodCondition) -> ConditionReason {
    ConditionReason::from_text(&condition.reason)
}
