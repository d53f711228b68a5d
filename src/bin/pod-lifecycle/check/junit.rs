//! JUnit XML: a suite a file, a test case a rule.

use super::Report;
use anyhow::Result;
use pod_lifecycle::check::{Finding, Rule, Tally};
use pod_lifecycle::conformance::watch::BadInput;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::collections::BTreeMap;
use std::io::Write;

/// So many findings of one rule in one file are written out; all are counted.
const SHOWN: usize = 100;

pub(super) struct Junit<'a, W> {
    out: &'a mut W,
    rules: Vec<&'static Rule>,
    /// Of the file being checked.
    failures: BTreeMap<&'static str, Failure>,
    errors: Failure,
    suites: Vec<Suite>,
}

/// What is wrong: the first ones, and how many there are.
#[derive(Default)]
struct Failure {
    lines: Vec<String>,
    count: u64,
}

struct Suite {
    file: String,
    failures: BTreeMap<&'static str, Failure>,
    errors: Failure,
    /// Nothing if it could not be opened.
    tally: Tally,
}

impl Failure {
    fn add(&mut self, line: impl FnOnce() -> String) {
        self.count += 1;
        if self.lines.len() < SHOWN {
            self.lines.push(line());
        }
    }
}

impl<'a, W: Write> Junit<'a, W> {
    pub(super) fn new(out: &'a mut W, rules: Vec<&'static Rule>) -> Self {
        Self { out, rules, failures: BTreeMap::new(), errors: Failure::default(), suites: Vec::new() }
    }
}

impl<W: Write> Report for Junit<'_, W> {
    fn begin(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn finding(&mut self, file: &str, finding: &Finding) -> Result<()> {
        let failure = self.failures.entry(finding.rule.id()).or_default();
        failure.add(|| format!("{file}:{}: {finding}", finding.line));
        Ok(())
    }

    fn bad_input(&mut self, bad: &BadInput) {
        self.errors.add(|| bad.to_string());
    }

    fn end(&mut self, file: &str, tally: Option<&Tally>) -> Result<()> {
        let (failures, errors) = (core::mem::take(&mut self.failures), core::mem::take(&mut self.errors));
        self.suites.push(Suite { file: file.to_owned(), failures, errors, tally: tally.cloned().unwrap_or_default() });
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let mut xml = Writer::new_with_indent(&mut *self.out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let sum = |count: fn(&Suite) -> usize| self.suites.iter().map(count).sum();
        let skipped = self.suites.iter().map(|suite| suite.skipped(&self.rules)).sum();
        let mut root = BytesStart::new("testsuites");
        root.push_attribute(("name", "pod-lifecycle check"));
        let tests = self.suites.len() * (self.rules.len() + 1);
        counts(&mut root, tests, sum(|suite| suite.failures.len()), sum(Suite::has_errors), skipped);
        xml.write_event(Event::Start(root))?;
        for suite in &self.suites {
            suite.write(&self.rules, &mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
        Ok(writeln!(self.out)?)
    }

    /// There is nothing to be seen before the end.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Suite {
    fn has_errors(&self) -> usize {
        usize::from(self.errors.count > 0)
    }

    fn skipped(&self, rules: &[&'static Rule]) -> usize {
        rules.iter().filter(|rule| self.silence(rule).is_some()).count()
    }

    /// Why a rule had nothing to say of the whole file.
    fn silence(&self, rule: &Rule) -> Option<&'static str> {
        let Tally { versions, without_spec, without_time, after_gap, pods, .. } = self.tally;
        if self.failures.contains_key(rule.id()) {
            return None;
        }
        match () {
            () if versions == 0 => Some("there is no Pod"),
            () if rule.needs_spec() && without_spec == versions => Some("the spec is not known"),
            () if rule.needs_time() && without_time == versions => Some("nothing tells when versions were written"),
            () if rule.needs_every_version() && after_gap + pods >= versions => Some("versions may be missing"),
            () => None,
        }
    }

    fn write(&self, rules: &[&'static Rule], xml: &mut Writer<impl Write>) -> Result<()> {
        let mut suite = BytesStart::new("testsuite");
        attribute(&mut suite, "name", &self.file);
        counts(&mut suite, rules.len() + 1, self.failures.len(), self.has_errors(), self.skipped(rules));
        xml.write_event(Event::Start(suite))?;
        case(xml, "input", "can be read", |xml| match self.errors.count {
            0 => Ok(()),
            _ => problem(xml, "error", "bad input", &self.errors),
        })?;
        for rule in rules {
            let name = format!("{} {}", rule.id(), rule.statement());
            case(xml, rule.family(), &name, |xml| match (self.failures.get(rule.id()), self.silence(rule)) {
                (Some(failure), _) => problem(xml, "failure", rule.severity().as_str(), failure),
                (None, Some(why)) => {
                    let mut skipped = BytesStart::new("skipped");
                    attribute(&mut skipped, "message", why);
                    Ok(xml.write_event(Event::Empty(skipped))?)
                }
                (None, None) => Ok(()),
            })?;
        }
        Ok(xml.write_event(Event::End(BytesEnd::new("testsuite")))?)
    }
}

fn counts(element: &mut BytesStart<'_>, tests: usize, failures: usize, errors: usize, skipped: usize) {
    for (name, count) in [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)] {
        attribute(element, name, &count.to_string());
    }
}

fn case<W: Write>(xml: &mut Writer<W>, class: &str, name: &str, content: impl FnOnce(&mut Writer<W>) -> Result<()>) -> Result<()> {
    let mut case = BytesStart::new("testcase");
    attribute(&mut case, "classname", class);
    attribute(&mut case, "name", name);
    xml.write_event(Event::Start(case))?;
    content(xml)?;
    Ok(xml.write_event(Event::End(BytesEnd::new("testcase")))?)
}

fn problem(xml: &mut Writer<impl Write>, element: &'static str, kind: &str, failure: &Failure) -> Result<()> {
    let mut start = BytesStart::new(element);
    attribute(&mut start, "message", failure.lines.first().map_or("", String::as_str));
    attribute(&mut start, "type", kind);
    xml.write_event(Event::Start(start))?;
    let mut text = failure.lines.join("\n");
    if failure.count > failure.lines.len() as u64 {
        text += &format!("\n… and {} more", failure.count - failure.lines.len() as u64);
    }
    xml.write_event(Event::Text(BytesText::new(&legal(&text))))?;
    Ok(xml.write_event(Event::End(BytesEnd::new(element)))?)
}

fn attribute(element: &mut BytesStart<'_>, name: &str, value: &str) {
    element.push_attribute((name, legal(value).as_str()));
}

/// XML 1.0 has no way to write most control characters.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_write_is_replaced() {
        assert_eq!(legal("a\u{0}b\u{1b}\n\u{ffff}é😀"), "a\u{fffd}b\u{fffd}\n\u{fffd}é😀");
    }
}
