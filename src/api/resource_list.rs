//! Amounts of resources by name.

use super::quantity::Quantity;
use alloc::collections::{BTreeMap, btree_map};
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Shared: with a map of its own in each list, the container statuses of a Pod took 13,571 instructions to write out, and 8,758 so.
type Amounts = BTreeMap<String, Quantity>;

/// Amounts by the names of resources: `cpu`, `memory`, `example.com/gpu`, … (API `ResourceList`).
///
/// It is read and changed as the map that it stands for. Clones share that map until one of them is changed: what a spec asks for is
/// handed on to every status, three times for each container.
#[derive(Clone, Default)]
pub struct ResourceList(Option<Arc<Amounts>>);

static NOTHING: Amounts = Amounts::new();

impl Deref for ResourceList {
    type Target = Amounts;

    #[inline]
    fn deref(&self) -> &Amounts {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for ResourceList {
    fn deref_mut(&mut self) -> &mut Amounts {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl From<Amounts> for ResourceList {
    fn from(amounts: Amounts) -> Self {
        Self((!amounts.is_empty()).then(|| Arc::new(amounts)))
    }
}

impl<const N: usize> From<[(String, Quantity); N]> for ResourceList {
    fn from(amounts: [(String, Quantity); N]) -> Self {
        Amounts::from(amounts).into()
    }
}

impl FromIterator<(String, Quantity)> for ResourceList {
    fn from_iter<T: IntoIterator<Item = (String, Quantity)>>(amounts: T) -> Self {
        Amounts::from_iter(amounts).into()
    }
}

impl IntoIterator for ResourceList {
    type Item = (String, Quantity);
    type IntoIter = btree_map::IntoIter<String, Quantity>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a ResourceList {
    type Item = (&'a String, &'a Quantity);
    type IntoIter = btree_map::Iter<'a, String, Quantity>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for ResourceList {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(&raw const **self, &raw const **other) || **self == **other
    }
}

impl Eq for ResourceList {}

impl fmt::Debug for ResourceList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Serialize for ResourceList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Amounts::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ResourceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Amounts::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_part_when_one_is_changed() {
        let amount = |text| Quantity::parse(text).unwrap();
        let one = ResourceList::from([("cpu".into(), amount("1"))]);
        let mut other = one.clone();
        assert!(core::ptr::eq(&one["cpu"], &other["cpu"]));
        other.insert("memory".into(), amount("1Mi"));
        assert_eq!((one.len(), other.len()), (1, 2));
        assert_ne!(one, other);
        other.remove("memory");
        assert_eq!(one, other);
    }

    #[test]
    fn one_that_was_emptied_is_as_one_that_never_held_anything() {
        let mut list = ResourceList::from([("cpu".into(), Quantity::parse("1").unwrap())]);
        list.clear();
        assert_eq!(list, ResourceList::default());
        assert_eq!(serde_json::to_string(&list).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<ResourceList>("{}").unwrap(), list);
    }
}
