//! Vectors of the rules in [`crate::rules::termination_order`].

use super::{Case, ReadError, spec_of};
use crate::api::Pod;
use crate::rules::grace::{Stop, StopBudget, StopPhase, kill_grace_seconds};
use crate::rules::termination_order::must_wait_for;
use crate::spec::{ContainerIndex, Spec};
use crate::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    pod: Pod,
    running: Vec<Running>,
    grace_period_override: Option<i64>,
    #[serde(default)]
    pre_stop_seconds: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    id: String,
    name: String,
    exit_after_seconds: f64,
}

/// One running container in a world whose clock jumps from event to event.
struct Victim {
    id: String,
    container: ContainerIndex,
    stop: Stop,
    pre_stop_ends: Time,
    exit_after: Span,
    stopped: bool,
}

/// Suite `termination_order`: `killContainersWithSyncResult`.
pub(super) fn termination_order(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let spec = spec_of(&input.pod);
    let mut victims = victims(&spec, &input)?;
    while let Some(now) = victims.iter().filter_map(Victim::next).min() {
        for i in 0..victims.len() {
            let must_wait = must_wait(&spec, &victims, i);
            victims[i].live(now, must_wait);
        }
        // The end of one may be the turn of another.
        for i in 0..victims.len() {
            let must_wait = must_wait(&spec, &victims, i);
            victims[i].stop.advance(now, must_wait);
        }
    }
    let containers: BTreeMap<_, _> = victims.iter().map(|victim| (victim.id.as_str(), victim.answer())).collect();
    Ok(json!({ "containers": containers }))
}

/// All running containers at the moment the kill begins.
fn victims(spec: &Spec, input: &Input) -> Result<Vec<Victim>, ReadError> {
    let find = |running: &Running| spec.find(&running.name).ok_or_else(|| ReadError::NoContainer(running.name.clone()));
    let running = input.running.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let is_stopping = |other| running.contains(&other);
    let deletion = input.pod.metadata.deletion_grace_period_seconds;
    let victim = |(seen, &container): (&Running, &ContainerIndex)| {
        let budget = StopBudget::starting(kill_grace_seconds(spec, container, deletion, None), input.grace_period_override);
        let hook = input.pre_stop_seconds.get(&seen.name).copied().unwrap_or_default();
        Victim {
            id: seen.id.clone(),
            container,
            stop: Stop::begin(Time::EPOCH, spec.container(container), budget, must_wait_for(spec, container, is_stopping)),
            pre_stop_ends: Time::EPOCH + Span::from_secs_f64(hook),
            exit_after: Span::from_secs_f64(seen.exit_after_seconds),
            stopped: false,
        }
    };
    Ok(input.running.iter().zip(&running).map(victim).collect())
}

fn must_wait(spec: &Spec, victims: &[Victim], i: usize) -> bool {
    must_wait_for(spec, victims[i].container, |other| victims.iter().any(|victim| victim.container == other && !victim.stopped))
}

impl Victim {
    /// When something happens to it next by itself.
    fn next(&self) -> Option<Time> {
        match self.stop.phase() {
            StopPhase::PreStop => self.stop.deadline().map(|deadline| deadline.min(self.pre_stop_ends)),
            StopPhase::WaitForTurn => self.stop.deadline(),
            StopPhase::StopContainer => (!self.stopped).then(|| self.end().0),
        }
    }

    /// Lets its hook or itself end, if it is time.
    fn live(&mut self, now: Time, must_wait: bool) {
        if self.next().is_some_and(|next| next <= now) {
            self.stopped = self.stop.phase() == StopPhase::StopContainer;
            self.stop.pre_stop_ended(now, must_wait);
        }
    }

    /// When it is gone, and how: the runtime kills it when its time is over.
    fn end(&self) -> (Time, &'static str) {
        let timeout = Span::from_secs(self.stop.budget().stop_timeout());
        let (after, how) = if self.exit_after <= timeout { (self.exit_after, "exited") } else { (timeout, "killed") };
        (self.stop.since() + after, how)
    }

    fn answer(&self) -> Value {
        let (done, how) = self.end();
        json!({
            "stopAtSeconds": (self.stop.since() - Time::EPOCH).as_secs_f64(),
            "timeoutSeconds": self.stop.budget().stop_timeout(),
            "doneAtSeconds": (done - Time::EPOCH).as_secs_f64(),
            "how": how,
        })
    }
}
