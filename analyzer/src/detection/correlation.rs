//! Counts, neighbours, sequences and absence over records with a time. Owns how several records make one sign; records
//! without a time make it unknown where it might have been.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use koff_bundle::acquisition::State;

use super::{Detection, Problem, matcher::shown, source::CorrelationSource, stretch};
use crate::{
    facts::{Datum, Field, FieldType, Kind, Record},
    verdict::{Truth, Unknown},
};

/// How records must lie to each other.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// What is looked for.
    pub sign: Sign,
    /// Within this time.
    pub timeframe: SignedDuration,
    /// Only records with equal values of these fields count together.
    pub by: Vec<&'static Field>,
}

/// What a correlation looks for; texts are names of selections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// So many records that match the condition.
    Count(usize),
    /// All of these, in any order.
    Near(Vec<String>),
    /// All of these, in this order.
    Sequence(Vec<String>),
    /// The first, and not the second after it.
    AbsentAfter(String, String),
}

/// One place where the sign was seen: indices of its records, in time order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Indices into the records given.
    pub records: Vec<usize>,
}

/// What was seen, and why more may have been there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Certain hits.
    pub hits: Vec<Hit>,
    /// Reasons why there may be one that could not be told.
    pub maybe: Vec<Unknown>,
}

/// The duration that `text` says: a number and `s`, `m`, `h` or `d`.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| (1..100_000).contains(number))?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    Some(SignedDuration::from_secs(number * seconds))
}

/// The correlation that `source` says about selections of `detection`.
///
/// # Errors
/// All problems found.
pub fn compile(
    kind: &'static Kind,
    source: &CorrelationSource,
    detection: &Detection,
) -> Result<Correlation, Vec<Problem>> {
    let mut problems = Vec::new();
    if kind.field("time").is_none_or(|field| field.ty != FieldType::Time) {
        problems.push(Problem::new("correlation", format!("`{}` records have no time to correlate by", kind.name)));
    }
    let signs = [
        source.count.map(Sign::Count),
        source.near.clone().map(Sign::Near),
        source.sequence.clone().map(Sign::Sequence),
        source.absent_after.clone().map(|pair| Sign::AbsentAfter(pair.after, pair.expect)),
    ];
    let mut signs = signs.into_iter().flatten();
    let (sign, more) = (signs.next(), signs.next());
    let names: Vec<&String> = match &sign {
        Some(Sign::Near(names) | Sign::Sequence(names)) => names.iter().collect(),
        Some(Sign::AbsentAfter(after, expect)) => vec![after, expect],
        _ => Vec::new(),
    };
    let counted = matches!(sign, Some(Sign::Count(_)));
    if more.is_some() || sign.is_none() {
        problems
            .push(Problem::new("correlation", "expected exactly one of `count`, `near`, `sequence`, `absent_after`"));
    }
    if matches!(sign, Some(Sign::Count(0 | 1))) {
        problems.push(Problem::new("count:", "`count` of fewer than 2 is no correlation"));
    }
    if !counted && names.len() < 2 {
        problems.push(Problem::new("correlation", "expected at least two selections"));
    }
    for name in names {
        if !detection.selections.iter().any(|(own, _)| own == name) {
            problems.push(Problem::new(name, format!("expected the name of a selection, found `{name}`")));
        }
    }
    if !counted && detection.condition.is_some() {
        problems.push(Problem::new("condition:", "a correlation of selections takes the place of `condition`"));
    }
    if counted && detection.condition.is_none() {
        problems.push(Problem::new("detection", "`count` counts records that match `condition`, and there is none"));
    }
    let timeframe = duration(&source.timeframe);
    if timeframe.is_none() {
        problems.push(Problem::new(&source.timeframe, "expected a time such as 30s, 10m, 2h or 7d"));
    }
    let mut by = Vec::new();
    for name in &source.by {
        match kind.field(name) {
            Some(field) => by.push(field),
            None => problems.push(Problem::new(name, format!("`{}` has no field `{name}`", kind.name))),
        }
    }
    match (sign, timeframe) {
        (Some(sign), Some(timeframe)) if problems.is_empty() => Ok(Correlation { sign, timeframe, by }),
        _ => Err(problems),
    }
}

/// A record with its place and time; `None` where it has no time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed<'a> {
    pub(super) index: usize,
    pub(super) time: Option<Timestamp>,
    pub(super) record: &'a Record,
}

