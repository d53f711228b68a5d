//! A snapshot as a row of numbers, with everything that does not matter for what happens next made the same.
//!
//! The names of the fields are those of the stored form of a Pod, which do not change with the machine. What a number counts from is often
//! told behind it, so that the row is finished at the end.

use core::fmt::{Display, Error, Write as _};
use pod_lifecycle::Time;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as Unreadable, StrDeserializer};
use serde::ser::{self, Serialize, Serializer};

/// Fields of the facts of a container that matter here.
const SLOT: [&str; 10] = ["name", "hash", "instances", "status", "backoff", "stopping", "found", "nextAttempt", "nextRestartCount", "plan"];

/// What a number is counted back from.
#[derive(Clone, Copy, Debug)]
enum Base {
    /// The next instance of this container.
    Instance(usize),
    /// The `restartCount` of that.
    RestartCount(usize),
    /// The next sandbox.
    Sandbox,
    /// The next instance of the container of this probe, which is told behind.
    Probed,
}

/// Instances and sandboxes that are older than that are all the same.
const OLD: i64 = 4;

/// Longer than any wait that counts from a moment before: the longest back-off of the explored Pods.
pub(crate) const LONGEST_WAIT: i64 = 20;

/// When a back-off is forgotten, in seconds.
const FORGOTTEN: i64 = 600;

/// A word as a number: its length, how it begins, and how it ends. No two words of one place are alike in that.
fn of(word: &str) -> i64 {
    let bytes = word.as_bytes();
    let [first, .., before, last] = bytes else { return bytes.iter().fold(0, |number, &byte| number << 8 | i64::from(byte)) };
    let middle = bytes[bytes.len() / 2];
    ((bytes.len() as i64) << 32) ^ i64::from(u32::from_le_bytes([*first, middle, *before, *last]))
}

/// Walks over a snapshot.
#[derive(Debug)]
pub(crate) struct Walk {
    now: Time,
    /// Counts of results of probes above this are all the same.
    threshold: i64,
    pub(crate) row: Vec<i64>,
    path: Vec<&'static str>,
    /// The container whose facts are read.
    container: usize,
    /// No plan is being carried out: what the last sync has planned does not matter.
    planless: bool,
    /// The container that is being started.
    starting: Option<usize>,
    /// Of each container the number and the `restartCount` of the next instance.
    pub(crate) next: Vec<(i64, i64)>,
    pub(crate) sandboxes: i64,
    relative: Vec<(usize, Base)>,
    /// Of each container, why the last start failed, in the words that are kept and in those that are shown.
    failures: Vec<[i64; 2]>,
    /// The newest sandbox.
    sandbox: i64,
    text: String,
    /// The name of a field is read, of a struct that comes as a map.
    reads_name: bool,
    name: &'static str,
}

impl Walk {
    pub(crate) fn new(now: Time, threshold: i64) -> Self {
        Self {
            now,
            threshold,
            row: Vec::with_capacity(256),
            path: Vec::with_capacity(8),
            container: 0,
            planless: false,
            starting: None,
            next: Vec::new(),
            sandboxes: 0,
            relative: Vec::new(),
            failures: Vec::new(),
            sandbox: 0,
            text: String::new(),
            reads_name: false,
            name: "",
        }
    }

    /// All that is counted from something is.
    pub(crate) fn finish(&mut self) {
        // A kubelet that found the Pod has asked for none of its sandboxes: the next one comes after the newest nevertheless.
        let asked = self.sandboxes;
        self.sandboxes = asked.max(self.sandbox + 1);
        self.row.push(i64::from(asked == self.sandboxes));
        for (place, base) in core::mem::take(&mut self.relative) {
            let next = match base {
                Base::Instance(container) => self.next[container].0,
                Base::RestartCount(container) => self.next[container].1,
                Base::Sandbox => self.sandboxes,
                Base::Probed => unreachable!("a probe tells its container"),
            };
            self.row[place] = (next - self.row[place]).clamp(-1, OLD);
        }
        self.row.extend(self.failures.iter().flatten());
    }

