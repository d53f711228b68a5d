//! The search.

use crate::graph::{Edge, Graph};
use crate::invariants::holds;
use crate::key::{key, row};
use crate::moves::{Budget, Move, carry_out, is_good, moves};
use crate::server::Server;
use crate::shapes::Shape;
use crate::world::World;
use core::time::Duration;
use pod_lifecycle::pod::Stage;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Instant;

/// What there was.
pub(crate) struct Found {
    name: String,
    pub(crate) states: usize,
    pub(crate) moves: usize,
    versions: u64,
    longest: u32,
    twins: usize,
    took: Duration,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, states, moves, versions, longest, twins, took } = self;
        write!(
            f,
            "{name}: {states} states, {moves} moves, {versions} versions checked, at most {longest} calls to the end, {twins} states looked at twice, {took:.1?}"
        )
    }
}

#[derive(Clone)]
struct State {
    world: World,
    server: Server,
    left: Budget,
}

impl State {
    fn new(shape: &Shape, budget: Budget) -> Self {
        let mut world = World::with(shape.spec(), shape.node(), true);
        world.faults = false;
        let server = Server::new(&world);
        Self { world, server, left: budget }
    }

    fn moves(&self) -> Vec<Move> {
        moves(&self.world, &self.server, &self.left)
    }

    fn after(&self, what: Move) -> (Self, Result<(), String>) {
        let mut next = self.clone();
        let result = carry_out(&mut next.world, &mut next.server, &mut next.left, what);
        (next, result.map_err(|error| format!("what is true is refused: {error}")))
    }
}

/// One in so many states that are known is looked at nevertheless: it must lead to the same states as its twin.
const TWINS: usize = 16;

/// Looks at every state there is.
pub(crate) fn explore(shape: &Shape, budget: Budget) -> Found {
    let begun = Instant::now();
    let mut search =
        Search { shape, budget, graph: Graph::default(), known: HashMap::new(), open: VecDeque::new(), again: 0, twins: 0, versions: 0 };
    let first = State::new(shape, budget);
    let first = State { server: first.server.quiet(), ..first };
    search.known.insert(search.key(&first), search.graph.add((0, 0), false, false));
    search.open.push_back((0, None, first));
    while let Some((id, twin, state)) = search.open.pop_front() {
        let moves = state.moves();
        let is_over = state.world.pod.stage() == Stage::Removed;
        assert!(is_over || !moves.is_empty(), "nothing can happen any more\n{}", search.story(&search.graph.way(id)));
        if let Some((from, nth)) = twin {
            let edges = search.graph.of(id).to_vec();
            search.twins += 1;
            let as_known = edges.len() == moves.len()
                && edges.iter().zip(&moves).all(|(edge, &what)| search.known.get(&search.key(&state.after(what).0)) == Some(&edge.to));
            if !as_known {
                let other = [search.graph.way(from), vec![nth]].concat();
                let nth = moves
                    .iter()
                    .zip(&edges)
                    .position(|(&what, edge)| search.known.get(&search.key(&state.after(what).0)) != Some(&edge.to));
                let ways = [search.graph.way(id), other].map(|way| [way, vec![nth.map_or(0, |nth| nth as u32)]].concat());
                let [one, other] = ways.map(|way| search.story(&way));
                panic!("what is taken for one and the same goes on in different ways\n{one}\n=====\n{other}");
            }
            continue;
        }
        let mut edges = Vec::with_capacity(moves.len());
        for (n, &what) in moves.iter().enumerate() {
            let n = n as u32;
            let to = search.go(&state, id, n, what).unwrap_or_else(|broken| {
                let mut way = search.graph.way(id);
                way.push(n);
                panic!("{broken}\n{}", search.story(&way))
            });
            edges.push(Edge { to, is_good: is_good(what, &state.world) });
        }
        search.graph.connect(edges.into_iter());
    }
    let Search { graph, versions, .. } = &search;
    let told = |id| search.story(&graph.way(id));
    if let Some(stuck) = graph.stuck() {
        panic!("the Pod cannot be removed\n{}", told(stuck));
    }
    let longest = graph.longest_end().unwrap_or_else(|id| panic!("the Pod may live on\n{}", told(id)));
    let (states, moves) = (graph.states(), graph.moves());
    Found { name: shape.name.clone(), states, moves, versions: *versions, longest, twins: search.twins, took: begun.elapsed() }
}

/// A state to be looked at: its number, the move that led to its twin if it is known already, and itself.
type Open = (u32, Option<(u32, u32)>, State);

struct Search<'a> {
    shape: &'a Shape,
    budget: Budget,
    graph: Graph,
    known: HashMap<u64, u32>,
    /// States that were not looked at yet; of a twin, from where it was found.
    open: VecDeque<Open>,
    /// How often a state was found once more.
    again: usize,
    twins: usize,
    versions: u64,
}

impl Search<'_> {
    /// Makes a move. Where it leads.
    fn go(&mut self, state: &State, id: u32, n: u32, what: Move) -> Result<u32, String> {
        let (next, result) = state.after(what);
        result?;
        next.server.verdict()?;
        self.versions += next.server.versions - state.server.versions;
        let key = self.key(&next);
        if let Some(&to) = self.known.get(&key) {
            self.again += 1;
            if self.again.is_multiple_of(TWINS) {
                self.open.push_back((to, Some((id, n)), next));
            }
            return Ok(to);
        }
        holds(&next.world, self.graph.states())?;
        let is_deleted = next.world.pod.deletion().is_some() || next.server.gone;
        let to = self.graph.add((id, n), is_deleted, next.world.pod.stage() == Stage::Removed);
        self.known.insert(key, to);
        self.open.push_back((to, None, next));
        Ok(to)
    }

    fn key(&self, state: &State) -> u64 {
        key(&state.world, &state.server, &state.left, self.shape.threshold)
    }

    /// What happened, told by letting it happen once more.
    fn story(&self, way: &[u32]) -> String {
        let mut state = State::new(self.shape, self.budget);
        let mut story = String::new();
        for &n in way {
            let Some(&what) = state.moves().get(n as usize) else { break };
            let (next, _) = state.after(what);
            story += &format!("{what:?}\n");
            state = next;
        }
        let log = state.server.log();
        let row = row(&state.world, &state.server, &state.left, self.shape.threshold);
        let pending: Vec<_> = state.world.pod.pending_actions().collect();
        format!(
            "{story}\n{}\njobs {:?}\npending {pending:?}\nrow {row:?}\n{}",
            log.join("\n"),
            state.world.jobs,
            serde_json::to_string(&state.world.pod.snapshot()).unwrap_or_default()
        )
    }
}
