//! Restart policies and rules (API `ContainerShouldRestart`, kubelet `ShouldContainerBeRestarted`).
//!
//! Four questions that look alike and are not:
//!
//! | question | function | looks at |
//! |---|---|---|
//! | it exited with this code: start it again? | [`should_restart_on_exit`] | rules, own policy, Pod policy |
//! | the kubelet kills it while it runs: start it again? | [`allows_restart`] | own policy, Pod policy |
//! | can an exit of it ever be followed by a restart? | [`can_restart`] | presence of a Restart rule, own policy, Pod policy |
//! | here is its newest instance: does it need a start? | [`should_be_restarted`] | the instance, then the first question |

use super::view::{Instance, InstanceState, Runtime, StatusState, Statuses};
use crate::api::RestartPolicy;
use crate::gates::Gates;
use crate::spec::{ContainerIndex, ContainerSpec, RuleAction, Spec};

/// The action of the first of the container's restart rules that matches this exit code (API `FindMatchingContainerRestartRule`,
/// KEP-5307); `None` if none does.
///
/// The first match decides, even if its action is one this version does not know: later rules are not tried then. A rule
/// without exit codes never matches. Whether the answer counts is the asker's affair: [`should_restart_on_exit`] looks at rules
/// only where the container has a restart policy of its own, restarting all containers ([`restart_all_triggered`]) does not care.
/// No feature gate is asked: with the gates off the API server has already dropped the rules.
pub fn matching_rule(container: &ContainerSpec, exit_code: i32) -> Option<RuleAction> {
    matching_rule_position(container, exit_code).map(|position| container.rules()[position].action())
}

/// The place, among the container's restart rules, of the one that [`matching_rule`] speaks of (KEP-5307).
pub fn matching_rule_position(container: &ContainerSpec, exit_code: i32) -> Option<usize> {
    container.rules().iter().position(|rule| rule.matches(exit_code))
}

/// Whether a container that exited with this code is to be started again (API `ContainerShouldRestart`).
///
/// The container's own rules come first, then its own policy; without a policy of its own, its rules do not count and the Pod's
/// policy decides. A matching RestartAllContainers rule means yes while its gate is on, else it leaves the question to the policy, as an
/// unknown action does. Deletion, back-off and the end of the Pod are decided elsewhere.
#[inline]
pub fn should_restart_on_exit(spec: &Spec, container: ContainerIndex, exit_code: i32, gates: &Gates) -> bool {
    let brief = spec.brief(container);
    let own = brief.restart_policy;
    (brief.has_rules && own.is_some() && a_rule_restarts(spec.container(container), exit_code, gates))
        || policy_restarts(own.unwrap_or(spec.restart_policy()), exit_code)
}

/// Whether one of the container's own rules says so. Few have any.
#[cold]
fn a_rule_restarts(container: &ContainerSpec, exit_code: i32, gates: &Gates) -> bool {
    match matching_rule(container, exit_code) {
        Some(RuleAction::Restart) => true,
        Some(RuleAction::RestartAllContainers) => gates.restart_all(),
        _ => false,
    }
}

/// Whether a container that the kubelet itself kills while it runs (liveness or startup probe), or an init container in an unknown
/// state, may be started again.
///
/// There is no exit code yet, so only the policies speak: the container's own where it has one (gate ContainerRestartRules),
/// else the Pod's; anything but Never allows it (kubelet `computePodActions`, `computeInitContainerActions`).
pub fn allows_restart(spec: &Spec, container: ContainerIndex, gates: &Gates) -> bool {
    effective_policy(spec, container, gates) != RestartPolicy::Never
}

/// The policy in force for a container, rules aside: its own where it has one (gate ContainerRestartRules, KEP-5307), else the Pod's.
pub fn effective_policy(spec: &Spec, container: ContainerIndex, gates: &Gates) -> RestartPolicy {
    let own = if gates.container_restart_rules { spec.brief(container).restart_policy } else { None };
    own.unwrap_or_else(|| spec.restart_policy())
}

