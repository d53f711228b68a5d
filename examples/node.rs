//! A node with many Pods, in virtual time: its kubelet lets some in, ends one for a critical Pod and one because memory runs short, and
//! ends the rest in a graceful shutdown. Each Pod has its machine; what is decided over all of them comes from `node`.
//!
//! ```console
//! $ cargo run --example node
//! ```
#![allow(clippy::std_instead_of_alloc, reason = "an example has the standard library")]

use core::error::Error;
use pod_lifecycle::backend::sim::{Sim, Steady};
use pod_lifecycle::backend::{ContainerBackend, Driver, PodRef, Told};
use pod_lifecycle::node::admission::{Admission, Node, Rejection, admit};
use pod_lifecycle::node::eviction::{Starved, Threshold, Usage, evict};
use pod_lifecycle::node::shutdown::{Shutdown, ShutdownConfig};
use pod_lifecycle::pod::{Action, Change, Event, NewPod, NodeConfig, StateChange};
use pod_lifecycle::rules::standing::SYSTEM_CRITICAL_PRIORITY;
use pod_lifecycle::{Span, Spec, Time, api};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);

fn main() -> Result<(), Box<dyn Error>> {
    let mut kubelet = Kubelet::new(serde_json::from_value(json!({"cpu": "2", "memory": "4Gi", "pods": "10"}))?);
    for (name, cpu, priority) in
        [("web", "800m", 0), ("batch", "500m", 0), ("huge", "1500m", 0), ("dns", "1", SYSTEM_CRITICAL_PRIORITY), ("late", "100m", 1)]
    {
        kubelet.add(name, cpu, priority)?;
        kubelet.run_for(5)?;
    }
    kubelet.run_short_of_memory()?;
    kubelet.run_for(5)?;
    kubelet.shut_down()
}

/// The machines, their backend, and the time.
struct Kubelet {
    driver: Driver<Backend>,
    /// Of the Pods, by key.
    names: Vec<String>,
    now: Time,
}

impl Kubelet {
    fn new(allocatable: api::ResourceList) -> Self {
        let backend =
            Backend { containers: Sim::new(START), allocatable, active: BTreeMap::new(), answers: vec![], kills: vec![], told: None };
        Self { driver: Driver::new(backend, Arc::new(NodeConfig::default())), names: vec![], now: START }
    }

    /// A Pod that the scheduler has bound to this node.
    fn add(&mut self, name: &str, cpu: &str, priority: i32) -> Result<(), Box<dyn Error>> {
        let object: api::Pod = serde_json::from_value(json!({
            "metadata": {"name": name},
            "spec": {"nodeName": "edge-1", "priority": priority, "containers": [
                {"name": "main", "image": "app:1", "resources": {"requests": {"cpu": cpu}}}]},
            "status": {"phase": "Pending"}}))?;
        let spec = Arc::new(Spec::parse(object.spec)?);
        let new = NewPod { meta: &object.metadata, spec: &spec, status: Some(&object.status) };
        let key = self.driver.add(new, &mut |_, _, _| {});
        self.driver.backend_mut().containers.add(key, &spec, Steady::default());
        self.names.push(name.into());
        Ok(())
    }

    fn run_for(&mut self, seconds: i64) -> Result<(), Box<dyn Error>> {
        let until = self.now + Span::from_secs(seconds);
        loop {
            self.settle()?;
            let next = [self.driver.next_deadline(), self.driver.backend().containers.next_time()].into_iter().flatten().min();
            self.now = next.unwrap_or(until).clamp(self.now, until);
            self.driver.backend_mut().containers.advance_to(self.now);
            if self.now == until {
                return self.settle();
            }
        }
    }

    /// Does all that is due now: until nobody has ended, and nobody is to be ended.
    fn settle(&mut self) -> Result<(), Box<dyn Error>> {
        loop {
            let (at, mut ended) = (self.now - START, BTreeSet::new());
            self.driver.advance(self.now, &mut |key, told, pod| {
                if let Told::Transition(transition) = told
                    && let StateChange::Phase { to, .. } = transition.change
                {
                    let status = pod.status().to_owned();
                    let target = status.conditions.iter().find(|condition| condition.type_ == api::ConditionType::DisruptionTarget);
                    // A Pod that is ended by force and exits with 0 has succeeded; the condition tells who ended it.
                    let why = target.map_or(&status.message, |target| &target.message);
                    println!("{:>4.1} s  {:<6} {to:<9}  {why}", at.as_secs_f64(), self.names[key]);
                    if to.is_terminal() {
                        ended.insert(key);
                    }
                }
            });
            let backend = self.driver.backend_mut();
            backend.active.retain(|key, _| !ended.contains(key));
            let kills = core::mem::take(&mut backend.kills);
            if ended.is_empty() && kills.is_empty() {
                return Ok(());
            }
            for (key, change) in kills {
                self.driver.update(self.now, key, &change, &mut |_, _, _| {})?;
            }
        }
    }

