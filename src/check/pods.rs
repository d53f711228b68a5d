//! The Pods that a checker keeps: not more than so many, however many the stream has.

use super::stream::Stream;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::mem;

/// Streams by UID, in two generations: those seen lately, and those seen before. When the younger one is full the older one is
/// forgotten, so that what is kept is about as much as is allowed, and what was seen lately is in it.
#[derive(Debug)]
pub(super) struct Pods {
    younger: Generation,
    older: Generation,
    most: usize,
}

/// Streams by UID.
pub(super) type Generation = BTreeMap<Box<str>, Stream>;

impl Pods {
    /// Keeps about so many.
    pub(super) const fn new(most: usize) -> Self {
        Self { younger: BTreeMap::new(), older: BTreeMap::new(), most }
    }

    /// Whether this Pod is kept; if it is, it has been seen lately.
    pub(super) fn sees(&mut self, uid: &str) -> bool {
        if self.younger.contains_key(uid) {
            return true;
        }
        let Some((uid, stream)) = self.older.remove_entry(uid) else { return false };
        self.younger.insert(uid, stream);
        true
    }

    /// The stream of a Pod that has been seen lately.
    pub(super) fn get_mut(&mut self, uid: &str) -> Option<&mut Stream> {
        self.younger.get_mut(uid)
    }

    /// Takes a new Pod. Gives those that are forgotten for it, mostly none.
    pub(super) fn insert(&mut self, uid: Box<str>, stream: Stream) -> Generation {
        let forgotten = if self.younger.len() >= self.most.div_ceil(2) {
            mem::replace(&mut self.older, mem::take(&mut self.younger))
        } else {
            Generation::new()
        };
        self.younger.insert(uid, stream);
        forgotten
    }

    pub(super) fn remove(&mut self, uid: &str) -> Option<Stream> {
        self.younger.remove(uid).or_else(|| self.older.remove(uid))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.older.values_mut().chain(self.younger.values_mut())
    }
}
