//! The active deadline of a Pod (kubelet `pastActiveDeadline`).

use crate::api::PodStatus;
use crate::spec::Spec;
use crate::time::Time;

/// `status.reason` of a Pod whose active deadline has passed.
pub const REASON: &str = "DeadlineExceeded";

/// `status.message` of a Pod whose active deadline has passed.
pub const MESSAGE: &str = "Pod was active on the node longer than the specified deadline";

/// When `activeDeadlineSeconds` run out for a Pod with this `status.startTime`; `None` without a deadline or a start.
///
/// They count from the moment the kubelet took note of the Pod, so that pulls and init containers are in them, and go on over restarts of
/// the kubelet.
pub fn ends(spec: &Spec, start_time: Option<Time>) -> Option<Time> {
    Some(start_time? + spec.active_deadline()?)
}

/// Whether the active deadline is over: it is at exactly its number of seconds. The kubelet asks at each of its builds of the status.
pub fn is_over(spec: &Spec, start_time: Option<Time>, now: Time) -> bool {
    ends(spec, start_time).is_some_and(|ends| now >= ends)
}

/// The start time that counts: that of the kubelet's own last status if it has one, even if that has none; else that of the API object.
pub fn start_time(last: Option<&PodStatus>, api: &PodStatus) -> Option<Time> {
    last.unwrap_or(api).start_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubelets_own_status_hides_the_start_in_the_api() {
        let spec = Spec::as_given(serde_json::from_str(r#"{"activeDeadlineSeconds": 5, "containers": []}"#).unwrap());
        let started = PodStatus { start_time: Some(Time::from_secs(100)), ..PodStatus::default() };
        let over = |last, at| is_over(&spec, start_time(last, &started), Time::from_secs(at));
        assert!(!over(None, 104) && over(None, 105) && over(Some(&started), 105));
        assert!(!over(Some(&PodStatus::default()), 1_000));
    }
}
