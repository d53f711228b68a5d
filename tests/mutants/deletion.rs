//! Deletion and the end of a Pod.

use crate::edit::{Edit, Seen, add, array, drop_keys, need, other_id, shift, stamp, state, text, time};
use crate::kind::{Kind, kind};
use serde_json::{Value, json};
use std::rc::Rc;

pub(crate) const KINDS: &[Kind] = &[
    kind("deletion-undone", (60, 60), "TE-01", |e| {
        need(deleting_before(e) && e.event(e.at) == "MODIFIED")?;
        drop_keys(&mut e.pod_mut(e.at)["metadata"], &["deletionTimestamp", "deletionGracePeriodSeconds"]);
        Some(())
    }),
    kind("grace-increased", (60, 60), "TE-01 TE-02", |e| {
        need(deleting_before(e) && e.event(e.at) == "MODIFIED")?;
        let metadata = &mut e.pod_mut(e.at)["metadata"];
        add(&mut metadata["deletionGracePeriodSeconds"], 60);
        shift(metadata, "deletionTimestamp", 60);
        Some(())
    }),
    kind("deletion-later", (60, 60), "TE-02", |e| {
        need(deleting_before(e) && e.event(e.at) == "MODIFIED")?;
        let end = if e.choice(2) == 0 { e.at + 1 } else { e.len() };
        (e.at..end).for_each(|i| shift(&mut e.pod_mut(i)["metadata"], "deletionTimestamp", 60));
        Some(())
    }),
    kind("deletion-inconsistent", (55, 55), "TE-12", |e| {
        need(deleting(e, e.at) && !deleting_before(e) && e.event(e.at) == "MODIFIED")?;
        let by = e.one(vec![60, -60])?;
        e.pods_on(|pod| shift(&mut pod["metadata"], "deletionTimestamp", by));
        Some(())
    }),
    kind("gone-while-running", (43, 43), "TE-04 TE-13 ID-06", |e| {
        let was = e.before()?;
        let runs = |i: usize| e.slots(i).iter().any(|slot| state(e.container(i, slot)) == "running");
        need(!e.terminal(was) && runs(was) && e.later().all(|i| !runs(i)) && e.event(e.len() - 1) == "DELETED")?;
        let (last, mut gone) = (e.pod(was).clone(), Value::clone(&e.versions[e.len() - 1]));
        let version = std::mem::replace(&mut gone["object"], last)["metadata"]["resourceVersion"].clone();
        let version = if version.is_null() { e.pod(e.len() - 1)["metadata"]["resourceVersion"].clone() } else { version };
        gone["object"]["metadata"]["resourceVersion"] = version;
        e.versions.truncate(e.at);
        e.versions.push(Rc::new(gone));
        Some(())
    }),
    kind("killed-too-late", (3, 4), "TE-08", killed_too_late),
    kind("start-after-delete", (57, 57), "TE-03 TE-14 PH-10", start_after_delete),
    kind("deadline-early", (10, 10), "TE-10", |e| {
        let late = |i: usize| e.status(i)["reason"] == "DeadlineExceeded";
        need(late(e.at) && e.before().is_none_or(|was| !late(was)) && e.pod(e.at)["spec"]["activeDeadlineSeconds"].is_number())?;
        for i in 0..e.len() {
            let deadline = e.pod_mut(i)["spec"].get_mut("activeDeadlineSeconds");
            deadline.into_iter().for_each(|deadline| add(deadline, 600));
        }
        Some(())
    }),
    kind("terminal-container-change", (60, 60), "TE-09 CS-18", |e| {
        need(e.terminal(e.at) && e.before().is_some_and(|was| e.terminal(was)))?;
        let slot = e.some_container(|c| c.has_id() && time(c.terminated(), "finishedAt").is_some())?;
        let (written, new) = (e.written(e.at), e.choice(2) == 0);
        let id = e.seen(&slot).now["containerID"].clone();
        e.instance_on(&slot, |container| {
            let id = if new { other_id(&id, "deadbeef") } else { id.clone() };
            let (started, finished) = (stamp(written - 1), stamp(written));
            container["state"]["terminated"] =
                json!({"exitCode": 9, "reason": "Error", "startedAt": started, "finishedAt": finished, "containerID": id});
            container["containerID"] = id;
        });
        Some(())
    }),
    kind("never-started-not-terminated", (4, 4), "TE-07", |e| {
        e.first_terminal()?;
        need(deleting(e, e.at) && array(&e.pod(e.at)["spec"]["initContainers"]).is_empty())?;
        let filled = |c: &Seen<'_>| c.regular() && state(c.was) == "waiting" && !c.has_id() && c.reason() == "ContainerStatusUnknown";
        need(!e.slots(e.at).is_empty() && e.slots(e.at).iter().all(|slot| filled(&e.seen(slot))))?;
        for slot in e.slots(e.at) {
            let waiting = e.seen(&slot).was["state"].clone();
            e.container_on(&slot, |container| container["state"] = waiting.clone());
        }
        Some(())
    }),
];

