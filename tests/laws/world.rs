//! A small model of all that is outside the machine: it answers actions truthfully or with failures, in any order, and lets
//! things happen by themselves.

use super::news::nonsense;
use super::numbers::Numbers;
use super::runtime::Runtime;
use super::shape;
use pod_lifecycle::api::ObjectMeta;
use pod_lifecycle::observation::Observation;
use pod_lifecycle::pod::{Action, Change, Event, NewPod, NodeConfig, Output, Stage, TransitionError};
use pod_lifecycle::{Pod, Span, Spec, Time};
use std::sync::Arc;

/// What is put into the machine in one call.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Event(Event<'static>),
    Update(Change),
    Observe(Observation),
    Sync,
}

/// How honest an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It happened.
    True,
    /// It happened, and was told before.
    Again,
    /// It speaks of an instance or a sandbox before the newest.
    Stale,
    /// Anything.
    Nonsense,
}

/// One call of the machine.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) before: Pod,
    pub(crate) now: Time,
    pub(crate) input: Input,
    pub(crate) kind: Kind,
    pub(crate) result: Result<(), TransitionError>,
    pub(crate) outputs: Vec<Output>,
}

/// One step of a history: what, two choices, and how much time passes before.
pub(crate) type Op = [u8; 4];

/// The machine and its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) pod: Pod,
    pub(crate) now: Time,
    pub(crate) kind: Kind,
    /// Actions asked for and not answered yet.
    pub(crate) jobs: Vec<Action>,
    /// The spec that the API server has: the machine may not have taken it up yet.
    pub(crate) stored: Arc<Spec>,
    /// Its generation.
    pub(crate) generation: i64,
    pub(crate) runtime: Runtime,
    last: Event<'static>,
    /// Whether the object is gone, and its status with it.
    pub(crate) gone: bool,
    /// Whether ids, addresses and messages are told.
    pub(crate) texts: bool,
    /// Whether the runtime may lose sight of instances and their records, and instances may be left or end that were not started yet.
    pub(crate) faults: bool,
    /// An action that was asked for while it waited for its answer already.
    pub(crate) asked_twice: Option<Action>,
    /// The numbers that it was made of.
    pub(crate) shape: Vec<u8>,
    /// How many calls were made.
    pub(crate) calls: u64,
    /// How many of them the machine accepted.
    pub(crate) accepted: u64,
}

/// Steps below this number tell what is true.
pub(crate) const TRUE: u8 = 226;

/// More outputs than any call needs.
const MOST_OUTPUTS: usize = 500;

/// When the Pod is created.
pub(crate) const START: Time = Time::from_secs(1_767_225_600);

impl World {
    /// A new Pod in a quiet world.
    pub(crate) fn new(numbers: &mut Numbers<'_>) -> Self {
        let shape = numbers.rest().to_vec();
        let spec = shape::spec(numbers);
        let (mut node, texts) = (shape::node(numbers, START), numbers.chance(128));
        if numbers.chance(100) {
            shape::another_kubelet(numbers, &mut node);
        }
        Self { shape, ..Self::with(spec, node, texts) }
    }

