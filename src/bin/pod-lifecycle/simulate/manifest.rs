//! Finds the Pods in manifests: plain ones, and the templates of workload controllers.

use crate::document::{Document, typed};
use anyhow::{Context, Result, bail};
use pod_lifecycle::Spec;
use pod_lifecycle::api::{ObjectMeta, Pod, PodSpec, RestartPolicy};
use pod_lifecycle::conformance::player::TIME_ZERO;
use pod_lifecycle::spec::{InvalidSpec, validate_meta};
use serde::Deserialize;
use serde_json::Value;

/// A Pod to simulate.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) pod: Pod,
    /// What it was made of: `Pod default/web`, or `Pod default/web-x2b4c of Deployment web`.
    pub(super) title: String,
    /// Name of the object in the manifest.
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: ObjectMeta,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Template {
    metadata: ObjectMeta,
    spec: PodSpec,
}

/// The kinds with a Pod template: where it is, and which restart policies its controller allows.
const WORKLOADS: &[(&str, &str, &[RestartPolicy])] = &[
    ("Deployment", "spec.template", &[RestartPolicy::Always]),
    ("ReplicaSet", "spec.template", &[RestartPolicy::Always]),
    ("ReplicationController", "spec.template", &[RestartPolicy::Always]),
    ("StatefulSet", "spec.template", &[RestartPolicy::Always]),
    ("DaemonSet", "spec.template", &[RestartPolicy::Always]),
    ("Job", "spec.template", &[RestartPolicy::OnFailure, RestartPolicy::Never]),
    ("CronJob", "spec.jobTemplate.spec.template", &[RestartPolicy::OnFailure, RestartPolicy::Never]),
];

/// The Pods of a document: none if it is of another kind.
pub(super) fn pods(document: &Document, seed: u64) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    collect(&document.value, "", seed, &mut found).with_context(|| document.origin.clone())?;
    Ok(found)
}

fn collect(value: &Value, path: &str, seed: u64, found: &mut Vec<Found>) -> Result<()> {
    if !value.is_object() {
        bail!("{}: expected a Kubernetes object", if path.is_empty() { "." } else { path });
    }
    let head: Head = typed(value, path)?;
    if head.kind.is_empty() {
        bail!("{}: required", below(path, "kind"));
    }
    if head.kind == "Pod" {
        let pod: Pod = typed(value, path)?;
        found.push(check(pod, None, path)?);
    } else if let Some((_, place, policies)) = WORKLOADS.iter().find(|(kind, ..)| *kind == head.kind) {
        let pointer = format!("/{}", place.replace('.', "/"));
        if head.metadata.name.is_empty() {
            bail!("{}: required", below(path, "metadata.name"));
        }
        let (root, path) = (path, below(path, place));
        let Some(template) = value.pointer(&pointer) else { bail!("{path}: required") };
        let Template { metadata, spec } = typed(template, &path)?;
        let policy = spec.restart_policy.unwrap_or(RestartPolicy::Always);
        if !policies.contains(&policy) {
            let allowed: Vec<_> = policies.iter().map(ToString::to_string).collect();
            bail!("{path}.spec.restartPolicy: a {} takes {}", head.kind, allowed.join(" or "));
        }
        let mut pod = Pod { metadata, spec, ..Pod::default() };
        pod.metadata.namespace.clone_from(&head.metadata.namespace);
        pod.metadata.name = pod_name(&head, seed);
        found.push(check(pod, Some((&head, root)), &path)?);
    } else if head.kind == "List" || head.kind == "PodList" {
        let items = value.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (number, item) in items.iter().enumerate() {
            collect(item, &below(path, &format!("items[{number}]")), seed, found)?;
        }
    }
    Ok(())
}

/// Whether the API server would take it; the error names all fields. The owner comes with its own path.
fn check(mut pod: Pod, owner: Option<(&Head, &str)>, path: &str) -> Result<Found> {
    let mut problems = validate_meta(&pod.metadata);
    problems.extend(Spec::parse(pod.spec.clone()).err().iter().flat_map(InvalidSpec::problems).cloned());
    if !problems.is_empty() {
        // A Pod of a controller has its name and namespace from there.
        let place = |field: &str| match owner {
            Some((_, root)) if field == "metadata.name" || field == "metadata.namespace" => below(root, field),
            _ => below(path, field),
        };
        let lines: Vec<_> = problems.iter().map(|problem| format!("{}: {}", place(&problem.path), problem.message)).collect();
        bail!("{}", lines.join("\n  "));
    }
    let meta = &mut pod.metadata;
    // A manifest cannot ask for a deletion (API `FillObjectMetaSystemFields`, `BeforeCreate`).
    (meta.deletion_timestamp, meta.deletion_grace_period_seconds) = (None, None);
    if meta.namespace.is_empty() {
        meta.namespace = "default".into();
    }
    if meta.name.is_empty() {
        meta.name = format!("{}{}", meta.generate_name, suffix(&meta.generate_name, 0, 5));
    }
    let mut title = format!("Pod {}/{}", meta.namespace, meta.name);
    let name = match owner {
        Some((owner, _)) => {
            title += &format!(" of {} {}", owner.kind, owner.metadata.name);
            owner.metadata.name.clone()
        }
        None => meta.name.clone(),
    };
    Ok(Found { pod, title, name })
}

/// The name that the controller would give its first Pod.
fn pod_name(owner: &Head, seed: u64) -> String {
    let name = &owner.metadata.name;
    match owner.kind.as_str() {
        "StatefulSet" => format!("{name}-0"),
        // The Job's name ends with the minute it is due.
        "CronJob" => format!("{name}-{}-{}", TIME_ZERO.secs() / 60, suffix(name, seed, 5)),
        "Deployment" => format!("{name}-{}-{}", suffix(name, 0, 10), suffix(name, seed.wrapping_add(1), 5)),
        _ => format!("{name}-{}", suffix(name, seed, 5)),
    }
}

/// Letters as controllers put them behind names: no vowels, no digits that look like letters.
fn suffix(name: &str, seed: u64, length: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(PRIME), |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let mut letter = || {
        hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        char::from(LETTERS[(hash >> 32) as usize % LETTERS.len()])
    };
    (0..length).map(|_| letter()).collect()
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.into() } else { format!("{path}.{field}") }
}
