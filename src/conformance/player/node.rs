//! What the node of a play decides: whom it lets in, whom it ends. The decisions are [`crate::node`]'s, the settings the scenario's.

use super::{Input, Observer, Player};
use crate::conformance::scenario::{Kubelet, ShutdownGrace, Verb};
use crate::gates::Gates;
use crate::node::admission::{self, Admission, Rejection};
use crate::node::eviction;
use crate::node::shutdown::{self, Shutdown, ShutdownConfig};
use crate::pod::{Change, Event};
use crate::rules::ending::Ending;
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;

impl<O: Observer> Player<'_, O> {
    /// The kubelet's admission, if there is a kubelet.
    pub(super) fn admit(&mut self) {
        self.waiting.admit = !self.kubelet_up || self.is_refused_later();
        if self.waiting.admit || self.gone {
            return;
        }
        let admission = match &self.scenario.node.admission {
            Some(reason) => Admission::Rejected(Rejection::Other { reason: reason.clone(), message: String::new() }),
            None => {
                let node = admission::Node {
                    os: self.scenario.node.os.as_deref().unwrap_or("linux"),
                    labels: self.labels.as_ref(),
                    is_shutting_down: self.shutdown.is_some(),
                    // A kubelet learns of no other Pods than those of its node.
                    ..admission::Node::open(&self.object.spec.node_name)
                };
                admission::admit(&self.object, &node, &[], &self.scenario.gates)
            }
        };
        self.inputs.push_back(match admission {
            Admission::Admitted(_) => Input::Event(Event::Admitted),
            Admission::Rejected(rejection) => Input::Rejected(rejection),
        });
    }

    /// Whether the restarted kubelet of a recording refuses the Pod, which the script tells only by what follows from it ([`Self::evict`]).
    fn is_refused_later(&self) -> bool {
        let ran = self.object.status.start_time.is_some();
        let mut ahead = self.steps_ahead().filter_map(|verb| match verb {
            Verb::Evict { disruption_target, .. } => Some(self.is_refusal(*disruption_target)),
            Verb::StopKubelet {} | Verb::RestartKubelet { .. } | Verb::RebootNode { .. } => Some(false),
            _ => None,
        });
        ran && ahead.next().unwrap_or(false)
    }

    /// An eviction that is no disruption is for the Pod's own excess; a Pod without any limit to exceed was refused at admission, and
    /// what follows is the end of what ran of it.
    fn is_refusal(&self, disruption_target: bool) -> bool {
        !disruption_target && !eviction::has_storage_limit(&self.object.spec)
    }

    /// The kubelet evicts the Pod, or has refused it. Whether this player knows such an eviction.
    pub(super) fn evict(&mut self, reason: &str, grace_period_seconds: Option<i64>, disruption_target: bool) -> bool {
        let ending = if disruption_target { Ending::NodePressure } else { Ending::StorageLimit };
        if self.kubelet_up && self.waiting.admit && self.is_refusal(disruption_target) {
            self.waiting.admit = false;
            self.inputs.push_back(Input::Rejected(Rejection::Other { reason: reason.into(), message: String::new() }));
        } else if reason == ending.reason() {
            self.end(ending, grace_period_seconds);
        } else {
            return false;
        }
        true
    }

    /// The kubelet ends the Pod.
    pub(super) fn end(&mut self, ending: Ending, grace_period_seconds: Option<i64>) {
        self.inputs.push_back(Input::Change(Change::Kill { ending, message: String::new(), grace_period_seconds }));
    }

    /// Graceful node shutdown begins. The one Pod is in the first group that has Pods, whose turn comes at once.
    pub(super) fn shut_down(&mut self) {
        let config = shutdown_config(&self.scenario.kubelet, &self.scenario.gates);
        let is_active = self.machine.as_ref().is_some_and(|machine| machine.stage().could_have_running_containers());
        if !self.kubelet_up || !config.is_enabled() {
            return;
        }
        let pods: Vec<_> = is_active.then_some(&self.object).into_iter().collect();
        let shutdown = Shutdown::begin(&config, self.now, &pods);
        self.inputs.extend(shutdown.kills().iter().map(|kill| Input::Change(kill.clone().into_change())));
        self.shutdown = Some(shutdown);
    }
}

fn shutdown_config(kubelet: &Kubelet, gates: &Gates) -> ShutdownConfig {
    let by_priority: Vec<_> = kubelet
        .shutdown_grace_period_by_pod_priority
        .iter()
        .map(|&ShutdownGrace { priority, shutdown_grace_period_seconds: seconds }| shutdown::ShutdownGrace { priority, seconds })
        .collect();
    let (whole, critical) = (kubelet.shutdown_grace_period, kubelet.shutdown_grace_period_critical_pods);
    ShutdownConfig::new(whole.unwrap_or(Span::ZERO), critical.unwrap_or(Span::ZERO), &by_priority, gates)
}
