//! The API server in small: it keeps one Pod as clients and the kubelet write it, and holds every version against the rules of the checker.

use super::world::{Input, Op, START, TRUE, World};
use pod_lifecycle::api::{
    self, ConditionStatus, ConditionType, ContainerStatus, EventType, ObjectMeta, PodCondition, PodPhase, PodStatus, WatchEvent,
    WatchObject,
};
use pod_lifecycle::check::{Checker, Finding, Options, Severity};
use pod_lifecycle::cluster::{self, DeletionRequest};
use pod_lifecycle::pod::{Change, Event, Output, TransitionError};
use pod_lifecycle::rules::ending::Ending;
use pod_lifecycle::spec::validate_update;
use pod_lifecycle::{Gates, Spec, Time};
use std::sync::Arc;

/// The API server with one Pod, and a watcher.
#[derive(Clone)]
pub(crate) struct Server {
    object: api::Pod,
    pub(crate) stored: bool,
    pub(crate) gone: bool,
    pub(crate) versions: u64,
    /// Shared by the states of an exploration until the next version.
    checker: Arc<Checker>,
    pub(crate) found: Vec<Finding>,
    /// What happened, for a human, if one asks.
    log: Option<Vec<String>>,
}

impl Server {
    pub(crate) fn new(world: &World) -> Self {
        let mut options = Options::default();
        options.gates = world.pod.node().gates;
        let metadata =
            ObjectMeta { name: "model".into(), namespace: "laws".into(), uid: "u1".into(), generation: 1, ..ObjectMeta::default() };
        let object = api::Pod { metadata, spec: world.stored.api().clone(), ..api::Pod::default() };
        Self {
            object,
            stored: false,
            gone: false,
            versions: 0,
            checker: Arc::new(Checker::with(options)),
            found: Vec::new(),
            log: Some(Vec::new()),
        }
    }

    /// Tells no story: that takes longer than all else.
    #[allow(dead_code, reason = "for the exploration")]
    pub(crate) fn quiet(self) -> Self {
        Self { log: None, ..self }
    }

    /// What happened.
    pub(crate) fn log(&self) -> &[String] {
        self.log.as_deref().unwrap_or_default()
    }

    /// Something happens; what goes through the API server happens as it allows.
    pub(crate) fn step(&mut self, world: &mut World, op: Op) {
        let [what, a, b, c] = op;
        let input = world.next([what % TRUE, a, b, c]);
        let _ = self.take(world, input);
    }

    /// Something happens. What is not in the store yet, nobody changes. What the machine says to what it is told.
    pub(crate) fn take(&mut self, world: &mut World, input: Input) -> Result<(), TransitionError> {
        match input {
            Input::Update(Change::Spec { spec, .. }) => self.change(world, &spec),
            Input::Update(Change::Deletion { grace_period_seconds, .. }) => self.delete(world, grace_period_seconds),
            Input::Event(Event::ObjectRemoved) => self.delete(world, 0),
            Input::Update(_) if !self.stored => Ok(()),
            // The specs limit no local storage.
            Input::Update(Change::Kill { ending: Ending::StorageLimit, .. }) => Ok(()),
            // Nothing of Kubernetes writes a reason of its own any more.
            Input::Update(Change::Message { .. } | Change::PhaseUnknown) => Ok(()),
            // Who does so deletes the Pod in the same breath.
            Input::Update(Change::Failed { .. }) => Ok(()),
            Input::Update(Change::Condition(condition)) if condition.type_ != ConditionType::from("example.com/ready") => Ok(()),
            Input::Update(Change::Condition(mut condition)) => {
                condition.last_transition_time = Some(world.now.truncated());
                if !cluster::put_condition(&mut self.object.status, condition.clone()) {
                    return Ok(());
                }
                self.publish(world.now);
                self.call(world, Input::Update(Change::Condition(condition)))
            }
            input => self.call(world, input),
        }
    }

    /// Whether the Pod is being deleted and has not ended, and its status shows neither a sandbox nor a container that is up.
    fn is_down(&self) -> bool {
        let status = &self.object.status;
        let is_up = |condition: &PodCondition| {
            condition.type_ == ConditionType::PodReadyToStartContainers && condition.status == ConditionStatus::True
        };
        let ended = |container: &ContainerStatus| container.state.terminated.is_some();
        let mut containers = status.init_container_statuses.iter().chain(&status.container_statuses);
        let is_ending = self.object.metadata.deletion_timestamp.is_some() && !status.phase.is_some_and(PodPhase::is_terminal);
        is_ending && !status.conditions.iter().any(is_up) && containers.all(ended)
    }

