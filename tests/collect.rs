//! The collector's own program over Windows disks built from stories: what a person types, what stands in the zip.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its inputs has nothing to say")]

use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use koff_bundle::{
    acquisition::State, artifact::Artifact, limits::Limits, manifest::Entry, reader::Bundle, registry::text,
};
use tempfile::TempDir;

const DATA: &str = r"Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook";

/// A disk of the healthy story and a folder beside it.
struct Pc {
    folder: TempDir,
}

impl Pc {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/healthy-c2r-x64");
        koff_fixtures::disk::build(&story, &folder.path().join("disk")).unwrap();
        Self { folder }
    }

    fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Puts a file on the disk, by a path below its root.
    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.disk().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn zip(&self) -> PathBuf {
        self.folder.path().join("out.zip")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_koff-collect"));
        command.arg("--root").arg(self.disk()).arg("--output").arg(self.zip()).args(args);
        command.env("LC_ALL", "C").env_remove("SOURCE_DATE_EPOCH").output().unwrap()
    }

    fn collect(&self, args: &[&str]) -> Bundle {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let bundle = Bundle::open(&self.zip(), Limits::default()).unwrap();
        bundle.verify();
        assert!(bundle.problems().is_empty(), "{:?}", bundle.problems());
        bundle
    }
}

fn of(bundle: &Bundle, artifact: Artifact) -> Vec<&Entry> {
    bundle.manifest().entries.iter().filter(|entry| entry.artifact == artifact.id()).collect()
}

fn records(bundle: &Bundle, name: &str) -> Vec<serde_json::Value> {
    serde_json::from_slice(&bundle.read(name).unwrap().bytes).unwrap()
}

/// Every byte of every member, and of the manifest.
fn everything(bundle: &Bundle) -> Vec<u8> {
    let members = bundle.members().iter().map(|member| member.name.clone());
    members.flat_map(|name| bundle.read(&name).unwrap().bytes).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [text.as_bytes(), &wide].iter().any(|needle| bytes.windows(needle.len()).any(|part| part == *needle))
}

#[test]
fn every_artifact_has_an_entry_and_absence_is_told_from_silence() {
    let bundle = Pc::build().collect(&[]);
    for artifact in Artifact::ALL {
        assert!(!of(&bundle, *artifact).is_empty(), "{} has no entry", artifact.id());
    }
    let origins: BTreeSet<_> =
        bundle.manifest().entries.iter().map(|entry| (entry.origin.clone(), entry.user.clone())).collect();
    for key in [r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio", r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\GFI"] {
        assert!(origins.contains(&(key.to_owned(), None)), "{key} is not planned");
    }
    let absent = bundle.entry("registry/machine/wow6432node-gfi.reg").unwrap();
    assert_eq!((absent.acquisition.state, &absent.sha256), (State::Absent, &None));
    let processes = bundle.entry("facts/processes.json").unwrap();
    assert_eq!(processes.acquisition.state, State::Unsupported);
}

#[test]
fn a_registry_export_is_a_reg_file_of_the_key_that_its_entry_names() {
    let bundle = Pc::build().collect(&[]);
    let mut exports = 0;
    for entry in &bundle.manifest().entries {
        if !entry.name.ends_with(".reg") || !entry.acquisition.state.has_content() {
            continue;
        }
        let file = text::read(&bundle.read(&entry.name).unwrap().bytes);
        assert!(file.problems.is_empty(), "{}: {:?}", entry.name, file.problems);
        assert_eq!(file.keys[0].path, entry.origin, "{}", entry.name);
        let below = format!("{}\\", entry.origin);
        assert!(file.keys[1..].iter().all(|key| key.path.starts_with(&below)), "{}", entry.name);
        if entry.method == "registry values" {
            assert_eq!(file.keys.len(), 1, "{}", entry.name);
        }
        exports += 1;
    }
    assert!(exports > 20, "{exports}");
    let uninstall = bundle.entry("registry/machine/microsoft-windows-currentversion-uninstall.reg").unwrap();
    assert_eq!(uninstall.method, "registry tree, filtered");
}

#[test]
fn the_same_disk_gives_the_same_bytes() {
    let pc = Pc::build();
    let key = pc.folder.path().join("key");
    let run = |name: &str| {
        let zip = pc.folder.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_koff-collect"));
        command.arg("--root").arg(pc.disk()).arg("--output").arg(&zip).arg("--key-file").arg(&key);
        assert!(command.env("SOURCE_DATE_EPOCH", "1780000000").output().unwrap().status.success());
        fs::read(zip).unwrap()
    };
    assert!(run("a.zip") == run("b.zip"));
}

