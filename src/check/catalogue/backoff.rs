//! `BO`: the back-off of containers that keep ending.
//!
//! The kubelet keeps the back-off in its memory, so the [`Memory`] here is what the stream lets one know of it: each restart that was seen counts, and
//! whatever may have cleared the kubelet's entry clears this one. It never holds a container to more than the kubelet did.

use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::containers::life::{BACKS_OFF, ENDS, ENDS_AGAIN, RESTARTED_LATE, RESTARTS, RESTARTS_LATE};
use crate::check::catalogue::containers::window::synthetic;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::version::{Change, Container, Version};
use crate::rules::backoff::{Backoff, BackoffConfig, BackoffRefusal};
use crate::rules::conditions::KubeletCondition;
use crate::rules::view::WaitingReason;
use crate::spec::{ContainerIndex, ContainerKind, ContainerSpec, ProbeKind, Spec};
use crate::time::{Span, Time};
use alloc::vec::Vec;

pub(in crate::check) const RULES: &[Rule] = &[Rule::should(
    "BO-01",
    "crash back-off: the n-th restart (n ≥ 2) starts not before min(10·2ⁿ⁻², 300) − 1 s after the exit before it",
    Check::Change(waits_long_enough),
)
.asks_change_for(Facts::MOVED)
.source_is("kubelet doBackOff")
.unless(
    "liveness and startup kills and postStart failures, if the exit was not seen before the restart; another image or other resources; a restart of all \
     containers, a loss, a new sandbox; an instance that ran for more than 10 min; the kubelet restarted: then the reason CrashLoopBackOff is \
     missing before a late restart, or the termination is shown again after it",
)
.with_spec()
.silent_on(RUNNING, &[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF, RESTARTS_LATE])
.fires_on(
    RUNNING,
    &[
        ENDS,
        RESTARTS,
        ENDS_AGAIN,
        BACKS_OFF,
        &[RESTARTED_LATE, "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:07Z"],
    ],
)];

/// The back-offs of the containers of one Pod, as far as the stream tells.
#[derive(Clone, Debug)]
pub(in crate::check) struct Memory {
    /// By [`ContainerIndex`]; shorter where nothing is to be remembered of the containers behind.
    loops: Vec<Loop>,
    /// Since when the sandbox is ready.
    ready_since: Option<Time>,
}

/// The restarts of one container.
#[derive(Clone, Copy, Debug, Default)]
struct Loop {
    backoff: Backoff,
    /// The next start may be one that follows a kill, and so waits for nothing and counts nothing: in a new sandbox, of another image.
    is_free: bool,
    /// The last restart was excused by a restart of the kubelet.
    excused: bool,
}

/// A start of an instance after the end of another one.
#[derive(Clone, Copy, Debug)]
struct Restart {
    exited_at: Time,
    started_at: Time,
    /// When the instance that ended had started.
    ran_since: Option<Time>,
    before: Before,
}

/// How the instance that ended was shown in the version before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Running,
    Terminated,
    BackedOff,
    /// In some other way, or not at all.
    Other,
}

/// What the stream tells of a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It waited, or had not to.
    Counted,
    /// The kubelet's back-off does not know it, or need not.
    Uncounted,
    /// The kubelet had just forgotten the back-off.
    KubeletRestarted,
    /// It had to wait.
    Early(BackoffRefusal),
}

/// What a kubelet does without being held up it does within this time.
const PROMPT: Span = Span::from_secs(5);

/// A start is let through so long before it is seen at the most: the image may have to be pulled.
const PULL: Span = Span::from_secs(30);

/// Times are in whole seconds.
const ROUNDING: Span = Span::from_secs(1);

