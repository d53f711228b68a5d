//! What is done to the simulated node from outside: kills, broken networks, re-lists.

use super::process::Record;
use super::script::Script;
use super::{Due, How, Sim};
use crate::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState};
use crate::pod::{Event, Pod};
use crate::rules::view::NetworkNamespace;
use crate::spec::{ContainerIndex, Spec};
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl<S: Script> Sim<S> {
    /// Breaks or mends the network of the node: no sandbox can be made or taken down while it is broken.
    pub const fn set_network(&mut self, broken: bool) {
        self.network_broken = broken;
    }

    /// Sends SIGKILL to the process of a container.
    pub fn kill_process(&mut self, key: usize, container: ContainerIndex) {
        if let Some(run) = self.newest(key, container).map(|record| record.run) {
            self.schedule(key, self.now, Due::End { container, run, how: How::Killed });
        }
    }

    /// Sends SIGTERM to the process of a container: it ends as its script says, if it does.
    pub fn term_process(&mut self, key: usize, container: ContainerIndex) {
        let Some(run) = self.newest(key, container).map(|record| record.run) else { return };
        let Some(pod) = self.pods.get(&key) else { return };
        let Some((after, _)) = pod.script.run(&pod.spec, container, run).on_term else { return };
        self.after(key, after, Due::End { container, run, how: How::OnTerm });
    }

    /// The sandbox dies, and with `everything` all its containers are killed.
    pub fn kill_sandbox(&mut self, key: usize, everything: bool) {
        let Some(pod) = self.pods.get_mut(&key) else { return };
        let Some(sandbox) = &mut pod.sandbox else { return };
        sandbox.ready = false;
        let attempt = sandbox.attempt;
        if everything {
            for container in pod.spec.clone().indexes() {
                self.kill_process(key, container);
            }
        }
        self.tell(key, Event::SandboxDied { attempt });
    }

    /// What waits for ever gives way: the action is answered by [`Event::Aborted`].
    pub fn abort(&mut self, key: usize) {
        if self.pods.get_mut(&key).is_some_and(|pod| pod.held.take().is_some()) {
            self.tell(key, Event::Aborted);
        }
    }

    /// Whoever asked for stops is gone: what has got its stop signal is not killed for being slow any more.
    pub fn abandon_stops(&mut self, key: usize) {
        let containers = self.pods.get_mut(&key).map(|pod| &mut pod.containers).into_iter().flatten();
        for process in containers.flat_map(|container| &mut container.records).filter_map(|record| record.process.as_mut()) {
            process.give_up_stop();
        }
    }

    /// The runtime forgets the finished instances of these containers.
    pub fn forget_exited(&mut self, key: usize, containers: impl Fn(ContainerIndex) -> bool) {
        if let Some(pod) = self.pods.get_mut(&key) {
            for (n, container) in pod.containers.iter_mut().enumerate() {
                if containers(ContainerIndex::new(n as u16)) {
                    container.records.retain(|record| record.finished.is_none());
                }
            }
        }
    }

    /// How many runs of a container there were.
    pub fn runs(&self, key: usize, container: ContainerIndex) -> u32 {
        self.pods.get(&key).and_then(|pod| pod.containers.get(container.get())).map_or(0, |container| container.runs)
    }

    /// The Pod has another spec: containers may have been added.
    pub fn respec(&mut self, key: usize, spec: &Arc<Spec>) {
        if let Some(pod) = self.pods.get_mut(&key) {
            pod.containers.resize_with(spec.containers().len(), Default::default);
            pod.spec = Arc::clone(spec);
        }
    }

    /// A new machine has taken the Pod up and numbered its instances anew.
    pub fn rebind(&mut self, key: usize, machine: &Pod) {
        let Some(pod) = self.pods.get_mut(&key) else { return };
        for (n, container) in pod.containers.iter_mut().enumerate() {
            let (newest, _) = machine.facts().instance(ContainerIndex::new(n as u16));
            for (age, record) in container.records.iter_mut().enumerate() {
                record.attempt.0 = newest.0.wrapping_sub(age as u32);
            }
        }
        pod.held = None;
    }

    /// Everything the runtime knows of the Pod at this moment.
    pub fn observation(&self, key: usize) -> Observation {
        let Some(pod) = self.pods.get(&key) else {
            return Observation::default();
        };
        let network = if pod.spec.host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
        let ip = pod.sandbox.and_then(|sandbox| sandbox.address).map(super::address::text).unwrap_or_default();
        let sandboxes: Vec<_> = pod
            .sandbox
            .iter()
            .map(|sandbox| ObservedSandbox {
                id: sandbox.attempt.to_string(),
                state: if sandbox.ready { ObservedSandboxState::Ready } else { ObservedSandboxState::NotReady },
                attempt: sandbox.attempt,
                created_at: Some(sandbox.created_at),
                network,
                network_status: true,
                ip: ip.clone(),
            })
            .collect();
        let active = pod.sandbox.filter(|sandbox| sandbox.ready).map(|sandbox| sandbox.attempt);
        let mut containers: Vec<_> = pod
            .spec
            .indexes()
            .flat_map(|c| pod.containers[c.get()].records.iter().map(move |record| (c, record)))
            .map(|(c, record)| observed(&pod.spec, c, record, active))
            .collect();
        containers.sort_by_key(|container| core::cmp::Reverse(container.created_at));
        let ready = pod.sandbox.is_some_and(|sandbox| sandbox.ready);
        Observation { ips: if ready && !ip.is_empty() { Vec::from([ip]) } else { Vec::new() }, sandboxes, containers }
    }

    fn newest(&self, key: usize, container: ContainerIndex) -> Option<&Record> {
        self.pods.get(&key)?.containers.get(container.get())?.records.first()
    }
}

fn observed(spec: &Spec, container: ContainerIndex, record: &Record, active: Option<u32>) -> ObservedContainer {
    let own = spec.container(container);
    let end = record.finished.as_ref().map(|(_, end)| end);
    let reason = end.map_or("", |end| if end.reason.is_empty() { end.exit.reason.as_str() } else { end.reason.as_str() });
    ObservedContainer {
        id: record.id.clone(),
        name: own.name().into(),
        state: record.state().into(),
        created_at: Some(record.created_at),
        started_at: record.started_at,
        finished_at: record.finished.as_ref().map(|(at, _)| *at),
        exit_code: end.map_or(0, |end| end.exit.code),
        reason: reason.into(),
        message: record.message.clone(),
        image: record.image.clone(),
        image_ref: super::process::image_ref(&record.image),
        restart_count: record.restart_count,
        spec_changed: crate::spec::container_hash(own.name(), &record.image) != own.hash(),
        active: active == Some(record.sandbox),
        ..ObservedContainer::default()
    }
}
