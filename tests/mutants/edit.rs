//! A recording under the knife: the small vocabulary in which the kinds of mutation are written.
//!
//! Versions are shared with the unchanged recording until they are written to.

use crate::corpus::{Recording, Versions};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use std::ops::Range;
use std::rc::Rc;

/// What the kubelet puts into every full status, in its order.
pub(crate) const BASE: [&str; 5] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// The conditions that stand in one order in every full status.
pub(crate) const OWNED_ORDER: [&str; 6] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled", "AllContainersRestarting"];

/// Conditions of the kubelet that some Pods have.
const OTHERS: [&str; 4] = ["DisruptionTarget", "PodResizePending", "PodResizeInProgress", "AllContainersRestarting"];

const LISTS: [(&str, &str); 3] = [
    ("initContainerStatuses", "initContainers"),
    ("containerStatuses", "containers"),
    ("ephemeralContainerStatuses", "ephemeralContainers"),
];

/// A recording, a place in it, and the choices that are left there.
pub(crate) struct Edit {
    pub(crate) versions: Versions,
    /// The version that is changed, or the first of them.
    pub(crate) at: usize,
    /// Time 0 of the recording, in seconds since 1970.
    began: f64,
    pick: u64,
}

/// One container of a Pod: the list of statuses that it is in, and its name.
#[derive(Clone, PartialEq)]
pub(crate) struct Slot {
    pub(crate) list: &'static str,
    pub(crate) name: String,
}

/// What is to be seen of a container at the place. What is not there is null.
pub(crate) struct Seen<'a> {
    pub(crate) slot: &'a Slot,
    /// Its status in the version of the place.
    pub(crate) now: &'a Value,
    /// Its status in the version before.
    pub(crate) was: &'a Value,
    pub(crate) spec: &'a Value,
    pod: &'a Value,
}

impl Edit {
    /// `pick` is spent on choices: a mixed-radix number.
    pub(crate) fn new(recording: &Recording, at: usize, pick: u64) -> Self {
        Self { versions: recording.versions.clone(), at, began: recording.began, pick }
    }

    // The stream.

    pub(crate) fn len(&self) -> usize {
        self.versions.len()
    }

    /// The version before the place.
    pub(crate) fn before(&self) -> Option<usize> {
        self.at.checked_sub(1)
    }

    /// Moves the place to the next version; where there is none, the recording goes on with one like the last.
    pub(crate) fn go_to_the_next(&mut self) {
        self.at += 1;
        if self.at == self.len() {
            let mut next = Value::clone(&self.versions[self.at - 1]);
            next["t"] = json!(next["t"].as_f64().unwrap_or_default() + 2.0);
            let version = text(&next, "/object/metadata/resourceVersion").parse::<u64>();
            next["object"]["metadata"]["resourceVersion"] = json!((version.unwrap_or_default() + 7).to_string());
            self.versions.push(Rc::new(next));
        }
    }

    /// The versions from the place on.
    pub(crate) fn later(&self) -> Range<usize> {
        self.at..self.len()
    }

    pub(crate) fn event(&self, i: usize) -> &str {
        text(&self.versions[i], "/type")
    }

    /// Whether the version of the place was stored by a write: neither the creation nor the removal.
    pub(crate) fn written_here(&self) -> Option<()> {
        need(self.event(self.at) == "MODIFIED")
    }

    pub(crate) fn pod(&self, i: usize) -> &Value {
        &self.versions[i]["object"]
    }

    pub(crate) fn pod_mut(&mut self, i: usize) -> &mut Value {
        &mut Rc::make_mut(&mut self.versions[i])["object"]
    }

    pub(crate) fn status(&self, i: usize) -> &Value {
        &self.pod(i)["status"]
    }

    pub(crate) fn status_mut(&mut self, i: usize) -> &mut Value {
        &mut self.pod_mut(i)["status"]
    }

    /// The status of the place, to write to.
    pub(crate) fn here(&mut self) -> &mut Value {
        self.status_mut(self.at)
    }

    /// Changes the status of all versions from the place on.
    pub(crate) fn statuses_on(&mut self, mut change: impl FnMut(&mut Value)) {
        self.later().for_each(|i| change(self.status_mut(i)));
    }

    /// Changes the Pod of all versions from the place on.
    pub(crate) fn pods_on(&mut self, mut change: impl FnMut(&mut Value)) {
        self.later().for_each(|i| change(self.pod_mut(i)));
    }

