//! Resource quantities: `100m`, `1.5`, `64Mi`, `2e3`.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A quantity as the API writes it, kept to the letter; its value is read exactly, to the nano unit (API `resource.Quantity`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    text: String,
    nanos: i128,
}

/// A text that is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity: a number with an optional suffix n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or exponent")]
pub struct QuantityError(String);

impl Quantity {
    /// Reads a quantity. What is finer than a nano unit is rounded away from zero, what is beyond 2⁶³ − 1 units is cut to
    /// that, as Kubernetes does.
    ///
    /// # Errors
    /// If the text is not a quantity.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let nanos = parse_nanos(text).ok_or_else(|| QuantityError(text.into()))?;
        Ok(Self { text: text.into(), nanos })
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is 0, however written.
    pub const fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// The value in billionths of the unit, exact.
    pub const fn nano_value(&self) -> i128 {
        self.nanos
    }

    /// The value in thousandths (millicores for cpu), rounded up; saturates.
    pub fn milli_value(&self) -> i64 {
        saturate(ceil_div(self.nanos, 1_000_000))
    }

    /// The same value as the API server writes it: without a fraction, with the largest suffix of its family that allows
    /// that (`0.5` is `500m`, `1024Mi` is `1Gi`, `1500Mi` stays).
    pub fn canonical(&self) -> Self {
        Self { text: canonical_text(self.nanos, format_of(&self.text)), nanos: self.nanos }
    }

    /// Rounded away from zero to thousandths, the finest the API server stores for resources (API `SetDefaults_ResourceList`).
    pub fn rounded_to_milli(&self) -> Self {
        let nanos = self.nanos.signum() * ceil_div(self.nanos.abs(), 1_000_000) * 1_000_000;
        if nanos == self.nanos { self.clone() } else { Self { text: canonical_text(nanos, format_of(&self.text)), nanos } }
    }

    /// The sum, in the suffixes of `self`, or of `other` if `self` is 0; saturates.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let nanos = self.nanos.saturating_add(other.nanos).clamp(-LARGEST, LARGEST);
        let format = format_of(if self.is_zero() { &other.text } else { &self.text });
        Self { text: canonical_text(nanos, format), nanos }
    }

    /// The value in whole units (bytes for memory), rounded up; saturates.
    pub fn value(&self) -> i64 {
        saturate(ceil_div(self.nanos, 1_000_000_000))
    }
}

fn ceil_div(n: i128, by: i128) -> i128 {
    n.div_euclid(by) + i128::from(n.rem_euclid(by) != 0)
}

