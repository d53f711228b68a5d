//! The checker: many Pods' streams, told apart by UID.

use crate::Gates;
use crate::api::{self, EventType, WatchEvent, WatchObject};
use crate::check::catalogue::RULES;
use crate::check::finding::Finding;
use crate::check::foreign::ForeignWord;
use crate::check::names::{Deleted, Gone, Name, key};
use crate::check::pods::{Pods, Uid};
use crate::check::rule::{Rule, Severity};
use crate::check::stream::{Arrived, Seen, Stream, is_as_created};
use crate::check::version::Arrival;
use crate::check::wanted::{Rules, Wanted};
use crate::spec::Spec;
use crate::time::{Span, Time};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a [`Checker`] is to do.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Only these rules: ids, or families such as `PH`; all if there are none. A name that is in no catalogue ([`rule`](crate::check::rule),
    /// [`FAMILIES`](crate::check::FAMILIES)) selects nothing: [`unknown_names`](Self::unknown_names) finds it.
    pub rules: Vec<String>,
    /// Not these rules: ids or families.
    pub ignore: Vec<String>,
    /// Only rules of this severity, or a higher one.
    pub min_severity: Option<Severity>,
    /// The spec of Pods whose objects come without one. It is taken as it stands, without defaults.
    pub spec: Option<api::PodSpec>,
    /// Whether the input has every version that was stored. If not told, watch events have and bare objects have not.
    pub every_version: Option<bool>,
    /// The feature gates of the writer.
    pub gates: Gates,
    /// About how many Pods are kept at a time, with some 5 KB for each container. If there are more that are not deleted, those not seen for longest are
    /// forgotten; what comes of them later is held against the rules as if it were their first version. If not told,
    /// [50 000](Self::PODS).
    pub pods: Option<usize>,
}

impl Options {
    /// About so many Pods are kept, if nothing else is asked for.
    pub const PODS: usize = 50_000;

    /// What stands in [`rules`](Self::rules) or [`ignore`](Self::ignore) and names neither a rule nor a family, such as a misspelt id.
    ///
    /// ```
    /// # use pod_lifecycle::check::Options;
    /// let mut options = Options::default();
    /// options.rules = vec!["PH".into(), "PH-4".into()];
    /// assert_eq!(options.unknown_names().collect::<Vec<_>>(), ["PH-4"]);
    /// ```
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().chain(&self.ignore).map(String::as_str).filter(|name| !RULES.iter().any(|rule| is_named(rule, name)))
    }

    /// Whether a rule is wanted, and true of a writer with these gates.
    pub fn select(&self, rule: &Rule) -> bool {
        let names = |list: &[String]| list.iter().any(|name| is_named(rule, name));
        rule.holds_with(&self.gates)
            && (self.rules.is_empty() || names(&self.rules))
            && !names(&self.ignore)
            && self.min_severity.is_none_or(|least| rule.severity() >= least)
    }
}

/// Whether this is the id or the family of a rule.
fn is_named(rule: &Rule, name: &str) -> bool {
    name == rule.id() || name == rule.family()
}

/// What a [`Checker`] has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Events and bare objects.
    pub events: u64,
    /// Pods, by UID.
    pub pods: u64,
    /// Pods that were forgotten, since there were [too many](Options::pods).
    pub forgotten: u64,
    /// Versions of Pods.
    pub versions: u64,
    /// Versions without a spec: rules that [need one](Rule::needs_spec) were silent.
    pub without_spec: u64,
    /// Versions of which nothing told when they were written: rules that [need that](Rule::needs_time) were silent.
    pub without_time: u64,
    /// Versions between which and the one before others may be missing: rules that [need every version](Rule::needs_every_version) were silent.
    pub after_gap: u64,
    /// BOOKMARK events.
    pub bookmarks: u64,
    /// ERROR events: the watch was broken off.
    pub errors: u64,
    /// Findings by rule id.
    pub findings: BTreeMap<&'static str, u64>,
}

/// Holds streams of versions of Pods against the rules of the [catalogue](crate::check::RULES).
///
/// It takes watch events or bare objects of any number of Pods, in the order in which they come, and tells each finding at once, but for those
/// that wait for what comes next. It keeps the last version of each Pod that is not deleted, of [so many](Options::pods) at most, and no more, however long the stream.
///
/// ```
/// use pod_lifecycle::api::WatchEvent;
/// use pod_lifecycle::check::Checker;
///
/// let event: WatchEvent = serde_json::from_str(
///     r#"{"type": "ADDED", "object": {"metadata": {"name": "web", "namespace": "default", "uid": "1", "generation": 1},
///         "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
///         "status": {"phase": "Unknown", "qosClass": "BestEffort"}}}"#,
/// )?;
/// let (mut checker, mut findings) = (Checker::new(), Vec::new());
/// checker.event(event, 1, &mut |finding| findings.push(finding));
/// checker.finish(&mut |finding| findings.push(finding));
/// assert_eq!(findings[0].rule.id(), "PH-01");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checker {
    rules: Rules,
    gates: Gates,
    spec: Option<Arc<Spec>>,
    every_version: Option<bool>,
    streams: Pods,
    /// The UID of each Pod that is there, by namespace and name.
    names: BTreeMap<Name, Uid>,
    /// Pods that were deleted lately.
    deleted: Deleted,
    /// Counts how often the watch began anew.
    watch: u32,
    live: Live,
    now: Option<Time>,
    tally: Tally,
}