/// Whether an exit of the container can ever be followed by a restart of it (API `IsContainerRestartable`): a container with a policy
/// of its own can if that is not Never or if it has any rule with the action Restart, matched or not; another one if the Pod's
/// policy is not Never.
///
/// A RestartAllContainers rule does not count here. No gate is asked.
pub fn can_restart(spec: &Spec, container: ContainerIndex) -> bool {
    let container = spec.container(container);
    match container.restart_policy() {
        Some(RestartPolicy::Never) => container.rules().iter().any(|rule| rule.action() == RuleAction::Restart),
        Some(_) => true,
        None => spec.restart_policy() != RestartPolicy::Never,
    }
}

/// Whether a container needs a start, given its newest instance in the runtime (kubelet `ShouldContainerBeRestarted`).
///
/// `deleted` is whether the Pod has a deletion timestamp: then nothing is started again. Otherwise a container without an
/// instance, or with one that was created and never started or whose state is unknown, is started whatever the policy; a
/// running one is not; an exited one as [`should_restart_on_exit`] says, or, with the gate ContainerRestartRules off, as the Pod's policy says.
#[inline]
pub fn should_be_restarted(spec: &Spec, container: ContainerIndex, newest: Option<&Instance>, deleted: bool, gates: &Gates) -> bool {
    if deleted {
        return false;
    }
    let Some(newest) = newest else { return true };
    match newest.state {
        InstanceState::Running => false,
        InstanceState::Created | InstanceState::Unknown => true,
        InstanceState::Exited if gates.container_restart_rules => should_restart_on_exit(spec, container, newest.exit.code, gates),
        InstanceState::Exited => policy_restarts(spec.restart_policy(), newest.exit.code),
    }
}

/// Whether all containers of the Pod are to be restarted in place (KEP-5532): [`restart_all_triggered`] where the gate
/// RestartAllContainersOnContainerExits is on, which is how every caller in the kubelet asks.
///
/// `already`: the condition AllContainersRestarting of the last status is True. `statuses`: the container statuses of the last status.
pub fn should_restart_all(spec: &Spec, already: bool, runtime: &impl Runtime, statuses: &impl Statuses, gates: &Gates) -> bool {
    gates.restart_all() && (already || (spec.has_restart_all_rule() && restart_all_triggered(spec, already, Some(runtime), statuses)))
}

/// Whether something asks for a restart of all containers, gates aside (kubelet `ShouldAllContainersRestart`).
///
/// A restart once begun (`already`) goes on. Else it takes an init or regular container whose newest instance has exited with a
/// code for which its first matching rule is RestartAllContainers, or, where the runtime agrees that it has exited, whose
/// status is terminated with such a code. The probe workers ask without a runtime (`None`): then the statuses alone decide.
pub fn restart_all_triggered(spec: &Spec, already: bool, runtime: Option<&impl Runtime>, statuses: &impl Statuses) -> bool {
    already || spec.init_and_regular().any(|index| triggers_restart_all(spec, index, runtime, statuses))
}

/// Whether the runtime knows no init or regular container of the Pod any more, in whatever state: the clean-up that a restart of
/// all containers begins with is over (kubelet `AllContainersRestartCleanedUp`).
pub fn restart_all_cleaned_up(spec: &Spec, runtime: &impl Runtime) -> bool {
    spec.init_and_regular().all(|index| runtime.newest(index).is_none())
}

/// Whether a restart of all containers can ever happen to this Pod: some container has a RestartAllContainers rule (API
/// `AllContainersCouldRestart`) and the gate is on.
pub fn could_restart_all(spec: &Spec, gates: &Gates) -> bool {
    gates.restart_all() && spec.has_restart_all_rule()
}

fn triggers_restart_all(spec: &Spec, index: ContainerIndex, runtime: Option<&impl Runtime>, statuses: &impl Statuses) -> bool {
    if !spec.brief(index).has_rules {
        return false;
    }
    let container = spec.container(index);
    let triggers = |exit_code| matching_rule(container, exit_code) == Some(RuleAction::RestartAllContainers);
    if let Some(runtime) = runtime {
        match runtime.newest(index) {
            Some(newest) if newest.state == InstanceState::Exited => {
                if triggers(newest.exit.code) {
                    return true;
                }
            }
            _ => return false,
        }
    }
    match statuses.entry(index) {
        Some(entry) => matches!(entry.state, StatusState::Terminated(exit) if triggers(exit.code)),
        None => false,
    }
}

