//! The timeline as a picture: changes above the axis, failures below, each at its time, the first failure marked.

use jiff::{Timestamp, tz::TimeZone};

use crate::report::Moment;

/// Left and right end of the axis in the picture's units.
const AXIS: (i128, i128) = (90, 975);
/// Height of the axis.
const MIDDLE: i128 = 100;
/// Marks nearer than this to each other stand at different heights.
const NEAR: i128 = 12;
/// Heights on each side.
const LANES: usize = 5;

/// The picture.
pub(super) struct Timeline<'a> {
    pub(super) marks: Vec<Mark<'a>>,
    pub(super) ticks: Vec<Tick>,
    pub(super) first: Option<First>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) changes: usize,
    pub(super) failures: usize,
    pub(super) axis: i128,
    pub(super) height: i128,
}

/// One mark.
pub(super) struct Mark<'a> {
    pub(super) x: i128,
    pub(super) y: i128,
    pub(super) kind: &'static str,
    pub(super) first: bool,
    pub(super) time: &'a str,
    pub(super) text: &'a str,
}

/// A date at the axis.
pub(super) struct Tick {
    pub(super) x: i128,
    pub(super) anchor: &'static str,
    pub(super) text: String,
}

/// Where the first failure is named.
pub(super) struct First {
    pub(super) x: i128,
    pub(super) label: i128,
    pub(super) anchor: &'static str,
    pub(super) time: String,
}

impl<'a> Timeline<'a> {
    /// Places `moments` (ascending); `None` without any.
    pub(super) fn new(moments: &'a [Moment]) -> Option<Self> {
        let times: Vec<i128> = moments.iter().map(|moment| nanoseconds(&moment.time)).collect();
        let (start, end) = (*times.first()?, *times.last()?);
        let place = |time: i128| AXIS.0 + (AXIS.1 - AXIS.0) * (time - start) / (end - start).max(1);
        let (mut above, mut below) = ([i128::MIN; LANES], [i128::MIN; LANES]);
        let marks: Vec<Mark<'a>> = moments
            .iter()
            .zip(&times)
            .map(|(moment, time)| {
                let x = place(*time);
                let kind = match moment.kind.as_str() {
                    "change" | "clock" => "change",
                    "file" => "file",
                    _ => "failure",
                };
                let change = kind != "failure";
                let lift = 18 + 14 * lane(if change { &mut above } else { &mut below }, x);
                Mark {
                    x,
                    y: if change { MIDDLE - lift } else { MIDDLE + lift },
                    kind,
                    first: moment.first_failure,
                    time: &moment.time,
                    text: &moment.text,
                }
            })
            .collect();
        let first = marks.iter().find(|mark| mark.first).map(|mark| {
            let anchor = anchor(mark.x);
            First { x: mark.x, label: mark.x, anchor, time: short(nanoseconds(mark.time), true) }
        });
        let fine = end - start < 3 * 24 * 3600 * 1_000_000_000;
        let tick = |time: i128| Tick { x: place(time), anchor: anchor(place(time)), text: short(time, fine) };
        let mut ticks = vec![tick(start)];
        if end > start {
            ticks.extend([tick((start + end) / 2), tick(end)]);
        }
        let changes = marks.iter().filter(|mark| mark.kind != "failure").count();
        let failures = marks.len() - changes;
        let (from, to) = (&moments.first()?.time, &moments.last()?.time);
        Some(Self { marks, ticks, first, from, to, changes, failures, axis: MIDDLE, height: 2 * MIDDLE + 6 })
    }
}

/// The lowest height at which nothing stands near `x`; the highest where all are taken.
fn lane(taken: &mut [i128; LANES], x: i128) -> i128 {
    let free = taken.iter().position(|last| *last == i128::MIN || x - *last >= NEAR).unwrap_or(LANES - 1);
    if let Some(last) = taken.get_mut(free) {
        *last = x;
    }
    free as i128
}

/// Which end of a text stands at `x`, so that it stays inside.
fn anchor(x: i128) -> &'static str {
    match x {
        ..=250 => "start",
        251..=750 => "middle",
        _ => "end",
    }
}

/// Day, and the time where that matters.
fn short(time: i128, fine: bool) -> String {
    let Ok(time) = Timestamp::from_nanosecond(time) else { return String::new() };
    let format = if fine { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
    time.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

fn nanoseconds(time: &str) -> i128 {
    time.parse::<Timestamp>().map_or(0, Timestamp::as_nanosecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_becomes_a_column_and_everything_stays_inside() {
        let moment = |second: i64, kind: &str| Moment {
            time: Timestamp::from_second(1_790_000_000 + second).unwrap().to_string(),
            kind: kind.to_owned(),
            text: "x".to_owned(),
            first_failure: second == 500,
        };
        let moments: Vec<Moment> =
            (0..40).map(|n| moment(n, "change")).chain([moment(500, "failure"), moment(99_999, "failure")]).collect();
        let picture = Timeline::new(&moments).unwrap();
        let inside =
            |mark: &Mark<'_>| (AXIS.0..=AXIS.1).contains(&mark.x) && (20..picture.height - 20).contains(&mark.y);
        assert!(picture.marks.iter().all(inside));
        let heights: std::collections::BTreeSet<i128> = picture.marks.iter().take(5).map(|mark| mark.y).collect();
        assert_eq!(heights.len(), LANES, "neighbours stand at different heights");
        assert!(picture.first.is_some() && picture.changes == 40 && picture.ticks.len() == 3);
        assert!(Timeline::new(&[]).is_none());
    }
}
