//! What is told of an instance that has ended, and told again as long as it is told at all.

use crate::api::{ContainerState, ContainerStateTerminated};
use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::containers::instances::time;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Scope;
use crate::check::version::{Change, Container, Version};
use crate::spec::ContainerKind;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;

const EXITED: &[&str] = &[
    "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\", \"containerID\": \"containerd://a0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:03Z\"}}",
];
const RUNS_AGAIN: &[&str] = &[
    "status.containerStatuses[web].containerID = containerd://a1",
    "status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:04Z\"}}",
    "status.containerStatuses[web].lastState = {\"terminated\": {\"exitCode\": 1, \"reason\": \"Error\", \"containerID\": \"containerd://a0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:03Z\"}}",
];

pub(in crate::check) const RULES: &[Rule] = &[Rule::must(
    "CS-18",
    "the termination of one containerID keeps its exitCode, startedAt and finishedAt for ever",
    Check::Change(stays),
)
.asks_change_for(Facts::ENDED)
.source_is("container runtime interface")
.only(Scope::Started)
.silent_on(RUNNING, &[EXITED, RUNS_AGAIN])
.fires_on(RUNNING, &[EXITED, RUNS_AGAIN, &["status.containerStatuses[web].lastState.terminated.exitCode = 137"]])];

fn stays(change: &Change<'_>, report: &mut Report<'_, '_>) {
    for (old, new) in change.both() {
        for (state, end) in ends(&new) {
            if tells(&old, end) {
                continue;
            }
            let Some(known) = change.new.history.ended.find(&new, &end.container_id) else { continue };
            let path = |field| new.path(field);
            let message = "an instance ends once: what was told of its end does not change";
            if known.exit_code != end.exit_code {
                report.change(path(state.exit_code), known.exit_code, end.exit_code, message);
            }
            if known.started_at != end.started_at {
                report.change(path(state.started_at), time(known.started_at), time(end.started_at), message);
            }
            if known.finished_at != end.finished_at {
                report.change(path(state.finished_at), time(known.finished_at), time(end.finished_at), message);
            }
        }
    }
}

/// The paths of what does not change in a termination.
#[derive(Clone, Copy)]
struct Paths {
    exit_code: &'static str,
    started_at: &'static str,
    finished_at: &'static str,
}

const STATE: Paths =
    Paths { exit_code: "state.terminated.exitCode", started_at: "state.terminated.startedAt", finished_at: "state.terminated.finishedAt" };
const LAST_STATE: Paths = Paths {
    exit_code: "lastState.terminated.exitCode",
    started_at: "lastState.terminated.startedAt",
    finished_at: "lastState.terminated.finishedAt",
};

/// The terminations in a status that say whose they are.
fn ends<'a>(container: &Container<'a>) -> impl Iterator<Item = (Paths, &'a ContainerStateTerminated)> + use<'a> {
    let end = |(paths, state): (Paths, &'a ContainerState)| state.terminated.as_ref().map(|end| (paths, end));
    let states = [(STATE, &container.status.state), (LAST_STATE, &container.status.last_state)];
    states.into_iter().filter_map(end).filter(|(_, end)| !end.container_id.is_empty())
}

/// Whether a status tells the same end of the same instance.
fn tells(container: &Container<'_>, end: &ContainerStateTerminated) -> bool {
    let same = |known: &ContainerStateTerminated| {
        (known.exit_code, known.started_at, known.finished_at) == (end.exit_code, end.started_at, end.finished_at)
            && known.container_id == end.container_id
    };
    ends(container).any(|(_, known)| same(known))
}

/// The last ends of the instances of each container, as they were first told.
#[derive(Clone, Debug)]
pub(in crate::check) struct Memory {
    containers: Vec<Ends>,
}

#[derive(Clone, Debug)]
struct Ends {
    kind: ContainerKind,
    name: String,
    /// The newest in front.
    ends: Vec<End>,
}

#[derive(Clone, Debug)]
struct End {
    id: String,
    exit_code: i32,
    started_at: Option<Time>,
    finished_at: Option<Time>,
}

/// A status shows two ends at the most; older ones return only if something is wrong.
const ENDS: usize = 4;

/// Of so many containers of one Pod.
const CONTAINERS: usize = 256;

impl Memory {
    pub(in crate::check) const NEW: Self = Self { containers: Vec::new() };

    /// Takes note of the ends that a version tells.
    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        let Some(change) = change else {
            new.containers().for_each(|container| self.learn_of(None, &container));
            return;
        };
        change.containers().for_each(|(old, new)| self.learn_of(old.as_ref(), &new));
    }

    fn learn_of(&mut self, old: Option<&Container<'_>>, new: &Container<'_>) {
        for (_, end) in ends(new) {
            if old.is_some_and(|old| tells(old, end)) || self.find(new, &end.container_id).is_some() {
                continue;
            }
            let ContainerStateTerminated { exit_code, started_at, finished_at, .. } = *end;
            let Some(ends) = self.of(new) else { continue };
            ends.truncate(ENDS - 1);
            ends.insert(0, End { id: end.container_id.clone(), exit_code, started_at, finished_at });
        }
    }

    fn find(&self, container: &Container<'_>, id: &str) -> Option<&End> {
        let of = self.containers.iter().find(|known| known.is_of(container))?;
        of.ends.iter().find(|end| end.id == id)
    }

    /// The ends of this container; none if there are too many containers.
    fn of(&mut self, container: &Container<'_>) -> Option<&mut Vec<End>> {
        let place = self.containers.iter().position(|known| known.is_of(container));
        if place.is_none() && self.containers.len() < CONTAINERS {
            self.containers.push(Ends { kind: container.kind, name: container.status.name.clone(), ends: Vec::new() });
        }
        let place = place.or_else(|| self.containers.len().checked_sub(1))?;
        self.containers.get_mut(place).filter(|known| known.is_of(container)).map(|known| &mut known.ends)
    }
}

impl Ends {
    fn is_of(&self, container: &Container<'_>) -> bool {
        self.kind == container.kind && self.name == container.status.name
    }
}
