//! Field paths, and the list of what was found.

use crate::spec::problem::{Problem, ProblemKind};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Path of a field; written out only if there is a problem.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Self>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The outermost field.
    pub(super) const fn root(name: &'a str) -> Self {
        Self { parent: None, step: Step::Field(name) }
    }

    /// `self.name`.
    pub(super) const fn field(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Field(name) }
    }

    /// `self[index]`.
    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// `self[key]`.
    pub(super) const fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Field(name) if self.parent.is_some() => write!(f, ".{name}"),
            Step::Field(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key}]"),
        }
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, kind: ProblemKind, path: &Path<'_>, message: impl Into<String>) {
        self.0.push(Problem { kind, path: path.to_string(), message: message.into() });
    }

    pub(super) fn required(&mut self, path: &Path<'_>) {
        self.add(ProblemKind::Required, path, "is required");
    }

    pub(super) fn invalid(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.add(ProblemKind::Invalid, path, message);
    }

    pub(super) fn forbidden(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.add(ProblemKind::Forbidden, path, message);
    }

    pub(super) fn duplicate(&mut self, path: &Path<'_>, value: &str) {
        self.add(ProblemKind::Duplicate, path, format!("`{value}` is there twice"));
    }

    pub(super) fn not_found(&mut self, path: &Path<'_>, what: &str, value: &str) {
        self.add(ProblemKind::NotFound, path, format!("there is no {what} `{value}`"));
    }

    pub(super) fn too_long(&mut self, path: &Path<'_>, most: usize, unit: &str) {
        self.add(ProblemKind::TooLong, path, format!("must have at most {most} {unit}"));
    }

    /// A word that must be there and be one of these.
    pub(super) fn word(&mut self, path: &Path<'_>, given: &str, allowed: &[&str]) {
        if given.is_empty() {
            self.required(path);
        } else if !allowed.contains(&given) {
            self.add(ProblemKind::NotSupported, path, format!("`{given}` is not supported; supported: {}", allowed.join(", ")));
        }
    }

    pub(super) fn non_negative(&mut self, path: &Path<'_>, given: i64) {
        if given < 0 {
            self.invalid(path, "must be greater than or equal to 0");
        }
    }

    /// What a syntax check says of a value.
    pub(super) fn syntax(&mut self, path: &Path<'_>, value: &str, check: fn(&str) -> Result<(), &'static str>) {
        if let Err(rule) = check(value) {
            self.invalid(path, rule);
        }
    }

    /// The same of a value that must be there.
    pub(super) fn required_syntax(&mut self, path: &Path<'_>, value: &str, check: fn(&str) -> Result<(), &'static str>) {
        if value.is_empty() { self.required(path) } else { self.syntax(path, value, check) }
    }
}
