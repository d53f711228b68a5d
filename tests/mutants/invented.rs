//! Kinds of our own, of which the data does not tell. Those that name no rule are lies that no rule of the catalogue looks at; they are counted only.

use crate::edit::{BASE, add, array, drop_keys, list, need, other_id, shift, stamp, state, text, time};
use crate::kind::{Kind, kind};
use serde_json::{Value, json};

/// Nobody has counted them.
const NEW: (u32, u32) = (0, 0);

pub(crate) const KINDS: &[Kind] = &[
    // Messages, which the recordings have not.
    kind("unready-message-wrong", NEW, "CO-39", |e| {
        need(e.full(e.at) && !e.terminal(e.at))?;
        for type_ in ["Ready", "ContainersReady"] {
            let condition = e.condition_mut(e.at, type_).filter(|condition| condition["reason"] == "ContainersNotReady")?;
            condition["message"] = json!("containers with unready status: [ghost]");
        }
        Some(())
    }),
    kind("unready-messages-differ", NEW, "CO-37", |e| {
        need(e.full(e.at) && !e.terminal(e.at))?;
        need(e.is(e.at, "ContainersReady", "False") && e.is(e.at, "Ready", "False"))?;
        e.condition_mut(e.at, "Ready")?["message"] = json!("one thing");
        e.condition_mut(e.at, "ContainersReady")?["message"] = json!("another");
        Some(())
    }),
    kind("uninitialized-message-wrong", NEW, "CO-40", |e| {
        let condition = e.condition_mut(e.at, "Initialized").filter(|condition| condition["reason"] == "ContainersNotInitialized")?;
        condition["message"] = json!("containers with incomplete status: [ghost]");
        Some(())
    }),
    kind("low-on-resources-alone", NEW, "DI-06", |e| {
        let status = e.status(e.at);
        need(status["reason"] == "Evicted" && !array(&status["conditions"]).is_empty())?;
        e.statuses_on(|status| {
            status["message"] = json!("The node was low on resource: memory. Threshold quantity: 100Mi, available: 10Mi. ");
            list(&mut status["conditions"]).retain(|condition| condition["type"] != "DisruptionTarget");
        });
        Some(())
    }),
    // Phase and conditions.
    kind("phase-empty", NEW, "PH-01", |e| {
        e.written_here()?;
        match e.choice(2) {
            0 => drop_keys(e.here(), &["phase"]),
            _ => e.here()["phase"] = json!(""),
        }
        Some(())
    }),
    kind("status-of-a-free-word", NEW, "CO-02", |e| {
        let type_ = e.some_condition(|_, _| true)?;
        e.condition_mut(e.at, &type_)?["status"] = json!("Yes");
        Some(())
    }),
    kind("collected-while-running", NEW, "DI-03", |e| {
        need(e.full(e.at) && e.phase(e.at) == "Running" && e.condition(e.at, "DisruptionTarget").is_none())?;
        e.add_condition(e.at, "DisruptionTarget", "True", "DeletionByPodGC", false);
        Some(())
    }),
    kind("disruption-over-with-reason", NEW, "DI-05", |e| {
        e.condition_mut(e.at, "DisruptionTarget")?["status"] = json!("False");
        Some(())
    }),
    kind("initialized-completed-early", NEW, "CO-18", |e| {
        need(!e.terminal(e.at) && e.is(e.at, "Initialized", "True") && e.any_container(|c| c.running()))?;
        e.say("Initialized", "True", "PodCompleted")
    }),
    kind("condition-obsgen-regress", NEW, "GN-07", |e| {
        let type_ = e.some_condition(|now, _| now["observedGeneration"].as_i64() > Some(1) && BASE.contains(&text(now, "/type")))?;
        let generation = e.status(e.at)["observedGeneration"].as_i64()?;
        e.condition_mut(e.at, &type_)?["observedGeneration"] = json!(generation - 1);
        Some(())
    }),
    kind("unscheduled-for-no-reason", NEW, "CO-21", |e| {
        need(e.is(e.at, "PodScheduled", "False"))?;
        e.say("PodScheduled", "False", "Waiting")
    }),
    kind("gate-ignored", NEW, "CO-05", |e| {
        need(e.condition(e.at, "Ready")?["reason"] == "ReadinessGatesNotReady")?;
        let ready = |now: &Value| now["reason"] == "ReadinessGatesNotReady";
        e.condition_on("Ready", ready, |now| {
            now["status"] = json!("True");
            drop_keys(now, &["reason", "message"]);
        });
        Some(())
    }),
    kind("restarting-in-the-end", NEW, "CO-26", |e| {
        need(e.terminal(e.at))?;
        e.say("AllContainersRestarting", "True", "RestartAllContainersStarted")
    }),
    kind("resize-for-another-reason", NEW, "CO-27", |e| {
        need(e.full(e.at) && !e.terminal(e.at) && e.condition(e.at, "PodResizePending").is_none())?;
        e.add_condition(e.at, "PodResizePending", "True", "Soon", false);
        Some(())
    }),
    // Containers.
    kind("terminated-without-end", NEW, "CS-18 CS-20 CS-39", |e| {
        let slot = e.some_container(|c| time(c.terminated(), "finishedAt").is_some())?;
        e.instance_on(&slot, |container| drop_keys(&mut container["state"]["terminated"], &["finishedAt"]));
        Some(())
    }),
    kind("terminated-without-id", NEW, "CS-20", |e| {
        let slot = e.some_container(|c| c.terminated()["containerID"].is_string() && c.has_id())?;
        drop_keys(&mut e.it(&slot)?["state"]["terminated"], &["containerID"]);
        Some(())
    }),
    kind("running-without-start", NEW, "CS-19", |e| {
        let slot = e.some_container(|c| c.running())?;
        e.it(&slot)?["state"]["running"] = json!({});
        Some(())
    }),
    kind("running-without-id", NEW, "CS-19", |e| {
        let slot = e.some_container(|c| c.running())?;
        drop_keys(e.it(&slot)?, &["containerID"]);
        Some(())
    }),
    kind("started-while-waiting", NEW, "CS-06", |e| {
        let slot = e.some_container(|c| !c.ephemeral() && !c.running())?;
        e.it(&slot)?["started"] = json!(true);
        Some(())
    }),
    kind("init-ready-too-early", NEW, "CS-07", |e| {
        let slot = e.some_container(|c| c.plain_init() && c.running())?;
        e.it(&slot)?["ready"] = json!(true);
        Some(())
    }),
    kind("init-done-but-unready", NEW, "CS-07", |e| {
        let slot = e.some_container(|c| c.plain_init() && c.terminated()["exitCode"] == 0)?;
        e.it(&slot)?["ready"] = json!(false);
        Some(())
    }),
    kind("finished-in-the-future", NEW, "CS-43", |e| {
        let slot = e.some_container(|c| !c.same() && time(c.terminated(), "finishedAt").is_some() || state(c.was) == "running")?;
        time(e.seen(&slot).terminated(), "finishedAt")?;
        let id = e.seen(&slot).now["containerID"].clone();
        e.records(&slot, &id, |record| shift(record, "finishedAt", 3600));
        Some(())
    }),
    kind("started-before-the-pod", NEW, "CS-43", |e| {
        let slot = e.some_container(|c| c.running() && !c.same())?;
        let id = e.seen(&slot).now["containerID"].clone();
        e.records(&slot, &id, |record| shift(record, "startedAt", -3600));
        Some(())
    }),
    kind("last-state-of-itself", NEW, "CS-37", |e| {
        let slot = e.some_container(|c| c.running() && c.last()["containerID"].is_string())?;
        let id = e.seen(&slot).now["containerID"].clone();
        e.it(&slot)?["lastState"]["terminated"]["containerID"] = id;
        Some(())
    }),
    kind("startup-probe-skipped", NEW, "CS-50", |e| {
        let slot =
            e.some_container(|c| c.has_probe("startupProbe") && c.running() && state(c.was) != "running" && c.now["started"] == false)?;
        let ready = !e.seen(&slot).has_probe("readinessProbe") && !e.seen(&slot).plain_init();
        e.it(&slot)?["started"] = json!(true);
        e.it(&slot)?["ready"] = json!(ready);
        Some(())
    }),
    kind("image-id-change", NEW, "CS-45", |e| {
        let slot = e.some_container(|c| c.same() && c.now["imageID"] == c.was["imageID"])?;
        e.instance_on(&slot, |container| container["imageID"] = json!("sha256:0000"));
        Some(())
    }),
    kind("status-twice", NEW, "CS-03", |e| {
        e.full_here()?;
        let slot = e.some_container(|_| true)?;
        let twice = e.seen(&slot).now.clone();
        list(&mut e.here()[slot.list]).push(twice);
        Some(())
    }),
    kind("status-in-another-list", NEW, "CS-03", |e| {
        e.full_here()?;
        let slot = e.some_container(|c| c.init())?;
        let moved = e.seen(&slot).now.clone();
        list(&mut e.here()[slot.list]).retain(|status| *status != moved);
        list(&mut e.here()["containerStatuses"]).push(moved);
        Some(())
    }),
    kind("waiting-without-its-end", NEW, "CS-41 CS-53 CS-18 CS-39", |e| {
        let slot = e.some_container(|c| c.state() == "waiting" && c.has_id() && time(c.last(), "finishedAt").is_some())?;
        let last = &mut e.it(&slot)?["lastState"]["terminated"];
        last["containerID"] = other_id(&last["containerID"], "deadbeef");
        Some(())
    }),
    // Identity.
    kind("addresses-of-one-family", NEW, "ST-03 ST-04", |e| {
        let field = e.one(vec!["podIPs", "hostIPs"])?;
        need(!array(&e.status(e.at)[field]).is_empty())?;
        list(&mut e.here()[field]).push(json!({"ip": "10.99.9.9"}));
        Some(())
    }),
    kind("host-network-of-its-own", NEW, "ST-05", |e| {
        let status = e.status(e.at);
        need(e.pod(e.at)["spec"]["hostNetwork"] == true && status["podIP"].is_string() && status["podIP"] == status["hostIP"])?;
        e.statuses_on(|status| {
            status["podIP"] = json!("10.99.9.9");
            status["podIPs"] = json!([{"ip": "10.99.9.9"}]);
        });
        Some(())
    }),
    kind("node-forgotten", NEW, "ID-05 CO-20", |e| {
        need(e.before().is_some_and(|was| e.pod(was)["spec"]["nodeName"].is_string()))?;
        e.pods_on(|pod| drop_keys(&mut pod["spec"], &["nodeName"]));
        Some(())
    }),
    kind("resource-version-kept", NEW, "ID-02", |e| {
        e.written_here()?;
        let was = e.pod(e.before()?)["metadata"]["resourceVersion"].clone();
        e.pod_mut(e.at)["metadata"]["resourceVersion"] = was;
        Some(())
    }),
    kind("obsgen-forgotten", NEW, "GN-03", |e| {
        need(e.before().is_some_and(|was| e.full(was)) && e.full(e.at))?;
        drop_keys(e.here(), &["observedGeneration"]);
        Some(())
    }),
    kind("qos-of-another-spec", NEW, "ST-09", |e| {
        need(e.at == 0)?;
        let other = if e.status(0)["qosClass"] == "BestEffort" { "Guaranteed" } else { "BestEffort" };
        e.statuses_on(|status| status["qosClass"] = json!(other));
        Some(())
    }),
    // The end.
    kind("deletion-without-grace", NEW, "TE-01", |e| {
        need(e.pod(e.at)["metadata"]["deletionGracePeriodSeconds"].is_number())?;
        need(e.before().is_none_or(|was| e.pod(was)["metadata"]["deletionTimestamp"].is_null()))?;
        e.pods_on(|pod| drop_keys(&mut pod["metadata"], &["deletionGracePeriodSeconds"]));
        Some(())
    }),
    kind("deadline-not-in-the-spec", NEW, "TE-10", |e| {
        need(e.status(e.at)["reason"] == "DeadlineExceeded")?;
        (0..e.len()).for_each(|i| drop_keys(&mut e.pod_mut(i)["spec"], &["activeDeadlineSeconds"]));
        Some(())
    }),
    kind("rejected-with-address", NEW, "RJ-01", |e| {
        let status = e.status(e.at);
        need(e.phase(e.at) == "Failed" && status["startTime"].is_string() && status.get("conditions").is_none())?;
        let status = e.here();
        (status["podIP"], status["podIPs"]) = (json!("10.88.0.9"), json!([{"ip": "10.88.0.9"}]));
        (status["hostIP"], status["hostIPs"]) = (json!("192.0.2.2"), json!([{"ip": "192.0.2.2"}]));
        Some(())
    }),
    kind("restart-after-delete", NEW, "TE-03", |e| {
        let before = e.before()?;
        let observed = |i: usize| e.status(i)["observedGeneration"] == e.pod(i)["metadata"]["generation"];
        need(e.pod(before)["metadata"]["deletionTimestamp"].is_string() && observed(before) && !e.terminal(e.at))?;
        let slot = e.some_container(|c| c.running() && c.same() && !c.ephemeral())?;
        let (seen, written) = (e.seen(&slot), e.written(e.at));
        let (id, started) = (seen.now["containerID"].clone(), seen.now["state"]["running"]["startedAt"].clone());
        e.container_on(&slot, |container| {
            let ended = stamp(written - 1);
            container["lastState"] =
                json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": started, "finishedAt": ended, "containerID": id}});
            container["containerID"] = other_id(&id, "deadbeef");
            container["state"] = json!({"running": {"startedAt": stamp(written)}});
            add(&mut container["restartCount"], 1);
        });
        Some(())
    }),
    kind("deleted-object-differs", NEW, "ID-06", |e| {
        need(e.event(e.at) == "DELETED")?;
        let slot = e.some_container(|c| c.now["image"].is_string())?;
        let field = e.one(vec!["restartCount", "ready"])?;
        let container = e.it(&slot)?;
        match field {
            "ready" => container["ready"] = json!(container["ready"] != true),
            field => add(&mut container[field], 1),
        }
        Some(())
    }),
];
