//! Files, one after the other, through a checker each.

use super::Report;
use super::progress::Progress;
use anyhow::Result;
use pod_lifecycle::check::{Checker, Finding, Options};
use pod_lifecycle::conformance::watch::{BadInput, Problem, Reader};
use std::fs::{self, File};
use std::io::{self, Read};
use std::process::ExitCode;

/// So many complaints about one file are shown.
const SHOWN: u64 = 20;

/// Checks files and keeps count of what is wrong.
pub(super) struct Files<'a> {
    options: &'a Options,
    report: &'a mut dyn Report,
    found: bool,
    bad: bool,
}

impl<'a> Files<'a> {
    pub(super) fn new(options: &'a Options, report: &'a mut dyn Report) -> Self {
        Self { options, report, found: false, bad: false }
    }

    /// 2 if something could not be read, else 1 if a rule is broken.
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(if self.bad { 2 } else { u8::from(self.found) })
    }

    /// Checks the stream in this file; `-` is the standard input.
    pub(super) fn check(&mut self, file: &str) -> Result<()> {
        self.report.begin(file)?;
        if file == "-" {
            // Somebody may be waiting for what is found in a watch that goes on.
            return self.stream(file, io::stdin().lock(), None, true);
        }
        let opened = File::open(file).and_then(|opened| Ok((fs::metadata(file)?, opened)));
        match opened {
            Ok((about, opened)) => self.stream(file, opened, about.is_file().then_some(about.len()), !about.is_file()),
            Err(error) => {
                let bad = BadInput { line: 1, column: 1, problem: Problem::Unreadable(error) };
                crate::complain(format_args!("{file}: {}", bad.problem));
                self.bad = true;
                self.report.bad_input(&bad);
                self.report.end(file, None)
            }
        }
    }

    fn stream(&mut self, file: &str, input: impl Read, length: Option<u64>, live: bool) -> Result<()> {
        let mut checker = Checker::with(self.options.clone());
        let mut reader = Reader::new(input);
        let mut progress = Progress::new(file, length);
        let (mut complaints, mut is_text) = (0, false);
        let mut findings: Vec<Finding> = Vec::new();
        while let Some(item) = reader.next() {
            match item {
                Ok(item) => item.check(&mut checker, &mut |finding| findings.push(finding)),
                Err(bad) => {
                    progress.hide();
                    complaints += 1;
                    is_text |= matches!(bad.problem, Problem::Syntax(_));
                    if complaints <= SHOWN {
                        crate::complain(format_args!("{file}:{bad}"));
                    }
                    self.report.bad_input(&bad);
                    // What is of another kind was no version of a Pod.
                    if !matches!(bad.problem, Problem::Kind(_)) {
                        checker.gap();
                    }
                }
            }
            if !findings.is_empty() {
                progress.hide();
                self.tell(file, &mut findings)?;
                if live {
                    self.report.flush()?;
                }
            }
            progress.show(reader.bytes());
        }
        progress.hide();
        checker.finish(&mut |finding| findings.push(finding));
        self.tell(file, &mut findings)?;
        if complaints > SHOWN {
            crate::complain(format_args!("{file}: {} more places cannot be read", complaints - SHOWN));
        }
        if is_text && checker.tally().events == 0 {
            crate::complain(format_args!("{file}: a stream is JSON, as `kubectl get pod -w -o json --output-watch-events` prints it"));
        }
        // Nothing found in nothing is no good news: most often the recording has failed.
        let is_empty = checker.tally().versions == 0 && complaints == 0;
        if is_empty {
            let bad = BadInput { line: 1, column: 1, problem: Problem::Unreadable(io::Error::other("there is no Pod in it")) };
            crate::complain(format_args!("{file}: {}", bad.problem));
            self.report.bad_input(&bad);
        }
        self.bad |= complaints > 0 || is_empty;
        self.report.end(file, Some(checker.tally()))
    }

    fn tell(&mut self, file: &str, findings: &mut Vec<Finding>) -> Result<()> {
        self.found |= !findings.is_empty();
        findings.drain(..).try_for_each(|finding| self.report.finding(file, &finding))
    }
}
