//! The derivation over whole records: copies, pairs, processes.

use koff_bundle::record::{
    ConnectionRecord, FileStat, FoundBy, PeFormat, PeSigning, PeVersion, ProcessRecord, RichTool, Stream,
};

use super::*;
use crate::evidence::Place;

const KERIO: &str = r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\kofmsp32.dll";

fn evidence() -> Evidence {
    Evidence {
        artifact: "facts/programs.json".to_owned(),
        sha256: String::new(),
        place: Place::Json { pointer: String::new() },
        excerpt: String::new(),
    }
}

/// An unsigned 64-bit MAPI provider.
fn program(path: &str) -> ProgramRecord {
    let format = PeFormat {
        machine: "x64".to_owned(),
        dll: true,
        time_stamp: 0,
        entry_point: 0,
        subsystem: 2,
        sections: Vec::new(),
        imports: Vec::new(),
        exports: vec!["MSProviderInit".to_owned()],
        imphash: None,
        rich: None,
        dotnet: false,
        overlay: 0,
        problems: Vec::new(),
    };
    let signing = PeSigning {
        digests: vec![("sha256".to_owned(), "aa".to_owned())],
        table: None,
        table_bytes: Reading::missing(State::Absent, "the file has no certificate table"),
        after_table: 0,
        checksum: Reading::Value("right".to_owned()),
    };
    let version = PeVersion { file_version: Some("9.4.0.6153".to_owned()), ..PeVersion::default() };
    ProgramRecord {
        path: WinPath::new(path),
        found_by: vec![FoundBy::Install],
        user: None,
        stat: Reading::Value(FileStat { size: 900_000, folder: false, reparse: false, created: None, modified: None }),
        pe: Reading::Value(PeSummary {
            size: 900_000,
            sha256: "ab".to_owned(),
            sha1: String::new(),
            md5: String::new(),
            format: Reading::Value(format),
            signing: Reading::Value(signing),
            version: Reading::Value(version),
        }),
        streams: Reading::Value(Vec::new()),
        owner: Reading::default(),
        writers: Reading::default(),
        windows_verdict: Reading::default(),
    }
}

fn process(name: &str, dll: &str) -> ProcessRecord {
    ProcessRecord {
        pid: 4711,
        name: name.to_owned(),
        path: Reading::Value(WinPath::new(format!(r"C:\Windows\System32\{name}"))),
        command_line: Reading::Value(name.to_owned()),
        parent: Reading::default(),
        session: Reading::default(),
        started: Reading::Value("2026-01-01T00:00:00Z".parse().unwrap()),
        architecture: Reading::default(),
        signer: Reading::default(),
        connector_dlls: Reading::Value(vec![WinPath::new(dll)]),
        cpu_percent: Reading::Value(0.0),
        io_bytes: Reading::Value(0),
        memory: Reading::default(),
        connections: Reading::Value(Vec::new()),
    }
}

fn derived(programs: &[ProgramRecord], survey: Option<&ProcessSurvey>) -> Derived {
    let (trust, pack) = (Trust::empty(), Pack::embedded().unwrap());
    let seen = programs.iter().map(|record| Seen { record, evidence: evidence() }).collect();
    derive(&Inputs {
        programs: seen,
        program_gaps: Vec::new(),
        processes: survey
            .map(|record| Seen { record, evidence: evidence() })
            .ok_or_else(|| Unknown::new(State::Unsupported, "processes")),
        places: Places::default(),
        servers: vec!["198.51.100.7".to_owned()],
        office_bitness: vec!["x64".to_owned()],
        trust: &trust,
        at: "2026-01-01T01:00:00Z".parse().unwrap(),
        pack: &pack,
    })
}

fn survey(processes: Vec<ProcessRecord>) -> ProcessSurvey {
    ProcessSurvey { processes, total: 90, unseen: 0, window_ms: 1_000, samples: 3 }
}

