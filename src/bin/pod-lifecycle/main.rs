//! The command line: `simulate` a manifest, `check` a stream of Pods and `explain` its rules, `verify` conformance data, draw a `diagram` of a table.

#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program with an operating system under it")]

mod check;
mod diagram;
mod document;
mod explain;
mod pacing;
mod rule_names;
mod simulate;
mod verify;

use clap::{Parser, Subcommand};
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// The executable reference of the Kubernetes 1.36 Pod lifecycle.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Simulate(simulate::Simulate),
    Check(check::Check),
    Explain(explain::Explain),
    Verify(verify::Verify),
    Diagram(diagram::Diagram),
}

fn main() -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match Arguments::parse().command {
        Command::Simulate(command) => command.run(&mut out),
        Command::Check(command) => command.run(&mut out),
        Command::Explain(command) => command.run(&mut out),
        Command::Verify(command) => command.run(&mut out),
        Command::Diagram(command) => command.run(&mut out),
    };
    match done.and_then(|code| Ok(out.flush().map(|()| code)?)) {
        Ok(code) => code,
        // Whoever reads has seen enough. What would have followed was not looked at, so that it is no success.
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) => {
            ExitCode::from(PIPE_CLOSED)
        }
        Err(error) => {
            complain(format_args!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// What shells say of a program that a closed pipe ends: 128 and the number of the signal.
const PIPE_CLOSED: u8 = 141;

/// Says something beside the output. Nobody is the worse for a line that cannot be written.
fn complain(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}