fn deleting(e: &Edit, i: usize) -> bool {
    e.pod(i)["metadata"]["deletionTimestamp"].is_string()
}

fn deleting_before(e: &Edit) -> bool {
    e.before().is_some_and(|was| deleting(e, was))
}

/// The Pod was told to stop within a second, and yet took as long as it did.
fn killed_too_late(e: &mut Edit) -> Option<()> {
    need(deleting(e, e.at) && !deleting_before(e))?;
    let grace = e.pod(e.at)["metadata"]["deletionGracePeriodSeconds"].clone();
    let generation = e.pod(e.at)["metadata"]["generation"].as_i64()?;
    let acknowledged = e.later().find(|i| e.status(*i)["observedGeneration"].as_i64() >= Some(generation))?;
    let end = e.later().find(|i| e.pod(*i)["metadata"]["deletionGracePeriodSeconds"] != grace).unwrap_or(e.len() - 1);
    let ran = e.slots(acknowledged).into_iter().filter(|slot| state(e.container(acknowledged, slot)) == "running");
    let stopped = ran.filter_map(|slot| time(&e.container(end, &slot)["state"]["terminated"], "finishedAt")).max();
    need(stopped.is_some_and(|stopped| stopped > e.written(acknowledged) + 6))?;
    let by = 1 - grace.as_i64().filter(|seconds| *seconds > 1)?;
    for i in 0..e.len() {
        let pod = e.pod_mut(i);
        pod["spec"]["terminationGracePeriodSeconds"] = json!(1);
        if pod["metadata"]["deletionGracePeriodSeconds"] == grace {
            pod["metadata"]["deletionGracePeriodSeconds"] = json!(1);
            shift(&mut pod["metadata"], "deletionTimestamp", by);
        }
    }
    Some(())
}

/// Two further instances, in two versions one after the other.
fn start_after_delete(e: &mut Edit) -> Option<()> {
    let next = e.at + 1;
    need(deleting_before(e) && next < e.len() && e.event(e.at) == "MODIFIED")?;
    let slot = e.some_container(|c| c.has_id() && !c.ephemeral())?;
    let id = e.seen(&slot).now["containerID"].clone();
    restart(e, &slot, &id, "deadbee1");
    e.at = next;
    restart(e, &slot, &id, "deadbee2");
    e.at = next - 1;
    Some(())
}

fn restart(e: &mut Edit, slot: &crate::edit::Slot, id: &Value, ending: &str) {
    let written = e.written(e.at);
    let started = time(&e.seen(slot).now["state"]["running"], "startedAt").unwrap_or(written - 1);
    e.container_on(slot, |container| {
        let mut last = container["state"]["terminated"].clone();
        if text(&last, "/finishedAt").is_empty() {
            last = json!({"exitCode": 1, "reason": "Error", "startedAt": stamp(started), "finishedAt": stamp(written), "containerID": container["containerID"]});
        }
        container["lastState"] = json!({"terminated": last});
        container["containerID"] = other_id(id, ending);
        add(&mut container["restartCount"], 1);
        if state(container) == "running" {
            container["state"]["running"]["startedAt"] = stamp(written);
        }
    });
}
