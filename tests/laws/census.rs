//! What many lives come to, in sum: no law, but what the machine does where the laws leave it the choice. A change that is meant changes the
//! table with it.

use super::numbers::Numbers;
use super::world::{Op, World};
use pod_lifecycle::api::{ContainerState, PodStatus};
use std::collections::BTreeMap;

/// How many lives, and how many steps each.
const LIVES: u64 = 1_500;
const STEPS: usize = 90;

/// Numbers that are the same whatever else is drawn (a linear congruential generator, as in MMIX).
fn bytes(seed: u64) -> impl Iterator<Item = u8> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    core::iter::successors(next(&seed), next).map(|state| (state >> 40) as u8)
}

/// A value as it is printed, each number as `#`: what counts is what happens, not to the how manyeth.
fn without_numbers(value: &impl core::fmt::Debug) -> String {
    let mut text = String::new();
    for letter in format!("{value:?}").chars() {
        match letter {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            letter => text.push(letter),
        }
    }
    text
}

fn word(state: &ContainerState) -> String {
    match (&state.waiting, &state.running, &state.terminated) {
        (Some(waiting), ..) => format!("waiting {}", waiting.reason),
        (_, Some(_), _) => "running".into(),
        (.., Some(end)) => format!("terminated {} {}", end.reason, end.exit_code),
        _ => "nothing".into(),
    }
}

/// The words of a status.
fn words(status: &PodStatus) -> Vec<String> {
    let PodStatus { phase, reason, conditions, .. } = status;
    let mut words = vec![format!("phase {phase:?} {reason}")];
    words.extend(conditions.iter().map(|condition| format!("{:?} {} {}", condition.type_, condition.status, condition.reason)));
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    words.extend(lists.into_iter().flatten().flat_map(|container| {
        let marks =
            format!("{}{}", if container.ready { " ready" } else { "" }, if container.started == Some(true) { " started" } else { "" });
        [format!("state {}{marks}", word(&container.state)), format!("last state {}", word(&container.last_state))]
    }));
    words
}

#[test]
fn what_many_lives_come_to() {
    let mut table = BTreeMap::<String, u64>::new();
    let mut add = |row: String, number: u64| *table.entry(row).or_default() += number;
    for life in 0..LIVES {
        let mut numbers = bytes(life);
        let shape: Vec<u8> = numbers.by_ref().take(120).collect();
        let mut world = World::new(&mut Numbers::new(&shape));
        for step in 0..STEPS {
            let op: Op = core::array::from_fn(|_| numbers.next().expect("numbers without end"));
            let call = world.step(op);
            if let Err(error) = &call.result {
                add(format!("refused {}", without_numbers(error)), 1);
            }
            for output in &call.outputs {
                add(format!("output {}", without_numbers(output)), 1);
            }
            if step % 10 == 9 {
                let status = world.pod.status().to_owned();
                words(&status).into_iter().for_each(|word| add(format!("status {word}"), 1));
                let restarts = status.container_statuses.iter().map(|container| u64::from(container.restart_count.unsigned_abs()));
                add("restarts".into(), restarts.sum());
            }
        }
        world.pod.pending_actions().for_each(|action| add(format!("pending {}", without_numbers(&action)), 1));
    }
    insta::assert_snapshot!(table.iter().map(|(row, number)| format!("{row}: {number}\n")).collect::<String>());
}
