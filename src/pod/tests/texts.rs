//! Ids and words of instances: which are kept, and whose.

use super::*;
use crate::rules::view::TerminatedReason;

/// A re-list that has instances with these counts, all of which have ended.
fn ended(counts: &[u32]) -> Observation {
    let ended = |n: &u32| {
        json!({"id": alloc::format!("x://c{n}"), "name": "c", "state": "exited", "exitCode": 1, "reason": "Error", "restartCount": n,
            "startedAt": NOW, "finishedAt": NOW, "image": "i:1", "active": true})
    };
    let sandbox = json!({"id": "0", "state": "ready", "networkStatus": true, "ip": "10.0.0.7"});
    let containers: Vec<_> = counts.iter().map(ended).collect();
    serde_json::from_value(json!({"sandboxes": [sandbox], "containers": containers})).unwrap()
}

#[test]
fn the_ids_of_the_newest_instances_are_kept_and_those_of_the_oldest_are_not() {
    let mut life = Life::new(one(json!({}))).up();
    for attempt in 0..9 {
        life.start(C, attempt);
        life.exit(C, attempt, 1);
        life.pass(300);
    }
    life.start(C, 9);
    let ids = [0, 4, 8, 9].map(|attempt| life.pod.instance_id(C, Attempt(attempt)));
    assert_eq!(ids, [None, None, Some("x://c8"), Some("x://c9")]);
    let shown = life.status().container_statuses[0].clone();
    assert_eq!((&*shown.container_id, &*shown.last_state.terminated.unwrap().container_id), ("x://c9", "x://c8"));
}

#[test]
fn an_end_is_told_in_its_first_words() {
    let other = Exit { code: 1, reason: TerminatedReason::Other };
    for (exit, message, reason, expected) in [
        (Exit::of_code(1), "disk full", "", ("disk full", "Error")),
        (other, "", "Evaporated", ("", "Evaporated")),
        (other, "disk full", "Evaporated", ("disk full", "Evaporated")),
        (Exit::of_code(1), "", "", ("", "Error")),
    ] {
        let mut life = Life::manual(one(json!({}))).up();
        life.start(C, 0);
        let told = |message, reason| Event::ContainerExited { container: C, attempt: Attempt(0), exit, at: NOW, message, reason };
        life.tell(told(message, reason));
        life.tell(told("again", "Again"));
        life.sync();
        let ended = life.status().container_statuses[0].state.terminated.clone().unwrap();
        assert_eq!((&*ended.message, &*ended.reason), expected);
    }
}

/// A re-list may bring more instances than are shown; each is known by its own id.
#[test]
fn older_instances_that_are_listed_keep_their_ids() {
    let mut life = Life::manual(one(json!({}))).up();
    life.see(&ended(&[3, 2, 1, 0]));
    let known: Vec<_> = life.pod.instances(C).map(|facts| (facts.attempt, facts.restart_count)).collect();
    assert_eq!(known.len(), 4);
    for (attempt, count) in known {
        assert_eq!(life.pod.instance_id(C, attempt), Some(&*alloc::format!("x://c{count}")));
    }
}

#[test]
fn the_id_that_a_status_shows_is_kept_until_the_next_one() {
    let mut life = Life::manual(one(json!({}))).up();
    life.start(C, 0);
    life.sync();
    for n in 1..8 {
        life.see(&ended(&[n, n - 1]));
        assert_eq!(&*life.status().container_statuses[0].container_id, "x://c0", "{n} others have come");
    }
}