    /// When the version came, in seconds since 1970.
    pub(crate) fn written(&self, i: usize) -> i64 {
        (self.began + self.versions[i]["t"].as_f64().unwrap_or_default()) as i64
    }

    // Choices.

    /// A number below `n`.
    pub(crate) fn choice(&mut self, n: usize) -> usize {
        let chosen = self.pick % n.max(1) as u64;
        self.pick /= n.max(1) as u64;
        chosen as usize
    }

    /// One of these, if there are any.
    pub(crate) fn one<T>(&mut self, mut of: Vec<T>) -> Option<T> {
        need(!of.is_empty())?;
        let chosen = self.choice(of.len());
        Some(of.swap_remove(chosen))
    }

    // Phases.

    pub(crate) fn phase(&self, i: usize) -> &str {
        text(self.status(i), "/phase")
    }

    pub(crate) fn terminal(&self, i: usize) -> bool {
        matches!(self.phase(i), "Succeeded" | "Failed")
    }

    /// Whether the place is the first version with a terminal phase.
    pub(crate) fn first_terminal(&self) -> Option<()> {
        need(self.terminal(self.at) && self.before().is_some_and(|was| !self.terminal(was)))
    }

    /// Whether the version holds a whole status built by the kubelet.
    pub(crate) fn full(&self, i: usize) -> bool {
        self.status(i)["startTime"].is_string() && self.condition(i, "PodReadyToStartContainers").is_some()
    }

    pub(crate) fn full_here(&self) -> Option<()> {
        need(self.full(self.at))
    }

    /// Whether the spec of a version has a rule that restarts all containers.
    pub(crate) fn restarts_all(&self, i: usize) -> bool {
        let containers = LISTS.iter().flat_map(|(_, list)| array(&self.pod(i)["spec"][*list]));
        let mut rules = containers.flat_map(|container| array(&container["restartPolicyRules"]));
        rules.any(|rule| rule["action"] == "RestartAllContainers")
    }

    // Conditions.

    pub(crate) fn condition(&self, i: usize, type_: &str) -> Option<&Value> {
        array(&self.status(i)["conditions"]).iter().find(|condition| condition["type"] == type_)
    }

    pub(crate) fn condition_mut(&mut self, i: usize, type_: &str) -> Option<&mut Value> {
        entries(self.status_mut(i), "conditions").iter_mut().find(|condition| condition["type"] == type_)
    }

    pub(crate) fn is(&self, i: usize, type_: &str, status: &str) -> bool {
        self.condition(i, type_).is_some_and(|condition| condition["status"] == status)
    }

    /// Sets status and reason of a condition of the place; an empty reason is none.
    pub(crate) fn say(&mut self, type_: &str, status: &str, reason: &str) -> Option<()> {
        let condition = self.condition_mut(self.at, type_)?;
        condition["status"] = json!(status);
        drop_keys(condition, &["reason", "message"]);
        if !reason.is_empty() {
            condition["reason"] = json!(reason);
        }
        Some(())
    }

    /// A kubelet-owned condition of the place for which this holds, given the condition and what it was before (or null).
    pub(crate) fn some_condition(&mut self, test: impl Fn(&Value, &Value) -> bool) -> Option<String> {
        let was = |type_: &str| self.before().and_then(|was| self.condition(was, type_)).unwrap_or(&Value::Null);
        let owned = array(&self.status(self.at)["conditions"]).iter().filter(|now| kubelets(text(now, "/type")));
        let found: Vec<_> = owned.map(|now| (text(now, "/type"), now)).filter(|(type_, now)| test(now, was(type_))).collect();
        let found = found.into_iter().map(|(type_, _)| type_.to_owned()).collect();
        self.one(found)
    }

    /// Changes a condition in the versions from the place on for as long as this holds.
    pub(crate) fn condition_on(&mut self, type_: &str, while_: impl Fn(&Value) -> bool, mut change: impl FnMut(&mut Value)) {
        for i in self.later() {
            match self.condition_mut(i, type_) {
                Some(condition) if while_(condition) => change(condition),
                _ => return,
            }
        }
    }

    /// Adds a condition to a version, at the front as the kubelet does or at the end as others do.
    pub(crate) fn add_condition(&mut self, i: usize, type_: &str, status: &str, reason: &str, front: bool) {
        let generation = self.pod(i)["metadata"]["generation"].clone();
        let time = stamp(self.written(self.at));
        let mut condition =
            json!({"type": type_, "status": status, "observedGeneration": generation, "lastProbeTime": null, "lastTransitionTime": time});
        if !reason.is_empty() {
            condition["reason"] = json!(reason);
        }
        let conditions = list(&mut self.status_mut(i)["conditions"]);
        let index = if front { 0 } else { conditions.len() };
        conditions.insert(index, condition);
    }

