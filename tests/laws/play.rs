//! How laws are tried: random worlds and histories, and the share of calls that the machine accepts.

use super::numbers::Numbers;
use super::world::{Call, Input, Op, World};
use core::cell::{Cell, RefCell};
use pod_lifecycle::Spec;
use pod_lifecycle::pod::Change;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};

/// How many histories each law looks at.
const CASES: u32 = 1_000;

/// Whether so many histories are played that what may happen does happen.
pub(super) fn is_thorough() -> bool {
    Config::default().cases >= 200
}

pub(super) type Verdict = Result<(), TestCaseError>;

/// Runs histories and has `law` look at every call; at the end at least half of them must have been accepted.
pub(super) fn every_call(name: &str, mut law: impl FnMut(&Call, &World) -> Verdict) {
    let (calls, accepted) = (Cell::new(0_u64), Cell::new(0_u64));
    let law = RefCell::new(&mut law);
    histories(|mut world, history| {
        for &op in history {
            let call = world.step(op);
            calls.set(calls.get() + 1);
            accepted.set(accepted.get() + u64::from(call.result.is_ok()));
            (*law.borrow_mut())(&call, &world)?;
        }
        Ok(())
    });
    let share = accepted.get() as f64 / calls.get() as f64;
    println!("{name}: {} of {} calls accepted ({:.0} %)", accepted.get(), calls.get(), 100.0 * share);
    assert!(share >= 0.5 || !is_thorough(), "{name}: most calls are refused, so the law is hardly tested");
}

/// Runs `play` over random worlds and histories.
pub(super) fn histories(play: impl Fn(World, &[Op]) -> Verdict) {
    histories_of(CASES, play);
}

/// Runs `play` over so many random worlds and histories.
pub(super) fn histories_of(cases: u32, play: impl Fn(World, &[Op]) -> Verdict) {
    let mut config = Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/laws/regressions.txt"))),
        source_file: Some(file!()),
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
    let run = TestRunner::new(config).run(&strategy, |(shape, history)| play(World::new(&mut Numbers::new(&shape)), &history));
    match run {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Err(TestError::Fail(reason, (shape, history))) => panic!("{reason}\n{}", story(&shape, &history)),
    }
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

/// A history in words.
fn story(shape: &[u8], history: &[Op]) -> String {
    let mut world = World::new(&mut Numbers::new(shape));
    let mut story = format!("spec {:?}\n{:?}\n", Brief(world.pod.spec()), world.pod.node().pacing);
    for &op in history {
        let call = world.step(op);
        let mut input = format!("{:?}", call.input);
        if let Input::Update(Change::Spec { spec, .. }) = &call.input {
            input = format!("{:?}", Brief(spec));
        }
        story += &format!("{} {:?} {input} → {:?}\n", call.now, call.kind, call.result);
        call.outputs.iter().for_each(|output| story += &format!("    {output:?}\n"));
    }
    story
}
