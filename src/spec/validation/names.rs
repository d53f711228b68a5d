//! The syntaxes of names (API machinery `validation`): each check tells the rule that is broken.

type Check = Result<(), &'static str>;

fn hold(holds: bool, rule: &'static str) -> Check {
    if holds { Ok(()) } else { Err(rule) }
}

/// RFC 1123 label: container and volume names, namespaces, host names.
pub(super) fn dns_label(text: &str) -> Check {
    hold(
        text.len() <= 63 && framed(text, is_lower_alphanumeric, |b| b == b'-'),
        "must be a DNS label: at most 63 lower case letters, digits and `-`, with a letter or digit at both ends",
    )
}

/// RFC 1123 subdomain: names of Pods, nodes and classes.
pub(super) fn dns_subdomain(text: &str) -> Check {
    hold(
        text.len() <= 253 && text.split('.').all(|label| framed(label, is_lower_alphanumeric, |b| b == b'-')),
        "must be a DNS subdomain: at most 253 lower case letters, digits, `-` and `.`, with a letter or digit at both ends of each part",
    )
}

/// `generateName`: a beginning of a subdomain.
pub(super) fn name_prefix(text: &str) -> Check {
    // The random suffix makes good for a dash at the end.
    match text.strip_suffix('-') {
        Some(trimmed) if !trimmed.is_empty() => dns_subdomain(&alloc::format!("{trimmed}a")),
        _ => dns_subdomain(text),
    }
}

/// `prefix/name`, the prefix being a DNS subdomain and optional: label keys, finalizers, gates, condition types.
pub(super) fn qualified_name(text: &str) -> Check {
    let name = match text.split_once('/') {
        Some((prefix, name)) => {
            hold(!prefix.is_empty(), "must have something before its `/`")?;
            dns_subdomain(prefix)?;
            name
        }
        None => text,
    };
    hold(
        !name.is_empty() && label_value(name).is_ok(),
        "must be a qualified name: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, \
         and optionally a DNS subdomain and `/` before that",
    )
}

/// Annotation keys: qualified names, but upper case is allowed in the prefix.
pub(super) fn annotation_key(text: &str) -> Check {
    qualified_name(&text.to_ascii_lowercase())
}

/// Label values.
pub(super) fn label_value(text: &str) -> Check {
    hold(
        text.is_empty() || (text.len() <= 63 && framed(text, |b| b.is_ascii_alphanumeric(), |b| matches!(b, b'-' | b'_' | b'.'))),
        "must be empty or at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
    )
}

/// Names of ports (IANA service names).
pub(super) fn port_name(text: &str) -> Check {
    hold(
        text.len() <= 15
            && framed(text, is_lower_alphanumeric, |b| b == b'-')
            && text.bytes().any(|b| b.is_ascii_lowercase())
            && !text.contains("--"),
        "must be a port name: at most 15 lower case letters, digits and single `-`, with at least one letter, and none of the `-` at an end",
    )
}

/// Integers as comparing tolerations read them: decimal, without a sign `+` and without leading zeros.
pub(super) fn integer(text: &str) -> Check {
    let canonical = text.parse::<i64>().is_ok_and(|n| alloc::format!("{n}") == text);
    hold(canonical, "must be an integer of 64 bits without leading zeros")
}

const fn is_lower_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Not empty, ends of one kind, and between them that kind or some punctuation.
fn framed(text: &str, ends: impl Fn(u8) -> bool, between: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|&b| ends(b)) && bytes.last().is_some_and(|&b| ends(b)) && bytes.iter().all(|&b| ends(b) || between(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_their_syntax() {
        let long = "a".repeat(64);
        type Case<'a> = (fn(&str) -> Check, &'a [&'a str], &'a [&'a str]);
        let cases: [Case<'_>; 6] = [
            (dns_label, &["a", "a-1", "0"], &["", "-a", "a-", "A", "a.b", "é", &long]),
            (dns_subdomain, &["a", "a.b-c", &long], &["", "a..b", ".a", "a.", "a_b"]),
            (name_prefix, &["web-", "web"], &["-", "Web-", ""]),
            (qualified_name, &["a", "example.com/A_b.c", "A"], &["", "/a", "a/", "Ex.com/a", "a/b/c", "-a", &long]),
            (label_value, &["", "A_b.c-d"], &["a b", "-a", "a/b"]),
            (port_name, &["http", "h2-c", "1a"], &["", "1", "a--b", "-a", "HTTP", "sixteen-letters-"]),
        ];
        for (n, (check, good, bad)) in cases.iter().enumerate() {
            good.iter().for_each(|text| assert_eq!(check(text), Ok(()), "{n} {text}"));
            bad.iter().for_each(|text| assert!(check(text).is_err(), "{n} {text}"));
        }
        assert!(annotation_key("Example.COM/a").is_ok());
        assert!(integer("-5").is_ok() && integer("007").is_err() && integer("").is_err());
    }
}