impl Correlation {
    /// Where the sign was seen among `records` (those that apply, with their indices).
    #[must_use]
    pub fn find(&self, detection: &Detection, records: &[(usize, &Record)]) -> Seen {
        let mut groups: BTreeMap<Vec<String>, Vec<Timed<'_>>> = BTreeMap::new();
        for &(index, record) in records {
            let key = self.by.iter().map(|field| shown(record.get(field.name))).collect();
            let time = match record.get("time") {
                Datum::Time(time) => Some(*time),
                _ => None,
            };
            groups.entry(key).or_default().push(Timed { index, time, record });
        }
        let mut seen = Seen::default();
        for group in groups.values_mut() {
            group.sort_by_key(|one| (one.time, one.index));
            let parts = stretch::parts(group);
            for part in &parts {
                let found = self.sign(detection, part);
                seen.hits.extend(found.hits);
                seen.maybe.extend(found.maybe);
            }
            // What the clock's being set lies between is told by order, but not within which time.
            let over = |hit: &Hit| stretch::crosses(hit, group);
            if parts.len() > 1 && self.sign(detection, &stretch::joined(group)).hits.iter().any(over) {
                let what = "how much time passed while the clock was set";
                seen.maybe.push(Unknown::new(State::Absent, what));
            }
        }
        seen.hits.sort_by(|a, b| a.records.cmp(&b.records));
        seen.hits.dedup();
        seen.maybe.sort();
        seen.maybe.dedup();
        seen
    }

