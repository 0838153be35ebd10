//! Faults put into every part of a host: whatever hangs, refuses or lies, the run ends by its deadline with a bundle
//! whose manifest tells the truth.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up its inputs has nothing to say")]

#[path = "support/faulty.rs"]
mod faulty;

use std::{
    collections::BTreeSet,
    io::Cursor,
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use faulty::{Fault, Faulty, HANG, On};
use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    limits::Limits,
    manifest::{HostKind, Manifest},
    reader::Bundle,
};
use koff_collect::{
    collect::{self, Unwatched},
    host::{Host, disk::DiskHost, recorded::RecordedHost},
    plan::{Caps, Plan},
};

/// The run's own deadline; what a slow test machine may add to it.
const DEADLINE: Duration = Duration::from_secs(4);
const SLACK: Duration = Duration::from_secs(20);

/// Every method that can refuse.
const METHODS: &[&str] = &[
    "accounts",
    "variable",
    "key",
    "list",
    "stat",
    "resolve",
    "open",
    "streams",
    "security",
    "volumes",
    "memory",
    "booted",
    "updates",
    "service_state",
    "processes",
    "antivirus",
    "firewalls",
    "licences",
    "events",
    "trust",
    "tray",
];

/// The healthy story's disk, built once, with a log in it.
fn disk() -> Arc<dyn Host> {
    static DISK: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = DISK.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/healthy-c2r-x64");
        koff_fixtures::disk::build(&story, &folder.path().join("disk")).unwrap();
        let data = folder.path().join("disk/Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook");
        std::fs::write(data.join("debug.log"), "a line of the log\r\n".repeat(1000)).unwrap();
        folder
    });
    Arc::new(DiskHost::open(&folder.path().join("disk"), "2026-06-01T00:00:00Z".parse().unwrap()).unwrap())
}

fn run(fault: Fault, on: &'static str) -> (Manifest, Duration) {
    let (manifest, took, _) = run_on(fault, On::Call(on));
    (manifest, took)
}

fn run_on(fault: Fault, on: On) -> (Manifest, Duration, Bundle) {
    run_of((disk(), HostKind::Disk, BTreeSet::new()), fault, on)
}

/// A host, what it is, and what its user agreed to.
type Pc = (Arc<dyn Host>, HostKind, BTreeSet<Artifact>);

fn run_of((inner, kind, agreed): Pc, fault: Fault, on: On) -> (Manifest, Duration, Bundle) {
    let host: Arc<dyn Host> = Arc::new(Faulty { inner, fault, on: on.clone() });
    let slow = matches!(fault, Fault::Delay(_));
    let caps = Caps {
        entry_time: Duration::from_millis(if slow { 200 } else { 20_000 }),
        search_time: Duration::from_millis(100),
        ..Caps::default()
    };
    let deadline = if slow { DEADLINE } else { Duration::from_secs(60) };
    let plan = Arc::new(Plan { deadline, caps, mask_names: false, agreed, ..Plan::default() });
    let begun = Instant::now();
    let (out, manifest, _) = collect::run(&host, &plan, kind, Cursor::new(Vec::new()), &mut Unwatched).unwrap();
    let took = begun.elapsed();
    let bundle = Bundle::from_bytes("test", out.into_inner(), Limits::default()).unwrap();
    bundle.verify();
    assert!(bundle.problems().is_empty(), "{fault:?} in {on:?}: {:?}", bundle.problems());
    for artifact in Artifact::ALL {
        let planned = manifest.entries.iter().any(|entry| entry.artifact == artifact.id());
        assert!(planned, "{fault:?} in {on:?}: {} has no entry", artifact.id());
    }
    for entry in &manifest.entries {
        assert_eq!(
            entry.acquisition.state.has_content(),
            entry.sha256.is_some(),
            "{fault:?} in {on:?}: {}",
            entry.name
        );
        let silent = entry.acquisition.state != State::Complete && entry.acquisition.reason.is_empty();
        assert!(!silent, "{fault:?} in {on:?}: {} gives no reason", entry.name);
    }
    (manifest, took, bundle)
}

