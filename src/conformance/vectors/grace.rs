//! Vectors of the rules in [`crate::rules::grace`].

use super::{Case, ReadError, spec_of};
use crate::api::Pod;
use crate::rules::grace::{Stop, StopBudget, effective_pod_grace, kill_grace_seconds};
use crate::rules::view::KillReason;
use crate::time::{Span, Time};
use alloc::string::String;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde_json::{Value, json};

/// Suite `grace`: `setTerminationGracePeriod` and `killContainer`.
pub(super) fn kill(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        pod: Pod,
        container: String,
        reason: String,
        grace_period_override: Option<i64>,
        #[serde(default)]
        pre_stop_seconds: f64,
    }
    let input: Input = case.input()?;
    let spec = spec_of(&input.pod);
    let container = spec.find(&input.container).ok_or_else(|| ReadError::NoContainer(input.container.clone()))?;
    let deletion = input.pod.metadata.deletion_grace_period_seconds;
    let seconds = kill_grace_seconds(&spec, container, deletion, reason(&input.reason)?);
    let budget = StopBudget::starting(seconds, input.grace_period_override);
    let mut stop = Stop::begin(Time::EPOCH, spec.container(container), budget, false);
    if let Some(given_up) = stop.deadline() {
        let ended = Time::EPOCH + Span::from_secs_f64(input.pre_stop_seconds);
        stop.pre_stop_ended(ended.min(given_up), false);
    }
    Ok(json!({
        "gracePeriodSeconds": seconds,
        "stopAtSeconds": (stop.since() - Time::EPOCH).as_secs_f64(),
        "stopTimeoutSeconds": stop.budget().stop_timeout(),
    }))
}

/// Suite `effective_grace`: `calculateEffectiveGracePeriod`.
pub(super) fn effective(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        pod: Pod,
        #[serde(default)]
        current_grace_period_seconds: i64,
        override_seconds: Option<i64>,
    }
    let Input { pod, current_grace_period_seconds, override_seconds } = case.input()?;
    let deletion = pod.metadata.deletion_grace_period_seconds;
    let grace = effective_pod_grace(pod.spec.termination_grace_period_seconds, deletion, current_grace_period_seconds, override_seconds);
    Ok(json!({ "gracePeriodSeconds": grace.seconds, "gracePeriodShortened": grace.shortened }))
}

/// The suite writes no reason as the empty text.
fn reason(text: &str) -> Result<Option<KillReason>, serde_json::Error> {
    if text.is_empty() { Ok(None) } else { KillReason::deserialize(text.into_deserializer()).map(Some) }
}
