//! What the rules say, word for word: whoever reads a finding has nothing but these words.

use super::Case;
use crate::check::tests::findings;
use crate::check::{Example, Finding, RULES};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a stream breaks: of the rule in question all that is told, of the others where they are broken.
fn told(id: &str, example: &Example) -> String {
    let (its, others): (Vec<_>, Vec<_>) = findings(example).into_iter().partition(|finding| finding.rule.id() == id);
    let others: Vec<_> = others.iter().map(|finding| format!(" {}@{}", finding.rule.id(), finding.line)).collect();
    let its = its.into_iter().map(|Finding { path, before, after, at, line, message, .. }| {
        let (at, before) =
            (at.map_or("never".into(), |at| at.to_string()), if before.is_empty() { before } else { format!("{before} → ") });
        format!("\n    {line} {at} {path}: {before}{after}: {message}")
    });
    others.concat() + &its.collect::<String>()
}

/// A change of a rule that is meant changes the text with it.
#[test]
fn each_rule_says_what_is_wrong_and_where() {
    let mut text = String::new();
    for rule in &RULES {
        let id = rule.id();
        text += &format!("{id} keeps{}\n{id} breaks{}\n", told(id, rule.silent()), told(id, rule.fires()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn each_exception_ends_where_it_should() {
    let cases = super::all().map(|Case { rule, because, example, .. }| format!("{rule} {because}{}\n", told(rule, example)));
    insta::assert_snapshot!(cases.collect::<String>());
}
