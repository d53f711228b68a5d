//! A Pod and its world, written down briefly.

use super::life::Life;
use pod_lifecycle::Span;
use pod_lifecycle::conformance::player::{Settings, play};
use pod_lifecycle::conformance::scenario::Scenario;
use pod_lifecycle::pod::Pacing;
use serde_json::{Map, Value, json};

/// A scenario under construction: its keys as the scenario files have them.
#[derive(Clone)]
pub(crate) struct Case(Value);

/// How each run of a container behaves.
#[derive(Clone)]
pub(crate) struct Runs(Vec<Value>);

/// Runs for ever, and exits 0 a moment after SIGTERM.
pub(crate) fn serves() -> Runs {
    Runs(vec![json!({"startDelay": 0, "runFor": null, "onTerm": {"after": 0.2, "exitCode": 0}})])
}

/// Runs so long (in seconds) and exits so; 0 at once on SIGTERM. Each run is like that.
pub(crate) fn exits(after: f64, code: i32) -> Runs {
    Runs(vec![json!({"startDelay": 0, "runFor": after, "exitCode": code, "onTerm": {"after": 0, "exitCode": 0}})])
}

/// Cannot be started: there is no such command.
pub(crate) fn broken() -> Runs {
    let error = json!({"exitCode": 128, "reason": "StartError"});
    Runs(vec![json!({"startDelay": 0, "runFor": 0, "exitCode": 128, "onTerm": "ignore", "startError": error})])
}

impl Runs {
    /// On SIGTERM they exit so after that time.
    pub(crate) fn on_term(mut self, after: f64, code: i32) -> Self {
        self.0.iter_mut().for_each(|run| run["onTerm"] = json!({"after": after, "exitCode": code}));
        self
    }

    /// They ignore SIGTERM.
    pub(crate) fn deaf(mut self) -> Self {
        self.0.iter_mut().for_each(|run| run["onTerm"] = json!("ignore"));
        self
    }

    /// All later runs are like these.
    pub(crate) fn then(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }
}

impl Case {
    /// A Pod with this `restartPolicy`, watched for a minute.
    pub(crate) fn new(restart_policy: &str) -> Self {
        Self(json!({
            "name": "fact", "description": "", "gates": {}, "images": {"app:1": "ok"}, "programs": {}, "steps": [], "runUntil": 60,
            "expect": [{"k8sEvent": {}}],
            "pod": {"metadata": {"name": "fact", "namespace": "test"}, "spec": {"restartPolicy": restart_policy, "containers": []}},
        }))
    }

    /// With a regular container.
    pub(crate) fn main(self, name: &str, runs: Runs) -> Self {
        self.container("containers", json!({"name": name, "image": "app:1"}), runs)
    }

    /// With a plain init container.
    pub(crate) fn init(self, name: &str, runs: Runs) -> Self {
        self.container("initContainers", json!({"name": name, "image": "app:1"}), runs)
    }

    /// With a sidecar.
    pub(crate) fn sidecar(self, name: &str, runs: Runs) -> Self {
        self.container("initContainers", json!({"name": name, "image": "app:1", "restartPolicy": "Always"}), runs)
    }

    fn container(mut self, list: &str, container: Value, runs: Runs) -> Self {
        let name = container["name"].as_str().unwrap().to_owned();
        let spec = &mut self.0["pod"]["spec"];
        if spec[list].is_null() {
            spec[list] = json!([]);
        }
        spec[list].as_array_mut().unwrap().push(container);
        self.programs(&name, runs)
    }

    /// How a container behaves that a step adds.
    pub(crate) fn programs(mut self, name: &str, runs: Runs) -> Self {
        self.0["programs"][name] = json!({"runs": runs.0});
        self
    }

    /// With these fields in the spec of that container.
    pub(crate) fn has(mut self, container: &str, fields: Value) -> Self {
        merge(self.find(container), fields);
        self
    }

