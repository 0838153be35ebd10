//! The published limits: the table of `bundle/README.md` against the code, and for each of its rows a bundle that breaks
//! it, all the way to the report: what it says, whether it is marked incomplete, the exit code, and that the flag lets it
//! through.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing it cannot read")]

#[path = "support/forge.rs"]
mod forge;
#[path = "support/program.rs"]
mod program;

use std::{collections::BTreeMap, fs, path::Path};

use forge::{File, zip_of};
use koff_bundle::{
    acquisition::State,
    limits::{Limits, What},
    reader::Bundle,
};
use serde_json::{Value, json};

const GOOD: &[u8] = b"[02/Mar/2026 10:00:00] fine\r\n";
const EVIL: &[u8] = b"[02/Mar/2026 10:00:00] evil\r\n";
const ARCHIVES: &str = "loose-archive";

/// A row of the table.
#[derive(Debug)]
struct Row {
    id: String,
    rule: String,
    said: String,
    then: String,
    flag: String,
}

fn table() -> Vec<Row> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../bundle/README.md")).unwrap();
    let rows = readme.lines().skip_while(|line| !line.starts_with("| problem |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        let [id, rule, said, then, flag] = cells.try_into().unwrap_or_else(|cells| panic!("{line}: {cells:?}"));
        let bare = |text: String| text.trim_matches('`').to_owned();
        Row { id: bare(id), rule, said, then, flag: bare(flag) }
    });
    rows.collect()
}

/// Name and value of each limit, as `--limit` takes them.
fn limits() -> BTreeMap<&'static str, u64> {
    let Limits { entries, entry_bytes, total_bytes, ratio, name_bytes, depth, memory_bytes, manifest_bytes, .. } =
        Limits::default();
    BTreeMap::from([
        ("entries", entries),
        ("entry_bytes", entry_bytes),
        ("total_bytes", total_bytes),
        ("ratio", ratio),
        ("name_bytes", name_bytes),
        ("depth", depth),
        ("memory_bytes", memory_bytes),
        ("manifest_bytes", manifest_bytes),
    ])
}

/// The first number of a rule, with its unit.
fn number(rule: &str) -> u64 {
    let mut words = rule.split(' ');
    let number: u64 = words.next().unwrap().replace(',', "").parse().unwrap();
    match words.next() {
        Some("GiB") => number << 30,
        Some("MiB") => number << 20,
        _ => number,
    }
}

#[test]
fn the_table_is_what_the_code_does() {
    let (table, limits) = (table(), limits());
    let ids: Vec<&str> = table.iter().map(|row| row.id.as_str()).collect();
    let mut known: Vec<String> = What::ALL.iter().map(|what| what.id()).collect();
    known.push(ARCHIVES.to_owned());
    for id in &known {
        assert_eq!(ids.iter().filter(|found| *found == id).count(), 1, "{id} has not one row");
    }
    assert_eq!(ids.len(), known.len(), "{ids:?}");
    let mut raised = 0;
    for row in &table {
        if let Some(name) = row.flag.strip_prefix("--limit ").and_then(|flag| flag.strip_suffix("=N")) {
            let value = limits[name];
            assert_eq!(number(&row.rule), value, "{row:?}");
            assert!(row.said.contains(&value.to_string()) || !row.said.contains("at most"), "{row:?}");
            raised += 1;
        }
        let what = What::ALL.into_iter().find(|what| what.id() == row.id);
        let accepted = what.is_some_and(|what| What::ACCEPTABLE.contains(&what));
        assert_eq!(accepted, row.flag == format!("--accept {}", row.id), "{row:?}");
        let partly = what.is_some_and(|what| matches!(what, What::CutOff | What::Directory | What::Entries));
        let out = what.is_some_and(What::refuses) || partly;
        assert_eq!(row.then.contains("left out"), out, "{row:?}");
    }
    assert_eq!(raised, limits.len(), "each limit has its row");
}

