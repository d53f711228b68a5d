//! The Pod workers of a kubelet: one for each Pod, which runs its sync functions one after the other (kubelet `podWorkers`).
//!
//! [`PodWorkers`] decides which function runs when: it holds back static Pods of the same name until it is their turn, lets the end of a Pod
//! interrupt its sync, never starts a Pod again that has ended, and drives to its end whatever is not wanted any more. It does not run
//! anything itself: the caller carries out each [`WorkerOutput`] and reports [`finished`](PodWorkers::finished).
//!
//! ```
//! use pod_lifecycle::api;
//! use pod_lifecycle::node::workers::{PodUpdate, PodWorkers, SyncCall, SyncResult, UpdateType, WorkerOutput};
//! use std::sync::Arc;
//!
//! let pod = Arc::new(api::Pod::default());
//! let mut workers = PodWorkers::new();
//! let mut out = Vec::new();
//! workers.update(&"uid-1", PodUpdate::Create(Arc::clone(&pod)), true, &mut out);
//! assert_eq!(out, [WorkerOutput::Start { uid: "uid-1", call: SyncCall::SyncPod { update_type: UpdateType::Create } }]);
//!
//! // The Pod's containers have all ended: SyncPod says so, and the end begins.
//! out.clear();
//! workers.finished(&"uid-1", SyncResult::Terminal, &mut out)?;
//! let call = SyncCall::SyncTerminatingPod { grace_period_seconds: None, kill: None };
//! assert_eq!(out[1], WorkerOutput::Start { uid: "uid-1", call });
//! assert!(workers.should_pod_containers_be_terminating(&"uid-1"));
//! # Ok::<(), pod_lifecycle::node::workers::NotRunning>(())
//! ```
//!
//! # Memory
//!
//! One record for each Pod until [`sync_known_pods`](PodWorkers::sync_known_pods) no longer has it among the wanted ones and it has ended,
//! as in the kubelet; in it at most two versions of the Pod, and the tickets of those who wait for its end.

mod queries;
mod static_pods;
mod worker;

pub use crate::rules::worker::{Requeue, WorkType};
pub use queries::WorkerState;

use crate::api;
use crate::rules::worker::{EndFacts, EndReason, end_reason, first_work};
use crate::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use static_pods::StaticPods;
use worker::{Pending, Version, Worker};

/// A version of a Pod, as its source of configuration has it; what the workers look at.
pub trait WorkerPod {
    /// The facts.
    fn facts(&self) -> PodFacts;
    /// The name by which static Pods exclude each other (kubelet `BuildPodFullName`). Asked of static Pods only.
    fn full_name(&self) -> String;
}

/// What the workers look at in a version of a Pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodFacts {
    /// It comes from a file or URL: no two of the same full name run at once.
    pub is_static: bool,
    /// `metadata.deletionTimestamp` is set.
    pub deleted: bool,
    /// `metadata.deletionGracePeriodSeconds`.
    pub deletion_grace_period_seconds: Option<i64>,
    /// `spec.terminationGracePeriodSeconds`.
    pub termination_grace_period_seconds: Option<i64>,
    /// `status.phase` is Succeeded or Failed.
    pub terminal: bool,
}

impl WorkerPod for api::Pod {
    fn facts(&self) -> PodFacts {
        PodFacts {
            is_static: self.metadata.is_static(),
            deleted: self.metadata.deletion_timestamp.is_some(),
            deletion_grace_period_seconds: self.metadata.deletion_grace_period_seconds,
            termination_grace_period_seconds: self.spec.termination_grace_period_seconds,
            terminal: self.status.phase.is_some_and(api::PodPhase::is_terminal),
        }
    }

    fn full_name(&self) -> String {
        alloc::format!("{}_{}", self.metadata.name, self.metadata.namespace)
    }
}

impl<T: WorkerPod + ?Sized> WorkerPod for Arc<T> {
    fn facts(&self) -> PodFacts {
        (**self).facts()
    }

    fn full_name(&self) -> String {
        (**self).full_name()
    }
}

/// News for a worker (kubelet `UpdatePodOptions`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodUpdate<P> {
    /// A source of configuration has a new Pod.
    Create(P),
    /// It has another version of the Pod.
    Update(P),
    /// Nothing is new: it is time for a sync.
    Sync(P),
    /// The kubelet wants the Pod to end: eviction, preemption, shutdown, removal from its source.
    Kill(P, KillRequest),
    /// The runtime has a Pod that no source of configuration has. If the workers know a version of it, that one is ended.
    KillRuntimePod(KillRequest),
}

