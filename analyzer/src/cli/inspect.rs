//! `koff-analyze explain`, `facts`, `timeline`, `verify` and `diff`: looking into one bundle, and from one to another.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
};

use koff_bundle::{limits::Limits, reader::Bundle, seal::Identity};
use serde_json::{Map, Value, json};

use super::{
    EXIT_CLEAN, EXIT_FINDINGS, Screen,
    args::{DiffArgs, ExplainArgs, FactsArgs, Knowledge, ListFormat, TimelineArgs, VerifyArgs},
    report, rules,
};
use crate::{
    analysis::{Analyst, Options},
    compare::Comparison,
    dll_table,
    error::{Error, Result},
    explain::{explain, inputs},
    facts::{Datum, Record, kind},
    render::{ComparisonFormat, render_comparison, visible},
    report::{DllRow, Report},
    verify::verify,
};

fn failed(error: std::io::Error) -> Error {
    Error::io("standard output", error)
}

fn analyst(knowledge: &Knowledge, keys: &[Identity]) -> Result<Analyst> {
    let (anchors, folders) = (knowledge.trust_anchor.clone(), knowledge.rules.clone());
    let options = Options { anchors, folders, identities: keys.to_vec(), ..Options::default() };
    Analyst::new(rules::load(&knowledge.rules)?, options)
}

pub(super) fn explain_rule(args: &ExplainArgs, keys: &[Identity], out: &mut dyn Write) -> Result<u8> {
    let analyst = analyst(&args.knowledge, keys)?;
    if args.rule == DLL_TABLE {
        return explain_dlls(&analyst.analyse(&args.bundle)?.report.dlls, out);
    }
    let Some(rule) = analyst.rules().get(&args.rule) else {
        return Err(rules::unknown_rule(analyst.rules(), &args.rule));
    };
    let analysis = analyst.analyse(&args.bundle)?;
    let mut tree = explain(rule, analyst.rules(), &analysis.facts);
    tree.parts.push(inputs(rule, &analysis.facts, &analysis.manifest));
    let tree = tree.to_string();
    tree.lines().try_for_each(|line| writeln!(out, "{}", visible(line))).map_err(failed)?;
    Ok(EXIT_CLEAN)
}

/// What `explain` takes in place of a rule id for the indicator tables of the connector's DLLs.
const DLL_TABLE: &str = "dll";

fn explain_dlls(dlls: &[DllRow], out: &mut dyn Write) -> Result<u8> {
    if dlls.is_empty() {
        writeln!(out, "no copy of the connector's DLL is known, so there is nothing to judge").map_err(failed)?;
    }
    for dll in dlls {
        let text = dll_table::derivation(dll);
        text.lines().try_for_each(|line| writeln!(out, "{}", visible(line))).map_err(failed)?;
    }
    Ok(EXIT_CLEAN)
}

pub(super) fn facts(args: &FactsArgs, keys: &[Identity], out: &mut dyn Write) -> Result<u8> {
    if let Some(name) = &args.kind
        && kind::find(name).is_none()
    {
        let known = kind::ALL.iter().copied().flatten().map(|kind| kind.name);
        let hint = crate::yaml::did_you_mean(name, known).map(|hint| format!("; {hint}")).unwrap_or_default();
        return Err(Error::Usage(format!("{name}: expected a kind of fact (see `koff-analyze facts`){hint}")));
    }
    let Some(bundle) = &args.bundle else { return kinds(args.kind.as_deref(), out) };
    let analysis = analyst(&args.knowledge, keys)?.analyse(bundle)?;
    let wanted = |name: &str| args.kind.as_deref().is_none_or(|kind| kind == name);
    let tables = analysis.facts.tables.iter().filter(|(name, _)| wanted(name));
    match args.format {
        ListFormat::Json => {
            let document: Map<String, Value> = tables
                .map(|(name, table)| {
                    let records: Vec<Value> = table.records.iter().map(record_json).collect();
                    ((*name).to_owned(), json!({ "records": records, "gaps": table.gaps }))
                })
                .collect();
            writeln!(out, "{:#}", Value::Object(document)).map_err(failed)?;
        }
        ListFormat::Text => {
            for (name, table) in tables {
                for record in &table.records {
                    writeln!(out, "{name}").map_err(failed)?;
                    for (field, datum) in &record.fields {
                        if *datum != Datum::Absent {
                            writeln!(out, "    {field} = {}", visible(&datum_text(datum))).map_err(failed)?;
                        }
                    }
                }
                for gap in &table.gaps {
                    writeln!(out, "{name}: may be more, {}", visible(&gap.words())).map_err(failed)?;
                }
            }
        }
    }
    Ok(EXIT_CLEAN)
}

