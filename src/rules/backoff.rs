//! How long a container that keeps ending, or an image that cannot be pulled, has to wait (kubelet `doBackOff` and image manager, client-go
//! `flowcontrol.Backoff`).
//!
//! The kubelet keeps two exponential back-offs (client-go `flowcontrol.Backoff`). They count alike: the first [`Backoff`] is
//! the initial delay, each further one doubles it up to the maximum, and after a quiet time it is forgotten. They differ in
//! the moment they ask about:
//!
//! | | crash loop (kubelet `doBackOff`) | image pull (image manager `EnsureImageExists`) |
//! |---|---|---|
//! | counts | every start that it lets pass and that an exit came before, whatever the exit code | every failed pull |
//! | window | the delay, from the newest exit | the delay, from the last failed pull |
//! | forgotten | if that exit came more than 600 s after the start counted last | 2 × the maximum after the last failed pull |
//! | key | container with image and resources | Pod and image |
//!
//! So the first restart after an exit is immediate, the second waits 10 s, while the first failed pull opens a window at once.
//! A [`Backoff`] is the entry of one key. Another key, with another image or other resources, is another entry.

use super::view::{InstanceState, Runtime};
use crate::api::ObjectMeta;
use crate::gates::Gates;
use crate::spec::ContainerIndex;
use crate::time::{Span, Time};
use alloc::format;
use alloc::string::String;

/// First delay of the kubelet's back-offs (kubelet `initialCrashLoopBackOff`, `imageBackOffPeriod`).
const INITIAL: Span = Span::from_secs(10);
/// Longest delay of the kubelet's back-offs (kubelet `MaxCrashLoopBackOff`).
const MAX: Span = Span::from_secs(300);
/// First crash-loop delay with ReduceDefaultCrashLoopBackOffDecay (KEP-4603).
const REDUCED_INITIAL: Span = Span::from_secs(1);
/// Longest crash-loop delay with ReduceDefaultCrashLoopBackOffDecay (KEP-4603).
const REDUCED_MAX: Span = Span::from_secs(60);
/// Quiet time after which a crash loop is forgotten. Fixed since KEP-4603: it does not shrink with the longest delay.
const CRASH_LOOP_FORGOTTEN_AFTER: Span = Span::from_secs(600);

/// Settings of a back-off: its delays and how long it remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackoffConfig {
    initial: Span,
    max: Span,
    forgotten_after: Span,
}

impl BackoffConfig {
    /// A back-off from `initial` to `max` whose entries are forgotten after more than `forgotten_after`.
    ///
    /// A negative `max` counts as 0 and an `initial` above `max` as `max`, as the kubelet lowers it.
    pub fn new(initial: Span, max: Span, forgotten_after: Span) -> Self {
        let max = max.max(Span::ZERO);
        Self { initial: initial.clamp(Span::ZERO, max), max, forgotten_after }
    }

    /// The crash-loop back-off of a kubelet (kubelet `newCrashLoopBackOff`, KEP-4603): 10 s to 300 s, or 1 s to 60 s with the
    /// gate ReduceDefaultCrashLoopBackOffDecay.
    ///
    /// `max_container_restart_period` is the kubelet configuration `crashLoopBackOff.maxContainerRestartPeriod`, `None` where
    /// it is not set. With the gate KubeletCrashLoopBackOffMax it is the longest delay, and bounds the first one too.
    pub fn crash_loop(max_container_restart_period: Option<Span>, gates: &Gates) -> Self {
        let reduced = gates.reduce_default_crash_loop_back_off_decay;
        let (initial, default_max) = if reduced { (REDUCED_INITIAL, REDUCED_MAX) } else { (INITIAL, MAX) };
        let configured = max_container_restart_period.filter(|_| gates.kubelet_crash_loop_back_off_max);
        Self::new(initial, configured.unwrap_or(default_max), CRASH_LOOP_FORGOTTEN_AFTER)
    }

    /// The image-pull back-off of a kubelet: 10 s to 300 s, forgotten after 600 s (client-go: twice the longest delay).
    pub const fn image_pull() -> Self {
        Self { initial: INITIAL, max: MAX, forgotten_after: MAX.saturating_mul(2) }
    }

    /// The first delay.
    pub const fn initial(&self) -> Span {
        self.initial
    }

    /// The longest delay.
    pub const fn max(&self) -> Span {
        self.max
    }

    /// The quiet time after which an entry is forgotten; exactly this long is not yet enough (client-go `hasExpired`).
    pub const fn forgotten_after(&self) -> Span {
        self.forgotten_after
    }
}

