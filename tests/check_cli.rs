//! `check` and `explain`, as they are called.
#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::events::attributes::{AttrError, Attribute};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// What came of a call.
struct Called {
    code: Option<i32>,
    out: String,
    errors: String,
}

impl From<Output> for Called {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), errors: text(output.stderr) }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pod-lifecycle"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn call(arguments: &[&str]) -> Called {
    command(arguments).output().expect("the command line can be run").into()
}

/// `check -` with this input and these further arguments.
fn check(input: &str, arguments: &[&str]) -> Called {
    let mut command = command(&["check", "-"]);
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // What refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends").into()
}

fn pod(name: &str, phase: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": format!("uid-of-{name}"), "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 1},
        "spec": {"containers": [{"name": "a", "image": "a:1"}], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
        "status": {"phase": phase, "qosClass": "BestEffort"}})
}

fn event(kind: &str, name: &str, phase: &str) -> Value {
    json!({"type": kind, "t": 0.1, "object": pod(name, phase)})
}

/// A Pod that the API server has just stored: nothing is wrong with it.
fn good(name: &str) -> String {
    event("ADDED", name, "Pending").to_string()
}

/// One with a phase that nothing writes.
fn bad(name: &str) -> String {
    event("ADDED", name, "Unknown").to_string()
}

/// The rule that is broken, and the line, of each finding. Only of PH-01: what else such a Pod breaks is not the matter here.
fn findings(input: &str) -> (Option<i32>, Vec<(String, u64)>) {
    let called = check(input, &["--format", "json", "--rules", "PH-01"]);
    let read = |line: &str| {
        let finding: Value = serde_json::from_str(line).expect("JSON");
        (finding["object"].as_str().expect("text").to_owned(), finding["line"].as_u64().expect("number"))
    };
    (called.code, called.out.lines().map(read).collect())
}

/// In a file of its own, which goes with the value.
struct Stream(std::path::PathBuf);

impl Stream {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pod-lifecycle-check-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("a file can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_clean_stream_has_code_0() {
    let called = check(&format!("{}\n\n{}\r\n", good("a"), good("b")), &[]);
    assert_eq!((called.code, called.errors.as_str()), (Some(0), ""), "{}", called.out);
    assert!(called.out.starts_with("1 file, 2 Pods, 2 versions in 2 documents: no violation of "), "{}", called.out);
}

/// Most often the recording has failed.
#[test]
fn a_stream_without_a_pod_has_code_2() {
    let called = check("", &[]);
    assert_eq!(called.out, "1 file, 0 Pods, 0 versions in 0 documents: nothing was checked; 1 place cannot be read.\n");
    assert_eq!((called.code, called.errors.as_str()), (Some(2), "-: there is no Pod in it\n"));
    let called = check("", &["--format", "json"]);
    assert_eq!((called.code, called.out.as_str()), (Some(2), ""));
}

#[test]
fn a_broken_rule_has_code_1_and_is_told_in_a_line() {
    let called = check(&format!("{}\n{}\n", good("a"), bad("b")), &["--rules", "PH"]);
    assert_eq!((called.code, called.errors.as_str()), (Some(1), ""));
    let line = called.out.lines().next().expect("a finding");
    assert!(line.starts_with("-:2: MUST PH-01 default/b status.phase: Unknown: ") && line.ends_with(')'), "{line}");
    assert!(called.out.contains("\n PH-01  MUST          1  the phase is "), "{}", called.out);
}

#[test]
fn a_json_finding_has_just_these_keys() {
    let called = check(&bad("b"), &["--format", "json", "--rules", "ph-01"]);
    let finding: Value = serde_json::from_str(&called.out).expect("one object");
    let mut keys: Vec<_> = finding.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["after", "at", "before", "line", "message", "object", "path", "reference", "rule", "severity", "uid"]);
    assert_eq!(finding["rule"], "PH-01");
    assert_eq!(finding["severity"], "MUST");
    assert_eq!(finding["object"], "default/b");
    assert_eq!(finding["uid"], "uid-of-b");
    assert_eq!(finding["path"], "status.phase");
    assert_eq!(finding["after"], "Unknown");
    assert_eq!(finding["line"], 1);
    let at = finding["at"].as_str().expect("a time");
    assert!(at.starts_with("2026-01-01T00:00:0") && at.ends_with('Z'), "{at}");
    let mut timeless = event("ADDED", "b", "Unknown");
    timeless.as_object_mut().expect("an object").remove("t");
    timeless["object"]["metadata"].as_object_mut().expect("an object").remove("creationTimestamp");
    let called = check(&timeless.to_string(), &["--format", "json", "--rules", "PH-01"]);
    assert_eq!(serde_json::from_str::<Value>(&called.out).expect("one object")["at"], Value::Null);
}

