//! A Pod as a value that can be stored: everything the machine keeps, and nothing that the spec or the node knows already.

use super::aside::Aside;
use super::container::Slot;
use super::kept_resources::KeptResizing;
use super::kept_work::KeptWork;
use super::left_out::is_default;
use super::probing::Probing;
use super::published::Published;
use super::restored::RestoreError;
use super::sandbox::SandboxFacts;
use super::stage::Stage;
use super::texts::Texts;
use super::{KillRequest, NodeConfig, Object, Pod};
use crate::api;
use crate::spec::{ContainerSpec, Spec};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Everything a [`Pod`] keeps, as one value for any self-describing serde format: facts, published status, the sync in progress, probe
/// workers, back-offs, texts, deadlines.
///
/// A kubelet keeps nothing of the sort: it finds its Pods anew after a start ([`Pod::new`] with the stored status) and loses probe
/// counters, back-offs and the reasons of failed starts. An agent that stores snapshots loses nothing.
///
/// The value is made by [`Pod::snapshot`] and read by [`Pod::restore`] only. Its field `version` says how it is written; this crate
/// knows `v1`. Left out is what has its initial value.
///
/// After a restore nothing is done twice and nothing is forgotten if the runtime is re-listed and what is pending is asked for again:
///
/// ```
/// use pod_lifecycle::observation::{Observation, ObservedSandbox, ObservedSandboxState};
/// use pod_lifecycle::pod::{Action, Event, NewPod, NodeConfig, Snapshot};
/// use pod_lifecycle::{ContainerIndex, Pod, Spec, Time, api};
/// use std::sync::Arc;
///
/// let spec = serde_json::from_str(r#"{"containers": [{"name": "web", "image": "nginx:1"}]}"#)?;
/// let spec = Arc::new(Spec::parse(spec)?);
/// let node = Arc::new(NodeConfig::default());
/// let now = Time::from_secs(1_767_225_600);
///
/// let meta = api::ObjectMeta::default();
/// let mut pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: None }, &node, &mut ());
/// for event in [Event::Stored, Event::Scheduled, Event::Bound, Event::Admitted, Event::VolumesMounted] {
///     pod.handle(now, event, &mut ())?;
/// }
/// assert!(pod.pending_actions().eq([Action::RunPodSandbox { attempt: 0 }]));
///
/// let stored: String = serde_json::to_string(&pod.snapshot())?;
/// drop(pod); // The agent ends, while the runtime makes the sandbox.
///
/// let snapshot: Snapshot = serde_json::from_str(&stored)?;
/// let mut pod = Pod::restore(snapshot, &spec, &node)?;
/// let sandbox = ObservedSandbox {
///     state: ObservedSandboxState::Ready,
///     network_status: true,
///     ip: "10.1.0.7".into(),
///     ..ObservedSandbox::default()
/// };
/// let seen = Observation { ips: vec!["10.1.0.7".into()], sandboxes: vec![sandbox], ..Observation::default() };
/// pod.observe(now, &seen, &mut ())?;
///
/// // The sandbox is there: it is not asked for again. The start goes on where it was.
/// let web = ContainerIndex::new(0);
/// assert!(pod.pending_actions().eq([Action::ImageStatus { container: web }]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snapshot(Versioned);

/// By version, so that the shape of a later one need not be known to be told apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "version")]
enum Versioned {
    #[serde(rename = "v1")]
    V1(Box<Kept>),
    #[serde(other)]
    Unknown,
}

/// What is kept of a Pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    pub(crate) stage: Stage,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) volumes: bool,
    pub(crate) object: KeptObject,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) sandbox: SandboxFacts,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) work: KeptWork,
    #[serde(rename = "status")]
    pub(crate) published: Published,
    pub(crate) containers: Vec<KeptContainer>,
    /// The probes whose workers have done anything.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) probes: Vec<Probing>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) texts: Texts,
    /// If it is another one than that in force.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) shown_spec: Option<api::PodSpec>,
    /// With its generation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) next_spec: Option<(api::PodSpec, i64)>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) resizing: Option<KeptResizing>,
}

/// What is kept of a container, and by what it is known again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptContainer {
    name: String,
    /// The kubelet's hash of name and image.
    hash: u32,
    #[serde(flatten)]
    pub(crate) slot: Slot,
}

/// What is kept of the object, and of the kubelet's own wish to end it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptObject {
    #[serde(flatten)]
    pub(crate) object: Object,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) kill: Option<KillRequest>,
}

impl KeptContainer {
    pub(crate) fn is_of(&self, container: &ContainerSpec) -> bool {
        self.name == container.name() && self.hash == container.hash()
    }
}

