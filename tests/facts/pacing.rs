//! The rhythm itself: what a kubelet's looks and queues do to what is seen, whatever the fact.

use super::case::{Case, exits, serves};
use pod_lifecycle::api::{self, ObjectMeta};
use pod_lifecycle::backend::Driver;
use pod_lifecycle::backend::sim::{Sim, Steady};
use pod_lifecycle::pod::{DeadlineReason, NewPod, NodeConfig, Pacing};
use pod_lifecycle::{Span, Spec, Time};
use serde_json::json;
use std::sync::Arc;

/// Two ends between two looks are one update; else they are two.
#[test]
fn ends_between_two_looks_are_seen_together() {
    let pod = |first: f64, second: f64| Case::new("Never").main("a", exits(first, 0)).main("b", exits(second, 0)).play();
    pod(2.1, 2.9).shows(1.0, &["3.0 a=Completed(0) b=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)", "4.0 Succeeded RTS-"]);
    pod(2.9, 3.1)
        .shows(1.0, &["3.0 a=Completed(0) notReady", "4.0 b=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)", "5.0 Succeeded RTS-"]);
}

/// A run that begins and ends between two looks is seen only because the kubelet looks right after a sync that did something (gate PLEGOnDemandRelist,
/// new in 1.36); without it, it is never seen running.
#[test]
fn the_look_after_a_sync_sees_short_runs() {
    let short = || Case::new("Never").main("a", exits(0.4, 0));
    short().play().shows(
        0.0,
        &[
            "0.0 Pending",
            "0.0 Sch+",
            "0.0 a=ContainerCreating RTS- Ini+ notReady",
            "0.0 RTS+",
            "0.0 Running a=run READY ip",
            "1.0 a=Completed(0) Ini+(PodCompleted) notReady(PodCompleted)",
            "2.0 Succeeded RTS-",
        ],
    );
    let blind = short().world(json!({"gates": {"PLEGOnDemandRelist": false}})).play();
    blind.shows(0.5, &["1.0 a=Completed(0) Ini+(PodCompleted) notReady(PodCompleted) ip", "2.0 Succeeded RTS-"]);
}

/// A Pod with nothing to do is synced every minute, plus the jitter: the node's, or one that its caller drew for it alone.
#[test]
fn a_pod_at_rest_is_synced_every_minute() {
    let start = Time::from_secs(1_767_225_600);
    let spec: api::PodSpec = serde_json::from_value(json!({"containers": [{"name": "a", "image": "app:1"}]})).unwrap();
    let spec = Arc::new(Spec::parse(spec).unwrap());
    let mut node = NodeConfig::default();
    node.pacing = Pacing { jitter_permille: 100, ..Pacing::KUBELET };
    let node = Arc::new(node);
    let mut driver = Driver::new(Sim::new(start), Arc::clone(&node));
    let meta = ObjectMeta { name: "rest".into(), ..ObjectMeta::default() };
    let key = driver.add(NewPod { meta: &meta, spec: &spec, status: None }, &mut |_, _, _| ());
    driver.backend_mut().add(key, &spec, Steady::default());
    driver.advance(start, &mut |_, _, _| ());
    let mut pod = driver.pod(key).unwrap().clone();
    let next = |pod: &mut pod_lifecycle::Pod| {
        let due = pod.next_deadline().unwrap();
        pod.handle(due.at, pod_lifecycle::pod::Event::Tick, &mut ()).unwrap();
        (due.reason, due.at - start)
    };
    assert_eq!(next(&mut pod), (DeadlineReason::Retry, Span::from_secs(66)));
    pod.set_jitter(500);
    assert_eq!(next(&mut pod), (DeadlineReason::Retry, Span::from_secs(66 + 66)), "drawn before");
    assert_eq!(next(&mut pod), (DeadlineReason::Retry, Span::from_secs(66 + 66 + 90)));
}

/// A change of the API object is acted on at once, unless a sync has just ended: then with the next look.
#[test]
fn the_next_sync_waits_for_a_look_after_the_last() {
    let patched = |at: f64| Case::new("Always").main("a", serves()).at(at, "setActiveDeadline", json!({"seconds": 500})).play();
    patched(0.3).shows(0.1, &["0.3 >>setActiveDeadline", "0.3 gen 2/1", "1.0 gen 2/2"]);
    patched(1.3).shows(0.1, &["1.3 >>setActiveDeadline", "1.3 gen 2/1", "1.3 gen 2/2"]);
}
