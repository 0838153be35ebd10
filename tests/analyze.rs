//! The analyzer as a person types it: every format of a real bundle, quotations looked up again, two bundles compared,
//! and input that is no bundle at all.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/program.rs"]
mod program;
#[path = "support/ticket.rs"]
mod ticket;

use std::{fs, io::Write as _, path::Path};

use koff_analyze::report::{Document, Report};
use serde_json::Value;

use self::program::run;

/// The bundle that the real collector makes of a story.
fn bundle(story: &str, folder: &Path) -> String {
    let zip = folder.join(format!("{story}.zip"));
    ticket::collect(story, &zip);
    zip.display().to_string()
}

#[test]
fn a_report_says_cause_steps_and_evidence_and_holds_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle("severed-by-update", folder.path());
    let (code, text, _) = run(&["report", &bundle]);
    assert_eq!(code, 1, "a critical finding is above the default --fail-on");
    let order: Vec<_> = ["MOST LIKELY CAUSE", "WHAT TO DO", "FINDINGS", "WHAT COULD NOT BE TOLD"]
        .iter()
        .map(|title| text.find(title).unwrap())
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    assert!(text.contains("mapi-registration-severed-by-update"));

    let (code, json, _) = run(&["report", &bundle, "--format", "json", "--fail-on", "never"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&json).unwrap();
    let schema = serde_json::to_value(schemars::schema_for!(Document)).unwrap();
    let problems: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(document["schema"], "koff-report/1");
    assert_eq!(document["summary"]["cause"], "mapi-registration-severed-by-update");
}

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.schema.json");
    let found = format!("{:#}\n", serde_json::to_value(schemars::schema_for!(Document)).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &found).unwrap();
    }
    let published = fs::read_to_string(&file).unwrap_or_default();
    assert!(published == found, "{} is stale: run this test with UPDATE=1", file.display());
}

#[test]
fn machine_formats_are_well_formed_and_several_come_out_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle("bitness-mismatch", folder.path());
    let (sarif, junit) = (folder.path().join("r.sarif"), folder.path().join("r.xml"));
    let (sarif, junit) = (sarif.to_str().unwrap(), junit.to_str().unwrap());
    let args = ["report", &bundle, "--format", "sarif", "--output", sarif, "--format", "junit", "--output", junit];
    assert_eq!(run(&args).0, 1);
    let document: Value = serde_json::from_str(&fs::read_to_string(sarif).unwrap()).unwrap();
    let run_of = &document["runs"][0];
    let rules = run_of["tool"]["driver"]["rules"].as_array().unwrap().len();
    let results = run_of["results"].as_array().unwrap();
    assert!(rules > 90 && results.len() >= rules, "every rule that ran has a result");
    for result in results {
        let level = result["level"].as_str().unwrap();
        assert_eq!(result["kind"] == "fail", level != "none", "only a failure has a level: {result}");
    }
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains(r#"<testcase name="connector-bitness-mismatch""#) && xml.contains("<skipped message="));
    for format in ["html", "markdown", "ndjson"] {
        let (code, shown, _) = run(&["report", &bundle, "--format", format]);
        assert!(code == 1 && shown.contains("connector-bitness-mismatch"), "{format}");
    }
}

#[test]
fn every_quotation_of_a_report_is_in_its_bundle_and_a_forged_one_is_refuted() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle("severed-by-update", folder.path());
    let report = folder.path().join("r.json");
    let report = report.to_str().unwrap();
    run(&["report", &bundle, "--format", "json", "--output", report]);
    let (code, shown, _) = run(&["verify", report, &bundle]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(" 0 refuted"));
    let forged = fs::read_to_string(report).unwrap().replacen("\"sha256\": \"", "\"sha256\": \"00", 9);
    fs::write(report, forged).unwrap();
    assert_eq!(run(&["verify", report, &bundle]).0, 1);
}

