//! Windows file times as times.

use jiff::Timestamp;

/// A Windows file time (100 ns since 1601); 0, and what is out of range, is no time.
pub(super) fn time(ticks: u64) -> Option<Timestamp> {
    let since_1970 = i128::from(ticks).checked_mul(100)? - 11_644_473_600_000_000_000;
    (ticks != 0).then(|| Timestamp::from_nanosecond(since_1970).ok()).flatten()
}

/// `time` in the steps that Windows counts in: the file system that a disk was copied to may count finer, and the same disk
/// must give the same bytes whoever reads it.
pub(super) fn in_steps(time: Timestamp) -> Timestamp {
    let nanosecond = time.as_nanosecond();
    Timestamp::from_nanosecond(nanosecond - nanosecond.rem_euclid(100)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_other_file_systems_fall_on_the_steps_of_windows() {
        for (found, kept) in [
            ("2026-03-02T10:00:00.155076114Z", "2026-03-02T10:00:00.1550761Z"),
            ("2026-03-02T10:00:00.1550761Z", "2026-03-02T10:00:00.1550761Z"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.9999999Z"),
        ] {
            assert_eq!(in_steps(found.parse().unwrap()), kept.parse().unwrap());
        }
    }
}
