//! The images that statuses show.

use crate::check::catalogue::bases::{RUNNING, STARTING};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::Shapes;
use crate::check::version::{Arrival, Change, Container, Version};
use crate::spec::is_reported_as;
use alloc::boxed::Box;
use alloc::vec::Vec;

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must(
        "CS-45",
        "without a containerID the image is that of the spec, to the letter; imageID is constant while containerID is",
        Check::Both(begins_with_image_of_spec, shows_image_of_spec),
    )
    .source_is("kubelet convertToAPIContainerStatuses")
    .unless("what ended without a trace keeps the image of an earlier generation")
    .not(Shapes::COLLECTED)
    .with_spec()
    .silent_on(STARTING, &[])
    .fires_on(STARTING, &[&["status.containerStatuses[web].image = nginx:2"]]),
    Rule::should(
        "CS-54",
        "with a containerID the image is that of some generation of the spec, and constant while containerID is",
        Check::Both(begins_with_known_image, shows_known_image),
    )
    .source_is("kubelet convertToAPIContainerStatuses; container runtime")
    .unless("the runtime reports another tag of the same image; generations that were not seen")
    .with_spec()
    .silent_on(
        STARTING,
        &[&[
            "status.containerStatuses[web].containerID = containerd://a0",
            "status.containerStatuses[web].imageID = nginx@sha256:1",
            "status.containerStatuses[web].image = docker.io/library/nginx:1",
            "status.containerStatuses[web].state = {\"running\": {\"startedAt\": \"2026-01-01T00:00:02Z\"}}",
        ]],
    )
    .fires_on(RUNNING, &[&["status.containerStatuses[web].image = nginx:2"]]),
];

/// The images that containers had in earlier generations of the spec.
#[derive(Clone, Debug)]
pub(in crate::check) struct Memory {
    /// Container and image.
    former: Vec<(Box<str>, Box<str>)>,
    /// There may be others.
    incomplete: bool,
}

/// So many former images of one Pod are remembered.
const FORMER: usize = 16;

impl Memory {
    pub(in crate::check) const NEW: Self = Self { former: Vec::new(), incomplete: false };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        let Some(change) = change else {
            self.incomplete = new.meta().generation > 1;
            return;
        };
        self.incomplete |= is_unseen_between(change.old, new);
        let (Some(before), Some(after)) = (change.old.current_spec(), new.current_spec()) else { return };
        if core::ptr::eq(before, after) {
            return;
        }
        for container in before.containers() {
            let is_kept = |index| after.container(index).image() == container.image();
            if after.find(container.name()).is_some_and(is_kept) || self.knows(container.name(), |image| image == container.image()) {
                continue;
            }
            if self.former.len() == FORMER {
                self.incomplete = true;
            } else {
                self.former.push((container.name().into(), container.image().into()));
            }
        }
    }

    /// Whether the container may have had such an image.
    fn knows(&self, container: &str, is_it: impl Fn(&str) -> bool) -> bool {
        self.former.iter().any(|(name, image)| **name == *container && is_it(image))
    }
}

/// Whether a container may have had such an image, seeing a version and the one before it.
fn had(version: &Version<'_>, before: Option<&Version<'_>>, container: &str, is_it: impl Fn(&str) -> bool) -> bool {
    let in_spec = |version: &Version<'_>| {
        let image = version.current_spec().and_then(|spec| spec.find(container).map(|index| spec.container(index).image()));
        image.is_some_and(&is_it)
    };
    let memory = &version.history.images;
    memory.incomplete
        || match before {
            Some(before) => in_spec(before) || is_unseen_between(before, version),
            None => version.meta().generation > 1,
        }
        || in_spec(version)
        || memory.knows(container, &is_it)
}

/// Whether there may have been generations between the two that nobody saw.
fn is_unseen_between(before: &Version<'_>, version: &Version<'_>) -> bool {
    version.meta().generation > before.meta().generation.saturating_add(1)
}

fn begins_with_image_of_spec(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.arrival != Arrival::Next {
        hold_to_spec(version, None, report);
    }
}

fn shows_image_of_spec(change: &Change<'_>, report: &mut Report<'_, '_>) {
    hold_to_spec(change.new, Some(change.old), report);
    for (old, new) in change.both().filter(is_same_instance) {
        let (before, after) = (&old.status.image_id, &new.status.image_id);
        if before != after {
            report.change(new.path("imageID"), before, after, "an instance runs one image for all its life");
        }
    }
}

fn hold_to_spec(version: &Version<'_>, before: Option<&Version<'_>>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| container.status.container_id.is_empty()) {
        let (Some(spec), image) = (container.spec, &container.status.image) else { continue };
        let has_ended = || container.terminated().is_some() || version.is_terminal();
        if image != spec.image() && !(has_ended() && had(version, before, spec.name(), |former| former == image)) {
            let message = format_args!("nothing has run yet, so there is no image but that of the spec, {}", spec.image());
            report.add(container.path("image"), image, message);
        }
    }
}

fn begins_with_known_image(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if version.arrival != Arrival::Next {
        hold_to_generations(version, None, report);
    }
}

fn shows_known_image(change: &Change<'_>, report: &mut Report<'_, '_>) {
    hold_to_generations(change.new, Some(change.old), report);
    for (old, new) in change.both().filter(is_same_instance) {
        let (before, after) = (&old.status.image, &new.status.image);
        if before != after {
            report.change(new.path("image"), before, after, "an instance runs one image for all its life");
        }
    }
}

fn hold_to_generations(version: &Version<'_>, before: Option<&Version<'_>>, report: &mut Report<'_, '_>) {
    for container in version.containers().filter(|container| !container.status.container_id.is_empty()) {
        let (Some(spec), image) = (container.spec, &container.status.image) else { continue };
        let is_it = |given: &str| is_reported_as(given, image);
        if !is_it(spec.image()) && !had(version, before, spec.name(), is_it) {
            let message = format_args!("the container never had this image in its spec; now it has {}", spec.image());
            report.add(container.path("image"), image, message);
        }
    }
}

fn is_same_instance((old, new): &(Container<'_>, Container<'_>)) -> bool {
    !new.status.container_id.is_empty() && old.status.container_id == new.status.container_id
}
