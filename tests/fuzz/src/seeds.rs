//! Seeds made out of the fixtures: the synthetic signed files, a story's disk and what the collector makes of it. Owns
//! which of them each target begins with; no file of anybody else's is needed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use koff_analyze::{
    pack::{File, embedded_layouts, embedded_rules},
    render::{Format, render},
};
use koff_bundle::{base64, limits::Limits, pe, reader::Bundle};
use koff_fixtures::evtx as event_log;

use super::{analyst, stretched};

/// Log lines of several layouts, with what rules look for.
const LOG: &str = "[07/Aug/2008 11:07:02] {DELETE} Protocol: HTTP/KOFF, Folder: INBOX/Projects, Size: 1320\r\n\
[07/Aug/2026 11:07:03][1234] {sync} Unable to connect to server mail.zwickelwerke.de: connection refused\r\n\
[Fri Aug  2 05:36:25.575 2024] [2468156] FATAL: failed to open index\n\
KONTOR-PC17 (Server)\tFri Aug  2 05:36:25 2024\n\tDatabase: C:\\Users\\annabella\\AppData\\Local\\Kerio\\a.fdb\n\tdatabase file appears corrupt\n\
MSI (s) (A4:5C) [05:36:25:575]: Product: Kerio Outlook Connector -- Installation failed. Return value 3.\r\n";

/// What redaction must find, in the wrappings in which it travels.
const NAMES: &[&str] = &[
    "User: annabella\r\nHost: KONTOR-PC17\r\nC:\\Users\\annabella\\AppData\\Local\\Kerio\r\n",
    "https://j.mustermann:Sommer-2024!x@zwickelwerke.de:4443/webmail?user=annabella&x=%61nnabella\r\n",
    "{\"user\":\"annab\\u0065lla\",\"p\":\"C:\\\\Users\\\\annabella\"}\n",
    "\"a\"=hex(1):61,00,6e,00,6e,00,61,00,62,00,65,00,6c,00,\\\r\n  6c,00,61,00,00,00\r\n",
    "password=Sommer-2024!x; token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln\r\nYW5uYWJlbGxh 616e6e6162656c6c61\r\n",
    "\\\\postserver9.zwickelwerke.de\\Gesch\u{e4}ftsleitung\\x 192.168.1.2 fe80::1 00:1a:2b:3c:4d:5e S-1-5-21-1-2-3-1001\r\n",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\nSubject: J\u{fc}rgens Postfach\n",
];

/// Everything that seeds are taken from, made once.
pub struct Stock {
    signed: Vec<(String, Vec<u8>)>,
    disk: tempfile::TempDir,
    bundle: Vec<u8>,
    report: Vec<u8>,
}

fn top() -> PathBuf {
    koff_fixtures::hosts_folder().ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// The files below `folder` whose path ends as `wanted` says.
fn files(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.to_string_lossy().to_lowercase();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path, wanted));
        } else if wanted(&name)
            && let Ok(bytes) = fs::read(&path)
        {
            found.push((format!("{}-{:x}", name.rsplit('/').next().unwrap_or("x"), bytes.len()), bytes));
        }
    }
    found
}

/// Seeds that stand in `tests/fuzz/seeds`: inputs that once found something.
#[must_use]
pub fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    files(&top().join("tests/fuzz/seeds").join(target), &|_| true)
}

/// A sound bundle.
///
/// # Panics
/// Where it is none.
#[must_use]
pub fn opened(bundle: &[u8]) -> Bundle {
    Bundle::from_bytes("seed.zip", bundle.to_vec(), Limits::default()).expect("a bundle")
}

