//! Phase and reason of the Pod.

use crate::edit::{Edit, drop_keys, need, text};
use crate::kind::{Kind, kind};
use serde_json::json;

pub(crate) const KINDS: &[Kind] = &[
    kind("phase-unknown", (60, 60), "PH-01", |e| {
        need(e.event(e.at) != "DELETED")?;
        set_phase(e, e.at, "Unknown")
    }),
    kind("phase-terminal-regress", (60, 60), "PH-02", |e| {
        need(e.terminal(e.at) && e.before().is_some_and(|was| e.terminal(was)))?;
        need(e.later().skip(1).all(|i| e.event(i) == "DELETED"))?;
        set_phase(e, e.at, "Running")
    }),
    kind("phase-swap-terminal", (60, 60), "PH-04 PH-05 PH-17", swap_terminal),
    kind("phase-running-to-pending", (58, 60), "PH-03 PH-17", |e| {
        e.full_here()?;
        need(e.phase(e.at) == "Running")?;
        set_phase(e, e.at, "Pending")
    }),
    kind("phase-running-too-early", (60, 60), "PH-06 PH-07 PH-17", |e| {
        e.full_here()?;
        need(e.phase(e.at) == "Pending")?;
        set_phase(e, e.at, "Running")
    }),
    kind("phase-terminal-while-running", (60, 60), "PH-10 PH-02 PH-04 PH-17", terminal_while_running),
    kind("phase-never-terminal", (38, 60), "PH-09 PH-17 TE-04", |e| {
        e.first_terminal()?;
        e.full_here()?;
        e.statuses_on(|status| status["phase"] = json!("Running"));
        Some(())
    }),
    kind("reason-lost", (19, 19), "PH-05 PH-11 PH-17 RJ-01", |e| {
        need(e.phase(e.at) == "Failed" && !reason(e, e.at).is_empty())?;
        need(e.before().is_none_or(|was| reason(e, was).is_empty()))?;
        e.statuses_on(|status| drop_keys(status, &["reason", "message"]));
        Some(())
    }),
    kind("reason-on-running", (60, 60), "PH-12 PH-13", |e| {
        need(e.phase(e.at) == "Running" && e.event(e.at) == "MODIFIED")?;
        set_reason(e, &["Evicted", "DeadlineExceeded"])
    }),
    kind("reason-changes-terminal", (60, 60), "PH-14", |e| {
        need(e.terminal(e.at) && e.before().is_some_and(|was| e.terminal(was)))?;
        set_reason(e, &["Evicted", "Preempting", "DeadlineExceeded", "OutOfcpu"])
    }),
    kind("rejected-keeps-conditions", (8, 8), "RJ-01 CO-03", rejected_keeps),
];

fn reason(e: &Edit, i: usize) -> &str {
    text(e.status(i), "/reason")
}

fn set_phase(e: &mut Edit, i: usize, phase: &str) -> Option<()> {
    e.status_mut(i)["phase"] = json!(phase);
    Some(())
}

/// Gives the Pod another reason than it has.
fn set_reason(e: &mut Edit, reasons: &[&str]) -> Option<()> {
    let others = reasons.iter().filter(|other| **other != reason(e, e.at)).copied().collect();
    let other = e.one(others)?;
    drop_keys(e.here(), &["message"]);
    e.here()["reason"] = json!(other);
    Some(())
}

/// What the kubelet calls the end of a Pod in the reasons of its conditions.
fn end_reason(phase: &str) -> &'static str {
    if phase == "Succeeded" { "PodCompleted" } else { "PodFailed" }
}

fn swap_terminal(e: &mut Edit) -> Option<()> {
    e.first_terminal()?;
    e.full_here()?;
    for i in e.later() {
        let was = e.phase(i).to_owned();
        let phase = if was == "Succeeded" { "Failed" } else { "Succeeded" };
        set_phase(e, i, phase);
        for type_ in ["Ready", "ContainersReady"] {
            let condition = e.condition_mut(i, type_).filter(|condition| condition["reason"] == end_reason(&was));
            condition.into_iter().for_each(|condition| condition["reason"] = json!(end_reason(phase)));
        }
    }
    Some(())
}

fn terminal_while_running(e: &mut Edit) -> Option<()> {
    e.full_here()?;
    need(e.phase(e.at) == "Running" && e.any_container(|c| c.running()))?;
    let phase = e.one(vec!["Succeeded", "Failed"])?;
    for type_ in ["Ready", "ContainersReady"] {
        e.say(type_, "False", end_reason(phase))?;
    }
    set_phase(e, e.at, phase)
}

/// A rejected Pod has nothing but phase, reason and its start time.
fn rejected_keeps(e: &mut Edit) -> Option<()> {
    let status = e.status(e.at);
    need(e.phase(e.at) == "Failed" && status["startTime"].is_string() && status.get("conditions").is_none())?;
    if e.choice(2) == 0 {
        e.add_condition(e.at, "PodScheduled", "True", "", false);
        return Some(());
    }
    let names: Vec<_> = crate::edit::array(&e.pod(e.at)["spec"]["containers"]).iter().map(|spec| spec["name"].clone()).collect();
    let status = |name| json!({"name": name, "state": {"waiting": {"reason": "ContainerCreating"}}, "lastState": {}, "ready": false, "restartCount": 0, "image": "", "imageID": "", "started": false});
    e.here()["containerStatuses"] = names.into_iter().map(status).collect();
    Some(())
}