/// A log in Japanese and a registry export, as somebody sends them: the export says the code page and the time zone, here
/// that of Berlin, so that winter and summer differ.
#[test]
fn a_log_is_read_by_the_code_page_and_the_zone_of_its_pc() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    let control = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control";
    let zone = "\"Bias\"=dword:ffffffc4\r\n\"StandardBias\"=dword:00000000\r\n\"DaylightBias\"=dword:ffffffc4\r\n\
                \"DaylightStart\"=hex:00,00,03,00,05,00,02,00,00,00,00,00,00,00,00,00\r\n\
                \"StandardStart\"=hex:00,00,0a,00,05,00,03,00,00,00,00,00,00,00,00,00\r\n";
    let export = format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{control}\\Nls\\CodePage]\r\n\"ACP\"=\"932\"\r\n\r\n\
         [{control}\\TimeZoneInformation]\r\n{zone}"
    );
    fs::write(evidence.join("pc.reg"), export).unwrap();
    let mut log = b"[15/Jan/2026 10:30:00] \x83\x47\x83\x89\x81\x5b ".to_vec();
    log.extend(b"MAPI was unable to load the information service C:\\K\\KofMsp32.dll\r\n");
    log.extend(b"[15/Jul/2026 10:30:00] was not enough disk space to proceed with the upgrade of the database\r\n");
    fs::write(evidence.join("client.log"), log).unwrap();
    let evidence = evidence.to_str().unwrap();

    let (_, facts, _) = run(&["facts", evidence, "--kind", "log", "--format", "json"]);
    assert!(facts.contains("\"エラー MAPI was unable to load"), "{facts}");
    for wanted in ["2026-01-15T09:30:00Z", "2026-07-15T08:30:00Z", "\"local\""] {
        assert!(facts.contains(wanted), "{wanted} is not in\n{facts}");
    }
    let report = folder.path().join("r.json");
    let report = report.to_str().unwrap();
    run(&["report", evidence, "--format", "json", "--output", report]);
    assert!(fs::read_to_string(report).unwrap().contains("エラー"));
    let (code, shown, _) = run(&["verify", report, evidence]);
    assert!(code == 0 && shown.contains(" 0 refuted"), "{shown}");
}

#[test]
fn a_comparison_tells_fixed_from_new() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (bundle("severed-by-update", folder.path()), bundle("healthy-c2r-x64", folder.path()));
    let (code, shown, _) = run(&["diff", &old, &new]);
    assert_eq!(code, 0, "{shown}");
    let fixed = shown.split("New (").next().unwrap();
    assert!(fixed.contains("mapi-registration-severed-by-update"), "{shown}");
    assert_eq!(run(&["diff", &new, &old]).0, 1, "the other way round it is new");
}

#[test]
fn explain_shows_why_in_every_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle("healthy-c2r-x64", folder.path());
    for (rule, verdict) in [("mapi-service-unregistered", "pass"), ("memory-below-minimum", "unknown")] {
        let (code, shown, _) = run(&["explain", rule, &bundle]);
        assert_eq!(code, 0);
        assert!(shown.lines().next().unwrap().contains(verdict), "{shown}");
        assert!(shown.contains("\n  inputs, by the manifest\n    "), "{shown}");
        assert!(shown.lines().count() > 2, "{shown}");
    }
    let (code, _, wrong) = run(&["explain", "memory-below-minimun", &bundle]);
    assert!(code == 2 && wrong.contains("memory-below-minimum"), "{wrong}");
}

#[test]
fn what_is_no_bundle_ends_in_a_clear_sentence_and_a_valid_document() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path.display().to_string()
    };
    let cases = [
        (write("text.zip", b"hello"), "hello"),
        (write("empty.zip", b""), "empty"),
        (write("end.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "expected"),
        (folder.path().join("none.zip").display().to_string(), "none.zip"),
    ];
    for (path, word) in cases {
        let (code, out, err) = run(&["report", &path]);
        assert_eq!(code, 2, "{path}");
        assert!(out.is_empty() && err.contains(word), "{path}: {err}");
        let (code, out, _) = run(&["report", &path, "--format", "sarif"]);
        let document: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, &document["runs"][0]["invocations"][0]["executionSuccessful"]), (2, &Value::Bool(false)));
        assert!(run(&["report", &path, "--format", "junit"]).1.contains("<failure"));
    }
}

#[test]
fn a_wrong_rule_file_names_line_column_and_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mapi")).unwrap();
    fs::write(folder.path().join("mapi/my-rule.yml"), "id: my-rule\ntitel: A title\n").unwrap();
    let rules = folder.path().to_str().unwrap();
    let (code, _, err) = run(&["report", "x.zip", "--rules", rules]);
    assert_eq!(code, 2);
    assert!(err.contains("my-rule.yml") && err.contains("titel") && err.contains("title"), "{err}");
}

