//! A Pod spec, read once.
//!
//! [`Spec`] indexes an [`api::PodSpec`] for the machine and the rules: containers by number, policies
//! and probes as small values. It is shared by `Arc` between all Pods of one template.

mod container;
mod defaults;
mod hash;
mod image;
mod name_key;
mod problem;
mod validation;

pub use container::{ContainerKind, ContainerSpec, Hook, ProbeKind, ProbeSpec, RestartRuleSpec, RuleAction};
pub use defaults::{apply_defaults, drop_disabled_fields};
pub use hash::container_hash;
pub(crate) use image::is_reported_as;
pub(crate) use name_key::NameKey;
pub use problem::{InvalidSpec, Problem, ProblemKind};
pub(crate) use validation::is_pod_level;
pub use validation::{validate, validate_create, validate_ephemeral_update, validate_meta, validate_resize_update, validate_update};

use crate::Gates;
use crate::api;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A container of a Pod by its place: init containers in the order of the spec, then regular, then ephemeral ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ContainerIndex(u16);

impl ContainerIndex {
    /// The index of this number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Its number, from 0.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// What the rules ask first of a container. Those of a Pod lie side by side: four in a cache line, where a [`ContainerSpec`] takes four lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Brief {
    /// Of its name.
    pub(crate) key: NameKey,
    /// Its kind.
    pub(crate) kind: ContainerKind,
    /// Its own restart policy.
    pub(crate) restart_policy: Option<api::RestartPolicy>,
    /// It has restart rules.
    pub(crate) has_rules: bool,
}

/// A Pod spec, indexed. See the [module documentation](self).
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    api: api::PodSpec,
    containers: Box<[ContainerSpec]>,
    briefs: Box<[Brief]>,
    /// `status.resources` of the Pod: what its containers need together, and what it says itself (KEP-5419).
    together: api::ResourceRequirements,
    restart_policy: api::RestartPolicy,
    init: u16,
    regular: u16,
    /// Regular and ephemeral containers by name, as the status lists are sorted.
    by_name: Box<[ContainerIndex]>,
    has_sidecars: bool,
    has_restart_all_rule: bool,
    is_plain: bool,
}

impl Spec {
    /// Reads a spec as a client would send it to create a Pod, with the gates of Kubernetes 1.36: see [`Spec::parse_with`].
    ///
    /// # Errors
    /// All problems at once, each with its field path.
    pub fn parse(spec: api::PodSpec) -> Result<Self, InvalidSpec> {
        Self::parse_with(spec, &Gates::default())
    }

    /// Reads a spec as a client would send it to create a Pod: Kubernetes' defaults are applied, fields whose gate is off
    /// are dropped, then it is validated.
    ///
    /// # Errors
    /// All problems at once, each with its field path.
    pub fn parse_with(mut spec: api::PodSpec, gates: &Gates) -> Result<Self, InvalidSpec> {
        apply_defaults(&mut spec);
        drop_disabled_fields(&mut spec, gates);
        validate_create(&spec, gates)?;
        Ok(Self::as_given(spec))
    }

    /// Reads a spec as it stands, without defaults and validation, as the kubelet takes what the API server has stored.
    ///
    /// Never fails: what validation would refuse is read as the kubelet reads it. Of more than 65,535 containers the first are taken: an
    /// object that large is beyond what an API server stores.
    pub fn as_given(spec: api::PodSpec) -> Self {
        let init = spec.init_containers.iter().map(|c| ContainerSpec::new(c, ContainerKind::of_init(c)));
        let regular = spec.containers.iter().map(|c| ContainerSpec::new(c, ContainerKind::Regular));
        let ephemeral = spec.ephemeral_containers.iter().map(|c| ContainerSpec::new(c, ContainerKind::Ephemeral));
        let mut containers: Box<[_]> = init.chain(regular).chain(ephemeral).take(usize::from(u16::MAX)).collect();
        number_workers(&mut containers);
        let count = |kinds: &[ContainerKind]| containers.iter().filter(|c| kinds.contains(&c.kind())).count() as u16;
        let (init, regular) = (count(&[ContainerKind::Init, ContainerKind::Sidecar]), count(&[ContainerKind::Regular]));
        let has_restart_all_rule = containers.iter().any(|c| c.rules().iter().any(|r| r.action() == RuleAction::RestartAllContainers));
        let mut by_name: Vec<_> = (init..containers.len() as u16).map(ContainerIndex).collect();
        by_name.sort_by_key(|i| (i.0 >= init + regular, containers[i.get()].name()));
        Self {
            has_sidecars: containers.iter().any(|c| c.kind() == ContainerKind::Sidecar),
            has_restart_all_rule,
            is_plain: init == 0 && !has_restart_all_rule && spec.readiness_gates.is_empty() && spec.active_deadline_seconds.is_none(),
            briefs: containers.iter().map(ContainerSpec::brief).collect(),
            together: validation::together(&spec),
            restart_policy: spec.restart_policy.unwrap_or(api::RestartPolicy::Always),
            by_name: by_name.into(),
            api: spec,
            containers,
            init,
            regular,
        }
    }

    /// Whether a Pod with this spec may get that one: containers differ in their images at most, and ephemeral ones may be added (API
    /// `ValidatePodUpdate`).
    pub(crate) fn may_become(&self, new: &Self) -> bool {
        let same = |(old, new): (&ContainerSpec, &ContainerSpec)| old.is_same_but_for_image(new);
        self.init == new.init
            && self.regular == new.regular
            && self.containers.len() <= new.containers.len()
            && self.containers.iter().zip(&new.containers).all(same)
            && self.restart_policy() == new.restart_policy()
            && self.host_network() == new.host_network()
    }