#[test]
fn words_that_the_api_does_not_know_break_rules() {
    let broken = |pod: &Value, rules: &str| {
        let called = check(&pod.to_string(), &["--format", "json", "--rules", rules]);
        let read = |line: &str| {
            let finding: Value = serde_json::from_str(line).expect("JSON");
            ["rule", "path", "after"].map(|key| finding[key].as_str().expect("text").to_owned()).join(" ")
        };
        assert_eq!(called.errors, "");
        (called.code, called.out.lines().map(read).collect::<Vec<_>>())
    };
    for phase in ["", "Completed"] {
        let said = (Some(1), vec![format!("PH-01 status.phase {phase}")]);
        assert_eq!(broken(&event("ADDED", "a", phase), "PH-01"), said);
        assert_eq!(broken(&pod("a", phase), "PH-01"), said);
    }
    let mut odd = event("ADDED", "a", "Pending");
    odd["object"]["status"]["qosClass"] = json!("Best");
    // One of the kubelet's, one of others, and a good one of others.
    let condition = |type_: &str, status: &str| json!({"type": type_, "status": status});
    odd["object"]["status"]["conditions"] = json!([condition("Ready", "Yes"), condition("up", "true"), condition("on", "Unknown")]);
    let (code, mut said) = broken(&odd, "CO-02,ST-09");
    said.sort();
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        ["CO-02 status.conditions[Ready].status Yes", "CO-02 status.conditions[up].status true", "ST-09 status.qosClass Best"]
    );
    assert_eq!(broken(&odd, "PH-01"), (Some(0), vec![]));
}

#[test]
fn all_forms_of_streams_are_read() {
    let found = |names: &[(&str, u64)]| (Some(1), names.iter().map(|(name, line)| (format!("default/{name}"), *line)).collect::<Vec<_>>());
    let (a, b) = (pod("a", "Unknown"), pod("b", "Unknown"));
    let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    assert_eq!(findings(&format!("{a}\n{b}")), found(&[("a", 1), ("b", 2)]));
    assert_eq!(findings(&format!("{}\n{}\n", pretty(&a), pretty(&b))), found(&[("a", 1), ("b", 1 + pretty(&a).lines().count() as u64)]));
    let list = json!({"apiVersion": "v1", "items": [a, b], "kind": "List", "metadata": {"resourceVersion": ""}});
    assert_eq!(findings(&list.to_string()), found(&[("a", 1), ("b", 1)]));
    assert_eq!(findings(&pretty(&list)), found(&[("a", 4), ("b", 4 + pretty(&a).lines().count() as u64)]));
    let event = event("ADDED", "c", "Unknown");
    assert_eq!(findings(&format!("\u{feff}{}\r\n{list}\r\n{event}", pretty(&event).replace('\n', "\r\n"))).1.len(), 4);
    let big = json!({"type": "ADDED", "object": a, "padding": "x".repeat(3 << 20)});
    assert_eq!(findings(&format!("{big}\n{}", bad("b"))), found(&[("a", 1), ("b", 2)]));
}

