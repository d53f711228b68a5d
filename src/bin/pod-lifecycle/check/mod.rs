//! `check`: is this stream of Pods legal?

mod files;
mod json;
mod junit;
mod progress;
mod spec;
mod text;

use crate::rule_names;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use files::Files;
use pod_lifecycle::check::{Finding, Options, RULES, Rule, Severity, Tally};
use pod_lifecycle::conformance::watch::BadInput;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Hold recorded streams of Pods against the rules of Kubernetes
///
/// A stream is JSON: watch events (`kubectl get pod -w -o json --output-watch-events`), Pods (`kubectl get pod -w -o json`), lists, one a line or
/// over many lines. Record without label or field selectors: a Pod that leaves such a watch looks as if it were removed before its end. The
/// clocks of node and API server must agree to a second, or rules that compare times fire.
///
/// The exit code is 1 if a rule is broken, 2 if something cannot be read or there is no Pod in a stream (everything else is checked all the same),
/// 141 if the reader of the output goes away before the end.
/// `pod-lifecycle explain` lists the rules, `pod-lifecycle explain PH-04` explains one.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files, each a stream of its own; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only these rules: ids (`PH-04`) or families (`PH`), with commas between them
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    rules: Vec<String>,
    /// Not these rules: ids or families
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Only rules of this severity or a higher one
    #[arg(long, value_enum, default_value_t = Least::Should)]
    min_severity: Least,
    /// The spec of Pods whose objects have none: a Pod manifest or a bare PodSpec, YAML or JSON
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Whether the streams have every version that was stored; if not told, watch events have and bare Pods have not
    #[arg(long, value_enum, value_name = "WHETHER")]
    every_version: Option<Whether>,
    /// About how many Pods of a stream are kept at a time; if more are there, those not seen for longest are forgotten
    #[arg(long, value_name = "COUNT", default_value_t = Options::PODS)]
    pods: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One finding a line, but those that only say again what an earlier one did, and a summary.
    Text,
    /// One finding a line, as a JSON object.
    Json,
    /// JUnit XML: a test case a rule.
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Least {
    /// A violation is a bug of the writer.
    Must,
    /// Normally true; there are exceptions in the field.
    Should,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Whether {
    Yes,
    No,
}

/// Writes what is found, in one of the formats.
trait Report {
    /// The file of this name begins.
    fn begin(&mut self, file: &str) -> Result<()>;
    /// A rule is broken in it.
    fn finding(&mut self, file: &str, finding: &Finding) -> Result<()>;
    /// Something in it cannot be read; that has been told on the standard error output.
    fn bad_input(&mut self, bad: &BadInput);
    /// The file is over. None: it could not be opened.
    fn end(&mut self, file: &str, tally: Option<&Tally>) -> Result<()>;
    /// All files are.
    fn finish(&mut self) -> Result<()>;
    /// What was written goes out at once.
    fn flush(&mut self) -> Result<()>;
}

impl Check {
    pub(crate) fn run(self, out: &mut impl Write) -> Result<ExitCode> {
        let options = self.options()?;
        let rules: Vec<&'static Rule> = RULES.iter().filter(|rule| options.select(rule)).collect();
        if rules.is_empty() {
            bail!("no rule is left: --rules, --ignore and --min-severity exclude all");
        }
        let mut report: Box<dyn Report + '_> = match self.format {
            Format::Text => Box::new(text::Text::new(out, rules)),
            Format::Json => Box::new(json::Json::new(out)),
            Format::Junit => Box::new(junit::Junit::new(out, rules)),
        };
        let mut files = Files::new(&options, &mut *report);
        for file in &self.files {
            files.check(file)?;
        }
        let code = files.code();
        report.finish()?;
        Ok(code)
    }

    fn options(&self) -> Result<Options> {
        let mut options = Options::default();
        options.rules = names(&self.rules)?;
        options.ignore = names(&self.ignore)?;
        options.min_severity = Some(match self.min_severity {
            Least::Must => Severity::Must,
            Least::Should => Severity::Should,
        });
        options.spec = self.spec.as_deref().map(spec::read).transpose()?;
        options.pods = Some(self.pods);
        options.every_version = self.every_version.map(|whether| whether == Whether::Yes);
        Ok(options)
    }
}

/// The ids of the rules of these names.
fn names(names: &[String]) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for name in names {
        ids.extend(rule_names::rules(name)?.into_iter().map(|rule| rule.id().to_owned()));
    }
    Ok(ids)
}
