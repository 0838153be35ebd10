//! The rules of a PC's time zone, year by year, as Windows keeps them: from local time to the moment it means. Owns what
//! an hour means that the clock ran through twice or not at all; reads no registry and knows no zone by name.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time, Weekday},
};

/// Local time is at most so many minutes away from UTC.
const FARTHEST_MINUTES: i32 = 16 * 60;

/// What is known of a PC's local time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone {
    known: Known,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Known {
    #[default]
    Nothing,
    /// Minutes east of UTC at one moment; whether there is summer time is not known.
    Offset(i32),
    /// The rules, by the first year for which they hold; those of the first entry hold before it too.
    Rules(BTreeMap<i16, YearRule>),
}

/// The rules of one year: offsets in minutes east of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearRule {
    /// Offset of standard time.
    pub standard: i32,
    /// Summer time, where there is any.
    pub summer: Option<Summer>,
}

/// Summer time of one year; on the southern half it ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summer {
    /// Offset in minutes east of UTC.
    pub offset: i32,
    /// When it begins, in standard time.
    pub begins: Change,
    /// When it ends, in summer time.
    pub ends: Change,
}

/// A day of the year on which the clock is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The only year in which it happens, and then `nth` is the day of the month; every year where absent.
    pub year: Option<i16>,
    /// 1 to 12.
    pub month: i8,
    /// Which of the month's days of that name, 1 to 5; 5 is the last.
    pub nth: i8,
    /// Name of the day, 0 is Sunday.
    pub weekday: i8,
    /// Time of day by the clock that is about to be changed.
    pub time: Time,
}

/// What a local time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The moment, or the earlier of two.
    pub first: Timestamp,
    /// The later of two: the clock ran through this hour twice.
    pub second: Option<Timestamp>,
    /// How sure that is.
    pub sure: Sure,
}

/// How sure a moment made out of local time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// The zone's rules leave no doubt.
    Rules,
    /// By one known offset: an hour off in the other half of the year, where there is summer time.
    Offset,
    /// The clock ran through this hour twice.
    Repeated,
    /// The clock never showed this hour.
    Skipped,
}

impl Change {
    /// The local time of the change in `year`, if there is one.
    fn in_year(&self, year: i16) -> Option<DateTime> {
        let date = match self.year {
            Some(own) if own == year => Date::new(year, self.month, self.nth).ok()?,
            Some(_) => return None,
            None => {
                let name = Weekday::from_sunday_zero_offset(self.weekday).ok()?;
                let nth = if self.nth >= 5 { -1 } else { self.nth };
                Date::new(year, self.month, 1).ok()?.nth_weekday_of_month(nth, name).ok()?
            }
        };
        Some(date.to_datetime(self.time))
    }
}

impl YearRule {
    /// The offset in force at `moment`, by the rules of `year`.
    fn offset(&self, moment: Timestamp, year: i16) -> i32 {
        let Some(summer) = self.summer else { return self.standard };
        let begins = summer.begins.in_year(year).and_then(|local| at(local, self.standard));
        let ends = summer.ends.in_year(year).and_then(|local| at(local, summer.offset));
        let (Some(begins), Some(ends)) = (begins, ends) else { return self.standard };
        let warm = if begins <= ends { (begins..ends).contains(&moment) } else { !(ends..begins).contains(&moment) };
        if warm { summer.offset } else { self.standard }
    }

    fn meaning(&self, local: DateTime) -> Option<Meaning> {
        let offsets = [Some(self.standard), self.summer.map(|summer| summer.offset)];
        let valid = offsets.into_iter().flatten().filter_map(|offset| {
            let moment = at(local, offset)?;
            (self.offset(moment, local.year()) == offset).then_some(moment)
        });
        let mut valid: Vec<Timestamp> = valid.collect();
        valid.sort();
        valid.dedup();
        Some(match valid[..] {
            [one] => Meaning { first: one, second: None, sure: Sure::Rules },
            [first, second, ..] => Meaning { first, second: Some(second), sure: Sure::Repeated },
            [] => Meaning { first: at(local, self.standard)?, second: None, sure: Sure::Skipped },
        })
    }
}

impl Zone {
    /// Local time is `minutes` east of UTC, and nothing else is known.
    #[must_use]
    pub fn offset(minutes: i32) -> Self {
        let sane = minutes.abs() <= FARTHEST_MINUTES;
        Self { known: if sane { Known::Offset(minutes) } else { Known::Nothing } }
    }

    /// Local time follows `rules`, each from its year on; without any, nothing is known.
    #[must_use]
    pub fn rules(rules: BTreeMap<i16, YearRule>) -> Self {
        Self { known: if rules.is_empty() { Known::Nothing } else { Known::Rules(rules) } }
    }

