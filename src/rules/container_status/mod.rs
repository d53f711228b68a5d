//! The status of one container, derived from what the runtime shows and from the status before (kubelet `convertToAPIContainerStatuses`).
//!
//! [`derive()`] decides where each value of the new status comes from and copies nothing: the machine resolves the answer into its
//! compact slots, [`view()`] into a status that borrows its texts, [`build`] into an API object. What the prober adds (`started`, `ready`) is decided in [`probe`](super::probe).

mod object;
mod view;

pub use object::{StartFailure, StatusTexts, build};
pub use view::{ContainerId, ContainerStatusView, StateView, TerminatedView, view};

use super::restart;
use super::view::{Exit, Instance, InstanceState, Runtime, StatusEntry, StatusState, TerminatedReason, WaitingReason};
use crate::api::ContainerStateTerminated;
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerKind, Spec};

/// What the last status says of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Previous {
    /// The status itself.
    pub entry: StatusEntry,
    /// Whether its `containerID` is that of the newest instance in the runtime.
    pub shows_newest: bool,
}

/// What the kubelet knows beside the runtime and the last status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StatusInput {
    /// All containers are being restarted in place (condition AllContainersRestarting, KEP-5532).
    pub restarting_all: bool,
    /// The Pod has a `deletionTimestamp`.
    pub deleted: bool,
    /// Why the last start of this container failed, until one succeeds (kubelet `reasonCache`).
    pub start_failure: Option<WaitingReason>,
}

/// Where a `state` or `lastState` comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StateSource {
    /// Nothing: an empty object.
    #[default]
    None,
    /// Waiting for this reason. No reason: the newest instance is created but not started, or the runtime cannot tell.
    Waiting(WaitingReason),
    /// Waiting because the last start failed; its text is the start failure's.
    StartFailure(WaitingReason),
    /// Running: the instance of this number, counted from the newest.
    Running(u8),
    /// Terminated: the instance of this number, counted from the newest.
    Ended(u8),
    /// A termination that nobody has seen.
    Synthetic(Synthetic),
    /// `state` of the last status, to the letter.
    Previous,
    /// `lastState` of the last status, to the letter.
    PreviousLast,
}

/// A termination that the kubelet infers, without times and without id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Synthetic {
    /// It ran, and the runtime does not know it any more.
    Vanished,
    /// It ran, and the runtime cannot tell its state.
    Lost,
    /// The same while all containers are being restarted.
    LostInRestart,
    /// It was removed to restart all containers.
    RemovedForRestart,
    /// A plain init container without a trace in a Pod whose regular containers were already created.
    InitCompleted,
}

/// Where `image`, `imageID`, `containerID`, `volumeMounts` and resources come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentitySource {
    /// The spec: image and mounts; no ids, no resources.
    Spec,
    /// The last status, to the letter.
    Previous,
    /// The newest instance; the mounts of the last status; resources of the spec, and of the runtime while it runs.
    Newest,
}

/// A new status, by where each value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Derived {
    /// `state`.
    pub state: StateSource,
    /// `lastState`.
    pub last: StateSource,
    /// Image, ids, mounts and resources.
    pub identity: IdentitySource,
    /// `restartCount`.
    pub restart_count: i32,
    /// `started`, before the prober's verdict.
    pub started: Option<bool>,
    /// `ready`, before the prober's verdict.
    pub ready: bool,
}

/// The new status of one container (kubelet `convertToAPIContainerStatuses`).
///
/// The newest instance is the status, the second newest is its `lastState`. Without any instance the last status tells: one that
/// was terminated stays to the letter, one that ran has vanished. At last, a container that is to be started and whose last start
/// failed waits for that reason.
#[inline]
pub fn derive(
    spec: &Spec,
    container: ContainerIndex,
    previous: Option<&Previous>,
    runtime: &impl Runtime,
    input: StatusInput,
    gates: &Gates,
) -> Derived {
    derive_from(spec, container, previous, runtime.newest_two(container), || any_regular_created(spec, runtime), input, gates)
}

