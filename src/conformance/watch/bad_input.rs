//! What is wrong with an input, and where.

use alloc::string::String;
use std::io;

/// What cannot be read, and its place. As text: `line:column: what`.
#[derive(Debug, thiserror::Error)]
#[error("{line}:{column}: {problem}")]
pub struct BadInput {
    /// The line, counted from 1.
    pub line: u64,
    /// The column, in bytes, counted from 1.
    pub column: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with an input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is not JSON.
    #[error("{0}")]
    Syntax(String),
    /// A document or list does not end before the input or the next document does.
    #[error("the document that begins in line {begun} does not end")]
    Truncated {
        /// The line in which it begins, counted from 1.
        begun: u64,
    },
    /// It nests deeper than JSON of any Kubernetes object.
    #[error("nested deeper than {} levels", super::scan::DEEPEST)]
    TooDeep,
    /// It is longer than any Kubernetes object.
    #[error("a document of more than {} MiB", super::LONGEST >> 20)]
    TooLong,
    /// It is JSON, and no watch event of Pods or Pod: this field is wrong.
    #[error("{path}: {message}")]
    Field {
        /// The field in the document, such as `object.status.phase`.
        path: String,
        /// What was found and what was expected.
        message: String,
    },
    /// An object or list of another kind.
    #[error("kind: {0}, expected Pod, PodList, List or a watch event")]
    Kind(String),
    /// A JSON object that is none of Kubernetes'.
    #[error("neither a watch event nor a Pod nor a list of Pods")]
    Unknown,
    /// The input failed; nothing more can be read from it.
    #[error("{0}")]
    Unreadable(#[source] io::Error),
}

impl Problem {
    pub(super) fn syntax(what: &str) -> Self {
        Self::Syntax(what.into())
    }
}
