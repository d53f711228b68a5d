//! What the kubelet's last act makes of the containers without a verdict (kubelet `TerminatePod`).

use super::view::{StatusEntry, StatusState, Statuses};
use crate::api::PodPhase;
use crate::spec::{ContainerIndex, Spec};

/// The containers whose state the last status replaces by a termination that nobody has seen (ContainerStatusUnknown,
/// 137; kubelet `TerminatePod`).
///
/// Of regular containers all that are not terminated, if the Pod had got beyond its init containers (`initialized`: [`is_initialized`] of
/// the status that came with the object); of init containers those up to the last that ever left waiting, the first in any case. What
/// was never reached keeps waiting.
pub fn without_verdict<'a>(spec: &'a Spec, statuses: &'a impl Statuses, initialized: bool) -> impl Iterator<Item = ContainerIndex> + 'a {
    let regular = spec.regular().take(if initialized { usize::MAX } else { 0 });
    let reached = spec.init().rev().find(|&c| statuses.entry(c).is_some_and(has_left_waiting)).map_or(1, |last| last.get() + 1);
    spec.init().take(reached).chain(regular).filter(|&c| {
        let entry = statuses.entry(c);
        entry.is_some_and(|entry| !matches!(entry.state, StatusState::Terminated(_)))
    })
}

/// The phase of the last status of all: Failed unless it is terminal already (kubelet `TerminatePod`). That of a static Pod stays as it is.
pub fn last_phase(phase: Option<PodPhase>, is_static: bool) -> Option<PodPhase> {
    if is_static || phase.is_some_and(PodPhase::is_terminal) { phase } else { Some(PodPhase::Failed) }
}

/// Whether the Pod has got beyond its init containers (kubelet `hasPodInitialized`): it has none, some regular container has left
/// waiting, or the last init container that has a status is done: a plain one completed, a sidecar started.
pub fn is_initialized(spec: &Spec, statuses: &impl Statuses) -> bool {
    if !spec.has_init() || spec.regular().any(|c| statuses.entry(c).is_some_and(has_left_waiting)) {
        return true;
    }
    let Some((last, entry)) = spec.init().rev().find_map(|c| Some((c, statuses.entry(c)?))) else {
        return false;
    };
    if spec.container(last).is_sidecar() {
        entry.state == StatusState::Running && entry.started == Some(true)
    } else {
        let completed = |state| matches!(state, StatusState::Terminated(exit) if exit.code == 0);
        completed(entry.state) || entry.last.is_some_and(|exit| exit.code == 0)
    }
}

/// Whether a container has ever been something else than waiting; one without any state counts.
fn has_left_waiting(entry: StatusEntry) -> bool {
    entry.last.is_some() || !matches!(entry.state, StatusState::Waiting(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PodStatus;
    use crate::rules::view::ApiStatuses;
    use alloc::vec::Vec;
    use serde_json::{Value, json};

    /// Whether a Pod with the init containers `i` and `s`, a sidecar, and the regular ones `a` and `b` is initialized, by these states of the
    /// four, and who of them is without a verdict.
    fn judged([i, s, a, b]: [Value; 4]) -> (bool, Vec<&'static str>) {
        let spec = json!({"initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}], "containers": [{"name": "a"}, {"name": "b"}]});
        let spec = Spec::as_given(serde_json::from_value(spec).unwrap());
        let named = |name: &str, mut status: Value| {
            status["name"] = name.into();
            status
        };
        let lists = json!({"initContainerStatuses": [named("i", i), named("s", s)], "containerStatuses": [named("a", a), named("b", b)]});
        let status: PodStatus = serde_json::from_value(lists).unwrap();
        let statuses = ApiStatuses::new(&spec, &status);
        let initialized = is_initialized(&spec, &statuses);
        let names = ["i", "s", "a", "b"];
        let without = without_verdict(&spec, &statuses, initialized).map(|container| spec.container(container).name());
        (initialized, without.map(|name| *names.iter().find(|known| **known == name).unwrap()).collect())
    }

    #[test]
    fn what_was_reached_without_an_end_that_was_seen_is_given_one() {
        let waits = || json!({"state": {"waiting": {"reason": "PodInitializing"}}});
        let runs = || json!({"state": {"running": {}}});
        let started = || json!({"state": {"running": {}}, "started": true});
        let ended = |code: i32| json!({"state": {"terminated": {"exitCode": code}}});
        let waits_behind = |code: i32| json!({"state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": code}}});
        for (states, initialized, without) in [
            ([waits(), waits(), waits(), waits()], false, &["i"][..]),
            ([runs(), waits(), waits(), waits()], false, &["i"]),
            ([ended(0), waits(), waits(), waits()], false, &[]),
            ([ended(0), runs(), waits(), waits()], false, &["s"]),
            ([ended(0), started(), waits(), waits()], true, &["s", "a", "b"]),
            ([ended(0), started(), runs(), ended(1)], true, &["s", "a"]),
            ([ended(0), waits_behind(1), waits(), waits()], false, &["s"]),
            ([ended(1), waits(), waits(), ended(0)], true, &["a"]),
            ([waits(), waits(), waits_behind(1), waits()], true, &["i", "a", "b"]),
            ([waits(), waits(), json!({}), waits()], true, &["i", "a", "b"]),
        ] {
            assert_eq!(judged(states.clone()), (initialized, without.to_vec()), "{states:?}");
        }
    }

    #[test]
    fn a_pod_without_init_containers_is_initialized_and_one_whose_last_has_completed() {
        let of = |spec: &str, status: &str| {
            let spec = Spec::as_given(serde_json::from_str(spec).unwrap());
            is_initialized(&spec, &ApiStatuses::new(&spec, &serde_json::from_str(status).unwrap()))
        };
        let init = r#"{"initContainers": [{"name": "i"}], "containers": [{"name": "a"}]}"#;
        let with = |state: &str| of(init, &alloc::format!(r#"{{"initContainerStatuses": [{{"name": "i", {state}}}]}}"#));
        assert!(of(r#"{"containers": [{"name": "a"}]}"#, "{}") && !of(init, "{}"));
        assert!(with(r#""state": {"terminated": {"exitCode": 0}}"#) && !with(r#""state": {"terminated": {"exitCode": 1}}"#));
        assert!(with(r#""lastState": {"terminated": {"exitCode": 0}}"#) && !with(r#""lastState": {"terminated": {"exitCode": 1}}"#));
        assert!(!with(r#""state": {"running": {}}, "started": true"#), "it is no sidecar");
    }

    #[test]
    fn a_pod_that_has_no_end_has_failed_unless_it_is_static() {
        use PodPhase::{Failed, Pending, Running, Succeeded};
        let of = |is_static| [None, Some(Pending), Some(Running), Some(Failed), Some(Succeeded)].map(|phase| last_phase(phase, is_static));
        assert_eq!(of(false), [Some(Failed), Some(Failed), Some(Failed), Some(Failed), Some(Succeeded)]);
        assert_eq!(of(true), [None, Some(Pending), Some(Running), Some(Failed), Some(Succeeded)]);
    }
}
