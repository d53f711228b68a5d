//! `CO`, of messages: they name the containers that keep a condition from being True.

use crate::check::catalogue::bases::{INITIALIZING, STARTING};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Scope;
use crate::check::version::{Version, condition_path};
use crate::rules::conditions::{ConditionReason, KubeletCondition, incomplete, names, unready};
use crate::rules::view::{StatusEntry, StatusState, Statuses};
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use core::fmt::{self, Write};

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CO-39",
        "the message of ContainersNotReady names the sidecars and then the regular containers that have no status or are not ready, each in the order \
         of the spec",
        Check::Status(names_unready),
    )
    .source_is("kubelet GenerateContainersReadyCondition")
    .only(Scope::Full)
    .with_spec()
    .silent_on(STARTING, &[])
    .fires_on(STARTING, &[&["status.conditions[ContainersReady].message = containers with unready status: [db]"]]),
    Rule::must(
        "CO-40",
        "the message of ContainersNotInitialized names the init containers that have no status or are not done, in the order of the spec",
        Check::Status(names_incomplete),
    )
    .source_is("kubelet GeneratePodInitializedCondition")
    .unless("a sidecar with a startup probe: the message may be one build older than its `started`")
    .only(Scope::Full)
    .with_spec()
    .silent_on(INITIALIZING, &[])
    .fires_on(INITIALIZING, &[&["status.conditions[Initialized].message = containers with incomplete status: [web]"]]),
];

fn names_unready(version: &Version<'_>, report: &mut Report<'_, '_>) {
    for condition in [KubeletCondition::ContainersReady, KubeletCondition::Ready] {
        let Some(message) = message_for(version, condition, ConditionReason::ContainersNotReady) else { continue };
        let Some((spec, statuses)) = version.statuses() else { continue };
        let expected = unready(spec, &statuses);
        if !reads(message, &expected) {
            let why = format_args!("by the container statuses of the same version it says {expected}");
            report.add(condition_path(condition.as_str(), "message"), message, why);
        }
    }
}

fn names_incomplete(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let condition = KubeletCondition::Initialized;
    let Some(message) = message_for(version, condition, ConditionReason::ContainersNotInitialized) else { return };
    let Some((spec, statuses)) = version.statuses() else { return };
    let expected = incomplete(spec, &statuses);
    let as_built = AsBuilt { spec, statuses: &statuses, message };
    if !reads(message, &expected) && !reads(message, incomplete(spec, &as_built)) {
        let why = format_args!("by the container statuses of the same version it says {expected}");
        report.add(condition_path(condition.as_str(), "message"), message, why);
    }
}

/// The message of a condition that has this reason; none if it has another, or if the stream has no messages.
fn message_for<'a>(version: &Version<'a>, condition: KubeletCondition, reason: ConditionReason) -> Option<&'a str> {
    let condition = version.condition(condition)?;
    (condition.reason == reason.as_str() && !condition.message.is_empty()).then_some(&condition.message)
}

/// Statuses as they may have been at the build to which the message belongs. What startup probes have found since then, be it one or several,
/// shows in `started` and not in the conditions: of a sidecar with such a probe the message itself tells.
struct AsBuilt<'a, S> {
    spec: &'a Spec,
    statuses: &'a S,
    message: &'a str,
}

impl<S: Statuses> Statuses for AsBuilt<'_, S> {
    fn entry(&self, index: ContainerIndex) -> Option<StatusEntry> {
        let entry = self.statuses.entry(index)?;
        let container = self.spec.container(index);
        let is_probed = container.is_sidecar() && container.probe(ProbeKind::Startup).is_some() && entry.state == StatusState::Running;
        Some(if is_probed { StatusEntry { started: Some(!names(self.message, container.name())), ..entry } } else { entry })
    }
}

/// Whether this is the text that would be written; nothing is built for it.
fn reads(text: &str, expected: impl fmt::Display) -> bool {
    let mut rest = Rest(text);
    write!(rest, "{expected}").is_ok() && rest.0.is_empty()
}

/// What of a text has not been written again yet.
struct Rest<'a>(&'a str);

impl Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}