/// How the kubelet wants a Pod to end (kubelet `KillPodOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KillRequest {
    /// It is an eviction: what the Pod left on the node may go at once.
    pub evict: bool,
    /// Grace period in seconds instead of the Pod's; it only ever shortens.
    pub grace_period_seconds: Option<i64>,
    /// The caller's number of this request, if it has a status to show or waits for the end. The same number twice is one request.
    pub ticket: Option<KillTicket>,
}

impl KillRequest {
    /// How long its caller waits for [`WorkerOutput::Killed`] before it reports that the grace period was exceeded; the worker tries on (kubelet
    /// `TerminatePodAbnormallyAndWait`): one and a half times the period it asks for, or else the Pod's, and at least 10 s.
    pub fn patience(&self, termination_grace_period_seconds: Option<i64>) -> Span {
        let grace = self.grace_period_seconds.or(termination_grace_period_seconds).unwrap_or(0);
        Span::from_secs(grace.saturating_add(grace / 2).max(MIN_PATIENCE_SECONDS))
    }
}

/// What a caller waits at least, since the runtime needs its time, too.
const MIN_PATIENCE_SECONDS: i64 = 10;

/// The caller's number of a [`KillRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KillTicket(pub u64);

/// What asked for a sync (kubelet `SyncPodType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UpdateType {
    /// The Pod is new to the kubelet.
    Create,
    /// The Pod changed.
    Update,
    /// It is time.
    Sync,
    /// The Pod is to end.
    Kill,
}

/// A sync function to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncCall {
    /// Brings the Pod where its spec wants it: the machine's sync, [`Stage::Syncing`](crate::pod::Stage::Syncing).
    SyncPod {
        /// What asked for it.
        update_type: UpdateType,
    },
    /// Stops everything.
    SyncTerminatingPod {
        /// The grace period in seconds instead of the Pod's own; `None`: the Pod ended by itself.
        grace_period_seconds: Option<i64>,
        /// The last request to kill it, whose status the Pod shows.
        kill: Option<KillTicket>,
    },
    /// Stops everything of a Pod that only the runtime knows, within a second.
    SyncTerminatingRuntimePod,
    /// Releases what the Pod still holds, and writes its last status.
    SyncTerminatedPod,
}

/// How a sync function ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncResult {
    /// It did what it should.
    Done,
    /// `SyncPod` found that the Pod has come to its end; the same as [`Done`](Self::Done) of the others.
    Terminal,
    /// It was interrupted ([`WorkerOutput::Cancel`]).
    Canceled,
    /// It failed, and is to be tried again after an error's time.
    Failed,
    /// It failed because the node has no network yet.
    NetworkNotReady,
    /// It could not do all because of back-offs; the first of them ends then.
    BackingOff(Time),
}

/// What the caller does for the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkerOutput<K> {
    /// Run this function for the Pod, in its version [`PodWorkers::active`]. No other of the Pod is running.
    Start {
        /// The Pod.
        uid: K,
        /// The function.
        call: SyncCall,
    },
    /// Interrupt the running function of the Pod: it has to end, or to end sooner. (The kubelet's `SyncTerminatingPod` does not listen.)
    Cancel {
        /// The Pod.
        uid: K,
    },
    /// Bring a [`PodUpdate::Sync`] then, if nothing else comes.
    Requeue {
        /// The Pod.
        uid: K,
        /// When.
        when: Requeue,
    },
    /// Everything of the Pod is stopped: who waited for it need wait no longer.
    Killed {
        /// The Pod.
        uid: K,
        /// The request.
        ticket: KillTicket,
    },
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// The worker has it.
    Yes,
    /// The Pod is ending and a new one with its UID is wanted: bring it again when [`PodWorkers::sync_known_pods`] does not know it any more.
    Later,
    /// The Pod has ended; a kill request's ticket gets no answer.
    No,
}

/// A function was reported as finished, and none of this Pod is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sync function of this Pod is running")]
pub struct NotRunning;

/// A worker that [`PodWorkers::sync_known_pods`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownWorker {
    /// What it does next.
    pub state: WorkType,
    /// Nobody wants it any more.
    pub orphan: bool,
    /// It has a version of the Pod, not only what the runtime has.
    pub has_config: bool,
    /// That version is a static Pod.
    #[serde(rename = "static")]
    pub is_static: bool,
}

/// The workers of a node, by UID. See the [module documentation](self).
#[derive(Clone, Debug)]
pub struct PodWorkers<K, P> {
    /// All Pods of all sources have been brought once.
    synced: bool,
    workers: BTreeMap<K, Worker<P>>,
    statics: StaticPods<K>,
}

