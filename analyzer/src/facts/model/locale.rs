//! In which zone and code page the programs of a PC write: what its registry says, else the manifest's offset. Owns the
//! binary forms in which Windows keeps a zone's rules; a zone is never looked up by its name.

use std::collections::BTreeMap;

use jiff::civil::Time;
use koff_bundle::{encoding::CodePage, reader::Bundle};

use crate::facts::{
    log::zone::{Change, Summer, YearRule, Zone},
    raw::{
        input::Input,
        registry::{Key, Registry, Scope},
    },
};

const INFORMATION: &str = r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation";
const ZONES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones";
const CODE_PAGES: &str = r"SYSTEM\CurrentControlSet\Control\Nls\CodePage";

/// How the texts of a PC are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locale {
    /// Its local time.
    pub zone: Zone,
    /// What its programs write where they write no Unicode.
    pub code_page: CodePage,
}

impl Locale {
    /// That of the PC of `bundle`, where nothing else of it is read.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let input = Input::read(bundle);
        Self::read(&input, &Registry::read(&input, &BTreeMap::new()))
    }

    /// That of the PC of `input`.
    #[must_use]
    pub fn read(input: &Input, registry: &Registry) -> Self {
        let number = registry.text(&Scope::Machine, CODE_PAGES, "ACP").ok().flatten();
        let code_page = number.and_then(|seen| CodePage::of(seen.value.trim().parse().ok()?)).unwrap_or_default();
        let key = registry.key(&Scope::Machine, INFORMATION).ok().flatten();
        let rules = key.and_then(|key| rules(registry, &key)).unwrap_or_default();
        let zone = if rules.is_empty() {
            let told = input.manifest.host.utc_offset_minutes.value().copied();
            let minutes = told.or_else(|| bias(&key?, "ActiveTimeBias").and_then(i32::checked_neg));
            minutes.map(Zone::offset).unwrap_or_default()
        } else {
            Zone::rules(rules)
        };
        Self { zone, code_page }
    }
}

/// The rules by year: those of the zone's own key, else those in force.
fn rules(registry: &Registry, key: &Key<'_>) -> Option<BTreeMap<i16, YearRule>> {
    let base = bias(key, "Bias")?;
    let standard = base.checked_add(bias(key, "StandardBias").unwrap_or(0))?.checked_neg()?;
    let off = ["DynamicDaylightTimeDisabled", "DisableAutoDaylightTimeSet"];
    if off.iter().any(|name| matches!(key.number(name), Ok(Some(seen)) if seen.value != 0)) {
        return Some([(i16::MIN, YearRule { standard, summer: None })].into());
    }
    let name = key.text("TimeZoneKeyName").ok().flatten();
    let by_year = name.map(|seen| zone_key(registry, &seen.value)).unwrap_or_default();
    if !by_year.is_empty() {
        return Some(by_year);
    }
    let binary = |name: &str| fields(&key.value(name).ok()??.value.data);
    let (ends, begins) = (binary("StandardStart")?, binary("DaylightStart")?);
    let offset = base.checked_add(bias(key, "DaylightBias").unwrap_or(0))?.checked_neg()?;
    // In this key the day of the week stands last.
    let change = |[year, month, nth, hour, minute, second, milli, weekday]: [u16; 8]| {
        change(year, month, weekday, nth, [hour, minute, second, milli])
    };
    let summer = change(begins).zip(change(ends)).map(|(begins, ends)| Summer { offset, begins, ends });
    Some([(i16::MIN, YearRule { standard, summer })].into())
}

/// The rules in the zone's own key: one for all years, or one for each year that has its own.
fn zone_key(registry: &Registry, name: &str) -> BTreeMap<i16, YearRule> {
    let path = format!(r"{ZONES}\{name}");
    let binary = |path: &str, name: &str| Some(registry.value(&Scope::Machine, path, name).ok()??.value.data);
    let dynamic = format!(r"{path}\Dynamic DST");
    let mut by_year = BTreeMap::new();
    if let Ok(Some(key)) = registry.key(&Scope::Machine, &dynamic) {
        let years = key.values().filter_map(|seen| {
            let year: i16 = seen.value.name.parse().ok()?;
            Some((year, year_rule(&seen.value.data)?))
        });
        by_year.extend(years);
    }
    if by_year.is_empty() {
        by_year.extend(binary(&path, "TZI").and_then(|data| Some((i16::MIN, year_rule(&data)?))));
    }
    by_year
}

