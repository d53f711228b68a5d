//! Comparison of an answer with what the kubelet said.

use crate::conformance::report::Outcome;
use crate::time::Time;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::Value;

/// Compares an answer with the expected one. Messages, which the vectors leave out, are passed over in the answer; `null`,
/// an absent field and an empty list or object mean the same; so does a moment, however it is written.
pub(super) fn compare(expect: &Value, answer: &Value) -> Outcome {
    let mut differences = Vec::new();
    walk("", expect, answer, &mut differences);
    if differences.is_empty() { Outcome::Passed } else { Outcome::Failed(differences) }
}

fn walk(path: &str, expect: &Value, answer: &Value, differences: &mut Vec<String>) {
    match (expect, answer) {
        (Value::Object(e), Value::Object(a)) => {
            let keys = e.keys().chain(a.keys().filter(|key| !e.contains_key(*key) && *key != "message"));
            for key in keys {
                walk(&format!("{path}.{key}"), e.get(key).unwrap_or(&Value::Null), a.get(key).unwrap_or(&Value::Null), differences);
            }
        }
        (Value::Array(e), Value::Array(a)) if e.len() == a.len() => {
            for (n, (e, a)) in e.iter().zip(a).enumerate() {
                walk(&format!("{path}[{n}]"), e, a, differences);
            }
        }
        _ if same(expect, answer) => {}
        _ => differences.push(format!("{}: expected {expect}, got {answer}", path.trim_start_matches('.'))),
    }
}

fn same(expect: &Value, answer: &Value) -> bool {
    match (expect.as_f64(), answer.as_f64()) {
        (Some(e), Some(a)) => expect == answer || (e - a).abs() < 1e-9,
        _ => expect == answer || (is_empty(expect) && is_empty(answer)) || same_moment(expect, answer),
    }
}

/// The same moment may be written with more or fewer digits.
fn same_moment(expect: &Value, answer: &Value) -> bool {
    let read = |value: &Value| value.as_str().and_then(|_| Time::deserialize(value).ok());
    read(expect).is_some_and(|moment| read(answer) == Some(moment))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
