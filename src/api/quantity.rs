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
    /// Reads a quantity. What is finer than a nano unit is rounded up, as Kubernetes does.
    ///
    /// # Errors
    /// If the text is not a quantity or is out of range.
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
    let mut mantissa: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let (binary, exponent) = scale(suffix)?;
    // nanos = mantissa * binary * 10^(exponent + 9 - digits of the fraction)
    let power = exponent + 9 - i32::try_from(fraction.len()).ok()?;
    let scaled = mantissa.checked_mul(binary)?;
    let nanos = if power >= 0 {
        scaled.checked_mul(10_i128.checked_pow(power.unsigned_abs())?)?
    } else {
        match 10_i128.checked_pow(power.unsigned_abs()) {
            Some(divisor) => ceil_div(scaled, divisor),
            None => i128::from(scaled != 0),
        }
    };
    Some(if negative { -nanos } else { nanos })
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
                Ok(text.to_string().into())
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
        for text in ["", "-", "1x", "1.2.3", "e3", "99999999999999999999999999999999999999999"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rounds_up() {
        let q = Quantity::parse("1001u").unwrap();
        assert_eq!((q.milli_value(), q.value()), (2, 1));
        assert!(Quantity::parse("0.000Gi").unwrap().is_zero());
    }
}