fn states(manifest: &Manifest, wanted: impl Fn(&str) -> bool) -> Vec<(String, State)> {
    let entries = manifest.entries.iter().filter(|entry| wanted(&entry.name));
    entries.map(|entry| (entry.name.clone(), entry.acquisition.state)).collect()
}

/// A recorded PC whose user agreed to a contact with the server and to pictures, where another program keeps the log to
/// itself and a shadow copy has it.
fn running() -> Pc {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/server-answers");
        koff_fixtures::record(&story, folder.path()).unwrap();
        let log = r"C:\Users\anna\AppData\Local\Kerio\Outlook Connector\Outlook\debug.log";
        let data = folder.path().join("disk/Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook");
        std::fs::write(data.join("debug.log"), "a line of the log\r\n").unwrap();
        let tape = folder.path().join("recorded.json");
        let mut said: serde_json::Value = serde_json::from_slice(&std::fs::read(&tape).unwrap()).unwrap();
        let locked = serde_json::json!({"missing": "locked", "reason": "another program holds it open"});
        said["refusals"] = serde_json::json!({format!("file {log}"): locked});
        said["shadow_copies"] = serde_json::json!({log: r"the shadow copy 3 of C:\"});
        std::fs::write(&tape, said.to_string()).unwrap();
        folder
    });
    let host = RecordedHost::open(folder.path()).unwrap();
    let agreed = host.agreed();
    (Arc::new(host), HostKind::Recorded, agreed)
}

/// What only a running PC has.
#[test]
fn server_screen_and_shadow_copies_cost_only_themselves_whatever_goes_wrong() {
    let of = |method: &'static str, fault: Fault| {
        let name = match method {
            "reach" => "facts/reachability.json",
            "picture" => "pictures/outlook.png",
            _ => "-debug.log",
        };
        let (manifest, took, _) = run_of(running(), fault, On::Call(method));
        assert!(took < DEADLINE + SLACK, "{fault:?} in {method} took {took:?}");
        let ends = states(&manifest, |entry| entry.ends_with(name));
        assert_eq!(ends.len(), 1, "{method}: {ends:?}");
        ends[0].1
    };
    for (method, honest) in [("reach", State::Complete), ("picture", State::Complete), ("shadowed", State::Truncated)] {
        assert_eq!(of(method, Fault::Truncate(u64::MAX)), honest, "{method}");
        assert_eq!(of(method, HANG), State::TimedOut, "{method}");
        assert_eq!(of(method, Fault::Panic), State::Failed, "{method}");
        // A shadow copy that is refused leaves the file as it is: locked.
        let refused = if method == "shadowed" { State::Locked } else { State::Denied };
        assert_eq!(of(method, Fault::End(State::Denied)), refused, "{method}");
    }
}

/// Entries that live by one method alone.
fn rests_on(method: &str) -> fn(&str) -> bool {
    match method {
        "accounts" => |name| name == "facts/users.json",
        "key" => |name| name.ends_with(".reg"),
        "volumes" => |name| name == "facts/volumes.json",
        "open" => |name| name.ends_with("-debug.log") || name == "files/mapisvc/05-mapisvc.inf",
        "processes" => |name| name == "facts/processes.json",
        "events" => |name| name.starts_with("events/"),
        _ => |_| false,
    }
}

#[test]
fn a_call_that_never_comes_back_costs_its_own_entries_and_never_the_deadline() {
    for method in METHODS.iter().copied().chain(["info"]) {
        let (manifest, took) = run(HANG, method);
        assert!(took < DEADLINE + SLACK, "a hang in {method} took {took:?}");
        for (name, state) in states(&manifest, rests_on(method)) {
            assert_eq!(state, State::TimedOut, "a hang in {method}: {name}");
        }
    }
}

