//! The controllers of a play: taint eviction, node lifecycle, Pod garbage collection. What they decide is [`crate::cluster`]'s.

use super::{Observer, Player, Timer};
use crate::api::{ConditionStatus, ConditionType, Node, NodeCondition, PodCondition, Taint};
use crate::cluster::{self, Disruption, GarbageReason, PodGc, TaintEviction, pod_gc};
use crate::conformance::scenario::Scenario;
use alloc::string::String;
use alloc::vec::Vec;

/// The node as the API server has it, and what the controllers remember.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    /// `None` once it is deleted.
    node: Option<Node>,
    taint_eviction: TaintEviction,
    gc: PodGc,
    /// The collector acts by itself; in a replay the recording says when.
    collects: bool,
}

impl Cluster {
    pub(super) fn new(scenario: &Scenario, node_name: &str) -> Self {
        let mut node = Node::default();
        let bound_to = &scenario.pod.spec.node_name;
        node.metadata.name = if bound_to.is_empty() { node_name.into() } else { bound_to.clone() };
        let ready =
            NodeCondition { type_: "Ready".into(), status: scenario.node.ready.into(), last_transition_time: None, reason: String::new() };
        node.status.conditions.push(ready);
        Self { node: Some(node), taint_eviction: TaintEviction::default(), gc: PodGc::default(), collects: !scenario.is_replay() }
    }
}

impl<O: Observer> Player<'_, O> {
    /// The node gets a taint.
    pub(super) fn taint(&mut self, key: &str, value: &str, effect: &str) {
        let taint = Taint { key: key.into(), value: value.into(), effect: effect.into(), time_added: Some(self.now) };
        if let Some(node) = &mut self.cluster.node {
            node.spec.taints.retain(|known| (known.key.as_str(), known.effect.as_str()) != (key, effect));
            node.spec.taints.push(taint);
        }
        self.look_at_taints();
    }

    /// The node loses a taint.
    pub(super) fn untaint(&mut self, key: &str, effect: &str) {
        if let Some(node) = &mut self.cluster.node {
            node.spec.taints.retain(|known| (known.key.as_str(), known.effect.as_str()) != (key, effect));
        }
        self.look_at_taints();
    }

    /// The taint-eviction controller sees the taints of the node and the tolerations of the Pod.
    pub(super) fn look_at_taints(&mut self) {
        let Some(node) = self.cluster.node.as_ref().filter(|_| self.stored) else { return };
        // The tests behind the scenarios leave a node out of service to the garbage collector alone; a cluster does not.
        let counts = |taint: &&Taint| !self.cluster.collects || taint.key != pod_gc::OUT_OF_SERVICE;
        let taints: Vec<Taint> = node.spec.taints.iter().filter(counts).cloned().collect();
        // The manifests of the files lack what the admission plugin adds.
        let mut tolerations = self.object.spec.tolerations.clone();
        cluster::add_default_tolerations(&mut tolerations);
        self.cluster.taint_eviction.look(self.now, &tolerations, &taints);
        if let Some(due) = self.cluster.taint_eviction.due() {
            self.at_time(due, Timer::TaintEviction);
        }
    }

    pub(super) fn taint_eviction(&mut self) {
        if self.cluster.taint_eviction.due().is_some_and(|due| due <= self.now) {
            self.cluster.taint_eviction.done();
            self.disrupt(Disruption::DeletionByTaintManager);
            self.delete_after_inputs(None);
        }
    }

    /// A controller disrupts the Pod: the condition that comes before the deletion.
    pub(super) fn disrupt(&mut self, disruption: Disruption) {
        self.set_condition(disruption.condition(self.now, &self.object.metadata));
    }

    /// A client patches one condition.
    pub(super) fn patch_condition(&mut self, type_: ConditionType, status: ConditionStatus, reason: &str) {
        self.set_condition(PodCondition {
            type_,
            observed_generation: 0,
            status,
            last_probe_time: None,
            last_transition_time: Some(self.now.truncated()),
            reason: reason.into(),
            message: String::new(),
        });
    }

    /// The node controller has lost the node.
    pub(super) fn node_lost(&mut self) {
        if let Some(ready) = self.cluster.node.as_mut().and_then(|node| node.status.conditions.first_mut()) {
            ready.status = ConditionStatus::Unknown;
        }
        if let Some(condition) = cluster::not_ready(self.now, &self.object) {
            self.set_condition(condition);
        }
    }

    pub(super) fn delete_node(&mut self) {
        self.cluster.node = None;
    }

    /// A round of the Pod garbage collector, which sees at once what changes.
    pub(super) fn collect_garbage(&mut self) {
        if !self.stored || !self.cluster.collects {
            return;
        }
        let nodes: Vec<&Node> = self.cluster.node.iter().collect();
        let pods = [&self.object];
        let gone = self.cluster.gc.look(self.now, &pods, &nodes);
        let garbage = self.cluster.gc.collect(&pods, &nodes, &gone).first().map(|garbage| garbage.why);
        match garbage {
            Some(why) => self.collect(why),
            None => {
                if let Some(at) = self.cluster.gc.next_look() {
                    self.at_time(at, Timer::CollectGarbage);
                }
            }
        }
    }

    /// The collector removes the Pod.
    pub(super) fn collect(&mut self, why: GarbageReason) {
        if let Some(status) = why.patch(self.now, &self.object) {
            self.put_failed(status);
        }
        self.delete_after_inputs(Some(0));
    }
}
