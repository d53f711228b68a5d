//! `CO`, of PodReadyToStartContainers: the containers and the sandbox they run in.

use crate::api::PodPhase;
use crate::check::catalogue::bases::{RUNNING, SUCCEEDED};
use crate::check::clock::Moment;
use crate::check::report::Report;
use crate::check::rule::{Check, Limit, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::KubeletCondition;
use crate::time::{Span, Time};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::should(
        "CO-23",
        "some container is running ⇒ PodReadyToStartContainers is True",
        Check::Duration(is_without_sandbox, needs_sandbox),
    )
    .source_is("kubelet PodSandboxChanged, GeneratePodReadyToStartContainersCondition")
    .unless("the sandbox has just died; within 10 s, and the grace period of its containers, there is a new one or none of them runs")
    .only(Scope::Full)
    .not(Shapes::COLLECTED)
    .silent_on(RUNNING, &[&[SANDBOX_DOWN, "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:04Z"]])
    .fires_on(RUNNING, &[&["t = 20", SANDBOX_DOWN]]),
    Rule::should("CO-24", "terminal phase ⇒ PodReadyToStartContainers is False", Check::Passing(has_sandbox, outlives_pod))
        .source_is("kubelet SyncTerminatingPod, GeneratePodReadyToStartContainersCondition")
        .unless("the first such version was built before the sandbox stopped, and is corrected within 2 s")
        .only(Scope::Full)
        .not(Shapes::COLLECTED)
        .silent_on(SUCCEEDED, &[&[SANDBOX_UP], &["status.conditions[PodReadyToStartContainers].status = False"]])
        .fires_on(SUCCEEDED, &[&[SANDBOX_UP]]),
];

const SANDBOX_DOWN: &str = "status.conditions[PodReadyToStartContainers].status = False";
const SANDBOX_UP: &str = "status.conditions[PodReadyToStartContainers].status = True";

/// How old the news of a dead sandbox may be when it comes.
const NEWS: Span = Span::from_secs(3);
/// How long the kubelet takes to stop what ran in it.
const CLEANUP: i64 = 10;
/// What must not be at all: each time that passes is longer, even where nothing tells how long ago a version was written.
const NEVER: Span = Span::from_nanos(i64::MIN);

/// What must be remembered of the versions before.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) struct Memory {
    /// What the last version says of the sandbox.
    last: Option<Last>,
    /// The sandbox may be another than the Pod's first.
    replaced: bool,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    since: Option<Time>,
    at: Option<Moment>,
    is_up: bool,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { last: None, replaced: false };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        let condition = new.condition(KubeletCondition::PodReadyToStartContainers);
        self.replaced |= self.shows_another(new) || (change.is_none_or(|change| change.gap) && condition.is_some());
        let is_up = new.holds(KubeletCondition::PodReadyToStartContainers);
        self.last = condition.map(|condition| Last { since: condition.last_transition_time, at: new.at(), is_up });
    }

    /// Whether the first sandbox is down, or there is another one: the condition was True, and is not, or anew. Within one second its time
    /// does not tell.
    fn shows_another(&self, new: &Version<'_>) -> bool {
        let condition = new.condition(KubeletCondition::PodReadyToStartContainers);
        let is_up = new.holds(KubeletCondition::PodReadyToStartContainers);
        let since = condition.map(|condition| condition.last_transition_time);
        self.last.is_some_and(|last| last.is_up && (!is_up || since != Some(last.since)))
    }
}

/// Whether the sandbox may be another than the Pod's first: the records of init containers were removed before they ran in it (kubelet
/// `purgeInitContainers`), whether or not a status had told how they ended.
pub(in crate::check) fn may_be_another(version: &Version<'_>) -> bool {
    let memory = &version.history.sandbox;
    memory.replaced || memory.shows_another(version) || version.condition(KubeletCondition::PodReadyToStartContainers).is_none()
}

fn is_without_sandbox(version: &Version<'_>) -> Option<Limit> {
    let condition = version.condition(KubeletCondition::PodReadyToStartContainers)?;
    if version.holds(KubeletCondition::PodReadyToStartContainers) || !version.containers().any(|container| container.running().is_some()) {
        return None;
    }
    let died = condition.last_transition_time?;
    // The engine keeps the first limit of a state: only the version that brings it must have seen the sandbox die.
    let has_just_died = match version.history.sandbox.last {
        Some(last) => last.since < Some(died) && is_news(died, version.at()?, last.at),
        None => version.is_first(),
    };
    // What ran in a sandbox is stopped with the grace period, and no status is built meanwhile.
    let grace = version.spec().and_then(|spec| spec.termination_grace_period_seconds()).unwrap_or_default();
    Some(Limit { within: if has_just_died { Span::from_secs(CLEANUP + grace) } else { NEVER }, of: died.secs() })
}

/// Whether a sandbox died right before this version, or after the last one.
fn is_news(died: Time, at: Moment, last: Option<Moment>) -> bool {
    at.earliest.truncated() - died <= NEWS || last.is_none_or(|last| last.earliest <= died + Moment::SLACK)
}

fn needs_sandbox(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if let Some(container) = version.containers().find(|container| container.running().is_some()) {
        let path = condition_path(KubeletCondition::PodReadyToStartContainers.as_str(), "status");
        let name = &container.status.name;
        report.add(path, "False", format_args!("container {name} is running, and containers run only in a sandbox that is ready"));
    }
}

fn has_sandbox(version: &Version<'_>) -> Option<Limit> {
    // Of the first version of a stream nobody knows whether it is the garbage collector's.
    let is_left = !version.is_first() && version.is_terminal() && version.holds(KubeletCondition::PodReadyToStartContainers);
    is_left.then_some(Limit { within: Span::from_secs(2), of: 0 })
}

fn outlives_pod(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let path = condition_path(KubeletCondition::PodReadyToStartContainers.as_str(), "status");
    let phase = version.phase().map_or("", PodPhase::as_str);
    report.add(path, "True", format_args!("a Pod is told to have {phase} only when its sandbox is down, too"));
}