impl Stock {
    /// Builds a story's disk, collects from it, analyses the bundle.
    ///
    /// # Panics
    /// Where a fixture cannot be built.
    #[must_use]
    pub fn new() -> Self {
        let disk = tempfile::tempdir().expect("a folder for the disk");
        koff_fixtures::build("severed-by-update", disk.path()).expect("the story is built");
        let out = disk.path().join("seed.zip");
        let args = ["koff-collect", "--yes", "--quiet", "--no-redact", "--root"].map(std::ffi::OsString::from);
        let args = args.into_iter().chain([disk.path().into(), "--output".into(), out.clone().into()]);
        let code = koff_collect::cli::run(args, &mut Vec::new(), &mut Vec::new());
        assert_eq!(code, 0, "the story is collected");
        let bundle = fs::read(&out).expect("the bundle is there");
        let opened = opened(&bundle);
        let mut report = Vec::new();
        render(&analyst().analyse_bundle(&opened, "seed.zip".to_owned(), None).report, Format::Json, &mut report)
            .expect("memory takes everything");
        let signed =
            files(&top().join("tests/signatures/files"), &|name| name.ends_with("dll") || name.ends_with("cat"));
        Self { signed, disk, bundle, report }
    }

    /// The seeds of `target`, former findings included.
    #[must_use]
    pub fn of(&self, target: &str) -> Vec<(String, Vec<u8>)> {
        let mut seeds = kept(target);
        seeds.extend(match target {
            "pe" => self.programs(),
            "pkcs7" => self.tables(),
            "redaction" => self.names(),
            "zip" => vec![("stretched".to_owned(), self.stretched()), ("bundle".to_owned(), self.bundle.clone())],
            "hive" => self.on_disk(&|name| name.ends_with("/software") || name.ends_with("ntuser.dat")),
            "evtx" => events(),
            "reg" => self.members(&|name| name.ends_with(".reg")),
            "log" => vec![("lines".to_owned(), LOG.as_bytes().to_vec())],
            "facts" => self.evidence(),
            "records" => self.members(&|name| name.ends_with(".json") && name.contains('/')),
            "rule" => embedded_rules().iter().chain(embedded_layouts()).map(named).collect(),
            "report" => vec![("report".to_owned(), self.report.clone())],
            "mapisvc" => self.members(&|name| name.ends_with(".inf") || name.ends_with(".reg")),
            "minidump" => vec![("dump".to_owned(), dump())],
            "firebird" => self.on_disk(&|name| name.ends_with(".fdb")).into_iter().map(short).collect(),
            _ => Vec::new(),
        });
        seeds
    }

    /// A bundle whose log has flush points.
    ///
    /// # Panics
    /// Where the story's bundle lists nothing.
    #[must_use]
    pub fn stretched(&self) -> Vec<u8> {
        let opened = opened(&self.bundle);
        let like = opened.manifest().entries.iter().find(|entry| entry.artifact == "connector-logs");
        let entry = like.expect("the story has a log").clone();
        stretched::bundle(opened.manifest().clone(), entry, LOG.repeat(4).as_bytes())
    }

    fn programs(&self) -> Vec<(String, Vec<u8>)> {
        let mut found: Vec<_> = self.signed.iter().filter(|(name, _)| name.contains(".dll")).cloned().collect();
        found.extend(self.on_disk(&|name| name.ends_with(".dll") || name.ends_with(".exe")).into_iter().take(4));
        found.retain(|(_, bytes)| bytes.len() < 64 << 10);
        found
    }

    fn tables(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for (name, bytes) in &self.signed {
            let summary = pe::summarise(bytes);
            let table = summary.signing.value().and_then(|signing| signing.table_bytes.value());
            match table.and_then(|coded| base64::decode(coded)) {
                Some(table) => found.push((format!("{name}-bare"), table.get(8..).unwrap_or_default().to_vec())),
                None => found.push((name.clone(), bytes.clone())),
            }
        }
        found.extend(files(&top().join("tests/signatures/files"), &|name| name.ends_with(".pem")));
        found
    }

    fn names(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for (at, text) in NAMES.iter().chain([&LOG]).enumerate() {
            found.push((format!("text-{at}"), text.as_bytes().to_vec()));
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            found.push((format!("wide-{at}"), wide));
        }
        found
    }

