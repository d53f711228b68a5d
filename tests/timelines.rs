//! What `simulate` prints of the manifests in `examples/manifests`, for a reader who knows Kubernetes and no Rust.

use std::process::Command;

/// What the command line prints, run in the repository's root.
fn simulate(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pod-lifecycle"))
        .arg("simulate")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the command line can be run");
    let (out, errors) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    match output.status.code() {
        Some(0) => out.expect("text"),
        code => format!("exit code {code:?}\n{}", errors.expect("text")),
    }
}

#[test]
fn a_web_application_lives_and_dies() {
    insta::assert_snapshot!(simulate(&["examples/manifests/web.yaml", "--script", "examples/manifests/web.script.yaml"]));
}

#[test]
fn a_web_application_in_a_kind_world() {
    insta::assert_snapshot!(simulate(&["examples/manifests/web.yaml", "--delete-at", "60s"]));
}

#[test]
fn a_batch_pod_fails_twice_and_then_succeeds() {
    insta::assert_snapshot!(simulate(&["examples/manifests/batch.yaml", "--script", "examples/manifests/batch.script.yaml"]));
}

#[test]
fn init_containers_run_one_after_the_other() {
    insta::assert_snapshot!(simulate(&["examples/manifests/init-chain.yaml", "--until", "30s"]));
}

#[test]
fn a_crash_loop_backs_off() {
    insta::assert_snapshot!(simulate(&["examples/manifests/crash-loop.yaml", "--script", "examples/manifests/crash-loop.script.yaml"]));
}

#[test]
fn a_wrong_manifest_is_refused_with_all_its_fields() {
    insta::assert_snapshot!(simulate(&["tests/manifests/wrong.yaml"]));
}

#[test]
fn a_manifest_without_pods_is_refused_with_its_kinds() {
    let script = "examples/manifests/web.script.yaml";
    assert!(simulate(&[script]).contains("kind: required"));
    let told = under_script("{}", "tests/manifests/service.yaml");
    assert!(told.ends_with("there is no Pod and no Pod template in it, only Service\n"), "{told}");
}

#[test]
fn the_watch_stream_is_that_of_kubectl() {
    let stream = simulate(&["examples/manifests/batch.yaml", "--output", "json", "--delete-at", "20s"]);
    let events: Vec<serde_json::Value> = stream.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!((types.first(), types.last()), (Some(&"ADDED"), Some(&"DELETED")), "{types:?}");
    assert!(types[1..types.len() - 1].iter().all(|kind| *kind == "MODIFIED"));
    let versions: Vec<u64> = events
        .iter()
        .map(|event| event["object"]["metadata"]["resourceVersion"].as_str().expect("text").parse().expect("a number"))
        .collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    assert_eq!(events[0]["object"]["status"]["phase"], "Pending");
    assert_eq!(events.last().expect("an event")["object"]["status"]["phase"], "Succeeded");
}

#[test]
fn a_kill_says_which_probe_asked_for_it() {
    let timeline = simulate(&["examples/manifests/web.yaml", "--script", "examples/manifests/web.script.yaml"]);
    assert!(timeline.lines().any(|row| row.contains("container web") && row.ends_with("its liveness probe failed")), "{timeline}");
}

#[test]
fn a_forced_removal_shows_when_the_object_goes() {
    let timeline =
        simulate(&["examples/manifests/web.yaml", "--script", "examples/manifests/web.script.yaml", "--delete-at", "30s", "--grace", "0"]);
    let at = |change: &str| timeline.lines().find(|row| row.contains(change)).unwrap_or_default().split_whitespace().next();
    assert_eq!(at("removes the object"), Some("30.000"), "{timeline}");
    assert!(at("Finished → Removed") > Some("30.000"), "{timeline}");
}

#[test]
fn a_script_need_not_say_what_goes_without_saying() {
    let timeline = under_script("programs: {server: {runs: [{runFor: 3, exitCode: 1}]}}", "examples/manifests/crash-loop.yaml");
    assert!(timeline.contains("exit code 1, Error"), "{timeline}");
}

#[test]
fn a_step_that_does_not_come_is_told() {
    assert!(!under_script("steps: [{at: 5, do: delete}]", "examples/manifests/web.yaml").contains("not reached"));
    let late = "steps: [{at: 7000, do: delete}]";
    let timeline = under_script(late, "examples/manifests/web.yaml");
    assert!(timeline.contains("steps[0]: not reached in 10m0s"), "{timeline}");
}

#[test]
fn a_manifest_cannot_ask_for_a_deletion() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/manifests/crash-loop.yaml")).expect("text");
    let deleted =
        manifest.replacen("metadata:", "metadata:\n  deletionTimestamp: 2026-01-01T00:00:05Z\n  deletionGracePeriodSeconds: 1", 1);
    assert_ne!(manifest, deleted);
    let file = std::env::temp_dir().join(format!("pod-lifecycle-{}-deleted.yaml", std::process::id()));
    std::fs::write(&file, deleted).expect("a file can be written");
    let timeline = simulate(&[&file.to_string_lossy()]);
    std::fs::remove_file(file).expect("it is there");
    assert_eq!(timeline, simulate(&["examples/manifests/crash-loop.yaml"]));
}

#[test]
fn the_example_of_a_script_is_one() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/manifests/README.md")).expect("text");
    let script = text.split("```").nth(1).and_then(|block| block.strip_prefix("yaml\n")).expect("a block of YAML");
    let timeline = under_script(script, "examples/manifests/web.yaml");
    for sign in ["provide volume", "update image", "restart count 2", "OOMKilled", "Removed after"] {
        assert!(timeline.contains(sign), "{sign}: {timeline}");
    }
}

fn under_script(script: &str, manifest: &str) -> String {
    let file = std::env::temp_dir().join(format!("pod-lifecycle-{}-{}.yaml", std::process::id(), script.len()));
    std::fs::write(&file, script).expect("a file can be written");
    let timeline = simulate(&[manifest, "--script", &file.to_string_lossy()]);
    std::fs::remove_file(file).expect("it is there");
    timeline
}

#[test]
fn a_script_speaks_of_what_the_pod_has() {
    let refused = |script: &str| under_script(script, "examples/manifests/web.yaml");
    assert!(refused(r#"{"images": {"nginy:1.27": "notFound"}}"#).contains("images: no container has the image `nginy:1.27`"));
    assert!(refused(r#"{"missingVolumes": ["cofnig"]}"#).contains("missingVolumes: the Pod has no volume `cofnig`"));
    assert!(refused(r#"{"programs": {"wbe": {"runs": [{"runFor": 1}]}}}"#).contains("programs: the Pod has no container `wbe`"));
}
