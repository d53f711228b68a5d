//! What the subresource `resize` may change of a stored Pod (API `ValidatePodResize`, KEP-1287, KEP-5419).

use super::path::{Path, Problems};
use super::update::{UNCHANGING, news, protected};
use crate::Gates;
use crate::api::{Container, PodSpec, ResourceList, ResourceRequirements};
use crate::spec::ContainerKind;
use crate::spec::problem::InvalidSpec;

/// Checks an update through the subresource `resize`; defaults have been applied to the new spec, too.
///
/// May change: cpu and memory of containers and init containers (of plain ones with the gate
/// InPlacePodVerticalScalingInitContainers), their resize policies, and with the gate
/// InPlacePodLevelResourcesVerticalScaling the Pod's own cpu and memory. An amount may be added or changed, not taken away.
/// That the QoS class stays is asked beside this: [`crate::cluster::resize`]. Whether it fits the node is the node's affair.
///
/// # Errors
/// All problems at once.
pub fn validate_resize_update(old: &PodSpec, new: &PodSpec, gates: &Gates) -> Result<(), InvalidSpec> {
    let (mut found, root) = (news(old, new, gates), Path::root("spec"));
    if old.os.as_ref().is_some_and(|os| os.name == "windows") {
        found.forbidden(&root.field("os"), "Windows Pods cannot be resized");
    }
    let resizes_init = gates.in_place_pod_vertical_scaling_init_containers;
    let is_fixed = |container: &Container| !resizes_init && ContainerKind::of_init(container) == ContainerKind::Init;
    containers(&old.init_containers, &new.init_containers, &root.field("initContainers"), is_fixed, &mut found);
    containers(&old.containers, &new.containers, &root.field("containers"), |_| false, &mut found);
    pod_level(old, new, gates, &root, &mut found);
    the_rest(old, new, &root, &mut found);
    InvalidSpec::check(found.0)
}

fn containers(old: &[Container], new: &[Container], path: &Path<'_>, is_fixed: impl Fn(&Container) -> bool, found: &mut Problems) {
    for (n, (old, new)) in old.iter().zip(new).enumerate() {
        let path = path.index(n);
        let path = path.field("resources");
        if is_fixed(old) && differ(&old.resources, &new.resources) {
            found.forbidden(&path, "may not be changed for init containers without restartPolicy Always");
        } else {
            requirements(&old.resources, &new.resources, &path, found);
        }
    }
}

fn pod_level(old: &PodSpec, new: &PodSpec, gates: &Gates, root: &Path<'_>, found: &mut Problems) {
    let none = ResourceRequirements::default();
    let (before, after) = (old.resources.as_ref().unwrap_or(&none), new.resources.as_ref().unwrap_or(&none));
    let path = root.field("resources");
    if !gates.in_place_pod_level_resources_vertical_scaling && differ(before, after) {
        found.forbidden(&path, "may not be changed (feature gate InPlacePodLevelResourcesVerticalScaling is off)");
    } else {
        requirements(before, after, &path, found);
    }
}

fn differ(old: &ResourceRequirements, new: &ResourceRequirements) -> bool {
    let same = |old: &ResourceList, new: &ResourceList| {
        old.len() == new.len() && old.iter().all(|(name, old)| new.get(name).is_some_and(|new| new.nano_value() == old.nano_value()))
    };
    !same(&old.limits, &new.limits) || !same(&old.requests, &new.requests)
}

fn requirements(old: &ResourceRequirements, new: &ResourceRequirements, path: &Path<'_>, found: &mut Problems) {
    amounts(&old.limits, &new.limits, &path.field("limits"), found);
    amounts(&old.requests, &new.requests, &path.field("requests"), found);
}

fn amounts(old: &ResourceList, new: &ResourceList, path: &Path<'_>, found: &mut Problems) {
    for name in old.keys().filter(|&name| !new.contains_key(name)) {
        found.forbidden(&path.key(name), "may not be removed");
    }
    for (name, new) in new.iter().filter(|(name, _)| !matches!(name.as_str(), "cpu" | "memory")) {
        if old.get(name).is_none_or(|old| old.nano_value() != new.nano_value()) {
            found.forbidden(&path.key(name), "only cpu and memory can be resized");
        }
    }
}

/// Everything but resources and resize policies stays.
fn the_rest(old: &PodSpec, new: &PodSpec, root: &Path<'_>, found: &mut Problems) {
    let mut rest = new.clone();
    rest.resources.clone_from(&old.resources);
    let lists = [(&old.init_containers, &mut rest.init_containers), (&old.containers, &mut rest.containers)];
    for (old, rest) in lists {
        for (old, rest) in old.iter().zip(rest) {
            rest.resources.clone_from(&old.resources);
            rest.resize_policy.clone_from(&old.resize_policy);
        }
    }
    let before = found.0.len();
    protected(old, &rest, root, found);
    for (field, old, rest) in
        [("initContainers", &old.init_containers, &rest.init_containers), ("containers", &old.containers, &rest.containers)]
    {
        let path = root.field(field);
        for (n, _) in old.iter().zip(rest).enumerate().filter(|(_, (old, rest))| old.image != rest.image) {
            found.forbidden(&path.index(n).field("image"), UNCHANGING);
        }
    }
    if rest != *old && found.0.len() == before {
        found.forbidden(root, "only resources and resizePolicy may be changed through this subresource");
    }
}
