//! Texts of options: sizes (`64MB`), times (`120s`, `14d`). Each error says what the option takes.

use std::time::Duration;

use super::help::Mistake;

/// Bytes: a whole number, plain or with `KB`, `MB`, `GB` (1024 each).
pub(super) fn size(text: &str) -> Result<u64, Mistake> {
    let (number, unit) = split(text);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(Mistake::new("expected.size", text)),
    };
    let number: u64 = number.parse().map_err(|_| Mistake::new("expected.size", text))?;
    let bytes = number.checked_mul(factor).ok_or_else(|| Mistake::new("expected.size-range", text))?;
    if (1..=MOST_BYTES).contains(&bytes) { Ok(bytes) } else { Err(Mistake::new("expected.size-range", text)) }
}

/// A file is held in memory while names are masked in it.
const MOST_BYTES: u64 = 1 << 30;

/// A time: a whole number with `s`, `m`, `h` or `d`; seconds without one.
pub(super) fn time(text: &str) -> Result<Duration, Mistake> {
    let (number, unit) = split(text);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(Mistake::new("expected.time", text)),
    };
    let number: u64 = number.parse().map_err(|_| Mistake::new("expected.time", text))?;
    match number.checked_mul(factor) {
        Some(seconds) if (1..=MOST_SECONDS).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(Mistake::new("expected.time-range", text)),
    }
}

/// Ten years.
const MOST_SECONDS: u64 = 3650 * 24 * 60 * 60;

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_or_explained() {
        assert_eq!(size("64MB"), Ok(64 << 20));
        assert_eq!(size("512"), Ok(512));
        assert_eq!(time("14d"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(time("90"), Ok(Duration::from_secs(90)));
        for text in ["", "MB", "-1", "0", "64TB", "99999999999GB", "18446744073709551616"] {
            assert!(size(text).unwrap_err().to_string().contains("found"), "{text}");
        }
        for text in ["", "d", "0s", "5w", "99999999999999999d"] {
            assert!(time(text).unwrap_err().to_string().contains("expected a time"), "{text}");
        }
    }
}