/// What is known of the beginning of the present watch.
#[derive(Clone, Copy, Debug, Default)]
struct Live {
    /// The list that the watch began with is over: a change has come.
    listed: bool,
    /// A Pod that was created at this time was seen coming.
    created: Option<Time>,
}

/// The clocks of several API servers may differ by so much.
const SKEW: Span = Span::from_secs(5);

impl Live {
    /// Takes note of an event.
    fn learn(&mut self, kind: Option<EventType>, pod: &api::Pod) {
        match kind {
            Some(EventType::Modified | EventType::Deleted) => self.listed = true,
            Some(EventType::Added) if self.listed && self.created.is_none() && is_as_created(pod) => {
                self.created = pod.metadata.creation_timestamp;
            }
            _ => {}
        }
    }

    /// Whether the watch had begun before this Pod was created: one that was seen coming is older.
    fn had_begun(&self, pod: &api::ObjectMeta) -> bool {
        self.created.zip(pod.creation_timestamp).is_some_and(|(known, created)| known + SKEW < created)
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// A checker with all rules and the default gates of Kubernetes 1.36.
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// A checker with these options.
    pub fn with(options: Options) -> Self {
        let mut rules = Rules::default();
        RULES.iter().filter(|rule| options.select(rule)).for_each(|rule| rules.want(rule));
        Self {
            rules,
            gates: options.gates,
            spec: options.spec.map(|spec| Arc::new(Spec::as_given(spec))),
            every_version: options.every_version,
            streams: Pods::new(options.pods.unwrap_or(Options::PODS)),
            names: BTreeMap::new(),
            deleted: Deleted::default(),
            watch: 0,
            live: Live::default(),
            now: None,
            tally: Tally::default(),
        }
    }

    /// Takes a watch event. `line` is where it stands in the input, for the findings to say.
    ///
    /// Another ADDED of a Pod that is known is a re-list; an ERROR means that the watch begins anew. Versions may be missing behind both.
    pub fn event(&mut self, event: WatchEvent, line: u64, found: &mut dyn FnMut(Finding)) {
        self.event_with(event, &[], line, found);
    }

    /// Takes a watch event in whose Pod's status there were words that the API does not know.
    pub fn event_with(&mut self, event: WatchEvent, words: &[ForeignWord], line: u64, found: &mut dyn FnMut(Finding)) {
        self.tally.events += 1;
        match (event.type_, event.object) {
            (EventType::Bookmark, _) => self.tally.bookmarks += 1,
            (EventType::Error, _) | (_, WatchObject::Status(_)) => {
                self.tally.errors += 1;
                self.gap();
            }
            (kind, WatchObject::Pod(pod)) => {
                let every_version = self.every_version.unwrap_or(true);
                self.pod(pod, Arrived { kind: Some(kind), t: event.t, line, every_version }, words, found);
            }
        }
    }

    /// Takes a Pod as it is now, such as an item of a list.
    pub fn object(&mut self, pod: api::Pod, line: u64, found: &mut dyn FnMut(Finding)) {
        self.object_with(pod, &[], line, found);
    }

    /// Takes a Pod as it is now, in whose status there were words that the API does not know.
    pub fn object_with(&mut self, pod: api::Pod, words: &[ForeignWord], line: u64, found: &mut dyn FnMut(Finding)) {
        self.tally.events += 1;
        let every_version = self.every_version.unwrap_or(false);
        self.pod(Box::new(pod), Arrived { kind: None, t: None, line, every_version }, words, found);
    }

    /// Something is lost between what came and what comes next, such as a document that could not be read: versions of any Pod may be missing.
    pub fn gap(&mut self) {
        self.watch += 1;
        self.live = Live::default();
    }

    /// The input is over: what waited for a later version is told. The checker may go on afterwards.
    pub fn finish(&mut self, found: &mut dyn FnMut(Finding)) {
        let Self { rules, streams, tally, now, .. } = self;
        for stream in streams.values_mut() {
            stream.finish(*now, rules, &mut |finding| tally.tell(finding, found));
        }
    }

    /// What it has seen up to now.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    fn pod(&mut self, pod: Box<api::Pod>, arrived: Arrived, words: &[ForeignWord], found: &mut dyn FnMut(Finding)) {
        if words.is_empty() {
            self.version(pod, arrived, found);
            return;
        }
        let api::ObjectMeta { namespace, name, uid, .. } = &pod.metadata;
        let (object, uid, mut told) = (format!("{namespace}/{name}"), uid.clone(), Vec::new());
        let is_new = self.version(pod, arrived, &mut |mut finding| {
            if let Some(word) = words.iter().find(|word| word.is_behind(&finding)) {
                word.tell(&mut finding);
                told.push(word);
            }
            found(finding);
        });
        // Of a word that left nothing behind which breaks its rule, too.
        for word in words.iter().filter(|word| is_new && !told.contains(word)) {
            let Some(Wanted { rule, .. }) = self.rules.status.iter().find(|wanted| wanted.rule.id() == word.rule()) else { continue };
            let (object, uid, line) = (object.clone(), uid.clone(), arrived.line);
            let (path, before, after, message) = (word.path().into(), String::new(), String::new(), String::new());
            let mut finding = Finding { rule, object, uid, path, before, after, at: None, line, message };
            word.tell(&mut finding);
            self.tally.tell(finding, found);
        }
    }