impl Memory {
    pub(in crate::check) const NEW: Self = Self { loops: Vec::new(), ready_since: None };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        if let Some(change) = change {
            if change.gap {
                self.loops.clear();
            }
            let is_new_sandbox = self.is_new_sandbox(change);
            for (old, new) in change.both() {
                if let Some(index) = new.index.filter(|_| new.kind != ContainerKind::Ephemeral) {
                    self.learn_container(change, index, (&old, &new), is_new_sandbox || is_other_key(change, index, &old, &new));
                }
            }
        }
        self.ready_since = ready_since(new).or(self.ready_since);
    }

    fn learn_container(&mut self, change: &Change<'_>, index: ContainerIndex, (old, new): (&Container<'_>, &Container<'_>), is_free: bool) {
        if is_free {
            self.keep(index, Loop { is_free, ..Loop::default() });
        } else if let Some(known) = self.loops.get_mut(index.get())
            && (is_shown_again(old, new) || new.last().and_then(synthetic).is_some())
        {
            known.backoff = Backoff::default();
        }
        let Some(restart) = restart_of(old, new) else { return };
        let (mut known, config) = (self.known(index), config(change));
        let verdict = known.judge(new, restart, &config);
        known.backoff = match verdict {
            Verdict::KubeletRestarted => Backoff::default(),
            _ => known.backoff_at(restart, &config),
        };
        if verdict != Verdict::Uncounted {
            known.backoff.count_restart(&config, (restart.started_at - PULL).max(restart.exited_at), restart.exited_at);
        }
        known.excused = verdict == Verdict::KubeletRestarted || (known.excused && restart.before == Before::Terminated);
        known.is_free = false;
        self.keep(index, known);
    }

    fn known(&self, index: ContainerIndex) -> Loop {
        self.loops.get(index.get()).copied().unwrap_or_default()
    }

    fn keep(&mut self, index: ContainerIndex, known: Loop) {
        if self.loops.len() <= index.get() {
            self.loops.resize(index.get() + 1, Loop::default());
        }
        self.loops[index.get()] = known;
    }

    /// Whether the Pod has got another sandbox: the condition tells by its time, or the address does.
    fn is_new_sandbox(&self, change: &Change<'_>) -> bool {
        let is_another = |since| self.ready_since.is_some_and(|before| before != since);
        let (old, new) = (&change.old.status().pod_ip, &change.new.status().pod_ip);
        ready_since(change.new).is_some_and(is_another) || (!old.is_empty() && !new.is_empty() && old != new)
    }
}

impl Loop {
    fn judge(&self, new: &Container<'_>, restart: Restart, config: &BackoffConfig) -> Verdict {
        let is_killed = || new.spec.is_none_or(may_be_killed);
        if self.is_free || (restart.before == Before::Running && is_killed()) {
            return Verdict::Uncounted;
        }
        let backoff = self.backoff_at(restart, config);
        let is_late = restart.started_at - restart.exited_at >= PROMPT;
        if restart.before == Before::Terminated && is_late && !backoff.is_none() && !self.excused {
            return Verdict::KubeletRestarted;
        }
        match backoff.check_restart(config, restart.started_at + ROUNDING, Some(restart.exited_at)) {
            Ok(()) => Verdict::Counted,
            Err(refusal) => Verdict::Early(refusal),
        }
    }

    /// The back-off that this restart met.
    fn backoff_at(&self, restart: Restart, config: &BackoffConfig) -> Backoff {
        let mut backoff = self.backoff;
        backoff.collect_garbage(config, restart.started_at + ROUNDING);
        if restart.before == Before::BackedOff && self.backoff.is_none() {
            // A start was refused, so one before it had counted: that of the instance that ended, if none before.
            let counted = restart.ran_since.unwrap_or(restart.exited_at);
            backoff.count_restart(config, counted, counted);
        }
        backoff
    }
}

fn waits_long_enough(change: &Change<'_>, report: &mut Report<'_, '_>) {
    if change.gap {
        return;
    }
    let memory = &change.new.history.backoff;
    for (old, new) in change.both() {
        let (Some(index), Some(restart)) = (new.index, restart_of(&old, &new)) else { continue };
        if memory.is_new_sandbox(change) || is_other_key(change, index, &old, &new) {
            continue;
        }
        if let Verdict::Early(refusal) = memory.known(index).judge(&new, restart, &config(change)) {
            let Restart { exited_at, started_at, .. } = restart;
            let message = format_args!(
                "restart {} came {} after the exit at {exited_at}, and the back-off was {} by then",
                new.status.restart_count,
                started_at - exited_at,
                refusal.delay
            );
            report.change(new.path("state"), old.state(), format_args!("{} at {started_at}", new.state()), message);
        }
    }
}

