//! The kubelet's own status of a Pod, between its builds and the API server (kubelet status manager).
//!
//! Whatever changes a status goes through one update: illegal transitions are dropped, transition times and the start time are kept, times
//! are cut to seconds, lists are put in order; and what then equals the status before is no news.
//!
//! ```
//! use pod_lifecycle::rules::pod_status::KubeletPod;
//! use pod_lifecycle::rules::status_cache::{StatusCache, Stored};
//! use pod_lifecycle::{Gates, Spec, Time, api};
//!
//! let spec = Spec::parse(serde_json::from_str(r#"{"containers": [{"name": "web", "image": "nginx:1"}], "restartPolicy": "Never"}"#)?)?;
//! let (meta, on_server) = (api::ObjectMeta::default(), api::PodStatus::default());
//! let pod = KubeletPod { meta: &meta, spec: &spec, status: &on_server, mirror: None };
//! let status = |json| serde_json::from_str::<api::PodStatus>(json);
//! let ended = status(
//!     r#"{"phase": "Succeeded", "containerStatuses": [{"name": "web", "state": {"terminated": {"exitCode": 0}}}]}"#,
//! )?;
//! let (now, gates) = (Time::from_secs(1_767_225_600), Gates::default());
//!
//! let mut cache = StatusCache::default();
//! assert_eq!(cache.set(now, pod, ended.clone(), &gates), Stored::Updated);
//! assert_eq!(cache.set(now, pod, ended, &gates), Stored::Unchanged);
//!
//! // The API server is not told of the end while a container could still run.
//! let told = |could_run| cache.merge(now, pod, &on_server, could_run, &gates).and_then(|told| told.phase);
//! assert_eq!((told(true), told(false)), (None, Some(api::PodPhase::Succeeded)));
//!
//! // What has ended for good cannot come back.
//! let back = status(r#"{"phase": "Running", "containerStatuses": [{"name": "web", "state": {"running": {}}}]}"#)?;
//! assert!(matches!(cache.set(now, pod, back, &gates), Stored::Dropped(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::completion;
use super::conditions::{self, KubeletCondition, put, status_in};
use super::container_status::Synthetic;
use super::pod_status::{KubeletPod, condition, message, readiness};
use super::status_merge::{self, restamp};
use super::transition::{self, Transition};
use super::view::ApiStatuses;
use crate::api::{self, ConditionType, ContainerState, ContainerStateTerminated, ContainerStatus, PodCondition, PodPhase, PodStatus};
use crate::gates::Gates;
use crate::rules::termination_message;
use crate::spec::Spec;
use crate::time::Time;
use alloc::vec::Vec;

/// The status manager's entry of one Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusCache {
    status: Option<PodStatus>,
    version: u64,
    finished: bool,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Stored {
    /// A new version is stored: the API server should be told.
    Updated,
    /// It changes nothing, or speaks of a container that the status does not show.
    Unchanged,
    /// The whole change is dropped: a container would come back that has ended for good. Never [`Transition::Legal`].
    Dropped(Transition),
}

impl StatusCache {
    /// The status; `None` before the first: a kubelet forgets all in a restart.
    pub const fn status(&self) -> Option<&PodStatus> {
        self.status.as_ref()
    }

    /// How often a new version was stored (kubelet `versionedPodStatus`).
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether [`terminate`](Self::terminate) was the last word: all of the Pod on the node is released, and if it is being deleted and its
    /// phase in the API server is terminal, the object is to be deleted.
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// What the API server, which has the status `api`, is to be told ([`status_merge::merge`]); `None` while there is no status.
    pub fn merge(&self, now: Time, pod: KubeletPod<'_>, api: &PodStatus, could_run: bool, gates: &Gates) -> Option<PodStatus> {
        let own = self.status.as_ref()?;
        Some(status_merge::merge(now, pod.meta.generation, api, own, could_run, gates))
    }

    /// Takes a status as it was built in a sync (kubelet `SetPodStatus`). It speaks of the Pod's present generation. While the Pod is
    /// being deleted, every status is a new version, so that the deletion goes on.
    pub fn set(&mut self, now: Time, pod: KubeletPod<'_>, status: PodStatus, gates: &Gates) -> Stored {
        let status = PodStatus { observed_generation: pod.meta.generation, ..status };
        self.update(now, pod, status, pod.meta.deletion_timestamp.is_some(), false, gates)
    }

