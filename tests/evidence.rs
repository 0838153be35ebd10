//! Evidence is found wherever it lies on a disk: logs behind junctions, in service accounts, in Temp and beside downloads,
//! crash dumps, event logs. And what is not of the connector stays where it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its inputs has nothing to say")]

use std::{collections::BTreeSet, fs, io::Cursor, path::Path, sync::Arc};

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    limits::Limits,
    manifest::{Entry, HostKind},
    reader::Bundle,
};
use koff_collect::{
    collect,
    host::{Host, recorded::RecordedHost},
    plan::Plan,
};
use koff_fixtures::{
    evtx::Event,
    minidump::{Minidump, Module, minidump},
};
use tempfile::TempDir;

const LOCAL: &str = "Users/anna/AppData/Local";

/// A disk of the healthy story.
struct Pc(TempDir);

impl Pc {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/healthy-c2r-x64");
        koff_fixtures::disk::build(&story, &folder.path().join("disk")).unwrap();
        Self(folder)
    }

    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.path().join("disk").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A junction as a disk mounted on this machine shows it.
    fn link(&self, path: &str, target: &str) {
        let path = self.0.path().join("disk").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    fn collect(&self, args: &[&str]) -> Bundle {
        let out = self.0.path().join("out.zip");
        let mut line = vec!["koff-collect".into(), "--root".into(), self.0.path().join("disk").into_os_string()];
        line.extend(["--output".into(), out.clone().into_os_string(), "--yes".into(), "--no-redact".into()]);
        line.extend(args.iter().map(Into::into));
        let (mut shown, mut wrong) = (Vec::new(), Vec::new());
        let code = koff_collect::cli::run(line, &mut shown, &mut wrong);
        assert_eq!(code, 0, "{}", String::from_utf8_lossy(&wrong));
        Bundle::open(&out, Limits::default()).unwrap()
    }
}

fn of(bundle: &Bundle, artifact: Artifact) -> Vec<&Entry> {
    bundle.manifest().entries.iter().filter(|entry| entry.artifact == artifact.id()).collect()
}

/// Origins of the entries with content.
fn collected(bundle: &Bundle, artifact: Artifact) -> BTreeSet<String> {
    let entries = of(bundle, artifact).into_iter().filter(|entry| entry.acquisition.state.has_content());
    entries.map(|entry| entry.origin.clone()).collect()
}