/// What asks WMI or the task bar, with the reading that is lost where it hangs or breaks off, and no other.
#[test]
fn one_question_that_hangs_leaves_the_others_of_its_file() {
    for (method, member, lost) in [
        ("antivirus", "facts/system.json", &["antivirus"][..]),
        ("firewalls", "facts/system.json", &["firewalls"]),
        ("tray", "facts/system.json", &["tray_text"]),
        ("licences", "facts/office-licences.json", &["windows", "office"]),
    ] {
        for (fault, state) in [(HANG, "timed_out"), (Fault::Panic, "failed"), (Fault::End(State::Denied), "denied")] {
            let (_, took, bundle) = run_of(running(), fault, On::Call(method));
            assert!(took < DEADLINE + SLACK, "{fault:?} in {method} took {took:?}");
            let records: serde_json::Value = serde_json::from_slice(&bundle.read(member).unwrap().bytes).unwrap();
            for reading in lost {
                assert_eq!(records[0][*reading]["missing"], state, "{fault:?} in {method}: {reading}");
            }
            let rest = if method == "licences" { &records[0]["files"] } else { &records[0]["memory"] };
            assert!(rest.is_array() || rest.is_u64(), "{fault:?} in {method}: {rest}");
        }
    }
}

#[test]
fn a_refusal_stands_in_the_manifest_as_what_it_was() {
    for method in METHODS {
        for refusal in [State::Denied, State::Locked, State::Absent] {
            let (manifest, _) = run(Fault::End(refusal), method);
            for (name, state) in states(&manifest, rests_on(method)) {
                assert_eq!(state, refusal, "{method}: {name}");
            }
        }
    }
}

#[test]
fn a_folder_of_licences_that_is_refused_is_a_gap_and_the_rest_is_there() {
    let own = r"C:\Users\anna\AppData\Local\Microsoft\Office\Licenses";
    let (manifest, _, bundle) = run_on(Fault::End(State::Denied), On::File(own));
    let entry = manifest.entries.iter().find(|entry| entry.artifact == "office-licences").unwrap();
    assert_eq!(entry.acquisition.state, State::Complete);
    let gaps: Vec<_> = entry.gaps.iter().map(|gap| (gap.place.as_str(), gap.acquisition.state)).collect();
    assert_eq!(gaps, [(own, State::Denied)]);
    let records: serde_json::Value = serde_json::from_slice(&bundle.read(&entry.name).unwrap().bytes).unwrap();
    assert_eq!(records[0]["files"], serde_json::json!([]));
    // A file that lies about its size, or breaks off, is no licence, and says what it is instead.
    for fault in [Fault::Truncate(100), Fault::Break(100), Fault::Vanish] {
        let (_, _, bundle) = run_on(fault, On::File(own));
        let records: serde_json::Value = serde_json::from_slice(&bundle.read(&entry.name).unwrap().bytes).unwrap();
        let licence = &records[0]["files"][0]["licence"];
        assert!(
            licence["missing"].is_string() && !licence["reason"].as_str().unwrap().is_empty(),
            "{fault:?}: {licence}"
        );
    }
}

#[test]
fn a_part_that_breaks_off_is_a_failure_of_its_own() {
    for method in METHODS {
        let (manifest, _) = run(Fault::Panic, method);
        for (name, state) in states(&manifest, rests_on(method)) {
            assert_eq!(state, State::Failed, "a panic in {method}: {name}");
        }
    }
}

#[test]
fn a_file_that_breaks_off_keeps_what_came_before_and_says_where() {
    let (manifest, _) = run(Fault::Break(100), "open");
    let log = manifest.entries.iter().find(|entry| entry.name.ends_with("-debug.log")).unwrap();
    assert_eq!((log.acquisition.state, log.bytes_kept), (State::Truncated, 100));
    assert!(log.acquisition.reason.contains("byte 100"), "{}", log.acquisition.reason);
}

