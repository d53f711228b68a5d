//! The scripted behaviour of a scenario, as the simulated node asks for it.

use super::TIME_ZERO;
use crate::backend::sim::{End, Image, Message, ProbeMoment, Run, Script, When};
use crate::conformance::scenario::{self, Clock, Hook, ImageState, OnTerm, ProbeOutcome, ResizeOutcome, RunNumber, Scenario, Start};
use crate::pod::HookKind;
use crate::rules::probe::RawOutcome;
use crate::rules::view::{Exit, TerminatedReason, WaitingReason};
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

/// What the steps of a scenario can change in the world.
#[derive(Debug)]
pub(super) struct World {
    /// A node fits.
    pub(super) fits: Cell<bool>,
    /// What becomes of the resize asked for last.
    pub(super) resize: Cell<Option<ResizeOutcome>>,
    pub(super) images: RefCell<BTreeMap<String, scenario::Image>>,
    pub(super) missing_volumes: RefCell<BTreeSet<String>>,
    pub(super) config_errors: RefCell<BTreeSet<String>>,
}

impl World {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            fits: Cell::new(scenario.node.fits),
            resize: Cell::new(None),
            images: RefCell::new(scenario.images.clone()),
            missing_volumes: RefCell::new(scenario.missing_volumes.iter().cloned().collect()),
            config_errors: RefCell::new(scenario.config_errors.iter().cloned().collect()),
        }
    }

    pub(super) fn has_missing_volumes(&self) -> bool {
        !self.missing_volumes.borrow().is_empty()
    }
}

/// The scripts of one scenario.
#[derive(Debug)]
pub(super) struct Behaviour {
    programs: BTreeMap<String, scenario::Program>,
    probes: BTreeMap<String, scenario::ProbeScripts>,
    hooks: BTreeMap<String, scenario::HookScripts>,
    starts: BTreeMap<String, Vec<Start>>,
    sandbox_starts: Vec<Span>,
    is_replay: bool,
    world: Rc<World>,
}

impl Behaviour {
    pub(super) fn new(scenario: &Scenario, world: &Rc<World>) -> Self {
        Self {
            programs: scenario.programs.clone(),
            probes: scenario.probes.clone(),
            hooks: scenario.hooks.clone(),
            starts: scenario.starts.clone(),
            sandbox_starts: scenario.sandbox_starts.clone(),
            is_replay: scenario.is_replay(),
            world: Rc::clone(world),
        }
    }
}

impl Script for Behaviour {
    fn run(&self, spec: &Spec, container: ContainerIndex, run: u32) -> Run {
        let Some(script) = self.programs.get(spec.container(container).name()).and_then(|program| program.run(run)) else {
            return Run::default();
        };
        let on_term = match script.on_term {
            OnTerm::Ignore => None,
            OnTerm::Exit { after, exit_code } => Some((after, end(&script.exit(exit_code)))),
        };
        let texts = script.termination.clone().unwrap_or_default();
        Run {
            start_error: script.start_error.as_ref().map(|error| end_of(error.exit_code, &error.reason, false)),
            start_delay: script.start_delay,
            run_for: script.run_for,
            end: end(&script.natural_end()),
            on_term,
            message: Message { file: texts.file, log: texts.log },
        }
    }

    fn probe(&self, spec: &Spec, container: ContainerIndex, kind: ProbeKind, moment: ProbeMoment) -> (RawOutcome, Span) {
        let entries = self.probes.get(spec.container(container).name()).map_or(&[][..], |scripts| scripts.of(kind));
        let applies = |entry: &&scenario::ProbeEntry| {
            let began = match entry.run {
                None => TIME_ZERO,
                Some(RunNumber::Each) => moment.began,
                Some(RunNumber::Number(run)) if run == moment.run => moment.began,
                Some(RunNumber::Number(_)) => return false,
            };
            let since = |begin: Option<Time>, span| begin.is_some_and(|begin| moment.now >= begin + span);
            match entry.since {
                Clock::From(span) => moment.now >= began + span,
                Clock::AfterTerm(span) => since(moment.term, span),
                Clock::AfterPreStop(span) => since(moment.pre_stop, span),
            }
        };
        // A container without a script passes its probes.
        entries.iter().rfind(applies).map_or((RawOutcome::Success, Span::ZERO), |entry| (outcome(entry.result), entry.takes))
    }

    fn hook(&self, spec: &Spec, container: ContainerIndex, hook: HookKind, run: u32) -> (Option<Span>, bool) {
        let which = match hook {
            HookKind::PostStart => Hook::PostStart,
            HookKind::PreStop => Hook::PreStop,
        };
        let scripts = self.hooks.get(spec.container(container).name());
        scripts.and_then(|scripts| scripts.run(which, run)).map_or((Some(Span::ZERO), true), |script| (script.takes, script.ok))
    }

    fn image(&self, spec: &Spec, container: ContainerIndex) -> Image {
        let own = spec.container(container);
        let broken = self.world.config_errors.borrow().contains(own.name());
        let create_failure = broken.then_some(WaitingReason::CreateContainerConfigError);
        let images = self.world.images.borrow();
        let Some(image) = images.get(own.image()) else {
            return Image { present: true, create_failure, ..Image::default() };
        };
        let failure = match image.state {
            ImageState::Ok => None,
            ImageState::InvalidName => Some(WaitingReason::InvalidImageName),
            ImageState::NotFound | ImageState::NeverPresent => Some(WaitingReason::ErrImagePull),
        };
        let present = image.state == ImageState::Ok && image.pull == Span::ZERO;
        Image { present, failure, pull: image.pull, create_failure }
    }

    fn start_at(&self, spec: &Spec, container: ContainerIndex, run: u32) -> When {
        if !self.is_replay {
            return When::Now;
        }
        let starts = self.starts.get(spec.container(container).name());
        let listed = starts.and_then(|starts| starts.get(run as usize - 1));
        listed.map_or(When::Never, |start| When::At(TIME_ZERO + start.at))
    }

    fn sandbox_at(&self, nth: u32) -> When {
        match self.sandbox_starts.get(nth as usize) {
            Some(&span) => When::At(TIME_ZERO + span),
            None if self.is_replay => When::Never,
            None => When::Now,
        }
    }
}

fn end(end: &scenario::End) -> End {
    end_of(end.exit_code, &end.reason, end.killed)
}

fn end_of(code: i32, text: &str, killed: bool) -> End {
    let reason = TerminatedReason::from_text(text);
    let other = if reason == TerminatedReason::Other { text } else { "" };
    End { exit: Exit { code, reason }, reason: other.into(), killed }
}

const fn outcome(outcome: ProbeOutcome) -> RawOutcome {
    match outcome {
        ProbeOutcome::Success => RawOutcome::Success,
        ProbeOutcome::Failure => RawOutcome::Failure,
        ProbeOutcome::Unknown => RawOutcome::Error,
        ProbeOutcome::Warning => RawOutcome::Warning,
    }
}