    /// The machine is told something, and what it publishes is written.
    fn call(&mut self, world: &mut World, input: Input) -> Result<(), TransitionError> {
        if matches!(input, Input::Event(Event::Bound)) {
            self.object.spec.node_name = "node".into();
        }
        let (result, outputs) = world.tell(&input);
        if let Some(log) = &mut self.log {
            log.push(format!("{} {input:?} → {result:?} {outputs:?}", world.now));
        }
        if outputs.contains(&Output::StatusChanged) {
            self.write(world.now, world.pod.status().to_owned());
        }
        result
    }

    /// Something of which the machine is not told happens.
    pub(crate) fn remark(&mut self, now: Time, what: &str) {
        if let Some(log) = &mut self.log {
            log.push(format!("{now} {what}"));
        }
    }

    pub(crate) fn write(&mut self, now: Time, status: PodStatus) {
        self.object.status = status;
        self.publish(now);
    }

    /// A client changes the spec.
    fn change(&mut self, world: &mut World, wanted: &Spec) -> Result<(), TransitionError> {
        let mut spec = wanted.api().clone();
        spec.node_name.clone_from(&self.object.spec.node_name);
        if !self.stored || spec == self.object.spec || validate_update(&self.object.spec, &spec, &Gates::default()).is_err() {
            return Ok(());
        }
        self.object.spec = spec.clone();
        self.object.metadata.generation += 1;
        self.publish(world.now);
        let generation = self.object.metadata.generation;
        self.call(world, Input::Update(Change::Spec { spec: Arc::new(Spec::as_given(spec)), generation }))
    }

    /// A client, or the kubelet, deletes the Pod.
    fn delete(&mut self, world: &mut World, grace: i64) -> Result<(), TransitionError> {
        // A forced deletion of what is down already cannot be told from the kubelet's own.
        if !self.stored || (grace == 0 && self.is_down()) {
            return Ok(());
        }
        let api::Pod { metadata: meta, spec, status, .. } = &self.object;
        let request = DeletionRequest { meta, spec, phase: status.phase, grace_period_seconds: Some(grace) };
        let verdict = cluster::delete(world.now, &request);
        let update = verdict
            .update
            .filter(|&(at, grace, _)| (meta.deletion_timestamp, meta.deletion_grace_period_seconds) != (Some(at), Some(grace)));
        if let Some((at, grace, generation)) = update {
            let meta = &mut self.object.metadata;
            (meta.deletion_timestamp, meta.deletion_grace_period_seconds) = (Some(at), Some(grace));
            meta.generation = generation;
            self.publish(world.now);
        }
        if verdict.remove {
            self.gone = true;
            self.watch(world.now, EventType::Deleted);
            self.call(world, Input::Event(Event::ObjectRemoved))
        } else if let Some((at, grace_period_seconds, generation)) = update {
            self.call(world, Input::Update(Change::Deletion { at, grace_period_seconds, generation }))
        } else {
            Ok(())
        }
    }

    fn publish(&mut self, now: Time) {
        if !self.gone {
            let event = if self.stored { EventType::Modified } else { EventType::Added };
            self.stored = true;
            self.object.metadata.creation_timestamp.get_or_insert(now.truncated());
            self.watch(now, event);
        }
    }

    fn watch(&mut self, now: Time, type_: EventType) {
        self.versions += 1;
        self.object.metadata.resource_version = self.versions.to_string();
        let event = WatchEvent { type_, t: Some((now - START).as_secs_f64()), object: WatchObject::Pod(Box::new(self.object.clone())) };
        if self.log.is_some() {
            let brief = self.brief(now, type_).to_string();
            self.log.iter_mut().for_each(|log| log.push(brief.clone()));
        }
        let Self { checker, found, versions, .. } = self;
        Arc::make_mut(checker).event(event, *versions, &mut |finding| found.push(finding));
    }

    /// A version in brief: the status, and what of the metadata changes.
    fn brief(&self, now: Time, type_: EventType) -> serde_json::Value {
        let api::Pod { metadata: meta, status, .. } = &self.object;
        let deletion = meta.deletion_timestamp.zip(meta.deletion_grace_period_seconds);
        serde_json::json!({ "type": type_, "t": (now - START).as_secs_f64(), "generation": meta.generation, "deletion": deletion, "status": status })
    }

    /// The watch is over: what waited for a later version is told, too.
    pub(crate) fn finish(mut self) -> Result<Self, String> {
        let Self { checker, found, .. } = &mut self;
        Arc::make_mut(checker).finish(&mut |finding| found.push(finding));
        self.verdict().map(|()| self)
    }

    /// What broke a MUST rule first.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        let broken = self.found.iter().find(|finding| finding.rule.severity() == Severity::Must);
        if let Some(finding) = broken {
            let log = self.log();
            let last = log.len().saturating_sub(14);
            return Err(format!("version {}: {finding}\n{}\n", finding.line, log[last..].join("\n")));
        }
        Ok(())
    }
}
