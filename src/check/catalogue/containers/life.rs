//! The life of the container of [`RUNNING`](crate::check::catalogue::bases::RUNNING), for examples: it exits, runs again, exits again, waits, and runs again.

use crate::check::example::Step;

pub(in crate::check) const READY: &str = r#"status.conditions[Ready] = {"type": "Ready", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:05Z"}"#;
pub(in crate::check) const ALL_READY: &str = r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "True", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:05Z"}"#;
pub(in crate::check) const UNREADY: &str = r#"status.conditions[Ready] = {"type": "Ready", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#;
pub(in crate::check) const ALL_UNREADY: &str = r#"status.conditions[ContainersReady] = {"type": "ContainersReady", "status": "False", "observedGeneration": 1, "lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:04Z", "reason": "ContainersNotReady", "message": "containers with unready status: [web]"}"#;

/// The container of RUNNING has exited.
pub(in crate::check) const ENDED: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a0", "ready": false, "started": false, "restartCount": 0, "lastState": {}, "state": {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}}"#;

/// It runs again, at once.
pub(in crate::check) const RESTARTED: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a1", "ready": true, "started": true, "restartCount": 1, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}}"#;

/// The second instance has exited.
pub(in crate::check) const ENDED_AGAIN: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a1", "ready": false, "started": false, "restartCount": 1, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://a0", "startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:04Z"}}, "state": {"terminated": {"exitCode": 2, "reason": "Error", "containerID": "containerd://a1", "startedAt": "2026-01-01T00:00:05Z", "finishedAt": "2026-01-01T00:00:06Z"}}}"#;

/// The third has to wait.
pub(in crate::check) const BACKED_OFF: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a1", "ready": false, "started": false, "restartCount": 1, "lastState": {"terminated": {"exitCode": 2, "reason": "Error", "containerID": "containerd://a1", "startedAt": "2026-01-01T00:00:05Z", "finishedAt": "2026-01-01T00:00:06Z"}}, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}"#;

/// It runs, ten seconds after the exit of the second.
pub(in crate::check) const RESTARTED_LATE: &str = r#"status.containerStatuses[web] = {"name": "web", "image": "nginx:1", "imageID": "nginx@sha256:1", "containerID": "containerd://a2", "ready": true, "started": true, "restartCount": 2, "lastState": {"terminated": {"exitCode": 2, "reason": "Error", "containerID": "containerd://a1", "startedAt": "2026-01-01T00:00:05Z", "finishedAt": "2026-01-01T00:00:06Z"}}, "state": {"running": {"startedAt": "2026-01-01T00:00:16Z"}}}"#;

pub(in crate::check) const ENDS: Step = &[UNREADY, ALL_UNREADY, ENDED];
pub(in crate::check) const RESTARTS: Step = &[READY, ALL_READY, RESTARTED];
pub(in crate::check) const ENDS_AGAIN: Step = &[UNREADY, ALL_UNREADY, ENDED_AGAIN];
pub(in crate::check) const BACKS_OFF: Step = &["t = 16", BACKED_OFF];
pub(in crate::check) const RESTARTS_LATE: Step = &[READY, ALL_READY, RESTARTED_LATE];
