//! The conditions that the kubelet computes (kubelet `status/generate.go`).
//!
//! A verdict is status and reason. When it began to hold ([`lastTransitionTime`](crate::api::PodCondition::last_transition_time)) and the
//! generation it speaks of are added where the status is assembled; the messages, for humans, are made on demand by the
//! functions in `…_message`.

mod list;
mod set;

pub use list::{holds, put, status_in, update};
pub(crate) use set::is_transition;
pub use set::{Conditions, KubeletCondition, is_owned, message, transition_time};

use super::restart::{could_restart_all, restart_all_cleaned_up};
use super::sandbox;
use super::view::{Runtime, StatusEntry, Statuses, reasons};
use crate::api::{ConditionStatus, PodPhase};
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerKind, Spec};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

reasons! {
    /// `reason` of a Pod condition.
    ConditionReason {
        /// Some sidecar or regular container is not ready.
        ContainersNotReady = "ContainersNotReady",
        /// Some init container is not done.
        ContainersNotInitialized = "ContainersNotInitialized",
        /// The statuses are not known at all.
        UnknownContainerStatuses = "UnknownContainerStatuses",
        /// The Pod Succeeded.
        PodCompleted = "PodCompleted",
        /// The Pod Failed.
        PodFailed = "PodFailed",
        /// A readiness gate is not True.
        ReadinessGatesNotReady = "ReadinessGatesNotReady",
        /// A RestartAllContainers rule matched.
        RestartAllContainersStarted = "RestartAllContainersStarted",
        /// Scheduling gates hold the Pod back.
        SchedulingGated = "SchedulingGated",
        /// No node fits.
        Unschedulable = "Unschedulable",
        /// The scheduler failed.
        SchedulerError = "SchedulerError",
        /// Eviction API.
        EvictionByEvictionApi = "EvictionByEvictionAPI",
        /// Scheduler preemption.
        PreemptionByScheduler = "PreemptionByScheduler",
        /// NoExecute taint.
        DeletionByTaintManager = "DeletionByTaintManager",
        /// NoExecute taint of a device (KEP-5055).
        DeletionByDeviceTaintManager = "DeletionByDeviceTaintManager",
        /// Pod garbage collector: the node is gone.
        DeletionByPodGc = "DeletionByPodGC",
        /// The kubelet: node pressure, critical Pod, node shutdown.
        TerminationByKubelet = "TerminationByKubelet",
        /// The resize waits for room.
        Deferred = "Deferred",
        /// The resize can never be.
        Infeasible = "Infeasible",
        /// The resize failed.
        Error = "Error",
    }
}

/// Status and reason of a computed condition. The message, for humans, is made on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Status.
    pub status: ConditionStatus,
    /// Reason.
    pub reason: ConditionReason,
}

impl Verdict {
    /// True, without a reason.
    pub const TRUE: Self = Self { status: ConditionStatus::True, reason: ConditionReason::None };
    /// False, without a reason.
    pub const FALSE: Self = Self { status: ConditionStatus::False, reason: ConditionReason::None };

    /// False for this reason.
    pub const fn because(reason: ConditionReason) -> Self {
        Self { status: ConditionStatus::False, reason }
    }

    /// Whether the status is True.
    pub const fn holds(self) -> bool {
        matches!(self.status, ConditionStatus::True)
    }
}

/// A change of the status of a condition that Kubernetes makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionEdge {
    /// Type of the condition.
    pub condition: &'static str,
    /// Before; `None`: not there.
    pub from: Option<ConditionStatus>,
    /// After; `None`: taken away.
    pub to: Option<ConditionStatus>,
    /// When it happens.
    pub when: &'static str,
}

