//! Partial patterns of published objects.

use super::reading::part;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a part of an object must be like.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// An object whose keys fit.
    Fields(BTreeMap<String, Self>),
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
                // Of an absent object all fields are absent; but `{}` asks for an object.
                let is_object = seen.is_object() || (seen.is_null() && !fields.is_empty());
                let field = |key: &String| seen.get(key).unwrap_or(&Value::Null);
                is_object && fields.iter().all(|(key, pattern)| pattern.fits(field(key), skip_unpublished))
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
            Self::Present(present) => seen.is_null() != *present,
            Self::Absent(absent) => is_empty(seen) == *absent,
            Self::Len(len) => match seen {
                Value::Null => *len == 0,
                Value::Array(list) => list.len() == *len,
                _ => false,
            },
        }
    }
}

/// As the files write it.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(fields) => {
                f.write_str("{")?;
                for (n, (key, pattern)) in fields.iter().enumerate() {
                    write!(f, "{}{key}: {pattern}", if n > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Self::Keyed(entries) => {
                f.write_str("[")?;
                for (n, entry) in entries.iter().enumerate() {
                    write!(f, "{}{}", if n > 0 { ", " } else { "" }, entry.fields)?;
                }
                f.write_str("]")
            }
            Self::Literal(value) => write!(f, "{value}"),
            Self::Matchers(matchers) => write!(f, "{matchers:?}"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use serde_json::json;

    fn fits(pattern: Value, seen: Value) -> bool {
        serde_json::from_value::<Pattern>(pattern).unwrap().fits(&seen, false)
    }

    #[test]
    fn objects_lists_and_absence() {
        assert!(fits(json!({"a": 1}), json!({"a": 1.0, "b": 2})));
        assert!(!fits(json!({"a": 1}), json!({"b": 2})));
        assert!(fits(json!({"reason": ""}), json!({})) && !fits(json!({"reason": ""}), json!({"reason": "Evicted"})));
        assert!(fits(json!({"running": {}}), json!({"running": {"startedAt": null}})) && !fits(json!({"running": {}}), json!({})));
        let list = json!([{"name": "b", "n": 2}, {"name": "a", "n": 1}]);
        assert!(fits(json!([{"name": "a", "n": 1}]), list.clone()) && !fits(json!([{"name": "a", "n": 2}]), list.clone()));
        assert!(!fits(json!([{"name": "c"}]), list.clone()));
        assert!(serde_json::from_value::<Pattern>(json!([{"name": "c"}])).unwrap().fits(&list, true));
        assert!(fits(json!(["x", "y"]), json!(["x", "y"])) && !fits(json!(["x"]), json!(["x", "y"])));
    }

    #[test]
    fn matchers() {
        assert!(fits(json!({"$min": 1, "$max": 3}), json!(3)) && !fits(json!({"$min": 1, "$max": 3}), json!(4)));
        assert!(fits(json!({"$in": [1, 2]}), json!(2)) && !fits(json!({"$in": [1, 2]}), json!(3)));
        assert!(fits(json!({"$notIn": [1, 2]}), json!(3)) && !fits(json!({"$notIn": [1, 2]}), json!(2)));
        assert!(!fits(json!({"a": {"$notIn": [1, 2]}}), json!({})));
        assert!(fits(json!({"a": {"$present": true}}), json!({"a": ""})) && !fits(json!({"a": {"$present": true}}), json!({})));
        assert!(fits(json!({"a": {"$absent": true}}), json!({"a": []})) && !fits(json!({"a": {"$absent": true}}), json!({"a": 0})));
        assert!(fits(json!({"a": {"$len": 0}}), json!({})) && fits(json!({"$len": 1}), json!([0])) && !fits(json!({"$len": 1}), json!([])));
        let unknown = serde_json::from_value::<Pattern>(json!({"status": {"phase": {"$like": "R"}}})).unwrap_err();
        assert!(unknown.to_string().starts_with("status: phase: ") && unknown.to_string().contains("$like"), "{unknown}");
    }
}
