//! What the API server is told of the kubelet's status (kubelet `mergePodStatus`).
//!
//! The kubelet's own status may be ahead: it never tells of a terminal phase while a container could still run, nor of its own
//! DisruptionTarget before the phase is terminal. The decisions are [`tell`] and [`readiness_of`]; [`merge`] carries them out on
//! API objects, the machine on its compact status.

use super::conditions::{self, ConditionReason, KubeletCondition, Verdict, holds, put, transition_time};
use crate::api::{ConditionType, PodCondition, PodPhase, PodStatus};
use crate::gates::Gates;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;

/// What the API server is told of the kubelet's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Telling {
    /// Nothing: phase, reason and message stay as the API server has them; all else is told.
    Held,
    /// The phase as it is.
    Told,
    /// The phase, which ends the Pod; only now a DisruptionTarget of the kubelet's own is told, too.
    Ended,
}

/// What the API server, which shows the phase `api`, is told of the kubelet's phase.
///
/// `could_run`: some container of the Pod could still run, so far as the pod workers know (kubelet `CouldHaveRunningContainers`).
pub fn tell(api: Option<PodPhase>, phase: Option<PodPhase>, could_run: bool) -> Telling {
    let ends = phase.is_some_and(PodPhase::is_terminal) && !api.is_some_and(PodPhase::is_terminal);
    match (ends, could_run) {
        (true, true) => Telling::Held,
        (true, false) => Telling::Ended,
        (false, _) => Telling::Told,
    }
}

/// What both Ready and ContainersReady are told to be if one of them is True (`some_ready`) beside this phase: a Pod that has ended is
/// not ready, even if the kubelet has not come to say so. `None`: as they are.
pub fn readiness_of(phase: Option<PodPhase>, some_ready: bool) -> Option<Verdict> {
    match phase {
        Some(PodPhase::Succeeded) if some_ready => Some(Verdict::because(ConditionReason::PodCompleted)),
        Some(PodPhase::Failed) if some_ready => Some(Verdict::because(ConditionReason::PodFailed)),
        _ => None,
    }
}

/// The status that is patched to the API server.
///
/// `api` is the status that the API server has, `own` the kubelet's. Conditions of other writers stay as the API server has them and come
/// first; `generation` is the object's.
pub fn merge(now: Time, generation: i64, api: &PodStatus, own: &PodStatus, could_run: bool, gates: &Gates) -> PodStatus {
    let telling = tell(api.phase, own.phase, could_run);
    let mut told = PodStatus { conditions: merge_conditions(now, api, own, telling, gates), ..own.clone() };
    if telling == Telling::Held {
        (told.phase, told.reason, told.message) = (api.phase, api.reason.clone(), api.message.clone());
    }
    let some_ready = holds(&told.conditions, &ConditionType::Ready) || holds(&told.conditions, &ConditionType::ContainersReady);
    if let Some(verdict) = readiness_of(told.phase, some_ready) {
        for condition in [KubeletCondition::ContainersReady, KubeletCondition::Ready] {
            put_verdict(&mut told.conditions, condition, verdict, generation, now);
        }
    }
    told
}

fn merge_conditions(now: Time, api: &PodStatus, own: &PodStatus, telling: Telling, gates: &Gates) -> Vec<PodCondition> {
    let owned = |condition: &&PodCondition| conditions::is_owned(&condition.type_, gates);
    let mut list: Vec<_> = api.conditions.iter().filter(|condition| !owned(condition)).cloned().collect();
    for condition in &own.conditions {
        if owned(&condition) {
            list.push(condition.clone());
        } else if condition.type_ == ConditionType::DisruptionTarget && telling == Telling::Ended {
            // It has waited since the kubelet made up its mind.
            let mut condition = condition.clone();
            restamp(&mut condition, &api.conditions, now);
            put(&mut list, condition);
        }
    }
    list
}

/// Whether both statuses say the same of resource claims. Their controller and the scheduler write that; the kubelet hands it on as the
/// API server has it, so that none of its own writes changes it.
pub fn same_claims(old: &PodStatus, new: &PodStatus) -> bool {
    old.resource_claim_statuses == new.resource_claim_statuses
        && old.extended_resource_claim_status == new.extended_resource_claim_status
        && old.node_allocatable_resource_claim_statuses == new.node_allocatable_resource_claim_statuses
}

