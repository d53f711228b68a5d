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

    #[test]
    fn a_back_off_is_waited_for_a_minute_at_most() {
        let wait = |requeue| Pacing::KUBELET.wait(Time::from_secs(100), requeue);
        assert_eq!(wait(Requeue::Until(Time::from_secs(130))), Some(Span::from_secs(30)));
        assert_eq!(wait(Requeue::Until(Time::from_secs(400))), Some(Span::from_secs(60)));
        assert_eq!(wait(Requeue::Until(Time::from_secs(90))), Some(Span::ZERO));
        assert_eq!((wait(Requeue::Resync), wait(Requeue::Backoff)), (Some(Span::from_secs(60)), Some(Span::from_secs(10))));
        assert_eq!(Pacing::IMMEDIATE.wait(Time::EPOCH, Requeue::Resync), None);
    }
}
