//! What a watcher saw, as lines that one can read: the time, then what changed.
//!
//! `a=run` is the state of container `a` (with `!ready` or `!started`, where that is so; after a terminated state `ready`), `a=Error(1)`
//! terminated with reason and exit code, `a=CrashLoopBackOff` waiting with that reason, `<Error(1)>` the last state, `rc=` the restart count. Conditions:
//! `RTS` PodReadyToStartContainers, `Ini` Initialized, `Ready`, `CR` ContainersReady, `Sch` PodScheduled, `Disr` DisruptionTarget, `All`
//! AllContainersRestarting, with `+`, `-`, `?` or ` gone` and the reason; `READY` is Ready+ and CR+, `notReady` is Ready- and CR-. `gen 2/1` is
//! generation and observed generation, `>>delete` what was done from outside.

use super::case::seconds;
use pod_lifecycle::api::{ConditionStatus, ConditionType, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus};
use pod_lifecycle::conformance::record::{Record, What};

/// What happened, line by line.
#[derive(Debug)]
pub(crate) struct Life {
    lines: Vec<(f64, String)>,
    /// The objects, as they were published.
    pub(crate) objects: Vec<(f64, Pod)>,
    /// What the containers did, as `1.2 a killed`.
    pub(crate) processes: Vec<String>,
}

impl Life {
    pub(crate) fn of(record: &Record, verbs: Vec<String>) -> Self {
        let mut life = Self { lines: Vec::new(), objects: Vec::new(), processes: Vec::new() };
        for entry in &record.entries {
            let at = seconds(entry.at);
            match &entry.what {
                // What the kubelet writes of an object that is gone, nobody sees.
                What::Published(_) if life.lines.last().is_some_and(|(_, line)| line == "DELETED") => {}
                What::Published(object) => {
                    let before = life.objects.last().map(|(_, object)| object);
                    let change = change(before, object);
                    if !change.is_empty() {
                        life.lines.push((at, change));
                    }
                    life.objects.push((at, (**object).clone()));
                }
                What::Removed => life.lines.push((at, "DELETED".into())),
                What::Step { index } => life.lines.push((at, format!(">>{}", verbs[*index]))),
                What::Process { container, event, .. } => {
                    life.processes.push(format!("{at:.1} {container} {}", format!("{event:?}").to_lowercase()))
                }
                What::Hook { container, hook, begin, .. } => {
                    life.processes.push(format!("{at:.1} {container} {hook:?} {}", if *begin { "begins" } else { "ends" }));
                }
                _ => {}
            }
        }
        life
    }

    /// All lines from that time on (in seconds).
    fn since(&self, from: f64) -> Vec<String> {
        self.lines.iter().filter(|(at, _)| *at >= from).map(|(at, line)| format!("{at:.1} {line}")).collect()
    }

    /// From that time on (in seconds) a watcher sees exactly this.
    #[track_caller]
    pub(crate) fn shows(&self, from: f64, expected: &[&str]) {
        assert_eq!(self.since(from), expected);
    }

    /// The times of the lines that have this in them.
    pub(crate) fn times(&self, what: &str) -> Vec<f64> {
        self.lines.iter().filter(|(_, line)| line.split(' ').any(|word| word == what)).map(|(at, _)| *at).collect()
    }

    /// From that time on (in seconds) the containers do exactly this.
    #[track_caller]
    pub(crate) fn runs(&self, from: f64, expected: &[&str]) {
        let is_later = |line: &&String| line.split(' ').next().unwrap().parse::<f64>().unwrap() >= from;
        assert_eq!(self.processes.iter().filter(is_later).collect::<Vec<_>>(), expected);
    }

    /// The object as it was last.
    pub(crate) fn last(&self) -> &Pod {
        &self.objects.last().expect("something was published").1
    }
}