#[test]
fn a_log_is_kept_whole_and_a_large_one_at_both_ends() {
    let pc = Pc::build();
    let lines: Vec<String> = (0..20_000).map(|n| format!("[04/May/2026 07:02:10] line {n}\r\n")).collect();
    pc.put(&format!("{DATA}/debug.log"), lines.concat());
    let name = |bundle: &Bundle| of(bundle, Artifact::ConnectorLogs)[0].name.clone();

    let whole = pc.collect(&[]);
    let entry = whole.entry(&name(&whole)).unwrap();
    assert_eq!((entry.acquisition.state, entry.user.as_deref()), (State::Complete, Some("user-1")));
    assert_eq!(whole.read(&entry.name).unwrap().bytes, lines.concat().as_bytes());

    let cut = pc.collect(&["--max-file-size", "10KB"]);
    let entry = cut.entry(&name(&cut)).unwrap();
    assert_eq!(entry.acquisition.state, State::Truncated);
    let text = String::from_utf8(cut.read(&entry.name).unwrap().bytes).unwrap();
    assert!(text.starts_with(&lines[0]) && text.ends_with(lines.last().unwrap()) && text.len() < 11_000);
    assert!(text.contains("bytes left out here"), "{text}");
}

#[test]
fn mail_dumps_and_searches_stay_on_the_pc() {
    let pc = Pc::build();
    let mut database = vec![0_u8; 16_384];
    database[0] = 1;
    database[4096..4096 + 14].copy_from_slice(b"Betreff: Lohn!");
    pc.put(&format!("{DATA}/zweite.fdb"), &database);
    pc.put(&format!("{DATA}/crash.dmp"), b"MDMP with somebody's memory in it");
    pc.put(
        "Program Files/Kerio/Outlook Connector (Offline Edition)/manticore/store/query.log",
        "SELECT * FROM mails WHERE MATCH('kuendigung')",
    );
    let bundle = pc.collect(&["--no-redact", "--yes"]);
    let bytes = everything(&bundle);
    for secret in ["Betreff: Lohn!", "somebody's memory", "kuendigung"] {
        assert!(!holds(&bytes, secret), "{secret}");
    }
    let database = records(&bundle, "facts/databases.json")
        .into_iter()
        .find(|record| record["path"].as_str().unwrap().ends_with("zweite.fdb"))
        .unwrap();
    assert_eq!(database["header"].as_str().unwrap().len(), 2 * 128);
    let listing = serde_json::to_string(&records(&bundle, "facts/folders.json")).unwrap();
    assert!(listing.contains("crash.dmp") && listing.contains("query.log"));
}

#[test]
fn a_dll_in_downloads_is_found_and_a_missing_registered_one_has_a_record() {
    let pc = Pc::build();
    pc.put("Users/anna/Downloads/tools/KOFMSP.dll", b"MZ not the connector");
    let kerio = "Program Files/Kerio/Outlook Connector (Offline Edition)";
    fs::remove_file(pc.disk().join(kerio).join("KofMsp32.dll")).unwrap();
    let programs = records(&pc.collect(&["--no-redact", "--yes"]), "facts/programs.json");
    let find = |end: &str| {
        let found = programs.iter().find(|record| record["path"].as_str().unwrap().to_lowercase().ends_with(end));
        found.unwrap_or_else(|| panic!("{end}")).clone()
    };
    let stray = find(r"downloads\tools\kofmsp.dll");
    assert_eq!((stray["found_by"][0].as_str(), stray["user"].as_str()), (Some("downloads"), Some("user-1")));
    let missing = find(r"outlook connector (offline edition)\kofmsp32.dll");
    assert_eq!(missing["stat"]["missing"], "absent", "{missing}");
}

