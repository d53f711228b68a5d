#[cfg(test)]
mod tests {
    use crate::pod::*;
    use crate::rules::actions::*;
    use crate::rules::backoff::*;
    use crate::rules::grace::*;
    use crate::rules::probe::*;
    use crate::rules::conditions::*;
    macro_rules! p { ($($t:ty),* $(,)?) => { $(std::println!("{:40} size {:4} align {}", stringify!($t), size_of::<$t>(), align_of::<$t>());)* } }
    #[test]
    fn sizes() {
        p!(Pod, Published, published::ShownCondition, [published::ShownCondition; KubeletCondition::ALL.len()], Slot, container::InstanceFacts, container::ShownContainer, container::ShownContainerState, container::Termination,
           Option<container::Termination>, Option<container::ShownContainer>, Backoff, Stop, Option<Stop>, Probing, Worker, Work, work::Step, work::Failure, PodActions, ContainerAction, SandboxFacts, Object, Option<Deletion>, Option<KillRequest>, Ending, TextStore, Option<Deadline>, Option<Time>, Option<(Arc<Spec>, i64)>, Stage, container::Removals, Event<'_>, Output, Action, Transition, StateChange, Cause, ShownState, TransitionError, KubeletCondition, ConditionReason, Option<Box<ledger::Resizing>>, crate::rules::view::Exit);
    }
}
