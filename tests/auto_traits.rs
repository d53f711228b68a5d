//! What crosses threads: the main types of the public surface can be sent, shared and moved, and a panic of the caller leaves it as it was. A
//! shard of a simulation is a thread with its own Pods; an agent keeps its Pods wherever its executor runs them.

#![allow(clippy::std_instead_of_alloc, reason = "a test has the standard library")]

use core::panic::{RefUnwindSafe, UnwindSafe};
use pod_lifecycle::backend::sim::{Note, Seeded, Sim, Steady};
use pod_lifecycle::backend::{Driver, PodRef, Told};
use pod_lifecycle::check::{Checker, Finding, Options, Rule, Tally};
use pod_lifecycle::cluster::{DeletionVerdict, PodGc, TaintEviction};
use pod_lifecycle::node::workers::{PodWorkers, SyncCall};
use pod_lifecycle::node::{Kill, admission, eviction, shutdown};
use pod_lifecycle::observation::{Observation, ObservedPod};
use pod_lifecycle::pod::{
    Action, Attempt, Change, ContainerView, Deadline, Event, Facts, NewPod, NodeConfig, Output, Pacing, RestoreError, Snapshot, StatusView,
    Transition, TransitionError,
};
use pod_lifecycle::rules::view::ApiStatuses;
use pod_lifecycle::spec::{ContainerSpec, InvalidSpec};
use pod_lifecycle::{ContainerIndex, Gates, Pod, Span, Spec, Time, api};

const fn crosses_threads<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}

/// What an error must be to go up through `Box<dyn Error + Send + Sync>`, as agents hand it on.
const fn goes_up<T: core::error::Error + Send + Sync + 'static>() {}

/// Plain data that is passed by value.
const fn is_copied<T: Copy + Send + Sync + 'static>() {}

// A type that loses one of these is found by the compiler.
const _: () = {
    crosses_threads::<Pod>();
    crosses_threads::<Spec>();
    crosses_threads::<Snapshot>();
    crosses_threads::<NodeConfig>();
    crosses_threads::<NewPod<'_>>();
    crosses_threads::<Event<'_>>();
    crosses_threads::<Change>();
    crosses_threads::<StatusView<'_>>();
    crosses_threads::<ContainerView>();
    crosses_threads::<Facts<'_>>();
    crosses_threads::<Observation>();
    crosses_threads::<ObservedPod<'_>>();
    crosses_threads::<ContainerSpec>();
    crosses_threads::<ApiStatuses<'_>>();
    crosses_threads::<api::Pod>();
    crosses_threads::<api::WatchEvent>();
    crosses_threads::<Driver<Sim<Steady>>>();
    crosses_threads::<Driver<Sim<Seeded>>>();
    crosses_threads::<PodRef<'_, usize>>();
    crosses_threads::<Told>();
    crosses_threads::<Note>();
    crosses_threads::<PodWorkers<u64, ()>>();
    crosses_threads::<SyncCall>();
    crosses_threads::<Kill>();
    crosses_threads::<admission::Rejection>();
    crosses_threads::<eviction::Threshold>();
    crosses_threads::<shutdown::Shutdown>();
    crosses_threads::<PodGc>();
    crosses_threads::<TaintEviction>();
    crosses_threads::<DeletionVerdict>();
    crosses_threads::<Checker>();
    crosses_threads::<Options>();
    crosses_threads::<Tally>();
    crosses_threads::<Finding>();
    crosses_threads::<Rule>();
};

const _: () = {
    is_copied::<Action>();
    is_copied::<Attempt>();
    is_copied::<ContainerIndex>();
    is_copied::<Deadline>();
    is_copied::<Gates>();
    is_copied::<Output>();
    is_copied::<Pacing>();
    is_copied::<Span>();
    is_copied::<Time>();
    is_copied::<Transition>();
};

const _: () = {
    goes_up::<TransitionError>();
    goes_up::<RestoreError>();
    goes_up::<InvalidSpec>();
    goes_up::<api::QuantityError>();
    goes_up::<pod_lifecycle::gates::GateError>();
};

/// The compiler has proved all of the above; this shows it at work.
#[test]
fn a_pod_lives_on_in_another_thread() {
    let spec: api::PodSpec = serde_json::from_str(r#"{"containers": [{"name": "a", "image": "app:1"}]}"#).expect("a spec");
    let spec = std::sync::Arc::new(Spec::parse(spec).expect("a valid one"));
    let new = NewPod { meta: &api::ObjectMeta::default(), spec: &spec, status: None };
    let mut pod = Pod::new(new, &std::sync::Arc::default(), &mut ());
    let pod = std::thread::spawn(move || pod.handle(Time::from_secs(1), Event::Stored, &mut ()).map(|()| pod)).join().expect("no panic");
    assert_eq!(pod.expect("it was to be stored").phase(), api::PodPhase::Pending);
}
