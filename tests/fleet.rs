//! Many bundles in one run: one that cannot be read never stops the rest, the order of work changes no byte, and tables hold
//! the same as the reports.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/program.rs"]
mod program;
#[path = "support/ticket.rs"]
mod ticket;

use std::{fs, path::Path};

use koff_analyze::{
    analysis::{Analyst, Options},
    fleet::Fleet,
    rule::RuleSet,
};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;

use self::program::run;

/// Bundles of two PCs below `folder`, one of them twice, and the name of the folder.
fn tickets(folder: &Path) -> String {
    for story in ["severed-by-update", "healthy-c2r-x64"] {
        let zip = folder.join("tickets").join(format!("{story}.zip"));
        fs::create_dir_all(zip.parent().unwrap()).unwrap();
        ticket::collect(story, &zip);
    }
    let again = folder.join("tickets/again");
    fs::create_dir_all(&again).unwrap();
    fs::copy(folder.join("tickets/severed-by-update.zip"), again.join("x.zip")).unwrap();
    folder.join("tickets").display().to_string()
}

#[test]
fn a_folder_of_bundles_makes_one_document_and_a_bad_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = tickets(folder.path());
    let (code, text, _) = run(&["report", &dir]);
    assert_eq!(code, 1, "findings on readable bundles");
    assert!(text.contains("Bundles: 3, not read: 0") && text.contains("again/x.zip  2 critical"), "{text}");

    fs::write(Path::new(&dir).join("broken.zip"), "no zip at all").unwrap();
    let (code, json, err) = run(&["report", &dir, "--format", "json"]);
    assert_eq!(code, 2, "one bundle has no report");
    assert!(err.contains("broken.zip"), "{err}");
    let fleet: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(fleet["bundles"].as_array().unwrap().len(), 3);
    assert_eq!(fleet["unread"][0]["bundle"], "broken.zip");
    assert_eq!(fleet["rules"]["mapi-registration-severed-by-update"]["verdicts"], serde_json::json!([2, 1, 0, 0]));
    for format in ["html", "markdown", "junit", "ndjson"] {
        let (code, out, _) = run(&["report", &dir, "--format", format]);
        assert_eq!(code, 2, "{format}");
        assert!(out.contains("broken.zip") && out.contains("mapi-registration-severed-by-update"), "{format}: {out}");
    }
}

#[test]
fn threads_and_folders_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let dir = tickets(folder.path());
    let on = |threads: usize, dir: &str, format: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&["report", dir, "--format", format]).1)
    };
    let moved = folder.path().join("elsewhere");
    fs::rename(&dir, &moved).unwrap();
    let moved = moved.display().to_string();
    let one = format!("{moved}/severed-by-update.zip");
    for format in ["text", "html", "json", "ndjson", "markdown", "junit"] {
        let alone = on(1, &moved, format);
        assert_eq!(alone, on(4, &moved, format), "{format}: many bundles");
        assert_eq!(on(1, &one, format), on(4, &one, format), "{format}: one bundle");
    }
    let (here, there) = (run(&["report", &one, "--format", "json"]).1, format!("{dir}/severed-by-update.zip"));
    fs::rename(&moved, &dir).unwrap();
    assert_eq!(here, run(&["report", &there, "--format", "json"]).1, "the folder does not reach the report");
}

#[test]
fn a_fleet_is_the_same_however_it_is_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let dir = tickets(folder.path());
    let analyst = Analyst::new(RuleSet::embedded().unwrap(), Options::default()).unwrap();
    let part = |name: &str| {
        let analysis = analyst.analyse(&Path::new(&dir).join(name)).unwrap();
        Fleet::of(name, &analysis.report, &analysis.facts)
    };
    let parts =
        [part("severed-by-update.zip"), part("healthy-c2r-x64.zip"), Fleet::unread("x", "y"), part("again/x.zip")];
    let sum = |parts: &[Fleet]| {
        let mut sum = Fleet::default();
        parts.iter().for_each(|part| sum.add(part.clone()));
        sum
    };
    let whole = sum(&parts).finish();
    let halves = sum(&[sum(&parts[..1]), sum(&parts[1..])]).finish();
    assert_eq!(whole, halves);
}

#[test]
fn tables_hold_the_findings_and_facts_in_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let dir = tickets(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    for ending in ["ndjson", "parquet"] {
        let (findings, facts) = (at(&format!("findings.{ending}")), at(&format!("facts.{ending}")));
        let (code, _, err) = run(&["report", &dir, "--findings", &findings, "--facts", &facts]);
        assert_eq!(code, 1, "{err}");
    }
    for table in ["findings", "facts"] {
        let text = fs::read_to_string(at(&format!("{table}.ndjson"))).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let file = fs::File::open(at(&format!("{table}.parquet"))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert!(!lines.is_empty() && lines.len() == rows.len(), "{table}: {} lines, {} rows", lines.len(), rows.len());
        for (line, row) in lines.iter().zip(&rows) {
            for (name, field) in row.get_column_iter() {
                let found = match field {
                    parquet::record::Field::Null => Value::Null,
                    parquet::record::Field::Str(text) => text.as_str().into(),
                    parquet::record::Field::Long(number) => (*number).into(),
                    other => panic!("{name}: {other:?}"),
                };
                assert_eq!(found, line[name], "{table}: {name}");
            }
        }
    }
    let (code, _, err) = run(&["report", &dir, "--facts", &at("facts.csv")]);
    assert!(code == 2 && err.contains(".parquet"), "{err}");
}
