//! `GN`: the generation of the spec, and which one the status speaks of.

use crate::api::EventType;
use crate::check::catalogue::bases::{CREATED, RUNNING};
use crate::check::report::Report;
use crate::check::rule::{Check, Limit, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Version, condition_path};
use crate::rules::conditions::KubeletCondition;
use crate::spec::{ContainerSpec, ProbeKind, Spec};
use crate::time::Span;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "GN-01",
        "metadata.generation begins at 1 and rises by one with each change of the spec and with the first deletion, else it stays",
        Check::Both(begins_at_one, rises_with_the_spec),
    )
    .source_is("API server podStrategy, rest.BeforeDelete; KEP-5067")
    .unless("the binding sets spec.nodeName without it")
    .with_every_version()
    .silent_on(CREATED, &[
        &["spec.nodeName = n1"],
        &["metadata.labels = {\"seen\": \"yes\"}"],
        &["metadata.generation = 2", "spec.containers[web].image = nginx:2"],
        &["metadata.generation = 3", "metadata.deletionTimestamp = 2026-01-01T00:00:34Z", "metadata.deletionGracePeriodSeconds = 30"],
        &["metadata.deletionTimestamp = 2026-01-01T00:00:05Z", "metadata.deletionGracePeriodSeconds = 0"],
    ])
    .fires_on(RUNNING, &[&["metadata.generation = 2"]]),
    Rule::must("GN-02", "status.observedGeneration ≤ metadata.generation", Check::Status(observes_what_is))
        .source_is("kubelet generateAPIPodStatus; KEP-5067")
        .silent_on(RUNNING, &[&["metadata.generation = 2", "spec.containers[web].image = nginx:2"], &["status.observedGeneration = 2"]])
        .fires_on(RUNNING, &[&["status.observedGeneration = 2"]]),
    Rule::must("GN-03", "status.observedGeneration never decreases", Check::Change(observes_on))
        .source_is("kubelet status manager; KEP-5067")
        .not(Shapes::FOREIGN)
        .silent_on(RUNNING, &[&["metadata.generation = 2", "spec.containers[web].image = nginx:2"], &["status.observedGeneration = 2"]])
        .fires_on(RUNNING, &[
            &["metadata.generation = 2", "spec.containers[web].image = nginx:2", "status.observedGeneration = 2"],
            &["status.observedGeneration = 1"],
        ]),
    Rule::must("GN-04", "observedGeneration of each condition ≤ metadata.generation", Check::Status(conditions_observe_what_is))
        .source_is("kubelet status.Generate…Condition; KEP-5067")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.conditions[Ready].observedGeneration = 2"]]),
    Rule::should(
        "GN-05",
        "the condition AllContainersRestarting has no observedGeneration; the status of a mirror Pod has none at all",
        Check::Status(observes_nothing),
    )
    .source_is("kubelet GenerateAllContainersRestartingCondition; KEP-5067")
    .unless("the garbage collector gives it to a mirror Pod, too, before the removal")
    .not(Shapes::COLLECTED)
    .silent_on(RUNNING, &[])
    .fires_on(RUNNING, &[&[
        "status.conditions[AllContainersRestarting] = {\"type\": \"AllContainersRestarting\", \"status\": \"False\", \"observedGeneration\": 1, \"lastTransitionTime\": \"2026-01-01T00:00:04Z\"}",
    ]]),
    Rule::should(
        "GN-06",
        "a new generation of a Pod that a kubelet has taken and that has not ended is observed within 15 s",
        Check::Duration(is_behind, stays_behind),
    )
    .source_is("kubelet SyncPod; KEP-5067")
    .unless("the kubelet is down; the worker is busy: it mounts volumes, pulls an image, waits for a postStart hook, or stops a container, \
        which may take the grace period")
    .only(Scope::Started)
    .not(Shapes::MIRROR.and(Shapes::NODE_LOST).and(Shapes::ANY_REJECTED).and(Shapes::COLLECTED))
    .with_spec()
    .silent_on(RUNNING, &[
        &["metadata.generation = 2", "spec.containers[web].image = nginx:2"],
        &["t = 10", "status.observedGeneration = 2"],
        &["t = 60", "metadata.labels = {\"seen\": \"yes\"}"],
    ])
    .fires_on(RUNNING, &[
        &["metadata.generation = 2", "spec.containers[web].image = nginx:2"],
        &["t = 60", "status.observedGeneration = 2"],
    ]),
    Rule::should("GN-07", "every base condition has an observedGeneration ≥ status.observedGeneration", Check::Status(conditions_keep_up))
        .source_is("kubelet generateAPIPodStatus; KEP-5067")
        .unless("the garbage collector raises only that of the status")
        .only(Scope::Full)
        .not(Shapes::MIRROR.and(Shapes::COLLECTED))
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[
            &["metadata.generation = 2", "spec.containers[web].image = nginx:2"],
            &["status.observedGeneration = 2", "status.conditions[Ready].observedGeneration = 2"],
        ]),
];

