//! Vectors of the rules in [`crate::rules::backoff`].

use super::{Case, ReadError};
use crate::rules::backoff::{Backoff, BackoffConfig};
use crate::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    initial_seconds: f64,
    max_seconds: f64,
    expiry_seconds: f64,
    #[serde(flatten)]
    course: Course,
}

#[derive(Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Course {
    Runs { run_seconds: Vec<f64>, poll_seconds: f64 },
    Events { events: Vec<Event> },
}

#[derive(Deserialize)]
struct Event {
    at: Time,
    #[serde(default)]
    image: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum What {
    DoBackOff {
        finished_at: Option<Time>,
    },
    Gc,
    Pull {
        #[serde(default)]
        pull_succeeds: bool,
    },
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    in_backoff: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pulled: Option<bool>,
}

/// Suite `backoff`: `doBackOff` and the image manager's calls, on one clock.
pub(super) fn backoff(case: &Case) -> Result<Value, ReadError> {
    let input: Input = case.input()?;
    let [initial, max, expiry] = [input.initial_seconds, input.max_seconds, input.expiry_seconds].map(Span::from_secs_f64);
    let config = BackoffConfig::new(initial, max, expiry);
    Ok(match input.course {
        Course::Runs { run_seconds, poll_seconds } => {
            json!({ "restartDelaySeconds": restart_delays(&config, &run_seconds, Span::from_secs_f64(poll_seconds)) })
        }
        Course::Events { events } => {
            let mut entries = BTreeMap::<&str, Backoff>::new();
            events.iter().map(|event| json!(answer(&config, &mut entries, event))).collect()
        }
    })
}

/// Suite `backoff_config`: `newCrashLoopBackOff`.
pub(super) fn config(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        max_container_restart_period_seconds: Option<f64>,
    }
    let input: Input = case.input()?;
    let period = input.max_container_restart_period_seconds.map(Span::from_secs_f64);
    let config = BackoffConfig::crash_loop(period, &case.gates()?);
    Ok(json!({ "initialSeconds": config.initial().as_secs_f64(), "maxSeconds": config.max().as_secs_f64() }))
}

/// The entries are keyed by image: the suite has one container of one Pod, whose resources stay.
fn answer<'a>(config: &BackoffConfig, entries: &mut BTreeMap<&'a str, Backoff>, event: &'a Event) -> Answer {
    let now = event.at;
    match event.what {
        What::Gc => {
            entries.values_mut().for_each(|entry| entry.collect_garbage(config, now));
            Answer::default()
        }
        What::DoBackOff { finished_at } => {
            let entry = entries.entry(&event.image).or_default();
            let refusal = entry.try_restart(config, now, finished_at).err();
            let delay_seconds = Some(entry.delay().as_secs_f64());
            Answer { in_backoff: refusal.is_some(), until: refusal.map(|refusal| refusal.until), delay_seconds, pulled: None }
        }
        What::Pull { pull_succeeds } => {
            let entry = entries.entry(&event.image).or_default();
            let allowed = entry.image_pull_allowed(config, now).is_ok();
            match (allowed, pull_succeeds) {
                (true, true) => entry.image_pull_succeeded(config, now),
                (true, false) => entry.image_pull_failed(config, now),
                (false, _) => {}
            }
            let delay_seconds = Some(entry.delay().as_secs_f64());
            Answer { in_backoff: !allowed, until: None, delay_seconds, pulled: Some(allowed && pull_succeeds) }
        }
    }
}

/// A container that runs for these times, and is asked for again every `poll` from each exit on.
fn restart_delays(config: &BackoffConfig, runs: &[f64], poll: Span) -> Vec<f64> {
    let (mut backoff, mut now) = (Backoff::default(), Time::EPOCH);
    let delays = runs.iter().map(|&run| {
        let exit = now + Span::from_secs_f64(run);
        now = exit;
        while let Err(refusal) = backoff.try_restart(config, now, Some(exit)) {
            let next = if poll > Span::ZERO { now + poll } else { refusal.until };
            // Time has an end, after which no poll comes.
            if next <= now {
                break;
            }
            now = next;
        }
        (now - exit).as_secs_f64()
    });
    delays.collect()
}