/// The kubelet's default crash-loop back-off: 10 s to 300 s.
impl Default for BackoffConfig {
    fn default() -> Self {
        Self::crash_loop(None, &Gates::default())
    }
}

/// The entry of one key: its present delay, and when that was last raised. The default is no entry at all.
///
/// An entry whose delay is 0 refuses nothing and doubles to 0, so it needs no state of its own beside "no entry".
///
/// It is aligned as four bytes are, so that a container's slot is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(Rust, packed(4))]
pub struct Backoff {
    delay: Span,
    last_update: Time,
}

/// The back-off says: not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("back-off {delay} until {until}")]
pub struct BackoffRefusal {
    /// The length of the window.
    pub delay: Span,
    /// The moment the window ends: at it the attempt passes.
    pub until: Time,
}

/// Any back-off: what is remembered.
impl Backoff {
    /// Whether nothing is remembered.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// The present delay; 0 without an entry (client-go `Backoff.Get`).
    pub const fn delay(self) -> Span {
        self.delay
    }

    /// When the delay was last raised: the last start let through, the last failed pull (client-go `backoffEntry`). `None` without an entry.
    pub fn last_update(self) -> Option<Time> {
        (!self.is_none()).then_some(self.last_update)
    }

    /// Housekeeping: forgets an entry that was not raised for too long (client-go `Backoff.GC`).
    ///
    /// The kubelet does this every 2 s for crash loops (kubelet `HandlePodCleanups`), and after a successful pull for images.
    /// For crash loops it can be felt: it counts from the last start until now, not until the exit, so that it also ends a
    /// window that is still open.
    pub fn collect_garbage(&mut self, config: &BackoffConfig, now: Time) {
        if self.is_expired(config, now) {
            *self = Self::default();
        }
    }

    /// The last moment at which [`collect_garbage`](Self::collect_garbage) still keeps the entry; `None` without one (client-go `Backoff.GC`).
    pub fn remembered_until(self, config: &BackoffConfig) -> Option<Time> {
        self.last_update().map(|last| last + config.forgotten_after)
    }

    /// Whether too much quiet time lies between the last raise and this moment (client-go `hasExpired`).
    fn is_expired(self, config: &BackoffConfig, at: Time) -> bool {
        at - self.last_update > config.forgotten_after
    }

    /// The window that opened at `since`, if `now` is inside it.
    fn window(self, since: Time, now: Time) -> Result<(), BackoffRefusal> {
        // A difference and not a sum: a window from the end of time must not close by saturation.
        let delay = self.delay;
        if now - since < delay { Err(BackoffRefusal { delay, until: since + delay }) } else { Ok(()) }
    }

    /// Counts once more, for something that happened at `at` (client-go `Backoff.Next`).
    fn raise(&mut self, config: &BackoffConfig, now: Time, at: Time) {
        let known = !self.is_none() && !self.is_expired(config, at);
        self.delay = if known { self.delay.saturating_mul(2).min(config.max) } else { config.initial };
        self.last_update = now;
    }
}

/// Crash loop.
impl Backoff {
    /// Asks to start a container, and counts the start if it may be (kubelet `doBackOff`).
    ///
    /// `exited_at` is that of [`newest_exit`]; without one the start passes and nothing is counted. Counted are starts that
    /// pass here, also if they fail afterwards, for want of the image for example.
    ///
    /// # Errors
    /// If the container has to wait: CrashLoopBackOff. Nothing is counted then.
    pub fn try_restart(&mut self, config: &BackoffConfig, now: Time, exited_at: Option<Time>) -> Result<(), BackoffRefusal> {
        self.check_restart(config, now, exited_at)?;
        if let Some(exited_at) = exited_at {
            self.count_restart(config, now, exited_at);
        }
        Ok(())
    }

    /// The counting of [`try_restart`](Self::try_restart) alone, for a start that was seen to be let through at about `now` (client-go `Backoff.Next`).
    pub fn count_restart(&mut self, config: &BackoffConfig, now: Time, exited_at: Time) {
        self.raise(config, now, exited_at);
    }

    /// The question of [`try_restart`](Self::try_restart) alone (client-go `IsInBackOffSince`).
    ///
    /// # Errors
    /// If the container would have to wait.
    pub fn check_restart(self, config: &BackoffConfig, now: Time, exited_at: Option<Time>) -> Result<(), BackoffRefusal> {
        match exited_at {
            Some(exited_at) if !self.is_expired(config, exited_at) => self.window(exited_at, now),
            _ => Ok(()),
        }
    }
}