    /// A new Pod of this spec on this node.
    pub(crate) fn with(spec: Spec, node: NodeConfig, texts: bool) -> Self {
        let spec = Arc::new(spec);
        let mut outputs = Vec::new();
        let meta = ObjectMeta { generation: 1, ..ObjectMeta::default() };
        let pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: None }, &Arc::new(node), &mut outputs);
        let mut world = Self {
            pod,
            stored: spec,
            generation: meta.generation,
            now: START,
            kind: Kind::True,
            jobs: Vec::new(),
            runtime: Runtime::default(),
            last: Event::Tick,
            gone: false,
            texts,
            faults: true,
            asked_twice: None,
            shape: Vec::new(),
            calls: 0,
            accepted: 0,
        };
        world.note(&outputs);
        world
    }

    /// Carries out one step.
    pub(crate) fn step(&mut self, op: Op) -> Call {
        let input = self.next(op);
        self.call(input)
    }

    /// What comes next: time passes, and something happens that the machine is not told yet.
    pub(crate) fn next(&mut self, op: Op) -> Input {
        let mut numbers = Numbers::new(&op[1..]);
        let delay = self.delay(op[3]);
        self.now = self.now + delay;
        self.kind = Kind::True;
        self.input(op[0], &mut numbers)
    }

    /// How much time passes: mostly none or little, sometimes until the machine's deadline.
    fn delay(&self, number: u8) -> Span {
        const MILLIS: [i64; 12] = [0, 1, 0, 400, 0, 1_000, 0, 3_000, 10_000, 0, 61_000, 700_000];
        let deadline = || self.pod.next_deadline().map_or(Span::ZERO, |deadline| deadline.at - self.now);
        match MILLIS.get(usize::from(number % 20)) {
            Some(&millis) => Span::from_millis(millis),
            None => deadline().max(Span::ZERO),
        }
    }

    fn input(&mut self, what: u8, numbers: &mut Numbers<'_>) -> Input {
        match what {
            0..150 => Input::Event(self.answer_some(numbers)),
            150..190 => Input::Event(self.happening(numbers)),
            190..200 => Input::Event(Event::Tick),
            200..210 => self.change(numbers),
            210..220 => Input::Sync,
            220..TRUE if self.texts => Input::Observe(self.list()),
            220..234 => {
                self.kind = Kind::Again;
                Input::Event(self.last)
            }
            234..242 => Input::Event(self.stale(numbers)),
            _ => {
                self.kind = Kind::Nonsense;
                Input::Event(nonsense(numbers, self.now))
            }
        }
    }

    /// Makes one call, and keeps the Pod as it was before.
    pub(crate) fn call(&mut self, input: Input) -> Call {
        let before = self.pod.clone();
        let (result, outputs) = self.tell(&input);
        Call { before, now: self.now, input, kind: self.kind, result, outputs }
    }

    /// Makes one call, and takes note of what is asked for.
    pub(crate) fn tell(&mut self, input: &Input) -> (Result<(), TransitionError>, Vec<Output>) {
        let mut outputs = Vec::new();
        let mut sink = |output| {
            assert!(outputs.len() < MOST_OUTPUTS, "a call without an end: {:?}", &outputs[MOST_OUTPUTS - 20..]);
            outputs.push(output);
        };
        let result = match input {
            Input::Event(event) => self.pod.handle(self.now, *event, &mut sink),
            Input::Update(change) => self.pod.update(self.now, change, &mut sink),
            Input::Observe(seen) => self.pod.observe(self.now, seen, &mut sink),
            Input::Sync => {
                self.pod.sync(self.now, &mut sink);
                Ok(())
            }
        };
        self.calls += 1;
        self.accepted += u64::from(result.is_ok());
        match input {
            Input::Event(event) => {
                self.last = *event;
                self.gone |= *event == Event::ObjectRemoved && result.is_ok();
            }
            Input::Update(Change::Spec { spec, generation }) if result.is_ok() => {
                (self.stored, self.generation) = (Arc::clone(spec), *generation);
            }
            Input::Update(Change::Deletion { generation, .. }) if result.is_ok() => self.generation = *generation,
            _ => {}
        }
        self.note(&outputs);
        (result, outputs)
    }

    fn note(&mut self, outputs: &[Output]) {
        for output in outputs {
            let Output::Action(action) = output else { continue };
            if self.jobs.contains(action) {
                self.asked_twice = Some(*action);
            } else {
                self.jobs.push(*action);
            }
        }
    }

    /// The runtime's re-list.
    pub(crate) fn list(&self) -> Observation {
        self.runtime.list(self.pod.spec())
    }

    /// Deletes the Pod if that has not happened, then answers whatever is asked and lets time pass, until the Pod is removed.
    ///
    /// Failures become rarer. If it `is_held`, until nothing but somebody else's finalizer keeps the object. Says how many calls it took, `None` if more
    /// than `most`.
    pub(crate) fn wind_down(&mut self, most: usize, is_held: bool, numbers: &mut Numbers<'_>) -> Option<usize> {
        self.kind = Kind::True;
        if self.pod.deletion().is_none() {
            let deletion = self.deletion(3);
            let _ = self.call(Input::Update(deletion));
        }
        let mut synced = false;
        for calls in 0..most {
            let has_finished = self.pod.stage() == Stage::Finished;
            if is_held {
                // The API server takes note of the request, and that is all.
                self.jobs.retain(|job| *job != Action::DeleteObject);
            }
            let is_kept = is_held && has_finished && self.jobs.is_empty() && self.pod.next_deadline().is_none();
            if self.pod.stage() == Stage::Removed || is_kept {
                return Some(calls);
            }
            let input = if let Some(action) = self.next_job(numbers) {
                let how = if matches!(action, Action::Probe { .. }) { 0 } else { numbers.next() };
                Input::Event(self.answer(action, how))
            } else if !self.pod.node().pacing.automatic && !core::mem::replace(&mut synced, true) {
                Input::Sync
            } else if let Some(deadline) = self.pod.next_deadline() {
                synced = false;
                self.now = self.now.max(deadline.at);
                Input::Event(Event::Tick)
            } else {
                Input::Sync
            };
            // A Pod that no kubelet has is deleted by the API server itself, and so is one without grace.
            let unbound = matches!(self.pod.stage(), Stage::Unscheduled | Stage::Scheduled | Stage::Rejected);
            let forced = has_finished && !is_held && self.pod.deletion().is_some_and(|(grace, _)| grace == 0);
            let _ = self.call(if unbound || forced { Input::Event(Event::ObjectRemoved) } else { input });
        }
        None
    }

    fn next_job(&mut self, numbers: &mut Numbers<'_>) -> Option<Action> {
        if self.jobs.is_empty() { None } else { Some(self.jobs.remove(usize::from(numbers.next()) % self.jobs.len())) }
    }
}