/// The permitted changes of the conditions that Kubernetes itself writes. None of them is ever Unknown.
pub const EDGES: &[ConditionEdge] = {
    const NONE: Option<ConditionStatus> = None;
    const TRUE: Option<ConditionStatus> = Some(ConditionStatus::True);
    const FALSE: Option<ConditionStatus> = Some(ConditionStatus::False);
    const REFUSED: &str = "the kubelet refuses the Pod: its conditions go";
    const fn row(condition: &'static str, from: Option<ConditionStatus>, to: Option<ConditionStatus>, when: &'static str) -> ConditionEdge {
        ConditionEdge { condition, from, to, when }
    }
    &[
        row("PodScheduled", NONE, FALSE, "scheduling gates, or no node fits"),
        row("PodScheduled", NONE, TRUE, "bound, or first status of the kubelet"),
        row("PodScheduled", FALSE, TRUE, "bound, or first status of the kubelet"),
        row("PodScheduled", TRUE, NONE, REFUSED),
        row("PodReadyToStartContainers", NONE, FALSE, "first build"),
        row("PodReadyToStartContainers", NONE, TRUE, "the sandbox is up before the first build"),
        row("PodReadyToStartContainers", FALSE, TRUE, "the sandbox is up"),
        row("PodReadyToStartContainers", TRUE, FALSE, "the sandbox is down"),
        row("PodReadyToStartContainers", FALSE, NONE, REFUSED),
        row("PodReadyToStartContainers", TRUE, NONE, REFUSED),
        row("Initialized", NONE, FALSE, "first build"),
        row("Initialized", NONE, TRUE, "first build, nothing to wait for"),
        row("Initialized", FALSE, TRUE, "init containers done, a regular container ran, or Succeeded"),
        row("Initialized", TRUE, FALSE, "a new sandbox, only without the gate RestartAllContainersOnContainerExits"),
        row("Initialized", FALSE, NONE, REFUSED),
        row("Initialized", TRUE, NONE, REFUSED),
        row("ContainersReady", NONE, FALSE, "first build"),
        row("ContainersReady", NONE, TRUE, "first build, all ready"),
        row("ContainersReady", FALSE, TRUE, "all sidecars and regular containers are ready"),
        row("ContainersReady", TRUE, FALSE, "one is not ready, or the phase is terminal"),
        row("ContainersReady", FALSE, NONE, REFUSED),
        row("ContainersReady", TRUE, NONE, REFUSED),
        row("Ready", NONE, FALSE, "first build"),
        row("Ready", NONE, TRUE, "first build, all ready"),
        row("Ready", FALSE, TRUE, "ContainersReady and all readiness gates are True"),
        row("Ready", TRUE, FALSE, "one of them is not, or the node is lost"),
        row("Ready", FALSE, NONE, REFUSED),
        row("Ready", TRUE, NONE, REFUSED),
        row("DisruptionTarget", NONE, TRUE, "eviction, preemption, taint, node shutdown, garbage collection"),
        row("DisruptionTarget", TRUE, FALSE, "nothing came of it for two minutes"),
        row("DisruptionTarget", FALSE, TRUE, "another disruption"),
        row("PodResizePending", NONE, TRUE, "a resize is deferred or infeasible"),
        row("PodResizePending", TRUE, NONE, "it is accepted or withdrawn"),
        row("PodResizeInProgress", NONE, TRUE, "a resize is accepted"),
        row("PodResizeInProgress", TRUE, NONE, "it is done or withdrawn"),
        row("AllContainersRestarting", NONE, FALSE, "first build of a Pod with such a rule"),
        row("AllContainersRestarting", NONE, TRUE, "a rule matched before the first build"),
        row("AllContainersRestarting", FALSE, TRUE, "a RestartAllContainers rule matched"),
        row("AllContainersRestarting", TRUE, FALSE, "all old instances are gone"),
        row("AllContainersRestarting", FALSE, NONE, REFUSED),
        row("AllContainersRestarting", TRUE, NONE, REFUSED),
    ]
};

/// Whether a condition of Kubernetes may change in this way; that its status stays is always permitted, and so is everything for
/// conditions of others, and every change from Unknown, which only others write.
pub fn permitted(condition: &str, from: Option<ConditionStatus>, to: Option<ConditionStatus>) -> bool {
    let mut rows = EDGES.iter().filter(|edge| edge.condition == condition).peekable();
    from == to || from == Some(ConditionStatus::Unknown) || rows.peek().is_none() || rows.any(|edge| edge.from == from && edge.to == to)
}

/// The message of a True AllContainersRestarting (KEP-5532); every other verdict of [`all_containers_restarting`] has none.
pub const ALL_CONTAINERS_RESTARTING_MESSAGE: &str = "container exited with restart policy rule";

