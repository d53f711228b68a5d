//! Exceptions of the rules about statuses of containers.

use super::{Case, finds, passes};
use crate::check::catalogue::bases::{DELETING, INITIALIZING, RUNNING, STARTING, SUCCEEDED};
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::life::{
    ALL_READY, BACKED_OFF, ENDED, ENDS, ENDS_AGAIN, READY, RESTARTED, RESTARTED_LATE, RESTARTS,
};

const UNREADY: &str = "status.containerStatuses[web].ready = false";
const ON_FAILURE: &str = "spec.restartPolicy = OnFailure";
/// An init container waits for the end of its back-off.
const HELD_BACK: &str = "status.initContainerStatuses[setup].state = {\"waiting\": {\"reason\": \"CrashLoopBackOff\"}}";

pub(super) const CASES: &[Case] = &[
    passes(
        "CS-07",
        "an init container that was removed to restart all, and could not be made again, stays ready",
        SERVING,
        &[&[
            r#"status.initContainerStatuses[setup].state = {"waiting": {"reason": "CreateContainerError", "message": "no"}}"#,
            r#"status.initContainerStatuses[setup].lastState = {"terminated": {"exitCode": 137, "reason": "RestartingAllContainers"}}"#,
        ]],
    ),
    finds(
        "CS-07",
        "one that failed and could not be made again does not",
        SERVING,
        &[&[
            r#"status.initContainerStatuses[setup].state = {"waiting": {"reason": "CreateContainerError", "message": "no"}}"#,
            r#"status.initContainerStatuses[setup].lastState = {"terminated": {"exitCode": 137, "reason": "Error"}}"#,
        ]],
    ),
    finds(
        "CS-38",
        "an instance behind one that ended is a restart, and counts",
        RUNNING,
        &[
            ENDS,
            &[
                r#"status.conditions[Ready] = {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:05Z"}"#,
                r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:05Z"}"#,
                RESTARTED,
                "status.containerStatuses[web].restartCount = 0",
            ],
        ],
    ),
    passes(
        "CS-38",
        "a container that waited behind its own end may be shown terminated once more",
        RUNNING,
        &[
            ENDS,
            &[
                BACKED_OFF,
                "status.containerStatuses[web].restartCount = 0",
                "status.containerStatuses[web].containerID = containerd://a0",
                r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
            ],
            &[
                ENDED,
                r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
            ],
        ],
    ),
    passes("CS-39", "an instance that ran ended between two versions: lastState tells how", RUNNING, &[RESTARTS]),
    passes(
        "CS-39",
        "of an instance that ran and was lost the kubelet makes up the end",
        RUNNING,
        &[&[
            READY,
            ALL_READY,
            RESTARTED,
            r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}"#,
        ]],
    ),
    finds(
        "CS-39",
        "the end of another instance is not that of the one that ran",
        RUNNING,
        &[&[READY, ALL_READY, RESTARTED, "status.containerStatuses[web].lastState.terminated.containerID = containerd://a9"]],
    ),
    passes(
        "CS-48",
        "instances that nobody saw may have ended between two versions",
        RUNNING,
        &[&[
            "status.containerStatuses[web].containerID = null",
            "status.containerStatuses[web].restartCount = 1",
            r#"status.containerStatuses[web].state = {"waiting": {"reason": "CrashLoopBackOff"}}"#,
            r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a7", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    finds(
        "CS-48",
        "without another instance, lastState tells of the loss",
        RUNNING,
        &[&[
            "status.containerStatuses[web].containerID = null",
            r#"status.containerStatuses[web].state = {"waiting": {"reason": "CrashLoopBackOff"}}"#,
            r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a7", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    passes(
        "CS-54",
        "a container may run the image of a generation long before",
        RUNNING,
        &[
            &[
                "metadata.generation = 2",
                "spec.containers[web].image = nginx:2",
                r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:2", "imageID": "nginx@sha256:1", "containerID": "containerd://a1", "ready": true, "started": true, "restartCount": 1, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}}"#,
            ],
            &["metadata.generation = 3", "spec.containers[web].image = nginx:3"],
            &[r#"metadata.labels = {"seen": "yes"}"#],
            &[
                "t = 30",
                "status.containerStatuses[web].image = nginx:1",
                "status.containerStatuses[web].containerID = containerd://a3",
                "status.containerStatuses[web].restartCount = 2",
            ],
        ],
    ),
    passes(
        "CS-54",
        "a container may run the image of a generation that nobody saw",
        RUNNING,
        &[
            &["metadata.generation = 3", "spec.containers[web].image = nginx:3"],
            &[
                r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:2", "imageID": "nginx@sha256:1", "containerID": "containerd://a1", "ready": true, "started": true, "restartCount": 1, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}}"#,
            ],
        ],
    ),
    passes(
        "CS-54",
        "a stream that begins with a later generation does not tell the images before",
        DELETING,
        &[&["status.observedGeneration = 2"], &[RESTARTED, "status.containerStatuses[web].image = nginx:0"]],
    ),
    finds(
        "CS-54",
        "between two generations that follow each other there was no other image",
        RUNNING,
        &[&[
            "metadata.generation = 2",
            "spec.containers[web].image = nginx:3",
            r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:2", "imageID": "nginx@sha256:1", "containerID": "containerd://a1", "ready": true, "started": true, "restartCount": 1, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}}"#,
        ]],
    ),
    passes(
        "CS-17",
        "a runtime that does not know how a container ended may have lost when it was started",
        RUNNING,
        &[&[
            r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
            r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
            ENDED,
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 255, "reason": "Unknown", "containerID": "containerd://a0", "startedAt": null, "finishedAt": null}}"#,
        ]],
    ),
    passes(
        "CS-17",
        "a container that could not be started has no start",
        RUNNING,
        &[&[
            r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
            r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
            ENDED,
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 128, "reason": "StartError", "containerID": "containerd://a0", "startedAt": "1970-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    finds(
        "CS-17",
        "a runtime that knows how a container ended knows when it was started",
        RUNNING,
        &[&[
            r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
            r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
            ENDED,
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:03Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    finds(
        "CS-41",
        "a container that waits behind its end has the id of the instance that ended",
        RUNNING,
        &[
            ENDS,
            &[
                BACKED_OFF,
                "status.containerStatuses[web].restartCount = 0",
                "status.containerStatuses[web].containerID = containerd://a9",
                r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
            ],
        ],
    ),
    passes(
        "CS-12",
        "readiness was being asked for when a restarted kubelet began the startup probe anew",
        SERVING,
        &[
            &[r#"spec.containers[web].readinessProbe = {"tcpSocket": {"port": 80}}"#, UNREADY],
            &["status.containerStatuses[web].started = false"],
            &["status.containerStatuses[web].ready = true"],
        ],
    ),
    finds(
        "CS-12",
        "readiness is not asked for before the startup probe has passed",
        SERVING,
        &[
            &[
                r#"spec.containers[web].readinessProbe = {"tcpSocket": {"port": 80}}"#,
                r#"status.containerStatuses[web].state = {"waiting": {"reason": "ContainerCreating"}}"#,
                UNREADY,
                "status.containerStatuses[web].started = false",
            ],
            &[r#"status.containerStatuses[web].state = {"running": {"startedAt": "2026-01-01T00:00:08Z"}}"#],
            &["status.containerStatuses[web].ready = true"],
        ],
    ),
    passes(
        "CS-25",
        "an init container that has completed has to run again in a new sandbox, and waits",
        INITIALIZING,
        &[&[
            ON_FAILURE,
            HELD_BACK,
            r#"status.initContainerStatuses[setup].lastState = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://c0",
            "startedAt": "2026-01-01T00:00:01Z", "finishedAt": "2026-01-01T00:00:02Z"}}"#,
        ]],
    ),
    finds(
        "CS-25",
        "an init container that completed in the sandbox that is up does not run again",
        INITIALIZING,
        &[&[
            ON_FAILURE,
            HELD_BACK,
            r#"status.initContainerStatuses[setup].lastState = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://c0",
            "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:03Z"}}"#,
        ]],
    ),
    passes(
        "CS-25",
        "after a loss a container may back off whatever its rules say of exit codes",
        RUNNING,
        &[&[
            "spec.restartPolicy = Never",
            "spec.containers[web].restartPolicy = Never",
            r#"spec.containers[web].restartPolicyRules = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]"#,
            "status.containerStatuses[web].restartCount = 1",
            r#"status.containerStatuses[web].state = {"waiting": {"reason": "CrashLoopBackOff"}}"#,
            r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}"#,
            "status.containerStatuses[web].ready = false",
            "status.containerStatuses[web].started = false",
        ]],
    ),
    finds(
        "CS-25",
        "an exit code that no rule restarts is followed by no back-off",
        RUNNING,
        &[&[
            "spec.restartPolicy = Never",
            "spec.containers[web].restartPolicy = Never",
            r#"spec.containers[web].restartPolicyRules = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]"#,
            BACKED_OFF,
        ]],
    ),
    passes(
        "CS-28",
        "a sidecar that was lost has been started, and its successors may be",
        SERVING,
        &[&[
            r#"status.initContainerStatuses[proxy].state = {"waiting": {"reason": "PodInitializing"}}"#,
            "status.initContainerStatuses[proxy].containerID = null",
            "status.initContainerStatuses[proxy].restartCount = 1",
            r#"status.initContainerStatuses[proxy].lastState = {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}"#,
            r#"spec.initContainers[late] = {"name": "late", "image": "busybox:1"}"#,
            r#"status.initContainerStatuses[late] = {"name": "late", "image": "busybox:1", "containerID": "containerd://l0", "imageID": "x", "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:07Z"}}}"#,
        ]],
    ),
    finds(
        "CS-28",
        "a sidecar that was never started holds the init containers behind it back",
        SERVING,
        &[&[
            r#"status.initContainerStatuses[proxy].state = {"waiting": {"reason": "PodInitializing"}}"#,
            "status.initContainerStatuses[proxy].containerID = null",
            r#"spec.initContainers[late] = {"name": "late", "image": "busybox:1"}"#,
            r#"status.initContainerStatuses[late] = {"name": "late", "image": "busybox:1", "containerID": "containerd://l0", "imageID": "x", "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:07Z"}}}"#,
        ]],
    ),
    passes(
        "PH-17",
        "a restarted kubelet has the phase of what a sidecar's startup probe said before, and shows what it says now",
        SERVING,
        &[RESTARTING_ALL, &["status.phase = Pending", "status.initContainerStatuses[proxy].started = true"]],
    ),
    finds(
        "PH-17",
        "a sidecar of which the startup probe says nothing new does not hold the Pod back",
        SERVING,
        &[RESTARTING_ALL, &["status.initContainerStatuses[proxy].started = true"], &["status.phase = Pending"]],
    ),
    finds(
        "PH-17",
        "an init container that failed for good fails the Pod, whatever sidecar runs anew",
        SERVING,
        &[&[
            "spec.restartPolicy = Never",
            "status.phase = Pending",
            "status.initContainerStatuses[setup].state.terminated.exitCode = 1",
            "status.initContainerStatuses[setup].state.terminated.reason = Error",
            "status.initContainerStatuses[proxy].containerID = containerd://p1",
            "status.initContainerStatuses[proxy].restartCount = 1",
        ]],
    ),
    finds(
        "PH-17",
        "while a terminal phase is held back the one before it stays",
        STARTING,
        &[
            &["spec.restartPolicy = Never"],
            &[
                "status.phase = Running",
                ENDED,
                "status.containerStatuses[web].state.terminated.exitCode = 0",
                "status.containerStatuses[web].state.terminated.reason = Completed",
            ],
        ],
    ),
    passes(
        "PH-17",
        "why a Pod was killed is lost with a status in which an init container that had completed runs again",
        SERVING,
        &[&[
            "status.initContainerStatuses[setup].containerID = containerd://s1",
            "status.initContainerStatuses[setup].restartCount = 1",
            r#"status.initContainerStatuses[setup].lastState = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://s0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:03Z"}}"#,
            r#"status.initContainerStatuses[setup].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://s1", "startedAt": "2026-01-01T00:00:08Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            r#"status.initContainerStatuses[proxy].state = {"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://p0", "startedAt": "2026-01-01T00:00:04Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            r#"status.containerStatuses[db].state = {"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://d0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            "status.phase = Failed",
        ]],
    ),
    finds(
        "PH-17",
        "a Pod whose init containers did not run again says why it was killed",
        SERVING,
        &[&[
            r#"status.initContainerStatuses[proxy].state = {"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://p0", "startedAt": "2026-01-01T00:00:04Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            r#"status.containerStatuses[db].state = {"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://d0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#,
            "status.phase = Failed",
        ]],
    ),
    finds(
        "CS-38",
        "after a refusal nothing is started, and what runs tells how it ended before",
        SERVING,
        &[
            &[r#"status = {"phase": "Running", "startTime": "2026-01-01T00:00:01Z", "observedGeneration": 1, "qosClass": "BestEffort"}"#],
            &[
                r#"status.containerStatuses = [{"name": "db", "image": "redis:1", "imageID": "x", "containerID": "containerd://d7", "ready": true, "started": true, "restartCount": 7, "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:09Z"}}}]"#,
            ],
        ],
    ),
    passes(
        "CS-38",
        "a kubelet that refused a Pod has dropped how its containers ended before",
        SERVING,
        &[
            &[r#"status = {"phase": "Running", "startTime": "2026-01-01T00:00:01Z", "observedGeneration": 1, "qosClass": "BestEffort"}"#],
            &[
                r#"status.containerStatuses = [{"name": "db", "image": "redis:1", "imageID": "x", "containerID": "containerd://d7", "ready": false, "started": false, "restartCount": 1, "lastState": {}, "state": {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://d7", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}}]"#,
            ],
        ],
    ),
    passes(
        "CS-50",
        "a startup probe may have passed before anybody saw its container run",
        STARTING,
        &[
            &[r#"spec.containers[web].startupProbe = {"exec": {"command": ["up"]}, "periodSeconds": 1}"#],
            &["t = 20", RESTARTED, "status.containerStatuses[web].restartCount = 0", "status.containerStatuses[web].lastState = {}"],
        ],
    ),
    passes(
        "BO-01",
        "a new sandbox begins the back-off anew",
        RUNNING,
        &[
            ENDS,
            RESTARTS,
            ENDS_AGAIN,
            &[
                "t = 8",
                RESTARTED_LATE,
                "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:08Z",
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:07Z",
            ],
        ],
    ),
    finds(
        "BO-01",
        "in the same sandbox the third start waits",
        RUNNING,
        &[
            ENDS,
            RESTARTS,
            ENDS_AGAIN,
            &["t = 8", RESTARTED_LATE, "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:08Z"],
        ],
    ),
    finds(
        "ST-13",
        "the API server that stores a removal leaves the kubelet's address in it",
        SUCCEEDED,
        &[&["type = DELETED", "status.podIP = null", "status.podIPs = null"]],
    ),
    passes(
        "ST-13",
        "a restarted kubelet knows no address of a sandbox that is down",
        SUCCEEDED,
        &[&["status.podIP = null", "status.podIPs = null"]],
    ),
];

/// Of [`SERVING`] all containers are restarted: the sidecar runs again, and its startup probe has not succeeded.
const RESTARTING_ALL: &[&str] = &[
    "status.initContainerStatuses[proxy].started = false",
    r#"status.containerStatuses[web].state = {"waiting": {"reason": "PodInitializing"}}"#,
    r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 137, "reason": "RestartingAllContainers"}}"#,
    r#"status.containerStatuses[db].state = {"waiting": {"reason": "PodInitializing"}}"#,
    r#"status.containerStatuses[db].lastState = {"terminated": {"exitCode": 137, "reason": "RestartingAllContainers"}}"#,
];
