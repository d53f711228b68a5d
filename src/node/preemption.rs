//! Room for a critical Pod: whom the kubelet ends so that it fits (kubelet `CriticalPodAdmissionHandler`).
//!
//! This is the kubelet's own preemption, at admission; the scheduler's is another, and deletes its victims. [`admit`](super::admission::admit)
//! asks it, and names those that have to go:
//!
//! ```
//! use pod_lifecycle::node::admission::{Admission, Node, admit};
//! use pod_lifecycle::rules::{ending::Ending, standing::SYSTEM_CRITICAL_PRIORITY};
//! use pod_lifecycle::{Gates, api};
//!
//! let allocatable = serde_json::from_str(r#"{"cpu": "2", "pods": "10"}"#)?;
//! let node = Node { allocatable: Some(&allocatable), ..Node::open("edge-1") };
//! let ordinary: api::Pod = serde_json::from_str(r#"{"spec": {"containers": [{"resources": {"requests": {"cpu": "1500m"}}}]}}"#)?;
//! let mut critical = ordinary.clone();
//! critical.spec.priority = Some(SYSTEM_CRITICAL_PRIORITY);
//!
//! let Admission::Admitted(kills) = admit(&critical, &node, &[&ordinary], &Gates::default()) else { unreachable!() };
//! assert_eq!((kills[0].pod, kills[0].ending), (0, Ending::Preemption));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::Kill;
use super::rejection::Rejection;
use crate::api::{Pod, QosClass};
use crate::gates::Gates;
use crate::rules::ending::Ending;
use crate::rules::{qos, requests, standing};
use alloc::string::String;
use alloc::vec::Vec;

/// What can be done about failures of admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing: these failures remain. A Pod that is not critical keeps all, a critical one those that are not about resources.
    None(Vec<Rejection>),
    /// The Pod is let in once these are ended, in this order.
    Preempt(Vec<Kill>),
    /// All Pods that it may preempt do not make room enough.
    NotEnough,
}

/// What the kubelet does about a Pod that failed admission (kubelet `HandleAdmissionFailure`).
///
/// A critical Pod is never refused for want of resources if others can make room; but if anything else speaks against it, nobody is
/// ended in vain. `others` are the Pods that are active on the node.
pub fn recover(pod: &Pod, failures: &[Rejection], others: &[&Pod], gates: &Gates) -> Recovery {
    if !standing::is_critical(pod) {
        return Recovery::None(failures.to_vec());
    }
    let other: Vec<_> = failures.iter().filter(|failure| failure.shortage().is_none()).cloned().collect();
    if !other.is_empty() {
        return Recovery::None(other);
    }
    let needs = failures.iter().filter_map(Rejection::shortage).map(|(resource, amount)| Need { resource, amount }).collect();
    let Some(victims) = victims(pod, Needs { list: needs, gates }, others, gates) else {
        return Recovery::NotEnough;
    };
    let kill = |pod| Kill { pod, ending: Ending::Preemption, grace_period_seconds: None, message: String::from(MESSAGE) };
    Recovery::Preempt(victims.into_iter().map(kill).collect())
}

/// `status.message` of a preempted Pod.
const MESSAGE: &str = "Preempted in order to admit critical pod";

/// Whom to end (kubelet `getPodsToPreempt`): Guaranteed Pods only for what all the others together do not give, Burstable ones only for
/// what all BestEffort Pods do not give beside those, BestEffort Pods for the rest. `None`: all of them do not give enough.
fn victims(pod: &Pod, needs: Needs<'_>, others: &[&Pod], gates: &Gates) -> Option<Vec<usize>> {
    let candidates: Vec<Candidate<'_>> = (0..others.len()).map(|n| Candidate { n, pod: others[n] }).collect();
    let of = |class| -> Vec<_> {
        let fits =
            |candidate: &&Candidate<'_>| standing::may_preempt(pod, candidate.pod) && qos::pod_qos_class(candidate.pod, gates) == class;
        candidates.iter().filter(fits).copied().collect()
    };
    let (best_effort, burstable, guaranteed) = (of(QosClass::BestEffort), of(QosClass::Burstable), of(QosClass::Guaranteed));
    let guaranteed = nearest(guaranteed, needs.without(best_effort.iter().chain(&burstable)))?;
    let burstable = nearest(burstable, needs.without(best_effort.iter().chain(&guaranteed)))?;
    let best_effort = nearest(best_effort, needs.without(burstable.iter().chain(&guaranteed)))?;
    Some(best_effort.into_iter().chain(burstable).chain(guaranteed).map(|candidate| candidate.n).collect())
}

