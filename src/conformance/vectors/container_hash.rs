//! Vectors of [`crate::spec::container_hash`].

use super::{Case, ReadError};
use crate::api;
use crate::spec::container_hash;
use alloc::format;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Input {
    container: api::Container,
}

pub(super) fn hash(case: &Case) -> Result<Value, ReadError> {
    let Input { container } = case.input()?;
    let hash = container_hash(&container.name, &container.image);
    Ok(json!({ "hash": hash, "hex": format!("{hash:x}") }))
}
