//! The customer's indicator table, one per copy of the DLL: signature, location, size, behaviour, loader, CPU and network.
//! Owns which rule belongs to which row and how the overall word follows; what is suspicious is said by the rules alone.

mod loose;

use jiff::Timestamp;
use koff_bundle::path::WinPath;

pub use self::loose::{DllFormat, Loose, run_dll};
use crate::{
    evaluate::evaluate_rule,
    facts::{Datum, Facts, Record, Table, kind},
    finding::Class,
    report::{DllRow, Indicator},
    rule::{Rule, RuleSet},
    verdict::{Unknown, Verdict},
};

/// How the overall word is derived, for `explain` and the README.
pub const OVERALL: &str = "malicious if a row is malicious; else suspicious if a row is suspicious; else `cannot tell` if \
the row signature or behaviour is unknown; else clean. Rows that only a running Windows can fill (loader, CPU and network) \
and the place of a file that was handed over by itself leave the word alone when they are unknown.";

/// Rows with the rules that decide them. A rule of the area `dll` that is not listed belongs to the loader if it asks
/// about processes, else to behaviour.
const ROWS: [(&str, &[&str]); 6] = [
    (
        "signature",
        &[
            "dll-signature-missing",
            "dll-signature-self-signed",
            "dll-signature-invalid",
            "dll-signature-expired",
            "dll-signature-revoked",
            "dll-signer-unexpected",
        ],
    ),
    ("location", &["dll-in-staging-folder", "dll-outside-kerio-folder"]),
    ("size/packing", &["dll-size-abnormal", "dll-packed"]),
    ("behaviour", &["dll-executable-behaviour", "dll-identity-mismatch", "dll-known-bad"]),
    ("loader", &["dll-loaded-by-unknown-process", "dll-loaded-by-script-host"]),
    ("CPU/network", &["dll-host-busy-while-idle", "dll-host-persistent-outbound"]),
];

/// The table of every copy in `facts`, in the order of the facts. `at` is the time of collection.
#[must_use]
pub fn rows(facts: &Facts, rules: &RuleSet, at: Option<Timestamp>) -> Vec<DllRow> {
    let Some(copies) = facts.tables.get(kind::DLL.name) else { return Vec::new() };
    copies.records.iter().map(|copy| row(copy, facts.tables.get(kind::DLL_LOAD.name), rules, at)).collect()
}

/// The table of one copy; `loads` holds every process that loaded one.
fn row(copy: &Record, loads: Option<&Table>, rules: &RuleSet, at: Option<Timestamp>) -> DllRow {
    let path = text(copy, "path");
    let facts = facts_of(copy, loads, &path);
    let judged: Vec<(&Rule, Verdict)> = rules
        .iter()
        .filter(|rule| rule.area == "dll" && rule.source.fact != kind::DLL_CONFLICT.name)
        .map(|rule| (rule, evaluate_rule(rule, rules, &facts, at).0))
        .collect();
    let indicators: Vec<Indicator> = ROWS.iter().map(|(name, _)| indicator(name, &judged, copy, &facts)).collect();
    let sha256 = Some(text(copy, "sha256")).filter(|digest| !digest.is_empty());
    DllRow { path, sha256, overall: overall(&indicators).to_owned(), indicators, evidence: copy.evidence.clone() }
}

/// The facts about one copy alone.
fn facts_of(copy: &Record, loads: Option<&Table>, path: &str) -> Facts {
    let mut facts = Facts::default();
    facts.tables.insert(kind::DLL.name, Table { records: vec![copy.clone()], gaps: Vec::new(), ..Table::default() });
    let key = WinPath::new(path).key();
    let mut held = loads.cloned().unwrap_or_default();
    held.records.retain(|load| WinPath::new(text(load, "dll")).key() == key);
    facts.tables.insert(kind::DLL_LOAD.name, held);
    facts
}

/// The row to which a rule belongs.
fn row_of(rule: &Rule) -> &'static str {
    let listed = ROWS.iter().find(|(_, rules)| rules.contains(&rule.id.as_str())).map(|(name, _)| *name);
    listed.unwrap_or(if rule.source.fact == kind::DLL_LOAD.name { "loader" } else { "behaviour" })
}

fn indicator(name: &str, judged: &[(&Rule, Verdict)], copy: &Record, facts: &Facts) -> Indicator {
    let own: Vec<&(&Rule, Verdict)> = judged.iter().filter(|(rule, _)| row_of(rule) == name).collect();
    let failing: Vec<&&(&Rule, Verdict)> = own.iter().filter(|(_, verdict)| *verdict == Verdict::Fail).collect();
    let mut reasons: Vec<&Unknown> = own
        .iter()
        .filter_map(|(_, verdict)| if let Verdict::Unknown(reasons) = verdict { Some(reasons) } else { None })
        .flatten()
        .collect();
    reasons.sort();
    reasons.dedup();
    let worst = failing.iter().filter_map(|(rule, _)| rule.source.class).max();
    let (class, why) = match worst {
        Some(class) => {
            let ids: Vec<&str> = failing.iter().map(|(rule, _)| rule.id.as_str()).collect();
            (if class == Class::Malicious { "malicious" } else { "suspicious" }, ids.join(", "))
        }
        None if reasons.is_empty() => ("clean", String::new()),
        None => ("unknown", reasons.iter().map(|why| why.words()).collect::<Vec<_>>().join("; ")),
    };
    Indicator { indicator: name.to_owned(), seen: seen(name, copy, facts), class: class.to_owned(), why }
}

