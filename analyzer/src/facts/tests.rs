//! Facts out of whole bundles put together by hand: a healthy PC, what nobody collected, and faults one by one.

use koff_bundle::{acquisition::State, artifact::Artifact, manifest::HostKind};
use serde_json::json;

use super::{
    Datum,
    raw::bench::{Bench, states},
};

const INF: &str = r"C:\Program Files\Microsoft Office\root\VFS\ProgramFilesCommonX64\System\MSMAPI\1033\MAPISVC.INF";
const FOLDER: &str = r"C:\Program Files\Kerio\Outlook Connector (Offline Edition)";
const DATA: &str = r"C:\Users\anna\AppData\Local\Kerio\Outlook Connector";
const UID: &str = "8d7a2b14cc504e4fb10e6c2291e43310";
const STORE: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\PackageRepository\Packages";
const PROFILES: &str = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles";

fn registered(dll: &str) -> Vec<u8> {
    format!(
        "[Services]\r\nS=x\r\n[S]\r\nProviders=P\r\nPR_SERVICE_DLL_NAME={dll}\r\n[P]\r\nPR_PROVIDER_DLL_NAME={dll}\r\n"
    )
    .into_bytes()
}

fn office(bench: Bench) -> Bench {
    let root = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Office";
    let blocks = format!(
        "[{root}\\ClickToRun\\Configuration]\r\n\"Platform\"=\"x64\"\r\n\"ProductReleaseIds\"=\"O365ProPlusRetail\"\r\n\
         \"VersionToReport\"=\"16.0.17328.20184\"\r\n\"InstallationPath\"=\"C:\\\\Program Files\\\\Microsoft Office\"\r\n"
    );
    let wow = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Office";
    bench.tree(None, root, &blocks).no_tree(None, wow, State::Absent).no_tree(None, STORE, State::Absent)
}

fn profile(bench: Bench, section: &str) -> Bench {
    let blocks = format!(
        "[{PROFILES}\\Outlook]\r\n[{PROFILES}\\Outlook\\{section}]\r\n\"001f3d0a\"=\"{}\\\\KOFMSP.DLL\"\r\n\
         [{PROFILES}\\Outlook\\9375CFF0413111d3B88A00104B2A6676\\00000001]\r\n\"Service UID\"=hex:{}\r\n",
        FOLDER.replace('\\', "\\\\"),
        UID.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect::<Vec<_>>().join(","),
    );
    bench.tree(Some("user-1"), PROFILES, &blocks)
}

fn uninstall(bench: Bench) -> Bench {
    let root = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
    let blocks = format!(
        "[{root}\\{{X}}]\r\n\"DisplayName\"=\"Kerio Outlook Connector (Offline Edition)\"\r\n\"Publisher\"=\"GFI\"\r\n\
         \"DisplayVersion\"=\"9.4.6153\"\r\n\"InstallDate\"=\"20260320\"\r\n"
    );
    let wow = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall";
    bench.tree(None, root, &blocks).no_tree(None, wow, State::Absent)
}

fn program(name: &str, machine: &str) -> serde_json::Value {
    json!({"path": format!("{FOLDER}\\{name}"), "found_by": ["install"], "stat": {"size": 9, "modified": "2026-03-20T09:31:00Z"},
        "pe": {"size": 9, "sha256": "", "sha1": "", "md5": "",
            "format": {"machine": machine, "dll": true, "time_stamp": 0, "entry_point": 0, "subsystem": 2, "sections": [], "imports": [], "exports": []},
            "signing": {"missing": "absent"},
            "version": {"file_version": "9.4.0.6153", "product_version": "9.4.0.6153",
                "strings": [["CompanyName", "Kerio Technologies s.r.o."], ["ProductName", "KOFF"]]}}})
}

