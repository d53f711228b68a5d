//! Names of rules and families as people type them.

use anyhow::{Result, bail};
use pod_lifecycle::check::{RULES, Rule};

/// The rules of this name: one by its id, or all of a family. Letters may be small.
pub(crate) fn rules(name: &str) -> Result<Vec<&'static Rule>> {
    let wanted = name.trim().to_ascii_uppercase();
    let found: Vec<_> = RULES.iter().filter(|rule| rule.id() == wanted || rule.family() == wanted).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    match near(&wanted).as_slice() {
        [] => bail!("no rule or family `{name}`; the families are {}", families().join(", ")),
        near => bail!("no rule or family `{name}`; there is {}", near.join(", ")),
    }
}

/// The names that may have been meant, the nearest first.
fn near(wanted: &str) -> Vec<&'static str> {
    // `ph4` and `PH 04` are PH-04.
    let plain = |name: &str| {
        let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        (letters, digits.trim_start_matches('0').to_owned())
    };
    let mut names: Vec<(usize, &str)> = families()
        .into_iter()
        .chain(RULES.iter().map(Rule::id))
        .map(|name| (if plain(name) == plain(wanted) { 0 } else { strsim::osa_distance(name, wanted) }, name))
        .collect();
    names.sort_by_key(|(distance, _)| *distance);
    let least = names.first().map_or(usize::MAX, |(distance, _)| *distance);
    names.into_iter().filter(|(distance, _)| *distance == least && least <= 2).take(5).map(|(_, name)| name).collect()
}

fn families() -> Vec<&'static str> {
    let mut families: Vec<_> = RULES.iter().map(Rule::family).collect();
    families.dedup();
    families
}
