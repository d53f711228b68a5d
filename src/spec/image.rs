//! Image references, as far as defaulting needs them, and statuses.

/// Whether a reference means the tag `latest`: it says so, or it has neither tag nor digest (API `ParseImageName`).
/// A text that is no reference means no tag at all.
pub(super) fn is_latest(image: &str) -> bool {
    let (name, tag, digest) = parts(image);
    if !is_name(name) || digest.is_some_and(|digest| !is_digest(digest)) {
        return false;
    }
    match tag {
        Some(tag) => tag == "latest",
        None => digest.is_none(),
    }
}

/// Whether a container runtime that was given the one reference may report the other as the image of a container.
///
/// It writes names out in full (`nginx` is `docker.io/library/nginx:latest`), knows an image that was asked for by digest by any of its tags, one that
/// lost its tags by a digest, and one that lost all names by its id.
pub(crate) fn is_reported_as(given: &str, reported: &str) -> bool {
    if given == reported || is_id(reported) {
        return true;
    }
    let (given, reported) = (Reference::read(given), Reference::read(reported));
    let names_tag = given.digest.is_none() && (reported.tag.is_some() || reported.digest.is_none());
    (given.registry, given.path) == (reported.registry, reported.path) && (!names_tag || given.tag_or_latest() == reported.tag_or_latest())
}

/// Whether this is the id of an image.
fn is_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The parts of a reference, with the registry that is meant if there is none.
struct Reference<'a> {
    registry: &'a str,
    /// Without the `library/` of the default registry.
    path: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

const DEFAULT_REGISTRY: &str = "docker.io";

impl<'a> Reference<'a> {
    fn read(text: &'a str) -> Self {
        let (name, tag, digest) = parts(text);
        let (registry, path) = match name.split_once('/') {
            Some(("index.docker.io", path)) => (DEFAULT_REGISTRY, path),
            Some((first, path)) if is_registry(first) => (first, path),
            _ => (DEFAULT_REGISTRY, name),
        };
        let library = path.strip_prefix("library/").filter(|_| registry == DEFAULT_REGISTRY);
        Self { registry, path: library.unwrap_or(path), tag, digest }
    }

    fn tag_or_latest(&self) -> &'a str {
        self.tag.unwrap_or("latest")
    }
}

/// Name, tag and digest.
fn parts(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    // A colon before the last slash belongs to the port of the registry.
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (rest, None, digest),
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
    use super::{is_latest, is_reported_as};

    #[test]
    fn runtimes_write_names_out_in_full() {
        let id = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let digest = std::format!("sha256:{id}");
        for (given, reported) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("a/b:1", "docker.io/a/b:1"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
            ("nginx:1", &digest),
            ("nginx:1", id),
            ("nginx:1", &std::format!("docker.io/library/nginx@{digest}")),
            (&std::format!("nginx@{digest}"), "docker.io/library/nginx:1"),
        ] {
            assert!(is_reported_as(given, reported), "{given} {reported}");
        }
        for (given, reported) in
            [("nginx", "nginx:1"), ("nginx:1", "docker.io/a/nginx:1"), ("nginx:1", "quay.io/library/nginx:1"), ("nginx:1", "")]
        {
            assert!(!is_reported_as(given, reported), "{given} {reported}");
        }
    }

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