/// ContainersReady: whether all sidecars and regular containers are ready (kubelet `GenerateContainersReadyCondition`).
///
/// `statuses` is `None` where they are not known at all, which is not the same as a list without entries: UnknownContainerStatuses
/// against ContainersNotReady. A Failed Pod is never ready, nor is a Succeeded one of which every status is known, whatever the
/// statuses say.
#[inline]
pub fn containers_ready(spec: &Spec, statuses: Option<&impl Statuses>, phase: PodPhase) -> Verdict {
    let Some(statuses) = statuses else {
        return Verdict::because(ConditionReason::UnknownContainerStatuses);
    };
    if phase == PodPhase::Failed {
        return Verdict::because(ConditionReason::PodFailed);
    }
    let (mut unknown, mut unready) = (false, false);
    for index in serving(spec) {
        match statuses.entry(index) {
            None => unknown = true,
            Some(entry) => unready |= !entry.ready,
        }
    }
    if phase == PodPhase::Succeeded && !unknown {
        Verdict::because(ConditionReason::PodCompleted)
    } else if unknown || unready {
        Verdict::because(ConditionReason::ContainersNotReady)
    } else {
        Verdict::TRUE
    }
}

/// Ready: whether the containers are ready and every readiness gate of the spec is True (kubelet `GeneratePodReadyCondition`, KEP-580).
///
/// `gate` gives the status of the condition of a type, `None` if the Pod has no such condition. While ContainersReady is not True,
/// its verdict is Ready's too and no gate is asked.
pub fn ready(spec: &Spec, containers_ready: Verdict, gate: impl Fn(&str) -> Option<ConditionStatus>) -> Verdict {
    if !containers_ready.holds() {
        containers_ready
    } else if spec.readiness_gates().all(|name| gate(name) == Some(ConditionStatus::True)) {
        Verdict::TRUE
    } else {
        Verdict::because(ConditionReason::ReadinessGatesNotReady)
    }
}

/// Initialized: whether all init containers are done (plain) or started (sidecars) (kubelet `GeneratePodInitializedCondition`).
///
/// It also holds as soon as a regular container runs or has terminated, whatever the init containers do; and, with the gate
/// RestartAllContainersOnContainerExits on, once it held in the last status (`was_initialized`). `statuses` is `None` where
/// they are not known at all.
#[inline]
pub fn initialized(spec: &Spec, statuses: Option<&impl Statuses>, phase: PodPhase, was_initialized: bool, gates: &Gates) -> Verdict {
    let Some(statuses) = statuses else {
        return match (spec.has_init(), phase) {
            (true, _) => Verdict::because(ConditionReason::UnknownContainerStatuses),
            (false, PodPhase::Succeeded) => COMPLETED,
            (false, _) => Verdict::TRUE,
        };
    };
    if phase != PodPhase::Succeeded && was_initialized && gates.restart_all() {
        return Verdict::TRUE;
    }
    let (mut unknown, mut done) = (false, true);
    for index in spec.init() {
        let entry = statuses.entry(index);
        unknown |= entry.is_none();
        done = done && entry.is_some_and(|entry| is_initialized(spec, index, entry));
    }
    let begun = |index| {
        let activity = statuses.activity(index);
        activity.running || (activity.stopped && !activity.waits)
    };
    if phase == PodPhase::Succeeded && !unknown {
        COMPLETED
    } else if done || (was_initialized && gates.restart_all()) || spec.regular().any(begun) {
        Verdict::TRUE
    } else {
        Verdict::because(ConditionReason::ContainersNotInitialized)
    }
}

/// Whether every init container has a status and is done (plain) or started (sidecar): what [`initialized`] asks, too.
pub fn init_done(spec: &Spec, statuses: &impl Statuses) -> bool {
    spec.init().all(|index| statuses.entry(index).is_some_and(|entry| is_initialized(spec, index, entry)))
}

/// PodReadyToStartContainers: whether the sandbox is up and has its network, that is, no new one is needed (kubelet
/// `GeneratePodReadyToStartContainersCondition`, KEP-3085). Never has a reason or a message.
///
/// The condition is written only with the gate PodReadyToStartContainersCondition on, which the caller asks.
pub fn ready_to_start_containers(spec: &Spec, runtime: &impl Runtime) -> Verdict {
    if sandbox::changed(spec, runtime).needed { Verdict::FALSE } else { Verdict::TRUE }
}

/// AllContainersRestarting (kubelet `GenerateAllContainersRestartingCondition`, KEP-5532): `None` where the kubelet does not
/// write it at all, which is where the gate is off or no container has a RestartAllContainers rule.
///
/// `should_restart_all` is [`restart::should_restart_all`](super::restart::should_restart_all). The condition holds from the exit
/// that asked for the restart until the runtime knows no init or regular container any more. Alone among the conditions it carries no `observedGeneration`.
pub fn all_containers_restarting(
    spec: &Spec,
    phase: PodPhase,
    should_restart_all: bool,
    runtime: &impl Runtime,
    gates: &Gates,
) -> Option<Verdict> {
    if !could_restart_all(spec, gates) {
        return None;
    }
    Some(match phase {
        PodPhase::Succeeded => Verdict::because(ConditionReason::PodCompleted),
        PodPhase::Failed => Verdict::because(ConditionReason::PodFailed),
        _ if !should_restart_all || restart_all_cleaned_up(spec, runtime) => Verdict::FALSE,
        _ => Verdict { status: ConditionStatus::True, reason: ConditionReason::RestartAllContainersStarted },
    })
}

