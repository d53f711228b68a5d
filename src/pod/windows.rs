//! The back-offs of a Pod by their keys, of which the image is a part: a container that gets another image and then the one before again finds
//! its windows as it left them (kubelet `GetBackoffKey`, image manager `EnsureImageExists`). The crash loop's key has the resources in it, too; with
//! those the kubelet begins anew.

use super::Pod;
use super::aside::MaybeAside;
use crate::rules::backoff::{Backoff, BackoffConfig};
use crate::rules::view::WaitingReason;
use crate::spec::{ContainerIndex, Spec};
use crate::time::Time;
use alloc::vec::Vec;

/// Forgets what is old.
fn collect_garbage<K>(windows: &mut Vec<(K, Backoff)>, config: &BackoffConfig, now: Time) {
    windows.retain_mut(|(_, window)| {
        window.collect_garbage(config, now);
        !window.is_none()
    });
}

impl Pod {
    /// Where the spec comes to be this one, the crash-loop windows are those of its images.
    pub(super) fn change_windows(&mut self, now: Time, spec: &Spec) {
        let config = self.node.crash_loop;
        for (container, (old, new)) in self.spec.indexes().zip(self.spec.containers().iter().zip(spec.containers())) {
            if old.hash() == new.hash() {
                continue;
            }
            if self.slots[container.get()].start_failure.names_image() {
                self.aside.make_texts().container_mut(container).remember_failed_image(old.image(), new.image());
            }
            let window = core::mem::take(&mut self.slots[container.get()].backoff);
            if !window.is_none() {
                self.aside.make_texts().container_mut(container).other_backoffs.push((old.hash(), window));
            }
            if self.aside.container(container).is_some_and(|texts| !texts.other_backoffs.is_empty()) {
                let others = &mut self.aside.make_texts().container_mut(container).other_backoffs;
                collect_garbage(others, &config, now);
                if let Some(n) = others.iter().position(|(hash, _)| *hash == new.hash()) {
                    self.slots[container.get()].backoff = others.swap_remove(n).1;
                }
            }
        }
    }

    /// The container has other resources now.
    pub(super) fn reset_windows(&mut self, container: ContainerIndex) {
        self.slots[container.get()].backoff = Backoff::default();
        if self.aside.container(container).is_some() {
            self.aside.make_texts().container_mut(container).other_backoffs.clear();
        }
    }
}

impl MaybeAside {
    /// The back-off of this container's image, if a pull has failed.
    pub(super) fn image_backoff(&mut self, spec: &Spec, container: ContainerIndex) -> Option<&mut Backoff> {
        let image = spec.container(container).image();
        self.texts_mut()?.image_backoffs.iter_mut().find(|(known, _)| known == image).map(|(_, backoff)| backoff)
    }

    /// The pull of this container's image failed.
    pub(super) fn image_pull_failed(&mut self, spec: &Spec, container: ContainerIndex, config: &BackoffConfig, now: Time) {
        let image = spec.container(container).image();
        let texts = self.make_texts();
        let n = texts.image_backoffs.iter().position(|(known, _)| known == image).unwrap_or_else(|| {
            // There may be very many in the life of a Pod whose image is changed again and again.
            collect_garbage(&mut texts.image_backoffs, config, now);
            texts.pull_errors.retain(|(image, _)| texts.image_backoffs.iter().any(|(known, _)| known == image));
            texts.image_backoffs.push((image.into(), Backoff::default()));
            texts.image_backoffs.len() - 1
        });
        texts.image_backoffs[n].1.image_pull_failed(config, now);
    }

    /// Why the last pull of an image failed, for whichever container that was; empty if it is not known.
    pub(super) fn pull_error(&self, image: &str) -> &str {
        let errors = self.texts().map_or(&[][..], |texts| &texts.pull_errors);
        errors.iter().find(|(known, _)| known == image).map_or("", |(_, error)| error)
    }

    /// A pull of an image failed, or begins: then nothing is known of it (kubelet image manager `prevPullErrMsg`).
    pub(super) fn put_pull_error(&mut self, image: &str, reason: WaitingReason, message: &str) {
        if let Some(texts) = self.for_text(message) {
            texts.pull_errors.retain(|(known, _)| known != image);
            if !message.is_empty() {
                texts.pull_errors.push((image.into(), alloc::format!("{}: {message}", reason.as_str())));
            }
        }
    }
}