    fn evidence(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = vec![("bundle".to_owned(), self.bundle.clone()), ("log".to_owned(), LOG.as_bytes().to_vec())];
        found.extend(events());
        found.extend(self.members(&|name| name.ends_with(".reg") || name.ends_with(".inf")));
        found.extend(self.programs().into_iter().take(6));
        found.extend(self.on_disk(&|name| name.ends_with(".fdb")).into_iter().map(short));
        found
    }

    fn on_disk(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        files(self.disk.path(), wanted)
    }

    fn members(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        let bundle = opened(&self.bundle);
        let names = bundle.members().iter().map(|member| member.name.clone());
        let wanted = names.filter(|name| wanted(&name.to_lowercase()));
        let read = |name: String| (name.replace('/', "-"), bundle.read(&name).map(|c| c.bytes).unwrap_or_default());
        wanted.map(read).collect()
    }
}

impl Default for Stock {
    fn default() -> Self {
        Self::new()
    }
}

fn named(file: &File) -> (String, Vec<u8>) {
    (file.path.replace('/', "-"), file.text.as_bytes().to_vec())
}

/// The header of a database is all that is read.
fn short((name, mut bytes): (String, Vec<u8>)) -> (String, Vec<u8>) {
    bytes.truncate(1 << 10);
    (name, bytes)
}

fn events() -> Vec<(String, Vec<u8>)> {
    let crash = ["OUTLOOK.EXE", "16.0.1", "6612", "KofMsp32.dll", "9.4.0", "6613", "c0000005", "00012345"];
    let data = crash.iter().map(|text| (None, *text)).collect();
    let event = event_log::Event { provider: "Application Error", id: 1000, level: 2, time: super::now(), data };
    let xml = "<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Outlook'/>\
<EventID>1000</EventID><Level>2</Level><TimeCreated SystemTime='2026-03-02T10:00:00.0Z'/><EventRecordID>7</EventRecordID>\
<Channel>Application</Channel></System><EventData><Data Name='a'>kofmsp32.dll &amp; more</Data></EventData></Event></Events>";
    let wer = "Version=1\r\nEventType=APPCRASH\r\nEventTime=132000000000000000\r\nSig[0].Name=Application Name\r\n\
Sig[0].Value=OUTLOOK.EXE\r\nSig[3].Name=Fault Module Name\r\nSig[3].Value=KofMsp32.dll\r\n";
    vec![
        ("evtx".to_owned(), event_log::file("Application", &[event]).unwrap_or_default()),
        ("xml".to_owned(), xml.as_bytes().to_vec()),
        ("wer".to_owned(), wer.as_bytes().to_vec()),
    ]
}

/// A dump of one module with an exception inside it.
fn dump() -> Vec<u8> {
    let name: Vec<u8> = r"C:\K\KofMsp32.dll".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (exception, modules) = (56_u32, 224_u32);
    let head = [0x504d_444d, 0, 2, 32, 0, 1_780_000_000, 0, 0, 6, 168, exception, 4, 112, modules];
    let mut out: Vec<u8> = head.iter().flat_map(|number: &u32| number.to_le_bytes()).collect();
    let mut record = vec![0; 168];
    record[8..12].copy_from_slice(&0xc000_0005_u32.to_le_bytes());
    record[24..32].copy_from_slice(&0x1000_1234_u64.to_le_bytes());
    out.extend(record);
    out.extend(1_u32.to_le_bytes());
    let mut module = vec![0; 108];
    module[..8].copy_from_slice(&0x1000_0000_u64.to_le_bytes());
    module[8..12].copy_from_slice(&0x10_0000_u32.to_le_bytes());
    module[20..24].copy_from_slice(&(modules + 112).to_le_bytes());
    out.extend(module);
    out.extend((name.len() as u32).to_le_bytes());
    out.extend(name);
    out
}
