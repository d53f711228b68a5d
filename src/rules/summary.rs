//! What `kubectl get pod` prints of a Pod (kubectl `printPod`).
//!
//! The column STATUS is no field of the API: it is read from phase, reason, conditions and container statuses, and where
//! these disagree the order of the looks decides. [`summary`] takes the same looks in the same order.

use crate::api::{ConditionStatus, ConditionType, ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodStatus};
use crate::spec::ContainerKind;
use crate::time::{Span, Time};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

/// The columns READY, STATUS and RESTARTS of a Pod, and what AGE is counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Ready containers, and all that count: regular ones and sidecars.
    pub ready: (usize, usize),
    /// The word of the column STATUS.
    pub status: String,
    /// Restarts of regular containers and sidecars; while the Pod initializes, those of the init containers.
    pub restarts: i64,
    /// The latest end of an instance that was restarted.
    pub last_restart: Option<Time>,
    /// When the Pod was created.
    pub created: Option<Time>,
}

/// Summarises a Pod as kubectl 1.36 does (`printPod`).
pub fn summary(pod: &Pod) -> Summary {
    let status = &pod.status;
    let sidecars = pod.spec.init_containers.iter().filter(|c| ContainerKind::of_init(c) == ContainerKind::Sidecar).count();
    let init = initialization(pod);
    let mut word = init.word.clone().unwrap_or_else(|| pod_word(status));
    let (mut ready, mut restarts) = (init.ready_sidecars, init.all);
    if init.word.is_none() || condition_is_true(status, &ConditionType::Initialized) {
        restarts = init.sidecars;
        let mut some_run = false;
        // The first container in the list with something to say has the last word.
        for container in status.container_statuses.iter().rev() {
            restarts.add(container);
            if let Some(reason) = container_word(&container.state) {
                word = reason;
            } else if container.ready && container.state.running.is_some() {
                some_run = true;
                ready += 1;
            }
        }
        if word == "Completed" && some_run {
            word = if condition_is_true(status, &ConditionType::Ready) { "Running" } else { "NotReady" }.into();
        }
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason == "NodeLost" {
            word = "Unknown".into();
        } else if !status.phase.is_some_and(|phase| phase.is_terminal()) {
            word = "Terminating".into();
        }
    }
    Summary {
        ready: (ready, pod.spec.containers.len() + sidecars),
        status: word,
        restarts: restarts.count,
        last_restart: restarts.last,
        created: pod.metadata.creation_timestamp,
    }
}

impl Summary {
    /// The column READY: `1/2` (`printPod`).
    pub fn ready_column(&self) -> impl fmt::Display + use<> {
        let (ready, total) = self.ready;
        fmt::from_fn(move |f| f.pad(&format!("{ready}/{total}")))
    }

    /// The column RESTARTS as of now: `3`, or `3 (5m ago)` where the end of a restarted instance is known (`printPod`).
    pub fn restarts_column(&self, now: Time) -> impl fmt::Display + use<> {
        let ago = self.last_restart.filter(|_| self.restarts != 0).map(|at| HumanSpan(now - at));
        let restarts = self.restarts;
        fmt::from_fn(move |f| match ago {
            Some(ago) => f.pad(&format!("{restarts} ({ago} ago)")),
            None => f.pad(&restarts.to_string()),
        })
    }

    /// The column AGE as of now: `5m`, or `<unknown>` without a time of creation (kubectl `translateTimestampSince`).
    pub fn age_column(&self, now: Time) -> impl fmt::Display + use<> {
        let age = self.created.map(|at| HumanSpan(now - at));
        fmt::from_fn(move |f| match age {
            Some(age) => f.pad(&age.to_string()),
            None => f.pad("<unknown>"),
        })
    }

    /// The four columns as of now: `1/2  CrashLoopBackOff  3 (5m ago)  2d3h`.
    pub fn at(&self, now: Time) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| {
            let Self { status, .. } = self;
            write!(f, "{}  {status}  {}  {}", self.ready_column(), self.restarts_column(now), self.age_column(now))
        })
    }
}

/// A length of time as kubectl prints it: its two leading units at most, the more roughly the longer it is.
///
/// Less than two seconds of the future are now, since clocks differ; more is `<invalid>` (`HumanDuration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanSpan(pub Span);

