//! Containers as processes of this machine: the least that a [`ContainerBackend`] has to be.
//!
//! A container is a process in the node's network, the Pod's volume a directory. A thread watches over each process, and all news goes
//! through one channel. Hooks and probes other than commands are left out.

use pod_lifecycle::api::ObjectMeta;
use pod_lifecycle::backend::{ContainerBackend, PodRef};
use pod_lifecycle::pod::{Action, Attempt, Event};
use pod_lifecycle::rules::probe::RawOutcome;
use pod_lifecycle::rules::view::{Exit, TerminatedReason};
use pod_lifecycle::spec::ProbeKind;
use pod_lifecycle::{ContainerIndex, Time};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

type News = (usize, Event<'static>);

/// The backend. See the [module documentation](self).
pub(crate) struct Processes {
    /// Where a running process takes its stop orders: the seconds from TERM to KILL.
    stops: BTreeMap<(usize, ContainerIndex, Attempt), Sender<u64>>,
    sender: Sender<News>,
    news: Receiver<News>,
    /// News that was waited for.
    next: Option<News>,
    /// The text of the event that was polled last.
    id: String,
}

impl Processes {
    pub(crate) fn new() -> Self {
        let (sender, news) = mpsc::channel();
        Self { stops: BTreeMap::new(), sender, news, next: None, id: String::new() }
    }

    /// Waits until there is news, or for so long.
    pub(crate) fn wait(&mut self, longest: Duration) {
        self.next = self.next.take().or_else(|| self.news.recv_timeout(longest).ok());
    }

    fn start_container(&mut self, pod: PodRef<'_, usize>, container: ContainerIndex, attempt: Attempt) {
        let own = pod.pod.spec().api_container(container);
        let Ok(child) = command(&own.command, pod).args(&own.args).spawn() else {
            let exit = Exit { code: 128, reason: TerminatedReason::StartError };
            return self.tell(pod.key, Event::ContainerStartFailed { container, attempt, exit, at: now(), message: "", reason: "" });
        };
        let (stop, stops) = mpsc::channel();
        self.stops.insert((pod.key, container, attempt), stop);
        self.tell(pod.key, Event::ContainerStarted { container, attempt, at: now() });
        self.tell_later(pod.key, move || {
            let exit = Exit::of_code(watch(child, None, &stops));
            Event::ContainerExited { container, attempt, exit, at: now(), message: "", reason: "" }
        });
    }

    fn probe(&self, pod: PodRef<'_, usize>, container: ContainerIndex, attempt: Attempt, kind: ProbeKind) {
        let own = pod.pod.spec().api_container(container);
        let probe = match kind {
            ProbeKind::Startup => &own.startup_probe,
            ProbeKind::Readiness => &own.readiness_probe,
            ProbeKind::Liveness => &own.liveness_probe,
        };
        let probe = probe.as_ref().expect("only probes of the spec are asked for");
        let mut command = command(&probe.exec.as_ref().expect("this backend executes commands only").command, pod);
        let timeout = Duration::from_secs(probe.timeout_seconds as u64);
        self.tell_later(pod.key, move || {
            let outcome = match command.spawn().map(|child| watch(child, Some(Instant::now() + timeout), &mpsc::channel().1)) {
                Ok(0) => RawOutcome::Success,
                Ok(_) => RawOutcome::Failure,
                Err(_) => RawOutcome::Error,
            };
            Event::Probed { container, attempt, kind, outcome }
        });
    }

    fn tell(&self, key: usize, event: Event<'static>) {
        self.sender.send((key, event)).expect("the receiver is in self");
    }

    /// Tells what comes of some work, when it is done.
    fn tell_later(&self, key: usize, work: impl FnOnce() -> Event<'static> + Send + 'static) {
        let sender = self.sender.clone();
        thread::spawn(move || sender.send((key, work())));
    }
}

impl ContainerBackend for Processes {
    type Pod = usize;

    fn start(&mut self, pod: PodRef<'_, usize>, action: Action) {
        let done = match action {
            Action::StoreObject => Event::Stored,
            Action::Schedule => Event::Scheduled,
            Action::Bind => Event::Bound,
            Action::Admit => Event::Admitted,
            Action::MountVolumes => fs::create_dir_all(volume(pod.meta)).map_or(Event::VolumesFailed, |()| Event::VolumesMounted),
            Action::RunPodSandbox { attempt } => Event::SandboxStarted { attempt, ips: "" },
            Action::ImageStatus { container } | Action::PullImage { container } => Event::ImagePresent { container },
            Action::CreateContainer { container, attempt, .. } => Event::ContainerCreated { container, attempt, id: "", image_id: "" },
            Action::StartContainer { container, attempt } => return self.start_container(pod, container, attempt),
            Action::StopContainer { container, attempt, timeout_seconds } => {
                // If the process has just ended, nobody takes the order any more, and the answer is on its way.
                let _ = self.stops[&(pod.key, container, attempt)].send(timeout_seconds as u64);
                return;
            }
            Action::Probe { container, attempt, kind } => return self.probe(pod, container, attempt, kind),
            Action::StopPodSandbox { attempt } => Event::SandboxStopped { attempt },
            Action::UnmountVolumes => fs::remove_dir_all(volume(pod.meta)).map(|()| Event::VolumesUnmounted).expect("it was mounted"),
            Action::DeleteObject => Event::ObjectRemoved,
            other => panic!("{other:?}: none of these Pods needs it"),
        };
        self.tell(pod.key, done);
    }

    fn poll(&mut self) -> Option<(usize, Event<'_>)> {
        let (key, event) = self.next.take().or_else(|| self.news.try_recv().ok())?;
        let Event::ContainerCreated { container, attempt, image_id, .. } = event else { return Some((key, event)) };
        self.id = format!("process://{key}.{}.{}", container.get(), attempt.0);
        Some((key, Event::ContainerCreated { container, attempt, id: &self.id, image_id }))
    }
}

/// Waits for the end of a process, by itself or on order, and says its exit code as a shell would.
fn watch(mut child: Child, mut kill_at: Option<Instant>, stops: &Receiver<u64>) -> i32 {
    loop {
        if let Some(status) = child.try_wait().expect("it is a child of ours") {
            return status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1);
        }
        if let Ok(seconds) = stops.try_recv() {
            // It is not waited for yet, so the number is its own.
            let _ = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
            kill_at = Some(Instant::now() + Duration::from_secs(seconds));
        }
        if kill_at.take_if(|at| *at <= Instant::now()).is_some() {
            child.kill().expect("it is a child of ours");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn command(line: &[String], pod: PodRef<'_, usize>) -> Command {
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).current_dir(volume(pod.meta));
    command
}

/// The directory that is the Pod's volume, and where its commands run.
pub(crate) fn volume(meta: &ObjectMeta) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(&meta.uid)
}

/// What the clock says.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("1970 is over");
    Time::from_nanos(since.as_nanos() as i64)
}
