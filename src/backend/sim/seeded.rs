//! Behaviour drawn from distributions, the same for the same seed.

use super::script::{End, Image, ProbeMoment, Run, Script};
use crate::pod::HookKind;
use crate::rules::probe::RawOutcome;
use crate::spec::{ContainerIndex, ContainerKind, ProbeKind, Spec};
use crate::time::Span;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// The [`Script`] of one Pod, drawn from [`Habits`].
///
/// Nothing is remembered between two questions: each draw hashes the seed, the Pod's uid, the container, and what is asked. So a Pod lives the
/// same life whatever other Pods there are and in whatever order the questions come. Only integers are counted with, so the life
/// is the same on every machine too. What is drawn anew: each run, each hook of a run, each probe by the age of its run, each image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeded {
    /// Hash of the seed and the Pod's uid.
    seed: u64,
    habits: Arc<Habits>,
}

/// How the containers of a group of Pods are wont to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Regular containers, sidecars and ephemeral containers.
    pub main: Runs,
    /// Plain init containers.
    pub init: Runs,
    /// How long a probe takes. What takes longer than the probe's timeout has failed.
    pub probe_latency: Distribution,
    /// How many probes fail, in thousandths.
    pub probe_failure_permille: u16,
    /// How long a hook takes.
    pub hook: Distribution,
    /// How many hooks fail, in thousandths.
    pub hook_failure_permille: u16,
    /// How long the pull of an image takes; [`Distribution::Never`]: the image is on the node already.
    pub pull: Distribution,
}

/// How runs of a container behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// From the start of the process until it has started up; [`Distribution::Never`] counts as no time.
    pub start_delay: Distribution,
    /// From then until it ends by itself.
    pub run_for: Distribution,
    /// Its exit codes then, each with its weight; with no weight at all: 0.
    pub exit_codes: Vec<(u32, i32)>,
    /// From the stop signal until it ends with 0; [`Distribution::Never`]: it has to be killed.
    pub on_term: Distribution,
}

/// How a span of time is distributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// It does not happen at all.
    Never,
    /// Always the same.
    Fixed(Span),
    /// Each nanosecond of this range alike; none below the first if they are in the wrong order.
    Uniform(Span, Span),
    /// Exponential, with this mean: at every moment it is equally likely to happen now. A negative mean counts as 0.
    Exponential(Span),
    /// One of several, each with its weight; with no weight at all: never.
    Choice(Vec<(u32, Self)>),
}

/// Servers that run for an hour on average and then crash with 1, init containers that take a few seconds, quick probes of which one in
/// a hundred fails, images that are there.
impl Default for Habits {
    fn default() -> Self {
        let quick = Distribution::Uniform(Span::from_millis(1), Span::from_millis(20));
        let main = Runs {
            start_delay: Distribution::Exponential(Span::from_millis(500)),
            run_for: Distribution::Exponential(Span::from_secs(3600)),
            exit_codes: vec![(1, 1)],
            on_term: Distribution::Exponential(Span::from_secs(1)),
        };
        let init = Runs { run_for: Distribution::Exponential(Span::from_secs(3)), exit_codes: Vec::new(), ..main.clone() };
        Self {
            main,
            init,
            probe_latency: quick.clone(),
            probe_failure_permille: 10,
            hook: quick,
            hook_failure_permille: 0,
            pull: Distribution::Never,
        }
    }
}

impl Seeded {
    /// The script of the Pod of this uid under this seed.
    pub fn new(seed: u64, uid: &str, habits: Arc<Habits>) -> Self {
        Self { seed: uid.bytes().fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte))), habits }
    }

    fn dice(&self, question: Question, container: ContainerIndex, number: u64) -> Dice {
        let place = (question as u64) << 32 | container.get() as u64;
        Dice { state: mix(mix(self.seed ^ place) ^ number) }
    }
}

impl Script for Seeded {
    fn run(&self, spec: &Spec, container: ContainerIndex, run: u32) -> Run {
        let is_init = spec.container(container).kind() == ContainerKind::Init;
        let runs = if is_init { &self.habits.init } else { &self.habits.main };
        let mut dice = self.dice(Question::Run, container, run.into());
        Run {
            start_delay: runs.start_delay.draw(&mut dice).unwrap_or_default(),
            run_for: runs.run_for.draw(&mut dice),
            end: End::exit(dice.choose(&runs.exit_codes).copied().unwrap_or_default()),
            on_term: runs.on_term.draw(&mut dice).map(|after| (after, End::exit(0))),
            ..Run::default()
        }
    }