    fn find(&mut self, container: &str) -> &mut Value {
        let lists = self.0["pod"]["spec"].as_object_mut().unwrap().iter_mut().filter(|(key, _)| key.ends_with("ontainers"));
        let mut all = lists.flat_map(|(_, list)| list.as_array_mut().unwrap());
        all.find(|own| own["name"] == container).expect("a container of this name")
    }

    /// With these fields in the spec.
    pub(crate) fn spec(mut self, fields: Value) -> Self {
        merge(&mut self.0["pod"]["spec"], fields);
        self
    }

    /// With these fields of the scenario: `probes`, `hooks`, `images`, `node`, …
    pub(crate) fn world(mut self, fields: Value) -> Self {
        merge(&mut self.0, fields);
        self
    }

    /// A probe of a container, each second and failing at the first failure; its results since the start of each run.
    pub(crate) fn probe(mut self, container: &str, kind: &str, results: &[(f64, &str)]) -> Self {
        let probe = json!({"exec": {"command": ["probe"]}, "periodSeconds": 1, "failureThreshold": 1});
        self.find(container)[format!("{kind}Probe")] = probe;
        let script = results.iter().map(|(from, result)| json!({"from": from, "result": result, "run": "each"})).collect();
        self.0["probes"][container][kind] = Value::Array(script);
        self
    }

    /// This is done at that time (in seconds).
    pub(crate) fn at(mut self, at: f64, verb: &str, arguments: Value) -> Self {
        let mut step = json!({"at": at, "do": verb});
        merge(&mut step, arguments);
        self.0["steps"].as_array_mut().unwrap().push(step);
        self
    }

    /// A client deletes it, with the grace period of the spec.
    pub(crate) fn delete(self, at: f64) -> Self {
        self.at(at, "delete", json!({}))
    }

    /// A client deletes it, with this grace period.
    pub(crate) fn delete_within(self, at: f64, seconds: i64) -> Self {
        self.at(at, "delete", json!({"gracePeriodSeconds": seconds}))
    }

    /// This happens to it, or is done.
    pub(crate) fn then(self, at: f64, verb: &str) -> Self {
        self.at(at, verb, json!({}))
    }

    /// With a hook of a container, and how long it takes and whether it succeeds.
    pub(crate) fn hook(mut self, container: &str, hook: &str, takes: f64, ok: bool) -> Self {
        self.find(container)["lifecycle"][hook] = json!({"exec": {"command": ["hook"]}});
        self.0["hooks"][container][hook] = json!({"takes": takes, "ok": ok});
        self
    }

    /// Watched so long (in seconds).
    pub(crate) fn until(mut self, seconds: f64) -> Self {
        self.0["runUntil"] = json!(seconds);
        self
    }

    /// How it goes under the kubelet's pacing, without jitter.
    pub(crate) fn play(self) -> Life {
        self.play_with(Pacing::KUBELET)
    }

    /// How it goes under this pacing.
    pub(crate) fn play_with(self, pacing: Pacing) -> Life {
        let scenario = Scenario::read(&self.0.to_string()).expect("a scenario");
        let record = play(&scenario, Settings { pacing }, &mut ()).expect("a valid Pod");
        assert!(record.problems.is_empty(), "{:?}", record.problems);
        let verbs = self.0["steps"].as_array().unwrap().iter().map(|step| step["do"].as_str().unwrap().to_owned()).collect();
        Life::of(&record, verbs)
    }
}

/// Seconds, as in the files.
pub(crate) fn seconds(span: Span) -> f64 {
    (span.as_secs_f64() * 10.0).round() / 10.0
}

fn merge(target: &mut Value, fields: Value) {
    match (target, fields) {
        (Value::Object(target), Value::Object(fields)) => {
            for (key, value) in fields {
                merge(target.entry(key).or_insert(Value::Object(Map::new())), value);
            }
        }
        (target, value) => *target = value,
    }
}
