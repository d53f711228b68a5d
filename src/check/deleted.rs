//! The Pods that were deleted lately.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};

/// Pods that were deleted, the last so many of them: to know what comes after their deletion.
#[derive(Debug)]
pub(super) struct Deleted {
    pods: BTreeMap<Box<str>, Gone>,
    /// In the order of their deletions, each with its number.
    order: VecDeque<(Box<str>, u64)>,
    count: u64,
}

/// How a Pod went.
#[derive(Clone, Copy, Debug)]
struct Gone {
    for_good: bool,
    /// The number of its last deletion.
    number: u64,
}

/// So many are remembered.
const MOST: usize = 1024;

impl Deleted {
    pub(super) const NEW: Self = Self { pods: BTreeMap::new(), order: VecDeque::new(), count: 0 };

    /// A Pod is gone. `for_good`: where this is not known, it may only have left the watch, which asked for certain labels or fields, and come back.
    pub(super) fn add(&mut self, uid: Box<str>, for_good: bool) {
        let number = self.count;
        self.count += 1;
        let for_good = for_good || self.pods.get(&uid).is_some_and(|gone| gone.for_good);
        self.pods.insert(uid.clone(), Gone { for_good, number });
        self.order.push_back((uid, number));
        if self.order.len() > MOST
            && let Some((uid, number)) = self.order.pop_front()
            && self.pods.get(&uid).is_some_and(|gone| gone.number == number)
        {
            self.pods.remove(&uid);
        }
    }

    /// Whether this Pod was deleted, and how: `Some(true)` if for good.
    pub(super) fn find(&self, uid: &str) -> Option<bool> {
        self.pods.get(uid).map(|gone| gone.for_good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_last_ones_are_remembered() {
        let mut deleted = Deleted::NEW;
        let uid = |n: usize| format!("u{n}").into_boxed_str();
        deleted.add(uid(0), true);
        deleted.add(uid(1), false);
        assert_eq!([0, 1, 2].map(|n| deleted.find(&uid(n))), [Some(true), Some(false), None]);
        // It came back and went once more: what was for good stays so, and the later deletion counts.
        deleted.add(uid(0), false);
        (2..MOST).for_each(|n| deleted.add(uid(n), false));
        assert_eq!([0, 1, 2].map(|n| deleted.find(&uid(n))), [Some(true), Some(false), Some(false)]);
        deleted.add(uid(MOST), false);
        assert_eq!([0, 1, 2].map(|n| deleted.find(&uid(n))), [Some(true), None, Some(false)]);
        assert_eq!(deleted.order.len(), MOST);
    }
}
