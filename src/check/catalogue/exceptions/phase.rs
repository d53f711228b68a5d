//! Exceptions of the rules about the phase.

use super::{Case, finds, passes};
use crate::check::Step;
use crate::check::catalogue::bases::RUNNING;

/// The Pod was preempted, and its container ended well.
const PREEMPTED: Step = &[
    "spec.restartPolicy = Never",
    "status.phase = Failed",
    "status.reason = Preempting",
    "status.message = Preempted in order to admit critical pod",
    "status.conditions[DisruptionTarget] = {\"type\": \"DisruptionTarget\", \"status\": \"True\", \"reason\": \"TerminationByKubelet\"}",
    "status.containerStatuses[web].state = {\"terminated\": {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://a0\"}}",
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
    finds("PH-05", "neither reason nor condition tells of another end", RUNNING, &[PREEMPTED, &[NO_REASON, NO_MESSAGE, NO_DISRUPTION]]),
];
