//! What the checker says.

use crate::corpus::Versions;
use pod_lifecycle::api::WatchEvent;
use pod_lifecycle::check::Checker;
use pod_lifecycle::conformance::watch::{Item, Reader};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Asks the checker; keeps the versions of the recordings parsed, since a mutant shares most of them.
#[derive(Default)]
pub(crate) struct Judge {
    parsed: HashMap<usize, WatchEvent>,
}

/// What is said of a version that is no Pod at all: it is found where it is read.
const UNREADABLE: &str = "unreadable";

impl Judge {
    /// Reads a recording once and for all. Its versions must live as long as the judge.
    pub(crate) fn learn(&mut self, versions: &Versions) {
        let read = |version: &Rc<Value>| parse(version).unwrap_or_else(|error| panic!("{error}: {version}"));
        self.parsed.extend(versions.iter().map(|version| (address(version), read(version))));
    }

    /// The rules that a stream breaks.
    pub(crate) fn broken(&self, versions: &Versions) -> BTreeSet<&'static str> {
        self.findings(versions).into_keys().collect()
    }

    /// The rules that a stream breaks, and how often.
    pub(crate) fn findings(&self, versions: &Versions) -> BTreeMap<&'static str, u32> {
        let mut found = BTreeMap::new();
        let mut add = |rule| *found.entry(rule).or_default() += 1;
        let mut checker = Checker::new();
        for (version, line) in versions.iter().zip(1..) {
            let event = self.parsed.get(&address(version)).map_or_else(|| parse(version), |event| Ok(event.clone()));
            match event {
                Ok(event) => checker.event(event, line, &mut |finding| add(finding.rule.id())),
                // With words that the API does not know, perhaps.
                Err(_) => match Reader::new(version.to_string().as_bytes()).next() {
                    Some(Ok(item)) => Item { line, ..item }.check(&mut checker, &mut |finding| add(finding.rule.id())),
                    _ => add(UNREADABLE),
                },
            }
        }
        checker.finish(&mut |finding| add(finding.rule.id()));
        found
    }
}

fn parse(version: &Value) -> Result<WatchEvent, serde_json::Error> {
    WatchEvent::deserialize(version)
}

fn address(version: &Rc<Value>) -> usize {
    Rc::as_ptr(version) as usize
}
