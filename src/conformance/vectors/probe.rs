//! Vectors of the rules in [`crate::rules::probe`].

use super::{Case, ReadError, spec_of};
use crate::api::{self, ConditionStatus, ConditionType};
use crate::gates::Gates;
use crate::rules::probe::{
    self, Answer, Change, Context, InstanceId, Probed, RawOutcome, Seen, SeenInstance, SeenState, Standing, Tick, Verdict, Worker,
};
use crate::rules::view::{ApiStatuses, ProbeResult};
use crate::spec::{ContainerIndex, ProbeKind, ProbeSpec, Spec};
use crate::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProbeInput {
    probe_type: ProbeKind,
    container: String,
    pod: api::Pod,
    kubelet_start: Time,
    ticks: Vec<ProbeTick>,
}

/// A tick of a case of the suite `probe`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeTick {
    at: Time,
    pod_status: Option<api::PodStatus>,
    raw_result: RawOutcome,
}

/// A case of the suite `probe`, decoded: one worker, and what its ticks will meet.
#[derive(Debug)]
pub struct ProbeCase {
    spec: Spec,
    container: ContainerIndex,
    kind: ProbeKind,
    numbers: ProbeSpec,
    pod_deleted: bool,
    kubelet_start: Time,
    gates: Gates,
    ticks: Vec<ProbeTick>,
    /// Container IDs, each by the number that the worker knows it by.
    ids: Ids,
    worker: Worker,
}

/// What a tick came to.
#[derive(Debug)]
#[must_use]
pub struct ProbeTicked {
    /// What the tick decided.
    pub tick: Tick,
    /// What the outcome of the probe brought, if it was run.
    pub answer: Answer,
}

impl ProbeCase {
    /// Decodes a case.
    ///
    /// # Errors
    /// If it is not of this suite.
    pub fn read(case: &Case) -> Result<Self, ReadError> {
        let input: ProbeInput = case.input()?;
        let spec = spec_of(&input.pod);
        let missing = || ReadError::NoContainer(input.container.clone());
        let container = spec.find(&input.container).ok_or_else(missing)?;
        let numbers = *spec.container(container).probe(input.probe_type).ok_or_else(missing)?;
        Ok(Self {
            spec,
            container,
            kind: input.probe_type,
            numbers,
            pod_deleted: input.pod.metadata.deletion_timestamp.is_some(),
            kubelet_start: input.kubelet_start,
            gates: case.gates()?,
            ticks: input.ticks,
            ids: Ids::default(),
            worker: Worker::new(),
        })
    }

    /// How many ticks there are.
    pub fn ticks(&self) -> usize {
        self.ticks.len()
    }

    /// The tick of this number: the container is looked up in the Pod's status, the worker asked and, if it probes, answered.
    #[inline]
    pub fn tick(&mut self, number: usize) -> ProbeTicked {
        let Self { spec, container, gates, ids, worker, .. } = self;
        let context = Context {
            kind: self.kind,
            probe: &self.numbers,
            sidecar: spec.container(*container).is_sidecar(),
            pod_deleted: self.pod_deleted,
            kubelet_start: self.kubelet_start,
            gates,
        };
        let ProbeTick { at, pod_status, raw_result } = &self.ticks[number];
        let seen = pod_status.as_ref().map(|status| Seen {
            pod_terminal: status.phase.is_some_and(api::PodPhase::is_terminal),
            instance: ApiStatuses::new(spec, status).find(*container).and_then(|status| {
                let id = ids.number(&status.container_id)?;
                Some(SeenInstance { id, state: SeenState::from(&status.state), started: status.started })
            }),
        });
        let tick = worker.tick(&context, seen.as_ref(), *at, |exit_code| {
            pod_status.as_ref().is_some_and(|status| {
                let restarting_all = is_true(status, ConditionType::AllContainersRestarting);
                probe::outlives_exit(spec, *container, exit_code, restarting_all, &ApiStatuses::new(spec, status), gates)
            })
        });
        let answer = if tick.verdict == Verdict::Probe { worker.outcome(&context, *raw_result) } else { Default::default() };
        ProbeTicked { tick, answer }
    }
}

