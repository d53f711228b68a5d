//! Exceptions of the rules about how Pods are deleted and end.

use super::{Case, finds, passes};
use crate::check::Step;
use crate::check::catalogue::bases::{CREATED, DELETING, INITIALIZING, RUNNING, STARTING, SUCCEEDED};
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::life::{ENDED, RESTARTED};

pub(super) const CASES: &[Case] = &[
    passes(
        "TE-04",
        "a deletion by force removes a Pod whatever its phase",
        RUNNING,
        &[&["type = DELETED", "metadata.deletionGracePeriodSeconds = 0"]],
    ),
    finds("TE-04", "without a grace period of 0 a Pod does not go before it has ended", RUNNING, &[&["type = DELETED"]]),
    passes(
        "TE-06",
        "the first sidecar is the last to stop",
        SERVING,
        &[
            SECOND_SIDECAR,
            &[
                "t = 15",
                "status.phase = Succeeded",
                r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:10Z"}}"#,
                r#"status.containerStatuses[db].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://d0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:10Z"}}"#,
                r#"status.initContainerStatuses[proxy].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://p0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:12Z"}}"#,
                r#"status.initContainerStatuses[net].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://n0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:11Z"}}"#,
            ],
        ],
    ),
    finds(
        "TE-06",
        "it waits for the regular containers and for the sidecar behind it",
        SERVING,
        &[
            SECOND_SIDECAR,
            &[
                "t = 15",
                "status.phase = Succeeded",
                r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:10Z"}}"#,
                r#"status.containerStatuses[db].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://d0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:10Z"}}"#,
                r#"status.initContainerStatuses[proxy].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://p0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:11Z"}}"#,
                r#"status.initContainerStatuses[net].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://n0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:12Z"}}"#,
            ],
        ],
    ),
    passes(
        "TE-02",
        "a second request shortens the grace period, and the deletion comes so much earlier",
        CREATED,
        &[
            &[
                "t = 5",
                "metadata.generation = 2",
                "metadata.deletionGracePeriodSeconds = 30",
                "metadata.deletionTimestamp = 2026-01-01T00:00:35Z",
            ],
            &["metadata.deletionGracePeriodSeconds = 20", "metadata.deletionTimestamp = 2026-01-01T00:00:25Z"],
        ],
    ),
    finds(
        "TE-02",
        "a shorter grace period counts from the first request",
        CREATED,
        &[
            &[
                "t = 5",
                "metadata.generation = 2",
                "metadata.deletionGracePeriodSeconds = 30",
                "metadata.deletionTimestamp = 2026-01-01T00:00:35Z",
            ],
            &["metadata.deletionGracePeriodSeconds = 20", "metadata.deletionTimestamp = 2026-01-01T00:00:28Z"],
        ],
    ),
    passes(
        "TE-15",
        "a Pod that has ended stays until somebody deletes it",
        SUCCEEDED,
        &[&["t = 60", r#"metadata.labels = {"seen": "yes"}"#]],
    ),
    passes(
        "TE-15",
        "a finalizer keeps a Pod that is deleted and has ended",
        SUCCEEDED,
        &[
            &[r#"metadata.finalizers = ["x/y"]"#],
            &["metadata.deletionGracePeriodSeconds = 0", "metadata.deletionTimestamp = 2026-01-01T00:00:10Z"],
            &["t = 60", r#"metadata.labels = {"seen": "yes"}"#],
        ],
    ),
    finds("TE-03", "a container that ran when its Pod was deleted is not started again", DELETING, &[&[RESTARTED]]),
    passes(
        "PH-11",
        "an init container with its own policy Never fails a Pod whose containers restart always",
        INITIALIZING,
        &[&[
            "status.phase = Failed",
            "spec.initContainers[setup].restartPolicy = Never",
            r#"status.initContainerStatuses[setup].state = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://c0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    finds(
        "PH-11",
        "an init container that is run again fails no Pod",
        INITIALIZING,
        &[&[
            "status.phase = Failed",
            r#"status.initContainerStatuses[setup].state = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://c0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    passes(
        "PH-09",
        "an ephemeral container that still runs is stopped first, with the grace period",
        RUNNING,
        &[
            &[
                "spec.restartPolicy = Never",
                ENDED,
                r#"spec.ephemeralContainers = [{"name": "debug", "image": "busybox:1"}]"#,
                r#"status.ephemeralContainerStatuses[debug] = {"name": "debug", "image": "busybox:1", "imageID": "x", "containerID": "containerd://e0", "ready": false, "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:03Z"}}}"#,
            ],
            &["t = 20", r#"metadata.labels = {"seen": "yes"}"#],
        ],
    ),
    finds(
        "PH-09",
        "a Pod whose containers are done ends within ten seconds",
        RUNNING,
        &[&["spec.restartPolicy = Never", ENDED], &["t = 20", r#"metadata.labels = {"seen": "yes"}"#]],
    ),
    passes(
        "PH-18",
        "with its sandbox down, a container that may restart keeps the Pod going",
        RUNNING,
        &[
            &[
                r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
                r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#,
                ENDED,
                "status.conditions[PodReadyToStartContainers].status = False",
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:04Z",
            ],
            &["t = 20", r#"metadata.labels = {"seen": "yes"}"#],
        ],
    ),
    finds(
        "PH-18",
        "with its sandbox down, a Pod whose containers are done ends within five seconds",
        RUNNING,
        &[
            &[
                "spec.restartPolicy = Never",
                ENDED,
                "status.conditions[PodReadyToStartContainers].status = False",
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:04Z",
            ],
            &["t = 20", r#"metadata.labels = {"seen": "yes"}"#],
        ],
    ),
    passes(
        "PH-17",
        "a reason that an old node controller left explains nothing away in a Pod that runs",
        STARTING,
        &[&[
            "status.phase = Running",
            "status.reason = NodeLost",
            "status.containerStatuses[web].containerID = containerd://a0",
            "status.containerStatuses[web].ready = true",
            "status.containerStatuses[web].started = true",
            r#"status.containerStatuses[web].state = {"running": {"startedAt": "2026-01-01T00:00:02Z"}}"#,
        ]],
    ),
    finds(
        "PH-17",
        "a Pod that succeeds gives no reason",
        RUNNING,
        &[&[
            "spec.restartPolicy = Never",
            ENDED,
            "status.phase = Succeeded",
            "status.reason = Whatever",
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}"#,
        ]],
    ),
    passes(
        "PH-19",
        "an end that Ready tells already may still be held back in the phase",
        RUNNING,
        &[&[
            "status.conditions[Ready].status = False",
            "status.conditions[Ready].reason = PodFailed",
            "status.containerStatuses[web].containerID = null",
            r#"status.containerStatuses[web].state = {"waiting": {"reason": "ContainerCreating"}}"#,
            "status.containerStatuses[web].ready = false",
        ]],
    ),
    finds(
        "PH-19",
        "a phase that nothing holds back follows the containers",
        RUNNING,
        &[&[
            "status.conditions[Ready].status = False",
            "status.conditions[Ready].reason = ContainersNotReady",
            "status.containerStatuses[web].containerID = null",
            r#"status.containerStatuses[web].state = {"waiting": {"reason": "ContainerCreating"}}"#,
            "status.containerStatuses[web].ready = false",
        ]],
    ),
];

/// [`SERVING`] has another sidecar behind its first.
const SECOND_SIDECAR: Step = &[
    r#"spec.initContainers[net] = {"name": "net", "image": "envoy:1", "restartPolicy": "Always"}"#,
    r#"status.initContainerStatuses[net] = {"name": "net", "image": "envoy:1", "imageID": "envoy@sha256:3", "containerID": "containerd://n0", "ready": true, "started": true, "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}}"#,
];
