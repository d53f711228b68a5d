//! The kubelet's own answers break no rule of the checker.
//!
//! The checker and the machine share their decisions, so that they could be wrong together. Here the rules about single statuses are held against
//! what the kubelet's code answered when it was asked for the vector suites `pod_status` and `status_trace`: a MUST rule that such an answer
//! breaks is a wrong rule.
//!
//! The suites are taken from POD_LIFECYCLE_CONFORMANCE; without it, from the selection in this repository.

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]

use pod_lifecycle::api::{self, PodPhase, PodStatus};
use pod_lifecycle::check::{Checker, Finding, Options, Severity};
use pod_lifecycle::observation::{Observation, ObservedContainer, ObservedPod, ObservedState};
use pod_lifecycle::rules::pod_status::KubeletPod;
use pod_lifecycle::rules::status_cache::StatusCache;
use pod_lifecycle::rules::view::ApiStatuses;
use pod_lifecycle::rules::{qos, restart};
use pod_lifecycle::spec::validate;
use pod_lifecycle::{ContainerKind, Gates, Spec, Time};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A line of a vector file.
struct Case {
    id: String,
    gates: Gates,
    pod: api::Pod,
    line: Value,
}

impl Case {
    /// Reads the lines of a suite whose specs the API server would take.
    fn read(suite: &str) -> Vec<Self> {
        let selection = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
        let data = std::env::var_os("POD_LIFECYCLE_CONFORMANCE").map_or_else(selection, PathBuf::from);
        let text = std::fs::read_to_string(data.join(format!("vectors/{suite}.jsonl"))).expect("the vectors");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).map(Self::of).filter(Self::is_valid).collect()
    }

    fn of(line: Value) -> Self {
        let mut gates = Gates::default();
        for (name, on) in line["gates"].as_object().into_iter().flatten() {
            gates.set(name, on.as_bool().expect("true or false")).expect("a gate");
        }
        let mut pod: api::Pod = serde_json::from_value(line["input"]["pod"].clone()).expect("a Pod");
        // What others had written before the kubelet was asked.
        pod.metadata.creation_timestamp.get_or_insert(CREATION);
        // The API server stores no deletion without its grace period; the kubelet does not ask for it here.
        if pod.metadata.deletion_timestamp.is_some() {
            pod.metadata.deletion_grace_period_seconds.get_or_insert(30);
        }
        pod.spec.node_name = "node".into();
        let mut case = Self { id: line["id"].as_str().expect("an id").into(), gates, pod, line };
        case.pod.status = case.complete(case.pod.status.clone());
        case
    }

    /// A status with what the vectors leave out: what the API server writes at the creation, and when conditions changed.
    fn complete(&self, mut status: PodStatus) -> PodStatus {
        status.phase.get_or_insert(PodPhase::Pending);
        status.qos_class.get_or_insert_with(|| qos::qos_class(&self.pod.spec, &self.gates));
        let since = status.start_time.or(self.pod.metadata.creation_timestamp);
        status.conditions.iter_mut().for_each(|condition| condition.last_transition_time = condition.last_transition_time.or(since));
        status
    }

    fn is_valid(&self) -> bool {
        let mut spec = self.pod.spec.clone();
        pod_lifecycle::spec::apply_defaults(&mut spec);
        validate(&spec, &self.gates).is_ok()
    }

    /// The rules that a version with this status breaks by itself.
    fn broken(&self, status: &PodStatus) -> Vec<Finding> {
        let mut checker = Checker::with({
            let mut options = Options::default();
            (options.gates, options.min_severity) = (self.gates, Some(Severity::Must));
            options
        });
        let (pod, mut found) = (api::Pod { status: status.clone(), ..self.pod.clone() }, Vec::new());
        checker.object(pod, 1, &mut |finding| found.push(finding));
        checker.finish(&mut |finding| found.push(finding));
        found
    }

    /// Somebody deletes the Pod, if nobody has: for this reason its containers are stopped for good.
    fn delete(&mut self, now: Time) {
        self.pod.metadata.deletion_timestamp.get_or_insert(now);
        self.pod.metadata.deletion_grace_period_seconds.get_or_insert(30);
    }

    /// What the API server is told by a kubelet that has built this status, as its first one, if its containers `could_run` still or not.
    fn told(&self, now: Time, built: &PodStatus, could_run: bool) -> Option<PodStatus> {
        let spec = Spec::as_given(self.pod.spec.clone());
        let pod = KubeletPod { meta: &self.pod.metadata, spec: &spec, status: &self.pod.status, mirror: None };
        let mut cache = StatusCache::default();
        let _ = cache.set(now, pod, built.clone(), &self.gates);
        let mut told = cache.merge(now, pod, &self.pod.status, could_run, &self.gates)?;
        // The runtimes of the vectors have run containers before the first status of the Pod.
        told.start_time = told.start_time.min(self.pod.metadata.creation_timestamp);
        Some(told)
    }
}

/// When the Pods are created: before all times of the vectors.
const CREATION: Time = Time::from_secs(1_767_225_600 - 60);

fn time(value: &Value) -> Time {
    serde_json::from_value(value.clone()).expect("a time")
}

fn status(value: &Value) -> Option<PodStatus> {
    (!value.is_null()).then(|| serde_json::from_value(value.clone()).expect("a status"))
}

fn has_ended(status: &PodStatus) -> bool {
    status.phase.is_some_and(PodPhase::is_terminal)
}

fn runs(status: &PodStatus) -> bool {
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().any(|container| container.state.running.is_some())
}

