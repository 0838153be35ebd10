//! The redactor: what it learned never comes out as a word of its own, it never grows without bound, and where its input
//! is cut does not matter.

use std::{
    io::{Cursor, Read},
    sync::OnceLock,
};

use koff_bundle::registry::{Key as RegistryKey, Value, value_type};
use koff_collect::redact::{Key, Kind, Learned, Mode, Redactor};

/// What is learned, of every kind; the first few are looked for in the output.
const NAMES: &[(Kind, &str)] = &[
    (Kind::User, "annabella"),
    (Kind::Host, "KONTOR-PC17"),
    (Kind::Domain, "ZWICKEL"),
    (Kind::Server, "zwickelwerke.de"),
    (Kind::Person, "Jürgen Mustermann"),
    (Kind::Mail, "j.mustermann@zwickelwerke.de"),
    (Kind::Organisation, "Zwickelwerke Öhringen"),
    (Kind::Profile, "Jürgens Postfach"),
    (Kind::Share, "Geschäftsleitung"),
    (Kind::Serial, "PF3K9ZQX"),
    (Kind::Guid, "7d1f3c52-9a40-4c0e-8f77-0d5e6b1a2c3d"),
    (Kind::Secret, "Sommer-2024!x"),
];

fn redactor() -> &'static Redactor {
    static REDACTOR: OnceLock<Redactor> = OnceLock::new();
    REDACTOR.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for the key");
        let file = folder.path().join("key");
        std::fs::write(&file, "07".repeat(32)).expect("a key file");
        let mut learned = Learned::new();
        NAMES.iter().for_each(|(kind, name)| learned.add(*kind, name));
        Redactor::new(learned, Key::from_file(&file).expect("a key"), Mode::Mask)
    })
}

/// A reader that gives a few bytes at a time, as pipes and disks do.
struct Dribble(Cursor<Vec<u8>>, usize);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(self.1);
        self.0.read(&mut buffer[..count])
    }
}

/// Bytes as a text member, as a value of the registry, as a string in a record, as a line of the manifest.
pub(super) fn text(bytes: &[u8]) {
    let redactor = redactor();
    let mut out = Vec::new();
    redactor.text(Cursor::new(bytes.to_vec())).read_to_end(&mut out).expect("memory reads");
    kept_out(&out, bytes);
    let step = 1 + usize::from(bytes.first().copied().unwrap_or(0) % 40);
    let mut again = Vec::new();
    redactor.text(Dribble(Cursor::new(bytes.to_vec()), step)).read_to_end(&mut again).expect("memory reads");
    assert!(again == out, "cut every {step} bytes it comes out otherwise");
    let lossy = String::from_utf8_lossy(bytes);
    let (line, _) = redactor.line(&lossy);
    kept_out(line.as_bytes(), bytes);
    let mut json = Vec::new();
    let record = serde_json::json!({ "path": lossy, "list": [lossy] });
    redactor.json(&record).expect("a record is JSON").read_to_end(&mut json).expect("memory reads");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("redacted JSON is JSON");
    kept_out(json["path"].as_str().expect("a string stays one").as_bytes(), bytes);
    registry(bytes);
}

fn registry(bytes: &[u8]) {
    let kinds = [value_type::SZ, value_type::BINARY, value_type::MULTI_SZ, value_type::EXPAND_SZ];
    let values = kinds.iter().map(|kind| Value { name: format!("v{kind}"), kind: *kind, data: bytes.to_vec() });
    let key = RegistryKey { values: values.collect(), ..RegistryKey::default() };
    let mut out = Vec::new();
    redactor()
        .registry([(r"HKEY_CURRENT_USER\Software\Kerio".to_owned(), key)])
        .read_to_end(&mut out)
        .expect("memory reads");
    let read = koff_bundle::registry::text::read(&out);
    assert!(read.problems.is_empty(), "the export of a redacted key is damaged: {:?}", read.problems);
}

fn kept_out(out: &[u8], input: &[u8]) {
    assert!(out.len() <= input.len() * 24 + 64, "{} bytes from {}", out.len(), input.len());
    let folded = out.to_ascii_lowercase();
    for (_, name) in &NAMES[..4] {
        let name = name.to_ascii_lowercase().into_bytes();
        for at in find_all(&folded, &name) {
            let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
            let before = at.checked_sub(1).and_then(|before| folded.get(before));
            let alone = !word(before) && !word(folded.get(at + name.len()));
            assert!(!alone, "{} in {:?}", String::from_utf8_lossy(&name), String::from_utf8_lossy(out));
        }
    }
}

fn find_all<'a>(text: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    text.windows(name.len()).enumerate().filter(move |(_, window)| *window == name).map(|(at, _)| at)
}
