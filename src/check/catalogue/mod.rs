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

#[cfg(test)]
mod exceptions;

use super::rule::Rule;

/// The families of rules, in the order of the catalogue: what their ids begin with, and what they are about.
pub static FAMILIES: [(&str, &str); 14] = [
    ("PH", "the phase"),
    ("CO", "conditions"),
    ("DI", "the condition DisruptionTarget"),
    ("CS", "statuses of containers"),
    ("BO", "the back-off of containers that keep ending"),
    ("PR", "probes"),
    ("ST", "start time, addresses and what else the status holds"),
    ("GN", "generations"),
    ("ID", "identity and the order of versions"),
    ("CR", "creation and binding"),
    ("TE", "termination"),
    ("RA", "restarts of all containers"),
    ("RJ", "refusals"),
    ("OW", "what belongs to whom"),
];

/// Every rule that a stream of a Pod is held against, by [family](FAMILIES) and number.
pub static RULES: [Rule; COUNT] = sorted(joined());

/// The rules, file by file.
const FILES: &[&[Rule]] = &[
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

const COUNT: usize = {
    let (mut file, mut count) = (0, 0);
    while file < FILES.len() {
        count += FILES[file].len();
        file += 1;
    }
    count
};

const fn joined() -> [Rule; COUNT] {
    let mut rules = [FILES[0][0]; COUNT];
    let (mut file, mut at) = (0, 0);
    while file < FILES.len() {
        let mut n = 0;
        while n < FILES[file].len() {
            rules[at] = FILES[file][n];
            (n, at) = (n + 1, at + 1);
        }
        file += 1;
    }
    rules
}

const fn sorted(mut rules: [Rule; COUNT]) -> [Rule; COUNT] {
    let mut done = 1;
    while done < COUNT {
        let mut at = done;
        while at > 0 && place(&rules[at]) < place(&rules[at - 1]) {
            (rules[at - 1], rules[at]) = (rules[at], rules[at - 1]);
            at -= 1;
        }
        done += 1;
    }
    rules
}

/// Where a rule stands in the catalogue: the place of its family, then its number.
const fn place(rule: &Rule) -> usize {
    let id = rule.id().as_bytes();
    let mut family = 0;
    while family < FAMILIES.len() {
        let prefix = FAMILIES[family].0.as_bytes();
        if prefix[0] == id[0] && prefix[1] == id[1] {
            return family * 100 + (id[3] - b'0') as usize * 10 + (id[4] - b'0') as usize;
        }
        family += 1;
    }
    panic!("the rule is of no family")
}

/// The rule of this id, such as `PH-04`.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id() == id)
}
