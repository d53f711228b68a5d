//! Texts of a Pod: ids, addresses, messages, and what is kept by image. They live aside, in a store that exists only if a text came.

use super::Pod;
use super::aside::MaybeAside;
use super::container::{Attempt, InstanceFacts, InstanceStage, MOST_REMOVALS, Slot};
use super::left_out::is_default;
use super::published::PodReason;
use super::records::OlderInstance;
use crate::api::PodCondition;
use crate::rules::backoff::Backoff;
use crate::rules::termination_message;
use crate::rules::view::WaitingReason;
use crate::spec::ContainerIndex;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// How many instances of a container keep their texts: the newest two, and those that `state` and `lastState` may show. Those whose
/// records are being removed come on top: by their ids a re-list that still has them is understood.
const KEPT: usize = 4;

/// The texts of one instance.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct InstanceTexts {
    pub(crate) attempt: Attempt,
    #[serde(rename = "containerID", skip_serializing_if = "is_default")]
    pub(crate) id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) image: String,
    #[serde(rename = "imageID", skip_serializing_if = "is_default")]
    pub(crate) image_id: String,
    /// A reason that is not in the vocabulary.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) message: String,
}

/// The image that a status shows of an instance whose image has not been told.
pub(super) fn shown_image<'a>(image: &'a str, of_spec: &'a str) -> &'a str {
    if image.is_empty() { of_spec } else { image }
}

/// The texts of one container.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ContainerTexts {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) instances: Vec<InstanceTexts>,
    /// Instances before the newest two, newest first.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) older: Vec<OlderInstance>,
    /// Back-offs of the container with other images, by the hash that it had with them.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) other_backoffs: Vec<(u32, Backoff)>,
    /// Why the last start failed, for humans.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) failure: String,
    /// The same in the published status.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) shown_failure: String,
    /// The image that could not be had, if the spec has had another one since.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) failed_image: String,
    /// The same in the published status, if it is not the image shown there.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) shown_failed_image: String,
}

impl ContainerTexts {
    /// Why a start failed, of the container as the spec has it now.
    pub(super) fn put_failure(&mut self, message: &str) {
        message.clone_into(&mut self.failure);
        self.failed_image.clear();
    }

    /// A wait for an image goes on to speak of it until the next start is tried (kubelet `reasonCache`), though the container has another image now.
    pub(super) fn remember_failed_image(&mut self, before: &str, now: &str) {
        if self.failed_image.is_empty() {
            before.clone_into(&mut self.failed_image);
        }
        if self.failed_image == now {
            self.failed_image.clear();
        }
    }

    pub(crate) fn of(&self, attempt: Attempt) -> Option<&InstanceTexts> {
        self.instances.iter().find(|texts| texts.attempt == attempt)
    }

    /// The id of this instance, if it has one.
    pub(crate) fn id_of(&self, attempt: Attempt) -> Option<&str> {
        let newest = self.of(attempt).map(|texts| texts.id.as_str());
        let older = || self.older.iter().find(|older| older.facts.attempt == attempt).map(|older| older.id.as_str());
        newest.or_else(older).filter(|id| !id.is_empty())
    }

    /// The instance with this id.
    pub(crate) fn attempt_of(&self, id: &str) -> Option<Attempt> {
        let newest = self.instances.iter().find(|texts| texts.id == id).map(|texts| texts.attempt);
        newest.or_else(|| self.older.iter().find(|older| older.id == id).map(|older| older.facts.attempt))
    }

    /// The texts of this instance, made if there are none; those of the oldest ones that the status does not show give way.
    pub(crate) fn entry(&mut self, attempt: Attempt, slot: &Slot) -> &mut InstanceTexts {
        if let Some(n) = self.instances.iter().position(|texts| texts.attempt == attempt) {
            return &mut self.instances[n];
        }
        let shown = slot.shown_attempts();
        let needed = |attempt| slot.has(attempt) || slot.is_being_removed(attempt) || shown.contains(&Some(attempt));
        while self.count_kept(slot) >= KEPT {
            let Some(oldest) = self.instances.iter().position(|texts| !needed(texts.attempt)) else { break };
            self.instances.remove(oldest);
        }
        self.instances.push(InstanceTexts { attempt, ..InstanceTexts::default() });
        let last = self.instances.len() - 1;
        &mut self.instances[last]
    }
}

