//! What may happen next.

use crate::key;
use crate::server::Server;
use crate::world::{Input, World};
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Attempt, Event, Stage, TransitionError};
use pod_lifecycle::{ContainerIndex, Span};

/// What may still go wrong or end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Containers that end by themselves.
    pub(crate) exits: u8,
    /// Answers that are failures, results of probes that are, and sandboxes that die.
    pub(crate) failures: u8,
    /// Long times in which nothing happens.
    pub(crate) pauses: u8,
    /// Restarts: of the process with the machine in it, which has a snapshot, and of the kubelet, which has none.
    pub(crate) restarts: u8,
    /// Whether the Pod may be deleted by force.
    pub(crate) forced: bool,
    /// What may fail: actions by their names, and `SandboxDied`.
    pub(crate) failing: &'static [&'static str],
    /// The codes with which containers end.
    pub(crate) codes: &'static [i32],
}

/// What fails outside the containers.
pub(crate) const NODE: &[&str] = &["Admit", "Schedule", "MountVolumes", "RunPodSandbox", "StopPodSandbox", "SandboxDied"];

/// All that may fail.
pub(crate) const ALL: &[&str] = &[
    "Admit",
    "Schedule",
    "MountVolumes",
    "RunPodSandbox",
    "StopPodSandbox",
    "SandboxDied",
    "ImageStatus",
    "PullImage",
    "CreateContainer",
    "StartContainer",
    "StopContainer",
    "Probe",
];

/// As often as it can.
pub(crate) const ALWAYS: u8 = u8::MAX;

impl Budget {
    pub(crate) const fn new(exits: u8, failures: u8, pauses: u8) -> Self {
        Self { exits, failures, pauses, restarts: 0, forced: false, failing: ALL, codes: &[0, 1] }
    }

    /// One more of each.
    pub(crate) const fn more(self) -> Self {
        Self { exits: self.exits.saturating_add(1), failures: self.failures.saturating_add(1), ..self }
    }

    pub(crate) fn may_fail(&self, what: &str) -> bool {
        self.failures > 0 && self.failing.contains(&what)
    }

    pub(crate) fn numbers(&self) -> [i64; 4] {
        [self.exits, self.failures, self.pauses, self.restarts].map(i64::from)
    }
}

const fn spend(left: &mut u8) {
    if *left != ALWAYS {
        *left -= 1;
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    /// An action is answered; see [`World::answer`] for how.
    Answer(Action, u8),
    Exit(ContainerIndex, Attempt, i32),
    SandboxDies(u32),
    /// A client deletes the Pod.
    Delete,
    /// A client deletes the Pod by force: the object goes at once, and the kubelet still has to stop what runs.
    DeleteByForce,
    /// Time passes until the machine's deadline.
    Due,
    /// More time passes than any back-off lasts.
    Pause,
    /// The machine begins again from its snapshot, and sees a re-list; what was asked for is lost, or was done and is not told.
    Restore(bool),
    /// Another kubelet finds the Pod; likewise.
    NewKubelet(bool),
}

/// An answer that is good.
const WELL: u8 = 0;

/// Longer than it takes for a back-off to be forgotten.
const LONG: Span = Span::from_secs(700);

/// The answers of an action, beside the good one, that are failures.
const fn failures(action: Action) -> &'static [u8] {
    match action {
        // Rejected.
        Action::Admit => &[251],
        // The unhealthy result, and the one that says nothing.
        Action::Probe { .. } => &[1, 3],
        // Killed; an end after a signal that was heeded is a good one.
        Action::StopContainer { .. } => &[230],
        Action::Schedule
        | Action::MountVolumes
        | Action::RunPodSandbox { .. }
        | Action::StopPodSandbox { .. }
        | Action::ImageStatus { .. }
        | Action::PullImage { .. }
        | Action::CreateContainer { .. }
        | Action::RunHook { .. }
        | Action::StartContainer { .. } => &[230],
        _ => &[],
    }
}

/// The answer that the work was broken off, of an action that may be: the end of a Pod cancels the sync in progress.
const fn aborted(action: Action) -> Option<u8> {
    match action {
        Action::MountVolumes | Action::RunPodSandbox { .. } => Some(250),
        Action::ImageStatus { .. } | Action::PullImage { .. } | Action::CreateContainer { .. } => Some(251),
        _ => None,
    }
}

