//! One shard of many Pods: a driver, its simulated node, and the lives the Pods lead.

use pod_lifecycle::api::ObjectMeta;
use pod_lifecycle::backend::sim::{Distribution, Habits, Runs, Seeded, Sim};
use pod_lifecycle::backend::{ContainerBackend, Driver, PodRef, Told};
use pod_lifecycle::pod::{Action, Change, Event, NodeConfig, Stage};
use pod_lifecycle::{Pod, Span, Spec, Time};
use serde_json::json;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);

/// What the Pods do all their life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// A container that runs for a minute and crashes, again and again.
    CrashLoops,
    /// A server with three probes, of which one in a hundred fails.
    Probes,
    /// A job that runs for two minutes; then its Pod is deleted, and another takes its place.
    Churn,
    /// A third of each.
    Mixed,
}

impl Workload {
    pub(crate) const ALL: [(&'static str, Self); 4] =
        [("crash-loops", Self::CrashLoops), ("probes", Self::Probes), ("churn", Self::Churn), ("mixed", Self::Mixed)];

    /// The workload of the Pods in this place.
    fn of(self, place: usize) -> usize {
        match self {
            Self::CrashLoops => 0,
            Self::Probes => 1,
            Self::Churn => 2,
            Self::Mixed => place % 3,
        }
    }
}

/// How much is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Pods that live at a time, over all shards.
    pub(crate) pods: usize,
    /// Virtual time; the Pods arrive within its first minute.
    pub(crate) lasts: Span,
    pub(crate) workload: Workload,
}

/// What came of it. Sums over Pods, so that it does not matter which shard they were in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// News from the simulated node.
    pub(crate) events: u64,
    pub(crate) transitions: u64,
    pub(crate) statuses: u64,
    /// Pods that came and went.
    pub(crate) removed: u64,
    /// News that contradicted the facts: none.
    pub(crate) refused: u64,
    /// Of everything that was told and when.
    pub(crate) digest: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.transitions += other.transitions;
        self.statuses += other.statuses;
        self.removed += other.removed;
        self.refused += other.refused;
        self.digest = self.digest.wrapping_add(other.digest);
    }
}

/// The simulated node, with its news counted.
pub(crate) struct Counted {
    sim: Sim<Seeded>,
    events: u64,
}

impl ContainerBackend for Counted {
    type Pod = usize;

    fn start(&mut self, pod: PodRef<'_, usize>, action: Action) {
        self.sim.start(pod, action);
    }

    fn poll(&mut self) -> Option<(usize, Event<'_>)> {
        let news = self.sim.poll();
        self.events += u64::from(news.is_some());
        news
    }
}

/// Every `shards`-th Pod, beginning with the one of this number.
pub(crate) struct Shard {
    number: usize,
    shards: usize,
    plan: Plan,
    driver: Driver<Counted>,
    kinds: [(Arc<Spec>, Arc<Habits>); 3],
    meta: Arc<ObjectMeta>,
    /// Who each Pod is, by key: a Pod that takes another's place is told from it by its life.
    names: Vec<u64>,
    /// Pods that have come by themselves, not in another's place.
    arrived: usize,
    tally: Tally,
}

impl Shard {
    pub(crate) fn new(plan: Plan, number: usize, shards: usize) -> Self {
        let mut sim = Sim::new(START);
        sim.omit_ids();
        let kinds = [
            (spec("Always", false), habits(60, &[(1, 1)])),
            (spec("Always", true), habits(3600, &[(1, 1)])),
            (spec("Never", false), habits(120, &[(3, 0), (1, 1)])),
        ];
        // Each shard has settings and specs of its own: a reference counter that threads share would slow them down.
        let driver = Driver::new(Counted { sim, events: 0 }, Arc::new(NodeConfig::default()));
        let meta = Arc::new(ObjectMeta { generation: 1, ..ObjectMeta::default() });
        Self { number, shards, plan, driver, kinds, meta, names: Vec::new(), arrived: 0, tally: Tally::default() }
    }

    /// Runs it to its end, and says what came of it.
    pub(crate) fn run(&mut self) -> Tally {
        self.run_until(self.plan.lasts);
        self.tally
    }

    /// Runs it until so much virtual time has passed, and says what has come of it since the beginning.
    pub(crate) fn run_until(&mut self, passed: Span) -> Tally {
        let end = START + passed;
        let mut gone = Vec::new();
        loop {
            let next = [self.driver.next_deadline(), self.driver.backend().sim.next_time(), self.next_arrival()];
            let Some(now) = next.into_iter().flatten().min().filter(|&now| now <= end) else { break };
            self.driver.backend_mut().sim.advance_to(now);
            while self.next_arrival().is_some_and(|at| at <= now) {
                let place = self.next_place();
                self.arrived += 1;
                self.arrive(now, mix(place as u64), place % 3);
            }
            let (tally, names) = (&mut self.tally, &self.names);
            self.driver.advance(now, &mut |key, told, pod| {
                if let Some(end) = count(tally, names[key], now, told, pod) {
                    gone.push((key, end));
                }
            });
            while let Some((key, end)) = gone.pop() {
                self.end(now, key, end, &mut gone);
            }
        }
        self.tally.events = self.driver.backend().events;
        self.tally
    }

