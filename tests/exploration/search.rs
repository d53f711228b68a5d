//! The search, and what must hold in every state.

use crate::graph::Graph;
use crate::key::key;
use crate::moves::{Budget, Move, carry_out, moves};
use crate::numbers::Numbers;
use crate::server::Server;
use crate::shapes::Shape;
use crate::world::World;
use pod_lifecycle::pod::{Action, NodeConfig};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What there was.
pub(crate) struct Found {
    name: String,
    pub(crate) states: usize,
    moves: usize,
    versions: u64,
    longest: usize,
    took: Duration,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, states, moves, versions, longest, took } = self;
        write!(f, "{name}: {states} states, {moves} moves, {versions} versions checked, at most {longest} calls to the end, {took:.1?}")
    }
}

struct State {
    world: World,
    server: Server,
    left: Budget,
    id: u32,
    way: Option<Rc<Way>>,
}

/// How a state was reached: the last move, and those before.
struct Way {
    last: Move,
    before: Option<Rc<Self>>,
}

/// No Pod needs so many calls to be removed.
const MOST: usize = 120;

/// Looks at every state there is.
pub(crate) fn explore(shape: &Shape, budget: Budget) -> Found {
    let begun = Instant::now();
    let mut world = World::with(shape.spec(), NodeConfig::default(), true);
    world.faults = false;
    let server = Server::new(&world);
    let (mut graph, mut known) = (Graph::default(), HashMap::new());
    let id = graph.add(false, false);
    known.insert(key(&world, &server, budget), id);
    let (mut open, mut versions, mut longest) = (vec![State { world, server, left: budget, id, way: None }], 0, 0);
    let mut ways = vec![None];
    while let Some(state) = open.pop() {
        let moves = moves(&state.world, &state.server, state.left);
        assert!(!moves.is_empty() || state.server.gone, "nothing can happen any more\n{}", story(&state));
        for what in moves {
            let State { mut world, mut server, mut left, .. } =
                State { world: state.world.clone(), server: state.server.clone(), left: state.left, id: 0, way: None };
            let before = server.versions;
            carry_out(&mut world, &mut server, &mut left, what);
            versions += server.versions - before;
            let way = Some(Rc::new(Way { last: what, before: state.way.clone() }));
            let next = key(&world, &server, left);
            let next = State { world, server, left, id: known.get(&next).copied().unwrap_or(u32::MAX), way };
            legal(&next);
            let id = if next.id == u32::MAX {
                nothing_is_lost(&next);
                longest = longest.max(winds_down(&next));
                let id = graph.add(next.world.pod.deletion().is_some() || next.server.gone, next.server.gone);
                known.insert(key(&next.world, &next.server, next.left), id);
                ways.push(next.way.clone());
                open.push(State { id, ..next });
                id
            } else {
                next.id
            };
            graph.connect(state.id, id);
        }
    }
    if let Some(stuck) = graph.stuck() {
        panic!("the Pod cannot be removed\n{}", told(ways[stuck as usize].as_ref()));
    }
    let (states, moves) = (known.len(), graph.moves());
    Found { name: shape.name.clone(), states, moves, versions, longest, took: begun.elapsed() }
}

/// Every version that was published is legal.
fn legal(state: &State) {
    state.server.verdict().unwrap_or_else(|broken| panic!("{broken}\n{}", story(state)));
}

/// What the machine waits for was asked for, and nothing that waits for an answer was asked for again.
fn nothing_is_lost(state: &State) {
    let World { pod, jobs, asked_twice, .. } = &state.world;
    assert!(asked_twice.is_none(), "{asked_twice:?} was asked for twice\n{}", story(state));
    for action in pod.pending_actions() {
        // A deletion without grace is the API server's own: nobody needs to ask for it.
        let own = action == Action::DeleteObject && pod.deletion().is_some_and(|(grace, _)| grace == 0);
        assert!(own || jobs.contains(&action) || state.server.gone, "{action:?} is pending, but was not asked for\n{}", story(state));
    }
}

/// If it is deleted now, and all goes well from here on, the Pod is soon removed. After how many calls.
fn winds_down(state: &State) -> usize {
    if state.server.gone || !state.server.stored {
        return 0;
    }
    let mut world = state.world.clone();
    world.wind_down(MOST, &mut Numbers::new(&[])).unwrap_or_else(|| panic!("not removed after {MOST} calls\n{}", story(state)))
}

fn story(state: &State) -> String {
    told(state.way.as_ref())
}

fn told(mut way: Option<&Rc<Way>>) -> String {
    let mut moves = Vec::new();
    while let Some(step) = way {
        moves.push(format!("{:?}", step.last));
        way = step.before.as_ref();
    }
    moves.reverse();
    moves.join("\n")
}
