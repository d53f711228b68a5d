//! What `verify` found: a row a suite, and the first differences.

use super::judge::Judgement;
use crate::check::Finding;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything as expected.
    Passed,
    /// The differences, for humans.
    Failed(Vec<String>),
    /// The suite or a part of the case is not known to this version.
    NotImplemented,
}

/// The whole report; as JSON, `{"suites": […], "passed", "failed", "notImplemented", "total"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// A row a suite.
    pub suites: Vec<SuiteReport>,
    /// Cases as expected.
    pub passed: usize,
    /// Cases that differ.
    pub failed: usize,
    /// Cases not implemented.
    pub not_implemented: usize,
    /// All cases.
    pub total: usize,
    /// Files that hold no case: descriptions, recordings, programs; not in the JSON report.
    #[serde(skip)]
    pub passed_over: usize,
}

impl Report {
    /// The sums of these suites.
    pub fn of(suites: Vec<SuiteReport>, passed_over: usize) -> Self {
        let sum = |count: fn(&SuiteReport) -> usize| suites.iter().map(count).sum();
        Self {
            passed: sum(|suite| suite.passed),
            failed: sum(|suite| suite.failed),
            not_implemented: sum(|suite| suite.not_implemented),
            total: sum(|suite| suite.total),
            suites,
            passed_over,
        }
    }

    /// Whether every case is as expected.
    pub const fn all_passed(&self) -> bool {
        self.passed == self.total
    }
}

/// One suite: a vector file, a folder of scenarios, or the replays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SuiteReport {
    /// Name of the suite.
    pub suite: String,
    /// `vectors`, `scenarios` or `replays`.
    pub kind: &'static str,
    /// Cases as expected.
    pub passed: usize,
    /// Cases that differ.
    pub failed: usize,
    /// Cases not implemented.
    pub not_implemented: usize,
    /// All cases.
    pub total: usize,
    /// The differences of failed cases, as `(case, difference)`; not in the JSON report.
    #[serde(skip)]
    pub differences: Vec<(String, String)>,
    /// Rules that are only normally true, and were not in a play, as `(case, finding)`; not in the JSON report.
    #[serde(skip)]
    pub remarks: Vec<(String, Finding)>,
}

impl SuiteReport {
    /// A suite without cases yet.
    pub fn new(suite: impl Into<String>, kind: &'static str) -> Self {
        Self { suite: suite.into(), kind, passed: 0, failed: 0, not_implemented: 0, total: 0, differences: Vec::new(), remarks: Vec::new() }
    }

    /// Counts a play.
    pub fn add_play(&mut self, case: &str, judgement: Judgement) {
        self.add(case, judgement.outcome);
        self.remarks.extend(judgement.remarks.into_iter().map(|finding| (case.into(), finding)));
    }

    /// Counts one case.
    pub fn add(&mut self, case: &str, outcome: Outcome) {
        self.total += 1;
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::NotImplemented => self.not_implemented += 1,
            Outcome::Failed(differences) => {
                self.failed += 1;
                self.differences.extend(differences.into_iter().map(|difference| (case.into(), difference)));
            }
        }
    }
}
