//! What a report says of the host beside its findings: one line about it, an inventory, and the merged timeline of
//! changes and failures.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Moment;
use crate::{
    evidence::Evidence,
    facts::{Datum, Facts, Record, Table, failure},
    finding::Finding,
};

/// Marks kept: those nearest to the first failure.
const MOST_MARKS: usize = 200;

/// The kind of mark that a failure has.
const FAILURE: &str = "failure";

fn records<'a>(facts: &'a Facts, kind: &str) -> &'a [Record] {
    facts.tables.get(kind).map(|table| table.records.as_slice()).unwrap_or_default()
}

/// A field as people read it; `None` where it is absent or unknown.
fn shown(record: &Record, field: &str) -> Option<String> {
    match record.get(field) {
        Datum::Text(text) => Some(text.clone()),
        Datum::Number(number) => Some(number.to_string()),
        Datum::Time(time) => Some(time.to_string()),
        Datum::Bool(value) => Some(if *value { "yes" } else { "no" }.to_owned()),
        Datum::List(list) if !list.is_empty() => Some(list.join(", ")),
        _ => None,
    }
}

fn joined(record: &Record, fields: &[&str]) -> Option<String> {
    let parts: Vec<String> = fields.iter().filter_map(|field| shown(record, field)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Windows, Office and connector in a line.
pub(super) fn host_line(facts: &Facts) -> String {
    let first = |kind: &str, fields: &[&str]| records(facts, kind).first().and_then(|record| joined(record, fields));
    let windows = first("system", &["windows", "build", "architecture"]);
    let office = first("office", &["release", "version", "bitness"]);
    let connector = first("connector", &["version", "build"]).map(|text| format!("connector {text}"));
    let line: Vec<String> = [windows, office, connector].into_iter().flatten().collect();
    if line.is_empty() { "unknown host".to_owned() } else { line.join("; ") }
}

/// Label and value of what an engineer looks up first.
pub(super) fn inventory(facts: &Facts) -> Vec<(String, String)> {
    let rows: &[(&str, &str, &[&str])] = &[
        ("Windows", "system", &["windows", "build", "ubr", "architecture"]),
        ("Memory (MiB)", "system", &["memory_mb"]),
        ("Antivirus", "system", &["antivirus"]),
        ("Firewall", "system", &["firewalls"]),
        ("Tray icon", "system", &["tray_text"]),
        ("Office", "office", &["release", "version", "bitness", "channel"]),
        ("Office activation", "office", &["activation"]),
        ("Connector", "connector", &["version", "build", "install_folder"]),
        ("Server", "connector", &["server_version", "server_build"]),
        ("Outlook profile", "profile", &["name", "user"]),
        ("Local cache", "cache", &["path", "database_mb"]),
        ("Service", "service", &["name", "start", "running"]),
        ("Add-in", "addin", &["prog_id"]),
    ];
    let mut inventory = Vec::new();
    for (label, kind, fields) in rows {
        for record in records(facts, kind) {
            let value = match *label {
                "Local cache" => cache(record),
                "Service" => service(record),
                "Office activation" => activation(record),
                "Add-in" => addin(record),
                _ => joined(record, fields),
            };
            inventory.extend(value.map(|value| ((*label).to_owned(), value)));
        }
    }
    inventory
}

fn cache(record: &Record) -> Option<String> {
    let path = shown(record, "path")?;
    let size = shown(record, "database_mb").map_or("unknown size".to_owned(), |mb| format!("{mb} MiB"));
    let free = shown(record, "free_mb").map_or("free space unknown".to_owned(), |mb| format!("{mb} MiB free"));
    Some(format!("{path}: {size}, {free}"))
}

fn service(record: &Record) -> Option<String> {
    let name = shown(record, "name")?;
    let start = shown(record, "start").unwrap_or_else(|| "unknown".to_owned());
    let running = match record.get("running") {
        Datum::Bool(true) => "running",
        Datum::Bool(false) => "not running",
        _ => "run state unknown",
    };
    Some(format!("{name}: start {start}, {running}"))
}

fn activation(record: &Record) -> Option<String> {
    let (state, whose) = (shown(record, "activation")?, shown(record, "activated_by"));
    let until = shown(record, "activation_until").map(|until| format!(", until {until}"));
    Some(format!(
        "{state}{}{}",
        whose.map(|whose| format!(" ({whose})")).unwrap_or_default(),
        until.unwrap_or_default()
    ))
}

/// The connector's own add-ins only: the others are many, and `facts --kind addin` has them.
fn addin(record: &Record) -> Option<String> {
    if *record.get("kerio") != Datum::Bool(true) {
        return None;
    }
    let name = shown(record, "name").or_else(|| shown(record, "prog_id"))?;
    let load = shown(record, "load_behavior").unwrap_or_else(|| "unknown".to_owned());
    let took = shown(record, "load_ms").map(|ms| format!(", last start took {ms} ms"));
    let policy = shown(record, "policy").map(|word| format!(", policy: {word}"));
    Some(format!("{name}: LoadBehavior {load}{}{}", took.unwrap_or_default(), policy.unwrap_or_default()))
}

/// A mark before it is text: time, kind, words.
type Mark = (Timestamp, &'static str, String);

/// Changes, file times and failures by time, the first failure marked. A log line or event is a failure if it says so by
/// itself or if a finding rests on it.
pub(super) fn timeline(facts: &Facts, findings: &[Finding]) -> Vec<Moment> {
    let quoted: BTreeSet<&Evidence> = findings.iter().flat_map(|finding| &finding.evidence).collect();
    let mut marks: Vec<Mark> = records(facts, "change").iter().filter_map(change).collect();
    marks.extend(records(facts, "cache").iter().filter_map(last_write));
    marks.extend(clock_settings(records(facts, "log")));
    for kind in ["event", "log"] {
        marks.extend(records(facts, kind).iter().filter_map(|record| failed(record, kind, &quoted)));
    }
    marks.sort();
    marks.dedup();
    let streams: Vec<&Table> = ["event", "log"].iter().filter_map(|kind| facts.tables.get(kind)).collect();
    let began = failure::first(&streams, |_| true).ok().flatten().map(|failure| failure.time);
    let is_first = |mark: &Mark| mark.1 == FAILURE && began.is_none_or(|time| mark.0 == time);
    let first = marks.iter().position(is_first);
    let start = first.unwrap_or(marks.len()).saturating_sub(MOST_MARKS / 2);
    marks
        .into_iter()
        .enumerate()
        .skip(start)
        .take(MOST_MARKS)
        .map(|(place, (time, kind, text))| Moment {
            time: time.to_string(),
            kind: kind.to_owned(),
            text: text.chars().take(200).collect(),
            first_failure: Some(place) == first,
        })
        .collect()
}

/// An update or installation, with its distance to the first failure where that is short.
fn change(record: &Record) -> Option<Mark> {
    let Datum::Time(time) = record.get("time") else { return None };
    let name = shown(record, "name").unwrap_or_default();
    let what = match shown(record, "what")?.as_str() {
        "office" => format!("Office updated to {name}"),
        "windows" => format!("Windows update {name} installed"),
        _ => format!("connector {name} installed"),
    };
    let near = record.get("before_failure") == &Datum::Bool(true);
    let before = shown(record, "hours_before_failure").filter(|_| near).map(|hours| {
        let first = shown(record, "failure").unwrap_or_else(|| "failure".to_owned());
        format!(", {hours} h before the first {first}")
    });
    Some((*time, "change", what + &before.unwrap_or_default()))
}

/// Where the clock was set while a log was written: at the first line behind it that anything asks for.
fn clock_settings(log: &[Record]) -> Vec<Mark> {
    let mut seen: BTreeSet<(String, i64)> = BTreeSet::new();
    let marks = log.iter().filter_map(|record| {
        let (Datum::Number(settings @ 1..), Datum::Time(time)) = (record.get("clock_settings"), record.get("time"))
        else {
            return None;
        };
        let (Datum::Number(seconds), Datum::Text(file)) = (record.get("clock_set_seconds"), record.get("artifact"))
        else {
            return None;
        };
        let way = if *seconds < 0 { "back" } else { "forward" };
        let amount = amount(seconds.unsigned_abs());
        let text =
            format!("the clock was set {way} by about {amount}, by {file}: times before and after do not compare");
        seen.insert((file.clone(), *settings)).then_some((*time, "clock", text))
    });
    marks.collect()
}

/// A span of time in its largest sensible unit.
fn amount(seconds: u64) -> String {
    match seconds.div_ceil(60) {
        minutes @ ..=120 => format!("{minutes} min"),
        minutes @ ..=2880 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}

fn last_write(record: &Record) -> Option<Mark> {
    let Datum::Time(time) = record.get("last_write") else { return None };
    Some((*time, "file", format!("database in {} last written", shown(record, "path")?)))
}

fn failed(record: &Record, kind: &str, quoted: &BTreeSet<&Evidence>) -> Option<Mark> {
    let Datum::Time(time) = record.get("time") else { return None };
    if failure::failing(record).is_none() && !record.evidence.iter().any(|at| quoted.contains(at)) {
        return None;
    }
    let fields: &[&str] = match kind {
        "event" if record.get("program") != &Datum::Absent => &["provider", "id", "program", "module", "exception"],
        "event" => &["provider", "id", "text"],
        _ => &["source", "text"],
    };
    Some((*time, FAILURE, joined(record, fields).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_one_mark_a_setting() {
        let line = |settings: u64, seconds: Option<i64>| {
            Record::default()
                .with("artifact", "debug.log")
                .with("time", "2026-05-04T08:45:10Z".parse::<Timestamp>().unwrap())
                .with("clock_settings", settings)
                .with("clock_set_seconds", seconds)
        };
        let log = [line(0, None), line(1, Some(-3540)), line(1, Some(-3540)), line(2, Some(7300)), Record::default()];
        let texts: Vec<String> =
            clock_settings(&log).into_iter().map(|(_, kind, text)| format!("{kind}: {text}")).collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].starts_with("clock: the clock was set back by about 59 min, by debug.log"), "{texts:?}");
        assert!(texts[1].contains("forward by about 2 h"), "{texts:?}");
        assert_eq!([amount(3540), amount(90_000), amount(864_000)], ["59 min", "25 h", "10 days"]);
    }
}