#[test]
fn a_locked_file_comes_out_of_a_shadow_copy_and_says_so() {
    let (manifest, _, bundle) = run_on(Fault::Shadow, On::Call("open"));
    let log = manifest.entries.iter().find(|entry| entry.name.ends_with("-debug.log")).unwrap();
    assert_eq!(log.acquisition.state, State::Truncated, "{log:?}");
    for words in ["another program holds it open", r"shadow copy 3 of C:\", "written since is missing"] {
        assert!(log.acquisition.reason.contains(words), "{}", log.acquisition.reason);
    }
    assert_eq!(bundle.read(&log.name).unwrap().bytes, "a line of the log\r\n".repeat(1000).as_bytes());
    // Without a copy it is locked, and nothing else.
    let (manifest, _) = run(Fault::End(State::Locked), "open");
    let log = states(&manifest, rests_on("open"));
    assert!(!log.is_empty() && log.iter().all(|(_, state)| *state == State::Locked), "{log:?}");
}

#[test]
fn a_host_that_lies_about_sizes_does_not_mislead_the_reader() {
    let (manifest, _) = run(Fault::Lie(190_000), "stat");
    let log = manifest.entries.iter().find(|entry| entry.name.ends_with("-debug.log")).unwrap();
    assert_eq!((log.acquisition.state, log.bytes_kept), (State::Complete, 19_000));
}

/// Places below which a fault lies, files and keys, so that every source meets each.
const PLACES: &[On] = &[
    On::File(r"C:\Users\anna\AppData\Local\Kerio"),
    On::File(r"C:\Program Files\Kerio"),
    On::File(r"C:\Program Files\Microsoft Office"),
    On::File(r"C:\Windows\System32\winevt"),
    On::Key(r"SOFTWARE\Microsoft"),
    On::Key(r"SYSTEM"),
    On::Key(r"Software\Microsoft\Office\16.0\Outlook\Profiles"),
    On::Everything,
];

/// Whoever is told "complete, without gaps" holds what the host really has.
#[test]
fn what_is_called_complete_is_complete_whatever_goes_wrong_beside_it() {
    let (honest, _, whole) = run_on(Fault::Truncate(u64::MAX), On::Call("nothing"));
    let content = |bundle: &Bundle, name: &str| bundle.read(name).unwrap().bytes;
    let (mut compared, mut refused) = (0, 0);
    for on in PLACES {
        for fault in [
            Fault::End(State::Denied),
            Fault::End(State::Locked),
            Fault::Vanish,
            Fault::Truncate(100),
            Fault::Break(100),
            Fault::Lie(0),
            Fault::Lie(1 << 40),
        ] {
            let (manifest, _, bundle) = run_on(fault, on.clone());
            // Facts carry a reason in each field; a file or a key is there or is not.
            let plain = manifest.entries.iter().filter(|entry| !entry.name.starts_with("facts/"));
            for entry in plain {
                let twin = honest.entries.iter().find(|twin| {
                    (twin.origin.as_str(), &twin.user, &twin.artifact) == (&entry.origin, &entry.user, &entry.artifact)
                });
                let Some(twin) = twin.filter(|twin| twin.acquisition.state == State::Complete) else { continue };
                if entry.acquisition.state == State::Complete && entry.gaps.is_empty() {
                    compared += 1;
                    let same = content(&bundle, &entry.name) == content(&whole, &twin.name);
                    assert!(same, "{fault:?} on {on:?}: {} is said to be complete", entry.origin);
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(compared > 1000 && refused > 100, "{compared} compared, {refused} refused");
}

#[test]
fn a_host_that_is_slow_everywhere_still_ends_by_the_deadline() {
    for delay in [5, 50, 500] {
        let (_, took, _) = run_on(Fault::Delay(Duration::from_millis(delay)), On::Everything);
        assert!(took < DEADLINE + SLACK, "{delay} ms each: took {took:?}");
    }
}
