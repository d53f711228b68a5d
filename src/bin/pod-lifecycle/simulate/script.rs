//! The world a manifest is simulated in: that of a script file, and where it says nothing a kind one.

use crate::document::{documents, typed};
use anyhow::{Context, Result, bail};
use pod_lifecycle::api::{self, RestartPolicy};
use pod_lifecycle::conformance::scenario::{HookScripts, Image, Kubelet, Node, OnTerm, ProbeScripts, Program, Run, Scenario, Step, Verb};
use pod_lifecycle::spec::ContainerKind;
use pod_lifecycle::{Gates, Span};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// How long a run takes that ends by itself.
const JOB: Span = Span::from_secs(5);
/// How long the run of a plain init container takes.
const INIT: Span = Span::from_secs(1);
/// How long a Pod is watched if nothing says so.
const WATCH: Span = Span::from_secs(600);

/// What a world without a script is like.
pub(super) const KIND_WORLD: &str = "No script: images exist, probes succeed, hooks take 0 s; containers run until TERM and exit 0 under \
    restartPolicy Always, exit 0 after 5 s under OnFailure and Never; plain init containers exit 0 after 1 s.";

/// A scenario file without `pod` and `expect`; every key may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Script {
    name: IgnoredAny,
    description: IgnoredAny,
    notes: IgnoredAny,
    gates: BTreeMap<String, bool>,
    programs: BTreeMap<String, Program>,
    probes: BTreeMap<String, ProbeScripts>,
    hooks: BTreeMap<String, HookScripts>,
    images: BTreeMap<String, Image>,
    node: Node,
    kubelet: Kubelet,
    missing_volumes: Vec<String>,
    config_errors: Vec<String>,
    steps: Vec<Step>,
    run_until: Option<f64>,
}

impl Script {
    /// Reads a script file.
    pub(super) fn read(path: &str) -> Result<Self> {
        let documents = documents(path)?;
        let [document] = documents.as_slice() else { bail!("{path}: a script is one document") };
        for key in ["pod", "expect", "observed"] {
            if document.value.get(key).is_some() {
                bail!("{path}: {key}: not in a script; a whole scenario is given in place of the manifest");
            }
        }
        typed(&document.value, "").with_context(|| path.to_owned())
    }

    /// The scenario of this Pod under this script.
    pub(super) fn scenario(self, pod: api::Pod) -> Result<Scenario> {
        let mut gates = Gates::default();
        for (gate, on) in self.gates {
            gates.set(&gate, on).context("gates")?;
        }
        let mut programs = self.programs;
        let empty = programs.iter().find(|(_, program)| program.runs.is_empty()).map(|(name, _)| name);
        if let Some(name) = empty {
            bail!("programs.{name}.runs: at least one");
        }
        for (container, program) in kind_programs(&pod.spec) {
            programs.entry(container).or_insert(program);
        }
        let scenario = Scenario {
            name: pod.metadata.name.clone(),
            description: String::new(),
            source: None,
            recorded: None,
            notes: None,
            gates,
            pod,
            programs,
            probes: self.probes,
            hooks: self.hooks,
            images: self.images,
            node: self.node,
            kubelet: self.kubelet,
            missing_volumes: self.missing_volumes,
            config_errors: self.config_errors,
            initial_status: None,
            steps: self.steps,
            run_until: self.run_until.map_or(WATCH, Span::from_secs_f64),
            expect: Vec::new(),
            starts: BTreeMap::new(),
            sandbox_starts: Vec::new(),
            never_started: Vec::new(),
            open: false,
            observed: Vec::new(),
            generation_at_end: None,
        };
        names(&scenario)?;
        Ok(scenario)
    }
}

/// Whether the containers, images and volumes that the script speaks of exist.
fn names(scenario: &Scenario) -> Result<()> {
    let programs = scenario.programs.keys().map(|name| ("programs", name.as_str()));
    let probes = scenario.probes.keys().map(|name| ("probes", name.as_str()));
    let hooks = scenario.hooks.keys().map(|name| ("hooks", name.as_str()));
    let steps = scenario.steps.iter().filter_map(|step| Some(("steps", step.verb.container()?)));
    for (key, name) in programs.chain(probes).chain(hooks).chain(steps) {
        if !scenario.containers().any(|container| container == name) {
            bail!("{key}: the Pod has no container `{name}`");
        }
    }
    // A patch may bring any.
    let is_patched = scenario.steps.iter().any(|step| matches!(step.verb, Verb::UpdateSpec { .. }));
    if let Some(name) = scenario.images.keys().filter(|_| !is_patched).find(|name| !images(scenario).any(|image| image == **name)) {
        bail!("images: no container has the image `{name}`, and no step gives it to one");
    }
    let volumes = &scenario.pod.spec.volumes;
    if let Some(name) = scenario.missing_volumes.iter().find(|name| !volumes.iter().any(|volume| volume.name == **name)) {
        bail!("missingVolumes: the Pod has no volume `{name}`");
    }
    Ok(())
}

/// The images of all containers, those that steps bring included.
fn images(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let spec = &scenario.pod.spec;
    let containers = spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers);
    let brought = scenario.steps.iter().filter_map(|step| match &step.verb {
        Verb::UpdateImage { image, .. } => Some(image.as_str()),
        Verb::AddEphemeralContainer { spec } => Some(spec.image.as_str()),
        _ => None,
    });
    containers.map(|container| container.image.as_str()).chain(brought)
}

/// Programs for a world in which everything goes well.
fn kind_programs(spec: &api::PodSpec) -> impl Iterator<Item = (String, Program)> {
    let policy = spec.restart_policy.unwrap_or(RestartPolicy::Always);
    let init = spec.init_containers.iter().map(move |container| {
        let sidecar = ContainerKind::of_init(container) == ContainerKind::Sidecar;
        (container, (!sidecar).then_some(INIT))
    });
    let regular = spec.containers.iter().map(move |container| {
        let serves = container.restart_policy.unwrap_or(policy) == RestartPolicy::Always;
        (container, (!serves).then_some(JOB))
    });
    let ephemeral = spec.ephemeral_containers.iter().map(|container| (container, None));
    init.chain(regular).chain(ephemeral).map(|(container, run_for)| (container.name.clone(), Program { runs: vec![run(run_for)] }))
}

fn run(run_for: Option<Span>) -> Run {
    Run {
        start_delay: Span::ZERO,
        run_for,
        exit_code: 0,
        on_term: OnTerm::Exit { after: Span::ZERO, exit_code: 0 },
        oom_killed: false,
        termination: None,
        reason: None,
        start_error: None,
    }
}
