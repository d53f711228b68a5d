//! `diagram`: the tables that drive the code, drawn.

use anyhow::Result;
use clap::{Args, ValueEnum};
use pod_lifecycle::diagram::{self, Table};
use std::io::Write;
use std::process::ExitCode;

/// Draw a table of transitions
#[derive(Debug, Args)]
pub(crate) struct Diagram {
    /// Which table
    #[arg(value_parser = tables())]
    table: String,
    /// In which language
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
}

fn tables() -> clap::builder::PossibleValuesParser {
    Table::ALL.iter().map(|table| table.as_str()).collect::<Vec<_>>().into()
}

impl Diagram {
    pub(crate) fn run(self, out: &mut impl Write) -> Result<ExitCode> {
        let format = match self.format {
            Format::Mermaid => diagram::Format::Mermaid,
            Format::Dot => diagram::Format::Dot,
        };
        for table in Table::ALL.iter().filter(|table| table.as_str() == self.table) {
            write!(out, "{}", table.draw(format))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
