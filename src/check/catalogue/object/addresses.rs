//! `ST-03` to `ST-08`, `ST-12` to `ST-14`: the addresses of the Pod and of its node.

use crate::api::{EventType, PodCondition};
use crate::check::catalogue::bases::{RUNNING, STARTING};
use crate::check::report::Report;
use crate::check::rule::{Check, Rule};
use crate::check::shape::{Scope, Shapes};
use crate::check::version::{Change, Container, Version};
use crate::rules::conditions::{KubeletCondition, is_owned};
use crate::rules::pod_status::is_dual_stack;
use crate::time::Time;
use alloc::string::String;
use core::fmt::Display;

/// The steps from [`RUNNING`] to another sandbox.
const SANDBOX_DOWN: &[&str] = &[
    "status.conditions[PodReadyToStartContainers].status = False",
    "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:04Z",
];
const SANDBOX_UP: &[&str] = &[
    "status.conditions[PodReadyToStartContainers].status = True",
    "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:05Z",
];

pub(in crate::check) const RULES: &[Rule] = &[
    Rule::must("ST-03", "hostIPs[0].ip = hostIP; at most two, of different families", Check::Status(host_ips_agree))
        .source_is("kubelet generateAPIPodStatus; API server validateHostIPs")
        .silent_on(RUNNING, &[&["status.hostIPs = [{\"ip\": \"192.0.2.2\"}, {\"ip\": \"2001:db8::2\"}]"]])
        .fires_on(RUNNING, &[&["status.hostIPs = [{\"ip\": \"192.0.2.3\"}]"]]),
    Rule::must("ST-04", "podIPs[0].ip = podIP; at most two, of different families", Check::Status(pod_ips_agree))
        .source_is("kubelet sortPodIPs; API server validatePodIPs")
        .silent_on(RUNNING, &[&["status.podIPs = [{\"ip\": \"10.0.0.7\"}, {\"ip\": \"fd00::7\"}]"]])
        .fires_on(RUNNING, &[&["status.podIPs = [{\"ip\": \"10.0.0.7\"}, {\"ip\": \"10.0.0.8\"}]"]]),
    Rule::should("ST-05", "hostNetwork ⇒ podIP = hostIP", Check::Status(shares_the_nodes))
        .source_is("kubelet generateAPIPodStatus")
        .unless("the address of the node has changed")
        .only(Scope::Full)
        .with_spec()
        .silent_on(RUNNING, &[])
        .fires_on(STARTING, &[&["spec.hostNetwork = true", "status.podIP = 10.0.0.7", "status.podIPs = [{\"ip\": \"10.0.0.7\"}]"]]),
    Rule::should("ST-06", "podIP is set ⇒ hostIP is set", Check::Status(has_the_nodes))
        .source_is("kubelet generateAPIPodStatus")
        .unless("the kubelet could not find its node")
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.hostIP = null", "status.hostIPs = null"]]),
    Rule::should("ST-07", "a container runs, without hostNetwork ⇒ podIP is set", Check::Status(has_address))
        .source_is("kubelet podSandboxChanged: a sandbox without an address is replaced")
        .with_spec()
        .silent_on(RUNNING, &[])
        .fires_on(RUNNING, &[&["status.podIP = null", "status.podIPs = null"]]),
    Rule::must(
        "ST-08",
        "podIP changes only with a new sandbox: not behind a terminal phase, no container runs on, and PodReadyToStartContainers has turned True anew",
        Check::Change(changes_with_the_sandbox),
    )
    .source_is("kubelet PLEG getPodIPs")
    .with_gates(|gates| gates.pod_ready_to_start_containers_condition)
    .only(Scope::Full)
    .with_spec()
    .silent_on(RUNNING, &[SANDBOX_DOWN, SANDBOX_UP, &[
        "status.podIP = 10.0.0.8",
        "status.podIPs = [{\"ip\": \"10.0.0.8\"}]",
        "status.containerStatuses[web].containerID = containerd://a1",
        "status.containerStatuses[web].restartCount = 1",
        "status.containerStatuses[web].state.running.startedAt = 2026-01-01T00:00:06Z",
        "status.containerStatuses[web].lastState.terminated = {\"exitCode\": 0, \"reason\": \"Completed\", \"containerID\": \"containerd://a0\", \"startedAt\": \"2026-01-01T00:00:02Z\", \"finishedAt\": \"2026-01-01T00:00:05Z\"}",
    ]])
    .fires_on(RUNNING, &[&["status.podIP = 10.0.0.8", "status.podIPs = [{\"ip\": \"10.0.0.8\"}]"]]),
    Rule::should("ST-12", "hostIP is constant", Check::Change(keeps_host))
        .source_is("kubelet generateAPIPodStatus")
        .unless("the address of the node has changed")
        .silent_on(RUNNING, &[&["metadata.labels = {\"seen\": \"yes\"}"]])
        .fires_on(RUNNING, &[&["status.hostIP = 192.0.2.3", "status.hostIPs = [{\"ip\": \"192.0.2.3\"}]"]]),
    Rule::should("ST-13", "podIP once set is not lost", Check::Change(keeps_address))
        .source_is("kubelet PLEG getPodIPs")
        .unless("the kubelet was restarted when the sandbox had been stopped")
        .not(Shapes::ANY_REJECTED.and(Shapes::NODE_LOST))
        .silent_on(RUNNING, &[SANDBOX_DOWN, &["status.podIP = null", "status.podIPs = null", "status.containerStatuses[web].state = {\"waiting\": {\"reason\": \"ContainerCreating\"}}"]])
        .fires_on(RUNNING, &[&["status.podIP = null", "status.podIPs = null"]]),
    Rule::should("ST-14", "podIP appears only with PodReadyToStartContainers True", Check::Change(appears_with_the_sandbox))
        .source_is("kubelet SyncPod, GeneratePodReadyToStartContainersCondition")
        .with_gates(|gates| gates.pod_ready_to_start_containers_condition)
        .unless(
            "hostNetwork; the sandbox was up and down again before anything was written, which the condition's time tells; the kubelet was \
             restarted before it told of the sandbox, which died before the first status of the new one",
        )
        .only(Scope::Full)
        .not(Shapes::ANY_REJECTED)
        .with_every_version()
        .silent_on(STARTING, &[&[
            "status.podIP = 10.0.0.7",
            "status.podIPs = [{\"ip\": \"10.0.0.7\"}]",
            "status.conditions[PodReadyToStartContainers].status = True",
            "status.conditions[PodReadyToStartContainers].lastTransitionTime = 2026-01-01T00:00:02Z",
        ]])
        .fires_on(STARTING, &[&["status.podIP = 10.0.0.7", "status.podIPs = [{\"ip\": \"10.0.0.7\"}]"]]),
];

