//! A container's slot: its newest instances, its back-off, and what the status shows of it.

use super::left_out::{is_default, present};
use super::output::ShownState;
use super::table::table;
use crate::rules::actions::ContainerAction;
use crate::rules::backoff::Backoff;
use crate::rules::container_status::Synthetic;
use crate::rules::grace::Stop;
use crate::rules::probe::SeenState;
use crate::rules::view::{Activity, Exit, Instance, InstanceState, StatusEntry, StatusState, TerminatedReason, WaitingReason};
use crate::time::{ApiTime, KeptTime};

/// Which instance of a container: counted from 0 for every one that was ever created in this Pod's life.
///
/// Unlike `restartCount` it never starts anew, so that news of an older instance is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// An attempt or none, in four bytes. The last of all attempts counts as the one before it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MaybeAttempt(u32);

impl MaybeAttempt {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn get(self) -> Option<Attempt> {
        match self.0.checked_sub(1) {
            Some(number) => Some(Attempt(number)),
            None => None,
        }
    }
}

impl From<Attempt> for MaybeAttempt {
    fn from(attempt: Attempt) -> Self {
        Self(attempt.0.saturating_add(1))
    }
}

impl From<Option<Attempt>> for MaybeAttempt {
    fn from(attempt: Option<Attempt>) -> Self {
        attempt.map_or(Self::NONE, Self::from)
    }
}

impl core::fmt::Debug for MaybeAttempt {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.get().fmt(f)
    }
}

impl serde::Serialize for MaybeAttempt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for MaybeAttempt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Attempt>::deserialize(deserializer).map(Self::from)
    }
}

table! {
    /// State of an instance of a container in the runtime.
    states InstanceStage {
        /// Not there: never created, or removed.
        Absent,
        /// Created, not started.
        Created,
        /// Running.
        Running,
        /// Ended.
        Exited,
        /// The runtime cannot tell.
        Unknown,
    }
    /// What happens to an instance.
    events InstanceEvent {
        /// The runtime made it.
        Made,
        /// Its process runs.
        Started,
        /// The runtime could not start it.
        StartFailed,
        /// Its process ended.
        Ended,
        /// The runtime has lost sight of it.
        Lost,
        /// Its record is gone.
        Removed,
    }
    rows {
        Absent + Made => Created by Runtime;
        Created + Started => Running by Runtime;
        Created + StartFailed => Exited by Runtime;
        Created | Running | Unknown + Ended => Exited by Runtime;
        Running | Created + Lost => Unknown by Runtime;
        Created | Running | Exited | Unknown + Removed => Absent by Runtime;
    }
}

impl InstanceStage {
    /// In the runtime's words; `None` if it is not there.
    pub(crate) const fn state(self) -> Option<InstanceState> {
        match self {
            Self::Absent => None,
            Self::Created => Some(InstanceState::Created),
            Self::Running => Some(InstanceState::Running),
            Self::Exited => Some(InstanceState::Exited),
            Self::Unknown => Some(InstanceState::Unknown),
        }
    }
}

impl InstanceStage {
    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

/// An [`Exit`], in five bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[repr(Rust, packed)]
pub(crate) struct KeptExit {
    #[serde(rename = "exitCode")]
    pub(crate) code: i32,
    pub(crate) reason: TerminatedReason,
}

impl KeptExit {
    const NONE: Self = Self { code: 0, reason: TerminatedReason::None };

    const fn of(exit: Exit) -> Self {
        Self { code: exit.code, reason: exit.reason }
    }

    pub(crate) const fn get(self) -> Exit {
        Exit { code: self.code, reason: self.reason }
    }
}

impl From<Exit> for KeptExit {
    fn from(exit: Exit) -> Self {
        Self::of(exit)
    }
}

/// What is known of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InstanceFacts {
    pub(crate) stage: InstanceStage,
    pub(crate) attempt: Attempt,
    /// Attempt of the sandbox it lives in.
    pub(crate) sandbox: u32,
    pub(crate) restart_count: i32,
    /// Hash of name and image when it was created.
    pub(crate) hash: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) exit: KeptExit,
    /// In whole seconds, as the status shows it, from which probes and the kubelet's restart count.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) started_at: ApiTime,
    /// To the nanosecond: back-offs count from it.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) finished_at: KeptTime,
}