    /// Makes the last status whole (kubelet `TerminatePod`): containers without a verdict have ended unseen, with 137, and a Pod that
    /// has not Succeeded has Failed. Not so a static Pod, whose phase stays.
    ///
    /// Which containers those are ([`completion`]) is asked of the cached status, but whether the Pod had been initialized of the status
    /// that came with the Pod.
    pub fn terminate(&mut self, now: Time, pod: KubeletPod<'_>, gates: &Gates) -> Stored {
        let mut status = self.status.as_ref().unwrap_or(pod.status).clone();
        let initialized = completion::is_initialized(pod.spec, &ApiStatuses::new(pod.spec, pod.status));
        let lost: Vec<_> = {
            let statuses = ApiStatuses::new(pod.spec, &status);
            completion::without_verdict(pod.spec, &statuses, initialized).map(|c| pod.spec.container(c).name()).collect()
        };
        for container in status.init_container_statuses.iter_mut().chain(&mut status.container_statuses) {
            if lost.contains(&container.name.as_str()) {
                container.state = lost_state();
            }
        }
        status.phase = completion::last_phase(status.phase, pod.meta.is_static());
        self.update(now, pod, status, true, true, gates)
    }

    /// A readiness probe has another result for the instance with this `containerID` (kubelet `SetContainerReadiness`): Ready and
    /// ContainersReady follow at once.
    pub fn set_readiness(&mut self, now: Time, pod: KubeletPod<'_>, container_id: &str, ready: bool, gates: &Gates) -> Stored {
        let Some(mut status) = self.with(container_id, |container| core::mem::replace(&mut container.ready, ready) != ready) else {
            return Stored::Unchanged;
        };
        let phase = status.phase.unwrap_or(PodPhase::Unknown);
        let mut list = core::mem::take(&mut status.conditions);
        let statuses = ApiStatuses::new(pod.spec, &status);
        let verdicts = readiness(pod.spec, &statuses, phase, |gate| status_in(&list, gate));
        for (name, verdict) in [(KubeletCondition::Ready, verdicts.ready), (KubeletCondition::ContainersReady, verdicts.containers_ready)] {
            let told = condition(name, verdict, pod, message(name, verdict, pod, &statuses, |gate| status_in(&list, gate)));
            put(&mut list, told);
        }
        status.conditions = list;
        self.update(now, pod, status, false, false, gates)
    }

    /// A startup probe has another result for the instance with this `containerID` (kubelet `SetContainerStartup`). What follows from it
    /// waits for the next sync.
    pub fn set_startup(&mut self, now: Time, pod: KubeletPod<'_>, container_id: &str, started: bool, gates: &Gates) -> Stored {
        match self.with(container_id, |container| container.started.replace(started) != Some(started)) {
            Some(status) => self.update(now, pod, status, false, false, gates),
            None => Stored::Unchanged,
        }
    }

    /// The status with a change of the container that shows this id; `None` if none does, or nothing changes.
    fn with(&self, container_id: &str, change: impl FnOnce(&mut ContainerStatus) -> bool) -> Option<PodStatus> {
        let mut status = self.status.clone()?;
        let mut containers = status.container_statuses.iter_mut().chain(&mut status.init_container_statuses);
        let container = containers.find(|container| container.container_id == container_id)?;
        change(container).then_some(status)
    }

    /// The one way into the cache (kubelet `updateStatusInternal`).
    fn update(&mut self, now: Time, pod: KubeletPod<'_>, mut status: PodStatus, forced: bool, finished: bool, gates: &Gates) -> Stored {
        let last = self.status.as_ref().or(pod.mirror).unwrap_or(pod.status);
        let verdict = transition::between(pod.spec, last, &status, gates);
        if !verdict.is_legal() {
            return Stored::Dropped(verdict);
        }
        for condition in &mut status.conditions {
            // Whatever the gates: what is not the kubelet's to write is still its to stamp. Resize conditions have times of their own.
            if KubeletCondition::from_text(condition.type_.as_str()).is_some() || is_shared(&condition.type_) {
                restamp(condition, &last.conditions, now);
            }
        }
        status.start_time = last.start_time.or(status.start_time).or(Some(now));
        status.observed_generation = status.observed_generation.max(last.observed_generation);
        normalize(&mut status, pod.spec);
        let finished = finished || (self.finished && !pod.meta.is_static());
        if !forced && self.status.as_ref().is_some_and(|last| says_the_same(last, &status, gates)) {
            return Stored::Unchanged;
        }
        *self = Self { status: Some(status), version: self.version + 1, finished };
        Stored::Updated
    }
}

