//! Identity, IP, time, generation.

use crate::edit::{Edit, add, array, drop_keys, need, shift, stamp, text};
use crate::kind::{Kind, kind};
use serde_json::{Value, json};
use std::rc::Rc;

pub(crate) const KINDS: &[Kind] = &[
    kind("starttime-change", (60, 60), "ST-01", |e| {
        need(e.before().is_some_and(|was| e.status(was)["startTime"].is_string()))?;
        e.statuses_on(|status| shift(status, "startTime", 7));
        Some(())
    }),
    kind("starttime-lost", (60, 60), "ST-02", |e| {
        need(e.status(e.at)["startTime"].is_string())?;
        drop_keys(e.here(), &["startTime"]);
        Some(())
    }),
    kind("podip-change", (60, 60), "ST-08", |e| {
        let ended = e.before().is_some_and(|was| e.terminal(was));
        need(kept_ip(e) && (ended || e.any_container(|c| c.running() && c.same())))?;
        e.statuses_on(|status| set_ip(status, "podIP", "10.99.9.9"));
        Some(())
    }),
    kind("podips-mismatch", (60, 60), "ST-03 ST-04", |e| {
        let list = e.one(vec!["podIPs", "hostIPs"])?;
        need(!array(&e.status(e.at)[list]).is_empty())?;
        e.here()[list][0]["ip"] = json!("10.99.9.9");
        Some(())
    }),
    kind("podip-lost", (60, 60), "ST-13 ST-07", |e| {
        need(kept_ip(e) && !e.terminal(e.at))?;
        e.statuses_on(|status| drop_keys(status, &["podIP", "podIPs"]));
        Some(())
    }),
    kind("hostip-change", (60, 60), "ST-12", |e| {
        need(e.before().is_some_and(|was| e.status(was)["hostIP"].is_string()))?;
        e.statuses_on(|status| set_ip(status, "hostIP", "192.0.2.99"));
        Some(())
    }),
    kind("qos-change", (60, 60), "ST-09", |e| {
        e.written_here()?;
        let was = text(e.status(e.at), "/qosClass").to_owned();
        let class = e.one(["", "Guaranteed", "Burstable", "BestEffort"].into_iter().filter(|class| *class != was).collect())?;
        let end = if e.choice(2) == 0 { e.at + 1 } else { e.len() };
        for i in e.at..end {
            drop_keys(e.status_mut(i), &["qosClass"]);
            if !class.is_empty() {
                e.status_mut(i)["qosClass"] = json!(class);
            }
        }
        Some(())
    }),
    kind("obsgen-regress", (60, 60), "GN-03", |e| {
        let observed = e.status(e.at)["observedGeneration"].as_i64()?;
        need(observed > 1 && e.before().is_some_and(|was| e.status(was)["observedGeneration"] == observed))?;
        add(&mut e.here()["observedGeneration"], -1);
        Some(())
    }),
    kind("obsgen-ahead", (60, 60), "GN-02 GN-04", |e| {
        e.full_here()?;
        let ahead = json!(e.pod(e.at)["metadata"]["generation"].as_i64()? + 1);
        if e.choice(2) == 0 {
            e.here()["observedGeneration"] = ahead;
        } else {
            let type_ = e.some_condition(|now, _| now["observedGeneration"].is_number())?;
            e.condition_mut(e.at, &type_)?["observedGeneration"] = ahead;
        }
        Some(())
    }),
    kind("generation-bump", (60, 60), "GN-01", |e| {
        e.written_here()?;
        let was = e.pod(e.before()?);
        need(generation(was) == generation(e.pod(e.at)))?;
        e.pods_on(|pod| add(&mut pod["metadata"]["generation"], 1));
        Some(())
    }),
    kind("generation-missed", (60, 60), "GN-01", generation_missed),
    kind("uid-change", (60, 60), "ID-07", |e| {
        e.written_here()?;
        e.pods_on(|pod| pod["metadata"]["uid"] = json!("00000000-1111-2222-3333-444444444444"));
        Some(())
    }),
    kind("node-change", (60, 60), "ID-05 GN-01", |e| {
        need(e.before().is_some_and(|was| e.pod(was)["spec"]["nodeName"].is_string()))?;
        e.pods_on(|pod| pod["spec"]["nodeName"] = json!("another-node"));
        Some(())
    }),
    kind("versions-swapped", (60, 60), "ID-02", |e| {
        let next = e.at + 1;
        need(next < e.len() && e.event(e.at) == "MODIFIED" && e.event(next) == "MODIFIED")?;
        let (first, second) = (e.pod(e.at).clone(), e.pod(next).clone());
        *e.pod_mut(e.at) = second;
        *e.pod_mut(next) = first;
        Some(())
    }),
    kind("after-deleted", (60, 60), "ID-03", |e| {
        need(e.event(e.at) == "DELETED")?;
        let mut event = Value::clone(&e.versions[e.at]);
        event["type"] = json!("MODIFIED");
        event["t"] = json!(event["t"].as_f64()? + 0.5);
        e.versions.insert(e.at + 1, Rc::new(event));
        Some(())
    }),
    kind("hostip-missing", (60, 60), "ST-06", |e| {
        need(e.status(e.at)["podIP"].is_string())?;
        drop_keys(e.here(), &["hostIP", "hostIPs"]);
        Some(())
    }),
    kind("nominated-kept", (60, 60), "ST-10", |e| {
        let node = e.pod(e.at)["spec"]["nodeName"].as_str()?.to_owned();
        e.here()["nominatedNodeName"] = json!(node);
        Some(())
    }),
    kind("restartall-obsgen", (60, 60), "GN-05", |e| {
        let generation = e.pod(e.at)["metadata"]["generation"].clone();
        e.condition_mut(e.at, "AllContainersRestarting")?["observedGeneration"] = generation;
        Some(())
    }),
    kind("creation-change", (60, 60), "ID-01", |e| {
        e.written_here()?;
        let field = e.one(vec!["creationTimestamp", "name"])?;
        e.pods_on(|pod| match field {
            "name" => pod["metadata"]["name"] = json!("another-name"),
            field => shift(&mut pod["metadata"], field, -5),
        });
        Some(())
    }),
    kind("created-with-status", (60, 60), "CR-01", |e| {
        need(e.event(e.at) == "ADDED")?;
        if e.choice(2) == 0 {
            e.here()["phase"] = json!("Running");
        } else {
            need(e.condition(e.at, "PodScheduled").is_none())?;
            let time = stamp(e.written(e.at));
            e.here()["conditions"] = json!([{"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": time}]);
        }
        Some(())
    }),
    kind("bound-while-gated", (4, 4), "CO-22 CO-20", |e| {
        need(e.event(e.at) == "MODIFIED" && !array(&e.pod(e.at)["spec"]["schedulingGates"]).is_empty())?;
        e.pod_mut(e.at)["spec"]["nodeName"] = json!("n1");
        Some(())
    }),
    kind("binding-writes-more", (60, 60), "CR-02", |e| {
        let bound = |i: usize| e.pod(i)["spec"]["nodeName"].is_string();
        need(bound(e.at) && e.before().is_some_and(|was| !bound(was)) && e.status(e.at)["startTime"].is_null())?;
        let written = stamp(e.written(e.at));
        let generation = generation(e.pod(e.at)).clone();
        match e.choice(3) {
            0 => e.here()["startTime"] = written,
            1 => e.here()["observedGeneration"] = generation,
            _ => (e.here()["startTime"], e.here()["observedGeneration"]) = (written, generation),
        }
        Some(())
    }),
];