/// Image pull.
impl Backoff {
    /// Whether the image may be pulled now (client-go `IsInBackOffSinceUpdate`, asked by the image manager about this moment).
    ///
    /// # Errors
    /// If the window of the last failed pull is still open: ImagePullBackOff.
    pub fn image_pull_allowed(self, config: &BackoffConfig, now: Time) -> Result<(), BackoffRefusal> {
        if self.is_expired(config, now) { Ok(()) } else { self.window(self.last_update, now) }
    }

    /// A pull failed: the window opens, twice as long as the last (kubelet image manager, client-go `Backoff.Next`).
    pub fn image_pull_failed(&mut self, config: &BackoffConfig, now: Time) {
        self.raise(config, now, now);
    }

    /// A pull succeeded. The kubelet then clears away what is outdated; a younger entry stays and counts on.
    pub fn image_pull_succeeded(&mut self, config: &BackoffConfig, now: Time) {
        self.collect_garbage(config, now);
    }
}

impl BackoffRefusal {
    /// The message of the waiting reason CrashLoopBackOff (kubelet `doBackOff`).
    pub fn crash_loop_message(&self, container: &str, pod: &ObjectMeta) -> String {
        let ObjectMeta { name, namespace, uid, .. } = pod;
        format!("back-off {} restarting failed container={container} pod={name}_{namespace}({uid})", self.delay)
    }
}

/// The message of the waiting reason ImagePullBackOff; `last_error` is that of the last failed pull, if it is known (kubelet
/// image manager).
pub fn image_pull_message(image: &str, last_error: Option<&str>) -> String {
    match last_error {
        Some(error) => format!("Back-off pulling image \"{image}\": ErrImagePull: {error}"),
        None => format!("Back-off pulling image \"{image}\""),
    }
}

/// The message of the waiting reason ErrImageNeverPull (kubelet image manager `imageNotPresentOnNeverPolicyError`).
pub fn image_never_pull_message(image: &str) -> String {
    format!("Container image \"{image}\" is not present with pull policy of Never")
}

/// The image that one of the two messages above names.
pub(crate) fn image_in_message(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("Back-off pulling image \"").or_else(|| message.strip_prefix("Container image \""))?;
    rest.split_once('"').map(|(image, _)| image)
}