/// A `TZI` value: bias, that of standard time, that of summer time, and when each begins.
fn year_rule(data: &[u8]) -> Option<YearRule> {
    let bias = |at: usize| Some(i32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
    let base = bias(0)?;
    let standard = base.checked_add(bias(4)?)?.checked_neg()?;
    let offset = base.checked_add(bias(8)?)?.checked_neg()?;
    let change = |at: usize| {
        let [year, month, weekday, nth, time @ ..] = fields(data.get(at..)?)?;
        change(year, month, weekday, nth, time)
    };
    let summer = change(28).zip(change(12)).map(|(begins, ends)| Summer { offset, begins, ends });
    Some(YearRule { standard, summer })
}

/// A change of the clock; `None` where there is none (month 0) or it makes no sense.
fn change(year: u16, month: u16, weekday: u16, nth: u16, [hour, minute, second, milli]: [u16; 4]) -> Option<Change> {
    let small = |number: u16| i8::try_from(number).ok();
    let nanos = i32::from(milli).checked_mul(1_000_000)?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, nanos).ok()?;
    let year = if year == 0 { None } else { Some(i16::try_from(year).ok()?) };
    let (month, nth, weekday) = (small(month)?, small(nth)?, small(weekday)?);
    let sane = (1..=12).contains(&month) && (1..=31).contains(&nth) && (0..=6).contains(&weekday);
    sane.then_some(Change { year, month, nth, weekday, time })
}

/// Eight numbers of two bytes.
fn fields(data: &[u8]) -> Option<[u16; 8]> {
    let mut fields = [0; 8];
    for (field, bytes) in fields.iter_mut().zip(data.get(..16)?.chunks_exact(2)) {
        *field = u16::from_le_bytes(bytes.try_into().ok()?);
    }
    Some(fields)
}

/// A number of minutes west of UTC, stored as an unsigned one.
fn bias(key: &Key<'_>, name: &str) -> Option<i32> {
    let number = key.number(name).ok()??.value;
    u32::try_from(number).ok().map(u32::cast_signed)
}

#[cfg(test)]
mod tests {
    use jiff::{civil::DateTime, tz::TimeZone};
    use koff_bundle::manifest::HostKind;

    use super::*;
    use crate::facts::{log::zone::Sure, raw::bench::Bench};

    const CONTROL: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control";
    const CURRENT: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones";

    fn locale(blocks: &str) -> Locale {
        let bench = Bench::new(HostKind::Disk).tree(None, CONTROL, blocks).tree(None, CURRENT, blocks);
        Locale::read(&bench.0, &Registry::read(&bench.0, &BTreeMap::new()))
    }

    /// The key of a PC in this zone, as Windows writes it.
    fn information(name: &str, bias: u32, begins: &str, ends: &str) -> String {
        format!(
            "[{CONTROL}\\TimeZoneInformation]\r\n\"Bias\"=dword:{bias:08x}\r\n\"StandardBias\"=dword:00000000\r\n\
             \"DaylightBias\"=dword:ffffffc4\r\n\"DaylightStart\"=hex:{begins}\r\n\"StandardStart\"=hex:{ends}\r\n\
             \"TimeZoneKeyName\"=\"{name}\"\r\n\"ActiveTimeBias\"=dword:{bias:08x}\r\n"
        )
    }