/// The message of [`containers_ready`]: which containers have no status and which are not ready; empty unless the reason is
/// ContainersNotReady (kubelet `GenerateContainersReadyCondition`).
pub fn containers_ready_message(spec: &Spec, statuses: Option<&impl Statuses>, phase: PodPhase) -> String {
    match statuses {
        Some(statuses) if containers_ready(spec, Some(statuses), phase).reason == ConditionReason::ContainersNotReady => {
            written(unready(spec, statuses))
        }
        _ => String::new(),
    }
}

/// What the message of a condition that is False for the reason ContainersNotReady says, without building it.
pub fn unready<'a>(spec: &'a Spec, statuses: &'a impl Statuses) -> impl fmt::Display + 'a {
    lacking(spec, serving(spec), statuses, "unready", |_, _, entry| entry.ready)
}

/// The message of [`ready`]: that of ContainersReady while that is not True, else which readiness gates are missing or not True;
/// empty if it holds (kubelet `GeneratePodReadyCondition`).
pub fn ready_message(
    spec: &Spec,
    statuses: Option<&impl Statuses>,
    phase: PodPhase,
    gate: impl Fn(&str) -> Option<ConditionStatus>,
) -> String {
    if !containers_ready(spec, statuses, phase).holds() {
        return containers_ready_message(spec, statuses, phase);
    }
    let complaint = |name| match gate(name) {
        None => Some(format!("corresponding condition of pod readiness gate {name:?} does not exist.")),
        Some(ConditionStatus::True) => None,
        Some(status) => Some(format!("the status of pod readiness gate {name:?} is not \"True\", but {status}")),
    };
    spec.readiness_gates().filter_map(complaint).collect::<Vec<_>>().join(", ")
}

/// The message of [`initialized`]: which init containers have no status and which are not done; empty unless the reason is
/// ContainersNotInitialized (kubelet `GeneratePodInitializedCondition`).
pub fn initialized_message(spec: &Spec, statuses: Option<&impl Statuses>, phase: PodPhase, was_initialized: bool, gates: &Gates) -> String {
    let verdict = initialized(spec, statuses, phase, was_initialized, gates);
    match statuses {
        Some(statuses) if verdict.reason == ConditionReason::ContainersNotInitialized => written(incomplete(spec, statuses)),
        _ => String::new(),
    }
}

/// Whether the message of a condition names this container: [`incomplete`] and [`unready`] the other way round.
pub(crate) fn names(message: &str, container: &str) -> bool {
    let named = message.split_once('[').map_or("", |(_, named)| named);
    named.split([' ', ']']).any(|name| name == container)
}

/// What the message of an Initialized that is False for the reason ContainersNotInitialized says, without building it.
pub fn incomplete<'a>(spec: &'a Spec, statuses: &'a impl Statuses) -> impl fmt::Display + 'a {
    lacking(spec, spec.init(), statuses, "incomplete", is_initialized)
}

const COMPLETED: Verdict = Verdict { status: ConditionStatus::True, reason: ConditionReason::PodCompleted };

/// The containers whose readiness is the Pod's: sidecars, then regular containers.
fn serving(spec: &Spec) -> impl Iterator<Item = ContainerIndex> + Clone {
    spec.init_and_regular().filter(|&index| spec.kind(index) != ContainerKind::Init)
}

/// Whether an init container with this status no longer keeps the Pod from being initialized.
fn is_initialized(spec: &Spec, index: ContainerIndex, entry: StatusEntry) -> bool {
    if spec.kind(index) == ContainerKind::Sidecar { entry.started == Some(true) } else { entry.ready }
}

/// The text of a message, made in one block: `to_string` moves it to a larger one three times.
fn written(message: impl fmt::Display) -> String {
    let mut text = String::with_capacity(128);
    // Writing to a text never fails.
    let _ = write!(text, "{message}");
    text
}

