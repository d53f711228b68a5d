//! Which snapshots can be true.

use super::*;

fn restored(pod: &Pod, snapshot: Value) -> Result<Pod, RestoreError> {
    Pod::restore(serde_json::from_value(snapshot).unwrap(), pod.spec(), pod.node())
}

#[test]
fn phases_of_api_server_and_kubelet_may_differ() {
    let mut new = one(json!({}));
    new["nodeName"] = "".into();
    let mut new = Life::with(json!({}), paced(Pacing::IMMEDIATE), new, None);
    new.tell(Event::Stored);

    let mut running = Life::manual(one(json!({}))).up();
    running.start(C, 0);
    running.sync();
    let mut lost = running.clone();
    lost.change(&Change::PhaseUnknown);

    let mut job = one(json!({}));
    job["restartPolicy"] = "Never".into();
    let mut held_back = Life::new(job).up();
    held_back.start(C, 0);
    held_back.exit(C, 0, 0);

    // No kubelet has taken note of it, though somebody has written what its containers do.
    let written = api::PodStatus { start_time: None, ..running.status() };
    let found = Life::with(json!({"name": "p"}), paced(Pacing::MANUAL), one(json!({})), Some(&written));

    use api::PodPhase::{Pending, Running, Succeeded, Unknown};
    for (life, published, local) in [
        (&new, Pending, None),
        (&running, Running, Some(Running)),
        (&lost, Unknown, Some(Running)),
        (&held_back, Running, Some(Succeeded)),
        (&found, Running, None),
    ] {
        let Life { pod, .. } = life;
        assert_eq!((pod.phase(), pod.published.local_phase), (published, local));
        assert_eq!(restored(pod, serde_json::to_value(pod.snapshot()).unwrap()).as_ref(), Ok(pod));
    }
    let error = RestoreError::Contradiction("the kubelet's phase does not fit the published one");
    for (published, local) in [("Running", "Pending"), ("Failed", "Succeeded")] {
        let mut snapshot = serde_json::to_value(running.pod.snapshot()).unwrap();
        (snapshot["status"]["phase"], snapshot["status"]["localPhase"]) = (published.into(), local.into());
        assert_eq!(restored(&running.pod, snapshot), Err(error), "{published}");
    }
}

#[test]
fn what_speaks_of_instances_that_there_cannot_be_is_refused() {
    let mut life = Life::new(one(json!({}))).up();
    life.start(C, 0);
    life.exit(C, 0, 1);
    life.start(C, 1);
    let Life { pod, .. } = &life;
    let kept = serde_json::to_value(pod.snapshot()).unwrap();
    let texts = &kept["texts"]["containers"][0]["instances"];
    assert_eq!((&texts[0]["attempt"], &texts[1]["attempt"], &kept["containers"][0]["nextAttempt"]), (&json!(0), &json!(1), &json!(2)));
    let older = |stage: &str, attempt: u32| json!([{"id": "x", "facts": {"stage": stage, "attempt": attempt}}]);
    let texts_of = |attempts: &[u32]| attempts.iter().map(|attempt| json!({"attempt": attempt})).collect::<Value>();
    let (texts, instances) = ("texts of instances that there cannot be", "an attempt that was never made");
    let (of_texts, of_older) = ("/texts/containers/0/instances", "/texts/containers/0/older");
    for (path, value, error) in [
        (of_texts, texts_of(&[1, 0]), None),
        (of_texts, texts_of(&[1, 2]), Some(texts)),
        (of_texts, texts_of(&[1, 1]), Some(texts)),
        (of_older, older("Exited", 1), None),
        (of_older, older("Exited", 2), Some(texts)),
        (of_older, older("Absent", 1), Some(texts)),
        ("/containers/0/nextAttempt", json!(1), Some(instances)),
        ("/containers/0/instances/0/attempt", json!(2), Some(instances)),
        ("/containers/0/instances/0/attempt", json!(0), Some("one attempt twice")),
        ("/containers/0/status/attempt", json!(2), Some("a status of an attempt that was never made")),
        ("/containers/0/status/lastState/attempt", json!(2), Some("a status of an attempt that was never made")),
    ] {
        let mut kept = kept.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        kept.pointer_mut(parent).unwrap()[name.parse().map_or(name, |_: usize| name)] = value.clone();
        assert_eq!(restored(pod, kept).err(), error.map(RestoreError::Contradiction), "{path}: {value}");
    }
}
