//! Pods with which the catalogue's examples begin: each a watch event as Kubernetes writes it.

/// A Pod with one container, restart policy Always, as the API server answers its creation.
pub(in crate::check) const CREATED: &str = r#"{"type": "ADDED", "t": 0.1, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "5e1f", "resourceVersion": "900", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Pending", "qosClass": "BestEffort"}}}"#;

/// The same Pod on its node, before its container was started.
pub(in crate::check) const STARTING: &str = r#"{"type": "MODIFIED", "t": 1.2, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "5e1f", "resourceVersion": "902", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "nodeName": "n1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Pending", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"},
            {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z",
                "reason": "ContainersNotReady", "message": "containers with unready status: [web]"},
            {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z",
                "reason": "ContainersNotReady", "message": "containers with unready status: [web]"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [
            {"name": "web", "image": "nginx:1", "imageID": "", "ready": false, "started": false, "restartCount": 0, "lastState": {},
                "state": {"waiting": {"reason": "ContainerCreating"}}}]}}}"#;

/// The same Pod, running and ready.
pub(in crate::check) const RUNNING: &str = r#"{"type": "MODIFIED", "t": 3, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "5e1f", "resourceVersion": "904", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "nodeName": "n1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Running", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:02Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"},
            {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [
            {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}]}}}"#;

/// A Pod whose init container runs, so that it is not initialized.
pub(in crate::check) const INITIALIZING: &str = r#"{"type": "MODIFIED", "t": 3, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "1417", "resourceVersion": "903", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"initContainers": [{"name": "setup", "image": "busybox:1"}], "containers": [{"name": "web", "image": "nginx:1"}],
        "nodeName": "n1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Pending", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:02Z"},
            {"type": "Initialized", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z",
                "reason": "ContainersNotInitialized", "message": "containers with incomplete status: [setup]"},
            {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z",
                "reason": "ContainersNotReady", "message": "containers with unready status: [web]"},
            {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z",
                "reason": "ContainersNotReady", "message": "containers with unready status: [web]"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "initContainerStatuses": [
            {"name": "setup", "image": "busybox:1", "imageID": "busybox@sha256:2", "containerID": "containerd://c0", "ready": false, "started": true,
                "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}],
        "containerStatuses": [
            {"name": "web", "image": "nginx:1", "imageID": "", "ready": false, "started": false, "restartCount": 0, "lastState": {},
                "state": {"waiting": {"reason": "PodInitializing"}}}]}}}"#;

/// A Pod with restart policy Never whose container has exited with 0.
pub(in crate::check) const SUCCEEDED: &str = r#"{"type": "MODIFIED", "t": 9, "object": {
    "metadata": {"name": "job", "namespace": "default", "uid": "70b1", "resourceVersion": "906", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "job", "image": "busybox:1"}], "nodeName": "n1", "restartPolicy": "Never", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Succeeded", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:09Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z", "reason": "PodCompleted"},
            {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:08Z", "reason": "PodCompleted"},
            {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:08Z", "reason": "PodCompleted"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [
            {"name": "job", "image": "busybox:1", "imageID": "busybox@sha256:2", "containerID": "containerd://b0", "ready": false, "started": false, "restartCount": 0,
                "lastState": {}, "state": {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://b0",
                    "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:08Z"}}}]}}}"#;

/// The same Pod, deleted by a client a moment ago; the kubelet does not know yet.
pub(in crate::check) const DELETING: &str = r#"{"type": "MODIFIED", "t": 4, "object": {
    "metadata": {"name": "web", "namespace": "default", "uid": "5e1f", "resourceVersion": "905", "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z",
        "deletionTimestamp": "2026-01-01T00:00:34Z", "deletionGracePeriodSeconds": 30},
    "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "nodeName": "n1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    "status": {"phase": "Running", "qosClass": "BestEffort", "observedGeneration": 1, "startTime": "2026-01-01T00:00:01Z",
        "hostIP": "192.0.2.2", "hostIPs": [{"ip": "192.0.2.2"}], "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:02Z"},
            {"type": "Initialized", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z"},
            {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z"},
            {"type": "PodScheduled", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [
            {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a0", "ready": true, "started": true, "restartCount": 0,
                "lastState": {}, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}]}}}"#;