fn begins_at_one(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let is_new = version.event == Some(EventType::Added)
        && version.is_first()
        && !version.is_in(Scope::Started)
        && version.own_spec().is_some_and(|spec| spec.api().node_name.is_empty());
    let generation = version.meta().generation;
    if is_new && generation < 1 {
        report.add("metadata.generation", generation, "the API server gives each new Pod the generation 1");
    }
}

fn rises_with_the_spec(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old.meta(), change.new.meta());
    let is_deleted = old.deletion_timestamp.is_none() && new.deletion_timestamp.is_some();
    let keeps_spec = change.keeps_spec();
    let is_changed = keeps_spec == Some(false);
    let rise = new.generation.saturating_sub(old.generation);
    let message = match (is_deleted || is_changed, rise) {
        (true, 1) | (false, 0) => return,
        // Without a spec it cannot be seen whether it has changed.
        (false, 1) if keeps_spec.is_none() => return,
        (_, ..=-1) => "it never decreases",
        (true, _) if is_changed => "the spec has changed once, and it must rise by one",
        (true, _) => "the Pod is deleted for the first time, and it must rise by one",
        (false, _) => "neither has the spec changed nor is the Pod deleted for the first time, and it must stay",
    };
    report.change("metadata.generation", old.generation, new.generation, message);
}

fn observes_what_is(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let (seen, is) = (version.status().observed_generation, version.meta().generation);
    if seen > is {
        report.add("status.observedGeneration", seen, format_args!("the kubelet cannot have seen it: the generation is {is}"));
    }
}

fn observes_on(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (before, after) = (change.old.status().observed_generation, change.new.status().observed_generation);
    if before > after {
        report.change("status.observedGeneration", before, after, "what the kubelet has seen of the spec it does not forget");
    }
}

fn conditions_observe_what_is(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let is = version.meta().generation;
    for condition in version.status().conditions.iter().filter(|condition| condition.observed_generation > is) {
        let path = condition_path(condition.type_.as_str(), "observedGeneration");
        report.add(path, condition.observed_generation, format_args!("its writer cannot have seen it: the generation is {is}"));
    }
}

/// The conditions that every Pod has.
const BASE: [KubeletCondition; 5] = [
    KubeletCondition::PodReadyToStartContainers,
    KubeletCondition::Initialized,
    KubeletCondition::Ready,
    KubeletCondition::ContainersReady,
    KubeletCondition::PodScheduled,
];

fn observes_nothing(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let is_mirror = version.is(Shapes::MIRROR);
    let observed = version.status().observed_generation;
    if is_mirror && observed != 0 {
        report.add("status.observedGeneration", observed, "a static Pod has no generation that its kubelet could observe");
    }
    for kubelets in KubeletCondition::ALL.into_iter().filter(|condition| is_mirror || condition.generation(1) == 0) {
        if let Some(condition) = version.condition(kubelets)
            && condition.observed_generation != 0
        {
            let path = condition_path(kubelets.as_str(), "observedGeneration");
            report.add(path, condition.observed_generation, "the kubelet writes this condition without it");
        }
    }
}

