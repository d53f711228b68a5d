//! All rules.

pub(super) mod backoff;
pub(super) mod bases;
pub(super) mod conditions;
pub(super) mod containers;
pub(super) mod disruption;
pub(super) mod object;
pub(super) mod phase;
pub(super) mod probes;
pub(super) mod rejection;
pub(super) mod restart_all;
pub(super) mod termination;

use super::rule::Rule;

/// The rules of each family, in the order of the catalogue.
const FAMILIES: &[&[Rule]] = &[
    phase::RULES,
    phase::DERIVED_RULES,
    conditions::presence::RULES,
    conditions::readiness::RULES,
    conditions::initialized::RULES,
    conditions::scheduled::RULES,
    conditions::sandbox::RULES,
    restart_all::CONDITION_RULES,
    conditions::resize::RULES,
    conditions::transition_times::RULES,
    conditions::agreement::RULES,
    conditions::writers::RULES,
    conditions::messages::RULES,
    conditions::init_progress::RULES,
    disruption::RULES,
    containers::lists::RULES,
    containers::readiness::RULES,
    containers::instances::RULES,
    containers::ended::RULES,
    containers::states::RULES,
    containers::init_order::RULES,
    containers::form::RULES,
    containers::returning::RULES,
    containers::reasons::RULES,
    containers::succession::RULES,
    containers::counting::RULES,
    containers::times::RULES,
    containers::images::RULES,
    containers::ids::RULES,
    probes::STARTED,
    backoff::RULES,
    probes::RULES,
    object::start_time::RULES,
    object::addresses::RULES,
    object::generation::RULES,
    object::identity::RULES,
    object::creation::RULES,
    termination::deletion::RULES,
    termination::stopping::RULES,
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
