//! The machine: one Pod, driven by events.
//!
//! A [`Pod`] holds facts. [`Pod::handle`] folds one event into them, [`Pod::observe`] a re-list, [`Pod::update`] a change of
//! the API object; whatever triggers the kubelet starts a sync, which first builds and publishes the status and then asks for
//! actions. Outputs go into the caller's [`Sink`]; time comes in with every call; [`Pod::next_deadline`] tells when to call again.
//!
//! # Resize
//!
//! A spec with other resources ([`Change::Spec`]) is a question to the node (KEP-1287): [`Action::AllocateResources`] asks whether they fit.
//! The node answers with [`Event::ResizeAllocated`], or with [`Event::ResizeDeferred`] and later again, or with
//! [`Event::ResizeInfeasible`]; the status says which. What is allocated is then given to the runtime, one resource after the other:
//!
//! ```
//! use pod_lifecycle::pod::{Action, Attempt, Change, Event, KubeletCondition, NewPod, NodeConfig};
//! use pod_lifecycle::rules::actions::ResizedResource;
//! use pod_lifecycle::{ContainerIndex, Pod, Spec, Time, api};
//! use std::sync::Arc;
//!
//! fn with_cpu(cpu: &str) -> Result<Arc<Spec>, Box<dyn std::error::Error>> {
//!     let resources = format!(r#"{{"requests": {{"cpu": "{cpu}"}}}}"#);
//!     let spec = format!(r#"{{"containers": [{{"name": "web", "image": "nginx:1", "resources": {resources}}}]}}"#);
//!     Ok(Arc::new(Spec::parse(serde_json::from_str(&spec)?)?))
//! }
//! let (container, attempt) = (ContainerIndex::new(0), Attempt(0));
//! let now = Time::from_secs(1_767_225_600);
//!
//! let new = NewPod { meta: &api::ObjectMeta::default(), spec: &with_cpu("1")?, status: None };
//! let mut pod = Pod::new(new, &Arc::new(NodeConfig::default()), &mut ());
//! for event in [
//!     Event::Stored,
//!     Event::Scheduled,
//!     Event::Bound,
//!     Event::Admitted,
//!     Event::VolumesMounted,
//!     Event::SandboxStarted { attempt: 0, ips: "10.0.0.7" },
//!     Event::ImagePresent { container },
//!     Event::ContainerCreated { container, attempt, id: "containerd://1", image_id: "" },
//!     Event::ContainerStarted { container, attempt, at: now },
//! ] {
//!     pod.handle(now, event, &mut ())?;
//! }
//!
//! pod.update(now, &Change::Spec { spec: with_cpu("2")?, generation: 2 }, &mut ())?;
//! assert!(pod.pending_actions().eq([Action::AllocateResources { generation: 2 }]));
//! pod.handle(now, Event::ResizeDeferred { generation: 2, message: "no room" }, &mut ())?;
//! assert!(pod.condition(KubeletCondition::PodResizePending).is_some());
//!
//! // Another Pod has gone: now there is room.
//! pod.handle(now, Event::ResizeAllocated { generation: 2 }, &mut ())?;
//! let resource = ResizedResource::Cpu;
//! assert!(pod.pending_actions().eq([Action::UpdateContainerResources { container, attempt, resource }]));
//! assert_eq!(pod.allocated_resources(container).requests["cpu"].to_string(), "2");
//! pod.handle(now, Event::ContainerUpdated { container, attempt, resource }, &mut ())?;
//! assert!(pod.condition(KubeletCondition::PodResizeInProgress).is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod aside;
mod build;
mod config;
mod container;
mod deadline;
mod error;
mod event;
mod fold;
mod kept_resources;
mod kept_work;
mod ledger;
mod left_out;
mod memo;
mod observe;
mod output;
mod probing;
mod published;
mod records;
mod refused;
mod requeue;
mod resizing;
mod resources;
mod restored;
mod sandbox;
mod snapshot;
mod source;
mod stage;
mod starting;
mod status;
mod stopping;
mod sync;
pub(crate) mod table;
mod terminating;
#[cfg(test)]
mod tests;
mod texts;
mod update;
mod view;
mod windows;
mod work;

pub use action::{Action, ActionRow, HookKind};
pub use config::{NodeConfig, Pacing};
pub use container::{Attempt, InstanceEvent, InstanceStage};
pub use deadline::{Deadline, DeadlineReason};
pub use error::TransitionError;
pub use event::Event;
pub use output::{Actor, Cause, Output, ShownState, Sink, StateChange, Transition};
pub use published::PodReason;
pub use restored::RestoreError;
pub use sandbox::{SandboxEvent, SandboxState};
pub use snapshot::Snapshot;
pub use stage::{Stage, StageEvent};
pub use status::StatusView;
pub use table::Edge;
pub use update::Change;
pub use view::{ContainerView, Facts};

