//! The life of a Pod as rows: when, who, what, from → to, why.

use comfy_table::{Table, presets};
use pod_lifecycle::api::{self, ConditionStatus, EventType};
use pod_lifecycle::conformance::player::Observer;
use pod_lifecycle::conformance::record::What;
use pod_lifecycle::conformance::scenario::{Hook, ProcessEvent, Scenario};
use pod_lifecycle::pod::{Action, Actor, Cause, InstanceStage, Output, ShownState, Stage, StateChange, Transition};
use pod_lifecycle::rules::view::ProbeResult;
use pod_lifecycle::rules::{conditions, phase};
use pod_lifecycle::spec::ProbeKind;
use pod_lifecycle::{ContainerIndex, Pod, Span};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Collects the rows while a scenario is played.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    scenario: &'a Scenario,
    rows: Vec<Row>,
    /// Changes of the status that wait for the object that shows them.
    held: Vec<(Transition, String)>,
    /// How the newest run of each container ended.
    exits: BTreeMap<String, String>,
    /// The probe that condemned the newest instance of each container.
    condemned: BTreeMap<String, &'static str>,
    /// Whether the kubelet has the Pod and has not finished with it.
    on_node: bool,
    /// The object as it was published last.
    pub(super) object: Option<api::Pod>,
    /// When the object went.
    pub(super) removed: Option<Span>,
}

#[derive(Debug, PartialEq)]
struct Row {
    at: Span,
    actor: &'static str,
    object: String,
    change: String,
    why: String,
}

