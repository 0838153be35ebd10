//! Canaries of every kind through every way into a bundle: text, records, lines of records, registry keys, value names and values
//! of every type, and what the manifest says. Every artifact takes one of these.

#![expect(clippy::print_stdout, reason = "how much was looked at belongs to the proof")]

use koff_bundle::registry::{self, Value, value_type};
use serde_json::json;

use super::*;

/// Everything that a person can read in `value`.
fn strings(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => out.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| strings(field, out)),
        _ => {}
    }
}

fn read(mut redacted: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    redacted.read_to_end(&mut out).unwrap();
    out
}

/// What comes out of records, lines of records and the manifest's lines, each under the way it went.
fn as_records(redactor: &Redactor, text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let record = json!({ "path": text, "list": ["x", { "deep": format!("value {text} tail") }], "count": 5 });
    let mut all = Vec::new();
    let mut texts = Vec::new();
    strings(&serde_json::from_slice(&read(redactor.json(&record).unwrap())).unwrap(), &mut texts);
    all.extend(texts.drain(..).map(|text| ("a record", text.into_bytes())));
    let lines = String::from_utf8(read(redactor.json_lines(vec![record.clone(), record]))).unwrap();
    lines.lines().for_each(|line| strings(&serde_json::from_str(line).unwrap(), &mut texts));
    all.extend(texts.into_iter().map(|text| ("a line of records", text.into_bytes())));
    all.push(("a line of the manifest", redactor.line(&format!("cannot open {text}: locked")).0.into_bytes()));
    all
}

/// What comes out of a registry key whose values hold `planted`, as text where it is text.
fn as_registry(redactor: &Redactor, planted: &[u8], text: Option<&str>) -> Vec<(&'static str, Vec<u8>)> {
    let value = |name: &str, kind: u32, data: Vec<u8>| Value { name: name.to_owned(), kind, data };
    let ended = |text: &str| wide(&format!("{text}\0"));
    let mut values = vec![value("binary", value_type::BINARY, [b"lead ", planted, b" tail"].concat())];
    if let Some(text) = text {
        values.push(value("sz", value_type::SZ, ended(text)));
        values.push(value("expand", value_type::EXPAND_SZ, ended(&format!("%TEMP%\\{text}\\x"))));
        values.push(value("multi", value_type::MULTI_SZ, ended(&format!("one\0{text}\0"))));
        values.push(value("wide binary", value_type::BINARY, ended(&format!("lead {text}"))));
    }
    let key = registry::Key { values, ..registry::Key::default() };
    let out = read(redactor.registry([(r"HKEY_CURRENT_USER\Software\Kerio".to_owned(), key)]));
    let mut file = registry::text::read(&out);
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let values = std::mem::take(&mut file.keys[0].values);
    let seen = values.into_iter().map(|one| {
        let data = one.value.data;
        match one.value.kind {
            value_type::BINARY if one.value.name == "binary" => ("bytes of the registry", data),
            _ => {
                let units: Vec<u16> = data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                ("a text of the registry", String::from_utf16_lossy(&units).replace('\0', " ").into_bytes())
            }
        }
    });
    seen.collect()
}

#[test]
fn no_canary_survives_on_any_way_into_a_bundle() {
    let redactor = redactor(Mode::Mask);
    let (mut checked, mut left) = (0, Vec::new());
    for (kind, name) in CANARIES {
        for (form, planted) in forms(name) {
            let text = std::str::from_utf8(&planted).ok().filter(|_| !form.starts_with("UTF-16"));
            let mut seen = as_registry(&redactor, &planted, text);
            seen.extend(text.into_iter().flat_map(|text| as_records(&redactor, text)));
            for (way, out) in seen {
                checked += 1;
                if survives(&out, form, &planted, name) {
                    left.push(format!("{kind:?} {name} as {form} in {way}: {}", String::from_utf8_lossy(&out)));
                }
            }
        }
    }
    println!("{checked} canaries on every way into a bundle, {} survived", left.len());
    assert!(left.is_empty(), "{} of {checked} survived:\n{}", left.len(), left.join("\n"));
    assert!(checked > 3_000, "{checked} plantings");
}

/// Found by the test above: text under a type that says otherwise, which also reads as UTF-16 of another alphabet.
#[test]
fn values_whose_type_lies_hide_names_too() {
    let redactor = redactor(Mode::Mask);
    for data in [&b"known as annabella."[..], b"known as annabella", b"annabella\0", b"user annabella\0\0"] {
        for kind in [value_type::SZ, value_type::EXPAND_SZ, value_type::MULTI_SZ, value_type::BINARY, 77] {
            let value = Value { name: "odd".to_owned(), kind, data: data.to_vec() };
            let key = registry::Key { values: vec![value], ..registry::Key::default() };
            let out = read(redactor.registry([(r"HKEY_CURRENT_USER\Software\Kerio".to_owned(), key)]));
            let found = &registry::text::read(&out).keys[0].values[0].value;
            let shown = String::from_utf8_lossy(&found.data).replace('\0', "");
            assert!(!shown.contains("annabella") && shown.contains("USER-"), "type {kind}: {shown}");
        }
    }
}

/// Names of keys and values, whose shape must stay: they are what rules look for.
#[test]
fn names_of_keys_and_values_hide_canaries_and_keep_their_shape() {
    let redactor = redactor(Mode::Mask);
    for (_, name) in CANARIES {
        for name in [(*name).to_owned(), name.to_uppercase(), name.to_lowercase()] {
            let value = Value { name: format!("{name} x"), kind: value_type::DWORD, data: vec![1, 0, 0, 0] };
            let key = registry::Key { values: vec![value], ..registry::Key::default() };
            let path = format!(r"HKEY_CURRENT_USER\Software\Kerio\Outlook Connector\{name}\0001");
            let file = registry::text::read(&read(redactor.registry([(path, key)])));
            let key = &file.keys[0];
            assert!(!key.path.to_lowercase().contains(&name.to_lowercase()), "{}", key.path);
            assert!(key.path.starts_with(r"HKEY_CURRENT_USER\Software\Kerio\Outlook Connector\"), "{}", key.path);
            assert!(key.path.ends_with(r"\0001") && key.path.split('\\').count() == 6, "{}", key.path);
            let value = &key.values[0].value;
            assert!(!value.name.to_lowercase().contains(&name.to_lowercase()), "{}", value.name);
            assert_eq!((value.kind, value.data.as_slice()), (value_type::DWORD, &[1, 0, 0, 0][..]));
        }
    }
}
