//! What the rules read: container statuses and runtime instances, as small `Copy` values.
//!
//! An API status, a runtime snapshot and the machine's own slots all answer the same two traits, so a rule is written once.

mod activity;
mod api_statuses;

pub use activity::Activity;
pub use api_statuses::ApiStatuses;

use crate::spec::ContainerIndex;
use crate::time::Time;

/// A vocabulary of reasons: `Copy` words of Kubernetes, and one for every other text (which is kept elsewhere).
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum $name {
            /// No reason.
            #[default]
            None,
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
            /// Any other text.
            Other,
        }

        impl $name {
            /// Every word with a text of its own.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text as the API writes it; empty for `None` and `Other`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* Self::None | Self::Other => "" }
            }

            /// The word for a text: `None` for the empty one, `Other` for an unknown one.
            #[inline]
            pub fn from_text(text: &str) -> Self {
                match text { "" => Self::None, $($text => Self::$variant,)* _ => Self::Other }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use reasons;

reasons! {
    /// `reason` of a waiting container.
    WaitingReason {
        /// Nothing known yet, in a Pod without init containers.
        ContainerCreating = "ContainerCreating",
        /// Nothing known yet, in a Pod with init containers.
        PodInitializing = "PodInitializing",
        /// Removed to restart all containers (KEP-5532).
        RestartingAllContainers = "RestartingAllContainers",
        /// The start was refused by the crash-loop back-off.
        CrashLoopBackOff = "CrashLoopBackOff",
        /// The pull failed.
        ErrImagePull = "ErrImagePull",
        /// The pull was refused by the image back-off.
        ImagePullBackOff = "ImagePullBackOff",
        /// The policy is Never and the image is not there.
        ErrImageNeverPull = "ErrImageNeverPull",
        /// The image could not be looked up.
        ImageInspectError = "ImageInspectError",
        /// The image name cannot be parsed.
        InvalidImageName = "InvalidImageName",
        /// The registry does not answer.
        RegistryUnavailable = "RegistryUnavailable",
        /// The image's signature is not valid.
        SignatureValidationFailed = "SignatureValidationFailed",
        /// The container's configuration cannot be made: a missing secret, config map, …
        CreateContainerConfigError = "CreateContainerConfigError",
        /// A resource manager refused before the creation.
        PreCreateHookError = "PreCreateHookError",
        /// The runtime did not create the container.
        CreateContainerError = "CreateContainerError",
        /// A resource manager refused before the start.
        PreStartHookError = "PreStartHookError",
        /// The runtime did not start the container.
        RunContainerError = "RunContainerError",
        /// The postStart hook failed; the container was killed.
        PostStartHookError = "PostStartHookError",
    }
}

reasons! {
    /// `reason` of a terminated container.
    TerminatedReason {
        /// Exit code 0.
        Completed = "Completed",
        /// Another exit code.
        Error = "Error",
        /// The kernel's out-of-memory killer struck.
        OomKilled = "OOMKilled",
        /// containerd could not start it.
        StartError = "StartError",
        /// Docker-like runtimes could not start it.
        ContainerCannotRun = "ContainerCannotRun",
        /// The runtime lost track of it.
        Unknown = "Unknown",
        /// Some runtimes' word for a time-out.
        DeadlineExceeded = "DeadlineExceeded",
        /// The kubelet could not find it any more.
        ContainerStatusUnknown = "ContainerStatusUnknown",
        /// Removed to restart all containers (KEP-5532).
        RestartingAllContainers = "RestartingAllContainers",
    }
}

impl WaitingReason {
    /// Whether the kubelet's words for it name the image ([`image_pull_message`](super::backoff::image_pull_message),
    /// [`image_never_pull_message`](super::backoff::image_never_pull_message)).
    pub(crate) const fn names_image(self) -> bool {
        matches!(self, Self::ImagePullBackOff | Self::ErrImageNeverPull)
    }
}

impl TerminatedReason {
    /// Whether a runtime that gives this reason can give this exit code too. Of words that are not of a runtime nothing is known: yes.
    ///
    /// Ends that the kubelet makes up have their code from [`Synthetic`](super::container_status::Synthetic).
    pub const fn fits(self, exit_code: i32) -> bool {
        match self {
            Self::Completed => exit_code == 0,
            Self::Error => exit_code != 0,
            Self::StartError => exit_code == 128,
            Self::ContainerCannotRun => matches!(exit_code, 126..=128),
            Self::Unknown => exit_code == 255,
            Self::OomKilled | Self::DeadlineExceeded | Self::ContainerStatusUnknown | Self::RestartingAllContainers => true,
            Self::None | Self::Other => true,
        }
    }
}

/// How an instance ended, as far as rules ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Exit {
    /// Exit code.
    #[serde(rename = "exitCode")]
    pub code: i32,
    /// Reason.
    pub reason: TerminatedReason,
}