    fn next_place(&self) -> usize {
        self.number + self.arrived * self.shards
    }

    fn next_arrival(&self) -> Option<Time> {
        let place = self.next_place();
        let nanos = Span::from_secs(60).nanos() as u128 * place as u128 / self.plan.pods as u128;
        (place < self.plan.pods).then(|| START + Span::from_nanos(nanos as i64))
    }

    fn arrive(&mut self, now: Time, name: u64, place: usize) {
        let (spec, habits) = &self.kinds[self.plan.workload.of(place)];
        self.names.push(name);
        let tally = &mut self.tally;
        let key = self.driver.add_shared(&self.meta, spec, None, &mut |_, told, pod| {
            count(tally, name, now, told, pod);
        });
        let script = Seeded::new(7, &format!("{name:x}"), Arc::clone(habits));
        self.driver.backend_mut().sim.add(key, spec, script);
    }

    /// A job has ended, or its Pod is gone.
    fn end(&mut self, now: Time, key: usize, end: End, gone: &mut Vec<(usize, End)>) {
        let (tally, name) = (&mut self.tally, self.names[key]);
        match end {
            End::Over if self.driver.pod(key).is_none_or(|pod| pod.deletion().is_some()) => {}
            End::Over => {
                let mut tell = |key, told, pod: &Pod| gone.extend(count(tally, name, now, told, pod).map(|end| (key, end)));
                let change = Change::Deletion { at: now, grace_period_seconds: 0, generation: 2 };
                self.driver.update(now, key, &change, &mut tell).expect("a Pod can be deleted once");
                // Who has ended need not be waited for: the API server removes the object itself.
                self.driver.handle(now, key, Event::ObjectRemoved, &mut tell).expect("it is there");
            }
            End::Gone => {
                if self.driver.remove(key).is_none() {
                    return;
                }
                self.driver.backend_mut().sim.remove(key);
                self.tally.removed += 1;
                self.arrive(now, mix(name), 2);
            }
        }
    }

    /// Of the last statuses of all living Pods, and all else that the Pods keep.
    pub(crate) fn digest_of_pods(&self) -> u64 {
        let living = self.names.iter().enumerate().filter_map(|(key, name)| Some((name, self.driver.pod(key)?)));
        let digests = living.map(|(name, pod)| {
            let mut hasher = DefaultHasher::new();
            hasher.write(&serde_json::to_vec(&pod.status().to_owned()).expect("a status can be written"));
            hasher.write(&serde_json::to_vec(&pod.snapshot()).expect("a snapshot can be written"));
            mix(name ^ hasher.finish())
        });
        digests.fold(0, u64::wrapping_add)
    }
}

/// How far the end of a Pod is.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Its containers have ended for good.
    Over,
    /// It is gone from the API server.
    Gone,
}

fn count(tally: &mut Tally, name: u64, now: Time, told: Told, pod: &Pod) -> Option<End> {
    let (kind, mut end) = match told {
        Told::Transition(_) => {
            tally.transitions += 1;
            (1, (pod.stage() == Stage::Removed).then_some(End::Gone))
        }
        Told::StatusChanged => {
            tally.statuses += 1;
            (2, None)
        }
        Told::Asked(_) => (3, None),
        Told::StartFailed { .. } => (4, None),
        Told::Refused(_) => {
            tally.refused += 1;
            (5, None)
        }
    };
    if kind == 2 && pod.phase().is_terminal() && pod.deletion().is_none() {
        end = Some(End::Over);
    }
    // It costs little, so that what is measured is not the measurement: an odd factor loses nothing.
    let told = (name ^ (now - START).nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15 + 2 * kind);
    tally.digest = tally.digest.wrapping_add(told);
    end
}

fn spec(restart_policy: &str, probes: bool) -> Arc<Spec> {
    let mut container = json!({"name": "main", "image": "main:1"});
    if probes {
        for kind in ["startupProbe", "readinessProbe", "livenessProbe"] {
            container[kind] = json!({"exec": {"command": ["true"]}, "periodSeconds": 10});
        }
    }
    let spec = json!({"nodeName": "node", "hostNetwork": true, "restartPolicy": restart_policy, "containers": [container]});
    let spec = serde_json::from_value(spec).expect("a spec");
    Arc::new(Spec::parse(spec).expect("a valid spec"))
}

fn habits(runs_for: i64, exit_codes: &[(u32, i32)]) -> Arc<Habits> {
    let habits = Habits::default();
    let run_for = Distribution::Exponential(Span::from_secs(runs_for));
    let on_term = Distribution::Fixed(Span::from_secs(1));
    let main = Runs { start_delay: Distribution::Never, run_for, exit_codes: exit_codes.to_vec(), on_term };
    Arc::new(Habits { main, ..habits })
}

/// The output function of SplitMix64.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
