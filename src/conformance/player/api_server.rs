//! The API object of a play: what the API server stores and a watcher sees.

use super::{Input, Observer, Player};
use crate::api::{self, EventType, PodCondition};
use crate::cluster::{self, DeletionRequest};
use crate::conformance::record::What;
use crate::pod::{Change, Event};
use crate::spec::{Spec, apply_defaults, validate_ephemeral_update, validate_update};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde_json::Value;

impl<O: Observer> Player<'_, O> {
    /// The machine's status is written, if there is something in it that is not stored.
    pub(super) fn publish_status(&mut self) {
        if let Some(machine) = &self.machine {
            let status = machine.status().to_owned();
            if self.stored && is_same(&status, &self.object.status) {
                return;
            }
            self.object.status = status;
        }
        self.publish();
    }

    /// The object as it is now reaches the watchers.
    pub(super) fn publish(&mut self) {
        // Nobody can write what is gone.
        if self.gone {
            return;
        }
        let event = if self.stored { EventType::Modified } else { EventType::Added };
        self.stored = true;
        self.next_version();
        let at = self.at();
        self.observer.published(at, event, &self.object);
        self.note(What::Published(Box::new(self.object.clone())));
        self.status_seen();
    }

    /// Each write has a version of its own, the removal too.
    fn next_version(&mut self) {
        self.object.metadata.resource_version = (self.record.entries.len() + 1).to_string();
    }

    /// The object is gone.
    pub(super) fn removed(&mut self) {
        if core::mem::take(&mut self.stored) {
            self.gone = true;
            self.next_version();
            let at = self.at();
            self.observer.published(at, EventType::Deleted, &self.object);
            self.note(What::Removed);
            self.inputs.push_back(Input::Event(Event::ObjectRemoved));
        }
    }

    /// A client (or the kubelet, with 0) deletes the object.
    pub(super) fn delete(&mut self, grace_period_seconds: Option<i64>) {
        if !self.stored {
            return;
        }
        let (meta, spec, phase) = (&self.object.metadata, &self.object.spec, self.object.status.phase);
        let verdict = cluster::delete(self.now, &DeletionRequest { meta, spec, phase, grace_period_seconds });
        if let Some((at, grace, generation)) = verdict.update {
            let meta = &mut self.object.metadata;
            let same = (meta.deletion_timestamp, meta.deletion_grace_period_seconds) == (Some(at), Some(grace));
            (meta.deletion_timestamp, meta.deletion_grace_period_seconds) = (Some(at), Some(grace));
            meta.generation = generation;
            if !same {
                self.publish();
            }
            self.inputs.push_back(Input::Change(Change::Deletion { at, grace_period_seconds: grace, generation }));
            self.sim.abort(super::KEY);
            self.fail_update();
        }
        if verdict.remove {
            self.removed();
        }
    }

    /// A client changes the spec. Whether the API server takes it.
    pub(super) fn change_spec(&mut self, change: impl FnOnce(&mut api::PodSpec)) -> bool {
        let mut spec = self.object.spec.clone();
        change(&mut spec);
        apply_defaults(&mut spec);
        if validate_update(&self.object.spec, &spec, &self.scenario.gates).is_err() {
            return false;
        }
        self.put_spec(spec);
        true
    }

    /// A client adds an ephemeral container.
    pub(super) fn add_ephemeral(&mut self, container: &api::Container) -> bool {
        let mut spec = self.object.spec.clone();
        spec.ephemeral_containers.push(container.clone());
        apply_defaults(&mut spec);
        if validate_ephemeral_update(&self.object.spec, &spec, &self.scenario.gates).is_err() {
            return false;
        }
        self.put_spec(spec);
        true
    }

    pub(super) fn put_spec(&mut self, spec: api::PodSpec) {
        if spec == self.object.spec || !self.stored {
            return;
        }
        self.object.spec = spec;
        self.object.metadata.generation += 1;
        // The machine's spec is that of its birth with the changes since; the node's name is the binding's affair.
        self.spec = Arc::new(Spec::as_given(self.object.spec.clone()));
        self.sim.respec(super::KEY, &self.spec);
        self.publish();
        let change = Change::Spec { spec: Arc::clone(&self.spec), generation: self.object.metadata.generation };
        self.inputs.push_back(Input::Change(change));
        // Its tolerations may be others.
        self.look_at_taints();
    }

    /// A client changes metadata.
    pub(super) fn change_meta(&mut self, patch: &Value) -> bool {
        let Ok(mut value) = serde_json::to_value(&self.object.metadata) else { return false };
        merge(&mut value, patch);
        let Ok(mut meta) = serde_json::from_value::<api::ObjectMeta>(value) else { return false };
        // What the API server writes itself, no client changes.
        let own = &self.object.metadata;
        (meta.generation, meta.creation_timestamp) = (own.generation, own.creation_timestamp);
        (meta.deletion_timestamp, meta.deletion_grace_period_seconds) = (own.deletion_timestamp, own.deletion_grace_period_seconds);
        meta.uid.clone_from(&own.uid);
        meta.resource_version.clone_from(&own.resource_version);
        if self.stored && meta != self.object.metadata {
            self.object.metadata = meta;
            self.publish();
            if cluster::removable(&self.object.metadata) {
                self.removed();
            }
        }
        true
    }

    /// A finalizer is taken off; the object may go now.
    pub(super) fn remove_finalizer(&mut self, finalizer: &str) {
        self.object.metadata.finalizers.retain(|known| known != finalizer);
        if cluster::removable(&self.object.metadata) {
            self.removed();
        } else if self.stored {
            self.publish();
        }
    }

    /// Another writer sets a condition.
    pub(super) fn set_condition(&mut self, condition: PodCondition) {
        let mut status = self.object.status.clone();
        let type_ = condition.type_.clone();
        cluster::put_condition(&mut status, condition);
        if let Some(condition) = status.conditions.into_iter().find(|known| known.type_ == type_) {
            self.write_condition(condition);
        }
    }

    fn write_condition(&mut self, condition: PodCondition) {
        if !self.stored {
            return;
        }
        cluster::put_condition(&mut self.object.status, condition.clone());
        self.publish();
        // What the kubelet makes of it is another write.
        if self.machine.is_some() && !condition.type_.is_kubelet_owned() {
            self.inputs.push_back(Input::Change(Change::Condition(condition)));
        }
    }

    /// A controller declares the Pod Failed, with the rest of this status.
    pub(super) fn put_failed(&mut self, status: api::PodStatus) {
        if self.machine.is_some() {
            let old = &self.object.status.conditions;
            let condition = status.conditions.into_iter().find(|condition| !old.contains(condition));
            self.inputs.push_back(Input::Change(Change::Failed { condition }));
        } else {
            self.object.status = status;
            self.publish();
        }
    }

    /// Another writer patches the status: conditions by their type, the rest as JSON merge patch. A machine, whose status this is, is told
    /// reason, message and conditions; what else is written is its own and would be written over.
    pub(super) fn patch_status(&mut self, patch: &Value) -> bool {
        let mut patch = patch.clone();
        let conditions = patch.as_object_mut().and_then(|patch| patch.remove("conditions")).unwrap_or_default();
        let Ok(conditions) = serde_json::from_value::<Option<Vec<PodCondition>>>(conditions) else { return false };
        let Ok(mut value) = serde_json::to_value(&self.object.status) else { return false };
        merge(&mut value, &patch);
        let Ok(status) = serde_json::from_value::<api::PodStatus>(value) else { return false };
        if !self.stored {
            return false;
        }
        if self.machine.is_none() {
            self.object.status = status;
            self.publish();
        } else if (&status.reason, &status.message) != (&self.object.status.reason, &self.object.status.message) {
            let api::PodStatus { reason, message, .. } = status;
            self.inputs.push_back(Input::Change(Change::Message { reason, message }));
        }
        for condition in conditions.into_iter().flatten() {
            self.set_condition(condition);
        }
        true
    }

    /// Deletes once the machine knows what was written before.
    pub(super) fn delete_after_inputs(&mut self, grace: Option<i64>) {
        while let Some(input) = self.inputs.pop_front() {
            self.tell(&input);
        }
        self.delete(grace);
    }
}

/// Whether two statuses say the same: the order of conditions is no reason to write.
fn is_same(one: &api::PodStatus, other: &api::PodStatus) -> bool {
    let rest = |status: &api::PodStatus| api::PodStatus { conditions: Vec::new(), ..status.clone() };
    one.conditions.len() == other.conditions.len()
        && one.conditions.iter().all(|condition| other.conditions.contains(condition))
        && rest(one) == rest(other)
}

/// JSON merge patch (RFC 7386).
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let (Value::Object(target), Value::Object(patch)) = (&mut *target, patch) else {
        *target = patch.clone();
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
