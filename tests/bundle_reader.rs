//! Bundles and loose evidence as they arrive: whole, altered, cut, hostile. Drives `koff_bundle::reader` through its
//! public face; the zip files that no honest tool writes are put together byte by byte here.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]

#[path = "support/forge.rs"]
mod forge;
#[path = "bundle_reader/points.rs"]
mod points;

use std::{
    io::{Cursor, Read, Write},
    path::Path,
};

use forge::{File, zip_of};
use koff_bundle::{
    acquisition::{Acquisition, State},
    error::Error,
    limits::{Limits, What},
    manifest::{Entry, HostKind, MANIFEST_NAME, Manifest},
    reader::Bundle,
    writer::Writer,
};
use proptest::prelude::*;
use serde_json::json;

fn manifest() -> Manifest {
    let value = json!({
        "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default",
        "host": {"kind": "disk"}, "started": "2026-03-02T10:00:00Z", "finished": "2026-03-02T10:00:05Z",
        "redaction": {"names_masked": false}, "entries": [],
    });
    serde_json::from_value(value).unwrap()
}

fn entry(name: &str) -> Entry {
    let value = json!({
        "name": name, "artifact": "connector-logs", "origin": "C:\\x", "method": "file", "state": "complete",
    });
    serde_json::from_value(value).unwrap()
}

fn log(lines: usize) -> Vec<u8> {
    (0..lines).flat_map(|n| format!("[02/Mar/2026 10:00:00] line {n} {}\r\n", n * 7919).into_bytes()).collect()
}

/// An honest bundle with these members.
fn bundle(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::create(Cursor::new(Vec::new()), manifest());
    for (name, content) in members {
        writer.add(entry(name), &mut &**content).unwrap();
    }
    let mut denied = entry("files/denied.txt");
    denied.acquisition = Acquisition::ended(State::Denied, "access is denied");
    writer.note(denied).unwrap();
    writer.finish().unwrap().0.into_inner()
}

fn open(bytes: Vec<u8>) -> Bundle {
    Bundle::from_bytes("test.zip", bytes, Limits::default()).unwrap()
}

fn whats(bundle: &Bundle) -> Vec<What> {
    bundle.problems().into_iter().map(|problem| problem.what).collect()
}

fn failure(bytes: &[u8]) -> String {
    Bundle::from_bytes("test.zip", bytes.to_vec(), Limits::default()).unwrap_err().to_string()
}

#[test]
fn what_was_written_is_read_back_whole_in_both_ways() {
    let long = log(200_000);
    let bytes = bundle(&[("logs/long.log", &long), ("logs/short.log", b"one\r\n")]);
    let bundle = open(bytes);
    assert!(!bundle.is_loose());
    let points = bundle.entry("logs/long.log").unwrap().flush_points.as_ref().unwrap();
    assert!(points.offsets.len() > 5, "{points:?}");
    let mut streamed = Vec::new();
    bundle.stream("logs/long.log").unwrap().read_to_end(&mut streamed).unwrap();
    assert!(streamed == long);
    assert!(bundle.read("logs/long.log").unwrap().bytes == long);
    bundle.verify();
    assert_eq!(bundle.problems(), []);
    assert_eq!(bundle.entry("files/denied.txt").unwrap().acquisition.state, State::Denied);
    assert!(bundle.read("files/denied.txt").is_err());
}

#[test]
fn the_same_bundle_as_a_folder_or_packed_again_says_the_same() {
    let bytes = bundle(&[("logs/a.log", b"content")]);
    let folder = tempfile::tempdir().unwrap();
    let mut again = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        let path = folder.path().join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &content).unwrap();
        again.start_file(format!("my bundle/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
        again.write_all(&content).unwrap();
    }
    let again = open(again.finish().unwrap().into_inner());
    let unpacked = Bundle::open(folder.path(), Limits::default()).unwrap();
    for bundle in [again, unpacked] {
        bundle.verify();
        assert_eq!(bundle.problems(), []);
        assert_eq!(bundle.read("logs/a.log").unwrap().bytes, b"content");
        assert_eq!(bundle.manifest().host.kind, HostKind::Disk);
    }
    std::fs::write(folder.path().join("stray.txt"), "x").unwrap();
    std::fs::write(folder.path().join("logs/a.log"), "changed").unwrap();
    let altered = Bundle::open(folder.path(), Limits::default()).unwrap();
    altered.verify();
    assert_eq!(whats(&altered), [What::DigestDiffers, What::MemberUnexpected]);
}

#[test]
fn a_member_that_is_gone_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bundle(&[("logs/a.log", b"content")]);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    archive.extract(folder.path()).unwrap();
    std::fs::remove_file(folder.path().join("logs/a.log")).unwrap();
    let bundle = Bundle::open(folder.path(), Limits::default()).unwrap();
    let problems = bundle.problems();
    assert_eq!((problems[0].what, problems[0].member.as_str()), (What::MemberMissing, "logs/a.log"));
}