/// The kinds and their fields, as rules may ask them.
fn kinds(wanted: Option<&str>, out: &mut dyn Write) -> Result<u8> {
    for kind in kind::ALL.iter().copied().flatten().filter(|kind| wanted.is_none_or(|name| name == kind.name)) {
        writeln!(out, "{}: {}", kind.name, kind.meaning.trim()).map_err(failed)?;
        for field in kind.fields {
            let ty = format!("{:?}", field.ty).to_lowercase();
            writeln!(out, "    {:<24} {ty:<8} {}", field.name, field.meaning).map_err(failed)?;
        }
    }
    Ok(EXIT_CLEAN)
}

fn record_json(record: &Record) -> Value {
    let fields: Map<String, Value> =
        record.fields.iter().map(|(name, datum)| ((*name).to_owned(), datum_json(datum))).collect();
    json!({ "fields": fields, "evidence": record.evidence })
}

fn datum_json(datum: &Datum) -> Value {
    match datum {
        Datum::Text(text) => json!(text),
        Datum::Number(number) => json!(number),
        Datum::Bool(value) => json!(value),
        Datum::Time(time) => json!(time.to_string()),
        Datum::List(list) => json!(list),
        Datum::Absent => Value::Null,
        Datum::Unknown(why) => json!({ "unknown": why }),
    }
}

fn datum_text(datum: &Datum) -> String {
    match datum {
        Datum::Unknown(why) => {
            format!("unknown ({})", why.iter().map(crate::verdict::Unknown::words).collect::<Vec<_>>().join("; "))
        }
        Datum::List(list) => list.join(", "),
        other => match datum_json(other) {
            Value::String(text) => text,
            value => value.to_string(),
        },
    }
}

pub(super) fn timeline(args: &TimelineArgs, keys: &[Identity], out: &mut dyn Write) -> Result<u8> {
    let report = analyst(&args.knowledge, keys)?.analyse(&args.bundle)?.report;
    let near = |time: &str| match (args.around, time.parse::<jiff::Timestamp>()) {
        (Some(around), Ok(time)) => (time.as_second() - around.as_second()).abs() <= 24 * 3600,
        _ => true,
    };
    for moment in report.timeline.iter().filter(|moment| near(&moment.time)) {
        let mark = if moment.first_failure { "  <- first failure" } else { "" };
        writeln!(out, "{} {:<7} {}{mark}", moment.time, moment.kind, visible(&moment.text)).map_err(failed)?;
    }
    Ok(EXIT_CLEAN)
}

pub(super) fn verify_report(args: &VerifyArgs, keys: &[Identity], out: &mut dyn Write) -> Result<u8> {
    let report = read_report(&args.report)?;
    let bundle = Bundle::open_sealed(&args.bundle, Limits::default(), keys)?;
    let checked = verify(&report, &bundle);
    let refuted = checked.iter().filter(|one| one.refuted.is_some()).count();
    for one in &checked {
        let word = if one.refuted.is_some() { "REFUTED" } else { "confirmed" };
        let why = one.refuted.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        writeln!(out, "{word:<9} {} {}{}", one.rule, visible(&one.evidence.artifact), visible(&why)).map_err(failed)?;
    }
    writeln!(out, "{} quotations: {} confirmed, {refuted} refuted", checked.len(), checked.len() - refuted)
        .map_err(failed)?;
    Ok(if refuted == 0 { EXIT_CLEAN } else { EXIT_FINDINGS })
}

/// A longer file is no report: the longest known has some megabytes.
const MOST_REPORT: u64 = 256 << 20;

fn read_report(path: &Path) -> Result<Report> {
    let place = path.display().to_string();
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| Error::io(&place, error))?;
    let read = file.take(MOST_REPORT + 1).read_to_string(&mut text).map_err(|error| Error::io(&place, error))?;
    if read as u64 > MOST_REPORT {
        return Err(Error::Usage(format!("{place}: expected a report of at most {MOST_REPORT} bytes, found more")));
    }
    let report: Report = serde_json::from_str(&text)
        .map_err(|error| Error::Usage(format!("{place}: expected a report of koff-analyze in JSON, found {error}")))?;
    if report.schema != crate::report::SCHEMA {
        let (wanted, found) = (crate::report::SCHEMA, report.schema);
        return Err(Error::Usage(format!("{place}: expected schema {wanted}, found {found}")));
    }
    Ok(report)
}

pub(super) fn diff(args: &DiffArgs, keys: &[Identity], screen: Screen, out: &mut dyn Write) -> Result<u8> {
    let outputs = report::Outputs::new(&args.documents)?;
    let analyst = analyst(&args.knowledge, keys)?;
    let (old, new) = (analyst.analyse(&args.old)?, analyst.analyse(&args.new)?);
    let comparison = Comparison::new((&old.report, &old.facts), (&new.report, &new.facts));
    outputs.write(out, &|format, file, to| {
        let text = format == ComparisonFormat::Text && file.is_none();
        report::dressed(text, screen, to, &|to| render_comparison(&comparison, format, to))
    })?;
    Ok(if comparison.appeared.is_empty() { EXIT_CLEAN } else { EXIT_FINDINGS })
}
