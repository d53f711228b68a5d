//! The last stream that keeps a rule, and the first that breaks it: limits of time, and each thing by itself that a condition asks for.

use super::{Case, finds, passes};
use crate::check::catalogue::bases::{CREATED, DELETING, RUNNING, STARTING, SUCCEEDED};
use crate::check::catalogue::conditions::resize::DEFERRED;
use crate::check::catalogue::containers::bases::SERVING;
use crate::check::catalogue::containers::life::{ENDED, ENDS};
use crate::check::catalogue::disruption::{COLLECTED, ENDED_BY_KUBELET, EVICTED_BY_API};
use crate::check::catalogue::rejection::REFUSED;
use crate::check::catalogue::restart_all::{BEGUN, CLEAN, CLEAN_BUT_COUNT, LAST, OVER, PUT_AWAY, RULED};

const SEEN: &str = "status.observedGeneration = 2";
const FAILED: &str = "status.phase = Failed";
const EVICTED: &str = "status.reason = Evicted";
const OVER_LIMIT: &str = r#"spec.volumes = [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]"#;
const REJECTED: &str = "status.message = Pod was rejected: No room";
const OTHER_ADDRESS: &str = "status.podIP = 10.0.0.8";
const DEBUGGER: &str = r#"status.ephemeralContainerStatuses = [{"name": "debug", "image": "busybox:1", "imageID": "busybox@sha256:1", "containerID": "containerd://e0", "ready": false, "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:03Z"}}}]"#;
const TAKEN: &str = "status.startTime = 2026-01-01T00:00:01Z";
const WAITS: &str =
    r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "state": {"waiting": {"reason": "ContainerCreating"}}}"#;
const UNINITIALIZED: &str = r#"status.conditions[Initialized] = {"type": "Initialized", "status": "False", "reason": "ContainersNotInitialized", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:09Z"}"#;
const SCHEDULED_ANEW: &str = "status.conditions[PodScheduled].lastTransitionTime = 2026-01-01T00:00:09Z";
const NEXT: &str = "status.containerStatuses[web].containerID = containerd://a1";
const RUNS: &str = r#"status.containerStatuses[web].state = {"running": {"startedAt": "2026-01-01T00:00:05Z"}}"#;
const COUNTED: &str = "status.containerStatuses[web].restartCount = 1";
const LOST: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "ready": false, "started": false, "restartCount": 0, "state": {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}}"#;

const UP: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a0", "ready": false, "started": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}"#;
const LAST_END: &str = r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://a9", "startedAt": "2026-01-01T00:00:01Z", "finishedAt": "2026-01-01T00:00:02Z"}}"#;

const MARK: &str = "status.conditions[Ready].status = False";
const NO_GRACE: &str = "metadata.deletionGracePeriodSeconds = 0";
const DOWN: &str = "status.conditions[PodReadyToStartContainers].status = False";
const ENDED_WELL: &str =
    r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://a0"}}"#;
const WEB_DONE: &str = r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#;
const WEB_FAILED: &str = r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://w0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#;
const DB_DONE: &str = r#"status.containerStatuses[db].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://d0", "startedAt": "2026-01-01T00:00:06Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#;
const PROXY_DONE: &str = r#"status.initContainerStatuses[proxy].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://p0", "startedAt": "2026-01-01T00:00:04Z", "finishedAt": "2026-01-01T00:00:09Z"}}"#;

