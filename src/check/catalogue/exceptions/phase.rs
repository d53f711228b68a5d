//! Exceptions of the rules about the phase.

use super::{Case, finds, passes};
use crate::check::Step;
use crate::check::catalogue::bases::RUNNING;
use crate::check::catalogue::containers::bases::SERVING;

/// The Pod was preempted, and its container ended well.
const PREEMPTED: Step = &[
    "spec.restartPolicy = Never",
    "status.phase = Failed",
    "status.reason = Preempting",
    "status.message = Preempted in order to admit critical pod",
    "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"True\", \"reason\": \"TerminationByKubelet\"}",
    ENDED_WELL,
];
/// The deadline passed, and the container ended well.
const PAST_DEADLINE: Step = &[
    "spec.restartPolicy = Never",
    "status.phase = Failed",
    "status.reason = DeadlineExceeded",
    "status.message = Pod was active on the node longer than the specified deadline",
    ENDED_WELL,
];
const ENDED_WELL: &str = "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://a0\"}}";
/// In a new sandbox an init container ran again.
const RAN_AGAIN: Step = &[
    "status.phase = Pending",
    "status.initContainerStatuses[setup].containerID = containerd://s1",
    "status.initContainerStatuses[setup].restartCount = 1",
    r#"status.initContainerStatuses[setup].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://s1"}}"#,
];
/// The sandbox is down.
const DOWN: Step = &["status.phase = Pending", "status.conditions[PodReadyToStartContainers].status = False"];
/// All containers wait but the init container.
const WAITING: Step = &[
    r#"status.initContainerStatuses[proxy].state = {"waiting": {"reason": "PodInitializing"}}"#,
    "status.initContainerStatuses[proxy].containerID = null",
    r#"status.containerStatuses[db].state = {"waiting": {"reason": "PodInitializing"}}"#,
    "status.containerStatuses[db].containerID = null",
    r#"status.containerStatuses[web].state = {"waiting": {"reason": "PodInitializing"}}"#,
    "status.containerStatuses[web].containerID = null",
];
const NO_REASON: &str = "status.reason = null";
const NO_MESSAGE: &str = "status.message = null";
const NO_DISRUPTION: &str = "status.conditions[DisruptionTarget] = null";
const FAILED: &str = "status.containerStatuses[web].state.terminated.exitCode = 1";

pub(super) const CASES: &[Case] = &[
    passes(
        "PH-14",
        "where the container ended well a new kubelet builds Succeeded, and no words for Failed",
        RUNNING,
        &[PREEMPTED, &[NO_REASON, NO_MESSAGE]],
    ),
    finds("PH-14", "reason and message go together", RUNNING, &[PREEMPTED, &[NO_REASON]]),
    finds("PH-14", "reason and message go together", RUNNING, &[PREEMPTED, &[NO_MESSAGE]]),
    finds(
        "PH-14",
        "where the container failed the phase is built as it was, with its words",
        RUNNING,
        &[PREEMPTED, &[FAILED], &[NO_REASON, NO_MESSAGE]],
    ),
    passes("PH-05", "the condition tells who has ended the Pod after the reason is lost", RUNNING, &[PREEMPTED, &[NO_REASON, NO_MESSAGE]]),
    finds("PH-14", "that the deadline has passed shows in each status", RUNNING, &[PAST_DEADLINE, &[NO_REASON, NO_MESSAGE]]),
    finds(
        "PH-14",
        "a word of somebody else is not the kubelet's to lose",
        RUNNING,
        &[PREEMPTED, &["status.reason = Odd"], &[NO_REASON, NO_MESSAGE]],
    ),
    finds(
        "PH-14",
        "without a spec the container itself tells that it failed",
        RUNNING,
        &[PREEMPTED, &["spec = null", FAILED], &[NO_REASON, NO_MESSAGE]],
    ),
    finds(
        "DI-07",
        "without a spec the container itself tells that it failed",
        RUNNING,
        &[PREEMPTED, &["spec = null", FAILED, NO_REASON, NO_MESSAGE]],
    ),
    passes("PH-05", "the reason was told before it was lost", RUNNING, &[PREEMPTED, &[NO_REASON, NO_MESSAGE, NO_DISRUPTION]]),
    finds(
        "PH-05",
        "a Pod that may be evicted for its local storage fails with that reason first",
        RUNNING,
        &[
            &[r#"spec.volumes = [{"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}]"#],
            &["spec.restartPolicy = Never", "status.phase = Failed", ENDED_WELL],
        ],
    ),
    passes(
        "PH-05",
        "the reason is lost with an illegal status: an init container ran again",
        SERVING,
        &[WAITING, RAN_AGAIN, &["status.phase = Failed"]],
    ),
    passes(
        "PH-17",
        "the reason is lost with an illegal status: an init container ran again",
        SERVING,
        &[WAITING, RAN_AGAIN, &["status.phase = Failed"]],
    ),
    passes(
        "PH-05",
        "an init container that runs again in a new sandbox may show nowhere",
        SERVING,
        &[WAITING, DOWN, &["status.phase = Failed"]],
    ),
    passes(
        "PH-17",
        "an init container that runs again in a new sandbox may show nowhere",
        SERVING,
        &[WAITING, DOWN, &["status.phase = Failed"]],
    ),
    finds(
        "PH-05",
        "a Pod of the policy Never that has run gets no other sandbox",
        SERVING,
        &[&["spec.restartPolicy = Never"], WAITING, DOWN, &["status.phase = Failed"]],
    ),
    finds(
        "PH-05",
        "what is built anew after the sandbox was down was legal",
        SERVING,
        &[
            WAITING,
            DOWN,
            &["status.conditions[PodReadyToStartContainers].status = True"],
            &["metadata.generation = 2", "status.observedGeneration = 2"],
            &["status.phase = Failed"],
        ],
    ),
    finds("PH-05", "containers that only wait lose no reason", SERVING, &[WAITING, &["status.phase = Failed"]]),
    finds(
        "PH-05",
        "a status after the illegal one has the reason",
        SERVING,
        &[
            WAITING,
            RAN_AGAIN,
            &[
                r#"status.containerStatuses[db].state = {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://d1"}}"#,
                "status.containerStatuses[db].containerID = containerd://d1",
            ],
            &["status.phase = Failed"],
        ],
    ),
    finds(
        "PH-05",
        "neither reason nor condition tells of another end",
        RUNNING,
        &[&["spec.restartPolicy = Never", "status.phase = Failed", ENDED_WELL]],
    ),
];
