//! Static Pods: fact 45.

use pod_lifecycle::api::{self, ObjectMeta, PodPhase, PodStatus};
use pod_lifecycle::backend::Driver;
use pod_lifecycle::backend::sim::{Sim, Steady};
use pod_lifecycle::pod::{NewPod, NodeConfig, Pacing};
use pod_lifecycle::{Span, Spec, Time};
use serde_json::json;
use std::sync::Arc;

/// **Fact 45**, as far as it is the kubelet's. The status that a kubelet writes to the mirror of a static Pod has no observedGeneration anywhere, and it starts as any
/// other. (The mirror itself is another object: that it is deleted and made again does not reach the machine, so the container is not touched.)
#[test]
fn fact_45_a_static_pod_has_no_generation() {
    let start = Time::from_secs(1_767_225_600);
    let spec: api::PodSpec = serde_json::from_value(json!({"nodeName": "n1", "containers": [{"name": "a", "image": "app:1"}]})).unwrap();
    let spec = Arc::new(Spec::parse(spec).unwrap());
    let annotations = [("kubernetes.io/config.source".to_owned(), "file".to_owned())].into();
    let meta = ObjectMeta { name: "fact-n1".into(), annotations, ..ObjectMeta::default() };
    assert!(meta.is_static());
    let status = PodStatus { phase: Some(PodPhase::Pending), ..PodStatus::default() };
    let mut node = NodeConfig::default();
    node.pacing = Pacing::KUBELET;
    let mut driver = Driver::new(Sim::new(start), Arc::new(node));
    let mut told = Vec::new();
    let key = driver.add(NewPod { meta: &meta, spec: &spec, status: Some(&status) }, &mut |_, what, _| told.push(what));
    driver.backend_mut().add(key, &spec, Steady::default());
    let mut run = |driver: &mut Driver<Sim<Steady>>, until: Time| {
        while let Some(at) = [driver.next_deadline(), driver.backend().next_time()].into_iter().flatten().min().filter(|at| *at <= until) {
            driver.backend_mut().advance_to(at);
            driver.advance(at, &mut |_, what, _| told.push(what));
        }
    };
    run(&mut driver, start + Span::from_secs(5));
    let shown = driver.pod(key).unwrap().status().to_owned();
    assert_eq!((shown.phase, shown.observed_generation), (Some(PodPhase::Running), 0));
    assert!(shown.conditions.iter().all(|condition| condition.observed_generation == 0), "{:?}", shown.conditions);
}