    /// Noons of every day of `years` mean what the public time zone database says of `city`.
    fn agrees(zone: &Zone, city: &str, years: std::ops::RangeInclusive<i16>) {
        let public = TimeZone::get(city).unwrap();
        let mut noon: DateTime = format!("{}-01-01T12:00:00", years.start()).parse().unwrap();
        while noon.year() <= *years.end() {
            let found = zone.meaning(noon).unwrap();
            assert_eq!((found.first, found.sure), (public.to_timestamp(noon).unwrap(), Sure::Rules), "{city} {noon}");
            noon = noon.tomorrow().unwrap();
        }
    }

    #[test]
    fn the_rules_in_force_are_read_from_the_keys_own_form() {
        let tail = "00,00,00,00,00,00,00,00";
        for (name, bias, begins, ends, city) in [
            ("W. Europe Standard Time", 0xffff_ffc4, "03,00,05,00,02,00", "0a,00,05,00,03,00", "Europe/Berlin"),
            ("Eastern Standard Time", 300, "03,00,02,00,02,00", "0b,00,01,00,02,00", "America/New_York"),
            ("AUS Eastern Standard Time", 0xffff_fda8, "0a,00,01,00,02,00", "04,00,01,00,03,00", "Australia/Sydney"),
        ] {
            let key = information(name, bias, &format!("00,00,{begins},{tail}"), &format!("00,00,{ends},{tail}"));
            agrees(&locale(&key).zone, city, 2022..=2026);
        }
        let none = "00,".repeat(15) + "00";
        let key = information("Tokyo Standard Time", 0xffff_fde4, &none, &none);
        agrees(&locale(&key).zone, "Asia/Tokyo", 2022..=2026);
    }

    #[test]
    fn the_zones_own_key_has_the_rules_of_each_year() {
        let rule = |begins: &str, ends: &str| {
            format!(
                "2c,01,00,00,00,00,00,00,c4,ff,ff,ff,00,00,{ends},00,00,00,00,00,00,00,00,{begins},00,00,00,00,00,00"
            )
        };
        let old = rule("04,00,00,00,01,00,02,00", "0a,00,00,00,05,00,02,00");
        let new = rule("03,00,00,00,02,00,02,00", "0b,00,00,00,01,00,02,00");
        let none = "00,".repeat(15) + "00";
        let key = information("Eastern Standard Time", 300, &none, &none);
        let zone = format!(
            "{key}[{CURRENT}\\Eastern Standard Time]\r\n\"TZI\"=hex:{new}\r\n\
             [{CURRENT}\\Eastern Standard Time\\Dynamic DST]\r\n\"FirstEntry\"=dword:000007d6\r\n\
             \"LastEntry\"=dword:000007d7\r\n\"2006\"=hex:{old}\r\n\"2007\"=hex:{new}\r\n"
        );
        agrees(&locale(&zone).zone, "America/New_York", 2005..=2026);
        let off =
            zone.replace("\"ActiveTimeBias\"", "\"DynamicDaylightTimeDisabled\"=dword:00000001\r\n\"ActiveTimeBias\"");
        let summer = locale(&off).zone.meaning("2026-07-01T12:00:00".parse().unwrap()).unwrap();
        assert_eq!(summer.first.to_string(), "2026-07-01T17:00:00Z", "summer time is switched off on this PC");
    }

    #[test]
    fn without_rules_the_offset_counts_and_says_so() {
        let key = format!("[{CONTROL}\\TimeZoneInformation]\r\n\"ActiveTimeBias\"=dword:ffffff88\r\n");
        let found = locale(&key).zone.meaning("2026-01-01T12:00:00".parse().unwrap()).unwrap();
        assert_eq!((found.first.to_string().as_str(), found.sure), ("2026-01-01T10:00:00Z", Sure::Offset));
        assert_eq!(locale("").zone, Zone::default());
    }

    #[test]
    fn the_code_page_is_the_one_for_programs() {
        let key = |number: &str| format!("[{CONTROL}\\Nls\\CodePage]\r\n\"ACP\"=\"{number}\"\r\n\"OEMCP\"=\"852\"\r\n");
        assert_eq!(locale(&key("1250")).code_page, CodePage::of(1250).unwrap());
        assert_eq!(locale(&key("4711")).code_page, CodePage::default());
    }
}
