//! Logs whose clock was set while they were written: times on both sides of a setting cannot be compared, the order of the
//! lines can. Owns which records may be timed against each other, and the shortest time that may lie between the others.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::correlation::{Hit, Timed};
use crate::facts::{Datum, Record};

/// How often the clock was set above this record; `None` where it never was in its file.
pub(super) fn number(record: &Record) -> Option<i64> {
    match record.get("clock_settings") {
        Datum::Number(number) => Some(*number),
        _ => None,
    }
}

/// `group` in parts within which times can be compared: one for each stretch between two settings, with the records of
/// undisturbed logs in each. One part where nothing was set.
pub(super) fn parts<'a>(group: &[Timed<'a>]) -> Vec<Vec<Timed<'a>>> {
    let mut numbers: Vec<i64> = group.iter().filter_map(|one| number(one.record)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        return vec![group.to_vec()];
    }
    let fits = |wanted: i64| group.iter().filter(move |one| number(one.record).is_none_or(|own| own == wanted));
    numbers.into_iter().map(|wanted| fits(wanted).copied().collect()).collect()
}

/// `group` with the stretches of each log moved together, so that no time passes while the clock is set: more may have
/// passed, never less. Ordered by those times.
pub(super) fn joined<'a>(group: &[Timed<'a>]) -> Vec<Timed<'a>> {
    let mut by_place: Vec<Timed<'a>> = group.to_vec();
    by_place.sort_by_key(|one| one.index);
    // By log: the stretch it is in, how far that is moved, and the last time so moved.
    let mut logs: BTreeMap<String, (i64, SignedDuration, Timestamp)> = BTreeMap::new();
    for one in &mut by_place {
        let (Some(number), Some(time)) = (number(one.record), one.time) else { continue };
        let Datum::Text(log) = one.record.get("artifact") else { continue };
        let shift = match logs.get(log) {
            Some((known, shift, _)) if *known == number => *shift,
            Some((_, _, last)) => last.duration_since(time),
            None => SignedDuration::ZERO,
        };
        let Ok(moved) = time.checked_add(shift) else { continue };
        one.time = Some(moved);
        let last = logs.get(log).map_or(moved, |(_, _, last)| moved.max(*last));
        logs.insert(log.clone(), (number, shift, last));
    }
    by_place.sort_by_key(|one| (one.time, one.index));
    by_place
}

/// Whether the clock was set between records of `hit`.
pub(super) fn crosses(hit: &Hit, group: &[Timed<'_>]) -> bool {
    let own = group.iter().filter(|one| hit.records.contains(&one.index));
    let mut numbers: Vec<i64> = own.filter_map(|one| number(one.record)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len() > 1
}
