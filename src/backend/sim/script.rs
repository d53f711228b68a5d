//! What the simulated processes, probes, hooks and images do.

use crate::pod::HookKind;
use crate::rules::probe::RawOutcome;
use crate::rules::view::{Exit, WaitingReason};
use crate::spec::{ContainerIndex, ContainerKind, ProbeKind, Spec};
use crate::time::{Span, Time};
use alloc::string::String;

/// The behaviour of one Pod's containers: asked for each run, probe, hook and image.
///
/// How a run behaves may be asked as often as one likes, and is always the same: the simulated node keeps the number of the run only.
pub trait Script {
    /// How this run behaves; runs are counted from 1 over the whole life of the Pod.
    fn run(&self, spec: &Spec, container: ContainerIndex, run: u32) -> Run;

    /// The outcome of a probe that is executed now.
    fn probe(&self, spec: &Spec, container: ContainerIndex, kind: ProbeKind, moment: ProbeMoment) -> (RawOutcome, Span);

    /// How long a hook takes (`None`: it never ends by itself), and whether it succeeds.
    fn hook(&self, spec: &Spec, container: ContainerIndex, hook: HookKind, run: u32) -> (Option<Span>, bool);

    /// What the node knows of the image of a container.
    fn image(&self, spec: &Spec, container: ContainerIndex) -> Image;

    /// When the runtime gets to make the instance of this run: a slow runtime lets one wait.
    fn start_at(&self, _spec: &Spec, _container: ContainerIndex, _run: u32) -> When {
        When::Now
    }

    /// When this sandbox, counted from 0, is up.
    fn sandbox_at(&self, _nth: u32) -> When {
        When::Now
    }
}

/// How one run of a container behaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The runtime cannot start it, and records this.
    pub start_error: Option<End>,
    /// From the start of the process until it has started up.
    pub start_delay: Span,
    /// From then until it ends by itself; `None`: it runs for ever.
    pub run_for: Option<Span>,
    /// How it ends by itself.
    pub end: End,
    /// What it does on the stop signal: after this time it ends so. `None`: nothing, it has to be killed.
    pub on_term: Option<(Span, End)>,
    /// Termination message: the file's, and the end of the log.
    pub message: Message,
}

/// How a process ends.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Exit code and reason.
    pub exit: Exit,
    /// A reason that is not in the vocabulary; empty if it is.
    pub reason: String,
    /// By force: it has no chance to say anything.
    pub killed: bool,
}

impl End {
    /// By itself with this exit code and its usual reason.
    pub const fn exit(code: i32) -> Self {
        Self { exit: Exit::of_code(code), reason: String::new(), killed: false }
    }

    /// By SIGKILL: 137, Error.
    pub const fn by_force() -> Self {
        Self { exit: Exit::of_code(137), reason: String::new(), killed: true }
    }
}

impl Default for End {
    fn default() -> Self {
        Self::exit(0)
    }
}

/// The texts that a run leaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// In the termination message file.
    pub file: String,
    /// At the end of the log.
    pub log: String,
}

/// When and where a probe is executed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeMoment {
    /// Now.
    pub now: Time,
    /// Number of the run.
    pub run: u32,
    /// When the run began.
    pub began: Time,
    /// When it got the stop signal.
    pub term: Option<Time>,
    /// When its preStop hook began.
    pub pre_stop: Option<Time>,
}

/// What the node and its registry know of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Image {
    /// It is on the node.
    pub present: bool,
    /// Why it cannot be pulled or looked up; `None`: it can.
    pub failure: Option<WaitingReason>,
    /// How long a pull takes.
    pub pull: Span,
    /// Why containers with it cannot be created at present.
    pub create_failure: Option<WaitingReason>,
}

/// Containers as one would wish them: images are there, probes succeed, hooks take no time; servers run until they are told to stop and exit
/// 0, jobs and init containers exit 0 after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steady {
    /// How long a regular container runs whose policy is not Always.
    pub job: Span,
    /// How long a plain init container runs.
    pub init: Span,
}

impl Default for Steady {
    fn default() -> Self {
        Self { job: Span::from_secs(5), init: Span::from_secs(1) }
    }
}

impl Script for Steady {
    fn run(&self, spec: &Spec, container: ContainerIndex, _: u32) -> Run {
        let own = spec.container(container);
        let policy = own.restart_policy().unwrap_or_else(|| spec.restart_policy());
        let run_for = match own.kind() {
            ContainerKind::Init => Some(self.init),
            ContainerKind::Regular if policy != crate::api::RestartPolicy::Always => Some(self.job),
            _ => None,
        };
        Run { run_for, on_term: Some((Span::ZERO, End::exit(0))), ..Run::default() }
    }

    fn probe(&self, _: &Spec, _: ContainerIndex, _: ProbeKind, _: ProbeMoment) -> (RawOutcome, Span) {
        (RawOutcome::Success, Span::ZERO)
    }

    fn hook(&self, _: &Spec, _: ContainerIndex, _: HookKind, _: u32) -> (Option<Span>, bool) {
        (Some(Span::ZERO), true)
    }

    fn image(&self, _: &Spec, _: ContainerIndex) -> Image {
        Image { present: true, ..Image::default() }
    }
}

impl<S: Script + ?Sized> Script for &S {
    fn run(&self, spec: &Spec, container: ContainerIndex, run: u32) -> Run {
        (**self).run(spec, container, run)
    }
    fn probe(&self, spec: &Spec, container: ContainerIndex, kind: ProbeKind, moment: ProbeMoment) -> (RawOutcome, Span) {
        (**self).probe(spec, container, kind, moment)
    }
    fn hook(&self, spec: &Spec, container: ContainerIndex, hook: HookKind, run: u32) -> (Option<Span>, bool) {
        (**self).hook(spec, container, hook, run)
    }
    fn image(&self, spec: &Spec, container: ContainerIndex) -> Image {
        (**self).image(spec, container)
    }
    fn start_at(&self, spec: &Spec, container: ContainerIndex, run: u32) -> When {
        (**self).start_at(spec, container, run)
    }
    fn sandbox_at(&self, nth: u32) -> When {
        (**self).sandbox_at(nth)
    }
}

/// When the runtime gets to something it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// At this moment, or at once if that is past.
    At(Time),
    /// Not at all, until it is told to give way ([`Sim::abort`](super::Sim::abort)).
    Never,
}
