//! The machine's clock: integer nanoseconds, as the container runtime interface counts them.
//!
//! The crate never reads a clock; every call carries its moment. Inside, time is an [`i64`] (an addition costs a tenth of
//! a calendar's), at the edges it is [`chrono`] and RFC 3339.

mod kept;

pub(crate) use kept::{ApiTime, KeptTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use core::fmt;
use core::num::NonZeroU64;
use core::ops::{Add, Sub};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const NANOS_PER_SEC: i64 = 1_000_000_000;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z, the unit of the CRI's `created_at`, `started_at` and `finished_at`.
///
/// Arithmetic saturates. In JSON it is RFC 3339: whole seconds where there is no fraction, as Kubernetes' `metav1.Time`. What lies outside of
/// the years 1677 to 2262 is read as the nearest moment that can be told.
///
/// An `Option<Time>` is as small as a `Time`: the nanoseconds are kept with their sign bit flipped, which keeps their order and leaves 0
/// to the first moment of all, 292 years before the epoch. That one counts as the moment after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(NonZeroU64);

const SIGN: u64 = 1 << 63;

/// A length of time in nanoseconds; may be negative. Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

impl Time {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self::from_nanos(0);
    /// The last moment that can be told.
    pub const MAX: Self = Self::from_nanos(i64::MAX);

    /// The moment so many nanoseconds after the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        match NonZeroU64::new(nanos as u64 ^ SIGN) {
            Some(flipped) => Self(flipped),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// The moment so many whole seconds after the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_nanos(secs.saturating_mul(NANOS_PER_SEC))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        (self.0.get() ^ SIGN) as i64
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.nanos().div_euclid(NANOS_PER_SEC)
    }

    /// Cut to whole seconds, as API timestamps are stored (kubelet `normalizeStatus`).
    pub const fn truncated(self) -> Self {
        Self::from_secs(self.secs())
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(i64::MAX);

    /// So many nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// So many seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SEC))
    }

    /// So many seconds, with a fraction; what is not a number or out of range saturates.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self((secs * NANOS_PER_SEC as f64) as i64)
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded towards zero.
    pub const fn secs(self) -> i64 {
        self.0 / NANOS_PER_SEC
    }

    /// Seconds with their fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC as f64
    }

    /// `self` times a number, saturating.
    pub const fn saturating_mul(self, by: i64) -> Self {
        Self(self.0.saturating_mul(by))
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self::from_nanos(self.nanos().saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self::from_nanos(self.nanos().saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.nanos().saturating_sub(earlier.nanos()))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Default for Time {
    fn default() -> Self {
        Self::EPOCH
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Time").field(&self.nanos()).finish()
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(at: DateTime<Utc>) -> Self {
        let saturated = if at.timestamp() < 0 { i64::MIN } else { i64::MAX };
        Self::from_nanos(at.timestamp_nanos_opt().unwrap_or(saturated))
    }
}

impl From<Time> for DateTime<Utc> {
    fn from(at: Time) -> Self {
        Self::from_timestamp_nanos(at.nanos())
    }
}

impl From<TimeDelta> for Span {
    fn from(delta: TimeDelta) -> Self {
        let saturated = if delta < TimeDelta::zero() { i64::MIN } else { i64::MAX };
        Self(delta.num_nanoseconds().unwrap_or(saturated))
    }
}

impl From<Span> for TimeDelta {
    fn from(span: Span) -> Self {
        Self::nanoseconds(span.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DateTime::<Utc>::from(*self).to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// As Go prints a duration in kubelet messages: `10s`, `2m40s`, `5m0s`, `1.5s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanos = self.0.unsigned_abs();
        let (secs, fraction) = (nanos / NANOS_PER_SEC as u64, nanos % NANOS_PER_SEC as u64);
        let (hours, minutes, seconds) = (secs / 3600, secs / 60 % 60, secs % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{seconds}")?;
        if fraction > 0 {
            let digits = alloc::format!("{fraction:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rfc3339;
        impl de::Visitor<'_> for Rfc3339 {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in RFC 3339, such as 2026-01-01T00:00:00Z")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                if let Some(secs) = plain_secs(text.as_bytes()) {
                    return Ok(Time::from_secs(secs));
                }
                let at = DateTime::parse_from_rfc3339(text).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(at.with_timezone(&Utc).into())
            }
        }
        deserializer.deserialize_str(Rfc3339)
    }
}

/// Seconds since the epoch of a time as Kubernetes writes most of them, `2026-01-01T00:00:00Z`. All other forms, and what is no date, are
/// the calendar's business, which takes ten times as long.
fn plain_secs(text: &[u8]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = text else { return None };
    let two = |tens: u8, ones: u8| {
        let both = (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| 10 * (tens - b'0') + (ones - b'0'))?;
        Some(i64::from(both))
    };
    let (year, month, day) = (100 * two(y1, y2)? + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    let leap = i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let length = match month {
        2 => 28 + leap,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years that begin in March have their odd day at the end.
    let (year, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = 365 * year + leap_days + (153 * months + 2) / 5 + day - 1 - DAYS_TO_EPOCH;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// From the first of March of year 0 to 1970.
const DAYS_TO_EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_times_as_the_calendar_does() {
        for year in [0, 1, 4, 100, 400, 1600, 1677, 1678, 1900, 1969, 1970, 1972, 2000, 2026, 2028, 2100, 2262, 2263, 9999] {
            for month in 0..=13 {
                for (day, clock) in [
                    (0, "00:00:00"),
                    (1, "00:00:00"),
                    (28, "23:59:59"),
                    (29, "12:00:00"),
                    (30, "01:02:03"),
                    (31, "09:10:11"),
                    (32, "00:00:00"),
                ] {
                    let text = alloc::format!("{year:04}-{month:02}-{day:02}T{clock}Z");
                    let calendar = DateTime::parse_from_rfc3339(&text).ok().map(|at| at.timestamp());
                    assert_eq!(plain_secs(text.as_bytes()), calendar, "{text}");
                }
            }
        }
        for text in [
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01t00:00:00Z",
            "2026-01-01T00:00:00z",
            "2026-01-0aT00:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-01-01T00:00:00+00:00",
            "",
        ] {
            assert_eq!(plain_secs(text.as_bytes()), None, "{text}");
        }
        for text in ["1677-01-01T00:00:00Z", "2263-01-01T00:00:00Z"] {
            let calendar: Time = DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc).into();
            assert_eq!(Time::from_secs(plain_secs(text.as_bytes()).unwrap()), calendar, "{text}");
        }
    }
    use alloc::string::ToString;

    #[test]
    fn writes_whole_seconds_unless_there_is_a_fraction() {
        assert_eq!(Time::from_secs(1_767_225_600).to_string(), "2026-01-01T00:00:00Z");
        assert_eq!((Time::from_secs(1_767_225_600) + Span::from_millis(250)).to_string(), "2026-01-01T00:00:00.250Z");
    }

    #[test]
    fn reads_what_it_writes() {
        let at: Time = serde_json::from_str("\"2026-01-01T00:00:00.25Z\"").unwrap();
        assert_eq!(at.truncated(), Time::from_secs(1_767_225_600));
        assert_eq!(serde_json::to_string(&at.truncated()).unwrap(), "\"2026-01-01T00:00:00Z\"");
        assert!(serde_json::from_str::<Time>("\"yesterday\"").is_err());
    }

    #[test]
    fn nothing_is_as_small_as_a_moment() {
        assert_eq!(size_of::<Option<Time>>(), size_of::<Time>());
        let [first, epoch, last] = [i64::MIN, 0, i64::MAX].map(Time::from_nanos);
        assert!(first < epoch && epoch < last && Time::default() == epoch);
        assert_eq!((first.nanos(), (epoch - Span::from_nanos(1)).nanos()), (i64::MIN + 1, -1));
    }

    #[test]
    fn truncates_downwards_before_the_epoch() {
        assert_eq!((Time::EPOCH - Span::from_millis(1)).truncated(), Time::from_secs(-1));
        assert_eq!(Time::MAX + Span::MAX, Time::MAX);
    }

    #[test]
    fn prints_spans_as_go_does() {
        for (secs, text) in [(10, "10s"), (160, "2m40s"), (300, "5m0s"), (3600, "1h0m0s"), (-5, "-5s")] {
            assert_eq!(Span::from_secs(secs).to_string(), text);
        }
        assert_eq!(Span::from_millis(1500).to_string(), "1.5s");
    }
}