/// What must be known of the versions before.
#[derive(Clone, Debug)]
pub(in crate::check) struct Memory {
    /// Since when PodReadyToStartContainers held as the present podIP appeared; none if that was not seen.
    ready_since: Option<Time>,
    /// The address of the node has changed.
    host_changed: bool,
    /// The address of the node before a refusal took it away.
    host: String,
}

impl Memory {
    pub(in crate::check) const NEW: Self = Self { ready_since: None, host_changed: false, host: String::new() };

    pub(in crate::check) fn learn(&mut self, new: &Version<'_>, change: Option<&Change<'_>>) {
        let Some(Change { old, gap, .. }) = change else { return };
        let (before, after) = (old.status(), new.status());
        let known = self.host(old);
        self.host_changed |= !known.is_empty() && !after.host_ip.is_empty() && known != after.host_ip;
        if new.is(Shapes::ANY_REJECTED) && !before.host_ip.is_empty() {
            self.host.clone_from(&before.host_ip);
        }
        if before.pod_ip != after.pod_ip && !after.pod_ip.is_empty() {
            // Where something may be missing, or was taken away for a while, the address may be older than this.
            let is_seen = !gap && !old.is(Shapes::ANY_REJECTED);
            self.ready_since = if is_seen { ready_since(new) } else { None };
        }
    }
}

impl Memory {
    /// The address of the node in a version, or before it was refused.
    fn host<'a>(&'a self, version: &Version<'a>) -> &'a str {
        let host = &version.status().host_ip;
        if host.is_empty() { &self.host } else { host }
    }
}

/// Since when PodReadyToStartContainers is True.
fn ready_since(version: &Version<'_>) -> Option<Time> {
    let ready = version.holds(KubeletCondition::PodReadyToStartContainers);
    version.condition(KubeletCondition::PodReadyToStartContainers).filter(|_| ready)?.last_transition_time
}

fn host_ips_agree(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    agree("status.hostIPs", &status.host_ip, status.host_ips.iter().map(|ip| ip.ip.as_str()), report);
}

fn pod_ips_agree(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    agree("status.podIPs", &status.pod_ip, status.pod_ips.iter().map(|ip| ip.ip.as_str()), report);
}

fn agree<'a>(path: impl Display, primary: &str, mut list: impl Iterator<Item = &'a str>, report: &mut Report<'_, '_>) {
    let (first, second, third) = (list.next(), list.next(), list.next());
    if first.unwrap_or_default() != primary {
        let message = format_args!("the list begins with the primary address, which is said to be `{primary}`");
        report.add(&path, first.unwrap_or_default(), message);
    }
    if let Some((first, second)) = first.zip(second)
        && !is_dual_stack(first, second)
    {
        report.add(&path, format_args!("{first}, {second}"), "of two addresses, one is of IPv4 and one of IPv6");
    }
    if let Some(third) = third {
        report.add(&path, third, "there are at most two addresses, one of each family");
    }
}

