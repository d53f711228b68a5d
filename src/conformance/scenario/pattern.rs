//! Partial patterns of published objects.

use super::reading::part;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a part of an object must be like.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// An object whose keys fit.
    Fields(BTreeMap<String, Pattern>),
    /// A list that has, for each of these, an entry with this `name` or `type`; other entries are passed over.
    Keyed(Vec<KeyedPattern>),
    /// Exactly this; `""` also fits an absent field.
    Literal(Value),
    /// All of these hold.
    Matchers(Vec<Matcher>),
}

/// An entry of a list, found by its `name` or `type`.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedPattern {
    key: &'static str,
    value: Value,
    fields: Pattern,
}

/// One matcher.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub enum Matcher {
    /// A number from here on.
    #[serde(rename = "$min")]
    Min(f64),
    /// A number up to here.
    #[serde(rename = "$max")]
    Max(f64),
    /// One of these.
    #[serde(rename = "$in")]
    In(Vec<Value>),
    /// Present, and none of these.
    #[serde(rename = "$notIn")]
    NotIn(Vec<Value>),
    /// Present, if true.
    #[serde(rename = "$present")]
    Present(bool),
    /// Absent or empty, if true.
    #[serde(rename = "$absent")]
    Absent(bool),
    /// A list of so many entries.
    #[serde(rename = "$len")]
    Len(usize),
}

impl Pattern {
    /// Whether a value fits; an absent one is [`Value::Null`]. With `skip_unpublished` an entry of a list that is not published
    /// fits as well.
    pub fn fits(&self, seen: &Value, skip_unpublished: bool) -> bool {
        match self {
            Self::Fields(fields) => {
                let Value::Object(object) = seen else { return false };
                fields.iter().all(|(key, pattern)| pattern.fits(object.get(key).unwrap_or(&Value::Null), skip_unpublished))
            }
            Self::Keyed(entries) => entries.iter().all(|entry| {
                let published = seen.as_array().into_iter().flatten().find(|seen| seen.get(entry.key) == Some(&entry.value));
                published.map_or(skip_unpublished, |published| entry.fields.fits(published, skip_unpublished))
            }),
            Self::Literal(value) => same(value, seen) || (*value == "" && seen.is_null()),
            Self::Matchers(matchers) => matchers.iter().all(|matcher| matcher.fits(seen)),
        }
    }
}

impl Matcher {
    fn fits(&self, seen: &Value) -> bool {
        match self {
            Self::Min(least) => seen.as_f64().is_some_and(|seen| seen >= *least),
            Self::Max(most) => seen.as_f64().is_some_and(|seen| seen <= *most),
            Self::In(values) => values.iter().any(|value| same(value, seen)),
            Self::NotIn(values) => !seen.is_null() && !values.iter().any(|value| same(value, seen)),
            Self::Present(present) => !seen.is_null() == *present,
            Self::Absent(absent) => is_empty(seen) == *absent,
            Self::Len(len) => match seen {
                Value::Null => *len == 0,
                Value::Array(list) => list.len() == *len,
                _ => false,
            },
        }
    }
}

/// Equal; numbers by their value, and an empty list is an absent one, as the API leaves it out.
fn same(value: &Value, seen: &Value) -> bool {
    match (value.as_f64(), seen.as_f64()) {
        (Some(value), Some(seen)) => value == seen,
        _ => value == seen || (value.as_array().is_some_and(Vec::is_empty) && seen.is_null()),
    }
}

fn is_empty(seen: &Value) -> bool {
    match seen {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn read(value: Value) -> Result<Pattern, String> {
    match value {
        Value::Object(object) if object.keys().any(|key| key.starts_with('$')) => {
            let matcher = |(key, value)| part(Value::Object([(key, value)].into_iter().collect()));
            let matchers: Result<_, serde_json::Error> = object.into_iter().map(matcher).collect();
            matchers.map(Pattern::Matchers).map_err(|error| format!("{error}"))
        }
        Value::Object(object) => {
            let field = |(key, value)| match read(value) {
                Ok(pattern) => Ok((key, pattern)),
                Err(error) => Err(format!("{key}: {error}")),
            };
            object.into_iter().map(field).collect::<Result<_, _>>().map(Pattern::Fields)
        }
        Value::Array(list) if !list.is_empty() && list.iter().all(|entry| key_of(entry).is_some()) => {
            list.into_iter().filter_map(|entry| Some((key_of(&entry)?, entry))).map(keyed).collect::<Result<_, _>>().map(Pattern::Keyed)
        }
        literal => Ok(Pattern::Literal(literal)),
    }
}

fn keyed((key, entry): (&'static str, Value)) -> Result<KeyedPattern, String> {
    let value = entry.get(key).cloned().unwrap_or_default();
    Ok(KeyedPattern { key, value, fields: read(entry)? })
}

/// By which key an entry of a list is found.
fn key_of(entry: &Value) -> Option<&'static str> {
    ["name", "type"].into_iter().find(|key| entry.get(key).is_some_and(Value::is_string))
}
