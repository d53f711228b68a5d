//! Watch events, as `kubectl get pod -w -o json --output-watch-events` prints them.

use super::pod::Pod;
use super::vocabulary::words;
use alloc::borrow::Cow;
use serde::{Deserialize, Deserializer, Serialize, de};

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
    /// The Pod: after ADDED and MODIFIED as it is, after DELETED as it was last.
    pub object: Pod,
}
