//! How laws are tried: random worlds and histories, those that once broke a law, and the share of calls that the machine accepts.

use super::numbers::Numbers;
use super::world::{Call, Input, Op, World};
use core::cell::{Cell, RefCell};
use pod_lifecycle::Spec;
use pod_lifecycle::pod::Change;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

/// How many histories most laws look at.
pub(super) const CASES: u32 = 1_000;

/// What has once broken a law, as short as proptest could make it: the numbers of the shape and of the history, in hexadecimal digits. Unlike the
/// seeds that proptest would keep, these mean the same whatever else is drawn.
const REGRESSIONS: &str = include_str!("regressions.txt");

/// Whether so many histories are played that what may happen does happen.
pub(super) fn is_thorough() -> bool {
    Config::default().cases >= 200
}

pub(super) type Verdict = Result<(), TestCaseError>;

/// Runs histories and has `law` look at every call.
pub(super) fn every_call(name: &str, mut law: impl FnMut(&Call, &World) -> Verdict) {
    let law = RefCell::new(&mut law);
    histories(name, CASES, |world, history| {
        for &op in history {
            let call = world.step(op);
            (*law.borrow_mut())(&call, world)?;
        }
        Ok(())
    });
}

/// Runs `play` over the worlds and histories of the regressions, then over so many random ones. At the end at least half of the calls must have
/// been accepted.
pub(super) fn histories(name: &str, cases: u32, play: impl Fn(&mut World, &[Op]) -> Verdict) {
    let (calls, accepted) = (Cell::new(0_u64), Cell::new(0_u64));
    let play = |shape: &[u8], history: &[Op]| {
        let mut world = World::new(&mut Numbers::new(shape));
        let verdict = play(&mut world, history);
        calls.set(calls.get() + world.calls);
        accepted.set(accepted.get() + world.accepted);
        verdict
    };
    for line in REGRESSIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (shape, history) = read(line);
        if let Err(reason) = play(&shape, &history) {
            panic!("{reason}\n{}", story(&shape, &history));
        }
    }
    let mut config = Config {
        failure_persistence: None,
        // Milliseconds: a history that is not quite the shortest will do.
        max_shrink_time: 15_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(36);
    }
    let strategy = (vec(any::<u8>(), 0..120), vec(any::<Op>(), 0..120));
    let run = TestRunner::new(config).run(&strategy, |(shape, history)| play(&shape, &history));
    match run {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Err(TestError::Fail(reason, (shape, history))) => panic!("{reason}\n{}", story(&shape, &history)),
    }
    let share = accepted.get() as f64 / calls.get() as f64;
    println!("{name}: {} of {} calls accepted ({:.0} %)", accepted.get(), calls.get(), 100.0 * share);
    assert!(share >= 0.5 || !is_thorough(), "{name}: most calls are refused, so the law is hardly tested");
}

/// The numbers of a line of the regressions.
pub(super) fn read(line: &str) -> (Vec<u8>, Vec<Op>) {
    let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).unwrap_or("?"), 16).expect("hexadecimal digits");
    let bytes = |word: &str| word.trim_matches('-').as_bytes().chunks(2).map(byte).collect::<Vec<_>>();
    let (shape, history) = line.split_once(' ').expect("a shape and a history");
    (bytes(shape), bytes(history).as_chunks().0.to_vec())
}

fn line(shape: &[u8], history: &[Op]) -> String {
    let digits =
        |bytes: &[u8]| if bytes.is_empty() { "-".into() } else { bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() };
    format!("{} {}", digits(shape), digits(history.as_flattened()))
}

/// The containers of a spec, without what is left out.
struct Brief<'a>(&'a Spec);

impl core::fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let api = self.0.api();
        write!(
            f,
            "{:?}, grace {:?}, deadline {:?}: ",
            api.restart_policy, api.termination_grace_period_seconds, api.active_deadline_seconds
        )?;
        f.debug_list().entries(self.0.containers()).finish()
    }
}

/// A history in words, and as a line that keeps it in the list of regressions.
fn story(shape: &[u8], history: &[Op]) -> String {
    let mut world = World::new(&mut Numbers::new(shape));
    let node = world.pod.node();
    let mut story = format!("spec {:?}\n{:?}\n", Brief(world.pod.spec()), node.pacing);
    let (gates, default) = (node.gates, pod_lifecycle::Gates::default());
    for gate in pod_lifecycle::Gates::NAMES.iter().filter(|gate| gates.get(gate) != default.get(gate)) {
        story += &format!("{gate}={:?}\n", gates.get(gate));
    }
    for &op in history {
        let call = world.step(op);
        let mut input = format!("{:?}", call.input);
        if let Input::Update(Change::Spec { spec, .. }) = &call.input {
            input = format!("{:?}", Brief(spec));
        }
        story += &format!("{} {:?} {input} → {:?}\n", call.now, call.kind, call.result);
        call.outputs.iter().for_each(|output| story += &format!("    {output:?}\n"));
    }
    format!("{story}\nto keep this, put into tests/laws/regressions.txt, with a word of why:\n{}\n", line(shape, history))
}