/// State of a container in a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StatusState {
    /// None of the three is set.
    #[default]
    Empty,
    /// Waiting.
    Waiting(WaitingReason),
    /// Running.
    Running,
    /// Terminated.
    Terminated(Exit),
}

/// One container status as the rules read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StatusEntry {
    /// `state`.
    pub state: StatusState,
    /// `lastState.terminated`.
    pub last: Option<Exit>,
    /// `ready`.
    pub ready: bool,
    /// `started`.
    pub started: Option<bool>,
    /// `restartCount`.
    pub restart_count: i32,
}

/// Container statuses by container: of an API status, of the machine, of a test.
pub trait Statuses {
    /// The status of this container; `None` if there is no entry.
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry>;

    /// The same as the phase sees it, for those who have that cheaper than an entry.
    #[inline]
    fn activity(&self, container: ContainerIndex) -> Activity {
        self.entry(container).map_or_else(Activity::default, Activity::from)
    }
}

impl<T: Statuses + ?Sized> Statuses for &T {
    #[inline]
    fn entry(&self, container: ContainerIndex) -> Option<StatusEntry> {
        (**self).entry(container)
    }
    #[inline]
    fn activity(&self, container: ContainerIndex) -> Activity {
        (**self).activity(container)
    }
}

/// State of one instance in the runtime (CRI `ContainerState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum InstanceState {
    /// Created, not started.
    Created,
    /// Running.
    Running,
    /// Ended.
    Exited,
    /// The runtime cannot tell.
    Unknown,
}

/// One instance (attempt) of a container in the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// State.
    pub state: InstanceState,
    /// `restartCount` annotation: the attempt, counted from 0.
    pub restart_count: i32,
    /// When it was started; `None` if never (or the runtime says 0).
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// How it ended; meaningless before.
    pub exit: Exit,
    /// The hash of name and image it carries differs from the spec's.
    pub spec_changed: bool,
    /// It belongs to the newest sandbox, and that is ready.
    pub active: bool,
}

/// Verdict of a probe (kubelet `results.Result`). No verdict at all, `None`, means that none has been cached yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProbeResult {
    /// It passed.
    Success,
    /// It failed as often as its threshold asks.
    Failure,
    /// Not decided: the initial verdict of a startup probe.
    Unknown,
}

/// Why the kubelet kills one container (kubelet `containerKillReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum KillReason {
    /// The startup probe failed.
    StartupProbe,
    /// The liveness probe failed.
    LivenessProbe,
    /// The postStart hook failed.
    FailedPostStartHook,
    /// The runtime cannot tell its state.
    Unknown,
    /// A RestartAllContainers rule matched (KEP-5532).
    RestartAllContainers,
    /// Its name or image is not the spec's any more; the kubelet gives no reason.
    SpecChanged,
    /// A resize that its resize policy answers with a restart (KEP-1287); the kubelet gives no reason.
    Resize,
}

impl KillReason {
    /// The kubelet's word; empty where it gives none.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartupProbe => "StartupProbe",
            Self::LivenessProbe => "LivenessProbe",
            Self::FailedPostStartHook => "FailedPostStartHook",
            Self::Unknown => "Unknown",
            Self::RestartAllContainers => "RestartAllContainers",
            Self::SpecChanged | Self::Resize => "",
        }
    }
}

/// Network namespace of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkNamespace {
    /// Its own.
    #[default]
    Pod,
    /// The node's (`hostNetwork`).
    Node,
}

/// One sandbox in the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sandbox {
    /// READY as opposed to NOTREADY.
    pub ready: bool,
    /// Attempt, counted from 0.
    pub attempt: u32,
    /// Its network namespace.
    pub network: NetworkNamespace,
    /// Whether the runtime reported a network block at all.
    pub has_network_status: bool,
    /// Whether that block has an address.
    pub has_ip: bool,
}

