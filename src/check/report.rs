//! Where rules put what they find.

use super::finding::Finding;
use super::rule::Rule;
use super::shape::Shapes;
use crate::api;
use crate::time::Time;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

/// Takes the findings of one version.
pub(super) struct Sink<'a> {
    pub(super) meta: &'a api::ObjectMeta,
    pub(super) at: Option<Time>,
    pub(super) line: u64,
    /// Where what counts only if the Pod is not removed waits; none if nothing has to wait.
    pub(super) waiting: Option<&'a mut Vec<Finding>>,
    pub(super) found: &'a mut dyn FnMut(Finding),
}

/// Of one Pod so many findings wait at most.
const WAITING: usize = 64;

/// Takes the findings of one rule in one version.
pub(super) struct Report<'a, 's> {
    pub(super) rule: &'static Rule,
    pub(super) sink: &'a mut Sink<'s>,
}

impl Report<'_, '_> {
    /// A field of this version breaks the rule.
    pub(super) fn add(&mut self, path: impl Display, value: impl Display, message: impl Display) {
        self.put(path, String::new(), value, message);
    }

    /// A field breaks the rule by what it became.
    pub(super) fn change(&mut self, path: impl Display, before: impl Display, after: impl Display, message: impl Display) {
        self.put(path, or_none(before), after, message);
    }

    fn put(&mut self, path: impl Display, before: String, after: impl Display, message: impl Display) {
        let Sink { meta, at, line, waiting, found } = &mut *self.sink;
        let finding = Finding {
            rule: self.rule,
            object: format!("{}/{}", meta.namespace, meta.name),
            uid: meta.uid.clone(),
            path: path.to_string(),
            before,
            after: or_none(after),
            at: *at,
            line: *line,
            message: message.to_string(),
        };
        match waiting {
            Some(waiting) if self.rule.except().contains(Shapes::COLLECTED) => {
                if waiting.len() < WAITING {
                    waiting.push(finding);
                }
            }
            _ => found(finding),
        }
    }
}

/// What is absent or empty is told in a word.
fn or_none(value: impl Display) -> String {
    let text = value.to_string();
    if text.is_empty() { "none".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule;

    /// What is told at once, and what waits, of a rule that makes an exception for the Pod garbage collector or of one that does not.
    fn told_and_waiting(id: &str, waits: bool, count: usize) -> (usize, usize) {
        let (mut told, mut waiting) = (0, Vec::new());
        let mut found = |_| told += 1;
        let meta = api::ObjectMeta::default();
        let mut sink = Sink { meta: &meta, at: None, line: 1, waiting: waits.then_some(&mut waiting), found: &mut found };
        let mut report = Report { rule: rule(id).unwrap(), sink: &mut sink };
        (0..count).for_each(|n| report.add("status.phase", n, "it is wrong"));
        (told, waiting.len())
    }

    #[test]
    fn what_the_removal_of_a_pod_may_excuse_waits_but_not_without_end() {
        assert_eq!(told_and_waiting("PH-10", true, 1), (0, 1));
        assert_eq!(told_and_waiting("PH-10", true, 64), (0, 64));
        assert_eq!(told_and_waiting("PH-10", true, 66), (0, 64));
        assert_eq!(told_and_waiting("PH-10", false, 66), (66, 0));
        assert_eq!(told_and_waiting("PH-01", true, 66), (66, 0));
    }

    #[test]
    fn what_is_empty_is_told_in_a_word() {
        assert_eq!((&*or_none(""), &*or_none("Running")), ("none", "Running"));
    }
}
