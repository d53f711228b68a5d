//! Law of derivation: every transition is an edge of its table, and every edge is reached.

use super::play::{CASES, Verdict, histories, is_thorough};
use super::world::{Call, Input, World};
use core::cell::RefCell;
use pod_lifecycle::Pod;
use pod_lifecycle::api::ConditionStatus;
use pod_lifecycle::pod::{Edge, Event, InstanceStage, Output, SandboxState, Stage, StateChange};
use pod_lifecycle::rules::view::Runtime;
use pod_lifecycle::rules::{conditions, phase, probe};
use proptest::{prop_assert, prop_assert_eq};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Table, state before, what happens, state after.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Edges that a run need not reach, and why.
const UNREACHABLE: [Row; 2] = [
    // Workers are made in a sync, and a deleted Pod has none.
    ("probe", "Idle", "PodDeleted", "Ended"),
    // Under few seeds only, and no short way to it is known: what ran in the old sandbox counts as long as it is shown.
    ("Initialized", "True", "a new sandbox, only without the gate RestartAllContainersOnContainerExits", "False"),
];

/// How often each edge was reached.
#[derive(Default)]
struct Reached {
    times: BTreeMap<Row, u32>,
    /// The probe workers after the last call.
    workers: Workers,
}

/// What the workers are at, by container and kind.
type Workers = BTreeMap<String, &'static str>;

#[test]
fn derivation() {
    let reached = RefCell::new(Reached::default());
    super::tours::tours(|world, call| reached.borrow_mut().check(call, world).expect("a derivation"));
    let toured = reached.borrow().times.len();
    histories("derivation", CASES, |world, history| {
        reached.borrow_mut().workers.clear();
        for &op in history {
            if op[0] % 32 == 5 && world.pod.stage().has_worker() && !world.gone {
                world.restart_kubelet(|n| (usize::from(op[1]) >> (n % 8)) & 1 == 1);
                reached.borrow_mut().workers = workers(&world.pod);
            } else {
                let call = world.step(op);
                reached.borrow_mut().check(&call, world)?;
            }
        }
        Ok(())
    });
    let (rows, reached) = (rows(), reached.into_inner().times);
    let never: Vec<_> = rows.iter().filter(|row| !reached.contains_key(*row)).copied().collect();
    println!("derivation: {} of {} edges reached, {toured} of them by tours", rows.len() - never.len(), rows.len());
    if is_thorough() {
        let missed: Vec<_> = never.iter().filter(|row| !UNREACHABLE.contains(row)).collect();
        assert!(missed.is_empty(), "edges that no history has reached: {missed:?}");
    }
}

/// All edges of all tables.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (table, edges) in [("stage", Stage::EDGES), ("sandbox", SandboxState::EDGES), ("instance", InstanceStage::EDGES)] {
        rows.extend(edges.iter().map(|edge| (table, edge.from, edge.event, edge.to)));
    }
    rows.extend(probe::EDGES.iter().map(|edge| ("probe", edge.from, edge.event, edge.to)));
    rows.extend(phase::EDGES.iter().map(phase_row));
    rows.extend(conditions::EDGES.iter().map(condition_row));
    rows
}

fn phase_row(edge: &phase::PhaseEdge) -> Row {
    ("phase", edge.from.map_or("", |from| from.as_str()), edge.when, edge.to.as_str())
}

fn condition_row(edge: &conditions::ConditionEdge) -> Row {
    (edge.condition, edge.from.map_or("", ConditionStatus::as_str), edge.when, edge.to.map_or("", ConditionStatus::as_str))
}

impl Reached {
    fn note(&mut self, row: Row) {
        *self.times.entry(row).or_default() += 1;
    }

    fn check(&mut self, call: &Call, world: &World) -> Verdict {
        for output in &call.outputs {
            let Output::Transition(transition) = output else { continue };
            match transition.change {
                StateChange::Phase { from, to } => {
                    let row = phase::EDGES.iter().find(|edge| (edge.from, edge.to) == (from, to));
                    prop_assert!(row.is_some(), "no edge leads from {from:?} to {to}");
                    self.note(phase_row(row.expect("asserted")));
                }
                // That a condition stays with another reason is always permitted.
                StateChange::Condition { from, to, .. } if from == to => {}
                StateChange::Condition { condition, from, to, .. } => self.condition(condition.as_str(), from, to)?,
                StateChange::Stage { from, to } => self.state("stage", Stage::EDGES, from.as_str(), to.as_str(), transition.by, call)?,
                StateChange::Sandbox { from, to, .. } => {
                    self.state("sandbox", SandboxState::EDGES, from.as_str(), to.as_str(), transition.by, call)?;
                }
                StateChange::Instance { from, to, .. } => {
                    self.state("instance", InstanceStage::EDGES, from.as_str(), to.as_str(), transition.by, call)?;
                }
                _ => {}
            }
        }
        let disrupted = |pod: &Pod| pod.other_condition("DisruptionTarget");
        let (before, after) = (disrupted(&call.before), disrupted(&world.pod));
        if before != after {
            self.condition("DisruptionTarget", before, after)?;
        }
        self.unmoved(call, world);
        self.probes(call, world)
    }

    fn condition(&mut self, condition: &str, from: Option<ConditionStatus>, to: Option<ConditionStatus>) -> Verdict {
        let mut edges = conditions::EDGES.iter().filter(|edge| edge.condition == condition);
        let row = edges.find(|edge| (edge.from, edge.to) == (from, to));
        prop_assert!(row.is_some(), "no edge leads {condition} from {from:?} to {to:?}");
        self.note(condition_row(row.expect("asserted")));
        Ok(())
    }