fn files(bench: Bench, machine: &str) -> Bench {
    let entry = |path: &str| json!({"path": path, "size": 9, "modified": "2026-05-01T00:00:00Z"});
    let users = json!([{"id": "user-1", "sid": "S-1-5-21-1", "name": "anna", "profile": r"C:\Users\anna", "current": true,
        "hive": true, "trace_of_connector": true,
        "folders": {"local_app_data": r"C:\Users\anna\AppData\Local", "synced": [r"C:\Users\anna\OneDrive"]}}]);
    bench
        .records(Artifact::Users, &users)
        .records(Artifact::Programs, &json!([program("KofMsp32.dll", machine), program("KoffBackend.exe", machine)]))
        .records(Artifact::Databases, &json!([{"path": format!("{DATA}\\Outlook\\local.fdb"), "user": "user-1",
            "stat": {"size": 734_003_200, "modified": "2026-05-01T00:00:00Z"}, "header": "00"}]))
        .records(Artifact::Volumes, &json!([{"root": r"C:\", "kind": "fixed", "free": 90_000_000_000_u64, "total": 500_000_000_000_u64}]))
        .records(Artifact::Folders, &json!([
            {"path": FOLDER, "role": "program", "entries": [entry("KofMsp32.dll"), entry("KoffBackend.exe"), entry("fbembed.dll")]},
            {"path": DATA, "role": "data", "user": "user-1", "entries": [
                {"path": "Outlook", "size": 0, "folder": true}, entry("Outlook\\local.fdb")]},
        ]))
}

/// Everything in order, but for what a test leaves out.
fn healthy() -> Bench {
    let bench = files(uninstall(office(Bench::new(HostKind::Live))), "x64");
    profile(bench, UID).entry("mapisvc", None, INF, State::Complete, Some(registered(&format!("{FOLDER}\\KOFMSP.DLL"))))
}

#[test]
fn a_healthy_pc_is_joined_up() {
    let facts = healthy();
    let registration = facts.one("registration");
    assert_eq!(registration.get("registered"), &Datum::Bool(true));
    assert_eq!(registration.get("outlook_bitness"), &Datum::from("x64"));
    assert_eq!(registration.get("connector_expected"), &Datum::Bool(true));
    let connector = facts.one("connector");
    for (field, value) in [
        ("installed", Datum::Bool(true)),
        ("version", "9.4.0".into()),
        ("build", 6153_i64.into()),
        ("backend_exists", true.into()),
        ("engine_exists", true.into()),
        ("versions_mixed", false.into()),
        ("missing_parts", Datum::List(vec![])),
        ("wants_updater", true.into()),
        ("install_folder", FOLDER.into()),
    ] {
        assert_eq!(connector.get(field), &value, "{field}");
    }
    let references = facts.table("dll-reference").records;
    assert_eq!(references.len(), 3);
    for reference in references {
        assert_eq!(reference.get("exists"), &Datum::Bool(true));
        assert_eq!(reference.get("bitness_mismatch"), &Datum::Bool(false));
        assert_eq!(reference.get("expected"), &Datum::from(format!("{FOLDER}\\KOFMSP32.DLL")));
    }
    let cache = facts.one("cache");
    for (field, value) in [
        ("exists", Datum::Bool(true)),
        ("profile_exists", true.into()),
        ("profile_uses_connector", true.into()),
        ("remote", false.into()),
        ("synced", false.into()),
        ("upgrade_interrupted", false.into()),
        ("free_below_double", false.into()),
        ("database_mb", 700_i64.into()),
    ] {
        assert_eq!(cache.get(field), &value, "{field}");
    }
    assert_eq!(facts.one("office").get("has_outlook"), &Datum::Bool(true));
    assert_eq!(facts.one("system").get("office_side_by_side"), &Datum::Bool(false));
}

#[test]
fn every_field_of_every_kind_is_declared() {
    for (name, table) in healthy().facts().tables {
        let kind = super::kind::find(name).unwrap();
        for field in table.records.iter().flat_map(|record| record.fields.keys()) {
            assert!(kind.field(field).is_some(), "{name}.{field}");
        }
    }
}

#[test]
fn what_nobody_collected_is_unknown_not_absent() {
    let nothing = Bench::new(HostKind::Loose);
    let connector = nothing.one("connector");
    for field in
        ["present", "installed", "version", "dll_exists", "backend_running", "updater_present", "used_by_profile"]
    {
        if field != "used_by_profile" {
            assert!(states(connector.get(field)).contains(&State::NotCollected), "{field}");
        }
    }
    assert!(matches!(nothing.one("mapi-stub").get("broken"), Datum::Unknown(_)));
    for kind in ["profile", "office", "cache", "exclusion", "registration", "dll-reference", "service"] {
        let table = nothing.table(kind);
        assert!(table.records.is_empty() && !table.gaps.is_empty(), "{kind}");
    }
}

#[test]
fn an_office_from_the_store_may_be_there_until_its_packages_were_listed() {
    let mut bench = healthy();
    std::sync::Arc::make_mut(&mut bench.0.manifest).entries.retain(|entry| entry.origin != STORE);
    let office = bench.table("office");
    let [found, store] = &office.records[..] else { panic!("two records: {office:#?}") };
    assert_eq!(found.get("store"), &Datum::Bool(false));
    assert_eq!(states(store.get("store")), [State::NotCollected]);
    assert!(office.gaps.is_empty(), "of the other Offices everything is known");
    let denied = bench.no_tree(None, STORE, State::Denied);
    assert_eq!(states(denied.table("office").records[1].get("store")), [State::Denied]);
}

#[test]
fn a_profile_alone_tells_about_the_profile_and_nothing_else() {
    let bench = profile(Bench::new(HostKind::Loose), UID);
    let found = bench.one("profile");
    assert_eq!(found.get("connector"), &Datum::Bool(true));
    assert_eq!(found.get("dangling"), &Datum::Bool(false));
    assert!(matches!(bench.one("dll-reference").get("exists"), Datum::Unknown(_)));
    assert!(matches!(bench.one("connector").get("installed"), Datum::Unknown(_)));
    assert_eq!(bench.one("connector").get("present"), &Datum::Bool(true));
}

#[test]
fn a_uid_without_its_section_dangles() {
    let bench = profile(Bench::new(HostKind::Live), "00112233445566778899aabbccddeeff");
    let found = bench.one("profile");
    assert_eq!(found.get("dangling"), &Datum::Bool(true));
    let Datum::Text(why) = found.get("dangling_why") else { panic!("text") };
    assert!(why.contains(UID) && why.contains("00000001"), "{why}");
}

#[test]
fn an_inf_without_the_connector_is_not_registered_and_the_other_office_is_named() {
    let msi = r"C:\Program Files (x86)\Common Files\System\MSMAPI\1033\MAPISVC.INF";
    let bench = profile(files(uninstall(office(Bench::new(HostKind::Live))), "x64"), UID)
        .entry("mapisvc", None, INF, State::Complete, Some(b"[Services]\r\nMSEMS=x\r\n".to_vec()))
        .entry("mapisvc", None, msi, State::Complete, Some(registered(r"C:\K\kofmsp.dll")));
    let found = bench.one("registration");
    assert_eq!(found.get("registered"), &Datum::Bool(false));
    assert_eq!(found.get("registered_elsewhere"), &Datum::Bool(true));
    assert_eq!(found.get("elsewhere"), &Datum::from(msi));
    assert_eq!(found.get("inf"), &Datum::from(INF));
}

#[test]
fn thousands_of_sections_that_name_the_connector_take_no_longer_than_they_are_many() {
    const SECTIONS: usize = 20_000;
    let section = |number: usize| format!("[S{number}]\r\nPR_SERVICE_DLL_NAME=kofmsp.dll\r\n");
    let inf: String = std::iter::once("[Services]\r\n".to_owned()).chain((0..SECTIONS).map(section)).collect();
    let bench = files(uninstall(office(Bench::new(HostKind::Live))), "x64");
    // Were each joined with all others, nobody would wait for the end of this test.
    let found = bench.entry("mapisvc", None, INF, State::Complete, Some(inf.into_bytes())).table("dll-reference");
    assert_eq!(found.records.len(), SECTIONS);
    assert!(found.records.iter().all(|record| record.get("exists") == &Datum::Bool(true)));
}

#[test]
fn a_dll_for_the_other_bitness_is_a_mismatch_and_an_arm_one_is_not_judged() {
    let of = |machine: &str| {
        let bench = profile(files(uninstall(office(Bench::new(HostKind::Live))), machine), UID);
        bench.table("dll-reference").records.remove(0).get("bitness_mismatch").clone()
    };
    assert_eq!(of("x86"), Datum::Bool(true));
    assert!(matches!(of("arm64"), Datum::Unknown(_)));
}

#[test]
fn exclusions_that_may_not_be_read_need_elevation() {
    let key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows Defender\Exclusions";
    let policy = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows Defender";
    let system = json!([{"antivirus": []}]);
    let base = || healthy().records(Artifact::System, &system).no_tree(None, policy, State::Absent);
    let denied = base().no_tree(None, key, State::Denied).table("exclusion");
    assert_eq!(denied.records.len(), 2);
    for record in &denied.records {
        assert_eq!(states(record.get("excluded")), [State::Denied]);
    }
    let blocks = format!(
        "[{key}\\Paths]\r\n\"C:\\\\Program Files\\\\Kerio\"=dword:00000000\r\n\
        \"C:\\\\Users\\\\bob\\\\AppData\\\\Local\\\\Kerio\\\\Outlook Connector\"=dword:00000000\r\n"
    );
    let partly = base().tree(None, key, &blocks).table("exclusion").records;
    let get = |role: &str, field: &str| {
        partly.iter().find(|record| record.get("role") == &Datum::from(role)).unwrap().get(field).clone()
    };
    assert_eq!(get("program", "excluded"), Datum::Bool(true));
    assert_eq!(get("data", "excluded"), Datum::Bool(false));
    assert_eq!(get("data", "other_user_only"), Datum::Bool(true));
}
