//! Containers.

use crate::edit::{Edit, Seen, Slot, add, array, count, drop_keys, entries, list, need, other_id, shift, stamp, state, text, time};
use crate::kind::{Kind, kind};
use serde_json::{Value, json};

pub(crate) const KINDS: &[Kind] = &[
    kind("two-states", (60, 60), "CS-01", |e| {
        let slot = e.some_container(|c| !c.state().is_empty())?;
        let time = stamp(e.written(e.at));
        let was = e.seen(&slot).state().to_owned();
        let status = &mut e.it(&slot)?["state"];
        if was == "running" {
            status["waiting"] = json!({"reason": "ContainerCreating"});
        } else {
            status["running"] = json!({"startedAt": time});
        }
        Some(())
    }),
    kind("no-state", (60, 60), "CS-01", |e| {
        let slot = e.some_container(|_| true)?;
        set(e, &slot, "state", json!({}))
    }),
    kind("ready-while-waiting", (60, 60), "CS-05 CS-12 CO-06", |e| {
        let slot = e.some_container(|c| c.counts() && !c.running() && c.now["ready"] == false)?;
        set(e, &slot, "ready", json!(true))
    }),
    kind("ready-flag-dropped", (60, 60), "CS-11 CO-06", |e| {
        need(e.is(e.at, "Ready", "True"))?;
        let slot =
            e.some_container(|c| c.counts() && c.now["ready"] == true && c.now["started"] == true && !c.has_probe("readinessProbe"))?;
        set(e, &slot, "ready", json!(false))
    }),
    kind("started-dropped", (59, 60), "CS-05 CS-10 CS-12", |e| {
        let slot = e.some_container(|c| c.running() && c.now["ready"] == true && !c.has_probe("startupProbe"))?;
        set(e, &slot, "started", json!(false))
    }),
    kind("restartcount-drop", (60, 60), "CS-15 CS-16 CS-38 CS-42", |e| {
        let slot = e.some_container(|c| c.count() > 0 && c.count() == count(c.was))?;
        e.container_on(&slot, |container| add(&mut container["restartCount"], -1));
        Some(())
    }),
    kind("restartcount-missed", (60, 60), "CS-16 CS-38", |e| {
        let slot = e.some_container(|c| c.restarted())?;
        e.container_on(&slot, |container| add(&mut container["restartCount"], -1));
        Some(())
    }),
    kind("restartcount-jump", (60, 60), "CS-42", |e| {
        let slot = e.some_container(|c| c.same() && c.count() == count(c.was))?;
        e.container_on(&slot, |container| add(&mut container["restartCount"], 1));
        Some(())
    }),
    kind("restartcount-double", (60, 60), "CS-47", |e| {
        let slot = e.some_container(|c| c.count() == count(c.was) + 1)?;
        e.container_on(&slot, |container| add(&mut container["restartCount"], 1));
        Some(())
    }),
    kind("id-change-no-restart", (60, 60), "CS-16 CS-46", |e| {
        let slot = e.some_container(|c| c.running() && c.same())?;
        let (at, id) = (e.at, e.seen(&slot).now["containerID"].clone());
        let end = if e.choice(2) == 0 { at + 1 } else { e.len() };
        (at..end).for_each(|i| rename(e.container_mut(i, &slot), &id));
        Some(())
    }),
    kind("exitcode-change", (60, 60), "CS-18 CS-35 PH-04", |e| {
        let (slot, state) = shown_before(e)?;
        e.instance_on(&slot, |container| {
            let code = &mut container[state]["terminated"]["exitCode"];
            *code = json!(if *code == 5 { 6 } else { 5 });
        });
        Some(())
    }),
    kind("finishedat-change", (60, 60), "CS-18", |e| {
        let (slot, state) = shown_before(e)?;
        let by = e.one(vec![-2, 1])?;
        need(time(&e.seen(&slot).now[state]["terminated"], "finishedAt").is_some())?;
        e.instance_on(&slot, |container| shift(&mut container[state]["terminated"], "finishedAt", by));
        Some(())
    }),
    kind("startedat-change", (60, 60), "CS-17", |e| {
        let slot = e.some_container(|c| c.running() && c.same() && state(c.was) == "running")?;
        let by = e.one(vec![3, -3])?;
        let end = if e.choice(2) == 0 { e.at + 1 } else { e.len() };
        let id = e.seen(&slot).now["containerID"].clone();
        for i in e.at..end {
            let container = e.container_mut(i, &slot).filter(|container| container["containerID"] == id);
            let running = container.and_then(|container| container["state"].get_mut("running"));
            running.into_iter().for_each(|running| shift(running, "startedAt", by));
        }
        Some(())
    }),
    kind("resurrect-same-id", (60, 60), "CS-17 CS-13 PH-10", |e| {
        let slot = e.some_container(|c| c.same() && c.terminated()["startedAt"].is_string() && state(c.was) == "terminated")?;
        let started = e.seen(&slot).terminated()["startedAt"].clone();
        run(e.it(&slot)?, started);
        Some(())
    }),
    kind("resurrect-never", (60, 60), "CS-13 CS-33 PH-02 PH-10 PH-17", |e| {
        need(!e.restarts_all(e.at))?;
        let slot = e.some_container(|c| c.over() && c.same())?;
        let (ended, id) = (e.seen(&slot).terminated().clone(), e.seen(&slot).now["containerID"].clone());
        let started = stamp(e.written(e.at));
        e.container_on(&slot, |container| {
            container["containerID"] = other_id(&id, "deadbeef");
            container["lastState"] = json!({"terminated": ended});
            add(&mut container["restartCount"], 1);
            run(container, started.clone());
        });
        Some(())
    }),
    kind("crashloop-no-laststate", (60, 60), "CS-24", |e| {
        let slot = e.some_container(|c| c.reason() == "CrashLoopBackOff")?;
        set(e, &slot, "lastState", json!({}))
    }),
    kind("crashloop-not-allowed", (60, 60), "CS-25 CS-13 PH-17", |e| {
        need(!e.restarts_all(e.at))?;
        let slot = e.some_container(|c| c.over() && c.same())?;
        let ended = e.seen(&slot).terminated().clone();
        set(e, &slot, "lastState", json!({"terminated": ended}))?;
        set(e, &slot, "state", json!({"waiting": {"reason": "CrashLoopBackOff"}}))
    }),
    kind("laststate-lost", (60, 60), "CS-38 CS-39 CS-49", |e| {
        let slot = e.some_container(|c| c.has_id() && c.last().is_object())?;
        e.instance_on(&slot, |container| container["lastState"] = json!({}));
        Some(())
    }),
    kind("laststate-wrong-exit", (56, 56), "CS-18 CS-39", |e| {
        let slot = e.some_container(|c| c.restarted() && c.last()["exitCode"].is_number() && *c.last() == c.was["state"]["terminated"])?;
        e.instance_on(&slot, |container| add(&mut container["lastState"]["terminated"]["exitCode"], 4));
        Some(())
    }),
    kind("finished-before-started", (60, 60), "CS-20", |e| {
        let slot = e.some_container(|c| timed(c.terminated()))?;
        let id = e.seen(&slot).now["containerID"].clone();
        e.records(&slot, &id, |record| {
            if let Some(started) = time(record, "startedAt").filter(|_| record["finishedAt"].is_string()) {
                record["finishedAt"] = stamp(started - 5);
            }
        });
        Some(())
    }),
    kind("overlap-instances", (60, 60), "CS-40", |e| {
        let slot = e.some_container(|c| c.running() && !c.same() && timed(c.last()))?;
        start_at(e, &slot, -2)
    }),
    kind("status-missing", (60, 60), "CS-03 PH-06", |e| {
        need(e.full(e.at) && e.event(e.at) != "DELETED")?;
        let slot = e.some_container(|c| !c.ephemeral())?;
        list(&mut e.here()[slot.list]).retain(|status| status["name"] != *slot.name);
        if e.status(e.at)[slot.list] == json!([]) {
            drop_keys(e.here(), &[slot.list]);
        }
        Some(())
    }),
    kind("status-extra", (60, 60), "CS-03", |e| {
        e.full_here()?;
        let slot = e.some_container(|_| true)?;
        let mut ghost = e.seen(&slot).now.clone();
        ghost["name"] = json!("zz-ghost");
        list(&mut e.here()[slot.list]).push(ghost);
        Some(())
    }),
    kind("status-order", (60, 60), "CS-04", |e| {
        let lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
        let long = lists.into_iter().filter(|list| array(&e.status(e.at)[*list]).len() > 1).collect();
        let name = e.one(long)?;
        let statuses = list(&mut e.here()[name]);
        let last = statuses.len() - 1;
        statuses.swap(0, last);
        Some(())
    }),
    kind("init-order", (46, 46), "CS-28 CS-27 PH-07", init_order),
    kind("regular-before-init", (55, 55), "CS-26 CO-16", |e| {
        need(e.any_container(|c| c.plain_init() && c.running()))?;
        let slot = e.some_container(|c| c.regular() && !c.running())?;
        let (written, image) = (stamp(e.written(e.at)), json!("sha256:0123"));
        let container = e.it(&slot)?;
        container["containerID"] = other_id(&container["containerID"], "deadbeef");
        container["imageID"] = image;
        container["ready"] = json!(true);
        run(container, written);
        Some(())
    }),
    kind("waiting-reason-unknown", (59, 59), "CS-36", |e| {
        let slot = e.some_container(|c| c.state() == "waiting" && !c.reason().is_empty())?;
        let reason = e.seen(&slot).reason().to_owned();
        let wrong = [reason.to_lowercase(), format!("{reason}s"), reason[1..].to_owned()];
        e.it(&slot)?["state"]["waiting"]["reason"] = json!(wrong[reason.len() % 3]);
        Some(())
    }),
    kind("waiting-default-wrong", (60, 60), "CS-23", |e| {
        let slot = e.some_container(|c| matches!(c.reason(), "ContainerCreating" | "PodInitializing"))?;
        let wrong = if e.seen(&slot).reason() == "PodInitializing" { "ContainerCreating" } else { "PodInitializing" };
        e.it(&slot)?["state"]["waiting"]["reason"] = json!(wrong);
        Some(())
    }),
    kind("reason-exitcode", (60, 60), "CS-35", |e| {
        let slot = e.some_container(|c| matches!(c.reason(), "Completed" | "Error"))?;
        let code = i64::from(e.seen(&slot).reason() == "Completed");
        e.it(&slot)?["state"]["terminated"]["exitCode"] = json!(code);
        Some(())
    }),
    kind("imageid-empty", (60, 60), "CS-32", |e| {
        let slot = e.some_container(|c| c.has_id())?;
        set(e, &slot, "imageID", json!(""))
    }),
    kind("image-wrong", (60, 60), "CS-45 CS-54", |e| {
        let slot = e.some_container(|_| true)?;
        e.container_on(&slot, |container| container["image"] = json!("registry.example/other:9"));
        Some(())
    }),
    kind("fractional-time", (60, 60), "CS-31", |e| {
        let slot = e.some_container(|c| c.running() || timed(c.terminated()) || timed(c.last()))?;
        let status = e.it(&slot)?;
        let pointers = [
            "/state/running/startedAt",
            "/state/terminated/startedAt",
            "/state/terminated/finishedAt",
            "/lastState/terminated/startedAt",
            "/lastState/terminated/finishedAt",
        ];
        let there = pointers.into_iter().filter(|pointer| !text(status, pointer).is_empty()).collect();
        let pointer = e.one(there)?;
        let field = e.it(&slot)?.pointer_mut(pointer)?;
        *field = json!(field.as_str()?.replace('Z', ".123456Z"));
        Some(())
    }),
    kind("signal-set", (60, 60), "CS-30", |e| {
        let slot = e.some_container(|c| c.terminated().is_object())?;
        e.it(&slot)?["state"]["terminated"]["signal"] = json!(9);
        Some(())
    }),
    kind("sidecar-first", (9, 9), "TE-06", |e| {
        e.first_terminal()?;
        let finished = |c: &Seen<'_>| time(c.terminated(), "finishedAt");
        let slots: Vec<_> = e.slots(e.at).into_iter().filter(|slot| e.seen(slot).regular()).collect();
        let ends: Option<Vec<i64>> = slots.iter().map(|slot| finished(&e.seen(slot))).collect();
        let end = ends?.into_iter().min()? - 2;
        let slot = e.some_container(|c| c.sidecar() && state(c.was) == "running" && finished(c).is_some())?;
        e.instance_on(&slot, |container| container["state"]["terminated"]["finishedAt"] = stamp(end));
        Some(())
    }),
    kind("ephemeral-ready", (50, 50), "CS-09", |e| {
        let slot = e.some_container(|c| c.ephemeral())?;
        let field = e.one(vec!["ready", "started"])?;
        set(e, &slot, field, json!(true))
    }),
    kind("ephemeral-restart", (8, 8), "CS-14", |e| {
        let slot = e.some_container(|c| c.ephemeral() && c.has_id() && c.state() == "terminated")?;
        e.go_to_the_next();
        let id = e.seen(&slot).now["containerID"].clone();
        let (written, counted) = (stamp(e.written(e.at)), e.choice(2) == 0);
        let container = e.it(&slot)?;
        container["containerID"] = other_id(&id, "deadbeef");
        if counted {
            container["lastState"] = json!({"terminated": container["state"]["terminated"]});
            add(&mut container["restartCount"], 1);
        }
        container["state"] = json!({"running": {"startedAt": written}});
        Some(())
    }),
    kind("backoff-ignored", (39, 51), "BO-01", |e| {
        let slot = e.some_container(|c| {
            let began = time(&c.now["state"]["running"], "startedAt").zip(time(c.last(), "finishedAt"));
            c.restarted() && c.count() > 1 && began.is_some_and(|(started, finished)| started >= finished + 9)
        })?;
        start_at(e, &slot, 1)
    }),
    kind("synthetic-with-times", (60, 60), "CS-21 CS-35", |e| {
        let made_up = |terminated: &Value| matches!(text(terminated, "/reason"), "ContainerStatusUnknown" | "RestartingAllContainers");
        let slot = e.some_container(|c| made_up(c.terminated()) || made_up(c.last()))?;
        let state = if made_up(e.seen(&slot).terminated()) { "state" } else { "lastState" };
        e.it(&slot)?[state]["terminated"]["exitCode"] = json!(1);
        Some(())
    }),
    kind("restartall-skips-one", (29, 29), "RA-01", |e| {
        let slot = e.some_container(|c| c.reason() == "RestartingAllContainers" && state(c.was) == "running")?;
        let old = e.seen(&slot).was.clone();
        *e.it(&slot)? = old;
        Some(())
    }),
    kind("laststate-running", (60, 60), "CS-02", |e| {
        let slot = e.some_container(|c| c.has_id())?;
        let started = stamp(e.written(e.at));
        set(e, &slot, "lastState", json!({"running": {"startedAt": started}}))
    }),
    kind("started-missing", (60, 60), "CS-08", |e| {
        let slot = e.some_container(|c| !c.ephemeral() && c.now["started"].is_boolean())?;
        drop_keys(e.it(&slot)?, &["started"]);
        Some(())
    }),
    kind("restartall-reason-alien", (60, 60), "CS-22", |e| {
        need(!e.restarts_all(e.at))?;
        let slot = e.some_container(|c| matches!(c.state(), "waiting" | "terminated"))?;
        let state = e.seen(&slot).state().to_owned();
        e.it(&slot)?["state"][state]["reason"] = json!("RestartingAllContainers");
        Some(())
    }),
    kind("message-too-long", (60, 60), "CS-29", |e| {
        let slot = e.some_container(|c| timed(c.terminated()) || timed(c.last()))?;
        let number = ["initContainers", "containers", "ephemeralContainers"].map(|list| array(&e.pod(e.at)["spec"][list]).len());
        let message = "x".repeat(12288 / number.iter().sum::<usize>().max(1) + 1);
        let state = if e.seen(&slot).terminated().is_object() { "state" } else { "lastState" };
        e.it(&slot)?[state]["terminated"]["message"] = json!(message);
        Some(())
    }),
    kind("id-before-sandbox", (60, 60), "CS-51 CO-23", |e| {
        let started = |e: &Edit, i: usize| e.slots(i).iter().any(|slot| e.container(i, slot)["containerID"].is_string());
        need(started(e, e.at) && e.full(e.at) && !(0..e.at).any(|i| started(e, i)))?;
        let before: Vec<_> = (0..=e.at).filter(|i| e.full(*i)).collect();
        let since = e.condition(before[0], "PodReadyToStartContainers")?["lastTransitionTime"].clone();
        for i in before {
            let condition = e.condition_mut(i, "PodReadyToStartContainers")?;
            condition["status"] = json!("False");
            condition["lastTransitionTime"] = since.clone();
        }
        Some(())
    }),
    kind("waiting-default-with-id", (60, 60), "CS-52 CS-53", |e| {
        let slot = e.some_container(|c| c.has_id() && !c.ephemeral() && !c.running())?;
        let init = !array(&e.pod(e.at)["spec"]["initContainers"]).is_empty();
        let reason = if init { "PodInitializing" } else { "ContainerCreating" };
        set(e, &slot, "state", json!({"waiting": {"reason": reason}}))
    }),
];

