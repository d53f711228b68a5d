//! One worker: what is known of its Pod, what waits, what runs.

use super::{KillRequest, KillTicket, KnownWorker, PodFacts, SyncCall, UpdateType, WorkerPod};
use crate::rules::grace::{EffectiveGrace, effective_pod_grace};
use crate::rules::worker::{EndReason, WorkType};
use alloc::string::String;
use alloc::vec::Vec;

/// One worker (kubelet `podSyncStatus`).
#[derive(Clone, Debug)]
pub(super) struct Worker<P> {
    /// Of a static Pod.
    pub(super) full_name: Option<String>,
    /// The newest update, which the worker has not begun with yet.
    pub(super) pending: Option<Pending<P>>,
    /// What it began with last.
    active: Option<Active<P>>,
    pub(super) running: Option<Running>,
    pub(super) work: WorkType,
    /// The grace period settled on, in seconds; 0 before the end.
    pub(super) grace: i64,
    /// Who waits for the end.
    pub(super) tickets: Vec<KillTicket>,
    /// The last request to kill it.
    kill: Option<KillTicket>,
    /// It was allowed to start.
    pub(super) started: bool,
    /// The function that ends it has been begun: `SyncPod` will not run again.
    pub(super) started_terminating: bool,
    pub(super) deleted: bool,
    pub(super) evicted: bool,
    pub(super) finished: bool,
    /// A new Pod with its UID is wanted.
    pub(super) restart_requested: bool,
    /// The runtime has been seen to have it, so it must be ended there.
    pub(super) observed_runtime: bool,
}

/// An update that waits.
#[derive(Clone, Debug)]
pub(super) struct Pending<P> {
    pub(super) version: Version<P>,
    pub(super) update_type: UpdateType,
    /// Grace period for the function that ends the Pod, in seconds.
    pub(super) grace: Option<i64>,
}

/// Which version of the Pod an update is about.
#[derive(Clone, Debug)]
pub(super) enum Version<P> {
    /// This one.
    New(P),
    /// The one the worker has, if any; else the Pod is known by the runtime only.
    Active,
}

#[derive(Clone, Debug)]
struct Active<P> {
    /// `None`: only the runtime knows the Pod.
    pod: Option<P>,
    grace: Option<i64>,
}

/// A function that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) work: WorkType,
    pub(super) runtime_only: bool,
    canceled: bool,
}

impl<P> Worker<P> {
    pub(super) const fn new(work: WorkType) -> Self {
        Self {
            full_name: None,
            pending: None,
            active: None,
            running: None,
            work,
            grace: 0,
            tickets: Vec::new(),
            kill: None,
            started: false,
            started_terminating: matches!(work, WorkType::Terminated),
            deleted: false,
            evicted: false,
            finished: false,
            restart_requested: false,
            observed_runtime: false,
        }
    }

    /// The version that it acts on.
    pub(super) fn active(&self) -> Option<&P> {
        self.active.as_ref()?.pod.as_ref()
    }

    /// The version that an update is about.
    pub(super) fn version<'a>(&'a self, version: &'a Version<P>) -> Option<&'a P> {
        match version {
            Version::New(pod) => Some(pod),
            Version::Active => self.active(),
        }
    }

    /// The newest version it was given.
    pub(super) fn newest(&self) -> Option<&P> {
        match &self.pending {
            Some(Pending { version: Version::New(pod), .. }) => Some(pod),
            _ => self.active(),
        }
    }

    /// The end begins, if there is a reason and it has not begun yet. Whether it begins now.
    pub(super) fn end(&mut self, why: Option<EndReason>) -> bool {
        let Some(why) = why.filter(|_| self.work == WorkType::Sync) else { return false };
        self.work = WorkType::Terminating;
        self.deleted |= matches!(why, EndReason::Orphaned | EndReason::Deleted);
        self.evicted |= why == EndReason::Evicted;
        true
    }

    /// Settles on a grace period, now that something new is known.
    pub(super) fn settle_grace(&mut self, facts: PodFacts, wanted: Option<i64>) -> EffectiveGrace {
        let (spec, deletion) = (facts.termination_grace_period_seconds, facts.deletion_grace_period_seconds);
        let effective = effective_pod_grace(spec, deletion, self.grace, wanted);
        self.grace = effective.seconds;
        effective
    }

    pub(super) fn note_kill(&mut self, kill: Option<KillRequest>) {
        if let Some(kill) = kill {
            self.kill = kill.ticket;
            if let Some(ticket) = kill.ticket.filter(|ticket| !self.tickets.contains(ticket)) {
                self.tickets.push(ticket);
            }
        }
    }

    /// Interrupts the running function. Whether it had not been told before.
    pub(super) const fn cancel(&mut self) -> bool {
        match &mut self.running {
            Some(running) if !running.canceled => {
                running.canceled = true;
                true
            }
            _ => false,
        }
    }

    /// What it began with last comes again, if nothing waits (kubelet `requeueLastPodUpdate`).
    pub(super) fn replay(&mut self) {
        if let (None, Some(active)) = (&self.pending, &self.active) {
            self.pending = Some(Pending { version: Version::Active, update_type: UpdateType::Sync, grace: active.grace });
        }
    }

    /// Begins with an update: which function is to run.
    pub(super) fn run(&mut self, pending: Pending<P>) -> SyncCall {
        let active = self.active.get_or_insert(Active { pod: None, grace: None });
        if let Version::New(pod) = pending.version {
            active.pod = Some(pod);
        }
        active.grace = pending.grace.or(active.grace);
        let runtime_only = active.pod.is_none();
        self.running = Some(Running { work: self.work, runtime_only, canceled: false });
        self.started_terminating |= self.work == WorkType::Terminating;
        match self.work {
            WorkType::Sync => SyncCall::SyncPod { update_type: pending.update_type },
            WorkType::Terminating if runtime_only => SyncCall::SyncTerminatingRuntimePod,
            WorkType::Terminating => SyncCall::SyncTerminatingPod { grace_period_seconds: pending.grace, kill: self.kill },
            WorkType::Terminated => SyncCall::SyncTerminatedPod,
        }
    }
}

impl<P: WorkerPod> Worker<P> {
    /// What housekeeping is told.
    pub(super) fn known(&self, orphan: bool) -> KnownWorker {
        let pod = match (&self.active, &self.pending) {
            (Some(active), _) => active.pod.as_ref(),
            (None, Some(Pending { version: Version::New(pod), .. })) => Some(pod),
            _ => None,
        };
        let is_static = pod.is_some_and(|pod| pod.facts().is_static);
        KnownWorker { state: self.work, orphan, has_config: pod.is_some(), is_static }
    }
}