pub use crate::rules::conditions::KubeletCondition;

use crate::api;
use crate::rules::ending::Ending;
use crate::rules::worker::EndFacts;
use crate::spec::Spec;
use crate::time::{ApiTime, Time};
use alloc::boxed::Box;
use alloc::sync::Arc;
use aside::MaybeAside;
use container::Slot;
use deadline::KeptDeadline;
use left_out::is_default;
use memo::Memo;
use probing::Probing;
use published::Published;
use sandbox::SandboxFacts;
use work::Work;

/// One Pod. See the [module documentation](self).
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    spec: Arc<Spec>,
    node: Arc<NodeConfig>,
    /// Texts, and what else few Pods have.
    aside: MaybeAside,
    /// One for each container of the spec.
    slots: Box<[Slot]>,
    /// One for each probe of the spec.
    probing: Box<[Probing]>,
    published: Published,
    object: Object,
    sandbox: SandboxFacts,
    work: Work,
    stage: Stage,
    /// Volumes are mounted.
    volumes: bool,
    /// Something was published in this call.
    spoken: bool,
    /// Nothing happens before, unless news comes.
    deadline: KeptDeadline,
    memo: Memo,
}

/// What is known of the API object beside its spec and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    /// `metadata.generation`.
    pub(crate) generation: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) deletion: KeptDeletion,
    /// It is gone from the API server.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) gone: bool,
    /// It comes from a file of the kubelet. The status in the API server is that of its mirror: the kubelet writes there and holds its
    /// updates against it, but builds on nothing that stands there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) is_static: bool,
}

impl Object {
    /// The generation as the compact status keeps it.
    pub(crate) fn shown_generation(&self) -> u32 {
        published::shown_generation(self.generation)
    }
}

/// A deletion, as the object shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Deletion {
    #[serde(rename = "deletionTimestamp")]
    pub(crate) at: Time,
    #[serde(rename = "deletionGracePeriodSeconds")]
    pub(crate) grace_period_seconds: i64,
}

/// A [`Deletion`] or none, in thirteen bytes: its moment in whole seconds, as the API has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(Rust, packed)]
pub(crate) struct KeptDeletion {
    at: ApiTime,
    grace_period_seconds: i64,
}

impl KeptDeletion {
    pub(crate) fn get(self) -> Option<Deletion> {
        self.at.get().map(|at| Deletion { at, grace_period_seconds: self.grace_period_seconds })
    }

    pub(crate) const fn is_some(self) -> bool {
        self.at.is_some()
    }
}

impl From<Option<Deletion>> for KeptDeletion {
    fn from(deletion: Option<Deletion>) -> Self {
        let kept = |Deletion { at, grace_period_seconds }| Self { at: ApiTime::of(at), grace_period_seconds };
        deletion.map_or_else(Self::default, kept)
    }
}

impl serde::Serialize for KeptDeletion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for KeptDeletion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Deletion>::deserialize(deserializer).map(Self::from)
    }
}

/// The kubelet itself ends the Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KillRequest {
    /// Grace period in seconds that was settled when it came.
    pub(crate) grace_period_seconds: i64,
    /// Why.
    pub(crate) ending: Ending,
    /// It was shown in a status already.
    pub(crate) shown: bool,
}

/// A Pod to be born, or one that lived before this machine looked at it.
#[derive(Clone, Copy, Debug)]
pub struct NewPod<'a> {
    /// Its metadata.
    pub meta: &'a api::ObjectMeta,
    /// Its spec, shared with other Pods of the same template.
    pub spec: &'a Arc<Spec>,
    /// The status that the API server has; `None`: the Pod is being created. Of a static Pod: its mirror's.
    pub status: Option<&'a api::PodStatus>,
}

impl Pod {
    /// A Pod as the API server accepts it, or as a kubelet finds it.
    ///
    /// Without a status the Pod is new: it asks to be stored, scheduled, bound, admitted. With one, the Pod is stored already: it asks for
    /// a node or, if it has one, for admission, as a kubelet does after its start; facts about the runtime come with [`Pod::observe`].
    pub fn new(new: NewPod<'_>, node: &Arc<NodeConfig>, out: &mut impl Sink) -> Self {
        let spec = new.spec;
        let deletion = new
            .meta
            .deletion_timestamp
            .map(|at| Deletion { at, grace_period_seconds: new.meta.deletion_grace_period_seconds.unwrap_or(0) });
        // What the API server stores has a generation from 1 on, a manifest of the kubelet's own has none.
        let is_static = new.meta.is_static();
        let mut pod = Self {
            slots: spec.containers().iter().map(|_| Slot::new()).collect(),
            probing: Probing::of(spec),
            spec: Arc::clone(spec),
            node: Arc::clone(node),
            aside: MaybeAside::default(),
            published: Published::NEW,
            object: Object {
                generation: new.meta.generation.max(i64::from(!is_static)),
                deletion: deletion.into(),
                gone: false,
                is_static,
            },
            sandbox: SandboxFacts::NONE,
            work: Work::idle(node.pacing.jitter_permille),
            stage: Stage::Accepted,
            volumes: false,
            spoken: false,
            deadline: KeptDeadline::NONE,
            memo: Memo::default(),
        };
        match new.status {
            None => pod.accept(out),
            Some(status) => pod.adopt(status, out),
        }
        pod
    }

