//! What a probe worker is shown of its Pod at a tick.

use super::SeenState;
use core::num::NonZeroU32;
use serde::{Deserialize, Serialize};

/// What the kubelet's cached status says of the Pod at a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The phase is Succeeded or Failed.
    pub pod_terminal: bool,
    /// The container's status; `None` if there is none or it has no container ID.
    pub instance: Option<SeenInstance>,
}

/// What the kubelet's cached status says of the container at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeenInstance {
    /// `containerID`.
    pub id: InstanceId,
    /// `state`.
    pub state: SeenState,
    /// `started`.
    pub started: Option<bool>,
}

/// Identity of one instance of a container: a number that the caller gives to each container ID of that container.
///
/// Only equality counts; an attempt number will do if it never comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceId(NonZeroU32);

impl InstanceId {
    /// The identity with this number; `u32::MAX` counts as the number before it.
    pub const fn new(number: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(number))
    }

    /// Its number.
    pub const fn get(self) -> u32 {
        self.0.get() - 1
    }
}
