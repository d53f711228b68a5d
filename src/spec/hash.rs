//! The hash by which the kubelet tells that a running container is not the spec's any more (kubelet `HashContainer`).

use alloc::format;
use alloc::string::String;

/// Hash of a container's name and image, as the kubelet writes it into the annotations of a container in the runtime.
///
/// FNV-1a of 32 bits over the two fields' JSON, which goes in as Go prints a list of bytes. No other field counts: nothing else
/// restarts a running container.
pub fn container_hash(name: &str, image: &str) -> u32 {
    let mut json = String::from("{\"image\":\"");
    image.chars().for_each(|c| push_escaped(&mut json, c));
    json.push_str("\",\"name\":\"");
    name.chars().for_each(|c| push_escaped(&mut json, c));
    json.push_str("\"}");
    let mut hash = Fnv1a::new();
    hash.write(b"([]uint8)[");
    for (n, byte) in json.bytes().enumerate() {
        if n > 0 {
            hash.write(b" ");
        }
        hash.write_decimal(byte);
    }
    hash.write(b"]");
    hash.0
}

/// One character in a JSON string as Go's encoder writes it, safe for HTML.
fn push_escaped(json: &mut String, c: char) {
    match c {
        '"' | '\\' => json.extend(['\\', c]),
        '\n' => json.push_str("\\n"),
        '\r' => json.push_str("\\r"),
        '\t' => json.push_str("\\t"),
        '\u{8}' => json.push_str("\\b"),
        '\u{c}' => json.push_str("\\f"),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => json.push_str(&format!("\\u{:04x}", u32::from(c))),
        _ => json.push(c),
    }
}

struct Fnv1a(u32);

impl Fnv1a {
    const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn write_decimal(&mut self, byte: u8) {
        if byte >= 100 {
            self.write(&[b'0' + byte / 100]);
        }
        if byte >= 10 {
            self.write(&[b'0' + byte / 10 % 10]);
        }
        self.write(&[b'0' + byte % 10]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_the_kubelet_does() {
        assert_eq!(container_hash("c5", "a\"b<c>&d"), 208_677_932);
        assert_eq!(container_hash("c25", "img:2"), 717_514_405);
        assert_eq!(container_hash("c28", ""), 614_498_158);
        assert_eq!(container_hash("i46", "ü"), 1_654_945_346);
    }
}
