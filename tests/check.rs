//! `koff-analyze check`: a folder of bundles and evidence against what somebody found right, as text, as JUnit, and
//! written anew. One bundle that cannot be read never stops the rest.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/program.rs"]
mod program;
#[path = "support/ticket.rs"]
mod ticket;

use std::{fs, path::Path};

use self::program::run;

/// A registry export, as somebody sends it by hand.
const EXPORT: &str = "Windows Registry Editor Version 5.00\r\n\r\n\
    [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n\"CurrentBuildNumber\"=\"7601\"\r\n";

/// A folder with two pieces of evidence and no expectation yet.
fn collection(folder: &Path) -> String {
    for name in ["old pc", "nested/other"] {
        let place = folder.join(name);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("a.reg"), EXPORT).unwrap();
        fs::write(folder.join(format!("{name}.expected.txt")), "# what a person found\n").unwrap();
    }
    folder.display().to_string()
}

#[test]
fn an_update_writes_what_the_next_check_finds_and_keeps_the_notes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = collection(folder.path());
    assert_eq!(run(&["check", &dir]).0, 1, "nothing is expected yet");
    let (code, shown, _) = run(&["check", &dir, "--update"]);
    assert_eq!(code, 0, "{shown}");
    let written = fs::read_to_string(folder.path().join("old pc.expected.txt")).unwrap();
    assert!(written.starts_with("# what a person found\n"), "{written}");
    assert!(written.contains("\npass bundle-altered\n"), "{written}");
    let (code, shown, _) = run(&["check", &dir]);
    assert_eq!((code, shown.as_str()), (0, "2 bundles: 2 as expected, 0 not\n"));
}

#[test]
fn what_differs_is_told_rule_by_rule_and_fails_its_case() {
    let folder = tempfile::tempdir().unwrap();
    let dir = collection(folder.path());
    run(&["check", &dir, "--update"]);
    let file = folder.path().join("old pc.expected.txt");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("pass bundle-altered", "fail bundle-altered\nfail no-such-rule")).unwrap();
    fs::write(folder.path().join("broken.zip"), "no zip at all").unwrap();

    let (code, shown, _) = run(&["check", &dir]);
    assert_eq!(code, 1);
    for line in [
        "old pc: 2 verdicts differ from old pc.expected.txt",
        "no-such-rule: expected fail, found nothing",
        "bundle-altered: expected fail, found pass",
        "broken.zip: expected an expected file beside it, found none; --update writes it",
        "3 bundles: 1 as expected, 2 not",
    ] {
        assert!(shown.contains(line), "{line:?} in\n{shown}");
    }
    let (code, xml, _) = run(&["check", &dir, "--format", "junit"]);
    assert_eq!(code, 1);
    assert_eq!(xml.matches("<failure ").count(), 2, "{xml}");
    assert!(xml.contains(r#"<testcase name="nested/other" classname="nested/other.expected.txt"/>"#), "{xml}");
}

/// The texts in one folder, as in git; the bundles in another, as on a share.
#[test]
fn bundles_may_stand_apart_from_their_texts_and_a_missing_one_says_what_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("kept")).unwrap();
    ticket::collect("no-connector-here", &at("kept/pc.zip"));
    fs::copy(at("kept/pc.zip"), at("kept/pc.again.zip")).unwrap();
    fs::create_dir_all(at("texts/pc")).unwrap();
    fs::write(at("texts/pc/expected.txt"), "# a PC without the connector\n").unwrap();
    let settings = "[check]\nbundles = \"../kept\"\nmade_by = \"make-them\"\nat = \"2026-11-23T08:00:00Z\"\n";
    fs::write(at("texts/koff-diag.toml"), settings).unwrap();
    let dir = at("texts").display().to_string();
    let (code, said, err) = run(&["check", &dir, "--update"]);
    assert_eq!(code, 0, "{said}{err}");
    assert!(at("texts/pc/expected.again.txt").is_file(), "a new bundle gets its file");
    assert_eq!(run(&["check", &dir]).1, "2 bundles: 2 as expected, 0 not\n");
    assert_eq!(run(&["check", &dir, "--only", "again"]).1, "1 bundle: 1 as expected, 0 not\n");

    fs::remove_file(at("kept/pc.again.zip")).unwrap();
    let (code, said, _) = run(&["check", &dir]);
    assert_eq!(code, 1);
    assert!(said.contains("pc.again.zip: expected this bundle, found none; `make-them` makes it"), "{said}");
    fs::remove_dir_all(at("kept")).unwrap();
    let (code, _, err) = run(&["check", &dir]);
    assert!(code == 2 && err.contains("expected a folder of bundles, found none; `make-them` makes it"), "{err}");
}

#[test]
fn a_folder_with_nothing_to_check_is_an_error_that_says_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = run(&["check", folder.path().to_str().unwrap()]);
    assert!(code == 2 && err.contains("NAME.expected.txt"), "{err}");
}
