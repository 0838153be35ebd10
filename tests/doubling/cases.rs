//! Inputs that grow: what hurts a parser most, in any size, and the parser that gets it. `tests/doubling/proof.sh` counts
//! the instructions of each size. Owns the inputs; the measuring and the verdict are the script's.

mod judged;

use std::{collections::VecDeque, io::Cursor};

use koff_analyze::facts::event::wer;
use koff_bundle::{
    evtx::{self, Wanted},
    limits::Limits,
    reader::Bundle,
    registry::text,
};
use koff_collect::host::disk::hive::{Found, Hive, Part};
use koff_fixtures::{
    evtx as event_log,
    hive::{Node, Sequence, Value, hive_bytes},
};

use self::judged::facts;
use super::{
    forge::{File, zip_of},
    targets::now,
};

type Make = dyn Fn(usize) -> Vec<u8>;
type Parse = dyn Fn(&[u8]);

/// A parser, the input of a size, and the smallest size of three, each twice the one before.
pub struct Case {
    /// Parser and kind of input.
    pub name: String,
    /// The smallest size.
    pub from: usize,
    make: Box<Make>,
    parse: Box<Parse>,
}

impl Case {
    /// Runs the three sizes one after another, `larger` times as large; what is made ready once is made ready before.
    pub fn run(&self, larger: usize) {
        (self.parse)(&(self.make)(self.from.div_ceil(8)));
        for size in [1, 2, 4].map(|times| self.from * times * larger) {
            let input = (self.make)(size);
            measured(&*self.parse, &input);
        }
    }
}

/// What is counted, and nothing else.
#[inline(never)]
fn measured(parse: &Parse, input: &[u8]) {
    parse(input);
}

fn case(name: &str, from: usize, make: impl Fn(usize) -> Vec<u8> + 'static, parse: impl Fn(&[u8]) + 'static) -> Case {
    Case { name: name.to_owned(), from, make: Box::new(make), parse: Box::new(parse) }
}

/// Every case, in the order in which they run.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut all = containers();
    all.extend(registries());
    all.extend(events());
    all.extend(judged::cases());
    all
}

/// `line` in as many copies, each with its number for `#`.
fn lines(count: usize, line: &str) -> String {
    (0..count).map(|n| line.replace('#', &n.to_string())).collect()
}

fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::from_bytes("doubling.zip", bytes.to_vec(), Limits::default()) {
        bundle.verify();
    }
}

fn zip(count: usize, file: impl Fn(usize) -> File<'static>) -> Vec<u8> {
    zip_of(&(0..count).map(file).collect::<Vec<_>>())
}

fn containers() -> Vec<Case> {
    let log = b"[02/Mar/2026 10:00:00] x\r\n";
    let manifest = |entries: String| {
        let text = format!(
            r#"{{"format_version":1,"tool":{{"name":"koff-collect","version":"0.1.0"}},"plan":"default","host":{{"kind":"disk"}},
            "started":"2026-03-02T10:00:00Z","finished":"2026-03-02T10:00:05Z","redaction":{{"names_masked":false}},"entries":[{entries}]}}"#
        );
        zip_of(&[File::new("manifest.json", text.as_bytes())])
    };
    let entry = r#"{"name":"logs/N.log","artifact":"connector-logs","origin":"C:\\x","method":"file","state":"complete","sha256":"00"}"#;
    vec![
        case("zip, members", 20, move |n| zip(n, |at| File::new(&format!("{at}.log"), log)), bundle),
        case("zip, one name", 40, move |n| zip(n, |_| File::new("a.log", log)), bundle),
        // Past the limits of depth and length in all three sizes: what is told of a name does not grow with it.
        case("zip, deep names", 300, |n| zip(8, |at| File::new(&format!("{}{at}", "a/".repeat(n)), b"x")), bundle),
        case(
            "zip, one place",
            640,
            |n| zip(n, |at| File { offset: Some(0), ..File::new(&format!("{at}"), b"x") }),
            bundle,
        ),
        case(
            "zip, cut off",
            15,
            move |n| {
                let mut zip = zip(n, |at| File::new(&format!("{at}.log"), log));
                zip.truncate(zip.len() - 10);
                zip
            },
            bundle,
        ),
        case(
            "zip, end records",
            300,
            move |n| [zip(1, |_| File::new("a.log", log)), b"PK\x05\x06".repeat(n)].concat(),
            bundle,
        ),
        case(
            "manifest, entries",
            40,
            move |n| {
                let entries: Vec<String> = (0..n).map(|at| entry.replace('N', &at.to_string())).collect();
                manifest(entries.join(","))
            },
            bundle,
        ),
        case("manifest, one name", 40, move |n| manifest(vec![entry; n].join(",")), bundle),
        case("manifest, nesting", 16000, move |n| manifest("[".repeat(n)), bundle),
    ]
}

