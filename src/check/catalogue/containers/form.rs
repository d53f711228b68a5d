//! The form in which container statuses are written.

use crate::api::{ContainerStateTerminated, ObjectMeta, PodStatus};
use crate::check::catalogue::bases::{RUNNING, SUCCEEDED};
use crate::check::facts::Facts;
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Container, Version, condition_path};
use crate::rules::termination_message::share;
use crate::time::Time;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("CS-29", "the message of a termination is no longer than 12288 bytes / number of containers", Check::Status(is_cut))
        .asks_for(Facts::ENDED)
        .source_is("kubelet normalizeStatus")
        .only(Scope::Started)
        .silent_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.message = done"]])
        .fires_on(SUCCEEDED, &[&[LONG]]),
    Rule::must("CS-30", "terminated.signal is not set", Check::Status(has_no_signal))
        .asks_for(Facts::ENDED)
        .source_is("kubelet toKubeContainerStatus")
        .only(Scope::Started)
        .not(Shapes::FOREIGN)
        .silent_on(SUCCEEDED, &[])
        .fires_on(SUCCEEDED, &[&["status.containerStatuses[job].state.terminated.signal = 15"]]),
    Rule::must("CS-31", "all times are whole seconds", Check::Status(has_whole_seconds))
        .source_is("API metav1.Time; kubelet normalizeStatus")
        .not(Shapes::FOREIGN)
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:02.5Z"]]),
    Rule::should("CS-32", "imageID and containerID are both empty or both set", Check::Status(has_both_ids))
        .source_is("kubelet convertToAPIContainerStatuses")
        .only(Scope::Started)
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.containerStatuses[web].imageID = \"\""]]),
];

const LONG: &str = {
    const WORDS: &[u8] = b"status.containerStatuses[job].state.terminated.message = ";
    const BYTES: [u8; WORDS.len() + share(1) + 1] = {
        let mut bytes = [b'x'; WORDS.len() + share(1) + 1];
        let (words, _) = bytes.split_at_mut(WORDS.len());
        words.copy_from_slice(WORDS);
        bytes
    };
    match core::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

fn is_cut(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let count = || version.spec().map_or_else(|| version.containers().count(), |spec| spec.containers().len());
    for (path, container, end) in ends(version) {
        // Where the longest share is kept, so is every one that may be in force: most messages are short.
        if end.message.is_empty() {
            continue;
        }
        let (length, share) = (stored_length(&end.message), share(count()));
        if length > share {
            let message = format_args!("{length} bytes; the kubelet cuts to {share}, the container's share of what a Pod may say");
            report.add(container.path(path.message), format_args!("{length} bytes"), message);
        }
    }
}

/// How many bytes the kubelet had written at the least: it cuts between bytes and copies what is no text, each such byte of which is read as a
/// replacement character.
pub(in crate::check) fn stored_length(message: &str) -> usize {
    message.chars().map(|char| if char == char::REPLACEMENT_CHARACTER { 1 } else { char.len_utf8() }).sum()
}

fn has_no_signal(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for (path, container, end) in ends(version) {
        if end.signal != 0 {
            report.add(container.path(path.signal), end.signal, "the kubelet tells a signal by the exit code alone");
        }
    }
}

struct Paths {
    message: &'static str,
    signal: &'static str,
}

const STATE: Paths = Paths { message: "state.terminated.message", signal: "state.terminated.signal" };
const LAST_STATE: Paths = Paths { message: "lastState.terminated.message", signal: "lastState.terminated.signal" };

fn ends<'a>(version: &Version<'a>) -> impl Iterator<Item = (&'static Paths, Container<'a>, &'a ContainerStateTerminated)> + use<'a> {
    let states = |container: Container<'a>| [(&STATE, container, container.terminated()), (&LAST_STATE, container, container.last())];
    version.containers().flat_map(states).filter_map(|(path, container, end)| Some((path, container, end?)))
}

fn has_whole_seconds(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let ObjectMeta { creation_timestamp, deletion_timestamp, .. } = version.meta();
    let PodStatus { start_time, conditions, .. } = version.status();
    let message = "the API keeps whole seconds";
    for (path, time) in [
        ("metadata.creationTimestamp", creation_timestamp),
        ("metadata.deletionTimestamp", deletion_timestamp),
        ("status.startTime", start_time),
    ] {
        if let Some(time) = fraction(*time) {
            report.add(path, time, message);
        }
    }
    for condition in conditions {
        for (field, time) in [("lastProbeTime", condition.last_probe_time), ("lastTransitionTime", condition.last_transition_time)] {
            if let Some(time) = fraction(time) {
                report.add(condition_path(condition.type_.as_str(), field), time, message);
            }
        }
    }
    for container in version.containers() {
        let (end, last) = (container.terminated(), container.last());
        for (path, time) in [
            ("state.running.startedAt", container.running().and_then(|running| running.started_at)),
            ("state.terminated.startedAt", end.and_then(|end| end.started_at)),
            ("state.terminated.finishedAt", end.and_then(|end| end.finished_at)),
            ("lastState.terminated.startedAt", last.and_then(|end| end.started_at)),
            ("lastState.terminated.finishedAt", last.and_then(|end| end.finished_at)),
        ] {
            if let Some(time) = fraction(time) {
                report.add(container.path(path), time, message);
            }
        }
    }
}

/// A time that is not a whole second.
fn fraction(time: Option<Time>) -> Option<Time> {
    time.filter(|time| time.truncated() != *time)
}

fn has_both_ids(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for container in version.containers() {
        let status = container.status;
        match (status.image_id.is_empty(), status.container_id.is_empty()) {
            (true, false) => report.add(container.path("imageID"), "", "an instance has an image"),
            (false, true) => report.add(container.path("imageID"), &status.image_id, "without an instance the image in use is not known"),
            _ => {}
        }
    }
}
