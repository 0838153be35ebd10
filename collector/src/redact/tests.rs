//! The redactor as the export drives it.

use super::*;

/// A redactor that knows a few names, and the same key every time.
pub(super) fn redactor(mode: Mode) -> Redactor {
    let mut learned = Learned::new();
    learned.add(Kind::User, "anna");
    learned.add(Kind::Person, "Jürgen Mustermann");
    learned.add(Kind::Host, "PC-0815");
    learned.add(Kind::Server, "srv7.musterwerk.de");
    learned.add(Kind::Profile, "Privatprofil");
    learned.add(Kind::User, "max");
    Redactor::new(learned, Key::fixed(), mode)
}

fn text(mode: Mode, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    redactor(mode).text(io::Cursor::new(input.to_vec())).read_to_end(&mut out).unwrap();
    out
}

fn masked(input: &str) -> String {
    String::from_utf8(text(Mode::Mask, input.as_bytes())).unwrap()
}

#[test]
fn names_addresses_and_paths_become_pseudonyms_of_their_kind() {
    let log = concat!(
        r"[07/Aug/2008 11:07:02] anna on PC-0815: C:\Users\anna\AppData\Local\Kerio\Outlook Connector\Privatprofil\x.log",
        "\nfrom Jürgen.Mustermann@musterwerk.de (192.168.7.9) via https://srv7.musterwerk.de:443/webdav/\n",
        r"S-1-5-21-1111111111-2222222222-333333333-1001 \\fs9\Daten\a.txt C:\Users\berta\x",
    );
    let out = masked(log);
    for name in ["anna", "PC-0815", "Privatprofil", "Mustermann", "musterwerk", "srv7", "192.168.7.9", "1111111111"] {
        assert!(!out.to_lowercase().contains(&name.to_lowercase()), "{name} in {out}");
    }
    for name in ["fs9", "Daten", "berta"] {
        assert!(!out.contains(name), "{name} in {out}");
    }
    for kept in [r"\AppData\Local\Kerio\Outlook Connector\PROFILE-", "[07/Aug/2008 11:07:02]", ":443/webdav/", "-1001"]
    {
        assert!(out.contains(kept), "{kept} not in {out}");
    }
    let tail = |text: &str| {
        text.split_once("via")
            .map(|(_, tail)| tail.split("S-1-").next().unwrap_or_default().to_owned())
            .unwrap_or_default()
    };
    assert_eq!(tail(&masked(&out)), tail(&out), "redacting twice changes addresses and SIDs only");
}

#[test]
fn secrets_go_in_every_mode_and_names_stay_only_when_asked() {
    let log = "user anna password=geheim123 Authorization: Basic YW5uYTpnZWhlaW0=\nnext";
    for mode in [Mode::Mask, Mode::Keep] {
        let out = String::from_utf8(text(mode, log.as_bytes())).unwrap();
        assert!(!out.contains("geheim") && !out.contains("YW5uYT"), "{out}");
        assert_eq!(out.contains("anna"), mode == Mode::Keep);
        assert!(out.ends_with("\nnext"), "{out}");
    }
}

#[test]
fn what_only_looks_like_a_name_stays() {
    let log = concat!(
        "2024-01-02T03:04:05.678Z KOFF 9.4.0-6153 version 1.2.3.4 max=5 annabel Hanna annas 10.0.19045\n",
        "{1FE2F6A0-9B0C-4A2D-A2E1-9E0B5D0C1A2B} da39a3ee5e6b4b0d3255bfef95601890afd80709 \
         C:\\Program Files (x86)\\Kerio\\UpdaterService C:\\Users\\Public\\x PublicKeyToken=71e9bce111e9429c\n",
        "[41:49.290] [1267] WARNING: 00:11:22 https://www.kerio.com/x a::b tokens: 5 the password is wrong\n",
    );
    assert_eq!(masked(log), log);
}

#[test]
fn utf16_text_is_masked_and_stays_utf16() {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut input = vec![0xFF, 0xFE];
    input.extend(wide("User MÜLLER anna Jürgen MUSTERMANN ok\r\n"));
    let out = text(Mode::Mask, &input);
    assert_eq!(out[..2], [0xFF, 0xFE]);
    let units: Vec<u16> = out[2..].as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let out = String::from_utf16(&units).unwrap();
    assert!(out.starts_with("User MÜLLER USER-") && out.ends_with(" ok\r\n") && !out.contains("MUSTER"), "{out}");
}

