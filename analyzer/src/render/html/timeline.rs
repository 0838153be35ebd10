//! The timeline as a picture: changes above the axis, failures below, each at its time.

use jiff::Timestamp;

use crate::report::Moment;

/// Left and right end of the axis in the picture's units.
const AXIS: (i128, i128) = (20, 980);

/// The picture's marks.
pub(super) struct Timeline<'a> {
    pub(super) marks: Vec<Mark<'a>>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
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

impl<'a> Timeline<'a> {
    /// Places `moments` (ascending); `None` without any.
    pub(super) fn new(moments: &'a [Moment]) -> Option<Self> {
        let times: Vec<i128> = moments.iter().map(|moment| nanoseconds(&moment.time)).collect();
        let (first, last) = (*times.first()?, *times.last()?);
        let marks = moments
            .iter()
            .zip(&times)
            .enumerate()
            .map(|(place, (moment, time))| {
                let change = moment.kind == "change";
                // Neighbours at three heights, so that a burst does not become one blot.
                let lift = 15 * (place as i128 % 3);
                Mark {
                    x: AXIS.0 + (AXIS.1 - AXIS.0) * (time - first) / (last - first).max(1),
                    y: if change { 60 - lift } else { 90 + lift },
                    kind: if change { "change" } else { "failure" },
                    first: moment.first_failure,
                    time: &moment.time,
                    text: &moment.text,
                }
            })
            .collect();
        Some(Self { marks, from: &moments.first()?.time, to: &moments.last()?.time })
    }
}

fn nanoseconds(time: &str) -> i128 {
    time.parse::<Timestamp>().map_or(0, Timestamp::as_nanosecond)
}
