//! A PC whose people are called like words of Windows, of Office, of versions and of each other, or in letters that
//! programs stumble over. Their names stand everywhere that names stand; the same disk is collected with and without them.

#![expect(clippy::print_stdout, reason = "how much was looked at belongs to the proof")]

use std::{collections::BTreeMap, fs};

use koff_bundle::registry::text;
use serde_json::{Value, json};

use super::{judge::Judge, *};

/// What a name is to the redactor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It says who somebody is, and goes wherever it stands.
    Everywhere,
    /// It is also a word or number of Windows, Office or logs: it goes where the place says that it is a name.
    ByItsPlace,
    /// It identifies nobody, and stays.
    Nobody,
}

const PEOPLE: &[(&str, Told)] = &[
    ("log", Told::ByItsPlace),
    ("Admin", Told::Nobody),
    ("Windows", Told::Nobody),
    ("10", Told::ByItsPlace),
    ("1033", Told::ByItsPlace),
    ("6153", Told::ByItsPlace),
    ("16.0", Told::ByItsPlace),
    ("Office16", Told::ByItsPlace),
    ("Connector", Told::ByItsPlace),
    ("MSMAPI", Told::ByItsPlace),
    ("ClickToRunX", Told::Everywhere),
    ("MüllER ß", Told::Everywhere),
    ("🦊 zwickl", Told::Everywhere),
    ("punktum.", Told::Everywhere),
    ("marbel", Told::Everywhere),
    ("marbella", Told::Everywhere),
    ("marbellana", Told::Everywhere),
    ("k.(r)+[z]$^", Told::Everywhere),
    ("$kasse", Told::Everywhere),
];

const DOMAIN: &str = "ZWETSCHGE";

/// Lines that hold words, numbers and beginnings of these names and are about none of them.
const FALSE_FRIENDS: &[&str] = &[
    r"[04/May/2026 09:40:06] C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE 16.0.17328.20184 on Windows 10.0.26200",
    r"[04/May/2026 09:40:07] opened debug.log, 10 lines, build 6153, 1033 items, LCID 1033, Office 16.0, code 0x10",
    r"[04/May/2026 09:40:08] C:\Program Files\Kerio\Outlook Connector (Offline Edition)\KOFMSP.DLL loaded by the Connector",
    r"[04/May/2026 09:40:09] C:\Program Files\Microsoft Office\root\VFS\ProgramFilesCommonX64\System\MSMAPI\1033\MAPISVC.INF",
    r"[04/May/2026 09:40:10] HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles: the log of the last 10 runs",
    r"[04/May/2026 09:40:11] {ED475414-B0D6-11D2-8C3B-00104B2A6676} 9.4.0.6153 marbling MarbelX krz k.r.z zwicklig Office1633",
];

/// What is laid for every person beyond what the usual parts hold; `{user}` and `{profile}` are theirs.
fn part() -> (Value, String) {
    let log = [
        r"[04/May/2026 09:41:01] Opening {profile}\AppData\Local\Kerio\Outlook Connector\Outlook\local.fdb",
        r"[04/May/2026 09:41:02] From: <{user}@zwetschge.de>, To: x, Size: 10",
        r"[04/May/2026 09:41:03] User: ZWETSCHGE\{user}, Protocol: HTTP/KOFF",
        r#"[04/May/2026 09:41:04] {"path":"C:\\Users\\{user}\\AppData\\Local","uri":"file:///C:/Users/{user}/x"}"#,
    ];
    let story = json!({
        "description": "What a person's name leaves in logs.",
        "files": [{
            "path": r"{profile}\AppData\Local\Kerio\Outlook Connector\Outlook\debug.log",
            "append": true,
            "text": format!("{}\n", log.join("\n")),
        }],
    });
    let registry = "[Software\\Microsoft\\Office\\Common\\UserInfo]\n\"UserName\"=\"{user}\"\n\n\
         [Volatile Environment]\n\"USERNAME\"=\"{user}\"\n\"USERDOMAIN\"=\"ZWETSCHGE\"\n\n\
         [Software\\Kerio\\Outlook Connector (Offline Edition)\\Sample]\n\
         \"Store\"=\"C:\\\\Users\\\\{user}\\\\AppData\\\\Local\\\\Kerio\\\\x.fdb\"\n\
         \"StoreBytes\"=utf16:\"C:\\\\Users\\\\{user}\\\\AppData\\\\Local\\\\Kerio\"\n";
    (story, registry.to_owned())
}

