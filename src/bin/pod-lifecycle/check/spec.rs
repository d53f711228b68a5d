//! The spec for streams whose objects have none.

use crate::document::{documents, typed};
use anyhow::{Context, Result, bail};
use pod_lifecycle::api::{Pod, PodSpec};
use pod_lifecycle::spec::apply_defaults;
use std::path::Path;

/// The PodSpec in a file, or that of the Pod in it, with the API server's defaults.
pub(super) fn read(path: &Path) -> Result<PodSpec> {
    let name = path.to_string_lossy();
    let documents = documents(&name)?;
    let [document] = documents.as_slice() else { bail!("{name}: one document is expected, there are {}", documents.len()) };
    let value = &document.value;
    let kind = value.get("kind").and_then(serde_json::Value::as_str);
    let mut spec = match kind {
        Some("Pod") => typed::<Pod>(value, "").with_context(|| name.clone().into_owned())?.spec,
        Some(kind) => bail!("{name}: kind: {kind}, expected a Pod or a bare PodSpec"),
        None if value.get("spec").is_some() => typed::<Pod>(value, "").with_context(|| name.clone().into_owned())?.spec,
        None => typed::<PodSpec>(value, "").with_context(|| name.clone().into_owned())?,
    };
    if spec.containers.is_empty() {
        bail!("{name}: a spec has containers");
    }
    apply_defaults(&mut spec);
    Ok(spec)
}