#[test]
fn names_are_hidden_unless_asked_for_and_the_user_is_chosen_by_any_name() {
    let pc = Pc::build();
    assert!(!holds(&everything(&pc.collect(&[])), r"Users\anna"));
    let plain = pc.collect(&["--no-redact", "--yes", "--user", "ANNA"]);
    assert!(!plain.manifest().redaction.names_masked);
    assert_eq!(records(&plain, "facts/users.json")[0]["name"], "anna");

    fs::remove_file(pc.zip()).unwrap();
    let output = pc.run(&["--user", "otto"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("otto") && said.contains("anna"), "{said}");
    assert!(!pc.zip().exists());
}

#[test]
fn what_is_left_out_is_written_down() {
    let bundle = Pc::build().collect(&["--only", "users", "--only", "system", "--exclude", "system"]);
    for artifact in Artifact::ALL {
        let state = of(&bundle, *artifact)[0].acquisition.state;
        let expected = if *artifact == Artifact::Users { State::Complete } else { State::Skipped };
        assert_eq!(state, expected, "{}", artifact.id());
    }
}

#[test]
fn a_plan_writes_nothing_and_names_every_artifact() {
    let pc = Pc::build();
    let output = pc.run(&["--plan", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids: Vec<_> = plan["artifacts"].as_array().unwrap().iter().map(|a| a["artifact"].as_str().unwrap()).collect();
    assert_eq!(ids, Artifact::ALL.iter().map(|artifact| artifact.id()).collect::<Vec<_>>());
    let rules = |id: &str| {
        let artifact = plan["artifacts"].as_array().unwrap().iter().find(|a| a["artifact"] == id).unwrap();
        artifact["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(rules("mapisvc").contains(&"mapi-service-unregistered".to_owned()));
    assert!(rules("databases").contains(&"cache-empty-file".to_owned()) && rules("registry-firewall").is_empty());
    let said = String::from_utf8(pc.run(&["--plan"]).stdout).unwrap();
    assert!(said.contains("mapi-service-unregistered"), "{said}");
    assert!(!pc.zip().exists());
    assert_eq!(fs::read_dir(pc.folder.path()).unwrap().count(), 1);
}

#[test]
fn the_last_line_says_where_the_bundle_is_and_json_says_it_to_programs() {
    let pc = Pc::build();
    let output = pc.run(&["--quiet"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), 1);
    assert!(said.contains(pc.zip().to_str().unwrap()), "{said}");
    let output = pc.run(&["--format", "json"]);
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["bundle"], pc.zip().to_str().unwrap());
    assert_eq!(result["bytes"].as_u64(), Some(fs::metadata(pc.zip()).unwrap().len()));
}

#[test]
fn it_speaks_the_language_of_the_system_or_the_one_asked_for_to_people_only() {
    let pc = Pc::build();
    let run = |system: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_koff-collect"));
        command.arg("--root").arg(pc.disk()).arg("--output").arg(pc.zip()).args(["--only", "users"]).args(args);
        let output = command.env("LC_ALL", system).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(run("de_DE.UTF-8", &[]).contains("Das Paket liegt hier"));
    assert!(run("de_DE.UTF-8", &["--lang", "en"]).contains("The bundle is at"));
    assert!(run("C", &["--lang", "de", "--plan"]).contains("Nie gesammelt: E-Mails"));
    assert!(run("C", &["--lang", "de", "--user", "niemand"]).contains("niemand dieses Namens"));
    assert!(run("C", &["--lang", "xx"]).contains("expected one of de, en"));
    let plan = |lang: &str| run("C", &["--lang", lang, "--plan", "--format", "json"]);
    assert_eq!(plan("de"), plan("en"));
}

#[test]
fn a_question_without_a_person_or_a_yes_ends_without_a_bundle() {
    let pc = Pc::build();
    let refused = pc.run(&["--no-redact"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--no-redact: expected a yes"), "{refused:?}");
    assert!(!pc.zip().exists());
    assert_eq!(pc.run(&["--no-redact", "--yes"]).status.code(), Some(0));
}

#[test]
fn what_needs_a_yes_is_collected_with_one_only() {
    let pc = Pc::build();
    let state = |bundle: &Bundle| of(bundle, Artifact::Pictures)[0].acquisition.clone();
    let without = state(&pc.collect(&[]));
    assert_eq!(without.state, State::Skipped);
    assert!(without.reason.contains("consent"), "{without:?}");
    let refused = pc.run(&["--with", "pictures"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--with pictures: expected a yes"), "{refused:?}");
    // With the yes it is asked for; a disk has no screen.
    let with = pc.collect(&["--with", "pictures", "--yes"]);
    assert_eq!(of(&with, Artifact::Pictures).len(), 2);
    assert_eq!(state(&with).state, State::Unsupported);
    let wrong = pc.run(&["--with", "users"]);
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("expected one of connector-dlls, pictures, reachability"),
        "{wrong:?}"
    );
}

#[test]
fn mistakes_end_with_two_and_a_sentence_that_names_them() {
    let pc = Pc::build();
    let empty = tempfile::tempdir().unwrap();
    let file = pc.folder.path().join("file");
    fs::write(&file, b"x").unwrap();
    let root = |path: &Path| vec!["--root".to_owned(), path.display().to_string()];
    let good = root(&pc.disk());
    let with = |more: &[&str]| good.iter().cloned().chain(more.iter().map(|text| (*text).to_owned())).collect();
    let cases: Vec<(Vec<String>, &str)> = vec![
        (root(empty.path()), "expected the root of a Windows system disk"),
        (root(&file), "expected the root"),
        (root(Path::new("/no/such/disk")), "/no/such/disk"),
        (with(&["--only", "registry"]), "registry-kerio"),
        (with(&["--deadline", "soon"]), "expected a time"),
        (with(&["--max-file-size", "9TB"]), "expected a size"),
        (with(&["--output", "/no/such/folder/out.zip"]), "/no/such/folder"),
        (with(&["--nonsense"]), "--nonsense"),
    ];
    for (args, words) in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_koff-collect"))
            .args(&args)
            .env("LC_ALL", "C")
            .current_dir(empty.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
        assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "{args:?} left a file");
    }
}

#[test]
fn a_damaged_hive_costs_its_own_entries_only() {
    let pc = Pc::build();
    let hive = pc.disk().join("Users/anna/NTUSER.DAT");
    let mut bytes = fs::read(&hive).unwrap();
    bytes.truncate(700);
    fs::write(&hive, bytes).unwrap();
    let bundle = pc.collect(&[]);
    let profiles = of(&bundle, Artifact::RegistryOutlookProfiles);
    assert!(profiles.iter().all(|entry| entry.acquisition.state == State::Failed), "{profiles:?}");
    assert!(profiles.iter().all(|entry| !entry.acquisition.reason.is_empty()));
    let kerio = bundle.entry("registry/machine/kerio.reg").unwrap();
    assert_eq!(kerio.acquisition.state, State::Complete);
    assert_eq!(of(&bundle, Artifact::Databases)[0].acquisition.state, State::Complete);
}

#[test]
fn dlls_travel_whole_only_where_asked_for() {
    let pc = Pc::build();
    let state = |bundle: &Bundle| of(bundle, Artifact::ConnectorDlls)[0].acquisition.state;
    assert_eq!(state(&pc.collect(&[])), State::Skipped);
    let bundle = pc.collect(&["--include-dll"]);
    let entry = of(&bundle, Artifact::ConnectorDlls)[0];
    let original = pc.disk().join("Program Files/Kerio/Outlook Connector (Offline Edition)/KofMsp32.dll");
    assert!(entry.name.ends_with(".zip"), "{}", entry.name);
    // As laboratories exchange such files: no scanner on the way sees what is inside.
    let locked = bundle.read(&entry.name).unwrap().bytes;
    let mut archive = zip::ZipArchive::new(Cursor::new(locked)).unwrap();
    let mut program = Vec::new();
    archive.by_index_decrypt(0, b"infected").unwrap().read_to_end(&mut program).unwrap();
    assert!(program == fs::read(original).unwrap());
}

#[test]
fn a_catalogue_beside_a_dll_or_in_the_folder_of_windows_that_lists_it_travels() {
    let pc = Pc::build();
    let state = |bundle: &Bundle| of(bundle, Artifact::Catalogues)[0].acquisition.state;
    assert_eq!(state(&pc.collect(&[])), State::Absent);
    let signed = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/signatures/files");
    let folder = pc.disk().join("Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("foreign.cat"), b"30 other digests").unwrap();
    fs::copy(signed.join("good.cat"), folder.join("oem7.cat")).unwrap();
    // Not of any connector DLL here: the program's own has a signature.
    assert_eq!(state(&pc.collect(&[])), State::Absent);
    let dll = pc.disk().join("Program Files/Kerio/Outlook Connector (Offline Edition)/KofMsp64.dll");
    fs::copy(signed.join("catalogue-good.dll"), dll).unwrap();
    let bundle = pc.collect(&[]);
    let entries = of(&bundle, Artifact::Catalogues);
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(entries[0].origin.ends_with("oem7.cat"), "{}", entries[0].origin);
    assert!(bundle.read(&entries[0].name).unwrap().bytes == fs::read(signed.join("good.cat")).unwrap());
}
