//! What is wrong with a spec.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What kind of mistake a [`Problem`] is (API `field.ErrorType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A value is missing.
    Required,
    /// The value is not well-formed or out of range.
    Invalid,
    /// The value is not one of the words known here.
    NotSupported,
    /// The field may not be set, or not be changed, in this place.
    Forbidden,
    /// The value is there twice where it must be unique.
    Duplicate,
    /// The value names something that is not there.
    NotFound,
    /// The list or text is too long.
    TooLong,
}

/// One problem of a spec: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of mistake.
    pub kind: ProblemKind,
    /// Path of the field, such as `spec.containers[1].livenessProbe.successThreshold`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// All problems of a spec that the API server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSpec {
    problems: Vec<Problem>,
}

impl InvalidSpec {
    /// The problems as an error; `Ok` if there are none.
    ///
    /// # Errors
    /// If there is a problem.
    pub fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// The problems, at least one, in the order in which the API server looks.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for InvalidSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if n > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl core::error::Error for InvalidSpec {}