fn set(e: &mut Edit, slot: &Slot, field: &str, value: Value) -> Option<()> {
    e.it(slot)?[field] = value;
    Some(())
}

/// Makes a container run, and nothing else.
fn run(container: &mut Value, started: Value) {
    container["state"] = json!({"running": {"startedAt": started}});
    container["started"] = json!(true);
}

fn timed(terminated: &Value) -> bool {
    time(terminated, "startedAt").is_some_and(|time| time > 0) && time(terminated, "finishedAt").is_some()
}

/// Gives an instance another ID, wherever its own status shows it.
fn rename(container: Option<&mut Value>, id: &Value) {
    let Some(container) = container.filter(|container| container["containerID"] == *id) else { return };
    container["containerID"] = other_id(id, "deadbeef");
    let terminated = container["state"].get_mut("terminated");
    terminated.into_iter().for_each(|terminated| terminated["containerID"] = other_id(id, "deadbeef"));
}

/// A container with a termination that the version before shows too, and where it is shown.
fn shown_before(e: &mut Edit) -> Option<(Slot, &'static str)> {
    let same = |c: &Seen<'_>, state: &str| timed(&c.now[state]["terminated"]) && c.now[state]["terminated"] == c.was[state]["terminated"];
    let slot = e.some_container(|c| same(c, "state") || same(c, "lastState"))?;
    let states = ["state", "lastState"].into_iter().filter(|state| same(&e.seen(&slot), state)).collect();
    let state = e.one(states)?;
    Some((slot, state))
}

/// Starts the instance of the place so many seconds after the end of the one before, wherever its start is shown.
fn start_at(e: &mut Edit, slot: &Slot, after: i64) -> Option<()> {
    let seen = e.seen(slot);
    let (id, start) = (seen.now["containerID"].clone(), time(seen.last(), "finishedAt")? + after);
    e.records(slot, &id, |record| record["startedAt"] = stamp(start));
    Some(())
}

/// An init container that had ended runs while a later one does.
fn init_order(e: &mut Edit) -> Option<()> {
    let statuses = array(&e.status(e.at)["initContainerStatuses"]).to_vec();
    let begun = statuses.iter().rposition(|status| status["containerID"].is_string())?;
    let earlier: Vec<_> = statuses[..begun].iter().map(|status| status["name"].clone()).collect();
    let slot = e.some_container(|c| c.plain_init() && earlier.contains(&c.now["name"]) && timed(c.terminated()))?;
    let started = e.seen(&slot).terminated()["startedAt"].clone();
    let container = entries(e.here(), slot.list).iter_mut().find(|status| status["name"] == *slot.name)?;
    container["ready"] = json!(false);
    run(container, started);
    Some(())
}