    fn state(
        &mut self,
        table: &'static str,
        edges: &'static [Edge],
        from: &'static str,
        to: &'static str,
        by: pod_lifecycle::pod::Actor,
        call: &Call,
    ) -> Verdict {
        if matches!(call.input, Input::Observe(_)) {
            prop_assert!(leads(edges, from, to), "no way leads from {from} to {to}");
            return Ok(());
        }
        // A new Pod is there with its first transition.
        let mut rows = edges.iter().filter(|edge| (edge.from, edge.to) == (from, to) && may_be_told_by(edge, call)).peekable();
        prop_assert!(rows.peek().is_some(), "{from} → {to} is no edge, told by {:?}", call.input);
        for row in rows {
            prop_assert_eq!(row.by, by);
            self.note((table, row.from, row.event, row.to));
        }
        Ok(())
    }

    /// Edges that lead nowhere else: the event is taken, and nothing is told.
    fn unmoved(&mut self, call: &Call, world: &World) {
        let Input::Event(event) = call.input else { return };
        let newest = |pod: &Pod| (pod.facts().sandbox(), pod.facts().sandboxes().next().map(|newest| newest.attempt));
        let (before, after) = (newest(&call.before), newest(&world.pod));
        let about = match event {
            Event::SandboxDied { attempt } | Event::SandboxStopFailed { attempt } => ("Died", attempt, SandboxState::NotReady),
            Event::SandboxStopped { attempt } => ("StopDone", attempt, SandboxState::Stopped),
            _ => return,
        };
        let (event, attempt, state) = about;
        if call.result.is_ok() && before == after && before == (state, Some(attempt)) {
            self.note(("sandbox", state.as_str(), event, state.as_str()));
        }
    }

    /// What the probe workers have become.
    fn probes(&mut self, call: &Call, world: &World) -> Verdict {
        if call.before == world.pod {
            return Ok(());
        }
        let now = workers(&world.pod);
        let before = core::mem::replace(&mut self.workers, now.clone());
        for (probe, from) in before {
            let to = now.get(&probe).copied().unwrap_or("Ended");
            if from == to {
                continue;
            }
            if to == "Ended" {
                let event = match world.pod.stage() {
                    Stage::Syncing => "NotRestarted",
                    // Liveness and startup probes are ended by what stops the containers, later.
                    Stage::Terminating if probe.ends_with("readiness") || step(&world.pod) == "Idle" => "PodTerminal",
                    _ => continue,
                };
                // One that ends with an answer was at something else in between.
                if !from.starts_with("Probing") {
                    self.note(("probe", from, event, to));
                }
                continue;
            }
            // One call may bring an answer and a tick.
            let edges = || probe::EDGES.iter().filter(|edge| edge.to != "Ended");
            let once = edges().filter(|edge| (edge.from, edge.to) == (from, to)).map(|edge| vec![edge]);
            let twice = edges().filter(|edge| edge.from == from).flat_map(|first| {
                let second = edges().filter(move |edge| (edge.from, edge.to) == (first.to, to));
                second.map(move |second| vec![first, second])
            });
            // A readiness probe is never on hold.
            let is_possible = |way: &Vec<&probe::ProbeEdge>| !probe.ends_with("readiness") || way.iter().all(|edge| edge.to != "OnHold");
            let way = once.chain(twice).find(is_possible);
            prop_assert!(way.is_some(), "no edge leads a worker from {from} to {to}: {probe}");
            for edge in way.expect("asserted") {
                self.note(("probe", edge.from, edge.event, edge.to));
            }
        }
        Ok(())
    }
}

/// What the probe workers of a Pod are at.
fn workers(pod: &Pod) -> Workers {
    const MODES: [&str; 4] = ["Idle", "Probing", "ProbingOwed", "OnHold"];
    if pod
        .spec()
        .containers()
        .iter()
        .all(|container| pod_lifecycle::spec::ProbeKind::ALL.iter().all(|&kind| container.probe(kind).is_none()))
    {
        return Workers::new();
    }
    let kept = serde_json::to_value(pod.snapshot()).expect("a snapshot is written");
    let alive = kept["probes"].as_array().into_iter().flatten().filter(|probe| probe.get("next").is_some());
    let at = |probe: &Value| MODES.into_iter().find(|mode| probe["worker"]["mode"] == **mode).expect("a mode");
    alive.map(|probe| (format!("{}/{}", probe["container"], probe["kind"].as_str().unwrap_or_default()), at(probe))).collect()
}

/// How far the work of a Pod is.
fn step(pod: &Pod) -> String {
    let kept = serde_json::to_value(pod.snapshot()).expect("a snapshot is written");
    kept["work"]["step"].as_str().unwrap_or("Idle").into()
}

/// Two rows may have the same ends: the event tells them apart.
fn may_be_told_by(edge: &Edge, call: &Call) -> bool {
    let Input::Event(event) = &call.input else {
        return true;
    };
    match edge.event {
        "StartFailed" => event.name() == "ContainerStartFailed",
        "Ended" => event.name() == "ContainerExited",
        _ => true,
    }
}

/// Whether rows lead from one state to the other, in any number of steps.
fn leads(table: &[Edge], from: &'static str, to: &str) -> bool {
    let mut known = BTreeSet::from([from]);
    loop {
        let more: Vec<_> = table.iter().filter(|edge| known.contains(edge.from) && !known.contains(edge.to)).collect();
        if known.contains(to) || more.is_empty() {
            return known.contains(to);
        }
        known.extend(more.iter().map(|edge| edge.to));
    }
}
