//! What is done to the simulated node from outside: kills, broken networks, re-lists.

use super::due::{Due, How, Plain};
use super::record::{Record, Stage};
use super::script::Script;
use super::{Sim, SimPod, address, process};
use crate::observation::{Observation, ObservedContainer, ObservedSandbox, ObservedSandboxState};
use crate::pod::Pod;
use crate::rules::view::NetworkNamespace;
use crate::spec::{ContainerIndex, Spec};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

impl<S: Script> Sim<S> {
    /// Breaks or mends the network of the node: no sandbox can be made or taken down while it is broken.
    pub const fn set_network(&mut self, broken: bool) {
        self.network_broken = broken;
    }

    /// Sends SIGKILL to the process of a container.
    pub fn kill_process(&mut self, key: usize, container: ContainerIndex) {
        if let Some((place, run)) = self.newest_run(key, container) {
            self.tell(place, Due::End { container, run, how: How::Killed });
        }
    }

    /// Sends SIGTERM to the process of a container: it ends as its script says, if it does.
    pub fn term_process(&mut self, key: usize, container: ContainerIndex) {
        if let Some((place, run)) = self.newest_run(key, container) {
            self.end_on_term(place, container, run);
        }
    }

    /// The sandbox dies, and with `everything` all its containers are killed.
    pub fn kill_sandbox(&mut self, key: usize, everything: bool) {
        let Some(place) = self.pods.place(key) else { return };
        let Some(life) = self.life(place) else { return };
        let Some(sandbox) = &mut life.sandbox else { return };
        sandbox.ready = false;
        let attempt = sandbox.attempt;
        if everything {
            for container in life.spec.clone().indexes() {
                self.kill_process(key, container);
            }
        }
        self.tell(place, Due::SandboxDied { attempt });
    }

    /// What waits for ever gives way: the action is answered by [`Event::Aborted`](crate::pod::Event::Aborted).
    pub fn abort(&mut self, key: usize) {
        if let Some(place) = self.pods.place(key)
            && self.held.remove(&place).is_some()
        {
            self.tell(place, Due::Plain(Plain::Aborted));
        }
    }

    /// Whoever asked for stops is gone: what has got its stop signal is not killed for being slow any more.
    pub fn abandon_stops(&mut self, key: usize) {
        let own = self.pods.place(key);
        for stopping in self.stopping.iter_mut().filter(|((place, ..), _)| own == Some(*place)) {
            stopping.1.kill_at = None;
        }
    }

    /// The runtime forgets the finished instances of these containers.
    pub fn forget_exited(&mut self, key: usize, containers: impl Fn(ContainerIndex) -> bool) {
        let Some(life) = self.pods.get_mut(key).and_then(|pod| pod.life.as_mut()) else { return };
        for (n, container) in life.containers.all_mut().iter_mut().enumerate() {
            if containers(ContainerIndex::new(n as u16)) {
                container.records.retain(|_, record| record.finished_at.is_none());
            }
        }
    }

    /// How many runs of a container there were.
    pub fn runs(&self, key: usize, container: ContainerIndex) -> u32 {
        let life = self.pods.get(key).and_then(|pod| pod.life.as_ref());
        life.and_then(|life| life.containers.get(container)).map_or(0, |container| container.runs)
    }

    /// The Pod has another spec: containers may have been added.
    pub fn respec(&mut self, key: usize, spec: &Arc<Spec>) {
        let Some((place, pod)) = self.pods.entry(key) else { return };
        let Some(life) = pod.life.as_mut() else { return };
        let old = core::mem::replace(&mut life.spec, Arc::clone(spec));
        for (container, own) in old.indexes().zip(life.containers.all()) {
            let image = old.container(container).image();
            if spec.containers().get(container.get()).is_none_or(|new| new.image() != image) {
                for record in own.records.iter() {
                    self.images.entry((place, container, record.made)).or_insert_with(|| image.into());
                }
            }
        }
        life.containers.resize(spec.containers().len());
    }

    /// A new machine has taken the Pod up and numbered its instances anew.
    pub fn rebind(&mut self, key: usize, machine: &Pod) {
        let Some((place, pod)) = self.pods.entry(key) else { return };
        let Some(life) = pod.life.as_mut() else { return };
        for (n, container) in life.containers.all_mut().iter_mut().enumerate() {
            let (newest, _) = machine.facts().instance(ContainerIndex::new(n as u16));
            container.records.number(newest);
        }
        self.held.remove(&place);
    }

    /// Everything the runtime knows of the Pod at this moment.
    pub fn observation(&self, key: usize) -> Observation {
        let (Some(place), Some(pod)) = (self.pods.place(key), self.pods.get(key)) else {
            return Observation::default();
        };
        let Some(life) = &pod.life else {
            return Observation::default();
        };
        let network = if life.spec.host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
        let mut ip = String::new();
        if let Some(address) = life.sandbox.and_then(|sandbox| sandbox.own_address()) {
            address::write(address, &mut ip);
        }
        let sandboxes: Vec<_> = life
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
        let mut containers: Vec<_> = life
            .spec
            .indexes()
            .zip(life.containers.all())
            .flat_map(|(container, own)| own.records.iter().map(move |record| (container, record)))
            .map(|(container, record)| {
                let image = self.images.get(&(place, container, record.made)).map(String::as_str);
                observed(pod, &life.spec, container, record, image, self.has_ids)
            })
            .collect();
        containers.sort_by_key(|container| core::cmp::Reverse(container.created_at));
        let ready = life.sandbox.is_some_and(|sandbox| sandbox.ready);
        Observation { ips: if ready && !ip.is_empty() { Vec::from([ip]) } else { Vec::new() }, sandboxes, containers }
    }

    /// The Pod's place, and the run of its newest instance.
    fn newest_run(&self, key: usize, container: ContainerIndex) -> Option<(u32, u32)> {
        let life = self.pods.get(key)?.life.as_ref()?;
        Some((self.pods.place(key)?, life.containers.get(container)?.records.iter().next()?.run))
    }
}

fn observed<S: Script>(
    pod: &SimPod<S>,
    spec: &Spec,
    container: ContainerIndex,
    record: &Record,
    image: Option<&str>,
    has_ids: bool,
) -> ObservedContainer {
    let own = spec.container(container);
    let image = image.unwrap_or(own.image());
    let active = pod.life.as_ref().and_then(|life| life.sandbox).filter(|sandbox| sandbox.ready).map(|sandbox| sandbox.attempt);
    let ending = match record.stage {
        Stage::Exited(how) => pod.life.as_ref().map(|life| life.ending(container, record.run, how)),
        _ => None,
    };
    let end = ending.as_ref().map(|(end, ..)| end);
    let reason = end.map_or("", |end| if end.reason.is_empty() { end.exit.reason.as_str() } else { end.reason.as_str() });
    let (mut id, mut image_ref) = (String::new(), String::new());
    if has_ids {
        process::write_id(pod.key, record.made, own.name(), &mut id);
        process::write_image_ref(image, &mut image_ref);
    }
    ObservedContainer {
        id,
        name: own.name().into(),
        state: record.state().into(),
        created_at: Some(record.created_at),
        started_at: record.started_at,
        finished_at: record.finished_at,
        exit_code: end.map_or(0, |end| end.exit.code),
        reason: reason.into(),
        message: ending.as_ref().map_or("", |(_, message, _)| message).into(),
        image: image.into(),
        image_ref,
        restart_count: record.restart_count,
        spec_changed: crate::spec::container_hash(own.name(), image) != own.hash(),
        active: active == Some(record.sandbox),
        ..ObservedContainer::default()
    }
}
