//! Metadata of a manifest.

use super::names;
use super::path::{Path, Problems};
use crate::api::ObjectMeta;
use crate::spec::problem::Problem;
use alloc::vec::Vec;

/// Checks the metadata of a Pod to be created (API `ValidateObjectMeta`). An empty namespace is left to the request.
pub fn validate_meta(meta: &ObjectMeta) -> Vec<Problem> {
    let (root, mut found) = (Path::root("metadata"), Problems::default());
    if !meta.generate_name.is_empty() {
        found.syntax(&root.field("generateName"), &meta.generate_name, names::name_prefix);
    }
    if !meta.name.is_empty() {
        found.syntax(&root.field("name"), &meta.name, names::dns_subdomain);
    } else if meta.generate_name.is_empty() {
        found.required(&root.field("name"));
    }
    if !meta.namespace.is_empty() {
        found.syntax(&root.field("namespace"), &meta.namespace, names::dns_label);
    }
    found.non_negative(&root.field("generation"), meta.generation);
    labels_and_annotations(meta, &root, &mut found);
    finalizers(meta, &root, &mut found);
    owners(meta, &root, &mut found);
    found.0
}

fn labels_and_annotations(meta: &ObjectMeta, root: &Path<'_>, found: &mut Problems) {
    const MOST_BYTES: usize = 256 << 10;
    let path = root.field("labels");
    for (key, value) in &meta.labels {
        found.syntax(&path.key(key), key, names::qualified_name);
        found.syntax(&path.key(key), value, names::label_value);
    }
    let path = root.field("annotations");
    for key in meta.annotations.keys() {
        found.syntax(&path.key(key), key, names::annotation_key);
    }
    if meta.annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > MOST_BYTES {
        found.too_long(&path, MOST_BYTES, "bytes");
    }
}

fn finalizers(meta: &ObjectMeta, root: &Path<'_>, found: &mut Problems) {
    const WITHOUT_DOMAIN: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    let path = root.field("finalizers");
    for (n, finalizer) in meta.finalizers.iter().enumerate() {
        found.syntax(&path.index(n), finalizer, names::qualified_name);
        if !finalizer.contains('/') && !WITHOUT_DOMAIN.contains(&finalizer.as_str()) {
            found.invalid(&path.index(n), "must have a domain, unless it is kubernetes, orphan or foregroundDeletion");
        }
    }
    let has = |name: &str| meta.finalizers.iter().any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        found.invalid(&path, "must not have both orphan and foregroundDeletion");
    }
}

fn owners(meta: &ObjectMeta, root: &Path<'_>, found: &mut Problems) {
    let path = root.field("ownerReferences");
    for (n, owner) in meta.owner_references.iter().enumerate() {
        let item = path.index(n);
        for (name, value) in [("apiVersion", &owner.api_version), ("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
            if value.is_empty() {
                found.required(&item.field(name));
            }
        }
    }
    if meta.owner_references.iter().filter(|owner| owner.controller == Some(true)).count() > 1 {
        found.invalid(&path, "must have at most one controller");
    }
}