/// What is new in an object.
fn change(before: Option<&Pod>, now: &Pod) -> String {
    let nothing = Pod::default();
    let before = before.unwrap_or(&nothing);
    let (old, new) = (&before.status, &now.status);
    let mut words = Vec::new();
    if (old.phase, &old.reason) != (new.phase, &new.reason) {
        let reason = if new.reason.is_empty() { String::new() } else { format!("/{}", new.reason) };
        words.push(format!("{}{reason}", new.phase.map_or("-", |phase| phase.as_str())));
    }
    let generation = |pod: &Pod| (pod.metadata.generation, pod.status.observed_generation);
    if now.metadata.generation > 1 && generation(before) != generation(now) {
        words.push(format!("gen {}/{}", now.metadata.generation, new.observed_generation));
    }
    if before.metadata.deletion_timestamp != now.metadata.deletion_timestamp {
        words.push("deletionTimestamp".into());
    }
    if before.metadata.deletion_grace_period_seconds != now.metadata.deletion_grace_period_seconds {
        words.push(format!("grace={}", now.metadata.deletion_grace_period_seconds.unwrap_or(-1)));
    }
    if !new.nominated_node_name.is_empty() && old.nominated_node_name.is_empty() {
        words.push("nominated".into());
    }
    for status in containers(new) {
        let known = containers(old).find(|known| known.name == status.name);
        let line = container(status);
        if known.map(container).as_ref() != Some(&line) {
            words.push(line);
        }
    }
    words.extend(
        containers(old).filter(|known| containers(new).all(|status| status.name != known.name)).map(|known| format!("{} gone", known.name)),
    );
    words.extend(conditions(old, new));
    if old.pod_ip != new.pod_ip {
        words.push(
            if new.pod_ip.is_empty() {
                "ip-gone"
            } else if old.pod_ip.is_empty() {
                "ip"
            } else {
                "other-ip"
            }
            .into(),
        );
    }
    words.join(" ")
}

fn containers(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    status.init_container_statuses.iter().chain(&status.container_statuses).chain(&status.ephemeral_container_statuses)
}

fn container(status: &ContainerStatus) -> String {
    let mut line = format!("{}={}", status.name, state(&status.state));
    let last = state(&status.last_state);
    if !last.is_empty() {
        line += &format!("<{last}>");
    }
    if status.state.running.is_some() && status.started == Some(false) {
        line += " !started";
    }
    if status.state.running.is_some() && !status.ready {
        line += " !ready";
    }
    if status.state.running.is_none() && status.ready {
        line += " ready";
    }
    if status.restart_count > 0 {
        line += &format!(" rc={}", status.restart_count);
    }
    line
}

fn state(state: &ContainerState) -> String {
    match (&state.waiting, &state.running, &state.terminated) {
        (Some(waiting), _, _) => waiting.reason.clone(),
        (_, Some(_), _) => "run".into(),
        (_, _, Some(terminated)) => format!("{}({})", terminated.reason, terminated.exit_code),
        _ => String::new(),
    }
}

/// The conditions that changed in status or reason.
fn conditions(old: &PodStatus, new: &PodStatus) -> Vec<String> {
    fn find<'a>(status: &'a PodStatus, type_: &ConditionType) -> Option<&'a PodCondition> {
        status.conditions.iter().find(|condition| condition.type_ == *type_)
    }
    let shown = |condition: &PodCondition| {
        let sign = match condition.status {
            ConditionStatus::True => "+",
            ConditionStatus::False => "-",
            _ => "?",
        };
        let reason = condition.reason.as_str();
        (sign, if reason.is_empty() { String::new() } else { format!("({reason})") })
    };
    let mut words = Vec::new();
    for condition in &new.conditions {
        let (sign, reason) = shown(condition);
        if find(old, &condition.type_).map(shown) != Some((sign, reason.clone())) {
            words.push(format!("{}{sign}{reason}", short(&condition.type_)));
        }
    }
    words.extend(
        old.conditions.iter().filter(|known| find(new, &known.type_).is_none()).map(|known| format!("{}-gone", short(&known.type_))),
    );
    let (up, down) = ((words.iter().position(|w| w == "Ready+"), words.iter().position(|w| w == "CR+")), |words: &[String]| {
        let ready = words.iter().position(|word| word.starts_with("Ready-("))?;
        let reason = words[ready].trim_start_matches("Ready-").to_owned();
        let containers = words.iter().position(|word| *word == format!("CR-{reason}"))?;
        Some((ready, containers, reason))
    });
    if let (Some(ready), Some(all)) = up {
        words[ready.min(all)] = "READY".into();
        words.remove(ready.max(all));
    } else if let Some((ready, all, reason)) = down(&words) {
        words[ready.min(all)] = if reason == "(ContainersNotReady)" { "notReady".into() } else { format!("notReady{reason}") };
        words.remove(ready.max(all));
    }
    words
}

fn short(type_: &ConditionType) -> String {
    match type_.to_string().as_str() {
        "PodReadyToStartContainers" => "RTS".into(),
        "Initialized" => "Ini".into(),
        "ContainersReady" => "CR".into(),
        "PodScheduled" => "Sch".into(),
        "DisruptionTarget" => "Disr".into(),
        "AllContainersRestarting" => "All".into(),
        other => other.to_owned(),
    }
}
