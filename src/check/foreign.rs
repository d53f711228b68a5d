//! Words in a status that the API does not know.

use super::finding::Finding;
use alloc::format;
use alloc::string::String;

/// A word of a status that is none of those that the API has for its field: a phase `Completed`, a condition that is `Yes`.
///
/// The API server stores no such status, but what stands in its place may. Our types cannot hold it, so a reader leaves the field out (of a
/// condition it makes the status Unknown), and hands the word to the [`Checker`](super::Checker), which tells it by the field's own rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignWord {
    path: String,
    word: String,
    rule: &'static str,
}

impl ForeignWord {
    /// Of `status.phase`.
    pub fn phase(word: impl Into<String>) -> Self {
        Self { path: "status.phase".into(), word: word.into(), rule: "PH-01" }
    }

    /// Of `status.qosClass`.
    pub fn qos_class(word: impl Into<String>) -> Self {
        Self { path: "status.qosClass".into(), word: word.into(), rule: "ST-09" }
    }

    /// Of the `status` of a condition of this type.
    pub fn condition(type_: &str, word: impl Into<String>) -> Self {
        Self { path: format!("status.conditions[{type_}].status"), word: word.into(), rule: "CO-02" }
    }

    /// The field: `status.phase`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The word.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// The id of the rule that it breaks.
    pub(super) const fn rule(&self) -> &'static str {
        self.rule
    }

    /// Whether a finding is about what this word left behind.
    pub(super) fn is_behind(&self, finding: &Finding) -> bool {
        finding.rule.id() == self.rule && finding.path == self.path
    }

    /// Puts the word into a finding about it.
    pub(super) fn tell(&self, finding: &mut Finding) {
        finding.after.clone_from(&self.word);
        finding.message = format!("`{}` is not in the API's vocabulary", self.word);
    }
}
