//! What must hold in every state.

use crate::news::nonsense;
use crate::numbers::Numbers;
use crate::state::{has_honest_deadline, settles};
use crate::world::World;
use pod_lifecycle::Pod;
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Stage};

/// `nth`: how many states were found before.
pub(crate) fn holds(world: &World, nth: usize) -> Result<(), String> {
    is_asked_once(world)?;
    leaves_nothing(world)?;
    has_honest_deadline(world)?;
    refuses_without_a_trace(world, nth)?;
    if world.pod.stage().is_bound() && world.pod.stage() != Stage::Removed {
        settles(&mut world.pod.clone(), world.now, &world.list())?;
    }
    let restored = Pod::restore(world.pod.snapshot(), world.pod.spec(), world.pod.node());
    if restored.as_ref() == Ok(&world.pod) { Ok(()) } else { Err(format!("another Pod comes out of its snapshot: {restored:?}")) }
}

/// Nothing is asked for twice, and what is pending was asked for.
fn is_asked_once(world: &World) -> Result<(), String> {
    let World { pod, jobs, asked_twice, .. } = world;
    if let Some(action) = asked_twice {
        return Err(format!("{action:?} was asked for twice"));
    }
    for action in pod.pending_actions() {
        // A deletion without grace is the API server's own: nobody needs to ask for it.
        let own = action == Action::DeleteObject && pod.deletion().is_some_and(|(grace, _)| grace == 0);
        if !own && !jobs.contains(&action) {
            return Err(format!("{action:?} is pending, but was not asked for"));
        }
    }
    Ok(())
}

/// Of a Pod that is gone nothing runs, and no change of the runtime is waited for.
fn leaves_nothing(world: &World) -> Result<(), String> {
    let World { pod, jobs, runtime, .. } = world;
    let is_left = runtime.instances.iter().any(|instance| instance.state == ObservedState::Running)
        || runtime.sandboxes.iter().any(|&(_, ready)| ready);
    let is_asked = jobs.iter().any(|job| {
        matches!(
            job,
            Action::RunPodSandbox { .. }
                | Action::StopPodSandbox { .. }
                | Action::PullImage { .. }
                | Action::CreateContainer { .. }
                | Action::StartContainer { .. }
                | Action::UnmountVolumes
        )
    });
    if pod.stage() == Stage::Removed && (is_left || is_asked) { Err("something is left of a Pod that is gone".into()) } else { Ok(()) }
}

/// Events that nobody has given: those that are refused change nothing, and none of them panics. Each state is told a fifth of them.
fn refuses_without_a_trace(world: &World, nth: usize) -> Result<(), String> {
    // The first two instances of the first two containers, and a container that there is not.
    const WHICH: [u8; 5] = [0, 8, 1, 9, 7];
    let mut pod = world.pod.clone();
    for what in 0..30 {
        let event = nonsense(&mut Numbers::new(&[what, WHICH[nth % WHICH.len()]]), world.now);
        let mut outputs = Vec::new();
        match pod.handle(world.now, event, &mut outputs) {
            Ok(()) => pod.clone_from(&world.pod),
            Err(_) if outputs.is_empty() && pod == world.pod => {}
            Err(error) => return Err(format!("{event:?} is refused ({error}), but does something: {outputs:?}")),
        }
    }
    Ok(())
}
