//! The table of artifacts in the collector's README tells the truth: every artifact has a row, its hosts are those that
//! have it, its caps are the plan's, and the tests named are there and speak of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its inputs has nothing to say")]

use std::{collections::BTreeMap, fs, io::Cursor, path::Path, sync::Arc};

use koff_bundle::{
    acquisition::State,
    artifact::{Artifact, Reader},
    manifest::{Entry, HostKind},
};
use koff_collect::{
    collect::{self, Unwatched},
    host::{Host, disk::DiskHost},
    plan::{Caps, Plan},
};

/// Columns of a row: artifact, hosts, elevation, cap, tests, how it ends under Wine.
fn rows() -> Vec<[String; 6]> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let table = readme.split("## Artifacts").nth(1).unwrap();
    let lines = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = lines.map(|line| line.split(" | ").map(str::to_owned).collect::<Vec<_>>().try_into().unwrap());
    rows.skip(1).collect()
}

/// What the healthy story's disk has of each artifact, with consent to everything.
fn entries() -> BTreeMap<String, Vec<Entry>> {
    let folder = tempfile::tempdir().unwrap();
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/healthy-c2r-x64");
    koff_fixtures::disk::build(&story, &folder.path().join("disk")).unwrap();
    let disk = DiskHost::open(&folder.path().join("disk"), "2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
    let host: Arc<dyn Host> = Arc::new(disk);
    let plan = Arc::new(Plan { agreed: Artifact::ALL.iter().copied().collect(), ..Plan::default() });
    let (_, manifest, _) = collect::run(&host, &plan, HostKind::Disk, Cursor::new(Vec::new()), &mut Unwatched).unwrap();
    let mut entries: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in manifest.entries {
        entries.entry(entry.artifact.clone()).or_default().push(entry);
    }
    entries
}

#[test]
fn every_artifact_has_a_row_in_the_order_of_the_catalogue() {
    let rows: Vec<String> = rows().into_iter().map(|[artifact, ..]| artifact).collect();
    let ids: Vec<&str> = Artifact::ALL.iter().map(|artifact| artifact.id()).collect();
    assert_eq!(rows, ids);
}

#[test]
fn hosts_and_elevation_are_those_that_a_run_meets() {
    let (entries, mut wrong) = (entries(), Vec::new());
    for [artifact, hosts, elevation, ..] in rows() {
        let here = &entries[&artifact];
        let supported = here.iter().any(|entry| entry.acquisition.state != State::Unsupported);
        let known = hosts.starts_with('L') && hosts.split(' ').all(|host| ["L", "D", "R"].contains(&host));
        // What belongs to people, an ordinary account reads of itself only.
        let personal = here.iter().any(|entry| entry.user.is_some());
        let disk = hosts.split(' ').any(|host| host == "D") == supported;
        if !(known && disk) || elevation.is_empty() || (personal && elevation == "no") {
            wrong.push(format!("{artifact}: {hosts}, {elevation}; on a disk: {supported}, of people: {personal}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn caps_are_the_plan_s() {
    let caps = Caps::default();
    let mb = |bytes: u64| format!("{} MB", bytes >> 20);
    let thousands = |number: usize| format!("{},{:03}", number / 1000, number % 1000);
    let keys = format!("{} keys, {}", thousands(caps.keys), mb(caps.key_bytes));
    let files = format!("{} files, {}, head and tail above `--max-file-size`", caps.files, mb(caps.artifact_size));
    let events = format!("{} events within `--since`", thousands(caps.events));
    let (folders, names) = (thousands(caps.folders), thousands(caps.names));
    let walk = format!("{} levels, {folders} folders, {names} names", caps.depth);
    let programs = format!("as folders, {} s a search, {} a file", caps.search_time.as_secs(), mb(caps.program_size));
    for [artifact, _, _, cap, ..] in rows() {
        let expected = match artifact.as_str() {
            "registry-com-servers" => continue,
            "folders" => &walk,
            "programs" => &programs,
            _ if artifact.starts_with("registry-") => &keys,
            _ if artifact.ends_with("-logs") => &files,
            _ if artifact.starts_with("events-") => &events,
            _ => continue,
        };
        assert_eq!(&cap, expected, "{artifact}");
    }
}

#[test]
fn the_tests_named_are_there_and_speak_of_it() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    for [artifact, hosts, _, _, tested, _] in rows() {
        let variant: String = artifact.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        for test in tested.split(", ") {
            let script = test.contains('/');
            let file = tests.join(if script { test.to_owned() } else { format!("{test}.rs") });
            assert!(file.is_file(), "{artifact}: tests/{test} is not there");
            // The script's expectations stand beside it.
            let file = if script { file.with_file_name("expected-states.txt") } else { file };
            let text = fs::read_to_string(&file).unwrap();
            let row = format!("\n{artifact}:");
            let spoken = if script {
                text.contains(&row)
            } else {
                ["Artifact::ALL".to_owned(), format!("Artifact::{variant}"), artifact.clone()]
                    .iter()
                    .any(|words| text.contains(words))
            };
            assert!(spoken, "{artifact}: tests/{test} says nothing of it");
        }
        assert!(tested.split(", ").any(|test| test == "windows/run.sh"), "{artifact}: {hosts}, but not tested live");
    }
}

/// What a run under Wine found, which `tests/windows/run.sh` holds it to.
#[test]
fn what_wine_gives_is_what_a_run_there_found() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/windows/expected-states.txt");
    let text = fs::read_to_string(file).unwrap();
    let found: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(": ")).collect();
    for [artifact, .., wine] in rows() {
        // A run without consent; what one with it adds follows behind a semicolon.
        let without = wine.split(';').next();
        assert_eq!(without, found.get(artifact.as_str()).copied(), "{artifact}");
    }
}

#[test]
fn every_artifact_is_read_by_a_fact_or_says_why_by_none() {
    for artifact in Artifact::ALL {
        match artifact.reader() {
            Reader::Facts(kinds) => assert!(!kinds.is_empty(), "{}", artifact.id()),
            Reader::Shown(kinds, why) => assert!(!kinds.is_empty() && why.len() > 20, "{}: {why:?}", artifact.id()),
            Reader::Raw(why) => assert!(why.len() > 20, "{}: {why:?}", artifact.id()),
        }
    }
}
