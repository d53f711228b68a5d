//! The table of what was caught.

use crate::corpus::Recording;
use crate::kind::Kind;
use crate::places::Mutant;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How the mutants of one kind fared.
pub(crate) struct Row {
    pub(crate) kind: &'static Kind,
    pub(crate) places: usize,
    pub(crate) caught: usize,
    /// Caught by a rule that was named for it.
    pub(crate) by_its_rule: usize,
    /// How often each rule named for it was silent.
    missed: BTreeMap<&'static str, usize>,
    others: BTreeMap<&'static str, usize>,
    /// What slipped through.
    pub(crate) slipped: Vec<String>,
}

impl Row {
    pub(crate) fn new(kind: &'static Kind) -> Self {
        let missed = kind.rules.split_whitespace().map(|rule| (rule, 0)).collect();
        Self { kind, places: 0, caught: 0, by_its_rule: 0, missed, others: BTreeMap::new(), slipped: Vec::new() }
    }

    /// Takes note of the rules that a mutant breaks and its original does not.
    pub(crate) fn add(&mut self, new: &BTreeSet<&'static str>, mutant: &Mutant, recordings: &[Recording]) {
        self.places += 1;
        self.caught += usize::from(!new.is_empty());
        self.by_its_rule += usize::from(self.missed.keys().any(|rule| new.contains(rule)));
        self.missed.iter_mut().for_each(|(rule, missed)| *missed += usize::from(!new.contains(rule)));
        for rule in new.iter().filter(|rule| !self.missed.contains_key(*rule)) {
            *self.others.entry(rule).or_default() += 1;
        }
        if new.is_empty() {
            self.slipped.push(format!("{}:{}", recordings[mutant.of].name, mutant.at + 1));
        }
    }

    pub(crate) fn share(&self) -> f64 {
        self.caught as f64 / self.places.max(1) as f64
    }

    /// The share that the authors of the data caught.
    pub(crate) fn known(&self) -> f64 {
        f64::from(self.kind.known.0) / f64::from(self.kind.known.1.max(1))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, places, caught, by_its_rule, .. } = self;
        let (known, of) = kind.known;
        let silent = self.missed.iter().map(|(rule, missed)| (rule, places - missed));
        let named: Vec<_> = silent.map(|(rule, times)| format!("{rule} {times}")).collect();
        let mut others: Vec<_> = self.others.iter().collect();
        others.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
        let others: Vec<_> = others.iter().take(5).map(|(rule, times)| format!("{rule} {times}")).collect();
        let known = if of == 0 { String::new() } else { format!("{known}/{of}") };
        let (named, others) = (named.join(", "), others.join(", "));
        write!(f, "{:<34} {caught:>3}/{places:<3} {by_its_rule:>3}  {known:>5}  {named:<34} {others:<44}", kind.name)?;
        let slipped: Vec<_> = self.slipped.iter().take(6).map(String::as_str).collect();
        write!(f, "{}{}", slipped.join(" "), if self.slipped.len() > 6 { " …" } else { "" })
    }
}

/// The rows, and what they come to.
pub(crate) fn print(title: &str, rows: &[Row]) {
    println!("\n{title}");
    println!(
        "{:<34} {:<7} {:>3}  {:>5}  {:<34} {:<44}slipped through",
        "kind", "caught", "by", "known", "its rules, and how often each", "other rules"
    );
    rows.iter().for_each(|row| println!("{}", row.to_string().trim_end()));
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let (places, caught, by) = (sum(|row| row.places), sum(|row| row.caught), sum(|row| row.by_its_rule));
    let share = 100.0 * caught as f64 / places.max(1) as f64;
    println!("{} kinds, {caught} of {places} mutants caught ({share:.1} %), {by} by a rule named for the kind\n", rows.len());
}