fn overall(rows: &[Indicator]) -> &'static str {
    let has = |class: &str| rows.iter().any(|row| row.class == class);
    let unknown = |name: &str| rows.iter().any(|row| row.indicator == name && row.class == "unknown");
    if has("malicious") {
        "malicious"
    } else if has("suspicious") {
        "suspicious"
    } else if unknown("signature") || unknown("behaviour") {
        "cannot tell"
    } else {
        "clean"
    }
}

/// How the overall word of `dll` follows from its rows, one line a row.
#[must_use]
pub fn derivation(dll: &DllRow) -> String {
    let rows = dll.indicators.iter().map(|row| {
        let why = if row.why.is_empty() { String::new() } else { format!(" ({})", row.why) };
        let part = match (overall_part(row), row.class.as_str()) {
            (_, "clean") => "lets it be clean",
            (true, _) if row.class == dll.overall => "decides",
            (true, "unknown") if dll.overall == "cannot tell" => "decides",
            (true, _) => "outweighed by a worse row",
            (false, _) => "leaves the word alone",
        };
        format!("  {}: {}{why}; seen: {}; {part}\n", row.indicator, row.class, row.seen)
    });
    format!("{}: {}\n  rule: {OVERALL}\n{}", dll.path, dll.overall, rows.collect::<String>())
}

/// Whether a row as it stands counts for the overall word.
fn overall_part(row: &Indicator) -> bool {
    row.class != "unknown" || row.indicator == "signature" || row.indicator == "behaviour"
}

/// What was seen, in words.
fn seen(row: &str, copy: &Record, facts: &Facts) -> String {
    let labelled = |label: &str, field: &str| {
        let value = text(copy, field);
        (!value.is_empty()).then(|| format!("{label}{value}"))
    };
    let loads = facts.tables.get(kind::DLL_LOAD.name).map(|table| table.records.as_slice()).unwrap_or_default();
    let parts: Vec<Option<String>> = match row {
        "signature" => vec![
            labelled("", "signature"),
            labelled("", "signature_why"),
            labelled("publisher ", "publisher"),
            labelled("signed at ", "signed_at"),
            labelled("weak: ", "weak_crypto"),
            labelled("not covered: ", "appended_data"),
            labelled("timestamp: ", "timestamp_problem"),
            labelled("", "windows_differs"),
        ],
        "location" => vec![
            labelled("", "location"),
            labelled("downloaded from ", "downloaded_from"),
            labelled("owner ", "owner"),
            labelled("may be changed by ", "writers"),
        ],
        "size/packing" => vec![labelled("", "size").map(|size| format!("{size} bytes")), labelled("", "packed_why")],
        "behaviour" => {
            let provider = match copy.get("mapi_provider") {
                Datum::Bool(true) => Some("MAPI provider by its exports".to_owned()),
                Datum::Bool(false) => Some("no MAPI provider by its exports".to_owned()),
                _ => None,
            };
            vec![
                provider,
                labelled("", "behaviour_why"),
                labelled("", "identity_why"),
                labelled("Rich header: ", "rich_header"),
            ]
        }
        "loader" => {
            loads.iter().map(|load| Some(format!("{} ({})", text(load, "process"), text(load, "pid")))).collect()
        }
        _ => loads.iter().map(activity).collect(),
    };
    let words: Vec<String> = parts.into_iter().flatten().collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join("; ") }
}

fn activity(load: &Record) -> Option<String> {
    let (cpu, hosts) = (text(load, "cpu_percent"), text(load, "outbound"));
    let hosts = if hosts.is_empty() { String::new() } else { format!(", connected to {hosts}") };
    (!cpu.is_empty()).then(|| format!("{}: CPU {cpu} %{hosts}", text(load, "process")))
}

/// A field as text; empty where it has no value.
fn text(record: &Record, field: &str) -> String {
    match record.get(field) {
        Datum::Text(text) => text.clone(),
        Datum::Number(number) => number.to_string(),
        Datum::Bool(value) => value.to_string(),
        Datum::Time(time) => time.to_string(),
        Datum::List(list) => list.join(", "),
        Datum::Absent | Datum::Unknown(_) => String::new(),
    }
}

#[cfg(test)]
mod tests;
