//! `explain`: what a rule of the checker says, and why; and which there are.

use crate::rule_names;
use anyhow::Result;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use pod_lifecycle::check::{Example, RULES, Rule, Scope};
use std::io::Write;
use std::process::ExitCode;

/// Say what a rule of `check` demands, why, and show a stream that keeps it and one that breaks it
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A rule (`PH-04`), or a family (`PH`) whose rules are listed; without it all rules are
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// What the statements suppose to be known.
const WORDS: &str = "\
NEEDS: where a stream does not have it, the rule is silent, and the summary of `check` says so.
  spec           the Pod's spec (`check --spec`)
  every version  no version is missing before this one: the stream is a watch (`check --every-version`)
  time           something tells when a version was written: `t` of the event, managedFields, or times in the object

A rule is about what the kubelet and the API server write. Its words:
  A ⇒ B, A ⇔ B   where A holds, B must; one holds just where the other does
  regular        of spec.containers
  plain init     of spec.initContainers, and no sidecar; a sidecar is one with restartPolicy Always
  terminal       Succeeded or Failed
  held back      the kubelet knows that the Pod has ended, and publishes the terminal phase only when its containers are down
  observed spec  that of the generation in status.observedGeneration
  new sandbox    all containers of the Pod were started anew, with another network
  made up        a termination that the kubelet writes for an instance of which the runtime knows nothing: ContainerStatusUnknown";

impl Explain {
    pub(crate) fn run(self, out: &mut impl Write) -> Result<ExitCode> {
        match self.name {
            None => writeln!(out, "{}\n\n{WORDS}", list(RULES.iter()))?,
            Some(name) => match rule_names::rules(&name)?.as_slice() {
                [rule] => explain(rule, out)?,
                rules => writeln!(out, "{}", list(rules.iter().copied()))?,
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(rules: impl Iterator<Item = &'static Rule>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["RULE", "SEVERITY", "KIND", "NEEDS", "STATEMENT"]);
    for rule in rules {
        table.add_row([rule.id(), rule.severity().as_str(), rule.kind().as_str(), &needs(rule).join(", "), rule.statement()]);
    }
    table.trim_fmt()
}

/// What a stream must have for the rule to speak.
fn needs(rule: &Rule) -> Vec<&'static str> {
    let needs = [(rule.needs_spec(), "spec"), (rule.needs_every_version(), "every version"), (rule.needs_time(), "time")];
    needs.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, what)| what).collect()
}

/// When a rule with this need says nothing.
fn else_silent(need: &str) -> &'static str {
    match need {
        "spec" => ": silent where it is not known",
        "every version" => ": silent where some before may be missing",
        _ => ": silent where nothing tells when a version was written",
    }
}

fn explain(rule: &Rule, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{} ({}, {})\n", rule.id(), rule.severity(), rule.kind())?;
    writeln!(out, "  {}\n", rule.statement())?;
    match rule.scope() {
        Scope::Any => {}
        Scope::Started => writeln!(out, "Of:      versions with status.startTime")?,
        Scope::Full => writeln!(
            out,
            "Of:      versions with status.startTime and the condition PodReadyToStartContainers (or Ready, of writers without that)"
        )?,
        _ => writeln!(out, "Of:      some versions")?,
    }
    for (n, need) in needs(rule).into_iter().enumerate() {
        writeln!(out, "{} {need}{}", if n == 0 { "Needs:  " } else { "        " }, else_silent(need))?;
    }
    let shapes: Vec<_> = rule.except().names().collect();
    let exceptions = [rule.exceptions()].into_iter().filter(|text| !text.is_empty()).chain(shapes);
    for (n, exception) in exceptions.enumerate() {
        writeln!(out, "{} {exception}", if n == 0 { "Except: " } else { "        " })?;
    }
    writeln!(out, "Source:  {}", rule.source())?;
    let (good, bad) = (rule.silent(), rule.fires());
    if good.base == bad.base {
        writeln!(out, "\nBoth examples begin with\n\n{}", base(good))?;
        writeln!(out, "\nThis keeps the rule:\n\n{}", steps(good))?;
        writeln!(out, "\nThis breaks it:\n\n{}", steps(bad))?;
    } else {
        writeln!(out, "\nThis keeps the rule:\n\n{}\n{}", base(good), steps(good))?;
        writeln!(out, "\nThis breaks it:\n\n{}\n{}", base(bad), steps(bad))?;
    }
    Ok(())
}

/// The first event, indented.
fn base(example: &Example) -> String {
    example.base.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// What each next event assigns.
fn steps(example: &Example) -> String {
    if example.steps.is_empty() {
        return "  as it stands".into();
    }
    let numbered = example.steps.iter().enumerate().flat_map(|(n, step)| step.iter().map(move |line| (n + 1, line)));
    numbered.map(|(n, line)| format!("  event {n}: {line}")).collect::<Vec<_>>().join("\n")
}