impl Default for InstanceFacts {
    fn default() -> Self {
        Self::NONE
    }
}

impl InstanceFacts {
    pub(crate) const NONE: Self = Self {
        stage: InstanceStage::Absent,
        attempt: Attempt(0),
        sandbox: 0,
        restart_count: 0,
        hash: 0,
        exit: KeptExit::NONE,
        started_at: ApiTime::NONE,
        finished_at: KeptTime::NONE,
    };

    /// As the rules see it; `None` if it is not there.
    #[inline]
    pub(crate) fn view(&self, hash: u32, active_sandbox: Option<u32>) -> Option<Instance> {
        Some(Instance {
            state: self.stage.state()?,
            restart_count: self.restart_count,
            started_at: self.started_at.get(),
            finished_at: self.finished_at.get(),
            exit: self.exit.get(),
            spec_changed: self.hash != hash,
            active: active_sandbox == Some(self.sandbox),
        })
    }
}

/// A termination as a status shows it: of an instance, or made up by the kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(Rust, packed)]
pub(crate) struct Termination {
    pub(crate) exit: KeptExit,
    /// The instance whose termination it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) attempt: MaybeAttempt,
    /// The kubelet made it up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) synthetic: Option<Synthetic>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) started_at: ApiTime,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) finished_at: ApiTime,
}

impl Termination {
    pub(crate) const fn synthetic(synthetic: Synthetic) -> Self {
        let exit = KeptExit::of(synthetic.exit());
        let none = ApiTime::NONE;
        Self { exit, attempt: MaybeAttempt::NONE, synthetic: Some(synthetic), started_at: none, finished_at: none }
    }
}

impl From<&InstanceFacts> for Termination {
    fn from(instance: &InstanceFacts) -> Self {
        Self {
            exit: instance.exit,
            attempt: instance.attempt.into(),
            synthetic: None,
            started_at: instance.started_at,
            finished_at: instance.finished_at.get().into(),
        }
    }
}

/// State of a container in the published status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ShownContainerState {
    Waiting(WaitingReason),
    Running { started_at: ApiTime },
    Terminated(Termination),
}

impl ShownContainerState {
    /// As the prober sees it.
    pub(crate) fn seen(&self) -> SeenState {
        match self {
            Self::Waiting(_) => SeenState::Waiting,
            Self::Running { started_at } => SeenState::Running { since: started_at.get() },
            Self::Terminated(termination) => SeenState::Terminated { exit_code: termination.exit.code },
        }
    }

    pub(crate) const fn termination(&self) -> Option<Termination> {
        if let Self::Terminated(termination) = self { Some(*termination) } else { None }
    }
}

/// What the published status shows of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownContainer {
    pub(crate) state: ShownContainerState,
    #[serde(default, rename = "lastState", skip_serializing_if = "is_default")]
    pub(crate) last: Option<Termination>,
    /// The instance whose id and image are shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) attempt: MaybeAttempt,
    pub(crate) restart_count: i32,
    pub(crate) ready: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) started: Option<bool>,
    /// The startup probe has succeeded since the last build, of which the condition Initialized does not know yet.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) just_started: bool,
    /// Length of the back-off that CrashLoopBackOff tells of, in milliseconds; else 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) back_off_millis: u32,
}

impl ShownContainer {
    /// Its state, in short.
    pub(crate) const fn short(&self) -> ShownState {
        match self.state {
            ShownContainerState::Waiting(reason) => ShownState::Waiting(reason),
            ShownContainerState::Running { .. } => ShownState::Running,
            ShownContainerState::Terminated(Termination { exit, .. }) => ShownState::Terminated(exit.code, exit.reason),
        }
    }

