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
    ///     r#"{"metadata": {"name": "web", "namespace": "default", "uid": "1", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    ///         "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
    ///         "status": {"qosClass": "BestEffort"}}"#,
    /// )?;
    /// let mut write = |type_, version: &str, t, phase| {
    ///     (pod.metadata.resource_version, pod.status.phase) = (version.into(), Some(phase));
    ///     WatchEvent { type_, t: Some(t), object: pod.clone().into() }
    /// };
    /// let stream = [
    ///     write(EventType::Added, "1", 0.1, PodPhase::Pending),
    ///     write(EventType::Modified, "2", 3.0, PodPhase::Succeeded),
    ///     write(EventType::Modified, "3", 4.0, PodPhase::Running),
    /// ];
    ///
    /// let findings = Checker::new().check(stream);
    /// assert!(findings.iter().any(|finding| finding.rule.id() == "PH-02" && finding.line == 3), "{findings:?}");
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
