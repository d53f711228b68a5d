//! The taint-eviction controller: when a Pod is deleted because of its node's NoExecute taints.

use super::toleration::{Tolerated, toleration};
use crate::api::{Taint, Toleration};
use crate::time::{Span, Time};

/// What the controller intends with one Pod (`processPodOnNode`).
///
/// [`look`](Self::look) whenever the taints of the node or the tolerations of the Pod change. At [`due`](Self::due) the caller writes the
/// condition of [`Disruption::DeletionByTaintManager`](super::Disruption::DeletionByTaintManager), deletes the Pod with its own grace period,
/// and says [`done`](Self::done). It does so even if the Pod is being deleted already; then only the condition is new.
///
/// ```
/// use pod_lifecycle::api::Taint;
/// use pod_lifecycle::cluster::{TaintEviction, add_default_tolerations};
/// use pod_lifecycle::{Span, Time};
///
/// let mut tolerations = vec![];
/// add_default_tolerations(&mut tolerations);
/// let unreachable = Taint { key: "node.kubernetes.io/unreachable".into(), effect: "NoExecute".into(), ..Taint::default() };
/// let now = Time::from_secs(1_767_225_600);
///
/// let mut eviction = TaintEviction::default();
/// eviction.look(now, &tolerations, &[unreachable]);
/// assert_eq!(eviction.due(), Some(now + Span::from_secs(300)));
///
/// // The node is back in time.
/// eviction.look(now + Span::from_secs(40), &tolerations, &[]);
/// assert_eq!(eviction.due(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TaintEviction {
    plan: Plan,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Plan {
    #[default]
    None,
    Due {
        since: Time,
        at: Time,
    },
    Done,
}

impl TaintEviction {
    /// The Pod puts up with these taints as long as these tolerations say (`processPodOnNode`).
    ///
    /// A deletion that is due stays due at its moment when other taints come, unless one is not tolerated at all (now), or all that are left
    /// are tolerated for ever (never).
    pub fn look(&mut self, now: Time, tolerations: &[Toleration], taints: &[Taint]) {
        self.plan = match (toleration(tolerations, taints), self.plan) {
            (Tolerated::Forever, _) => Plan::None,
            (Tolerated::No, _) => Plan::Due { since: now, at: now },
            (Tolerated::For(_), Plan::Done) => Plan::Done,
            (Tolerated::For(_), Plan::Due { since, at }) if since < now => Plan::Due { since, at },
            (Tolerated::For(seconds), _) => Plan::Due { since: now, at: now + Span::from_secs(seconds) },
        };
    }

    /// When the Pod is to be deleted; `None`: it is not (`TimedWorkerQueue`).
    pub const fn due(&self) -> Option<Time> {
        match self.plan {
            Plan::Due { at, .. } => Some(at),
            Plan::None | Plan::Done => None,
        }
    }

    /// The deletion has been asked for.
    pub const fn done(&mut self) {
        self.plan = Plan::Done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_stands_until_it_is_needless_or_too_late() {
        let for_seconds = |key: &str, seconds| Toleration { key: key.into(), toleration_seconds: seconds, ..Toleration::default() };
        let taint = |key: &str| Taint { key: key.into(), effect: "NoExecute".into(), ..Taint::default() };
        let own = [for_seconds("a", Some(10)), for_seconds("b", Some(2)), for_seconds("c", None)];
        let mut eviction = TaintEviction::default();
        let mut look = |secs, keys: &[&str]| {
            eviction.look(Time::from_secs(secs), &own, &keys.iter().map(|key| taint(key)).collect::<alloc::vec::Vec<_>>());
            eviction.due()
        };
        assert_eq!(look(0, &["c"]), None);
        assert_eq!(look(1, &["a"]), Some(Time::from_secs(11)));
        assert_eq!(look(3, &["a", "b"]), Some(Time::from_secs(11)));
        assert_eq!(look(4, &["c"]), None);
        assert_eq!(look(5, &["a"]), Some(Time::from_secs(15)));
        assert_eq!(look(6, &["a", "d"]), Some(Time::from_secs(6)));
        eviction.done();
        eviction.look(Time::from_secs(7), &own, &[taint("a")]);
        assert_eq!(eviction.due(), None);
    }
}