    // Containers.

    /// All containers with a status in a version.
    pub(crate) fn slots(&self, i: usize) -> Vec<Slot> {
        let of = |list: &'static str| {
            array(&self.status(i)[list]).iter().map(move |status| Slot { list, name: text(status, "/name").to_owned() })
        };
        LISTS.iter().flat_map(|(list, _)| of(list)).collect()
    }

    /// A container of the place for which this holds.
    pub(crate) fn some_container(&mut self, test: impl Fn(&Seen<'_>) -> bool) -> Option<Slot> {
        let found = self.slots(self.at).into_iter().filter(|slot| test(&self.seen(slot))).collect();
        self.one(found)
    }

    pub(crate) fn any_container(&self, test: impl Fn(&Seen<'_>) -> bool) -> bool {
        self.slots(self.at).iter().any(|slot| test(&self.seen(slot)))
    }

    pub(crate) fn seen<'a>(&'a self, slot: &'a Slot) -> Seen<'a> {
        let was = self.before().map_or(&Value::Null, |was| self.container(was, slot));
        Seen { slot, now: self.container(self.at, slot), was, spec: self.spec(self.at, slot), pod: &self.pod(self.at)["spec"] }
    }

    /// The status of a container in a version, or null.
    pub(crate) fn container(&self, i: usize, slot: &Slot) -> &Value {
        array(&self.status(i)[slot.list]).iter().find(|status| status["name"] == *slot.name).unwrap_or(&Value::Null)
    }

    pub(crate) fn container_mut(&mut self, i: usize, slot: &Slot) -> Option<&mut Value> {
        entries(self.status_mut(i), slot.list).iter_mut().find(|status| status["name"] == *slot.name)
    }

    /// The status of a container at the place, to write to.
    pub(crate) fn it(&mut self, slot: &Slot) -> Option<&mut Value> {
        self.container_mut(self.at, slot)
    }

    fn spec(&self, i: usize, slot: &Slot) -> &Value {
        array(&self.pod(i)["spec"][specs_of(slot)]).iter().find(|spec| spec["name"] == *slot.name).unwrap_or(&Value::Null)
    }

    /// Changes the spec of a container in all versions.
    pub(crate) fn specs(&mut self, slot: &Slot, change: impl Fn(&mut Value)) {
        for i in 0..self.len() {
            let specs = entries(&mut self.pod_mut(i)["spec"], specs_of(slot));
            specs.iter_mut().filter(|spec| spec["name"] == *slot.name).for_each(&change);
        }
    }

    /// Changes the status of a container in all versions from the place on.
    pub(crate) fn container_on(&mut self, slot: &Slot, mut change: impl FnMut(&mut Value)) {
        for i in self.later() {
            self.container_mut(i, slot).into_iter().for_each(&mut change);
        }
    }

    /// Changes the status of a container in the versions from the place on that show the instance of the place.
    pub(crate) fn instance_on(&mut self, slot: &Slot, mut change: impl FnMut(&mut Value)) {
        let id = self.container(self.at, slot)["containerID"].clone();
        self.container_on(slot, |container| {
            if container["containerID"] == id {
                change(container);
            }
        });
    }

    /// Changes the times and codes of one instance wherever they are shown: as a state and as the last state.
    pub(crate) fn records(&mut self, slot: &Slot, id: &Value, change: impl Fn(&mut Value)) {
        for i in 0..self.len() {
            let Some(container) = self.container_mut(i, slot) else { continue };
            if container["containerID"] == *id && container["state"]["running"].is_object() {
                change(&mut container["state"]["running"]);
            }
            for state in ["state", "lastState"] {
                let terminated = container[state].get_mut("terminated").filter(|terminated| terminated["containerID"] == *id);
                terminated.into_iter().for_each(&change);
            }
        }
    }
}

impl Seen<'_> {
    /// waiting, running, terminated, or nothing.
    pub(crate) fn state(&self) -> &str {
        state(self.now)
    }

    pub(crate) fn regular(&self) -> bool {
        self.slot.list == "containerStatuses"
    }

    pub(crate) fn ephemeral(&self) -> bool {
        self.slot.list == "ephemeralContainerStatuses"
    }

    pub(crate) fn init(&self) -> bool {
        self.slot.list == "initContainerStatuses"
    }

    pub(crate) fn sidecar(&self) -> bool {
        self.init() && self.spec["restartPolicy"] == "Always"
    }

    /// An init container that runs to its end.
    pub(crate) fn plain_init(&self) -> bool {
        self.init() && !self.sidecar()
    }

    /// One whose readiness is the Pod's.
    pub(crate) fn counts(&self) -> bool {
        self.regular() || self.sidecar()
    }

    pub(crate) fn has_id(&self) -> bool {
        self.now["containerID"].is_string()
    }

    /// Whether it is the same instance as in the version before.
    pub(crate) fn same(&self) -> bool {
        self.has_id() && self.now["containerID"] == self.was["containerID"]
    }

    /// Whether it is the first version of a further instance.
    pub(crate) fn restarted(&self) -> bool {
        self.has_id() && !self.same() && self.count() > 0 && count(self.was) + 1 == self.count()
    }

    pub(crate) fn count(&self) -> i64 {
        count(self.now)
    }

    pub(crate) fn last(&self) -> &Value {
        &self.now["lastState"]["terminated"]
    }

    pub(crate) fn terminated(&self) -> &Value {
        &self.now["state"]["terminated"]
    }

    pub(crate) fn reason(&self) -> &str {
        text(self.now, &format!("/state/{}/reason", self.state()))
    }

    pub(crate) fn has_probe(&self, probe: &str) -> bool {
        self.spec[probe].is_object()
    }

    pub(crate) fn running(&self) -> bool {
        self.state() == "running"
    }

    /// Whether it has ended and its policy forbids another start. Rules of its own leave that open, so they say no.
    pub(crate) fn over(&self) -> bool {
        let Some(code) = self.terminated()["exitCode"].as_i64() else { return false };
        let own = text(self.spec, "/restartPolicy");
        let policy = if own.is_empty() { text(self.pod, "/restartPolicy") } else { own };
        let forbidden = match policy {
            "Never" => true,
            "OnFailure" => code == 0,
            _ => self.plain_init() && code == 0,
        };
        forbidden && self.has_id() && !self.ephemeral() && array(&self.spec["restartPolicyRules"]).is_empty()
    }
}