/// The restart that this change shows, if it tells when it was, and when the instance before it ended.
fn restart_of(old: &Container<'_>, new: &Container<'_>) -> Option<Restart> {
    let (before, after) = (old.status, new.status);
    let is_new = !after.container_id.is_empty() && after.container_id != before.container_id && after.restart_count > before.restart_count;
    if !is_new || new.kind == ContainerKind::Ephemeral {
        return None;
    }
    let last = new.last().filter(|last| !last.container_id.is_empty() && last.container_id != after.container_id)?;
    let ended = new.terminated().filter(|end| end.container_id == after.container_id);
    let started_at = new.running().and_then(|running| running.started_at).or(ended.and_then(|end| end.started_at));
    let backed_off = |reason| WaitingReason::from_text(reason) == WaitingReason::CrashLoopBackOff;
    let before = if before.container_id != last.container_id {
        Before::Other
    } else if old.running().is_some() {
        Before::Running
    } else if old.terminated().is_some() {
        Before::Terminated
    } else if old.waiting().is_some_and(|waiting| backed_off(&waiting.reason)) {
        Before::BackedOff
    } else {
        Before::Other
    };
    Some(Restart {
        exited_at: last.finished_at?,
        // What could not be started has the epoch.
        started_at: started_at.filter(|started| *started != Time::EPOCH)?,
        ran_since: last.started_at.filter(|started| *started != Time::EPOCH),
        before,
    })
}

/// Whether the kubelet may kill the container and start it again before it sees that it ended.
fn may_be_killed(spec: &ContainerSpec) -> bool {
    spec.probe(ProbeKind::Liveness).is_some() || spec.probe(ProbeKind::Startup).is_some() || spec.post_start().is_some()
}

/// Whether the container's image or resources changed, by which the kubelet keeps its back-offs, or may have.
fn is_other_key(change: &Change<'_>, index: ContainerIndex, old: &Container<'_>, new: &Container<'_>) -> bool {
    // Before its first instance a container has none in its status.
    let has_both = !old.status.container_id.is_empty() && !new.status.container_id.is_empty();
    let resizes = |version: &Version<'_>| version.condition(KubeletCondition::PodResizePending).is_some();
    is_changed(change.old.spec(), change.new.spec(), index)
        || (has_both && old.status.allocated_resources != new.status.allocated_resources)
        || resizes(change.old)
        || resizes(change.new)
}

fn is_changed(old: Option<&Spec>, new: Option<&Spec>, index: ContainerIndex) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return true };
    if core::ptr::eq(old, new) {
        return false;
    }
    let has = |spec: &Spec| index.get() < spec.containers().len();
    if !has(old) || !has(new) {
        return true;
    }
    let (old, new) = (old.api_container(index), new.api_container(index));
    old.image != new.image || old.resources != new.resources
}

/// Whether a restarted kubelet shows the end of the instance again, since it does not remember that its restart was refused.
fn is_shown_again(old: &Container<'_>, new: &Container<'_>) -> bool {
    old.waiting().is_some() && new.terminated().is_some() && old.status.container_id == new.status.container_id
}

fn ready_since(version: &Version<'_>) -> Option<Time> {
    let condition = version.condition(KubeletCondition::PodReadyToStartContainers)?;
    condition.last_transition_time.filter(|_| version.holds(KubeletCondition::PodReadyToStartContainers))
}

