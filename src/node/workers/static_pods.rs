//! Static Pods of the same full name run one after the other, in the order in which they came (kubelet `allowStaticPodStart`).

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// So many places of Pods that went away are always kept.
const SPARE_PLACES: usize = 8;

/// Who has started, and who waits, by full name.
#[derive(Clone, Debug)]
pub(super) struct StaticPods<K> {
    started: BTreeMap<String, K>,
    waiting: BTreeMap<String, Vec<K>>,
}

impl<K> StaticPods<K> {
    pub(super) const fn new() -> Self {
        Self { started: BTreeMap::new(), waiting: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> StaticPods<K> {
    /// A Pod queues up. One that went away and comes again has its old place; places of those that do not come are given up once there are
    /// many of them, which a kubelet does only when the Pod that runs is gone.
    pub(super) fn wait(&mut self, name: &str, uid: &K, is_known: impl Fn(&K) -> bool) {
        let queue = self.waiting.entry(name.into()).or_default();
        if !queue.contains(uid) {
            queue.push(uid.clone());
        }
        let known = |other: &K| other == uid || is_known(other);
        if queue.iter().filter(|other| known(other)).count() * 2 + SPARE_PLACES < queue.len() {
            queue.retain(known);
        }
    }

    /// Whether the Pod may start, or has; then it is the one of its name. `may_come`: whether a Pod is known and not ending.
    pub(super) fn allow(&mut self, name: &str, uid: &K, may_come: impl Fn(&K) -> bool) -> bool {
        if let Some(started) = self.started.get(name) {
            return started == uid;
        }
        if let Some(queue) = self.waiting.get_mut(name) {
            if let Some(next) = queue.iter().position(may_come) {
                if queue[next] != *uid {
                    queue.drain(..next);
                    return false;
                }
                queue.drain(..=next);
            }
            if queue.is_empty() {
                self.waiting.remove(name);
            }
        }
        self.started.insert(name.into(), uid.clone());
        true
    }

    /// The Pod of this name that has started, if any.
    pub(super) fn started(&self, name: &str) -> Option<&K> {
        self.started.get(name)
    }

    /// The Pod does not run any more: the next may start.
    pub(super) fn stopped(&mut self, name: Option<&str>, uid: &K) {
        if let Some(name) = name
            && self.started.get(name) == Some(uid)
        {
            self.started.remove(name);
        }
    }
    /// How many places are kept.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.waiting.values().map(Vec::len).sum()
    }
}