pub(super) const CASES: &[Case] = &[
    finds("DI-02", "the kubelet tells of a disruption with the end, not behind it", SUCCEEDED, &[&[ENDED_BY_KUBELET]]),
    passes("DI-04", "a disruption may last three minutes", RUNNING, &[&[EVICTED_BY_API], &["t = 184"]]),
    finds("DI-04", "a second more is too long", RUNNING, &[&[EVICTED_BY_API], &["t = 185"]]),
    passes("DI-04", "what is being deleted is disrupted for as long as it takes", DELETING, &[&[EVICTED_BY_API], &["t = 600"]]),
    finds(
        "DI-05",
        "what takes a disruption back has no message, either",
        RUNNING,
        &[&[r#"status.conditions[DisruptionTarget] = {"type": "DisruptionTarget", "status": "False", "message": "over"}"#]],
    ),
    finds("DI-06", "a preempted Pod is disrupted", RUNNING, &[&[FAILED, "status.reason = Preempting"]]),
    passes("DI-06", "and says so", RUNNING, &[&[FAILED, "status.reason = Preempting", ENDED_BY_KUBELET]]),
    finds("DI-06", "a reason of admission alone tells of a refusal", RUNNING, &[&[FAILED, "status.reason = OutOfcpu", ENDED_BY_KUBELET]]),
    finds("DI-06", "and so does the message alone", RUNNING, &[&[FAILED, EVICTED, REJECTED, ENDED_BY_KUBELET]]),
    finds("DI-06", "and the shape alone", REFUSED, &[&[EVICTED, "status.message = null", ENDED_BY_KUBELET]]),
    finds(
        "DI-06",
        "who was scheduled a second behind its start was never refused",
        RUNNING,
        &[&["status.conditions[PodScheduled].lastTransitionTime = 2026-01-01T00:00:02Z"], &[FAILED, EVICTED]],
    ),
    passes(
        "DI-06",
        "who was scheduled later may have been",
        RUNNING,
        &[&["status.conditions[PodScheduled].lastTransitionTime = 2026-01-01T00:00:03Z"], &[FAILED, EVICTED]],
    ),
    passes("DI-06", "a Pod with a limit of local storage may have exceeded it", RUNNING, &[&[OVER_LIMIT], &[FAILED, EVICTED]]),
    passes("DI-06", "a shutdown of the node is told by another reason", RUNNING, &[&[FAILED, "status.reason = Terminated"]]),
    passes("DI-07", "an evicted Pod has a reason", RUNNING, &[&[FAILED, EVICTED, ENDED_BY_KUBELET]]),
    finds("DI-07", "which is one of the kubelet's", RUNNING, &[&[FAILED, "status.reason = Tired", ENDED_BY_KUBELET]]),
    passes("DI-07", "the deadline may pass meanwhile", RUNNING, &[&[FAILED, "status.reason = DeadlineExceeded", ENDED_BY_KUBELET]]),
    passes(
        "DI-07",
        "the deadline of a Pod that has Succeeded may pass",
        SUCCEEDED,
        &[&["status.reason = DeadlineExceeded", ENDED_BY_KUBELET]],
    ),
    passes(
        "DI-07",
        "a Pod may have Succeeded when the node was shut down",
        SUCCEEDED,
        &[&["status.reason = Terminated", ENDED_BY_KUBELET]],
    ),
    finds("DI-07", "no other reason stays with success", SUCCEEDED, &[&[EVICTED, ENDED_BY_KUBELET]]),
    passes("DI-08", "the deletion may come five seconds later", RUNNING, &[&[EVICTED_BY_API], &["t = 9"]]),
    finds("DI-08", "a second more is too long", RUNNING, &[&[EVICTED_BY_API], &["t = 10"]]),
    passes("DI-03", "the collector sets it with the phase", RUNNING, &[&[FAILED, COLLECTED], &["type = DELETED"]]),
    passes(
        "RJ-01",
        "a Pod that was refused while it ran keeps its phase at first",
        REFUSED,
        &[&["status.phase = Running", "status.reason = null", "status.message = null"]],
    ),
    finds("RJ-01", "its reason comes with the phase", REFUSED, &[&["status.phase = Running"]]),
    finds("RJ-01", "a refusal has a reason", REFUSED, &[&["status.reason = null"]]),
    finds("RJ-01", "nothing refused has Succeeded", REFUSED, &[&["status.phase = Succeeded"]]),
    finds("RJ-01", "nor is its phase Unknown", REFUSED, &[&["status.phase = Unknown"]]),
    passes("RJ-01", "a refusal may have no message", REFUSED, &[&["status.message = null"]]),
    finds(
        "RJ-01",
        "a condition is left",
        CREATED,
        &[&[FAILED, TAKEN, "status.reason = OutOfcpu", r#"status.conditions[Ready] = {"type": "Ready", "status": "False"}"#]],
    ),
    finds(
        "RJ-01",
        "by its reason alone it is refused, and a container is left",
        CREATED,
        &[&[FAILED, TAKEN, "status.reason = OutOfcpu", WAITS]],
    ),
    finds("RJ-01", "by its message alone it is refused, and a container is left", CREATED, &[&[FAILED, TAKEN, EVICTED, REJECTED, WAITS]]),
    passes("RJ-01", "evicted, it is not refused", CREATED, &[&[FAILED, TAKEN, EVICTED, WAITS]]),
    passes("RJ-01", "it may have been refused before the stream began", STARTING, &[&[FAILED, "status.reason = OutOfcpu"]]),
    passes("RJ-01", "or behind a gap", CREATED, &[&["type = ADDED", TAKEN, WAITS], &[FAILED, "status.reason = OutOfcpu"]]),
    finds("CO-26", "what has Failed is not restarted", RULED, &[BEGUN, &[FAILED]]),
    passes("CO-26", "Failed may be written over a Pod a container of which had never run", RULED, &[BEGUN, &[FAILED, LOST]]),
    finds("CO-26", "Succeeded may not", RULED, &[BEGUN, &["status.phase = Succeeded", LOST]]),
    finds(
        "RA-01",
        "the address stays",
        RULED,
        &[BEGUN, CLEAN, &["t = 5"], BEGUN, &[OVER, PUT_AWAY, LAST, "status.containerStatuses[web].restartCount = 2", OTHER_ADDRESS]],
    ),
    finds("RA-01", "and does not go", RULED, &[BEGUN, &[OVER, PUT_AWAY, LAST, COUNTED, "status.podIP = null"]]),
    passes("RA-01", "an address may come", RULED, &[BEGUN, &["status.podIP = null"], &[OVER, PUT_AWAY, LAST, COUNTED, OTHER_ADDRESS]]),
    passes(
        "RA-01",
        "another sandbox has another address",
        RULED,
        &[
            BEGUN,
            &[
                OVER,
                PUT_AWAY,
                LAST,
                COUNTED,
                OTHER_ADDRESS,
                "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:05Z",
            ],
        ],
    ),
    finds("RA-01", "the start stays", RULED, &[BEGUN, &[OVER, PUT_AWAY, LAST, COUNTED, "status.startTime = 2026-01-01T00:00:02Z"]]),
    passes("RA-01", "a debugger goes on", RULED, &[&[DEBUGGER], BEGUN, CLEAN]),
    finds(
        "RA-01",
        "as the same instance",
        RULED,
        &[&[DEBUGGER], BEGUN, &[OVER, PUT_AWAY, LAST, COUNTED, "status.ephemeralContainerStatuses[debug].containerID = containerd://e1"]],
    ),
    finds(
        "RA-01",
        "and is not counted",
        RULED,
        &[&[DEBUGGER], BEGUN, &[OVER, PUT_AWAY, LAST, COUNTED, "status.ephemeralContainerStatuses[debug].restartCount = 1"]],
    ),
    passes("RA-01", "while the restart goes on some are still to be put away", RULED, &[BEGUN, &[PUT_AWAY, LAST]]),
    passes(
        "RA-01",
        "a Pod that ends in the middle says so",
        RULED,
        &[BEGUN, &[OVER, PUT_AWAY, LAST, "status.conditions[AllContainersRestarting].reason = PodFailed"]],
    ),
    finds("RA-01", "what is put away counts", RULED, &[BEGUN, CLEAN_BUT_COUNT]),
    finds("RA-02", "a write that comes two seconds later tells of one build", RULED, &[BEGUN, &[OVER, LAST, COUNTED, NEXT, RUNS, "t = 7"]]),
    passes("RA-02", "one that comes three seconds later may tell of two", RULED, &[BEGUN, &[OVER, LAST, COUNTED, NEXT, RUNS, "t = 8"]]),
    finds("RA-02", "nothing is started while it is still True", RULED, &[BEGUN, &[NEXT, RUNS]]),
    passes(
        "RA-02",
        "it may be True for another restart",
        RULED,
        &[BEGUN, &[NEXT, RUNS, "status.conditions[AllContainersRestarting].lastTransitionTime = 2026-01-01T00:00:05Z"]],
    ),
    finds("CO-14", "a Pod stays initialized", SERVING, &[&[UNINITIALIZED]]),
    finds("CO-14", "and no refusal changes that where every version is seen", SERVING, &[&[UNINITIALIZED, SCHEDULED_ANEW]]),
    finds("CO-14", "nor a gap without a trace of one", SERVING, &[&["type = ADDED", UNINITIALIZED]]),
    passes("CO-14", "behind a gap it may have been refused", SERVING, &[&["type = ADDED", UNINITIALIZED, SCHEDULED_ANEW]]),
    passes(
        "CO-30",
        "a condition made anew begins behind the last look at the one before",
        RUNNING,
        &[
            &[DEFERRED],
            &[
                "status.conditions[PodResizePending].lastProbeTime = 2026-01-01T00:00:05Z",
                "status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:05Z",
            ],
        ],
    ),
    finds(
        "CO-30",
        "not behind the next look",
        RUNNING,
        &[
            &[DEFERRED],
            &[
                "status.conditions[PodResizePending].lastProbeTime = 2026-01-01T00:00:05Z",
                "status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:06Z",
            ],
        ],
    ),
    finds(
        "CO-30",
        "nor before the last one",
        RUNNING,
        &[
            &[DEFERRED, "status.conditions[PodResizePending].lastProbeTime = 2026-01-01T00:00:07Z"],
            &[
                "status.conditions[PodResizePending].lastProbeTime = 2026-01-01T00:00:09Z",
                "status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:06Z",
            ],
        ],
    ),
    passes(
        "CO-30",
        "with another reason the time moves",
        RUNNING,
        &[
            &[DEFERRED],
            &[
                "status.conditions[PodResizePending].reason = Infeasible",
                "status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:09Z",
            ],
        ],
    ),
    finds(
        "CO-30",
        "but never back",
        RUNNING,
        &[
            &[DEFERRED],
            &[
                "status.conditions[PodResizePending].reason = Infeasible",
                "status.conditions[PodResizePending].lastTransitionTime = 2026-01-01T00:00:03Z",
            ],
        ],
    ),
    passes("GN-06", "a change is looked at within 15 s", RUNNING, &[&["metadata.generation = 2"], &["t = 19"]]),
    finds("GN-06", "a second more is too long", RUNNING, &[&["metadata.generation = 2"], &["t = 20"]]),
    passes(
        "GN-06",
        "the worker may be stopping a container that fails its probe",
        RUNNING,
        &[&[r#"spec.containers[web].livenessProbe = {"exec": {}}"#], &["metadata.generation = 2"], &["t = 49"]],
    ),
    passes(
        "GN-06",
        "or one that the change before called for",
        RUNNING,
        &[&["metadata.generation = 3", "status.observedGeneration = 2"], &["t = 49"]],
    ),
    finds(
        "GN-06",
        "which takes no longer than the grace period",
        RUNNING,
        &[&["metadata.generation = 2", "status.observedGeneration = 2"], &["metadata.generation = 3"], &["t = 51"]],
    ),
    passes(
        "GN-06",
        "another change is another wait",
        RUNNING,
        &[&["metadata.generation = 2"], &["metadata.generation = 3", "t = 15"], &["t = 25"]],
    ),
    finds(
        "CS-54",
        "one instance has one image",
        RUNNING,
        &[&["metadata.generation = 2", "spec.containers[web].image = nginx:2"], &["status.containerStatuses[web].image = nginx:2"]],
    ),
    finds("CS-45", "and one image id", RUNNING, &[&["status.containerStatuses[web].imageID = nginx@sha256:2"]]),
    finds(
        "CS-38",
        "an instance that was restarted tells how the one before ended",
        RUNNING,
        &[&["status.containerStatuses[web].restartCount = 1"]],
    ),
    finds("ST-02", "only a kubelet observes generations", CREATED, &[&["status.observedGeneration = 1"]]),
    finds("ST-02", "and writes container statuses", CREATED, &[&[WAITS]]),
    finds("ST-02", "and Initialized", CREATED, &[&[r#"status.conditions[Initialized] = {"type": "Initialized", "status": "True"}"#]]),
    finds("ST-02", "and refuses", CREATED, &[&[FAILED, "status.reason = OutOfcpu"]]),
    finds("ST-02", "and sees a deadline pass", CREATED, &[&[FAILED, "status.reason = DeadlineExceeded"]]),
    passes("ST-02", "other reasons are anybody's", CREATED, &[&[FAILED, "status.reason = NodeLost"]]),
    passes("ST-02", "the collector observes, too", CREATED, &[&[FAILED, "status.observedGeneration = 1"]]),
    finds("ST-02", "but gives no reason", CREATED, &[&[FAILED, "status.observedGeneration = 1", "status.reason = NodeLost"]]),
    finds(
        "TE-07",
        "what was never started ends unknown",
        DELETING,
        &[&[SEEN, FAILED, LOST, r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 137, "reason": "Error"}}"#]],
    ),
    finds(
        "TE-07",
        "and with 137",
        DELETING,
        &[&[
            SEEN,
            FAILED,
            LOST,
            r#"status.containerStatuses[web].state = {"terminated": {"exitCode": 1, "reason": "ContainerStatusUnknown"}}"#,
        ]],
    ),
    finds("TE-07", "and does not wait", DELETING, &[&[SEEN, FAILED, WAITS]]),
    finds("TE-07", "and has Failed", DELETING, &[&[SEEN, "status.phase = Succeeded", LOST]]),
    passes("TE-07", "as it should", DELETING, &[&[SEEN, FAILED, LOST]]),
    passes("TE-07", "where nobody deletes the Pod, others may write its end", RUNNING, &[&["status.phase = Succeeded", WAITS]]),
    finds(
        "TE-04",
        "a Pod is removed when it has ended",
        RUNNING,
        &[
            ENDS,
            &["type = DELETED", "metadata.deletionTimestamp = 2026-01-01T00:00:06Z", "metadata.deletionGracePeriodSeconds = 30", ENDED],
        ],
    ),
    passes(
        "TE-12",
        "a request ends with its grace period",
        RUNNING,
        &[&["metadata.deletionTimestamp = 2026-01-01T00:00:32Z", "metadata.deletionGracePeriodSeconds = 30"]],
    ),
    finds(
        "TE-12",
        "not three seconds before",
        RUNNING,
        &[&["t = 5", "metadata.deletionTimestamp = 2026-01-01T00:00:31Z", "metadata.deletionGracePeriodSeconds = 30"]],
    ),
    finds("CS-38", "what had not begun has no end before it", STARTING, &[&[UP, LAST_END]]),
    passes(
        "CS-38",
        "the next instance of one that waited without a record is the first for the runtime",
        STARTING,
        &[&[r#"status.containerStatuses[web].state = {"waiting": {"reason": "RestartingAllContainers"}}"#, LAST_END], &[UP, LAST_END]],
    ),
    finds("CS-38", "one that has ended without a record does not wait", STARTING, &[&[LOST, LAST_END], &[UP, LAST_END]]),
    passes(
        "CO-29",
        "a change may be written two seconds late",
        RUNNING,
        &[
            &["t = 10", r#"metadata.labels = {"seen": "yes"}"#],
            &[
                "t = 11",
                r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:08Z"}"#,
                r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:08Z"}"#,
                "status.containerStatuses[web].ready = false",
            ],
        ],
    ),
    finds(
        "CO-29",
        "not three",
        RUNNING,
        &[
            &["t = 10", r#"metadata.labels = {"seen": "yes"}"#],
            &[
                "t = 11",
                r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:07Z"}"#,
                r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:07Z"}"#,
                "status.containerStatuses[web].ready = false",
            ],
        ],
    ),
    passes("CO-42", "the mark may stay while others write", RUNNING, &[&[MARK], &[r#"metadata.labels = {"seen": "yes"}"#]]),
    finds(
        "CO-42",
        "not beyond what the kubelet writes next",
        RUNNING,
        &[&[MARK], &["status.observedGeneration = 1", "status.hostIP = 192.0.2.3"]],
    ),
    passes(
        "CO-42",
        "which gives a reason",
        RUNNING,
        &[&[MARK], &["status.hostIP = 192.0.2.3", "status.conditions[Ready].reason = ContainersNotReady"]],
    ),
    passes("TE-04", "a request without grace removes whatever there is", DELETING, &[&[NO_GRACE, DOWN, ENDED_WELL], &["type = DELETED"]]),
    finds("TE-04", "the kubelet's own tells the end before", DELETING, &[&[NO_GRACE, SEEN, DOWN, ENDED_WELL], &["type = DELETED"]]),
    passes("TE-04", "its own comes when the sandbox is down", DELETING, &[&[NO_GRACE, SEEN, ENDED_WELL], &["type = DELETED"]]),
    passes("TE-04", "and all containers", DELETING, &[&[NO_GRACE, SEEN, DOWN], &["type = DELETED"]]),
    finds("TE-04", "a request with grace leaves time for the end", DELETING, &[&[SEEN, DOWN, ENDED_WELL], &["type = DELETED"]]),
    finds("PH-09", "where all have ended so has the Pod", SERVING, &[&[WEB_DONE, DB_DONE, PROXY_DONE], &["t = 60"]]),
    passes("PH-09", "a sidecar may take its time", SERVING, &[&[WEB_DONE, DB_DONE], &["t = 60"]]),
    passes("PH-09", "a container that has failed is started again", SERVING, &[&[WEB_FAILED, DB_DONE, PROXY_DONE], &["t = 60"]]),
    passes("PH-09", "one that runs has not ended", SERVING, &[&[WEB_DONE, PROXY_DONE], &["t = 60"]]),
];
