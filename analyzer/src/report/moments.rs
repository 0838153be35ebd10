//! What a report says of the host beside its findings: one line about it, an inventory, and the merged timeline of
//! changes and failures.

use super::Moment;
use crate::facts::{Datum, Facts, Record};

/// Marks kept: those nearest to the first failure.
const MOST_MARKS: usize = 200;

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
        ("Office", "office", &["release", "version", "bitness", "channel"]),
        ("Connector", "connector", &["version", "build", "install_folder"]),
        ("Server", "connector", &["server_version", "server_build"]),
        ("Outlook profile", "profile", &["name", "user"]),
        ("Local cache", "cache", &["path", "database_mb"]),
        ("Service", "service", &["name", "start", "running"]),
    ];
    let mut inventory = Vec::new();
    for (label, kind, fields) in rows {
        for record in records(facts, kind) {
            let value = match *label {
                "Local cache" => cache(record),
                "Service" => service(record),
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

/// Changes, crashes, hangs and logged errors by time.
pub(super) fn timeline(facts: &Facts) -> Vec<Moment> {
    let mut marks: Vec<(jiff::Timestamp, bool, String)> = Vec::new();
    for record in records(facts, "change") {
        if let Datum::Time(time) = record.get("time") {
            marks.push((*time, false, joined(record, &["what", "name"]).unwrap_or_default()));
        }
    }
    for record in records(facts, "event") {
        let about_us = record.get("program") != &Datum::Absent || crate::facts::event::names_kerio(record);
        if let (Datum::Time(time), Datum::Number(1..=3), true) = (record.get("time"), record.get("level"), about_us) {
            let text = joined(record, &["provider", "id", "program", "module", "exception"]).unwrap_or_default();
            marks.push((*time, true, text));
        }
    }
    for record in records(facts, "log") {
        if let Datum::Time(time) = record.get("time") {
            marks.push((*time, true, joined(record, &["source", "text"]).unwrap_or_default()));
        }
    }
    marks.sort();
    marks.dedup();
    let first = marks.iter().position(|(_, failure, _)| *failure);
    let start = first.unwrap_or(marks.len()).saturating_sub(MOST_MARKS / 2);
    marks
        .into_iter()
        .enumerate()
        .skip(start)
        .take(MOST_MARKS)
        .map(|(place, (time, failure, text))| Moment {
            time: time.to_string(),
            kind: if failure { "failure" } else { "change" }.to_owned(),
            text: text.chars().take(200).collect(),
            first_failure: Some(place) == first,
        })
        .collect()
}
