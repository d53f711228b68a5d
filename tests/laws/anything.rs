//! Inputs that nobody has given: any event, change and re-list, at any time.

use super::news::nonsense;
use super::numbers::Numbers;
use super::play::histories;
use super::state::settles;
use super::world::{Input, World};
use pod_lifecycle::api::{ConditionStatus, PodCondition, Quantity, ResourceRequirements};
use pod_lifecycle::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState, ObservedState};
use pod_lifecycle::pod::{Change, Stage};
use pod_lifecycle::rules::ending::Ending;
use pod_lifecycle::rules::view::NetworkNamespace;
use pod_lifecycle::{Spec, Time};
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;
use std::sync::Arc;

/// So many inputs follow each history.
const INPUTS: usize = 12;

#[test]
fn nothing_panics_and_what_is_refused_changes_nothing() {
    histories("any input", 500, |world, history| {
        let numbers = lived_on(world, history);
        let mut numbers = Numbers::new(&numbers);
        for _ in 0..INPUTS {
            world.now = any_time(&mut numbers, world.now);
            let input = any_input(&mut numbers, world);
            let call = world.call(input);
            if call.result.is_err() {
                prop_assert!(call.outputs.is_empty(), "refused, but emitted {:?}", call.outputs);
                prop_assert!(call.before == world.pod, "{:?} is refused, but changed the Pod", call.input);
            }
            let _ = (world.pod.status().to_owned(), world.pod.next_deadline(), world.pod.pending_actions().count());
        }
        Ok(())
    });
}

#[test]
fn idempotence_of_any_re_list() {
    histories("any re-list", 400, |world, history| {
        let numbers = lived_on(world, history);
        let mut numbers = Numbers::new(&numbers);
        let is_there = world.pod.stage().is_bound() && world.pod.stage() != Stage::Removed;
        for _ in 0..if is_there { 4 } else { 0 } {
            let seen = any_list(&mut numbers, world.pod.spec(), false);
            settles(&mut world.pod, world.now, &seen).map_err(TestCaseError::fail)?;
        }
        Ok(())
    });
}

/// Half of the history; the other half as numbers.
fn lived_on(world: &mut World, history: &[[u8; 4]]) -> Vec<u8> {
    let (before, after) = history.split_at(history.len() / 2);
    before.iter().for_each(|&op| drop(world.step(op)));
    after.as_flattened().to_vec()
}

fn any_time(numbers: &mut Numbers<'_>, now: Time) -> Time {
    match numbers.below(12) {
        0 => Time::from_nanos(i64::MIN),
        1 => Time::from_nanos(i64::MAX),
        2 => Time::EPOCH,
        3 => Time::from_secs(now.truncated().secs().saturating_sub(3_600)),
        _ => now,
    }
}

fn any_input(numbers: &mut Numbers<'_>, world: &mut World) -> Input {
    match numbers.below(8) {
        0..3 => Input::Event(nonsense(numbers, world.now)),
        3 => Input::Observe(any_list(numbers, world.pod.spec(), true)),
        4 => Input::Sync,
        5 => Input::Event(world.answer_some(numbers)),
        _ => Input::Update(any_change(numbers, world)),
    }
}

fn any_number(numbers: &mut Numbers<'_>) -> i64 {
    numbers.pick(&[0, 1, 2, -1, 30, i64::MAX, i64::MIN, i64::from(u32::MAX) + 1])
}

fn any_change(numbers: &mut Numbers<'_>, world: &World) -> Change {
    let generation = any_number(numbers);
    let text = numbers.pick(&["", "Evicted", "x"]).to_owned();
    match numbers.below(7) {
        0 => {
            let mut api = world.pod.spec().api().clone();
            match numbers.below(6) {
                0 => api.containers.clear(),
                1 => api.containers.truncate(1),
                2 => api.containers.reverse(),
                3 => api.active_deadline_seconds = Some(any_number(numbers)),
                4 => api.termination_grace_period_seconds = Some(any_number(numbers)),
                _ => {
                    let amount = Quantity::parse(numbers.pick(&["0", "1", "999999999E"])).expect("a quantity");
                    let resources = ResourceRequirements { requests: [("cpu".into(), amount)].into(), ..ResourceRequirements::default() };
                    api.containers.iter_mut().for_each(|container| container.resources = resources.clone());
                }
            }
            Change::Spec { spec: Arc::new(Spec::as_given(api)), generation }
        }
        1 => Change::Deletion { at: any_time(numbers, world.now), grace_period_seconds: any_number(numbers), generation },
        2 => Change::Condition(PodCondition {
            type_: numbers.pick(&["Ready", "PodScheduled", "Initialized", "AllContainersRestarting", "PodResizePending", "", "x"]).into(),
            observed_generation: generation,
            status: numbers.pick(&[ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown]),
            last_probe_time: None,
            last_transition_time: Some(any_time(numbers, world.now)),
            reason: text.clone(),
            message: text,
        }),
        3 => Change::Failed { condition: None },
        4 => Change::Message { reason: text.clone(), message: text },
        5 => Change::PhaseUnknown,
        _ => Change::Kill { ending: numbers.pick(&Ending::ALL), message: text, grace_period_seconds: Some(any_number(numbers)) },
    }
}

/// Any re-list: unknown names, sandboxes in any order; `twice`: perhaps several records of one id, which no runtime has.
fn any_list(numbers: &mut Numbers<'_>, spec: &Spec, twice: bool) -> Observation {
    let sandboxes = (0..numbers.below(3)).map(|n| ObservedSandbox {
        id: format!("s{n}"),
        state: numbers.pick(&[ObservedSandboxState::Ready, ObservedSandboxState::NotReady]),
        attempt: numbers.pick(&[0, 1, 2, u32::MAX]),
        network: numbers.pick(&[NetworkNamespace::Pod, NetworkNamespace::Node]),
        network_status: !numbers.chance(40),
        ip: numbers.pick(&["10.0.0.7", ""]).into(),
        ..ObservedSandbox::default()
    });
    let sandboxes = sandboxes.collect();
    const STATES: [ObservedState; 4] = [ObservedState::Running, ObservedState::Exited, ObservedState::Created, ObservedState::Unknown];
    let count = numbers.below(8);
    let containers = (0..count).map(|n| {
        let name = spec.containers().get(usize::from(numbers.below(5))).map_or("nobody", |container| container.name());
        ObservedContainer {
            id: match (twice, numbers.chance(60)) {
                (true, true) => "model://0".into(),
                (true, false) => format!("any://{}", n / 2 * 2),
                (false, _) => format!("any://{n}"),
            },
            name: name.into(),
            state: numbers.pick(&STATES),
            created_at: numbers.chance(200).then(|| any_time(numbers, Time::EPOCH)),
            started_at: numbers.chance(100).then(|| any_time(numbers, Time::EPOCH)),
            finished_at: numbers.chance(100).then(|| any_time(numbers, Time::EPOCH)),
            exit_code: numbers.pick(&[0, 1, 42, i32::MIN]),
            reason: numbers.pick(&["", "Error", "Odd"]).into(),
            restart_count: numbers.pick(&[0, 1, i32::MAX, i32::MIN]),
            spec_changed: numbers.chance(60),
            active: !numbers.chance(60),
            ..ObservedContainer::default()
        }
    });
    let containers = containers.collect();
    let ips = if numbers.chance(128) { vec!["10.0.0.7".into(), "fd00::7".into()] } else { Vec::new() };
    Observation { ips, sandboxes, containers }
}