    /// The failure of a start of which it tells, in words of its own.
    #[inline]
    pub(crate) const fn failure_told(&self) -> Option<WaitingReason> {
        match self.state {
            ShownContainerState::Running { .. }
            | ShownContainerState::Terminated(_)
            | ShownContainerState::Waiting(
                WaitingReason::None
                | WaitingReason::ContainerCreating
                | WaitingReason::PodInitializing
                | WaitingReason::RestartingAllContainers
                | WaitingReason::CrashLoopBackOff,
            ) => None,
            ShownContainerState::Waiting(reason) => Some(reason),
        }
    }

    /// What the phase asks for.
    #[inline]
    pub(crate) fn activity(&self) -> Activity {
        let end = |end: &Termination| (end.exit.code, end.exit.reason == TerminatedReason::RestartingAllContainers);
        let terminated = if let ShownContainerState::Terminated(termination) = &self.state { Some(end(termination)) } else { None };
        let running = matches!(self.state, ShownContainerState::Running { .. });
        let waiting = matches!(self.state, ShownContainerState::Waiting(_));
        Activity::of(running, terminated, waiting, self.last.as_ref().map(end), self.started == Some(true))
    }

    #[inline]
    pub(crate) fn entry(&self) -> StatusEntry {
        let state = match self.state {
            ShownContainerState::Waiting(reason) => StatusState::Waiting(reason),
            ShownContainerState::Running { .. } => StatusState::Running,
            ShownContainerState::Terminated(termination) => StatusState::Terminated(termination.exit.get()),
        };
        let last = self.last.map(|termination| termination.exit.get());
        StatusEntry { state, last, ready: self.ready, started: self.started, restart_count: self.restart_count }
    }
}

/// Instances whose records the runtime was asked to remove and may still have: those that were numbered last, by their age in bits. They
/// are facts no more; a re-list that still has one of them says nothing new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Removals(u32);

/// So many instances can be noted as being removed.
pub(crate) const MOST_REMOVALS: usize = u32::BITS as usize;

/// One container of a Pod.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Slot {
    /// The newest instance, and the one before it if its record is kept.
    #[serde(with = "present", skip_serializing_if = "is_default")]
    pub(crate) instances: [InstanceFacts; 2],
    /// In the published status; `None` before the first build.
    #[serde(rename = "status", skip_serializing_if = "is_default")]
    pub(crate) shown: Option<ShownContainer>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) backoff: Backoff,
    /// The stop under way.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) stopping: Option<Stop>,
    /// Why the last start failed; shown until one succeeds (the kubelet's reason cache).
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) start_failure: WaitingReason,
    /// State of the newest instance as the sync in progress found it.
    #[serde(skip_serializing_if = "InstanceStage::is_absent")]
    pub(crate) found: InstanceStage,
    /// What the sync in progress does with it, or the last one did.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) plan: ContainerAction,
    /// The next instance's number.
    pub(crate) next_attempt: Attempt,
    /// The next instance's `restartCount`: the newest known one's plus 1, or as the log files tell.
    pub(crate) next_restart_count: i32,
    /// The records that the runtime was asked to remove.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) removals: Removals,
}

impl Default for Slot {
    fn default() -> Self {
        Self::new()
    }
}

impl Slot {
    /// Of a container that nothing is known of.
    pub(crate) fn new() -> Self {
        Self {
            instances: [InstanceFacts::NONE; 2],
            shown: None,
            backoff: Backoff::default(),
            stopping: None,
            start_failure: WaitingReason::None,
            found: InstanceStage::Absent,
            plan: ContainerAction { start: false, kill: None, cpu: None, memory: None },
            next_attempt: Attempt(0),
            next_restart_count: 0,
            removals: Removals::default(),
        }
    }