/// The same, of the two newest instances.
#[inline]
fn derive_from(
    spec: &Spec,
    container: ContainerIndex,
    previous: Option<&Previous>,
    [newest, second]: [Option<Instance>; 2],
    any_regular_created: impl FnOnce() -> bool,
    input: StatusInput,
    gates: &Gates,
) -> Derived {
    let restarting_all = input.restarting_all && gates.restart_all();
    let mut status = match &newest {
        Some(newest) => {
            let mut status = of_newest(newest, previous, restarting_all, gates);
            if let Some(second) = second {
                status.last = state_of(1, &second, previous, restarting_all);
            }
            status
        }
        None => without_instance(spec, previous, restarting_all, input.deleted),
    };
    let kind = spec.kind(container);
    if matches!(kind, ContainerKind::Init | ContainerKind::Sidecar) && newest.as_ref().is_some_and(has_completed) {
        return status;
    }
    if kind == ContainerKind::Init && newest.is_none() && status.state.is_waiting() && any_regular_created() {
        status.state = StateSource::Synthetic(Synthetic::InitCompleted);
        return status;
    }
    if let Some(reason) = input.start_failure
        && restart::should_be_restarted(spec, container, newest.as_ref(), input.deleted, gates)
    {
        if status.state.is_terminated() {
            status.last = status.state;
        }
        status.state = StateSource::StartFailure(reason);
    }
    status
}

/// Whether some regular container has an instance in a state that the runtime can tell (kubelet `HasAnyRegularContainerCreated`).
pub fn any_regular_created(spec: &Spec, runtime: &impl Runtime) -> bool {
    spec.regular().any(|i| runtime.newest(i).is_some_and(|instance| instance.state != InstanceState::Unknown))
}

impl Derived {
    /// The status as the rules read it: every source looked up.
    ///
    /// `previous` and `runtime` are those that [`derive()`] was given.
    pub fn entry(&self, container: ContainerIndex, previous: Option<&Previous>, runtime: &impl Runtime) -> StatusEntry {
        let resolve = |source| resolve(source, container, previous, runtime);
        let last = match resolve(self.last) {
            StatusState::Terminated(exit) => Some(exit),
            _ => None,
        };
        let Self { restart_count, started, ready, .. } = *self;
        StatusEntry { state: resolve(self.state), last, ready, started, restart_count }
    }
}

impl StateSource {
    /// Whether the state is `waiting`.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Waiting(_) | Self::StartFailure(_))
    }

    /// Whether a `state` from here is `terminated`: the last status's state is taken over only where it is.
    pub const fn is_terminated(self) -> bool {
        matches!(self, Self::Ended(_) | Self::Synthetic(_) | Self::Previous)
    }
}

impl Synthetic {
    /// The one whose [exit](Self::exit) has this reason, which no runtime gives: ContainerStatusUnknown or RestartingAllContainers.
    pub fn of_reason(reason: TerminatedReason) -> Option<Self> {
        [Self::Vanished, Self::RemovedForRestart].into_iter().find(|synthetic| synthetic.exit().reason == reason)
    }

    /// The one that a status shows: an end without an instance, told in the kubelet's words.
    pub(crate) fn of_status(end: &ContainerStateTerminated) -> Option<Self> {
        const ALL: [Synthetic; 5] =
            [Synthetic::Vanished, Synthetic::Lost, Synthetic::LostInRestart, Synthetic::RemovedForRestart, Synthetic::InitCompleted];
        let is_it = |synthetic: &Self| synthetic.exit() == Exit::from(end) && synthetic.message() == end.message;
        ALL.into_iter().filter(|_| end.container_id.is_empty()).find(is_it)
    }

    /// Whether it is that of a container that could not be found when its Pod ended (kubelet `TerminatePod`).
    pub(crate) const fn is_lost(self) -> bool {
        matches!(self, Self::Lost | Self::LostInRestart)
    }

    /// Exit code and reason.
    pub const fn exit(self) -> Exit {
        let (code, reason) = match self {
            Self::Vanished | Self::Lost => (137, TerminatedReason::ContainerStatusUnknown),
            Self::LostInRestart | Self::RemovedForRestart => (137, TerminatedReason::RestartingAllContainers),
            Self::InitCompleted => (0, TerminatedReason::Completed),
        };
        Exit { code, reason }
    }

    /// The kubelet's message.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Vanished => "The container could not be located when the pod was deleted.  The container used to be Running",
            Self::Lost | Self::LostInRestart => "The container could not be located when the pod was terminated",
            Self::RemovedForRestart => "The container is removed because RestartAllContainers in place",
            Self::InitCompleted => {
                "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally"
            }
        }
    }
}