impl fmt::Display for HumanSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        const YEAR: i64 = 365 * DAY;
        let secs = self.0.secs();
        // Up to which length, in what unit, and in what smaller one the rest.
        let (unit, rest) = match secs {
            ..-1 => return f.pad("<invalid>"),
            -1..0 => return f.pad("0s"),
            _ if secs < 2 * MINUTE => ((1, "s"), None),
            _ if secs < 10 * MINUTE => ((MINUTE, "m"), Some((1, "s"))),
            _ if secs < 3 * HOUR => ((MINUTE, "m"), None),
            _ if secs < 8 * HOUR => ((HOUR, "h"), Some((MINUTE, "m"))),
            _ if secs < 2 * DAY => ((HOUR, "h"), None),
            _ if secs < 8 * DAY => ((DAY, "d"), Some((HOUR, "h"))),
            _ if secs < 2 * YEAR => ((DAY, "d"), None),
            _ if secs < 8 * YEAR => ((YEAR, "y"), Some((DAY, "d"))),
            _ => ((YEAR, "y"), None),
        };
        let mut text = format!("{}{}", secs / unit.0, unit.1);
        if let Some((size, name)) = rest
            && secs % unit.0 / size > 0
        {
            text += &format!("{}{name}", secs % unit.0 / size);
        }
        f.pad(&text)
    }
}

/// Restarts counted so far.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count += i64::from(container.restart_count);
        self.last = self.last.max(container.last_state.terminated.as_ref().and_then(|end| end.finished_at));
    }
}

/// What the init containers have to say.
#[derive(Default)]
struct Initialization {
    /// Why the Pod still initializes; `None` if it does not.
    word: Option<String>,
    ready_sidecars: usize,
    sidecars: Restarts,
    all: Restarts,
}

/// Looks at the init containers in their order, up to the first that is not done.
fn initialization(pod: &Pod) -> Initialization {
    let mut seen = Initialization::default();
    for (n, container) in pod.status.init_container_statuses.iter().enumerate() {
        let spec = pod.spec.init_containers.iter().find(|spec| spec.name == container.name);
        let is_sidecar = spec.is_some_and(|spec| ContainerKind::of_init(spec) == ContainerKind::Sidecar);
        seen.all.add(container);
        if is_sidecar {
            seen.sidecars.add(container);
        }
        let ContainerState { terminated, waiting, .. } = &container.state;
        let word = match (terminated, waiting) {
            (Some(end), _) if end.exit_code == 0 => continue,
            _ if is_sidecar && container.started == Some(true) => {
                seen.ready_sidecars += usize::from(container.ready);
                continue;
            }
            (Some(end), _) => terminated_word(end),
            (None, Some(waiting)) if !matches!(waiting.reason.as_str(), "" | "PodInitializing") => waiting.reason.clone(),
            _ => format!("{n}/{}", pod.spec.init_containers.len()),
        };
        seen.word = Some(format!("Init:{word}"));
        break;
    }
    seen
}

/// What phase, reason and scheduling gates say.
fn pod_word(status: &PodStatus) -> String {
    let gated =
        |condition: &crate::api::PodCondition| condition.type_ == ConditionType::PodScheduled && condition.reason == "SchedulingGated";
    if status.conditions.iter().any(gated) {
        "SchedulingGated".into()
    } else if !status.reason.is_empty() {
        status.reason.clone()
    } else {
        status.phase.map_or_else(String::new, |phase| phase.as_str().into())
    }
}

/// What the state of a container says; `None` if it runs, or waits without a reason.
fn container_word(state: &ContainerState) -> Option<String> {
    match (&state.waiting, &state.terminated) {
        (Some(waiting), _) if !waiting.reason.is_empty() => Some(waiting.reason.clone()),
        (_, Some(end)) => Some(terminated_word(end)),
        _ => None,
    }
}

fn terminated_word(end: &ContainerStateTerminated) -> String {
    match end {
        ContainerStateTerminated { reason, .. } if !reason.is_empty() => reason.clone(),
        ContainerStateTerminated { signal: 0, exit_code, .. } => format!("ExitCode:{exit_code}"),
        ContainerStateTerminated { signal, .. } => format!("Signal:{signal}"),
    }
}

