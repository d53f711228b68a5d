//! A whole stream at once.

use super::checker::Checker;
use super::finding::Finding;
use crate::api::WatchEvent;
use alloc::vec::Vec;

impl Checker {
    /// All that the rules say of a stream that is there as a whole, as in a test: [`event`](Self::event) for each, then [`finish`](Self::finish).
    /// The `line` of a finding is the place of its event, counted from 1.
    ///
    /// ```
    /// use pod_lifecycle::api::{EventType, Pod, PodPhase, WatchEvent};
    /// use pod_lifecycle::check::Checker;
    ///
    /// // What a simulator holds: versions of a Pod, and when each was written, in seconds since its start.
    /// let mut pod: Pod = serde_json::from_str(
    ///     r#"{"metadata": {"name": "web", "namespace": "default", "uid": "1", "resourceVersion": "1", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    ///         "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
    ///         "status": {"phase": "Pending", "qosClass": "BestEffort"}}"#,
    /// )?;
    /// let created = WatchEvent { type_: EventType::Added, t: Some(0.1), object: pod.clone().into() };
    /// pod.metadata.resource_version = "2".into();
    /// pod.status.phase = Some(PodPhase::Succeeded);
    /// let ended = WatchEvent { type_: EventType::Modified, t: Some(3.0), object: pod.into() };
    ///
    /// let findings = Checker::new().check([created, ended]);
    /// assert!(findings.iter().all(|finding| finding.line == 2));
    /// assert!(findings.iter().any(|finding| finding.rule.id() == "PH-04"), "{findings:?}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&mut self, events: impl IntoIterator<Item = WatchEvent>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (event, line) in events.into_iter().zip(1..) {
            self.event(event, line, &mut |finding| findings.push(finding));
        }
        self.finish(&mut |finding| findings.push(finding));
        findings
    }
}
