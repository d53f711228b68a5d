//! Documents with words that the API does not know.

use super::Document;
use super::document::{Shape, check_event, check_pod};
use crate::api::{ConditionStatus, PodPhase, QosClass};
use crate::check::ForeignWord;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

/// A document in whose Pod's status some words are foreign, without them, if it has such words and is good otherwise.
#[cold]
pub(super) fn parse_foreign(document: &[u8], shape: Shape) -> Option<(Document, Vec<ForeignWord>)> {
    let mut document: Value = serde_json::from_slice(document).ok()?;
    let pod = if shape.is_event() { document.get_mut("object")? } else { &mut document };
    let words = take(pod.get_mut("status")?.as_object_mut()?);
    if words.is_empty() {
        return None;
    }
    let document = if shape.is_event() {
        let event = serde_json::from_value(document).ok()?;
        check_event(&event).ok()?;
        Document::Event(event)
    } else {
        let pod = serde_json::from_value(document).ok()?;
        check_pod(&pod, "").ok()?;
        Document::Object(Box::new(pod))
    };
    Some((document, words))
}

/// Takes the foreign words out of a status.
fn take(status: &mut Map<String, Value>) -> Vec<ForeignWord> {
    let mut words = Vec::new();
    if let Some(word) = foreign(status.get("phase"), |text| PodPhase::from_text(text).is_some()) {
        words.push(ForeignWord::phase(word));
        status.remove("phase");
    }
    if let Some(word) = foreign(status.get("qosClass"), |text| QosClass::from_text(text).is_some()) {
        words.push(ForeignWord::qos_class(word));
        status.remove("qosClass");
    }
    for condition in status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(word) = foreign(condition.get("status"), |text| ConditionStatus::from_text(text).is_some()) {
            let type_ = condition.get("type").and_then(Value::as_str).unwrap_or_default();
            words.push(ForeignWord::condition(type_, word));
            condition["status"] = json!(ConditionStatus::Unknown);
        }
    }
    words
}

/// The text of a field, if it is none of those that are known.
fn foreign(field: Option<&Value>, is_known: impl Fn(&str) -> bool) -> Option<String> {
    field.and_then(Value::as_str).filter(|text| !is_known(text)).map(Into::into)
}
