//! Findings as lines for people, and a summary.

use super::Report;
use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use pod_lifecycle::check::{Finding, Rule, Tally};
use pod_lifecycle::conformance::watch::BadInput;
use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;

/// So many findings are remembered, not to be told again.
const REMEMBERED: usize = 1 << 20;

pub(super) struct Text<'a, W> {
    out: &'a mut W,
    rules: Vec<&'static Rule>,
    files: u64,
    /// Of all files.
    tally: Tally,
    bad: u64,
    /// What was told of the present file: the hashes of it.
    told: HashSet<u64>,
    hasher: RandomState,
    /// So many findings were not told, since they say again what was told.
    repeated: u64,
}

impl<'a, W: Write> Text<'a, W> {
    pub(super) fn new(out: &'a mut W, rules: Vec<&'static Rule>) -> Self {
        let hasher = RandomState::new();
        Self { out, rules, files: 0, tally: Tally::default(), bad: 0, told: HashSet::new(), hasher, repeated: 0 }
    }

    /// Whether an earlier version of the Pod broke the rule in the same way. A change is news each time.
    fn is_repeated(&mut self, finding: &Finding) -> bool {
        let Finding { rule, object, uid, path, before, after, message, .. } = finding;
        if self.told.len() == REMEMBERED {
            self.told.clear();
        }
        before.is_empty() && !self.told.insert(self.hasher.hash_one((rule.id(), object, uid, path, after, message)))
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["RULE", "SEVERITY", "FOUND", "STATEMENT"]);
        for rule in &self.rules {
            if let Some(count) = self.tally.findings.get(rule.id()) {
                table.add_row([rule.id(), rule.severity().as_str(), &count.to_string(), rule.statement()]);
            }
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    /// Which rules said nothing, and why.
    fn silences(&self) -> Vec<String> {
        let Tally { versions, without_spec, without_time, after_gap, .. } = self.tally;
        let mut silences = Vec::new();
        let mut add = |count: u64, what: &str, silent: fn(&Rule) -> bool| {
            let ids: Vec<_> = self.rules.iter().filter(|rule| silent(rule)).map(|rule| rule.id()).collect();
            if count > 0 && !ids.is_empty() {
                let share = if count == versions { "all".into() } else { count.to_string() };
                silences.push(format!("Silent in {share} of {} {what}: {}.", amount(versions, "version"), ids.join(", ")));
            }
        };
        add(without_spec, "since the spec is not known (`--spec` tells it)", Rule::needs_spec);
        add(without_time, "since nothing tells when they were written", Rule::needs_time);
        add(after_gap, "since versions may be missing before them (`--every-version yes` if none are)", Rule::needs_every_version);
        silences
    }
}

impl<W: Write> Report for Text<'_, W> {
    fn begin(&mut self, _: &str) -> Result<()> {
        self.files += 1;
        self.told.clear();
        Ok(())
    }

    fn finding(&mut self, file: &str, finding: &Finding) -> Result<()> {
        if self.is_repeated(finding) {
            self.repeated += 1;
            return Ok(());
        }
        Ok(writeln!(self.out, "{file}:{}: {}", finding.line, one_line(&finding.to_string()))?)
    }

    fn bad_input(&mut self, _: &BadInput) {
        self.bad += 1;
    }

    fn end(&mut self, _: &str, tally: Option<&Tally>) -> Result<()> {
        if let Some(tally) = tally {
            add(&mut self.tally, tally);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let Tally { events, pods, versions, bookmarks, errors, .. } = self.tally;
        let found: u64 = self.tally.findings.values().sum();
        if self.repeated > 0 {
            let them = amount(self.repeated, "more finding");
            writeln!(self.out, "\n{them} in later versions, word for word as above; `--format json` shows all.")?;
        }
        if found > 0 {
            writeln!(self.out, "\n{}\n", self.table().trim_fmt())?;
        }
        write!(self.out, "{}, {}, {}", amount(self.files, "file"), amount(pods, "Pod"), amount(versions, "version"))?;
        write!(self.out, " in {}", amount(events, "document"))?;
        for (count, what) in [(bookmarks, "bookmark"), (errors, "watch error")] {
            if count > 0 {
                write!(self.out, ", {}", amount(count, what))?;
            }
        }
        let broken = self.tally.findings.len() as u64;
        match found {
            0 if versions == 0 => write!(self.out, ": nothing was checked")?,
            0 => write!(self.out, ": no violation of {}", amount(self.rules.len() as u64, "rule"))?,
            _ => write!(self.out, ": {} of {broken} of {}", amount(found, "violation"), amount(self.rules.len() as u64, "rule"))?,
        }
        match self.bad {
            0 => writeln!(self.out, ".")?,
            bad => writeln!(self.out, "; {} cannot be read.", amount(bad, "place"))?,
        }
        if self.tally.forgotten > 0 {
            writeln!(
                self.out,
                "{} forgotten to make room for others: `--pods` says how many are kept.",
                amount(self.tally.forgotten, "Pod")
            )?;
        }
        for silence in self.silences() {
            writeln!(self.out, "{silence}")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// `1 file`, `2 files`.
fn amount(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn add(sum: &mut Tally, tally: &Tally) {
    sum.events += tally.events;
    sum.pods += tally.pods;
    sum.forgotten += tally.forgotten;
    sum.versions += tally.versions;
    sum.without_spec += tally.without_spec;
    sum.without_time += tally.without_time;
    sum.after_gap += tally.after_gap;
    sum.bookmarks += tally.bookmarks;
    sum.errors += tally.errors;
    for (id, count) in &tally.findings {
        *sum.findings.entry(id).or_default() += count;
    }
}

/// What a stream says may hold line ends and what moves a terminal's cursor.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one() {
        assert_eq!(one_line("é → \u{1b}[2J\n"), "é → \\u{1b}[2J\\n");
        assert_eq!(one_line("plain"), "plain");
    }
}