    fn probe(&self, _: &Spec, container: ContainerIndex, kind: ProbeKind, moment: ProbeMoment) -> (RawOutcome, Span) {
        let question = match kind {
            ProbeKind::Startup => Question::StartupProbe,
            ProbeKind::Readiness => Question::ReadinessProbe,
            ProbeKind::Liveness => Question::LivenessProbe,
        };
        let age = (moment.now - moment.began).nanos() as u64;
        let mut dice = self.dice(question, container, mix(moment.run.into()) ^ age);
        let outcome = if dice.fails(self.habits.probe_failure_permille) { RawOutcome::Failure } else { RawOutcome::Success };
        // A probe that never ends has its timeout to end it.
        (outcome, self.habits.probe_latency.draw(&mut dice).unwrap_or(Span::MAX))
    }

    fn hook(&self, _: &Spec, container: ContainerIndex, hook: HookKind, run: u32) -> (Option<Span>, bool) {
        let question = match hook {
            HookKind::PostStart => Question::PostStart,
            HookKind::PreStop => Question::PreStop,
        };
        let mut dice = self.dice(question, container, run.into());
        let ok = !dice.fails(self.habits.hook_failure_permille);
        (self.habits.hook.draw(&mut dice), ok)
    }

    fn image(&self, _: &Spec, container: ContainerIndex) -> Image {
        let pull = self.habits.pull.draw(&mut self.dice(Question::Image, container, 0));
        Image { present: pull.is_none(), pull: pull.unwrap_or_default(), ..Image::default() }
    }
}

impl Distribution {
    fn draw(&self, dice: &mut Dice) -> Option<Span> {
        match self {
            Self::Never => None,
            Self::Fixed(span) => Some(*span),
            Self::Uniform(from, to) => {
                let width = (*to - *from).nanos().max(0) as u64;
                Some(*from + Span::from_nanos(dice.below(width + 1) as i64))
            }
            Self::Exponential(mean) => Some(dice.exponential(*mean)),
            Self::Choice(choices) => dice.choose(choices)?.draw(dice),
        }
    }
}

/// What is asked: each has draws of its own.
#[derive(Clone, Copy)]
enum Question {
    Run,
    StartupProbe,
    ReadinessProbe,
    LivenessProbe,
    PostStart,
    PreStop,
    Image,
}

/// The draws for one question: SplitMix64.
struct Dice {
    state: u64,
}

impl Dice {
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        finish(self.state)
    }

    /// One of the numbers below this one; 0 if there is none.
    const fn below(&mut self, bound: u64) -> u64 {
        share(self.next(), bound)
    }

    const fn fails(&mut self, permille: u16) -> bool {
        self.below(1000) < permille as u64
    }

    fn choose<'a, T>(&mut self, choices: &'a [(u32, T)]) -> Option<&'a T> {
        let weights = choices.iter().map(|(weight, _)| u64::from(*weight));
        let mut left = self.below(weights.sum());
        choices.iter().find_map(|(weight, choice)| match left.checked_sub((*weight).into()) {
            None => Some(choice),
            Some(rest) => {
                left = rest;
                None
            }
        })
    }

    /// J. von Neumann's method (1951), exact and without a logarithm: draw numbers as long as they fall. If an odd number of them
    /// fell, the first one is the fractional part of the answer; else 1 is added and it begins anew.
    fn exponential(&mut self, mean: Span) -> Span {
        let mean = mean.max(Span::ZERO);
        let mut whole = Span::ZERO;
        loop {
            let first = self.next();
            let (mut lowest, mut odd) = (first, true);
            loop {
                let number = self.next();
                if number >= lowest {
                    break;
                }
                (lowest, odd) = (number, !odd);
            }
            if odd {
                return whole + Span::from_nanos(share(first, mean.nanos() as u64) as i64);
            }
            whole = whole + mean;
        }
    }
}