/// Compared and not matched: exit codes and policies follow no pattern that a branch could be predicted by.
#[inline]
const fn policy_restarts(policy: RestartPolicy, exit_code: i32) -> bool {
    matches!(policy, RestartPolicy::Always) | (matches!(policy, RestartPolicy::OnFailure) & (exit_code != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::view::{Exit, Sandbox, StatusEntry};

    fn spec(container: &str) -> Spec {
        let json = alloc::format!("{{\"restartPolicy\": \"Never\", \"containers\": [{{\"name\": \"c\", {container}}}]}}");
        Spec::as_given(serde_json::from_str(&json).unwrap())
    }

    const C: ContainerIndex = ContainerIndex::new(0);

    #[test]
    fn the_first_matching_rule_decides_even_if_unknown() {
        let rules = "\"restartPolicyRules\": [
            {\"action\": \"Restart\"},
            {\"action\": \"Sing\", \"exitCodes\": {\"operator\": \"In\", \"values\": [7]}},
            {\"action\": \"Restart\", \"exitCodes\": {\"operator\": \"NotIn\", \"values\": [3]}}]";
        let own = spec(&alloc::format!("\"restartPolicy\": \"Never\", {rules}"));
        let on_exit = |spec, code| should_restart_on_exit(spec, C, code, &Gates::default());
        assert!(on_exit(&own, 1) && !on_exit(&own, 3) && !on_exit(&own, 7));
        assert!(can_restart(&own, C) && !allows_restart(&own, C, &Gates::default()));

        let inherited = spec(rules);
        assert_eq!(matching_rule(inherited.container(C), 1), Some(RuleAction::Restart));
        assert!(!on_exit(&inherited, 1) && !can_restart(&inherited, C), "rules without a policy of its own do not count");
    }

    #[test]
    fn a_container_policy_counts_for_kills_only_with_its_gate() {
        let own = spec("\"restartPolicy\": \"Always\"");
        let mut gates = Gates::default();
        assert!(allows_restart(&own, C, &gates));
        gates.set("ContainerRestartRules", false).unwrap();
        assert!(!allows_restart(&own, C, &gates));
    }

    struct World(Option<InstanceState>, StatusState);

    impl Runtime for World {
        fn sandboxes(&self) -> impl Iterator<Item = Sandbox> {
            core::iter::empty()
        }
        fn instances(&self, _: ContainerIndex) -> impl Iterator<Item = Instance> {
            let exit = Exit { code: 1, ..Exit::default() };
            let instance =
                |state| Instance { state, restart_count: 0, started_at: None, finished_at: None, exit, spec_changed: false, active: true };
            self.0.map(instance).into_iter()
        }
    }

    impl Statuses for World {
        fn entry(&self, _: ContainerIndex) -> Option<StatusEntry> {
            Some(StatusEntry { state: self.1, ..StatusEntry::default() })
        }
    }

    #[test]
    fn a_status_restarts_all_only_where_the_runtime_agrees_or_is_not_asked() {
        let spec = spec(
            "\"restartPolicyRules\": [{\"action\": \"RestartAllContainers\", \"exitCodes\": {\"operator\": \"In\", \"values\": [42]}}]",
        );
        let ended = StatusState::Terminated(Exit { code: 42, ..Exit::default() });
        let asked = |world: World| restart_all_triggered(&spec, false, Some(&world), &world);
        assert!(asked(World(Some(InstanceState::Exited), ended)));
        assert!(!asked(World(Some(InstanceState::Running), ended)));
        assert!(!asked(World(None, ended)) && !asked(World(Some(InstanceState::Exited), StatusState::Running)));
        assert!(restart_all_triggered(&spec, false, None::<&World>, &World(None, ended)));
        let off = Gates { restart_all_containers_on_container_exits: false, ..Gates::default() };
        let world = World(Some(InstanceState::Exited), ended);
        assert!(should_restart_all(&spec, false, &world, &world, &Gates::default()));
        assert!(!should_restart_all(&spec, true, &world, &world, &off));
    }
}
