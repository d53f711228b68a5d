//! The Pods that a checker keeps: not more than so many, however many the stream has.

use super::stream::Stream;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::mem;

/// Streams by UID, in two generations: those seen lately, and those seen before. When the younger one is full the older one is
/// forgotten, so that what is kept is about as much as is allowed, and what was seen lately is in it.
#[derive(Clone, Debug)]
pub(super) struct Pods {
    younger: Generation,
    older: Generation,
    most: usize,
}

/// Streams by UID. They are boxed, since the nodes of the tree move what is in them.
pub(super) type Generation = BTreeMap<Uid, Box<Stream>>;

impl Pods {
    /// Keeps about so many.
    pub(super) const fn new(most: usize) -> Self {
        Self { younger: BTreeMap::new(), older: BTreeMap::new(), most }
    }

    /// Whether this Pod is kept; if it is, it has been seen lately.
    pub(super) fn sees(&mut self, uid: &str) -> bool {
        let uid: &dyn Key = &uid;
        if self.younger.contains_key(uid) {
            return true;
        }
        let Some((uid, stream)) = self.older.remove_entry(uid) else { return false };
        self.younger.insert(uid, stream);
        true
    }

    /// The stream of a Pod that has been seen lately.
    pub(super) fn get_mut(&mut self, uid: &str) -> Option<&mut Stream> {
        let uid: &dyn Key = &uid;
        self.younger.get_mut(uid).map(|stream| &mut **stream)
    }

    /// Takes a new Pod. Gives those that are forgotten for it, mostly none.
    pub(super) fn insert(&mut self, uid: Uid, stream: Stream) -> Generation {
        let forgotten = if self.younger.len() >= self.most.div_ceil(2) {
            mem::replace(&mut self.older, mem::take(&mut self.younger))
        } else {
            Generation::new()
        };
        self.younger.insert(uid, Box::new(stream));
        forgotten
    }

    pub(super) fn remove(&mut self, uid: &str) -> Option<Box<Stream>> {
        let uid: &dyn Key = &uid;
        self.younger.remove(uid).or_else(|| self.older.remove(uid))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.older.values_mut().chain(self.younger.values_mut()).map(|stream| &mut **stream)
    }
}

/// A UID, beside its first bytes as a number: most comparisons end there, without a look at the text, which is elsewhere in memory and
/// seldom in the cache.
#[derive(Clone, Debug)]
pub(super) struct Uid {
    beginning: u128,
    text: Box<str>,
}

impl Uid {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Uid {
    fn from(text: &str) -> Self {
        Self { beginning: beginning(text), text: text.into() }
    }
}

/// The first bytes; such numbers compare as the texts do, as far as they tell.
fn beginning(text: &str) -> u128 {
    let mut bytes = [0; 16];
    let count = text.len().min(bytes.len());
    bytes[..count].copy_from_slice(&text.as_bytes()[..count]);
    u128::from_be_bytes(bytes)
}

/// A UID that is kept or asked for.
trait Key {
    fn parts(&self) -> (u128, &str);
}

impl Key for Uid {
    fn parts(&self) -> (u128, &str) {
        (self.beginning, &self.text)
    }
}

impl Key for &str {
    fn parts(&self) -> (u128, &str) {
        (beginning(self), self)
    }
}

impl Ord for dyn Key + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for dyn Key + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Key + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Key + '_ {}

impl<'a> Borrow<dyn Key + 'a> for Uid {
    fn borrow(&self) -> &(dyn Key + 'a) {
        self
    }
}

impl Ord for Uid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Uid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Uid {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Uid {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Also where the first sixteen bytes are alike, or not all there.
    #[test]
    fn uids_stand_in_the_order_of_their_texts() {
        let mut texts = ["", "a", "a\0", "b", "0123456789abcdef", "0123456789abcdefg", "0123456789abcdefh", "0123456789abcdeg"];
        texts.sort_unstable();
        let uids: Vec<Uid> = texts.iter().map(|text| Uid::from(*text)).collect();
        for (n, one) in uids.iter().enumerate() {
            for (m, other) in uids.iter().enumerate() {
                assert_eq!((one.cmp(other), one.partial_cmp(other), one == other), (n.cmp(&m), Some(n.cmp(&m)), n == m));
                let (one, other): (&dyn Key, &dyn Key) = (one, &other.as_str());
                assert_eq!((one.cmp(other), one.partial_cmp(other), one == other), (n.cmp(&m), Some(n.cmp(&m)), n == m));
            }
        }
        assert_eq!(beginning("ab"), (0x61 << 120) + (0x62 << 112));
        assert_eq!(beginning("0123456789abcdefg"), beginning("0123456789abcdef"));
    }
}
