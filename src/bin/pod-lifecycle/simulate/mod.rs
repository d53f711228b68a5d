//! `simulate`: the life of a Pod from its manifest, in virtual time.

mod duration;
mod manifest;
mod script;
mod timeline;
mod watch;

use crate::document::{self, Document};
use crate::pacing::PacingName;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use pod_lifecycle::Span;
use pod_lifecycle::conformance::player::{Settings, TIME_ZERO, play};
use pod_lifecycle::conformance::scenario::{Scenario, Step, Trigger, Verb};
use pod_lifecycle::pod::Pacing;
use pod_lifecycle::rules::summary::summary;
use script::{KIND_WORLD, Script};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use timeline::Timeline;
use watch::Watch;

/// Play the life of a Pod and print it
///
/// The manifest is YAML or JSON of one or many documents: Pods, and Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs,
/// of each of which one Pod is played. A scenario or replay file is played as it is. Exit code 2 if the input is not valid.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Manifest, scenario or replay file; `-` is the standard input
    manifest: String,
    /// Behaviour of containers, probes, hooks, images and node, and what is done when: a scenario file without `pod` and `expect`
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Only the object of this name
    #[arg(long)]
    name: Option<String>,
    /// How long to watch; default is the script's runUntil, or 10m
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    until: Option<Span>,
    /// Delete the Pod so long after its creation
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    delete_at: Option<Span>,
    /// Grace period of that deletion in seconds; default is the Pod's own
    #[arg(long, value_name = "SECONDS", requires = "delete_at")]
    grace: Option<i64>,
    /// When the kubelet syncs
    #[arg(long, value_enum, default_value_t = PacingName::Immediate)]
    pacing: PacingName,
    /// Seed of what is drawn: names of Pods, the jitter of the kubelet's pacing
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A timeline, or the watch stream as `kubectl get pod -w -o json --output-watch-events` prints it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Timeline and final status.
    Text,
    /// One watch event a line.
    Json,
}

/// What is played, and what is said of it.
struct Play {
    title: String,
    scenario: Scenario,
    /// There is no script.
    kind_world: bool,
}