fn saturate(n: i128) -> i64 {
    n.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// The largest quantity, 2⁶³ − 1 units, in nano units: what is beyond is cut to it, as in Kubernetes.
const LARGEST: i128 = i64::MAX as i128 * 1_000_000_000;

/// Nano units of a text: `digits * 2^b * 10^power`, rounded away from zero.
fn parse_nanos(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = unsigned.bytes().position(|b| !b.is_ascii_digit() && b != b'.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (binary, exponent) = scale(suffix)?;
    let mut power = i64::from(exponent) + 9 - i64::try_from(fraction.len()).ok()?;
    let (mut mantissa, mut inexact) = (0_i128, false);
    for digit in whole.bytes().chain(fraction.bytes()).map(|b| i128::from(b - b'0')) {
        // 29 digits are more than the largest quantity has; the rest only tells whether to round up.
        if mantissa < 10_i128.pow(28) {
            mantissa = mantissa * 10 + digit;
        } else {
            inexact |= digit != 0;
            power += 1;
        }
    }
    let scaled = loop {
        match mantissa.checked_mul(binary) {
            Some(scaled) => break scaled,
            None => {
                inexact |= mantissa % 10 != 0;
                mantissa /= 10;
                power += 1;
            }
        }
    };
    let factor = u32::try_from(power.unsigned_abs()).ok().and_then(|power| 10_i128.checked_pow(power));
    let nanos = match factor {
        _ if scaled == 0 => i128::from(inexact),
        Some(factor) if power >= 0 => scaled.checked_mul(factor).unwrap_or(LARGEST),
        Some(factor) => scaled / factor + i128::from(inexact || scaled % factor != 0),
        None if power >= 0 => LARGEST,
        None => 1,
    };
    Some(if negative { -nanos.min(LARGEST) } else { nanos.min(LARGEST) })
}

/// In what family of suffixes a quantity is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

fn format_of(text: &str) -> Format {
    let suffix = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    match suffix.as_bytes() {
        [.., b'i'] => Format::Binary,
        [b'e' | b'E', _, ..] => Format::Exponent,
        _ => Format::Decimal,
    }
}

/// Text without a fraction and with the largest suffix that allows that.
fn canonical_text(nanos: i128, format: Format) -> String {
    const SI: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if nanos == 0 {
        return "0".into();
    }
    let units = nanos / 1_000_000_000;
    if format == Format::Binary && nanos % 1_000_000_000 == 0 && units.abs() >= 1024 {
        let (mut number, mut step) = (units, 0);
        while number % 1024 == 0 && step + 1 < BINARY.len() {
            (number, step) = (number / 1024, step + 1);
        }
        return alloc::format!("{number}{}", BINARY[step]);
    }
    let (mut number, mut step) = (nanos, 0);
    while number % 1000 == 0 && step + 1 < SI.len() {
        (number, step) = (number / 1000, step + 1);
    }
    match step as i32 * 3 - 9 {
        exponent if format == Format::Exponent && exponent != 0 => alloc::format!("{number}e{exponent}"),
        _ => alloc::format!("{number}{}", SI[step]),
    }
}

/// The factor of a suffix: a power of two and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => (1, suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl de::Visitor<'_> for TextOrNumber {
            type Value = Cow<'static, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity, such as 100m or 64Mi")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(text.trim().to_string().into())
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok("0".into())
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Self::Value, E> {
                Ok(n.to_string().into())
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Self::Value, E> {
                Ok(n.to_string().into())
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Self::Value, E> {
                Ok(n.to_string().into())
            }
        }
        Self::parse(&deserializer.deserialize_any(TextOrNumber)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_suffix() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("100m", 100_000_000),
            ("1.5", 1_500_000_000),
            (".5", 500_000_000),
            ("2e3", 2_000_000_000_000),
            ("1Ki", 1_024_000_000_000),
            ("0.5Mi", 524_288_000_000_000),
            ("-3n", -3),
            ("0.1n", 1),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().nano_value(), nanos, "{text}");
        }
        for text in ["", "-", "1x", "1.2.3", "e3", "1e", "1e99999999999", "é"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cuts_to_the_largest_and_never_overflows() {
        for text in ["99999999999999999999999999999999999999999", "9Ei", "1e2147483647", "1e99"] {
            assert_eq!(Quantity::parse(text).unwrap().value(), i64::MAX, "{text}");
        }
        for (text, nanos) in [("1e-2147483648", 1), ("-1e-30", -1), ("0e2147483647", 0)] {
            assert_eq!(Quantity::parse(text).unwrap().nano_value(), nanos, "{text}");
        }
        let third = "0.3333333333333333333333333333333333333333333";
        assert_eq!(Quantity::parse(third).unwrap().nano_value(), 333_333_334);
    }

    #[test]
    fn writes_as_the_api_server() {
        for (text, canonical) in [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1500Mi", "1500Mi"),
            ("1.5Gi", "1536Mi"),
            ("512", "512"),
            ("0.5Ki", "512"),
            ("1e3", "1e3"),
            ("10e2", "1e3"),
            ("0.0Gi", "0"),
            ("2048000", "2048k"),
            ("-1000m", "-1"),
            ("1.5Ki", "1536"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().canonical().as_str(), canonical, "{text}");
        }
        let sum = |a: &str, b: &str| Quantity::parse(a).unwrap().plus(&Quantity::parse(b).unwrap()).to_string();
        assert_eq!([sum("0", "1Gi"), sum("512Mi", "512Mi"), sum("100m", "1")], ["1Gi", "1Gi", "1100m"]);
        assert_eq!(Quantity::parse("1u").unwrap().rounded_to_milli().as_str(), "1m");
    }

    #[test]
    fn rounds_up() {
        let q = Quantity::parse("1001u").unwrap();
        assert_eq!((q.milli_value(), q.value()), (2, 1));
        assert!(Quantity::parse("0.000Gi").unwrap().is_zero());
    }
}
