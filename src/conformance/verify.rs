//! Runs every vector file, scenario and replay below some folders.
//!
//! Which is which is told by name and shape: `*.replay.json` is a replay, another `*.json` with programs and steps a scenario, a `*.jsonl` whose
//! lines have a suite, an id and an input a vector file. Everything else, such as recordings and descriptions, is passed over and counted.

use super::judge::{self, Judgement, Pass};
use super::report::{Outcome, Report, SuiteReport};
use super::scenario::Scenario;
use super::vectors::Case;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::any::Any;
use core::panic::AssertUnwindSafe;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file or folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read", .path.display())]
pub struct Unreadable {
    /// It.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Vectors,
    Scenarios,
    Replays,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Vectors => "vectors",
            Self::Scenarios => "scenarios",
            Self::Replays => "replays",
        }
    }
}

/// Runs what is found in these files and below these folders, if its suite is wanted.
///
/// The suite of a vector file is its name, that of a scenario its folder; all replays are the suite `replays`. Files that hold no case
/// are passed over. A case that cannot be read, or panics, has failed.
///
/// # Errors
/// If a folder cannot be listed or a file cannot be read.
pub fn verify(paths: &[PathBuf], wanted: impl Fn(&str) -> bool) -> Result<Report, Unreadable> {
    verify_with(paths, Pass::IMMEDIATE, wanted)
}

/// [`verify`] with another pacing, or another comparison. Vectors know neither.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(paths: &[PathBuf], pass: Pass, wanted: impl Fn(&str) -> bool) -> Result<Report, Unreadable> {
    let (mut found, mut passed_over) = (Vec::new(), 0);
    for path in files(paths)? {
        match kind(&path)? {
            None => passed_over += 1,
            Some(kind) => found.push((kind, suite(kind, &path), path)),
        }
    }
    found.sort();
    found.dedup();
    found.retain(|(_, suite, _)| wanted(suite));
    let mut reports = Vec::<SuiteReport>::new();
    for (kind, suite, path) in found {
        if reports.last().is_none_or(|last| (last.kind, &last.suite) != (kind.as_str(), &suite)) {
            reports.push(SuiteReport::new(suite, kind.as_str()));
        }
        let Some(report) = reports.last_mut() else { continue };
        let text = read(&path)?;
        match kind {
            Kind::Vectors => run_vectors(&text, report),
            Kind::Scenarios | Kind::Replays => report.add_play(&stem(&path), run_scenario(&text, pass)),
        }
    }
    Ok(Report::of(reports, passed_over))
}

/// All files below these, hidden ones excepted.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Unreadable> {
    let (mut files, mut open) = (Vec::new(), paths.to_vec());
    while let Some(path) = open.pop() {
        let unreadable = |source| Unreadable { path: path.clone(), source };
        if !fs::metadata(&path).map_err(unreadable)?.is_dir() {
            files.push(path);
            continue;
        }
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.file_name().to_string_lossy().starts_with('.') {
                open.push(entry.path());
            }
        }
    }
    Ok(files)
}

fn kind(path: &Path) -> Result<Option<Kind>, Unreadable> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(if name.ends_with(".replay.json") {
        Some(Kind::Replays)
    } else if name.ends_with(".meta.json") {
        None
    } else if name.ends_with(".json") {
        is_scenario(&read(path)?).then_some(Kind::Scenarios)
    } else if name.ends_with(".jsonl") {
        read(path)?.lines().next().is_some_and(is_case).then_some(Kind::Vectors)
    } else {
        None
    })
}

fn is_scenario(text: &str) -> bool {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only their presence counts")]
    struct Keys {
        programs: IgnoredAny,
        steps: IgnoredAny,
    }
    // What is no JSON at all was meant to be a scenario, more likely than not.
    serde_json::from_str::<Keys>(text).is_ok() || serde_json::from_str::<IgnoredAny>(text).is_err()
}

fn is_case(line: &str) -> bool {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only their presence counts")]
    struct Keys {
        suite: String,
        id: String,
        input: IgnoredAny,
    }
    serde_json::from_str::<Keys>(line).is_ok()
}

fn suite(kind: Kind, path: &Path) -> String {
    let folder = || path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match kind {
        Kind::Vectors => stem(path),
        Kind::Scenarios => folder().unwrap_or_else(|| "scenarios".into()),
        Kind::Replays => "replays".into(),
    }
}

/// The name of a file up to its first dot.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

fn run_vectors(text: &str, report: &mut SuiteReport) {
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Case>(line) {
            Ok(case) => report.add(&case.id, guarded(|| case.run())),
            Err(error) => report.add(&format!("line {}", number + 1), Outcome::Failed(Vec::from([error.to_string()]))),
        }
    }
}

fn run_scenario(text: &str, pass: Pass) -> Judgement {
    let mut remarks = Vec::new();
    let outcome = guarded(|| match Scenario::read(text) {
        Ok(scenario) => {
            let judgement = judge::run(&scenario, pass);
            remarks = judgement.remarks;
            judgement.outcome
        }
        Err(error) => Outcome::Failed(Vec::from([error.to_string()])),
    });
    Judgement { outcome, remarks }
}

/// A panic is a bug, but only of the case in which it happens.
fn guarded(run: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Outcome::Failed(Vec::from([format!("panicked: {}", message(&*panic))])))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

fn read(path: &Path) -> Result<String, Unreadable> {
    fs::read_to_string(path).map_err(|source| Unreadable { path: path.to_owned(), source })
}