#[test]
fn a_name_on_the_border_of_two_chunks_does_not_survive() {
    for shift in 0..24 {
        let mut input = vec![b'.'; stream::CHUNK - 16 * 1024 - 12 + shift];
        input.extend(b" Jurgen.x@musterwerk.de PC-0815 ");
        input.extend(vec![b'.'; 300 * 1024]);
        let out = text(Mode::Mask, &input);
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains("0815") && !out.contains("musterwerk") && out.contains("HOST-"), "shift {shift}");
    }
}

#[test]
fn records_keep_keys_and_choices_and_lose_names() {
    let record = serde_json::json!({
        "kind": "fixed", "name": "max", "path": r"C:\Users\max\AppData", "password": "x", "owner": "PC-0815\\anna",
        "sha256": "00", "count": 5
    });
    let mut redacted = redactor(Mode::Mask).json(&record).unwrap();
    let mut out = String::new();
    redacted.read_to_string(&mut out).unwrap();
    let out: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(out["kind"], "fixed");
    assert_eq!(out["password"], REMOVED);
    let name = out["name"].as_str().unwrap();
    assert!(name.starts_with("USER-"));
    assert_eq!(out["path"], format!(r"C:\Users\{name}\AppData"));
    assert!(out["owner"].as_str().unwrap().starts_with("HOST-"));
    assert_eq!(redacted.masks()["secret"], 1);
}

#[test]
fn registry_keys_names_and_data_are_masked_and_profile_passwords_removed() {
    use koff_bundle::registry::{Value, value_type};
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
    let value = |name: &str, kind: u32, data: Vec<u8>| Value { name: name.to_owned(), kind, data };
    let key = RegistryKey {
        values: vec![
            value("001f6607", value_type::BINARY, wide("srv7.musterwerk.de")),
            value("010267f1", value_type::BINARY, b"0123456789".to_vec()),
            value("IMAP Password", value_type::BINARY, b"0123456789".to_vec()),
            value("Path", value_type::SZ, wide(r"C:\Users\anna\x")),
            value("Flags", value_type::DWORD, vec![1, 2, 3, 4]),
        ],
        ..RegistryKey::default()
    };
    let path = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles\Privatprofil\0001".to_owned();
    let mut out = Vec::new();
    redactor(Mode::Mask).registry(vec![(path, key)]).read_to_end(&mut out).unwrap();
    let file = koff_bundle::registry::text::read(&out);
    assert!(file.problems.is_empty());
    let key = &file.keys[0];
    assert!(key.path.contains(r"\Profiles\PROFILE-") && key.path.ends_with(r"\0001"), "{}", key.path);
    let text = |name: &str| key.value(name).unwrap().value.text().unwrap();
    assert!(text("001f6607").starts_with("server-") && text("001f6607").ends_with(".example"));
    assert!(text("Path").starts_with(r"C:\Users\USER-"));
    for secret in ["010267f1", "IMAP Password"] {
        assert_eq!(key.value(secret).unwrap().value.data, REMOVED.as_bytes());
    }
    assert_eq!(key.value("Flags").unwrap().value.data, [1, 2, 3, 4]);
}

/// Found by fuzzing: the two readings of such a value sent it to each other for ever.
#[test]
fn a_text_value_with_half_a_character_is_masked_as_bytes() {
    use koff_bundle::registry::{Value, value_type};
    let data: Vec<u8> = "known as anna".encode_utf16().chain([0xD800, 0]).flat_map(u16::to_le_bytes).collect();
    for kind in [value_type::SZ, value_type::MULTI_SZ, value_type::BINARY] {
        let value = Value { name: "odd".to_owned(), kind, data: data.clone() };
        let key = RegistryKey { values: vec![value], ..RegistryKey::default() };
        let mut out = Vec::new();
        redactor(Mode::Mask)
            .registry(vec![("HKEY_CURRENT_USER\\Software".to_owned(), key)])
            .read_to_end(&mut out)
            .unwrap();
        let found = koff_bundle::registry::text::read(&out).keys[0].value("odd").unwrap().value.data.clone();
        assert!(!String::from_utf8_lossy(&found).replace('\0', "").contains("anna"), "{kind}");
    }
}