/// Names the containers without a status, and those whose status is not `fine`.
fn lacking<'a>(
    spec: &'a Spec,
    containers: impl Iterator<Item = ContainerIndex> + Clone + 'a,
    statuses: &'a impl Statuses,
    what: &'static str,
    fine: fn(&Spec, ContainerIndex, StatusEntry) -> bool,
) -> impl fmt::Display + 'a {
    fmt::from_fn(move |f| {
        let mut before = "";
        let mut part = |what, is_of: &dyn Fn(ContainerIndex) -> bool| {
            let mut names = containers.clone().filter(|index| is_of(*index)).map(|index| spec.container(index).name());
            let Some(first) = names.next() else { return Ok(()) };
            [before, "containers with ", what, " status: [", first].into_iter().try_for_each(|text| f.write_str(text))?;
            names.try_for_each(|name| f.write_str(" ").and_then(|()| f.write_str(name)))?;
            before = ", ";
            f.write_str("]")
        };
        part("unknown", &|index| statuses.entry(index).is_none())?;
        part(what, &|index| statuses.entry(index).is_some_and(|entry| !fine(spec, index, entry)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PodStatus;
    use crate::rules::view::ApiStatuses;

    fn fixture() -> (Spec, PodStatus) {
        let spec = "{\"initContainers\": [{\"name\": \"i\"}, {\"name\": \"s\", \"restartPolicy\": \"Always\"}],
            \"containers\": [{\"name\": \"a\"}, {\"name\": \"b\"}],
            \"readinessGates\": [{\"conditionType\": \"x.io/a\"}, {\"conditionType\": \"x.io/b\"}]}";
        let status = "{\"phase\": \"Pending\",
            \"initContainerStatuses\": [{\"name\": \"i\", \"state\": {\"running\": {}}}, {\"name\": \"s\", \"ready\": true, \"state\": {}}],
            \"containerStatuses\": [{\"name\": \"b\", \"state\": {\"waiting\": {}}}]}";
        (Spec::as_given(serde_json::from_str(spec).unwrap()), serde_json::from_str(status).unwrap())
    }

    #[test]
    fn messages_name_who_is_lacking() {
        let (spec, mut status) = fixture();
        let pending = PodPhase::Pending;
        let statuses = ApiStatuses::new(&spec, &status);
        let message = containers_ready_message(&spec, Some(&statuses), pending);
        assert_eq!(message, "containers with unknown status: [a], containers with unready status: [b]");
        assert_eq!(ready_message(&spec, Some(&statuses), pending, |_| None), message);
        let message = initialized_message(&spec, Some(&statuses), pending, false, &Gates::default());
        assert_eq!(message, "containers with incomplete status: [i s]");
        assert_eq!(initialized_message(&spec, Some(&statuses), pending, true, &Gates::default()), "");

        status.container_statuses =
            ["a", "b"].map(|name| crate::api::ContainerStatus { name: name.into(), ready: true, ..Default::default() }).into();
        let statuses = ApiStatuses::new(&spec, &status);
        let gate = |name: &str| (name == "x.io/b").then_some(ConditionStatus::Unknown);
        assert_eq!(
            ready_message(&spec, Some(&statuses), pending, gate),
            "corresponding condition of pod readiness gate \"x.io/a\" does not exist., \
             the status of pod readiness gate \"x.io/b\" is not \"True\", but Unknown"
        );
        assert_eq!(ready(&spec, Verdict::TRUE, gate), Verdict::because(ConditionReason::ReadinessGatesNotReady));
    }

    #[test]
    fn the_restart_of_all_containers_says_what_it_is() {
        let (spec, status) = fixture();
        let statuses = ApiStatuses::new(&spec, &status);
        let message = |reason| message(KubeletCondition::AllContainersRestarting, reason, &spec, Some(&statuses), |_| None);
        assert_eq!(message(ConditionReason::RestartAllContainersStarted), ALL_CONTAINERS_RESTARTING_MESSAGE);
        assert_eq!(message(ConditionReason::PodCompleted), "");
    }

    #[test]
    fn a_regular_container_that_has_begun_proves_initialization() {
        let (spec, mut status) = fixture();
        let off = Gates { restart_all_containers_on_container_exits: false, ..Gates::default() };
        let verdict = |status: &PodStatus| initialized(&spec, Some(&ApiStatuses::new(&spec, status)), PodPhase::Pending, true, &off);
        assert_eq!(verdict(&status), Verdict::because(ConditionReason::ContainersNotInitialized));
        status.container_statuses[0].state.running = Some(Default::default());
        assert_eq!(verdict(&status), Verdict::TRUE);
    }
}
