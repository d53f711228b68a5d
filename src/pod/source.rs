//! Where a Pod comes from, and what the kubelet therefore knows of its life before.
//!
//! A Pod of the API server comes with its status. A static Pod comes from a manifest of the kubelet's own, which has none: what the
//! API server shows is the mirror's. There the kubelet writes, and it takes the start time and the transition times from there, and drops
//! an update that would bring a container back; but it builds on its own statuses only, and a new kubelet has none.

use super::Pod;
use crate::api::PodPhase;

impl Pod {
    /// Whether the Pod's source tells the kubelet what the API server shows.
    pub(crate) const fn source_knows(&self) -> bool {
        !self.object.is_static
    }

    /// The phase that the API server shows, as far as the kubelet knows.
    pub(crate) const fn source_phase(&self) -> Option<PodPhase> {
        if self.source_knows() { self.published.phase } else { None }
    }

    /// Whether there is a last status to build on: this kubelet's own, or that of the Pod's source.
    pub(crate) const fn has_last(&self) -> bool {
        self.source_knows() || self.published.built
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ObjectMeta, PodStatus};
    use crate::pod::{Event, KubeletCondition, NewPod, NodeConfig, Stage};
    use crate::spec::Spec;
    use crate::time::Time;
    use alloc::sync::Arc;

    /// A Pod that had ended, as a new kubelet finds it.
    fn found(annotations: &str) -> Pod {
        let meta = alloc::format!(r#"{{"name": "p", "annotations": {annotations}}}"#);
        let meta: ObjectMeta = serde_json::from_str(&meta).unwrap();
        let spec = r#"{"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}"#;
        let spec = Arc::new(Spec::parse(serde_json::from_str(spec).unwrap()).unwrap());
        let status = r#"{"phase": "Failed", "reason": "Preempting", "startTime": "2026-01-01T00:00:00Z",
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "containerStatuses": [{"name": "c", "restartCount": 3, "state": {"terminated": {"exitCode": 137}}, "containerID": "x://1"}]}"#;
        let status: PodStatus = serde_json::from_str(status).unwrap();
        let mut pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: Some(&status) }, &Arc::new(NodeConfig::default()), &mut ());
        pod.handle(Time::from_secs(1_767_312_000), Event::Admitted, &mut ()).unwrap();
        pod
    }

    #[test]
    fn a_static_pod_begins_anew_with_each_kubelet() {
        let pod = found(r#"{"kubernetes.io/config.source": "file"}"#);
        let status = pod.status().to_owned();
        assert_eq!((pod.stage(), status.phase, status.reason.as_str()), (Stage::Syncing, Some(PodPhase::Pending), ""));
        assert_eq!(status.container_statuses[0].restart_count, 0);
        assert_eq!(status.start_time, Some(Time::from_secs(1_767_225_600)), "the mirror keeps it");
        assert_eq!(status.conditions.iter().find(|c| c.type_.as_str() == "PodScheduled").unwrap().last_transition_time, status.start_time);
        assert_eq!((status.observed_generation, pod.condition(KubeletCondition::PodScheduled).is_some()), (0, true));
    }

    #[test]
    fn a_pod_of_the_api_server_stays_ended() {
        assert_eq!(found("{}").stage(), Stage::Terminated);
    }
}