fn good() -> File<'static> {
    File::new("good.log", GOOD)
}

fn evil(name: &str) -> File<'static> {
    File::new(name, EVIL)
}

/// An honest member and `file`.
fn with(file: File<'_>) -> Vec<u8> {
    zip_of(&[good(), file])
}

/// A bundle whose manifest has these entries, and these members.
fn described(entries: &Value, members: &[File<'_>]) -> Vec<u8> {
    let manifest = json!({
        "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default",
        "host": {"kind": "disk"}, "started": "2026-03-02T10:00:00Z", "finished": "2026-03-02T10:00:05Z",
        "redaction": {"names_masked": false}, "entries": entries,
    });
    let manifest = File::new("manifest.json", manifest.to_string().as_bytes());
    let copies = members.iter().map(|file| File { method: file.method, ..File::new(&file.name, &file.data) });
    zip_of(&[manifest].into_iter().chain(copies).collect::<Vec<_>>())
}

fn entry(name: &str, digest: Option<&str>) -> Value {
    json!({"name": name, "artifact": "connector-logs", "origin": "C:\\x", "method": "file", "state": "complete",
        "sha256": digest})
}

/// The end record moved behind a 64-bit one that announces `count` members.
fn wide_end(mut zip: Vec<u8>, count: u64) -> Vec<u8> {
    let end = zip.split_off(zip.len() - 22);
    let at = zip.len() as u64;
    let field = |from: usize| u64::from(u32::from_le_bytes(end[from..from + 4].try_into().unwrap()));
    let (size, offset) = (field(12), field(16));
    zip.extend(b"PK\x06\x06");
    zip.extend(44_u64.to_le_bytes());
    zip.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    zip.extend([count, count, size, offset].map(u64::to_le_bytes).concat());
    zip.extend(b"PK\x06\x07\0\0\0\0");
    zip.extend(at.to_le_bytes());
    zip.extend(1_u32.to_le_bytes());
    zip.extend(end);
    zip
}

/// A name of Windows-1252 without the flag that would make it UTF-8.
fn foreign_name() -> Vec<u8> {
    let mut zip = with(evil("caf_.log"));
    for at in memchr::memmem::find_iter(&zip.clone(), b"caf_.log") {
        zip[at + 3] = 0xe9;
    }
    zip
}

/// What breaks each rule that no limit belongs to; rules may be broken in several ways.
fn tricks() -> Vec<(&'static str, Vec<u8>)> {
    let cut = with(evil("x.log"));
    let miscounted = |count: u8| {
        let mut zip = with(evil("x.log"));
        let at = zip.len() - 22;
        (zip[at + 8], zip[at + 10]) = (count, count);
        zip
    };
    let zeros = "0".repeat(64);
    let mut points = entry("logs/x.log", None);
    points["flush_points"] = json!({"interval": 1 << 20, "offsets": [0, 7]});
    vec![
        ("name-empty", with(evil("logs//x.log"))),
        ("name-characters", with(evil("logs/e\u{7}vil.log"))),
        ("name-characters", with(evil("logs/a\u{1b}[31m.log"))),
        ("name-absolute", with(evil("/etc/evil.log"))),
        ("name-absolute", with(evil("\\\\server\\share\\x.log"))),
        ("name-drive", with(evil("C:evil.log"))),
        ("name-drive", with(evil("x.log:stream"))),
        ("name-parent", with(evil("../evil.log"))),
        ("name-parent", with(evil("a\\..\\..\\evil.log"))),
        ("name-device", with(evil("logs/NUL.log"))),
        ("name-device", with(evil("COM¹"))),
        ("name-trailing", with(evil("logs/evil.log."))),
        ("name-trailing", with(evil("logs /evil.log"))),
        ("name-backslash", with(evil("logs\\x.log"))),
        ("name-encoding", foreign_name()),
        ("duplicate", with(evil("good.log"))),
        ("case-clash", with(evil("GOOD.log"))),
        ("symlink", with(File { system: 3, attributes: 0o120_777 << 16, ..evil("x.log") })),
        ("overlap", with(File { offset: Some(0), local_name: Some("good.log"), ..File::new("x.log", GOOD) })),
        ("beyond", with(File { compressed: Some(1 << 30), ..evil("x.log") })),
        ("beyond", with(File { offset: Some(5), ..evil("x.log") })),
        ("header-mismatch", with(File { local_name: Some("y.log"), ..evil("x.log") })),
        ("wrong-size", with(File { size: Some(9), ..evil("x.log") })),
        ("wrong-size", with(File { size: Some(900), ..evil("x.log") })),
        ("wrong-checksum", with(File { crc: Some(1), ..evil("x.log") })),
        ("encrypted", with(File { flags: 1, ..evil("x.log") })),
        ("encrypted", with(File { flags: 1 << 6, ..evil("x.log") })),
        ("method", with(File { method: 12, ..evil("x.log") })),
        ("damaged", with(File { method: 8, ..File::new("x.log", b"\xff no deflate stream") })),
        ("leading-data", [b"MZ and more".to_vec(), with(evil("x.log"))].concat()),
        ("trailing-data", [with(evil("x.log")), b"more".to_vec()].concat()),
        ("cut-off", cut[..cut.len() - 30].to_vec()),
        ("directory", miscounted(7)),
        ("directory", wide_end(with(evil("x.log")), 3)),
        ("directory", wide_end(with(evil("x.log")), u64::MAX)),
        ("digest-differs", described(&json!([entry("x.log", Some(&zeros))]), &[evil("x.log")])),
        ("member-missing", described(&json!([entry("x.log", Some(&zeros))]), &[])),
        ("member-unexpected", described(&json!([]), &[evil("x.log")])),
        ("flush-points", described(&json!([points]), &[evil("logs/x.log")])),
        // What only a size of 64 bits can say.
        ("entry-size", with(File { size: Some(9 << 30), method: 8, ..evil("x.log") })),
        ("entry-size", with(File { size: Some(u64::MAX), method: 8, ..evil("x.log") })),
        ("ratio", with(File { size: Some(1 << 30), method: 8, ..evil("x.log") })),
    ]
}

/// Problems of the report on `bundle` and whether it is marked incomplete; there is one, and it says so in words too.
fn report(bundle: &Path, flags: &[&str]) -> (Vec<String>, bool) {
    let path = bundle.to_str().unwrap();
    let run = |format: &str| {
        let args = [&["report", path, "--fail-on", "never", "--format", format], flags].concat();
        let (code, out, err) = program::run(&args);
        assert_eq!(code, 0, "{args:?}: {err}");
        out
    };
    let json: Value = serde_json::from_str(&run("json")).unwrap();
    let problems = json["bundle"]["problems"].as_array().unwrap();
    let incomplete = json["bundle"]["incomplete"] == true;
    let text = run("text");
    assert_eq!(text.contains("\nINCOMPLETE "), incomplete, "{text}");
    assert_eq!(text.contains("\nPROBLEM "), !problems.is_empty(), "{text}");
    (problems.iter().map(|problem| problem.as_str().unwrap().to_owned()).collect(), incomplete)
}

/// Whether a problem says what `said` promises; `…` stands for anything.
fn says(problems: &[String], said: &str) -> bool {
    let parts: Vec<&str> = said.split('…').filter(|part| !part.is_empty()).collect();
    problems.iter().any(|problem| {
        let Some((_, mut rest)) = problem.split_once("expected ") else { return false };
        parts.iter().all(|part| rest.split_once(part).map(|(_, behind)| rest = behind).is_some())
    })
}

#[test]
fn every_rule_of_the_table_holds_up_to_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let (table, tricks) = (table(), tricks());
    for row in &table {
        let elsewhere = row.flag.starts_with("--limit") || [ARCHIVES, "unreadable"].contains(&row.id.as_str());
        assert!(elsewhere || tricks.iter().any(|(id, _)| *id == row.id), "{} is not tried", row.id);
    }
    for (id, bytes) in tricks {
        let row = table.iter().find(|row| row.id == id).unwrap();
        fs::write(&path, bytes).unwrap();
        let (problems, incomplete) = report(&path, &[]);
        assert!(says(&problems, &row.said), "{id}: {problems:?}");
        assert_eq!(incomplete, row.then.contains("left out"), "{id}: {problems:?}");
        if let Some(problem) = row.flag.strip_prefix("--accept ") {
            let (problems, incomplete) = report(&path, &["--accept", problem]);
            assert!(says(&problems, &row.said) && !incomplete, "{id}: {problems:?}");
        }
    }
}