/// Conditions that the kubelet writes among others (kubelet `PodConditionSharedByKubelet`).
const fn is_shared(type_: &ConditionType) -> bool {
    matches!(type_, ConditionType::DisruptionTarget)
}

fn lost_state() -> ContainerState {
    let exit = Synthetic::Lost.exit();
    let terminated = ContainerStateTerminated {
        exit_code: exit.code,
        reason: exit.reason.as_str().into(),
        message: Synthetic::Lost.message().into(),
        ..ContainerStateTerminated::default()
    };
    ContainerState { terminated: Some(terminated), ..ContainerState::default() }
}

/// Whether two statuses say the same as far as the kubelet writes them (kubelet `isPodStatusByKubeletEqual`): times and generations of
/// conditions do not count, nor do conditions of others.
fn says_the_same(a: &PodStatus, b: &PodStatus, gates: &Gates) -> bool {
    let written = |status: &PodStatus| -> Vec<PodCondition> {
        let own = |condition: &&PodCondition| conditions::is_owned(&condition.type_, gates) || is_shared(&condition.type_);
        let timeless =
            |c: &PodCondition| PodCondition { last_probe_time: None, last_transition_time: None, observed_generation: 0, ..c.clone() };
        let mut list: Vec<_> = status.conditions.iter().filter(own).map(timeless).collect();
        list.sort_by(|a, b| a.type_.cmp(&b.type_));
        list
    };
    let rest = |status: &PodStatus| PodStatus { conditions: Vec::new(), ..status.clone() };
    written(a) == written(b) && rest(a) == rest(b)
}

/// Cuts times to seconds and messages to their share, and puts the lists in order (kubelet `normalizeStatus`).
fn normalize(status: &mut PodStatus, spec: &Spec) {
    cut(&mut status.start_time);
    for condition in &mut status.conditions {
        cut(&mut condition.last_probe_time);
        cut(&mut condition.last_transition_time);
    }
    let PodStatus { init_container_statuses: init, container_statuses: regular, ephemeral_container_statuses: ephemeral, .. } = status;
    for container in init.iter_mut().chain(regular.iter_mut()).chain(ephemeral.iter_mut()) {
        for state in [&mut container.state, &mut container.last_state] {
            normalize_state(state, spec.containers().len());
        }
    }
    regular.sort_by(|a, b| a.name.cmp(&b.name));
    ephemeral.sort_by(|a, b| a.name.cmp(&b.name));
    sort_init(init, spec);
}

fn normalize_state(state: &mut ContainerState, containers: usize) {
    if let Some(running) = &mut state.running {
        cut(&mut running.started_at);
    }
    if let Some(terminated) = &mut state.terminated {
        cut(&mut terminated.started_at);
        cut(&mut terminated.finished_at);
        terminated.message.truncate(termination_message::shown(&terminated.message, containers).len());
    }
}

fn cut(time: &mut Option<Time>) {
    *time = time.map(Time::truncated);
}

