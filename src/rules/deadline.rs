//! The active deadline of a Pod (kubelet `activeDeadlineHandler`): how long it may be active on its node, whatever it does.

use crate::api::PodStatus;
use crate::spec::Spec;
use crate::time::Time;

/// `status.reason` of a Pod that was active for longer than it may.
pub const REASON: &str = "DeadlineExceeded";

/// When the deadline passes: `activeDeadlineSeconds` after the start that the kubelet has written down (whole seconds).
///
/// `None` if the Pod has no deadline, or has not been seen by a kubelet yet: the time before that does not count.
pub fn passes_at(spec: &Spec, start_time: Option<Time>) -> Option<Time> {
    Some(start_time? + spec.active_deadline()?)
}

/// Whether the deadline has passed; it has at the very moment it names (kubelet `pastActiveDeadline`).
pub fn has_passed(spec: &Spec, start_time: Option<Time>, now: Time) -> bool {
    passes_at(spec, start_time).is_some_and(|at| at <= now)
}

/// The start from which the kubelet counts: that of the status it holds itself, even where that one has none; only without such a
/// status that of the API server.
pub fn start_time(held: Option<&PodStatus>, stored: &PodStatus) -> Option<Time> {
    held.unwrap_or(stored).start_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_is_the_deadline_s() {
        let spec = Spec::as_given(serde_json::from_str(r#"{"containers": [{"name": "c"}], "activeDeadlineSeconds": 10}"#).unwrap());
        let at = |now| has_passed(&spec, Some(Time::from_secs(100)), Time::from_secs(now));
        assert!(at(110) && !at(109));
        assert!(!has_passed(&spec, None, Time::from_secs(1_000)));
        assert_eq!(start_time(Some(&PodStatus::default()), &PodStatus { start_time: Some(Time::EPOCH), ..PodStatus::default() }), None);
    }
}