/// Suite `probe`: the ticks of one worker, each with the outcome its probe would have.
pub(super) fn probe(case: &Case) -> Result<Value, ReadError> {
    let mut case = ProbeCase::read(case)?;
    let mut answers = Vec::new();
    for number in 0..case.ticks() {
        let ProbeTicked { tick, answer } = case.tick(number);
        let (worker, ids) = (&case.worker, &case.ids);
        let keep_going = !matches!(tick.verdict, Verdict::End(_));
        let id = worker.instance().map_or("", |instance| ids.text(instance));
        let update = |change: Change| json!({"containerID": id, "result": change.to});
        answers.push(json!({
            "keepGoing": keep_going,
            "probed": tick.verdict == Verdict::Probe,
            "containerID": id,
            "cached": worker.cached().map_or_else(|| json!("none"), |result| json!(result)),
            "onHold": worker.is_on_hold(),
            "resultRun": worker.result_run(),
            "lastResult": worker.last_result(),
            "updates": tick.changes.iter().chain(answer.change).map(update).collect::<Vec<_>>(),
        }));
        if !keep_going {
            break;
        }
    }
    Ok(answers.into())
}

/// Container IDs by number.
#[derive(Debug, Default)]
struct Ids(Vec<String>);

impl Ids {
    /// The number of this ID; none for the empty one.
    fn number(&mut self, id: &str) -> Option<InstanceId> {
        if id.is_empty() {
            return None;
        }
        let known = self.0.iter().position(|known| known == id).unwrap_or_else(|| {
            self.0.push(id.into());
            self.0.len() - 1
        });
        Some(InstanceId::new(known as u32))
    }

    fn text(&self, instance: InstanceId) -> &str {
        &self.0[instance.get() as usize]
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadyInput {
    pod: api::Pod,
    status: api::PodStatus,
    workers: BTreeMap<String, Vec<ProbeKind>>,
    readiness_results: BTreeMap<String, ProbeResult>,
    startup_results: BTreeMap<String, ProbeResult>,
    kubelet_start: Time,
}

/// Suite `probe_ready`: `started` and `ready` of each container status.
pub(super) fn probe_ready(case: &Case) -> Result<Value, ReadError> {
    let input: ReadyInput = case.input()?;
    let gates = case.gates()?;
    let spec = spec_of(&input.pod);
    let pod_ready = is_true(&input.pod.status, ConditionType::Ready);
    let placed = input.status.init_container_statuses.iter().zip(spec.init().map(Some).chain(core::iter::repeat(None)));
    let unplaced = input.status.container_statuses.iter().map(|status| (status, spec.find(&status.name)));
    let mut answers = Map::new();
    for (status, place) in placed.chain(unplaced) {
        let container = spec.find(&status.name).ok_or_else(|| ReadError::NoContainer(status.name.clone()))?;
        let standing = |kind, results: &BTreeMap<String, ProbeResult>| Standing {
            worker: input.workers.get(&status.name).is_some_and(|workers| workers.contains(&kind)),
            result: results.get(&status.container_id).copied(),
        };
        let marks = probe::marks(
            &Probed {
                kind: spec.container(container).kind(),
                in_place: place == Some(container),
                state: SeenState::from(&status.state),
                started: status.started,
                ready: status.ready,
                startup: standing(ProbeKind::Startup, &input.startup_results),
                readiness: standing(ProbeKind::Readiness, &input.readiness_results),
                has_readiness_probe: spec.container(container).probe(ProbeKind::Readiness).is_some(),
                pod_ready,
                kubelet_start: input.kubelet_start,
            },
            &gates,
        );
        answers.insert(status.name.clone(), json!({"started": marks.started, "ready": marks.ready}));
    }
    Ok(json!({"containers": answers}))
}

fn is_true(status: &api::PodStatus, type_: ConditionType) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == type_ && condition.status == ConditionStatus::True)
}