#[test]
fn copies_are_what_exists_under_the_published_names() {
    let mut gone = program(r"C:\Gone\kofmsp.dll");
    gone.stat = Reading::missing(State::Absent, "no such file");
    let derived = derived(&[program(KERIO), gone, program(r"C:\K\KoffBackend.exe")], None);
    let [copy] = derived.dll.records.as_slice() else { panic!("{:?}", derived.dll) };
    for (field, expected) in [
        ("location", Datum::from("kerio")),
        ("signature", "unsigned".into()),
        ("mapi_provider", true.into()),
        ("behaviour", false.into()),
        ("packed", false.into()),
        ("version", "9.4.0.6153".into()),
        ("publisher_expected", Datum::Absent),
    ] {
        assert_eq!(copy.get(field), &expected, "{field}");
    }
    assert!(matches!(copy.get("installer_running"), Datum::Unknown(_)));
    assert_eq!(derived.load.gaps[0].state, State::Unsupported);
}

#[test]
fn a_file_that_could_not_be_read_leaves_everything_unknown_but_its_place() {
    let mut locked = program(r"C:\Users\anna\Downloads\kofmsp32.dll");
    locked.pe = Reading::missing(State::Locked, "in use");
    let copy = derived(&[locked], None).dll.records.remove(0);
    assert_eq!(copy.get("location"), &Datum::from("staging"));
    assert_eq!(copy.get("size"), &Datum::Number(900_000));
    for field in ["signature", "known_bad", "packed", "behaviour", "machine"] {
        assert!(matches!(copy.get(field), Datum::Unknown(why) if why[0].state == State::Locked), "{field}");
    }
}

#[test]
fn windows_own_verdict_reveals_revocation_catalogues_and_differences() {
    let with = |code: i64, name: &str, catalogue: Option<&str>| {
        let mut program = program(KERIO);
        program.windows_verdict =
            Reading::Value(WindowsVerdict { code, name: name.to_owned(), catalogue: catalogue.map(WinPath::new) });
        derived(&[program], None).dll.records.remove(0)
    };
    // CERT_E_REVOKED, as signed and as unsigned number.
    for code in [-2_146_762_484, 0x800b_010c] {
        assert_eq!(with(code, "CERT_E_REVOKED", None).get("signature"), &Datum::from("revoked"));
    }
    let listed = with(0, "S_OK", Some(r"C:\Windows\System32\CatRoot\x.cat"));
    assert_eq!(listed.get("signature"), &Datum::from("trusted"));
    assert!(matches!(listed.get("publisher_expected"), Datum::Unknown(_)));
    assert_eq!(with(0x800b_0100, "TRUST_E_NOSIGNATURE", None).get("windows_differs"), &Datum::Absent);
    assert!(matches!(with(0, "S_OK", None).get("windows_differs"), Datum::Text(text) if text.contains("unsigned")));
}

#[test]
fn the_mark_of_the_web_names_the_source() {
    let mut downloaded = program(KERIO);
    let text = "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.com/kofmsp32.dll\r\n";
    downloaded.streams = Reading::Value(vec![Stream {
        name: "Zone.Identifier".to_owned(),
        size: text.len() as u64,
        text: Some(text.to_owned()),
    }]);
    let copy = derived(&[downloaded], None).dll.records.remove(0);
    assert_eq!(copy.get("downloaded_from"), &Datum::from("https://example.com/kofmsp32.dll"));
}

#[test]
fn who_owns_and_may_change_a_file_and_what_linked_it_are_facts() {
    let mut open = program(KERIO);
    open.owner = Reading::Value("anna".to_owned());
    open.writers = Reading::Value(vec!["Users".to_owned()]);
    let Reading::Value(pe) = &mut open.pe else { panic!("a file that was read") };
    let Reading::Value(format) = &mut pe.format else { panic!("a PE file") };
    let tools = vec![RichTool { product: 0x104, build: 0x7809, count: 3 }];
    format.rich = Some(RichHeader { key: 0xABCD, checksum_fits: false, tools });
    let found = derived(&[open, program(KERIO)], None).dll.records;
    assert_eq!(found[0].get("owner"), &Datum::from("anna"));
    assert_eq!(found[0].get("writers"), &Datum::List(vec!["Users".to_owned()]));
    let rich = "key 0x0000abcd, checksum does not fit: changed after it was linked, 1 tools";
    assert_eq!(found[0].get("rich_header"), &Datum::from(rich));
    assert_eq!(found[1].get("rich_header"), &Datum::Absent);
    assert!(matches!(found[1].get("owner"), Datum::Unknown(_)), "a disk does not tell");
}