#[inline]
fn of_newest(newest: &Instance, previous: Option<&Previous>, restarting_all: bool, gates: &Gates) -> Derived {
    let state = state_of(0, newest, previous, restarting_all);
    let mut status = Derived {
        state,
        last: StateSource::None,
        identity: IdentitySource::Newest,
        restart_count: newest.restart_count,
        started: None,
        ready: false,
    };
    let Some(previous) = previous else {
        return status;
    };
    let old = &previous.entry;
    let had_ended = matches!(old.state, StatusState::Terminated(_));
    // KEP-5532: instances are removed with their history, so counts and last terminations live on in the status alone.
    if gates.restart_all() {
        status.restart_count = newest.restart_count.max(old.restart_count);
        if had_ended && !previous.shows_newest {
            status.last = StateSource::Previous;
        } else if old.last.is_some() {
            status.last = StateSource::PreviousLast;
        }
        if newest.state == InstanceState::Running && had_ended && old.restart_count >= newest.restart_count {
            status.restart_count = old.restart_count.saturating_add(1);
        }
    }
    if let StateSource::Synthetic(_) = state {
        status.restart_count = old.restart_count.saturating_add(1);
    }
    // A kubelet that has just started has no probe results yet: what was started stays so.
    if newest.state == InstanceState::Running && !gates.change_container_status_on_kubelet_restart {
        status.started = old.started;
    }
    status
}

#[inline]
fn state_of(number: u8, instance: &Instance, previous: Option<&Previous>, restarting_all: bool) -> StateSource {
    match instance.state {
        InstanceState::Running => StateSource::Running(number),
        InstanceState::Exited => StateSource::Ended(number),
        InstanceState::Unknown if previous.is_some_and(|previous| previous.entry.state == StatusState::Running) => {
            StateSource::Synthetic(if restarting_all { Synthetic::LostInRestart } else { Synthetic::Lost })
        }
        InstanceState::Created | InstanceState::Unknown => StateSource::Waiting(WaitingReason::None),
    }
}

/// Why a container waits of which nothing is known yet: PodInitializing in a Pod with init containers, else ContainerCreating.
pub const fn default_waiting(spec: &Spec) -> WaitingReason {
    if spec.has_init() { WaitingReason::PodInitializing } else { WaitingReason::ContainerCreating }
}

#[inline]
fn without_instance(spec: &Spec, previous: Option<&Previous>, restarting_all: bool, deleted: bool) -> Derived {
    let mut status = Derived {
        state: StateSource::Waiting(default_waiting(spec)),
        last: StateSource::None,
        identity: IdentitySource::Spec,
        restart_count: 0,
        started: None,
        ready: false,
    };
    let Some(Previous { entry: old, .. }) = previous else {
        return status;
    };
    status.restart_count = old.restart_count;
    status.last = StateSource::PreviousLast;
    if let StatusState::Terminated(_) = old.state {
        status.state = StateSource::Previous;
        status.identity = IdentitySource::Previous;
        status.started = old.started;
        status.ready = old.ready;
    }
    if restarting_all && !matches!(old.state, StatusState::Waiting(_)) {
        status.state = StateSource::Waiting(WaitingReason::RestartingAllContainers);
        status.last = StateSource::Synthetic(Synthetic::RemovedForRestart);
        status.restart_count = old.restart_count.saturating_add(1);
    } else if old.state == StatusState::Running && old.last.is_none() {
        // Waiting with a last termination counts as stopped; without one the phase would fall back to Pending.
        status.last = StateSource::Synthetic(Synthetic::Vanished);
        status.restart_count = old.restart_count.saturating_add(i32::from(!deleted));
    }
    status
}

fn has_completed(instance: &Instance) -> bool {
    instance.state == InstanceState::Exited && instance.exit.code == 0
}

