//! Bugs of other collectors that took a whole run to show, each as a run of the program. What one text is enough for stands
//! in `redaction/words.rs` and `redaction/cost.rs`.

use std::fs;

use super::*;

const STORY: &str = "severed-by-update";

/// A person and a PC that no word of a bundle is part of, in every log line.
const PERSON: &str = "zwackelmann";
const COMPUTER: &str = "PC-BUERO-07";

fn desk() -> (Desk, PathBuf) {
    let desk = Desk::new();
    let disk = desk.at("disk");
    koff_fixtures::build(STORY, &disk).unwrap();
    let log = disk.join("Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook/debug.log");
    let line = |path: &str| format!("[04/May/2026 09:59:30] C:\\Users\\{path}\\x on {COMPUTER}, User: {PERSON}\r\n");
    fs::write(log, line(PERSON).repeat(20)).unwrap();
    fs::create_dir_all(disk.join(format!("Users/{PERSON}"))).unwrap();
    fs::create_dir(desk.at("out")).unwrap();
    (desk, disk)
}

/// sos: "if encryption fails for any reason, the original unencrypted archive is preserved". Here nothing is left, under no name.
#[test]
fn peer_bug_where_sealing_fails_nothing_is_left_unsealed() {
    // Well-formed, but nothing can be sealed for it: all zeros.
    const NOBODY: &str = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z";
    let (desk, disk) = desk();
    let zip = desk.at("out/x.zip");
    for recipient in [NOBODY, "age1nokey", ""] {
        let (code, out, err) =
            koff_collect(&[&"--root", &disk, &"--output", &zip, &"--yes", &"--quiet", &"--encrypt-to", &recipient]);
        assert!(code == 2 && out.is_empty() && !err.is_empty(), "{recipient}: {code} {out}{err}");
        let left: Vec<_> = fs::read_dir(desk.at("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{recipient}: {left:?}");
    }
}

/// sos 3433: what was masked depended on which other plugins ran. Here names are learned before anything is chosen.
#[test]
fn peer_bug_masking_does_not_depend_on_what_else_is_collected() {
    let (desk, disk) = desk();
    let key = desk.at("names.key");
    let options = ["--key-file", key.to_str().unwrap()];
    let all = desk.collect(&disk, "all.zip", &options);
    let alone = desk.collect(&disk, "alone.zip", &[options[0], options[1], "--only", "connector-logs"]);
    let all = members(&all);
    let mut compared = 0;
    for (name, one) in members(&alone) {
        let text = String::from_utf8_lossy(&one).to_lowercase();
        assert!(!text.contains(PERSON) && !text.contains(&COMPUTER.to_lowercase()), "{name}");
        if name.starts_with("files/") {
            assert!(
                all.iter().any(|(other, two)| *other == name && *two == one),
                "{name} differs from the whole run's"
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "no log was compared");
}

/// sos 4109, weggeefkastje 75: the PC's name stayed in the tool's own log, and the account's in absolute paths. Looked for in what
/// the program prints, in every member's name and content, and in the bytes of the file.
#[test]
fn peer_bug_the_tools_own_words_and_paths_name_nobody() {
    let (desk, disk) = desk();
    let zip = desk.at("out/x.zip");
    let (code, out, err) = koff_collect(&[&"--root", &disk, &"--output", &zip, &"--yes", &"--format", &"json"]);
    assert_eq!(code, 0, "{err}");
    let (code, list, _) = koff_collect(&[&"inspect", &zip]);
    assert_eq!(code, 0);
    let mut seen = vec![("what was printed".to_owned(), out + &err), ("inspect".to_owned(), list)];
    seen.push(("the file".to_owned(), String::from_utf8_lossy(&fs::read(&zip).unwrap()).into_owned()));
    for (name, content) in members(&open(&zip)) {
        seen.push((name.clone(), format!("{name}\n{}", String::from_utf8_lossy(&content).replace('\0', ""))));
    }
    let mut masked = 0;
    for (place, text) in seen {
        let folded = text.to_lowercase();
        for name in [PERSON, COMPUTER, "Users\\anna", "Users/anna/"] {
            assert!(!folded.contains(&name.to_lowercase()), "{name} in {place}");
        }
        masked += folded.matches("user-").count();
    }
    assert!(masked > 20, "{masked} stand-ins");
}
