//! The words that statuses of containers may use.

use crate::check::catalogue::bases::{RUNNING, STARTING, SUCCEEDED};
use crate::check::catalogue::containers::window::synthetic;
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::version::Version;
use crate::rules::view::{TerminatedReason, WaitingReason};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CS-35",
        "reason and exit code of a termination agree: Completed ⇒ 0, Error ⇒ not 0, StartError ⇒ 128, Unknown ⇒ 255, \
         ContainerStatusUnknown and RestartingAllContainers ⇒ 137, OOMKilled any; there are no other reasons",
        Check::Status(ends_agree),
    )
    .asks_for(Facts::ENDED)
    .source_is("container runtime; kubelet convertToAPIContainerStatuses")
    .unless("words of other runtimes than containerd")
    .silent_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.reason = OOMKilled"]])
    .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.exitCode = 1"]]),
    Rule::must("CS-36", "the reason of a waiting container is one of the known words, or empty", Check::Status(waits_for_known_reason))
        .asks_for(Facts::WAITING)
        .source_is("kubelet ContainerState reasons, images errors, kuberuntime errors")
        .unless("it is the text of an error, in several words")
        .silent_on(STARTING, &[&["status.containerStatuses[web].state.waiting.reason = ErrImagePull"]])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ImagePullBackoff\"}}"]]),
];

fn ends_agree(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        for (field, end) in [("state.terminated", container.terminated()), ("lastState.terminated", container.last())] {
            let Some(end) = end else { continue };
            let reason = TerminatedReason::from_text(&end.reason);
            let value = format_args!("{}, {}", end.reason, end.exit_code);
            let fits = synthetic(end).map_or(reason.fits(end.exit_code), |synthetic| synthetic.exit().code == end.exit_code);
            if !fits {
                report.add(container.path(field), value, "nothing ends for this reason with this exit code");
            } else if matches!(reason, TerminatedReason::Other | TerminatedReason::None) && knows_all_words(&end.container_id) {
                report.add(container.path(field), value, "neither containerd nor the kubelet gives this reason for an end");
            }
        }
    }
}

/// Whether all reasons of the writer of a termination are known: the kubelet, which gives no id, or containerd.
fn knows_all_words(container_id: &str) -> bool {
    container_id.is_empty() || container_id.starts_with("containerd://")
}

fn waits_for_known_reason(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let Some(waiting) = container.waiting() else { continue };
        let is_word = waiting.reason.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if WaitingReason::from_text(&waiting.reason) == WaitingReason::Other && is_word {
            report.add(container.path("state.waiting.reason"), &waiting.reason, "the kubelet knows no such reason to wait");
        }
    }
}