/// What the kubelet knows from the runtime of one Pod (its PLEG cache).
pub trait Runtime {
    /// The sandboxes, newest first.
    fn sandboxes(&self) -> impl Iterator<Item = Sandbox>;
    /// The instances of this container over all sandboxes, newest first.
    fn instances(&self, container: ContainerIndex) -> impl Iterator<Item = Instance>;

    /// The newest two instances of this container.
    fn newest_two(&self, container: ContainerIndex) -> [Option<Instance>; 2] {
        let mut instances = self.instances(container);
        [instances.next(), instances.next()]
    }

    /// The newest instance of this container.
    fn newest(&self, container: ContainerIndex) -> Option<Instance> {
        self.instances(container).next()
    }
}

impl<T: Runtime> Runtime for &T {
    fn sandboxes(&self) -> impl Iterator<Item = Sandbox> {
        (**self).sandboxes()
    }
    fn instances(&self, container: ContainerIndex) -> impl Iterator<Item = Instance> {
        (**self).instances(container)
    }
    fn newest_two(&self, container: ContainerIndex) -> [Option<Instance>; 2] {
        (**self).newest_two(container)
    }
    fn newest(&self, container: ContainerIndex) -> Option<Instance> {
        (**self).newest(container)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PodStatus;
    use crate::observation::{Observation, ObservedPod};
    use crate::rules::actions::{Managers, Resize};
    use crate::spec::Spec;

    const C: ContainerIndex = ContainerIndex::new(0);

    #[test]
    fn each_reason_to_kill_has_the_kubelets_word() {
        use KillReason::{FailedPostStartHook, LivenessProbe, RestartAllContainers, SpecChanged, StartupProbe, Unknown};
        let told = [StartupProbe, LivenessProbe, FailedPostStartHook, Unknown, RestartAllContainers, SpecChanged, KillReason::Resize]
            .map(KillReason::as_str);
        assert_eq!(told, ["StartupProbe", "LivenessProbe", "FailedPostStartHook", "Unknown", "RestartAllContainers", "", ""]);
    }

    struct Known;

    impl Managers for Known {
        fn liveness(&self, _: ContainerIndex) -> Option<ProbeResult> {
            Some(ProbeResult::Failure)
        }
        fn startup(&self, _: ContainerIndex) -> Option<ProbeResult> {
            Some(ProbeResult::Success)
        }
        fn resize(&self, _: ContainerIndex) -> Resize {
            Resize::Restart
        }
    }

    #[test]
    #[expect(clippy::needless_borrows_for_generic_args, reason = "it is the reference that is asked")]
    fn a_reference_tells_what_it_refers_to() {
        fn statuses(statuses: impl Statuses) -> (Option<StatusEntry>, Activity) {
            (statuses.entry(C), statuses.activity(C))
        }
        fn runtime(runtime: impl Runtime) -> (usize, usize, [bool; 2], bool) {
            let two = runtime.newest_two(C).map(|instance| instance.is_some());
            (runtime.sandboxes().count(), runtime.instances(C).count(), two, runtime.newest(C).is_some())
        }
        fn managers(managers: impl Managers) -> (Option<ProbeResult>, Option<ProbeResult>, Resize) {
            (managers.liveness(C), managers.startup(C), managers.resize(C))
        }
        let spec = Spec::as_given(serde_json::from_str(r#"{"containers": [{"name": "c"}]}"#).unwrap());
        let status: PodStatus =
            serde_json::from_str(r#"{"containerStatuses": [{"name": "c", "ready": true, "restartCount": 3, "state": {"running": {}}}]}"#)
                .unwrap();
        let own = ApiStatuses::new(&spec, &status);
        assert_eq!(statuses(&&own), statuses(own));
        assert_eq!(own.entry(C).map(|entry| (entry.ready, entry.restart_count)), Some((true, 3)));
        let seen: Observation =
            serde_json::from_str(r#"{"sandboxes": [{}, {}], "containers": [{"name": "c"}, {"name": "c"}, {"name": "c"}]}"#).unwrap();
        assert_eq!(runtime(&&ObservedPod::new(&spec, &seen)), (2, 3, [true, true], true));

        assert_eq!(managers(&&Known), (Some(ProbeResult::Failure), Some(ProbeResult::Success), Resize::Restart));
    }
}
