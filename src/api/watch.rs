//! Watch events, as `kubectl get pod -w -o json --output-watch-events` prints them.

use super::meta::ObjectMeta;
use super::nullable;
use super::pod::{Pod, PodSpec};
use super::status::PodStatus;
use super::vocabulary::words;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

words! {
    /// `type` of a watch event.
    EventType, "a watch event type: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR" {
        /// The object is new to the watch.
        Added = "ADDED",
        /// The object changed.
        Modified = "MODIFIED",
        /// The object is gone; it is shown as it was last.
        Deleted = "DELETED",
        /// Only the resource version is news.
        Bookmark = "BOOKMARK",
        /// The watch failed; the object is a Status.
        Error = "ERROR",
    }
}

/// One event of a watch on Pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchEvent {
    /// What happened.
    #[serde(rename = "type")]
    pub type_: EventType,
    /// Seconds after the beginning of the recording, where the recorder added them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t: Option<f64>,
    /// What it happened to.
    pub object: WatchObject,
}

/// What a watch event speaks of. The object itself tells which of the two it is, not the event's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchObject {
    /// The Pod: after ADDED and MODIFIED as it is, after DELETED as it was last; of a BOOKMARK only
    /// `metadata.resourceVersion` is filled.
    Pod(Box<Pod>),
    /// Why the watch failed, in an ERROR event.
    Status(Box<Status>),
}

impl WatchObject {
    /// The Pod, if it is one.
    pub fn pod(&self) -> Option<&Pod> {
        match self {
            Self::Pod(pod) => Some(pod),
            Self::Status(_) => None,
        }
    }

    /// The Pod, if it is one, to keep.
    pub fn into_pod(self) -> Option<Pod> {
        match self {
            Self::Pod(pod) => Some(*pod),
            Self::Status(_) => None,
        }
    }
}

impl From<Pod> for WatchObject {
    fn from(pod: Pod) -> Self {
        Self::Pod(Box::new(pod))
    }
}

/// A `v1.Status`: the API server's answer where there is no object to answer with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// `Status`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `v1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Metadata of the answer, mostly empty.
    pub metadata: ListMeta,
    /// `Success` or `Failure`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// For humans.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Why, in one word: `Expired` where the watch began too far back.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// HTTP code: 410 goes with `Expired`. 0 is written as absent.
    #[serde(skip_serializing_if = "super::is_default")]
    pub code: i32,
}

/// `metadata` of an answer that is no stored object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    /// The version of the store that it speaks of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
}

impl Serialize for WatchObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pod(pod) => pod.serialize(serializer),
            Self::Status(status) => status.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for WatchObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(EitherObject::deserialize(deserializer)?.into())
    }
}

/// The fields of both kinds of object: fields come in any order, and putting them by until the kind is known would cost
/// more than reading a Pod.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EitherObject {
    #[serde(deserialize_with = "nullable")]
    kind: String,
    #[serde(deserialize_with = "nullable")]
    api_version: String,
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    spec: PodSpec,
    status: EitherStatus,
    #[serde(deserialize_with = "nullable")]
    message: String,
    #[serde(deserialize_with = "nullable")]
    reason: String,
    #[serde(deserialize_with = "nullable")]
    code: i32,
}

impl From<EitherObject> for WatchObject {
    fn from(read: EitherObject) -> Self {
        let EitherObject { kind, api_version, metadata, spec, status, message, reason, code } = read;
        let is_status = kind == "Status";
        match status {
            EitherStatus::OfPod(status) if !is_status => Self::Pod(Box::new(Pod { api_version, kind, metadata, spec, status })),
            status => Self::Status(Box::new(Status {
                kind,
                api_version,
                metadata: ListMeta { resource_version: metadata.resource_version },
                status: match status {
                    EitherStatus::Word(word) => word,
                    EitherStatus::OfPod(_) => String::new(),
                },
                message,
                reason,
                code,
            })),
        }
    }
}

/// The field `status`: an object in a Pod, a word in a Status.
#[expect(clippy::large_enum_variant, reason = "lives while an object is read, and is moved into it")]
enum EitherStatus {
    OfPod(PodStatus),
    Word(String),
}

impl Default for EitherStatus {
    fn default() -> Self {
        Self::OfPod(PodStatus::default())
    }
}

impl<'de> Deserialize<'de> for EitherStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> de::Visitor<'de> for Either {
            type Value = EitherStatus;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the status of a Pod, or `Success` or `Failure`")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, fields: A) -> Result<EitherStatus, A::Error> {
                PodStatus::deserialize(MapAccessDeserializer::new(fields)).map(EitherStatus::OfPod)
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<EitherStatus, E> {
                Ok(EitherStatus::Word(word.into()))
            }

            fn visit_unit<E: de::Error>(self) -> Result<EitherStatus, E> {
                Ok(EitherStatus::default())
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(object: &Value) -> WatchObject {
        serde_json::from_value(object.clone()).unwrap()
    }

    #[test]
    fn the_object_before_the_type() {
        let event: WatchEvent =
            serde_json::from_str(r#"{"object":{"status":{"phase":"Running"},"kind":"Pod"},"t":1.5,"type":"ADDED"}"#).unwrap();
        assert_eq!((event.type_, event.t), (EventType::Added, Some(1.5)));
        let pod = event.object.pod().unwrap();
        assert_eq!((pod.kind.as_str(), pod.status.phase.unwrap().as_str()), ("Pod", "Running"));
        assert_eq!(event.object.clone().into_pod().as_ref(), Some(pod));
        assert_eq!(WatchObject::from(pod.clone()), event.object);
    }

    #[test]
    fn an_error_carries_a_status() {
        let text = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (7)","reason":"Expired","code":410}}"#;
        let event: WatchEvent = serde_json::from_str(text).unwrap();
        let WatchObject::Status(status) = &event.object else { panic!("{event:?}") };
        assert_eq!((status.status.as_str(), status.reason.as_str(), status.code), ("Failure", "Expired", 410));
        assert_eq!(event.object.pod(), None);
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        // Its kind comes last, or is all there is, or is missing.
        for object in [r#"{"status":"Failure","kind":"Status"}"#, r#"{"kind":"Status"}"#, r#"{"status":"Failure"}"#] {
            let object: WatchObject = serde_json::from_str(object).unwrap();
            assert!(matches!(object, WatchObject::Status(_)), "{object:?}");
            assert_eq!(object.into_pod(), None);
        }
        let versioned = json!({"kind": "Status", "metadata": {"resourceVersion": "7"}, "status": "Failure"});
        assert_eq!(serde_json::to_value(read(&versioned)).unwrap(), versioned);
    }

    #[test]
    fn a_bookmark_is_a_pod_with_a_version() {
        let bookmark = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "12746", "creationTimestamp": null},
            "spec": {"containers": null}, "status": {}});
        let pod = read(&bookmark).into_pod().unwrap();
        assert_eq!(pod.metadata.resource_version, "12746");
        assert_eq!((pod.spec, pod.status), (PodSpec::default(), PodStatus::default()));
        assert_eq!(read(&json!({"kind": "Pod", "status": null, "spec": null})).pod().unwrap().status, PodStatus::default());
    }

    #[test]
    fn what_is_neither_is_refused() {
        for object in [r#"{"status":3}"#, r#"{"status":[]}"#, r#"{"status":{"phase":"Lost"}}"#, r#""Failure""#, "{", "null"] {
            assert!(serde_json::from_str::<WatchObject>(object).is_err(), "{object}");
        }
    }
}
