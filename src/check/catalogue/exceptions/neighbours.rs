//! Streams that differ from an example, or from a case of an exception, in one place of one version: what the rules say of them, in sum.
//!
//! An example tells that a rule fires there and is silent here. Where between the two it turns, for each of the things that it asks, its
//! neighbours tell.

use crate::api::WatchEvent;
use crate::check::{Checker, Example, RULES};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

/// Of so many neighbours one is asked, so that the test does not last for minutes.
const STRIDE: u64 = 16;

/// Findings by rule.
type Sum = BTreeMap<&'static str, u32>;

/// What becomes of a field: a word for it, and its other value, if it has one.
type Edit = (&'static str, fn(&Value) -> Option<Value>);

const EDITS: [Edit; 6] = [
    ("taken away", |_| Some(Value::Null)),
    ("turned", |value| value.as_bool().map(|is_so| json!(!is_so))),
    ("one more", |value| value.as_i64().map(|number| json!(number + 1))),
    ("a second later", |value| moved(value, 1)),
    ("a minute earlier", |value| moved(value, -60)),
    ("another word", |value| value.as_str().filter(|_| moved(value, 0).is_none()).map(|word| json!(another(word)))),
];

/// A time some seconds later; none if it is none.
fn moved(value: &Value, seconds: i64) -> Option<Value> {
    let time: chrono::DateTime<chrono::Utc> = value.as_str()?.parse().ok()?;
    Some(json!((time + chrono::TimeDelta::seconds(seconds)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)))
}

/// The word that may stand in its place; of what has no vocabulary, one that is nowhere else.
fn another(word: &str) -> String {
    let words = [
        ["Pending", "Running"],
        ["Succeeded", "Failed"],
        ["True", "False"],
        ["Always", "Never"],
        ["Completed", "Error"],
        ["CrashLoopBackOff", "ContainerCreating"],
        ["MODIFIED", "ADDED"],
    ];
    let pair = words.iter().find_map(|[one, other]| match word {
        _ if word == *one => Some(*other),
        _ if word == *other => Some(*one),
        _ => None,
    });
    pair.map_or_else(|| format!("{word}-other"), String::from)
}

/// Calls for each field, also for those with fields of their own, with where it is: by name in general, by keys and places in particular.
fn each_field(value: &Value, general: &str, at: &mut Vec<String>, call: &mut dyn FnMut(&str, &[String], &Value)) {
    let fields: Vec<(String, String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{general}.{name}"), name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(place, value)| (format!("{general}[]"), place.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (general, key, value) in fields {
        at.push(key);
        call(&general, at, value);
        each_field(value, &general, at, call);
        at.pop();
    }
}

/// Puts a value where this field is; null takes the field away.
fn put(document: &mut Value, at: &[String], to: Value) {
    let Some((last, way)) = at.split_last() else { return };
    let place = way.iter().fold(document, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().unwrap()],
        value => &mut value[key],
    });
    match (place, to) {
        (Value::Array(list), Value::Null) => drop(list.remove(last.parse().unwrap())),
        (Value::Array(list), to) => list[last.parse::<usize>().unwrap()] = to,
        (place, Value::Null) => drop(place.as_object_mut().map(|fields: &mut Map<_, _>| fields.remove(last))),
        (place, to) => place[last] = to,
    }
}

/// What a checker finds from here on.
fn findings<'a>(mut checker: Checker, events: impl IntoIterator<Item = &'a WatchEvent>) -> Sum {
    let mut sum = Sum::new();
    for finding in checker.check(events.into_iter().cloned()) {
        *sum.entry(finding.rule.id()).or_default() += 1;
    }
    sum
}

/// The examples of the rules and the cases of their exceptions, each once.
fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let all = RULES.iter().flat_map(|rule| [rule.silent(), rule.fires()]).chain(super::all().map(|case| &case.example));
    for example in all {
        if !examples.contains(example) {
            examples.push(*example);
        }
    }
    examples
}

/// How much more is found than before, or less, in all streams that were edited like this.
#[derive(Default)]
struct Difference {
    streams: u32,
    by_rule: BTreeMap<&'static str, [u32; 2]>,
}

impl Difference {
    fn add(&mut self, before: &Sum, after: &Sum) {
        self.streams += 1;
        for rule in before.keys().chain(after.keys().filter(|rule| !before.contains_key(*rule))) {
            let [before, after] = [before, after].map(|sum| sum.get(rule).copied().unwrap_or_default());
            let [less, more] = self.by_rule.entry(rule).or_default();
            *less += before.saturating_sub(after);
            *more += after.saturating_sub(before);
        }
    }

    /// Its line in the table: what is found more often, what less often.
    fn told(&self, edit: &str) -> String {
        let list = |sign: char, which: usize| {
            let sums = self.by_rule.iter().filter(move |(_, sums)| sums[which] > 0);
            sums.map(|(rule, sums)| format!(" {sign}{rule} {}", sums[which])).collect::<String>()
        };
        format!("{edit} {}:{}{}\n", self.streams, list('+', 1), list('-', 0))
    }
}

/// Fields that no rule reads, or that tell which Pod it is.
fn is_idle(field: &str) -> bool {
    let of_metadata = field.strip_prefix("metadata.");
    of_metadata.is_some_and(|field| ["name", "uid", "labels", "resourceVersion"].iter().any(|idle| field.starts_with(idle)))
}

/// Goes on with a hash (FNV-1a).
fn mixed(hash: u64, text: &str) -> u64 {
    text.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A change of a rule that is meant changes the table with it; another example adds to it.
#[test]
fn what_differs_in_one_place_breaks_what_it_broke() {
    let mut table: BTreeMap<String, Difference> = BTreeMap::new();
    for example in examples() {
        let (documents, events) = (example.documents(), example.events().unwrap());
        let name = example.steps.iter().copied().flatten().fold(mixed(0xcbf2_9ce4_8422_2325, example.base), |hash, step| mixed(hash, step));
        let mut checker = Checker::new();
        for (version, document) in documents.iter().enumerate() {
            let before = findings(checker.clone(), &events[version..]);
            let mut try_it = |edit: String, at: &[String], document: &Value, to: Value| {
                // By what it is, so that another example changes nothing for this one.
                let pick = at.iter().fold(mixed(name.wrapping_add(version as u64), &edit), |hash, key| mixed(hash, key));
                if !(pick >> 32).is_multiple_of(STRIDE) || is_idle(&edit) {
                    return;
                }
                let mut document = document.clone();
                put(&mut document, at, to);
                let Ok(event) = serde_json::from_value(document) else { return };
                let after = findings(checker.clone(), [&event].into_iter().chain(&events[version + 1..]));
                table.entry(edit).or_default().add(&before, &after);
            };
            each_field(document, "", &mut Vec::new(), &mut |general, at, value| {
                for (word, edit) in EDITS {
                    if let Some(to) = edit(value) {
                        try_it(format!("{} {word}", general.trim_start_matches('.').trim_start_matches("object.")), at, document, to);
                    }
                }
            });
            checker.event(events[version].clone(), version as u64 + 1, &mut |_| {});
        }
    }
    insta::assert_snapshot!(table.iter().map(|(edit, difference)| difference.told(edit)).collect::<String>());
}