impl ContainerTexts {
    /// How many instances have texts and are not being removed.
    fn count_kept(&self, slot: &Slot) -> usize {
        self.instances.iter().filter(|texts| !slot.is_being_removed(texts.attempt)).count()
    }

    /// An older instance is being removed. It may be listed twice.
    pub(crate) fn drop_older(&mut self, attempt: Attempt, slot: &Slot) {
        while let Some(n) = self.older.iter().position(|older| older.facts.attempt == attempt) {
            self.take_older(n, slot);
        }
    }

    /// Takes an instance out of the older ones, because it is one of the newest two now or is being removed: its id is still known.
    pub(crate) fn take_older(&mut self, n: usize, slot: &Slot) -> InstanceFacts {
        let OlderInstance { facts, id } = self.older.remove(n);
        self.entry(facts.attempt, slot).id = id;
        facts
    }
}

/// All texts of a Pod.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Texts {
    #[serde(skip_serializing_if = "is_default")]
    containers: Vec<ContainerTexts>,
    /// What was told otherwise, mostly by a re-list, of instances that the status shows: the next build takes it over.
    #[serde(skip_serializing_if = "is_default")]
    observed: Vec<(ContainerIndex, InstanceTexts)>,
    /// Back-offs of images whose pull has failed: containers of one image share the window.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) image_backoffs: Vec<(String, Backoff)>,
    /// Why the last pull of an image failed: said again while the back-off refuses another one.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) pull_errors: Vec<(String, String)>,
    /// Attempts of the sandboxes before the newest, as the last re-list had them.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) older_sandboxes: Vec<u32>,
    /// Addresses of the newest sandbox.
    #[serde(rename = "sandboxIPs", skip_serializing_if = "is_default")]
    pub(crate) sandbox_ips: String,
    /// Addresses in the published status.
    #[serde(rename = "podIPs", skip_serializing_if = "is_default")]
    pub(crate) pod_ips: String,
    /// `status.reason` where it is not the kubelet's own word.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reason: String,
    /// `status.message`.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) message: String,
    /// `status.reason`, as word and text, and `status.message` of a kill or a refusal: they show with the terminal phase.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) held: (PodReason, String, String),
    /// Conditions of other writers, in the API's order.
    #[serde(rename = "conditions", skip_serializing_if = "is_default")]
    pub(crate) foreign: Vec<PodCondition>,
    /// `status.nominatedNodeName`.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) nominated_node_name: String,
}

impl Texts {
    pub(crate) fn container(&self, container: ContainerIndex) -> Option<&ContainerTexts> {
        self.containers.get(container.get())
    }

    /// Whether they can be those of these containers.
    pub(crate) fn fit(&self, slots: &[Slot]) -> bool {
        let fits = |(texts, slot): (&ContainerTexts, &Slot)| {
            let attempts = || texts.instances.iter().map(|texts| texts.attempt);
            let once = |attempt| attempts().filter(|&other| other == attempt).count() == 1;
            let was_made = |older: &OlderInstance| older.facts.stage != InstanceStage::Absent && older.facts.attempt < slot.next_attempt;
            texts.instances.len() <= KEPT + MOST_REMOVALS
                && texts.older.iter().all(was_made)
                && attempts().all(|attempt| attempt < slot.next_attempt && once(attempt))
        };
        let is_numbered = |(container, texts): &(ContainerIndex, InstanceTexts)| {
            slots.get(container.get()).is_some_and(|slot| texts.attempt < slot.next_attempt)
        };
        self.observed.iter().all(is_numbered) && self.containers.len() <= slots.len() && self.containers.iter().zip(slots).all(fits)
    }

    /// Whether the next build shows something else of an instance.
    pub(super) fn has_observed(&self, container: ContainerIndex, attempt: Attempt) -> bool {
        self.observed.iter().any(|(of, texts)| (*of, texts.attempt) == (container, attempt))
    }

