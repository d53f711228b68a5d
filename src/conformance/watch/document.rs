//! What a document of known extent is.

use super::Document;
use super::bad_input::Problem;
use crate::api::{EventType, Pod, WatchEvent, WatchObject};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Which of the fields that tell its kind a document has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    event: bool,
    object: bool,
}

impl Shape {
    /// Whether it is that of a watch event.
    pub(super) const fn is_event(self) -> bool {
        self.event
    }

    /// The document has this field.
    pub(super) fn add(&mut self, key: &[u8]) {
        match key {
            b"type" | b"object" => self.event = true,
            b"kind" | b"metadata" | b"spec" | b"status" => self.object = true,
            _ => {}
        }
    }
}

/// Why a document cannot be read; the place as counted from its beginning.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) problem: Problem,
}

/// A line that is a whole document in the order of fields that writers use; any other line, and a bad one, gives `None`.
pub(super) fn parse_line(line: &[u8]) -> Option<Document> {
    // Checked as a whole, text costs a sixth less to read than string by string.
    let line = str::from_utf8(line).ok()?;
    let first = line.get(1..)?.trim_ascii_start();
    if first.starts_with("\"type\"") {
        serde_json::from_str(line).ok().filter(|event| check_event(event).is_ok()).map(Document::Event)
    } else if first.starts_with("\"apiVersion\"") || first.starts_with("\"kind\"") {
        let pod = serde_json::from_str(line).ok().filter(|pod: &Pod| pod.kind == "Pod" && check_pod(pod, "").is_ok());
        pod.map(|pod| Document::Object(Box::new(pod)))
    } else {
        None
    }
}

/// A document with these fields.
pub(super) fn parse(document: &[u8], shape: Shape) -> Result<Document, Failure> {
    let at_begin = |problem| Failure { line: 1, column: 1, problem };
    if shape.event {
        let event = typed(document)?;
        return check_event(&event).map(|()| Document::Event(event)).map_err(at_begin);
    }
    if !shape.object {
        return Err(at_begin(Problem::Unknown));
    }
    // An item of a PodList does not say its kind.
    let kind = match serde_json::from_slice::<Kind>(document) {
        Ok(Kind { kind }) => kind,
        Err(_) => String::new(),
    };
    match kind.as_str() {
        "" | "Pod" => {
            let pod = typed(document)?;
            check_pod(&pod, "").map(|()| Document::Object(Box::new(pod))).map_err(at_begin)
        }
        _ => Err(at_begin(Problem::Kind(kind))),
    }
}

/// Whether the event speaks of a Pod that can be told from others, or of none.
pub(super) fn check_event(event: &WatchEvent) -> Result<(), Problem> {
    match &event.object {
        WatchObject::Status(_) => Ok(()),
        WatchObject::Pod(pod) if !matches!(pod.kind.as_str(), "" | "Pod") => Err(Problem::Kind(pod.kind.clone())),
        WatchObject::Pod(_) if matches!(event.type_, EventType::Bookmark | EventType::Error) => Ok(()),
        WatchObject::Pod(pod) => check_pod(pod, "object."),
    }
}

pub(super) fn check_pod(pod: &Pod, path: &str) -> Result<(), Problem> {
    if pod.metadata.uid.is_empty() && pod.metadata.name.is_empty() {
        return Err(Problem::Field { path: format!("{path}metadata.name"), message: "missing, and there is no uid".into() });
    }
    Ok(())
}

/// The kind of a list, of the bytes of its object up to the `[` of its items.
pub(super) fn list_kind(head: &[u8]) -> String {
    let whole: Vec<u8> = [head, b"]}"].concat();
    serde_json::from_slice::<Kind>(&whole).map_or_else(|_| String::new(), |Kind { kind }| kind)
}

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    kind: String,
}

fn typed<T: DeserializeOwned>(document: &[u8]) -> Result<T, Failure> {
    str::from_utf8(document).ok().and_then(|text| serde_json::from_str(text).ok()).ok_or_else(|| failure::<T>(document))
}

/// Reads once more, slowly, to learn which field is wrong.
#[cold]
fn failure<T: DeserializeOwned>(document: &[u8]) -> Failure {
    let mut reader = serde_json::Deserializer::from_slice(document);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        // Not reached: the same bytes failed just now.
        Ok(_) => Failure { line: 1, column: 1, problem: Problem::Unknown },
        Err(error) => {
            let (path, cause) = (error.path().to_string(), error.inner());
            let (line, column) = (cause.line(), cause.column());
            let text = cause.to_string();
            let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_string();
            let problem = if cause.classify() == Category::Data { Problem::Field { path, message } } else { Problem::Syntax(message) };
            Failure { line, column, problem }
        }
    }
}
