//! Windows file times as times.

use jiff::Timestamp;

/// A Windows file time (100 ns since 1601); 0, and what is out of range, is no time.
pub(super) fn time(ticks: u64) -> Option<Timestamp> {
    let since_1970 = i128::from(ticks).checked_mul(100)? - 11_644_473_600_000_000_000;
    (ticks != 0).then(|| Timestamp::from_nanosecond(since_1970).ok()).flatten()
}
