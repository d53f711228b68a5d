//! When a worker looks at its Pod again without news (kubelet `completeWork`).

use super::Pacing;
use crate::rules::worker::Requeue;
use crate::time::{Span, Time};

/// How long after a sync that failed for want of a network the next one comes (kubelet `backOffOnTransientErrorPeriod`).
const NETWORK_RETRY: Span = Span::from_secs(1);

impl Pacing {
    /// How long a worker waits that has finished a sync now, without the jitter; `None`: until something happens.
    ///
    /// The kubelet adds up to half of it, except to [`Requeue::Immediate`].
    pub fn wait(&self, now: Time, requeue: Requeue) -> Option<Span> {
        match requeue {
            Requeue::Immediate => Some(Span::ZERO),
            Requeue::Resync => self.resync,
            Requeue::Backoff => Some(self.retry),
            Requeue::NetworkNotReady => Some(NETWORK_RETRY),
            Requeue::Until(at) => Some((at - now).max(Span::ZERO).min(self.back_off_retry_max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;
    use crate::pod::{Attempt, Event, NewPod, NodeConfig, Pod};
    use crate::rules::view::Exit;
    use crate::spec::{ContainerIndex, Spec};
    use alloc::sync::Arc;

    #[test]
    fn a_back_off_is_waited_for_a_minute_at_most() {
        let wait = |requeue| Pacing::KUBELET.wait(Time::from_secs(100), requeue);
        assert_eq!(wait(Requeue::Until(Time::from_secs(130))), Some(Span::from_secs(30)));
        assert_eq!(wait(Requeue::Until(Time::from_secs(400))), Some(Span::from_secs(60)));
        assert_eq!(wait(Requeue::Until(Time::from_secs(90))), Some(Span::ZERO));
        assert_eq!((wait(Requeue::Resync), wait(Requeue::Backoff)), (Some(Span::from_secs(60)), Some(Span::from_secs(10))));
        assert_eq!(Pacing::IMMEDIATE.wait(Time::EPOCH, Requeue::Resync), None);
    }

    #[test]
    fn delays_of_no_length_are_still_waited_for() {
        let nothing = Span::ZERO;
        let hasty = Pacing { back_off_retry_max: nothing, retry: nothing, resync: Some(nothing), ..Pacing::IMMEDIATE };
        let spec = r#"{"nodeName": "n", "hostNetwork": true, "containers": [{"name": "c", "image": "i"}]}"#;
        let spec = Arc::new(Spec::parse(serde_json::from_str(spec).unwrap()).unwrap());
        let node = Arc::new(NodeConfig { pacing: hasty, ..NodeConfig::default() });
        let mut pod = Pod::new(NewPod { meta: &api::ObjectMeta::default(), spec: &spec, status: None }, &node, &mut ());
        let now = Time::from_secs(1_767_225_600);
        let container = ContainerIndex::new(0);
        let exited = |attempt| Event::ContainerExited { container, attempt, exit: Exit::of_code(1), at: now, message: "", reason: "" };
        let made = |attempt| {
            let created = Event::ContainerCreated { container, attempt, id: "", image_id: "" };
            [Event::ImagePresent { container }, created, Event::ContainerStarted { container, attempt, at: now }]
        };
        let until_it_runs = [Event::Stored, Event::Admitted, Event::VolumesMounted, Event::SandboxStarted { attempt: 0, ips: "" }];
        let first = until_it_runs.into_iter().chain(made(Attempt(0)));
        for event in first.chain([exited(Attempt(0))]).chain(made(Attempt(1))).chain([exited(Attempt(1))]) {
            while !matches!(event, Event::Stored)
                && pod.pending_actions().count() == 0
                && pod.next_deadline().is_some_and(|next| next.at <= now)
            {
                pod.handle(now, Event::Tick, &mut ()).unwrap();
            }
            pod.handle(now, event, &mut ()).unwrap();
        }
        // The back-off refuses: the next sync is later than this one.
        while pod.next_deadline().is_some_and(|next| next.at <= now) {
            pod.handle(now, Event::Tick, &mut ()).unwrap();
        }
        assert!(pod.next_deadline().is_some_and(|next| next.at > now && next.at < now + Span::from_millis(1)));
    }
}
