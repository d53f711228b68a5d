//! What a rule of the catalogue is.

use super::example::{Example, Step};
use super::facts::Facts;
use super::report::Report;
use super::shape::{Scope, Shapes};
use super::version::{Change, Version};
use crate::api::vocabulary::written_as_str;
use crate::gates::Gates;
use crate::time::Span;
use core::fmt;

/// How bad it is to break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Normally true; there are exceptions in the field beyond those the rule names.
    Should,
    /// A violation is a bug of the writer.
    Must,
}

impl Severity {
    /// `MUST` or `SHOULD`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        }
    }
}

written_as_str!(Severity);

/// What a rule is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Each version of a Pod by itself.
    Status,
    /// Each version and the one before it.
    Change,
    /// Each version by itself, and with the one before it.
    StatusAndChange,
    /// How long a state of the Pod lasts.
    Duration,
}

impl Kind {
    /// In words: `single status`, `change`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "single status",
            Self::Change => "change",
            Self::StatusAndChange => "single status and change",
            Self::Duration => "duration",
        }
    }
}

written_as_str!(Kind);

/// A state of a Pod that must not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// How long it may.
    pub(super) within: Span,
    /// What tells two such states apart: the clock starts anew with another one.
    pub(super) of: i64,
}

pub(super) type StatusCheck = fn(&Version<'_>, &mut Report<'_, '_>);
pub(super) type ChangeCheck = fn(&Change<'_>, &mut Report<'_, '_>);
pub(super) type LimitCheck = fn(&Version<'_>) -> Option<Limit>;

/// How a rule is held against a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    Status(StatusCheck),
    Change(ChangeCheck),
    Both(StatusCheck, ChangeCheck),
    /// The limit of the state the version is in, and how to tell that the state lasted longer.
    Duration(LimitCheck, StatusCheck),
    /// Likewise of a state that is forgiven only if a later version shows that it ended in time: it is told, too, if none follows.
    Passing(LimitCheck, StatusCheck),
}

/// A rule: what every stream of versions of a Pod satisfies, if Kubernetes 1.36 writes it.
///
/// Its documentation and its tests are the same data: the statement, the exceptions, and an example in which it is [silent](Rule::silent) and one
/// in which it [fires](Rule::fires).
#[derive(Clone, Copy)]
pub struct Rule {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) statement: &'static str,
    pub(super) exceptions: &'static str,
    pub(super) source: &'static str,
    pub(super) scope: Scope,
    pub(super) except: Shapes,
    pub(super) needs_spec: bool,
    pub(super) needs_every_version: bool,
    pub(super) needs_time: bool,
    /// Feature gates of the writer without which it is not true.
    pub(super) needs_gates: Option<fn(&Gates) -> bool>,
    /// What a version, and a change, must show for the rule to have anything to tell.
    pub(super) facts: [Facts; 2],
    pub(super) check: Check,
    pub(super) silent: Example,
    pub(super) fires: Example,
}

impl Rule {
    /// Its name in the catalogue, such as `PH-04`: the family and a number.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The family: what stands before the dash.
    pub fn family(&self) -> &'static str {
        self.id.split_once('-').map_or(self.id, |(family, _)| family)
    }

    /// How bad it is to break it.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What it is held against.
    pub const fn kind(&self) -> Kind {
        match self.check {
            Check::Status(_) => Kind::Status,
            Check::Change(_) => Kind::Change,
            Check::Both(..) => Kind::StatusAndChange,
            Check::Duration(..) | Check::Passing(..) => Kind::Duration,
        }
    }

    /// The rule in one line.
    pub const fn statement(&self) -> &'static str {
        self.statement
    }

    /// When it does not apply, beside the [shapes](Rule::except) it passes over; empty if never.
    pub const fn exceptions(&self) -> &'static str {
        self.exceptions
    }

    /// Who makes it true: a function of the kubelet or another component, a KEP, a part of the API.
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Which versions it speaks of.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Versions of these shapes it passes over.
    pub const fn except(&self) -> Shapes {
        self.except
    }

    /// Whether it reads the Pod's spec: silent where the stream has none.
    pub const fn needs_spec(&self) -> bool {
        self.needs_spec
    }

    /// Whether it holds only between versions that were stored one after the other (†): silent where some may be missing.
    pub const fn needs_every_version(&self) -> bool {
        self.needs_every_version
    }

    /// Whether it asks when a version was written: silent where nothing tells.
    pub const fn needs_time(&self) -> bool {
        self.needs_time
    }

    /// Whether Kubernetes keeps it with these feature gates: some rules rest on one that can be switched off.
    pub fn holds_with(&self, gates: &Gates) -> bool {
        self.needs_gates.is_none_or(|are_on| are_on(gates))
    }

    /// A stream that keeps it.
    pub const fn silent(&self) -> &Example {
        &self.silent
    }

    /// A stream that breaks it.
    pub const fn fires(&self) -> &Example {
        &self.fires
    }
}

/// How the catalogue's files write a rule down.
impl Rule {
    const fn new(id: &'static str, severity: Severity, statement: &'static str, check: Check) -> Self {
        Self {
            id,
            severity,
            statement,
            exceptions: "",
            source: "",
            scope: Scope::Any,
            except: Shapes::NONE,
            needs_spec: false,
            needs_every_version: false,
            facts: [Facts::NONE; 2],
            needs_time: matches!(check, Check::Duration(..) | Check::Passing(..)),
            needs_gates: None,
            check,
            silent: Example::NONE,
            fires: Example::NONE,
        }
    }

    pub(super) const fn must(id: &'static str, statement: &'static str, check: Check) -> Self {
        Self::new(id, Severity::Must, statement, check)
    }

    pub(super) const fn should(id: &'static str, statement: &'static str, check: Check) -> Self {
        Self::new(id, Severity::Should, statement, check)
    }

    pub(super) const fn source_is(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    /// Only versions in this scope; of a change, both.
    pub(super) const fn only(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Not versions of these shapes; of a change, neither.
    pub(super) const fn not(self, except: Shapes) -> Self {
        Self { except, ..self }
    }

    pub(super) const fn unless(self, exceptions: &'static str) -> Self {
        Self { exceptions, ..self }
    }

    pub(super) const fn with_spec(self) -> Self {
        Self { needs_spec: true, ..self }
    }

    pub(super) const fn with_every_version(self) -> Self {
        Self { needs_every_version: true, ..self }
    }

    pub(super) const fn with_time(self) -> Self {
        Self { needs_time: true, ..self }
    }

    /// Only of writers whose gates are such.
    pub(super) const fn with_gates(self, are_on: fn(&Gates) -> bool) -> Self {
        Self { needs_gates: Some(are_on), ..self }
    }

    /// It has nothing to tell of a version without all of these: said twice, here and by the check, so that most checks need not be run.
    pub(super) const fn asks_for(self, facts: Facts) -> Self {
        Self { facts: [facts, self.facts[1]], ..self }
    }

    /// Likewise of a change.
    pub(super) const fn asks_change_for(self, facts: Facts) -> Self {
        Self { facts: [self.facts[0], facts], ..self }
    }

    pub(super) const fn silent_on(self, base: &'static str, steps: &'static [Step]) -> Self {
        Self { silent: Example { base, steps }, ..self }
    }

    pub(super) const fn fires_on(self, base: &'static str, steps: &'static [Step]) -> Self {
        Self { fires: Example { base, steps }, ..self }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.id).finish()
    }
}

/// Rules are told apart by their ids.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// The rule in one line: `PH-04 MUST  Succeeded ⇒ …`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:6} {}", self.id, self.severity, self.statement)
    }
}