#[test]
fn bad_input_has_code_2_and_the_rest_is_checked() {
    let input = [
        good("a"),
        good("b").replace("\"Pending\"", "[]"),
        "nonsense".into(),
        bad("c"),
        bad("d")[..60].into(),
        bad("e"),
        good("f")[..40].into(),
    ];
    let called = check(&input.join("\n"), &["--format", "json", "--rules", "PH-01"]);
    assert_eq!(called.code, Some(2));
    let lines: Vec<_> = called.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["line"].clone()).collect();
    assert_eq!(lines, [4, 6]);
    let errors: Vec<_> = called.errors.lines().collect();
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert!(errors[0].starts_with("-:2:") && errors[0].contains(": object.status.phase: "), "{errors:?}");
    assert!(errors[1].starts_with("-:3:1: "), "{errors:?}");
    assert!(errors[2].starts_with("-:5:"), "{errors:?}");
    assert!(errors[3].starts_with("-:7:"), "{errors:?}");
    // Of very many only the first are shown, and all are counted.
    let called = check(&"nonsense\n".repeat(1_000), &[]);
    assert_eq!((called.code, called.errors.lines().count()), (Some(2), 22));
    assert!(called.errors.contains("-: 980 more places cannot be read\n-: a stream is JSON"), "{}", called.errors);
    assert!(called.out.contains("1000 places cannot be read"), "{}", called.out);
}

