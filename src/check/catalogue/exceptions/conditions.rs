//! Exceptions of the rules about conditions.

use super::{Case, finds, passes};
use crate::check::catalogue::bases::{INITIALIZING, RUNNING, STARTING};
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::life::{ENDED, RESTARTED};

/// Two sidecars that run and have started.
const SIDECARS_STARTED: &str = r#"status.initContainerStatuses = [
    {"name": "one", "image": "x:1", "imageID": "x@1", "containerID": "containerd://1", "ready": true, "started": true, "restartCount": 0, "lastState": {},
        "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}},
    {"name": "two", "image": "x:1", "imageID": "x@1", "containerID": "containerd://2", "ready": true, "started": true, "restartCount": 0, "lastState": {},
        "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}]"#;
const BOTH_INCOMPLETE: &str = "status.conditions[Initialized].message = containers with incomplete status: [one two]";

/// One of several containers is not ready any more.
const UNREADY_AT_20: &[&str] = &[
    "t = 20",
    "status.containerStatuses[db].ready = false",
    r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:20Z"}"#,
    r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:20Z"}"#,
];

pub(super) const CASES: &[Case] = &[
    passes(
        "CO-40",
        "the startup probes of two sidecars have passed since the build that the message belongs to",
        INITIALIZING,
        &[&[
            r#"spec.initContainers = [
                {"name": "one", "image": "x:1", "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 80}}},
                {"name": "two", "image": "x:1", "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 80}}}]"#,
            SIDECARS_STARTED,
            BOTH_INCOMPLETE,
        ]],
    ),
    finds(
        "CO-40",
        "a sidecar without a startup probe has started when it runs",
        INITIALIZING,
        &[&[
            r#"spec.initContainers = [
                {"name": "one", "image": "x:1", "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 80}}},
                {"name": "two", "image": "x:1", "restartPolicy": "Always"}]"#,
            SIDECARS_STARTED,
            BOTH_INCOMPLETE,
        ]],
    ),
    finds(
        "CO-08",
        "a Pod that failed after its container had ended tells so in Ready",
        RUNNING,
        &[&[
            "status.phase = Failed",
            "status.reason = Evicted",
            ENDED,
            "status.conditions[Ready].status = False",
            "status.conditions[Ready].reason = ContainersNotReady",
        ]],
    ),
    passes(
        "CO-08",
        "Ready of a Pod that failed before it came to run may still speak of its containers",
        STARTING,
        &[&["status.phase = Failed", "status.reason = Evicted"]],
    ),
    finds(
        "CO-08",
        "a Pod that failed has not completed, though it never came to run",
        STARTING,
        &[&["status.phase = Failed", "status.reason = Evicted", "status.conditions[Ready].reason = PodCompleted"]],
    ),
    finds(
        "CO-09",
        "a Pod whose containers are all ready has not failed",
        RUNNING,
        &[&["status.conditions[Ready].status = False", "status.conditions[Ready].reason = PodFailed"]],
    ),
    finds(
        "CO-06",
        "ContainersReady is True when all containers are ready",
        RUNNING,
        &[&["status.conditions[ContainersReady].status = False", "status.conditions[ContainersReady].reason = ContainersNotReady"]],
    ),
    passes(
        "CO-06",
        "containers that are ready do not make a Pod ready that has failed, told or not",
        RUNNING,
        &[&["status.conditions[ContainersReady].status = False", "status.conditions[ContainersReady].reason = PodFailed"]],
    ),
    finds(
        "CO-09",
        "what Ready once said of the end it says from then on",
        RUNNING,
        &[
            &[
                "spec.restartPolicy = Never",
                ENDED,
                "status.conditions[Ready].status = False",
                "status.conditions[Ready].reason = PodFailed",
                "status.conditions[ContainersReady].status = False",
                "status.conditions[ContainersReady].reason = PodFailed",
            ],
            &["status.conditions[Ready].reason = ContainersNotReady"],
        ],
    ),
    passes(
        "CO-24",
        "the sandbox of a Pod that has not ended stays up",
        RUNNING,
        &[&["t = 4", "metadata.labels.seen = once"], &["t = 60", "metadata.labels.seen = twice"]],
    ),
    passes(
        "CO-23",
        "the news that a sandbox died may be three seconds old",
        RUNNING,
        &[
            &["t = 5", r#"metadata.labels = {"seen": "yes"}"#],
            &[
                "t = 6",
                "status.conditions[PodReadyToStartContainers].status = False",
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:03Z",
            ],
        ],
    ),
    passes(
        "CO-23",
        "a sandbox may have died while the version before was written",
        RUNNING,
        &[&[
            "t = 8",
            "status.conditions[PodReadyToStartContainers].status = False",
            "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:03Z",
        ]],
    ),
    finds(
        "CO-23",
        "a sandbox that died long before was to be replaced",
        RUNNING,
        &[
            &["t = 8", r#"metadata.labels = {"seen": "yes"}"#],
            &[
                "t = 10",
                "status.conditions[PodReadyToStartContainers].status = False",
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:04Z",
            ],
        ],
    ),
    passes(
        "CO-29",
        "one container may become ready before another one ceases to be, in one write",
        SERVING,
        &[
            UNREADY_AT_20,
            &[
                "t = 25",
                "status.containerStatuses[db].ready = true",
                "status.containerStatuses[web].ready = false",
                "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:25Z",
                "status.conditions[ContainersReady].lastTransitionTime = 2026-01-01T00:00:25Z",
            ],
        ],
    ),
    finds(
        "CO-29",
        "one that ceases to be ready beside an unready one moves no time",
        SERVING,
        &[
            UNREADY_AT_20,
            &[
                "t = 25",
                "status.containerStatuses[web].ready = false",
                "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:25Z",
                "status.conditions[ContainersReady].lastTransitionTime = 2026-01-01T00:00:25Z",
            ],
        ],
    ),
    passes(
        "CO-29",
        "a restart between two versions moves the time of Ready and of ContainersReady",
        RUNNING,
        &[&[
            "t = 6",
            RESTARTED,
            "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z",
            "status.conditions[ContainersReady].lastTransitionTime = 2026-01-01T00:00:05Z",
        ]],
    ),
    passes(
        "CO-29",
        "no container outlives its sandbox: when all are others, it may be another, too",
        RUNNING,
        &[&["t = 6", RESTARTED, "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:05Z"]],
    ),
    finds(
        "CO-29",
        "without a restart they stay",
        RUNNING,
        &[&[
            "t = 6",
            "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z",
            "status.conditions[ContainersReady].lastTransitionTime = 2026-01-01T00:00:05Z",
        ]],
    ),
    finds(
        "CO-29",
        "another sandbox is not that in which a container runs on",
        SERVING,
        &[&[
            "t = 10",
            "status.containerStatuses[web].containerID = containerd://w1",
            "status.containerStatuses[web].restartCount = 1",
            "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:08Z",
            r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:08Z"}}"#,
            "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:08Z",
        ]],
    ),
    passes(
        "CO-30",
        "another reason moves the time, whenever the resize was looked at",
        RUNNING,
        &[
            &[
                r#"status.conditions[PodResizePending] = {"type": "PodResizePending", "status": "True", "observedGeneration": 1, "reason": "Deferred", "lastProbeTime": "2026-01-01T00:00:04Z", "lastTransitionTime": "2026-01-01T00:00:04Z"}"#,
            ],
            &[
                "t = 10",
                "status.conditions[PodResizePending].reason = Infeasible",
                "status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:09Z",
            ],
        ],
    ),
    finds(
        "CO-32",
        "the mark of the node lifecycle controller excuses no other condition",
        RUNNING,
        &[
            &["t = 5", "status.conditions[Ready].status = False", "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z"],
            &["t = 6", "status.conditions[Initialized].lastTransitionTime = 2025-12-31T23:59:00Z"],
        ],
    ),
    passes(
        "CO-32",
        "when a node comes back, Ready may have its old time again",
        RUNNING,
        &[
            &["t = 5", "status.conditions[Ready].status = False", "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:05Z"],
            &["t = 6", "status.conditions[Ready].status = True", "status.conditions[Ready].lastTransitionTime = 2026-01-01T00:00:03Z"],
        ],
    ),
    finds(
        "CO-41",
        "a Pod whose init containers are done is initialized with that build",
        INITIALIZING,
        &[&[
            "t = 5",
            r#"status.initContainerStatuses[setup].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://c0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
            "status.initContainerStatuses[setup].ready = true",
            "status.initContainerStatuses[setup].started = false",
        ]],
    ),
    passes(
        "CS-51",
        "a container that is created while a sandbox is down was in one that was up",
        RUNNING,
        &[
            &[
                "status.conditions[PodReadyToStartContainers].status = False",
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:04Z",
            ],
            &[r#"metadata.labels = {"seen": "yes"}"#],
            &[
                "status.containerStatuses[web].containerID = null",
                r#"status.containerStatuses[web].state = {"waiting": {"reason": "ContainerCreating"}}"#,
            ],
            &[
                "status.containerStatuses[web].containerID = containerd://a1",
                r#"status.containerStatuses[web].state = {"waiting": {"reason": "RunContainerError"}}"#,
            ],
        ],
    ),
];