impl<K, P> Default for PodWorkers<K, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, P> PodWorkers<K, P> {
    /// The workers of a kubelet that has just started.
    pub const fn new() -> Self {
        Self { synced: false, workers: BTreeMap::new(), statics: StaticPods::new() }
    }
}

impl<K: Ord + Clone, P: WorkerPod> PodWorkers<K, P> {
    /// Brings news of a Pod (kubelet `UpdatePod`).
    ///
    /// `runs_nothing` is asked only for a Pod that is new to the workers: whether the runtime runs nothing of it
    /// ([`rules::worker::runs_nothing`](crate::rules::worker::runs_nothing)); if it has ended, too, it is only tidied up.
    pub fn update(&mut self, uid: &K, update: PodUpdate<P>, runs_nothing: bool, out: &mut impl Extend<WorkerOutput<K>>) -> Taken {
        let (update_type, pod, kill) = match update {
            PodUpdate::Create(pod) => (UpdateType::Create, Some(pod), None),
            PodUpdate::Update(pod) => (UpdateType::Update, Some(pod), None),
            PodUpdate::Sync(pod) => (UpdateType::Sync, Some(pod), None),
            PodUpdate::Kill(pod, request) => (UpdateType::Kill, Some(pod), Some(request)),
            PodUpdate::KillRuntimePod(request) => (UpdateType::Kill, None, Some(request)),
        };
        let orphaned = pod.is_none();
        let facts = pod.as_ref().map(WorkerPod::facts);
        let full_name = pod.as_ref().filter(|_| facts.is_some_and(|facts| facts.is_static)).map(WorkerPod::full_name);
        let is_new = !self.workers.contains_key(uid);
        if let (true, Some(name)) = (is_new, &full_name) {
            self.statics.wait(name, uid, |uid| self.workers.contains_key(uid));
        }
        let first = first_work(facts.is_some_and(|facts| facts.terminal), runs_nothing);
        let worker = self.workers.entry(uid.clone()).or_insert_with(|| Worker::new(first));
        if !is_new && worker.work != WorkType::Sync && update_type == UpdateType::Create {
            worker.restart_requested = true;
            return Taken::Later;
        }
        if worker.finished {
            return Taken::No;
        }
        worker.observed_runtime |= orphaned;
        worker.full_name = worker.full_name.take().or(full_name);
        let facts = facts.or_else(|| worker.newest().map(WorkerPod::facts)).unwrap_or_default();
        let began = worker.work == WorkType::Sync && worker.end(why(orphaned, facts, kill));
        let mut shortened = false;
        let mut grace = None;
        match worker.work {
            WorkType::Terminated if orphaned => return Taken::No,
            WorkType::Terminated => {
                let ticket = kill.and_then(|kill| kill.ticket);
                out.extend(ticket.map(|ticket| WorkerOutput::Killed { uid: uid.clone(), ticket }));
            }
            WorkType::Terminating => {
                let effective = worker.settle_grace(facts, kill.and_then(|kill| kill.grace_period_seconds));
                (grace, shortened) = (Some(effective.seconds), effective.shortened);
                worker.note_kill(kill);
            }
            WorkType::Sync => {}
        }
        let version = match pod {
            Some(pod) => Version::New(pod),
            // A version that waits is the one to be ended.
            None => worker.pending.take().map_or(Version::Active, |pending| pending.version),
        };
        worker.pending = Some(Pending { version, update_type, grace });
        if worker.running.is_none() {
            self.start(uid, out);
        } else if (began || shortened) && worker.cancel() {
            out.extend([WorkerOutput::Cancel { uid: uid.clone() }]);
        }
        Taken::Yes
    }