fn is_behind(version: &Version<'_>) -> Option<Limit> {
    let (seen, is) = (version.status().observed_generation, version.meta().generation);
    if seen == 0 || seen >= is || version.is_terminal() || may_be_busy(version) {
        return None;
    }
    let spec = version.spec()?;
    let stopping = if may_be_stopping(version, spec) { spec.termination_grace_period_seconds().unwrap_or_default() } else { 0 };
    Some(Limit { within: Span::from_secs(15) + Span::from_secs(stopping), of: is })
}

/// Whether some container is not up yet: its volumes, its image or its hook may keep the worker busy for any time.
fn may_be_busy(version: &Version<'_>) -> bool {
    version.containers().any(|container| container.waiting().is_some())
}

/// Whether the worker may be stopping a container, which no status shows: one that fails a probe, or one that the change before called for.
fn may_be_stopping(version: &Version<'_>, spec: &Spec) -> bool {
    let is_probed =
        |container: &ContainerSpec| [ProbeKind::Liveness, ProbeKind::Startup].iter().any(|kind| container.probe(*kind).is_some());
    version.status().observed_generation > 1 || spec.containers().iter().any(is_probed)
}

fn stays_behind(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let (seen, is) = (version.status().observed_generation, version.meta().generation);
    report.add("status.observedGeneration", seen, format_args!("the generation is {is}, and the kubelet looks at a change at once"));
}

fn conditions_keep_up(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let seen = version.status().observed_generation;
    for kubelets in BASE {
        if let Some(condition) = version.condition(kubelets)
            && condition.observed_generation < seen
        {
            let path = condition_path(kubelets.as_str(), "observedGeneration");
            let of_status = format_args!("the kubelet writes it anew with the status, which has observed generation {seen}");
            report.add(path, condition.observed_generation, of_status);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Checker, Finding};
    use alloc::vec::Vec;
    use serde_json::{Value, json};

    /// Where GN-01 is broken by a gated Pod that goes through these generations, its affinity preferring these zones.
    fn broken(versions: &[(i64, &str)]) -> Vec<u64> {
        let (mut checker, mut found) = (Checker::new(), Vec::<Finding>::new());
        for (n, (generation, zone)) in versions.iter().enumerate() {
            let event = json!({"type": if n == 0 { "ADDED" } else { "MODIFIED" }, "object": pod(*generation, zone)});
            checker.event(serde_json::from_value(event).unwrap(), n as u64 + 1, &mut |finding| found.push(finding));
        }
        found.iter().filter(|finding| finding.rule.id() == "GN-01").map(|finding| finding.line).collect()
    }

    fn pod(generation: i64, zone: &str) -> Value {
        let term = json!({"weight": 1, "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]}});
        json!({
            "metadata": {"name": "a", "namespace": "default", "uid": "1", "generation": generation},
            "spec": {"containers": [{"name": "web", "image": "nginx:1"}], "schedulingGates": [{"name": "example.com/wait"}],
                "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}},
            "status": {"phase": "Pending", "qosClass": "BestEffort"},
        })
    }

    #[test]
    fn preferences_of_a_gated_pod_are_a_change_of_its_spec() {
        assert!(broken(&[(1, "a"), (2, "b"), (2, "b"), (3, "a")]).is_empty());
        assert_eq!(broken(&[(1, "a"), (1, "b"), (2, "b")]), [2, 3]);
    }

    /// An API server without KEP-5067 gave none, and what it stored may be listed.
    #[test]
    fn a_pod_that_is_found_may_have_no_generation() {
        let (mut checker, mut found) = (Checker::new(), Vec::<Finding>::new());
        checker.object(serde_json::from_value(pod(0, "a")).unwrap(), 1, &mut |finding| found.push(finding));
        assert!(!found.iter().any(|finding| finding.rule.id() == "GN-01"), "{found:?}");
    }

    #[test]
    fn a_generation_begins_at_one_and_rises_by_one() {
        assert_eq!(broken(&[(0, "a")]), [1]);
        // The watch may have begun later.
        assert!(broken(&[(5, "a")]).is_empty());
        assert_eq!(broken(&[(1, "a"), (3, "b"), (2, "b")]), [2, 3]);
    }
}
