//! All rules.

use super::containers::{
    counting, ended, form, ids, images, init_order, instances, lists, readiness as container_readiness, reasons, returning, states,
    succession, times,
};
use super::rule::Rule;
use super::{
    addresses, agreement, backoff, creation, deletion, disruption, generation, identity, init_progress, initialized, messages, phase,
    presence, probes, readiness, rejection, resize, restart_all, sandbox, scheduled, start_time, stopping, transition_times, writers,
};

/// The rules of each family, in the order of the catalogue.
const FAMILIES: &[&[Rule]] = &[
    phase::RULES,
    phase::DERIVED_RULES,
    presence::RULES,
    readiness::RULES,
    initialized::RULES,
    scheduled::RULES,
    sandbox::RULES,
    restart_all::CONDITION_RULES,
    resize::RULES,
    transition_times::RULES,
    agreement::RULES,
    writers::RULES,
    messages::RULES,
    init_progress::RULES,
    disruption::RULES,
    lists::RULES,
    container_readiness::RULES,
    instances::RULES,
    ended::RULES,
    states::RULES,
    init_order::RULES,
    form::RULES,
    returning::RULES,
    reasons::RULES,
    succession::RULES,
    counting::RULES,
    times::RULES,
    images::RULES,
    ids::RULES,
    probes::STARTED,
    backoff::RULES,
    probes::RULES,
    start_time::RULES,
    addresses::RULES,
    generation::RULES,
    identity::RULES,
    creation::RULES,
    deletion::RULES,
    stopping::RULES,
    restart_all::RULES,
    rejection::RULES,
];

/// Every rule that a stream of a Pod is held against.
///
/// `PH` is about the phase, `CO` about the conditions, `DI` about the condition DisruptionTarget, `CS` about the statuses of containers,
/// `BO` about the back-off of containers that keep ending, `PR` about probes, `ST` about start time, addresses and what else the status
/// holds, `GN` about generations, `ID` about identity and order, `CR` about creation and binding, `OW` about what belongs to whom, `TE`
/// about termination, `RA` about restarts of all containers, `RJ` about refusals.
pub static RULES: [Rule; COUNT] = {
    let mut rules = [FAMILIES[0][0]; COUNT];
    let (mut family, mut at) = (0, 0);
    while family < FAMILIES.len() {
        let mut n = 0;
        while n < FAMILIES[family].len() {
            rules[at] = FAMILIES[family][n];
            (n, at) = (n + 1, at + 1);
        }
        family += 1;
    }
    rules
};

const COUNT: usize = {
    let (mut family, mut count) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    count
};

/// The rule of this id, such as `PH-04`.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id() == id)
}
