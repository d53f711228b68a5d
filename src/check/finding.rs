//! A rule that was broken, and where.

use super::rule::Rule;
use crate::time::Time;
use alloc::string::String;
use core::fmt;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A rule that a version of a Pod breaks.
///
/// In JSON: `rule, severity, object, uid, path, before, after, at, line, message, reference`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// `namespace/name` of the Pod.
    pub object: String,
    /// Its UID.
    pub uid: String,
    /// The field that breaks the rule: `status.conditions[Ready].status`.
    pub path: String,
    /// What it was in the version before, `none` if it was not there; empty where the rule is about one version.
    pub before: String,
    /// What it is; `none` if it is not there.
    pub after: String,
    /// When the version was written, at the earliest; `None` if the stream does not tell.
    pub at: Option<Time>,
    /// Where the version stands in the input, as the caller counts.
    pub line: u64,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl Finding {
    /// Who makes the rule true.
    pub fn reference(&self) -> &'static str {
        self.rule.source()
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 11)?;
        fields.serialize_field("rule", self.rule.id())?;
        fields.serialize_field("severity", &self.rule.severity())?;
        fields.serialize_field("object", &self.object)?;
        fields.serialize_field("uid", &self.uid)?;
        fields.serialize_field("path", &self.path)?;
        fields.serialize_field("before", &self.before)?;
        fields.serialize_field("after", &self.after)?;
        fields.serialize_field("at", &self.at)?;
        fields.serialize_field("line", &self.line)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("reference", self.reference())?;
        fields.end()
    }
}

/// `MUST PH-02 default/web status.phase: Succeeded → Running: …`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, object, path, before, after, message, .. } = self;
        write!(f, "{} {} {object} {path}: ", rule.severity(), rule.id())?;
        if !before.is_empty() {
            write!(f, "{before} → ")?;
        }
        let after = if after.is_empty() { "none" } else { after };
        write!(f, "{after}: {message} ({})", self.reference())
    }
}
