//! What most Pods do not have, or not for long: it lies aside, behind one pointer.

use super::KillRequest;
use super::ledger::Resizing;
use super::texts::Texts;
use crate::spec::Spec;
use crate::time::Time;
use alloc::boxed::Box;
use alloc::sync::Arc;

/// What lies aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Aside {
    pub(crate) texts: Texts,
    /// There is one if a resize ever came.
    pub(crate) resizing: Option<Box<Resizing>>,
    /// Came with this generation while a sync ran; in force from the next one on.
    pub(crate) next_spec: Option<(Arc<Spec>, i64)>,
    /// The spec as the last build knew it, if another one is in force: its images are in the published status.
    pub(crate) shown_spec: Option<Arc<Spec>>,
    /// Eviction, preemption or node shutdown.
    pub(crate) kill: Option<KillRequest>,
    /// When the init container that begins anew in a new sandbox had ended last: the sync has removed its records.
    pub(crate) purged: Option<Time>,
}

/// What lies aside, if anything does. It is made for the first text, other spec, resize or kill, for the back-off of an image that could not be
/// pulled, and for the records of an init container that a new sandbox replaces; of all this only the last two come with an event without text.
#[derive(Clone, Debug, Default)]
pub(crate) struct MaybeAside(Option<Box<Aside>>);

impl From<Aside> for MaybeAside {
    fn from(aside: Aside) -> Self {
        Self((aside != Aside::default()).then(|| Box::new(aside)))
    }
}

/// Nothing, and a place for it, are the same.
impl PartialEq for MaybeAside {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => one == other,
            (Some(one), None) | (None, Some(one)) => **one == Aside::default(),
        }
    }
}

impl MaybeAside {
    pub(crate) fn get(&self) -> Option<&Aside> {
        self.0.as_deref()
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut Aside> {
        self.0.as_deref_mut()
    }

    /// All of it, made if there is nothing.
    pub(crate) fn make(&mut self) -> &mut Aside {
        self.0.get_or_insert_default()
    }

    pub(crate) fn texts(&self) -> Option<&Texts> {
        self.get().map(|aside| &aside.texts)
    }

    pub(crate) fn texts_mut(&mut self) -> Option<&mut Texts> {
        self.get_mut().map(|aside| &mut aside.texts)
    }

    /// The texts, made if there are none.
    pub(crate) fn make_texts(&mut self) -> &mut Texts {
        &mut self.make().texts
    }

    pub(crate) fn resizing(&self) -> Option<&Resizing> {
        self.get()?.resizing.as_deref()
    }

    pub(crate) fn resizing_mut(&mut self) -> Option<&mut Resizing> {
        self.get_mut()?.resizing.as_deref_mut()
    }

    /// The resize, made if there is none, with everything as in this spec.
    pub(crate) fn make_resizing(&mut self, spec: &Arc<Spec>) -> &mut Resizing {
        self.make().resizing.get_or_insert_with(|| Resizing::new(spec))
    }

    pub(crate) fn next_spec(&self) -> Option<&(Arc<Spec>, i64)> {
        self.get()?.next_spec.as_ref()
    }

    pub(crate) fn take_next_spec(&mut self) -> Option<(Arc<Spec>, i64)> {
        self.get_mut()?.next_spec.take()
    }

    pub(crate) fn shown_spec(&self) -> Option<&Arc<Spec>> {
        self.get()?.shown_spec.as_ref()
    }

    /// The published status is of this spec; `None`: of the one in force.
    pub(crate) fn show_spec(&mut self, spec: Option<Arc<Spec>>) {
        if let Some(aside) = self.get_mut() {
            aside.shown_spec = spec;
        } else if spec.is_some() {
            self.make().shown_spec = spec;
        }
    }

    pub(crate) fn kill(&self) -> Option<KillRequest> {
        self.get()?.kill
    }

    pub(crate) fn kill_mut(&mut self) -> Option<&mut KillRequest> {
        self.get_mut()?.kill.as_mut()
    }

    pub(crate) fn purged(&self) -> Option<Time> {
        self.get()?.purged
    }

    pub(crate) fn note_purged(&mut self, ended: Option<Time>) {
        if let Some(aside) = self.get_mut() {
            aside.purged = ended;
        } else if ended.is_some() {
            self.make().purged = ended;
        }
    }
}
