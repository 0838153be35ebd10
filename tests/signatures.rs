//! The synthetic signed files of `tests/signatures/files` against what is expected of each, through the same door as
//! `koff-analyze dll`; and what the verdict does with distrust, stores, summaries and damage.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]

use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

use koff_analyze::{
    analysis::{Analyst, Options},
    dll_table::{DllFormat, Loose, run_dll},
    facts::Datum,
    rule::RuleSet,
    signature::{Trust, Word, judge},
};
use koff_bundle::{limits::Limits, pe, reader::Bundle, record::PeSummary, writer::Writer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    at: jiff::Timestamp,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    verdict: String,
    catalogue: Option<String>,
    reason: Option<String>,
    weak: Option<String>,
    appended: Option<String>,
    timestamp_problem: Option<String>,
    signing_time: Option<String>,
    publisher: Option<String>,
    #[serde(default)]
    others: usize,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/signatures/files")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn cases() -> Cases {
    serde_json::from_slice(&read("cases.json")).unwrap()
}

/// The embedded anchors and the throw-away root.
fn trust() -> Trust {
    let mut trust = Trust::embedded();
    trust.add_file(&read("anchor.pem")).unwrap();
    trust
}

fn judged(loose: &Loose, rules: &RuleSet) -> serde_json::Value {
    let mut out = Vec::new();
    run_dll(loose, rules, DllFormat::Json, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn every_case_has_the_expected_verdict_and_reasons() {
    let (cases, rules) = (cases(), RuleSet::embedded().unwrap());
    let mut wrong = Vec::new();
    for case in &cases.cases {
        let mut files = vec![folder().join(&case.file)];
        files.extend(case.catalogue.iter().map(|name| folder().join(name)));
        let loose = Loose { files, trust_anchors: vec![folder().join("anchor.pem")], at: Some(cases.at) };
        let all = judged(&loose, &rules);
        let signature = &all[0]["signature"];
        let mut check = |field: &str, expected: Option<&String>| {
            let found = signature[field].as_str().unwrap_or_default();
            if expected.is_some_and(|expected| !found.contains(expected.as_str())) {
                wrong.push(format!("{}: {field} should say {expected:?}, says {found:?}", case.file));
            }
        };
        check("verdict", Some(&case.verdict));
        check("reason", case.reason.as_ref());
        check("weak_crypto", case.weak.as_ref());
        check("appended_data", case.appended.as_ref());
        check("timestamp_problem", case.timestamp_problem.as_ref());
        check("signing_time", case.signing_time.as_ref());
        check("publisher", case.publisher.as_ref());
        assert_eq!(signature["other_signatures"].as_array().unwrap().len(), case.others, "{}", case.file);
    }
    assert!(cases.cases.len() >= 40, "only {} cases", cases.cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_its_root_a_good_signature_is_untrusted_and_the_table_says_so() {
    let loose = Loose { files: vec![folder().join("valid.dll")], at: Some(cases().at), ..Loose::default() };
    let all = judged(&loose, &RuleSet::embedded().unwrap());
    assert_eq!(all[0]["signature"]["verdict"], "untrusted_root");
    assert_eq!(all[0]["overall"], "suspicious");
    let row = &all[0]["indicators"][0];
    assert_eq!((row["class"].as_str(), row["why"].as_str()), (Some("suspicious"), Some("dll-signature-self-signed")));
}

#[test]
fn a_distrusted_certificate_anywhere_in_the_chain_revokes() {
    let summary = pe::summarise(&read("valid.dll"));
    let chain = judge(&summary, &trust(), cases().at).issuer_chain;
    assert_eq!(chain.len(), 3);
    for link in &chain {
        for thumbprint in [&link.sha1.to_uppercase(), &link.sha256] {
            let mut trust = trust();
            trust.distrust(thumbprint, "a test");
            let signature = judge(&summary, &trust, cases().at);
            assert_eq!(signature.verdict, Word::Revoked);
            assert!(signature.reason.contains("a test"), "{}", signature.reason);
        }
    }
}

#[test]
fn the_root_in_the_stores_of_the_pc_is_trusted_there_and_named_so() {
    let pem = String::from_utf8(read("anchor.pem")).unwrap();
    let coded: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = koff_bundle::base64::decode(&coded).unwrap();
    // One property: CERT_CERT_PROP_ID (32), reserved 1, length, certificate.
    let mut blob: Vec<u8> =
        [32u32, 1, u32::try_from(der.len()).unwrap()].iter().flat_map(|n| n.to_le_bytes()).collect();
    blob.extend(&der);
    let summary = pe::summarise(&read("valid.dll"));
    for (store, verdict, on_host) in
        [("ROOT", Word::Trusted, true), ("AuthRoot", Word::Trusted, true), ("CA", Word::UntrustedRoot, false)]
    {
        let mut trust = Trust::embedded();
        trust.add_host(store, "AB", &blob).unwrap();
        let signature = judge(&summary, &trust, cases().at);
        assert_eq!((signature.verdict, signature.anchor_only_on_host), (verdict, on_host), "{store}");
    }
    let mut both = trust();
    both.add_host("Disallowed", "AB", &blob).unwrap();
    assert_eq!(judge(&summary, &both, cases().at).verdict, Word::Revoked);
}

#[test]
fn the_summary_that_travels_gives_the_verdict_of_the_file() {
    let trust = trust();
    for case in cases().cases {
        let summary = pe::summarise(&read(&case.file));
        let travelled: PeSummary = serde_json::from_str(&serde_json::to_string(&summary).unwrap()).unwrap();
        assert_eq!(judge(&travelled, &trust, cases().at), judge(&summary, &trust, cases().at), "{}", case.file);
    }
}

/// A root counts for the moment judged: Microsoft's first root ended in 2020 and stays good for what was signed before.
#[test]
fn a_root_that_ended_vouches_for_the_time_before() {
    let summary = pe::summarise(&read("expired-timestamp.dll"));
    let after_root = "2050-01-01T00:00:00Z".parse().unwrap();
    let timestamped = judge(&summary, &trust(), after_root);
    assert_eq!(timestamped.verdict, Word::Trusted, "{}", timestamped.reason);
    let plain = judge(&pe::summarise(&read("valid.dll")), &trust(), after_root);
    assert_eq!(plain.verdict, Word::Expired);
}

#[test]
fn damage_anywhere_in_the_signature_never_leaves_it_trusted_by_accident() {
    let trust = trust();
    let at = cases().at;
    let file = read("valid.dll");
    let table = pe::summarise(&file).signing.value().unwrap().table.unwrap().0 as usize;
    // Every 7th byte, each bit pattern flipped once: nothing panics, and a file whose signed parts changed is not trusted.
    for place in (0x200..table).step_by(7) {
        let mut damaged = file.clone();
        damaged[place] ^= 0xff;
        assert_eq!(judge(&pe::summarise(&damaged), &trust, at).verdict, Word::Invalid, "byte {place:#x}");
    }
    let mut trusted = 0;
    for place in (table..file.len()).step_by(7) {
        let mut damaged = file.clone();
        damaged[place] ^= 0xff;
        trusted += usize::from(judge(&pe::summarise(&damaged), &trust, at).verdict == Word::Trusted);
    }
    // What no signature covers: lengths' revision, algorithm parameters, version numbers, unsigned padding.
    let tried = (file.len() - table) / 7;
    assert!(trusted * 10 < tried, "{trusted} of {tried} damaged signatures are still trusted");
}

proptest::proptest! {
    /// `PROPTEST_CASES` makes a long run of it. A wrong length or tag anywhere ends in a verdict.
    #[test]
    fn damaged_tables_end_in_a_verdict(
        pick in 0usize..1000,
        changes in proptest::collection::vec((0usize..100_000, proptest::prelude::any::<u8>()), 1..12),
        cut in 0usize..64,
    ) {
        let cases = cases().cases;
        let mut file = read(&cases[pick % cases.len()].file);
        let table = pe::summarise(&file).signing.value().and_then(|s| s.table).map_or(0, |(start, _)| start as usize);
        let span = file.len() - table;
        for (place, byte) in changes {
            file[table + place % span] = byte;
        }
        file.truncate(file.len() - cut);
        let signature = judge(&pe::summarise(&file), &Trust::empty(), jiff::Timestamp::UNIX_EPOCH);
        proptest::prop_assert!(!signature.reason.is_empty());
        proptest::prop_assert!(signature.verdict != Word::Trusted, "no anchor was given");
    }
}

/// A catalogue that travels in the bundle signs the DLL whose digest it lists, and a changed one does not.
#[test]
fn a_catalogue_of_the_bundle_counts() {
    for (catalogue, expected) in [("good.cat", "trusted"), ("broken.cat", "invalid")] {
        let manifest = serde_json::json!({
            "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default",
            "host": {"kind": "disk"}, "started": cases().at, "finished": cases().at,
            "redaction": {"names_masked": false}, "entries": [],
        });
        let mut writer = Writer::create(Cursor::new(Vec::new()), serde_json::from_value(manifest).unwrap());
        let program = serde_json::json!([{
            "path": r"C:\Program Files\Kerio\kofmsp32.dll", "found_by": ["install"],
            "stat": {"size": 1536, "folder": false, "reparse": false}, "pe": pe::summarise(&read("catalogue-good.dll")),
        }]);
        let members = [
            ("facts/programs.json", "programs", serde_json::to_vec(&program).unwrap()),
            ("files/catalogues/01.cat", "catalogues", read(catalogue)),
        ];
        for (name, artifact, content) in &members {
            let entry = serde_json::json!({
                "name": name, "artifact": artifact, "method": "file", "state": "complete",
                "origin": format!(r"C:\Windows\System32\CatRoot\{catalogue}"),
            });
            writer.add(serde_json::from_value(entry).unwrap(), &mut content.as_slice()).unwrap();
        }
        let bytes = writer.finish().unwrap().0.into_inner();
        let bundle = Bundle::from_bytes("test.zip", bytes, Limits::default()).unwrap();
        let options = Options { anchors: vec![folder().join("anchor.pem")], ..Options::default() };
        let analyst = Analyst::new(RuleSet::embedded().unwrap(), options).unwrap();
        let facts = analyst.analyse_bundle(&bundle, "test.zip".to_owned(), None).facts;
        let found = facts.tables["dll"].records[0].get("signature").clone();
        assert_eq!(found, Datum::from(expected), "{catalogue}");
    }
}

#[test]
fn a_table_over_the_limit_is_named_and_not_judged() {
    let mut file = read("valid.dll");
    let (start, size) = pe::summarise(&file).signing.value().unwrap().table.unwrap();
    let (start, added) = (usize::try_from(start).unwrap(), pe::MAX_TABLE as u32);
    file.resize(file.len() + added as usize, 0);
    let size = (u32::try_from(size).unwrap() + added).to_le_bytes();
    // The entry's own length, and the size of the security directory: at 0x98 + 96 + 32 + 4 of these files.
    file[start..start + 4].copy_from_slice(&size);
    file[0x11c..0x120].copy_from_slice(&size);
    let signature = judge(&pe::summarise(&file), &trust(), cases().at);
    assert_eq!(signature.verdict, Word::Unverifiable, "{}", signature.reason);
    assert!(signature.reason.contains("the limit is 4194304"), "{}", signature.reason);
}

#[test]
fn files_that_cannot_be_read_are_errors_with_their_name() {
    let rules = RuleSet::embedded().unwrap();
    let missing = Loose { files: vec![folder().join("no-such.dll")], ..Loose::default() };
    let error = run_dll(&missing, &rules, DllFormat::Text, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("no-such.dll"), "{error}");
    let no_anchor = Loose { trust_anchors: vec![folder().join("valid.dll")], ..Loose::default() };
    let error = run_dll(&no_anchor, &rules, DllFormat::Text, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("--trust-anchor"), "{error}");
}
