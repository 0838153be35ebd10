//! Nothing that was learned survives, in any form or place; nothing else is touched. Drives the redactor as the export
//! does: through readers.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its inputs has nothing to say")]

use std::io::{self, Read};

use koff_collect::redact::{Key, Kind, Learned, Mode, REMOVED, Redactor};

#[path = "redaction/arbitrary.rs"]
mod arbitrary;
#[path = "redaction/canaries.rs"]
mod canaries;
#[path = "redaction/cost.rs"]
mod cost;
#[path = "redaction/last_look.rs"]
mod last_look;
#[path = "redaction/seams.rs"]
mod seams;
#[path = "redaction/ways_in.rs"]
mod ways_in;
#[path = "redaction/words.rs"]
mod words;

/// One key for all tests.
fn key() -> Key {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "07".repeat(32)).unwrap();
    Key::from_file(&file).unwrap()
}

/// A canary of every kind that is learned.
const CANARIES: &[(Kind, &str)] = &[
    (Kind::User, "annabella"),
    (Kind::User, "łukasz"),
    (Kind::User, "Константин"),
    (Kind::User, "kim"),
    (Kind::Person, "Jürgen Mustermann"),
    (Kind::Organisation, "Zwickelwerke Öhringen"),
    (Kind::Mail, "j.mustermann@zwickelwerke.de"),
    (Kind::Host, "KONTOR-PC17"),
    (Kind::Domain, "ZWICKEL"),
    (Kind::Server, "postserver9.zwickelwerke.de"),
    (Kind::Profile, "Jürgens Postfach"),
    (Kind::Share, "Geschäftsleitung"),
    (Kind::Serial, "PF3K9ZQX"),
    (Kind::Guid, "7d1f3c52-9a40-4c0e-8f77-0d5e6b1a2c3d"),
];

fn redactor(mode: Mode) -> Redactor {
    let mut learned = Learned::new();
    for (kind, text) in CANARIES {
        learned.add(*kind, text);
    }
    learned.add(Kind::Secret, "Sommer-2024!x");
    Redactor::new(learned, key(), mode)
}

/// A reader that gives a few bytes at a time, as pipes and disks do.
struct Dribble(Vec<u8>, usize);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.0.len()).min(self.1);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0.drain(..count);
        Ok(count)
    }
}

fn redact(redactor: &Redactor, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    redactor.text(io::Cursor::new(input.to_vec())).read_to_end(&mut out).unwrap();
    out
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .map(|three| {
            let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            let digit = |index: usize| char::from(DIGITS[(bits >> (18 - 6 * index) & 63) as usize]);
            (0..4).map(|index| if index <= three.len() { digit(index) } else { '=' }).collect::<String>()
        })
        .collect()
}

fn unbase64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'=').collect();
    digits
        .chunks(4)
        .flat_map(|four| {
            let bits = four.iter().fold(0, |bits, digit| bits << 6 | value(*digit)) << (6 * (4 - four.len()));
            bits.to_be_bytes()[1..four.len()].to_vec()
        })
        .collect()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex(bytes: &[u8], separator: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator)
}

/// Every form in which a name may stand in a text, with what is searched for afterwards.
fn forms(name: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms: Vec<(&'static str, Vec<u8>)> = vec![
        ("plain", name.into()),
        ("upper case", name.to_uppercase().into()),
        ("lower case", name.to_lowercase().into()),
        ("UTF-16LE", wide(name)),
        ("UTF-16BE", name.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        (
            "percent",
            name.bytes()
                .map(
                    |byte| {
                        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
                    },
                )
                .collect::<String>()
                .into(),
        ),
        ("percent, every byte", name.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>().into()),
        (
            "JSON",
            name.chars()
                .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) })
                .collect::<String>()
                .into(),
        ),
        ("JSON, every letter", name.chars().map(|c| format!("\\u{:04X}", c as u32)).collect::<String>().into()),
        (
            "XML",
            name.chars()
                .map(|c| if c.is_ascii() { c.to_string() } else { format!("&#{};", c as u32) })
                .collect::<String>()
                .into(),
        ),
        ("XML, every letter", name.chars().map(|c| format!("&#x{:X};", c as u32)).collect::<String>().into()),
        (".reg", format!("hex:{}", hex(&wide(&format!("x {name} ")), ",")).into()),
        (
            ".reg over lines",
            format!("hex(2):{}", hex(&wide(&format!("some text {name} ")), ",").replace("6d,00,", "6d,00,\\\r\n  "))
                .into(),
        ),
        ("hexadecimal", hex(format!("some text {name}").as_bytes(), "").into()),
        ("hexadecimal UTF-16", hex(&wide(&format!("text {name} ")), "").to_uppercase().into()),
    ];
    for page in [encoding_rs::WINDOWS_1252, encoding_rs::WINDOWS_1250, encoding_rs::WINDOWS_1251] {
        let (bytes, _, lost) = page.encode(name);
        if !lost {
            forms.push(("code page", bytes.into_owned()));
        }
    }
    for (lead, label) in [("", "Base64 at 0"), ("x", "Base64 at 1"), ("xy", "Base64 at 2")] {
        forms.push((label, base64(format!("{lead} {name} and more text").as_bytes()).into()));
        forms.push((label, base64(&wide(&format!("{lead} {name} and more"))).into()));
    }
    forms
}

/// Whether the name can still be read out of `text` by whoever knows the form.
fn survives(text: &[u8], form: &str, planted: &[u8], name: &str) -> bool {
    let fold = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
    if fold(text).contains(&fold(planted)) {
        return true;
    }
    if !form.starts_with("Base64") {
        return false;
    }
    String::from_utf8_lossy(text).split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).any(|run| {
        let bytes = unbase64(run);
        let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        fold(&bytes).contains(&name.to_lowercase()) || name.is_ascii() && fold(&narrow).contains(&name.to_lowercase())
    })
}

#[test]
fn a_name_is_found_in_the_code_page_of_its_language() {
    let cases: [(&str, &encoding_rs::Encoding); 8] = [
        ("Παπαδόπουλος", encoding_rs::WINDOWS_1253),
        ("Işıkoğlu", encoding_rs::WINDOWS_1254),
        ("Kalniņš", encoding_rs::WINDOWS_1257),
        ("שלמה", encoding_rs::WINDOWS_1255),
        ("山田太郎", encoding_rs::SHIFT_JIS),
        ("王小明", encoding_rs::GBK),
        ("김민수", encoding_rs::EUC_KR),
        ("陳志明", encoding_rs::BIG5),
    ];
    for (name, page) in cases {
        let mut learned = Learned::new();
        learned.add(Kind::Person, name);
        let (bytes, _, lost) = page.encode(name);
        assert!(!lost, "{name}");
        let line = [b"opened the box of ", &*bytes, b" again\r\n"].concat();
        let masked = redact(&Redactor::new(learned, key(), Mode::Mask), &line);
        let left = masked.windows(bytes.len()).any(|part| part == &*bytes);
        assert!(!left && masked.starts_with(b"opened the box of "), "{name} in {}: {masked:?}", page.name());
        assert!(masked.ends_with(b" again\r\n"), "{name}: {masked:?}");
    }
}