impl Pod {
    /// Everything this Pod keeps, to be stored. Taken between two calls of the machine, at any moment.
    pub fn snapshot(&self) -> Snapshot {
        // Without `..`: a field more has to be thought of here.
        let Self { spec, node: _, aside, slots, probing, published, object, sandbox, work, stage, volumes, spoken: _, deadline, memo: _ } =
            self;
        let Aside { texts, resizing, next_spec, shown_spec, kill, purged } = aside.get().cloned().unwrap_or_default();
        let kept = |(container, slot): (&ContainerSpec, &Slot)| KeptContainer {
            name: container.name().to_owned(),
            hash: container.hash(),
            slot: slot.clone(),
        };
        Snapshot(Versioned::V1(Box::new(Kept {
            stage: *stage,
            volumes: *volumes,
            object: KeptObject { object: *object, kill },
            sandbox: *sandbox,
            work: KeptWork::of(work, purged, deadline.at().filter(|_| work.more)),
            published: *published,
            containers: spec.containers().iter().zip(slots).map(kept).collect(),
            probes: probing.iter().zip(Probing::of(spec)).filter(|(now, new)| *now != new).map(|(now, _)| *now).collect(),
            texts,
            shown_spec: shown_spec.map(|shown| shown.api().clone()),
            next_spec: next_spec.map(|(next, generation)| (next.api().clone(), generation)),
            resizing: resizing.as_deref().map(KeptResizing::from),
        })))
    }

    /// The Pod that a snapshot was taken of.
    ///
    /// `spec` is the one that was in force then ([`Pod::spec`]); a newer one is told with [`Pod::update`] afterwards. The next steps are
    /// [`Pod::observe`], then [`Pod::pending_actions`]: see [`Snapshot`].
    ///
    /// # Errors
    /// If the version is not known, the spec is another, or the snapshot is not one that a Pod can have given. It is not trusted: no
    /// value in it makes the machine panic or hang.
    pub fn restore(snapshot: Snapshot, spec: &Arc<Spec>, node: &Arc<NodeConfig>) -> Result<Self, RestoreError> {
        match snapshot.0 {
            Versioned::V1(kept) => Self::restore_kept(*kept, spec, node),
            Versioned::Unknown => Err(RestoreError::UnknownVersion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{Event, NewPod};
    use crate::time::Time;
    use alloc::string::ToString;
    use serde_json::{Value, json};

    fn pod() -> Pod {
        let spec = serde_json::from_value(json!({"containers": [{"name": "web", "image": "x"}]})).unwrap();
        let (spec, node) = (Arc::new(Spec::parse(spec).unwrap()), Arc::new(NodeConfig::default()));
        let meta = api::ObjectMeta::default();
        let mut pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: None }, &node, &mut ());
        for event in [Event::Stored, Event::Scheduled, Event::Bound, Event::Admitted] {
            pod.handle(Time::from_secs(1_767_225_600), event, &mut ()).unwrap();
        }
        pod
    }

    fn restored(pod: &Pod, change: impl Fn(&mut Value)) -> Result<Pod, String> {
        let mut value = serde_json::to_value(pod.snapshot()).unwrap();
        change(&mut value);
        let snapshot: Snapshot = serde_json::from_value(value).map_err(|error| error.to_string())?;
        Pod::restore(snapshot, &pod.spec, &pod.node).map_err(|error| error.to_string())
    }

    #[test]
    fn speaks_kubernetes() {
        let (since, seen) = ("2026-01-01T00:00:00Z", 2_265_017_115_u32);
        let condition = |status: &str| json!({"status": status, "observedGeneration": 1, "lastTransitionTime": since});
        let unready = json!({"status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": since});
        let conditions = json!({
            "PodReadyToStartContainers": condition("False"), "Initialized": condition("True"), "PodScheduled": condition("True"),
            "Ready": unready, "ContainersReady": unready,
        });
        let waiting = json!({"state": {"waiting": "ContainerCreating"}, "restartCount": 0, "ready": false, "started": false});
        let snapshot = json!({
            "version": "v1",
            "stage": "Syncing",
            "object": {"generation": 1},
            "work": {"step": "Volumes", "sandboxesAsked": 0, "creating": 0},
            "status": {"phase": "Pending", "localPhase": "Pending", "conditions": conditions, "startTime": since,
                "observedGeneration": 1, "qos": "BestEffort", "hasHostIps": true, "built": true},
            "containers": [{"name": "web", "hash": seen, "status": waiting, "nextAttempt": 0, "nextRestartCount": 0}],
        });
        assert_eq!(serde_json::to_value(pod().snapshot()).unwrap(), snapshot);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let pod = pod();
        assert_eq!(restored(&pod, |_| {}), Ok(pod.clone()));
        let refused = [
            ("/version", json!("v2"), "version"),
            ("/containers/0/name", json!("db"), "another spec"),
            ("/containers/0/hash", json!(0), "another spec"),
            ("/containers", json!([]), "another spec"),
            ("/stage", json!("Accepted"), "phase"),
            ("/stage", json!("Terminated"), "step"),
            ("/work/step", json!({"StopContainer": 7}), "container"),
            ("/work/step", json!({"StopContainer": 0}), "stop"),
            ("/containers/0/nextAttempt", json!(u32::MAX), "attempt"),
        ];
        for (path, value, word) in refused {
            let error = restored(&pod, |snapshot| *snapshot.pointer_mut(path).unwrap() = value.clone()).unwrap_err();
            assert!(error.contains(word), "{path} {value}: {error}");
        }
    }
}
