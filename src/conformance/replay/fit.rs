//! When a shown state is the observed one, and how it differs.

use super::{Shown, seconds};
use crate::conformance::scenario::{ContainerLine, ContainerList, ObservedEntry, Projection, Seen, StateKind};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Reasons of a container that waits because its last run failed.
const FAILED_RUN: [&str; 3] = ["CrashLoopBackOff", "RunContainerError", "PostStartHookError"];
/// Reasons of a container that waits for its image.
const PULL: [&str; 2] = ["ErrImagePull", "ImagePullBackOff"];

/// Whether the model shows what was observed; a back-off that is still observed as terminated may be ahead.
pub(super) fn equal(shown: &Seen, observed: &Seen) -> bool {
    fits(shown, observed, |shown, observed| shown == observed || is_ahead(shown, observed))
}

/// Equal but for which of several reasons why a container is down is shown.
pub(super) fn settled(shown: &Seen, observed: &Seen) -> bool {
    fits(shown, observed, |shown, observed| Rest::of(shown) == Rest::of(observed))
}

fn fits(shown: &Seen, observed: &Seen, container: impl Fn(&ContainerLine, &ContainerLine) -> bool) -> bool {
    let (Seen::Object(shown), Seen::Object(observed)) = (shown, observed) else { return shown == observed };
    let around = |seen: &Projection| (seen.phase, seen.pod_ip, seen.deleting);
    around(shown) == around(observed)
        && shown.reason == observed.reason
        && shown.conditions == observed.conditions
        && shown.containers.len() == observed.containers.len()
        && shown.containers.iter().all(|(name, shown)| observed.containers.get(name).is_some_and(|observed| container(shown, observed)))
}

/// The model shows the back-off of the ended run that is still observed as terminated: the kubelet builds the status before it
/// tries to start, so the back-off appears one round late.
fn is_ahead(shown: &ContainerLine, observed: &ContainerLine) -> bool {
    shown.list == observed.list
        && observed.state == StateKind::Terminated
        && shown.state == StateKind::Waiting
        && shown.reason == "CrashLoopBackOff"
        && shown.last_exit_code == observed.exit_code
        && shown.restart_count == observed.restart_count
}

/// A container at the end of the observation.
#[derive(PartialEq)]
enum Rest<'a> {
    /// Its last run ended so; whether it waits, and why, is left open.
    Down {
        list: ContainerList,
        restart_count: i32,
        exit_code: Option<i32>,
    },
    /// It waits for its image, in whichever round of it.
    Pulling(ContainerLine),
    Other(&'a ContainerLine),
}

impl<'a> Rest<'a> {
    fn of(line: &'a ContainerLine) -> Self {
        let ContainerLine { list, restart_count, .. } = *line;
        let reason = line.reason.as_str();
        match (line.state, line.last_exit_code) {
            (StateKind::Terminated, _) => Self::Down { list, restart_count, exit_code: line.exit_code },
            (StateKind::Waiting, Some(_)) if FAILED_RUN.contains(&reason) => {
                Self::Down { list, restart_count, exit_code: line.last_exit_code }
            }
            (StateKind::Waiting, _) if PULL.contains(&reason) => Self::Pulling(ContainerLine { reason: String::new(), ..line.clone() }),
            _ => Self::Other(line),
        }
    }
}

/// What of the shown states comes nearest to an entry, and how it differs, if it does; for humans.
pub(super) fn nearest(entry: &ObservedEntry, shown: &[Shown]) -> String {
    let Seen::Object(observed) = &entry.seen else { return String::from("; the object is never gone") };
    let candidates = shown.iter().filter_map(|state| match &state.seen {
        Seen::Object(seen) => Some((unlike(seen, observed), state.at)),
        Seen::Removed => None,
    });
    match candidates.min_by_key(|(unlike, at)| (unlike.len(), (*at - entry.t).nanos().unsigned_abs())) {
        None => String::from("; nothing more is published"),
        Some((unlike, _)) if unlike.is_empty() => String::new(),
        Some((unlike, at)) => format!("; nearest is at {}: {}", seconds(at), unlike.join(", ")),
    }
}

/// The fields that differ, each as `field shown instead of observed`.
fn unlike(shown: &Projection, observed: &Projection) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = |name: String, shown: String, observed: String| {
        if shown != observed {
            fields.push(format!("{name} {shown} instead of {observed}"));
        }
    };
    field("phase".into(), shown.phase.to_string(), observed.phase.to_string());
    field("reason".into(), format!("{:?}", shown.reason), format!("{:?}", observed.reason));
    field("podIP".into(), shown.pod_ip.to_string(), observed.pod_ip.to_string());
    field("deleting".into(), shown.deleting.to_string(), observed.deleting.to_string());
    let types: BTreeSet<_> = shown.conditions.keys().chain(observed.conditions.keys()).collect();
    for type_ in types {
        let of = |seen: &Projection| seen.conditions.get(type_).map_or("absent".into(), |(status, reason)| format!("{status} {reason:?}"));
        field(type_.to_string(), of(shown), of(observed));
    }
    let names: BTreeSet<_> = shown.containers.keys().chain(observed.containers.keys()).collect();
    for name in names {
        let of = |seen: &Projection| seen.containers.get(name).map_or("absent".into(), container_line);
        field(format!("`{name}`"), of(shown), of(observed));
    }
    fields
}

/// A state in one line.
pub(super) fn line(seen: &Seen) -> String {
    let Seen::Object(seen) = seen else { return String::from("removed") };
    let mut line = format!("{} {}", seen.phase, seen.reason).trim_end().to_string();
    if seen.deleting {
        line += " deleting";
    }
    if !seen.pod_ip {
        line += " without address";
    }
    for (type_, (status, reason)) in &seen.conditions {
        line += format!(", {type_} {status} {reason}").trim_end();
    }
    for (name, container) in &seen.containers {
        line += &format!(", `{name}` {}", container_line(container));
    }
    line
}

fn container_line(container: &ContainerLine) -> String {
    let mut line = String::from(container.state.as_str());
    if !container.reason.is_empty() {
        line += &format!(" {}", container.reason);
    }
    if let Some(code) = container.exit_code {
        line += &format!(" {code}");
    }
    line += &format!(" (ready {}, started {:?}, restarts {}", container.ready, container.started, container.restart_count);
    if let Some(code) = container.last_exit_code {
        line += &format!(", last {code}");
    }
    line + ")"
}
