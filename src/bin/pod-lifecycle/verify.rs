//! `verify`: conformance data run, a row a suite.

use crate::pacing::PacingName;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use comfy_table::{CellAlignment, Table, presets};
use pod_lifecycle::conformance::judge::Pass;
use pod_lifecycle::conformance::legality;
use pod_lifecycle::conformance::report::{Report, SuiteReport};
use pod_lifecycle::conformance::verify::verify_with;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run the vectors, scenarios and replays below folders and compare with what Kubernetes does
///
/// The exit code is 1 if a case fails or is not implemented, 2 if there is none.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Folders, or single files
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only this suite: name of a vector file, folder of scenarios, or `replays`; may be repeated
    #[arg(long, value_name = "NAME")]
    suite: Vec<String>,
    /// When the kubelet of scenarios and replays syncs; with `kubelet` order and counts are compared, not times
    #[arg(long, value_enum, default_value_t = PacingName::Immediate)]
    pacing: PacingName,
    /// How many differences are shown of each suite
    #[arg(long, value_name = "N", default_value_t = 3)]
    first: usize,
    /// Also show which SHOULD rules of the checker a play broke
    #[arg(long)]
    remarks: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, and the first differences.
    Text,
    /// One JSON object.
    Json,
}

impl Verify {
    pub(crate) fn run(self, out: &mut impl Write) -> Result<ExitCode> {
        let wanted = |suite: &str| self.suite.is_empty() || self.suite.iter().any(|name| name == suite);
        let pass = match self.pacing {
            PacingName::Immediate => Pass::IMMEDIATE,
            PacingName::Kubelet => Pass::KUBELET,
        };
        let report = verify_with(&self.paths, pass, wanted)?;
        if let Some(missing) = self.suite.iter().find(|name| report.suites.iter().all(|suite| suite.suite != **name)) {
            bail!("no suite `{missing}` below the folders given");
        }
        if report.total == 0 {
            bail!("no vector, scenario or replay below the folders given (other files: {})", report.passed_over);
        }
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&report)?)?,
            Format::Text => self.text(&report, out)?,
        }
        Ok(if report.all_passed() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn text(&self, report: &Report, out: &mut impl Write) -> Result<()> {
        if self.pacing == PacingName::Kubelet {
            writeln!(out, "Played with the kubelet's pacing; compared by order and counts, not by times.\n")?;
        }
        writeln!(out, "{}", table(report))?;
        if report.passed_over > 0 {
            writeln!(out, "\nOther files passed over: {}.", report.passed_over)?;
        }
        for suite in report.suites.iter().filter(|suite| !suite.differences.is_empty() && self.first > 0) {
            let (shown, all) = (suite.differences.len().min(self.first), suite.differences.len());
            writeln!(out, "\n{}: {shown} of {all} differences", suite.suite)?;
            for (case, difference) in &suite.differences[..shown] {
                writeln!(out, "  {case}: {}", difference.replace('\n', "\n    "))?;
            }
        }
        for suite in report.suites.iter().filter(|suite| !suite.remarks.is_empty() && self.remarks) {
            writeln!(out, "\n{}: {} remarks", suite.suite, suite.remarks.len())?;
            for (case, finding) in &suite.remarks {
                writeln!(out, "  {case}: {}", legality::tell(finding))?;
            }
        }
        Ok(())
    }
}

fn table(report: &Report) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SUITE", "KIND", "PASSED", "FAILED", "NOT IMPLEMENTED", "TOTAL", ""]);
    for suite in &report.suites {
        let counts = [suite.passed, suite.failed, suite.not_implemented, suite.total].map(|count| count.to_string());
        table.add_row([suite.suite.clone(), suite.kind.into()].into_iter().chain(counts).chain([verdict(suite).into()]));
    }
    let sums = [report.passed, report.failed, report.not_implemented, report.total].map(|count| count.to_string());
    table.add_row(["all".into(), String::new()].into_iter().chain(sums));
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn verdict(suite: &SuiteReport) -> &'static str {
    match (suite.failed, suite.not_implemented) {
        (0, 0) => "ok",
        (0, missing) if missing == suite.total => "not implemented",
        _ => "FAILED",
    }
}