/// As much of a number as this fraction of 2^64 is of the whole, rounded down.
const fn share(fraction: u64, of: u64) -> u64 {
    ((fraction as u128 * of as u128) >> 64) as u64
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(number: u64) -> u64 {
    finish(number.wrapping_add(STEP))
}

/// The output function of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, 2014): a bijection that scatters neighbours.
const fn finish(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    const MEAN: Span = Span::from_secs(10);

    fn spec() -> Spec {
        let spec = r#"{"containers": [{"name": "main", "image": "busybox:1"}]}"#;
        Spec::as_given(serde_json::from_str(spec).unwrap())
    }

    fn life(seed: u64, uid: &str) -> Vec<(Run, RawOutcome, Span)> {
        let (spec, main) = (spec(), ContainerIndex::new(0));
        let script = Seeded::new(seed, uid, Arc::new(Habits { probe_failure_permille: 500, ..Habits::default() }));
        let moment = |run| ProbeMoment { now: Time::from_secs(7), run, began: Time::EPOCH, term: None, pre_stop: None };
        let probed = |run| script.probe(&spec, main, ProbeKind::Liveness, moment(run));
        // Backwards: the order of asking does not matter.
        let mut life: Vec<_> = (1..=8).rev().map(|run| (script.run(&spec, main, run), probed(run).0, probed(run).1)).collect();
        life.reverse();
        for (run, lived) in (1..).zip(&life) {
            assert_eq!(*lived, (script.run(&spec, main, run), probed(run).0, probed(run).1));
        }
        life
    }

    #[test]
    fn a_seed_and_a_uid_are_a_life() {
        assert_eq!(life(1, "a"), life(1, "a"));
        for (seed, uid) in [(2, "a"), (1, "b")] {
            assert!(life(1, "a").iter().zip(&life(seed, uid)).all(|(one, other)| one.0 != other.0), "{seed} {uid}");
        }
        assert_ne!(life(1, "a")[0], life(1, "a")[1], "each run is drawn anew");
    }

    #[test]
    fn spans_are_distributed_as_they_say() {
        let draws = |distribution: &Distribution| -> Vec<f64> {
            let dice = (0..20_000).map(|state| Dice { state: mix(state) });
            dice.map(|mut dice| distribution.draw(&mut dice).map_or(f64::NAN, Span::as_secs_f64)).collect()
        };
        let part = |draws: &[f64], of: fn(f64) -> bool| draws.iter().filter(|&&draw| of(draw)).count() as f64 / draws.len() as f64;
        let mean = |draws: &[f64]| draws.iter().sum::<f64>() / draws.len() as f64;

        let exponential = draws(&Distribution::Exponential(MEAN));
        assert!((mean(&exponential) - 10.0).abs() < 0.2, "{}", mean(&exponential));
        assert!((part(&exponential, |draw| draw > 10.0) - 0.3679).abs() < 0.01, "1 in e is above the mean");
        assert!((part(&exponential, |draw| draw > 30.0) - 0.0498).abs() < 0.005, "1 in e³ is above three of it");

        let uniform = draws(&Distribution::Uniform(Span::from_secs(4), MEAN));
        assert!((mean(&uniform) - 7.0).abs() < 0.05 && part(&uniform, |draw| (4.0..=10.0).contains(&draw)) == 1.0);

        let choice = draws(&Distribution::Choice(vec![(1, Distribution::Never), (3, Distribution::Fixed(MEAN))]));
        assert!((part(&choice, f64::is_nan) - 0.25).abs() < 0.01);
        assert!((part(&choice, |draw| draw == 10.0) - 0.75).abs() < 0.01);
    }

    #[test]
    fn odd_settings_are_borne() {
        let mut dice = Dice { state: 1 };
        assert_eq!(Distribution::Uniform(MEAN, Span::ZERO).draw(&mut dice), Some(MEAN));
        assert!(Distribution::Uniform(Span::from_nanos(i64::MIN), Span::MAX).draw(&mut dice).is_some());
        assert!(Distribution::Exponential(Span::MAX).draw(&mut dice).is_some());
        assert_eq!(Distribution::Exponential(Span::from_secs(-1)).draw(&mut dice), Some(Span::ZERO));
        assert_eq!(Distribution::Choice(vec![(0, Distribution::Fixed(MEAN))]).draw(&mut dice), None);
    }
}
