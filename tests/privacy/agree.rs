//! Stand-ins follow from the key alone: with one key file, two PCs' bundles and their reports call the same person the same;
//! with another key nothing agrees.

use std::{collections::BTreeSet, fs};

use super::*;

/// Two PCs of one company: the same person, the same names of machines, other faults.
const STORIES: [&str; 2] = ["healthy-c2r-x64", "severed-by-update"];

/// Whatever looks like a stand-in in `text`: `USER-k3f9ab12`, `domain-….example`.
fn stand_ins(text: &str) -> BTreeSet<String> {
    /// What codes are made of: no i, l, o, u, which keeps most words of texts out. One in twenty codes has no digit.
    const CODE: &str = "0123456789abcdefghjkmnpqrstvwxyz";
    const PREFIXES: &[&str] = &["user", "host", "server", "domain", "mail", "person", "org", "profile", "share"];
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let stand_in = |word: &&str| {
        let (prefix, code) = word.split_once('-').unwrap_or_default();
        PREFIXES.contains(&prefix.to_lowercase().as_str()) && code.len() == 8 && code.chars().all(|c| CODE.contains(c))
    };
    words.filter(stand_in).map(str::to_owned).collect()
}

/// The report of a bundle in every form that tells names, as one text.
fn report(zip: &Path) -> String {
    let formats = ["text", "json", "markdown", "html"];
    formats
        .map(|format| program::run(&["report", zip.to_str().unwrap(), "--format", format, "--fail-on", "never"]).1)
        .concat()
}

/// The stand-ins of a bundle's members and of its reports.
fn told(bundle: &Bundle, zip: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let all = members(bundle).into_iter().map(|(name, bytes)| format!("{name} {}", readable(&bytes)));
    (stand_ins(&all.collect::<String>()), stand_ins(&report(zip)))
}

/// Text without the zeros of UTF-16.
fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>()).into_owned()
}

#[test]
fn bundles_and_reports_of_one_key_agree_and_of_another_do_not() {
    let desk = Desk::new();
    let (mine, other) = (desk.at("mine.key"), desk.at("other.key"));
    let mut one_key = Vec::new();
    for story in STORIES {
        let disk = desk.at(story);
        koff_fixtures::build(story, &disk).unwrap();
        let bundle = desk.collect(&disk, &format!("{story}.zip"), &["--key", mine.to_str().unwrap()]);
        one_key.push(told(&bundle, &desk.at(&format!("{story}.zip"))));
    }
    let disk = desk.at(STORIES[0]);
    let foreign =
        told(&desk.collect(&disk, "foreign.zip", &["--key", other.to_str().unwrap()]), &desk.at("foreign.zip"));
    let random = told(&desk.collect(&disk, "random.zip", &[]), &desk.at("random.zip"));

    let [(bundle, report), (second, second_report)] = &one_key[..] else { unreachable!() };
    assert!(
        !report.is_empty() && report.is_subset(bundle),
        "the report uses the bundle's stand-ins: {report:?} {bundle:?}"
    );
    assert!(second_report.is_subset(second), "{second_report:?} {second:?}");
    assert_eq!(bundle, second, "the same people and machines, the same stand-ins");
    assert!(!report.is_disjoint(second_report), "{report:?} {second_report:?}");
    for (strange, strange_report) in [&foreign, &random] {
        assert_eq!(strange.len(), bundle.len(), "the same names have stand-ins");
        assert!(strange.is_disjoint(bundle) && strange_report.is_disjoint(report), "another key, another stand-in");
    }
    // What each stand-in means is in both maps, and the same.
    for name in bundle {
        let meant = |story: &str| {
            let map = desk.at(&format!("{story}.names.json"));
            let (code, out, err) = koff_collect(&[&"unmask", &map, name]);
            assert_eq!(code, 0, "{name}: {err}");
            out.to_lowercase()
        };
        assert_eq!(meant(STORIES[0]), meant(STORIES[1]), "{name}");
    }
    assert!(fs::read_to_string(&mine).unwrap() != fs::read_to_string(&other).unwrap());
}