/// Whether the Pod has ended, and yet the runtime has instances that live, or all are to restart.
fn lives_on(case: &Case, old: &PodStatus, seen: &Observation) -> bool {
    let spec = Spec::as_given(case.pod.spec.clone());
    let restarts = || restart::should_restart_all(&spec, false, &ObservedPod::new(&spec, seen), &ApiStatuses::new(&spec, old), &case.gates);
    has_ended(old) && (seen.containers.iter().any(|container| container.state != ObservedState::Exited) || restarts())
}

/// Whether a kubelet can have come to this: the vectors' runtimes and caches are random.
///
/// Instances are created and not started, or unknown, only where the kubelet or the runtime has failed at that very moment, which no recording
/// shows; the one before a restarted instance is kept; regular containers begin when all init containers have completed; a back-off is
/// that of something that has ended.
fn is_possible(case: &Case, seen: &Observation, failures: &Value) -> bool {
    let spec = Spec::as_given(case.pod.spec.clone());
    let seen = ObservedPod::new(&spec, seen);
    let has_begun = spec.regular_by_name().iter().any(|&regular| seen.containers(regular).next().is_some());
    spec.indexes().all(|index| {
        let container = spec.container(index);
        let mut instances = seen.containers(index);
        let (newest, before) = (instances.next(), instances.next());
        let has_run = |instance: &ObservedContainer| matches!(instance.state, ObservedState::Running | ObservedState::Exited);
        let is_done = newest.is_some_and(|newest| newest.state == ObservedState::Exited && newest.exit_code == 0);
        let is_next = |newest: &ObservedContainer| before.map_or(-1, |before| before.restart_count) + 1 == newest.restart_count;
        let backs_off = failures[container.name()] == "CrashLoopBackOff";
        newest.is_none_or(|newest| has_run(newest) && is_next(newest))
            && (!has_begun || container.kind() != ContainerKind::Init || is_done)
            && (!backs_off || newest.is_some_and(|newest| newest.state == ObservedState::Exited && newest.exit_code != 0))
    })
}

/// Counts answers and what is wrong with them.
#[derive(Default)]
struct Count {
    answers: usize,
    wrong: BTreeMap<&'static str, usize>,
    /// Questions that were illegal themselves, by what they broke.
    skipped: BTreeMap<&'static str, usize>,
}

impl Count {
    fn add(&mut self, case: &Case, told: &PodStatus) {
        self.answers += 1;
        for finding in case.broken(told) {
            let count = self.wrong.entry(finding.rule.id()).or_default();
            *count += 1;
            if *count <= 3 {
                println!("{} {finding}", case.id);
            }
        }
    }

    fn skip(&mut self, broken: impl Iterator<Item = Finding>) {
        broken.for_each(|finding| *self.skipped.entry(finding.rule.id()).or_default() += 1);
    }

    fn verdict(self, least: usize, cases: &[Case]) {
        println!("{} cases, {} answers: {:?}; illegal questions: {:?}", cases.len(), self.answers, self.wrong, self.skipped);
        assert!(self.wrong.is_empty(), "{:?}", self.wrong);
        assert!(self.answers >= least, "too few answers to legal questions: {}", self.answers);
    }
}

/// Random questions show what no kubelet has been asked. Here it must be that the statuses of before are legal, and that
/// nothing lives on in a Pod that has ended.
#[test]
fn statuses_that_the_kubelet_builds_are_legal() {
    let (mut cases, mut count) = (Case::read("pod_status"), Count::default());
    for case in &mut cases {
        let (input, now) = (case.line["input"].clone(), time(&case.line["input"]["now"]));
        let old = [Some(case.pod.status.clone()), status(&input["oldStatus"]).map(|old| case.complete(old))];
        let seen: Observation = serde_json::from_value(input["runtimeStatus"].clone()).expect("an observation");
        if old.iter().flatten().any(|old| !case.broken(old).is_empty() || lives_on(case, old, &seen))
            || !is_possible(case, &seen, &input["reasonCache"])
        {
            count.skip(old.iter().flatten().flat_map(|old| case.broken(old)));
            continue;
        }
        if input["podIsTerminal"] == true {
            case.delete(now);
        }
        let built = status(&case.line["expect"]["status"]).expect("a status");
        for could_run in [true, false] {
            if (could_run || !runs(&built))
                && let Some(told) = case.told(now, &built, could_run)
            {
                count.add(case, &told);
            }
        }
    }
    count.verdict(40, &cases);
}

/// Random histories go on where none does: here they are over when the phase is terminal.
#[test]
fn statuses_that_the_kubelet_keeps_are_legal() {
    let (mut cases, mut count) = (Case::read("status_trace"), Count::default());
    for case in &mut cases {
        let (input, expect) = (case.line["input"].clone(), case.line["expect"].clone());
        for (step, answer) in input["steps"].as_array().into_iter().flatten().zip(expect.as_array().into_iter().flatten()) {
            let (now, ends) = (time(&step["at"]), step["op"] == "terminatePod");
            let seen: Observation = serde_json::from_value(step["runtimeStatus"].clone()).unwrap_or_default();
            if !is_possible(case, &seen, &step["reasonCache"]) {
                break;
            }
            if step["deleted"] == true || step["podIsTerminal"] == true || ends {
                case.delete(now);
            }
            // Before it is told that a Pod has ended, a status is built that shows how its containers have.
            if ends && runs(&case.pod.status) {
                break;
            }
            let Some(kept) = status(&answer["status"]) else { continue };
            if let Some(told) = case.told(now, &kept, !ends) {
                count.add(case, &told);
                case.pod.status = told;
            }
            if has_ended(&kept) {
                break;
            }
        }
    }
    count.verdict(40, &cases);
}