/// A Pod from its creation to its node, in three events.
fn bound() -> [Value; 3] {
    let created = event("ADDED", "a", "Pending");
    let mut bound = event("MODIFIED", "a", "Pending");
    bound["object"]["spec"]["nodeName"] = json!("n1");
    bound["object"]["status"]["conditions"] =
        json!([{"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    // The kubelet's first word, and no more of it than CR-02 asks for.
    let mut started = bound.clone();
    started["object"]["status"]["startTime"] = json!("2026-01-01T00:00:00Z");
    [created, bound, started]
}

#[test]
fn behind_what_cannot_be_read_versions_may_be_missing() {
    let lines = bound().map(|event| event.to_string());
    let broken = |line: &str| check(&[&lines[0], line, &lines[2]].join("\n"), &["--rules", "CR-02"]);
    assert_eq!(check(&lines.join("\n"), &["--rules", "CR-02"]).code, Some(0));
    assert_eq!(check(&[&*lines[0], &*lines[2]].join("\n"), &["--rules", "CR-02"]).code, Some(1), "the binding is not seen");
    for lost in [&lines[1][..200], &lines[1].replace("\"Pending\"", "[]")] {
        let called = broken(lost);
        assert_eq!(called.code, Some(2));
        assert!(called.out.starts_with("1 file, 1 Pod, 2 versions in 2 documents: no violation of 1 rule; 1 place "), "{}", called.out);
        assert!(called.out.contains("Silent in 1 of 2 versions since versions may be missing"), "{}", called.out);
    }
    // Nothing of a Pod is lost with it.
    let called = broken(r#"{"type": "ADDED", "object": {"kind": "Node", "metadata": {"name": "n1"}}}"#);
    assert!(called.out.starts_with("-:3: MUST CR-02 "), "{}", called.out);
}

#[test]
fn what_lasts_is_told_once() {
    let versions: String = (0..5).map(|n| format!("{}\n", event(if n == 0 { "ADDED" } else { "MODIFIED" }, "a", "Unknown"))).collect();
    let different: String = versions.lines().enumerate().map(|(n, line)| line.replace("a:1", &format!("a:{n}")) + "\n").collect();
    let stream = format!("{different}{}\n", bad("b"));
    let called = check(&stream, &["--rules", "PH-01"]);
    let lines: Vec<_> = called.out.lines().collect();
    assert!(lines[0].starts_with("-:1: MUST PH-01 default/a ") && lines[1].starts_with("-:6: MUST PH-01 default/b "), "{}", called.out);
    assert_eq!(lines[3], "4 more findings in later versions, word for word as above; `--format json` shows all.");
    assert!(called.out.contains(" PH-01  MUST          6  the phase") && called.out.contains(": 6 violations of 1 of "), "{}", called.out);
    assert_eq!(check(&stream, &["--rules", "PH-01", "--format", "json"]).out.lines().count(), 6);
}

#[test]
fn each_file_is_a_stream_of_its_own() {
    // In one stream this would be a Pod that leaves a terminal phase.
    let before = Stream::new("before", &event("ADDED", "a", "Succeeded").to_string());
    let after = Stream::new("after", &event("MODIFIED", "a", "Running").to_string());
    let joined = [event("ADDED", "a", "Succeeded").to_string(), event("MODIFIED", "a", "Running").to_string()].join("\n");
    let arguments = ["check", "--rules", "PH-02", before.path(), after.path()];
    assert_eq!(call(&arguments).code, Some(0));
    assert_eq!(check(&joined, &["--rules", "PH-02"]).code, Some(1));
    let missing = call(&["check", "--rules", "PH-02", "/nowhere/at.all", before.path()]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.errors.starts_with("/nowhere/at.all: "), "{}", missing.errors);
    assert!(missing.out.starts_with("2 files, 1 Pod, "), "{}", missing.out);
    let folder = call(&["check", env!("CARGO_MANIFEST_DIR")]);
    assert_eq!(folder.code, Some(2));
    assert_eq!(folder.errors.lines().count(), 1, "{}", folder.errors);
}

#[test]
fn rules_are_chosen_by_name_and_severity() {
    let input = bad("b");
    let rules = |arguments: &[&str]| {
        let called = check(&input, &[&["--format", "json"], arguments].concat());
        let read = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["rule"].as_str().expect("text").to_owned();
        (called.code, called.out.lines().map(read).collect::<std::collections::BTreeSet<_>>())
    };
    let (code, all) = rules(&[]);
    assert!(code == Some(1) && all.contains("PH-01"), "{all:?}");
    let (_, of_family) = rules(&["--rules", "ph,TE"]);
    assert!(
        of_family.contains("PH-01") && of_family.iter().all(|rule| rule.starts_with("PH-") || rule.starts_with("TE-")),
        "{of_family:?}"
    );
    let (_, without) = rules(&["--rules", "PH", "--ignore", "PH-01"]);
    assert!(!without.contains("PH-01"), "{without:?}");
    let none = check(&input, &["--rules", "PH-09", "--min-severity", "must"]);
    assert_eq!((none.code, none.out.as_str()), (Some(2), ""));
    assert!(none.errors.starts_with("error: no rule is left"), "{}", none.errors);
    assert_eq!(rules(&["--rules", "PH-01", "--min-severity", "must"]).1.len(), 1);
    for arguments in [["--rules", "PH-1"], ["--ignore", "PH-1"]] {
        let called = check(&input, &arguments);
        assert_eq!((called.code, called.out.as_str()), (Some(2), ""));
        assert_eq!(called.errors, "error: no rule or family `PH-1`; there is PH-01\n");
    }
    assert!(check("", &["--rules", "nonsense"]).errors.starts_with("error: no rule or family `nonsense`; the families are PH, "));
}

#[test]
fn a_spec_serves_objects_without_one() {
    let mut succeeded = pod("a", "Succeeded");
    succeeded["spec"] = json!({});
    succeeded["status"]["containerStatuses"] =
        json!([{"name": "a", "image": "a:1", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}, "lastState": {}}]);
    let input = succeeded.to_string();
    let without = check(&input, &["--rules", "PH-04"]);
    assert_eq!(without.code, Some(0));
    assert!(without.out.contains("Silent in all of 1 version since the spec is not known (`--spec` tells it): PH-04."), "{}", without.out);
    let of_containers = "containers: [{name: a, image: 'a:1'}]\n";
    let manifests = [
        of_containers.to_owned(),
        json!({"containers": [{"name": "a", "image": "a:1"}]}).to_string(),
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  {of_containers}"),
    ];
    for (n, manifest) in manifests.iter().enumerate() {
        let spec = Stream::new(&format!("spec-{n}"), manifest);
        assert_eq!(check(&input, &["--rules", "PH-04", "--spec", spec.path()]).code, Some(1), "{manifest}");
    }
    for (n, wrong) in ["kind: Service\nspec: {}", "containers: 3", "containers: []", "a: [", "kind: Pod\nspec: {containers: [{name: 3}]}"]
        .iter()
        .enumerate()
    {
        let spec = Stream::new(&format!("wrong-{n}"), wrong);
        let called = check(&input, &["--spec", spec.path()]);
        assert!(called.code == Some(2) && called.errors.contains(spec.path()), "{wrong}: {}", called.errors);
    }
}

#[test]
fn what_may_be_missing_is_told() {
    let input = format!("{}\n{}\n", pod("a", "Pending"), pod("a", "Running"));
    let gaps = |arguments: &[&str]| check(&input, arguments).out.contains("since versions may be missing before them");
    assert!(gaps(&[]));
    assert!(gaps(&["--every-version", "no"]));
    assert!(!gaps(&["--every-version", "yes"]));
    let events = format!("{}\n{}\n", event("ADDED", "a", "Pending"), event("MODIFIED", "a", "Running"));
    let gaps = |arguments: &[&str]| check(&events, arguments).out.contains("since versions may be missing before them");
    assert!(!gaps(&[]));
    assert!(gaps(&["--every-version", "no"]));
}

#[test]
fn no_more_pods_are_kept_than_asked_for() {
    let kept = |of: &str, arguments: &[&str]| {
        let stream: Vec<_> = of.chars().map(|name| event("ADDED", &name.to_string(), "Succeeded").to_string()).collect();
        // Who is still known breaks a rule now.
        let stream = stream.join("\n") + "\n" + &event("MODIFIED", "a", "Running").to_string();
        check(&stream, &[&["--rules", "PH-02"], arguments].concat())
    };
    let all = kept("abcdef", &[]);
    assert!(all.code == Some(1) && !all.out.contains("forgotten"), "{}", all.out);
    assert_eq!(kept("abcdef", &["--pods", "100"]).code, Some(1));
    let few = kept("abcdef", &["--pods", "4"]);
    assert_eq!(few.code, Some(0), "{}", few.out);
    assert!(few.out.contains("1 file, 7 Pods, 7 versions") && few.out.contains("\n4 Pods forgotten"), "{}", few.out);
    // Seen lately, it is not the one to be forgotten.
    assert_eq!(kept("abacad", &["--pods", "4"]).code, Some(1));
    assert_eq!(kept("abc", &["--pods", "0"]).code, Some(0));
}

/// The elements of an XML text, each with its attributes; fails if it is not well-formed.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut elements = Vec::new();
    let mut open = 0;
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) | Event::Empty(start) => {
                let attribute = |attribute: Result<Attribute<'_>, AttrError>| {
                    let attribute = attribute.expect("a well-formed attribute");
                    (attribute.key.0.to_owned(), quick_xml::escape::unescape(&attribute.value).expect("escaped").into_owned())
                };
                elements.push((start.name().0.to_owned(), start.attributes().map(attribute).collect()));
                open += 1;
            }
            Event::End(_) => open -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    let empty = xml.matches("/>").count() as i64;
    assert_eq!(open, empty, "every element is closed");
    elements
}

