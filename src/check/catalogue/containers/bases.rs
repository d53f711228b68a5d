//! Pods with which the examples of the container rules begin.

/// A Pod whose plain init container has completed, with a sidecar and two regular containers that are ready; `web` has a startup probe.
pub(in crate::check) const SERVING: &str = r#"{"type": "MODIFIED", "t": 8, "object": {
    "metadata": {"name": "app", "namespace": "default", "uid": "a991", "resourceVersion": "908", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {
        "initContainers": [{"name": "setup", "image": "busybox:1"}, {"name": "proxy", "image": "envoy:1", "restartPolicy": "Always"}],
        "containers": [{"name": "web", "image": "nginx:1", "startupProbe": {"exec": {"command": ["up"]}, "periodSeconds": 1}}, {"name": "db", "image": "redis:1"}],
        "nodeName": "n1", "restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Running", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:02Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:05Z"},
            {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:08Z"},
            {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:08Z"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "initContainerStatuses": [
            {"name": "setup", "image": "busybox:1", "imageID": "busybox@sha256:2", "containerID": "containerd://s0", "ready": true, "started": false, "restartCount": 0,
                "lastState": {}, "state": {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://s0",
                    "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:03Z"}}},
            {"name": "proxy", "image": "envoy:1", "imageID": "envoy@sha256:3", "containerID": "containerd://p0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:04Z"}}}],
        "containerStatuses": [
            {"name": "db", "image": "redis:1", "imageID": "redis@sha256:4", "containerID": "containerd://d0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:06Z"}}},
            {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://w0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:06Z"}}}]}}}"#;
