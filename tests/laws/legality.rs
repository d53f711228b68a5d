//! Law of the checker: what a watcher sees of a Pod breaks no MUST rule, whatever happens to the Pod and its kubelet.

use super::play::{CASES, histories, is_thorough};
use super::server::Server;
use super::world::Op;
use core::cell::{Cell, RefCell};
use proptest::test_runner::TestCaseError;
use std::collections::BTreeMap;

#[test]
fn what_is_published_is_legal() {
    law("legality", |_| false);
}

#[test]
fn what_is_published_across_kubelet_restarts_is_legal() {
    law("legality across restarts", |op| op[0] % 16 == 5);
}

/// Plays histories in which all that is told is true, with a new kubelet where `restarts` says so.
fn law(name: &str, restarts: impl Fn(&Op) -> bool) {
    let (versions, removed, remarks) = (Cell::new(0), Cell::new(0), RefCell::new(BTreeMap::<_, u32>::new()));
    histories(name, CASES, |world, history| {
        if !world.pod.node().pacing.ends {
            // What its caller does when a Pod has ended is not the kubelet's doing.
            return Ok(());
        }
        // Without faults of the runtime: an instance of which it cannot tell, a record that somebody else removes, a start that is broken off leave
        // nothing by which a watcher could tell the kubelet's fault from the runtime's.
        (world.texts, world.faults) = (true, false);
        let mut server = Server::new(world);
        for op in history {
            if restarts(op) && world.pod.stage().has_worker() && !world.is_starting() {
                let seed = usize::from(op[1]);
                let now = world.now;
                server.remark(now, "the kubelet restarts");
                let published = world.restart_kubelet(|n| (seed >> (n % 8)) & 1 == 1);
                published.into_iter().for_each(|status| server.write(now, status));
            } else {
                server.step(world, *op);
                // The kubelet's garbage collection, of which no event tells.
                world.runtime.collect();
            }
            server.verdict().map_err(TestCaseError::fail)?;
            if server.gone {
                break;
            }
        }
        let server = server.finish().map_err(TestCaseError::fail)?;
        versions.set(versions.get() + server.versions);
        removed.set(removed.get() + u32::from(server.gone));
        for finding in server.found {
            *remarks.borrow_mut().entry(finding.rule.id()).or_default() += 1;
        }
        Ok(())
    });
    println!("{name}: {} versions, {} Pods removed; SHOULD: {:?}", versions.get(), removed.get(), remarks.borrow());
    assert!((versions.get() > 5_000 && removed.get() > 100) || !is_thorough());
}