#[test]
fn junit_has_a_case_a_rule() {
    let mut weird = event("ADDED", "b", "Unknown");
    weird["object"]["metadata"]["name"] = json!("<b a=\"1\"> & \u{1b}[0m\u{0}");
    let (clean, broken) = (Stream::new("clean<&>", &good("a")), Stream::new("broken", &format!("{weird}\nnonsense\n{}", bad("c"))));
    let called = call(&["check", "--format", "junit", "--rules", "PH-01,PH-02,PH-04", clean.path(), broken.path()]);
    assert_eq!(called.code, Some(2));
    let elements = elements(&called.out);
    let of =
        |name: &str| elements.iter().filter(|(element, _)| element == name).map(|(_, attributes)| attributes.clone()).collect::<Vec<_>>();
    let value = |attributes: &[(String, String)], key: &str| attributes.iter().find(|(name, _)| name == key).expect(key).1.clone();
    let counts = |attributes: &[(String, String)]| ["tests", "failures", "errors"].map(|key| value(attributes, key));
    assert_eq!(counts(&of("testsuites")[0]), ["8", "1", "1"]);
    let suites = of("testsuite");
    assert_eq!([counts(&suites[0]), counts(&suites[1])], [["4", "0", "0"], ["4", "1", "1"]]);
    assert_eq!(value(&suites[0], "name"), clean.path());
    let cases = of("testcase");
    assert_eq!(cases.len(), 8);
    assert!(value(&cases[1], "name").starts_with("PH-01 ") && value(&cases[1], "classname") == "PH");
    let failures = of("failure");
    assert_eq!((failures.len(), value(&failures[0], "type")), (1, "MUST".to_owned()));
    assert!(value(&failures[0], "message").contains("default/<b a=\"1\"> & \u{fffd}[0m\u{fffd} status.phase: "), "{failures:?}");
    assert!(value(&of("error")[0], "message").starts_with("2:1: expected"), "{:?}", of("error"));
}