    /// Takes a version; whether it is not the last one once more.
    fn version(&mut self, pod: Box<api::Pod>, arrived: Arrived, found: &mut dyn FnMut(Finding)) -> bool {
        if !self.streams.sees(&key(&pod.metadata)) {
            self.open(&pod.metadata, &arrived, found);
        }
        self.live.learn(arrived.kind, &pod);
        let Self { rules, spec, streams, watch, now, tally, .. } = self;
        let Some(stream) = streams.get_mut(&key(&pod.metadata)) else { return false };
        // A watch that begins behind a list may have begun later.
        let begins = arrived.kind.is_some() && stream.came_bare() && self.every_version.is_none();
        let goes_on = core::mem::replace(&mut stream.watch, *watch) == *watch && !begins;
        let arrived = Arrived { every_version: arrived.every_version && goes_on, ..arrived };
        if stream.is_repeated(&pod, arrived.kind) {
            return false;
        }
        let gone = (arrived.kind == Some(EventType::Deleted)).then(|| (Name::of(&pod.metadata), Gone::of(&pod.metadata)));
        let seen = stream.take(pod, arrived, spec.as_ref(), rules, &mut |finding| tally.tell(finding, found));
        tally.count(&seen);
        *now = (*now).max(seen.at.map(|at| at.earliest));
        if let Some((name, gone)) = gone {
            self.close(&name, gone, found);
        }
        true
    }

    /// A UID is new: what had its name must be gone.
    fn open(&mut self, meta: &api::ObjectMeta, arrived: &Arrived, found: &mut dyn FnMut(Finding)) {
        let Self { rules, gates, streams, names, deleted, watch, live, now, tally, .. } = self;
        let uid = Uid::from(&*key(meta));
        let before = names.insert(Name::of(meta), uid.clone());
        let replaced = before.and_then(|before| streams.remove(before.as_str()));
        let arrival = if deleted.has(&uid, arrived.kind) {
            Arrival::AfterDeleted
        } else {
            // Behind a break of the watch, what led here may be missing, and one that was forgotten comes again as if it were new.
            let begun = arrived.every_version && tally.forgotten == 0 && live.had_begun(meta);
            let replaces = arrived.every_version && replaced.as_ref().is_some_and(|replaced| replaced.watch == *watch);
            Arrival::First { begun, replaces }
        };
        if let Some(mut replaced) = replaced {
            replaced.finish(*now, rules, &mut |finding| tally.tell(finding, found));
        }
        tally.pods += 1;
        for (uid, mut stream) in streams.insert(uid, Stream::new(arrival, *gates, *watch)) {
            stream.finish(*now, rules, &mut |finding| tally.tell(finding, found));
            tally.forgotten += 1;
            if let Some(name) = stream.meta().map(Name::of).filter(|name| names.get(name) == Some(&uid)) {
                names.remove(&name);
            }
        }
    }

    /// The metadata that is kept of a Pod.
    #[cfg(test)]
    pub(super) fn last_of(&mut self, uid: &str) -> Option<&api::ObjectMeta> {
        self.streams.get_mut(uid).and_then(|stream| stream.meta())
    }

    fn close(&mut self, name: &Name, gone: Gone, found: &mut dyn FnMut(Finding)) {
        let Self { rules, streams, tally, .. } = self;
        if let Some(mut stream) = streams.remove(gone.uid.as_str()) {
            stream.removed(rules, &mut |finding| tally.tell(finding, found));
        }
        if self.names.get(name) == Some(&gone.uid) {
            self.names.remove(name);
        }
        self.deleted.insert(gone);
    }
}

impl Tally {
    fn tell(&mut self, finding: Finding, found: &mut dyn FnMut(Finding)) {
        *self.findings.entry(finding.rule.id()).or_default() += 1;
        found(finding);
    }

    fn count(&mut self, seen: &Seen) {
        self.versions += 1;
        self.without_spec += u64::from(!seen.has_spec);
        self.without_time += u64::from(seen.at.is_none());
        self.after_gap += u64::from(seen.after_gap);
    }
}
