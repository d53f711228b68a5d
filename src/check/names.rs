//! What Pods are known by, and which of them are gone.

use super::pods::Uid;
use crate::api::{EventType, ObjectMeta};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;

/// What a Pod is known by: its UID, or `namespace/name` if it has none.
pub(super) fn key(meta: &ObjectMeta) -> Cow<'_, str> {
    if meta.uid.is_empty() { format!("{}/{}", meta.namespace, meta.name).into() } else { Cow::Borrowed(&meta.uid) }
}

/// `namespace/name`, behind a hash of it: names begin alike, and most comparisons are to end without a look at the text, which is elsewhere
/// in memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    hash: u64,
    full: Box<str>,
}

impl Name {
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        let full = format!("{}/{}", meta.namespace, meta.name);
        // FNV-1a.
        let hash = full.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { hash, full: full.into() }
    }
}

/// A Pod that was deleted.
#[derive(Clone, Debug)]
pub(super) struct Gone {
    pub(super) uid: Uid,
    /// It is gone for good. Where this is not known, it may only have left the watch, which asked for certain labels or fields, and come back.
    for_good: bool,
}

impl Gone {
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        // Without a UID, what comes next may be another Pod of the same name.
        Self { uid: (&*key(meta)).into(), for_good: meta.deletion_timestamp.is_some() && !meta.uid.is_empty() }
    }
}

/// The Pods that were deleted lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Deleted {
    /// Whether each is gone for good.
    pods: BTreeMap<Uid, bool>,
    /// The newest last.
    order: VecDeque<Uid>,
}

/// So many deleted Pods are remembered, to know what comes after their deletion.
const DELETED: usize = 1024;

impl Deleted {
    pub(super) fn insert(&mut self, gone: Gone) {
        let Gone { uid, for_good } = gone;
        if let Some(known) = self.pods.get_mut(&uid) {
            *known |= for_good;
            return;
        }
        if self.order.len() == DELETED
            && let Some(oldest) = self.order.pop_front()
        {
            self.pods.remove(&oldest);
        }
        self.order.push_back(uid.clone());
        self.pods.insert(uid, for_good);
    }

    /// Whether this Pod was deleted, and does not return with such an event.
    pub(super) fn has(&self, uid: &Uid, event: Option<EventType>) -> bool {
        self.pods.get(uid).is_some_and(|for_good| *for_good || event != Some(EventType::Added))
    }
}
