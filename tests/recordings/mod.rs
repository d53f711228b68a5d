//! The conformance data, for tests that need all of it.

#![allow(dead_code, reason = "each test uses its part")]

use serde_json::Value;
use std::path::PathBuf;
use std::{env, fs};

/// All lines of the recordings with their file names, in order. Empty, and said loudly, if they are not there.
pub(crate) fn lines() -> Vec<(String, Value)> {
    files("traces", ".jsonl").into_iter().flat_map(|(name, text)| parsed_lines(name, &text)).collect()
}

/// Files of a folder of the conformance data, and of the folders in it, whose names end so.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = env::var_os("POD_LIFECYCLE_CONFORMANCE").map_or_else(|| PathBuf::from("../shared/conformance"), PathBuf::from);
    let mut folders = vec![root.join(folder)];
    let mut paths = Vec::new();
    if !folders[0].is_dir() {
        eprintln!("\n*** NOTHING TESTED: there is no folder {} (set POD_LIFECYCLE_CONFORMANCE) ***\n", folders[0].display());
        return Vec::new();
    }
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    assert!(!paths.is_empty(), "no {ending} in {folder}");
    let read = |path: PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
    paths.into_iter().map(read).collect()
}

fn parsed_lines(name: String, text: &str) -> Vec<(String, Value)> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| (name.clone(), serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}")))).collect()
}
