//! What may happen next.

use crate::server::Server;
use crate::world::{Input, World};
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Attempt, Event};
use pod_lifecycle::{ContainerIndex, Span};

/// What may still go wrong or end by itself: without an end to that, there would be none to the states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Containers that end by themselves.
    exits: u8,
    /// Answers that are failures, results of probes that are, and sandboxes that die.
    failures: u8,
    /// Long times in which nothing happens.
    pauses: u8,
}

impl Budget {
    pub(crate) const fn new(exits: u8, failures: u8) -> Self {
        Self { exits, failures, pauses: 1 }
    }

    pub(crate) const fn more(self) -> Self {
        Self { exits: self.exits + 1, failures: self.failures + 1, pauses: 1 }
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    /// The job of this number is answered; see [`World::answer`] for how.
    Answer(usize, u8),
    Exit(ContainerIndex, Attempt, i32),
    SandboxDies(u32),
    /// A client deletes the Pod.
    Delete,
    /// Time passes until the machine's deadline.
    Due,
    /// More time passes than any back-off lasts, where the machine has no deadline.
    Pause,
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
        | Action::CreateContainer { .. }
        | Action::StartContainer { .. } => &[230],
        _ => &[],
    }
}

/// All that may happen.
pub(crate) fn moves(world: &World, server: &Server, left: Budget) -> Vec<Move> {
    if server.gone {
        return Vec::new();
    }
    let mut moves = Vec::new();
    for (n, job) in world.jobs.iter().enumerate() {
        moves.push(Move::Answer(n, WELL));
        // An image that is not there is no failure.
        if matches!(job, Action::ImageStatus { .. }) && left.failures > 0 {
            moves.push(Move::Answer(n, 200));
        }
        if left.failures > 0 {
            moves.extend(failures(*job).iter().map(|&how| Move::Answer(n, how)));
        }
    }
    let running = world.runtime.instances.iter().filter(|instance| instance.state == ObservedState::Running);
    if left.exits > 0 {
        moves.extend(running.clone().flat_map(|run| [0, 1].map(|code| Move::Exit(run.container, run.attempt, code))));
    }
    if left.failures > 0 {
        moves.extend(world.runtime.sandboxes.first().filter(|newest| newest.1).map(|newest| Move::SandboxDies(newest.0)));
    }
    if server.stored && world.pod.deletion().is_none() {
        moves.push(Move::Delete);
    }
    if world.pod.next_deadline().is_some() {
        moves.push(Move::Due);
    } else if left.pauses > 0 && running.count() > 0 {
        moves.push(Move::Pause);
    }
    moves
}

/// Lets it happen.
pub(crate) fn carry_out(world: &mut World, server: &mut Server, left: &mut Budget, what: Move) {
    let event = match what {
        Move::Answer(n, how) => {
            let action = world.jobs.remove(n);
            left.failures -= u8::from(how != WELL);
            world.answer(action, how)
        }
        Move::Exit(container, attempt, code) => {
            left.exits -= 1;
            world.exit(container, attempt, code)
        }
        Move::SandboxDies(attempt) => {
            left.failures -= 1;
            world.runtime.sandboxes.iter_mut().filter(|sandbox| sandbox.0 == attempt).for_each(|sandbox| sandbox.1 = false);
            Event::SandboxDied { attempt }
        }
        Move::Delete => {
            let deletion = world.deletion(2);
            return server.take(world, Input::Update(deletion));
        }
        Move::Due => {
            world.now = world.pod.next_deadline().map_or(world.now, |deadline| deadline.at.max(world.now));
            Event::Tick
        }
        Move::Pause => {
            left.pauses -= 1;
            world.now = world.now + LONG;
            Event::Tick
        }
    };
    server.take(world, Input::Event(event));
    // The kubelet's garbage collection, of which no event tells.
    world.runtime.collect();
}
