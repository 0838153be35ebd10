//! A bundle that exists: sealed ones open with their key, large ones are redacted as they are read, and the result is the
//! one that collecting with redaction gives.

use std::fs;

use koff_bundle::{
    registry::{Value, text},
    seal::Identity,
};

use super::*;

const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
const STORY: &str = "severed-by-update";

/// A desk with the story's disk, a key for stand-ins, and the key file of whoever may open sealed bundles.
fn desk() -> (Desk, PathBuf) {
    let desk = Desk::new();
    let disk = desk.at("disk");
    koff_fixtures::build(STORY, &disk).unwrap();
    fs::write(desk.at("desk.key"), format!("# support desk\n{SECRET}\n")).unwrap();
    (desk, disk)
}

#[test]
fn sealed_bundles_are_inspected_and_redacted_with_their_key_and_not_without() {
    let (desk, disk) = desk();
    let recipient = SECRET.parse::<Identity>().unwrap().recipient().to_string();
    let (names, key) = (desk.at("names.key"), desk.at("desk.key"));
    let zip = desk.at("x.zip");
    let seal: [&dyn AsRef<std::ffi::OsStr>; 2] = [&"--encrypt-to", &recipient];
    let mut collect: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"--root", &disk, &"--output", &zip, &"--yes", &"--quiet"];
    collect.extend([&"--no-redact" as &dyn AsRef<std::ffi::OsStr>, seal[0], seal[1]]);
    assert_eq!(koff_collect(&collect).0, 0);
    let sealed = desk.at("x.zip.age");

    let (code, _, err) = koff_collect(&[&"inspect", &sealed]);
    assert!(code == 2 && err.contains("expected a key to open it with (--identity FILE)"), "{err}");
    let (code, out, err) = koff_collect(&[&"inspect", &sealed, &"--identity", &key]);
    assert!(code == 0 && out.contains("NAMES ARE NOT MASKED") && out.contains("facts/users.json"), "{out}{err}");
    let (_, users, _) = koff_collect(&[&"inspect", &sealed, &"facts/users.json", &"--identity", &key]);
    assert!(users.contains("anna"), "{users}");
    fs::write(desk.at("empty.key"), "# nothing\n").unwrap();
    for wrong in ["empty.key", "missing.key"] {
        let (code, _, err) = koff_collect(&[&"inspect", &sealed, &"--identity", &desk.at(wrong)]);
        assert!(code == 2 && err.contains(wrong), "{err}");
    }

    assert_eq!(koff_collect(&[&"redact", &sealed, &"--output", &desk.at("y.zip")]).0, 2);
    assert!(!desk.at("y.zip").exists());
    let redact: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"redact", &sealed, &"--identity", &key, &"--key-file", &names];
    let (code, out, err) = koff_collect(&redact);
    assert!(code == 0 && out.contains("x.redacted.zip"), "{out}{err}");
    let plain = open(&desk.at("x.redacted.zip"));
    assert!(plain.manifest().redaction.names_masked);
    let (_, shown, _) = koff_collect(&[&"inspect", &desk.at("x.redacted.zip"), &"facts/users.json"]);
    assert!(!shown.contains("anna") && shown.contains("USER-"), "{shown}");

    // What was sealed can be sealed again.
    let (code, out, err) = koff_collect(&[redact, seal.to_vec()].concat());
    assert!(code == 0 && out.contains("x.redacted.zip.age"), "{out}{err}");
    let (code, again, _) =
        koff_collect(&[&"inspect", &desk.at("x.redacted.zip.age"), &"facts/users.json", &"--identity", &key]);
    assert!(code == 0 && again == shown, "{again}");
}

#[test]
fn redacting_a_bundle_gives_what_collecting_it_redacted_gives() {
    let (desk, disk) = desk();
    // A log of many reads, with names on every border there may be.
    let log = disk.join("Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook/debug.log");
    let lines = (0..20_000).map(|line| {
        format!(
            "[04/May/2026 09:{:02}:{:02}] {line} anna@firma.example opened C:\\Users\\anna\\x on PC-BUERO-07\r\n",
            line / 60 % 60,
            line % 60
        )
    });
    fs::write(log, lines.collect::<String>()).unwrap();
    let names = desk.at("names.key");
    let key = ["--key-file", names.to_str().unwrap()];
    let plain = desk.collect(&disk, "plain.zip", &["--no-redact"]);
    let masked = desk.collect(&disk, "masked.zip", &key);
    let (code, _, err) = koff_collect(&[&"redact", &desk.at("plain.zip"), &key[0], &key[1]]);
    assert_eq!(code, 0, "{err}");
    let again = open(&desk.at("plain.redacted.zip"));
    let (before, collected, redacted) = (members(&plain), members(&masked), members(&again));
    assert_eq!(collected.len(), redacted.len());
    let mut changed = 0;
    for (((_, raw), (name, one)), (other, two)) in before.iter().zip(&collected).zip(&redacted) {
        assert_eq!(name, other);
        if name == "manifest.json" {
            continue;
        }
        assert!(same(name, one, two), "{name} differs: {}", difference(one, two));
        changed += usize::from(raw != one);
    }
    assert!(changed > 5, "{changed} members had names");
    // troubleshoot 448: an unmasked bundle must not look like a masked one. One with names says so in whatever a person reads
    // of it, one without does not.
    for (zip, loud) in [("plain.zip", true), ("plain.redacted.zip", false)] {
        for format in ["text", "markdown", "html"] {
            let (_, report, _) =
                program::run(&["report", desk.at(zip).to_str().unwrap(), "--format", format, "--fail-on", "never"]);
            let said = report.to_lowercase().replace("<strong>", "").contains("names in this bundle are not masked");
            assert_eq!(said, loud, "{zip} as {format}");
        }
    }
    let manifest = again.manifest();
    assert!(manifest.redaction.names_masked && manifest.host.computer == masked.manifest().host.computer);
}

/// Whether two members say the same. An export's lines break elsewhere when it is masked as a text.
fn same(name: &str, one: &[u8], two: &[u8]) -> bool {
    let keys = |bytes: &[u8]| -> Vec<(String, Vec<Value>)> {
        let keys = text::read(bytes).keys.into_iter();
        keys.map(|key| (key.path, key.values.into_iter().map(|value| value.value).collect())).collect()
    };
    if name.ends_with(".reg") { keys(one) == keys(two) } else { one == two }
}

/// The first line in which two texts differ.
fn difference(one: &[u8], two: &[u8]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', "");
    let (one, two) = (text(one), text(two));
    let lines = one.lines().zip(two.lines()).find(|(one, two)| one != two);
    lines.map_or_else(|| format!("{} and {} bytes", one.len(), two.len()), |(one, two)| format!("{one:?} and {two:?}"))
}