    /// The running function of the Pod has ended (kubelet `podWorkerLoop`).
    ///
    /// # Errors
    /// If none is running; then nothing has changed.
    pub fn finished(&mut self, uid: &K, result: SyncResult, out: &mut impl Extend<WorkerOutput<K>>) -> Result<(), NotRunning> {
        let worker = self.workers.get_mut(uid).ok_or(NotRunning)?;
        let ran = worker.running.take().ok_or(NotRunning)?;
        let succeeded = matches!(result, SyncResult::Done | SyncResult::Terminal);
        let mut requeue = match result {
            SyncResult::Done | SyncResult::Terminal => Requeue::Resync,
            SyncResult::Canceled | SyncResult::Failed => Requeue::Backoff,
            SyncResult::NetworkNotReady => Requeue::NetworkNotReady,
            SyncResult::BackingOff(until) => Requeue::Until(until),
        };
        match ran.work {
            WorkType::Terminated if succeeded => {
                worker.finished = true;
                self.statics.stopped(worker.full_name.as_deref(), uid);
                return Ok(());
            }
            WorkType::Terminating if succeeded && ran.runtime_only => {
                // Nobody else knows of such a Pod, so it is forgotten at once.
                self.statics.stopped(worker.full_name.as_deref(), uid);
                self.workers.remove(uid);
                return Ok(());
            }
            WorkType::Terminating if succeeded => {
                worker.work = WorkType::Terminated;
                out.extend(worker.tickets.drain(..).map(|ticket| WorkerOutput::Killed { uid: uid.clone(), ticket }));
                worker.replay();
                requeue = Requeue::Immediate;
            }
            WorkType::Sync if result == SyncResult::Terminal => {
                worker.work = worker.work.max(WorkType::Terminating);
                worker.started_terminating = true;
                worker.replay();
                requeue = Requeue::Immediate;
            }
            _ => {}
        }
        out.extend([WorkerOutput::Requeue { uid: uid.clone(), when: requeue }]);
        self.start(uid, out);
        Ok(())
    }

    /// Housekeeping: forgets what has ended and is not wanted, ends what is not wanted, and names the workers that are left (kubelet
    /// `SyncKnownPods`).
    ///
    /// Call it once all Pods of all sources have been brought ([`update`](Self::update)), and again and again. For a wanted Pod that is not
    /// among the workers left, bring a [`PodUpdate::Create`].
    pub fn sync_known_pods(&mut self, wanted: impl Fn(&K) -> bool, out: &mut impl Extend<WorkerOutput<K>>) -> Vec<(K, KnownWorker)> {
        self.synced = true;
        let uids: Vec<K> = self.workers.keys().cloned().collect();
        let mut known = Vec::new();
        for uid in uids {
            let orphan = !wanted(&uid);
            let Some(worker) = self.workers.get_mut(&uid) else { continue };
            if orphan && !worker.finished {
                worker.deleted = true;
            }
            // A worker that never began anything has nothing to end.
            let idle = !worker.started && !worker.observed_runtime;
            if (orphan && (worker.finished || idle)) || (worker.restart_requested && worker.finished) {
                self.statics.stopped(worker.full_name.as_deref(), &uid);
                self.workers.remove(&uid);
                continue;
            }
            if orphan {
                if worker.end(Some(EndReason::Deleted)) {
                    let facts = worker.active().map(WorkerPod::facts).unwrap_or_default();
                    worker.settle_grace(facts, None);
                }
                worker.replay();
                if worker.running.is_none() {
                    self.start(&uid, out);
                }
            }
            known.extend(self.workers.get(&uid).map(|worker| (uid, worker.known(orphan))));
        }
        known
    }

    /// The version of the Pod that its worker acts on; `None` if it does not act yet, or only the runtime knows the Pod.
    pub fn active(&self, uid: &K) -> Option<&P> {
        self.workers.get(uid)?.active()
    }

    /// Begins with what is pending, if the Pod may start (kubelet `startPodSync`).
    fn start(&mut self, uid: &K, out: &mut impl Extend<WorkerOutput<K>>) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        let Some(pending) = worker.pending.take() else { return };
        let facts = worker.version(&pending.version).map(WorkerPod::facts);
        if !worker.started
            && let Some(facts) = facts
        {
            if facts.is_static && worker.work != WorkType::Sync {
                // It had to end before it was its turn.
                worker.finished = true;
                worker.work = WorkType::Terminated;
                self.statics.stopped(worker.full_name.as_deref(), uid);
                return;
            }
            let name = worker.full_name.clone().filter(|_| facts.is_static);
            let may_come = |uid: &K| self.workers.get(uid).is_some_and(|worker| worker.work == WorkType::Sync);
            let allowed = name.is_none_or(|name| self.statics.allow(&name, uid, may_come));
            let Some(worker) = self.workers.get_mut(uid) else { return };
            if !allowed {
                worker.pending = Some(pending);
                out.extend([WorkerOutput::Requeue { uid: uid.clone(), when: Requeue::Backoff }]);
                return;
            }
            worker.started = true;
            out.extend([WorkerOutput::Start { uid: uid.clone(), call: worker.run(pending) }]);
        } else {
            out.extend([WorkerOutput::Start { uid: uid.clone(), call: worker.run(pending) }]);
        }
    }
}

fn why(orphaned: bool, facts: PodFacts, kill: Option<KillRequest>) -> Option<EndReason> {
    end_reason(EndFacts { orphaned, deleted: facts.deleted, terminal: facts.terminal, kill: kill.map(|kill| kill.evict) })
}

#[cfg(test)]
mod tests;
