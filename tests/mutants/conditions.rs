//! Conditions.

use crate::edit::{BASE, Edit, OWNED_ORDER, array, drop_keys, kubelets, list, need, shift, stamp, text, time};
use crate::kind::{Kind, kind};
use serde_json::{Value, json};

pub(crate) const KINDS: &[Kind] = &[
    kind("cond-duplicate", (60, 60), "CO-01", |e| {
        e.written_here()?;
        let twice = e.one(array(&e.status(e.at)["conditions"]).to_vec())?;
        list(&mut e.here()["conditions"]).push(twice);
        Some(())
    }),
    kind("cond-removed", (60, 60), "CO-03 CO-20", |e| {
        e.full_here()?;
        let type_ = e.one(BASE.to_vec())?;
        remove(e, e.at, type_)
    }),
    kind("cond-status-unknown", (60, 60), "CO-02", |e| {
        e.full_here()?;
        let type_ = e.some_condition(|_, _| true)?;
        e.condition_mut(e.at, &type_)?["status"] = json!("Unknown");
        Some(())
    }),
    kind("ready-without-containersready", (60, 60), "CO-04", |e| {
        need(e.is(e.at, "ContainersReady", "False"))?;
        e.say("Ready", "True", "")
    }),
    kind("containersready-while-unready", (60, 60), "CO-06 CO-07", |e| {
        need(e.is(e.at, "ContainersReady", "False") && e.is(e.at, "Ready", "False"))?;
        need(e.any_container(|c| c.counts() && c.now["ready"] == false))?;
        both_ready(e, "True", "")
    }),
    kind("containersready-false-while-ready", (60, 60), "CO-06", |e| {
        need(e.is(e.at, "Ready", "True") && !e.any_container(|c| c.counts() && c.now["ready"] == false))?;
        both_ready(e, "False", "ContainersNotReady")
    }),
    kind("ready-false-alone", (60, 60), "CO-38", |e| {
        need(e.is(e.at, "Ready", "True") && e.is(e.at, "ContainersReady", "True"))?;
        e.say("Ready", "False", "ContainersNotReady")
    }),
    kind("cond-wrong-reason", (60, 60), "CO-09 CO-10 CO-12 CO-37", |e| {
        need(e.full(e.at) && !e.terminal(e.at) && e.is(e.at, "Ready", "False"))?;
        let gates = !array(&e.pod(e.at)["spec"]["readinessGates"]).is_empty();
        let reasons = ["PodCompleted", "NotYet", "ReadinessGatesNotReady"];
        let was = text(e.condition(e.at, "Ready")?, "/reason").to_owned();
        let reason = e.one(reasons[..3 - usize::from(gates)].iter().filter(|reason| **reason != was).collect())?;
        e.condition_mut(e.at, "Ready")?["reason"] = json!(reason);
        Some(())
    }),
    kind("reason-on-true", (60, 60), "CO-13", |e| {
        e.full_here()?;
        let free = ["Ready", "ContainersReady", "PodScheduled", "PodReadyToStartContainers"];
        let type_ = e.some_condition(|now, _| now["status"] == "True" && free.contains(&text(now, "/type")))?;
        let reason = if type_.ends_with("Ready") { "ContainersNotReady" } else { "Unschedulable" };
        e.condition_mut(e.at, &type_)?["reason"] = json!(reason);
        Some(())
    }),
    kind("ltt-without-flip", (57, 60), "CO-29", |e| {
        e.written_here()?;
        e.full_here()?;
        let written = e.written(e.at);
        let type_ = e.some_condition(|now, was| unchanged(now, was) && ltt(now).is_some_and(|time| time < written))?;
        let old = e.condition(e.at, &type_)?.clone();
        e.condition_on(&type_, |now| unchanged(now, &old), |now| now["lastTransitionTime"] = stamp(written));
        Some(())
    }),
    kind("flip-without-ltt", (60, 60), "CO-29", |e| {
        e.written_here()?;
        let written = e.written(e.at);
        let flipped = |now: &Value, was: &Value| now["status"] != was["status"] && ltt(was).is_some_and(|time| time + 3 < written);
        let type_ = e.some_condition(flipped)?;
        let (old, new) = (e.condition(e.before()?, &type_)?.clone(), e.condition(e.at, &type_)?.clone());
        e.condition_on(&type_, |now| unchanged(now, &new), |now| now["lastTransitionTime"] = old["lastTransitionTime"].clone());
        Some(())
    }),
    kind("ltt-backwards", (60, 60), "CO-29 CO-32 CO-36", |e| {
        e.written_here()?;
        e.full_here()?;
        let type_ = e.some_condition(unchanged)?;
        e.condition_on(&type_, |_| true, |now| shift(now, "lastTransitionTime", -30));
        Some(())
    }),
    kind("ltt-swapped", (60, 60), "CO-29 CO-32", |e| {
        e.written_here()?;
        e.full_here()?;
        let first = e.some_condition(|_, was| was.is_object())?;
        let value = e.condition(e.at, &first)?["lastTransitionTime"].clone();
        let second = e.some_condition(|now, was| was.is_object() && now["lastTransitionTime"] != value)?;
        let other = e.condition(e.at, &second)?["lastTransitionTime"].clone();
        e.condition_mut(e.at, &first)?["lastTransitionTime"] = other;
        e.condition_mut(e.at, &second)?["lastTransitionTime"] = value;
        Some(())
    }),
    kind("ltt-future", (60, 60), "CO-36", |e| {
        let type_ = e.some_condition(|_, _| true)?;
        let time = stamp(e.written(e.at) + 3600);
        e.condition_mut(e.at, &type_)?["lastTransitionTime"] = time;
        Some(())
    }),
    kind("initialized-regress", (60, 60), "CO-14 CO-15 CO-41", |e| {
        need(e.before().is_some_and(|was| e.is(was, "Initialized", "True")) && e.is(e.at, "Initialized", "True"))?;
        e.say("Initialized", "False", "ContainersNotInitialized")
    }),
    kind("initialized-early", (60, 60), "CO-41", |e| {
        need(e.is(e.at, "Initialized", "False"))?;
        e.say("Initialized", "True", "")
    }),
    kind("podscheduled-false-again", (60, 60), "CO-19 CO-20 CO-21", |e| {
        need(e.before().is_some_and(|was| e.is(was, "PodScheduled", "True")) && e.pod(e.at)["spec"]["nodeName"].is_string())?;
        e.say("PodScheduled", "False", "Unschedulable")
    }),
    kind("prtsc-false-while-running", (60, 60), "CO-23", |e| {
        need(e.is(e.at, "PodReadyToStartContainers", "True") && e.any_container(|c| c.running()))?;
        e.say("PodReadyToStartContainers", "False", "")
    }),
    kind("prtsc-true-terminal", (60, 60), "CO-24", |e| {
        e.first_terminal()?;
        e.condition_on("PodReadyToStartContainers", |_| true, |now| now["status"] = json!("True"));
        need(e.is(e.at, "PodReadyToStartContainers", "True"))
    }),
    kind("cond-order", (60, 60), "CO-35", |e| {
        let conditions = array(&e.status(e.at)["conditions"]);
        let owned: Vec<_> = (0..conditions.len()).filter(|i| OWNED_ORDER.contains(&text(&conditions[*i], "/type"))).collect();
        need(owned.len() > 1)?;
        let first = e.choice(owned.len() - 1);
        let second = first + 1 + e.choice(owned.len() - 1 - first);
        list(&mut e.here()["conditions"]).swap(owned[first], owned[second]);
        Some(())
    }),
    kind("foreign-cond-dropped", (14, 15), "CO-34 CO-05", |e| {
        e.written_here()?;
        let is_foreign = |condition: &&Value| !kubelets(text(condition, "/type"));
        let foreign: Vec<_> = array(&e.status(e.before()?)["conditions"]).iter().filter(is_foreign).cloned().collect();
        let type_ = text(&e.one(foreign)?, "/type").to_owned();
        need(owned(e.status(e.at)) != owned(e.status(e.before()?)))?;
        e.later().try_for_each(|i| remove(e, i, &type_).or(Some(())))
    }),
    kind("lastprobetime-set", (60, 60), "CO-31", |e| {
        let type_ = e.some_condition(|now, _| !text(now, "/type").starts_with("PodResize"))?;
        let time = stamp(e.written(e.at));
        e.condition_mut(e.at, &type_)?["lastProbeTime"] = time;
        Some(())
    }),
    kind("disruption-early", (60, 60), "DI-02", |e| {
        need(e.full(e.at) && e.phase(e.at) == "Running" && e.condition(e.at, "DisruptionTarget").is_none())?;
        e.add_condition(e.at, "DisruptionTarget", "True", "TerminationByKubelet", true);
        Some(())
    }),
    kind("containersready-free-reason", (60, 60), "CO-10 CO-11", |e| {
        need(e.full(e.at) && e.is(e.at, "Ready", "False") && e.is(e.at, "ContainersReady", "False"))?;
        both_ready(e, "False", "NotYet")
    }),
    kind("restartall-condition", (60, 60), "CO-25", |e| {
        e.full_here()?;
        if e.restarts_all(e.at) {
            return remove(e, e.at, "AllContainersRestarting");
        }
        e.add_condition(e.at, "AllContainersRestarting", "False", "", false);
        drop_keys(e.condition_mut(e.at, "AllContainersRestarting")?, &["observedGeneration"]);
        Some(())
    }),
    kind("resize-condition-false", (60, 60), "CO-27 CO-28", |e| {
        e.full_here()?;
        let there = e.some_condition(|now, _| text(now, "/type").starts_with("PodResize"));
        if let Some(type_) = there {
            e.condition_mut(e.at, &type_)?["status"] = json!("False");
            return Some(());
        }
        let status = if e.terminal(e.at) { "True" } else { "False" };
        let (type_, reason) = e.one(vec![("PodResizePending", "Deferred"), ("PodResizeInProgress", "")])?;
        e.add_condition(e.at, type_, status, reason, false);
        Some(())
    }),
    kind("disruption-reason", (60, 60), "DI-01", |e| {
        e.condition_mut(e.at, "DisruptionTarget")?["reason"] = json!("SomethingElse");
        Some(())
    }),
    kind("disruption-without-delete", (60, 60), "DI-08", |e| {
        let undeleted = (0..e.len()).all(|i| e.pod(i)["metadata"]["deletionTimestamp"].is_null() && e.event(i) != "DELETED");
        let long = e.written(e.len() - 1) > e.written(e.at) + 6;
        need(undeleted && long && e.full(e.at) && !e.terminal(e.at) && e.condition(e.at, "DisruptionTarget").is_none())?;
        e.later().for_each(|i| e.add_condition(i, "DisruptionTarget", "True", "EvictionByEvictionAPI", false));
        Some(())
    }),
    kind("condition-order-time", (60, 60), "CO-29 CO-32", |e| {
        e.written_here()?;
        need(e.is(e.at, "Ready", "True") && e.slots(e.at).len() == 1)?;
        let slot = e.slots(e.at).remove(0);
        let early = time(&e.seen(&slot).now["state"]["running"], "startedAt")? - 5;
        e.condition_mut(e.at, "Ready")?["lastTransitionTime"] = stamp(early);
        Some(())
    }),
];

fn ltt(condition: &Value) -> Option<i64> {
    time(condition, "lastTransitionTime")
}

/// Whether a condition still says what it said.
fn unchanged(now: &Value, was: &Value) -> bool {
    now["status"] == was["status"] && now["lastTransitionTime"] == was["lastTransitionTime"]
}

fn both_ready(e: &mut Edit, status: &str, reason: &str) -> Option<()> {
    e.say("Ready", status, reason)?;
    e.say("ContainersReady", status, reason)
}

fn remove(e: &mut Edit, i: usize, type_: &str) -> Option<()> {
    e.condition(i, type_)?;
    list(&mut e.status_mut(i)["conditions"]).retain(|condition| condition["type"] != type_);
    Some(())
}

/// A status without the conditions of others.
fn owned(status: &Value) -> Value {
    let mut owned = status.clone();
    list(&mut owned["conditions"]).retain(|condition| kubelets(text(condition, "/type")));
    owned
}
