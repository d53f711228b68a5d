//! Names of containers as numbers, so that finding one among a few takes no look into its text.

/// Length and first seven bytes of a name. Different keys mean different names; equal keys of up to seven bytes equal names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameKey(u64);

impl NameKey {
    /// The key of no name: bytes that are no text.
    pub(crate) const NONE: Self = Self(u64::MAX);

    /// The key of a name.
    #[inline]
    pub(crate) fn of(name: &str) -> Self {
        let (bytes, len) = (name.as_bytes(), name.len());
        let head = if let Some(head) = bytes.first_chunk() {
            u64::from_le_bytes(*head) & (u64::MAX >> 8)
        } else if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
            // The two overlap; what stands in both is the same.
            u64::from(u32::from_le_bytes(*head)) | (u64::from(u32::from_le_bytes(*tail)) << (8 * (len - 4)))
        } else if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
            u64::from(u16::from_le_bytes(*head)) | (u64::from(u16::from_le_bytes(*tail)) << (8 * (len - 2)))
        } else {
            bytes.first().copied().map_or(0, u64::from)
        };
        Self(head | ((len.min(255) as u64) << 56))
    }

    /// Whether equal keys mean equal names.
    #[inline]
    pub(crate) const fn is_whole(self) -> bool {
        self.0 >> 56 <= 7
    }

    /// Whether this is the key of this name: `own` has this key.
    #[inline]
    pub(crate) fn is_of(self, own: &str, name: &str) -> bool {
        self == Self::of(name) && (self.is_whole() || own == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_names_apart_as_far_as_they_go() {
        let names =
            ["", "a", "b", "ab", "ba", "abc", "abd", "abcd", "abcde", "abcdef", "abcdefg", "abcdegg", "abcdefgh", "abcdefghi", "a\0"];
        for one in names {
            for other in names {
                assert_eq!(NameKey::of(one) == NameKey::of(other), one == other, "{one:?} {other:?}");
                assert_eq!(NameKey::of(one).is_of(one, other), one == other, "{one:?} {other:?}");
            }
        }
        let (proxy, other) = ("istio-proxy", "istio-prXXX");
        assert!(NameKey::of(proxy) == NameKey::of(other) && !NameKey::of(proxy).is_whole());
        assert!(!NameKey::of(proxy).is_of(proxy, other) && NameKey::of(proxy).is_of(proxy, "istio-proxy"));
    }
}
