//! The spec made to contradict the status.

use crate::edit::{array, count, need, time};
use crate::kind::{Kind, kind};
use serde_json::json;

pub(crate) const KINDS: &[Kind] = &[
    kind("policy-never-with-restarts", (39, 39), "CS-13 CS-25 CS-33 PH-17", |e| {
        need(e.pod(e.at)["spec"]["restartPolicy"] != "Never" && !e.restarts_all(e.at))?;
        need(e.before().is_some_and(|was| e.slots(was).iter().all(|slot| count(e.container(was, slot)) == 0)))?;
        need(e.any_container(|c| {
            let own = c.spec["restartPolicy"].is_string() || !array(&c.spec["restartPolicyRules"]).is_empty();
            !own && !c.ephemeral() && c.count() > 0 && c.last()["reason"] != "ContainerStatusUnknown"
        }))?;
        (0..e.len()).for_each(|i| e.pod_mut(i)["spec"]["restartPolicy"] = json!("Never"));
        Some(())
    }),
    kind("readiness-too-early", (15, 15), "PR-01", |e| {
        let written = e.written(e.at);
        let slot = e.some_container(|c| {
            let began = time(&c.now["state"]["running"], "startedAt");
            let now_ready = c.now["ready"] == true && c.was["ready"] != true;
            now_ready && c.count() == 0 && c.has_probe("readinessProbe") && began.is_some_and(|began| written < began + 58)
        })?;
        e.specs(&slot, |spec| spec["readinessProbe"]["initialDelaySeconds"] = json!(60));
        Some(())
    }),
];