    /// Memory runs short while every Pod uses a gibibyte that it has not asked for.
    fn run_short_of_memory(&mut self) -> Result<(), Box<dyn Error>> {
        let backend = self.driver.backend_mut();
        let (keys, pods) = backend.list();
        let usages: Vec<_> = pods.into_iter().map(|pod| Usage { pod, used: Some(1 << 30) }).collect();
        let kill = evict(Starved::Memory, Threshold::Hard, &usages, &NodeConfig::default().gates);
        if let Some(kill) = kill {
            self.driver.update(self.now, keys[kill.pod], &kill.into_change(), &mut |_, _, _| {})?;
        }
        self.settle()
    }

    /// All go, the critical ones last.
    fn shut_down(&mut self) -> Result<(), Box<dyn Error>> {
        let config = ShutdownConfig::new(Span::from_secs(30), Span::from_secs(10), &[], &NodeConfig::default().gates);
        let (keys, pods) = self.driver.backend_mut().list();
        let mut shutdown = Shutdown::begin(&config, self.now, &pods);
        while !shutdown.is_over() {
            let turn = shutdown.kills().to_vec();
            for kill in &turn {
                self.driver.update(self.now, keys[kill.pod], &kill.clone().into_change(), &mut |_, _, _| {})?;
            }
            self.run_for(1)?;
            let ended = turn.iter().filter(|kill| !self.driver.backend().active.contains_key(&keys[kill.pod]));
            // The next group's turn has come when all have ended, or else when its time is over.
            let mut is_next = false;
            for kill in ended {
                is_next |= shutdown.ended(self.now, kill.pod);
            }
            if !is_next && !shutdown.is_over() {
                shutdown.tick(self.now);
            }
        }
        Ok(())
    }
}

/// Containers in virtual time, and a kubelet's admission in front of them.
struct Backend {
    containers: Sim<Steady>,
    allocatable: api::ResourceList,
    /// The Pods that are let in and have not ended, by key.
    active: BTreeMap<usize, api::Pod>,
    answers: Vec<Answer>,
    /// What admission has decided about other Pods.
    kills: Vec<(usize, Change)>,
    /// Reason and message of the refusal told last.
    told: Option<(String, String)>,
}

/// What a Pod that asks to be let in is told, once others have ended.
struct Answer {
    key: usize,
    after: Vec<usize>,
    refused: Option<Rejection>,
}

impl Backend {
    fn list(&self) -> (Vec<usize>, Vec<&api::Pod>) {
        self.active.iter().map(|(key, pod)| (*key, pod)).unzip()
    }
}

impl ContainerBackend for Backend {
    type Pod = usize;

    fn start(&mut self, pod: PodRef<'_, usize>, action: Action) {
        if action != Action::Admit {
            return self.containers.start(pod, action);
        }
        let PodRef { key, meta, pod } = pod;
        let object =
            api::Pod { metadata: meta.clone(), spec: pod.spec().api().clone(), status: pod.status().to_owned(), ..api::Pod::default() };
        let (keys, others) = self.list();
        let node = Node { allocatable: Some(&self.allocatable), ..Node::open("edge-1") };
        match admit(&object, &node, &others, &pod.node().gates) {
            Admission::Rejected(why) => self.answers.push(Answer { key, after: vec![], refused: Some(why) }),
            Admission::Admitted(kills) => {
                self.answers.push(Answer { key, after: kills.iter().map(|kill| keys[kill.pod]).collect(), refused: None });
                self.kills.extend(kills.into_iter().map(|kill| (keys[kill.pod], kill.into_change())));
                self.active.insert(key, object);
            }
        }
    }

    fn poll(&mut self) -> Option<(usize, Event<'_>)> {
        let may_be_told = |answer: &Answer| answer.after.iter().all(|key| !self.active.contains_key(key));
        let Some(n) = self.answers.iter().position(may_be_told) else { return self.containers.poll() };
        let Answer { key, refused, .. } = self.answers.remove(n);
        let Some(why) = refused else { return Some((key, Event::Admitted)) };
        let (reason, message) = self.told.insert((why.reason().into_owned(), why.message()));
        Some((key, Event::Rejected { reason, message }))
    }
}