fn condition_is_true(status: &PodStatus, type_: &ConditionType) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == *type_ && condition.status == ConditionStatus::True)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A Pod with the containers a and b behind an init container and a sidecar.
    fn summarised(status: Value) -> Summary {
        let mut pod = json!({
            "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {
                "initContainers": [{"name": "init"}, {"name": "sidecar", "restartPolicy": "Always"}],
                "containers": [{"name": "a"}, {"name": "b"}]
            }
        });
        if status["deleted"] == true {
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        pod["status"] = status;
        summary(&serde_json::from_value(pod).unwrap())
    }

    fn init(first: Value, second: Value) -> Value {
        json!({"phase": "Pending", "initContainerStatuses": [named("init", first), named("sidecar", second)],
            "containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "PodInitializing"}}}]})
    }

    fn named(name: &str, mut container: Value) -> Value {
        container["name"] = json!(name);
        container
    }

    #[test]
    fn each_word_of_the_column_status() {
        let waiting = |reason: &str| json!({"state": {"waiting": {"reason": reason}}});
        let ended = |end: Value| json!({"state": {"terminated": end}});
        let done = || ended(json!({"exitCode": 0, "reason": "Completed"}));
        let up = || json!({"state": {"running": {}}, "started": true, "ready": true});
        let run = |a: Value, b: Value| json!({"phase": "Running", "containerStatuses": [named("a", a), named("b", b)]});
        let ready = |mut status: Value| {
            status["conditions"] = json!([{"type": "Ready", "status": "True"}]);
            status
        };
        let deleted = |mut status: Value| {
            status["deleted"] = json!(true);
            status
        };
        let initialized = |mut status: Value, containers: Value| {
            status["conditions"] = json!([{"type": "Initialized", "status": "True"}]);
            status["containerStatuses"] = containers;
            status
        };
        let scheduled =
            |reason: &str| json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": reason}]});
        let error = || ended(json!({"exitCode": 1, "reason": "Error"}));
        for (status, expected) in [
            // Phase, reason and gates.
            (json!({}), ""),
            (json!({"phase": "Pending"}), "Pending"),
            (json!({"phase": "Unknown"}), "Unknown"),
            (json!({"phase": "Failed", "reason": "Evicted"}), "Evicted"),
            (json!({"phase": "Running", "reason": "NodeLost"}), "NodeLost"),
            (scheduled("SchedulingGated"), "SchedulingGated"),
            (scheduled("Unschedulable"), "Pending"),
            // Init containers: the first that is not done has the word.
            (init(json!({"state": {"waiting": {}}}), json!({})), "Init:0/2"),
            (init(waiting("PodInitializing"), waiting("PodInitializing")), "Init:0/2"),
            (init(json!({"state": {"running": {}}, "started": true}), waiting("PodInitializing")), "Init:0/2"),
            (init(waiting("ErrImagePull"), waiting("PodInitializing")), "Init:ErrImagePull"),
            (init(waiting("CrashLoopBackOff"), json!({})), "Init:CrashLoopBackOff"),
            (init(error(), json!({})), "Init:Error"),
            (init(ended(json!({"exitCode": 3})), json!({})), "Init:ExitCode:3"),
            (init(ended(json!({"exitCode": 137, "signal": 9})), json!({})), "Init:Signal:9"),
            (init(done(), json!({"state": {"running": {}}, "started": false})), "Init:1/2"),
            (init(done(), waiting("CrashLoopBackOff")), "Init:CrashLoopBackOff"),
            (init(done(), error()), "Init:Error"),
            (init(done(), up()), "PodInitializing"),
            // Once initialized, a sidecar has the word only where no regular container has one.
            (initialized(init(done(), waiting("CrashLoopBackOff")), json!([named("a", up())])), "Init:CrashLoopBackOff"),
            (initialized(init(done(), error()), json!([named("a", done())])), "Completed"),
            // Regular containers: the first in the list has the last word.
            (run(waiting("ContainerCreating"), waiting("ContainerCreating")), "ContainerCreating"),
            (run(waiting("ImagePullBackOff"), up()), "ImagePullBackOff"),
            (run(waiting("CrashLoopBackOff"), up()), "CrashLoopBackOff"),
            (run(up(), waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
            (run(json!({"state": {"waiting": {}}}), up()), "Running"),
            (run(error(), done()), "Error"),
            (run(done(), error()), "Completed"),
            (run(ended(json!({"exitCode": 3})), up()), "ExitCode:3"),
            (run(ended(json!({"exitCode": 137, "signal": 9})), up()), "Signal:9"),
            (run(ended(json!({"exitCode": 137, "reason": "OOMKilled"})), up()), "OOMKilled"),
            (json!({"phase": "Failed", "reason": "Evicted", "containerStatuses": [named("a", error())]}), "Error"),
            (run(up(), up()), "Running"),
            // Where one has completed and another is ready, the Pod is not over yet.
            (run(done(), done()), "Completed"),
            (run(done(), json!({"state": {"running": {}}, "ready": false})), "Completed"),
            (run(done(), up()), "NotReady"),
            (ready(run(done(), up())), "Running"),
            (ready(run(error(), up())), "Error"),
            (
                json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}, {"type": "Initialized", "status": "True"}],
                "containerStatuses": [named("a", done()), named("b", up())]}),
                "NotReady",
            ),
            // Deletion comes last, and not for what has ended.
            (deleted(run(waiting("CrashLoopBackOff"), up())), "Terminating"),
            (deleted(init(waiting("CrashLoopBackOff"), json!({}))), "Terminating"),
            (deleted(scheduled("SchedulingGated")), "Terminating"),
            (deleted(json!({"phase": "Succeeded"})), "Succeeded"),
            (deleted(json!({"phase": "Failed", "reason": "Evicted"})), "Evicted"),
            (deleted(json!({"phase": "Running", "reason": "NodeLost"})), "Unknown"),
            (deleted(json!({"phase": "Failed", "reason": "NodeLost"})), "Unknown"),
        ] {
            assert_eq!(summarised(status.clone()).status, expected, "{status}");
        }
    }

    #[test]
    fn sidecars_count_as_ready_and_for_restarts() {
        let ended_at = |time: &str| json!({"terminated": {"exitCode": 1, "finishedAt": time}});
        let mut status = init(
            json!({"state": {"terminated": {"exitCode": 0}}, "restartCount": 7, "lastState": ended_at("2026-01-01T09:00:00Z")}),
            json!({"state": {"running": {}}, "started": true, "ready": true, "restartCount": 2, "lastState": ended_at("2026-01-01T00:01:00Z")}),
        );
        status["containerStatuses"] = json!([
            {"name": "a", "state": {"running": {}}, "ready": true, "restartCount": 1},
            {"name": "b", "state": {"running": {}}, "ready": false, "restartCount": 0}
        ]);
        let now: Time = Time::from_secs(1_767_225_600) + Span::from_secs(360);
        let seen = summarised(status.clone());
        assert_eq!((seen.ready, seen.restarts), ((2, 3), 3));
        assert_eq!(seen.at(now).to_string(), "2/3  Pending  3 (5m ago)  6m");
        // While it initializes, the restarts are those of the init containers up to the one it waits for.
        status["initContainerStatuses"][0]["state"] = json!({"running": {}});
        let seen = summarised(status.clone());
        assert_eq!((seen.ready, seen.restarts, seen.status.as_str()), ((0, 3), 7, "Init:0/2"));
        // Once it was initialized, init containers that run again do not hide the others.
        status["conditions"] = json!([{"type": "Initialized", "status": "True"}]);
        let seen = summarised(status);
        assert_eq!((seen.ready, seen.restarts, seen.status.as_str()), ((1, 3), 1, "Init:0/2"));
        assert_eq!(seen.restarts_column(now).to_string(), "1");
        assert_eq!(summary(&Pod::default()).at(now).to_string(), "0/0    0  <unknown>");
    }

    #[test]
    fn lengths_of_time_for_humans() {
        const HOUR: i64 = 3600;
        const DAY: i64 = 24 * HOUR;
        for (secs, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (599, "9m59s"),
            (600, "10m"),
            (179 * 60 + 59, "179m"),
            (3 * HOUR, "3h"),
            (7 * HOUR + 61, "7h1m"),
            (8 * HOUR + 61, "8h"),
            (47 * HOUR, "47h"),
            (2 * DAY + 3 * HOUR, "2d3h"),
            (7 * DAY, "7d"),
            (9 * DAY + HOUR, "9d"),
            (729 * DAY, "729d"),
            (730 * DAY, "2y"),
            (731 * DAY, "2y1d"),
            (8 * 365 * DAY + DAY, "8y"),
        ] {
            assert_eq!(HumanSpan(Span::from_secs(secs)).to_string(), text, "{secs}");
        }
        assert_eq!(HumanSpan(Span::from_millis(-1500)).to_string(), "0s");
        assert_eq!(format!("{:>4}|", HumanSpan(Span::from_secs(5))), "  5s|");
    }

    /// Each limit between two ways to write a length of time, from both sides; a rest of nothing is not told.
    #[test]
    fn lengths_of_time_are_told_as_kubectl_tells_them() {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        const YEAR: i64 = 365 * DAY;
        for (secs, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (1, "1s"),
            (2 * MINUTE - 1, "119s"),
            (2 * MINUTE, "2m"),
            (2 * MINUTE + 1, "2m1s"),
            (10 * MINUTE - 1, "9m59s"),
            (10 * MINUTE, "10m"),
            (10 * MINUTE + 59, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + MINUTE, "3h1m"),
            (8 * HOUR - 1, "7h59m"),
            (8 * HOUR, "8h"),
            (8 * HOUR + 59 * MINUTE, "8h"),
            (2 * DAY - 1, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + HOUR - 1, "2d"),
            (2 * DAY + HOUR, "2d1h"),
            (8 * DAY - 1, "7d23h"),
            (8 * DAY, "8d"),
            (8 * DAY + 23 * HOUR, "8d"),
            (2 * YEAR - 1, "729d"),
            (2 * YEAR, "2y"),
            (2 * YEAR + DAY, "2y1d"),
            (8 * YEAR - 1, "7y364d"),
            (8 * YEAR, "8y"),
            (9 * YEAR - 1, "8y"),
        ] {
            assert_eq!(HumanSpan(Span::from_secs(secs)).to_string(), text, "{secs}");
        }
        assert_eq!(format!("{:>5}|{:<5}|", HumanSpan(Span::ZERO), HumanSpan(Span::from_secs(1))), "   0s|1s   |");
    }
}