    /// Where the sign was seen in `group`, whose times can be compared and ascend.
    fn sign(&self, detection: &Detection, group: &[Timed<'_>]) -> Seen {
        match &self.sign {
            Sign::Count(least) => self.count(detection, group, *least),
            Sign::Near(names) => self.chain(detection, group, names, false),
            Sign::Sequence(names) => self.chain(detection, group, names, true),
            Sign::AbsentAfter(after, expect) => self.absent(detection, group, after, expect),
        }
    }

    fn count(&self, detection: &Detection, group: &[Timed<'_>], least: usize) -> Seen {
        let judged: Vec<(&Timed<'_>, Truth)> = group.iter().map(|one| (one, detection.truth(one.record))).collect();
        let certain: Vec<(Timestamp, usize)> = judged
            .iter()
            .filter(|(_, truth)| *truth == Truth::True)
            .filter_map(|(one, _)| Some((one.time?, one.index)))
            .collect();
        let mut hits: Vec<Hit> = Vec::new();
        let mut end = 0;
        for (start, (from, _)) in certain.iter().enumerate() {
            let inside =
                certain.iter().skip(start).take_while(|(time, _)| time.duration_since(*from) <= self.timeframe);
            let stop = start + inside.count();
            if stop - start < least {
                continue;
            }
            let fresh = certain.get(start.max(end)..stop).unwrap_or(&[]).iter().map(|(_, index)| *index);
            match hits.last_mut().filter(|_| start < end) {
                Some(hit) => hit.records.extend(fresh),
                None => hits.push(Hit { records: fresh.collect() }),
            }
            end = end.max(stop);
        }
        let possible: Vec<&(&Timed<'_>, Truth)> = judged.iter().filter(|(_, truth)| *truth != Truth::False).collect();
        // A record that could not be read at all stands for a stream of any length.
        let unread = possible.iter().any(|(one, _)| matches!(one.record.get("time"), Datum::Unknown(_)));
        let enough = unread || (possible.len() >= least && !self.spread(&possible, least));
        let maybe = if hits.is_empty() && enough { doubts(&possible) } else { Vec::new() };
        Seen { hits, maybe }
    }

    /// Whether even with every doubtful record no window holds `least`.
    fn spread(&self, possible: &[&(&Timed<'_>, Truth)], least: usize) -> bool {
        let untimed = possible.iter().filter(|(one, _)| one.time.is_none()).count();
        let times: Vec<Timestamp> = possible.iter().filter_map(|(one, _)| one.time).collect();
        let fullest = (0..times.len())
            .map(|start| {
                let from = times.get(start).copied();
                times
                    .iter()
                    .skip(start)
                    .take_while(|t| from.is_some_and(|f| t.duration_since(f) <= self.timeframe))
                    .count()
            })
            .max()
            .unwrap_or(0);
        fullest + untimed < least
    }

    fn chain(&self, detection: &Detection, group: &[Timed<'_>], names: &[String], ordered: bool) -> Seen {
        let judged: Vec<Vec<(&Timed<'_>, Truth)>> = names
            .iter()
            .map(|name| {
                let all = group.iter().map(|one| (one, detection.selected(name, one.record)));
                all.filter(|(_, truth)| *truth != Truth::False).collect()
            })
            .collect();
        let certain = |one: &(&Timed<'_>, Truth)| one.1 == Truth::True;
        let mut hits = Vec::new();
        for anchor in judged.iter().take(if ordered { 1 } else { judged.len() }).flatten().filter(|one| certain(one)) {
            let Some(from) = anchor.0.time else { continue };
            let mut records = vec![anchor.0.index];
            let mut last = (from, anchor.0.index);
            for others in judged.iter().skip(usize::from(ordered)) {
                let fits = |one: &&(&Timed<'_>, Truth)| {
                    one.0.time.is_some_and(|time| {
                        let order = !ordered || (time, one.0.index) > last;
                        certain(one) && order && time >= from && time.duration_since(from) <= self.timeframe
                    })
                };
                let Some((next, _)) = others.iter().find(fits) else { break };
                if let Some(time) = next.time {
                    last = (time, next.index);
                }
                records.push(next.index);
            }
            if records.len() == names.len() + usize::from(!ordered) {
                records.sort_unstable();
                records.dedup();
                hits.push(Hit { records });
            }
        }
        hits.dedup();
        let doubtful = judged.iter().flatten().any(|one| !certain(one) || one.0.time.is_none());
        let maybe = if hits.is_empty() && doubtful && judged.iter().all(|found| !found.is_empty()) {
            doubts(&judged.iter().flatten().collect::<Vec<_>>())
        } else {
            Vec::new()
        };
        Seen { hits, maybe }
    }

    fn absent(&self, detection: &Detection, group: &[Timed<'_>], after: &str, expect: &str) -> Seen {
        let mut seen = Seen::default();
        for one in group {
            // A log whose clock was set tells nothing of the time behind its own stretch.
            let own = stretch::number(one.record);
            let same = group.iter().filter(|other| own.is_none() || stretch::number(other.record) == own);
            let last = same.filter_map(|other| other.time).max();
            let truth = detection.selected(after, one.record);
            let (Some(from), true) = (one.time, truth != Truth::False) else {
                if truth != Truth::False {
                    seen.maybe.extend(doubts(&[&(one, truth)]));
                }
                continue;
            };
            let inside = |time: Timestamp| time >= from && time.duration_since(from) <= self.timeframe;
            let followers: Vec<(&Timed<'_>, Truth)> = group
                .iter()
                .filter(|other| other.index != one.index && other.time.is_none_or(inside))
                .map(|other| (other, detection.selected(expect, other.record)))
                .filter(|(_, truth)| *truth != Truth::False)
                .collect();
            if followers.iter().any(|(other, truth)| *truth == Truth::True && other.time.is_some()) {
                continue;
            }
            let covered = last.is_some_and(|last| last.duration_since(from) >= self.timeframe);
            if truth == Truth::True && followers.is_empty() && covered {
                seen.hits.push(Hit { records: vec![one.index] });
            } else if !covered {
                seen.maybe.push(Unknown::new(State::Truncated, "the log ends before it can be told"));
            } else {
                let mut all: Vec<&(&Timed<'_>, Truth)> = followers.iter().collect();
                let own = (one, truth);
                all.push(&own);
                seen.maybe.extend(doubts(&all));
            }
        }
        seen
    }
}

/// Why these records do not tell.
fn doubts(records: &[&(&Timed<'_>, Truth)]) -> Vec<Unknown> {
    let mut reasons: Vec<Unknown> = Vec::new();
    for (one, truth) in records {
        if let Truth::Unknown(found) = truth {
            reasons.extend(found.iter().cloned());
        }
        match one.record.get("time") {
            Datum::Unknown(found) => reasons.extend(found.iter().cloned()),
            Datum::Time(_) => {}
            _ => reasons.push(Unknown::new(State::Absent, "records without a time")),
        }
    }
    reasons.sort();
    reasons.dedup();
    reasons
}