    fn top(&self) -> &'static str {
        self.path.first().copied().unwrap_or("")
    }

    fn field(&self) -> &'static str {
        self.path.last().copied().unwrap_or("")
    }

    /// Whether a field does not matter.
    fn passes_over(&self, field: &str) -> bool {
        match (self.top(), field) {
            ("", "version") | ("work", "creating" | "jitter") | ("containers", "name" | "hash") => true,
            // Ids, and words that are always the same.
            ("texts", "instances") => true,
            ("work", "actions" | "failure") | ("containers", "plan" | "found") => self.planless,
            ("work", "created") => self.starting.is_none(),
            // The sandbox that a plan asks for is the next one.
            ("work", "attempt") => true,
            _ => false,
        }
    }

    /// Whether a time is shown only.
    fn is_shown(&self) -> bool {
        match (self.top(), self.field()) {
            ("status", _) | ("object", _) | (_, "startedAt") => true,
            ("containers", _) => self.path.get(1) == Some(&"status"),
            _ => false,
        }
    }

    fn step(&mut self, step: &str) {
        let is_without = matches!(step, "Idle" | "Volumes" | "EndContainers" | "EndSandbox" | "EndStatus" | "Unmount");
        self.planless |= (self.top(), self.field()) == ("work", "step") && is_without;
    }

    fn number(&mut self, number: i64) {
        let base = match (self.top(), self.field()) {
            ("containers", "nextAttempt") => return self.next[self.container].0 = number,
            ("containers", "nextRestartCount") => return self.next[self.container].1 = number,
            ("work", "sandboxesAsked") => return self.sandboxes = number,
            ("work", "Start") => {
                self.starting.get_or_insert(number as usize);
                None
            }
            ("containers", "attempt") | ("texts", "attempt") => Some(Base::Instance(self.container)),
            ("containers", "restartCount") => Some(Base::RestartCount(self.container)),
            ("containers", "sandbox") => return self.row.push(i64::from(number != self.sandbox)),
            ("sandbox", "attempt") => {
                self.sandbox = number;
                Some(Base::Sandbox)
            }
            ("work", "StopSandbox" | "EndSandbox") => Some(Base::Sandbox),
            ("work", "created") => self.starting.map(Base::Instance),
            ("probes", "instance") => Some(Base::Probed),
            ("probes", "container") => {
                for (_, base) in &mut self.relative {
                    if let Base::Probed = base {
                        *base = Base::Instance(number as usize);
                    }
                }
                None
            }
            ("probes", "run") => return self.row.push(number.min(self.threshold)),
            _ => None,
        };
        self.relative.extend(base.map(|base| (self.row.len(), base)));
        self.row.push(number);
    }

    fn word(&mut self, word: &str) {
        self.row.push(of(word));
    }
    fn time(&mut self, time: Time) {
        let ago = self.now - time;
        let seconds = ago.secs();
        self.row.push(match self.field() {
            "lastUpdate" if seconds > FORGOTTEN => FORGOTTEN,
            "lastUpdate" if self.top() == "containers" => 0,
            "finishedAt" | "purged" | "since" | "lastUpdate" => seconds.min(LONGEST_WAIT),
            // Whether the runtime changed after that.
            "trigger" | "late" => -ago.nanos().min(1),
            // What is due is due; what is to come is told exactly.
            _ => -ago.nanos().min(0),
        });
    }

    fn enter<T: ?Sized + Serialize>(&mut self, field: &'static str, value: &T) -> Result<(), Error> {
        if self.passes_over(field) {
            return Ok(());
        }
        let length = self.row.len();
        self.word(field);
        self.path.push(field);
        value.serialize(&mut *self)?;
        self.path.pop();
        // The attempt of the sandbox stays in a plan that does not ask for one.
        if (self.top(), field) == ("work", "actions") && !self.row[length + 1..].contains(&1) {
            self.row.truncate(length);
        }
        Ok(())
    }
}

/// A list, tuple, map or struct that is being read.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    walk: &'a mut Walk,
    n: usize,
    /// How deep the path was.
    depth: usize,
}

impl<'a> Parts<'a> {
    fn of(walk: &'a mut Walk) -> Self {
        let depth = walk.path.len();
        Self { walk, n: 0, depth }
    }