impl Simulate {
    pub(crate) fn run(self, out: &mut impl Write) -> Result<ExitCode> {
        let plays = self.plays()?;
        let several = plays.len() > 1;
        for (number, play) in plays.into_iter().enumerate() {
            match self.output {
                Format::Text => {
                    if number > 0 {
                        writeln!(out)?;
                    }
                    self.text(&play, number == 0, out)?;
                }
                Format::Json => {
                    if play.kind_world && number == 0 {
                        crate::complain(format_args!("{KIND_WORLD}"));
                    }
                    self.json(&play, out)?;
                }
            }
            if several {
                out.flush()?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn plays(&self) -> Result<Vec<Play>> {
        let documents = document::documents(&self.manifest)?;
        if let [only] = documents.as_slice()
            && is_scenario(only)
        {
            if self.script.is_some() {
                bail!("{}: a scenario has its own script", document::name(&self.manifest));
            }
            let scenario = Scenario::read(&only.value.to_string()).with_context(|| only.origin.clone())?;
            let title = format!("{}: {}", scenario.name, scenario.description);
            return Ok(vec![self.arranged(Play { title, scenario, kind_world: false })]);
        }
        let mut found = Vec::new();
        for document in &documents {
            found.extend(manifest::pods(document, self.seed)?);
        }
        if found.is_empty() {
            let kinds: Vec<_> = documents.iter().filter_map(|document| document.value.get("kind")?.as_str()).collect();
            bail!("{}: there is no Pod and no Pod template in it, only {}", document::name(&self.manifest), kinds.join(", "));
        }
        if let Some(wanted) = &self.name {
            found.retain(|found| found.name == *wanted || found.pod.metadata.name == *wanted);
            if found.is_empty() {
                bail!("{}: nothing with a Pod has the name `{wanted}`", document::name(&self.manifest));
            }
        }
        let mut plays = Vec::new();
        for found in found {
            let (script, origin) = match &self.script {
                Some(path) => (Script::read(&path.to_string_lossy())?, path.display().to_string()),
                None => (Script::default(), document::name(&self.manifest).to_owned()),
            };
            let scenario = script.scenario(found.pod).context(origin)?;
            plays.push(self.arranged(Play { title: found.title, scenario, kind_world: self.script.is_none() }));
        }
        Ok(plays)
    }

    /// With what the arguments ask for.
    fn arranged(&self, mut play: Play) -> Play {
        let scenario = &mut play.scenario;
        if let Some(at) = self.delete_at {
            let later = |step: &Step| matches!(step.trigger, Trigger::At(other) if other > at);
            let place = scenario.steps.iter().position(later).unwrap_or(scenario.steps.len());
            let verb = Verb::Delete { grace_period_seconds: self.grace };
            scenario.steps.insert(place, Step { trigger: Trigger::At(at), after: Span::ZERO, verb, result: None });
            let grace = self.grace.or(scenario.pod.spec.termination_grace_period_seconds).unwrap_or(30);
            scenario.run_until = scenario.run_until.max(at + Span::from_secs(grace.saturating_add(60)));
        }
        if let Some(until) = self.until {
            scenario.run_until = until;
        }
        play
    }

    fn settings(&self) -> Settings {
        // SplitMix64's finalizer; a kubelet's jitter is up to half of the delay.
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let pacing = match self.pacing {
            PacingName::Immediate => Pacing::IMMEDIATE,
            PacingName::Kubelet => Pacing { jitter_permille: ((mixed >> 32) % 501) as u16, ..Pacing::KUBELET },
        };
        Settings { pacing }
    }

    fn text(&self, played: &Play, first: bool, out: &mut impl Write) -> Result<()> {
        if played.kind_world && first {
            writeln!(out, "{KIND_WORLD}")?;
        }
        let mut timeline = Timeline::new(&played.scenario);
        let record = play(&played.scenario, self.settings(), &mut timeline)?;
        let end = played.scenario.run_until;
        writeln!(out, "{}; time in seconds since its creation, watched until {end}.\n", played.title)?;
        writeln!(out, "{}\n", timeline.table().trim_fmt())?;
        for problem in &record.problems {
            writeln!(out, "problem: {problem}")?;
        }
        for step in record.steps_left() {
            writeln!(out, "{}", not_reached(step, end))?;
        }
        if let Some(object) = &timeline.object {
            let at = timeline.removed.unwrap_or(end);
            if let Some(at) = timeline.removed {
                writeln!(out, "Removed after {at}; its last status:")?;
            }
            let (summary, now) = (summary(object), TIME_ZERO + at);
            let mut table = Table::new();
            table.load_style(presets::NOTHING).set_header(["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP"]);
            table.add_row([
                object.metadata.name.clone(),
                summary.ready_column().to_string(),
                summary.status.clone(),
                summary.restarts_column(now).to_string(),
                summary.age_column(now).to_string(),
                if object.status.pod_ip.is_empty() { "<none>".into() } else { object.status.pod_ip.clone() },
            ]);
            for column in table.column_iter_mut() {
                column.set_padding((0, 3));
            }
            writeln!(out, "{}", table.trim_fmt())?;
        }
        Ok(())
    }

    fn json(&self, played: &Play, out: &mut impl Write) -> Result<()> {
        let mut watch = Watch::new(out);
        let record = play(&played.scenario, self.settings(), &mut watch)?;
        watch.finish()?;
        for step in record.steps_left() {
            crate::complain(format_args!("{}", not_reached(step, played.scenario.run_until)));
        }
        Ok(())
    }
}

/// A step that comes too late, or waits in vain for something that the Pod, while it is there, does not come to.
fn not_reached(step: usize, end: Span) -> String {
    format!("steps[{step}]: not reached in {end}")
}

/// Whether a document is a scenario or replay and no manifest.
fn is_scenario(document: &Document) -> bool {
    ["pod", "programs", "steps"].iter().all(|key| document.value.get(key).is_some())
}