    /// The API object this was read from, with the defaults that [`Spec::parse`] applied.
    pub fn api(&self) -> &api::PodSpec {
        &self.api
    }

    /// One container.
    ///
    /// # Panics
    /// If the index is not of this spec.
    pub fn container(&self, index: ContainerIndex) -> &ContainerSpec {
        &self.containers[index.get()]
    }

    /// The kind of a container.
    ///
    /// # Panics
    /// If the index is not of this spec.
    #[inline]
    pub fn kind(&self, index: ContainerIndex) -> ContainerKind {
        self.briefs[index.get()].kind
    }

    /// What the rules ask first of a container.
    #[inline]
    pub(crate) fn brief(&self, index: ContainerIndex) -> &Brief {
        &self.briefs[index.get()]
    }

    /// One container as the API object has it: what the rules do not read (resources, mounts, …).
    ///
    /// # Panics
    /// If the index is not of this spec.
    pub fn api_container(&self, index: ContainerIndex) -> &api::Container {
        let (init, regular) = (&self.api.init_containers, &self.api.containers);
        let at = index.get();
        match at.checked_sub(init.len()) {
            None => &init[at],
            Some(at) => regular.get(at).unwrap_or_else(|| &self.api.ephemeral_containers[at - regular.len()]),
        }
    }

    /// All containers: init, regular, ephemeral.
    pub fn containers(&self) -> &[ContainerSpec] {
        &self.containers
    }

    /// The container of this name.
    pub fn find(&self, name: &str) -> Option<ContainerIndex> {
        self.indexes().find(|&i| self.brief(i).key.is_of(self.container(i).name(), name))
    }

    /// Indexes of all containers.
    pub fn indexes(&self) -> impl DoubleEndedIterator<Item = ContainerIndex> + ExactSizeIterator + use<> {
        (0..self.containers.len() as u16).map(ContainerIndex)
    }

    /// Indexes of the init containers, plain and sidecars, in the order of the spec.
    pub fn init(&self) -> impl DoubleEndedIterator<Item = ContainerIndex> + ExactSizeIterator + Clone + use<> {
        (0..self.init).map(ContainerIndex)
    }

    /// Indexes of the regular containers in the order of the spec.
    pub fn regular(&self) -> impl DoubleEndedIterator<Item = ContainerIndex> + ExactSizeIterator + use<> {
        (self.init..self.init + self.regular).map(ContainerIndex)
    }

    /// Indexes of the ephemeral containers in the order of the spec.
    pub fn ephemeral(&self) -> impl DoubleEndedIterator<Item = ContainerIndex> + ExactSizeIterator + use<> {
        (self.init + self.regular..self.containers.len() as u16).map(ContainerIndex)
    }

    /// Indexes of the init and regular containers: those that count for phase and conditions.
    pub fn init_and_regular(&self) -> impl DoubleEndedIterator<Item = ContainerIndex> + ExactSizeIterator + Clone + use<> {
        (0..self.init + self.regular).map(ContainerIndex)
    }

    /// Indexes of the regular containers by name, as `containerStatuses` is sorted.
    pub fn regular_by_name(&self) -> &[ContainerIndex] {
        &self.by_name[..usize::from(self.regular)]
    }

    /// Indexes of the ephemeral containers by name, as `ephemeralContainerStatuses` is sorted.
    pub fn ephemeral_by_name(&self) -> &[ContainerIndex] {
        &self.by_name[usize::from(self.regular)..]
    }

    /// Whether there are init containers, plain or sidecars.
    pub const fn has_init(&self) -> bool {
        self.init > 0
    }

    /// Whether some init container is a sidecar.
    pub const fn has_sidecars(&self) -> bool {
        self.has_sidecars
    }

    /// Whether some container has a rule with the action RestartAllContainers (API `AllContainersCouldRestart`, without its gate).
    pub const fn has_restart_all_rule(&self) -> bool {
        self.has_restart_all_rule
    }

    /// Whether the status of each container is its own affair, that of the Pod the kubelet's, and the passing of time nobody's: the Pod has no
    /// init containers, no rule that restarts all containers, no readiness gates and no deadline. Most Pods are plain.
    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The Pod's restart policy; Always where none is given.
    pub const fn restart_policy(&self) -> api::RestartPolicy {
        self.restart_policy
    }

    /// What the Pod as a whole needs and may use at most: `status.resources`, as far as its gates are on (KEP-5419).
    pub(crate) const fn together(&self) -> &api::ResourceRequirements {
        &self.together
    }

    /// `terminationGracePeriodSeconds`, as given.
    pub const fn termination_grace_period_seconds(&self) -> Option<i64> {
        self.api.termination_grace_period_seconds
    }

    /// `activeDeadlineSeconds`.
    pub fn active_deadline(&self) -> Option<Span> {
        self.api.active_deadline_seconds.map(Span::from_secs)
    }

    /// Whether the Pod uses the node's network.
    pub const fn host_network(&self) -> bool {
        self.api.host_network
    }

    /// The condition types of the readiness gates.
    pub fn readiness_gates(&self) -> impl Iterator<Item = &str> {
        self.api.readiness_gates.iter().map(|gate| gate.condition_type.as_str())
    }
}

/// Numbers the probes that have a worker: those of regular containers, then those of sidecars.
fn number_workers(containers: &mut [ContainerSpec]) {
    let mut next = 0;
    for kind in [ContainerKind::Regular, ContainerKind::Sidecar] {
        for container in containers.iter_mut().filter(|container| container.kind() == kind) {
            for kind in ProbeKind::ALL {
                if container.probe(kind).is_some() {
                    container.workers[kind.index()] = Some(next);
                    next += 1;
                }
            }
        }
    }
}