/// Each limit, lowered until a bundle is over it, and raised again.
#[test]
fn every_limit_is_told_and_can_be_raised() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let table = table();
    let many: Vec<File<'_>> = (0..5).map(|n| evil(&format!("{n}.log"))).collect();
    let deep = with(evil("a/b/c/d/x.log"));
    let export = with(File::new("a.reg", b"REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n\"b\"=\"c\"\r\n"));
    let zeros = vec![b'\n'; (17 << 20) + 1];
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, &zeros).unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(&zeros);
    let (size, crc) = (Some(zeros.len() as u64), Some(crc.sum()));
    let bomb = with(File { method: 8, size, crc, ..File::new("x.txt", &packed.finish().unwrap()) });
    let manifest = described(&json!([entry("x.log", None)]), &[evil("x.log")]);
    let all = EVIL.len() as u64;
    for (id, bytes, low, high) in [
        ("entries", zip_of(&many), 3, 5),
        ("entry-size", with(File::new("x.log", &EVIL.repeat(9))), all * 8, all * 9),
        ("total-size", zip_of(&many), all * 4, all * 5),
        ("ratio", bomb, 100, 100_000),
        ("memory-size", export, 8, 1000),
        ("manifest-size", manifest, 50, 5000),
        ("name-length", deep.clone(), 10, 13),
        ("name-depth", deep, 3, 5),
    ] {
        let row = table.iter().find(|row| row.id == id).unwrap();
        let name = row.flag.strip_prefix("--limit ").and_then(|flag| flag.strip_suffix("=N")).unwrap();
        let said = row.said.replace(&limits()[name].to_string(), &low.to_string());
        fs::write(&path, bytes).unwrap();
        let (problems, incomplete) = report(&path, &["--limit", &format!("{name}={low}")]);
        assert!(says(&problems, &said) && incomplete, "{id} at {low}: {said}: {problems:?}");
        let (problems, incomplete) = report(&path, &["--limit", &format!("{name}={high}")]);
        assert!(problems.is_empty() && !incomplete, "{id} at {high}: {problems:?}");
    }
    let (code, _, err) = program::run(&["report", path.to_str().unwrap(), "--accept", "symlink"]);
    assert!(code == 2 && err.contains("name-parent, "), "what cannot be accepted is told with what can: {err}");
}

#[test]
fn archives_inside_and_what_is_no_file_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    fs::write(&path, with(File::new("more.log", &zip_of(&[evil("x.log")])))).unwrap();
    let bundle = Bundle::open(&path, Limits::default()).unwrap();
    let entry = bundle.entry("more.log").unwrap();
    assert_eq!((entry.artifact.as_str(), entry.acquisition.state), (ARCHIVES, State::Skipped));
    assert_eq!(report(&path, &[]), (vec![], false));
    let row = table().into_iter().find(|row| row.id == "unreadable").unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    fs::write(evidence.join("good.log"), GOOD).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(evidence.join("socket")).unwrap();
    let (problems, incomplete) = report(&evidence, &[]);
    assert!(incomplete && says(&problems, &row.said.replace("… ", "")), "{problems:?}");
}
