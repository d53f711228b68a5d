//! What a stream remembers of a Pod beyond its last version.

use crate::check::catalogue::conditions::sandbox;
use crate::check::catalogue::containers::{ended, images, readiness, returning};
use crate::check::catalogue::object::addresses;
use crate::check::catalogue::termination::stopping;
use crate::check::catalogue::{backoff, phase, rejection};
use crate::check::shape::Shapes;
use crate::check::version::{Change, Version};
use crate::rules::conditions::KubeletCondition;

/// What the rules must know of the versions before the last one. It does not grow with the length of the stream.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// PodReadyToStartContainers has been True.
    pub(super) ready_to_start: bool,
    /// Admission has refused the Pod.
    pub(super) rejected: bool,
    /// A phase that lags behind the container statuses.
    pub(super) phase: phase::Memory,
    pub(super) rejection: rejection::Memory,
    pub(super) sandbox: sandbox::Memory,
    /// Images of earlier generations.
    pub(super) images: images::Memory,
    /// How long containers have to wait for their restarts.
    pub(super) backoff: backoff::Memory,
    pub(super) addresses: addresses::Memory,
    pub(super) ended: ended::Memory,
    pub(super) changes: returning::Memory,
    pub(super) startups: readiness::Memory,
    pub(super) stopping: stopping::Memory,
}

impl History {
    /// Nothing yet.
    pub(super) const NEW: Self = Self {
        ready_to_start: false,
        rejected: false,
        phase: phase::Memory::NEW,
        rejection: rejection::Memory::NEW,
        sandbox: sandbox::Memory::NEW,
        addresses: addresses::Memory::NEW,
        images: images::Memory::NEW,
        backoff: backoff::Memory::NEW,
        ended: ended::Memory::NEW,
        changes: returning::Memory::NEW,
        startups: readiness::Memory::NEW,
        stopping: stopping::Memory::NEW,
    };

    /// Takes note of a version, after the rules have seen it. `change` leads to it, if it is not the first.
    pub(super) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        self.ready_to_start |= new.holds(KubeletCondition::PodReadyToStartContainers);
        self.rejected |= new.is(Shapes::ANY_REJECTED);
        self.phase.learn(new, change);
        self.rejection.learn(new, change);
        self.sandbox.learn(new, change);
        self.images.learn(new, change);
        self.backoff.learn(new, change);
        self.addresses.learn(new, change);
        self.ended.learn(new, change);
        self.changes.learn(new, change);
        self.startups.learn(change);
        self.stopping.learn(new, change);
    }
}