fn generation(pod: &Value) -> &Value {
    &pod["metadata"]["generation"]
}

/// Whether the version has the IP of the one before.
fn kept_ip(e: &Edit) -> bool {
    let ip = &e.status(e.at)["podIP"];
    ip.is_string() && e.before().is_some_and(|was| e.status(was)["podIP"] == *ip)
}

/// Another address in the field and first in its list, where there is one.
fn set_ip(status: &mut Value, field: &str, ip: &str) {
    let list = format!("{field}s");
    if status[field].is_string() {
        status[field] = json!(ip);
    }
    if !array(&status[&list]).is_empty() {
        status[&list][0]["ip"] = json!(ip);
    }
}

/// The generation does not rise, and what was observed of it is told by the number that it then has.
fn generation_missed(e: &mut Edit) -> Option<()> {
    let (was, now) = (generation(e.pod(e.before()?)).as_i64()?, generation(e.pod(e.at)).as_i64()?);
    need(now == was + 1)?;
    let lower = |number: &mut Value| {
        if number.as_i64().is_some_and(|number| number >= now) {
            add(number, -1);
        }
    };
    e.pods_on(|pod| {
        lower(&mut pod["metadata"]["generation"]);
        let observed = pod["status"].get_mut("observedGeneration");
        observed.into_iter().for_each(lower);
        let conditions = crate::edit::entries(&mut pod["status"], "conditions").iter_mut();
        conditions.filter_map(|condition| condition.get_mut("observedGeneration")).for_each(lower);
    });
    Some(())
}