/// All that may happen, in an order that is the same in states that are.
pub(crate) fn moves(world: &World, server: &Server, left: &Budget) -> Vec<Move> {
    if world.pod.stage() == Stage::Removed {
        return Vec::new();
    }
    let mut moves = Vec::new();
    let ends = world.pod.deletion().is_some() || world.gone;
    for job in key::in_order(&world.jobs) {
        moves.push(Move::Answer(job, WELL));
        // An image that is not there is no failure.
        if matches!(job, Action::ImageStatus { .. }) {
            moves.push(Move::Answer(job, 200));
        }
        // What has ended is not refused any more.
        let is_over = job == Action::Admit && world.pod.phase().is_terminal();
        if left.may_fail(job.name()) && !is_over {
            moves.extend(failures(job).iter().map(|&how| Move::Answer(job, how)));
        }
        moves.extend(aborted(job).filter(|_| ends).map(|how| Move::Answer(job, how)));
    }
    let running = || {
        world.pod.spec().indexes().filter_map(|container| {
            let newest = world.runtime.instances.iter().find(|instance| instance.container == container)?;
            (newest.state == ObservedState::Running).then_some(newest)
        })
    };
    if left.exits > 0 {
        moves.extend(running().flat_map(|run| left.codes.iter().map(move |&code| Move::Exit(run.container, run.attempt, code))));
    }
    if left.may_fail("SandboxDied") {
        moves.extend(world.runtime.sandboxes.first().filter(|newest| newest.1).map(|newest| Move::SandboxDies(newest.0)));
    }
    if server.stored && !server.gone && world.pod.deletion().is_none() {
        moves.push(Move::Delete);
    }
    if server.stored && !server.gone && left.forced {
        moves.push(Move::DeleteByForce);
    }
    if left.restarts > 0 && world.pod.stage().is_bound() {
        moves.extend([Move::Restore(false), Move::Restore(true)]);
        if world.pod.stage().has_worker() && !world.gone && !world.is_starting() {
            moves.extend([Move::NewKubelet(false), Move::NewKubelet(true)]);
        }
    }
    if world.pod.next_deadline().is_some() {
        moves.push(Move::Due);
    } else if left.pauses > 0 && running().count() > 0 {
        moves.push(Move::Pause);
    }
    moves
}

/// Whether nobody fails and nothing happens that was not asked for: time passes only when nobody is asked for anything.
pub(crate) fn is_good(what: Move, world: &World) -> bool {
    match what {
        Move::Answer(_, how) => how == WELL,
        Move::Due => world.jobs.is_empty(),
        _ => false,
    }
}

/// Lets it happen. What the machine says.
pub(crate) fn carry_out(world: &mut World, server: &mut Server, left: &mut Budget, what: Move) -> Result<(), TransitionError> {
    let event = match what {
        Move::Answer(action, how) => {
            world.jobs.retain(|job| *job != action);
            if failures(action).contains(&how) {
                spend(&mut left.failures);
            }
            world.answer(action, how)
        }
        Move::Exit(container, attempt, code) => {
            spend(&mut left.exits);
            // That is the answer to a stop, too.
            let is_its_stop =
                |job: &Action| matches!(job, Action::StopContainer { container: c, attempt: a, .. } if (*c, *a) == (container, attempt));
            world.jobs.retain(|job| !is_its_stop(job));
            world.exit(container, attempt, code)
        }
        Move::SandboxDies(attempt) => {
            spend(&mut left.failures);
            world.runtime.sandboxes.iter_mut().filter(|sandbox| sandbox.0 == attempt).for_each(|sandbox| sandbox.1 = false);
            Event::SandboxDied { attempt }
        }
        Move::Delete => {
            let deletion = world.deletion(2);
            return server.take(world, Input::Update(deletion));
        }
        Move::DeleteByForce => Event::ObjectRemoved,
        Move::Due => {
            world.now = world.pod.next_deadline().map_or(world.now, |deadline| deadline.at.max(world.now));
            Event::Tick
        }
        Move::Pause => {
            spend(&mut left.pauses);
            world.now = world.now + LONG;
            Event::Tick
        }
        Move::Restore(is_done) | Move::NewKubelet(is_done) => {
            spend(&mut left.restarts);
            let published = match what {
                Move::Restore(_) => world.restart(|_, _| is_done).into_iter().collect(),
                _ => world.restart_kubelet(|_| is_done),
            };
            published.into_iter().for_each(|status| server.write(world.now, status));
            return Ok(());
        }
    };
    let result = server.take(world, Input::Event(event));
    // Nobody is asked any more whether to admit what is gone, and only left to be stopped.
    if world.pod.stage() == Stage::Rejected {
        world.jobs.retain(|job| *job != Action::Admit);
    }
    // The kubelet's garbage collection, of which no event tells.
    world.runtime.collect();
    world.runtime.forget();
    result
}