#[test]
fn a_rule_is_explained() {
    let called = call(&["explain", "ph-04"]);
    assert_eq!(called.code, Some(0));
    for part in [
        "PH-04 (MUST, single status)\n",
        "Needs:   spec: silent where it is not known\n",
        "Source:  ",
        "This keeps the rule:",
        "This breaks it:",
        "event 1: status.",
        "\"metadata\": ",
    ] {
        assert!(called.out.contains(part), "{part}: {}", called.out);
    }
    let all = call(&["explain"]).out;
    let family = call(&["explain", "PH"]).out;
    assert!(all.contains("\n  plain init  ") && !family.contains("plain init  "), "{all}");
    for rule in ["PH-01", "PH-02", "PH-04", "PH-09"] {
        assert!(all.contains(rule) && family.contains(rule), "{rule}");
    }
    assert!(family.lines().skip(1).all(|line| line.trim_start().starts_with("PH-")), "{family}");
    assert!(all.lines().count() >= family.lines().count());
    let unknown = call(&["explain", "PH-0A"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.errors.starts_with("error: no rule or family `PH-0A`; there is PH-0"), "{}", unknown.errors);
}

#[test]
fn the_machine_s_own_stream_can_be_checked() {
    let simulated = call(&[
        "simulate",
        concat!(env!("CARGO_MANIFEST_DIR"), "/examples/manifests/batch.yaml"),
        "--output",
        "json",
        "--delete-at",
        "20s",
    ]);
    let called = check(&simulated.out, &["--rules", "PH-01,PH-02"]);
    assert_eq!((called.code, called.errors.as_str()), (Some(0), ""), "{}", called.out);
}

#[test]
fn a_reader_that_goes_away_does_not_make_it_a_success() {
    let mut child = command(&["check", "--format", "json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    // More than a buffer holds.
    let bad: String = (0..2_000).map(|n| event("ADDED", &format!("p{n}"), "Weird").to_string() + "\n").collect();
    let _ = child.stdin.take().expect("its input").write_all(bad.as_bytes());
    assert_eq!(child.wait().expect("it ends").code(), Some(141));
}

#[cfg(target_os = "linux")]
#[test]
fn complaints_that_cannot_be_written_are_no_panic() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let status = command(&["check", "Cargo.toml"]).stdout(Stdio::null()).stderr(full).status().expect("it runs");
    assert_eq!(status.code(), Some(2));
}
