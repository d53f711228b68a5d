//! Moments as a Pod keeps them: smaller, or with less alignment, than an `Option<Time>`.

use super::Time;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of an API object, or none: whole seconds, in five bytes without alignment.
///
/// Every [`Time`] fits; a fraction is cut off, as an API object has none (`metav1.Time`).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(Rust, packed)]
pub(crate) struct ApiTime {
    low: u32,
    high: u8,
}

/// What is added to the seconds since the epoch, so that 0 is no moment: 17,000 years.
const BIAS: i64 = 1 << 39;

impl ApiTime {
    pub(crate) const NONE: Self = Self { low: 0, high: 0 };

    /// This moment, cut to whole seconds.
    pub(crate) const fn of(at: Time) -> Self {
        let biased = at.secs() + BIAS;
        Self { low: biased as u32, high: (biased >> 32) as u8 }
    }

    pub(crate) const fn get(self) -> Option<Time> {
        let biased = (self.high as i64) << 32 | self.low as i64;
        if biased == 0 { None } else { Some(Time::from_secs(biased - BIAS)) }
    }

    pub(crate) const fn is_some(self) -> bool {
        self.low != 0 || self.high != 0
    }

    /// Puts this moment where there is none.
    pub(crate) const fn or_insert(&mut self, at: Time) {
        if !self.is_some() {
            *self = Self::of(at);
        }
    }
}

impl From<Option<Time>> for ApiTime {
    fn from(at: Option<Time>) -> Self {
        at.map_or(Self::NONE, Self::of)
    }
}

impl fmt::Debug for ApiTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl Serialize for ApiTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ApiTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// A moment or none, to the nanosecond, in eight bytes that are aligned as four are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(Rust, packed(4))]
pub(crate) struct KeptTime(Option<Time>);

impl KeptTime {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) const fn get(self) -> Option<Time> {
        self.0
    }
}

impl From<Option<Time>> for KeptTime {
    fn from(at: Option<Time>) -> Self {
        Self(at)
    }
}

impl fmt::Debug for KeptTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl Serialize for KeptTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeptTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

impl From<Time> for KeptTime {
    fn from(at: Time) -> Self {
        Self(Some(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_of_every_moment_fit_in_five_bytes() {
        assert_eq!((size_of::<ApiTime>(), align_of::<ApiTime>()), (5, 1));
        let fraction = Time::from_nanos(-1);
        for at in [Time::from_nanos(i64::MIN), fraction, Time::EPOCH, Time::from_secs(1_767_225_600), Time::from_secs(1 << 32), Time::MAX] {
            assert_eq!(ApiTime::of(at).get(), Some(at.truncated()));
            let text = serde_json::to_string(&ApiTime::of(at)).unwrap();
            assert_eq!(text, serde_json::to_string(&at.truncated()).unwrap());
            assert_eq!(serde_json::from_str::<ApiTime>(&text).unwrap(), ApiTime::of(at));
        }
        assert_eq!((ApiTime::from(None).get(), ApiTime::NONE.is_some(), ApiTime::of(Time::EPOCH).is_some()), (None, false, true));
        assert_eq!(serde_json::from_str::<ApiTime>("null").unwrap(), ApiTime::NONE);
        let mut at = ApiTime::NONE;
        at.or_insert(Time::from_secs(1));
        at.or_insert(Time::from_secs(2));
        assert_eq!(at, ApiTime::of(Time::from_secs(1)));
    }

    #[test]
    fn a_kept_moment_is_as_aligned_as_a_count() {
        assert_eq!((size_of::<KeptTime>(), align_of::<KeptTime>()), (8, 4));
        assert_eq!(KeptTime::from(Time::MAX).get(), Some(Time::MAX));
    }
}
