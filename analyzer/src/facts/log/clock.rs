//! A log's stamps in the order of its lines. Owns what order adds to a stamp: which pass through a repeated hour it is, and
//! where the clock was set while the log was written, so that times before and after cannot be compared.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::{
    layout::Stamp,
    zone::{Meaning, Sure, Zone},
};

/// Lines of several threads stand out of order by less than this; a clock that is corrected by less is not set.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// A log may pause for so long without anybody thinking that its clock was set forward.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Leaps forward that are remembered, to be recognised when the clock is set back again.
const MOST_LEAPS: usize = 256;

/// Settings of the clock that are told apart in one file; after the last one everything counts as one stretch.
const MOST_SETTINGS: usize = 1000;

/// The clock was set before a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// How many records stand above it in the file.
    pub record: usize,
    /// By how much, in seconds; negative: back. Time that passed meanwhile is in it.
    pub seconds: i64,
}

/// A line's moment, and how sure that is in the words of the `log` kind.
pub type Told = (Timestamp, &'static str);

/// Follows the stamps of one file from its first line to its last.
#[derive(Debug)]
pub struct Clock<'a> {
    zone: &'a Zone,
    last: Option<Timestamp>,
    /// Where the clock stood before it was set back, until it is there again.
    high: Option<Timestamp>,
    leaps: VecDeque<Leap>,
    settings: Vec<Setting>,
}

/// A stretch without lines.
#[derive(Debug, Clone, Copy)]
struct Leap {
    from: Timestamp,
    to: Timestamp,
    record: usize,
}

impl<'a> Clock<'a> {
    /// At the start of a file whose local times are of `zone`.
    #[must_use]
    pub fn new(zone: &'a Zone) -> Self {
        Self { zone, last: None, high: None, leaps: VecDeque::new(), settings: Vec::new() }
    }

    /// The next line's stamp, above which `record` records stand; `None` where its moment cannot be told.
    pub fn next(&mut self, stamp: Stamp, record: usize) -> Option<Told> {
        let told = self.told(stamp)?;
        if let Some(last) = self.last {
            self.compare(last, told.0, record);
        }
        self.last = Some(told.0);
        Some(told)
    }

    fn told(&self, stamp: Stamp) -> Option<Told> {
        let local = match stamp {
            Stamp::Exact(time) => return Some((time, "exact")),
            Stamp::Local(local) => local,
        };
        let Meaning { first, second, sure } = self.zone.meaning(local)?;
        // Where the first pass through the hour would lie before the line above, it is the second.
        let passed = self.last.is_some_and(|last| runs_back(last, first));
        let moment = second.filter(|second| passed && self.last.is_some_and(|last| !runs_back(last, *second)));
        let word = match sure {
            Sure::Rules => "local",
            Sure::Offset => "offset",
            Sure::Repeated => "repeated",
            Sure::Skipped => "skipped",
        };
        Some((moment.unwrap_or(first), word))
    }

    fn compare(&mut self, last: Timestamp, now: Timestamp, record: usize) {
        if runs_back(last, now) {
            self.set(record, last, now);
            self.high = self.high.max(Some(last));
            // A leap over the present moment was the clock being set forward, which now is undone; one much longer than what
            // is undone is a pause.
            let undone = last.duration_since(now);
            let is_undone = |leap: &Leap| {
                let length = leap.to.duration_since(leap.from);
                leap.from <= now && runs_back(leap.to, now) && length <= undone.saturating_mul(2).saturating_add(PAUSE)
            };
            if let Some(at) = self.leaps.iter().rposition(is_undone) {
                if let Some(leap) = self.leaps.get(at).copied() {
                    self.set(leap.record, leap.from, leap.to);
                }
                self.leaps.truncate(at);
            }
            return;
        }
        let leap = now.duration_since(last) > PAUSE;
        if self.high.is_some_and(|high| now >= high) {
            // Over the moment at which it was set back in one leap: set right again, or a pause that cannot be told from it.
            self.high = None;
            if leap {
                return self.set(record, last, now);
            }
        }
        if leap {
            if self.leaps.len() == MOST_LEAPS {
                self.leaps.pop_front();
            }
            self.leaps.push_back(Leap { from: last, to: now, record });
        }
    }

    fn set(&mut self, record: usize, from: Timestamp, to: Timestamp) {
        if self.settings.len() < MOST_SETTINGS {
            self.settings.push(Setting { record, seconds: to.duration_since(from).as_secs() });
        }
    }

    /// Where the clock was set, in the order of the file.
    #[must_use]
    pub fn settings(mut self) -> Vec<Setting> {
        self.settings.sort_unstable();
        self.settings
    }
}