fn registries() -> Vec<Case> {
    let head = "Windows Registry Editor Version 5.00\r\n\r\n";
    let reg = |bytes: &[u8]| {
        for file in [text::read(bytes), text::read_query(bytes)] {
            assert!(file.problems.len() <= text::MAX_PROBLEMS + 2);
        }
    };
    let text = move |body: String| format!("{head}{body}").into_bytes();
    let query = |body: String| format!("HKEY_CURRENT_USER\\A\r\n{body}").into_bytes();
    let long = |n: usize| "k".repeat(n.min(text::MAX_PATH - 20));
    vec![
        case("reg, keys", 200, move |n| text(lines(n, "[HKEY_CURRENT_USER\\A#]\r\n")), reg),
        case(
            "reg, values",
            200,
            move |n| text(format!("[HKEY_CURRENT_USER\\A]\r\n{}", lines(n, "\"v#\"=dword:1\r\n"))),
            reg,
        ),
        case(
            "reg, long line",
            1000,
            move |n| text(format!("[HKEY_CURRENT_USER\\A]\r\n\"v\"=\"{}\"", "\\\\x".repeat(n))),
            reg,
        ),
        case(
            "reg, open strings",
            150,
            move |n| text(format!("[HKEY_CURRENT_USER\\A]\r\n{}", "@=\"x\r\ny\r\n".repeat(n))),
            reg,
        ),
        case(
            "reg, hex lines",
            200,
            move |n| text(format!("[HKEY_CURRENT_USER\\A]\r\n@=hex:{}", "00,\\\r\n".repeat(n))),
            reg,
        ),
        case("reg, long key and rubbish", 800, move |n| text(format!("[{}]\r\n{}", long(n), "x\r\n".repeat(n))), reg),
        case(
            "reg, long key and deletions",
            500,
            move |n| text(format!("[{}]\r\n{}", long(n * 4), "@=-\r\n".repeat(n))),
            reg,
        ),
        case("reg, deep key", 2000, move |n| text(format!("[HKEY_CURRENT_USER{}]\r\n", "\\a".repeat(n))), reg),
        case("reg query, rubbish", 50, move |n| query("    x\r\n".repeat(n)), reg),
        case(
            "reg query, long line",
            250,
            move |n| query(format!("    v    REG_SZ    {}\r\n", "  REG_".repeat(n))),
            reg,
        ),
        case("registry, keys side by side", 240, move |n| text(lines(n, "[HKEY_CURRENT_USER\\A#]\r\n")), facts),
        case(
            "registry, values of one key",
            40,
            move |n| text(format!("[HKEY_CURRENT_USER\\A]\r\n{}", lines(n, "\"v#\"=\"x\"\r\n"))),
            facts,
        ),
        case("registry, damaged keys", 120, move |n| text(lines(n, "[HKEY_CURRENT_USER\\A#]\r\nrubbish\r\n")), facts),
        case(
            "registry, office keys",
            15,
            move |n| {
                text(lines(
                    n,
                    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\CLSID\\{#}\\InprocServer32]\r\n@=\"C:\\\\K\\\\kofmsp32.dll\"\r\n",
                ))
            },
            facts,
        ),
        case(
            "hive, keys",
            40,
            |n| {
                let mut root = Node::root("ROOT");
                for at in 0..n {
                    root.key(&format!("Key{at}\\Below"));
                }
                hive_bytes(&root, "HIVE", 0, Sequence::default())
            },
            hive,
        ),
        case(
            "hive, values in one cell",
            40,
            |n| {
                let mut root = Node::root("ROOT");
                let key = root.key("A");
                key.values.push(Value { name: "vv".to_owned(), kind: 3, data: vec![7; n * 8] });
                (0..n).for_each(|_| key.values.push(Value { name: "vv".to_owned(), kind: 3, data: vec![1; 5] }));
                share(hive_bytes(&root, "HIVE", 0, Sequence::default()))
            },
            hive,
        ),
    ]
}

/// Lets every value have the data of the first.
fn share(mut hive: Vec<u8>) -> Vec<u8> {
    let places: Vec<usize> = memchr::memmem::find_iter(&hive, b"vk\x02\0").collect();
    let first =
        places.iter().copied().max_by_key(|at| u32::from_le_bytes([hive[at + 4], hive[at + 5], hive[at + 6], 0]));
    let data = first.map(|at| hive[at + 4..at + 12].to_vec()).unwrap_or_default();
    places.into_iter().for_each(|at| hive[at + 4..at + 12].copy_from_slice(&data));
    hive
}

/// Walks all of a hive as the collector does: by path.
fn hive(bytes: &[u8]) {
    let Ok(hive) = Hive::open(Part { place: "HIVE", bytes: bytes.to_vec() }, Vec::new()) else { return };
    let mut waiting = VecDeque::from([String::new()]);
    while let Some(path) = waiting.pop_front() {
        if let Ok(Found::Key(key)) = hive.key(&path) {
            waiting.extend(key.subkeys.iter().map(|name| format!("{path}\\{name}")));
        }
    }
}

fn events() -> Vec<Case> {
    let xml = |bytes: &[u8]| drop(evtx::read_xml(bytes, &Wanted::default()));
    let around = |data: String| {
        format!(
            "<Events><Event><System><Provider Name='Outlook'/><EventID>1</EventID>\
<TimeCreated SystemTime='2026-03-02T10:00:00Z'/></System><EventData>{data}</EventData></Event></Events>"
        )
        .into_bytes()
    };
    let wer = |bytes: &[u8]| drop(wer::read(&String::from_utf8_lossy(bytes)));
    vec![
        case("event xml, events", 8, move |n| around(String::new()).repeat(n), xml),
        case("event xml, open events", 150, |n| "<Event>".repeat(n).into_bytes(), xml),
        case("event xml, data of one name", 60, move |n| around("<Data Name='a'>x</Data>".repeat(n)), xml),
        case("event xml, ampersands", 150, move |n| around(format!("<Data>{}</Data>", "&aäääääääää".repeat(n))), xml),
        case("event xml, attributes", 100, move |n| around(format!("<Data {}>x</Data>", "a='b' ".repeat(n))), xml),
        case("event xml, nesting", 500, move |n| around("<a>".repeat(n)), xml),
        case("event xml, open comments", 150, move |n| around("<!--".repeat(n)), xml),
        case("evtx, chunks", 1, chunks, |bytes| {
            drop(evtx::read("x.evtx", Cursor::new(bytes.to_vec()), &Wanted::default()));
        }),
        case(
            "wer, modules",
            80,
            |n| {
                let head = "EventType=APPCRASH\r\nEventTime=132000000000000000\r\nSig[3].Value=k.dll\r\n";
                format!("{head}{}", lines(n, "LoadedModule[#]=C:\\K\\x.dll\r\n")).into_bytes()
            },
            wer,
        ),
    ]
}

/// An event log of as many equal chunks.
fn chunks(count: usize) -> Vec<u8> {
    let data = vec![(None, "OUTLOOK.EXE"), (Some("a"), "KofMsp32.dll")];
    let event = event_log::Event { provider: "Application Error", id: 1000, level: 2, time: now(), data };
    let mut file = event_log::file("Application", &vec![event; 10]).unwrap_or_default();
    let chunk = file.split_off(0x1000);
    file[42..44].copy_from_slice(&(count as u16).to_le_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&file[..120]);
    file[124..128].copy_from_slice(&crc.sum().to_le_bytes());
    [file, chunk.repeat(count)].concat()
}
