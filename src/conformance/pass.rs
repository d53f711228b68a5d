//! How files are played and what of a play is compared.

use super::player::Settings;
use crate::pod::Pacing;

/// What of a play is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Everything, times and windows too.
    #[default]
    Times,
    /// What comes in which order, and how often; not when. This is what must be the same with every [`Pacing`].
    Order,
}

/// How files are played, and what is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// How they are played.
    pub settings: Settings,
    /// What is compared.
    pub compare: Compare,
}

impl Pass {
    /// Syncs happen at once; everything is compared. The default.
    pub const IMMEDIATE: Self = Self { settings: Settings { pacing: Pacing::IMMEDIATE }, compare: Compare::Times };

    /// Syncs happen as in a kubelet; the order is compared.
    pub const KUBELET: Self = Self { settings: Settings { pacing: Pacing::KUBELET }, compare: Compare::Order };
}
