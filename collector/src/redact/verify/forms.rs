//! The forms in which a name may have been left: spellings, encodings, escapes, digits. Made anew here, so that what
//! redaction forgets is not forgotten twice.

use std::collections::BTreeSet;

use encoding_rs::{WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};

use super::{Border, Form};
use crate::redact::{kind::Kind, scan::base64};

/// Fewer Base64 digits, or bytes as hexadecimal digits, stand somewhere by chance.
const SHORTEST_BASE64: usize = 8;
const SHORTEST_HEX: usize = 5;

/// Adds every form of `name`: those to be found in any case to `folded`, those whose case counts to `exact`.
pub(super) fn add_forms(name: &str, kind: Kind, folded: &mut Vec<Form>, exact: &mut Vec<Form>) {
    let mut push = |bytes: Vec<u8>, form: &'static str, border: Border| {
        if bytes.len() >= 3 {
            folded.push(Form { bytes, kind, form, border });
        }
    };
    // What differs in ASCII letters only is one form.
    let mut seen = BTreeSet::new();
    for spelled in spellings(name) {
        if seen.insert(spelled.to_ascii_lowercase()) {
            encoded(&spelled, &mut push);
        }
        escaped(&spelled, &mut push);
        digits(&spelled, &mut push);
    }
    for spelled in spellings(name) {
        for bytes in [spelled.clone().into_bytes(), wide(&spelled)] {
            for shift in 0..3 {
                let bytes = base64::inner(&bytes, shift);
                if bytes.len() >= SHORTEST_BASE64 {
                    exact.push(Form { bytes, kind, form: "Base64", border: Border::None });
                }
            }
        }
    }
}

fn spellings(name: &str) -> BTreeSet<String> {
    BTreeSet::from([name.to_owned(), name.to_lowercase(), name.to_uppercase()])
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// UTF-8, UTF-16 and code pages.
fn encoded(spelled: &str, push: &mut impl FnMut(Vec<u8>, &'static str, Border)) {
    push(spelled.as_bytes().to_vec(), "plain text", Border::Narrow);
    push(wide(spelled), "UTF-16", Border::Wide);
    push(spelled.encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16", Border::WideBig);
    if !spelled.is_ascii() {
        for page in [WINDOWS_1252, WINDOWS_1250, WINDOWS_1251] {
            let (bytes, _, lost) = page.encode(spelled);
            if !lost && bytes.len() > 3 {
                push(bytes.into_owned(), "a code page", Border::Narrow);
            }
        }
    }
}

/// Percent, JSON and XML escapes, of what needs them and of every letter.
fn escaped(spelled: &str, push: &mut impl FnMut(Vec<u8>, &'static str, Border)) {
    let joined = |escape: &dyn Fn(char) -> String| spelled.chars().map(escape).collect::<String>().into_bytes();
    let percent = |c: char| c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let json = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    let xml = |c: char| format!("&#{};", u32::from(c));
    let kept = |c: char, escape: &dyn Fn(char) -> String| if c.is_ascii() { c.to_string() } else { escape(c) };
    if spelled.chars().any(|c| !c.is_ascii_alphanumeric()) {
        let needed = joined(&|c| if c.is_ascii_alphanumeric() { c.to_string() } else { percent(c) });
        push(needed, "percent escapes", Border::Narrow);
    }
    if !spelled.is_ascii() {
        push(joined(&|c| kept(c, &json)), "JSON escapes", Border::Narrow);
        push(joined(&|c| kept(c, &xml)), "XML escapes", Border::Narrow);
    }
    push(joined(&percent), "percent escapes", Border::Narrow);
    push(joined(&json), "JSON escapes", Border::Narrow);
    push(joined(&xml), "XML escapes", Border::Narrow);
    push(joined(&|c| format!("&#x{:x};", u32::from(c))), "XML escapes", Border::Narrow);
}

/// Bytes as hexadecimal digits, in one run and as a list.
fn digits(spelled: &str, push: &mut impl FnMut(Vec<u8>, &'static str, Border)) {
    let hex = |bytes: &[u8], separator: &str| {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator).into_bytes()
    };
    let wide = wide(spelled);
    if wide.len() >= 8 {
        push(hex(&wide, ","), "registry bytes", Border::Digits(1));
        push(hex(&wide, ""), "hexadecimal digits", Border::Digits(0));
    }
    if spelled.len() >= SHORTEST_HEX {
        push(hex(spelled.as_bytes(), ""), "hexadecimal digits", Border::Pairs);
    }
}
