//! Vectors: questions put to the kubelet's own functions, and their answers.
//!
//! Each suite has a reader that renames and reshapes: it decodes the input, calls the function a user would call, and writes
//! the answer in the shape of the file. The comparison is one for all.
//!
//! Of the suites against which the kubelet's own speed is known, decoding and asking are two steps: the `…Case` here, which a bench can
//! ask as often as it likes.

mod compare;

mod actions;
mod backoff;
mod conditions;
mod container_hash;
mod container_status;
mod disruption;
mod grace;
mod phase;
mod pod_status;
mod pod_workers;
mod podgc;
mod probe;
mod qos;
mod restart;
mod status_manager;
mod termination_order;
mod trace;
mod transition;

pub use actions::ActionsCase;
pub use conditions::{ConditionsCase, FourConditions};
pub use container_status::ContainerStatusCase;
pub use phase::PhaseCase;
pub use pod_status::PodStatusCase;
pub use probe::{ProbeCase, ProbeTick, ProbeTicked};

use super::report::Outcome;
use crate::gates::{GateError, Gates};
use crate::{api, spec::Spec};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One line of a vector file.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Name of the suite.
    pub suite: String,
    /// Name of the case.
    pub id: String,
    #[serde(default)]
    gates: BTreeMap<String, bool>,
    input: Value,
    expect: Value,
}

/// A case that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The input has another shape than the suite's.
    #[error("the input does not have the shape of its suite: {0}")]
    Shape(#[from] serde_json::Error),
    /// A gate of the case is not known, or locked.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The machine cannot be told what the case tells.
    #[error(transparent)]
    Refused(#[from] crate::pod::TransitionError),
    /// The input names a container that its spec does not have.
    #[error("the spec has no container `{0}`")]
    NoContainer(String),
}

type Reader = fn(&Case) -> Result<Value, ReadError>;

/// The suites and their readers.
const SUITES: &[(&str, Reader)] = &[
    ("phase", phase::phase),
    ("conditions", conditions::conditions),
    ("restart", restart::restart),
    ("qos", qos::qos),
    ("container_status", container_status::container_status),
    ("actions", actions::actions),
    ("container_hash", container_hash::hash),
    ("backoff", backoff::backoff),
    ("backoff_config", backoff::config),
    ("effective_grace", grace::effective),
    ("grace", grace::kill),
    ("termination_order", termination_order::termination_order),
    ("probe", probe::probe),
    ("probe_ready", probe::probe_ready),
    ("trace", trace::trace),
    ("transition", transition::transition),
    ("pod_status", pod_status::pod_status),
    ("status_merge", status_manager::merge),
    ("status_ops", status_manager::ops),
    ("status_trace", status_manager::trace),
    ("disruption_kubelet", disruption::kubelet),
    ("disruption_eviction", disruption::eviction),
    ("disruption_preemption", disruption::preemption),
    ("disruption_shutdown", disruption::shutdown),
    ("podgc", podgc::podgc),
    ("pod_workers", pod_workers::pod_workers),
];

impl Case {
    /// Runs the case.
    pub fn run(&self) -> Outcome {
        let Some((_, reader)) = SUITES.iter().find(|(suite, _)| *suite == self.suite) else {
            return Outcome::NotImplemented;
        };
        match reader(self) {
            Ok(answer) => compare::compare(&self.expect, &answer),
            Err(error) => Outcome::Failed(Vec::from([alloc::format!("{error}")])),
        }
    }

    /// Whether it was put to a kubelet whose feature gates are those of Kubernetes 1.36.
    pub fn has_default_gates(&self) -> bool {
        self.gates.is_empty()
    }

    fn input<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        Ok(T::deserialize(&self.input)?)
    }

    fn gates(&self) -> Result<Gates, ReadError> {
        let mut gates = Gates::default();
        for (name, &on) in &self.gates {
            gates.set(name, on)?;
        }
        Ok(gates)
    }
}

/// The Pod of a case: its API object, and its spec as the kubelet takes it.
fn spec_of(pod: &api::Pod) -> Spec {
    Spec::as_given(pod.spec.clone())
}
