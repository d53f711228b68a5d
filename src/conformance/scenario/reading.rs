//! Numbers of seconds, gates, and errors that name the path of a field.

use crate::gates::Gates;
use crate::time::Span;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A file that does not have the format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct FormatError {
    path: String,
    message: String,
}

impl FormatError {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// Path of the field, such as `programs.a.runs[0].onTerm`; `.` is the file itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Reads a whole file.
pub(super) fn read<T: DeserializeOwned>(json: &str) -> Result<T, FormatError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| FormatError::new(error.path().to_string(), error.inner().to_string()))?;
    deserializer.end().map_err(|error| FormatError::new(".", error.to_string()))?;
    Ok(value)
}

/// Reads a part whose shape had to be looked at first; the message of an error begins with the path inside the part.
pub(super) fn part<T: DeserializeOwned, E: Error>(value: Value) -> Result<T, E> {
    serde_path_to_error::deserialize(value).map_err(|error| match error.path().iter().next() {
        None => E::custom(error.inner()),
        Some(_) => E::custom(format!("{}: {}", error.path(), error.inner())),
    })
}

/// Takes a key out of an object and reads it; `None` if the object does not have it.
pub(super) fn take<T: DeserializeOwned, E: Error>(object: &mut Map<String, Value>, key: &str) -> Result<Option<T>, E> {
    let Some(value) = object.remove(key) else { return Ok(None) };
    part(value).map(Some).map_err(|error: serde_json::Error| E::custom(format!("{key}: {error}")))
}

/// A length of time, to the nanosecond.
pub(super) fn span(seconds: f64) -> Span {
    Span::from_nanos((seconds * 1e9).round() as i64)
}

/// Seconds, not negative, where no field can say so.
#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct Seconds(#[serde(deserialize_with = "seconds")] pub(super) Span);

/// Seconds, not negative.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    not_negative(f64::deserialize(deserializer)?)
}

/// Seconds, not negative, or `null`.
pub(super) fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    Option::<f64>::deserialize(deserializer)?.map(not_negative).transpose()
}

/// Seconds, negative ones too.
pub(super) fn signed_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.map(span))
}

/// A list of seconds.
pub(super) fn seconds_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
    Vec::<f64>::deserialize(deserializer)?.into_iter().map(not_negative).collect()
}

fn not_negative<E: Error>(seconds: f64) -> Result<Span, E> {
    if seconds < 0.0 { Err(E::custom(format!("{seconds} is not a number of seconds from 0 on"))) } else { Ok(span(seconds)) }
}

/// One or a list.
pub(super) fn one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        list @ Value::Array(_) => part(list),
        one => Ok(Vec::from([part(one)?])),
    }
}

/// The gates of 1.36 with those of the file.
pub(super) fn gates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Gates, D::Error> {
    let mut gates = Gates::default();
    for (name, on) in BTreeMap::<String, bool>::deserialize(deserializer)? {
        gates.set(&name, on).map_err(D::Error::custom)?;
    }
    Ok(gates)
}
