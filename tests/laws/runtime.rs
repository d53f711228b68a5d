//! A container runtime in small: sandboxes and instances, and what has ever been done.

use pod_lifecycle::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState, ObservedState};
use pod_lifecycle::pod::Attempt;
use pod_lifecycle::rules::view::{Exit, NetworkNamespace};
use pod_lifecycle::{ContainerIndex, Spec, Time};
use std::sync::LazyLock;

/// An instance of a container.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) container: ContainerIndex,
    pub(crate) attempt: Attempt,
    pub(crate) id: &'static str,
    pub(crate) sandbox: u32,
    pub(crate) restart_count: i32,
    pub(crate) image: String,
    pub(crate) state: ObservedState,
    pub(crate) created_at: Time,
    pub(crate) started_at: Option<Time>,
    pub(crate) finished_at: Option<Time>,
    pub(crate) exit: Exit,
}

impl Instance {
    pub(crate) fn is(&self, container: ContainerIndex, attempt: Attempt) -> bool {
        (self.container, self.attempt) == (container, attempt)
    }

    /// Whether it can still end.
    pub(crate) const fn is_alive(&self) -> bool {
        matches!(self.state, ObservedState::Running | ObservedState::Created | ObservedState::Unknown)
    }

    pub(crate) fn end(&mut self, at: Time, exit: Exit) {
        if self.state != ObservedState::Exited {
            (self.state, self.exit, self.finished_at) = (ObservedState::Exited, exit, Some(at));
        }
    }
}

/// Something that was done once and for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    Sandbox {
        attempt: u32,
    },
    Created {
        container: ContainerIndex,
        restart_count: i32,
    },
    Started {
        container: ContainerIndex,
        restart_count: i32,
    },
    /// The stop signal ended it.
    Stopped {
        container: ContainerIndex,
        restart_count: i32,
    },
}

/// What a runtime has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runtime {
    /// Instances, newest first.
    pub(crate) instances: Vec<Instance>,
    /// Sandboxes, newest first: attempt, and whether ready.
    pub(crate) sandboxes: Vec<(u32, bool)>,
    /// What was done, in its order.
    pub(crate) deeds: Vec<Deed>,
    /// How many instances were made: ids are not used twice.
    made: usize,
}

/// Ids of instances: events of the model live as long as the program.
static IDS: LazyLock<Vec<String>> = LazyLock::new(|| (0..4096).map(|n| format!("model://{n}")).collect());

/// The address of every sandbox of a Pod that has its own network.
pub(crate) const IP: &str = "10.0.0.7";

