//! Durations as users write them: `90`, `90s`, `10m`, `1h30m`, `1.5s`.

use pod_lifecycle::Span;

/// Reads one; a number without a unit is seconds.
pub(super) fn parse(text: &str) -> Result<Span, String> {
    let wrong = || format!("`{text}` is no duration such as 90s, 10m or 1h30m");
    if let Ok(seconds) = text.parse::<f64>() {
        return span(seconds).ok_or_else(wrong);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let unit = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return Err(wrong()),
        };
        sum += number.parse::<f64>().map_err(|_| wrong())? * unit;
        rest = behind;
    }
    span(sum).filter(|_| !text.is_empty()).ok_or_else(wrong)
}

/// Not negative, and at most a thousand years.
fn span(seconds: f64) -> Option<Span> {
    (0.0..=3.2e10).contains(&seconds).then(|| Span::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_write() {
        for (text, millis) in [("90", 90_000), ("90s", 90_000), ("10m", 600_000), ("1h30m", 5_400_000), ("1.5s", 1_500), ("250ms", 250)] {
            assert_eq!(parse(text), Ok(Span::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "10x", "-5s", "5m3", "inf", "NaN", "1..5s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
