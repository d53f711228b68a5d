//! Requests and limits, of containers and of the Pod.

use super::names;
use super::path::{Path, Problems};
use crate::Gates;
use crate::api::{PodSpec, Quantity, ResourceList, ResourceRequirements};
use crate::spec::ContainerKind;
use alloc::format;

/// Whose requirements they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Container,
    Pod,
}

/// Requirements of a container or Pod (API `validateContainerResourceRequirements`).
pub(super) fn requirements(given: &ResourceRequirements, path: &Path<'_>, level: Level, found: &mut Problems) {
    let (limits, requests) = (path.field("limits"), path.field("requests"));
    for (list, path) in [(&given.limits, &limits), (&given.requests, &requests)] {
        for (name, quantity) in list {
            resource(name, quantity, level, &path.key(name), found);
        }
        if list.keys().any(|name| is_huge_pages(name)) && !list.contains_key("cpu") && !list.contains_key("memory") {
            found.forbidden(path, "huge pages need cpu or memory beside them");
        }
    }
    for (name, request) in &given.requests {
        match given.limits.get(name) {
            Some(limit) if !is_overcommittable(name) && request.nano_value() != limit.nano_value() => {
                found.invalid(&requests.key(name), format!("must be equal to the limit of {limit}"));
            }
            Some(limit) if request.nano_value() > limit.nano_value() => {
                found.invalid(&requests.key(name), format!("must be less than or equal to the limit of {limit}"));
            }
            None if !is_overcommittable(name) => found.required(&limits.key(name)),
            _ => {}
        }
    }
}

/// Pod-level requirements, and how they fit those of the containers (KEP-2837).
pub(super) fn pod_level(spec: &PodSpec, gates: &Gates, root: &Path<'_>, found: &mut Problems) {
    let Some(given) = &spec.resources else { return };
    let path = root.field("resources");
    if !gates.pod_level_resources {
        return found.forbidden(&path, "may not be set (feature gate PodLevelResources is off)");
    }
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return found.forbidden(&path, "may not be set for a Windows Pod");
    }
    requirements(given, &path, Level::Pod, found);
    for (name, total) in aggregate_requests(spec) {
        if given.requests.get(&name).is_some_and(|request| request.nano_value() < total.nano_value()) {
            let message = format!("must be greater than or equal to what the containers request together, {total}");
            found.invalid(&path.field("requests").key(&name), message);
        }
    }
    for (field, list) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        let path = root.field(field);
        for (n, container) in list.iter().enumerate() {
            for (name, limit) in &container.resources.limits {
                let Some(most) = given.limits.get(name).filter(|most| limit.nano_value() > most.nano_value()) else { continue };
                let message = format!("must be less than or equal to the Pod's limit of {most}");
                found.invalid(&path.index(n).field("resources").field("limits").key(name), message);
            }
        }
    }
}

/// What the containers need together at the worst moment; what the spec says at Pod level counts instead (API `PodRequests`, `PodLimits`).
pub(crate) fn together(spec: &PodSpec) -> ResourceRequirements {
    let mut together = ResourceRequirements { limits: aggregate_limits(spec), requests: aggregate_requests(spec) };
    if let Some(own) = spec.resources.clone() {
        together.limits.extend(own.limits.into_iter().filter(|(name, _)| is_pod_level(name)));
        together.requests.extend(own.requests.into_iter().filter(|(name, _)| is_pod_level(name)));
    }
    together
}

/// What the containers request together at the worst moment: regular ones and sidecars, or a plain init container and the
/// sidecars before it (API `AggregateContainerRequests`).
pub(crate) fn aggregate_requests(spec: &PodSpec) -> ResourceList {
    aggregate(spec, |resources| &resources.requests)
}

/// What the containers are limited to together, in the same way (API `AggregateContainerLimits`). A container without a limit adds nothing.
fn aggregate_limits(spec: &PodSpec) -> ResourceList {
    aggregate(spec, |resources| &resources.limits)
}

fn aggregate(spec: &PodSpec, of: fn(&ResourceRequirements) -> &ResourceList) -> ResourceList {
    fn add(to: &mut ResourceList, more: &ResourceList) {
        for (name, quantity) in more {
            let sum = to.get(name).map_or_else(|| quantity.clone(), |so_far| so_far.plus(quantity));
            to.insert(name.clone(), sum);
        }
    }
    let (mut sidecars, mut worst) = (ResourceList::default(), ResourceList::default());
    let mut consider = |list: &ResourceList| {
        for (name, quantity) in list {
            if worst.get(name).is_none_or(|so_far| so_far.nano_value() < quantity.nano_value()) {
                worst.insert(name.clone(), quantity.clone());
            }
        }
    };
    for container in &spec.init_containers {
        if ContainerKind::of_init(container) == ContainerKind::Sidecar {
            add(&mut sidecars, of(&container.resources));
        } else {
            let mut moment = of(&container.resources).clone();
            add(&mut moment, &sidecars);
            consider(&moment);
        }
    }
    let mut running = ResourceList::default();
    spec.containers.iter().for_each(|container| add(&mut running, of(&container.resources)));
    add(&mut running, &sidecars);
    consider(&running);
    worst
}

/// Whether requests may be lower than limits: Kubernetes' own resources but huge pages (API `IsOvercommitAllowed`).
pub(crate) fn is_overcommittable(name: &str) -> bool {
    is_native(name) && !is_huge_pages(name)
}

/// Whether a Pod may have requests and limits for it (API `IsSupportedPodLevelResource`).
pub(crate) fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || is_huge_pages(name)
}

fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn resource(name: &str, quantity: &Quantity, level: Level, path: &Path<'_>, found: &mut Problems) {
    if let Err(rule) = names::qualified_name(name) {
        found.invalid(path, rule);
    } else if level == Level::Pod && !is_pod_level(name) {
        found.invalid(path, "must be cpu, memory or huge pages at Pod level");
    } else if !name.contains('/') && !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge_pages(name) {
        found.invalid(path, "must be a resource of containers (cpu, memory, ephemeral-storage, huge pages) or a name with a domain");
    }
    if quantity.nano_value() < 0 {
        found.invalid(path, "must be greater than or equal to 0");
    }
    if !is_native(name) && quantity.nano_value() % 1_000_000_000 != 0 {
        found.invalid(path, "must be a whole number");
    }
}