impl Runtime {
    pub(crate) fn find(&mut self, container: ContainerIndex, attempt: Attempt) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.is(container, attempt))
    }

    /// Whether the record of the instance made last is still there, if any was made.
    pub(crate) fn has_latest(&self, container: ContainerIndex) -> bool {
        let made = self.deeds.iter().filter(|deed| matches!(deed, Deed::Created { container: of, .. } if *of == container)).count();
        let latest = self.instances.iter().find(|instance| instance.container == container);
        made == 0 || latest.is_some_and(|latest| latest.attempt.0 as usize + 1 == made)
    }

    /// Makes a sandbox, unless there is one of this attempt already. Whether it is ready.
    pub(crate) fn run_sandbox(&mut self, attempt: u32) -> bool {
        if let Some(known) = self.sandboxes.iter().find(|sandbox| sandbox.0 == attempt) {
            return known.1;
        }
        self.deeds.push(Deed::Sandbox { attempt });
        self.sandboxes.insert(0, (attempt, true));
        true
    }

    /// Makes an instance, unless it is there already, and says its id.
    pub(crate) fn create(
        &mut self,
        at: Time,
        spec: &Spec,
        container: ContainerIndex,
        attempt: Attempt,
        restart_count: i32,
    ) -> &'static str {
        if let Some(known) = self.find(container, attempt) {
            return known.id;
        }
        self.deeds.push(Deed::Created { container, restart_count });
        let id = IDS.get(self.made).map_or("model://far", String::as_str);
        self.made += 1;
        self.instances.insert(
            0,
            Instance {
                container,
                attempt,
                id,
                sandbox: self.sandboxes.first().map_or(0, |newest| newest.0),
                restart_count,
                image: spec.container(container).image().into(),
                state: ObservedState::Created,
                created_at: at,
                started_at: None,
                finished_at: None,
                exit: Exit::default(),
            },
        );
        id
    }

    /// Starts an instance if it is not yet: fails with `exit` if there is one. Since when it ran, `None` if it failed.
    pub(crate) fn start(&mut self, at: Time, container: ContainerIndex, attempt: Attempt, failed: Option<Exit>) -> Option<Time> {
        let instance = self.instances.iter_mut().find(|instance| instance.is(container, attempt))?;
        if instance.state == ObservedState::Created {
            match failed {
                // A runtime has no start to tell of, and says the epoch.
                Some(exit) => {
                    instance.started_at = Some(Time::EPOCH);
                    instance.end(at, exit);
                }
                None => {
                    (instance.state, instance.started_at) = (ObservedState::Running, Some(at));
                    self.deeds.push(Deed::Started { container, restart_count: instance.restart_count });
                }
            }
        }
        instance.started_at.filter(|&since| since > Time::EPOCH)
    }

    /// Stops an instance. How it ended: perhaps before.
    pub(crate) fn stop(&mut self, at: Time, container: ContainerIndex, attempt: Attempt, exit: Exit) -> Exit {
        let Some(instance) = self.instances.iter_mut().find(|instance| instance.is(container, attempt)) else {
            return exit;
        };
        if instance.is_alive() {
            self.deeds.push(Deed::Stopped { container, restart_count: instance.restart_count });
        }
        instance.end(at, exit);
        instance.exit
    }

    pub(crate) fn remove(&mut self, container: ContainerIndex, attempt: Attempt) {
        self.instances.retain(|instance| !instance.is(container, attempt));
    }

    /// Of each container, the newest two are kept.
    pub(crate) fn collect(&mut self) {
        let older = |n: usize| self.instances[..n].iter().filter(|newer| newer.container == self.instances[n].container).count() >= 2;
        let kept: Vec<_> = (0..self.instances.len()).map(|n| !older(n)).collect();
        let mut kept = kept.into_iter();
        self.instances.retain(|_| kept.next() == Some(true));
    }

    /// Forgets what was done, and the sandboxes before the newest that are down.
    #[allow(dead_code, reason = "for the exploration")]
    pub(crate) fn forget(&mut self) {
        self.deeds.clear();
        let mut newest = true;
        self.sandboxes.retain(|&(_, ready)| core::mem::take(&mut newest) || ready);
    }

    /// All that there is.
    pub(crate) fn list(&self, spec: &Spec) -> Observation {
        let network = if spec.host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
        let ip = || if spec.host_network() { String::new() } else { IP.into() };
        let sandboxes = self.sandboxes.iter().map(|&(attempt, ready)| ObservedSandbox {
            id: format!("sandbox-{attempt}"),
            state: if ready { ObservedSandboxState::Ready } else { ObservedSandboxState::NotReady },
            attempt,
            network,
            network_status: true,
            ip: ip(),
            ..ObservedSandbox::default()
        });
        let newest = self.sandboxes.first();
        let containers = self.instances.iter().map(|instance| ObservedContainer {
            id: instance.id.into(),
            name: spec.container(instance.container).name().into(),
            state: instance.state,
            created_at: Some(instance.created_at),
            started_at: instance.started_at,
            finished_at: instance.finished_at,
            exit_code: instance.exit.code,
            reason: instance.exit.reason.as_str().into(),
            restart_count: instance.restart_count,
            image: instance.image.clone(),
            image_ref: "sha256:0".into(),
            spec_changed: instance.image != spec.container(instance.container).image(),
            active: newest.is_some_and(|newest| newest.1 && newest.0 == instance.sandbox),
            ..ObservedContainer::default()
        });
        let ips = newest.filter(|newest| newest.1).map(|_| ip()).into_iter().filter(|ip| !ip.is_empty()).collect();
        Observation { ips, sandboxes: sandboxes.collect(), containers: containers.collect() }
    }
}