impl<'a> Timeline<'a> {
    pub(super) const fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            rows: Vec::new(),
            held: Vec::new(),
            exits: BTreeMap::new(),
            condemned: BTreeMap::new(),
            on_node: false,
            object: None,
            removed: None,
        }
    }

    /// The rows as aligned columns.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["TIME", "ACTOR", "OBJECT", "CHANGE", "WHY"]);
        for row in &self.rows {
            table.add_row([seconds(row.at), row.actor.into(), row.object.clone(), row.change.clone(), row.why.clone()]);
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table
    }

    fn row(&mut self, at: Span, actor: &'static str, object: impl Into<String>, change: impl Into<String>, why: impl Into<String>) {
        let row = Row { at, actor, object: object.into(), change: change.into(), why: why.into() };
        // What follows at once on the same thing makes one row: a → b → c.
        if let Some(last) = self.rows.last_mut()
            && (last.at, last.actor, &last.object) == (row.at, row.actor, &row.object)
            && let Some((from, to)) = row.change.split_once(ARROW)
            && last.change.ends_with(&format!("{ARROW}{from}"))
        {
            last.change += &format!("{ARROW}{to}");
            last.why = row.why;
            return;
        }
        self.rows.push(row);
    }

    fn transition(&mut self, at: Span, transition: &Transition, pod: &Pod) {
        let by = transition.by.as_str();
        let why = transition.why.as_str();
        match transition.change {
            StateChange::Stage { from: Stage::Accepted, to: Stage::Accepted } => self.row(at, by, "pod", arrow("–", Stage::Accepted), why),
            StateChange::Stage { from, to } => {
                self.on_node = matches!(to, Stage::Syncing | Stage::Terminating | Stage::Terminated);
                let why = match (to, transition.why) {
                    (Stage::Scheduled | Stage::Bound, _) => format!("node {}", pod.node().name),
                    (Stage::Removed, _) if self.removed.is_some_and(|removed| removed < at) => "its object was removed before".into(),
                    (_, Cause::Reported | Cause::Sync) => stage_reason(to).into(),
                    _ => why.into(),
                };
                self.row(at, by, "pod", arrow(from, to), why);
            }
            StateChange::Sandbox { attempt, from, to } => self.row(at, by, format!("sandbox {attempt}"), arrow(from, to), ""),
            StateChange::Instance { container, attempt, from, to } => {
                let name = name(pod, container);
                if to == InstanceStage::Created {
                    self.condemned.remove(&name);
                }
                let why = match to {
                    InstanceStage::Created | InstanceStage::Running => format!("run {}", attempt.0 + 1),
                    InstanceStage::Exited => self.exits.remove(&name).unwrap_or_default(),
                    InstanceStage::Absent | InstanceStage::Unknown => String::new(),
                };
                self.row(at, by, format!("container {name}"), arrow(from, to), why);
            }
            // What a worker assumes of a new instance is no result of a probe.
            StateChange::Probe { from: None, .. } | StateChange::Probe { to: None, .. } => {}
            StateChange::Probe { container, kind, from: Some(from), to: Some(to) } => {
                if to == ProbeResult::Failure && kind != ProbeKind::Readiness {
                    self.condemned.insert(name(pod, container), kind.as_str());
                }
                self.row(at, by, format!("{} probe of {}", kind.as_str(), name(pod, container)), arrow(result(from), result(to)), "");
            }
            StateChange::Deletion { grace_period_seconds } => {
                self.row(at, by, "pod", format!("deletion granted, grace period {grace_period_seconds} s"), "");
            }
            StateChange::OtherCondition { from, to } => {
                let from = from.map_or("–", ConditionStatus::as_str);
                self.row(at, by, "condition of another", format!("{from} → {to}"), "");
            }
            StateChange::Kill { ending } => self.row(at, by, "pod", format!("to be ended: {}", ending.reason()), ""),
            StateChange::Spec { generation } => self.row(at, by, "pod", format!("new spec, generation {generation}"), ""),
            StateChange::Container { container, .. } => self.held.push((*transition, name(pod, container))),
            _ => self.held.push((*transition, String::new())),
        }
    }

    fn action(&mut self, at: Span, action: Action, pod: &Pod) {
        let kubelet = Actor::Kubelet.as_str();
        match action {
            Action::PullImage { container } => {
                let image = pod.spec().container(container).image();
                self.row(at, kubelet, format!("container {}", name(pod, container)), format!("pulls image {image}"), "");
            }
            Action::StopContainer { container, timeout_seconds, .. } => {
                let signals = format!("stops it: TERM, KILL after {timeout_seconds} s");
                let name = name(pod, container);
                let probe = self.condemned.get(&name).filter(|_| pod.stage() == Stage::Syncing);
                let why = probe.map_or_else(String::new, |probe| format!("its {probe} probe failed"));
                self.row(at, kubelet, format!("container {name}"), signals, why);
            }
            Action::UpdateContainerResources { container, resource, .. } => {
                self.row(at, kubelet, format!("container {}", name(pod, container)), format!("updates its {}", resource.as_str()), "");
            }
            Action::DeleteObject => self.row(at, kubelet, "pod", "deletes the object for good", "nothing of it is left on the node"),
            Action::MountVolumes if !pod.spec().api().volumes.is_empty() => self.row(at, kubelet, "volumes", "mounts them", ""),
            Action::UnmountVolumes if !pod.spec().api().volumes.is_empty() => self.row(at, kubelet, "volumes", "unmounts them", ""),
            _ => {}
        }
    }

    /// The changes of the status that this object shows.
    fn shown(&mut self, at: Span, object: &api::Pod) {
        let mut conditions = Vec::<(&'static str, Vec<&'static str>, String, String)>::new();
        let mut others = Vec::new();
        for (transition, container) in core::mem::take(&mut self.held) {
            let by = transition.by.as_str();
            match transition.change {
                StateChange::Condition { condition, from, to, .. } => {
                    let change = arrow(status_word(from), status_word(to));
                    let told = condition_reason(object, condition.as_str());
                    match conditions.last_mut().filter(|last| (last.0, &last.2, &last.3) == (by, &change, &told)) {
                        Some(last) => last.1.push(condition.as_str()),
                        None => conditions.push((by, vec![condition.as_str()], change, told)),
                    }
                }
                StateChange::Phase { from, to } => {
                    let change = arrow(from.map_or("–", |from| from.as_str()), to);
                    others.push((by, "phase".to_owned(), change, phase_reason(object, from, to)));
                }
                StateChange::Container { from, to, .. } => {
                    let status = container_status(object, &container);
                    let why = status.map(container_reason).unwrap_or_default();
                    let another = if from == to { " (another instance)" } else { "" };
                    let change = arrow(state_word(from), state_word(to)) + another;
                    others.push((by, format!("status of {container}"), change, why));
                }
                _ => {}
            }
        }
        for (by, what, change, why) in others {
            self.row(at, by, what, change, why);
        }
        for (by, types, change, told) in conditions {
            let rule = || types.first().map_or("", |first| condition_rule(first, &change));
            let why = if told.is_empty() { rule().to_owned() } else { told };
            self.row(at, by, types.join(", "), change, why);
        }
    }

    /// Addresses that came, changed, or went.
    fn addresses(&mut self, at: Span, object: &api::Pod) {
        let old = self.object.as_ref().map_or(String::new(), |old| addresses(&old.status));
        let new = addresses(&object.status);
        if old != new {
            let word = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
            let why = if object.spec.host_network { "the node's network" } else { "given by the sandbox" };
            self.row(at, Actor::Kubelet.as_str(), "pod IP", arrow(word(&old), word(&new)), if new.is_empty() { "" } else { why });
        }
    }
}