/// From where the crash-loop window of a container counts: the end of its newest exited instance (kubelet `doBackOff`).
///
/// `None` if there is no exited instance. An end that the runtime did not tell is the epoch, as the CRI's 0 is read.
pub fn newest_exit(runtime: &impl Runtime, container: ContainerIndex) -> Option<Time> {
    let exited = runtime.instances(container).find(|instance| instance.state == InstanceState::Exited)?;
    Some(exited.finished_at.unwrap_or(Time::EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Time {
        Time::from_secs(1_000_000 + secs)
    }

    #[test]
    fn waits_double_from_the_second_exit_on() {
        let (config, mut backoff, mut now) = (BackoffConfig::default(), Backoff::default(), at(0));
        for wait in [0, 10, 20, 40, 80, 160, 300, 300] {
            let exit = now + Span::from_secs(1);
            if wait > 0 {
                let until = exit + Span::from_secs(wait);
                let refused = backoff.try_restart(&config, until - Span::from_nanos(1), Some(exit));
                assert_eq!(refused, Err(BackoffRefusal { delay: Span::from_secs(wait), until }));
            }
            now = exit + Span::from_secs(wait);
            assert_eq!(backoff.try_restart(&config, now, Some(exit)), Ok(()));
        }
    }

    #[test]
    fn only_more_than_ten_minutes_of_running_reset_it() {
        let config = BackoffConfig::crash_loop(Some(Span::from_secs(60)), &Gates::default());
        for (ran, delay) in [(600, 20), (601, 10)] {
            let mut backoff = Backoff::default();
            assert_eq!(backoff.try_restart(&config, at(0), Some(at(0))), Ok(()));
            assert_eq!(backoff.try_restart(&config, at(ran + 10), Some(at(ran))), Ok(()));
            assert_eq!(backoff.delay(), Span::from_secs(delay));
        }
    }

    #[test]
    fn housekeeping_ends_a_window_that_is_still_open() {
        let (config, mut backoff) = (BackoffConfig::default(), Backoff { delay: MAX, last_update: at(0) });
        backoff.collect_garbage(&config, at(600));
        assert!(backoff.check_restart(&config, at(600), Some(at(500))).is_err());
        assert_eq!(backoff.remembered_until(&config), Some(at(600)));
        backoff.collect_garbage(&config, at(601));
        assert_eq!(backoff.check_restart(&config, at(601), Some(at(500))), Ok(()));
        assert!(backoff.is_none());
    }

    #[test]
    fn a_start_without_an_exit_before_it_counts_nothing() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.try_restart(&BackoffConfig::default(), at(0), None), Ok(()));
        assert!(backoff.is_none() && backoff.last_update().is_none());
    }

    #[test]
    fn a_failed_pull_opens_a_window_at_once() {
        let (config, mut backoff) = (BackoffConfig::image_pull(), Backoff::default());
        assert_eq!(backoff.image_pull_allowed(&config, at(0)), Ok(()));
        backoff.image_pull_failed(&config, at(0));
        assert_eq!(backoff.image_pull_allowed(&config, at(9)), Err(BackoffRefusal { delay: INITIAL, until: at(10) }));
        assert_eq!(backoff.image_pull_allowed(&config, at(10)), Ok(()));
        backoff.image_pull_succeeded(&config, at(10));
        backoff.image_pull_failed(&config, at(610));
        assert_eq!(backoff.delay(), INITIAL);
        backoff.image_pull_failed(&config, at(1210));
        assert_eq!(backoff.delay(), Span::from_secs(20));
    }

    #[test]
    fn messages_are_the_kubelets() {
        let pod = ObjectMeta { name: "p".into(), namespace: "ns".into(), uid: "u1".into(), ..ObjectMeta::default() };
        let refusal = BackoffRefusal { delay: Span::from_secs(160), until: at(0) };
        assert_eq!(refusal.crash_loop_message("c", &pod), "back-off 2m40s restarting failed container=c pod=p_ns(u1)");
        assert_eq!(image_pull_message("x", Some("boom")), "Back-off pulling image \"x\": ErrImagePull: boom");
    }

    #[test]
    fn an_entry_is_two_words() {
        assert_eq!(size_of::<Backoff>(), 16);
    }

    #[test]
    fn extreme_moments_do_not_panic() {
        let (config, mut backoff) = (BackoffConfig::new(Span::MAX, Span::MAX, Span::MAX), Backoff::default());
        for now in [Time::MAX, Time::from_nanos(i64::MIN), Time::EPOCH] {
            for exit in [Time::MAX, Time::from_nanos(i64::MIN)] {
                let _ = backoff.try_restart(&config, now, Some(exit));
                backoff.image_pull_failed(&config, now);
            }
        }
        assert_eq!(backoff.delay(), Span::MAX);
    }

    #[test]
    fn the_kubelets_periods() {
        let gates = |max, reduced| Gates {
            kubelet_crash_loop_back_off_max: max,
            reduce_default_crash_loop_back_off_decay: reduced,
            ..Gates::default()
        };
        let of = |config: BackoffConfig| [config.initial(), config.max(), config.forgotten_after()].map(|span| span.secs());
        let loops = |period: Option<i64>, gates: &Gates| of(BackoffConfig::crash_loop(period.map(Span::from_secs), gates));
        assert_eq!(of(BackoffConfig::default()), [10, 300, 600]);
        assert_eq!(of(BackoffConfig::image_pull()), [10, 300, 600]);
        assert_eq!(loops(Some(20), &gates(true, false)), [10, 20, 600]);
        assert_eq!(loops(Some(20), &gates(false, false)), [10, 300, 600]);
        assert_eq!(loops(None, &gates(true, true)), [1, 60, 600]);
        assert_eq!(loops(Some(5), &gates(true, true)), [1, 5, 600]);
    }
    #[test]
    fn a_crash_loop_counts_from_the_newest_end() {
        use crate::observation::{Observation, ObservedPod};
        let spec = crate::Spec::as_given(serde_json::from_str(r#"{"containers": [{"name": "c"}]}"#).unwrap());
        let of = |instances: &str| {
            let seen: Observation = serde_json::from_str(&alloc::format!(r#"{{"containers": [{instances}]}}"#)).unwrap();
            newest_exit(&ObservedPod::new(&spec, &seen), ContainerIndex::new(0))
        };
        let running = r#"{"name": "c", "state": "running"}"#;
        let exited = |second: u8| alloc::format!(r#"{{"name": "c", "state": "exited", "finishedAt": "2026-01-01T00:00:0{second}Z"}}"#);
        assert_eq!((of(""), of(running)), (None, None));
        assert_eq!(of(&alloc::format!("{running}, {}, {}", exited(7), exited(3))), Some(Time::from_secs(1_767_225_607)));
        assert_eq!(of(r#"{"name": "c", "state": "exited"}"#), Some(Time::EPOCH));
    }
}
