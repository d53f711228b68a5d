//! Lives of Pods told news by news, and what the machine makes of them.

mod observing;
mod pending;
mod resizes;
mod sandboxes;
mod snapshots;
mod starts;
mod statuses;
mod syncs;
mod texts;

use super::*;
use crate::observation::Observation;
use crate::rules::view::Exit;
use crate::spec::ContainerIndex;
use crate::time::Span;
use alloc::vec::Vec;
use serde_json::{Value, json};

const NOW: Time = Time::from_secs(1_767_225_600);
/// The first container of a spec, and the second.
const C: ContainerIndex = ContainerIndex::new(0);
const D: ContainerIndex = ContainerIndex::new(1);

fn spec(spec: Value) -> Arc<Spec> {
    Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap())
}

/// A spec of one container, and what else it has.
fn one(container: Value) -> Value {
    let mut whole = json!({"name": "c", "image": "i:1"});
    whole.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    json!({"nodeName": "n", "containers": [whole]})
}

fn two() -> Value {
    json!({"nodeName": "n", "containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "i:1"}]})
}

fn paced(pacing: Pacing) -> NodeConfig {
    NodeConfig { pacing, host_ips: alloc::vec!["192.0.2.1".into()], ..NodeConfig::default() }
}

/// A Pod, and what time it is. Whatever it is told, it is called again until nothing is due now.
#[derive(Clone)]
struct Life {
    pod: Pod,
    now: Time,
}

impl Life {
    fn with(meta: Value, node: NodeConfig, pod: Value, status: Option<&api::PodStatus>) -> Self {
        let meta = serde_json::from_value(meta).unwrap();
        let pod = Pod::new(NewPod { meta: &meta, spec: &spec(pod), status }, &Arc::new(node), &mut ());
        Self { pod, now: NOW }
    }

    /// A Pod that is stored and admitted.
    fn on(node: NodeConfig, pod: Value) -> Self {
        let mut life = Self::with(json!({"name": "p"}), node, pod, None);
        life.tell(Event::Stored);
        life.tell(Event::Admitted);
        life
    }

    fn new(pod: Value) -> Self {
        Self::on(paced(Pacing::IMMEDIATE), pod)
    }

    /// One whose syncs are asked for; its sandbox is asked for.
    fn manual(pod: Value) -> Self {
        let mut life = Self::on(paced(Pacing::MANUAL), pod);
        life.sync();
        life.tell(Event::VolumesMounted);
        life
    }

    fn try_tell(&mut self, event: Event<'_>) -> Result<Vec<Output>, TransitionError> {
        let mut out = Vec::new();
        self.pod.handle(self.now, event, &mut out)?;
        Ok(self.rest(out))
    }

    fn tell(&mut self, event: Event<'_>) -> Vec<Output> {
        self.try_tell(event).unwrap()
    }

    fn sync(&mut self) -> Vec<Output> {
        let mut out = Vec::new();
        self.pod.sync(self.now, &mut out);
        self.rest(out)
    }

    fn see(&mut self, seen: &Observation) -> Vec<Output> {
        let mut out = Vec::new();
        self.pod.observe(self.now, seen, &mut out).unwrap();
        self.rest(out)
    }

    fn change(&mut self, change: &Change) -> Vec<Output> {
        let mut out = Vec::new();
        self.pod.update(self.now, change, &mut out).unwrap();
        self.rest(out)
    }

    /// The object gets another spec, and generation.
    fn respec(&mut self, generation: i64, changed: Value) -> Vec<Output> {
        self.change(&Change::Spec { spec: spec(changed), generation })
    }

    fn delete(&mut self) -> Vec<Output> {
        self.change(&Change::Deletion { at: self.now + Span::from_secs(30), grace_period_seconds: 30, generation: 2 })
    }

    /// Time passes.
    fn pass(&mut self, seconds: i64) -> Vec<Output> {
        self.now = self.now + Span::from_secs(seconds);
        self.rest(Vec::new())
    }

    /// Time passes until the Pod wants to be called.
    fn due(&mut self) -> Vec<Output> {
        self.now = self.pod.next_deadline().unwrap().at;
        self.rest(Vec::new())
    }

    fn rest(&mut self, mut out: Vec<Output>) -> Vec<Output> {
        for _ in 0..100 {
            if self.pod.next_deadline().is_none_or(|due| due.at > self.now) {
                return out;
            }
            self.pod.handle(self.now, Event::Tick, &mut out).unwrap();
        }
        panic!("something is always due");
    }

    /// Volumes are mounted, and the sandbox is up.
    fn up(mut self) -> Self {
        if self.pending() == [Action::MountVolumes] {
            self.tell(Event::VolumesMounted);
        }
        self.tell(Event::SandboxStarted { attempt: 0, ips: "10.0.0.7" });
        self
    }

    fn create(&mut self, container: ContainerIndex, attempt: u32) -> Vec<Output> {
        self.tell(Event::ImagePresent { container });
        let id = alloc::format!("x://{}{attempt}", self.pod.spec().container(container).name());
        self.tell(Event::ContainerCreated { container, attempt: Attempt(attempt), id: &id, image_id: "" })
    }

    fn start(&mut self, container: ContainerIndex, attempt: u32) -> Vec<Output> {
        self.create(container, attempt);
        self.tell(Event::ContainerStarted { container, attempt: Attempt(attempt), at: self.now })
    }

    fn exit(&mut self, container: ContainerIndex, attempt: u32, code: i32) -> Vec<Output> {
        self.tell(exited(container, attempt, Exit::of_code(code), self.now))
    }

    fn pending(&self) -> Vec<Action> {
        self.pod.pending_actions().collect()
    }

    fn status(&self) -> api::PodStatus {
        self.pod.status().to_owned()
    }
}

fn exited(container: ContainerIndex, attempt: u32, exit: Exit, at: Time) -> Event<'static> {
    Event::ContainerExited { container, attempt: Attempt(attempt), exit, at, message: "", reason: "" }
}

fn actions(out: &[Output]) -> Vec<Action> {
    out.iter().filter_map(|output| if let Output::Action(action) = output { Some(*action) } else { None }).collect()
}

fn changes(out: &[Output]) -> Vec<StateChange> {
    out.iter().filter_map(|output| if let Output::Transition(told) = output { Some(told.change) } else { None }).collect()
}