fn story() -> Value {
    let users: BTreeMap<&str, Value> = (1001..)
        .zip(PEOPLE)
        .map(|(id, (name, _))| {
            let sid = format!("S-1-5-21-2954301874-1190482613-874205532-{id}");
            (*name, json!({"sid": sid, "parts": ["person", "outlook-person", "profile-kerio", "odd-person"]}))
        })
        .collect();
    let events: Vec<Value> = PEOPLE
        .iter()
        .map(|(name, _)| {
            let data =
                [format!(r"C:\Users\{name}\AppData\Local\x.ost"), format!(r"{DOMAIN}\{name}"), "0x8004011D".into()];
            json!({"provider": "Outlook", "id": 27, "time": "2026-05-04T07:10:00Z", "data": data})
        })
        .collect();
    json!({
        "description": "People with odd names.",
        "parts": ["windows-11", "office-c2r-x64", "connector-x64"],
        "users": users,
        "files": [
            {"path": r"C:\Windows\System32\winevt\Logs\Application.evtx", "events": events},
            {
                "path": r"C:\Users\log\AppData\Local\Kerio\Outlook Connector\Outlook\debug.log",
                "append": true,
                "text": format!("{}\n8.3: C:\\Users\\MARBEL~1\\x C:\\Users\\MÜLLER~1\\x\n", FALSE_FRIENDS.join("\n")),
            },
        ],
    })
}

/// The disk of [`story`].
fn build(desk: &Desk) -> PathBuf {
    let (hosts, parts) = (desk.at("hosts/odd"), desk.at("parts"));
    fs::create_dir_all(&hosts).unwrap();
    fs::create_dir_all(parts.join("odd-person")).unwrap();
    for part in fs::read_dir(koff_fixtures::hosts_folder().join("../parts")).unwrap() {
        let part = part.unwrap();
        std::os::unix::fs::symlink(part.path(), parts.join(part.file_name())).unwrap();
    }
    let (person, registry) = part();
    fs::write(parts.join("odd-person/story.yml"), person.to_string()).unwrap();
    fs::write(parts.join("odd-person/NTUSER.reg"), registry).unwrap();
    fs::write(hosts.join("story.yml"), story().to_string()).unwrap();
    let disk = desk.at("disk");
    koff_fixtures::disk::build(&hosts, &disk).unwrap();
    disk
}

/// Places that say that a name is one, in the texts of registry exports, JSON and logs; and, where it says who somebody is,
/// the name alone.
fn traces(name: &str, told: Told) -> Vec<String> {
    let mut traces = vec![
        format!(r"\Users\{name}\"),
        format!(r"\\Users\\{name}\\"),
        format!("/Users/{name}/"),
        format!(r"{DOMAIN}\{name}"),
        format!("{name}@zwetschge"),
        format!("{name}@firma"),
    ];
    if told == Told::Everywhere {
        traces.push(name.to_owned());
    }
    traces
}

/// A member as whoever reads it may read it: as UTF-8, as UTF-16, and what its hexadecimal digits hold; in lower case.
fn readings(bytes: &[u8]) -> Vec<String> {
    let wide = |bytes: &[u8]| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units).to_lowercase()
    };
    let held = |text: &str| {
        let joined = text.replace("\\\r\n  ", "");
        let runs = joined.split(|c: char| !c.is_ascii_hexdigit() && c != ',').filter(|run| run.len() > 8);
        let values = runs.map(|run| run.split(',').filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect());
        values.map(|value: Vec<u8>| wide(&value)).collect::<Vec<_>>().join("\n")
    };
    let texts = [String::from_utf8_lossy(bytes).to_lowercase(), wide(bytes), wide(bytes.get(1..).unwrap_or_default())];
    texts.iter().map(|text| held(text)).chain(texts.clone()).collect()
}