/// Whether a clock that showed `before` and now shows `after` was set back.
fn runs_back(before: Timestamp, after: Timestamp) -> bool {
    before.duration_since(after) > TOLERANCE
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::Time;

    use super::*;
    use crate::facts::log::zone::{Change, Summer, YearRule};

    fn berlin() -> Zone {
        let change =
            |month, hour| Change { year: None, month, nth: 5, weekday: 0, time: Time::constant(hour, 0, 0, 0) };
        let summer = Summer { offset: 120, begins: change(3, 2), ends: change(10, 3) };
        Zone::rules(BTreeMap::from([(1, YearRule { standard: 60, summer: Some(summer) })]))
    }

    fn told(zone: &Zone, stamps: &[&str]) -> (Vec<(String, &'static str)>, Vec<Setting>) {
        let mut clock = Clock::new(zone);
        let stamps = stamps.iter().enumerate();
        let told = stamps.map(|(record, text)| {
            let (time, sure) = clock.next(Stamp::Local(text.parse().unwrap()), record).unwrap();
            (time.to_string(), sure)
        });
        (told.collect(), clock.settings())
    }

    #[test]
    fn the_order_of_the_lines_tells_the_two_passes_through_an_hour_apart() {
        let stamps = ["2025-10-26T01:59:00", "2025-10-26T02:10:00", "2025-10-26T02:50:00"];
        let more = ["2025-10-26T02:05:00", "2025-10-26T02:55:00", "2025-10-26T03:01:00"];
        let (found, settings) = told(&berlin(), &[stamps, more].concat());
        let expected = [
            ("2025-10-25T23:59:00Z", "local"),
            ("2025-10-26T00:10:00Z", "repeated"),
            ("2025-10-26T00:50:00Z", "repeated"),
            ("2025-10-26T01:05:00Z", "repeated"),
            ("2025-10-26T01:55:00Z", "repeated"),
            ("2025-10-26T02:01:00Z", "local"),
        ];
        assert_eq!(found, expected.map(|(time, sure)| (time.to_owned(), sure)));
        assert!(settings.is_empty(), "the end of summer time is no setting of the clock");
        let (found, _) = told(&berlin(), &["2026-03-29T02:30:00"]);
        assert_eq!(found, [("2026-03-29T01:30:00Z".to_owned(), "skipped")]);
    }

    #[test]
    fn a_clock_set_back_is_seen_and_a_little_disorder_is_not() {
        let (_, settings) = told(&berlin(), &["2026-05-04T10:05:00", "2026-05-04T09:10:00", "2026-05-04T09:11:00"]);
        assert_eq!(settings, [Setting { record: 1, seconds: -55 * 60 }]);
        let (_, settings) = told(&berlin(), &["2026-05-04T10:05:30", "2026-05-04T10:04:40", "2026-05-05T09:00:00"]);
        assert!(settings.is_empty(), "threads, and a night without lines");
    }

    #[test]
    fn a_clock_set_forward_is_seen_when_it_is_set_back() {
        let stamps = ["2026-05-04T10:00:00", "2036-05-04T10:01:00", "2036-05-04T10:02:00", "2026-05-04T10:03:00"];
        let (_, settings) = told(&berlin(), &stamps);
        assert_eq!(settings.iter().map(|one| one.record).collect::<Vec<_>>(), [1, 3]);
        assert!(settings[0].seconds > 0 && settings[1].seconds < 0, "{settings:?}");
    }

    #[test]
    fn a_long_pause_before_a_clock_set_back_is_no_setting_forward() {
        let stamps = ["2026-01-15T10:30:00", "2026-05-04T10:42:10", "2026-05-04T10:44:10", "2026-05-04T09:45:10"];
        let (_, settings) = told(&berlin(), &stamps);
        assert_eq!(settings.iter().map(|one| one.record).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_clock_set_right_again_ends_the_stretch() {
        let stamps = ["2026-05-04T10:00:00", "2001-01-01T00:00:10", "2001-01-01T00:00:40", "2026-05-04T10:03:00"];
        let (_, settings) = told(&berlin(), &stamps);
        assert_eq!(settings.iter().map(|one| one.record).collect::<Vec<_>>(), [1, 3]);
        assert!(settings[0].seconds < 0 && settings[1].seconds > 0, "{settings:?}");
    }

    #[test]
    fn endless_settings_and_leaps_are_bounded() {
        let zone = Zone::offset(0);
        let mut clock = Clock::new(&zone);
        for record in 0..10_000 {
            let day = if record % 2 == 0 { "2026-05-04T10:00:00" } else { "2026-05-04T09:00:00" };
            clock.next(Stamp::Local(day.parse().unwrap()), record);
        }
        assert!(clock.leaps.len() <= MOST_LEAPS);
        assert_eq!(clock.settings().len(), MOST_SETTINGS);
    }
}
