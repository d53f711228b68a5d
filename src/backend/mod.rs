//! Where actions are carried out: the trait for container backends, the driver of many Pods, and the simulator.

mod driver;
mod roster;
pub mod sim;
mod wheel;

pub use driver::{Driver, Told};

use crate::api::ObjectMeta;
use crate::pod::{Action, Event, Pod};

/// Carries out actions and reports what happens. It never blocks: [`start`](Self::start) begins an action, [`poll`](Self::poll)
/// tells what has happened since.
///
/// A backend whose news comes by itself has a way of its own to wait for it: its user calls that through [`Driver::backend_mut`] until
/// [`Driver::next_deadline`], then [`Driver::advance`].
///
/// Each action is answered by one of the events of its row in [`Action::table`]; besides, a backend reports what happens by itself:
/// containers that exit, sandboxes that die, objects that vanish.
pub trait ContainerBackend {
    /// How this backend's caller names a Pod.
    type Pod: Copy;

    /// Begins an action. An answer that is known at once is kept for [`poll`](Self::poll).
    ///
    /// An action may be asked for again ([`Pod::pending_actions`]): attempts tell whether it was done already, and then only the answer comes.
    fn start(&mut self, pod: PodRef<'_, Self::Pod>, action: Action);

    /// The next piece of news, if there is one now; its texts are lent. News of one instance comes in the order in which it happened: the
    /// start before the end.
    fn poll(&mut self) -> Option<(Self::Pod, Event<'_>)>;
}

/// The Pod an action is for: all that a backend needs to know of it.
#[derive(Clone, Copy, Debug)]
pub struct PodRef<'a, K> {
    /// The caller's name for it.
    pub key: K,
    /// Its metadata.
    pub meta: &'a ObjectMeta,
    /// The machine: spec, sandbox, instances, status.
    pub pod: &'a Pod,
}
