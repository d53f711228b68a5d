use super::*;
use alloc::string::ToString;
use std::{env, fs, println};

#[test]
fn all_files_have_the_format() {
    let Ok(root) = env::var("POD_LIFECYCLE_CONFORMANCE") else {
        println!("SKIPPED: set POD_LIFECYCLE_CONFORMANCE to the folder of the conformance data");
        return;
    };
    let mut read = 0;
    for folder in ["scenarios", "replays"] {
        read += read_folder(&std::path::Path::new(&root).join(folder));
    }
    println!("{read} files read");
    assert!(read > 300);
}

fn read_folder(folder: &std::path::Path) -> usize {
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read += read_folder(&path);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let scenario =
                Scenario::read(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(path.file_name().unwrap().to_str().unwrap().starts_with(&scenario.name));
            read += 1;
        }
    }
    read
}

/// The error of a small scenario with one part changed.
fn error_of(change: impl FnOnce(&mut serde_json::Value)) -> FormatError {
    let mut file = serde_json::json!({"name": "small", "description": "", "gates": {}, "runUntil": 60, "images": {"i": "ok"},
        "pod": {"spec": {"containers": [{"name": "a", "image": "i"}]}}, "programs": {"a": {"runs": [{"startDelay": 0, "runFor": null, "onTerm": "ignore"}]}},
        "expect": [{"neverStarts": "a"}], "steps": [{"at": 1, "do": "preempt"}]});
    Scenario::read(&file.to_string()).expect("it is valid without the change");
    change(&mut file);
    Scenario::read(&file.to_string()).expect_err("the change makes it invalid")
}

#[test]
fn errors_name_the_field() {
    let cases: [(&str, serde_json::Value, &str, &str); 13] = [
        ("/colour", "red".into(), "colour", "unknown field `colour`"),
        ("/gates/NoSuchGate", true.into(), "gates", "NoSuchGate"),
        ("/programs/a/runs/0/runs", 1.into(), "programs.a.runs[0].runs", "unknown field `runs`"),
        ("/programs/a/runs/0/startDelay", (-1).into(), "programs.a.runs[0].startDelay", "-1"),
        ("/programs/a/runs/0/onTerm", "wait".into(), "programs.a.runs[0].onTerm", "\"ignore\""),
        ("/programs/b", serde_json::json!({"runs": []}), "programs.b", "no container `b`"),
        ("/steps/0/do", "dance".into(), "steps[0]", "unknown variant `dance`"),
        ("/steps/0/reason", "none".into(), "steps[0]", "unknown field `reason`"),
        ("/steps/0/at", (-1).into(), "steps[0]", "at: -1 is not"),
        ("/steps/0/when", serde_json::json!({"phase": "Running"}), "steps[0]", "not both"),
        ("/expect/0/window", serde_json::json!({"from": {"plus": 1}}), "expect[0]", "window: from: a moment has exactly one of"),
        ("/expect/0/window", serde_json::json!({"to": {"step": 1}}), "expect[0]", "there is no step 1"),
        ("/recorded", "v1.36.2".into(), "expect", "a replay has"),
    ];
    for (pointer, value, path, message) in cases {
        let error = error_of(|file| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = if parent.is_empty() { file } else { file.pointer_mut(parent).unwrap() };
            parent[key] = value;
        });
        assert_eq!(error.path(), path, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
}
