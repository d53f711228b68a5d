//! Vectors of the Pod garbage collector in [`crate::cluster::pod_gc`].

use super::{Case, ReadError};
use crate::api::{Node, Pod, PodStatus};
use crate::cluster::PodGc;
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Suite `podgc`: `gc`, several rounds; what is deleted in one is gone in the next.
pub(super) fn podgc(case: &Case) -> Result<Value, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        terminated_pod_threshold: i32,
        pods: Vec<Pod>,
        nodes: Vec<Node>,
        #[serde(rename = "nodesInAPIOnly")]
        nodes_in_api_only: Vec<String>,
        rounds: Vec<Time>,
    }
    let mut input: Input = case.input()?;
    let mut gc = PodGc::new(input.terminated_pod_threshold);
    let mut rounds = Vec::new();
    for now in input.rounds {
        let mut asked = gc.look(now, &input.pods, &input.nodes);
        asked.retain(|node| !input.nodes_in_api_only.contains(node));
        let mut deleted = BTreeSet::new();
        let mut patched = BTreeMap::new();
        for garbage in gc.collect(&input.pods, &input.nodes, &asked) {
            let name = garbage.pod.metadata.name.clone();
            if let Some(status) = garbage.patch(now) {
                patched.insert(name.clone(), merge_patch(&garbage.pod.status, &status)?);
            }
            deleted.insert(name);
        }
        input.pods.retain(|pod| !deleted.contains(&pod.metadata.name));
        rounds.push(json!({ "deleted": deleted, "patched": patched }));
    }
    Ok(Value::Array(rounds))
}

/// The patch by which a controller gets from one status to another: a strategic merge, conditions by their type.
fn merge_patch(old: &PodStatus, new: &PodStatus) -> Result<Value, ReadError> {
    let mut patch = difference(&serde_json::to_value(old)?, &serde_json::to_value(new)?);
    let known = |condition: &&crate::api::PodCondition| old.conditions.iter().find(|known| known.type_ == condition.type_).cloned();
    let changed: Vec<_> = new.conditions.iter().filter(|condition| known(condition).as_ref() != Some(*condition)).collect();
    patch.remove("conditions");
    if !changed.is_empty() {
        let mut conditions = Vec::new();
        for condition in changed {
            let old = known(&condition).map_or(Ok(Value::Null), serde_json::to_value)?;
            let mut fields = difference(&old, &serde_json::to_value(condition)?);
            fields.insert("type".into(), json!(condition.type_));
            conditions.push(Value::Object(fields));
        }
        patch.insert("conditions".into(), conditions.into());
        if !old.conditions.is_empty() {
            let order: Vec<_> = new.conditions.iter().map(|condition| json!({ "type": condition.type_ })).collect();
            patch.insert("$setElementOrder/conditions".into(), order.into());
        }
    }
    Ok(patch.into())
}

/// The fields of `new` that differ from those of `old`.
fn difference(old: &Value, new: &Value) -> Map<String, Value> {
    let fields = new.as_object().into_iter().flatten();
    fields.filter(|(key, value)| old.get(key.as_str()) != Some(value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}