    /// Folds one event into the facts and does what follows from it.
    ///
    /// News of older instances is ignored. A tick ([`Event::Tick`]) that is early does nothing.
    ///
    /// `now` is meant never to go back: take it from a clock that is not set while the process lives (a monotonic one, added to the time of
    /// its start). If it does go back, what waits for a time, such as a back-off or a probe, waits as much longer, as do the syncs that
    /// are due already; what happens from then on acts at once.
    ///
    /// # Errors
    /// If the event contradicts the facts; then nothing has changed and nothing is emitted.
    pub fn handle(&mut self, now: impl Into<Time>, event: Event<'_>, out: &mut impl Sink) -> Result<(), TransitionError> {
        let now = now.into();
        // Most events of a long life are probe results that change nothing: they end here.
        let quiet = match event {
            Event::Tick => true,
            Event::Probed { container, attempt, kind, outcome } => !self.fold_probed(now, container, attempt, kind, outcome, out)?,
            _ => {
                self.fold(now, event, out)?;
                false
            }
        };
        if !quiet || self.deadline.at().is_some_and(|at| at <= now) {
            self.run(now, out);
            self.end_call();
        }
        Ok(())
    }

    /// Runs one sync now, whatever the pacing; if one is in progress, another follows it.
    ///
    /// This is how syncs happen under [`Pacing::MANUAL`].
    pub fn sync(&mut self, now: impl Into<Time>, out: &mut impl Sink) {
        let now = now.into();
        self.work.ask();
        self.run_asked(now, out);
        self.end_call();
    }

    /// The jitter of this Pod's delays from now on, in place of the node's [`Pacing::jitter_permille`]; a kubelet draws it for each delay anew.
    pub const fn set_jitter(&mut self, permille: u16) {
        self.work.jitter = permille;
    }

    /// When to call again, and why; never in the past of the last call unless more is due.
    ///
    /// It changes with every call. It is the only promise about the future: nothing that depends on time alone happens before.
    pub const fn next_deadline(&self) -> Option<Deadline> {
        self.deadline.get()
    }

    /// What every call ends with.
    pub(crate) fn end_call(&mut self) {
        self.spoken = false;
        self.deadline = self.find_deadline().into();
    }

    /// The spec in force: a change that came during a sync counts from the next one on.
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// The spec as the last build knew it: its images are in the published status.
    pub(crate) fn shown_spec(&self) -> &Arc<Spec> {
        self.aside.shown_spec().unwrap_or(&self.spec)
    }

    /// Who wants the Pod to end.
    pub(crate) fn end_facts(&self) -> EndFacts {
        let kill = self.aside.kill().map(|kill| kill.ending.is_eviction());
        EndFacts { orphaned: false, deleted: self.object.deletion.is_some() || self.object.gone, terminal: false, kill }
    }

    /// The node's settings.
    pub fn node(&self) -> &Arc<NodeConfig> {
        &self.node
    }

    /// Whose turn it is.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// `metadata.generation`.
    pub const fn generation(&self) -> i64 {
        self.object.generation
    }

    /// The grace period of the deletion in seconds, and the moment it ends, in whole seconds; `None` if the Pod is not being deleted.
    pub fn deletion(&self) -> Option<(i64, Time)> {
        self.object.deletion.get().map(|deletion| (deletion.grace_period_seconds, deletion.at))
    }

    /// A new Pod: validated, to be stored.
    fn accept(&mut self, out: &mut impl Sink) {
        out.emit(Output::Transition(Transition {
            change: StateChange::Stage { from: Stage::Accepted, to: Stage::Accepted },
            by: Actor::ApiServer,
            why: Cause::Created,
        }));
        out.emit(Output::Action(Action::StoreObject));
    }

    /// Moves to another stage: the one setter of stages.
    fn move_on(&mut self, event: StageEvent, why: Cause, out: &mut impl Sink) {
        let Some((to, by)) = self.stage.next(event) else {
            debug_assert!(false, "{} has no row for {}", self.stage, event.as_str());
            return;
        };
        self.memo.unsettle();
        let from = core::mem::replace(&mut self.stage, to);
        out.emit(Output::Transition(Transition { change: StateChange::Stage { from, to }, by, why }));
    }
}