/// A line of a log becomes a rule that holds, lints and all: what a support engineer does after a new kind of fault.
#[test]
fn a_line_of_a_log_becomes_a_rule_that_checks_and_tests() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    let log = "[04/May/2026 09:40:02] Profile opened\r\n\
        [04/May/2026 09:41:00] Attachment cache of folder 17 has no index, giving up\r\n\
        [04/May/2026 09:42:00] Profile closed\r\n";
    fs::write(evidence.join("debug.log"), log).unwrap();
    let bundle = evidence.display().to_string();
    let rules = folder.path().join("rules/runtime");
    let into = rules.display().to_string();
    let (code, out, err) = run(&["rules", "new", "--from-line", &format!("{bundle}:debug.log:2"), "--output", &into]);
    assert_eq!(code, 0, "{err}");
    let file = rules.join("attachment-cache-of-folder-has.yml");
    assert_eq!(out.trim(), file.display().to_string());
    let draft = fs::read_to_string(&file).unwrap();
    assert!(draft.contains("has no index, giving up") && !draft.contains("09:41"), "{draft}");
    let all = folder.path().join("rules").display().to_string();
    for command in ["check", "test"] {
        let (code, out, err) = run(&["rules", command, &all]);
        assert_eq!(code, 0, "{command}: {out}{err}");
    }
    let (_, report, _) = run(&["report", &bundle, "--rules", &all, "--format", "json", "--fail-on", "never"]);
    let report: Report = serde_json::from_str(&report).unwrap();
    let finding = report.findings.iter().find(|finding| finding.rule == "attachment-cache-of-folder-has").unwrap();
    assert!(finding.message.contains("folder 17"), "the draft finds the line that it was made from");

    let (code, _, err) = run(&["rules", "new", "--from-line", &format!("{bundle}:debug.log:2"), "--output", &into]);
    assert_eq!(code, 2, "a rule that exists is not overwritten: {err}");
    for (place, said) in [
        (format!("{bundle}:debug.log:9"), "expected at least 9 lines"),
        (format!("{bundle}:other.log:1"), "expected a member of the bundle"),
        (format!("{bundle}:debug.log:0"), "from 1"),
        ("nothing".to_owned(), "BUNDLE:ARTIFACT:LINE"),
    ] {
        let (code, _, err) = run(&["rules", "new", "--from-line", &place]);
        assert!(code == 2 && err.contains(said), "{place}: {err}");
    }
}

/// The first screen says the most likely cause, the next step and what would confirm it; the timeline, what changed before.
#[test]
fn a_failure_after_an_update_is_told_with_the_hours_between() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle("office-update-then-mapi-error", folder.path());
    let (_, json, _) = run(&["report", &bundle, "--format", "json", "--fail-on", "never"]);
    let report: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(report.summary.cause.as_deref(), Some("mapi-registration-severed-by-update"));
    assert!(report.summary.next_step.is_some() && report.summary.confirmed_if.is_some());
    let change = report.timeline.iter().find(|moment| moment.text.contains("before the first")).unwrap();
    assert_eq!(change.text, "Office updated to 16.0.17531.20140, 2 h before the first MAPI error");
    let first: Vec<_> = report.timeline.iter().filter(|moment| moment.first_failure).collect();
    assert!(first.len() == 1 && first[0].time == "2026-05-02T23:05:00Z", "not the old crash of Outlook: {first:?}");
    let message = report.findings.iter().find(|finding| finding.rule == "office-recently-updated").unwrap();
    assert!(message.message.ends_with("2 h before the first MAPI error"), "{}", message.message);
    let causes: Vec<_> = report.findings.iter().filter(|finding| finding.explained_by.is_empty()).collect();
    let order = |finding: &&koff_analyze::finding::Finding| (finding.level, finding.confidence);
    assert!(causes.iter().map(order).rev().is_sorted(), "independent causes by level, then confidence");
    let (_, text, _) = run(&["report", &bundle]);
    assert!(text.contains("Next step: ") && text.contains("Confirmed if after it: "), "{text}");
}
