//! What is wrong with a spec.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One problem of a spec: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
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

    /// The problems, at least one, in the order of the spec.
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
