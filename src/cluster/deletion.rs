//! Deletion of a Pod object (API server `BeforeDelete`, Pod strategy `CheckGracefulDelete`).

use crate::api::{ObjectMeta, PodPhase, PodSpec};
use crate::time::{Span, Time};

/// What a deletion is asked of.
#[derive(Clone, Copy, Debug)]
pub struct DeletionRequest<'a> {
    /// The object's metadata.
    pub meta: &'a ObjectMeta,
    /// Its spec.
    pub spec: &'a PodSpec,
    /// Its phase.
    pub phase: Option<PodPhase>,
    /// `gracePeriodSeconds` of the request.
    pub grace_period_seconds: Option<i64>,
}

/// What becomes of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionVerdict {
    /// `metadata.deletionTimestamp`, `metadata.deletionGracePeriodSeconds` and `metadata.generation` from now on; `None`: as they were.
    pub update: Option<(Time, i64, i64)>,
    /// The object goes now.
    pub remove: bool,
}

/// A deletion of the object is asked for at this moment (API server `BeforeDelete`, `CheckGracefulDelete`).
///
/// The first one sets the grace period: the request's, else the Pod's; none at all without a node or in a terminal phase; negative
/// ones count as 1. It raises the generation. A later one can only shorten it, counted from the first request. At 0 the object goes, unless
/// finalizers hold it.
pub fn delete(now: Time, request: &DeletionRequest<'_>) -> DeletionVerdict {
    let now = now.truncated();
    let meta = request.meta;
    let wanted = request.grace_period_seconds.map(at_least_one);
    let generation = meta.generation;
    let (at, grace, generation) = match (meta.deletion_timestamp, meta.deletion_grace_period_seconds) {
        (None, _) => {
            let grace = if request.spec.node_name.is_empty() || request.phase.is_some_and(PodPhase::is_terminal) {
                0
            } else {
                at_least_one(wanted.or(request.spec.termination_grace_period_seconds).unwrap_or(0))
            };
            (now + Span::from_secs(grace), grace, generation.saturating_add(1))
        }
        (Some(at), None | Some(0)) => (at.min(now), 0, generation),
        (Some(at), Some(grace)) => match wanted {
            Some(0) => (now, 0, generation),
            Some(shorter) if shorter < grace => shortened(now, at - Span::from_secs(grace - shorter), shorter, generation),
            _ => return DeletionVerdict { update: None, remove: false },
        },
    };
    DeletionVerdict { update: Some((at, grace, generation)), remove: grace == 0 && meta.finalizers.is_empty() }
}

/// Whether an object that is being deleted goes now that its finalizers are these: the grace period is over and no finalizer is left (API server
/// `ShouldDeleteDuringUpdate`).
pub fn removable(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some() && meta.deletion_grace_period_seconds.unwrap_or(0) == 0 && meta.finalizers.is_empty()
}

const fn at_least_one(grace: i64) -> i64 {
    if grace < 0 { 1 } else { grace }
}

/// A shortened period that is over already leaves one second.
fn shortened(now: Time, at: Time, grace: i64, generation: i64) -> (Time, i64, i64) {
    if at < now { (now, 1, generation) } else { (at, grace, generation) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(meta: &ObjectMeta, node: &str, phase: PodPhase, grace: Option<i64>) -> DeletionVerdict {
        let spec = PodSpec { node_name: node.into(), termination_grace_period_seconds: Some(30), ..PodSpec::default() };
        delete(Time::from_secs(100), &DeletionRequest { meta, spec: &spec, phase: Some(phase), grace_period_seconds: grace })
    }

    #[test]
    fn the_first_request_sets_the_grace() {
        let meta = ObjectMeta { generation: 1, ..ObjectMeta::default() };
        let update = |node, phase, grace| ask(&meta, node, phase, grace).update.unwrap();
        assert_eq!(update("n", PodPhase::Running, None), (Time::from_secs(130), 30, 2));
        assert_eq!(update("n", PodPhase::Running, Some(-5)), (Time::from_secs(101), 1, 2));
        assert_eq!(update("", PodPhase::Pending, None), (Time::from_secs(100), 0, 2));
        assert!(ask(&meta, "n", PodPhase::Succeeded, None).remove);
        assert!(!ask(&meta, "n", PodPhase::Running, None).remove);
    }

    #[test]
    fn later_requests_only_shorten() {
        let meta = ObjectMeta {
            generation: 2,
            deletion_timestamp: Some(Time::from_secs(155)),
            deletion_grace_period_seconds: Some(60),
            ..ObjectMeta::default()
        };
        let again = |grace| ask(&meta, "n", PodPhase::Running, grace);
        assert_eq!(again(None).update, None);
        assert_eq!(again(Some(60)).update, None);
        assert_eq!(again(Some(10)).update, Some((Time::from_secs(105), 10, 2)));
        assert_eq!(again(Some(3)).update, Some((Time::from_secs(100), 1, 2)));
        assert!(again(Some(0)).remove);
    }

    #[test]
    fn finalizers_hold_the_object() {
        let meta = ObjectMeta { finalizers: alloc::vec!["a.io/x".into()], ..ObjectMeta::default() };
        assert!(!ask(&meta, "", PodPhase::Pending, None).remove);
        // Asked again, nothing changes: the period is over.
        let over = ObjectMeta { deletion_timestamp: Some(Time::from_secs(90)), deletion_grace_period_seconds: Some(0), ..meta };
        assert_eq!(ask(&over, "n", PodPhase::Running, None), DeletionVerdict { update: Some((Time::from_secs(90), 0, 0)), remove: false });
    }
}