/// How often `trace` stands there as a word.
fn count(readings: &[String], trace: &str) -> usize {
    let trace = trace.to_lowercase();
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (opens, closes) = (word(trace.chars().next()), word(trace.chars().next_back()));
    let stands = |text: &String| {
        let alone = |at: &usize| {
            let (before, after) = (text[..*at].chars().next_back(), text[*at + trace.len()..].chars().next());
            !(opens && word(before) || closes && word(after))
        };
        text.match_indices(&trace).map(|(at, _)| at).filter(alone).count()
    };
    readings.iter().map(stands).sum()
}

fn verdicts(bundle: &Bundle, judge: &Judge) -> BTreeMap<String, String> {
    let verdicts = judge.ask(bundle).1.verdicts;
    verdicts.into_iter().map(|(rule, verdict)| (rule, verdict.word().to_owned())).collect()
}

/// How many things each member holds, so that nothing falls apart or together.
fn shape(name: &str, bytes: &[u8]) -> Vec<usize> {
    let value =
        |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| format!("{name}: {error}")).unwrap();
    fn leaves(value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(leaves).sum(),
            Value::Object(fields) => fields.values().map(leaves).sum(),
            _ => 1,
        }
    }
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "reg" => {
            let read = text::read(bytes);
            assert!(read.problems.is_empty(), "{name}: {:?}", read.problems);
            read.keys.iter().map(|key| key.values.len()).collect()
        }
        "json" if name == "manifest.json" => vec![value(bytes)["entries"].as_array().unwrap().len()],
        "json" => vec![leaves(&value(bytes))],
        "ndjson" => bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| leaves(&value(line)))
            .collect(),
        _ => vec![bytes.split(|byte| *byte == b'\n').count()],
    }
}

#[test]
fn odd_names_leave_no_trace_and_change_nothing_else() {
    let desk = Desk::new();
    let disk = build(&desk);
    let (plain, masked) = (desk.collect(&disk, "plain.zip", &["--no-redact"]), desk.collect(&disk, "masked.zip", &[]));
    let (before, after) = (members(&plain), members(&masked));
    let mut wrong = Vec::new();
    let mut checked = 0;
    let read = |members: &[(String, Vec<u8>)]| -> Vec<(String, Vec<String>)> {
        members
            .iter()
            .map(|(name, bytes)| (name.clone(), [readings(bytes), readings(name.as_bytes())].concat()))
            .collect()
    };
    let (planted_in, found_in) = (read(&before), read(&after));
    for (name, told) in PEOPLE.iter().filter(|(_, told)| *told != Told::Nobody) {
        for trace in traces(name, *told) {
            let planted: usize = planted_in.iter().map(|(_, readings)| count(readings, &trace)).sum();
            assert!(planted > 0, "{trace} stands nowhere");
            checked += planted;
            let left = found_in.iter().filter(|(_, readings)| count(readings, &trace) > 0);
            wrong.extend(left.map(|(member, _)| format!("{trace} in {member}")));
        }
    }
    let log = after.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).find(|text| text.contains("8.3:")).unwrap();
    for line in FALSE_FRIENDS.iter().filter(|line| !log.contains(*line)) {
        let stamp = line.get(..22).unwrap();
        wrong.push(format!("changed: {}", log.lines().find(|line| line.starts_with(stamp)).unwrap_or(stamp)));
    }
    wrong.extend(
        ["MARBEL~1", "MÜLLER~1"].iter().filter(|short| log.contains(**short)).map(|short| format!("{short} stays")),
    );
    assert_eq!(before.len(), after.len());
    for ((one, plain), (other, masked)) in before.iter().zip(&after) {
        if shape(one, plain) != shape(other, masked) {
            wrong.push(format!("{other} has lost its shape"));
        }
    }
    let judge = Judge::new();
    let (plain, masked) = (verdicts(&plain, &judge), verdicts(&masked, &judge));
    let turned = plain.iter().filter(|(rule, verdict)| masked.get(*rule) != Some(verdict));
    wrong.extend(turned.map(|(rule, verdict)| format!("{rule}: {verdict} became {:?}", masked.get(rule))));
    println!("{checked} places with odd names planted on a disk, none survived");
    assert!(checked > 1000, "{checked} places planted");
    assert!(wrong.is_empty(), "of {checked} places:\n{}", wrong.join("\n"));
}
