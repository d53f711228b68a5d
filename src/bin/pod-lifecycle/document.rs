//! Reads YAML or JSON of one or many documents.

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs;
use std::io::{self, Read};

/// A document of a file.
#[derive(Debug)]
pub(crate) struct Document {
    /// Name of the file, and the number of the document if there are several.
    pub(crate) origin: String,
    pub(crate) value: Value,
}

/// A document, or a part of it at `path`, as this type; the error names the field.
pub(crate) fn typed<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let field = error.path().to_string();
        let place = match (path, field.as_str()) {
            ("", field) => field.to_owned(),
            (path, ".") => path.to_owned(),
            (path, field) => format!("{path}.{field}"),
        };
        anyhow::anyhow!("{place}: {}", error.inner())
    })
}

/// The documents of a file, or of the standard input if it is called `-`.
pub(crate) fn documents(path: &str) -> Result<Vec<Document>> {
    let (name, text) = read(path)?;
    parse(&name, &text)
}

/// The documents of a text that errors call by this name. Empty documents are passed over.
pub(crate) fn parse(name: &str, text: &str) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    let mut bytes = text.as_bytes();
    let numbered = |number: usize| format!("{name}: document {number}");
    for (number, value) in (1..).zip(serde_saphyr::read::<_, Value>(&mut bytes)) {
        let value = value.map_err(|error| {
            let place = error.location().map_or_else(String::new, |at| format!("line {}, column {}: ", at.line(), at.column()));
            let message = error.without_snippet().render();
            let what = message.lines().next().unwrap_or_default();
            // The place is said already; what the reader of YAML could be told in Rust is no help here.
            let what = what.split(" at line ").next().unwrap_or(what);
            let what = what.split(", set DuplicateKeyPolicy").next().unwrap_or(what);
            anyhow::anyhow!("{}: {place}{what}", numbered(number))
        })?;
        if !value.is_null() {
            documents.push(Document { origin: numbered(number), value });
        }
    }
    match documents.as_mut_slice() {
        [] => bail!("{name}: there is nothing in it"),
        [only] => only.origin = name.into(),
        _ => {}
    }
    Ok(documents)
}

/// How an error calls this file.
pub(crate) fn name(path: &str) -> &str {
    if path == "-" { "standard input" } else { path }
}

fn read(path: &str) -> Result<(String, String)> {
    if path == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("standard input")?;
        return Ok((name(path).into(), text));
    }
    Ok((path.into(), fs::read_to_string(path).with_context(|| path.to_owned())?))
}
