//! The rules, each with the cases of its suite, decoded: what is measured and what it is held against.

use pod_lifecycle::conformance::vectors::{
    ActionsCase, Case, ConditionsCase, ContainerStatusCase, PhaseCase, PodStatusCase, ProbeCase, ReadError,
};
use pod_lifecycle::rules::actions::ContainerAction;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// The kubelet's own nanoseconds a case, on the same cases: the low end of five to seven runs (v1.36, Go 1.26, GOMAXPROCS=1, the same kind of
/// processor in another run).
pub(crate) const KUBELET: [(&str, f64); 8] = [
    ("phase", 316.0),
    ("four conditions", 1044.0),
    ("container statuses, view", 8152.0),
    ("container statuses, owned", 8152.0),
    ("pod status, view", 21102.0),
    ("pod status, owned", 21102.0),
    ("actions", 8665.0),
    ("probe tick", 1288.0),
];

/// Workers of the probe ticks.
const WORKERS: usize = 256;

/// One rule, and the cases it is put to.
pub(crate) struct Rule {
    /// Its name in [`KUBELET`].
    pub(crate) name: &'static str,
    /// How many cases one pass puts to it.
    pub(crate) cases: usize,
    all: Box<dyn FnMut()>,
}

impl Rule {
    fn new<T: 'static>(name: &'static str, mut cases: Vec<T>, mut ask: impl FnMut(&mut T) + 'static) -> Self {
        Self { name, cases: cases.len(), all: Box::new(move || cases.iter_mut().for_each(&mut ask)) }
    }

    /// Puts all its cases to it, one after the other.
    #[inline(never)]
    pub(crate) fn pass(&mut self) {
        (self.all)();
    }

    /// The kubelet's nanoseconds a case.
    pub(crate) fn kubelet(&self) -> f64 {
        KUBELET.iter().find(|(name, _)| *name == self.name).map_or(f64::NAN, |&(_, nanos)| nanos)
    }
}

/// All rules.
pub(crate) fn rules() -> Vec<Rule> {
    let mut room = [ContainerAction::default(); 16];
    vec![
        Rule::new("phase", read("phase", PhaseCase::read), |case| {
            black_box(case.phase());
        }),
        Rule::new("four conditions", read("conditions", ConditionsCase::read), |case| {
            black_box(case.four());
        }),
        Rule::new("container statuses, view", read("container_status", ContainerStatusCase::read), |case| {
            case.views().for_each(|status| {
                black_box(status);
            });
        }),
        Rule::new("container statuses, owned", read("container_status", ContainerStatusCase::read), |case| {
            black_box(case.views().map(|status| status.to_owned()).collect::<Vec<_>>());
        }),
        Rule::new("pod status, view", read("pod_status", PodStatusCase::read), |case| {
            let status = case.view();
            black_box(status.pod_ips().count());
            black_box(status);
        }),
        Rule::new("pod status, owned", read("pod_status", PodStatusCase::read), |case| {
            black_box(case.view().to_owned());
        }),
        Rule::new("actions", read("actions", ActionsCase::read), move |case| {
            let actions = &mut room[..case.containers()];
            black_box((case.plan(actions), actions));
        }),
        Rule::new("probe tick", workers(), |worker| {
            let _ = black_box(worker.tick(0));
        }),
    ]
}

/// The cases of a suite that were put to a kubelet with the default gates.
fn read<T>(suite: &str, decode: fn(&Case) -> Result<T, ReadError>) -> Vec<T> {
    let path = folder().join("vectors").join(suite).with_extension("jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases = text.lines().map(|line| serde_json::from_str::<Case>(line).expect("a case a line"));
    cases.filter(Case::has_default_gates).map(|case| decode(&case).expect("a case of its suite")).collect()
}

/// POD_LIFECYCLE_CONFORMANCE, else the conformance data beside this repository, else the selection in it.
fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("POD_LIFECYCLE_CONFORMANCE").map(PathBuf::from);
    let beside = root.join("../shared/conformance");
    given.unwrap_or_else(|| if beside.is_dir() { beside } else { root.join("tests/conformance") })
}

/// Workers of readiness probes, each of a Pod of its own that runs and is ready.
fn workers() -> Vec<ProbeCase> {
    let worker = |number: usize| {
        let case = serde_json::json!({
            "suite": "probe", "id": number.to_string(), "expect": null,
            "input": {
                "probeType": "readiness", "container": "c1", "kubeletStart": "2026-01-01T00:00:00Z",
                "pod": {
                    "metadata": {"name": "p", "namespace": "ns", "uid": number.to_string()},
                    "spec": {"containers": [{"name": "c1", "image": "img:1", "readinessProbe": {
                        "exec": {"command": ["x"]}, "failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}}]},
                },
                "ticks": [{"at": "2026-01-01T00:01:00Z", "rawResult": "success", "podStatus": {"phase": "Running", "containerStatuses": [{
                    "name": "c1", "ready": true, "started": true, "containerID": format!("test://c1-{number}"), "image": "img:1",
                    "imageID": "sha256:c1", "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:30Z"}}}]}}],
            },
        });
        ProbeCase::read(&serde_json::from_value(case).expect("a case")).expect("a case of its suite")
    };
    (0..WORKERS).map(worker).collect()
}
