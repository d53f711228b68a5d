//! In-place resize in a play: the API server's answer, the node's verdict, and updates that fail, all as the script tells.

use super::{Input, Observer, Player};
use crate::cluster;
use crate::conformance::scenario::{Answer, ResizeOutcome};
use crate::pod::{Attempt, Event};
use crate::rules::actions::ResizedResource;
use crate::spec::{ContainerIndex, apply_defaults};
use serde_json::Value;

/// What the kubelet says of a resize that does not fit.
const NO_ROOM: &str = "the node has no room for it";

impl<O: Observer> Player<'_, O> {
    /// A client resizes the Pod. Whether the API server takes it.
    pub(super) fn resize(&mut self, patch: &Value, outcome: Option<ResizeOutcome>, wanted: Option<Answer>) -> bool {
        let Some(mut spec) = self.patched(patch) else { return false };
        apply_defaults(&mut spec);
        // Whether the node could ever give that much is not the Pod's affair: the script says so.
        if wanted == Some(Answer::Rejected) || cluster::resize(&self.object.spec, &spec, &self.scenario.gates).is_err() {
            return false;
        }
        self.world.resize.set(outcome);
        self.put_spec(spec);
        true
    }

    /// The spec with a patch whose containers are merged by name.
    fn patched(&self, patch: &Value) -> Option<crate::api::PodSpec> {
        let mut value = serde_json::to_value(&self.object.spec).ok()?;
        for (key, patch) in patch.as_object()? {
            match (patch, key.as_str()) {
                (Value::Array(patches), "containers" | "initContainers") => {
                    let all = value.get_mut(key)?.as_array_mut()?;
                    for patch in patches {
                        let own = all.iter_mut().find(|own| own.get("name") == patch.get("name"))?;
                        super::api_server::merge(own, patch);
                    }
                }
                _ => super::api_server::merge(&mut value, &serde_json::json!({ key.as_str(): patch })),
            }
        }
        serde_json::from_value(value).ok()
    }

    /// The node's allocation manager decides.
    pub(super) fn judge_resize(&mut self, generation: i64) {
        self.waiting.allocation = Some(generation);
        let event = match self.world.resize.get() {
            Some(ResizeOutcome::Deferred) => Event::ResizeDeferred { generation, message: NO_ROOM },
            Some(ResizeOutcome::Infeasible) => Event::ResizeInfeasible { generation, message: NO_ROOM },
            Some(ResizeOutcome::Done | ResizeOutcome::Error | ResizeOutcome::Withdrawn) | None => Event::ResizeAllocated { generation },
        };
        self.inputs.push_back(Input::Event(event));
    }

    /// What was deferred fits now.
    pub(super) fn resize_fits(&mut self) {
        self.world.resize.set(Some(ResizeOutcome::Done));
        if let Some(generation) = self.waiting.allocation {
            self.inputs.push_back(Input::Event(Event::ResizeAllocated { generation }));
        }
    }

    /// An update that fails at the next [`fail_update`](Self::fail_update).
    pub(super) fn hold_update(&mut self, container: ContainerIndex, attempt: Attempt, resource: ResizedResource) {
        let message = "the container uses more than that";
        self.waiting.update = Some(Event::ContainerUpdateFailed { container, attempt, resource, message });
    }

    /// The update that was held fails.
    pub(super) fn fail_update(&mut self) {
        self.inputs.extend(self.waiting.update.take().map(Input::Event));
    }

    /// The kubelet looks again once it knows what has come in.
    pub(super) fn look_after_inputs(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            self.tell(&input);
        }
        self.look_again();
    }
}
