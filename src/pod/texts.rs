//! Texts of a Pod: ids, addresses, messages. They live aside, in a store that exists only if a text came.

use super::Pod;
use super::container::{Attempt, InstanceStage};
use super::published::PodReason;
use crate::api::PodCondition;
use crate::rules::backoff::Backoff;
use crate::spec::{ContainerIndex, Spec};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// How many instances of a container keep their texts: the newest two, and those that `state` and `lastState` may show.
const KEPT: usize = 4;

/// The texts of one instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InstanceTexts {
    pub(crate) attempt: Attempt,
    pub(crate) id: String,
    pub(crate) image: String,
    pub(crate) image_id: String,
    /// A reason that is not in the vocabulary.
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// The texts of one container.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ContainerTexts {
    pub(crate) instances: Vec<InstanceTexts>,
    /// Why the last start failed, for humans.
    pub(crate) failure: String,
    /// The same in the published status.
    pub(crate) shown_failure: String,
}

impl ContainerTexts {
    pub(crate) fn of(&self, attempt: Attempt) -> Option<&InstanceTexts> {
        self.instances.iter().find(|texts| texts.attempt == attempt)
    }

    /// The texts of this instance, made if there are none; those of the oldest one that the status does not show give way.
    pub(crate) fn entry(&mut self, attempt: Attempt, shown: [Option<Attempt>; 3]) -> &mut InstanceTexts {
        if let Some(n) = self.instances.iter().position(|texts| texts.attempt == attempt) {
            return &mut self.instances[n];
        }
        if self.instances.len() >= KEPT
            && let Some(oldest) = self.instances.iter().position(|texts| !shown.contains(&Some(texts.attempt)))
        {
            self.instances.remove(oldest);
        }
        self.instances.push(InstanceTexts { attempt, ..InstanceTexts::default() });
        let last = self.instances.len() - 1;
        &mut self.instances[last]
    }
}

/// All texts of a Pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts {
    containers: Vec<ContainerTexts>,
    /// Back-offs of images whose pull has failed: containers of one image share the window.
    image_backoffs: Vec<(String, Backoff)>,
    /// Addresses of the newest sandbox.
    pub(crate) sandbox_ips: String,
    /// Addresses in the published status.
    pub(crate) pod_ips: String,
    /// `status.reason` where it is not the kubelet's own word.
    pub(crate) reason: String,
    /// `status.message`.
    pub(crate) message: String,
    /// `status.reason`, as word and text, and `status.message` of a kill or a refusal: they show with the terminal phase.
    pub(crate) held: (PodReason, String, String),
    /// Conditions of other writers, in the API's order.
    pub(crate) foreign: Vec<PodCondition>,
    /// `status.nominatedNodeName`.
    pub(crate) nominated_node_name: String,
}

impl Texts {
    pub(crate) fn container(&self, container: ContainerIndex) -> Option<&ContainerTexts> {
        self.containers.get(container.get())
    }

    pub(crate) fn container_mut(&mut self, container: ContainerIndex) -> &mut ContainerTexts {
        if self.containers.len() <= container.get() {
            self.containers.resize(container.get() + 1, ContainerTexts::default());
        }
        &mut self.containers[container.get()]
    }
}

impl Pod {
    pub(crate) fn note_identity(&mut self, container: ContainerIndex, attempt: Attempt, id: &str, image_id: &str) {
        if id.is_empty() && image_id.is_empty() {
            return;
        }
        // If the spec has changed since it was asked for, the last build knows what was meant.
        let now = self.spec.container(container);
        let then = self.shown_spec.containers().get(container.get()).filter(|_| now.hash() != self.work.creating);
        let image = then.unwrap_or(now).image().into();
        let texts = self.texts.make().container_mut(container).entry(attempt, self.slots[container.get()].shown_attempts());
        texts.image = image;
        id.clone_into(&mut texts.id);
        image_id.clone_into(&mut texts.image_id);
    }

    /// The words of an end; told twice, the first count.
    pub(crate) fn note_end(&mut self, container: ContainerIndex, attempt: Attempt, message: &str, reason: &str) {
        let ended = self.slots[container.get()].newest().stage == InstanceStage::Exited;
        if !ended && (!message.is_empty() || !reason.is_empty()) {
            let texts = self.texts.make().container_mut(container).entry(attempt, self.slots[container.get()].shown_attempts());
            message.clone_into(&mut texts.message);
            reason.clone_into(&mut texts.reason);
        }
    }
}

/// The store, if there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TextStore(Option<Box<Texts>>);

impl TextStore {
    pub(crate) fn get(&self) -> Option<&Texts> {
        self.0.as_deref()
    }

    /// The store, made if there is none.
    pub(crate) fn make(&mut self) -> &mut Texts {
        self.0.get_or_insert_default()
    }

    /// The store if it is there, or if there is a text to keep.
    pub(crate) fn for_text(&mut self, text: &str) -> Option<&mut Texts> {
        if text.is_empty() { self.0.as_deref_mut() } else { Some(self.make()) }
    }

    pub(crate) fn container(&self, container: ContainerIndex) -> Option<&ContainerTexts> {
        self.get()?.container(container)
    }

    /// Publishes why the last start of this container failed. Whether that is news.
    pub(crate) fn show_failure(&mut self, container: ContainerIndex) -> bool {
        let Some(texts) = self.0.as_mut().and_then(|texts| texts.containers.get_mut(container.get())) else {
            return false;
        };
        let changed = texts.shown_failure != texts.failure;
        if changed {
            texts.shown_failure.clone_from(&texts.failure);
        }
        changed
    }

    /// The back-off of this container's image, if a pull has failed.
    pub(crate) fn image_backoff(&mut self, spec: &Spec, container: ContainerIndex) -> Option<&mut Backoff> {
        let image = spec.container(container).image();
        self.0.as_mut()?.image_backoffs.iter_mut().find(|(known, _)| known == image).map(|(_, backoff)| backoff)
    }

    /// The back-off of this container's image, made if there is none.
    pub(crate) fn make_image_backoff(&mut self, spec: &Spec, container: ContainerIndex) -> &mut Backoff {
        let image = spec.container(container).image();
        let list = &mut self.make().image_backoffs;
        let n = list.iter().position(|(known, _)| known == image).unwrap_or_else(|| {
            list.push((image.into(), Backoff::default()));
            list.len() - 1
        });
        &mut list[n].1
    }

    /// Keeps the windows of the images that the spec still has.
    pub(crate) fn forget_other_images(&mut self, spec: &Spec) {
        if let Some(texts) = &mut self.0 {
            texts.image_backoffs.retain(|(image, _)| spec.containers().iter().any(|container| container.image() == image));
        }
    }
}