#[test]
fn processes_are_told_by_table_place_and_command_line() {
    let category = |edit: &dyn Fn(&mut ProcessRecord), name: &str| {
        let mut one = process(name, KERIO);
        edit(&mut one);
        derived(&[], Some(&survey(vec![one]))).load.records[0].get("category").clone()
    };
    let as_is = |name: &str| category(&|_| {}, name);
    assert_eq!(as_is("OUTLOOK.EXE"), Datum::from("mapi_client"));
    assert_eq!(as_is("svchost.exe"), Datum::from("unknown_process"));
    assert_eq!(as_is("PowerShell.exe"), Datum::from("script_host"));
    assert_eq!(as_is("rundll32.exe"), Datum::from("script_host"));
    assert_eq!(as_is("regsvr32.exe"), Datum::from("script_host"), "started an hour ago");
    assert_eq!(
        category(&|p| p.started = Reading::Value("2026-01-01T00:59:50Z".parse().unwrap()), "regsvr32.exe"),
        Datum::from("installer")
    );
    let mail = r#"rundll32.exe shell32.dll,Control_RunDLL "C:\Program Files\Microsoft Office\mlcfg32.cpl""#;
    assert_eq!(
        category(&|p| p.command_line = Reading::Value(mail.to_owned()), "rundll32.exe"),
        Datum::from("mapi_client")
    );
    let denied = |p: &mut ProcessRecord| p.command_line = Reading::missing(State::Denied, "");
    assert!(matches!(category(&denied, "rundll32.exe"), Datum::Unknown(_)));
    let imposter = |p: &mut ProcessRecord| p.path = Reading::Value(WinPath::new(r"C:\Windows\Temp\outlook.exe"));
    assert_eq!(category(&imposter, "outlook.exe"), Datum::from("unknown_process"));
}

#[test]
fn only_lasting_connections_to_foreign_hosts_count_and_unseen_processes_leave_a_gap() {
    let connection = |remote: &str, samples: u32, state: &str| ConnectionRecord {
        remote: remote.to_owned(),
        port: 443,
        state: state.to_owned(),
        samples,
    };
    let mut host = process("svchost.exe", KERIO);
    host.connections = Reading::Value(vec![
        connection("203.0.113.9", 3, "established"),
        connection("203.0.113.10", 2, "established"),
        connection("203.0.113.11", 3, "time_wait"),
        connection("198.51.100.7", 3, "established"),
        connection("127.0.0.1", 3, "established"),
        connection("::1", 3, "ESTABLISHED"),
        connection("::ffff:127.0.0.1", 3, "established"),
    ]);
    host.cpu_percent = Reading::Value(95.0);
    let mut seen = survey(vec![host]);
    seen.unseen = 14;
    let load = derived(&[], Some(&seen)).load;
    let record = &load.records[0];
    assert_eq!(record.get("outbound"), &Datum::List(vec!["203.0.113.9".to_owned()]));
    assert_eq!(record.get("persistent_outbound"), &Datum::Bool(true));
    assert_eq!(record.get("busy_while_idle"), &Datum::Bool(true));
    assert!(load.gaps[0].what.contains("14 of 90"));
    seen.processes.push(process("OUTLOOK.EXE", KERIO));
    assert_eq!(derived(&[], Some(&seen)).load.records[0].get("busy_while_idle"), &Datum::Bool(false));
}