    /// Gives out the next number.
    pub(crate) const fn number(&mut self) -> Attempt {
        let attempt = self.next_attempt;
        self.next_attempt = Attempt(attempt.0.saturating_add(1));
        self.removals.0 <<= 1;
        attempt
    }

    /// The place of an instance in the list of removals.
    fn removal(&self, attempt: Attempt) -> u32 {
        let age = self.next_attempt.0.checked_sub(attempt.0.saturating_add(1));
        age.and_then(|age| 1_u32.checked_shl(age)).unwrap_or(0)
    }

    /// The runtime is asked to remove the record of an instance.
    pub(crate) fn ask_removal(&mut self, attempt: Attempt) {
        self.removals.0 |= self.removal(attempt);
    }

    /// The record of an instance is gone.
    pub(crate) fn removed(&mut self, attempt: Attempt) {
        self.removals.0 &= !self.removal(attempt);
    }

    pub(crate) fn is_being_removed(&self, attempt: Attempt) -> bool {
        self.removals.0 & self.removal(attempt) != 0
    }

    /// The instances whose records are being removed, the oldest first.
    pub(crate) fn being_removed(&self) -> impl Iterator<Item = Attempt> + use<> {
        let (next, Removals(bits)) = (self.next_attempt.0, self.removals);
        let removed = (1..=u32::BITS).rev().filter(move |age| bits >> (age - 1) & 1 == 1);
        removed.filter_map(move |age| next.checked_sub(age).map(Attempt))
    }

    /// The instances whose texts the published status shows.
    pub(crate) fn shown_attempts(&self) -> [Option<Attempt>; 3] {
        let shown = self.shown.as_ref();
        let state = shown.and_then(|shown| shown.state.termination()?.attempt.get());
        let last = shown.and_then(|shown| shown.last?.attempt.get());
        [shown.and_then(|shown| shown.attempt.get()), state, last]
    }

    /// Whether the published status would show a message of this instance's end, or a reason that is not in the vocabulary.
    pub(crate) fn shows_words_of(&self, attempt: Attempt, message: bool, reason: bool) -> bool {
        let shown = self.shown.as_ref();
        let ends = [shown.and_then(|shown| shown.state.termination()), shown.and_then(|shown| shown.last)];
        let shows = |end: Termination| message || (reason && end.exit.reason == TerminatedReason::Other);
        ends.into_iter().flatten().any(|end| end.attempt.get() == Some(attempt) && end.synthetic.is_none() && shows(end))
    }

    pub(crate) const fn newest(&self) -> &InstanceFacts {
        &self.instances[0]
    }

    /// Whether it is one of the newest two.
    pub(crate) fn has(&self, attempt: Attempt) -> bool {
        self.instances.iter().any(|instance| instance.stage != InstanceStage::Absent && instance.attempt == attempt)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.instances[0].stage == InstanceStage::Running
    }

    /// Whether it runs, or may run for all that the runtime can tell: such an instance is stopped before another one is made.
    pub(crate) const fn may_run(&self) -> bool {
        matches!(self.instances[0].stage, InstanceStage::Running | InstanceStage::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_takes_no_more_than_it_needs() {
        assert_eq!((size_of::<InstanceFacts>(), size_of::<Termination>(), size_of::<Option<ShownContainer>>()), (36, 20, 56));
        assert_eq!((size_of::<Option<Stop>>(), size_of::<Backoff>()), (17, 16));
        assert_eq!((size_of::<Slot>(), align_of::<Slot>()), (180, 4));
    }

    #[test]
    fn an_attempt_or_none_is_four_bytes() {
        assert_eq!(MaybeAttempt::from(None).get(), None);
        for (attempt, kept) in [(0, 0), (7, 7), (u32::MAX - 1, u32::MAX - 1), (u32::MAX, u32::MAX - 1)] {
            assert_eq!(MaybeAttempt::from(Attempt(attempt)).get(), Some(Attempt(kept)));
        }
    }
}