/// Takes Pods until nothing is needed any more, each time the one that leaves least to be needed, of equal ones the smaller (kubelet
/// `getPodsToPreemptByDistance`). `None`: they do not give enough.
fn nearest<'a>(mut pods: Vec<Candidate<'a>>, mut needs: Needs<'_>) -> Option<Vec<Candidate<'a>>> {
    let mut taken = Vec::new();
    while !needs.list.is_empty() {
        let mut best: Option<(usize, f64)> = None;
        for (n, pod) in pods.iter().enumerate() {
            let distance = needs.distance(pod);
            // The last of equals counts: that is what the kubelet does.
            let better = best.is_none_or(|(known, least)| distance < least || (distance == least && needs.is_smaller(pod, &pods[known])));
            if better {
                best = Some((n, distance));
            }
        }
        let pod = pods.swap_remove(best?.0);
        needs = needs.without([&pod]);
        taken.push(pod);
    }
    Some(taken)
}

/// A Pod that may be ended, and its place in the list that was asked about.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    n: usize,
    pod: &'a Pod,
}

/// How much of a resource is lacking, in the unit in which the kubelet reckons; more than 0.
#[derive(Clone, Copy)]
struct Need<'a> {
    resource: &'a str,
    amount: i64,
}

/// All that is lacking.
#[derive(Clone)]
struct Needs<'a> {
    list: Vec<Need<'a>>,
    gates: &'a Gates,
}

impl<'a> Needs<'a> {
    fn given(&self, candidate: &Candidate<'_>, resource: &str) -> i64 {
        requests::request(&candidate.pod.spec, resource, self.gates)
    }

    /// What is still lacking when these Pods are gone.
    fn without<'p, 'q: 'p>(&self, pods: impl IntoIterator<Item = &'p Candidate<'q>> + Clone) -> Self {
        let left = self.list.iter().map(|need| {
            let given = pods.clone().into_iter().map(|pod| self.given(pod, need.resource)).fold(0, i64::saturating_add);
            Need { amount: need.amount.saturating_sub(given), ..*need }
        });
        Self { list: left.filter(|need| need.amount > 0).collect(), gates: self.gates }
    }

    /// How far a Pod is from giving all that is lacking: each resource counts by the square of the share that would still be lacking.
    fn distance(&self, candidate: &Candidate<'_>) -> f64 {
        let shares = self.list.iter().map(|need| {
            let left = need.amount.saturating_sub(self.given(candidate, need.resource)).max(0);
            left as f64 / need.amount as f64
        });
        shares.map(|share| share * share).sum()
    }

    /// Whether the first asks for no more than the second: memory decides, then cpu.
    fn is_smaller(&self, a: &Candidate<'_>, b: &Candidate<'_>) -> bool {
        let asked = |candidate| (self.given(candidate, "memory"), self.given(candidate, "cpu"));
        asked(a) <= asked(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(priority: i32, resources: &str) -> Pod {
        let json = alloc::format!(r#"{{"spec": {{"priority": {priority}, "containers": [{{"resources": {resources}}}]}}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    fn short_of_memory(amount: i64) -> Rejection {
        Rejection::Shortage { resource: "memory".into(), requested: amount, used: 100, capacity: 100 }
    }

    #[test]
    fn the_guaranteed_pod_is_spared_if_a_burstable_one_does() {
        let critical = pod(standing::SYSTEM_CRITICAL_PRIORITY, "{}");
        let guaranteed = pod(0, r#"{"requests": {"cpu": "1", "memory": "60"}, "limits": {"cpu": "1", "memory": "60"}}"#);
        let burstable = pod(100, r#"{"requests": {"memory": "70"}}"#);
        let ask = |amount, failures: &[Rejection]| {
            let mut all = alloc::vec![short_of_memory(amount)];
            all.extend_from_slice(failures);
            recover(&critical, &all, &[&guaranteed, &burstable], &Gates::default())
        };
        let killed = |recovery| match recovery {
            Recovery::Preempt(kills) => kills.iter().map(|kill| kill.pod).collect(),
            _ => Vec::new(),
        };
        assert_eq!(killed(ask(50, &[])), [1]);
        assert_eq!(killed(ask(130, &[])), [1, 0]);
        assert_eq!(ask(131, &[]), Recovery::NotEnough);
        assert_eq!(ask(50, &[Rejection::NodeAffinity]), Recovery::None(alloc::vec![Rejection::NodeAffinity]));
    }
}