    fn variant(walk: &'a mut Walk, variant: &'static str) -> Self {
        walk.word(variant);
        let depth = walk.path.len();
        walk.path.push(variant);
        Self { walk, n: 0, depth }
    }

    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        if matches!(self.walk.path[..], ["containers"] | ["texts", "containers"]) {
            self.walk.container = self.n;
            if self.walk.next.len() <= self.n {
                self.walk.next.push((0, 0));
                self.walk.failures.push([0; 2]);
            }
        }
        self.n += 1;
        value.serialize(&mut *self.walk)
    }

    fn done(self) {
        self.walk.path.truncate(self.depth);
        self.walk.row.push(-(self.n as i64));
    }
}

impl<'a> Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn serialize_bool(self, v: bool) -> Result<(), Error> {
        self.row.push(i64::from(v));
        Ok(())
    }
    fn serialize_i8(self, v: i8) -> Result<(), Error> {
        self.serialize_i64(v.into())
    }
    fn serialize_i16(self, v: i16) -> Result<(), Error> {
        self.serialize_i64(v.into())
    }
    fn serialize_i32(self, v: i32) -> Result<(), Error> {
        self.serialize_i64(v.into())
    }
    fn serialize_i64(self, v: i64) -> Result<(), Error> {
        self.number(v);
        Ok(())
    }
    fn serialize_u8(self, v: u8) -> Result<(), Error> {
        self.serialize_i64(v.into())
    }
    fn serialize_u16(self, v: u16) -> Result<(), Error> {
        self.serialize_i64(v.into())
    }
    fn serialize_u32(self, v: u32) -> Result<(), Error> {
        self.serialize_i64(v.into())
    }
    fn serialize_u64(self, v: u64) -> Result<(), Error> {
        self.serialize_i64(v as i64)
    }
    fn serialize_f32(self, v: f32) -> Result<(), Error> {
        self.serialize_i64(v.to_bits().into())
    }
    fn serialize_f64(self, v: f64) -> Result<(), Error> {
        self.serialize_i64(v.to_bits() as i64)
    }
    fn serialize_char(self, v: char) -> Result<(), Error> {
        self.serialize_i64(u32::from(v).into())
    }
    fn serialize_str(self, v: &str) -> Result<(), Error> {
        match self.path[..] {
            ["texts", "containers", "failure"] => {
                self.failures[self.container][0] = of(v);
                return Ok(());
            }
            ["texts", "containers", "shownFailure"] => {
                self.failures[self.container][1] = of(v);
                return Ok(());
            }
            _ => {}
        }
        if self.reads_name {
            self.name = SLOT.into_iter().find(|name| *name == v).unwrap_or("");
        }
        self.word(v);
        Ok(())
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<(), Error> {
        self.row.extend(v.iter().map(|&byte| i64::from(byte)));
        Ok(())
    }
    /// Times, as it happens.
    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Result<(), Error> {
        if self.is_shown() {
            self.row.push(1);
            return Ok(());
        }
        let mut text = core::mem::take(&mut self.text);
        text.clear();
        write!(text, "{value}")?;
        let text_of: StrDeserializer<'_, Unreadable> = text.as_str().into_deserializer();
        match Time::deserialize(text_of) {
            Ok(time) => self.time(time),
            Err(_) => self.word(&text),
        }
        self.text = text;
        Ok(())
    }
    fn serialize_none(self) -> Result<(), Error> {
        self.row.push(i64::MIN);
        Ok(())
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Error> {
        self.serialize_none()
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_none()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.name = variant;
        self.step(variant);
        self.word(variant);
        Ok(())
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.step(variant);
        self.enter(variant, value)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::variant(self, variant))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::variant(self, variant))
    }
}

impl ser::SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}

impl ser::SerializeTuple for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.walk.enter(key, value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.walk.enter(key, value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}

/// A struct that is flattened into another comes as a map, and so do the conditions.
impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        let walk = &mut *self.walk;
        (walk.reads_name, walk.name) = (true, "");
        key.serialize(&mut *walk)?;
        walk.reads_name = false;
        Ok(())
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.walk.enter(self.walk.name, value)
    }
    fn end(self) -> Result<(), Error> {
        self.done();
        Ok(())
    }
}