/// Goes on only if it holds.
pub(crate) fn need(holds: bool) -> Option<()> {
    holds.then_some(())
}

pub(crate) fn kubelets(type_: &str) -> bool {
    BASE.contains(&type_) || OTHERS.contains(&type_)
}

/// The text at a pointer, or "".
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What is in a list, if there is one.
pub(crate) fn entries<'a>(value: &'a mut Value, key: &str) -> &'a mut [Value] {
    value.get_mut(key).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// The list that is there, or becomes so.
pub(crate) fn list(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().expect("made so above")
}

pub(crate) fn drop_keys(value: &mut Value, keys: &[&str]) {
    if let Some(map) = value.as_object_mut() {
        keys.iter().for_each(|key| drop(map.remove(*key)));
    }
}

pub(crate) fn state(container: &Value) -> &str {
    let states = container["state"].as_object();
    states.and_then(|states| states.keys().next()).map_or("", String::as_str)
}

pub(crate) fn count(container: &Value) -> i64 {
    container["restartCount"].as_i64().unwrap_or_default()
}

/// Adds to a whole number.
pub(crate) fn add(value: &mut Value, more: i64) {
    *value = json!(value.as_i64().unwrap_or_default() + more);
}

pub(crate) fn seconds(time: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(time).ok().map(|time| time.timestamp())
}

pub(crate) fn stamp(seconds: i64) -> Value {
    let time = DateTime::from_timestamp(seconds, 0).expect("a time of our days");
    json!(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The time in a field.
pub(crate) fn time(value: &Value, field: &str) -> Option<i64> {
    seconds(value[field].as_str()?)
}

/// Moves the time in a field, if there is one.
pub(crate) fn shift(value: &mut Value, field: &str, by: i64) {
    if let Some(time) = time(value, field) {
        value[field] = stamp(time + by);
    }
}

/// The ID of another instance.
pub(crate) fn other_id(id: &Value, ending: &str) -> Value {
    let id = id.as_str().unwrap_or("containerd://0000000000000000000000000000000000000000000000000000000000000000");
    json!(format!("{}{ending}", &id[..id.len().saturating_sub(ending.len())]))
}

fn specs_of(slot: &Slot) -> &'static str {
    LISTS.iter().find(|(list, _)| *list == slot.list).map_or("", |(_, specs)| specs)
}
