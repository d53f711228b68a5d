//! Image references, as far as defaulting needs them.

/// Whether a reference means the tag `latest`: it says so, or it has neither tag nor digest (API `ParseImageName`).
/// A text that is no reference means no tag at all.
pub(super) fn is_latest(image: &str) -> bool {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    // A colon before the last slash belongs to the port of the registry.
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    if !is_name(name) || digest.is_some_and(|digest| !is_digest(digest)) {
        return false;
    }
    match tag {
        Some(tag) => tag == "latest",
        None => digest.is_none(),
    }
}

/// `[registry[:port]/]path`.
fn is_name(name: &str) -> bool {
    let looks_like_id = name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let path = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => {
            let host = first.split_once(':').map_or(first, |(host, _)| host);
            if !first.starts_with('[') && !host.split('.').all(is_host_part) {
                return false;
            }
            path
        }
        _ => name,
    };
    !looks_like_id && name.len() <= 255 && path.split('/').all(is_path_part)
}

/// Whether the first part of a name is a registry and not the beginning of the path.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn is_host_part(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('-') && !part.ends_with('-') && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Lower case letters and digits, parted by `.`, `_`, `__` or dashes.
fn is_path_part(part: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = part.bytes().next().is_some_and(is_word) && part.bytes().next_back().is_some_and(is_word);
    ends && part
        .split(|c: char| c.is_ascii() && is_word(c as u8))
        .all(|parting| matches!(parting, "" | "." | "_" | "__") || parting.bytes().all(|b| b == b'-'))
}

/// `algorithm:hex`.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_algorithm =
        |part: &str| part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    algorithm.split(['-', '_', '+', '.']).all(is_algorithm) && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::is_latest;

    #[test]
    fn latest_by_tag_or_by_silence() {
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for image in ["busybox", "busybox:latest", "localhost:5000/a/b", "ghcr.io/x/y_z:latest", "a--b/c__d"] {
            assert!(is_latest(image), "{image}");
        }
        assert!(is_latest(&std::format!("busybox:latest@{digest}")));
        assert!(!is_latest(&std::format!("busybox@{digest}")));
        for image in ["", "busybox:1", "localhost:5000/a:1", "Bad//Name:::x", "Busybox", "a b", "a@sha256:1", "a/", "-a", "a___b"] {
            assert!(!is_latest(image), "{image}");
        }
    }
}