impl Observer for Timeline<'_> {
    fn output(&mut self, at: Span, output: &Output, pod: &Pod) {
        match output {
            Output::Transition(transition) => self.transition(at, transition, pod),
            Output::Action(action) => self.action(at, *action, pod),
            _ => {}
        }
    }

    fn published(&mut self, at: Span, event: EventType, object: &api::Pod) {
        self.shown(at, object);
        self.addresses(at, object);
        if event == EventType::Deleted {
            self.removed = Some(at);
            if self.on_node {
                self.row(at, Actor::ApiServer.as_str(), "pod", "removes the object", "forced: the kubelet has not finished with it");
            }
        }
        self.object = Some(object.clone());
    }

    fn noted(&mut self, at: Span, what: &What) {
        match what {
            What::Process { container, event: ProcessEvent::Ended, exit: Some((code, reason)), .. } => {
                self.exits.insert(container.clone(), format!("exit code {code}, {reason}"));
            }
            What::Process { container, event: ProcessEvent::Killed, .. } => {
                self.row(at, Actor::Runtime.as_str(), format!("container {container}"), "killed", "");
            }
            What::Hook { container, hook, begin, .. } => {
                let hook = if *hook == Hook::PreStop { "preStop" } else { "postStart" };
                let change = if *begin { "begins" } else { "ends" };
                self.row(at, Actor::Hook.as_str(), format!("{hook} of {container}"), change, "");
            }
            What::Step { index } => {
                if let Some(step) = self.scenario.steps.get(*index) {
                    self.row(at, Actor::Client.as_str(), format!("step {index}"), words(&format!("{:?}", step.verb)), "");
                }
            }
            What::StepResult { index, accepted: false } => {
                self.row(at, Actor::ApiServer.as_str(), format!("step {index}"), "rejected", "");
            }
            _ => {}
        }
    }
}

const ARROW: &str = " → ";

fn arrow(from: impl Display, to: impl Display) -> String {
    format!("{from}{ARROW}{to}")
}

/// Seconds since the creation.
fn seconds(at: Span) -> String {
    format!("{:>9.3}", at.as_secs_f64())
}

fn name(pod: &Pod, container: ContainerIndex) -> String {
    pod.spec().container(container).name().to_owned()
}

fn addresses(status: &api::PodStatus) -> String {
    let all: Vec<_> = status.pod_ips.iter().map(|address| address.ip.as_str()).collect();
    if all.is_empty() { status.pod_ip.clone() } else { all.join(", ") }
}

const fn stage_reason(to: Stage) -> &'static str {
    match to {
        Stage::Unscheduled => "stored, without a node",
        Stage::Syncing => "admitted",
        Stage::Terminated => "no container runs any more",
        Stage::Finished => "volumes and resources are released",
        Stage::Removed => "the object is gone",
        _ => "",
    }
}

const fn result(result: ProbeResult) -> &'static str {
    match result {
        ProbeResult::Success => "success",
        ProbeResult::Failure => "failure",
        ProbeResult::Unknown => "unknown",
    }
}

fn status_word(status: Option<ConditionStatus>) -> &'static str {
    status.map_or("–", ConditionStatus::as_str)
}

fn state_word(state: ShownState) -> String {
    match state {
        ShownState::Absent => "–".into(),
        ShownState::Waiting(reason) if reason.as_str().is_empty() => "waiting".into(),
        ShownState::Waiting(reason) => format!("waiting {reason}"),
        ShownState::Running => "running".into(),
        ShownState::Terminated(code, reason) => format!("terminated {reason} {code}"),
    }
}

/// Reason and message of a condition, as far as it has them.
fn condition_reason(object: &api::Pod, type_: &str) -> String {
    let condition = object.status.conditions.iter().find(|condition| condition.type_.as_str() == type_);
    condition.map(|condition| colon(&condition.reason, &condition.message)).unwrap_or_default()
}

/// When a condition without a reason changes in this way, as the table has it.
fn condition_rule(type_: &str, change: &str) -> &'static str {
    let fits = |edge: &&conditions::ConditionEdge| edge.condition == type_ && arrow(status_word(edge.from), status_word(edge.to)) == change;
    conditions::EDGES.iter().find(fits).map_or("", |edge| edge.when)
}

fn phase_reason(object: &api::Pod, from: Option<api::PodPhase>, to: api::PodPhase) -> String {
    let status = &object.status;
    if !status.reason.is_empty() {
        return colon(&status.reason, &status.message);
    }
    phase::EDGES.iter().find(|edge| (edge.from, edge.to) == (from, to)).map_or(String::new(), |edge| edge.when.into())
}

fn container_status<'a>(object: &'a api::Pod, name: &str) -> Option<&'a api::ContainerStatus> {
    let status = &object.status;
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().find(|status| status.name == name)
}

fn container_reason(status: &api::ContainerStatus) -> String {
    let message = match (&status.state.waiting, &status.state.terminated) {
        (Some(waiting), _) => waiting.message.as_str(),
        (None, Some(terminated)) => terminated.message.as_str(),
        (None, None) => "",
    };
    let restarts = if status.restart_count > 0 { format!("restart count {}", status.restart_count) } else { String::new() };
    match (restarts.as_str(), message) {
        ("", text) | (text, "") => text.into(),
        (restarts, message) => format!("{restarts}; {message}"),
    }
}

fn colon(reason: &str, message: &str) -> String {
    match (reason, message) {
        ("", text) | (text, "") => text.into(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

/// The name of a variant in words.
fn words(debug: &str) -> String {
    let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let mut words = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
