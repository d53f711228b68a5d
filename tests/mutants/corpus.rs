//! What is mutated: recordings of a real cluster, or where they are not there, plays of the replays in this repository.

use crate::edit::{array, seconds, text};
use crate::recordings::files;
use pod_lifecycle::api::{EventType, Pod, WatchEvent};
use pod_lifecycle::conformance::player::{Settings, play};
use pod_lifecycle::conformance::record::What;
use pod_lifecycle::conformance::scenario::Scenario;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The events of a recording, one a version.
pub(crate) type Versions = Vec<Rc<Value>>;

/// A recording.
pub(crate) struct Recording {
    pub(crate) name: String,
    /// Time 0, in seconds since 1970.
    pub(crate) began: f64,
    pub(crate) versions: Versions,
}

/// The recordings, and whether they are of a real cluster.
pub(crate) fn recordings() -> (Vec<Recording>, bool) {
    let metas = files("traces", ".meta.json").into_iter().map(|(name, text)| (name.replace(".meta.json", ""), text)).collect();
    let real: Vec<_> = files("traces", ".jsonl").iter().map(|(name, text)| Recording::read(name, text, &metas)).collect();
    if !real.is_empty() {
        return (real, true);
    }
    eprintln!("*** THERE ARE NO RECORDINGS: the mutants are made of plays of tests/conformance/replays instead ***\n");
    (played(), false)
}

/// A mutant of the data: its kind, what it was made of, at which version, and itself.
pub(crate) struct Public {
    pub(crate) kind: String,
    pub(crate) of: String,
    pub(crate) at: usize,
    pub(crate) rules: Vec<String>,
    pub(crate) versions: Versions,
}

pub(crate) fn public_mutants() -> Vec<Public> {
    let metas = files("mutants", ".meta.json");
    let read = |(name, text): (String, String)| {
        let name = name.strip_suffix(".jsonl").expect("the ending asked for");
        let (kind, of) = name.split_once("--").expect("KIND--NAME");
        let meta = metas.iter().find(|(meta, _)| meta.strip_suffix(".meta.json") == Some(name)).expect("a header");
        let mutation = serde_json::from_str::<Value>(&meta.1).expect("JSON")["mutation"].take();
        let rules = array(&mutation["expectRules"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let at = mutation["line"].as_u64().expect("a line") as usize - 1;
        Public { kind: kind.into(), of: of.into(), at, rules, versions: lines(&text) }
    };
    files("mutants", ".jsonl").into_iter().map(read).collect()
}

/// The table of the data: kind, rules, caught, of how many.
pub(crate) fn listed() -> Vec<(String, String, (u32, u32))> {
    let Some((_, text)) = files("mutants", "README.md").into_iter().next() else { return Vec::new() };
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let (caught, of) = cells.get(4)?.split_once(" / ")?;
        Some((cells[1].to_owned(), cells[3].replace(',', ""), (caught.parse().ok()?, of.parse().ok()?)))
    };
    text.lines().filter_map(row).collect()
}

impl Recording {
    fn read(name: &str, text: &str, metas: &BTreeMap<String, String>) -> Self {
        let name = name.trim_end_matches(".jsonl").to_owned();
        let meta: Value = metas.get(&name).map_or(Value::Null, |meta| serde_json::from_str(meta).expect("JSON"));
        Self::new(name, lines(text), meta["created_unix"].as_f64())
    }

    fn new(name: String, versions: Versions, began: Option<f64>) -> Self {
        let created = versions.first().and_then(|first| seconds(text(first, "/object/metadata/creationTimestamp")));
        Self { name, versions, began: began.unwrap_or(created.unwrap_or_default() as f64) }
    }
}

fn lines(text: &str) -> Versions {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| Rc::new(serde_json::from_str(line).expect("JSON"))).collect()
}

/// Plays of the replays in this repository: the same whatever data is there.
pub(crate) fn played() -> Vec<Recording> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/replays");
    let Ok(paths) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = paths.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let text = |path: &std::path::PathBuf| std::fs::read_to_string(path).expect("a text");
    paths.iter().filter_map(|path| played_one(&serde_json::from_str(&text(path)).expect("a replay"))).collect()
}

/// The versions that a play stored, told as a watch would tell them.
fn played_one(scenario: &Scenario) -> Option<Recording> {
    let record = play(scenario, Settings::default(), &mut ()).ok()?;
    let mut versions = Versions::new();
    let mut last = None::<Box<Pod>>;
    for entry in record.entries {
        let (type_, pod) = match entry.what {
            What::Published(pod) => (if last.is_none() { EventType::Added } else { EventType::Modified }, pod),
            What::Removed => (EventType::Deleted, last.take()?),
            _ => continue,
        };
        let event = WatchEvent { type_, t: Some(entry.at.as_secs_f64()), object: (*pod).clone().into() };
        let mut event = serde_json::to_value(event).ok()?;
        event["object"]["metadata"]["resourceVersion"] = json!((1000 + versions.len()).to_string());
        versions.push(Rc::new(event));
        if type_ == EventType::Deleted {
            break;
        }
        last = Some(pod);
    }
    Some(Recording::new(scenario.name.clone(), versions, None))
}