fn config(change: &Change<'_>) -> BackoffConfig {
    BackoffConfig::crash_loop(None, change.new.gates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue::containers::life::{ALL_READY, ALL_UNREADY, ENDED, READY, RESTARTED, UNREADY};
    use crate::check::example::{Example, Step};
    use crate::check::{Checker, Options};

    /// How often the rule fires.
    fn fired(steps: &'static [Step]) -> usize {
        let mut options = Options::default();
        options.rules.push("BO-01".into());
        let (mut checker, mut found) = (Checker::with(options), 0);
        for (n, event) in (Example { base: RUNNING, steps }).events().unwrap().into_iter().enumerate() {
            checker.event(event, n as u64, &mut |_| found += 1);
        }
        found
    }

    const AT_ONCE: &str = "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:07Z";
    const PROBED: &str = "spec.containers[web].livenessProbe = {\"exec\": {}}";

    #[test]
    fn who_keeps_no_back_off_is_found() {
        assert_eq!(fired(&[ENDS, RESTARTS, ENDS_AGAIN, &[RESTARTED_LATE, AT_ONCE]]), 1);
        assert_eq!(fired(&[RESTARTS, &[RESTARTED_LATE, AT_ONCE]]), 1, "without a probe an instance that ran ended by itself");
    }

    #[test]
    fn a_spec_that_changes_in_another_place_keeps_the_back_off() {
        const TOLERATES: Step =
            &["metadata.generation = 2", "status.observedGeneration = 2", r#"spec.tolerations = [{"operator": "Exists"}]"#];
        assert_eq!(fired(&[ENDS, RESTARTS, TOLERATES, ENDS_AGAIN, &[RESTARTED_LATE, AT_ONCE]]), 1);
    }

    /// They are told from the first instance on.
    #[test]
    fn allocated_resources_that_show_for_the_first_time_have_not_changed() {
        const ALLOCATED: &str = r#"status.containerStatuses[web].allocatedResources = {"cpu": "1"}"#;
        const WAITS: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "", "ready": false, "started": false, "restartCount": 0, "lastState": {}, "state": {"waiting": {"reason": "ContainerCreating"}}}"#;
        const RUNS: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a0", "ready": true, "started": true, "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}"#;
        let lives: [&'static [Step]; 2] = [
            &[&[WAITS], &[RUNS], ENDS, RESTARTS, &[RESTARTED_LATE, AT_ONCE]],
            &[
                &[WAITS],
                &[RUNS, ALLOCATED],
                &[UNREADY, ALL_UNREADY, ENDED, ALLOCATED],
                &[READY, ALL_READY, RESTARTED, ALLOCATED],
                &[RESTARTED_LATE, AT_ONCE, ALLOCATED],
            ],
        ];
        assert_eq!(lives.map(fired), [1, 1]);
    }

    #[test]
    fn a_restarted_kubelet_begins_anew() {
        const THIRD: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a3", "ready": true, "started": true, "restartCount": 3, "lastState": {"terminated": {"exitCode": 2, "reason": "Error", "containerID": "containerd://a2", "startedAt": "2026-01-01T00:00:16Z", "finishedAt": "2026-01-01T00:00:18Z"}}, "state": {"running": {"startedAt": "2026-01-01T00:00:28Z"}}}"#;
        const WAITS: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a2", "ready": false, "started": false, "restartCount": 2, "lastState": {"terminated": {"exitCode": 2, "reason": "Error", "containerID": "containerd://a2", "startedAt": "2026-01-01T00:00:16Z", "finishedAt": "2026-01-01T00:00:18Z"}}, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}"#;
        // Ten seconds are too few for the third restart, but not after a late second one without CrashLoopBackOff before it.
        assert_eq!(fired(&[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF, RESTARTS_LATE, &[WAITS], &[THIRD]]), 1);
        assert_eq!(fired(&[ENDS, RESTARTS, ENDS_AGAIN, RESTARTS_LATE, &[WAITS], &[THIRD]]), 0);
        // Nor if the end of the second is shown once more.
        assert_eq!(fired(&[ENDS, RESTARTS, ENDS_AGAIN, BACKS_OFF, ENDS_AGAIN, &[RESTARTED_LATE, AT_ONCE]]), 0);
    }

    #[test]
    fn kills_are_not_held_back() {
        assert_eq!(fired(&[&[PROBED], RESTARTS, &[RESTARTED_LATE, AT_ONCE]]), 0);
        assert_eq!(fired(&[&[PROBED], RESTARTS, BACKS_OFF, &[RESTARTED_LATE, AT_ONCE]]), 1, "a start that was refused waits ten seconds");
        const NEW_SANDBOX: &str = "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:06Z";
        assert_eq!(fired(&[ENDS, RESTARTS, &[NEW_SANDBOX], &[RESTARTED_LATE, AT_ONCE]]), 0);
        const OTHER_IMAGE: Step = &["metadata.generation = 2", "status.observedGeneration = 2", "spec.containers[web].image = nginx:2"];
        assert_eq!(fired(&[ENDS, RESTARTS, OTHER_IMAGE, &[RESTARTED_LATE, AT_ONCE]]), 0);
    }

    #[test]
    fn a_long_run_ends_the_back_off() {
        const RAN: &str = "status.containerStatuses[web].lastState.terminated.finishedAt = 2026-01-01T00:10:06Z";
        const AFTER: &str = "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:10:06Z";
        assert_eq!(fired(&[ENDS, RESTARTS, &["t = 606", RESTARTED_LATE, RAN, AFTER]]), 0);
    }
}