fn resolve(source: StateSource, container: ContainerIndex, previous: Option<&Previous>, runtime: &impl Runtime) -> StatusState {
    match source {
        StateSource::None => StatusState::Empty,
        StateSource::Waiting(reason) | StateSource::StartFailure(reason) => StatusState::Waiting(reason),
        StateSource::Running(_) => StatusState::Running,
        StateSource::Ended(number) => {
            let instance = runtime.instances(container).nth(number.into());
            instance.map_or(StatusState::Empty, |instance| StatusState::Terminated(instance.exit))
        }
        StateSource::Synthetic(synthetic) => StatusState::Terminated(synthetic.exit()),
        StateSource::Previous => previous.map_or(StatusState::Empty, |previous| previous.entry.state),
        StateSource::PreviousLast => previous.and_then(|p| p.entry.last).map_or(StatusState::Empty, StatusState::Terminated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;
    use crate::observation::{Observation, ObservedContainer, ObservedPod, ObservedState};
    use alloc::vec::Vec;

    const C: ContainerIndex = ContainerIndex::new(0);
    const STATES: [ObservedState; 4] = [ObservedState::Created, ObservedState::Running, ObservedState::Exited, ObservedState::Unknown];

    fn spec() -> Spec {
        Spec::as_given(serde_json::from_str(r#"{"containers": [{"name": "c", "image": "i"}]}"#).unwrap())
    }

    fn instance(number: i32, state: ObservedState) -> ObservedContainer {
        let id = alloc::format!("c-{number}");
        ObservedContainer { id, name: "c".into(), state, restart_count: number, exit_code: 3, reason: "Error".into(), ..Default::default() }
    }

    /// No instance, one, or two; newest first.
    fn observations() -> Vec<Observation> {
        let one = STATES.iter().map(|&newest| Vec::from([instance(1, newest)]));
        let two = STATES.iter().flat_map(|&newest| STATES.map(|second| Vec::from([instance(1, newest), instance(0, second)])));
        let all = core::iter::once(Vec::new()).chain(one).chain(two);
        all.map(|containers| Observation { containers, ..Observation::default() }).collect()
    }

    fn previous_statuses() -> Vec<Option<api::ContainerStatus>> {
        let states = [
            r#"{}"#,
            r#"{"waiting": {"reason": "ErrImagePull"}}"#,
            r#"{"running": {}}"#,
            r#"{"terminated": {"exitCode": 1, "reason": "Error"}}"#,
        ];
        let lasts = &["{}", r#"{"terminated": {"exitCode": 2, "reason": "Error"}}"#];
        let ids = &["test://c-0", "test://c-1"];
        let all = states.iter().flat_map(|state| lasts.iter().flat_map(move |last| ids.iter().map(move |id| (state, last, id))));
        let text = |(state, last, id)| {
            alloc::format!(
                r#"{{"name": "c", "state": {state}, "lastState": {last}, "containerID": "{id}", "restartCount": 1, "started": true, "ready": true}}"#
            )
        };
        core::iter::once(None).chain(all.map(|parts| Some(serde_json::from_str(&text(parts)).unwrap()))).collect()
    }

    #[test]
    fn the_object_and_the_compact_entry_agree_and_counts_never_fall() {
        let (spec, gates) = (spec(), Gates::default());
        let failures =
            [None, Some(StartFailure { reason: "CrashLoopBackOff", message: "" }), Some(StartFailure { reason: "x", message: "" })];
        let flags = [(false, false), (false, true), (true, false), (true, true)];
        let mut compared = 0;
        for (seen, previous) in observations().iter().flat_map(|seen| previous_statuses().into_iter().map(move |previous| (seen, previous)))
        {
            for (start_failure, (restarting_all, deleted)) in failures.iter().flat_map(|failure| flags.map(|flags| (failure, flags))) {
                let seen = ObservedPod::new(&spec, seen);
                let texts = StatusTexts { seen, runtime_name: "test", previous: previous.as_ref(), start_failure: *start_failure };
                let input = StatusInput { restarting_all, deleted, start_failure: None };
                let view = view(&spec, C, &texts, input, &gates);
                let object = view.to_owned();
                assert_eq!((view.name(), &*object.name), ("c", "c"));
                assert_eq!(alloc::format!("{}", view.container_id()), object.container_id);

                let id = previous.as_ref().map(|status| &*status.container_id);
                let shows_newest =
                    seen.containers(C).next().is_some_and(|newest| id.and_then(|id| id.strip_prefix("test://")) == Some(&newest.id));
                let compact = previous.as_ref().map(|status| Previous { entry: status.into(), shows_newest });
                let start_failure = start_failure.map(|failure| WaitingReason::from_text(failure.reason));
                let derived = derive(&spec, C, compact.as_ref(), &seen, StatusInput { start_failure, ..input }, &gates);
                assert_eq!(StatusEntry::from(&object), derived.entry(C, compact.as_ref(), &seen), "{texts:?} {input:?}");
                assert!(object.restart_count >= previous.as_ref().map_or(0, |status| status.restart_count));
                compared += 1;
            }
        }
        assert_eq!(compared, 21 * 17 * 12);
    }

    fn derived(previous: StatusEntry, input: StatusInput) -> Derived {
        let previous = Previous { entry: previous, shows_newest: false };
        derive(&spec(), C, Some(&previous), &ObservedPod::new(&spec(), &Observation::default()), input, &Gates::default())
    }

    #[test]
    fn what_ran_and_vanished_counts_as_ended_once() {
        let running = StatusEntry { state: StatusState::Running, restart_count: 4, ..StatusEntry::default() };
        let vanished = derived(running, StatusInput::default());
        assert_eq!(vanished.state, StateSource::Waiting(WaitingReason::ContainerCreating));
        assert_eq!((vanished.last, vanished.restart_count), (StateSource::Synthetic(Synthetic::Vanished), 5));
        assert_eq!(derived(running, StatusInput { deleted: true, ..StatusInput::default() }).restart_count, 4);

        let with_last = StatusEntry { last: Some(Exit::default()), ..running };
        let kept = derived(with_last, StatusInput::default());
        assert_eq!((kept.last, kept.restart_count), (StateSource::PreviousLast, 4));
    }

    #[test]
    fn a_restart_of_all_overwrites_even_a_real_exit_code() {
        let ended = StatusEntry { state: StatusState::Terminated(Exit { code: 42, ..Exit::default() }), ..StatusEntry::default() };
        let status = derived(ended, StatusInput { restarting_all: true, ..StatusInput::default() });
        assert_eq!(status.state, StateSource::Waiting(WaitingReason::RestartingAllContainers));
        assert_eq!((status.last, status.restart_count), (StateSource::Synthetic(Synthetic::RemovedForRestart), 1));
        assert_eq!(status.identity, IdentitySource::Previous);
        assert_eq!(derived(ended, StatusInput::default()).state, StateSource::Previous);
    }
    /// How often what is decided for all that a runtime and a last status may show. A change that is meant changes the table with it.
    #[test]
    fn statuses_in_all_situations_come_to_this() {
        let spec = Spec::as_given(
            serde_json::from_str(r#"{"containers": [{"name": "c", "image": "i"}], "initContainers": [{"name": "first", "image": "i"}]}"#)
                .unwrap(),
        );
        let inputs = [(false, false), (false, true), (true, false)].map(|(restarting_all, deleted)| StatusInput {
            restarting_all,
            deleted,
            start_failure: None,
        });
        let mut sums = alloc::collections::BTreeMap::<alloc::string::String, u32>::new();
        for restart_all in [true, false] {
            let gates = Gates { restart_all_containers_on_container_exits: restart_all, ..Gates::default() };
            for (observation, previous) in
                observations().iter().flat_map(|seen| previous_statuses().into_iter().map(move |previous| (seen, previous)))
            {
                for (container, input) in spec.indexes().flat_map(|container| inputs.map(|input| (container, input))) {
                    let name = spec.container(container).name();
                    let mut observation = observation.clone();
                    observation.containers.iter_mut().for_each(|instance| instance.name = name.into());
                    let seen = ObservedPod::new(&spec, &observation);
                    let texts = StatusTexts { seen, runtime_name: "test", previous: previous.as_ref(), start_failure: None };
                    let view = view(&spec, container, &texts, input, &gates);
                    let Derived { state, last, identity, restart_count, started, ready } = *view.derived();
                    let StatusInput { restarting_all, deleted, .. } = input;
                    let row = alloc::format!(
                        "{name}, {restart_all} {restarting_all} {deleted}: {state:?}, last {last:?}, identity {identity:?}, {restart_count} restarts, {started:?} {ready}"
                    );
                    *sums.entry(row).or_default() += 1;
                }
            }
        }
        insta::assert_snapshot!(sums.iter().map(|(row, sum)| alloc::format!("{row}: {sum}\n")).collect::<alloc::string::String>());
    }
}