/// Puts init container statuses in the order of the spec; what the spec does not have moves out of the way (kubelet `SortInitContainerStatuses`).
fn sort_init(list: &mut [api::ContainerStatus], spec: &Spec) {
    let mut place = 0;
    for container in spec.init() {
        let name = spec.container(container).name();
        if let Some(found) = list[place..].iter().position(|status| status.name == name) {
            list.swap(place, place + found);
            place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ConditionStatus, ObjectMeta};

    const NOW: Time = Time::from_secs(1_767_225_600);

    fn spec() -> Spec {
        Spec::as_given(serde_json::from_str(r#"{"restartPolicy": "Never", "containers": [{"name": "c"}]}"#).unwrap())
    }

    fn status(json: &str) -> PodStatus {
        serde_json::from_str(json).unwrap()
    }

    fn running() -> PodStatus {
        status(
            r#"{"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [{"name": "c", "containerID": "x://1", "state": {"running": {}}}]}"#,
        )
    }

    #[test]
    fn what_says_the_same_is_no_news_unless_the_pod_is_being_deleted() {
        let (spec, gates, none) = (spec(), Gates::default(), PodStatus::default());
        let mut meta = ObjectMeta { generation: 2, ..ObjectMeta::default() };
        let mut cache = StatusCache::default();
        let mut set = |meta: &ObjectMeta, after| {
            cache.set(
                NOW + crate::time::Span::from_millis(after),
                KubeletPod { meta, spec: &spec, status: &none, mirror: None },
                running(),
                &gates,
            )
        };
        assert_eq!((set(&meta, 1_500), set(&meta, 3_000)), (Stored::Updated, Stored::Unchanged));
        meta.deletion_timestamp = Some(NOW);
        assert_eq!(set(&meta, 3_000), Stored::Updated);
        assert_eq!(cache.version(), 2);
        let stored = cache.status().unwrap();
        let since = Some(NOW + crate::time::Span::from_secs(1));
        assert_eq!((stored.start_time, stored.observed_generation, stored.conditions[0].last_transition_time), (since, 2, since));
    }

    #[test]
    fn init_containers_stand_in_the_order_of_the_spec() {
        let spec = r#"{"initContainers": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}], "containers": [{"name": "m"}]}"#;
        let spec = Spec::as_given(serde_json::from_str(spec).unwrap());
        let mut list = ["d", "c", "other", "b", "a"].map(|name| api::ContainerStatus { name: name.into(), ..Default::default() });
        sort_init(&mut list, &spec);
        assert_eq!(list.map(|status| status.name), ["a", "b", "c", "d", "other"]);
    }

    #[test]
    fn a_readiness_result_moves_both_conditions_and_an_end_is_final() {
        let (spec, gates, none, meta) = (spec(), Gates::default(), PodStatus::default(), ObjectMeta::default());
        let pod = KubeletPod { meta: &meta, spec: &spec, status: &none, mirror: None };
        let mut cache = StatusCache::default();
        assert_eq!(cache.set_readiness(NOW, pod, "x://1", true, &gates), Stored::Unchanged, "no status yet");
        assert_eq!(cache.set(NOW, pod, running(), &gates), Stored::Updated);
        assert_eq!(cache.set_readiness(NOW, pod, "x://2", true, &gates), Stored::Unchanged, "another instance");
        assert_eq!(cache.set_readiness(NOW, pod, "x://1", true, &gates), Stored::Updated);
        let conditions = &cache.status().unwrap().conditions;
        assert!(conditions.len() == 2 && conditions.iter().all(|condition| condition.status == ConditionStatus::True));

        assert_eq!(cache.terminate(NOW, pod, &gates), Stored::Updated);
        let ended = cache.status().unwrap();
        assert_eq!((ended.phase, ended.container_statuses[0].state.clone()), (Some(PodPhase::Failed), lost_state()));
        assert!(matches!(cache.set(NOW, pod, running(), &gates), Stored::Dropped(Transition::Illegal(_))));
        assert!(cache.is_finished());
    }

    #[test]
    fn a_static_pod_is_held_against_its_mirror_and_keeps_its_phase() {
        let (spec, gates, none) = (spec(), Gates::default(), PodStatus::default());
        let meta: ObjectMeta = serde_json::from_str(r#"{"annotations": {"kubernetes.io/config.source": "file"}}"#).unwrap();
        let mirror = status(r#"{"startTime": "2026-01-01T00:00:00Z", "containerStatuses": [{"name": "c", "state": {"terminated": {}}}]}"#);
        let pod = KubeletPod { meta: &meta, spec: &spec, status: &none, mirror: Some(&mirror) };
        let mut cache = StatusCache::default();
        assert!(matches!(cache.set(NOW, pod, running(), &gates), Stored::Dropped(_)));
        let ended = PodStatus { container_statuses: mirror.container_statuses.clone(), ..running() };
        assert_eq!(cache.set(NOW + crate::time::Span::from_secs(9), pod, ended, &gates), Stored::Updated);
        assert_eq!(cache.status().unwrap().start_time, mirror.start_time);
        assert_eq!(cache.terminate(NOW, pod, &gates), Stored::Updated);
        assert_eq!(cache.status().unwrap().phase, Some(PodPhase::Running));
    }
}