fn shares_the_nodes(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    let is_shared = version.spec().is_some_and(|spec| spec.host_network());
    if is_shared && !status.host_ip.is_empty() && status.pod_ip != status.host_ip && !version.history.addresses.host_changed {
        let message = format_args!("a Pod on the network of its node has the node's address, {}", status.host_ip);
        report.add("status.podIP", &status.pod_ip, message);
    }
}

fn has_the_nodes(version: &Version<'_>, report: &mut Report<'_, '_>) {
    let status = version.status();
    if !status.pod_ip.is_empty() && status.host_ip.is_empty() {
        report.add("status.hostIP", "", "the kubelet writes it with its first status, long before the Pod has an address");
    }
}

fn has_address(version: &Version<'_>, report: &mut Report<'_, '_>) {
    if !version.status().pod_ip.is_empty() || version.spec().is_none_or(|spec| spec.host_network()) {
        return;
    }
    if let Some(container) = version.containers().find(|container| container.running().is_some()) {
        report.add("status.podIP", "", format_args!("{} runs, and its sandbox has an address", container.path("")));
    }
}

fn changes_with_the_sandbox(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old, change.new);
    let (before, after) = (&old.status().pod_ip, &new.status().pod_ip);
    if before == after || before.is_empty() || after.is_empty() || new.spec().is_none_or(|spec| spec.host_network()) {
        return;
    }
    let runs_on = |(old, new): &(Container<'_>, Container<'_>)| {
        old.running().is_some() && new.running().is_some() && old.status.container_id == new.status.container_id
    };
    let mut tell = |message: &dyn Display| report.change("status.podIP", before, after, message);
    if old.is_terminal() {
        tell(&"a Pod that has ended gets no new sandbox, and thus no other address");
    } else if let Some((_, container)) = change.both().find(runs_on) {
        tell(&format_args!("another address means another sandbox, but {} runs on", container.path("")));
    } else if !new.holds(KubeletCondition::PodReadyToStartContainers) {
        tell(&"it comes with a new sandbox, and PodReadyToStartContainers is not True");
    } else if new.history.addresses.ready_since.is_some_and(|since| ready_since(new) == Some(since)) {
        tell(&"it comes with a new sandbox, but PodReadyToStartContainers is True since before the old address");
    }
}

fn keeps_host(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (before, after) = (change.new.history.addresses.host(change.old), &change.new.status().host_ip);
    if before != after && !before.is_empty() && !after.is_empty() {
        report.change("status.hostIP", before, after, "the Pod stays on its node, whose address hardly ever changes");
    }
}

fn keeps_address(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (before, after) = (&change.old.status().pod_ip, &change.new.status().pod_ip);
    if !before.is_empty() && after.is_empty() && !may_be_forgotten(change) {
        report.change(
            "status.podIP",
            before,
            after,
            "the kubelet keeps the last address, even of a sandbox that is stopped, for as long as it runs itself",
        );
    }
}

/// Whether a kubelet that was restarted may have written this: it knows no address of a sandbox that was stopped before.
fn may_be_forgotten(change: &Change<'_>) -> bool {
    let (old, new) = (change.old, change.new);
    let stopped = |version: &Version<'_>| !version.holds(KubeletCondition::PodReadyToStartContainers);
    if change.gap { stopped(new) } else { stopped(old) && old.phase() == new.phase() && !is_written_by_others(old, new) }
}

/// Whether the API server has written this for somebody else: a deletion, or a condition that is not the kubelet's. The kubelet's part
/// of the status stays as it is then.
fn is_written_by_others(old: &Version<'_>, new: &Version<'_>) -> bool {
    let foreign = |condition: &&PodCondition| !is_owned(&condition.type_, new.gates);
    let (before, after) = (old.meta(), new.meta());
    (before.deletion_timestamp, before.generation) != (after.deletion_timestamp, after.generation)
        || new.event == Some(EventType::Deleted)
        || !old.status().conditions.iter().filter(foreign).eq(new.status().conditions.iter().filter(foreign))
}

fn appears_with_the_sandbox(change: &Change<'_>, report: &mut Report<'_, '_>) {
    let (old, new) = (change.old, change.new);
    let (status, spec) = (new.status(), new.current_spec());
    let is_shared = spec.map_or(status.pod_ip == status.host_ip, |spec| spec.host_network());
    if !old.status().pod_ip.is_empty() || status.pod_ip.is_empty() || is_shared {
        return;
    }
    let before_and_after = change.condition(KubeletCondition::PodReadyToStartContainers);
    let has_turned = before_and_after.is_some_and(|(before, after)| before.last_transition_time != after.last_transition_time);
    // Up, and down again within the second: the kubelet tells of a sandbox before it knows its address.
    let was_up = has_turned || old.holds(KubeletCondition::PodReadyToStartContainers);
    if !new.holds(KubeletCondition::PodReadyToStartContainers) && !was_up {
        report.add("status.podIP", &status.pod_ip, "the address comes from the sandbox, and PodReadyToStartContainers has never been True");
    }
}