/// Whether both statuses agree in what nobody but the kubelet writes in the common course of things: where they do not, it is the kubelet
/// that has written.
///
/// Phase, reason, PodScheduled and Ready have other writers, too: the garbage collector, the scheduler, the node lifecycle controller.
pub fn same_of_kubelet(old: &PodStatus, new: &PodStatus, gates: &Gates) -> bool {
    // Where a new field of a status belongs must be said here, or this does not compile.
    let PodStatus {
        observed_generation,
        conditions,
        start_time,
        host_ip,
        host_ips,
        pod_ip,
        pod_ips,
        init_container_statuses,
        container_statuses,
        ephemeral_container_statuses,
        allocated_resources,
        resources,
        phase: _,
        message: _,
        reason: _,
        nominated_node_name: _,
        qos_class: _,
        resize: _,
        resource_claim_statuses: _,
        extended_resource_claim_status: _,
        node_allocatable_resource_claim_statuses: _,
    } = new;
    let own = |condition: &&PodCondition| {
        conditions::is_owned(&condition.type_, gates) && !matches!(condition.type_, ConditionType::PodScheduled | ConditionType::Ready)
    };
    old.observed_generation == *observed_generation
        && old.start_time == *start_time
        && (&old.host_ip, &old.host_ips, &old.pod_ip, &old.pod_ips) == (host_ip, host_ips, pod_ip, pod_ips)
        && old.allocated_resources == *allocated_resources
        && old.resources == *resources
        && old.conditions.iter().filter(own).eq(conditions.iter().filter(own))
        && old.init_container_statuses == *init_container_statuses
        && old.container_statuses == *container_statuses
        && old.ephemeral_container_statuses == *ephemeral_container_statuses
}

/// Gives a condition its transition time, by the list of which its last version is.
pub(super) fn restamp(condition: &mut PodCondition, last: &[PodCondition], now: Time) {
    let last = last.iter().find(|known| known.type_ == condition.type_).map(|known| (known.status, known.last_transition_time));
    condition.last_transition_time = transition_time(last, condition.status, now);
}

fn put_verdict(list: &mut Vec<PodCondition>, condition: KubeletCondition, verdict: Verdict, generation: i64, now: Time) {
    let told = PodCondition {
        type_: condition.as_str().into(),
        observed_generation: condition.generation(generation),
        status: verdict.status,
        last_probe_time: None,
        last_transition_time: Some(now.truncated()),
        reason: verdict.reason.as_str().into(),
        message: String::new(),
    };
    conditions::update(list, told);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: &str) -> PodStatus {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_end_is_told_when_nothing_can_run() {
        let api =
            status(r#"{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}, {"type": "x.io/a", "status": "True"}]}"#);
        let own = status(
            r#"{"phase": "Failed", "reason": "Evicted", "conditions": [{"type": "DisruptionTarget", "status": "True"},
            {"type": "Ready", "status": "True"}, {"type": "x.io/a", "status": "False"}]}"#,
        );
        let told = |could_run| merge(Time::from_secs(9), 1, &api, &own, could_run, &Gates::default());
        let types = |status: &PodStatus| status.conditions.iter().map(|c| alloc::format!("{}={}", c.type_, c.status)).collect::<Vec<_>>();
        let held = told(true);
        assert_eq!((held.phase, held.reason.as_str()), (Some(PodPhase::Running), ""));
        assert_eq!(types(&held), ["x.io/a=True", "Ready=True"]);
        let ended = told(false);
        assert_eq!((ended.phase, ended.reason.as_str()), (Some(PodPhase::Failed), "Evicted"));
        assert_eq!(types(&ended), ["x.io/a=True", "DisruptionTarget=True", "Ready=False", "ContainersReady=False"]);
        assert_eq!(ended.conditions[1].last_transition_time, Some(Time::from_secs(9)));
    }

    #[test]
    fn what_has_ended_in_the_api_is_not_held_back() {
        assert_eq!(tell(Some(PodPhase::Failed), Some(PodPhase::Succeeded), true), Telling::Told);
        assert_eq!(tell(None, Some(PodPhase::Failed), true), Telling::Held);
    }
}