fn set<const N: usize>(paths: [&str; N]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn logs_are_found_wherever_the_connector_may_have_left_them() {
    let pc = Pc::build();
    let logs = [
        "Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook/debug.log",
        "Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook/debug.log.2026-05-03",
        "Users/anna/AppData/LocalLow/Kerio/client.log",
        "Users/anna/AppData/Roaming/Kerio/ui.log",
        "Users/anna/AppData/Local/VirtualStore/Program Files/Kerio/Outlook Connector (Offline Edition)/backend.log",
        "Users/anna/AppData/Local/VirtualStore/ProgramData/Kerio/shared.log",
        "Users/anna/AppData/Local/Temp/Kerio/trace/debug.log",
        "ProgramData/Kerio/debug.log",
        "Program Files/Kerio/Outlook Connector (Offline Edition)/logs/debug.log",
        "Windows/System32/config/systemprofile/AppData/Local/Kerio/service.log",
        "Windows/Temp/koff-backend.log",
    ];
    for log in logs {
        pc.put(log, format!("[04/May/2026 09:59:30] {log}\n"));
    }
    // Near misses: other programs' logs, and an installer's.
    for other in ["Users/anna/AppData/Local/Temp/other/debug.log", "Users/anna/Downloads/notes.log"] {
        pc.put(other, "[04/May/2026 09:59:30] another program\n");
    }
    pc.put("Users/anna/Downloads/kerio-connect-koff-9.4.0-6153-win.log", "MSI (s) (A8:3C) [10:14:05:123]: done\n");
    pc.put("Windows/Temp/MSI4f2a1.LOG", "Product: Kerio Outlook Connector (Offline Edition)\n");
    pc.put("Windows/Temp/MSI4f2a2.LOG", "Product: Something else\n");
    let bundle = pc.collect(&["--only", "connector-logs", "--only", "installer-logs"]);
    let expected: BTreeSet<String> = logs.iter().map(|log| format!(r"C:\{}", log.replace('/', r"\"))).collect();
    assert_eq!(collected(&bundle, Artifact::ConnectorLogs), expected);
    assert_eq!(
        collected(&bundle, Artifact::InstallerLogs),
        set([r"C:\Users\anna\Downloads\kerio-connect-koff-9.4.0-6153-win.log", r"C:\Windows\Temp\MSI4f2a1.LOG"])
    );
}

#[test]
fn a_moved_data_folder_is_searched_behind_its_junction_and_a_circle_ends() {
    let pc = Pc::build();
    pc.put("Daten/Kerio/debug.log", "[04/May/2026 09:59:30] behind\n");
    pc.link(&format!("{LOCAL}/Kerio/Outlook Connector/Zweit"), r"C:\Daten\Kerio");
    pc.link("Daten/Kerio/zurueck", r"C:\Users\anna\AppData\Local\Kerio");
    pc.link(&format!("{LOCAL}/Kerio/Outlook Connector/Dritt"), r"C:\Daten\Kerio");
    pc.link(&format!("{LOCAL}/Kerio/Outlook Connector/Fort"), r"E:\Kerio");
    let bundle = pc.collect(&["--only", "connector-logs", "--only", "folders"]);
    let logs = of(&bundle, Artifact::ConnectorLogs);
    let found: Vec<&&Entry> =
        logs.iter().filter(|entry| !entry.origin.contains(r"Outlook Connector\Outlook\")).collect();
    let found: Vec<&&Entry> = found.into_iter().filter(|entry| entry.acquisition.state.has_content()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(bundle.read(&found[0].name).unwrap().bytes, b"[04/May/2026 09:59:30] behind\n");
    // What lies on another drive is told, not passed over.
    let away: Vec<State> =
        logs.iter().filter(|entry| entry.origin.ends_with("Fort")).map(|entry| entry.acquisition.state).collect();
    assert_eq!(away, [State::Unsupported]);
}

#[test]
fn a_dump_gives_its_headers_and_other_programs_dumps_are_left_alone() {
    let pc = Pc::build();
    let dll = r"C:\Program Files\Kerio\Outlook Connector (Offline Edition)\KofMsp32.dll";
    let modules = [r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", dll];
    let modules = modules.map(|path| Module { path: path.to_owned(), version: Some([16, 0, 17531, 20140]) });
    let dump = Minidump { modules: modules.into(), exception: 0xc000_0005, in_module: 1, offset: 0x42, written: 1 };
    let mut bytes = minidump(&dump);
    bytes.extend(b"memory with a Betreff: Lohn in it");
    pc.put(&format!("{LOCAL}/CrashDumps/OUTLOOK.EXE.4711.dmp"), &bytes);
    pc.put(&format!("{LOCAL}/CrashDumps/chrome.exe.12.dmp"), &bytes);
    pc.put(&format!("{LOCAL}/Kerio/Outlook Connector/Outlook/20260504.dmp"), &bytes);
    let bundle = pc.collect(&["--only", "crash-dumps"]);
    let text = String::from_utf8(bundle.read("facts/crash-dumps.json").unwrap().bytes).unwrap();
    assert!(!text.contains("Betreff"));
    let records: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let paths: Vec<&str> = records.iter().filter_map(|record| record["path"].as_str()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths.iter().all(|path| !path.contains("chrome")));
    for record in &records {
        assert_eq!(record["headers"]["module"], dll);
        assert_eq!(record["headers"]["exception"], "0xc0000005");
    }
}

/// An event of `provider` on that day of May.
fn event<'a>(provider: &'a str, id: u32, day: u8, data: &[&'a str]) -> Event<'a> {
    let time = format!("2026-05-{day:02}T08:00:00Z").parse().unwrap();
    Event { provider, id, level: 2, time, data: data.iter().map(|text| (None, *text)).collect() }
}

#[test]
fn events_come_out_of_the_disks_logs_and_damage_costs_its_own_record_only() {
    let pc = Pc::build();
    let logs = "Windows/System32/winevt/Logs";
    let crash = ["OUTLOOK.EXE", "16.0.1.1", "00000000", "KofMsp32.dll", "9.4.0.6153", "00000000", "c0000005"];
    let application = [
        event("Application Error", 1000, 1, &crash),
        event("Application Error", 1000, 20, &crash),
        event("Some other program", 7, 21, &["none of our business"]),
        event("MsiInstaller", 11708, 22, &["Product: Kerio Outlook Connector -- Installation failed."]),
    ];
    let mut bytes = koff_fixtures::evtx::file("Application", &application).unwrap();
    // A second chunk that was torn off in the middle of its header.
    bytes.extend(b"ElfChnk\0torn");
    bytes.extend([0xa5; 4096]);
    pc.put(&format!("{logs}/Application.evtx"), bytes);
    let blocked = event("Microsoft-Windows-Windows Defender", 1123, 22, &[r"C:\x", "KoffBackend.exe"]);
    let defender = "Microsoft-Windows-Windows Defender/Operational";
    pc.put(
        &format!("{logs}/Microsoft-Windows-Windows Defender%4Operational.evtx"),
        koff_fixtures::evtx::file(defender, &[blocked]).unwrap(),
    );
    pc.put(&format!("{logs}/System.evtx"), b"no event log at all");
    let bundle = pc.collect(&["--only", "events-application", "--only", "events-defender", "--only", "events-system"]);
    let lines = |artifact| {
        let name = &of(&bundle, artifact)[0].name;
        String::from_utf8(bundle.read(name).unwrap().bytes).unwrap()
    };
    let application = lines(Artifact::EventsApplication);
    let ids: Vec<u64> = application
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_u64().unwrap())
        .collect();
    // The crash of three weeks before the newest event is out of the window; so is the other program.
    assert_eq!(ids, [1000, 11708], "{application}");
    assert!(application.contains("KofMsp32.dll") && !application.contains("none of our business"));
    assert!(lines(Artifact::EventsDefender).contains("1123"));
    let system = of(&bundle, Artifact::EventsSystem)[0];
    assert_eq!(system.acquisition.state, State::Failed);
    assert!(system.acquisition.reason.contains("event log"), "{}", system.acquisition.reason);
    // A channel whose file is not there is known to be absent.
    let bundle = pc.collect(&["--only", "events-outlook-alerts"]);
    assert_eq!(of(&bundle, Artifact::EventsOutlookAlerts)[0].acquisition.state, State::Absent);
}

#[test]
fn error_reports_about_the_connector_are_collected_and_others_are_not() {
    let pc = Pc::build();
    let archive = "ProgramData/Microsoft/Windows/WER/ReportArchive";
    for program in ["OUTLOOK.EXE", "KoffBackend.exe", "searchd.exe", "chrome.exe"] {
        pc.put(&format!("{archive}/AppCrash_{program}_1234_5678/Report.wer"), "Version=1\r\nEventType=APPCRASH\r\n");
        pc.put(&format!("{archive}/AppCrash_{program}_1234_5678/memory.hdmp"), "MDMP and memory");
    }
    let own = format!("{LOCAL}/Microsoft/Windows/WER/ReportQueue/AppHang_OUTLOOK.EXE_9_9/Report.wer");
    pc.put(&own, "Version=1\r\nEventType=AppHangB1\r\n");
    let bundle = pc.collect(&["--only", "error-reports"]);
    let found = collected(&bundle, Artifact::ErrorReports);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().all(|origin| origin.ends_with(r"\Report.wer") && !origin.contains("chrome")));
}

#[test]
fn a_licence_gives_product_state_and_times_and_keeps_its_identities_to_itself() {
    let pc = Pc::build();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let inner = r#"{"ProductReleaseId":"VisioProRetail","LicenseType":"Perpetual","LicenseId":"EWW_geheim",
        "ExpiresOn":"2026-04-01T00:00:00Z","Metadata":{"DeviceId":"geheim","NotAfter":"2026-09-01T00:00:00Z"}}"#;
    let device = format!(r#"{{"License":"{}","Signature":"geheim"}}"#, koff_bundle::base64::encode(inner.as_bytes()));
    pc.put("ProgramData/Microsoft/Office/Licenses/5/4711", wide(&device));
    let token = "acid_a_b_geheim_2026-05-01T00:00:00Z_2026-05-04T00:00:00Z_geheim";
    pc.put(&format!("{LOCAL}/Microsoft/Office/16.0/Licensing/x_authString"), wide(token));
    pc.put(&format!("{LOCAL}/Microsoft/Office/16.0/Licensing/other"), "geheim");
    pc.put(&format!("{LOCAL}/Microsoft/Office/Licenses/5/torn"), wide(r#"{"License":"geheim"#));
    let bundle = pc.collect(&["--only", "office-licences"]);
    let text = String::from_utf8(bundle.read("facts/office-licences.json").unwrap().bytes).unwrap();
    assert!(!text.contains("geheim") && !text.contains("a9b8c7d6e5f40312"), "{text}");
    let records: serde_json::Value = serde_json::from_str(&text).unwrap();
    // Which product key is active only the running PC's services know.
    assert_eq!(records[0]["windows"]["missing"], "unsupported");
    let file = |end: &str| {
        let files = records[0]["files"].as_array().unwrap();
        let found = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(end));
        found.unwrap_or_else(|| panic!("{end}: {text}")).clone()
    };
    let own = file("3724815900");
    assert_eq!((&own["holder"], &own["user"]), (&"user".into(), &"user-1".into()));
    assert_eq!(own["licence"]["product"], "O365ProPlusRetail");
    assert_eq!(own["licence"]["not_after"], "2027-01-31T05:12:40Z");
    let device = file("4711");
    assert_eq!((&device["holder"], &device["licence"]["expires"]), (&"device".into(), &"2026-04-01T00:00:00Z".into()));
    let shared = file("x_authString");
    assert_eq!(shared["licence"]["not_after"], "2026-05-04T00:00:00Z");
    assert_eq!(file("torn")["licence"]["missing"], "failed");
    assert_eq!(records[0]["files"].as_array().unwrap().len(), 4);
}

#[test]
fn what_a_licensing_service_knows_is_masked_nowhere_and_one_that_rests_says_so() {
    let folder = tempfile::tempdir().unwrap();
    koff_fixtures::build_recording("healthy-c2r-x64", folder.path()).unwrap();
    let tape = folder.path().join("recorded.json");
    let mut said: serde_json::Value = serde_json::from_slice(&fs::read(&tape).unwrap()).unwrap();
    let known = serde_json::json!([{
        "name": "Office 24, Office24ProPlus2024VL_KMS_Client_AE edition", "family": "Office24ProPlus2024VL_KMS_Client_AE",
        "description": "Office 24, VOLUME_KMSCLIENT channel", "status": 1, "grace_minutes": 250_000,
    }]);
    said["licences"]["osppsvc"] = known.clone();
    fs::write(&tape, said.to_string()).unwrap();
    let host: Arc<dyn Host> = Arc::new(RecordedHost::open(folder.path()).unwrap());
    let plan = Arc::new(Plan::default());
    let (zip, ..) =
        collect::run(&host, &plan, HostKind::Recorded, Cursor::new(Vec::new()), &mut collect::Unwatched).unwrap();
    let bundle = Bundle::from_bytes("bundle", zip.into_inner(), Limits::default()).unwrap();
    let records: serde_json::Value =
        serde_json::from_slice(&bundle.read("facts/office-licences.json").unwrap().bytes).unwrap();
    assert_eq!(records[0]["office"], known);
    let rests = &records[0]["windows"];
    assert_eq!(rests["missing"], "failed");
    assert!(rests["reason"].as_str().unwrap().contains("nothing is started to ask it"), "{rests}");
}
