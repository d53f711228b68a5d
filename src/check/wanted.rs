//! The rules that a checker holds versions against, as a table that is quick to walk.

use super::facts::Facts;
use super::rule::{ChangeCheck, Check, LimitCheck, Rule, StatusCheck};
use super::shape::Scope;
use super::version::{Change, Version};
use alloc::vec::Vec;

/// The rules that are wanted, by what they are held against.
#[derive(Clone, Debug, Default)]
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
pub(super) struct Lacks(u32);

impl Rules {
    pub(super) fn want(&mut self, rule: &'static Rule) {
        let Self { status, change, duration } = self;
        let [of_version, of_change] = rule.facts;
        match rule.check {
            Check::Status(check) => status.push(Wanted::new(rule, of_version, check)),
            Check::Change(check) => change.push(Wanted::new(rule, of_change, check)),
            Check::Both(alone, both) => {
                status.push(Wanted::new(rule, of_version, alone));
                change.push(Wanted::new(rule, of_change, both));
            }
            Check::Duration(limit, _) | Check::Passing(limit, _) => duration.push(Wanted::new(rule, of_version, limit)),
        }
    }
}

impl<Check> Wanted<Check> {
    const fn new(rule: &'static Rule, facts: Facts, check: Check) -> Self {
        Self { asks: Lacks::that_silence(rule, facts), check, rule }
    }

    /// Whether the rule speaks of a version or a change that lacks these.
    pub(super) const fn covers(&self, lacks: Lacks) -> bool {
        self.asks.0 & lacks.0 == 0
    }

    /// Whether it is only facts that are missing: then the check must have nothing to tell.
    #[cfg(test)]
    pub(super) const fn passes_over(&self, lacks: Lacks) -> bool {
        let both = self.asks.0 & lacks.0;
        both != 0 && both & ((1 << Lacks::FACTS) - 1) == 0
    }
}

impl Lacks {
    /// No kubelet has taken note of the Pod.
    const STARTED: u32 = 1;
    /// No kubelet has built the status wholly.
    const FULL: u32 = 2;
    const SPEC: u32 = 4;
    /// Nothing tells when it was written.
    const TIME: u32 = 8;
    /// Versions may be missing before it.
    const EVERY_VERSION: u32 = 16;
    /// Above these, the shapes for which there are exceptions, then the facts that are missing.
    const SHAPES: u32 = 8;
    const FACTS: u32 = 16;

    /// What the version lacks.
    pub(super) fn of(version: &Version<'_>) -> Self {
        Self(Self::of_version(version) | Self::facts(Facts::of(version)))
    }

    /// What the change lacks, its new version lacking these: in scope and shape both count.
    pub(super) fn of_change(change: &Change<'_>) -> Self {
        let gap = if change.gap { Self::EVERY_VERSION } else { 0 };
        let facts = Self::facts(Facts::of_change(change, Facts::of(change.new)));
        Self(Self::of_version(change.new) | Self::of_status(change.old) | gap | facts)
    }

    const fn facts(facts: Facts) -> u32 {
        (!facts.bits() as u32) << Self::FACTS
    }

    fn of_version(version: &Version<'_>) -> u32 {
        let lack = |bit, has: bool| if has { 0 } else { bit };
        Self::of_status(version) | lack(Self::SPEC, version.spec().is_some()) | lack(Self::TIME, version.at().is_some())
    }

    fn of_status(version: &Version<'_>) -> u32 {
        let lack = |bit, scope| if version.is_in(scope) { 0 } else { bit };
        let shapes = u32::from(version.shapes().immediate().bits()) << Self::SHAPES;
        lack(Self::STARTED, Scope::Started) | lack(Self::FULL, Scope::Full) | shapes
    }

    /// What the rule is silent on.
    const fn that_silence(rule: &Rule, facts: Facts) -> Self {
        let scope = match rule.scope {
            Scope::Any => 0,
            Scope::Started => Self::STARTED,
            Scope::Full => Self::FULL,
        };
        let needs = (rule.needs_spec as u32 * Self::SPEC)
            | (rule.needs_time as u32 * Self::TIME)
            | (rule.needs_every_version as u32 * Self::EVERY_VERSION);
        let shapes = (rule.except.immediate().bits() as u32) << Self::SHAPES;
        Self(scope | needs | shapes | (facts.bits() as u32) << Self::FACTS)
    }
}
