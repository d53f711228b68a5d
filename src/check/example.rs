//! Examples of rules: a Pod, and what changes.

/// One version after the other: what is assigned, field by field.
///
/// `status.phase = Running` assigns text, `status.containerStatuses[web].ready = false` any JSON, `… = null` takes the field away. A list's
/// element is named by its `name` or `type`, and appended if it is not there. Paths begin at the object; `type` and `t` are the
/// event's own (`MODIFIED` and one second later than before, if not assigned).
pub type Step = &'static [&'static str];

/// A stream of watch events of one Pod: a first version, and steps from version to version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The first event as JSON: `type`, `t` and `object`.
    pub base: &'static str,
    /// What each following event changes.
    pub steps: &'static [Step],
}

impl Example {
    pub(super) const NONE: Self = Self { base: "", steps: &[] };
}

#[cfg(any(test, feature = "conformance"))]
mod play {
    use super::Example;
    use crate::api::WatchEvent;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use serde_json::{Map, Value, json};

    impl Example {
        /// The events of the example as JSON.
        ///
        /// # Panics
        /// Never with the examples of the catalogue, which its tests read.
        pub fn documents(&self) -> Vec<Value> {
            let mut event: Value = serde_json::from_str(self.base).expect("the base of an example is JSON");
            let mut documents = Vec::from([event.clone()]);
            for (n, step) in self.steps.iter().enumerate() {
                event["type"] = json!("MODIFIED");
                event["t"] = json!(event["t"].as_f64().unwrap_or_default() + 1.0);
                event["object"]["metadata"]["resourceVersion"] = json!((1_000 + n).to_string());
                for assignment in *step {
                    let (path, value) = assignment.split_once(" = ").expect("an assignment has an equals sign");
                    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
                    let root = if matches!(path, "type" | "t") { &mut event } else { &mut event["object"] };
                    assign(root, path, value);
                }
                documents.push(event.clone());
            }
            documents
        }

        /// The events of the example.
        ///
        /// # Errors
        /// If the example is not of watch events.
        pub fn events(&self) -> Result<Vec<WatchEvent>, serde_json::Error> {
            self.documents().into_iter().map(serde_json::from_value).collect()
        }
    }

    /// `path` is `field.field[element].field`.
    fn assign(at: &mut Value, path: &str, value: Value) {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (field, rest) = path.split_at(end);
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        if let Some(rest) = rest.strip_prefix('[') {
            let (element, rest) = rest.split_once(']').expect("a bracket is closed");
            assign_element(
                &mut at[field],
                element,
                rest.trim_start_matches('.'),
                value,
                if field == "conditions" { "type" } else { "name" },
            );
        } else if let Some(rest) = rest.strip_prefix('.') {
            assign(&mut at[field], rest, value);
        } else if value.is_null() {
            at.as_object_mut().map(|fields| fields.remove(field));
        } else {
            at[field] = value;
        }
    }

    fn assign_element(list: &mut Value, element: &str, rest: &str, value: Value, key: &str) {
        if !list.is_array() {
            *list = json!([]);
        }
        let Some(list) = list.as_array_mut() else { return };
        let named = |item: &Value| item[key] == element;
        let place = element.parse().ok().filter(|place| *place < list.len()).or_else(|| list.iter().position(named));
        let place = place.unwrap_or_else(|| {
            list.push(json!({ key: element }));
            list.len() - 1
        });
        match (rest, value) {
            ("", Value::Null) => drop(list.remove(place)),
            ("", value) => list[place] = value,
            (rest, value) => assign(&mut list[place], rest, value),
        }
    }

    /// The example as it is told: the base, then what each step assigns.
    impl core::fmt::Display for Example {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            let base: String = serde_json::from_str::<Value>(self.base).map_or_else(|_| self.base.into(), |base| base.to_string());
            writeln!(f, "{base}")?;
            for (n, step) in self.steps.iter().enumerate() {
                for assignment in *step {
                    writeln!(f, "{n}: {assignment}", n = n + 1)?;
                }
            }
            Ok(())
        }
    }
}