    /// What `local` means; `None` where nothing is known of local time.
    #[must_use]
    pub fn meaning(&self, local: DateTime) -> Option<Meaning> {
        match &self.known {
            Known::Nothing => None,
            Known::Offset(minutes) => Some(Meaning { first: at(local, *minutes)?, second: None, sure: Sure::Offset }),
            Known::Rules(rules) => {
                let own = rules.range(..=local.year()).next_back().or_else(|| rules.first_key_value());
                own?.1.meaning(local)
            }
        }
    }
}

/// The moment at which a clock `minutes` east of UTC shows `local`.
fn at(local: DateTime, minutes: i32) -> Option<Timestamp> {
    let shift = SignedDuration::from_mins(i64::from(minutes));
    let utc = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    utc.checked_sub(shift).ok()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn change(month: i8, nth: i8, hour: i8) -> Change {
        Change { year: None, month, nth, weekday: 0, time: Time::constant(hour, 0, 0, 0) }
    }

    fn zone(standard: i32, begins: Change, ends: Change) -> Zone {
        let summer = Summer { offset: standard + 60, begins, ends };
        Zone::rules([(1, YearRule { standard, summer: Some(summer) })].into())
    }

    /// Zones as Windows has them, with the name that the public time zone database has for one of their cities.
    fn zones() -> [(&'static str, Zone); 4] {
        [
            ("Europe/Berlin", zone(60, change(3, 5, 2), change(10, 5, 3))),
            ("America/New_York", zone(-300, change(3, 2, 2), change(11, 1, 2))),
            ("Australia/Sydney", zone(600, change(10, 1, 2), change(4, 1, 3))),
            ("Pacific/Auckland", zone(720, change(9, 5, 2), change(4, 1, 3))),
        ]
    }

    #[test]
    fn every_half_hour_of_five_years_means_what_the_public_database_says() {
        for (name, zone) in zones() {
            let public = TimeZone::get(name).unwrap();
            let mut local: DateTime = "2021-01-01T00:15:00".parse().unwrap();
            let (mut repeated, mut skipped) = (0, 0);
            while local.year() < 2026 {
                let found = zone.meaning(local).unwrap();
                let asked = public.to_ambiguous_timestamp(local);
                assert_eq!(asked.is_ambiguous(), found.sure != Sure::Rules, "{name} {local}");
                match found.sure {
                    Sure::Rules => assert_eq!(asked.unambiguous().unwrap(), found.first, "{name} {local}"),
                    Sure::Repeated => {
                        repeated += 1;
                        let both = [asked.earlier().unwrap(), asked.later().unwrap()];
                        assert_eq!(both, [found.first, found.second.unwrap()], "{name} {local}");
                    }
                    _ => {
                        skipped += 1;
                        assert_eq!(asked.compatible().unwrap(), found.first, "{name} {local}");
                    }
                }
                local = local.checked_add(SignedDuration::from_mins(30)).unwrap();
            }
            assert_eq!((repeated, skipped), (10, 10), "{name}: two half hours each year");
        }
    }

    #[test]
    fn a_year_has_its_own_rules() {
        // Moscow: summer time for the last time in 2010, +4 all year from 2011, +3 from the end of October 2014.
        let summer = Summer { offset: 240, begins: change(3, 5, 2), ends: change(10, 5, 3) };
        let fixed = |standard| YearRule { standard, summer: None };
        let zone = Zone::rules(
            [(2010, YearRule { standard: 180, summer: Some(summer) }), (2012, fixed(240)), (2015, fixed(180))].into(),
        );
        for (local, moment) in [
            ("2009-01-15T12:00:00", "2009-01-15T09:00:00Z"),
            ("2010-07-15T12:00:00", "2010-07-15T08:00:00Z"),
            ("2012-01-15T12:00:00", "2012-01-15T08:00:00Z"),
            ("2024-07-15T12:00:00", "2024-07-15T09:00:00Z"),
        ] {
            let found = zone.meaning(local.parse().unwrap()).unwrap();
            assert_eq!((found.first.to_string().as_str(), found.sure), (moment, Sure::Rules));
        }
        let once = Change { year: Some(2010), month: 3, nth: 28, weekday: 0, time: Time::constant(2, 0, 0, 0) };
        assert_eq!(once.in_year(2010).unwrap().to_string(), "2010-03-28T02:00:00");
        assert_eq!(once.in_year(2011), None);
    }

    #[test]
    fn an_offset_alone_is_less_sure_and_a_senseless_one_says_nothing() {
        let found = Zone::offset(120).meaning("2024-01-06T07:08:09".parse().unwrap()).unwrap();
        assert_eq!((found.first.to_string().as_str(), found.sure), ("2024-01-06T05:08:09Z", Sure::Offset));
        assert_eq!(Zone::default().meaning("2024-01-06T07:08:09".parse().unwrap()), None);
        assert_eq!(Zone::offset(5000), Zone::default());
        let edge: DateTime = "9999-12-31T23:59:59".parse().unwrap();
        assert_eq!(Zone::offset(-600).meaning(edge), None, "beyond the last moment that can be told");
    }
}