    /// What the next build shows of an instance, if that is something else.
    pub(super) fn put_observed(&mut self, container: ContainerIndex, attempt: Attempt, texts: Option<InstanceTexts>) {
        let place = self.observed.iter().position(|(of, texts)| (*of, texts.attempt) == (container, attempt));
        match (place, texts) {
            (Some(place), Some(texts)) => self.observed[place].1 = texts,
            (Some(place), None) => drop(self.observed.remove(place)),
            (None, texts) => self.observed.extend(texts.map(|texts| (container, texts))),
        }
    }

    pub(crate) fn container_mut(&mut self, container: ContainerIndex) -> &mut ContainerTexts {
        if self.containers.len() <= container.get() {
            self.containers.resize(container.get() + 1, ContainerTexts::default());
        }
        &mut self.containers[container.get()]
    }
}

impl Pod {
    /// The identity of an instance that was made of a container with this hash.
    pub(crate) fn note_identity(&mut self, container: ContainerIndex, attempt: Attempt, hash: u32, id: &str, image_id: &str) {
        if id.is_empty() && image_id.is_empty() {
            return;
        }
        // If the spec has changed since it was asked for, the last build knows what was meant.
        let now = self.spec.container(container);
        let then = self.shown_spec().containers().get(container.get()).filter(|_| now.hash() != hash);
        let image = then.unwrap_or(now).image().into();
        let texts = self.aside.make_texts().container_mut(container).entry(attempt, &self.slots[container.get()]);
        texts.image = image;
        id.clone_into(&mut texts.id);
        image_id.clone_into(&mut texts.image_id);
    }

    /// The words of an end; told twice, the first count. If the status shows an end already, that a re-list has taken back, they come with the next build.
    pub(crate) fn note_end(&mut self, container: ContainerIndex, attempt: Attempt, message: &str, reason: &str) {
        let slot = &self.slots[container.get()];
        let ended = slot.newest().stage == InstanceStage::Exited;
        let containers = self.spec.containers().len();
        if !ended && (!message.is_empty() || !reason.is_empty()) {
            let all_texts = self.aside.make_texts();
            let known = all_texts.container_mut(container).entry(attempt, slot);
            let mut later = slot.shows_words_of(attempt, true, true).then(|| known.clone());
            let texts = later.as_mut().unwrap_or(known);
            termination_message::shown(message, containers).clone_into(&mut texts.message);
            reason.clone_into(&mut texts.reason);
            all_texts.put_observed(container, attempt, later);
        }
    }
}

impl MaybeAside {
    /// The texts if they are there, or if there is a text to keep.
    pub(crate) fn for_text(&mut self, text: &str) -> Option<&mut Texts> {
        if text.is_empty() { self.texts_mut() } else { Some(self.make_texts()) }
    }

    pub(crate) fn container(&self, container: ContainerIndex) -> Option<&ContainerTexts> {
        self.texts()?.container(container)
    }

    /// The instances before the newest two, newest first.
    pub(crate) fn older(&self, container: ContainerIndex) -> &[OlderInstance] {
        self.container(container).map_or(&[], |texts| &texts.older)
    }

    /// Publishes what re-lists have told otherwise of the instances shown. Whether there is any.
    #[inline]
    pub(crate) fn tell_observed(&mut self) -> bool {
        self.texts().is_some_and(|texts| !texts.observed.is_empty()) && self.take_over_observed()
    }

    #[cold]
    fn take_over_observed(&mut self) -> bool {
        let texts = self.make_texts();
        let mut is_news = false;
        for (container, observed) in core::mem::take(&mut texts.observed) {
            if let Some(shown) = texts.container_mut(container).instances.iter_mut().find(|shown| shown.attempt == observed.attempt) {
                *shown = observed;
                is_news = true;
            }
        }
        is_news
    }

    /// Publishes why the last start of this container failed. Whether that is news.
    pub(crate) fn show_failure(&mut self, container: ContainerIndex, reason: WaitingReason) -> bool {
        let Some(texts) = self.texts_mut().and_then(|texts| texts.containers.get_mut(container.get())) else {
            return false;
        };
        let words = texts.shown_failure != texts.failure;
        let image = texts.shown_failed_image != texts.failed_image;
        if words {
            texts.shown_failure.clone_from(&texts.failure);
        }
        if image {
            texts.shown_failed_image.clone_from(&texts.failed_image);
        }
        (words && reason != WaitingReason::ErrImageNeverPull) || (image && reason.names_image())
    }
}
