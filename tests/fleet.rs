//! Many bundles in one run: one that cannot be read never stops the rest, the order of work changes no byte, and tables hold
//! the same as the reports.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/program.rs"]
mod program;
#[path = "support/ticket.rs"]
mod ticket;

use std::{fs, io::Write as _, path::Path};

use koff_analyze::{
    analysis::{Analyst, Options},
    fleet::Fleet,
    rule::RuleSet,
};
use koff_bundle::{
    seal::{Identity, Sealer},
    volumes,
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
    for format in ["html", "markdown", "junit", "ndjson", "sarif"] {
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
    for format in ["text", "html", "json", "ndjson", "markdown", "junit", "sarif"] {
        let alone = on(1, &moved, format);
        assert_eq!(alone, on(4, &moved, format), "{format}: many bundles");
        assert_eq!(on(1, &one, format), on(4, &one, format), "{format}: one bundle");
    }
    for command in [
        ["diff", &one, &format!("{moved}/healthy-c2r-x64.zip")],
        ["check", &moved, "--update"],
        ["check", &moved, "--format=json"],
    ] {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&command).1)
        };
        let alone = on(1);
        assert!(!alone.contains(&moved), "the folder does not reach what {} says", command[0]);
        if command[2] != "--update" {
            assert_eq!(alone, on(4), "{}", command[0]);
        }
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

const KEY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

/// A folder with one bundle three times: plain, sealed, and sealed in volumes; and the file of the key.
fn sealed(folder: &Path) -> (String, String) {
    let plain = folder.join("tickets/plain.zip");
    fs::create_dir_all(plain.parent().unwrap()).unwrap();
    ticket::collect("severed-by-update", &plain);
    let mut sealer = Sealer::begin(Vec::new(), &[KEY.parse::<Identity>().unwrap().recipient()]).unwrap();
    sealer.write_all(&fs::read(&plain).unwrap()).unwrap();
    let bytes = sealer.finish().unwrap();
    fs::write(folder.join("tickets/sealed.zip.age"), &bytes).unwrap();
    let whole = folder.join("tickets/split.zip.age");
    let open = |number| fs::File::create(volumes::name(&whole, number));
    let third = (bytes.len() as u64).div_ceil(3);
    let (count, _) = volumes::split(&mut &bytes[..], third, &whole, open).unwrap();
    assert_eq!(count, 3);
    fs::write(folder.join("desk.key"), KEY).unwrap();
    (folder.join("tickets").display().to_string(), folder.join("desk.key").display().to_string())
}

#[test]
fn sealed_bundles_and_volumes_in_a_folder_are_opened_or_named_and_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, key) = sealed(folder.path());
    let fleet = |args: &[&str]| -> (u8, Value) {
        let (code, json, _) = run(&[&["report", &dir, "--format", "json"], args].concat());
        (code, serde_json::from_str(&json).unwrap())
    };
    let (code, opened) = fleet(&["--identity", &key]);
    let names: Vec<&str> =
        opened["bundles"].as_array().unwrap().iter().map(|one| one["bundle"].as_str().unwrap()).collect();
    assert_eq!((code, names), (1, vec!["plain.zip", "sealed.zip.age", "split.zip.age.001"]));
    let causes: Vec<&Value> = opened["bundles"].as_array().unwrap().iter().map(|one| &one["headline"]).collect();
    assert!(causes.iter().all(|cause| *cause == causes[0]), "all three say the same: {causes:?}");

    let (code, closed) = fleet(&[]);
    assert_eq!((code, closed["bundles"].as_array().unwrap().len()), (2, 1), "the plain one is reported all the same");
    for (place, name) in ["sealed.zip.age", "split.zip.age.001"].iter().enumerate() {
        let one = &closed["unread"][place];
        assert_eq!(one["bundle"], *name);
        assert!(one["error"].as_str().unwrap().contains("--identity FILE"), "{one}");
    }
    fs::remove_file(Path::new(&dir).join("split.zip.age.002")).unwrap();
    let (code, cut) = fleet(&["--identity", &key]);
    assert_eq!((code, cut["bundles"].as_array().unwrap().len()), (2, 2));
    assert!(cut["unread"][0]["error"].as_str().unwrap().contains("split.zip.age.002: expected this volume"), "{cut}");

    let (code, said, _) = run(&["check", &dir, "--update"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("sealed.zip.age: expected") && said.contains("3 bundles: 1 as expected, 2 not"), "{said}");
    let (_, said, _) = run(&["check", &dir, "--update", "--identity", &key]);
    assert!(
        Path::new(&dir).join("sealed.expected.txt").is_file() && !said.contains("sealed.zip.age: expected"),
        "{said}"
    );
    let (_, said, _) = run(&["check", &dir, "--identity", &key]);
    assert!(said.contains("3 bundles: 2 as expected, 1 not"), "{said}");
}

#[test]
fn sarif_over_many_bundles_has_a_run_each() {
    let folder = tempfile::tempdir().unwrap();
    let dir = tickets(folder.path());
    fs::write(Path::new(&dir).join("broken.zip"), "no zip at all").unwrap();
    let (_, text, _) = run(&["report", &dir, "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let runs = sarif["runs"].as_array().unwrap();
    let told: Vec<(&str, bool, bool)> = runs
        .iter()
        .map(|run| {
            let ended = run["invocations"][0]["executionSuccessful"].as_bool().unwrap();
            (run["automationDetails"]["id"].as_str().unwrap(), ended, run["results"].as_array().unwrap().is_empty())
        })
        .collect();
    let wanted = [
        ("koff-analyze/again/x.zip", true, false),
        ("koff-analyze/broken.zip", false, true),
        ("koff-analyze/healthy-c2r-x64.zip", true, false),
        ("koff-analyze/severed-by-update.zip", true, false),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn what_someone_accepted_is_counted_over_all_bundles_and_what_matches_nowhere_warns() {
    let folder = tempfile::tempdir().unwrap();
    let dir = tickets(folder.path());
    let config = folder.path().join("accepted.toml");
    let entry = |rule: &str| format!("[[suppress]]\nrule = \"{rule}\"\nreason = \"known\"\nexpires = \"2099-12-31\"\n");
    fs::write(&config, entry("mapi-service-unregistered") + &entry("disk-full")).unwrap();
    let config = config.display().to_string();
    for (format, counted) in [("text", "2 suppressed"), ("markdown", "2 suppressed"), ("html", "<b>2</b> suppressed")] {
        let (_, said, _) = run(&["report", &dir, "--config", &config, "--format", format]);
        assert!(said.contains(counted), "{format}: {said}");
        assert!(said.contains("suppression of disk"), "{format}: matches nothing anywhere: {said}");
        assert!(!said.contains("suppression of mapi"), "{format}: it matches in two of three: {said}");
    }
    let one = format!("{dir}/severed-by-update.zip");
    let (_, xml, _) = run(&["report", &one, "--config", &config, "--format", "junit"]);
    assert!(xml.contains("<skipped message=\"suppressed until 2099-12-31: known\"/>"), "{xml}");
}
