//! The rules that a checker holds versions against, as a table that is quick to walk.

use super::rule::{ChangeCheck, Check, LimitCheck, Rule, StatusCheck};
use super::shape::Scope;
use super::version::{Change, Version};
use alloc::vec::Vec;

/// The rules that are wanted, by what they are held against.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) status: Vec<Wanted<StatusCheck>>,
    pub(super) change: Vec<Wanted<ChangeCheck>>,
    pub(super) duration: Vec<Wanted<LimitCheck>>,
}

/// A rule, with what is asked of it for each version: the rules themselves are long, and would not stay in the cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<Check> {
    asks: Lacks,
    pub(super) check: Check,
    pub(super) rule: &'static Rule,
}

/// What a version or a change lacks for a rule to speak of it, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lacks(u16);

impl Rules {
    pub(super) fn want(&mut self, rule: &'static Rule) {
        let Self { status, change, duration } = self;
        match rule.check {
            Check::Status(check) => status.push(Wanted::new(rule, check)),
            Check::Change(check) => change.push(Wanted::new(rule, check)),
            Check::Both(alone, both) => {
                status.push(Wanted::new(rule, alone));
                change.push(Wanted::new(rule, both));
            }
            Check::Duration(limit, _) | Check::Passing(limit, _) => duration.push(Wanted::new(rule, limit)),
        }
    }
}

impl<Check> Wanted<Check> {
    const fn new(rule: &'static Rule, check: Check) -> Self {
        Self { asks: Lacks::that_silence(rule), check, rule }
    }

    /// Whether the rule speaks of a version or a change that lacks these.
    pub(super) const fn covers(&self, lacks: Lacks) -> bool {
        self.asks.0 & lacks.0 == 0
    }
}

impl Lacks {
    /// No kubelet has taken note of the Pod.
    const STARTED: u16 = 1;
    /// No kubelet has built the status wholly.
    const FULL: u16 = 2;
    const SPEC: u16 = 4;
    /// Nothing tells when it was written.
    const TIME: u16 = 8;
    /// Versions may be missing before it.
    const EVERY_VERSION: u16 = 16;
    /// Above these, the shapes for which there are exceptions.
    const SHAPES: u32 = 8;

    /// What the version lacks.
    pub(super) fn of(version: &Version<'_>) -> Self {
        let lack = |bit, has: bool| if has { 0 } else { bit };
        Self(Self::of_status(version) | lack(Self::SPEC, version.spec().is_some()) | lack(Self::TIME, version.at().is_some()))
    }

    /// What the change lacks: in scope and shape both versions count.
    pub(super) fn of_change(change: &Change<'_>) -> Self {
        let gap = if change.gap { Self::EVERY_VERSION } else { 0 };
        Self(Self::of(change.new).0 | Self::of_status(change.old) | gap)
    }

    fn of_status(version: &Version<'_>) -> u16 {
        let lack = |bit, scope| if version.is_in(scope) { 0 } else { bit };
        let shapes = u16::from(version.shapes().immediate().bits()) << Self::SHAPES;
        lack(Self::STARTED, Scope::Started) | lack(Self::FULL, Scope::Full) | shapes
    }

    /// What the rule is silent on.
    const fn that_silence(rule: &Rule) -> Self {
        let scope = match rule.scope {
            Scope::Any => 0,
            Scope::Started => Self::STARTED,
            Scope::Full => Self::FULL,
        };
        let needs = (rule.needs_spec as u16 * Self::SPEC)
            | (rule.needs_time as u16 * Self::TIME)
            | (rule.needs_every_version as u16 * Self::EVERY_VERSION);
        Self(scope | needs | (rule.except.immediate().bits() as u16) << Self::SHAPES)
    }
}