#[test]
fn a_damaged_manifest_is_told_with_place_expectation_and_finding() {
    let with = |json: &str| zip_of(&[File::new(MANIFEST_NAME, json.as_bytes())]);
    for (json, words) in [
        ("", vec!["manifest.json line 1", "JSON"]),
        ("[]", vec!["an object with format_version", "a list"]),
        ("{}", vec!["an object with format_version", "without it"]),
        (r#"{"format_version": "1"}"#, vec!["whole number", "\"1\""]),
        (r#"{"format_version": 1, "tool": 5}"#, vec!["manifest.json line 1", "format version 1", "invalid type"]),
    ] {
        let said = failure(&with(json));
        assert!(words.iter().all(|word| said.contains(word)), "{json}: {said}");
    }
    let newer = with(r#"{"format_version": 2, "tool": {"name": "koff-collect", "version": "3.1.0"}}"#);
    let error = Bundle::from_bytes("new.zip", newer, Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 2, .. }));
    assert!(error.to_string().contains("use koff-analyze 3.1.0 or later"), "{error}");
}

#[test]
fn what_is_no_bundle_is_told_by_what_it_is() {
    assert!(failure(b"").contains("an empty file"));
    assert!(failure(b"Dear support").contains("begin with \"Dear support\""));
    assert!(failure(&[0x25, 0x50, 0x44, 0x46, 0x01]).contains("5 bytes that begin with 2550444601"));
    assert!(failure(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").contains("an empty zip file"));
    assert!(failure(b"PK\x03\x04\x14\0").contains("a zip file that is cut off"));
    assert!(failure(&zip_of(&[File::new("readme.txt", b"hello")])).contains("none of them recognised"));
    let folder = tempfile::tempdir().unwrap();
    assert!(Bundle::open(folder.path(), Limits::default()).unwrap_err().to_string().contains("an empty folder"));
    let nothing = Bundle::open(Path::new("/nonexistent/bundle.zip"), Limits::default()).unwrap_err();
    assert!(nothing.to_string().starts_with("/nonexistent/bundle.zip: "));
}

#[test]
fn loose_evidence_is_recognised_by_its_bytes_under_any_name() {
    let reg = b"REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n";
    let bytes = zip_of(&[File::new("photo.jpg", reg), File::new("a/b.bin", &log(3)), File::new("note.txt", b"hi")]);
    let bundle = open(bytes);
    assert!(bundle.is_loose());
    assert_eq!(bundle.manifest().host.kind, HostKind::Loose);
    assert!(bundle.manifest().host.build.value().is_none());
    let artifacts: Vec<_> = bundle.manifest().entries.iter().map(|entry| &*entry.artifact).collect();
    assert_eq!(artifacts, ["loose-registry-export", "connector-logs", "loose-unrecognised"]);
    let single = Bundle::from_bytes("export.reg", reg.to_vec(), Limits::default()).unwrap();
    assert_eq!(single.read("export.reg").unwrap().bytes, reg);
    assert_eq!(single.manifest().entries[0].artifact, "loose-registry-export");
}

#[test]
fn names_with_backslashes_of_old_powershell_are_read_with_a_note() {
    let bundle = open(zip_of(&[File::new("sub\\a.log", &log(2))]));
    assert_eq!(whats(&bundle), [What::NameBackslash]);
    assert_eq!(bundle.read("sub/a.log").unwrap().bytes, log(2));
    assert!(!bundle.is_incomplete());
}

/// Each trick of a hostile zip file: what it is, and which problem must name it. The good member is always still read.
#[test]
fn each_trick_is_named_and_the_rest_is_read() {
    let good = || File::new("good.log", b"[02/Mar/2026 10:00:00] fine\r\n");
    let evil = |name: &str| File::new(name, b"[02/Mar/2026 10:00:00] evil\r\n");
    for (what, file) in [
        (What::NameParent, evil("../evil.log")),
        (What::NameAbsolute, evil("/etc/evil.log")),
        (What::NameDrive, evil("C:evil.log")),
        (What::NameDevice, evil("logs/NUL.log")),
        (What::NameTrailing, evil("logs/evil.log.")),
        (What::NameCharacters, evil("logs/e\u{7}vil.log")),
        (What::Duplicate, evil("good.log")),
        (What::CaseClash, evil("GOOD.log")),
        (What::Encrypted, File { flags: 1, ..evil("x.log") }),
        (What::Method, File { method: 12, ..evil("x.log") }),
        (What::Symlink, File { system: 3, attributes: 0o120_777 << 16, ..evil("x.log") }),
        (What::EntrySize, File { size: Some(9 << 30), method: 8, ..evil("x.log") }),
        (What::Ratio, File { size: Some(1 << 30), method: 8, ..evil("x.log") }),
        (What::Beyond, File { compressed: Some(1 << 30), ..evil("x.log") }),
        (What::Beyond, File { offset: Some(5), ..evil("x.log") }),
        (What::Overlap, File { offset: Some(0), ..evil("x.log") }),
        (What::HeaderMismatch, File { local_name: Some("y.log"), ..evil("x.log") }),
    ] {
        let bundle = open(zip_of(&[good(), file]));
        bundle.verify();
        assert!(whats(&bundle).contains(&what), "{what:?}: {:?}", bundle.problems());
        assert_eq!(bundle.read("good.log").unwrap().bytes, good().data, "{what:?}");
        if what.refuses() {
            assert!(bundle.is_incomplete());
            let refused = bundle.members().iter().find(|member| member.refused.is_some()).unwrap();
            assert_eq!(refused.refused.as_ref().unwrap().what, what);
        }
    }
}

#[test]
fn lies_about_content_come_out_when_it_is_read() {
    for (what, file) in [
        (What::WrongChecksum, File { crc: Some(1), ..File::new("x.log", b"[02/Mar/2026 10:00:00] x\r\n") }),
        (What::WrongSize, File { size: Some(9), ..File::new("x.log", b"[02/Mar/2026 10:00:00] x\r\n") }),
        (What::WrongSize, File { size: Some(900), ..File::new("x.log", b"[02/Mar/2026 10:00:00] x\r\n") }),
        (What::Damaged, File { method: 8, ..File::new("x.log", b"\xff no deflate stream") }),
    ] {
        let good = File::new("good.log", b"[02/Mar/2026 10:00:00] fine\r\n");
        let bundle = open(zip_of(&[good, file]));
        bundle.verify();
        assert!(whats(&bundle).contains(&what), "{what:?}: {:?}", bundle.problems());
    }
}

#[test]
fn limits_hold_what_they_say_and_can_be_raised() {
    let names = ["0.log", "1.log", "2.log", "3.log", "fourth.log"];
    let files = names.map(|name| File::new(name, b"[02/Mar/2026 10:00:00] x\r\n"));
    let bytes = zip_of(&files);
    let read = |limits: Limits| {
        let bundle = Bundle::from_bytes("test.zip", bytes.clone(), limits).unwrap();
        bundle.verify();
        let readable = bundle.members().iter().filter(|member| member.refused.is_none()).count();
        (readable, whats(&bundle))
    };
    let limits = Limits::default();
    assert_eq!(read(limits), (5, vec![]));
    assert_eq!(read(Limits { entries: 3, ..limits }), (3, vec![What::Entries]));
    assert_eq!(read(Limits { total_bytes: 60, ..limits }), (2, vec![What::TotalSize; 3]));
    assert_eq!(read(Limits { name_bytes: 5, ..limits }), (4, vec![What::NameLength]));
    let memory = Bundle::from_bytes("test.zip", bytes.clone(), Limits { memory_bytes: 8, ..limits }).unwrap();
    assert!(matches!(memory.read("0.log"), Err(Error::Limit { limit: 8, .. })));
}

#[test]
fn data_before_and_after_is_noted_and_ignored() {
    let good = zip_of(&[File::new("good.log", b"[02/Mar/2026 10:00:00] fine\r\n")]);
    let around = [b"MZ something".to_vec(), good, b"more".to_vec()].concat();
    let bundle = open(around);
    assert_eq!(whats(&bundle), [What::LeadingData, What::TrailingData]);
    assert!(bundle.read("good.log").is_ok());
}

#[test]
fn a_cut_zip_gives_what_its_own_headers_still_tell() {
    let bytes = zip_of(&[File::new("a.log", &log(3)), File::new("b.log", &log(3))]);
    let cut = bytes[..bytes.len() - 30].to_vec();
    let bundle = open(cut);
    assert!(whats(&bundle).contains(&What::CutOff));
    assert!(bundle.is_loose() && bundle.is_incomplete());
    assert_eq!(bundle.read("b.log").unwrap().bytes, log(3));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_damage_makes_the_reader_fail_badly(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = bundle(&[("logs/a.log", &log(50)), ("registry/a.reg", b"REGEDIT4\r\n")]);
        let honest: Vec<_> = open(bytes.clone()).manifest().entries.iter().map(|entry| entry.sha256.clone()).collect();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(bundle) = Bundle::from_bytes("test.zip", bytes, Limits::default()) {
            bundle.verify();
            for member in bundle.members() {
                let Ok(content) = bundle.read(&member.name) else { continue };
                let known = honest.contains(&Some(content.sha256)) || member.name == MANIFEST_NAME;
                prop_assert!(known || !bundle.problems().is_empty(), "{} differs and nobody says so", member.name);
            }
        }
    }
}
